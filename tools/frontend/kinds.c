/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is so of all columns of a kind. */
#include "tools/frontend/capture_int.h"
#include "tools/frontend/rows_int.h"

enum { OF_ADDR, OF_TEXT, OF_LOOKUP, OF_DATA, OF_TLS };

static const struct kind {
	const char *name;	/* in captures */
	uint8_t holds;		/* enum kind_holds */
	uint8_t class;		/* enum member_class, of the member */
	bool sums;
	uint8_t of;		/* MEMBER_BYTES: what they are of */
} kinds[] = {
	[K_U8] = { "u8", HOLDS_NUMBER, MEMBER_UNSIGNED, .sums = true },
	[K_U16] = { "u16", HOLDS_NUMBER, MEMBER_UNSIGNED, .sums = true },
	[K_U32] = { "u32", HOLDS_NUMBER, MEMBER_UNSIGNED, .sums = true },
	[K_U64] = { "u64", HOLDS_NUMBER, MEMBER_UNSIGNED, .sums = true },
	[K_S32] = { "s32", HOLDS_SIGNED, MEMBER_SIGNED, .sums = true },
	[K_S64] = { "s64", HOLDS_SIGNED, MEMBER_SIGNED, .sums = true },
	[K_HEX64] = { "hex64", HOLDS_HEX, MEMBER_UNSIGNED, .sums = false },
	[K_PORT] = { "port", HOLDS_NUMBER, MEMBER_UNSIGNED, .sums = false },
	[K_ADDR] = { "addr", HOLDS_ADDR, MEMBER_BYTES, .of = OF_ADDR },
	[K_IPVER] = { "ipver", HOLDS_NUMBER, MEMBER_UNSIGNED, .sums = false },
	[K_COMM] = { "comm", HOLDS_TEXT, MEMBER_BYTES, .of = OF_TEXT },
	[K_BYTES] = { "bytes", HOLDS_NUMBER, MEMBER_UNSIGNED, .sums = true },
	[K_KB] = { "kb", HOLDS_NUMBER, MEMBER_UNSIGNED, .sums = true },
	[K_MS] = { "ms", HOLDS_NUMBER, MEMBER_UNSIGNED, .sums = true },
	[K_ENUM] = { "enum", HOLDS_NAMED, MEMBER_UNSIGNED, .sums = false },
	[K_ERRNO] = { "errno", HOLDS_NUMBER, MEMBER_SIGNED, .sums = false },
	[K_NETNS] = { "netns", HOLDS_NUMBER, MEMBER_UNSIGNED, .sums = false },
	[K_NAME] = { "name", HOLDS_TEXT, MEMBER_BYTES, .of = OF_ADDR },
	[K_KSTACK] = { "kstack", HOLDS_STACK, MEMBER_SIGNED, .sums = false },
	[K_USTACK] = { "ustack", HOLDS_STACK, MEMBER_SIGNED, .sums = false },
	[K_KSYM] = { "ksym", HOLDS_SYMBOL, MEMBER_UNSIGNED, .sums = false },
	[K_BITS] = { "bits", HOLDS_NAMED, MEMBER_UNSIGNED, .sums = false },
	[K_LOOKUP] = { "lookup", HOLDS_TEXT, MEMBER_BYTES, .of = OF_LOOKUP },
	[K_QTYPE] = { "qtype", HOLDS_TEXT, MEMBER_BYTES, .of = OF_LOOKUP },
	[K_ANSWERS] = { "answers", HOLDS_TEXT, MEMBER_BYTES, .of = OF_LOOKUP },
	[K_REASON] = { "reason", HOLDS_NAMED, MEMBER_UNSIGNED, .sums = false },
	[K_DATA] = { "data", HOLDS_DATA, MEMBER_BYTES, .of = OF_DATA },
	[K_TLS_SNI] = { "tls_sni", HOLDS_TEXT, MEMBER_BYTES, .of = OF_TLS },
	[K_TLS_ALPN] = { "tls_alpn", HOLDS_TEXT, MEMBER_BYTES, .of = OF_TLS },
	[K_TLS_VERSION] = { "tls_version", HOLDS_TEXT, MEMBER_BYTES,
			    .of = OF_TLS },
	[K_PERCENT] = { "percent", HOLDS_PERCENT, MEMBER_UNSIGNED,
			.sums = true },
	[K_COUNT] = { "count", HOLDS_NUMBER, MEMBER_UNSIGNED, .sums = false },
};

/* Of a kind that there is not: a number, which can do no harm. */
static const struct kind *kind_of(uint8_t kind)
{
	return &kinds[kind < sizeof(kinds) / sizeof(kinds[0]) ? kind : K_U64];
}

enum kind_holds kind_holds(uint8_t kind)
{
	return kind_of(kind)->holds;
}

bool kind_stacks(uint8_t kind)
{
	return kind_holds(kind) == HOLDS_STACK;
}

bool kind_sums(uint8_t kind)
{
	return kind_of(kind)->sums;
}

const char *col_kind_name(unsigned kind)
{
	return kind < sizeof(kinds) / sizeof(kinds[0]) ? kinds[kind].name :
	       NULL;
}

enum member_class kind_class(uint8_t kind)
{
	return kind_of(kind)->class;
}

bool kind_same_bytes(uint8_t a, uint8_t b)
{
	return kind_of(a)->of == kind_of(b)->of;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Tracefs event formats, as kernels print them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "btf/btf.h"
#include "t/check.h"

Suite *suite_format(void);

/* A line, as the kernel prints it */
#define F(decl, off, size, sign) \
	"\tfield:" decl ";\toffset:" #off ";\tsize:" #size ";\tsigned:" #sign \
	";\n"

#define COMMON \
F("unsigned short common_type", 0, 2, 0) \
F("unsigned char common_flags", 2, 1, 0) \
F("unsigned char common_preempt_count", 3, 1, 0) \
F("int common_pid", 4, 4, 1) \
"\n"

/* 6.18, x86_64 */
static const char set_state[] =
"name: inet_sock_set_state\n"
"ID: 2287\n"
"format:\n"
COMMON
F("const void * skaddr", 8, 8, 0)
F("int oldstate", 16, 4, 1)
F("int newstate", 20, 4, 1)
F("__u16 sport", 24, 2, 0)
F("__u16 dport", 26, 2, 0)
F("__u16 family", 28, 2, 0)
F("__u16 protocol", 30, 2, 0)
F("__u8 saddr[4]", 32, 4, 0)
F("__u8 daddr[4]", 36, 4, 0)
F("__u8 saddr_v6[16]", 40, 16, 0)
F("__u8 daddr_v6[16]", 56, 16, 0)
"\n"
"print fmt: \"family=%s protocol=%s sport=%hu dport=%hu saddr=%pI4 "
"daddr=%pI4 saddrv6=%pI6c daddrv6=%pI6c oldstate=%s newstate=%s\", "
"__print_symbolic(REC->family, { 2, \"AF_INET\" }, { 10, \"AF_INET6\" }), "
"__print_symbolic(REC->protocol, { 6, \"IPPROTO_TCP\" }, { 132, "
"\"IPPROTO_SCTP\" }, { 262, \"IPPROTO_MPTCP\" }), REC->sport, REC->dport, "
"REC->saddr, REC->daddr, REC->saddr_v6, REC->daddr_v6, "
"__print_symbolic(REC->oldstate, { 1, \"TCP_ESTABLISHED\" }, { 2, "
"\"TCP_SYN_SENT\" }, { 7, \"TCP_CLOSE\" }), "
"__print_symbolic(REC->newstate, { 1, \"TCP_ESTABLISHED\" }, { 2, "
"\"TCP_SYN_SENT\" }, { 12, \"TCP_NEW_SYN_RECV\" })\n";

/* 6.18, x86_64: the states' names were not turned into numbers */
static const char retransmit[] =
"name: tcp_retransmit_skb\n"
"ID: 2281\n"
"format:\n"
COMMON
F("const void * skbaddr", 8, 8, 0)
F("const void * skaddr", 16, 8, 0)
F("int state", 24, 4, 1)
F("__u16 sport", 28, 2, 0)
F("__u16 dport", 30, 2, 0)
F("__u16 family", 32, 2, 0)
F("__u8 saddr[4]", 34, 4, 0)
F("int err", 76, 4, 1)
"\n"
"print fmt: \"skbaddr=%p skaddr=%p family=%s state=%s err=%d\", "
"REC->skbaddr, REC->skaddr, __print_symbolic(REC->family, { 2, \"AF_INET\" },"
" { 10, \"AF_INET6\" }), __print_symbolic(REC->state, { TCP_ESTABLISHED, "
"\"TCP_ESTABLISHED\" }, { TCP_SYN_SENT, \"TCP_SYN_SENT\" }), REC->err\n";

static const char kfree_skb[] =
"name: kfree_skb\n"
"ID: 2310\n"
"format:\n"
COMMON
F("void * skbaddr", 8, 8, 0)
F("void * location", 16, 8, 0)
F("void * rx_sk", 24, 8, 0)
F("unsigned short protocol", 32, 2, 0)
F("enum skb_drop_reason reason", 36, 4, 0)
"\n"
"print fmt: \"skbaddr=%p rx_sk=%p protocol=%u location=%pS reason: %s\", "
"REC->skbaddr, REC->rx_sk, REC->protocol, REC->location, "
"__print_symbolic(REC->reason, { 2, \"NOT_SPECIFIED\" }, { 3, \"NO_SOCKET\" "
"}, { 4, \"SOCKET_CLOSE\" }, { 0x40, \"IN_HEX\" }, { (5UL), \"CAST\" }, "
"{ -1, \"MINUS\" })\n";

/* 4.19, 32-bit arm: pointers of 4; a dynamic field; no final newline */
static const char old32[] =
"name: inet_sock_set_state\n"
"ID: 814\n"
"format:\n"
COMMON
F("const void * skaddr", 8, 4, 0)
F("int oldstate", 12, 4, 1)
F("__u8 protocol", 26, 1, 0)
F("__data_loc char[] name", 28, 4, 1)
F("struct in6_addr addr", 32, 16, 0)
F("u64 cookie", 48, 8, 0)
F("__rel_loc char[] dev", 60, 4, 1)
"	field:long old;	offset:56;	size:4;\n"
"\n"
"print fmt: \"%s\", __print_symbolic64(REC->cookie, { 18446744073709551615ULL,"
" \"ALL\" }, { 7, \"A } B\" })";

static void check(const char *text, const char *name, uint32_t off,
		  uint32_t size, int class)
{
	struct field f;
	const char *why;

	ck_assert_msg(!format_field(text, strlen(text), name, &f, &why),
		      "%s: %s", name, why);
	ck_assert_msg(f.off == off && f.size == size && f.class == class &&
		      f.exists && f.bit_off == off * 8 && !f.bit_size,
		      "%s: off %u size %u class %u", name, f.off, f.size,
		      f.class);
}

START_TEST(test_fields)
{
	struct field f;
	const char *why;

	check(set_state, "common_pid", 4, 4, FIELD_SIGNED);
	check(set_state, "skaddr", 8, 8, FIELD_POINTER);
	check(set_state, "newstate", 20, 4, FIELD_SIGNED);
	check(set_state, "sport", 24, 2, FIELD_UNSIGNED);
	check(set_state, "protocol", 30, 2, FIELD_UNSIGNED);
	check(set_state, "saddr", 32, 4, FIELD_ARRAY);
	check(set_state, "daddr_v6", 56, 16, FIELD_ARRAY);
	check(retransmit, "skbaddr", 8, 8, FIELD_POINTER);
	check(retransmit, "err", 76, 4, FIELD_SIGNED);
	check(kfree_skb, "reason", 36, 4, FIELD_ENUM);
	check(old32, "skaddr", 8, 4, FIELD_POINTER);
	check(old32, "protocol", 26, 1, FIELD_UNSIGNED);
	check(old32, "name", 28, 4, FIELD_COMPOSITE);
	check(old32, "dev", 60, 4, FIELD_COMPOSITE);	/* 5.18 */
	check(old32, "addr", 32, 16, FIELD_COMPOSITE);
	check(old32, "old", 56, 4, FIELD_UNSIGNED);
	ck_assert_int_eq(format_field(set_state, strlen(set_state), "port", &f,
				      &why), -ENOENT);
	ck_assert(!f.exists && why);
	ck_assert_int_eq(format_field("hello\n", 6, "port", &f, &why), -EINVAL);
	ck_assert_int_eq(format_field("", 0, "port", &f, &why), -EINVAL);
	ck_assert_int_eq(format_id(set_state, strlen(set_state)), 2287);
	ck_assert_int_eq(format_id(old32, strlen(old32)), 814);
	ck_assert_int_eq(format_id("ID: x\n", 6), -EINVAL);
	ck_assert_int_eq(format_id("ID: 99999999999\n", 16), -EINVAL);
	ck_assert_int_eq(format_id("", 0), -EINVAL);
}
END_TEST

START_TEST(test_broken)
{
	static const char *const lines[] = {
		"field:int x", "field:int x;", "field:int x; offset:1;",
		"field:int x; offset:a; size:4; signed:0;",
		"field:int x; size:4; offset:4; signed:0;",
		"field:int x; offset:1; size:4294967296; signed:0;",
		"field:int x; offset:1; size:; signed:0;",
		"field:int x; offset:1; size:4; signed:0",
	};
	struct field f;
	const char *why;
	size_t i;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		ck_assert_msg(format_field(lines[i], strlen(lines[i]), "x", &f,
					   &why) == -EINVAL && why, "%s",
			      lines[i]);
}
END_TEST

static void check_symbol(const char *text, const char *field, uint64_t value,
			 const char *want)
{
	char buf[32];
	int err = format_symbol(text, strlen(text), field, value, buf,
				sizeof(buf));

	if (!want)
		ck_assert_int_eq(err, -ENOENT);
	else
		ck_assert_msg(!err && !strcmp(buf, want), "%s %d: %d", field,
			      (int)value, err);
}

START_TEST(test_symbols)
{
	char buf[4];

	check_symbol(set_state, "family", 10, "AF_INET6");
	check_symbol(set_state, "protocol", 262, "IPPROTO_MPTCP");
	check_symbol(set_state, "oldstate", 7, "TCP_CLOSE");
	check_symbol(set_state, "newstate", 7, NULL);
	check_symbol(set_state, "newstate", 12, "TCP_NEW_SYN_RECV");
	check_symbol(set_state, "state", 1, NULL);
	check_symbol(set_state, "fam", 2, NULL);
	check_symbol(retransmit, "family", 2, "AF_INET");
	check_symbol(retransmit, "state", 1, NULL);
	check_symbol(kfree_skb, "reason", 3, "NO_SOCKET");
	check_symbol(kfree_skb, "reason", 64, "IN_HEX");
	check_symbol(kfree_skb, "reason", 5, "CAST");
	check_symbol(kfree_skb, "reason", UINT64_MAX, "MINUS");
	check_symbol(kfree_skb, "reason", 99, NULL);
	check_symbol(old32, "cookie", UINT64_MAX, "ALL");
	check_symbol(old32, "cookie", 7, "A } B");
	ck_assert_int_eq(format_symbol(kfree_skb, strlen(kfree_skb), "reason",
				       3, buf, sizeof(buf)), -ENOSPC);
}
END_TEST

/* Cut at every length, from memory that ends there. */
START_TEST(test_truncated)
{
	size_t n, len = strlen(kfree_skb);
	const char *why;
	struct field f;
	char buf[32];
	char *text;

	for (n = 0; n <= len; n++) {
		text = malloc(n ? n : 1);
		memcpy(text, kfree_skb, n);
		format_field(text, n, "reason", &f, &why);
		format_id(text, n);
		format_symbol(text, n, "reason", 5, buf, sizeof(buf));
		format_symbol(text, n, "reason", 77, buf, sizeof(buf));
		free(text);
	}
}
END_TEST

Suite *suite_format(void)
{
	Suite *s = suite_create("format");
	TCase *tc = tcase_create("format");

	tcase_add_test(tc, test_fields);
	tcase_add_test(tc, test_broken);
	tcase_add_test(tc, test_symbols);
	tcase_add_test(tc, test_truncated);
	suite_add_tcase(s, tc);
	return s;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The disassembler of insn/: every opcode a kernel knows, there and back;
 * everything else is bad; arbitrary bytes and buffers; listings; helpers.
 */
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "insn/insn.h"
#include "t/check.h"

Suite *suite_dis(void);

/*
 * An operation and its text, in which D and S stand for the registers'
 * numbers, O for off with its sign, I for imm in decimal, X in hex, U for the
 * second slot's imm, H and L for the unsigned halves of imm.  off, imm and
 * src tell operations of one opcode apart; ANY where they do not.
 */
#define ANY	INT_MIN

struct op {
	uint8_t code;
	int off, imm, src;
	const char *text;
};

#define ALU(o, s) \
	{ o | 0x0f, 0, ANY, ANY, "rD " s " rS" }, \
	{ o | 0x07, 0, ANY, ANY, "rD " s " I" }, \
	{ o | 0x0c, 0, ANY, ANY, "wD " s " wS" }, \
	{ o | 0x04, 0, ANY, ANY, "wD " s " I" }
#define SALU(o, s) \
	{ o | 0x0f, 1, ANY, ANY, "rD " s " rS" }, \
	{ o | 0x07, 1, ANY, ANY, "rD " s " I" }, \
	{ o | 0x0c, 1, ANY, ANY, "wD " s " wS" }, \
	{ o | 0x04, 1, ANY, ANY, "wD " s " I" }
#define JMP(o, s) \
	{ o | 0x0d, ANY, ANY, ANY, "if rD " s " rS goto pcO" }, \
	{ o | 0x05, ANY, ANY, ANY, "if rD " s " 0xX goto pcO" }, \
	{ o | 0x0e, ANY, ANY, ANY, "if wD " s " wS goto pcO" }, \
	{ o | 0x06, ANY, ANY, ANY, "if wD " s " 0xX goto pcO" }
#define MEM(z, s) \
	{ z | 0x61, ANY, ANY, ANY, "rD = *(" s " *)(rS O)" }, \
	{ z | 0x63, ANY, ANY, ANY, "*(" s " *)(rD O) = rS" }, \
	{ z | 0x62, ANY, ANY, ANY, "*(" s " *)(rD O) = I" }
#define FETCH(z, i, s, op) \
	{ z, ANY, i, ANY, "rS = atomic" op "((" s " *)(rD O), rS)" }
#define ATOMIC(z, s, b) \
	{ z, ANY, 0x00, ANY, "lock *(" s " *)(rD O) += rS" }, \
	{ z, ANY, 0x40, ANY, "lock *(" s " *)(rD O) |= rS" }, \
	{ z, ANY, 0x50, ANY, "lock *(" s " *)(rD O) &= rS" }, \
	{ z, ANY, 0xa0, ANY, "lock *(" s " *)(rD O) ^= rS" }, \
	FETCH(z, 0x01, s, b "_fetch_add"), FETCH(z, 0x41, s, b "_fetch_or"), \
	FETCH(z, 0x51, s, b "_fetch_and"), FETCH(z, 0xa1, s, b "_fetch_xor"), \
	FETCH(z, 0xe1, s, b "_xchg"), \
	{ z, ANY, 0xf1, ANY, \
	  "r0 = atomic" b "_cmpxchg((" s " *)(rD O), r0, rS)" }
#define ORDERED(z, s) \
	{ z, ANY, 0x100, ANY, "rD = load_acquire((" s " *)(rS O))" }, \
	{ z, ANY, 0x110, ANY, "store_release((" s " *)(rD O), rS)" }
#define SWAP(c, s) \
	{ c, ANY, 16, ANY, "rD = " s "16 rD" }, \
	{ c, ANY, 32, ANY, "rD = " s "32 rD" }, \
	{ c, ANY, 64, ANY, "rD = " s "64 rD" }

static const struct op ops[] = {
	ALU(0x00, "+="), ALU(0x10, "-="), ALU(0x20, "*="), ALU(0x30, "/="),
	ALU(0x40, "|="), ALU(0x50, "&="), ALU(0x60, "<<="), ALU(0x70, ">>="),
	ALU(0x90, "%="), ALU(0xa0, "^="), ALU(0xb0, "="), ALU(0xc0, "s>>="),
	SALU(0x30, "s/="), SALU(0x90, "s%="),
	{ 0x87, ANY, ANY, ANY, "rD = -rD" },
	{ 0x84, ANY, ANY, ANY, "wD = -wD" },
	{ 0xbf, 8, ANY, ANY, "rD = (s8)rS" },
	{ 0xbf, 16, ANY, ANY, "rD = (s16)rS" },
	{ 0xbf, 32, ANY, ANY, "rD = (s32)rS" },
	{ 0xbc, 8, ANY, ANY, "wD = (s8)wS" },
	{ 0xbc, 16, ANY, ANY, "wD = (s16)wS" },
	{ 0xbf, 1, ANY, ANY, "rD = addr_space_cast(rS, H, L)" },
	SWAP(0xdc, "be"), SWAP(0xd4, "le"), SWAP(0xd7, "bswap"),
	JMP(0x10, "=="), JMP(0x20, ">"), JMP(0x30, ">="), JMP(0x40, "&"),
	JMP(0x50, "!="), JMP(0x60, "s>"), JMP(0x70, "s>="), JMP(0xa0, "<"),
	JMP(0xb0, "<="), JMP(0xc0, "s<"), JMP(0xd0, "s<="),
	{ 0x05, ANY, ANY, ANY, "goto pcO" },
	{ 0x0d, ANY, ANY, ANY, "gotox rD" },
	{ 0x06, ANY, ANY, ANY, "gotol pcJ" },
	{ 0xe5, ANY, ANY, 0, "may_goto pcO" },
	{ 0x95, ANY, ANY, ANY, "exit" },
	{ 0x85, ANY, 1, 0, "call bpf_map_lookup_elem#1" },
	{ 0x85, ANY, 113, 0, "call bpf_probe_read_kernel#113" },
	{ 0x85, ANY, 0, 0, "call bpf_unspec#0" },
	{ 0x85, ANY, 0xbad2310, 0, "call unknown#195896080" },
	{ 0x85, ANY, -7, 0, "call unknown#-7" },
	{ 0x85, ANY, ANY, 1, "call pcJ" },
	{ 0x85, 0, ANY, 2, "call kfunc#I" },
	{ 0x85, 3, ANY, 2, "call kfunc#I btf[3]" },
	MEM(0x00, "u32"), MEM(0x08, "u16"), MEM(0x10, "u8"), MEM(0x18, "u64"),
	{ 0x81, ANY, ANY, ANY, "rD = *(s32 *)(rS O)" },
	{ 0x89, ANY, ANY, ANY, "rD = *(s16 *)(rS O)" },
	{ 0x91, ANY, ANY, ANY, "rD = *(s8 *)(rS O)" },
	ATOMIC(0xc3, "u32", ""), ATOMIC(0xdb, "u64", "64"),
	ORDERED(0xc3, "u32"), ORDERED(0xcb, "u16"), ORDERED(0xd3, "u8"),
	ORDERED(0xdb, "u64"),
	{ 0x20, ANY, ANY, ANY, "r0 = *(u32 *)skb[I]" },
	{ 0x28, ANY, ANY, ANY, "r0 = *(u16 *)skb[I]" },
	{ 0x30, ANY, ANY, ANY, "r0 = *(u8 *)skb[I]" },
	{ 0x40, ANY, ANY, ANY, "r0 = *(u32 *)skb[rS + I]" },
	{ 0x48, ANY, ANY, ANY, "r0 = *(u16 *)skb[rS + I]" },
	{ 0x50, ANY, ANY, ANY, "r0 = *(u8 *)skb[rS + I]" },
	{ 0x18, ANY, ANY, 1, "rD = map[fd:I]" },
	{ 0x18, ANY, ANY, 2, "rD = map[fd:I][0]+U" },
	{ 0x18, ANY, ANY, 3, "rD = btf[fd:V id:M]" },
	{ 0x18, ANY, ANY, 4, "rD = subprog[J]" },
	{ 0x18, ANY, ANY, 5, "rD = map[idx:M]" },
	{ 0x18, ANY, ANY, 6, "rD = map[idx:M]+U" },
};

#define NOPS (sizeof(ops) / sizeof(ops[0]))

/*
 * For the inner loops: check writes a message for each assertion that it
 * passes, which a million of them would turn into most of a minute.
 */
#define EXPECT(cond, ...) do { \
	if (!(cond)) \
		ck_abort_msg(__VA_ARGS__); \
} while (0)

static uint32_t rnd(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* Reads a number of at most @digits digits in @base; *t moves behind it. */
static bool number(const char **t, int base, int digits, int64_t *value)
{
	char copy[24], *end;
	size_t n = strspn(*t, base == 16 ? "0123456789abcdef" :
					   "+-0123456789");

	if (n == 0 || n > (size_t)digits)
		return false;
	memcpy(copy, *t, n);
	copy[n] = '\0';
	*value = strtoll(copy, &end, base);
	*t += n;
	return *end == '\0';
}

/* Puts @value to where @letter belongs, refusing a second, different one. */
static bool take(char letter, int64_t v, struct bpf_insn *i, bool *have_dst)
{
	switch (letter) {
	case 'D':
		if (*have_dst && i->dst_reg != v)
			return false;
		*have_dst = true;
		i->dst_reg = (uint8_t)v & 0xf;
		return v >= 0 && v <= 15;
	case 'S':
		i->src_reg = (uint8_t)v & 0xf;
		return v >= 0 && v <= 15;
	case 'O':
		i->off = (int16_t)v;
		return v == i->off;
	case 'H':
		i->imm = (int32_t)((uint32_t)v << 16);
		return v >= 0 && v <= 0xffff;
	case 'L':
		i->imm |= (int32_t)v;
		return v >= 0 && v <= 0xffff;
	case 'U': case 'V':
		i[1].imm = (int32_t)(uint32_t)v;
		return true;
	default:
		i->imm = (int32_t)(uint32_t)v;
		return true;
	}
}

/* Is @text of the form @form?  Leaves its values in @i, two slots. */
static bool parse(const char *text, const char *form, struct bpf_insn *i)
{
	bool have_dst = false, sign;
	int64_t v;

	memset(i, 0, 2 * sizeof(*i));
	for (; *form; form++) {
		if (!strchr("DSOIXUVHLMJ", *form)) {
			if (*text++ != *form)
				return false;
			continue;
		}
		sign = *text == '+' || *text == '-';
		if ((*form == 'O' || *form == 'J') && !sign)
			return false;
		if (*text == '+' && *form != 'O' && *form != 'J')
			return false;
		if (!number(&text, *form == 'X' ? 16 : 10, 11, &v) ||
		    !take(*form, v, i, &have_dst))
			return false;
	}
	return *text == '\0';
}

static void random_insn(const struct op *op, uint32_t *seed,
			struct bpf_insn *i)
{
	memset(i, 0, 2 * sizeof(*i));
	i->code = op->code;
	i->dst_reg = rnd(seed) & 0xf;
	i->src_reg = (op->src == ANY ? rnd(seed) : (uint32_t)op->src) & 0xf;
	i->off = (int16_t)(op->off == ANY ? (int)(rnd(seed) & 0xffff) :
					    op->off);
	i->imm = (int32_t)(op->imm == ANY ? rnd(seed) : (uint32_t)op->imm);
	if (op->code == 0x18)
		i[1].imm = (int32_t)(rnd(seed) | 1);
}

/* Only what the text tells can come back. */
static void expect_same(const struct op *op, const struct bpf_insn *want,
			const struct bpf_insn *have, const char *text)
{
	const char *f = op->text;

	if (strchr(f, 'D'))
		EXPECT(have->dst_reg == want->dst_reg, "%s", text);
	if (strchr(f, 'S'))
		EXPECT(have->src_reg == want->src_reg, "%s", text);
	if (strchr(f, 'O'))
		EXPECT(have->off == want->off, "%s", text);
	if (strpbrk(f, "IXHMJ"))
		EXPECT(have->imm == want->imm, "%s", text);
	if (strpbrk(f, "UV"))
		EXPECT(have[1].imm == want[1].imm, "%s", text);
}

/* Each operation's text says what it was, and looks like no other's. */
START_TEST(round_trip)
{
	const struct op *op = &ops[_i];
	uint32_t seed = 1000 + (uint32_t)_i;
	struct bpf_insn want[2], have[2];
	char text[80];
	size_t o;
	int n;

	for (n = 0; n < 200; n++) {
		random_insn(op, &seed, want);
		insn_format(text, sizeof(text), want, 2);
		EXPECT(parse(text, op->text, have), "%02x: %s, not %s",
		       op->code, text, op->text);
		expect_same(op, want, have, text);
		for (o = 0; o < NOPS; o++)
			EXPECT(&ops[o] == op ||
			       !parse(text, ops[o].text, have),
			       "%s is also %s", text, ops[o].text);
	}
}
END_TEST

static bool known(const struct bpf_insn *i)
{
	size_t o;

	if (i->code == 0x18)
		return i->src_reg <= 6;
	if (i->code == 0x85)
		return i->src_reg <= 2;
	for (o = 0; o < NOPS; o++)
		if (ops[o].code == i->code &&
		    (ops[o].off == ANY || ops[o].off == i->off) &&
		    (ops[o].imm == ANY || ops[o].imm == i->imm) &&
		    (ops[o].src == ANY || ops[o].src == i->src_reg))
			return true;
	return false;
}

/* All opcodes with all that tells operations apart, and near misses. */
START_TEST(all_opcodes)
{
	static const int16_t offs[] = { 0, 1, 2, 8, 16, 24, 32, 64, -1 };
	static const int imms[] = { 0, 1, 2, 8, 16, 24, 32, 64, 0x40, 0x41,
		0x50, 0x51, 0xa0, 0xa1, 0xb0, 0xe0, 0xe1, 0xf0, 0xf1, 0x100,
		0x101, 0x110, 0x120, -1 };
	struct bpf_insn i[2] = { { .code = (uint8_t)_i, .dst_reg = 1 } };
	char text[80], bad[16];
	size_t o, m;
	int src;

	snprintf(bad, sizeof(bad), "(bad %02x)", _i);
	for (src = 0; src < 16; src++)
		for (o = 0; o < sizeof(offs) / sizeof(offs[0]); o++)
			for (m = 0; m < sizeof(imms) / sizeof(imms[0]); m++) {
				i->src_reg = (uint8_t)src & 0xf;
				i->off = offs[o];
				i->imm = imms[m];
				insn_format(text, sizeof(text), i, 2);
				EXPECT(known(i) == !!strcmp(text, bad),
				       "%02x src %d off %d imm %d: %s", _i,
				       src, i->off, i->imm, text);
			}
}
END_TEST

START_TEST(two_slots)
{
	struct bpf_insn i[2] = {
		{ .code = 0x18, .dst_reg = 3, .imm = -1 }, { .imm = 0x7f },
	};
	char text[80] = "x";
	int n;

	ck_assert_int_eq(insn_format(text, sizeof(text), i, 2), 2);
	ck_assert_str_eq(text, "r3 = 0x7fffffffff");
	i->src_reg = 3;
	i[1].imm = 0;
	ck_assert_int_eq(insn_format(text, sizeof(text), i, 2), 2);
	ck_assert_str_eq(text, "r3 = btf[id:4294967295]");
	ck_assert_int_eq(insn_format(text, sizeof(text), i, 1), 1);
	ck_assert_str_eq(text, "(bad 18)");
	for (n = 0; n < 4; n++) {
		memset(&i[1], 0, sizeof(i[1]));
		i[1].code = n == 0 ? 0x95 : 0;
		i[1].dst_reg = n == 1;
		i[1].src_reg = n == 2;
		i[1].off = n == 3;
		ck_assert_int_eq(insn_format(text, sizeof(text), i, 2), 1);
		ck_assert_str_eq(text, "(bad 18)");
	}
	ck_assert_int_eq(insn_format(text, sizeof(text), NULL, 0), 1);
	ck_assert_str_eq(text, "(bad)");
}
END_TEST

/* A buffer of @len has what fits of @whole, and nothing behind its end. */
static void expect_cut(const struct bpf_insn *i, size_t left, size_t len,
		       const char *whole)
{
	size_t n = strlen(whole) < len ? strlen(whole) : len - 1, b;
	char part[84];

	memset(part, 0x5a, sizeof(part));
	insn_format(part + 1, len, i, left);
	EXPECT(part[0] == 0x5a, "%zu: before the buffer", len);
	for (b = len + 1; b < sizeof(part); b++)
		EXPECT(part[b] == 0x5a, "%zu: behind the buffer", len);
	if (len)
		EXPECT(!memcmp(part + 1, whole, n) && !part[1 + n],
		       "%zu: %s", len, whole);
}

/*
 * Random bytes in exactly as much memory as they are said to be, into buffers
 * of every size.
 */
START_TEST(random_bytes)
{
	uint32_t seed = 0xd15a + (uint32_t)_i, n;
	char whole[128];
	struct bpf_insn *i;
	size_t left, len, b, slots;

	for (n = 0; n < 300; n++) {
		left = 1 + rnd(&seed) % 2;
		i = malloc(left * sizeof(*i));
		ck_assert_ptr_nonnull(i);
		for (b = 0; b < left * sizeof(*i); b++)
			((uint8_t *)i)[b] = rnd(&seed) & 0xff;
		if (rnd(&seed) % 8 == 0) {
			i->code = 0x18;
			memset(i + left - 1, 0, 4 * (left - 1));
		}
		slots = (size_t)insn_format(whole, sizeof(whole), i, left);
		EXPECT(slots >= 1 && slots <= left && strlen(whole) < 80,
		       "%zu slots: %s", slots, whole);
		for (len = 0; len <= 80; len++)
			expect_cut(i, left, len, whole);
		free(i);
	}
}
END_TEST

START_TEST(helpers)
{
	ck_assert_str_eq(helper_name(1), "map_lookup_elem");
	ck_assert_str_eq(helper_name(25), "perf_event_output");
	ck_assert_str_eq(helper_name(113), "probe_read_kernel");
	ck_assert_str_eq(helper_name(211), "cgrp_storage_delete");
	ck_assert_ptr_null(helper_name(0));
	ck_assert_ptr_null(helper_name(-1));
	ck_assert_ptr_null(helper_name(INT_MIN));
	ck_assert_ptr_null(helper_name(212));
	ck_assert_ptr_null(helper_name(INT_MAX));
}
END_TEST

#ifdef __BPF_FUNC_MAPPER
/* Against the header we are built with, however old. */
START_TEST(helpers_uapi)
{
#define NAME(x) { #x, BPF_FUNC_ ## x }
	static const struct { const char *name; int id; } uapi[] = {
		__BPF_FUNC_MAPPER(NAME)
	};
#undef NAME
	size_t n;

	for (n = 0; n < sizeof(uapi) / sizeof(uapi[0]); n++)
		if (uapi[n].id)
			ck_assert_str_eq(helper_name(uapi[n].id), uapi[n].name);
}
END_TEST
#endif

Suite *suite_dis(void)
{
	Suite *s = suite_create("dis");
	TCase *t = tcase_create("disassembler");

	tcase_add_loop_test(t, round_trip, 0, (int)NOPS);
	tcase_add_loop_test(t, all_opcodes, 0, 256);
	tcase_add_test(t, two_slots);
	tcase_add_loop_test(t, random_bytes, 0, 32);
	tcase_add_test(t, helpers);
#ifdef __BPF_FUNC_MAPPER
	tcase_add_test(t, helpers_uapi);
#endif
	suite_add_tcase(s, t);
	return s;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the linker makes of code: folding, before and after.
 */
#include "t/link_kit.h"

Suite *suite_link_fold(void);

/* ---- values ----------------------------------------------------------- */

START_TEST(operands)
{
	static const int ops[] = {
		BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_OR, BPF_AND, BPF_LSH,
		BPF_RSH, BPF_MOD, BPF_XOR, BPF_ARSH,
	};
	size_t i;

	as_ldconst(A, 2, "c");
	for (i = 0; i < 11; i++)
		as_alu(A, ops[i], 1, 2);
	as_alu32(A, BPF_ADD, 1, 2);
	as_ldconst(A, 3, "ones");
	as_alu32(A, BPF_ADD, 1, 3);
	as_mov(A, 6, 2);
	as_jmp(A, BPF_JGT, 1, 2, as_label(A));
	keep(1);
	as_place(A, 0);
	leave();
	kit_const("c", 3);
	kit_const("ones", 0xffffffff);
	expect(kit_end("main"),
	       "r1 += 3\n" "r1 -= 3\n" "r1 *= 3\n" "r1 /= 3\n" "r1 |= 3\n"
	       "r1 &= 3\n" "r1 <<= 3\n" "r1 >>= 3\n" "r1 %= 3\n" "r1 ^= 3\n"
	       "r1 s>>= 3\n" "w1 += 3\n"
	       "w1 += -1\n"
	       "r6 = 3\n"
	       "if r1 > 0x3 goto pc+1\n"
	       KEEP("r1") LEAVE);
}
END_TEST

/* What has no immediate form, or none of the same meaning. */
START_TEST(operands_kept)
{
	as_mov(A, 6, 1);
	as_ldconst(A, 2, "big");
	as_ldconst(A, 3, "wide");
	as_ldconst(A, 4, "zero");
	as_alu(A, BPF_ADD, 1, 2);
	as_alu(A, BPF_LSH, 1, 3);
	as_alu(A, BPF_DIV, 1, 4);
	keep(1);
	leave();
	kit_const("big", 0x80000000);
	kit_const("wide", 64);
	kit_const("zero", 0);
	expect(kit_end("main"),
	       "r6 = r1\n"
	       "r2 = 0x80000000\n"
	       "r3 = 64\n"
	       "r4 = 0\n"
	       "r1 += r2\n"
	       "r1 <<= r3\n"
	       "r1 /= r4\n"
	       KEEP("r1") LEAVE);
}
END_TEST

/* Verifiers before 4.14 know a copy of r10 plus one constant, no more. */
START_TEST(stack_pointer)
{
	int join = as_label(A);

	as_mov(A, 6, 1);
	as_mov(A, 1, 10);
	as_ldconst(A, 2, "off");
	as_alu(A, BPF_ADD, 1, 2);
	as_st(A, BPF_DW, 1, 8, 1);
	as_mov(A, 7, 1);
	keep(7);
	as_mov(A, 1, 7);
	as_alui(A, BPF_ADD, 1, -4);
	as_movi(A, 2, 8);
	as_alui(A, BPF_SUB, 1, 4);
	as_call(A, 4);
	as_mov(A, 1, 7);
	as_jmpi(A, BPF_JEQ, 0, 0, join);
	as_alui(A, BPF_ADD, 1, 8);	/* the other path has no addition */
	as_place(A, join);
	as_alui(A, BPF_ADD, 1, 8);
	as_call(A, 4);
	leave();
	kit_const("off", (uint64_t)-32);
	expect(kit_end("main"),
	       "r6 = r1\n"
	       "r1 = r10\n"
	       "r1 += -32\n"
	       "*(u64 *)(r10 -24) = 1\n"
	       "r7 = r1\n"
	       KEEP("r7")
	       "r1 = r10\n"
	       "r2 = 8\n"
	       "r1 += -40\n"
	       "call bpf_probe_read#4\n"
	       "r1 = r7\n"
	       "if r0 == 0x0 goto pc+1\n"
	       "r1 += 8\n"
	       "r1 += 8\n"
	       "call bpf_probe_read#4\n"
	       LEAVE);
}
END_TEST

/* A pointer that two paths made in two ways, one out of bounds. */
START_TEST(stack_paths)
{
	int out = as_label(A), in = as_label(A);

	as_mov(A, 7, 10);
	as_alui(A, BPF_ADD, 7, -32);
	as_call(A, 5);
	as_mov(A, 1, 7);
	as_jmpi(A, BPF_JNE, 0, 1, out);
	as_mov(A, 1, 10);
	as_alui(A, BPF_ADD, 1, -32);
	as_jmpi(A, BPF_JEQ, 0, 1, in);
	as_place(A, out);
	as_mov(A, 1, 7);
	as_place(A, in);
	as_alui(A, BPF_ADD, 1, 8);
	as_movi(A, 2, 8);
	as_call(A, 4);
	as_mov(A, 1, 10);
	as_alui(A, BPF_ADD, 1, 8);
	as_ldx(A, BPF_DW, 0, 1, 0);
	as_exit(A);
	expect(kit_end("main"),
	       "r7 = r10\n"
	       "r7 += -32\n"
	       "call bpf_ktime_get_ns#5\n"
	       "if r0 != 0x1 goto pc+3\n"
	       "r1 = r10\n"
	       "r1 += -32\n"
	       "if r0 == 0x1 goto pc+1\n"
	       "r1 = r7\n"
	       "r1 += 8\n"
	       "r2 = 8\n"
	       "call bpf_probe_read#4\n"
	       "r1 = r10\n"
	       "r1 += 8\n"
	       "r0 = *(u64 *)(r1 +0)\n"
	       "exit\n");
}
END_TEST

START_TEST(results)
{
	as_mov(A, 6, 1);
	as_ldconst(A, 2, "c");
	as_mov(A, 3, 2);
	as_alui(A, BPF_LSH, 3, 32);
	keep(3);			/* needs both halves */
	as_alui(A, BPF_ARSH, 3, 31);
	keep(3);
	as_mov(A, 4, 2);
	as_neg(A, 4);
	keep(4);
	as_alu32(A, BPF_MOV, 5, 4);	/* upper half cleared */
	keep(5);
	as_swap(A, BPF_TO_BE, 2, 16);
	keep(2);
	leave();
	kit_const("c", 0x1234);
	expect(kit_end("main"),
	       "r6 = r1\n"
	       "r3 = 0x123400000000\n" KEEP("r3")
	       "r3 = 9320\n" KEEP("r3")
	       "r4 = -4660\n" KEEP("r4")
	       "w5 = -4660\n" KEEP("r5")
	       "r2 = 13330\n" KEEP("r2")
	       LEAVE);
}
END_TEST

START_TEST(swap_big_endian)
{
	as_mov(A, 6, 1);
	as_ldconst(A, 2, "c");
	as_swap(A, BPF_TO_BE, 2, 16);
	keep(2);
	as_ldconst(A, 2, "c");
	as_swap(A, BPF_TO_LE, 2, 32);
	keep(2);
	leave();
	kit_const("c", 0x11223344);
	kit.target.big_endian = true;
	expect(kit_end("main"),
	       "r6 = r1\n"
	       "r2 = 13124\n" KEEP("r2")
	       "r2 = 1144201745\n" KEEP("r2")
	       LEAVE);
}
END_TEST

START_TEST(no_effect)
{
	as_mov(A, 6, 1);
	as_alui(A, BPF_ADD, 1, 0);
	as_alui(A, BPF_MUL, 1, 1);
	as_alui(A, BPF_AND, 1, -1);
	as_mov(A, 1, 1);
	as_alui32(A, BPF_ADD, 1, 0);	/* clears the upper half */
	keep(1);
	leave();
	expect(kit_end("main"),
	       "r6 = r1\n"
	       "w1 += 0\n"
	       KEEP("r1") LEAVE);
}
END_TEST

/* ---- jumps ------------------------------------------------------------ */

START_TEST(decided)
{
	int no = as_label(A), out = as_label(A), yes = as_label(A);

	as_mov(A, 6, 1);
	as_ldconst(A, 2, "pid");
	as_jmpi(A, BPF_JEQ, 2, 0, no);
	as_movi(A, 3, 1);
	as_ja(A, out);
	as_place(A, no);
	as_movi(A, 3, 2);
	as_place(A, out);
	as_jmpi(A, BPF_JNE, 3, 2, yes);
	keep(3);
	as_place(A, yes);
	leave();
	kit_const("pid", 0);
	expect(kit_end("main"), "r6 = r1\nr3 = 2\n" KEEP("r3") LEAVE);
	kit.constants[0].value = 5;
	expect(&kit.progs[0], LEAVE);
}
END_TEST

/* Two paths that meet know only what both know. */
START_TEST(meeting)
{
	int no = as_label(A), out = as_label(A);

	as_mov(A, 6, 1);
	as_movi(A, 4, 9);
	as_jmpi(A, BPF_JEQ, 1, 0, no);
	as_movi(A, 3, 1);
	as_ja(A, out);
	as_place(A, no);
	as_movi(A, 3, 2);
	as_place(A, out);
	as_alui(A, BPF_ADD, 3, 1);
	as_alui(A, BPF_ADD, 4, 1);
	keep(3);
	keep(4);
	leave();
	expect(kit_end("main"),
	       "r6 = r1\n"
	       "if r1 == 0x0 goto pc+2\n"
	       "r3 = 1\n"
	       "goto pc+1\n"
	       "r3 = 2\n"
	       "r3 += 1\n"
	       "r4 = 10\n"
	       KEEP("r3") KEEP("r4") LEAVE);
}
END_TEST

START_TEST(loop)
{
	int again = as_label(A);

	as_mov(A, 6, 1);
	as_movi(A, 2, 3);
	as_movi(A, 3, 7);
	as_movi(A, 4, 0);
	as_place(A, again);
	as_alui(A, BPF_ADD, 4, 1);	/* counts, but nobody asks */
	as_mov(A, 5, 3);
	keep(5);
	as_alui(A, BPF_SUB, 2, 1);
	as_jmpi(A, BPF_JNE, 2, 0, again);
	keep(2);
	leave();
	expect(kit_end("main"),
	       "r6 = r1\n"
	       "r2 = 3\n"
	       "r5 = 7\n"
	       KEEP("r5")
	       "r2 -= 1\n"
	       "if r2 != 0x0 goto pc-4\n"
	       KEEP("r2") LEAVE);
}
END_TEST

START_TEST(jump_to_next)
{
	int a = as_label(A), b = as_label(A);

	as_mov(A, 6, 1);
	as_jmpi(A, BPF_JEQ, 1, 5, a);
	as_place(A, a);
	as_ja(A, b);
	as_place(A, b);
	keep(1);
	leave();
	expect(kit_end("main"), "r6 = r1\n" KEEP("r1") LEAVE);
}
END_TEST

/* ---- spilled registers ------------------------------------------------ */

/* A constant goes to a slot and comes back after @between. */
static const char *spilled(void (*between)(void))
{
	kit.spec.nprogs = 0;
	as_mov(A, 6, 1);
	as_movi(A, 2, 5);
	as_stx(A, BPF_DW, 10, -16, 2);
	between();
	as_ldx(A, BPF_DW, 2, 10, -16);
	keep(2);
	leave();
	ck_assert_int_eq(kit_link(kit_end("main")), 0);
	return strstr(kit_list(), "r2 = *(u64 *)(r10 -16)") ? "lost" : "kept";
}

static void nothing(void) { }
static void beside(void) { as_st(A, BPF_DW, 10, -24, 1); }
static void within(void) { as_st(A, BPF_B, 10, -9, 1); }
static void context(void) { as_st(A, BPF_DW, 6, -16, 1); }

static void through_pointer(void)
{
	as_mov(A, 3, 10);
	as_alui(A, BPF_ADD, 3, -24);
	as_st(A, BPF_W, 3, 8, 1);
}

static void somewhere(void)
{
	as_mov(A, 3, 10);
	as_alu(A, BPF_SUB, 3, 1);
	as_st(A, BPF_B, 3, 0, 1);
}

static void helper_below(void)
{
	as_mov(A, 1, 10);
	as_alui(A, BPF_ADD, 1, -24);
	as_movi(A, 2, 8);
	as_movi(A, 3, 0);
	as_call(A, 4);
}

static void helper_above(void)
{
	as_mov(A, 1, 10);
	as_alui(A, BPF_ADD, 1, -8);
	as_movi(A, 2, 8);
	as_movi(A, 3, 0);
	as_call(A, 4);
}

/* one of two slots, by a path that is not known */
static void either(void)
{
	int other = as_label(A);

	as_mov(A, 3, 10);
	as_alui(A, BPF_ADD, 3, -16);
	as_jmpi(A, BPF_JEQ, 1, 0, other);
	as_mov(A, 3, 10);
	as_alui(A, BPF_ADD, 3, -32);
	as_place(A, other);
	as_st(A, BPF_B, 3, 0, 1);
}

START_TEST(slots)
{
	ck_assert_str_eq(spilled(either), "lost");
	ck_assert_str_eq(spilled(nothing), "kept");
	ck_assert_str_eq(spilled(beside), "kept");
	ck_assert_str_eq(spilled(context), "kept");
	ck_assert_str_eq(spilled(helper_above), "kept");
	ck_assert_str_eq(spilled(within), "lost");
	ck_assert_str_eq(spilled(through_pointer), "lost");
	ck_assert_str_eq(spilled(somewhere), "lost");
	ck_assert_str_eq(spilled(helper_below), "lost");
}
END_TEST

/* ---- what nobody needs ------------------------------------------------ */

START_TEST(arguments)
{
	/* probe_read takes three arguments, trace_printk all it can get */
	as_movi(A, 4, 1);
	as_movi(A, 5, 2);
	as_call(A, 4);
	as_movi(A, 4, 3);
	as_movi(A, 5, 4);
	as_call(A, 6);
	as_movi(A, 1, 9);
	as_exit(A);
	expect(kit_end("main"),
	       "call bpf_probe_read#4\n"
	       "r4 = 3\n"
	       "r5 = 4\n"
	       "call bpf_trace_printk#6\n"
	       "exit\n");
}
END_TEST

Suite *suite_link_fold(void)
{
	const TTest *const tests[] = {
		operands, operands_kept, stack_pointer, stack_paths, results,
		swap_big_endian, no_effect, decided, meeting, loop,
		jump_to_next, slots, arguments,
	};
	Suite *s = suite_create("link_fold");
	TCase *tc = tcase_create("fold");
	size_t i;

	tcase_add_checked_fixture(tc, kit_setup, kit_teardown);
	for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		tcase_add_test(tc, tests[i]);
	suite_add_tcase(s, tc);
	return s;
}

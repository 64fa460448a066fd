/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Calls of functions: code in their place, or behind the program.
 */
#include "t/link_kit.h"

Suite *suite_link_inline(void);

/* ---- inlining --------------------------------------------------------- */

static const struct bpf_insn port80[] = {
	{ .code = BPF_LDX | BPF_MEM | BPF_H, .dst_reg = 2, .src_reg = 1,
	  .off = 8 },
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 1 },
	{ .code = BPF_JMP | BPF_JEQ | BPF_K, .dst_reg = 2, .off = 2,
	  .imm = 80 },
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0 },
	{ .code = BPF_JMP | BPF_EXIT },
	{ .code = BPF_JMP | BPF_EXIT },
};

static void supply(const char *name, const struct bpf_insn *insns, uint32_t n)
{
	kit.functions[kit.in.nfunctions++] = (struct function){
		name, insns, n,
	};
}

START_TEST(supplied)
{
	as_mov(A, 6, 1);
	kit_call("filter");
	keep(0);
	leave();
	supply("filter", port80, 6);
	expect(kit_end("main"),
	       "r6 = r1\n"
	       "r2 = *(u16 *)(r1 +8)\n"
	       "r0 = 1\n"
	       "if r2 == 0x50 goto pc+1\n"
	       "r0 = 0\n"
	       KEEP("r0") LEAVE);
}
END_TEST

START_TEST(supplied_refused)
{
	struct bpf_insn bad[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 0,
		  .src_reg = 10 },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	kit_call("filter");
	as_exit(A);
	supply("filter", bad, 2);
	fails(kit_end("main"), EINVAL, "filter, instruction 0: may use "
	      "neither the stack nor r6 to r9");
	bad[0].src_reg = 9;
	fails(&kit.progs[0], EINVAL, "filter, instruction 0: may use "
	      "neither the stack nor r6 to r9");
	bad[0].src_reg = 1;
	kit.functions[0].ninsns = 1;
	fails(&kit.progs[0], EINVAL, "filter, instruction 0: runs off its end");
}
END_TEST

/* A filter that is off need not be there. */
START_TEST(call_not_reached)
{
	int no = as_label(A);

	as_movi(A, 0, 0);
	as_ldconst(A, 2, "filtering");
	as_jmpi(A, BPF_JEQ, 2, 0, no);
	kit_call("filter");
	as_place(A, no);
	as_exit(A);
	kit_const("filtering", 0);
	expect(kit_end("main"), LEAVE);
	kit.constants[0].value = 1;
	fails(&kit.progs[0], ENOENT, "p.c:104: function filter is not given");
}
END_TEST

/* sum(p, n): uses r6, r7 and its stack */
static void sum(void)
{
	as_mov(A, 6, 1);
	as_ldx(A, BPF_DW, 7, 6, 0);
	as_stx(A, BPF_DW, 10, -8, 7);
	as_mov(A, 1, 10);
	as_alui(A, BPF_ADD, 1, -24);
	as_movi(A, 2, 16);
	as_mov(A, 3, 6);
	as_call(A, 4);
	as_ldx(A, BPF_DW, 0, 10, -8);
	as_alu(A, BPF_ADD, 0, 7);
	as_exit(A);
	kit_end("sum");
}

START_TEST(saved_registers)
{
	sum();
	as_mov(A, 6, 1);
	as_movi(A, 8, 1);
	as_stx(A, BPF_H, 10, -4, 8);
	as_ldx(A, BPF_DW, 7, 1, 8);
	kit_call("sum");
	keep(0);
	keep(7);
	kit_call("sum");		/* r7 is not needed any more */
	keep(0);
	leave();
	kit.target.no_bpf_calls = true;
	expect(kit_end("main"),
	       "r6 = r1\n"
	       "r8 = 1\n"
	       "*(u16 *)(r10 -4) = r8\n"
	       "r7 = *(u64 *)(r1 +8)\n"
	       /* 8 bytes of main, two registers, 24 of sum */
	       "*(u64 *)(r10 -24) = r6\n"
	       "*(u64 *)(r10 -16) = r7\n"
	       "r6 = r1\n"
	       "r7 = *(u64 *)(r6 +0)\n"
	       "*(u64 *)(r10 -32) = r7\n"
	       "r1 = r10\n"
	       "r1 += -48\n"
	       "r2 = 16\n"
	       "r3 = r6\n"
	       "call bpf_probe_read#4\n"
	       "r0 = *(u64 *)(r10 -32)\n"
	       "r0 += r7\n"
	       "r6 = *(u64 *)(r10 -24)\n"
	       "r7 = *(u64 *)(r10 -16)\n"
	       KEEP("r0") KEEP("r7")
	       "*(u64 *)(r10 -16) = r6\n"
	       "r6 = r1\n"
	       "r7 = *(u64 *)(r6 +0)\n"
	       "*(u64 *)(r10 -24) = r7\n"
	       "r1 = r10\n"
	       "r1 += -40\n"
	       "r2 = 16\n"
	       "r3 = r6\n"
	       "call bpf_probe_read#4\n"
	       "r0 = *(u64 *)(r10 -24)\n"
	       "r0 += r7\n"
	       "r6 = *(u64 *)(r10 -16)\n"
	       KEEP("r0") LEAVE);
}
END_TEST

/* r7 is needed behind the call on a path that is never taken without it. */
START_TEST(saved_without_value)
{
	int a, b;

	as_ldx(A, BPF_W, 7, 1, 0);
	as_ldx(A, BPF_W, 0, 7, 0);
	as_exit(A);
	kit_end("f");
	a = as_label(A);
	b = as_label(A);
	as_mov(A, 6, 1);
	as_ldx(A, BPF_DW, 2, 1, 0);
	as_jmpi(A, BPF_JEQ, 2, 0, a);
	as_movi(A, 7, 5);
	as_place(A, a);
	kit_call("f");
	as_jmpi(A, BPF_JNE, 0, 0, b);
	keep(7);
	as_place(A, b);
	keep(0);
	leave();
	kit.target.no_bpf_calls = true;
	expect(kit_end("main"),
	       "r7 = 0\n"
	       "r6 = r1\n"
	       "r2 = *(u64 *)(r1 +0)\n"
	       "if r2 == 0x0 goto pc+1\n"
	       "r7 = 5\n"
	       "*(u64 *)(r10 -8) = r7\n"
	       "r7 = *(u32 *)(r1 +0)\n"
	       "r0 = *(u32 *)(r7 +0)\n"
	       "r7 = *(u64 *)(r10 -8)\n"
	       "if r0 != 0x0 goto pc+1\n"
	       KEEP("r7") KEEP("r0") LEAVE);
}
END_TEST

static void caller(const char *name, const char *of, int stack)
{
	if (stack)
		as_st(A, BPF_DW, 10, -stack, 1);
	kit_call(of);
	as_exit(A);
	kit_end(name);
}

START_TEST(too_much)
{
	static const char *const names[] = {
		"f0", "f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9",
	};
	int i;

	kit.target.no_bpf_calls = true;
	as_st(A, BPF_DW, 10, -256, 1);
	leave();
	kit_end("deep");
	caller("main", "deep", 256);
	ck_assert_int_eq(kit_link(&kit.progs[1]), 0);
	kit.insns[1][0].off = -257;
	fails(&kit.progs[1], EOPNOTSUPP, "p.c:101: inlining deep() takes 520 "
	      "bytes of stack, 512 at most");
	kit.spec.nprogs = 0;
	for (i = 0; i < 9; i++)
		caller(names[i], names[i + 1], 0);
	as_movi(A, 0, 0);
	as_exit(A);
	kit_end("f9");
	fails(&kit.progs[0], EOPNOTSUPP,
	      "p.c:100: calls nested more than 8 deep");
	ck_assert_int_eq(kit_link(&kit.progs[2]), 0);
	kit.target.no_bpf_calls = false;
	fails(&kit.progs[0], EOPNOTSUPP,
	      "p.c:100: calls nested more than 8 deep");
	ck_assert_int_eq(kit_link(&kit.progs[2]), 0);
}
END_TEST

START_TEST(recursion)
{
	int i;

	caller("a", "b", 8);
	caller("b", "c", 0);
	caller("c", "a", 0);
	caller("self", "self", 0);
	for (i = 0; i < 2; i++) {
		kit.target.no_bpf_calls = i;
		fails(&kit.progs[0], EOPNOTSUPP, "p.c:100: a() calls itself");
		fails(&kit.progs[3], EOPNOTSUPP,
		      "p.c:100: self() calls itself");
	}
}
END_TEST

START_TEST(strange_stack)
{
	as_mov(A, 1, 10);
	as_stx(A, BPF_DW, 10, -8, 1);
	leave();
	kit_end("f");
	caller("main", "f", 8);
	kit.target.no_bpf_calls = true;
	ck_assert_int_eq(kit_link(&kit.progs[1]), 0);
	kit.insns[0][1].src_reg = 10;
	fails(&kit.progs[1], EOPNOTSUPP,
	      "p.c:101: uses r10 in a way that cannot be inlined");
}
END_TEST

/* ---- calls that stay -------------------------------------------------- */

START_TEST(appended)
{
	as_ldmap(A, 1, "m");
	as_call(A, 1);
	as_movi(A, 0, 4);
	as_exit(A);
	kit_end("leaf");
	kit_call("leaf");
	as_alui(A, BPF_ADD, 0, 1);
	as_exit(A);
	kit_end("middle");
	as_movi(A, 0, 99);
	as_exit(A);
	kit_end("unused");
	as_mov(A, 6, 1);
	kit_call("middle");
	keep(0);
	kit_call("leaf");
	keep(0);
	leave();
	expect(kit_end("main"),
	       "r6 = r1\n"
	       "call pc+5\n"
	       KEEP("r0")
	       "call pc+6\n"
	       KEEP("r0")
	       LEAVE
	       "call pc+2\n"
	       "r0 += 1\n"
	       "exit\n"
	       "r1 = map[fd:0]\n"
	       "call bpf_map_lookup_elem#1\n"
	       "r0 = 4\n"
	       "exit\n");
	ck_assert_uint_eq(kit.out.nrelocs, 1);
	ck_assert_uint_eq(kit.out.relocs[0].insn, 10);
	ck_assert_uint_eq(kit.out.lines[kit.out.nlines - 4].insn, 10);
	ck_assert_uint_eq(kit.out.lines[kit.out.nlines - 4].line, 100);
}
END_TEST

/* ---- out of reach ----------------------------------------------------- */

START_TEST(far_jump)
{
	static struct bpf_insn block[2001];
	int out = as_label(A), i;

	for (i = 0; i < 2000; i++)
		block[i] = (struct bpf_insn){
			.code = BPF_ST | BPF_MEM | BPF_DW, .dst_reg = 1,
		};
	block[2000].code = BPF_JMP | BPF_EXIT;
	supply("block", block, 2001);
	as_movi(A, 0, 0);
	as_jmpi(A, BPF_JEQ, 1, 0, out);
	for (i = 0; i < 17; i++)
		kit_call("block");
	as_place(A, out);
	as_exit(A);
	fails(kit_end("main"), E2BIG,
	      "p.c:101: a jump over 34000 instructions is too far");
	for (i = 0; i < 33; i++)
		kit_call("block");
	as_exit(A);
	fails(kit_end("more"), E2BIG, "more: more than 65536 instructions");
}
END_TEST

Suite *suite_link_inline(void)
{
	const TTest *const tests[] = {
		supplied, supplied_refused, call_not_reached, saved_registers,
		saved_without_value, too_much, recursion, strange_stack,
		appended, far_jump,
	};
	Suite *s = suite_create("link_inline");
	TCase *tc = tcase_create("calls");
	size_t i;

	tcase_add_checked_fixture(tc, kit_setup, kit_teardown);
	for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		tcase_add_test(tc, tests[i]);
	suite_add_tcase(s, tc);
	return s;
}

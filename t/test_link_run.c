/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the linker makes of random programs does the same as they did: an
 * interpreter runs both.  The same programs in every run.
 */
#include <stdbool.h>
#include <stdint.h>

#include "t/link_kit.h"
#include "t/link_machine.h"

Suite *suite_link_run(void);

/* xorshift32: the same numbers on every machine */
static uint32_t rnd_state;

static uint32_t rnd(uint32_t below)
{
	rnd_state ^= rnd_state << 13;
	rnd_state ^= rnd_state >> 17;
	rnd_state ^= rnd_state << 5;
	return (uint32_t)((uint64_t)rnd_state * below >> 32);
}

/* ---- programs --------------------------------------------------------- */

#define SLOTS	8	/* of 8 bytes, below r10; the next counts a loop */
#define OPEN	6	/* labels not yet placed */

struct gen {
	int open[OPEN];		/* label, or -1 */
	unsigned left[OPEN];	/* places it stands after so many steps */
	int loop;		/* label at the start of a loop, or -1 */
	unsigned loop_left;
	const char *const *callees;
	unsigned ncallees;
};

static int64_t number(void)
{
	static const int64_t some[] = {
		0, 0, 1, 1, -1, 2, 7, 8, 31, 63, 64, 255, 4096, INT32_MAX,
		INT32_MIN, 0x80000000, 0xffffffff, 0x100000000, INT64_MIN,
	};
	uint32_t k = rnd(24);

	if (k < sizeof(some) / sizeof(some[0]))
		return some[k];
	return (int64_t)((uint64_t)rnd(UINT32_MAX) << (k & 1 ? 32 : 0) ^
			 rnd(UINT32_MAX));
}

static int any_reg(void)
{
	static const int regs[] = { 0, 2, 3, 4, 7, 8, 9 };

	return regs[rnd(7)];
}

static void init_reg(int r)
{
	static const char *const names[] = { "c0", "c1", "c2", "c3" };

	switch (rnd(4)) {
	case 0:
		as_ldconst(A, r, names[rnd(4)]);
		break;
	case 1:
		as_ldx(A, BPF_DW, r, 10, -8 * (1 + (int)rnd(SLOTS)));
		break;
	case 2:
		as_ld64(A, r, (uint64_t)number());
		break;
	default:
		as_movi(A, r, (int32_t)number());
	}
}

static void scratch(void)
{
	int r;

	for (r = 1; r <= 5; r++)
		init_reg(r);
}

static void gen_alu(void)
{
	static const int ops[] = {
		BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_OR, BPF_AND, BPF_LSH,
		BPF_RSH, BPF_MOD, BPF_XOR, BPF_MOV, BPF_ARSH,
	};
	int op = ops[rnd(12)], dst = any_reg(), src = any_reg();
	bool wide = rnd(3) != 0, signed_shift = op == BPF_ARSH;
	int64_t imm = (int32_t)number();

	if (signed_shift)	/* in 32 bits too young for insn/ */
		op = BPF_RSH;

	if (op == BPF_LSH || op == BPF_RSH)
		imm &= wide ? 63 : 31;
	if ((op == BPF_DIV || op == BPF_MOD) && !imm)
		imm = 3;
	switch (rnd(5)) {
	case 0:
	case 1:
		if (wide)
			as_alui(A, op, dst, imm);
		else
			as_alui32(A, op, dst, imm);
		break;
	case 2:
	case 3:
		if (wide)
			as_alu(A, op, dst, src);
		else
			as_alu32(A, op, dst, src);
		break;
	default:
		if (rnd(2))
			as_neg(A, dst);
		else
			as_swap(A, rnd(2) ? BPF_TO_BE : BPF_TO_LE, dst,
				16 << rnd(3));
		return;
	}
	if (signed_shift)
		A->insns[A->ninsns - 1].code ^= BPF_RSH ^ BPF_ARSH;
}

static const int bpf_sizes[] = { BPF_B, BPF_H, BPF_W, BPF_DW };

/* r5 points into the stack, to where is known, or not; @r is spare. */
static void gen_pointer(int r)
{
	as_mov(A, 5, 10);
	switch (rnd(4)) {
	case 0:
		as_alui(A, BPF_ADD, 5, -64);
		break;
	case 1:
		as_alui(A, BPF_SUB, 5, 40);
		as_mov(A, 1, 5);
		as_alui(A, BPF_ADD, 1, -16);
		as_mov(A, 5, 1);
		as_movi(A, r, 3);
		as_alui(A, BPF_ADD, 5, -8);
		break;
	case 2:
		as_alui(A, BPF_ADD, 5, -8 * (int)rnd(3));
		as_ldconst(A, 1, "c0");
		as_alui(A, BPF_AND, 1, 15);
		as_alu(A, BPF_SUB, 5, 1);
		as_alui(A, BPF_SUB, 5, 33);
		break;
	default:
		as_mov(A, 1, r);
		as_alui(A, BPF_AND, 1, 56);
		as_alui(A, BPF_SUB, 5, 64);
		as_alu(A, BPF_ADD, 5, 1);
	}
}

/* Loads and stores: slots, parts of them, what r6 points to, and the stack
 * through a pointer. */
static void gen_memory(void)
{
	unsigned shift = rnd(4), bytes = 1u << shift;
	int size = bpf_sizes[shift], r = any_reg(), base = 10, off;

	off = -(int)(bytes * (1 + rnd(8 * SLOTS / bytes)));
	switch (rnd(4)) {
	case 0:
		base = 6;
		off = (int)(bytes * rnd(CTX_SIZE / bytes));
		break;
	case 1:
		gen_pointer(r);
		base = 5;
		off = (int)(bytes * rnd(8 / bytes));
		break;
	default:
		break;
	}
	switch (rnd(8)) {
	case 0:
		as_st(A, size, base, off, bytes < 4 ? (int)rnd(128) :
		      (int32_t)number());
		break;
	case 1:
		as_xadd(A, BPF_DW, base, shift == 3 ? off : base == 10 ? -16 :
			0, r);
		break;
	case 2:
	case 3:
	case 4:
		as_stx(A, size, base, off, r);
		break;
	default:
		as_ldx(A, size, r, base, off);
	}
	if (base == 5)
		as_movi(A, 5, 1);
}

static void gen_helper(void)
{
	switch (rnd(3)) {
	case 0:
		as_call(A, 5);
		break;
	case 1:
		as_mov(A, 1, any_reg());
		as_mov(A, 2, any_reg());
		as_call(A, 16);
		break;
	default:
		as_mov(A, 1, 10);
		as_alui(A, BPF_ADD, 1, -8 * (1 + (int)rnd(SLOTS)));
		as_movi(A, 2, rnd(9));
		as_mov(A, 3, any_reg());
		as_call(A, 4);
	}
	scratch();
}

static void gen_call(const struct gen *g)
{
	as_mov(A, 2, any_reg());
	as_mov(A, 1, 10);
	as_alui(A, BPF_ADD, 1, -16 - 8 * (int)rnd(SLOTS - 1));
	kit_call(g->callees[rnd(g->ncallees)]);
	scratch();
}

static void gen_jump(struct gen *g)
{
	static const int ops[] = {
		BPF_JEQ, BPF_JNE, BPF_JGT, BPF_JGE, BPF_JSET, BPF_JSGT,
		BPF_JSGE,
	};
	unsigned k = rnd(OPEN);
	struct bpf_insn *i;
	int label = g->open[k];

	if (label < 0) {
		label = g->open[k] = as_label(A);
		g->left[k] = 1 + rnd(8);
	}
	if (rnd(2))
		as_jmpi(A, ops[rnd(7)], any_reg(), (int32_t)number(), label);
	else
		as_jmp(A, ops[rnd(7)], any_reg(), any_reg(), label);
	i = &A->insns[A->ninsns - 1];
	if (!rnd(4))		/* JLT and its kin */
		i->code = (uint8_t)((0xa0 + 0x10 * rnd(4)) | (i->code & 0x0f));
	if (!rnd(4))
		i->code = (uint8_t)((i->code & 0xf8) | JMP32);
}

static void end_loop(struct gen *g)
{
	as_ldx(A, BPF_DW, 5, 10, -8 * (SLOTS + 1));
	as_alui(A, BPF_SUB, 5, 1);
	as_stx(A, BPF_DW, 10, -8 * (SLOTS + 1), 5);
	as_jmpi(A, BPF_JSGT, 5, 0, g->loop);
	as_movi(A, 5, 2);
	g->loop = -1;
}

static void gen_step(struct gen *g)
{
	unsigned k;

	for (k = 0; k < OPEN; k++) {
		if (g->open[k] < 0 || g->left[k]--)
			continue;
		as_place(A, g->open[k]);
		g->open[k] = -1;
	}
	if (g->loop >= 0 && !g->loop_left--)
		end_loop(g);
	k = rnd(20);
	if (k < 8) {
		gen_alu();
	} else if (k < 13) {
		gen_memory();
	} else if (k < 16) {
		gen_jump(g);
	} else if (k < 17) {
		gen_helper();
	} else if (k < 18 && g->ncallees) {
		gen_call(g);
	} else if (k < 19 && g->loop < 0) {
		as_st(A, BPF_DW, 10, -8 * (SLOTS + 1), 1 + (int)rnd(4));
		g->loop = as_label(A);
		g->loop_left = 1 + rnd(8);
		as_place(A, g->loop);
	} else {
		init_reg(any_reg());
	}
}

/* A program: r6 points to memory all the time, r5 and r1 are for pointers,
 * which nothing else ever sees. */
static struct spec_prog *generate(const char *name, unsigned steps,
				  const char *const *callees,
				  unsigned ncallees)
{
	struct gen g = {
		.loop = -1, .callees = callees, .ncallees = ncallees,
	};
	unsigned k;
	int r;

	for (k = 0; k < OPEN; k++)
		g.open[k] = -1;
	as_mov(A, 6, 1);
	for (k = 1; k <= SLOTS + 1; k++)
		as_st(A, BPF_DW, 10, -8 * (int)k, k <= SLOTS ?
		      (int32_t)number() : 1);
	for (r = 0; r < 10; r++)
		if (r != 6)
			init_reg(r);
	while (steps--)
		gen_step(&g);
	if (g.loop >= 0)
		end_loop(&g);
	for (k = 0; k < OPEN; k++)
		if (g.open[k] >= 0)
			as_place(A, g.open[k]);
	for (r = 7; r < 10; r++)
		as_alu(A, BPF_XOR, 0, r);
	as_exit(A);
	return kit_end(name);
}

/* ---- both ways -------------------------------------------------------- */

static struct machine before, after;

static void complain(uint32_t seed, const char *what)
{
	insn_dump(stdout, kit.in.prog->insns, kit.in.prog->ninsns,
		  kit.in.prog->relocs, kit.in.prog->nrelocs, NULL, 0);
	puts("------");
	insn_dump(stdout, kit.out.insns, kit.out.ninsns, NULL, 0, NULL, 0);
	ck_abort_msg("seed %u: %s", seed, what);
}

/* Returns false when the program runs too long to tell. */
static bool compare(uint32_t seed, const struct spec_prog *p)
{
	uint32_t input;

	if (kit_link(p))
		complain(seed, kit.e.msg);
	for (input = 0; input < 3; input++) {
		start(&before, p, input);
		run(&before, p->insns, p->ninsns, 0);
		if (before.wrong && !strcmp(before.wrong, "too long"))
			return false;
		start(&after, NULL, input);
		run(&after, kit.out.insns, kit.out.ninsns, 0);
		if (before.wrong)
			complain(seed, before.wrong);
		if (after.wrong)
			complain(seed, after.wrong);
		if (before.reg[0] != after.reg[0])
			complain(seed, "r0 differs");
		if (before.log != after.log)
			complain(seed, "helper calls differ");
		if (memcmp(before.ctx, after.ctx, CTX_SIZE))
			complain(seed, "the context differs");
		if (memcmp(before.stack + STACK_SIZE - 8 * SLOTS,
			   after.stack + STACK_SIZE - 8 * SLOTS, 8 * SLOTS))
			complain(seed, "the stack differs");
	}
	return true;
}

static void constants(void)
{
	static const char *const names[] = { "c0", "c1", "c2", "c3" };
	unsigned k;

	kit.in.nconstants = 0;
	for (k = 0; k < 4; k++)
		kit_const(names[k], (uint64_t)number());
}

START_TEST(folded)
{
	uint32_t seed, ran = 0, smaller = 0;
	struct spec_prog *p;

	for (seed = 1; seed <= 6000; seed++) {
		rnd_state = seed * 2654435761u;
		kit.spec.nprogs = 0;
		constants();
		p = generate("main", 5 + rnd(70), NULL, 0);
		ran += compare(seed, p);
		smaller += kit.out.ninsns < p->ninsns;
	}
	ck_assert_uint_gt(ran, 5500);
	ck_assert_uint_gt(smaller, 5500);
}
END_TEST

START_TEST(called)
{
	static const char *const names[] = { "leaf", "leaf2", "middle" };
	uint32_t seed, ran = 0;
	struct spec_prog *p;

	kit.target.no_bpf_calls = _i;
	for (seed = 1; seed <= 2000; seed++) {
		rnd_state = seed * 2654435761u;
		kit.spec.nprogs = 0;
		constants();
		generate("leaf", 1 + rnd(20), NULL, 0);
		generate("leaf2", 1 + rnd(20), NULL, 0);
		generate("middle", 1 + rnd(30), names, 2);
		p = generate("main", 20 + rnd(30), names, 3);
		ran += compare(seed, p);
	}
	ck_assert_uint_gt(ran, 1800);
}
END_TEST

Suite *suite_link_run(void)
{
	Suite *s = suite_create("link_run");
	TCase *tc = tcase_create("random");

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, kit_setup, kit_teardown);
	tcase_add_test(tc, folded);
	tcase_add_loop_test(tc, called, 0, 2);
	suite_add_tcase(s, tc);
	return s;
}

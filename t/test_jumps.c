/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Labels, jumps and reachability in insn/: properties of random programs, the
 * same ones in every run.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "insn/insn.h"
#include "t/check.h"

Suite *suite_jumps(void);

/* Large, so not on the stack; every test starts it afresh. */
static struct as prog;

/* xorshift32: the same programs on every machine */
static uint32_t rnd(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

#define NODES	200
#define LABELS	24

/*
 * A random program in which every instruction falls through to the next but
 * those that a branch around a ja makes; @place gets where each label stands
 * and @jump, by instruction, its label + 1.
 */
static uint32_t random_program(uint32_t *seed, uint32_t *place, int *jump)
{
	struct as *a = &prog;
	uint32_t at = 0, next = 0, n = 1 + rnd(seed) % NODES, i, to, skip;

	for (i = 0; i < LABELS; i++)
		ck_assert_int_eq(as_label(a), (int)i);
	for (i = 0; i < n; i++) {
		while (next < LABELS && rnd(seed) % 4 == 0) {
			place[next] = at;
			as_place(a, (int)next++);
		}
		to = rnd(seed) % LABELS;
		switch (rnd(seed) % 4) {
		case 0:
			as_ld64(a, 0, rnd(seed));
			at += 2;
			break;
		case 1:
			jump[at++] = (int)to + 1;
			as_jmp(a, BPF_JNE, 1, 2, (int)to);
			break;
		case 2:
			skip = (uint32_t)as_label(a);
			jump[at++] = (int)skip + 1;
			as_jmpi(a, BPF_JSGT, 1, 0, (int)skip);
			jump[at++] = (int)to + 1;
			as_ja(a, (int)to);
			place[skip] = at;
			as_place(a, (int)skip);
			break;
		default:
			as_movi(a, 0, 0);
			at++;
		}
	}
	for (; next < LABELS; next++) {
		place[next] = at;
		as_place(a, (int)next);
	}
	as_exit(a);
	return at + 1;
}

START_TEST(random_jumps)
{
	static uint32_t place[AS_MAX_LABELS];
	static int jump[AS_MAX_INSNS];
	uint32_t seed = 0x50c0 + (uint32_t)_i, n, i;

	memset(jump, 0, sizeof(jump));
	as_init(&prog);
	n = random_program(&seed, place, jump);
	ck_assert_msg(as_finish(&prog) == (int)n, "seed %d: %s", _i,
		      prog.error);
	for (i = 0; i < n; i++) {
		if (jump[i])
			ck_assert_int_eq((int)i + 1 + prog.insns[i].off,
					 (int)place[jump[i] - 1]);
		else
			ck_assert_int_eq(prog.insns[i].off, 0);
	}
}
END_TEST

/* Reachability, by passes until nothing changes: slow and plainly right. */
START_TEST(random_reach)
{
	struct { bool ja, jmp; uint32_t to; } node[32] = { 0 };
	bool seen[33] = { true }, more = true;
	uint32_t seed = 0xbeef + (uint32_t)_i, n = 2 + rnd(&seed) % 30, i;
	int first = -1;

	as_init(&prog);
	for (i = 0; i < n; i++)
		as_label(&prog);
	for (i = 0; i < n; i++) {
		as_place(&prog, (int)i);
		node[i].to = rnd(&seed) % n;
		node[i].ja = i + 1 < n && rnd(&seed) % 8 == 0;
		node[i].jmp = !node[i].ja && rnd(&seed) % 2;
		prog.at_line = (uint16_t)(i + 1);
		if (i + 1 == n)
			as_exit_(&prog);
		else if (node[i].ja)
			as_ja_(&prog, (int)node[i].to);
		else if (node[i].jmp)
			as_jmp_imm_(&prog, BPF_JEQ, 0, 0, (int)node[i].to);
		else
			as_alu_imm_(&prog, BPF_MOV, 0, 0);
	}
	while (more) {
		more = false;
		for (i = 0; i + 1 < n; i++) {
			if (!seen[i])
				continue;
			if (!node[i].ja && !seen[i + 1])
				more = seen[i + 1] = true;
			if ((node[i].ja || node[i].jmp) && !seen[node[i].to])
				more = seen[node[i].to] = true;
		}
	}
	for (i = 0; i < n && first < 0; i++)
		if (!seen[i])
			first = (int)i;
	ck_assert_int_eq(as_finish(&prog), first < 0 ? (int)n : -1);
	if (first >= 0)
		ck_assert_str_eq(prog.error, "unreachable instruction");
	if (first >= 0)
		ck_assert_int_eq(prog.error_line, first + 1);
}
END_TEST

Suite *suite_jumps(void)
{
	Suite *s = suite_create("jumps");
	TCase *t = tcase_create("random programs");

	tcase_add_loop_test(t, random_jumps, 0, 200);
	tcase_add_loop_test(t, random_reach, 0, 500);
	suite_add_tcase(s, t);
	return s;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the engine keeps from one hook to another: when it was passed, by whom,
 * and the arguments of a function until it returns.
 */
#include "t/engine_kit.h"

Suite *suite_engine_clock(void);

#define N(a) (sizeof(a) / sizeof((a)[0]))

static const struct ask_value
	pid = { .from = FROM_PID },
	comm = { .from = FROM_COMM, .shape = SHAPE_COMM },
	latency = { .from = FROM_LATENCY },
	retval32 = { .from = FROM_RETVAL, .shape = SHAPE_S64,
		     .then = THEN_S32 };

/* ---- the clock --------------------------------------------------------- */

START_TEST(latencies)
{
	clocked(ASK_SUM);
	q.max_entries = 3;
	build();
	k.pid_tgid = 1;
	hit(1);				/* no start */
	k.ns = 1000;
	hit(0);
	k.pid_tgid = 2;
	k.ns = 1100;
	hit(0);
	ck_assert_uint_eq(elements((unsigned)map_number("tally")), 0);
	ck_assert_uint_eq(elements((unsigned)map_number("starts")), 2);
	k.ns = 1150;
	hit(1);
	hit(1);				/* its start is used up */
	k.pid_tgid = 1;
	k.ns = 1001;
	hit(1);
	ck_assert_uint_eq(elements((unsigned)map_number("starts")), 0);
	ck_assert_uint_eq(tally_count(&(uint64_t){ 0 }), 2);
	ck_assert_uint_eq(tally_total(&(uint64_t){ 0 }), 51);
	ck_assert_uint_eq(stat_of(STAT_STATE_FULL), 0);
}
END_TEST

/* Elements of a list, one of which nobody has started; a start that was
 * forgotten, and one that was, by something else. */
START_TEST(list_and_forgotten)
{
	const struct ask_value a0 = ARG(0);
	unsigned i;

	clocked(ASK_SUM);
	q.nhooks = 4;
	hooks[3] = hooks[2] = hooks[1] = hooks[0];
	q.nforget = q.nfreed = 1;
	q.on[ASK_FREES] = (struct ask_value)ARG(1);
	q.on[ASK_STARTS] = q.on[ASK_ENDS] = q.on[ASK_FORGETS] = a0;
	q.next = (struct ask_step){ "struct t", "next" };
	build();
	for (i = 0; i < 4; i++) {
		poke(100 * i + 16, kit.target.word_size,
		     i < 3 ? MEM_AT + 100 * (i + 1) : 0);
		reg(0, MEM_AT + 100 * i);
		if (i != 1)
			hit(0);
	}
	reg(0, MEM_AT + 300);
	hit(2);
	reg(0, 77);
	hit(0);
	reg(0, 0);
	reg(1, 77);
	hit(3);
	ck_assert_uint_eq(elements((unsigned)map_number("starts")), 2);
	k.ns += 10;
	reg(0, 0);
	hit(1);
	reg(0, MEM_AT);
	hit(1);
	ck_assert_uint_eq(elements((unsigned)map_number("starts")), 0);
	ck_assert_uint_eq(tally_count(&(uint64_t){ 0 }), 2);
	ck_assert_uint_eq(tally_total(&(uint64_t){ 0 }), 20);
}
END_TEST

START_TEST(starts_full)
{
	clocked(ASK_HIST);
	q.max_entries = 2;
	build();
	for (k.pid_tgid = 1; k.pid_tgid <= 4; k.pid_tgid++)
		hit(0);
	k.pid_tgid = 2;
	hit(0);				/* again: the later one counts */
	ck_assert_uint_eq(stat_of(STAT_STATE_FULL), 2);
}
END_TEST

/* Conditions, keys and value are those at the end, and whether or not the
 * conditions hold the start is used up. */
START_TEST(conditions_at_end)
{
	clocked(ASK_HIST);
	q.tests[0] = (struct ask_test){ retval32, BPF_JEQ, 0, NULL, 0 };
	q.tests[1] = (struct ask_test){ latency, BPF_JGE, 8, NULL, 0 };
	q.ntests = 2;
	build();
	reg(REG_RETURN, 1);
	hit(0);
	k.ns = 8;
	hit(1);
	reg(REG_RETURN, 0);
	hit(1);
	ck_assert_uint_eq(elements((unsigned)map_number("tally")), 0);
	hit(0);
	k.ns += 7;
	hit(1);
	ck_assert_uint_eq(elements((unsigned)map_number("tally")), 0);
	hit(0);
	k.ns += 8;
	hit(1);
	ck_assert_uint_eq(tally_count(&(uint64_t){ 5 }), 1);
	ck_assert_uint_eq(tally_total(&(uint64_t){ 5 }), 8);
}
END_TEST

/* Keys, tests: who starts the clock is not who stops it. */
START_TEST(kept_from_start)
{
	static const char names[][ASK_TEXT] = { "init", "curl" };
	struct { uint64_t pid; char comm[16]; } key = { 8, "curl" };

	clocked(ASK_SUM);
	q.keys[0] = pid;
	q.keys[1] = comm;
	q.keys[1].at_start = true;
	q.nkeys = 2;
	q.tests[0] = (struct ask_test){ comm, BPF_JEQ, 0, names, N(names) };
	q.tests[0].left.at_start = true;
	q.tests[1] = (struct ask_test){ comm, BPF_JNE, 0, names, N(names) };
	q.ntests = 2;
	build();
	k.comm = "sshd";
	hit(0);
	ck_assert_uint_eq(elements((unsigned)map_number("starts")), 0);
	k.comm = "curl";
	k.ns = 1000;
	hit(0);
	ck_assert_uint_eq(elements((unsigned)map_number("starts")), 1);
	k.comm = "ksoftirqd";
	k.pid_tgid = 8ull << 32;
	k.ns = 5000;
	hit(1);
	ck_assert_uint_eq(tally_count(&key), 1);
	ck_assert_uint_eq(tally_total(&key), 4000);
	hit(1);
	ck_assert_uint_eq(tally_count(&key), 1);
	q.keys[1].shape = SHAPE_STACK;
	q.keys[1].from = FROM_KSTACK;
	ck_assert_int_eq(engine_spec(&spec, &q, &(const char *){ NULL }),
			 -EINVAL);
}
END_TEST

/* ---- arguments at a return --------------------------------------------- */

static void returns(uint32_t i, uint64_t ret)
{
	reg(REG_RETURN, ret);
	hit(i);
}

START_TEST(kept_arguments)
{
	hooks[0].kind = hooks[1].kind = HOOK_KRETPROBE;
	q.nhooks = 2;
	q.what = ASK_SUM;
	q.value = (struct ask_value){ .from = FROM_RETVAL };
	q.keys[0] = (struct ask_value)ARG(0);
	q.keys[1] = (struct ask_value)ARG_S(2);
	q.nkeys = 2;
	build();
	ck_assert_uint_eq(spec->nprogs, 4);
	k.pid_tgid = 7;
	reg(0, 100);
	reg(2, (uint64_t)-1);
	enter(0);
	reg(0, 200);		/* another function, called by that one */
	enter(1);
	k.pid_tgid = 8;
	returns(0, 1000);	/* was called before */
	ck_assert_uint_eq(elements((unsigned)map_number("tally")), 0);
	k.pid_tgid = 7;
	returns(1, 5);
	returns(0, 6);
	returns(0, 1000);	/* not twice */
	ck_assert_uint_eq(tally(&(uint64_t[]){ 100, -1ull })->total, 6);
	ck_assert_uint_eq(tally(&(uint64_t[]){ 200, -1ull })->total, 5);
	ck_assert_uint_eq(elements((unsigned)map_number("tally")), 2);
	ck_assert_uint_eq(elements((unsigned)map_number("calls")), 0);
}
END_TEST

START_TEST(kept_long)
{
	hooks[0].kind = HOOK_KRETPROBE;
	q.what = ASK_COUNT;
	q.keys[0] = (struct ask_value)ARG_S(1);
	q.nkeys = 1;
	kit.constants[kit.in.nconstants - 1].value = 4;	/* kernel_word */
	build();
	reg(1, 0xfffffffe);
	enter(0);
	returns(0, 0);
	ck_assert_uint_eq(tally(&(uint64_t){ -2ull })->count, 1);
}
END_TEST

START_TEST(too_many_kept)
{
	const char *why;
	unsigned i;

	hooks[0].kind = HOOK_URETPROBE;
	for (i = 0; i < 5; i++)
		q.keys[i] = (struct ask_value){ .from = FROM_ARG,
						.arg = (uint8_t)i };
	q.nkeys = 4;
	build();
	q.nkeys = 5;
	ck_assert_int_eq(engine_spec(&spec, &q, &why), -E2BIG);
	ck_assert_str_eq(why, "only four arguments can be had where a "
			 "function returns");
}
END_TEST

Suite *suite_engine_clock(void)
{
	Suite *s = suite_create("engine_clock");
	TCase *tc = tcase_create("clock");

	tcase_add_checked_fixture(tc, engine_setup, engine_teardown);
	tcase_add_test(tc, latencies);
	tcase_add_test(tc, list_and_forgotten);
	tcase_add_test(tc, starts_full);
	tcase_add_test(tc, conditions_at_end);
	tcase_add_test(tc, kept_from_start);
	tcase_add_test(tc, kept_arguments);
	tcase_add_test(tc, kept_long);
	tcase_add_test(tc, too_many_kept);
	suite_add_tcase(s, tc);
	return s;
}

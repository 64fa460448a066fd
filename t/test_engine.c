/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the engine's programs count, and tell, run on a kernel made up.
 */
#include "t/engine_kit.h"

Suite *suite_engine(void);

#define N(a) (sizeof(a) / sizeof((a)[0]))

static const struct ask_value
	pid = { .from = FROM_PID },
	tid = { .from = FROM_TID },
	comm = { .from = FROM_COMM, .shape = SHAPE_COMM },
	latency = { .from = FROM_LATENCY },
	retval32 = { .from = FROM_RETVAL, .shape = SHAPE_S64,
		     .then = THEN_S32 };

/* ---- counting ---------------------------------------------------------- */

struct pid_comm {
	uint64_t pid;
	char comm[16];
};

START_TEST(by_pid_comm)
{
	q.keys[0] = pid;
	q.keys[1] = comm;
	q.nkeys = 2;
	build();
	k.pid_tgid = 7ull << 32 | 8;
	k.comm = "sshd";
	hit(0);
	hit(0);
	k.comm = "fifteen-letters";
	hit(0);
	k.pid_tgid = 9ull << 32 | 8;
	hit(0);
	ck_assert_uint_eq(tally_count(&(struct pid_comm){ 7, "sshd" }), 2);
	ck_assert_uint_eq(tally_total(&(struct pid_comm){ 7, "sshd" }), 0);
	ck_assert_uint_eq(tally_count(&(struct pid_comm){ 7, "fifteen-letters" }),
			  1);
	ck_assert_uint_eq(tally_count(&(struct pid_comm){ 9, "fifteen-letters" }),
			  1);
	ck_assert_uint_eq(elements(0), 3);
	ck_assert_uint_eq(stat_of(STAT_STATE_FULL), 0);
}
END_TEST

START_TEST(without_keys)
{
	build();
	hit(0);
	hit(0);
	hit(0);
	ck_assert_uint_eq(tally_count(&(uint64_t){ 0 }), 3);
	ck_assert_uint_eq(elements(0), 1);
}
END_TEST

START_TEST(sums)
{
	const struct ask_value v = ARG_S(1);

	q.what = _i ? ASK_STATS : ASK_SUM;
	q.keys[0] = tid;
	q.nkeys = 1;
	q.value = v;
	build();
	k.pid_tgid = 1ull << 32 | 5;
	reg(1, 10);
	hit(0);
	reg(1, (uint64_t)-25);
	hit(0);
	ck_assert_uint_eq(tally_count(&(uint64_t){ 5 }), 2);
	ck_assert_int_eq((int64_t)tally_total(&(uint64_t){ 5 }), -15);
}
END_TEST

START_TEST(full)
{
	q.keys[0] = tid;
	q.nkeys = 1;
	q.max_entries = 2;
	build();
	for (k.pid_tgid = 1; k.pid_tgid <= 5; k.pid_tgid++)
		hit(0);
	k.pid_tgid = 2;
	hit(0);
	ck_assert_uint_eq(elements(0), 2);
	ck_assert_uint_eq(tally_count(&(uint64_t){ 1 }), 1);
	ck_assert_uint_eq(tally_count(&(uint64_t){ 2 }), 2);
	ck_assert_uint_eq(stat_of(STAT_STATE_FULL), 3);
	ck_assert_uint_eq(stat_of(STAT_LOST), 0);
}
END_TEST

/* Another processor makes the element between the look-up and ours. */
START_TEST(raced)
{
	const struct ask_value v = ARG(0);

	q.what = ASK_SUM;
	q.value = v;
	build();
	k.race = true;
	reg(0, 4);
	hit(0);
	ck_assert_uint_eq(tally_count(&(uint64_t){ 0 }), 6);
	ck_assert_uint_eq(tally_total(&(uint64_t){ 0 }), 54);
	ck_assert_uint_eq(stat_of(STAT_STATE_FULL), 0);
}
END_TEST

/* ---- histograms -------------------------------------------------------- */

/* The only slot there is, and what the values were together. */
static uint64_t slot_of(uint64_t v)
{
	const struct element *e = k.elems[0];

	memset(k.elems, 0, sizeof(k.elems));
	reg(0, v);
	hit(0);
	ck_assert_uint_eq(elements(0), 1);
	ck_assert_uint_eq(e->value[0], 1);
	ck_assert_uint_eq(e->value[1], v);
	return *(const uint64_t *)(const void *)e->key;
}

START_TEST(powers)
{
	const struct ask_value unsigned_ = ARG(0), signed_ = ARG_S(0);
	unsigned n;

	q.what = ASK_HIST;
	q.value = unsigned_;
	build();
	ck_assert_uint_eq(slot_of(0), ASK_SLOT_ZERO);
	for (n = 0; n < 64; n++) {
		ck_assert_uint_eq(slot_of(1ull << n), n + 2);
		ck_assert_uint_eq(slot_of((1ull << n) + ((1ull << n) - 1)),
				  n + 2);
	}
	q.value = signed_;
	build();
	ck_assert_uint_eq(slot_of(0), ASK_SLOT_ZERO);
	ck_assert_uint_eq(slot_of(INT64_MAX), 64);
	ck_assert_uint_eq(slot_of((uint64_t)-1), ASK_SLOT_NEGATIVE);
	ck_assert_uint_eq(slot_of(1ull << 63), ASK_SLOT_NEGATIVE);
}
END_TEST

START_TEST(steps)
{
	static const struct {
		int64_t min, max, step, v;
		uint64_t slot;
		bool is_unsigned;
	} rows[] = {
		{ -10, 25, 10, -11, 0, false },
		{ -10, 25, 10, INT64_MIN, 0, false },
		{ -10, 25, 10, -10, 1, false },
		{ -10, 25, 10, -1, 1, false },
		{ -10, 25, 10, 0, 2, false },
		{ -10, 25, 10, 19, 3, false },
		{ -10, 25, 10, 20, 4, false },
		{ -10, 25, 10, 24, 4, false },
		{ -10, 25, 10, 25, 5, false },
		{ -10, 25, 10, INT64_MAX, 5, false },
		{ 0, 100, 20, 99, 5, false },
		{ 0, 100, 20, 100, 6, false },
		{ 0, 100, 20, -1, 0, false },
		{ 0, 100, 20, -1, 6, true },
		{ 5, 100, 20, 4, 0, true },
		{ 5, 100, 20, 5, 1, true },
		{ INT64_MIN, INT64_MAX, INT64_MAX, -1, 2, false },
		{ INT64_MIN, INT64_MAX, INT64_MAX, -2, 1, false },
		{ INT64_MIN, INT64_MAX, INT64_MAX, INT64_MAX, 4, false },
	};
	const struct ask_value unsigned_ = ARG(0), signed_ = ARG_S(0);
	unsigned i;

	q.what = ASK_LHIST;
	for (i = 0; i < N(rows); i++) {
		q.value = rows[i].is_unsigned ? unsigned_ : signed_;
		q.min = rows[i].min;
		q.max = rows[i].max;
		q.step = rows[i].step;
		build();
		ck_assert_msg(slot_of((uint64_t)rows[i].v) == rows[i].slot,
			      "row %u: %llu", i, (unsigned long long)
			      slot_of((uint64_t)rows[i].v));
	}
}
END_TEST

/* The slot stands behind the keys. */
START_TEST(slot_and_key)
{
	const struct ask_value v = ARG(0);

	q.what = ASK_HIST;
	q.value = v;
	q.keys[0] = comm;
	q.nkeys = 1;
	build();
	k.comm = "x";
	reg(0, 9);
	hit(0);
	hit(0);
	ck_assert_uint_eq(spec->maps[0].key_size, 24);
	ck_assert_uint_eq(tally_count(&(struct { char c[16]; uint64_t s; })
				   { "x", 5 }), 2);
	ck_assert_uint_eq(k.elems[0][0].value[1], 18);
}
END_TEST

/* ---- conditions -------------------------------------------------------- */

static bool holds(int op, bool is_signed, uint64_t a, uint64_t b)
{
	int64_t sa = (int64_t)a, sb = (int64_t)b;

	switch (op) {
	case BPF_JEQ: return a == b;
	case BPF_JNE: return a != b;
	case BPF_JLT: return is_signed ? sa < sb : a < b;
	case BPF_JLE: return is_signed ? sa <= sb : a <= b;
	case BPF_JGT: return is_signed ? sa > sb : a > b;
	case BPF_JGE: return is_signed ? sa >= sb : a >= b;
	default: return (a & b) != 0;
	}
}

START_TEST(conditions)
{
	static const uint8_t ops[] = {
		BPF_JEQ, BPF_JNE, BPF_JLT, BPF_JLE, BPF_JGT, BPF_JGE, BPF_JSET,
	};
	static const uint64_t some[] = {
		0, 1, 5, (uint64_t)-1, (uint64_t)-5, 1ull << 63, 1ull << 31,
		1ull << 40, INT64_MAX,
	};
	const struct ask_value v[2] = { ARG(0), ARG_S(0) };
	unsigned o = (unsigned)_i / 2, a, b;
	bool is_signed = _i % 2;

	q.ntests = 1;
	for (b = 0; b < N(some); b++) {
		q.tests[0] = (struct ask_test){ v[is_signed], ops[o],
						some[b], NULL, 0 };
		build();
		for (a = 0; a < N(some); a++) {
			memset(k.elems, 0, sizeof(k.elems));
			reg(0, some[a]);
			hit(0);
			ck_assert_msg(elements(0) ==
				      holds(ops[o], is_signed, some[a],
					    some[b]), "op %x: %llx, %llx",
				      ops[o], (unsigned long long)some[a],
				      (unsigned long long)some[b]);
		}
	}
}
END_TEST

/* What an int function returns: the upper half of the register is anything. */
START_TEST(negative_retval)
{
	hooks[0].kind = HOOK_KRETPROBE;
	q.tests[0] = (struct ask_test){ retval32, BPF_JLT, 0, NULL, 0 };
	q.ntests = 1;
	q.what = ASK_SUM;
	q.value = retval32;
	build();
	reg(REG_RETURN, 0x00000000ffffff91);	/* -ECONNREFUSED */
	hit(0);
	reg(REG_RETURN, 0xabcdef0100000000);
	hit(0);
	reg(REG_RETURN, 0xabcdef01fffffff5);	/* -EAGAIN */
	hit(0);
	ck_assert_uint_eq(tally_count(&(uint64_t){ 0 }), 2);
	ck_assert_int_eq((int64_t)tally_total(&(uint64_t){ 0 }), -111 - 11);
}
END_TEST

START_TEST(all_must_hold)
{
	const struct ask_value a0 = ARG(0), a1 = ARG(1);

	q.tests[0] = (struct ask_test){ a0, BPF_JEQ, 1, NULL, 0 };
	q.tests[1] = (struct ask_test){ a1, BPF_JEQ, 2, NULL, 0 };
	q.ntests = 2;
	build();
	reg(0, 1);
	reg(1, 3);
	hit(0);
	reg(0, 2);
	reg(1, 2);
	hit(0);
	ck_assert_uint_eq(elements(0), 0);
	reg(0, 1);
	hit(0);
	ck_assert_uint_eq(elements(0), 1);
}
END_TEST

START_TEST(same_name)
{
	static const char eth0[1][ASK_TEXT] = { "eth0" };
	struct ask_value name = ARG(0);

	name.shape = SHAPE_NAME;
	name.nsteps = 1;
	name.steps[0] = (struct ask_step){ "struct t", "name" };
	q.ntests = 1;
	q.tests[0] = (struct ask_test){
		.left = name, .op = BPF_JEQ, .names = eth0, .nnames = 1 };
	q.keys[0] = (struct ask_value){ .from = FROM_TEXT, .field = "x",
					.shape = SHAPE_NAME };
	q.nkeys = 1;
	build();
	reg(0, MEM_AT);
	memcpy(k.mem + 32, "eth0", 5);
	hit(0);
	memcpy(k.mem + 32, "eth01", 6);
	hit(0);
	memcpy(k.mem + 32, "eth", 4);
	hit(0);
	ck_assert_uint_eq(tally_count((char[ASK_NAME]){ "x" }), 1);
	q.tests[0].op = BPF_JNE;
	build();
	hit(0);
	memcpy(k.mem + 32, "eth0", 5);
	hit(0);
	ck_assert_uint_eq(tally_count((char[ASK_NAME]){ "x" }), 1);
}
END_TEST

/* ---- live lines -------------------------------------------------------- */

static const struct {
	uint64_t ns;
	uint32_t len;
	uint16_t type, cpu;
	uint64_t pid;
	char comm[16];
	uint64_t latency;
} expected = { 5000, 48, EVENT_ROW, 3, 7, "curl", 4000 };

START_TEST(events)
{
	static const struct {
		uint64_t waiting, flags;	/* NO_WAKEUP, FORCE_WAKEUP */
	} rows[] = { { 0, 1 }, { 999, 1 }, { 1000, 2 }, { 5000, 2 } };
	unsigned i;

	clocked(ASK_TRACE);
	q.keys[0] = pid;
	q.keys[1] = comm;
	q.keys[2] = latency;
	q.nkeys = 3;
	kit.constants[0].value = !_i;	/* ringbuf */
	build();
	k.comm = "curl";
	k.pid_tgid = 7ull << 32;
	k.cpu = 3;
	for (i = 0; i < N(rows); i++) {
		k.waiting = rows[i].waiting;
		k.ns = 1000;
		hit(0);
		ck_assert_uint_eq(k.nevents, i);
		k.ns = 5000;
		hit(1);
		ck_assert_uint_eq(k.nevents, i + 1);
		ck_assert_uint_eq(k.event_len, sizeof(expected));
		ck_assert(!memcmp(k.event, &expected, sizeof(expected)));
		ck_assert_int_eq(k.event_by, _i ? 25 : 130);
		ck_assert_uint_eq(k.ring_flags, _i ? 0 : rows[i].flags);
	}
	ck_assert_uint_eq(stat_of(STAT_LOST), 0);
	k.output_err = -EAGAIN;
	hit(0);
	hit(1);
	ck_assert_uint_eq(stat_of(STAT_LOST), 1);
}
END_TEST

/* ---- the spec ---------------------------------------------------------- */

static void map_is(const char *name, uint32_t type, uint32_t key,
		   uint32_t value, uint32_t entries)
{
	const struct spec_map *m = spec_find_map(spec, name);

	ck_assert_msg(m, "no map %s", name);
	ck_assert_uint_eq(m->type, type);
	ck_assert_uint_eq(m->key_size, key);
	ck_assert_uint_eq(m->value_size, value);
	ck_assert_uint_eq(m->max_entries, entries);
}

START_TEST(maps)
{
	clocked(ASK_HIST);
	q.keys[0] = (struct ask_value){ .from = FROM_KSTACK,
					.shape = SHAPE_STACK };
	q.keys[1] = comm;
	q.nkeys = 2;
	build();
	ck_assert_uint_eq(spec->nmaps, 4);
	map_is("tally", BPF_MAP_TYPE_HASH, 32, 16, 16384);
	map_is("starts", BPF_MAP_TYPE_HASH, 8, 8, 16384);
	map_is("stacks", BPF_MAP_TYPE_STACK_TRACE, 4, 1016, 4096);
	map_is("stats", BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, STAT_MAX);
	q.what = ASK_TRACE;
	q.keys[0] = pid;
	build();
	ck_assert_uint_eq(spec->nmaps, 3);
	map_is("events", 27, 0, 0, 262144);
	ck_assert_str_eq(spec->license, "GPL");
	ck_assert_uint_eq(ask_key_size(&q), 24);
	engine_free(NULL);
}
END_TEST

/* The hooks of the request, by the programs that they get. */
static void progs_are(uint32_t n, const char *const *names)
{
	char name[32];
	uint32_t i;

	build();
	ck_assert_uint_eq(spec->nprogs, n);
	for (i = 0; i < q.nhooks; i++) {
		engine_prog(&q, i, name, sizeof(name));
		ck_assert_str_eq(name, names[i]);
		ck_assert_ptr_nonnull(spec_find_prog(spec, name));
	}
}

START_TEST(progs)
{
	unsigned i;

	q.nhooks = 3;
	for (i = 0; i < 3; i++)
		hooks[i] = hooks[0];
	progs_are(1, (const char *const[]){ "ask", "ask", "ask" });
	q.keys[0] = (struct ask_value){ .from = FROM_PROBE };
	q.nkeys = 1;
	progs_are(3, (const char *const[]){ "ask_0", "ask_1", "ask_2" });
	hit(2);
	hit(2);
	hit(0);
	ck_assert_uint_eq(tally_count(&(uint64_t){ 0 }), 1);
	ck_assert_uint_eq(tally_count(&(uint64_t){ 2 }), 2);
	q.nstart = 2;
	q.on[0] = q.on[1] = pid;
	progs_are(3, (const char *const[]){ "start_0", "start_1", "end_2" });
	q.nkeys = 0;
	progs_are(2, (const char *const[]){ "start", "start", "end" });
	q.nstart = 1;
	progs_are(2, (const char *const[]){ "start", "end", "end" });
}
END_TEST

Suite *suite_engine(void)
{
	Suite *s = suite_create("engine");
	TCase *tc = tcase_create("hits");

	tcase_add_checked_fixture(tc, engine_setup, engine_teardown);
	tcase_add_test(tc, by_pid_comm);
	tcase_add_test(tc, without_keys);
	tcase_add_loop_test(tc, sums, 0, 2);
	tcase_add_test(tc, full);
	tcase_add_test(tc, raced);
	tcase_add_test(tc, powers);
	tcase_add_test(tc, steps);
	tcase_add_test(tc, slot_and_key);
	tcase_add_loop_test(tc, conditions, 0, 14);
	tcase_add_test(tc, negative_retval);
	tcase_add_test(tc, all_must_hold);
	tcase_add_test(tc, same_name);
	tcase_add_loop_test(tc, events, 0, 2);
	tcase_add_test(tc, maps);
	tcase_add_test(tc, progs);
	suite_add_tcase(s, tc);
	return s;
}

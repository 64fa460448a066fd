/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What requests want of hooks, what is refused, and that old kernels take the
 * engine's programs.
 */
#include "t/engine_kit.h"
#include "t/oldverifier.h"

Suite *suite_engine_requests(void);

#define N(a) (sizeof(a) / sizeof((a)[0]))

static struct ask_value field(const char *path)
{
	return (struct ask_value){
		.from = FROM_ARG, .nsteps = 1,
		.steps = { { "struct t", path } },
	};
}

/* ---- arguments of hooks, as text --------------------------------------- */

static const struct {
	uint8_t kind, nargs;
	uint8_t args[2];
	bool ret;
	const char *fields[2];
	const char *text;		/* NULL: refused */
} texts[] = {
	{ HOOK_KPROBE, 0, { 0 }, false, { NULL }, "" },
	{ HOOK_KPROBE, 2, { 2, 0 }, false, { NULL }, "a0 - a2" },
	{ HOOK_UPROBE, 1, { 1 }, false, { NULL }, "- a1" },
	{ HOOK_TP_BTF, 2, { 1, 1 }, false, { NULL }, "- a1" },
	{ HOOK_FENTRY, 1, { 9 }, false, { NULL }, "- - - - - - - - - a9" },
	{ HOOK_RAW_TRACEPOINT, 1, { 0 }, false, { NULL }, "a0" },
	{ HOOK_KRETPROBE, 0, { 0 }, true, { NULL }, "ret" },
	{ HOOK_URETPROBE, 0, { 0 }, true, { NULL }, "ret" },
	{ HOOK_FEXIT, 0, { 0 }, true, { NULL }, "ret=ret" },
	{ HOOK_FEXIT, 1, { 1 }, true, { NULL }, "- a1 ret=ret" },
	{ HOOK_TRACEPOINT, 0, { 0 }, false, { "len", "ret" }, "len ret" },
	{ HOOK_TRACEPOINT, 0, { 0 }, false, { "len", "len" }, "len" },
	{ HOOK_PERF_EVENT, 0, { 0 }, false, { NULL }, "" },
	{ HOOK_KPROBE, 0, { 0 }, true, { NULL }, NULL },
	{ HOOK_TP_BTF, 0, { 0 }, true, { NULL }, NULL },
	{ HOOK_TRACEPOINT, 0, { 0 }, true, { NULL }, NULL },
	{ HOOK_TRACEPOINT, 1, { 0 }, false, { NULL }, NULL },
	{ HOOK_KRETPROBE, 1, { 0 }, false, { NULL }, "" },
	{ HOOK_URETPROBE, 2, { 0, 3 }, true, { NULL }, "ret" },
	{ HOOK_PERF_EVENT, 1, { 0 }, false, { NULL }, NULL },
	{ HOOK_KPROBE, 0, { 0 }, false, { "len" }, NULL },
};

START_TEST(hook_args)
{
	char buf[64];
	const char *why = NULL;
	unsigned i;
	int err;

	for (i = 0; i < texts[_i].nargs; i++)
		q.keys[q.nkeys++] = (struct ask_value){
			.from = FROM_ARG, .arg = texts[_i].args[i],
		};
	for (i = 0; i < 2; i++)
		if (texts[_i].fields[i])
			q.keys[q.nkeys++] = (struct ask_value){
				.from = FROM_FIELD,
				.field = texts[_i].fields[i],
			};
	if (texts[_i].ret)
		q.tests[q.ntests++].left.from = FROM_RETVAL;
	hooks[0].kind = texts[_i].kind;
	err = engine_args(&q, 0, buf, sizeof(buf), &why);
	if (!texts[_i].text) {
		ck_assert_int_eq(err, -EINVAL);
		ck_assert_ptr_nonnull(why);
		return;
	}
	ck_assert_int_eq(err, 0);
	ck_assert_str_eq(buf, texts[_i].text);
	for (i = 0; i <= strlen(texts[_i].text); i++)
		ck_assert_int_eq(engine_args(&q, 0, buf, i, &why), -ENOSPC);
	ck_assert_int_eq(engine_args(&q, 0, buf, i, &why), 0);
}
END_TEST

START_TEST(hook_args_of_clock)
{
	const char *why;
	char buf[64];

	q.nhooks = 2;
	q.nstart = 1;
	q.what = ASK_SUM;
	q.on[0].from = FROM_ARG;
	q.on[1].from = FROM_TID;
	q.value.from = FROM_RETVAL;
	ck_assert_int_eq(engine_args(&q, 0, buf, sizeof(buf), &why), 0);
	ck_assert_str_eq(buf, "a0");
	ck_assert_int_eq(engine_args(&q, 1, buf, sizeof(buf), &why), 0);
	ck_assert_str_eq(buf, "ret");
	q.on[1].from = FROM_ARG;
	ck_assert_int_eq(engine_args(&q, 1, buf, sizeof(buf), &why), 0);
	ck_assert_str_eq(buf, "ret");	/* the rest is known from the entry */
}
END_TEST

/* ---- refused ----------------------------------------------------------- */

static void refused(int no, const char *text)
{
	struct spec *s = NULL;
	const char *why = "";

	ck_assert_int_eq(engine_spec(&s, &q, &why), -no);
	ck_assert_str_eq(why, text);
	ck_assert_ptr_null(s);
	q.nkeys = q.ntests = q.nstart = 0;
	q.what = ASK_COUNT;
	q.nhooks = 1;
	memset(&q.keys, 0, sizeof(q.keys));
}

static void refused_key(const struct ask_value *v, const char *text)
{
	q.keys[0] = *v;
	q.nkeys = 1;
	refused(EINVAL, text);
}

START_TEST(bad_values)
{
	static const struct ask_value shapes[] = {
		{ .from = FROM_COMM },
		{ .from = FROM_PID, .shape = SHAPE_COMM },
		{ .from = FROM_PID, .shape = SHAPE_STACK },
		{ .from = FROM_KSTACK },
		{ .from = FROM_ARG, .shape = SHAPE_NAME },
		{ .from = FROM_ARG, .shape = SHAPE_ADDR },
		{ .from = FROM_ARG, .then = THEN_LADDR },
		{ .from = FROM_ARG, .shape = SHAPE_ADDR, .then = THEN_LPORT },
		{ .from = FROM_COMM, .shape = SHAPE_COMM, .then = THEN_S32 },
		{ .from = FROM_PID, .shape = SHAPE_NETWORK },
		{ .from = FROM_ARG, .then = THEN_RNET },
		{ .from = FROM_PID, .shape = SHAPE_NETWORK + 1 },
	};
	struct ask_value v = field("");
	unsigned i;

	for (i = 0; i < N(shapes); i++)
		refused_key(&shapes[i], "this value is not kept so");
	refused_key(&v, "a field without a name");
	v = field("u8");
	v.from = FROM_PID;
	refused_key(&v, "only what is an address can be followed");
	v = (struct ask_value){ .from = FROM_CPU, .then = THEN_RPORT };
	refused_key(&v, "only what is an address can be followed");
	v = (struct ask_value){ .from = FROM_ARG, .arg = 10 };
	refused_key(&v, "only the first ten arguments can be had");
	v = (struct ask_value){ .from = FROM_LATENCY };
	refused_key(&v, "a latency, and nothing that starts the clock");
	v = (struct ask_value){ .from = FROM_TEXT + 1 };
	refused_key(&v, "no such value");
	v = (struct ask_value){ .from = FROM_FIELD, .field = "a-b" };
	refused_key(&v, "a tracepoint's field without a name");
	v.field = "";
	refused_key(&v, "a tracepoint's field without a name");
	v.field = NULL;
	refused_key(&v, "a tracepoint's field without a name");
}
END_TEST

START_TEST(bad_requests)
{
	const struct ask_value v = ARG(0), s = ARG_S(0);

	q.nhooks = 0;
	refused(EINVAL, "no hook");
	q.nstart = 1;
	refused(EINVAL, "a clock, and nothing that stops it");
	q.nhooks = 2;
	q.nstart = 1;
	q.on[1].from = FROM_LATENCY;
	refused(EINVAL, "a clock needs a number to go by");
	q.what = ASK_TRACE + 1;
	refused(EINVAL, "no such request");
	q.what = ASK_SUM;
	q.value = (struct ask_value){ .from = FROM_COMM,
				      .shape = SHAPE_COMM };
	refused(EINVAL, "only numbers can be added up");
	q.tests[0] = (struct ask_test){ q.value, BPF_JEQ, 0, NULL, 0 };
	q.ntests = 1;
	refused(EINVAL, "text is compared with nothing");
	q.tests[0] = (struct ask_test){ q.value, BPF_JLT, 0, NULL, 0 };
	q.ntests = 1;
	refused(EINVAL, "text is equal or it is not");
	q.tests[0] = (struct ask_test){ { .from = FROM_KSTACK,
					  .shape = SHAPE_STACK },
					BPF_JEQ, 0, NULL, 0 };
	q.ntests = 1;
	refused(EINVAL, "only numbers and text can be compared");
	q.tests[0] = (struct ask_test){ v, BPF_JSGT, 0, NULL, 0 };
	q.ntests = 1;
	refused(EINVAL, "no such comparison");
	q.value = v;
	q.max = 10;
	q.what = ASK_LHIST;
	refused(EINVAL, "a step has to be above 0");
	q.step = 1;
	q.min = -1;
	q.what = ASK_LHIST;
	refused(EINVAL, "the value is never below 0");
	q.min = 10;
	q.what = ASK_LHIST;
	refused(EINVAL, "the end has to be above the start");
	q.value = s;
	q.min = INT64_MIN;
	q.what = ASK_LHIST;
	refused(EINVAL, "too many steps");
}
END_TEST

START_TEST(too_long)
{
	unsigned i, n;

	q.nkeys = ASK_KEYS + 1;
	refused(E2BIG, "too many keys");
	q.ntests = ASK_TESTS + 1;
	refused(E2BIG, "too many conditions");
	q.keys[0] = field("u8");
	q.keys[0].nsteps = ASK_STEPS + 1;
	q.nkeys = 1;
	refused(E2BIG, "too many pointers to follow");
	/* as many steps as can be, everywhere */
	for (i = 0; i < ASK_TESTS; i++) {
		q.tests[i].op = BPF_JEQ;
		q.tests[i].left = field("next");
		q.tests[i].left.nsteps = ASK_STEPS;
		for (n = 0; n < ASK_STEPS; n++)
			q.tests[i].left.steps[n] = field("next").steps[0];
		if (i < ASK_KEYS)
			q.keys[i] = q.tests[i].left;
	}
	q.nkeys = ASK_KEYS;
	q.ntests = ASK_TESTS;
	refused(E2BIG, "too many relocations");
}
END_TEST

/* ---- old kernels ------------------------------------------------------- */

static const struct { const char *machine; uint8_t word; bool be; }
machines[] = {
	{ "x86_64", 8, false }, { "armv7l", 4, false }, { "s390x", 8, true },
	{ "i686", 4, false },
};

#define SOCK(then_, shape_) { .from = FROM_ARG, .then = then_, .shape = shape_ }
#define EIGHT(...) { __VA_ARGS__, __VA_ARGS__, __VA_ARGS__, __VA_ARGS__, \
	__VA_ARGS__, __VA_ARGS__, __VA_ARGS__, __VA_ARGS__ }
#define NAME { .from = FROM_ARG, .arg = 9, .nsteps = 2, .shape = SHAPE_NAME, \
	.steps = { { "struct t", "next" }, { "struct t", "long_name" } } }
#define BEHIND { .from = FROM_ARG, .nsteps = 1, .shape = SHAPE_NAME,	\
	.then = THEN_TEXT, .steps = { { "struct t", "next" } } }
#define KEPT_NAME { .from = FROM_ARG, .nsteps = 1, .shape = SHAPE_NAME,	\
	.at_start = true, .steps = { { "struct t", "name" } } }
#define CHAIN { .from = FROM_ARG, .nsteps = 3,				\
	.steps = { { "struct t", "next" }, { "struct t", "other" },	\
		   { "struct t", "sbits" } } }

static const struct hook returns[] = {
	{ .kind = HOOK_KRETPROBE, .target = "f" },
};

static const char devices[][ASK_TEXT] = { "a", "bc", "eth0", "lo" };

/* What is too much for Linux 4.9 to look at would show with the larger. */
static const struct ask requests[] = {
	{ .what = ASK_COUNT, .nkeys = 2,
	  .keys = { { .from = FROM_PID },
		    { .from = FROM_COMM, .shape = SHAPE_COMM } } },
	{ .what = ASK_COUNT, .filter = ASK_OF_TASK },
	{ .what = ASK_HIST, .value = SOCK(THEN_MIN_RTT, 0),
	  .filter = ASK_OF_SOCK, .sock = SOCK(THEN_NOTHING, 0) },
	{ .what = ASK_SUM, .value = ARG_S(9) },
	{ .what = ASK_STATS, .value = CHAIN, .nkeys = 1,
	  .keys = { { .from = FROM_CGROUP } } },
	{ .what = ASK_HIST, .value = ARG(5), .nkeys = 4,
	  .keys = { SOCK(THEN_LADDR, SHAPE_ADDR), SOCK(THEN_LPORT, 0),
		    SOCK(THEN_RADDR, SHAPE_ADDR), SOCK(THEN_RPORT, 0) } },
	{ .what = ASK_HIST, .value = ARG_S(0) },
	{ .what = ASK_HIST, .value = { .from = FROM_RETVAL },
	  .hooks = returns, .filter = ASK_OF_TASK, .nkeys = 4,
	  .keys = { SOCK(THEN_RPORT, SHAPE_U64), ARG_S(1), CHAIN, ARG(3) } },
	{ .what = ASK_LHIST, .value = ARG_S(1), .min = -5, .max = 5,
	  .step = 1 },
	{ .what = ASK_LHIST, .value = ARG(1), .max = 1000, .step = 100 },
	{ .what = ASK_TRACE, .nkeys = 2,
	  .keys = { { .from = FROM_NETNS }, NAME } },
	{ .what = ASK_TRACE, .nkeys = 8,
	  .keys = EIGHT(SOCK(THEN_RADDR, SHAPE_ADDR)) },
	{ .what = ASK_COUNT, .nkeys = 8,
	  .keys = EIGHT(SOCK(THEN_LPORT, SHAPE_U64)) },
	{ .what = ASK_TRACE, .nkeys = 8, .keys = EIGHT(NAME) },
	{ .what = ASK_HIST, .value = CHAIN, .nkeys = 8, .keys = EIGHT(CHAIN) },
	{ .what = ASK_HIST, .value = { .from = FROM_LATENCY }, .nstart = 1,
	  .on = { CHAIN, CHAIN }, .nkeys = 1,
	  .keys = { { .from = FROM_UID } }, .ntests = 8,
	  .tests = EIGHT({ .left = SOCK(THEN_RPORT, SHAPE_U64),
			   .op = BPF_JLE, .right = 1ull << 40 }) },
	{ .what = ASK_HIST, .value = { .from = FROM_LATENCY }, .nstart = 1,
	  .on = { CHAIN, CHAIN }, .nkeys = 2,
	  .keys = { KEPT_NAME, NAME }, .ntests = 8,
	  .filter = ASK_OF_NETNS, .netns = CHAIN,
	  .tests = EIGHT({ .left = KEPT_NAME, .op = BPF_JEQ, .names = devices,
			   .nnames = N(devices) }) },
	{ .what = ASK_HIST, .value = SOCK(THEN_L2LEN, 0), .nkeys = 2,
	  .keys = { NAME, SOCK(THEN_RX_QUEUE, SHAPE_S64) }, .ntests = 8,
	  .filter = ASK_OF_NETNS, .netns = CHAIN,
	  .tests = EIGHT({ .left = NAME, .op = BPF_JEQ, .names = devices,
			   .nnames = N(devices) }) },
	{ .what = ASK_STATS, .value = SOCK(THEN_SEGS, 0), .nkeys = 2,
	  .keys = { BEHIND, SOCK(THEN_SEGS, 0) }, .ntests = 8,
	  .tests = EIGHT({ .left = SOCK(THEN_SEGS, 0), .op = BPF_JGT,
			   .right = 1 }) },
	{ .what = ASK_COUNT, .nkeys = 2,
	  .keys = { { .from = FROM_KSTACK, .shape = SHAPE_STACK },
		    { .from = FROM_USTACK, .shape = SHAPE_STACK } } },
};

START_TEST(old_kernels)
{
	static const struct bpf_insn pass[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = FILTER_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	const unsigned m = (unsigned)_i % N(machines);
	char why[256] = "";
	uint32_t h;
	int visits;

	q = requests[(unsigned)_i / N(machines)];
	if (q.hooks)
		hooks[0] = *q.hooks;
	q.hooks = hooks;
	q.nhooks = q.nstart + 1;
	hooks[1] = hooks[0];
	kit.target.machine = machines[m].machine;
	kit.target.word_size = machines[m].word;
	kit.target.big_endian = machines[m].be;
	kit.target.lint_version = KERNEL(4, 9);
	kit.target.no_probe_read_kernel = true;
	memset(kit.constants, 0, sizeof(kit.constants));
	kit.in.nconstants = 0;
	kit_const("ringbuf", 0);
	kit_const("ring_wake", 0);
	kit_const("cgroup_id", 0);
	kit.functions[0] = (struct function){ "filter", pass, N(pass) };
	kit.in.nfunctions = 1;
	build();
	kit_const("kernel_word", kit.target.word_size);
	kit_const("want_netns", 1);
	for (h = 0; h < 2 * q.nhooks; h++) {
		if (h < q.nhooks)
			link_hook(h);
		else if (q.hooks[h - q.nhooks].kind == HOOK_KRETPROBE)
			link_entry(h - q.nhooks);
		else
			break;
		visits = old_verify(&kit.out, spec, why, sizeof(why));
		ck_assert_msg(visits > 0, "%s: %s\n%s", machines[m].machine,
			      why, kit_list());
		/* many ways, one state */
		ck_assert_msg(visits < 12 * (int)kit.out.ninsns + 2000,
			      "%d visits of %u instructions", visits,
			      kit.out.ninsns);
	}
}
END_TEST

Suite *suite_engine_requests(void)
{
	Suite *s = suite_create("engine_requests");
	TCase *tc = tcase_create("requests");

	tcase_add_checked_fixture(tc, engine_setup, engine_teardown);
	tcase_add_loop_test(tc, hook_args, 0, N(texts));
	tcase_add_test(tc, hook_args_of_clock);
	tcase_add_test(tc, bad_values);
	tcase_add_test(tc, bad_requests);
	tcase_add_test(tc, too_long);
	tcase_add_loop_test(tc, old_kernels, 0, N(requests) * N(machines));
	suite_add_tcase(s, tc);
	return s;
}

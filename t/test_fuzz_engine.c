/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Requests at random, to the engine: what it refuses it says why; what it
 * takes old kernels take, too, and it does what is worked out in C.
 */
#include "progs/engine_int.h"
#include "t/engine_random.h"
#include "t/oldverifier.h"

Suite *suite_fuzz_engine(void);

static const struct { const char *machine; uint8_t word; bool be; }
machines[] = {
	{ "x86_64", 8, false }, { "armv7l", 4, false }, { "s390x", 8, true },
	{ "i686", 4, false }, { "aarch64", 8, false }, { "mips", 4, true },
	{ "riscv64", 8, false },
};

static const struct bpf_insn verdicts[2][2] = {
	{ { .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = FILTER_PASS + 1 },
	  { .code = BPF_JMP | BPF_EXIT } },
	{ { .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = FILTER_PASS },
	  { .code = BPF_JMP | BPF_EXIT } },
};

static struct {
	bool pass;		/* the filter's verdict */
	uint64_t begun;		/* when the clock was started */
	unsigned taken, refused, too_large, unlinkable, run, hits;
} fuzz;

/* ---- for a kernel ------------------------------------------------------ */

static void constants(bool modern)
{
	memset(kit.constants, 0, sizeof(kit.constants));
	kit.in.nconstants = 0;
	kit_const("ringbuf", modern && one_in(2));
	kit_const("ring_wake", 1000);
	kit_const("cgroup_id", modern);
	kit_const("kernel_word", kit.target.word_size);
	kit_const("want_netns", 1);
}

static void target_is(unsigned m, bool modern)
{
	kit.target.machine = machines[m].machine;
	kit.target.word_size = machines[m].word;
	kit.target.big_endian = modern ?
		__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ : machines[m].be;
	kit.target.lint_version = 0;
	kit.target.no_probe_read_kernel = !modern;
	kit.target.format = engine_format;
	kit.target.format_len = sizeof(engine_format) - 1;
	constants(modern);
	make_types();
}

/* Is there something in @v that no kernel could read at such a hook?  Its name,
 * or of several that which is come to first. */
static const char *unreadable(const struct ask_value *v, int kind)
{
	const struct field *f;
	const char *why;
	struct field tp;
	unsigned i;

	if (v->from == FROM_FIELD &&
	    format_field(engine_format, sizeof(engine_format) - 1, v->field, &tp,
			 &why))
		return v->field;
	if (v->shape == SHAPE_NAME && !v->nsteps)
		return "";		/* eval_name() has steps only */
	if (v->from == FROM_ARG && v->arg >= kit.func_args &&
	    (kind == HOOK_FENTRY || kind == HOOK_FEXIT))
		return engine_arg(v->arg);
	for (i = 0; i < v->nsteps; i++) {
		f = eval_field(&v->steps[i]);
		if (!f)
			return v->steps[i].path;
		if (f->size & (f->size - 1) || f->size > 8)
			if (v->shape != SHAPE_NAME || v->then ||
			    i + 1u < v->nsteps)
				return v->steps[i].path;
	}
	return NULL;
}

/* Is such a value asked for at @hook, and one that @text names (NULL: any)? */
static bool has_unreadable(uint32_t hook, const char *text)
{
	const struct ask_value *v[4 + ASK_KEYS + ASK_TESTS];
	unsigned i, n = 0;
	const char *name;

	v[n++] = &q.on[ask_role_of(&q, hook)];
	for (i = 0; i < q.nkeys; i++)
		v[n++] = &q.keys[i];
	for (i = 0; i < q.ntests; i++)
		v[n++] = &q.tests[i].left;
	if (q.what != ASK_COUNT && q.what != ASK_TRACE)
		v[n++] = &q.value;
	if (q.filter == ASK_OF_SOCK)
		v[n++] = &q.sock;
	if (q.filter == ASK_OF_NETNS)
		v[n++] = &q.netns;
	for (i = !q.nstart; i < n; i++) {
		name = unreadable(v[i], hooks[hook].kind);
		if (name && (!text || strstr(text, name)))
			return true;
	}
	return false;
}

/* Where it cannot be come to, since a constant decides a condition, it links
 * for one kernel, and for another one not. */
static bool any_unreadable(void)
{
	uint32_t i;

	for (i = 0; i < q.nhooks; i++)
		if (has_unreadable(i, NULL))
			return true;
	return false;
}

/* The oldest that has such hooks; what passes 4.9's verifier passes there. */
static uint32_t oldest(int kind)
{
	switch (kind) {
	case HOOK_FENTRY:
	case HOOK_FEXIT:
	case HOOK_TP_BTF:
		return KERNEL(5, 5);
	case HOOK_RAW_TRACEPOINT:
		return KERNEL(4, 17);
	default:
		return KERNEL(4, 9);
	}
}

static bool links(uint32_t i)
{
	static char args[256];
	const char *why = NULL;
	char name[32];
	int err;

	err = engine_args(&q, i, args, sizeof(args), &why);
	require(!err, "arguments of %s: %s\n", hook_kind_name(hooks[i].kind),
		why);
	engine_prog(&q, i, name, sizeof(name));
	kit.hook = hooks[i];
	kit.hook.args = args;
	kit.in.hook = &kit.hook;
	err = kit_link(spec_find_prog(spec, name));
	if (!err)
		return true;
	require(has_unreadable(i, kit.e.msg), "hook %s on %s: %s\n",
		hook_kind_name(hooks[i].kind), kit.target.machine, kit.e.msg);
	return false;
}

static bool has_entry(uint32_t i)
{
	char args[ENGINE_ENTRY_ARGS], prog[32];
	struct hook h;

	return engine_entry(&q, i, &h, args, prog, sizeof(prog));
}

static void old_accepts(uint32_t i)
{
	char why[256] = "";
	int visits = old_verify(&kit.out, spec, why, sizeof(why));

	require(visits > 0, "%s on %s: %s\n%s", hook_kind_name(hooks[i].kind),
		kit.target.machine, why, kit_list());
}

static bool old_kernels(void)
{
	uint32_t i;

	target_is(rnd(ELEMENTS(machines)), false);
	for (i = 0; i < q.nhooks; i++) {
		kit.target.lint_version = oldest(hooks[i].kind);
		if (!links(i))
			return false;
		old_accepts(i);
		if (!has_entry(i))
			continue;
		link_entry(i);
		old_accepts(i);
	}
	return true;
}

/* ---- run --------------------------------------------------------------- */

/* Through a function, where its arguments are needed at its end. */
static void pass_through(uint32_t hook)
{
	if (has_entry(hook))
		enter(hook);
	hit(hook);
}

/* What the end of the clock finds; what is not there is no hit. */
static bool clock_stops(uint32_t hook)
{
	uint64_t start, end;
	uint32_t from;

	if (!q.nstart)
		return true;
	from = rnd(q.nstart);
	fuzz.begun = k.ns;
	pass_through(from);
	start = eval_number(&q.on[0], from);
	require(elements((unsigned)map_number("starts")) == 1, "no start\n");
	k.ns += rnd(1u << 30);
	eval_latency = k.ns - fuzz.begun;
	end = eval_number(&q.on[1], hook);
	return start == end;
}

static bool passes(uint32_t hook)
{
	uint32_t i;

	if (q.filter && !fuzz.pass)
		return false;
	for (i = 0; i < q.ntests; i++)
		if (!eval_test(&q.tests[i], hook))
			return false;
	return true;
}

static unsigned expected_keys(uint32_t hook, uint8_t *key)
{
	unsigned i, len = 0;

	for (i = 0; i < q.nkeys; i++) {
		eval_store(&q.keys[i], hook, key + len);
		len += ask_value_size(&q.keys[i]);
	}
	return len;
}

static void event_is(bool passed, uint32_t hook)
{
	uint8_t key[ASK_KEY_MAX];
	unsigned len;

	require(k.nevents == passed, "%u events\n", k.nevents);
	if (!passed)
		return;
	len = expected_keys(hook, key);
	require(k.event_len == sizeof(struct event) + len, "length %u\n",
		k.event_len);
	require(!memcmp(k.event + sizeof(struct event), key, len),
		"keys of the event\n%s", kit_list());
}

static void tally_is(bool passed, uint32_t hook)
{
	unsigned n = elements((unsigned)map_number("tally")), len;
	uint8_t key[ASK_KEY_MAX + 8];
	const struct ask_tally *t;
	uint64_t value = 0, slot = 0;

	require(n == passed, "%u elements\n%s", n, kit_list());
	if (!passed)
		return;
	len = expected_keys(hook, key);
	if (q.what != ASK_COUNT)
		value = eval_number(&q.value, hook);
	if (q.what == ASK_HIST || q.what == ASK_LHIST)
		slot = eval_slot(value);
	memcpy(key + len, &slot, sizeof(slot));
	t = tally(key);
	require(t, "another key\n%s", kit_list());
	require(t->count == 1 && t->total == value, "count %u, total %llx, "
		"not %llx\n%s", (unsigned)t->count,
		(unsigned long long)t->total, (unsigned long long)value,
		kit_list());
}

static void runs(void)
{
	uint32_t hook = q.nstart + rnd(q.nhooks - q.nstart);
	bool passed;

	random_kernel();
	memset(k.elems, 0, sizeof(k.elems));
	target_is(0, true);
	passed = clock_stops(hook);
	pass_through(hook);
	passed = passed && passes(hook);
	if (q.what == ASK_TRACE)
		event_is(passed, hook);
	else
		tally_is(passed, hook);
	fuzz.run++;
	fuzz.hits += passed;
}

/* ---- one request ------------------------------------------------------- */

static bool has_args(void)
{
	char args[256];
	const char *why;
	uint32_t i;
	int err;

	for (i = 0; i < q.nhooks; i++) {
		why = NULL;
		err = engine_args(&q, i, args, sizeof(args), &why);
		require(!err || (err == -EINVAL && why && *why), "%d\n", err);
		if (err)
			return false;
	}
	return true;
}

static void one(uint32_t number)
{
	bool spoilt;
	const char *why = NULL;
	int err;

	random_begin(random_seed(), number);
	random_request();
	spoilt = one_in(3);
	if (spoilt)
		do
			random_spoil();
		while (one_in(2));
	fuzz.pass = !one_in(4);
	kit.functions[0] = (struct function){ "filter", verdicts[fuzz.pass],
					      2 };
	kit.in.nfunctions = 1;
	engine_free(spec);
	spec = NULL;
	err = engine_spec(&spec, &q, &why);
	if (err) {
		require(why && *why && !spec, "%d without a reason\n", err);
		require(err == -E2BIG || (spoilt && err == -EINVAL),
			"%d: %s\n", err, why);
		fuzz.refused += err == -EINVAL;
		fuzz.too_large += err == -E2BIG;
		return;
	}
	kit.in.spec = spec;
	if (!has_args()) {
		require(spoilt, "arguments\n");
		fuzz.refused++;
		return;
	}
	fuzz.taken++;
	if (old_kernels() && !any_unreadable())
		runs();
	else
		fuzz.unlinkable++;
}

START_TEST(requests)
{
	uint32_t i, n = random_count();

	for (i = 0; i < n; i++)
		one(i);
	printf("fuzz_engine: seed %u, %u requests: %u taken (%u of fields "
	       "that are none), %u refused, %u too large; %u run, %u counted\n",
	       random_seed(), n, fuzz.taken, fuzz.unlinkable, fuzz.refused,
	       fuzz.too_large, fuzz.run, fuzz.hits);
}
END_TEST

Suite *suite_fuzz_engine(void)
{
	Suite *s = suite_create("fuzz_engine");
	TCase *tc = tcase_create("requests");

	tcase_add_checked_fixture(tc, engine_setup, engine_teardown);
	tcase_set_timeout(tc, 600);
	tcase_add_test(tc, requests);
	suite_add_tcase(s, tc);
	return s;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * engine_tally - what is done at a hit: conditions, the clock, and counting
 * or telling.
 */
#include <string.h>

#include "engine_int.h"

#define COUNT	((int)offsetof(struct ask_tally, count))
#define TOTAL	((int)offsetof(struct ask_tally, total))

/* r0 = what the map has for the key on the stack. */
static void lookup(struct engine *e, const char *map, int key)
{
	as_ldmap(&e->as, R1, map);
	engine_stack(e, R2, key);
	as_call(&e->as, MAP_LOOKUP);
}

static void update(struct engine *e, const char *map, int key, int value,
		   int how)
{
	as_ldmap(&e->as, R1, map);
	engine_stack(e, R2, key);
	engine_stack(e, R3, value);
	as_movi(&e->as, R4, how);
	as_call(&e->as, MAP_UPDATE);
}

void engine_count(struct engine *e, int stat)
{
	struct as *a = &e->as;
	int done = as_label(a);

	as_jmpi(a, BPF_JEQ, R0, 0, done);
	as_st(a, BPF_W, R10, SCRATCH, stat);
	lookup(e, "stats", SCRATCH);
	as_jmpi(a, BPF_JEQ, R0, 0, done);
	as_ldx(a, BPF_DW, R1, R0, 0);
	as_alui(a, BPF_ADD, R1, 1);	/* per CPU */
	as_stx(a, BPF_DW, R0, 0, R1);
	as_place(a, done);
}

/* ---- whose ------------------------------------------------------------- */

/* What a struct flow says of the process at hand. */
static const struct {
	uint8_t from, size;
	uint16_t off;
} owner[] = {
	{ FROM_PID, BPF_W, offsetof(struct flow, pid) },
	{ FROM_TID, BPF_W, offsetof(struct flow, tid) },
	{ FROM_UID, BPF_W, offsetof(struct flow, uid) },
	{ FROM_CGROUP, BPF_DW, offsetof(struct flow, cgroup) },
};

/* Where it is on the stack. */
static int flow(const struct engine *e)
{
	return e->below - (int)sizeof(struct flow);
}
#define IN_FLOW(e, member) (flow(e) + (int)offsetof(struct flow, member))

/* Where it is asked for: not every kernel without BTF tells. */
static void filter_netns(struct engine *e, const struct ask_value *v)
{
	struct as *a = &e->as;
	int done = as_label(a);

	as_ldconst(a, R1, "want_netns");
	as_jmpi(a, BPF_JEQ, R1, 0, done);
	engine_number(e, v);
	as_stx(a, BPF_W, R10, IN_FLOW(e, netns), R7);
	as_place(a, done);
}

static void filter_task(struct engine *e)
{
	const struct ask_value comm = { .from = FROM_COMM,
					.shape = SHAPE_COMM };
	struct ask_value v = { .shape = SHAPE_U64 };
	struct as *a = &e->as;
	size_t i;

	for (i = 0; i < sizeof(owner) / sizeof(owner[0]); i++) {
		v.from = owner[i].from;
		engine_number(e, &v);
		as_stx(a, owner[i].size, R10, flow(e) + owner[i].off, R7);
	}
	v.from = FROM_NETNS;
	filter_netns(e, &v);
	as_st(a, BPF_W, R10, IN_FLOW(e, owned), 1);
	engine_store(e, &comm, IN_FLOW(e, comm));
}

static void filter_number(struct engine *e, const struct ask_value *v, int at)
{
	engine_number(e, v);
	as_stx(&e->as, BPF_H, R10, at, R7);
}

static void filter_sock(struct engine *e)
{
	static const struct ask_step
		family = { "struct sock", "__sk_common.skc_family" },
		net = { "struct sock", "__sk_common.skc_net.net" },
		inum = { "struct net", "ns.inum" };
	struct ask_value v = e->ask->sock;

	v.shape = SHAPE_ADDR;
	v.then = THEN_LADDR;
	engine_store(e, &v, IN_FLOW(e, laddr));
	v.then = THEN_RADDR;
	engine_store(e, &v, IN_FLOW(e, raddr));
	v.shape = SHAPE_U64;
	v.then = THEN_LPORT;
	filter_number(e, &v, IN_FLOW(e, lport));
	v.then = THEN_RPORT;
	filter_number(e, &v, IN_FLOW(e, rport));
	v.then = THEN_NOTHING;
	v.steps[v.nsteps] = family;
	v.nsteps++;
	filter_number(e, &v, IN_FLOW(e, family));
	v.steps[v.nsteps - 1] = net;
	v.steps[v.nsteps] = inum;
	v.nsteps++;
	filter_netns(e, &v);
}

void engine_filter(struct engine *e)
{
	struct as *a = &e->as;

	engine_zero(e, flow(e), sizeof(struct flow));
	if (e->ask->filter == ASK_OF_SOCK)
		filter_sock(e);
	else if (e->ask->filter == ASK_OF_NETNS)
		filter_netns(e, &e->ask->netns);
	else
		filter_task(e);
	engine_stack(e, R1, flow(e));
	as_call_func(a, "filter");
	as_jmpi(a, BPF_JNE, R0, FILTER_PASS, e->out);
}

/* ---- conditions -------------------------------------------------------- */

/* How a test fails: by which jump, and with its sides the other way round.
 * There is no "jump if less" before 4.14. */
static const struct { uint8_t op, unless, unless_signed; bool swapped; }
failures[] = {
	{ BPF_JEQ, BPF_JNE, BPF_JNE, false },
	{ BPF_JNE, BPF_JEQ, BPF_JEQ, false },
	{ BPF_JLT, BPF_JGE, BPF_JSGE, false },
	{ BPF_JLE, BPF_JGT, BPF_JSGT, false },
	{ BPF_JGT, BPF_JGE, BPF_JSGE, true },
	{ BPF_JGE, BPF_JGT, BPF_JSGT, true },
};

/*
 * Two words are all of it: what is longer has no NUL in the second one.  Which
 * name it was is forgotten at the end, as filter.c says.
 */
static void test_text(struct engine *e, const struct ask_test *t)
{
	struct as *a = &e->as;
	int match = as_label(a), next;
	int text = e->below - (int)ask_value_size(&t->left);
	uint64_t word[ASK_TEXT / 8];
	uint32_t i;

	engine_store(e, &t->left, text);
	as_ldx(a, BPF_DW, R2, R10, text);
	as_ldx(a, BPF_DW, R3, R10, text + 8);
	for (i = 0; i < t->nnames; i++) {
		next = as_label(a);
		memcpy(word, t->names[i], sizeof(word));
		as_ld64(a, R0, word[0]);
		as_jmp(a, BPF_JNE, R2, R0, next);
		as_ld64(a, R0, word[1]);
		as_jmp(a, BPF_JEQ, R3, R0, t->op == BPF_JEQ ? match : e->out);
		as_place(a, next);
	}
	if (t->op == BPF_JEQ)
		as_ja(a, e->out);
	as_place(a, match);
	as_movi(a, R0, 0);
	as_movi(a, R2, 0);
	as_movi(a, R3, 0);
}

static void test(struct engine *e, const struct ask_test *t)
{
	bool is_signed = t->left.shape == SHAPE_S64;
	struct as *a = &e->as;
	unsigned i = 0;
	int op;

	if (engine_is_text(&t->left)) {
		test_text(e, t);
		return;
	}
	engine_number(e, &t->left);
	as_ld64(a, R1, t->right);
	if (t->op == BPF_JSET) {
		as_alu(a, BPF_AND, R7, R1);
		as_jmpi(a, BPF_JEQ, R7, 0, e->out);
		return;
	}
	while (failures[i].op != t->op)
		i++;
	op = is_signed ? failures[i].unless_signed : failures[i].unless;
	if (failures[i].swapped)
		as_jmp(a, op, R1, R7, e->out);
	else
		as_jmp(a, op, R7, R1, e->out);
}

void engine_tests(struct engine *e, bool of_latency)
{
	bool start = ask_role_of(e->ask, e->hook) == ASK_STARTS;
	const struct ask_test *t;

	for (t = e->ask->tests; t < e->ask->tests + e->ask->ntests; t++)
		if (t->left.at_start == start &&
		    (t->left.from == FROM_LATENCY) == of_latency)
			test(e, t);
}

/* ---- the clock --------------------------------------------------------- */

/* The time, and behind it the keys that are kept; where they are in @i. */
static int kept_at(const struct engine *e, uint32_t i)
{
	uint32_t k, at = 8;

	for (k = 0; k < i; k++)
		if (e->ask->keys[k].at_start)
			at += ask_value_size(&e->ask->keys[k]);
	return (int)at;
}

void engine_start(struct engine *e)
{
	const struct ask *q = e->ask;
	const int at = -FRAME - 8 - (int)engine_kept_size(q);
	struct as *a = &e->as;
	uint32_t i;

	engine_store(e, &q->on[ASK_STARTS], CLOCK);
	for (i = 0; i < q->nkeys; i++)
		if (q->keys[i].at_start)
			engine_store(e, &q->keys[i], at + kept_at(e, i));
	as_call(a, KTIME);
	as_stx(a, BPF_DW, R10, at, R0);
	update(e, "starts", CLOCK, at, BPF_ANY);
	engine_count(e, STAT_STATE_FULL);
}

/* What r0 points to, to where the keys will be. */
static void restore_keys(struct engine *e)
{
	const struct ask_value *v = e->ask->keys;
	int at = e->keys, from;
	uint32_t i, k;

	for (i = 0; i < e->ask->nkeys; i++, v++) {
		from = kept_at(e, i);
		for (k = 0; v->at_start && k < ask_value_size(v); k += 8) {
			as_ldx(&e->as, BPF_DW, R1, R0, from + (int)k);
			as_stx(&e->as, BPF_DW, R10, at + (int)k, R1);
		}
		at += (int)ask_value_size(v);
	}
}

void engine_stop(struct engine *e)
{
	struct as *a = &e->as;

	if (e->ask->next.type) {
		as_ldx(a, BPF_DW, R7, R10, LIST);
		as_stx(a, BPF_DW, R10, CLOCK, R7);
	} else {
		engine_store(e, &e->ask->on[ASK_ENDS], CLOCK);
	}
	lookup(e, "starts", CLOCK);
	as_jmpi(a, BPF_JEQ, R0, 0, e->out);
	as_ldx(a, BPF_DW, R7, R0, 0);
	restore_keys(e);
	as_ldmap(a, R1, "starts");
	engine_stack(e, R2, CLOCK);
	as_call(a, MAP_DELETE);
	as_jmpi(a, BPF_JNE, R0, 0, e->out);	/* another CPU's was first */
	as_call(a, KTIME);
	as_alu(a, BPF_SUB, R0, R7);
	as_stx(a, BPF_DW, R10, CLOCK, R0);
}

void engine_forget(struct engine *e)
{
	engine_store(e, &e->ask->on[ask_role_of(e->ask, e->hook)], CLOCK);
	as_ldmap(&e->as, R1, "starts");
	engine_stack(e, R2, CLOCK);
	as_call(&e->as, MAP_DELETE);
}

void engine_first(struct engine *e)
{
	struct as *a = &e->as;

	engine_number(e, &e->ask->on[ASK_ENDS]);
	as_jmpi(a, BPF_JEQ, R7, 0, e->out);
	as_stx(a, BPF_DW, R10, LIST, R7);
}

void engine_next(struct engine *e)
{
	struct as *a = &e->as;

	as_ldx(a, BPF_DW, R7, R10, LIST);
	engine_follow(e, &e->ask->next);
	as_jmpi(a, BPF_JEQ, R7, 0, e->out);
	as_stx(a, BPF_DW, R10, LIST, R7);
}

/* ---- histograms -------------------------------------------------------- */

/* One more than the bits that the number has. */
static void log2_slot(struct engine *e, bool is_signed)
{
	struct as *a = &e->as;
	int done = as_label(a), small, bits;

	as_movi(a, R8, ASK_SLOT_NEGATIVE);
	as_movi(a, R1, 0);
	if (is_signed)
		as_jmp(a, BPF_JSGT, R1, R7, done);
	as_movi(a, R8, ASK_SLOT_ZERO);
	as_mov(a, R1, R7);
	for (bits = 32; bits; bits /= 2) {
		small = as_label(a);
		as_mov(a, R2, R1);
		as_alui(a, BPF_RSH, R2, bits);
		as_jmpi(a, BPF_JEQ, R2, 0, small);
		as_mov(a, R1, R2);
		as_alui(a, BPF_ADD, R8, bits);
		as_place(a, small);
	}
	as_alu(a, BPF_ADD, R8, R1);	/* 1, but for 0 */
	as_place(a, done);
}

/* 0 below min; there is no signed division, so it is subtracted first. */
static void linear_slot(struct engine *e, bool is_signed)
{
	const struct ask *q = e->ask;
	uint64_t range = (uint64_t)q->max - (uint64_t)q->min;
	uint64_t step = (uint64_t)q->step;
	struct as *a = &e->as;
	int inside = as_label(a), done = as_label(a);

	as_movi(a, R8, 0);
	as_ld64(a, R1, (uint64_t)q->min);
	as_jmp(a, is_signed ? BPF_JSGT : BPF_JGT, R1, R7, done);
	as_ld64(a, R2, (uint64_t)q->max);
	as_jmp(a, is_signed ? BPF_JSGT : BPF_JGT, R2, R7, inside);
	as_ld64(a, R8, 1 + range / step + (range % step != 0));
	as_ja(a, done);
	as_place(a, inside);
	as_mov(a, R8, R7);
	as_alu(a, BPF_SUB, R8, R1);
	as_ld64(a, R1, step);
	as_alu(a, BPF_DIV, R8, R1);
	as_alui(a, BPF_ADD, R8, 1);
	as_place(a, done);
}

void engine_slot(struct engine *e)
{
	bool is_signed = e->ask->value.shape == SHAPE_S64;

	if (e->ask->what == ASK_HIST)
		log2_slot(e, is_signed);
	else
		linear_slot(e, is_signed);
}

/* ---- what comes of it -------------------------------------------------- */

/* Those of the start are there. */
void engine_keys(struct engine *e)
{
	int at = e->keys;
	uint32_t i;

	for (i = 0; i < e->ask->nkeys; i++) {
		if (!e->ask->keys[i].at_start)
			engine_store(e, &e->ask->keys[i], at);
		at += (int)ask_value_size(&e->ask->keys[i]);
	}
}

/* Where they end. */
static int keys_end(const struct engine *e)
{
	return e->keys + (int)ask_key_size(e->ask);
}

/* The slot, or something for requests without keys.  r7 = the value. */
static void store_value(struct engine *e, int at)
{
	struct as *a = &e->as;

	if (engine_valued(e->ask))
		engine_number(e, &e->ask->value);
	if (e->ask->what == ASK_HIST || e->ask->what == ASK_LHIST) {
		engine_slot(e);
		as_stx(a, BPF_DW, R10, at, R8);
	} else if (!e->ask->nkeys) {
		as_st(a, BPF_DW, R10, at, 0);
	}
}

void engine_tally(struct engine *e)
{
	struct as *a = &e->as;
	int found = as_label(a);

	store_value(e, keys_end(e));
	lookup(e, "tally", e->keys);
	as_jmpi(a, BPF_JNE, R0, 0, found);
	/* some other processor may do so at the same time */
	engine_zero(e, ZEROS, sizeof(struct ask_tally));
	update(e, "tally", e->keys, ZEROS, BPF_NOEXIST);
	lookup(e, "tally", e->keys);
	as_jmpi(a, BPF_JNE, R0, 0, found);
	as_movi(a, R0, 1);
	engine_count(e, STAT_STATE_FULL);
	as_ja(a, e->out);
	as_place(a, found);
	as_movi(a, R1, 1);
	as_xadd(a, BPF_DW, R0, COUNT, R1);
	if (engine_valued(e->ask))
		as_xadd(a, BPF_DW, R0, TOTAL, R7);
}

/* emit() of sock.bpf.h; r0 is 0 if there was room. */
static void output(struct engine *e, int at, int len)
{
	struct as *a = &e->as;
	int perf = as_label(a), quiet = as_label(a), done = as_label(a);

	as_ldconst(a, R1, "ringbuf");
	as_jmpi(a, BPF_JEQ, R1, 0, perf);
	as_ldmap(a, R1, "events");
	as_movi(a, R2, RING_AVAIL_DATA);
	as_call(a, RING_QUERY);
	as_movi(a, R4, RING_NO_WAKEUP);
	as_ldconst(a, R1, "ring_wake");
	as_jmp(a, BPF_JGT, R1, R0, quiet);
	as_movi(a, R4, RING_FORCE_WAKEUP);
	as_place(a, quiet);
	as_ldmap(a, R1, "events");
	engine_stack(e, R2, at);
	as_movi(a, R3, len);
	as_call(a, RING_OUTPUT);
	as_ja(a, done);
	as_place(a, perf);
	as_mov(a, R1, R6);
	as_ldmap(a, R2, "events");
	as_ld64(a, R3, BPF_F_CURRENT_CPU);
	engine_stack(e, R4, at);
	as_movi(a, R5, len);
	as_call(a, PERF_OUTPUT);
	as_place(a, done);
}

void engine_trace(struct engine *e)
{
	const int ev = e->keys - (int)sizeof(struct event);
	int len = keys_end(e) - ev;
	struct as *a = &e->as;

	as_call(a, KTIME);
	as_stx(a, BPF_DW, R10, ev + (int)offsetof(struct event, ns), R0);
	as_st(a, BPF_W, R10, ev + (int)offsetof(struct event, len), len);
	as_st(a, BPF_H, R10, ev + (int)offsetof(struct event, type),
	      EVENT_ROW);
	as_call(a, CPU);
	as_stx(a, BPF_H, R10, ev + (int)offsetof(struct event, cpu), R0);
	output(e, ev, len);
	engine_count(e, STAT_LOST);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Requests to the engine at random: right ones, and what becomes of them when
 * something is wrong; and a kernel at random for them to run on.
 */
#ifndef SOCKEYE_T_ENGINE_RANDOM_H
#define SOCKEYE_T_ENGINE_RANDOM_H

#include "t/engine_eval.h"
#include "t/random.h"

#define ELEMENTS(a) (sizeof(a) / sizeof((a)[0]))

/* ---- right requests ---------------------------------------------------- */

/* What hooks have; those of one request are of one kind. */
enum random_class { HAS_ARGS, HAS_RETURN, HAS_FIELDS, HAS_NOTHING };

static const struct { uint8_t n, kinds[6]; } random_kinds[] = {
	[HAS_ARGS] = { 6, { HOOK_KPROBE, HOOK_UPROBE, HOOK_RAW_TRACEPOINT,
			    HOOK_TP_BTF, HOOK_FENTRY, HOOK_FEXIT } },
	[HAS_RETURN] = { 3, { HOOK_KRETPROBE, HOOK_URETPROBE, HOOK_FEXIT } },
	[HAS_FIELDS] = { 1, { HOOK_TRACEPOINT } },
	[HAS_NOTHING] = { 5, { HOOK_PERF_EVENT, HOOK_KPROBE, HOOK_TRACEPOINT,
			       HOOK_KRETPROBE, HOOK_FENTRY } },
};

static const char *const random_numbers[] = {
	"u8", "s8", "u16", "s16", "u32", "s32", "u64", "s64", "ubits", "sbits",
	"next",
};

static const char *const random_texts[] = {
	"tiny", "name", "long_name", "u32",
};

/* With @pointer one; else any number. */
static inline void random_origin(struct ask_value *v, enum random_class has,
				 bool clock, bool pointer)
{
	static const char *const fields[] = {
		"skaddr", "ret", "len", "small", "port",
	};
	static const uint8_t plain[] = {
		FROM_PID, FROM_TID, FROM_UID, FROM_CGROUP, FROM_CPU,
		FROM_NETNS, FROM_PROBE, FROM_LATENCY,
	};

	if (!pointer && (has == HAS_NOTHING || one_in(3))) {
		v->from = plain[rnd(ELEMENTS(plain) - !clock)];
		return;
	}
	v->from = FROM_NUMBER;
	v->number = random_number();
	if (has == HAS_NOTHING || one_in(16))
		return;
	v->from = has == HAS_ARGS ? FROM_ARG : has == HAS_RETURN ?
		  FROM_RETVAL : FROM_FIELD;
	if (has == HAS_ARGS)
		v->arg = (uint8_t)rnd(one_in(4) ? 10 : 3);
	else if (has == HAS_FIELDS)
		v->field = fields[rnd(pointer ? 1 : ELEMENTS(fields))];
}

static inline void random_steps(struct ask_value *v, unsigned n,
				const char *last)
{
	unsigned i;

	v->nsteps = (uint8_t)n;
	for (i = 0; i < n; i++)
		v->steps[i] = (struct ask_step){
			"struct t", one_in(2) ? "next" : "other" };
	v->steps[n - 1].path = last;
}

static inline void random_num(struct ask_value *v, enum random_class has,
			      bool clock)
{
	bool pointer = has != HAS_NOTHING && one_in(2);

	memset(v, 0, sizeof(*v));
	random_origin(v, has, clock, pointer);
	v->shape = one_in(2) ? SHAPE_S64 : SHAPE_U64;
	if (!pointer) {
		v->then = (uint8_t)(one_in(3) ? rnd(THEN_LADDR) : 0);
		return;
	}
	if (one_in(2))
		random_steps(v, 1 + rnd(one_in(8) ? ASK_STEPS : 3),
			     random_numbers[rnd(ELEMENTS(random_numbers))]);
	if (one_in(3))
		v->then = (uint8_t)(THEN_LPORT + rnd(9));
	else if (one_in(8))
		v->then = (uint8_t)(THEN_L2LEN + rnd(3));
	else if (one_in(3))
		v->then = (uint8_t)rnd(THEN_LADDR);
}

static inline void random_key(struct ask_value *v, enum random_class has,
			      bool clock)
{
	memset(v, 0, sizeof(*v));
	switch (rnd(8)) {
	case 0:
		v->from = FROM_COMM;
		v->shape = SHAPE_COMM;
		break;
	case 1:
		v->from = one_in(2) ? FROM_KSTACK : FROM_USTACK;
		v->shape = SHAPE_STACK;
		break;
	case 2:
		random_origin(v, has, clock, true);
		v->shape = SHAPE_ADDR;
		v->then = one_in(2) ? THEN_LADDR : THEN_RADDR;
		break;
	case 3:
		random_origin(v, has, clock, true);
		v->shape = SHAPE_NAME;
		if (one_in(4)) {
			v->then = THEN_TEXT;
			random_steps(v, 1 + rnd(3), "next");
		} else {
			random_steps(v, 1 + rnd(3), random_texts[
				     rnd(ELEMENTS(random_texts))]);
		}
		break;
	default:
		random_num(v, has, clock);
	}
}

static inline void random_hooks(uint32_t from, uint32_t to,
				enum random_class has)
{
	for (; from < to; from++)
		hooks[from] = (struct hook){
			.kind = random_kinds[has].kinds[
				rnd(random_kinds[has].n)],
			.target = "f",
		};
}

static inline void random_text(struct ask_test *t, enum random_class has)
{
	static const char names[][ASK_TEXT] = { "sshd", "init", "eth0", "" };

	memset(t, 0, sizeof(*t));
	t->left = (struct ask_value){ .from = FROM_COMM, .shape = SHAPE_COMM };
	if (has != HAS_NOTHING && one_in(2)) {
		random_origin(&t->left, has, false, true);
		t->left.shape = SHAPE_NAME;
		random_steps(&t->left, 1 + rnd(3),
			     random_texts[rnd(ELEMENTS(random_texts))]);
	}
	t->op = one_in(2) ? BPF_JEQ : BPF_JNE;
	t->names = names;
	t->nnames = 1 + rnd(ELEMENTS(names));
}

static inline void random_tests(enum random_class has, bool large)
{
	static const uint8_t ops[] = { BPF_JEQ, BPF_JNE, BPF_JLT, BPF_JLE,
				       BPF_JGT, BPF_JGE, BPF_JSET };
	uint32_t i;

	q.ntests = large ? ASK_TESTS - rnd(4) : one_in(2) ? 0 : rnd(4);
	for (i = 0; i < q.ntests; i++) {
		if (one_in(6)) {
			random_text(&q.tests[i], has);
			continue;
		}
		memset(&q.tests[i], 0, sizeof(q.tests[i]));
		random_num(&q.tests[i].left, has, q.nstart);
		q.tests[i].op = ops[rnd(ELEMENTS(ops))];
		q.tests[i].right = random_number();
	}
}

static inline void random_range(void)
{
	int64_t a = (int64_t)random_number(), b = (int64_t)random_number();

	if (q.value.shape == SHAPE_U64) {
		a &= INT64_MAX;
		b &= INT64_MAX;
	}
	q.min = a < b ? a : b;
	q.max = a < b ? b : a == INT64_MAX ? a : a + 1;
	q.min -= q.min == q.max;
	q.step = 1 + (int64_t)(((uint64_t)q.max - (uint64_t)q.min) /
			       (3 + rnd(1000)));
}

/* random_request - one that the engine must take, unless it is too large. */
static inline void random_request(void)
{
	enum random_class start = rnd(HAS_NOTHING + 1u),
			  has = rnd(HAS_NOTHING + 1u);
	bool large = one_in(16);
	uint32_t i;

	memset(&q, 0, sizeof(q));
	q.hooks = hooks;
	q.what = (uint8_t)rnd(ASK_TRACE + 1);
	q.nstart = one_in(3) ? 1 + rnd(2) : 0;
	q.nhooks = q.nstart + 1 + rnd(2);
	random_hooks(0, q.nstart, start);
	random_hooks(q.nstart, q.nhooks, has);
	if (q.nstart) {
		random_num(&q.on[0], start, false);
		random_num(&q.on[1], has, false);
		if (one_in(2))
			q.on[1] = q.on[0] = (struct ask_value){
				.from = FROM_TID };
	}
	q.nkeys = large ? ASK_KEYS - rnd(4) : rnd(4);
	for (i = 0; i < q.nkeys; i++)
		random_key(&q.keys[i], has, q.nstart);
	random_num(&q.value, has, q.nstart);
	random_tests(has, large);
	random_range();
	q.max_entries = one_in(4) ? rnd(100000) : 0;
	q.filter = one_in(4) ? (uint8_t)(1 + rnd(ASK_OF_SOCK)) : ASK_OF_ALL;
	random_origin(&q.sock, has, false, true);
}

/* ---- wrong ones -------------------------------------------------------- */

static inline struct ask_value *random_one(void)
{
	switch (rnd(5)) {
	case 0: return &q.on[rnd(2)];
	case 4: return &q.sock;
	case 1: return &q.value;
	case 2: return &q.tests[rnd(q.ntests + 1) % ASK_TESTS].left;
	default: return &q.keys[rnd(q.nkeys + 1) % ASK_KEYS];
	}
}

static inline void spoil_value(struct ask_value *v)
{
	static const char *const fields[] = { NULL, "", "a-b", "none", "9a" };
	static const struct ask_step steps[] = {
		{ NULL, NULL }, { "", "" }, { "struct t", "" },
		{ "struct none", "x" }, { "struct t", "none" },
		{ "struct t", "name" }, { "struct t", "tiny" },
	};

	switch (rnd(9)) {
	case 0: v->from = (uint8_t)rnd(FROM_LATENCY + 4u); break;
	case 1: v->shape = (uint8_t)rnd(SHAPE_STACK + 3u); break;
	case 2: v->then = (uint8_t)rnd(THEN_TEXT + 3u); break;
	case 3: v->arg = (uint8_t)rnd(12); break;
	case 4: v->nsteps = (uint8_t)rnd(ASK_STEPS + 3); break;
	case 5: v->field = fields[rnd(ELEMENTS(fields))]; break;
	default:
		v->steps[rnd(v->nsteps + 1u) % ASK_STEPS] =
			steps[rnd(ELEMENTS(steps))];
	}
}

/* random_spoil - make something wrong, perhaps. */
static inline void random_spoil(void)
{
	switch (rnd(15)) {
	case 9: q.filter = (uint8_t)rnd(ASK_OF_SOCK + 3); break;
	case 0: q.what = (uint8_t)rnd(ASK_TRACE + 3); break;
	case 1: q.nkeys = rnd(ASK_KEYS + 3); break;
	case 2: q.ntests = rnd(ASK_TESTS + 3); break;
	case 3: q.nhooks = rnd(5); break;
	case 4: q.nstart = rnd(5); break;
	case 5: q.tests[rnd(ASK_TESTS)].op = (uint8_t)rnd(256); break;
	case 6: hooks[rnd(4)].kind = (uint8_t)(1 + rnd(HOOK_PERF_EVENT));
		break;
	case 7: q.min = (int64_t)random_number(); break;
	case 8: q.step = (int64_t)random_number(); break;
	default: spoil_value(random_one());
	}
}

/* ---- a kernel ---------------------------------------------------------- */

/* A pointer to what may be a struct, to anywhere, to nothing, or a number. */
static inline uint64_t random_word(void)
{
	switch (rnd(8)) {
	case 0: case 1: case 2: return MEM_AT + 128 * rnd(24);
	case 3: return MEM_AT + rnd(MEM_SIZE);
	case 4: return 0;
	default: return random_number();
	}
}

/* random_kernel - memory, a context and a process; no map has anything. */
static inline void random_kernel(void)
{
	static char comm[17];
	unsigned i, n = rnd(16);
	uint64_t w;

	for (i = 0; i < MEM_SIZE; i += 8) {
		w = random_word();
		memcpy(k.mem + i, &w, sizeof(w));
	}
	/* families of what could be sockets */
	for (i = 0; i < 24; i++)
		if (one_in(2))
			poke(128 * i + 16, 2, one_in(2) ? AF_INET : AF_INET6);
	for (i = 0; i < 64; i++)
		k.ctx[i] = random_word();
	k.pid_tgid = random_number();
	k.uid_gid = random_number();
	k.cpu = rnd(4);
	k.cgroup = random_number();
	k.ns = random_u64() >> 1;
	k.stack_id = one_in(4) ? (uint64_t)-EFAULT : rnd(4096);
	for (i = 0; i < n; i++)
		comm[i] = (char)(1 + rnd(255));
	comm[n] = '\0';
	k.comm = comm;
	k.no_ipv6 = one_in(8);
	k.waiting = one_in(2) ? 0 : 100000;
	k.nevents = k.event_len = 0;
}

#endif

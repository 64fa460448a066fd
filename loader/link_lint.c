/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * link_lint - what the kernel at hand would refuse, said in words.
 *
 * Versions are of mainline; distributions bring things to older kernels, so
 * this is for who asks for it, not in the way of loading.
 */
#include "link_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int needs(const struct linker *l, const struct func *f,
		 const struct ins *x, uint32_t since, const char *what)
{
	if (l->in->target->lint_version >= since)
		return 0;
	return link_fail(l, f, x, EOPNOTSUPP, "%s needs Linux %u.%u", what,
			 since >> 16, since >> 8 & 0xff);
}

int lint_hook(struct linker *l)
{
	static const struct { uint8_t major, minor; } since[] = {
		[HOOK_KPROBE] = { 4, 1 }, [HOOK_KRETPROBE] = { 4, 1 },
		[HOOK_TRACEPOINT] = { 4, 7 },
		[HOOK_RAW_TRACEPOINT] = { 4, 17 },
		[HOOK_TP_BTF] = { 5, 5 }, [HOOK_FENTRY] = { 5, 5 },
		[HOOK_FEXIT] = { 5, 5 }, [HOOK_UPROBE] = { 4, 1 },
		[HOOK_URETPROBE] = { 4, 1 }, [HOOK_PERF_EVENT] = { 4, 9 },
	};
	const struct hook *h = l->in->hook;
	char what[160];
	int err;

	if (!l->in->target->lint_version || !h ||
	    h->kind >= sizeof(since) / sizeof(since[0]))
		return 0;
	snprintf(what, sizeof(what), "%s %s", hook_kind_name(h->kind),
		 h->target);
	err = needs(l, NULL, NULL,
		    KERNEL(since[h->kind].major, since[h->kind].minor), what);
	/* perf_call_bpf_{enter,exit}: before, programs never saw the fields */
	if (!err && h->kind == HOOK_TRACEPOINT &&
	    !strncmp(h->target, "syscalls/", 9))
		err = needs(l, NULL, NULL, KERNEL(4, 14), what);
	return err;
}

/* ---- instructions ----------------------------------------------------- */

static int lint_call(const struct linker *l, const struct func *f,
		     const struct ins *x)
{
	const char *name;
	char what[80];

	if (x->flags & INS_CALL)
		return needs(l, f, x, KERNEL(4, 16), "a call of a function");
	if (x->i.src_reg)
		return needs(l, f, x, KERNEL(5, 13), "a call into the kernel");
	name = helper_name(x->i.imm);
	if (name)
		snprintf(what, sizeof(what), "helper %s", name);
	else
		snprintf(what, sizeof(what), "helper %d", x->i.imm);
	return needs(l, f, x, helper_since(x->i.imm), what);
}

static int lint_jump(const struct linker *l, const struct func *f,
		     const struct ins *x)
{
	int op = BPF_OP(x->i.code), err = 0;

	if (OP_CLASS(x->i.code) == OP_JMP32)
		err = needs(l, f, x, KERNEL(5, 1), "a 32-bit jump");
	if (!err && op > BPF_EXIT)
		err = needs(l, f, x, KERNEL(4, 14), "a jump if less");
	return err;
}

static int lint_other(const struct linker *l, const struct func *f,
		      const struct ins *x)
{
	int mode = BPF_MODE(x->i.code);

	switch (OP_CLASS(x->i.code)) {
	case BPF_LD:
		if (x->rel && x->rel->kind == RELOC_DATA)
			return needs(l, f, x, KERNEL(5, 2), "global data");
		return 0;
	case BPF_LDX:
		return mode != OP_MEMSX ? 0 :
		       needs(l, f, x, KERNEL(6, 6), "a sign-extending load");
	case BPF_STX:
		return mode != OP_ATOMIC || x->i.imm == BPF_ADD ? 0 :
		       needs(l, f, x, KERNEL(5, 12), "an atomic operation");
	case BPF_ALU:
	case BPF_ALU64:
		if (OP_CLASS(x->i.code) == BPF_ALU &&
		    BPF_OP(x->i.code) == BPF_ARSH)
			return needs(l, f, x, KERNEL(5, 0),
				     "a 32-bit arithmetic shift");
		if (x->i.code == (BPF_ALU64 | BPF_END))
			return needs(l, f, x, KERNEL(6, 6), "bswap");
		return !x->i.off ? 0 :
		       needs(l, f, x, KERNEL(6, 6), "signed arithmetic");
	default:
		return 0;
	}
}

static int lint_ins(const struct linker *l, const struct func *f,
		    const struct ins *x)
{
	if (ins_is_call(x))
		return lint_call(l, f, x);
	if (ins_is_jump(x))
		return lint_jump(l, f, x);
	return lint_other(l, f, x);
}

/* ---- memory that helpers take ----------------------------------------- */

/* Arguments that had to point to the stack: until 4.11 all memory, until 4.18
 * keys and values of maps (commits 5722569bb9c3, d71962f3e627). */
static const struct { uint8_t id, arg, major, minor; } on_stack[] = {
	{ 1, 2, 4, 18 },	/* map_lookup_elem */
	{ 2, 2, 4, 18 },	/* map_update_elem: key */
	{ 2, 3, 4, 18 },	/* value */
	{ 3, 2, 4, 18 },	/* map_delete_elem */
	{ 4, 1, 4, 11 },	/* probe_read */
	{ 6, 1, 4, 11 },	/* trace_printk */
	{ 16, 1, 4, 11 },	/* get_current_comm */
	{ 25, 4, 4, 11 },	/* perf_event_output */
};

struct lint_args {
	struct linker *l;
	struct func *f;
	int err;
};

static void lint_args(void *ctx, const struct flow *w, struct ins *x,
		      const struct state *s)
{
	struct lint_args *c = ctx;
	char what[80];
	size_t i;
	int kind;

	(void)w;
	if (!ins_is_call(x) || (x->flags & INS_CALL) || x->i.src_reg)
		return;
	for (i = 0; i < sizeof(on_stack) / sizeof(on_stack[0]); i++) {
		kind = flow_reg(s, on_stack[i].arg).kind;
		if (c->err || on_stack[i].id != x->i.imm ||
		    kind == V_STACK || kind == V_ANY)
			continue;
		snprintf(what, sizeof(what),
			 "argument %d of %s outside the stack",
			 on_stack[i].arg, helper_name(x->i.imm));
		c->err = needs(c->l, c->f, x, KERNEL(on_stack[i].major,
						     on_stack[i].minor), what);
	}
}

/* ---- loops ------------------------------------------------------------ */

/* A way through the function, for check_cfg(). */
struct tour {
	enum { FRESH, OPEN, DONE } *color;
	uint32_t *path;
	uint32_t n;
};

/* Where instruction @i leads: the @k'th place, or NONE. */
static uint32_t leads_to(const struct func *f, uint32_t i, unsigned k)
{
	const struct ins *x = &f->ins[i];
	int op = BPF_OP(x->i.code);
	bool jump = ins_is_jump(x);

	if (k == 0)
		return jump ? x->target : NONE;
	if (jump ? op == BPF_JA : OP_CLASS(x->i.code) == BPF_JMP &&
				  op == BPF_EXIT)
		return NONE;
	return i + 1 < f->n ? i + 1 : NONE;
}

/* A jump back is no loop yet; one to where we come from is. */
static int tour_step(const struct linker *l, const struct func *f,
		     struct tour *t)
{
	uint32_t i = t->path[t->n - 1], to;
	unsigned k;

	for (k = 0; k < 2; k++) {
		to = leads_to(f, i, k);
		if (to == NONE || t->color[to] == DONE)
			continue;
		if (t->color[to] == OPEN)
			return needs(l, f, &f->ins[i], KERNEL(5, 3), "a loop");
		t->color[to] = OPEN;
		t->path[t->n++] = to;
		return 0;
	}
	t->color[i] = DONE;
	t->n--;
	return 0;
}

static int lint_loops(const struct linker *l, const struct func *f)
{
	struct tour t = { NULL, NULL, 0 };
	int err = 0;

	if (l->in->target->lint_version >= KERNEL(5, 3) || !f->n)
		return 0;
	t.color = calloc(f->n, sizeof(*t.color));
	t.path = calloc(f->n, sizeof(*t.path));
	if (!t.color || !t.path) {
		err = link_nomem(l);
	} else {
		t.color[0] = OPEN;
		t.path[t.n++] = 0;
	}
	while (!err && t.n)
		err = tour_step(l, f, &t);
	free(t.color);
	free(t.path);
	return err;
}

int lint_func(struct linker *l, struct func *f)
{
	struct lint_args c = { l, f, 0 };
	uint32_t i;
	int err;

	if (!l->in->target->lint_version)
		return 0;
	for (i = 0; i < f->n; i++) {
		err = lint_ins(l, f, &f->ins[i]);
		if (err)
			return err;
	}
	err = lint_loops(l, f);
	if (!err)
		err = flow_walk(l, f, lint_args, &c);
	return err ? err : c.err;
}

/* ---- every kernel ----------------------------------------------------- */

struct shape {
	const struct bpf_insn *insns;
	uint32_t n, ntodo;
	uint32_t *todo;
	bool *seen;
};

/* false: no such instruction */
static bool shape_push(struct shape *s, int64_t at)
{
	if (at < 0 || at >= s->n)
		return false;
	if (!s->seen[at]) {
		s->seen[at] = true;
		s->todo[s->ntodo++] = (uint32_t)at;
	}
	return true;
}

static bool shape_visit(struct shape *s, uint32_t i)
{
	const struct bpf_insn *x = &s->insns[i];
	int class = OP_CLASS(x->code), op = BPF_OP(x->code);
	bool ok = true;

	if (x->code == (BPF_LD | BPF_IMM | BPF_DW)) {
		if (i + 1 >= s->n || s->insns[i + 1].code)
			return false;
		s->seen[i + 1] = true;
		return shape_push(s, (int64_t)i + 2);
	}
	if (!x->code)
		return false;
	if (class != BPF_JMP && class != OP_JMP32)
		return shape_push(s, (int64_t)i + 1);
	if (op == BPF_EXIT)
		return true;
	if (op == BPF_CALL && x->src_reg == CALL_PSEUDO)
		ok = shape_push(s, (int64_t)i + 1 + x->imm);
	else if (op != BPF_CALL)
		ok = shape_push(s, (int64_t)i + 1 + x->off);
	return ok && (op == BPF_JA || shape_push(s, (int64_t)i + 1));
}

int lint_shape(const struct linker *l, const struct bpf_insn *insns,
	       uint32_t n)
{
	struct shape s = { insns, n, 0, NULL, NULL };
	uint32_t i = 0;
	int err = 0;

	s.todo = calloc(n + 1, sizeof(*s.todo));
	s.seen = calloc(n + 1, sizeof(*s.seen));
	if (!s.todo || !s.seen)
		err = link_nomem(l);
	if (!err && !shape_push(&s, 0))
		err = link_fail(l, NULL, NULL, EINVAL, "no instructions");
	while (!err && s.ntodo) {
		i = s.todo[--s.ntodo];
		if (!shape_visit(&s, i))
			err = link_fail(l, NULL, NULL, EINVAL,
					"instruction %u leads nowhere", i);
	}
	for (i = 0; !err && i < n; i++)
		if (!s.seen[i])
			err = link_fail(l, NULL, NULL, EINVAL,
					"instruction %u is never reached", i);
	free(s.todo);
	free(s.seen);
	return err;
}

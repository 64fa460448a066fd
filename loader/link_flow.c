/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * link_flow - which values registers have where.
 *
 * Conditional constant propagation: states start out as "never seen" and
 * only grow less certain, jumps decided by what is known are followed one
 * way only.  States are kept for places that jumps go to; in between they
 * are computed again.  Registers that the compiler spilled to the stack are
 * followed, too, as long as nothing unknown can have written there.
 */
#include "link_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct flow {
	struct func *f;
	struct state *states;	/* per leader */
	uint32_t *leader;	/* per instruction: its state, or NONE */
	bool *pending;		/* per instruction */
	uint32_t nleaders;
	unsigned nslots;
	int16_t slots[MAX_SLOTS];
	bool big_endian;
};

static const struct value any = { 0, V_ANY }, other = { 0, V_OTHER };

static struct value constant(uint64_t v)
{
	return (struct value){ v, V_CONST };
}

struct value flow_reg(const struct state *s, unsigned reg)
{
	return (struct value){ s->v[reg], s->kind[reg] };
}

static void set_reg(struct state *s, unsigned reg, struct value v)
{
	s->v[reg] = v.kind == V_CONST || v.kind == V_STACK ? v.v : 0;
	s->kind[reg] = v.kind;
}

static bool maybe_stack(struct value v)
{
	return v.kind == V_STACK || v.kind == V_ANY;
}

static struct value join_value(struct value a, struct value b)
{
	if (a.kind == V_NONE)
		return b;
	if (b.kind == V_NONE || (a.kind == b.kind && a.v == b.v))
		return a;
	return maybe_stack(a) || maybe_stack(b) ? any : other;
}

static bool join(struct state *to, const struct state *from)
{
	bool changed = false;
	struct value old, v;
	unsigned i;

	for (i = 0; i < sizeof(to->kind); i++) {
		old = flow_reg(to, i);
		v = join_value(old, flow_reg(from, i));
		if (v.kind != old.kind || v.v != old.v) {
			set_reg(to, i, v);
			changed = true;
		}
	}
	return changed;
}

/* ---- arithmetic ------------------------------------------------------- */

static struct value end_result(const struct flow *w, const struct ins *x,
			       struct value a)
{
	unsigned bits = (unsigned)x->i.imm;
	bool swap = (BPF_SRC(x->i.code) == BPF_TO_BE) != w->big_endian;

	if (a.kind != V_CONST || (bits != 16 && bits != 32 && bits != 64))
		return bits == 64 && maybe_stack(a) ? any : other;
	if (OP_CLASS(x->i.code) == BPF_ALU64)	/* 6.6: bswap */
		swap = true;
	if (swap)
		return constant(eval_swap(a.v, bits / 8));
	return constant(bits == 64 ? a.v : a.v & ((1ull << bits) - 1));
}

/* r10 plus or minus something known is still a known place, as long as it is
 * anywhere near. */
static struct value stack_result(int op, struct value a, struct value b)
{
	uint64_t v = op == BPF_ADD ? a.v + b.v : a.v - b.v;

	if ((op == BPF_ADD || (op == BPF_SUB && a.kind == V_STACK)) &&
	    (a.kind == V_CONST || b.kind == V_CONST) &&
	    (a.kind == V_STACK || b.kind == V_STACK) &&
	    (int64_t)v == (int32_t)v)
		return (struct value){ v, V_STACK };
	return any;
}

static struct value alu_result(const struct flow *w, const struct state *s,
			       const struct ins *x)
{
	bool wide = OP_CLASS(x->i.code) == BPF_ALU64;
	int op = BPF_OP(x->i.code);
	struct value a = flow_reg(s, x->i.dst_reg), b;
	uint64_t v;

	b = BPF_SRC(x->i.code) == BPF_X ? flow_reg(s, x->i.src_reg) :
	    constant((uint64_t)(int64_t)x->i.imm);
	if (op == BPF_END)
		return end_result(w, x, a);
	if (op == BPF_NEG)
		b = a;
	if (op == BPF_MOV)
		a = b;
	if (a.kind == V_NONE || b.kind == V_NONE)
		return other;
	/* 6.6: off makes it a signed division, a sign-extending move */
	if (a.kind == V_CONST && b.kind == V_CONST && !x->i.off) {
		if (eval_alu(wide, op, a.v, b.v, &v))
			return constant(v);
	}
	if (!wide)
		return other;
	if (op == BPF_MOV && !x->i.off)
		return b;
	return maybe_stack(a) || maybe_stack(b) ? stack_result(op, a, b) :
						  other;
}

/* ---- memory ----------------------------------------------------------- */

static struct value address(const struct state *s, unsigned base, int off)
{
	struct value v = flow_reg(s, base);

	if (v.kind == V_STACK)
		v.v += (uint64_t)(int64_t)off;
	return v;
}

/* Bytes @from to before @to, relative to r10, may have changed. */
static void forget(const struct flow *w, struct state *s, int64_t from,
		   int64_t to)
{
	unsigned i;

	for (i = 0; i < w->nslots; i++)
		if (w->slots[i] < to && w->slots[i] + 8 > from)
			set_reg(s, 11 + i, any);
}

static struct value load_result(const struct flow *w, const struct state *s,
				const struct ins *x)
{
	struct value at = address(s, x->i.src_reg, x->i.off);
	unsigned i;

	if (ins_bytes(x) != 8)
		return other;
	for (i = 0; at.kind == V_STACK && i < w->nslots; i++)
		if ((int64_t)at.v == w->slots[i])
			return flow_reg(s, 11 + i);
	return maybe_stack(at) ? any : other;
}

static void store(const struct flow *w, struct state *s, const struct ins *x)
{
	struct value at = address(s, x->i.dst_reg, x->i.off), v;
	bool plain = BPF_MODE(x->i.code) == BPF_MEM;
	uint16_t defs = ins_defs(x);
	unsigned i;

	v = OP_CLASS(x->i.code) == BPF_STX ? flow_reg(s, x->i.src_reg) :
	    constant((uint64_t)(int64_t)x->i.imm);
	if (at.kind == V_ANY) {
		forget(w, s, INT64_MIN, INT64_MAX);
	} else if (at.kind == V_STACK) {
		forget(w, s, (int64_t)at.v, (int64_t)at.v + ins_bytes(x));
		for (i = 0; plain && ins_bytes(x) == 8 && i < w->nslots; i++)
			if ((int64_t)at.v == w->slots[i])
				set_reg(s, 11 + i, v);
	}
	for (i = 0; i < 10; i++)
		if (defs >> i & 1)
			set_reg(s, i, any);
}

/*
 * A helper writes upwards from the pointers it is given; a function of ours
 * may follow pointers it finds there.
 */
static void call(const struct flow *w, struct state *s, const struct ins *x)
{
	bool helper = !(x->flags & INS_CALL) && !x->i.src_reg;
	uint16_t uses = ins_uses(x);
	struct value v;
	unsigned r;

	for (r = 1; r <= 5; r++) {
		v = flow_reg(s, r);
		if (!(uses >> r & 1) || !maybe_stack(v))
			continue;
		forget(w, s, helper && v.kind == V_STACK ? (int64_t)v.v :
		       INT64_MIN, INT64_MAX);
	}
	for (r = 0; r <= 5; r++)
		set_reg(s, r, other);
}

struct value flow_result(const struct flow *w, const struct state *s,
			 const struct ins *x)
{
	if (x->flags & INS_POISON)
		return any;
	switch (OP_CLASS(x->i.code)) {
	case BPF_ALU:
	case BPF_ALU64:
		return alu_result(w, s, x);
	case BPF_LDX:
		return load_result(w, s, x);
	default:
		if (!(x->flags & INS_LD64) || x->rel || x->i.src_reg)
			return other;
		return constant(x->imm);
	}
}

static void step(const struct flow *w, struct state *s, const struct ins *x)
{
	unsigned r;

	switch (OP_CLASS(x->i.code)) {
	case BPF_ST:
	case BPF_STX:
		if (x->flags & INS_POISON)
			forget(w, s, INT64_MIN, INT64_MAX);
		store(w, s, x);
		break;
	case BPF_JMP:
	case OP_JMP32:
		if (ins_is_call(x))
			call(w, s, x);
		break;
	default:
		if (ins_is_pure(x))
			set_reg(s, x->i.dst_reg, flow_result(w, s, x));
		else
			for (r = 0; r <= 5; r++)	/* LD_ABS, LD_IND */
				set_reg(s, r, other);
	}
}

/* ---- jumps ------------------------------------------------------------ */

static uint8_t decide(const struct state *s, const struct ins *x)
{
	struct value a = flow_reg(s, x->i.dst_reg), b;

	if (ins_is_ja(x))
		return BRANCH_TAKEN;
	b = BPF_SRC(x->i.code) == BPF_X ? flow_reg(s, x->i.src_reg) :
	    constant((uint64_t)(int64_t)x->i.imm);
	if (a.kind != V_CONST || b.kind != V_CONST)
		return BRANCH_BOTH;
	return eval_jump(OP_CLASS(x->i.code) == BPF_JMP, BPF_OP(x->i.code),
			 a.v, b.v) ? BRANCH_TAKEN : BRANCH_FALL;
}

bool flow_joins(const struct flow *w, uint32_t i)
{
	return w->leader[i] != NONE;
}

static void flow_to(struct flow *w, uint32_t i, const struct state *s)
{
	if (join(&w->states[w->leader[i]], s))
		w->pending[i] = true;
}

/* From the leader @i on, to the next one or where the flow ends. */
static int follow(struct linker *l, struct flow *w, uint32_t i,
		  flow_visit *visit, void *ctx)
{
	struct state s = w->states[w->leader[i]];
	struct func *f = w->f;
	struct ins was;

	for (;;) {
		was = f->ins[i];
		s.branch = BRANCH_BOTH;
		if (ins_is_jump(&was))
			s.branch = decide(&s, &was);
		f->ins[i].flags |= INS_REACHED;
		if (visit)
			visit(ctx, w, &f->ins[i], &s);
		step(w, &s, &was);
		if (!visit && ins_is_jump(&was) && s.branch != BRANCH_FALL)
			flow_to(w, was.target, &s);
		if (s.branch == BRANCH_TAKEN || ins_is_exit(&was))
			return 0;
		if (++i == f->n)
			return link_fail(l, f, &was, EINVAL,
					 "runs off its end");
		if (w->leader[i] == NONE)
			continue;
		if (!visit)
			flow_to(w, i, &s);
		return 0;
	}
}

static void add_slot(struct flow *w, int16_t off)
{
	unsigned i;

	for (i = 0; i < w->nslots; i++)
		if (w->slots[i] == off)
			return;
	if (w->nslots < MAX_SLOTS)
		w->slots[w->nslots++] = off;
}

static int prepare(struct linker *l, struct flow *w, struct func *f)
{
	uint32_t i;

	w->f = f;
	w->leader = scratch_get(l, f->n * sizeof(*w->leader));
	w->pending = scratch_get(l, f->n * sizeof(*w->pending));
	if (!w->leader || !w->pending)
		return -ENOMEM;
	memset(w->leader, 0xff, f->n * sizeof(*w->leader));
	w->leader[0] = w->nleaders++;
	for (i = 0; i < f->n; i++) {
		const struct ins *x = &f->ins[i];

		f->ins[i].flags &= (uint16_t)~INS_REACHED;
		if (ins_is_jump(x) && w->leader[x->target] == NONE)
			w->leader[x->target] = w->nleaders++;
		if (x->i.code == (BPF_LDX | BPF_MEM | BPF_DW) &&
		    x->i.src_reg == 10)
			add_slot(w, x->i.off);
	}
	w->states = scratch_get(l, w->nleaders * sizeof(*w->states));
	return w->states ? 0 : -ENOMEM;
}

static void enter(struct flow *w)
{
	struct state s = { .branch = 0 };
	unsigned i;

	for (i = 0; i < 10; i++)
		set_reg(&s, i, other);
	set_reg(&s, 10, (struct value){ 0, V_STACK });
	for (i = 0; i < MAX_SLOTS; i++)
		set_reg(&s, 11 + i, any);
	flow_to(w, 0, &s);
}

static int settle(struct linker *l, struct flow *w)
{
	bool again = true;
	uint32_t i;
	int err;

	while (again) {
		again = false;
		for (i = 0; i < w->f->n; i++) {
			if (!w->pending[i])
				continue;
			w->pending[i] = false;
			again = true;
			err = follow(l, w, i, NULL, NULL);
			if (err)
				return err;
		}
	}
	return 0;
}

int flow_walk(struct linker *l, struct func *f, flow_visit *visit, void *ctx)
{
	struct flow w = { .big_endian = l->in->target->big_endian };
	uint32_t i;
	int err;

	err = prepare(l, &w, f);
	if (err) {
		err = link_nomem(l);
		goto out;
	}
	enter(&w);
	err = settle(l, &w);
	for (i = 0; !err && i < f->n; i++)
		if (w.leader[i] != NONE && (f->ins[i].flags & INS_REACHED))
			err = follow(l, &w, i, visit, ctx);
out:
	scratch_put(l, w.states);
	scratch_put(l, w.leader);
	scratch_put(l, w.pending);
	return err;
}

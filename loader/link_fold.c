/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * link_fold - make a program smaller by what is known of its values.
 *
 * Old verifiers neither follow constants from ld_imm64 (4.9) nor accept
 * pointer arithmetic on the stack with a register, and none accepts
 * unreachable code: all that is decided here.
 */
#include "link_int.h"

#include <stdlib.h>
#include <string.h>

static bool is_s32(uint64_t v)
{
	return (int64_t)v == (int32_t)v;
}

/* ---- rewriting by values ---------------------------------------------- */

/* 64-bit operations that leave the register as it is; in 32 bits they still
 * clear the upper half. */
static bool changes_nothing(const struct ins *x)
{
	if (OP_CLASS(x->i.code) != BPF_ALU64 || x->i.off)
		return false;
	if (BPF_SRC(x->i.code) == BPF_X)
		return BPF_OP(x->i.code) == BPF_MOV &&
		       x->i.src_reg == x->i.dst_reg;
	switch (BPF_OP(x->i.code)) {
	case BPF_ADD:
	case BPF_SUB:
	case BPF_OR:
	case BPF_XOR:
	case BPF_LSH:
	case BPF_RSH:
	case BPF_ARSH:
		return x->i.imm == 0;
	case BPF_MUL:
	case BPF_DIV:
		return x->i.imm == 1;
	case BPF_AND:
		return x->i.imm == -1;
	default:
		return false;
	}
}

/* May the value @v of the source register stand as the immediate of @x? */
static bool fits_operand(const struct ins *x, uint64_t v, bool wide)
{
	unsigned width = wide ? 64 : 32;

	if (!wide)
		v = (uint64_t)(int64_t)(int32_t)(uint32_t)v;
	if (!is_s32(v))
		return false;
	if (ins_is_jump(x))
		return true;
	switch (BPF_OP(x->i.code)) {
	case BPF_LSH:
	case BPF_RSH:
	case BPF_ARSH:
		return v < width;
	case BPF_DIV:
	case BPF_MOD:
		return !x->i.off && v && v <= INT32_MAX;
	case BPF_MOV:
		return !x->i.off;
	default:
		return true;
	}
}

/* rX op= rY, or a jump that compares with rY: take the value of rY. */
static void use_operand(struct ins *x, const struct state *s, bool wide)
{
	struct value b = flow_reg(s, x->i.src_reg);

	if (BPF_SRC(x->i.code) != BPF_X || b.kind != V_CONST ||
	    !fits_operand(x, b.v, wide))
		return;
	x->i.code ^= BPF_X;
	x->i.src_reg = 0;
	x->i.imm = (int32_t)(uint32_t)b.v;
}

static void fold_alu(const struct flow *w, struct ins *x,
		     const struct state *s)
{
	bool wide = OP_CLASS(x->i.code) == BPF_ALU64;
	int op = BPF_OP(x->i.code);
	bool from_reg = BPF_SRC(x->i.code) == BPF_X;
	struct value v;

	if (op == BPF_MOV && !from_reg)
		return;
	v = flow_result(w, s, x);
	/* a copy of what takes two slots stays a copy */
	if (v.kind == V_CONST && (op != BPF_MOV || is_s32(v.v))) {
		ins_load_const(x, v.v);
		return;
	}
	if (op != BPF_END && op != BPF_NEG)
		use_operand(x, s, wide);
	if (changes_nothing(x))
		x->flags |= INS_DEAD;
}

/* ---- pointers to the stack -------------------------------------------- */

static bool is_mov64(const struct ins *x)
{
	return x->i.code == (BPF_ALU64 | BPF_MOV | BPF_X) && !x->i.off;
}

static bool is_add64(const struct ins *x)
{
	return (x->i.code == (BPF_ALU64 | BPF_ADD | BPF_K) ||
		x->i.code == (BPF_ALU64 | BPF_SUB | BPF_K)) &&
	       !(x->flags & INS_POISON);
}

/* Where the straight line before instruction @i last touches register @reg,
 * or NONE. */
static uint32_t touched_before(const struct func *f, const struct flow *w,
			       uint32_t i, unsigned reg)
{
	const struct ins *x;

	while (i && !flow_joins(w, i)) {
		x = &f->ins[--i];
		if (x->flags & INS_DEAD)
			continue;
		if (ins_is_jump(x) || ins_is_exit(x))
			break;
		if ((ins_uses(x) | ins_defs(x)) & 1u << reg)
			return i;
	}
	return NONE;
}

/*
 * Verifiers before 4.14 know "rX = r10; rX += imm" for a pointer to the
 * stack and lose it with every further addition.  @x adds, and the outcome
 * is r10 + @off: make it the only addition to a copy of r10.
 */
static bool from_r10(struct func *f, const struct flow *w, struct ins *x,
		     int64_t off)
{
	uint32_t at = (uint32_t)(x - f->ins), mov = at, i;
	unsigned reg = x->i.dst_reg;

	do {
		mov = touched_before(f, w, mov, reg);
		if (mov == NONE)
			return false;
	} while (is_add64(&f->ins[mov]));
	if (!is_mov64(&f->ins[mov]) || f->ins[mov].i.dst_reg != reg ||
	    (f->ins[mov].i.src_reg == 10 && off == x->i.imm &&
	     BPF_OP(x->i.code) == BPF_ADD))
		return false;
	for (i = mov + 1; i < at; i++)
		if ((ins_uses(&f->ins[i]) | ins_defs(&f->ins[i])) & 1u << reg)
			f->ins[i].flags |= INS_DEAD;
	f->ins[mov].i.src_reg = 10;
	x->i.code = BPF_ALU64 | BPF_ADD | BPF_K;
	x->i.imm = (int32_t)off;
	return true;
}

/* Memory on the stack is best reached from r10. */
static bool through_r10(struct ins *x, const struct state *s)
{
	bool load = OP_CLASS(x->i.code) == BPF_LDX;
	unsigned base = load ? x->i.src_reg : x->i.dst_reg;
	struct value v = flow_reg(s, base);
	int64_t off = (int64_t)v.v + x->i.off;

	if (base == 10 || v.kind != V_STACK || off >= 0 || off < -STACK_MAX)
		return false;
	if (load)
		x->i.src_reg = 10;
	else
		x->i.dst_reg = 10;
	x->i.off = (int16_t)off;
	return true;
}

/* ---- jumps, and all together ------------------------------------------ */

static void fold_jump(struct ins *x, const struct state *s)
{
	if (ins_is_ja(x))
		return;
	switch (s->branch) {
	case BRANCH_TAKEN:
		memset(&x->i, 0, sizeof(x->i));
		x->i.code = BPF_JMP | BPF_JA;
		break;
	case BRANCH_FALL:
		x->flags |= INS_DEAD;
		break;
	default:
		use_operand(x, s, OP_CLASS(x->i.code) == BPF_JMP);
	}
}

struct fold {
	struct func *f;
	bool changed;
};

static void fold_ins(void *ctx, const struct flow *w, struct ins *x,
		     const struct state *s)
{
	struct fold *c = ctx;
	struct ins was = *x;
	struct value v;

	if (x->flags & INS_POISON)
		return;
	switch (OP_CLASS(x->i.code)) {
	case BPF_ALU:
	case BPF_ALU64:
		v = flow_result(w, s, x);
		fold_alu(w, x, s);
		if (v.kind == V_STACK && is_add64(x) &&
		    !(x->flags & INS_DEAD))
			c->changed |= from_r10(c->f, w, x, (int64_t)v.v);
		break;
	case BPF_LDX:
		v = flow_result(w, s, x);
		if (v.kind == V_CONST && is_s32(v.v))
			ins_load_const(x, v.v);
		else
			c->changed |= through_r10(x, s);
		break;
	case BPF_ST:
	case BPF_STX:
		c->changed |= through_r10(x, s);
		break;
	case BPF_LD:
		v = flow_result(w, s, x);
		if (v.kind == V_CONST && v.v <= INT32_MAX)
			ins_load_const(x, v.v);
		break;
	case BPF_JMP:
	case OP_JMP32:
		if (ins_is_jump(x))
			fold_jump(x, s);
		break;
	default:
		break;
	}
	if (was.i.code != x->i.code || was.flags != x->flags)
		c->changed = true;
}

/* ---- what nobody needs ------------------------------------------------ */

uint16_t fold_live_out(const struct func *f, const uint16_t *live, uint32_t i)
{
	const struct ins *x = &f->ins[i];
	uint16_t out = 0;

	if (!ins_is_exit(x) && !ins_is_ja(x))
		out = live[i + 1];
	if (ins_is_jump(x))
		out |= live[x->target];
	return out;
}

/* What an instruction does to registers. */
struct effect {
	uint16_t uses, defs;
	bool pure;
};

/* All of them; *@loops: some jump goes back. */
static struct effect *effects(struct linker *l, const struct func *f,
			      bool *loops)
{
	struct effect *e = scratch_get(l, (f->n + 1) * sizeof(*e));
	uint32_t i;

	*loops = false;
	for (i = 0; e && i < f->n; i++) {
		const struct ins *x = &f->ins[i];

		e[i].uses = ins_uses(x);
		e[i].defs = ins_defs(x);
		e[i].pure = ins_is_pure(x);
		*loops |= ins_is_jump(x) && x->target <= i;
	}
	return e;
}

/*
 * Backwards, around loops until nothing changes.  A register that is only
 * read to compute what nobody needs is not needed either.
 */
uint16_t *fold_live(struct linker *l, const struct func *f)
{
	uint16_t *live = scratch_get(l, (f->n + 1) * sizeof(*live)), in, out;
	bool loops, again;
	struct effect *e = effects(l, f, &loops);
	uint32_t i;

	if (!live || !e) {
		scratch_put(l, live);
		scratch_put(l, e);
		return NULL;
	}
	do {
		again = false;
		for (i = f->n; i-- > 0;) {
			out = fold_live_out(f, live, i);
			in = (uint16_t)(out & ~e[i].defs);
			if (!e[i].pure || (e[i].defs & out))
				in |= e[i].uses;
			again |= in != live[i];
			live[i] = in;
		}
	} while (again && loops);
	scratch_put(l, e);
	return live;
}

static int drop_unneeded(struct linker *l, struct func *f, bool *changed)
{
	uint16_t *live = fold_live(l, f);
	uint32_t i;

	if (!live)
		return link_nomem(l);
	for (i = 0; i < f->n; i++) {
		struct ins *x = &f->ins[i];

		if (ins_is_pure(x) &&
		    !(ins_defs(x) & fold_live_out(f, live, i)))
			x->flags |= INS_DEAD;
		if (ins_is_jump(x) && x->target == i + 1)
			x->flags |= INS_DEAD;
		if (x->flags & INS_DEAD)
			*changed = true;
	}
	scratch_put(l, live);
	return code_compact(l, f);
}

int fold_func(struct linker *l, struct func *f)
{
	struct fold c = { f, true };
	uint32_t i;
	int err;

	while (c.changed) {
		c.changed = false;
		err = flow_walk(l, f, fold_ins, &c);
		if (err)
			return err;
		for (i = 0; i < f->n; i++)
			if (!(f->ins[i].flags & INS_REACHED))
				f->ins[i].flags |= INS_DEAD;
		err = code_compact(l, f);
		if (err)
			return err;
		err = drop_unneeded(l, f, &c.changed);
		if (err)
			return err;
	}
	return 0;
}

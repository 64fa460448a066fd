/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * link_inline - code in the place of calls.
 *
 * A function that is put in the place of its call keeps its registers: those
 * of r6..r9 that it writes and its caller still needs are saved on the stack
 * before it and fetched behind it.  Its stack moves below all that.
 */
#include "link_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 8	/* nested functions: MAX_CALL_FRAMES */

const struct spec_prog *inline_callee(const struct linker *l,
				      const struct ins *x)
{
	return spec_find_prog(l->in->spec, x->rel->name);
}

static const struct function *supplied(const struct linker *l,
				       const struct ins *x)
{
	uint32_t i;

	for (i = 0; i < l->in->nfunctions; i++)
		if (!strcmp(l->in->functions[i].name, x->rel->name))
			return &l->in->functions[i];
	return NULL;
}

/* ---- how much stack ---------------------------------------------------- */

static void lower(int64_t *low, int64_t off)
{
	if (off < -2 * STACK_MAX)	/* too much anyway */
		off = -2 * STACK_MAX;
	if (off < *low)
		*low = off;
}

static void measure(void *ctx, const struct flow *w, struct ins *x,
		    const struct state *s)
{
	int64_t *low = ctx;
	struct value v;
	unsigned r;

	(void)w;
	for (r = 0; r < 10; r++)
		if (s->kind[r] == V_STACK)
			lower(low, (int64_t)s->v[r]);
	if (!ins_is_mem(x))
		return;
	v = flow_reg(s, OP_CLASS(x->i.code) == BPF_LDX ? x->i.src_reg :
		     x->i.dst_reg);
	if (v.kind == V_STACK)
		lower(low, (int64_t)v.v + x->i.off);
	else if (v.kind == V_ANY)
		lower(low, x->i.off);
}

/* As long as nothing with a stack of its own has been put in. */
static int measure_stack(struct linker *l, struct func *f)
{
	int64_t low = 0;
	int err = f->nframes > 1 ? 0 : flow_walk(l, f, measure, &low);

	if (!err && f->nframes == 1)
		f->frames[0].size = (uint32_t)((-low + 7) & ~7);
	return err;
}

/* ---- functions that come from outside the spec ------------------------ */

static int open_supplied(struct linker *l, struct func *g,
			 const struct spec_prog *p, const struct ins *call)
{
	int err = code_decode(l, g, p);
	const struct ins *last;
	uint32_t i;

	if (!err)
		err = patch_func(l, g);
	if (err)
		return err;
	last = &g->ins[g->n - 1];
	if (!ins_is_exit(last) && !ins_is_ja(last))
		return link_fail(l, g, last, EINVAL, "runs off its end");
	for (i = 0; !err && i < g->n; i++) {
		struct ins *x = &g->ins[i];

		if ((ins_uses(x) | ins_defs(x)) & (REGS_SAVED | 1u << 10))
			err = link_fail(l, g, x, EINVAL,
					"may use neither the stack nor "
					"r6 to r9");
		x->line = call->line;
		x->file = call->file;
		x->text = call->text;
	}
	return err;
}

/* ---- putting code in -------------------------------------------------- */

/* What is being put where. */
struct site {
	struct linker *l;
	struct func *to;		/* the new code */
	const struct func *body;
	const struct ins *call;
	uint32_t frame;			/* of the body, in to->frames */
	uint32_t base;			/* its stack starts here */
};

static int put(struct site *s, const struct ins *like, uint8_t code, int dst,
	       int src, int off, int imm)
{
	const struct ins copy = *like;	/* code_add() may move it */
	struct ins *x = code_add(s->to);

	if (!x)
		return link_full(s->l, s->to);
	*x = copy;
	x->i = (struct bpf_insn){
		.code = code,
		.dst_reg = (uint8_t)dst & 15,
		.src_reg = (uint8_t)src & 15,
		.off = (int16_t)off,
		.imm = imm,
	};
	x->rel = NULL;
	x->flags = 0;
	return 0;
}

/* r6..r9 of @regs to or from the stack, just above the body's. */
static int spill(struct site *s, uint16_t regs, bool fetch)
{
	int off = -(int)s->base, r, err = 0;

	for (r = 6; !err && r < 10; r++) {
		if (!(regs >> r & 1))
			continue;
		if (fetch)
			err = put(s, s->call, BPF_LDX | BPF_MEM | BPF_DW, r,
				  10, off, 0);
		else
			err = put(s, s->call, BPF_STX | BPF_MEM | BPF_DW, 10,
				  r, off, 0);
		off += 8;
	}
	return err;
}

/* The body has its stack elsewhere now. */
static int move_stack(struct site *s, uint32_t i)
{
	struct ins *x = &s->to->ins[i];
	int class = OP_CLASS(x->i.code);
	uint16_t r10 = 1u << 10;

	if (!((ins_uses(x) | ins_defs(x)) & r10) || !s->base)
		return 0;
	if (class == BPF_LDX ||
	    (ins_is_mem(x) && (class == BPF_ST || x->i.src_reg != 10))) {
		if (x->i.off >= 0 || x->i.off < -STACK_MAX)
			return link_fail(s->l, s->body, x, EINVAL,
					 "not within the stack");
		x->i.off = (int16_t)(x->i.off - (int)s->base);
		return 0;
	}
	if (x->i.code != (BPF_ALU64 | BPF_MOV | BPF_X) || x->i.off)
		return link_fail(s->l, s->body, x, EOPNOTSUPP,
				 "uses r10 in a way that cannot be inlined");
	return put(s, x, BPF_ALU64 | BPF_ADD | BPF_K, x->i.dst_reg, 0, 0,
		   -(int)s->base);
}

static int put_body(struct site *s)
{
	uint32_t i, start = s->to->n, *map;
	struct ins *x;
	int err = 0;

	map = scratch_get(s->l, (s->body->n + 1) * sizeof(*map));
	if (!map)
		return link_nomem(s->l);
	for (i = 0; !err && i < s->body->n; i++) {
		map[i] = s->to->n;
		x = code_add(s->to);
		if (!x) {
			err = link_full(s->l, s->to);
			break;
		}
		*x = s->body->ins[i];
		x->frame = s->frame;
		err = move_stack(s, map[i]);
	}
	map[i] = s->to->n;
	for (i = start; !err && i < s->to->n; i++) {
		x = &s->to->ins[i];
		if (ins_is_jump(x)) {
			x->target = map[x->target];
		} else if (ins_is_exit(x)) {
			x->i.code = BPF_JMP | BPF_JA;
			x->target = map[s->body->n];
		}
		x->flags |= INS_PLACED;
	}
	scratch_put(s->l, map);
	return err;
}

/* ---- calls ------------------------------------------------------------ */

static uint16_t written(const struct func *g)
{
	uint16_t set = 0;
	uint32_t i;

	for (i = 0; i < g->n; i++)
		set |= ins_defs(&g->ins[i]);
	return set;
}

static int check_nesting(struct linker *l, const struct func *f,
			 const struct ins *call, const char *name)
{
	unsigned depth = 0;
	uint32_t k;

	for (k = call->frame; k != NONE; k = f->frames[k].parent, depth++)
		if (!strcmp(f->frames[k].name, name))
			return link_fail(l, f, call, EOPNOTSUPP,
					 "%s() calls itself", name);
	if (depth >= DEPTH_MAX)
		return link_fail(l, f, call, EOPNOTSUPP,
				 "calls nested more than %d deep", DEPTH_MAX);
	return 0;
}

/* Room for the body @g on the stack, below @nsaved registers. */
static int add_frame(struct site *s, const struct func *g, unsigned nsaved)
{
	struct func *f = s->to;
	const struct frame *from = &f->frames[s->call->frame];
	struct frame to = {
		.name = g->prog->name,
		.parent = s->call->frame,
		.base = from->base + from->size + 8 * nsaved,
		.size = g->frames[0].size,
	}, *frames;

	if (to.base + to.size > STACK_MAX && (nsaved || to.size))
		return link_fail(s->l, f, s->call, EOPNOTSUPP,
				 "inlining %s() takes %u bytes of stack, "
				 "%d at most", to.name, to.base + to.size,
				 STACK_MAX);
	frames = realloc(f->frames, (f->nframes + 1) * sizeof(*frames));
	if (!frames)
		return link_nomem(s->l);
	f->frames = frames;
	s->base = to.base;
	s->frame = f->nframes;
	frames[f->nframes++] = to;
	return 0;
}

static int inline_spec(struct site *s, const struct spec_prog *p,
		       uint16_t live_out)
{
	struct func g = { .ins = NULL };
	uint16_t save;
	int err;

	err = check_nesting(s->l, s->to, s->call, p->name);
	if (!err)
		err = inline_open(s->l, &g, p);
	if (!err)
		err = measure_stack(s->l, &g);
	if (!err) {
		save = written(&g) & live_out & REGS_SAVED;
		s->to->saved |= save;
		s->body = &g;
		err = add_frame(s, &g,
				(unsigned)__builtin_popcount(save));
		if (!err)
			err = spill(s, save, false);
		if (!err)
			err = put_body(s);
		if (!err)
			err = spill(s, save, true);
	}
	s->body = NULL;
	code_release(&g);
	return err;
}

static int inline_supplied(struct site *s, const struct function *fn)
{
	const struct spec_prog p = {
		.name = fn->name,
		.insns = fn->insns,
		.ninsns = fn->ninsns,
	};
	struct func g = { .ins = NULL };
	int err = open_supplied(s->l, &g, &p, s->call);

	s->body = &g;
	s->frame = s->call->frame;
	s->base = 0;
	if (!err)
		err = put_body(s);
	s->body = NULL;
	code_release(&g);
	return err;
}

/* Is @x a call to be replaced? */
static int wanted(const struct linker *l, const struct func *f,
		  const struct ins *x)
{
	if (!(x->flags & INS_CALL))
		return 0;
	if (supplied(l, x))
		return 1;
	if (!inline_callee(l, x))
		return link_fail(l, f, x, ENOENT, "function %s is not given",
				 x->rel->name);
	return l->in->target->no_bpf_calls;
}

/* Without @live, only what is supplied: whether other calls can be reached
 * is not known yet. */
static int copy_or_inline(struct linker *l, struct func *f, struct func *to,
			  const uint16_t *live, uint32_t i)
{
	struct site s = { .l = l, .to = to, .call = &f->ins[i] };
	const struct function *fn = s.call->flags & INS_CALL ?
				    supplied(l, s.call) : NULL;
	struct ins *x;
	int want = live && !fn ? wanted(l, to, s.call) : 0;

	if (want < 0)
		return want;
	if (fn)
		return inline_supplied(&s, fn);
	if (want)
		return inline_spec(&s, inline_callee(l, s.call),
				   fold_live_out(f, live, i));
	x = code_add(to);
	if (!x)
		return link_full(l, to);
	*x = f->ins[i];
	return 0;
}

static int rebuild(struct linker *l, struct func *f, struct func *to,
		   const uint16_t *live, uint32_t *map)
{
	uint32_t i;
	int err;

	for (i = 0; i < f->n; i++) {
		map[i] = to->n;
		err = copy_or_inline(l, f, to, live, i);
		if (err)
			return err;
	}
	for (i = 0; i < to->n; i++) {
		if (ins_is_jump(&to->ins[i]) &&
		    !(to->ins[i].flags & INS_PLACED))
			to->ins[i].target = map[to->ins[i].target];
		to->ins[i].flags &= (uint16_t)~INS_PLACED;
	}
	return 0;
}

/* Code that is supplied needs neither stack nor registers: it is put in
 * before all else, so that folding once does for it as well. */
static int put_supplied(struct linker *l, struct func *f)
{
	struct func to = *f;
	uint32_t i = 0, *map;
	int err;

	while (i < f->n && (!(f->ins[i].flags & INS_CALL) ||
			    !supplied(l, &f->ins[i])))
		i++;
	if (i == f->n)
		return 0;
	to.ins = NULL;
	to.n = to.cap = 0;
	map = scratch_get(l, f->n * sizeof(*map));
	err = map ? rebuild(l, f, &to, NULL, map) : link_nomem(l);
	scratch_put(l, map);
	free(f->ins);
	*f = to;
	return err;
}

int inline_open(struct linker *l, struct func *f, const struct spec_prog *p)
{
	int err = code_decode(l, f, p);

	if (!err)
		err = patch_func(l, f);
	if (!err)
		err = put_supplied(l, f);
	return err ? err : fold_func(l, f);
}

int inline_calls(struct linker *l, struct func *f, bool *did)
{
	struct func to;
	uint16_t *live;
	uint32_t i, *map;
	int err = 0;

	*did = false;
	for (i = 0; i < f->n && !*did; i++) {
		err = wanted(l, f, &f->ins[i]);
		if (err < 0)
			return err;
		*did = err;
	}
	if (!*did)
		return 0;
	err = measure_stack(l, f);
	if (err)
		return err;
	to = *f;
	to.ins = NULL;
	to.n = to.cap = 0;
	live = fold_live(l, f);
	map = scratch_get(l, f->n * sizeof(*map));
	err = live && map ? rebuild(l, f, &to, live, map) : link_nomem(l);
	scratch_put(l, live);
	scratch_put(l, map);
	free(f->ins);
	*f = to;
	return err;
}

/*
 * A register can be needed behind a call without having a value before it,
 * on a path that the program never takes.  Saving it would be refused.
 */
int inline_finish(struct linker *l, struct func *f)
{
	uint16_t *live, regs;
	struct func to = *f;
	struct site s = { .l = l, .to = &to };
	uint32_t i, shift;
	int r, err = 0;

	if (!f->saved)
		return 0;
	live = fold_live(l, f);
	if (!live)
		return link_nomem(l);
	regs = live[0] & f->saved;
	scratch_put(l, live);
	if (!regs)
		return 0;
	to.ins = NULL;
	to.n = to.cap = 0;
	for (r = 6; !err && r < 10; r++)
		if (regs >> r & 1)
			err = put(&s, &f->ins[0], BPF_ALU64 | BPF_MOV | BPF_K,
				  r, 0, 0, 0);
	shift = to.n;
	for (i = 0; !err && i < f->n; i++) {
		struct ins *x = code_add(&to);

		if (!x) {
			err = link_full(l, &to);
			break;
		}
		*x = f->ins[i];
		x->target += ins_is_jump(x) ? shift : 0;
	}
	free(f->ins);
	*f = to;
	return err;
}

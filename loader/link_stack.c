/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * link_stack - arguments that a probed function gets on the stack.
 *
 * They are fetched as the program starts, one helper call each, to its own
 * stack, where what was a load from the context finds them.
 */
#include "link_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What the helpers are called. */
enum { PROBE_READ = 4, PROBE_READ_USER = 112, PROBE_READ_KERNEL = 113 };

#define STACK_AREA	16384	/* no kernel stack of 32 bits is larger */

struct fetching {
	struct linker *l;
	struct func to;			/* the new code */
	const struct ins *like;		/* for its lines */
	int ctx;			/* where the context pointer is kept */
	int err;
};

bool stack_has(const struct linker *l, int n)
{
	int kind = l->in->hook->kind;

	return (kind == HOOK_KPROBE || kind == HOOK_UPROBE) &&
	       regs_stack(l->in->target->machine, n) >= 0;
}

int stack_load(struct linker *l, struct func *f, struct ins *x, int n,
	       const char *name)
{
	if (OP_CLASS(x->i.code) != BPF_LDX)
		return link_fail(l, f, x, EOPNOTSUPP,
				 "%s is passed on the stack on %s, and its "
				 "address is taken", name,
				 l->in->target->machine);
	patch_width(x, l->in->target->word_size);
	x->i.off = 0;
	x->rel = NULL;
	x->flags |= INS_STACKED;
	x->target = (uint32_t)n;
	return 0;
}

/* ---- how much stack ---------------------------------------------------- */

static void deepest(void *ctx, const struct flow *w, struct ins *x,
		    const struct state *s)
{
	int64_t *low = ctx, off;
	unsigned r;

	(void)w;
	for (r = 0; r < 10; r++)
		if (s->kind[r] == V_STACK && (int64_t)s->v[r] < *low)
			*low = (int64_t)s->v[r];
	if (!ins_is_mem(x))
		return;
	r = OP_CLASS(x->i.code) == BPF_LDX ? x->i.src_reg : x->i.dst_reg;
	off = r == 10 ? x->i.off :
	      s->kind[r] == V_STACK ? (int64_t)s->v[r] + x->i.off : 0;
	if (off < *low)
		*low = off;
}

/* ---- the code ---------------------------------------------------------- */

static void put(struct fetching *w, uint8_t code, int dst, int src, int off,
		int imm)
{
	struct ins *x = w->err ? NULL : code_add(&w->to);

	if (!x) {
		if (!w->err)
			w->err = link_full(w->l, &w->to);
		return;
	}
	*x = *w->like;
	x->rel = NULL;
	x->flags = 0;
	x->i = (struct bpf_insn){
		.code = code,
		.dst_reg = (uint8_t)dst & 15,
		.src_reg = (uint8_t)src & 15,
		.off = (int16_t)off,
		.imm = imm,
	};
}

static void put_helper(struct fetching *w, int id)
{
	if (w->l->in->target->no_probe_read_kernel)
		id = PROBE_READ;
	put(w, BPF_JMP | BPF_CALL, 0, 0, 0, id);
}

/* r3 = the stack pointer as the function was entered. */
static void put_pointer(struct fetching *w, const struct field *sp)
{
	put(w, BPF_LDX | BPF_MEM | BPF_DW, 3, 10, w->ctx, 0);
	put(w, BPF_LDX | BPF_MEM | (sp->size == 8 ? BPF_DW : BPF_W), 3, 3,
	    (int)sp->off, 0);
}

/*
 * i386 before 5.3: nothing was pushed where regs->sp is, its address is the
 * stack pointer.  What it holds is a return address then, far from where the
 * registers are (which are a number only once they have been read as one).
 */
static void put_pointer_i386(struct fetching *w, const struct field *sp,
			     int scratch)
{
	struct ins *jump;

	put(w, BPF_ALU64 | BPF_MOV | BPF_X, 1, 10, 0, 0);
	put(w, BPF_ALU64 | BPF_ADD | BPF_K, 1, 0, 0, scratch);
	put(w, BPF_ALU64 | BPF_MOV | BPF_K, 2, 0, 0, 4);
	put(w, BPF_ALU64 | BPF_MOV | BPF_X, 3, 10, 0, 0);
	put(w, BPF_ALU64 | BPF_ADD | BPF_K, 3, 0, 0, w->ctx);
	put_helper(w, PROBE_READ_KERNEL);
	put(w, BPF_LDX | BPF_MEM | BPF_W, 2, 10, scratch, 0);
	put(w, BPF_ALU64 | BPF_ADD | BPF_K, 2, 0, 0, (int)sp->off);
	put_pointer(w, sp);
	put(w, BPF_ALU64 | BPF_MOV | BPF_X, 1, 3, 0, 0);
	put(w, BPF_ALU64 | BPF_SUB | BPF_X, 1, 2, 0, 0);
	put(w, BPF_ALU64 | BPF_ADD | BPF_K, 1, 0, 0, STACK_AREA);
	put(w, BPF_ALU64 | BPF_MOV | BPF_K, 4, 0, 0, 2 * STACK_AREA);
	put(w, BPF_JMP | BPF_JGT | BPF_X, 4, 1, 0, 0);
	put(w, BPF_ALU64 | BPF_MOV | BPF_X, 3, 2, 0, 0);
	if (w->err)
		return;
	jump = &w->to.ins[w->to.n - 2];
	jump->target = w->to.n;
}

/* Argument @n to @slot of our stack. */
static void put_fetch(struct fetching *w, int n, int slot)
{
	const struct link_target *t = w->l->in->target;
	bool user = w->l->in->hook->kind == HOOK_UPROBE;
	struct field sp;

	w->err = regs_field(t->machine, REG_SP, &sp);
	if (t->machine[0] == 'i' && !user)
		put_pointer_i386(w, &sp, slot);
	else
		put_pointer(w, &sp);
	put(w, BPF_ALU64 | BPF_ADD | BPF_K, 3, 0, 0,
	    regs_stack(t->machine, n));
	put(w, BPF_ALU64 | BPF_MOV | BPF_X, 1, 10, 0, 0);
	put(w, BPF_ALU64 | BPF_ADD | BPF_K, 1, 0, 0, slot);
	put(w, BPF_ALU64 | BPF_MOV | BPF_K, 2, 0, 0, sp.size);
	put_helper(w, user ? PROBE_READ_USER : PROBE_READ_KERNEL);
}

/* Loads of argument @n from @slot; those before number @from have theirs. */
static void divert(struct func *f, uint32_t from, int slot)
{
	uint32_t i, n = f->ins[from].target;

	for (i = from; i < f->n; i++) {
		struct ins *x = &f->ins[i];

		if (!(x->flags & INS_STACKED) || x->target != n)
			continue;
		x->flags &= (uint16_t)~INS_STACKED;
		x->i.src_reg = 10;
		x->i.off = (int16_t)slot;
	}
}

static int put_rest(struct fetching *w, const struct func *f)
{
	uint32_t i, shift = w->to.n;
	struct ins *x;

	for (i = 0; !w->err && i < f->n; i++) {
		x = code_add(&w->to);
		if (!x)
			return link_full(w->l, &w->to);
		*x = f->ins[i];
		x->target += ins_is_jump(x) ? shift : 0;
	}
	return w->err;
}

int stack_fetch(struct linker *l, struct func *f)
{
	struct fetching w = { .l = l, .to = *f, .like = f->ins };
	int64_t low = 0;
	uint32_t i = 0;
	int slot;

	while (i < f->n && !(f->ins[i].flags & INS_STACKED))
		i++;
	if (i == f->n)
		return 0;
	if (f != l->funcs)
		return link_fail(l, f, &f->ins[i], EOPNOTSUPP,
				 "argument %u is passed on the stack on %s, "
				 "which only the program itself can read",
				 f->ins[i].target + 1, l->in->target->machine);
	w.err = flow_walk(l, f, deepest, &low);
	if (w.err)
		return w.err;
	w.to.ins = NULL;
	w.to.n = w.to.cap = 0;
	w.ctx = slot = (int)(low & ~7) - 8;
	put(&w, BPF_STX | BPF_MEM | BPF_DW, 10, 1, w.ctx, 0);
	for (; !w.err && i < f->n; i++) {
		uint32_t n = f->ins[i].target;

		if (!(f->ins[i].flags & INS_STACKED))
			continue;
		slot -= 8;
		divert(f, i, slot);
		put_fetch(&w, (int)n, slot);
	}
	put(&w, BPF_LDX | BPF_MEM | BPF_DW, 1, 10, w.ctx, 0);
	if (!w.err && slot < -STACK_MAX)
		w.err = link_fail(l, f, NULL, EOPNOTSUPP,
				  "no room on the stack for arguments");
	if (!w.err)
		w.err = put_rest(&w, f);
	if (w.err) {
		free(w.to.ins);
		return w.err;
	}
	free(f->ins);
	*f = w.to;
	return 0;
}

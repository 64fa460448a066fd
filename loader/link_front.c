/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * link_front - code put around a program that is finished otherwise.
 */
#include "link_int.h"

#include <stdlib.h>

/* The lowest byte of the stack that @x names or touches. */
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

int front_open(struct front *w, struct linker *l, struct func *f)
{
	int64_t low = 0;
	int err = flow_walk(l, f, deepest, &low);

	*w = (struct front){ .l = l, .to = *f, .like = f->ins, .err = err };
	w->to.ins = NULL;
	w->to.n = w->to.cap = 0;
	w->slot = (int)(low & ~7) - 8;
	return err;
}

struct ins *front_put(struct front *w, uint8_t code, int dst, int src, int off,
		      int imm)
{
	struct ins *x = w->err ? NULL : code_add(&w->to);

	if (!x) {
		if (!w->err)
			w->err = link_full(w->l, &w->to);
		return NULL;
	}
	*x = *w->like;
	x->rel = NULL;
	x->flags = 0;
	x->imm = 0;
	x->i = (struct bpf_insn){
		.code = code,
		.dst_reg = (uint8_t)dst & 15,
		.src_reg = (uint8_t)src & 15,
		.off = (int16_t)off,
		.imm = imm,
	};
	return x;
}

void front_end_if(struct front *w, uint8_t op, int reg, int value)
{
	struct ins *jump;

	/* the jump leads past the end: the opposite of @op */
	jump = front_put(w, BPF_JMP | BPF_K | (op == BPF_JEQ ? BPF_JNE :
					       BPF_JEQ), reg, 0, 0, value);
	if (jump)
		jump->target = w->to.n + 2;
	front_put(w, BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0);
	front_put(w, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

void front_body(struct front *w, const struct func *f)
{
	uint32_t i, shift = w->to.n;
	struct ins *x;

	w->body = shift;
	for (i = 0; !w->err && i < f->n; i++) {
		x = code_add(&w->to);
		if (!x) {
			w->err = link_full(w->l, &w->to);
			return;
		}
		*x = f->ins[i];
		x->target += ins_is_jump(x) ? shift : 0;
	}
}

void front_exits(struct front *w)
{
	uint32_t i;

	for (i = w->body; !w->err && i < w->to.n; i++) {
		struct ins *x = &w->to.ins[i];

		if (!ins_is_exit(x))
			continue;
		x->i = (struct bpf_insn){ .code = BPF_JMP | BPF_JA };
		x->target = w->to.n;
	}
}

int front_close(struct front *w, struct func *f)
{
	if (w->err) {
		free(w->to.ins);
		return w->err;
	}
	free(f->ins);
	*f = w->to;
	return 0;
}

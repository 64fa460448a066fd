/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * link_twin - a program that is there twice, so that no run of it is skipped.
 *
 * From Linux 6.1 on a raw tracepoint's program that is running is not run
 * again on the same processor (prog->active), so what a soft-irq does on top
 * of a system call that is just being looked at would go unseen.  The same
 * program is attached a second time: the first says per processor when it is
 * running, and the second does nothing unless it is.
 *
 * Where nobody skips runs, the first one comes upon itself, and tells the
 * second to keep out of it.
 */
#include "link_int.h"

#include <errno.h>
#include <stddef.h>

enum { MAP_LOOKUP = 1 };

static const struct reloc the_map = { .kind = RELOC_MAP, .name = TWIN_MAP };

/* r0 = this processor's struct twin; without one the program ends. */
static void put_state(struct front *w)
{
	struct ins *x;

	front_put(w, BPF_ALU64 | BPF_MOV | BPF_X, 6, 1, 0, 0);
	front_put(w, BPF_ST | BPF_MEM | BPF_W, 10, 0, w->slot,
		  (int)w->l->in->target->twin_index);
	front_put(w, BPF_ALU64 | BPF_MOV | BPF_X, 2, 10, 0, 0);
	front_put(w, BPF_ALU64 | BPF_ADD | BPF_K, 2, 0, 0, w->slot);
	x = front_put(w, BPF_LD | BPF_IMM | BPF_DW, 1, 0, 0, 0);
	if (x) {
		x->flags = INS_LD64;
		x->rel = &the_map;
	}
	front_put(w, BPF_JMP | BPF_CALL, 0, 0, 0, MAP_LOOKUP);
	front_end_if(w, BPF_JEQ, 0, 0);
}

/* The @member of the struct twin in r0 goes to r1. */
static void put_load(struct front *w, size_t member)
{
	front_put(w, BPF_LDX | BPF_MEM | BPF_DW, 1, 0, (int)member, 0);
}

static void put_store(struct front *w, size_t member)
{
	front_put(w, BPF_STX | BPF_MEM | BPF_DW, 0, 1, (int)member, 0);
}

/* member += n */
static void put_add(struct front *w, size_t member, int n)
{
	put_load(w, member);
	front_put(w, BPF_ALU64 | BPF_ADD | BPF_K, 1, 0, 0, n);
	put_store(w, member);
}

static void lead(struct front *w, const struct func *f)
{
	put_load(w, offsetof(struct twin, running));
	front_put(w, BPF_ALU64 | BPF_MOV | BPF_X, 2, 1, 0, 0);
	put_load(w, offsetof(struct twin, twice));
	front_put(w, BPF_ALU64 | BPF_OR | BPF_X, 1, 2, 0, 0);
	put_store(w, offsetof(struct twin, twice));
	put_add(w, offsetof(struct twin, running), 1);
	front_put(w, BPF_STX | BPF_MEM | BPF_DW, 10, 0, w->slot, 0);
	front_put(w, BPF_ALU64 | BPF_MOV | BPF_X, 1, 6, 0, 0);
	front_body(w, f);
	front_exits(w);
	front_put(w, BPF_LDX | BPF_MEM | BPF_DW, 0, 10, w->slot, 0);
	put_add(w, offsetof(struct twin, running), -1);
	front_put(w, BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0);
	front_put(w, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

static void follow(struct front *w, const struct func *f)
{
	put_load(w, offsetof(struct twin, running));
	front_end_if(w, BPF_JEQ, 1, 0);
	put_load(w, offsetof(struct twin, twice));
	front_end_if(w, BPF_JNE, 1, 0);
	put_add(w, offsetof(struct twin, instead), 1);
	front_put(w, BPF_ALU64 | BPF_MOV | BPF_X, 1, 6, 0, 0);
	front_body(w, f);
}

int twin_func(struct linker *l, struct func *f)
{
	int which = l->in->target->twin;
	struct front w;

	if (which == TWIN_NONE || f != l->funcs)
		return 0;
	front_open(&w, l, f);
	if (!w.err && w.slot < -STACK_MAX)
		w.err = link_fail(l, f, NULL, EOPNOTSUPP,
				  "no room on the stack for a twin");
	put_state(&w);
	if (which == TWIN_FIRST)
		lead(&w, f);
	else
		follow(&w, f);
	return front_close(&w, f);
}

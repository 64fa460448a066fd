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

const char *link_machine(const struct linker *l)
{
	const char *machine = l->in->target->machine;
	int kind = l->in->hook->kind;

	return kind == HOOK_UPROBE || kind == HOOK_URETPROBE ?
	       regs_user(machine) : machine;
}

bool stack_has(const struct linker *l, int n)
{
	int kind = l->in->hook->kind;

	return (kind == HOOK_KPROBE || kind == HOOK_UPROBE) &&
	       regs_stack(link_machine(l), n) >= 0;
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

/* ---- the code ---------------------------------------------------------- */

static void put_helper(struct front *w, int id)
{
	if (w->l->in->target->no_probe_read_kernel)
		id = PROBE_READ;
	front_put(w, BPF_JMP | BPF_CALL, 0, 0, 0, id);
}

/* r3 = the stack pointer as the function was entered. */
static void put_pointer(struct front *w, const struct field *sp)
{
	front_put(w, BPF_LDX | BPF_MEM | BPF_DW, 3, 10, w->slot, 0);
	front_put(w, BPF_LDX | BPF_MEM | (sp->size == 8 ? BPF_DW : BPF_W), 3, 3,
	    (int)sp->off, 0);
}

/*
 * i386 before 5.3: nothing was pushed where regs->sp is, its address is the
 * stack pointer.  What it holds is a return address then, far from where the
 * registers are (which are a number only once they have been read as one).
 */
static void put_pointer_i386(struct front *w, const struct field *sp,
			     int scratch)
{
	struct ins *jump;

	front_put(w, BPF_ALU64 | BPF_MOV | BPF_X, 1, 10, 0, 0);
	front_put(w, BPF_ALU64 | BPF_ADD | BPF_K, 1, 0, 0, scratch);
	front_put(w, BPF_ALU64 | BPF_MOV | BPF_K, 2, 0, 0, 4);
	front_put(w, BPF_ALU64 | BPF_MOV | BPF_X, 3, 10, 0, 0);
	front_put(w, BPF_ALU64 | BPF_ADD | BPF_K, 3, 0, 0, w->slot);
	put_helper(w, PROBE_READ_KERNEL);
	front_put(w, BPF_LDX | BPF_MEM | BPF_W, 2, 10, scratch, 0);
	front_put(w, BPF_ALU64 | BPF_ADD | BPF_K, 2, 0, 0, (int)sp->off);
	put_pointer(w, sp);
	front_put(w, BPF_ALU64 | BPF_MOV | BPF_X, 1, 3, 0, 0);
	front_put(w, BPF_ALU64 | BPF_SUB | BPF_X, 1, 2, 0, 0);
	front_put(w, BPF_ALU64 | BPF_ADD | BPF_K, 1, 0, 0, STACK_AREA);
	front_put(w, BPF_ALU64 | BPF_MOV | BPF_K, 4, 0, 0, 2 * STACK_AREA);
	front_put(w, BPF_JMP | BPF_JGT | BPF_X, 4, 1, 0, 0);
	front_put(w, BPF_ALU64 | BPF_MOV | BPF_X, 3, 2, 0, 0);
	if (w->err)
		return;
	jump = &w->to.ins[w->to.n - 2];
	jump->target = w->to.n;
}

/* Argument @n to @slot of our stack. */
static void put_fetch(struct front *w, int n, int slot)
{
	const char *machine = link_machine(w->l);
	bool user = w->l->in->hook->kind == HOOK_UPROBE;
	struct field sp;

	w->err = regs_field(machine, REG_SP, &sp);
	if (machine[0] == 'i')
		put_pointer_i386(w, &sp, slot);
	else
		put_pointer(w, &sp);
	front_put(w, BPF_ALU64 | BPF_ADD | BPF_K, 3, 0, 0,
	    regs_stack(machine, n));
	front_put(w, BPF_ALU64 | BPF_MOV | BPF_X, 1, 10, 0, 0);
	front_put(w, BPF_ALU64 | BPF_ADD | BPF_K, 1, 0, 0, slot);
	front_put(w, BPF_ALU64 | BPF_MOV | BPF_K, 2, 0, 0, sp.size);
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

int stack_fetch(struct linker *l, struct func *f)
{
	struct front w;
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
	front_open(&w, l, f);
	slot = w.slot;
	front_put(&w, BPF_STX | BPF_MEM | BPF_DW, 10, 1, w.slot, 0);
	for (; !w.err && i < f->n; i++) {
		uint32_t n = f->ins[i].target;

		if (!(f->ins[i].flags & INS_STACKED))
			continue;
		slot -= 8;
		divert(f, i, slot);
		put_fetch(&w, (int)n, slot);
	}
	front_put(&w, BPF_LDX | BPF_MEM | BPF_DW, 1, 10, w.slot, 0);
	if (!w.err && slot < -STACK_MAX)
		w.err = link_fail(l, f, NULL, EOPNOTSUPP,
				  "no room on the stack for arguments");
	front_body(&w, f);
	return front_close(&w, f);
}

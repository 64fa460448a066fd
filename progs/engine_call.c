/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * engine_call - arguments where a function returns.
 *
 * A return probe has none any more.  So they are kept as the function is
 * entered, by thread (or idle processor) and hook, and taken back as it
 * returns.  A return without an entry is of a call that was under way before,
 * and no hit.  Of a function that comes to be called by itself the innermost
 * call is seen.
 */
#include <errno.h>
#include <string.h>

#include "engine_int.h"

static bool is_return(uint8_t kind)
{
	return kind == HOOK_KRETPROBE || kind == HOOK_URETPROBE;
}

/* Which arguments hooks like this one look at. */
static unsigned wanted(const struct ask *a, uint32_t hook)
{
	const struct ask_value *v[ENGINE_VALUES];
	unsigned i, n = engine_values(a, ask_role_of(a, hook), v), args = 0;

	for (i = 0; i < n; i++)
		if (v[i]->from == FROM_ARG && engine_arg(v[i]->arg))
			args |= 1u << v[i]->arg;
	return args;
}

bool engine_enters(const struct ask *a, uint32_t hook)
{
	return is_return(a->hooks[hook].kind) && wanted(a, hook);
}

/* How many of @args there are below @arg: its place among those kept. */
static int place(unsigned args, unsigned arg)
{
	return __builtin_popcount(args & ((1u << arg) - 1));
}

int engine_check_calls(const struct ask *a, const char **why)
{
	uint32_t i;

	for (i = 0; i < a->nhooks; i++) {
		if (!engine_enters(a, i) ||
		    __builtin_popcount(wanted(a, i)) <= CALL_ARGS)
			continue;
		*why = "only four arguments can be had where a function "
			"returns";
		return -E2BIG;
	}
	return 0;
}

bool engine_entry(const struct ask *a, uint32_t i, struct hook *h,
		  char args[ENGINE_ENTRY_ARGS], char *prog, size_t len)
{
	unsigned want = wanted(a, i), n;

	if (!engine_enters(a, i))
		return false;
	args[0] = '\0';
	for (n = 0; want >> n; n++) {
		strcat(args, n ? " " : "");
		strcat(args, want >> n & 1 ? engine_arg(n) : "-");
	}
	*h = a->hooks[i];
	h->kind = h->kind == HOOK_KRETPROBE ? HOOK_KPROBE : HOOK_UPROBE;
	h->args = args;
	snprintf(prog, len, "enter_%u", i);
	return true;
}

/* The key in `calls`, on the stack. */
static void key(struct engine *e)
{
	struct as *a = &e->as;
	int thread = as_label(a);

	as_call(a, PID_TGID);
	as_jmpi(a, BPF_JNE, R0, 0, thread);
	as_call(a, CPU);	/* in a soft-irq of an idle one: no thread */
	as_place(a, thread);
	as_stx(a, BPF_DW, R10, CALL, R0);
	as_st(a, BPF_DW, R10, CALL + 8, e->hook);
}

void engine_enter(struct engine *e)
{
	unsigned args = wanted(e->ask, e->hook), n;
	struct as *a = &e->as;

	/* a socket may be what is returned */
	if (e->ask->filter == ASK_OF_TASK &&
	    ask_role_of(e->ask, e->hook) == ASK_ENDS)
		engine_filter(e);
	engine_zero(e, KEPT, CALL_ARGS * 8);
	for (n = 0; args >> n; n++) {
		if (!(args >> n & 1))
			continue;
		as_arg(a, R7, R6, engine_arg(n));
		as_stx(a, BPF_DW, R10, KEPT + 8 * place(args, n), R7);
	}
	key(e);
	as_ldmap(a, R1, "calls");
	engine_stack(e, R2, CALL);
	engine_stack(e, R3, KEPT);
	as_movi(a, R4, BPF_ANY);
	as_call(a, MAP_UPDATE);
	engine_count(e, STAT_STATE_FULL);
}

void engine_leave(struct engine *e)
{
	struct as *a = &e->as;
	int i;

	key(e);
	as_ldmap(a, R1, "calls");
	engine_stack(e, R2, CALL);
	as_call(a, MAP_LOOKUP);
	as_jmpi(a, BPF_JEQ, R0, 0, e->out);
	for (i = 0; i < CALL_ARGS; i++) {
		as_ldx(a, BPF_DW, R7, R0, 8 * i);
		as_stx(a, BPF_DW, R10, KEPT + 8 * i, R7);
	}
	as_ldmap(a, R1, "calls");
	engine_stack(e, R2, CALL);
	as_call(a, MAP_DELETE);
}

void engine_kept(struct engine *e, const struct ask_value *v)
{
	unsigned args = wanted(e->ask, e->hook);
	struct as *a = &e->as;

	as_ldx(a, BPF_DW, R7, R10, KEPT + 8 * place(args, v->arg));
	if (v->shape != SHAPE_S64 || v->nsteps || v->then)
		return;
	/* a long, which has 32 bits on some machines */
	as_ldconst(a, R1, "kernel_word");
	as_alui(a, BPF_LSH, R1, 3);
	as_movi(a, R2, 64);
	as_alu(a, BPF_SUB, R2, R1);
	as_alu(a, BPF_LSH, R7, R2);
	as_alu(a, BPF_ARSH, R7, R2);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * engine_value - values, as instructions.
 *
 * What is read from the kernel is read as BPF_CORE_READ_BITFIELD_PROBED does:
 * its bytes to a zeroed slot of eight, shifted up and down again, by how much
 * is the linker's word.  So width, sign, and being a bitfield are the
 * kernel's, and pointers of 32-bit kernels are right as well.
 */
#include <string.h>

#include "engine_int.h"

#define PROBE "struct probe"

void engine_stack(struct engine *e, int reg, int at)
{
	as_mov(&e->as, reg, R10);
	as_alui(&e->as, BPF_ADD, reg, at);
}

void engine_zero(struct engine *e, int at, uint32_t len)
{
	uint32_t i;

	for (i = 0; i < len; i += 8)
		as_st(&e->as, BPF_DW, R10, at + (int)i, 0);
}

/* The low 32 bits of r7. */
void engine_low32(struct engine *e)
{
	as_alu32(&e->as, BPF_MOV, R7, R7);
}

/* ---- fields ------------------------------------------------------------ */

static void core(struct engine *e, int kind, int dst, const struct ask_step *s)
{
	as_core_(AS_(&e->as), kind, dst, s->type, s->path);
}

/* r3 = the address of the member of what r7 points to. */
void engine_member(struct engine *e, const struct ask_step *s)
{
	core(e, CORE_FIELD_BYTE_OFFSET, R3, s);
	as_alu(&e->as, BPF_ADD, R3, R7);
}

/* r7, loaded as a number of the member's size, to what it means. */
static void widen(struct engine *e, const struct ask_step *s)
{
	struct as *a = &e->as;
	int plain = as_label(a), done = as_label(a);

	core(e, CORE_FIELD_LSHIFT_U64, R1, s);
	as_alu(a, BPF_LSH, R7, R1);
	core(e, CORE_FIELD_RSHIFT_U64, R2, s);
	core(e, CORE_FIELD_SIGNED, R1, s);
	as_jmpi(a, BPF_JEQ, R1, 0, plain);
	as_alu(a, BPF_ARSH, R7, R2);
	as_ja(a, done);
	as_place(a, plain);
	as_alu(a, BPF_RSH, R7, R2);
	as_place(a, done);
}

/* r7 = what stands at r3 and is as member @s is; 0 if it cannot be read. */
static void load(struct engine *e, const struct ask_step *s)
{
	struct as *a = &e->as;

	as_st(a, BPF_DW, R10, SCRATCH, 0);
	core(e, CORE_FIELD_BYTE_SIZE, R2, s);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	engine_stack(e, R1, SCRATCH);
#else
	engine_stack(e, R1, SCRATCH + 8);
	as_alu(a, BPF_SUB, R1, R2);
#endif
	as_call(a, PROBE_READ);
	as_ldx(a, BPF_DW, R7, R10, SCRATCH);
	widen(e, s);
}

/*
 * r7 = the member of what r7 points to.  NULL is not followed but leads to 0:
 * there are machines where something stands at that address (s390x).
 */
void engine_follow(struct engine *e, const struct ask_step *s)
{
	struct as *a = &e->as;
	int null = as_label(a);

	as_jmpi(a, BPF_JEQ, R7, 0, null);
	engine_member(e, s);
	load(e, s);
	as_place(a, null);
}

/* r7 = what r7 points to, a pointer as member @s is one. */
void engine_element(struct engine *e, const struct ask_step *s)
{
	as_mov(&e->as, R3, R7);
	load(e, s);
}

/* ---- where values come from -------------------------------------------- */

/*
 * What fentry and its kin hand over is no number to the verifier, and may not
 * be shifted or compared; what is read from memory is.
 */
static void number_of_typed(struct engine *e)
{
	struct as *a = &e->as;

	if (!e->typed)
		return;
	as_stx(a, BPF_DW, R10, SPILL, R7);
	as_st(a, BPF_DW, R10, SCRATCH, 0);
	engine_stack(e, R1, SCRATCH);
	as_movi(a, R2, 8);
	engine_stack(e, R3, SPILL);
	as_call(a, PROBE_READ);
	as_ldx(a, BPF_DW, R7, R10, SCRATCH);
}

static void argument(struct engine *e, const struct ask_value *v)
{
	const struct ask_step s = {
		PROBE, v->from == FROM_FIELD ? v->field :
		       v->from == FROM_RETVAL ? "ret" : engine_arg(v->arg),
	};

	if (v->from == FROM_ARG && e->kept) {
		engine_kept(e, v);
		return;
	}
	as_arg(&e->as, R7, R6, s.path);
	number_of_typed(e);
	if (v->fd) {
		engine_sock_of_fd(e);
		return;
	}
	if (v->nsteps || v->then)
		return;
	if (v->from == FROM_FIELD) {
		widen(e, &s);
	} else if (v->shape == SHAPE_S64) {
		/* a long, which has 32 bits on some machines */
		core(e, CORE_FIELD_LSHIFT_U64, R1, &s);
		as_alu(&e->as, BPF_LSH, R7, R1);
		as_alu(&e->as, BPF_ARSH, R7, R1);
	}
}

static void cgroup(struct engine *e)
{
	struct as *a = &e->as;
	int none = as_label(a);

	as_movi(a, R7, 0);
	as_ldconst(a, R1, "cgroup_id");
	as_jmpi(a, BPF_JEQ, R1, 0, none);
	as_call(a, CGROUP_ID);
	as_mov(a, R7, R0);
	as_place(a, none);
}

static void netns(struct engine *e)
{
	static const struct ask_step steps[] = {
		{ "struct task_struct", "nsproxy" },
		{ "struct nsproxy", "net_ns" },
		{ "struct net", "ns.inum" },
	};
	unsigned i;

	for (i = 0; i < 3; i++)
		engine_follow(e, &steps[i]);
}

static void call(struct engine *e, int helper)
{
	as_call(&e->as, helper);
	as_mov(&e->as, R7, R0);
}

/* r7 = what the steps begin with. */
static void origin(struct engine *e, const struct ask_value *v)
{
	struct as *a = &e->as;

	switch (v->from) {
	case FROM_NUMBER:
		as_ld64(a, R7, v->number);
		break;
	case FROM_PID:
		call(e, PID_TGID);
		as_alui(a, BPF_RSH, R7, 32);
		break;
	case FROM_TID:
		call(e, PID_TGID);
		engine_low32(e);
		break;
	case FROM_UID:
		call(e, UID_GID);
		engine_low32(e);
		break;
	case FROM_CGROUP:
		cgroup(e);
		break;
	case FROM_CPU:
		call(e, CPU);
		break;
	case FROM_NETNS:
		call(e, CURRENT_TASK);
		netns(e);
		break;
	case FROM_PROBE:
	case FROM_EVENT:
		as_movi(a, R7, e->hook);
		break;
	case FROM_LATENCY:
		as_ldx(a, BPF_DW, R7, R10, CLOCK);
		break;
	default:
		argument(e, v);
	}
}

/* r7 = @v after @n of its steps. */
static void walk(struct engine *e, const struct ask_value *v, unsigned n)
{
	unsigned i;

	origin(e, v);
	for (i = 0; i < n; i++)
		engine_follow(e, &v->steps[i]);
}

/* r7 = by how much it is ahead of the clock. */
static void ahead(struct engine *e)
{
	struct as *a = &e->as;
	int past = as_label(a);

	as_call(a, KTIME);
	as_mov(a, R1, R7);
	as_movi(a, R7, 0);
	as_jmp(a, BPF_JGE, R0, R1, past);
	as_mov(a, R7, R1);
	as_alu(a, BPF_SUB, R7, R0);
	as_place(a, past);
}

/* ---- shapes ------------------------------------------------------------ */

void engine_number(struct engine *e, const struct ask_value *v)
{
	struct as *a = &e->as;

	walk(e, v, v->nsteps);
	switch (v->then) {
	case THEN_NTOHS:
		as_swap(a, BPF_TO_BE, R7, 16);
		break;
	case THEN_S32:
		as_alui(a, BPF_LSH, R7, 32);
		as_alui(a, BPF_ARSH, R7, 32);
		break;
	case THEN_U32:
		engine_low32(e);
		break;
	case THEN_AHEAD:
	case THEN_US:
		if (v->then == THEN_AHEAD)
			ahead(e);
		as_alui(a, BPF_DIV, R7, 1000);
		break;
	default:
		engine_sock_number(e, v->then);
		engine_skb_number(e, v->then);
	}
}

/*
 * What stands behind the NUL is left from longer names, and would make two of
 * one.  In z of a little-endian word the lowest bit set is the top one of its
 * first zero byte: z = (w - 0x01...) & ~w & 0x80...; all up to it, which is
 * z ^ (z - 1), is kept.
 */
static void cut_name(struct engine *e, int at)
{
	struct as *a = &e->as;
	int done = as_label(a), next, i;

	as_ld64(a, R4, 0x0101010101010101);
	as_ld64(a, R5, 0x8080808080808080);
	for (i = at; i < at + ASK_NAME; i += 8) {
		next = as_label(a);
		as_ldx(a, BPF_DW, R1, R10, i);
		as_swap(a, BPF_TO_LE, R1, 64);
		as_mov(a, R2, R1);
		as_alu(a, BPF_SUB, R2, R4);
		as_mov(a, R3, R1);
		as_alui(a, BPF_XOR, R3, -1);
		as_alu(a, BPF_AND, R2, R3);
		as_alu(a, BPF_AND, R2, R5);
		as_jmpi(a, BPF_JEQ, R2, 0, next);
		as_mov(a, R3, R2);
		as_alui(a, BPF_SUB, R3, 1);
		as_alu(a, BPF_XOR, R3, R2);
		as_alu(a, BPF_AND, R1, R3);
		as_swap(a, BPF_TO_LE, R1, 64);
		as_stx(a, BPF_DW, R10, i, R1);
		engine_zero(e, i + 8, (uint32_t)(at + ASK_NAME - 8 - i));
		as_ja(a, done);
		as_place(a, next);
	}
	as_place(a, done);
}

/* What stands at r3, however short it is: what is behind it can be read. */
static void name_at(struct engine *e, int at)
{
	engine_stack(e, R1, at);
	as_movi(&e->as, R2, ASK_NAME);
	as_call(&e->as, PROBE_READ);
	cut_name(e, at);
}

/* A word of the record: where the text is in it, in its lower half.  Records
 * stand in buffers of the kernel. */
static void name_of_field(struct engine *e, const struct ask_value *v, int at)
{
	struct as *a = &e->as;

	origin(e, v);
	engine_zero(e, at, ASK_NAME);
	as_mov(a, R3, R7);
	as_alui(a, BPF_AND, R3, 0xffff);
	as_alu(a, BPF_ADD, R3, R6);
	name_at(e, at);
}

/* Text of a length that nothing tells, in memory that is much larger. */
static void name_behind(struct engine *e, const struct ask_value *v, int at)
{
	struct as *a = &e->as;
	int null = as_label(a);

	walk(e, v, v->nsteps);
	engine_zero(e, at, ASK_NAME);
	as_jmpi(a, BPF_JEQ, R7, 0, null);
	as_mov(a, R3, R7);
	name_at(e, at);
	as_place(a, null);
}

static void text(struct engine *e, const char *s, int at)
{
	char words[ASK_NAME] = "";
	uint64_t word;
	int i;

	memcpy(words, s, strlen(s));
	for (i = 0; i < ASK_NAME; i += 8) {
		memcpy(&word, words + i, sizeof(word));
		as_ld64(&e->as, R1, word);
		as_stx(&e->as, BPF_DW, R10, at + i, R1);
	}
}

static void name_of_member(struct engine *e, const struct ask_value *v, int at)
{
	const struct ask_step *last = &v->steps[v->nsteps - 1];
	struct as *a = &e->as;
	int null = as_label(a), fits = as_label(a);

	walk(e, v, v->nsteps - 1u);
	engine_zero(e, at, ASK_NAME);
	as_jmpi(a, BPF_JEQ, R7, 0, null);
	core(e, CORE_FIELD_BYTE_SIZE, R2, last);
	as_movi(a, R1, ASK_NAME);
	as_jmp(a, BPF_JGE, R1, R2, fits);
	as_movi(a, R2, ASK_NAME);
	as_place(a, fits);
	engine_member(e, last);
	engine_stack(e, R1, at);
	as_call(a, PROBE_READ);
	cut_name(e, at);
	as_place(a, null);
}

static void comm(struct engine *e, int at)
{
	/* Zeroed: Linux 6.1, built with FORTIFY_SOURCE, writes no further than
	 * the end of the name. */
	engine_zero(e, at, 16);
	engine_stack(e, R1, at);
	as_movi(&e->as, R2, 16);
	as_call(&e->as, COMM);
}

static void stack(struct engine *e, bool user, int at)
{
	struct as *a = &e->as;

	as_mov(a, R1, R6);
	as_ldmap(a, R2, "stacks");
	as_movi(a, R3, user ? BPF_F_USER_STACK : 0);
	as_call(a, GET_STACKID);
	as_stx(a, BPF_DW, R10, at, R0);
}

void engine_store(struct engine *e, const struct ask_value *v, int at)
{
	switch (v->shape) {
	case SHAPE_COMM:
		comm(e, at);
		break;
	case SHAPE_ADDR:
		walk(e, v, v->nsteps);
		engine_address(e, v->then == THEN_LADDR, at);
		break;
	case SHAPE_NAME:
		if (v->from == FROM_TEXT)
			text(e, v->field, at);
		else if (v->then == THEN_TEXT)
			name_behind(e, v, at);
		else if (v->nsteps)
			name_of_member(e, v, at);
		else
			name_of_field(e, v, at);
		break;
	case SHAPE_STACK:
		stack(e, v->from == FROM_USTACK, at);
		break;
	default:
		engine_number(e, v);
		as_stx(&e->as, BPF_DW, R10, at, R7);
	}
}

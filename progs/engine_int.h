/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the parts of the engine share: a program under way.
 *
 * Registers: r6 is the context all the time, r7 the value being made, r8 what
 * must outlive a read.  Calls of helpers spoil r0 to r5.
 *
 * Linux before 4.15 knows of no dead registers: where ways meet with different
 * known numbers in one, it goes on with a state for each.  So what decides is
 * left in r0 to r5 before a call, or in r7, which the next value overwrites;
 * states do not multiply then (t/test_engine_requests.c counts).
 */
#ifndef SOCKEYE_ENGINE_INT_H
#define SOCKEYE_ENGINE_INT_H

#include <linux/bpf.h>

#include "progs/engine.h"

enum { R0 = BPF_REG_0, R1 = BPF_REG_1, R2 = BPF_REG_2, R3 = BPF_REG_3,
       R4 = BPF_REG_4, R5 = BPF_REG_5, R6 = BPF_REG_6, R7 = BPF_REG_7,
       R8 = BPF_REG_8, R10 = BPF_REG_10 };

enum engine_helper {
	MAP_LOOKUP = 1, MAP_UPDATE = 2, MAP_DELETE = 3, KTIME = 5, CPU = 8,
	PID_TGID = 14, UID_GID = 15, COMM = 16, PERF_OUTPUT = 25,
	GET_STACKID = 27, CURRENT_TASK = 35,
	CGROUP_ID = 80,			/* 4.18 */
	PROBE_READ = 113, PROBE_READ_USER = 112,	/* linked as 4 before
							   5.5 */
	RING_OUTPUT = 130, RING_QUERY = 134,
};

/* Of 5.8, which the system's headers may be older than. */
enum { RING_AVAIL_DATA = 0, RING_NO_WAKEUP = 1, RING_FORCE_WAKEUP = 2,
       MAP_TYPE_RINGBUF = 27 };

/* The stack, by offset from r10.  A field is read to SCRATCH, the uppermost
 * place: what is larger than the verifier was told must not fit. */
enum {
	SCRATCH = -8,
	SPILL = -16,		/* what `starts` gets; an argument */
	CLOCK = -24,		/* the key in `starts`, then what has passed */
	ZEROS = -40,		/* a new struct ask_tally */
	CALL = ZEROS,		/* before: the key in `calls` */
	ADDRESS = ZEROS,	/* before: the one whose network is looked up;
				   of a packet, where a header is */
	LIST = -48,		/* the element, where nothing is kept */
	CALL_ARGS = 4,
	KEPT = -72,		/* those kept at the entry */
	FRAME = 72,		/* keys stand below all that */
};

struct engine {
	struct as as;
	const struct ask *ask;
	uint32_t hook;		/* FROM_PROBE */
	bool typed;		/* to some hook's verifier arguments are no
				   numbers, but pointers to a type */
	bool kept;		/* arguments are those of the entry, see
				   engine_call.c */
	int out;		/* label: leave */
	int keys;		/* where they start on the stack */
	int below;		/* what is free before there are: further down,
				   those that were kept at the start */
};

#define ENGINE_VALUES (3 + ASK_KEYS + ASK_TESTS)

/* engine_values - what is looked at by the hooks of that role; how many, at
 * most ENGINE_VALUES. */
unsigned engine_values(const struct ask *a, enum ask_role role,
		       const struct ask_value **v);
/* engine_is_text - is it text, which can be compared with text alone? */
bool engine_is_text(const struct ask_value *v);
/* engine_kept_size - bytes of the keys at_start. */
uint32_t engine_kept_size(const struct ask *a);
/* engine_valued - is ask.value looked at? */
bool engine_valued(const struct ask *a);
/* engine_check - is it a request?  -EINVAL or -E2BIG with *@why. */
int engine_check(const struct ask *a, const char **why);
/* engine_arg - "a0" to "a9", NULL. */
const char *engine_arg(unsigned n);

/* engine_number - r7 = a value that is a number. */
void engine_number(struct engine *e, const struct ask_value *v);
/* engine_store - any value to the stack at @at. */
void engine_store(struct engine *e, const struct ask_value *v, int at);
/* engine_stack - r@reg = the address of the stack at @at. */
void engine_stack(struct engine *e, int reg, int at);
/* engine_zero - @len bytes of the stack from @at on, a multiple of 8. */
void engine_zero(struct engine *e, int at, uint32_t len);

/* engine_low32 - the low 32 bits of r7.  engine_member - r3 = the address of
 * the member of what r7 points to; engine_follow - r7 = that member, 0 where r7
 * is NULL or it cannot be read; engine_element - r7 = what r7 points to, a
 * pointer as the member is one. */
void engine_low32(struct engine *e);
void engine_member(struct engine *e, const struct ask_step *s);
void engine_follow(struct engine *e, const struct ask_step *s);
void engine_element(struct engine *e, const struct ask_step *s);

/* engine_sock_number - r7 = what enum ask_then makes of the struct that r7
 * points to; r7 stays if it is not about one.  engine_address - its address to
 * the stack.  engine_sock_of_fd - r7 = the struct sock behind descriptor r7 of
 * the task, or 0. */
void engine_sock_number(struct engine *e, uint8_t then);
void engine_address(struct engine *e, bool local, int at);
void engine_sock_of_fd(struct engine *e);
/* engine_skb_number - the same of a struct sk_buff. */
void engine_skb_number(struct engine *e, uint8_t then);

/* engine_enters - does @hook have its arguments from the entry? */
bool engine_enters(const struct ask *a, uint32_t hook);
/* engine_check_calls - can they be kept?  -E2BIG with *@why. */
int engine_check_calls(const struct ask *a, const char **why);
/* engine_enter - keep the arguments; engine_leave - go on where they were
 * kept, with them; engine_kept - r7 = the one that @v starts from. */
void engine_enter(struct engine *e);
void engine_leave(struct engine *e);
void engine_kept(struct engine *e, const struct ask_value *v);

/* engine_filter - go on where the process at hand passes, or the socket. */
void engine_filter(struct engine *e);
/* engine_tests - go on where all tests hold, those of what the clock says or
 * the others. */
void engine_tests(struct engine *e, bool of_latency);
/* engine_start, engine_stop, engine_forget - of the clock. */
void engine_start(struct engine *e);
void engine_stop(struct engine *e);
void engine_forget(struct engine *e);
/* engine_first, engine_next - LIST = the element; go on where there is one. */
void engine_first(struct engine *e);
void engine_next(struct engine *e);
/* engine_keys - to the stack; engine_tally, engine_trace - what comes of a
 * hit. */
void engine_keys(struct engine *e);
void engine_tally(struct engine *e);
void engine_trace(struct engine *e);
/* engine_slot - r8 = the slot of r7 in the histogram; r7 stays. */
void engine_slot(struct engine *e);
/* engine_count - one more in `stats`, unless r0 is 0. */
void engine_count(struct engine *e, int stat);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * engine - programs assembled at run time, for what somebody asks: count,
 * sum, histogram or live lines, of any hook, by any key.
 *
 * A request (struct ask) names hooks, and values to be had there; the engine
 * makes a spec of it, which loader/ links and attaches like any other.  What
 * depends on the kernel (where a field is, where an argument) is left to the
 * linker.  No kernel is needed to make one, and nothing is read or printed.
 */
#ifndef SOCKEYE_ENGINE_H
#define SOCKEYE_ENGINE_H

#include "loader/loader.h"
#include "progs/event.h"

#define ASK_KEYS	8
#define ASK_STEPS	6
#define ASK_TESTS	16
#define ASK_KEY_MAX	256	/* bytes of all keys together */
#define ASK_NAME	32	/* bytes of SHAPE_NAME */
#define ASK_LIST	16	/* elements of a list that are looked at */

/* Where a value comes from. */
enum ask_from {
	FROM_NUMBER,		/* value.number itself */
	FROM_PID, FROM_TID, FROM_UID, FROM_COMM, FROM_CGROUP, FROM_CPU,
	FROM_NETNS,		/* inode of the current task's */
	FROM_PROBE,		/* index of the hook in ask.hooks */
	FROM_EVENT,		/* the same, for who prints it shorter */
	FROM_ARG,		/* value.arg: 0 is the first */
	FROM_RETVAL,
	FROM_FIELD,		/* value.field, of a tracepoint */
	FROM_KSTACK, FROM_USTACK,
	FROM_LATENCY,		/* ns since the start hook, see ask.on */
	FROM_TEXT,		/* value.field itself, of SHAPE_NAME */
};

/* How it is kept in keys and events: so many bytes, at multiples of 8. */
enum ask_shape {
	SHAPE_U64,		/* 8 */
	SHAPE_S64,		/* 8; sign-extended: arguments and returns as a
				   long has it.  Fields have the kernel's sign
				   either way */
	SHAPE_COMM,		/* 16, NUL-padded */
	SHAPE_ADDR,		/* 16; IPv4 as ::ffff:a.b.c.d */
	SHAPE_NAME,		/* 32: the start of a char array, up to its NUL
				   and padded with them; the last step is it,
				   or without steps a tracepoint's field of
				   __data_loc char[]; see THEN_TEXT */
	SHAPE_STACK,		/* 8: number in the map `stacks`, or negative
				   errno of bpf_get_stackid() */
	SHAPE_NETWORK,		/* 8: what the function `network`, which the
				   linker is supplied with, says of an address
				   (a pointer to 16 bytes, as SHAPE_ADDR): its
				   place in ask.networks; 0 is none of them */
};

/* What is done with what was read, last. */
enum ask_then {
	THEN_NOTHING,
	THEN_NTOHS,		/* the low 16 bits, network to host order */
	THEN_S32, THEN_U32,	/* the low 32 bits, extended so (returns of
				   kernel functions that are int) */
	THEN_US,		/* of ns */
	THEN_AHEAD,		/* of ns of CLOCK_MONOTONIC: by how many us that
				   is ahead; 0 of what is past, and of 0 */
	THEN_LADDR, THEN_RADDR,	/* of the struct sock pointed to; all zeros
				   unless it is of AF_INET or AF_INET6 */
	THEN_LPORT, THEN_RPORT,	/* the same; 0 unless it is */
	THEN_PROTOCOL,		/* the same: IPPROTO_; other families count
				   in their own way */
	THEN_RMEM_FILL,		/* of any struct sock: how many percent of
				   sk_rcvbuf its receive queue takes */
	THEN_IPFAMILY,		/* of any struct sock: its family, but
				   ASK_AF_MAPPED when an AF_INET6 socket's peer
				   is an IPv4 one */
	THEN_SA_FAMILY,		/* the same of the struct sockaddr pointed to,
				   which is the process's own memory at system
				   calls and at uprobes */
	/* of a TCP socket, in us; 0 of others, and before it was measured: */
	THEN_SRTT,		/* smoothed round trip time */
	THEN_MDEV,		/* how far it deviates from that, on average */
	THEN_MIN_RTT,		/* the least one in tcp_min_rtt_wlen */
	THEN_LNET, THEN_RNET,	/* of the address, as THEN_LADDR has it */
	/* of the struct sk_buff pointed to: */
	THEN_L2LEN,		/* its bytes from the link-layer header on, which
				   skb->len has on the way out alone */
	THEN_RX_QUEUE,		/* the queue it was received on; -1: its driver
				   has not said, or nothing is known of where
				   it does */
	THEN_SEGS,		/* how many packets it was, or will be, on the
				   wire, as far as is known: GRO, and senders,
				   put several together; at least 1 */
	THEN_TEXT,		/* SHAPE_NAME: the text that the last step, a
				   pointer, leads to; empty where that is NULL */
};
/* IPv4 on an AF_INET6 socket: AF_INET6, and a bit that no family has. */
#define ASK_AF_MAPPED (0x100 | 10)

/* "read `path` of the `type` that the value so far points to"; NULL leads to
 * 0, and so does what cannot be read.  Of FROM_NUMBER, FROM_ARG, FROM_RETVAL
 * and FROM_FIELD only. */
struct ask_step {
	const char *type;	/* "struct sock" */
	const char *path;	/* "__sk_common.skc_dport" */
};

struct ask_value {
	uint8_t from, shape, then;
	uint8_t arg;
	uint8_t nsteps;		/* each but the last leads to a pointer */
	uint64_t number;
	const char *field;	/* or FROM_TEXT */
	struct ask_step steps[ASK_STEPS];
	const char *name;	/* of the key: "lport" */
	const char *text;	/* as it was asked for */
	bool fd;		/* what it starts from is a descriptor of the
				   task; go on with the struct sock of it, or
				   0 if it is of no socket */
	bool at_start;		/* of a latency: as it was there.  Of keys,
				   tests and netns */
	bool is_reason;		/* for who prints it: ask.reasons has names */
};

/*
 * A condition.  Comparisons are signed where left.shape is SHAPE_S64.  Text
 * (SHAPE_COMM, SHAPE_NAME) is one of @names, or, with BPF_JNE, none of them.
 */
#define ASK_TEXT 16		/* TASK_COMM_LEN, IFNAMSIZ: with its NUL */
struct ask_test {
	struct ask_value left;
	uint8_t op;		/* BPF_JEQ, BPF_JNE, BPF_JLT, BPF_JLE, BPF_JGT,
				   BPF_JGE, or BPF_JSET for & */
	uint64_t right;
	const char (*names)[ASK_TEXT];	/* NUL-padded */
	uint32_t nnames;
};

enum ask_what {
	ASK_COUNT,
	ASK_SUM, ASK_STATS,	/* of ask.value; both keep count and total */
	ASK_HIST,		/* by powers of two */
	ASK_LHIST,		/* by steps */
	ASK_TRACE,		/* an event per hit, with all keys */
};

/* What filter() is told of. */
enum ask_filter {
	ASK_OF_ALL,		/* it is not asked */
	ASK_OF_TASK,		/* of the process at hand: its pid, tid, uid,
				   comm, cgroup and network namespace */
	ASK_OF_SOCK,		/* of ask.sock: its family, addresses, ports
				   and network namespace */
	ASK_OF_NETNS,		/* of ask.netns: that network namespace */
};

/* What the hooks of a latency are for. */
enum ask_role { ASK_STARTS, ASK_ENDS, ASK_FORGETS, ASK_FREES, ASK_ROLES };

/*
 * A request.  Everything is borrowed and must outlive the spec.
 *
 * Latency: hooks[0 .. nstart) start the clock of what `on` is there, the other
 * hooks stop it; keys and value are those at the end, unless they are at_start;
 * FROM_LATENCY is what has passed, and a hit without a start is none.  What a
 * test or filter at the start refuses has none.  With nstart 0 there is no
 * clock.  The last nforget + nfreed hooks forget that it was started; the last
 * nfreed of them may go by something else.
 *
 * Where the clock stops for several at a time, on[1] is the first of a list,
 * and `next` leads from each to the one behind it; of hooks that have their
 * arguments themselves only.
 */
struct ask {
	uint8_t what;
	const struct hook *hooks;	/* their args are not looked at */
	uint32_t nhooks, nstart, nforget, nfreed;
	struct ask_value on[ASK_ROLES];	/* by enum ask_role */
	struct ask_step next;		/* type NULL: there is no list */
	struct ask_value keys[ASK_KEYS];
	uint32_t nkeys;
	struct ask_value value;		/* not for ASK_COUNT, ASK_TRACE */
	int64_t min, max, step;		/* ASK_LHIST: step > 0, min < max, and
					   min >= 0 unless value is signed */
	struct ask_test tests[ASK_TESTS];	/* all must hold */
	uint32_t ntests;
	uint32_t max_entries;		/* of the map `tally`; 0: 16384 */
	/* Ask filter(const struct flow *) first, which the linker is supplied
	   with.  Not at hooks that only start the clock.  The constant
	   `want_netns` says whether it asks for that. */
	uint8_t filter;		/* enum ask_filter */
	struct ask_value sock;	/* ASK_OF_SOCK: the address of a struct sock */
	struct ask_value netns;	/* ASK_OF_NETNS: its inode number */
	const char *const *networks;	/* by their number, and NULL; for who
					   prints keys of SHAPE_NETWORK */
	const char *const *reasons;	/* the same of keys that are why a
					   packet is dropped; "": no name */
};

/*
 * Maps of the spec.
 *
 * `tally`, a hash (but for ASK_TRACE): the key is the keys in order, each as
 * its shape says, then for histograms a u64 slot; a request without keys has
 * the slot alone or a u64 0.  The value is struct ask_tally.
 * Slots of ASK_HIST: 0 for negative values, 1 for 0, 2 for 1, 3 for [2, 4),
 * n for [2^(n-2), 2^(n-1)).  Of ASK_LHIST: 0 below min, then the steps from 1
 * on, the one after the last for max and above.
 *
 * `stacks`, if a key is one; `starts`, if there is a clock; `calls`, if return
 * probes are asked for arguments; `stats`, a per-CPU
 * array of STAT_MAX u64; `events`, the ring, for ASK_TRACE: struct event with
 * type EVENT_ROW, then the keys.
 */
struct ask_tally {
	uint64_t count, total;
};

enum { ASK_SLOT_NEGATIVE = 0, ASK_SLOT_ZERO = 1 };

/* ask_role_of - of hook @i; without a clock they are ASK_ENDS. */
enum ask_role ask_role_of(const struct ask *a, uint32_t i);
/* ask_role_from - the first hook of @role or, if there is none of it, of the
 * next; of ASK_ROLES nhooks. */
uint32_t ask_role_from(const struct ask *a, enum ask_role role);
/* ask_has_role - is any hook of that @role? */
bool ask_has_role(const struct ask *a, enum ask_role role);
/* ask_value_size - bytes of @v in a key or event. */
uint32_t ask_value_size(const struct ask_value *v);
/* ask_key_size - bytes of all keys, without a slot. */
uint32_t ask_key_size(const struct ask *a);

/*
 * engine_spec - the spec for @a, to be freed with engine_free().  Its programs
 * are called as engine_prog() says; hooks get their arguments as engine_args()
 * says.  -E2BIG with *@why (static text): keys or programs too long; -EINVAL:
 * no such request (a latency without a clock, a step that is 0, a shape that
 * does not fit); -ENOMEM.
 */
int engine_spec(struct spec **out, const struct ask *a, const char **why);
void engine_free(struct spec *s);
/* engine_prog - the name of the program for hook @i of @a. */
void engine_prog(const struct ask *a, uint32_t i, char *buf, size_t len);
/* engine_args - what struct hook.args of hook @i must be, as far as @a asks
 * for arguments, returns and fields: "a0 - a2", "ret", "a0 ret=ret",
 * "family".  -ENOSPC; -EINVAL with *@why: this kind of hook has not got
 * that. */
int engine_args(const struct ask *a, uint32_t i, char *buf, size_t len,
		const char **why);
/*
 * engine_entry - the hook that hook @i needs besides: where the function is
 * entered, since a return probe has no arguments.  False: none.  @h borrows
 * @args and the target; its program's name goes to @prog.
 */
#define ENGINE_ENTRY_ARGS 32
bool engine_entry(const struct ask *a, uint32_t i, struct hook *h,
		  char args[ENGINE_ENTRY_ARGS], char *prog, size_t len);

#endif

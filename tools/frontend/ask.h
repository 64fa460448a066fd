/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ask - requests to the engine, as text, and what comes of them.
 *
 *   ask_parse.c    "--by pid,lport": words to values, with ask_field.c,
 *		    ask_sock.c, ask_dev.c and ask_tp.c; ask_where.c: to
 *		    conditions
 *   ask_hooks.c    "t:syscalls:sys_enter_*": words to hooks
 *   ask_take.c     the options to a request, with ask_keys.c and ask_same.c;
 *		    ask_run.c: it at work
 *   ask_text.c     values to text
 *   heap.c         what was tallied, sorted
 *   heap_print.c   and printed, heap_data.c for machines; hist.c: histograms
 *   stacks.c       frames as text
 *   ask_tool.c     a request for rows as a tool
 */
#ifndef SOCKEYE_ASK_H
#define SOCKEYE_ASK_H

#include "progs/engine.h"
#include "tools/frontend/frontend.h"

#define ASK_BUCKETS 1000		/* of lhist, at most */

/* ---- ask_parse.c: words to values -------------------------------------- */

/* What values are meant with on this kernel. */
struct ask_world {
	struct env *env;	/* for fields that are checked; NULL: none are */
	const struct hook *hook;	/* the first that values are had at */
	const struct hook *start;	/* of a latency, the first that begins
					   it; NULL: none */
	const char *dev;	/* where the struct net_device is, or NULL: the
				   same */
	const char *start_dev;	/* where it is at the start, NULL: as dev */
	const char *sock;	/* --sock WORD: where the socket is ("arg0"), or
				   NULL: known from the hook */
	/* Values that can be asked for by their names, or NULL: what a tool
	 * has as keys, "vector" of "vector=arg0". */
	const struct ask_value *named;
	uint32_t nnamed;
};

/*
 * ask_value_parse - one value:
 *   pid tid uid comm cgroup cpu netns probe kstack ustack latency latency_us
 *   event		the hook without its kind and group: consume_skb
 *   start.VALUE	of a latency: as it was where it began
 *   arg0 .. arg9   retval   args.FIELD (a tracepoint's), each also with :s32
 *			:u32 :s64 :u64 behind it; retval is a 32-bit int, as
 *			most functions return, retval64 all of it; and with
 *			:sa_family, what a struct sockaddr there begins with
 *   family protocol proto state lport rport laddr raddr   (of the hook's
 *			socket; at a system call, of the descriptor;
 *			protocol is 0 unless the family is an IP one)
 * ipfamily		family, but AF_INET6_MAPPED where an IPv6 socket's
 *			addresses are IPv4 ones
 *   lnet rnet		which of the networks of --nets the address is in
 *   rmem_fill		percent of sk_rcvbuf that its receive queue takes
 *   srtt mdev min_rtt	of a TCP socket, in us: smoothed round trip time, its
 *			deviation, the least one
 *   sock						(its address)
 *   dev ifindex devns	of the hook's network device, or of its packet's:
 *			name, number, network namespace (inode)
 *   l2len rxqueue	of the hook's packet: bytes with the link-layer
 *			header, queue it was received on (-1: not told),
 *   segs ether txqueue	how many it is on the wire (GRO, GSO; at least 1),
 *			Ethertype, queue of the device that it is sent by
 *   sock:TYPE.PATH[...]	(a field of it: sock:sock.sk_rcvbuf)
 *   BASE:TYPE.PATH[:TYPE.PATH]...	a kernel field: what BASE (arg0, retval,
 *			args.FIELD) points to is a struct TYPE; each further
 *			part follows the pointer that the one before is
 *   'TEXT'		that text, of up to 31 bytes
 *   FIELD:ahead	of a kernel field that is a time of CLOCK_MONOTONIC in
 *			ns: by how many us it is ahead; 0 of what is past
 *   FIELD:text		of a kernel field that is a pointer: the text that it
 *			leads to, up to 31 bytes of it
 *   NAME=VALUE		the same, called NAME where it is printed
 *   NAME		of the world's named values
 * netns is the socket's where the hook has one, else the task's.  Text is
 * copied to @words, which is where the value's strings live.  0, -ENOMEM, or
 * -EINVAL with one line in @e that quotes the wrong word and says what exists
 * ("no field skc_dprt in struct sock_common; did you mean skc_dport?").
 */
struct ask_words {
	char *text[256];
	unsigned n;
};
void ask_words_free(struct ask_words *w);
int ask_value_parse(struct ask_value *v, const char *text, size_t len,
		    const struct ask_world *world, struct ask_words *words,
		    struct err *e);
/* ask_list_parse - values with commas between them; how many, or negative. */
int ask_list_parse(struct ask_value *v, unsigned max, const char *text,
		   const struct ask_world *world, struct ask_words *words,
		   struct err *e);
/*
 * ask_where_parse - "retval<0 && lport==443 && arg2&0x40"; == != < <= > >= &.
 * The right side is a number (decimal, 0x, negative, with K M G suffixes of
 * 1024), for `family` and `state` and `protocol` also a name (inet, inet6,
 * unix, tcp, udp, established).  What is text (comm, dev, proto) is compared
 * with == and != alone, as it is or between ''.  How many tests, or negative.
 */
int ask_where_parse(struct ask_test *t, unsigned max, const char *text,
		    const struct ask_world *world, struct ask_words *words,
		    struct err *e);

/* ---- ask_hooks.c: words to hooks --------------------------------------- */

#define ASK_HOOKS_MAX 512

struct ask_hooks {
	struct hook *hooks;	/* targets are malloc'd; args are "", or are */
	bool named[ASK_HOOKS_MAX];	/* not found by a glob */
	bool maybe[ASK_HOOKS_MAX];	/* need not be there */
	char *absent;		/* of those, what is not: "a b"; NULL: none */
	unsigned n;
	unsigned from;		/* none is taken twice from here on */
};

/*
 * ask_hooks_parse - append what @word names: "k:tcp_v4_connect",
 * "t:syscalls:sys_enter_accept*" (fnmatch(3), also of functions), kinds as
 * kprobe kretprobe fentry fexit tracepoint rawtracepoint uprobe uretprobe or
 * k kr f fr t rt u ur; with a '?' before, it need not be there.  What is there
 * from l->from on is passed over.  0; -EINVAL with the reason: no such word;
 * -ENOENT: matches nothing here; -E2BIG.
 *
 * ask_hooks_absent - @name need not be there, and is not: to l->absent.
 */
void ask_hooks_absent(struct ask_hooks *l, const char *name);
int ask_hooks_parse(struct ask_hooks *l, const char *word, struct env *env,
		    struct err *e);
void ask_hooks_free(struct ask_hooks *l);

/* ---- ask_text.c: values to text ---------------------------------------- */

struct ask_names {		/* what text needs beside the bytes */
	const struct hook *hooks;	/* for FROM_PROBE */
	uint32_t nhooks;
	const char *const *networks;	/* for SHAPE_NETWORK, see struct ask */
	const char *const *reasons;	/* for is_reason; the same */
};

/* ask_text - @bytes of @v for people and CSV, into @buf: "-5", "sshd",
 * "10.0.0.1", "ESTABLISHED", "AF_INET", "kprobe:tcp_connect".  Not for stacks.
 * Control characters are escaped as cells do. */
void ask_text(const struct ask_value *v, const void *bytes,
	      const struct ask_names *names, char *buf, size_t len);
/* ask_is_number - is it printed as a number in JSON? */
bool ask_is_number(const struct ask_value *v);

/* ask_key_pid - the process that the keys at @key have; 0: none. */
uint32_t ask_key_pid(const struct ask *a, const uint8_t *key);

/* ---- heap.c: what was tallied ------------------------------------------ */

/*
 * A heap is what was in the map `tally` at one time, made into groups: one per
 * key, with its slots together and in order.
 */
struct heap_group {
	const uint8_t *key;	/* ask_key_size() bytes */
	uint64_t count, total;	/* of all slots */
	uint32_t nslots;
	const struct heap_slot { uint32_t slot; uint64_t count; } *slots;
};
struct heap {
	const struct ask *ask;
	struct heap_group *groups;	/* smallest count first, equal ones by
					   key; sums by their totals */
	uint32_t ngroups;
	void *store;
};

struct heap *heap_new(const struct ask *a);
/* heap_add - an element of the map; -ENOMEM. */
int heap_add(struct heap *h, const void *key, const struct ask_tally *t);
/* heap_sort - after the last; then groups are there.  Keeps the @top largest
 * (0: all). */
int heap_sort(struct heap *h, uint32_t top);
void heap_free(struct heap *h);

/* ---- heap_print.c, hist.c ---------------------------------------------- */

enum heap_format {
	HEAP_TEXT, HEAP_BCC, HEAP_PERCENTILES, HEAP_JSON, HEAP_CSV, HEAP_FOLDED,
};

#define HEAP_KEYS 16

struct heap_style {
	enum heap_format format;
	const char *name;	/* of the map in HEAP_TEXT: "@name[...]"; "map"
				   of JSON and CSV, unless it is "" */
	/* HEAP_CSV: columns that this map may have none of, since others have
	   them: names of keys, the bounds of buckets, totals */
	const char *keys[HEAP_KEYS];
	unsigned nkeys;		/* 0: its own */
	bool bounds, totals;
	const char *tool;	/* "count" */
	const char *unit;	/* of the value: "bytes", "ns", or "" */
	uint64_t ns;		/* when, monotonic; and as time of day */
	uint64_t span_ns;	/* --rate: how long it was tallied, in place of
				   counts rates are told, by JSON and CSV as
				   well; 0: counts */
	int64_t wall_offset_ns;
	struct ask_names names;
	/* of a recording: names of numbers, of the column for each key; NULL:
	   as ask_text() has them */
	const struct column *columns;
	/* a stack's frames into @buf, outermost last, '\n' after each; NULL
	   prints its number */
	void (*stack)(void *ctx, const struct ask_value *v, int64_t id,
		      const uint8_t *key, char *buf, size_t len);
	void *ctx;
};

/*
 * heap_print - all groups.
 * HEAP_TEXT: as bpftrace prints maps: "@name[key, key]: 5"; stats "count 3,
 * average 4, total 12"; histograms under "@name[key]:" with bars of '@'
 * (spec: labels "[512, 1K)", width 52).  HEAP_BCC: histograms with " lo -> hi
 * : count |****|", other maps as a table.  HEAP_PERCENTILES: as HEAP_TEXT,
 * histograms " count 41, p50 15, p90 31, p99 31, max 31".  HEAP_JSON: one line per group,
 * {"tool":"count","type":"group","ts_ns":...,"time":"...","pid":1,"comm":"x","count":5,"total":9,
 * "average":..., "p50":..,"p90":..,"p99":..,"buckets":[{"lo":2,"hi":3,
 * "count":1},...]}; percentiles of histograms are the upper ends of the
 * buckets they fall in.  HEAP_CSV: header once (@first), a line per group, of
 * histograms a line per bucket.  HEAP_FOLDED: "key;frame;frame count".
 */
void heap_print(FILE *out, const struct heap *h, const struct heap_style *s,
		bool first);
/* hist_slot - the bounds of @slot: @lo <= value <= @hi. */
void hist_slot(const struct ask *a, uint32_t slot, int64_t *lo, int64_t *hi);
/* hist_percentile - the upper end of the bucket that the @p'th percent (1 to
 * 100) of all values falls in. */
int64_t hist_percentile(const struct ask *a, const struct heap_group *g,
			unsigned p);

/* ---- stacks.c: frames as text ------------------------------------------ */

/* Where symbols are; borrowed.  NULL: none are looked up. */
struct stacks {
	struct ksyms *ksyms;
	struct usyms *usyms;
	bool build_ids;		/* user frames as build-id and offset */
};

/*
 * stack_text - the frames at @ips, innermost first, up to @n or the first that
 * is 0, a line for each: "    symbol+offset\n", "    0x7f...\n" when nothing
 * is known, "    0x7f... (/path+0x12)\n" when there is no symbol; with
 * build_ids "    [build-id]+0x12 /path\n".  Offsets behind 0x are those in the
 * file.  @pid 0: of the kernel, without the innermost frames that are BPF's
 * own.  What does not fit in @buf is "    ...".
 */
void stack_text(const struct stacks *s, const uint64_t *ips, unsigned n,
		uint32_t pid, char *buf, size_t len);
/* stack_frame - the line at *@text without what is around it; *@text becomes
 * what follows.  NULL at the end. */
const char *stack_frame(const char **text, size_t *len);
/* stack_error - why there is none, for people: "[no stack: EFAULT]" (there are
 * no user frames in a kernel thread), EEXIST (another stack had its place). */
void stack_error(char *buf, size_t len, int no);

#endif

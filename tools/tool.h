/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tool - what a tool is: one constant descriptor, in a file of its own.
 *
 * From it come option parsing, usage, man page, completion, schema, table,
 * CSV, NDJSON, captures, and the tests that walk all tools.  See
 * tools/README for how to add one.
 */
#ifndef SOCKEYE_TOOL_H
#define SOCKEYE_TOOL_H

#include <stddef.h>
#include <stdint.h>

#include "loader/loader.h"
#include "progs/engine.h"

/* ---- columns ---------------------------------------------------------- */

/*
 * How bytes of an event are shown.  The C type of the member must fit
 * (COL checks the size when the file is compiled).
 */
enum col_kind {
	K_U8, K_U16, K_U32, K_U64,	/* numbers */
	K_S32, K_S64,
	K_HEX64,	/* u64: ids and pointers; JSON: string "0x..." */
	K_PORT,		/* u16, host order */
	K_ADDR,		/* 16 bytes; IPv4 as ::ffff:a.b.c.d, shown dotted */
	K_IPVER,	/* struct flow: 4, 6, or 46 for IPv4 on an IPv6
			   socket */
	K_COMM,		/* text, up to 255 bytes: char[16] of a process */
	K_BYTES,	/* u64 bytes; JSON: number */
	K_KB,		/* u64 bytes, the table shows KB as 1234.56 */
	K_MS,		/* u64 ns; the table shows ms with two decimals, JSON
			   and CSV ns; bit 63 set: "at least" (shown "+") */
	K_ENUM,		/* u8, u16 or u32 with a table of names */
	K_ERRNO,	/* s32: 0 or a negative errno, shown by name */
	K_NETNS,	/* u32 inode; 0 is unknown */
	K_NAME,		/* an address (as K_ADDR) shown as the DNS name last
			   seen for it */
	K_KSTACK, K_USTACK,	/* s64: what bpf_get_stackid() gave for the
			   tool's map `stacks`, of STACK_DEPTH frames a value;
			   negative: errno.  A user stack is of the process of
			   column "pid", or of the flow */
	K_KSYM,		/* u64: an address in the kernel, shown as
			   function+offset */
	K_BITS,		/* u8, u16 or u32: names of the bits that are set, the
			   lowest first, as in SYN|ACK */
	K_LOOKUP,	/* struct lookup: the name that is looked up; where it
			   has none, the remote address of the flow */
	K_QTYPE,	/* the same: type of the record that is asked for */
	K_ANSWERS,	/* the same: addresses in the answer */
	K_REASON,	/* u32: why a packet was dropped, as the running kernel
			   names it (the table of skb:kfree_skb), or a
			   REASON_... of progs/event.h */
	K_DATA,		/* struct payload and what follows: any bytes.  Escaped
			   as in C; JSON and CSV have them in hex as well */
	K_TLS_SNI,	/* the same, of an extension of a TLS ClientHello: the
			   name of the server */
	K_TLS_ALPN,	/* the protocols above that are offered */
	K_TLS_VERSION,	/* the highest version that is offered */
	K_PERCENT,	/* u64, of STAT_SHARE: shown as 12.34 */
	K_COUNT,	/* of --count, no member behind it */
};

enum col_flags {
	C_HIDDEN = 1,	/* not shown unless asked for (-x or -o) */
	C_KEY = 2,	/* --count: rows with equal keys are one row; --hist:
			   have one histogram */
	C_SUM = 4,	/* --count: summed over the rows of a key, and shown
			   even if C_HIDDEN, but in tools of T_TOTALS */
	C_OWNER = 8,	/* unknown when the flow has no owner */
	C_ZERO = 16,	/* 0 means unknown */
	C_LEFT = 32,	/* left-aligned in the table */
	C_DNS = 64,	/* shown only under --dns */
	C_WIDE = 128,	/* shown by -w too */
	C_ABSENT = 256,	/* set by capture_open: the capture has not got it,
			   its cells are unknown */
	C_NEG = 512,	/* K_S32, K_S64: negative means unknown */
	C_PART = 2048,	/* K_MS: of a whole; unknown until its end was seen */
	C_RATE = 1024,	/* T_TOTALS: the member of a C_SUM column, its sum
			   shown for a second of the interval */
};

/* What a C_SUM column of --count is of its member's values, if no sum: such a
 * column is shown there alone.  Values that are not known, or at least so
 * much, are left out. */
enum col_stat {
	STAT_TOTAL, STAT_LEAST, STAT_MEAN, STAT_MOST, STAT_MDEV,
	STAT_SHARE,	/* in hundredths of a percent of the sum of `whole` */
};

struct column {
	const char *key;	/* JSON and CSV: snake_case, with its unit */
	const char *heading;
	const char *help;
	const char *const *names;	/* K_ENUM, K_BITS; NULL-terminated */
	const char *want;	/* constant in the program: is it shown? */
	const char *when;	/* constant of an option of the tool: without
				   it, only when asked for; or NULL */
	uint8_t kind;
	uint8_t width;		/* least width in the table */
	uint8_t stat;		/* enum col_stat */
	uint16_t flags;
	uint16_t off, size;
	struct {
		uint16_t off, size;
	} whole;		/* STAT_SHARE: u64 members, next to each
				   other, of which it is a part */
};

#define COL(type, member, kind_, width_, key_, heading_, flags_, help_)	\
	{ .key = key_, .heading = heading_, .help = help_, .kind = kind_, \
	  .width = width_, .flags = flags_, .want = "want_" key_,	\
	  .off = offsetof(type, member),				\
	  .size = sizeof(((type *)0)->member) }
#define COL_WHEN(when_, type, member, kind_, width_, key_, heading_, flags_, \
		 help_)							\
	{ .key = key_, .heading = heading_, .help = help_, .kind = kind_, \
	  .width = width_, .flags = flags_, .want = "want_" key_,	\
	  .when = when_,						\
	  .off = offsetof(type, member),				\
	  .size = sizeof(((type *)0)->member) }
#define COL_ENUM(type, member, names_, width_, key_, heading_, flags_, help_) \
	{ .key = key_, .heading = heading_, .help = help_, .kind = K_ENUM, \
	  .names = names_, .width = width_, .flags = flags_,		\
	  .want = "want_" key_,						\
	  .off = offsetof(type, member),				\
	  .size = sizeof(((type *)0)->member) }

#define COL_BITS(type, member, names_, width_, key_, heading_, flags_, help_) \
	{ .key = key_, .heading = heading_, .help = help_, .kind = K_BITS, \
	  .names = names_, .width = width_, .flags = flags_,		\
	  .off = offsetof(type, member),				\
	  .size = sizeof(((type *)0)->member) }

/* What is unknown in the column of the member is so here: the same C_ZERO. */
#define COL_STAT(type, member, stat_, kind_, width_, key_, heading_, flags_, \
		 help_)							\
	{ .key = key_, .heading = heading_, .help = help_, .kind = kind_, \
	  .width = width_, .flags = C_SUM | C_HIDDEN | (flags_),	\
	  .stat = stat_,						\
	  .off = offsetof(type, member),				\
	  .size = sizeof(((type *)0)->member) }

/* @member, in percent of all from @first to @last. */
#define COL_SHARE(type, member, first, last, width_, key_, heading_, help_) \
	{ .key = key_, .heading = heading_, .help = help_,		\
	  .kind = K_PERCENT, .width = width_, .flags = C_SUM,		\
	  .stat = STAT_SHARE,						\
	  .off = offsetof(type, member),				\
	  .size = sizeof(((type *)0)->member),				\
	  .whole = { offsetof(type, first), offsetof(type, last) -	\
		     offsetof(type, first) + sizeof(((type *)0)->last) } }

/* For K_ENUM: TCP_ESTABLISHED ... by number. */
extern const char *const tcp_states[];

/*
 * The columns of struct flow, for an event whose flow is called `flow`.
 * The frontend adds the time columns (-t, -T) by itself.
 */
#define COL_PID(t)							\
	COL(t, flow.pid, K_U32, 7, "pid", "PID", C_OWNER | C_LEFT,	\
	    "process that owns the socket")
#define COL_TID(t)							\
	COL(t, flow.tid, K_U32, 7, "tid", "TID",			\
	    C_OWNER | C_LEFT | C_HIDDEN, "thread that opened or accepted it")
#define COL_UID(t)							\
	COL(t, flow.uid, K_U32, 6, "uid", "UID",			\
	    C_OWNER | C_LEFT | C_HIDDEN, "user of the owner")
#define COL_COMM(t, w, flags_)						\
	COL(t, flow.comm, K_COMM, w, "comm", "COMM",			\
	    C_OWNER | C_LEFT | (flags_), "name of the owner")
#define COL_IP(t, flags_)						\
	COL(t, flow, K_IPVER, 2, "ip", "IP", C_LEFT | (flags_),		\
	    "4, 6, or 46: IPv4 on an IPv6 socket")
#define COL_PROTO(t, flags_)						\
	COL_ENUM(t, flow.protocol, proto_names, 5, "proto", "PROTO",	\
		 C_LEFT | (flags_), "protocol above IP")
#define COL_NETNS(t)							\
	COL(t, flow.netns, K_NETNS, 10, "netns", "NETNS",		\
	    C_LEFT | C_HIDDEN, "inode number of the network namespace")
#define COL_CGROUP(t)							\
	COL(t, flow.cgroup, K_U64, 8, "cgroup", "CGROUP",		\
	    C_OWNER | C_ZERO | C_LEFT | C_HIDDEN, "cgroup v2 id of the owner")
#define COL_ID(t)							\
	COL(t, flow.id, K_HEX64, 18, "id", "ID", C_LEFT | C_HIDDEN,	\
	    "names the socket for as long as the tool runs")

/* Its ends, where and when the tool wants them; _AS: in words of its own. */
#define COL_LADDR_AS(t, flags_, help_)					\
	COL(t, flow.laddr, K_ADDR, 15, "laddr", "LADDR",		\
	    C_LEFT | (flags_), help_)
#define COL_LPORT_AS(t, flags_, help_)					\
	COL(t, flow.lport, K_PORT, 5, "lport", "LPORT",			\
	    C_LEFT | (flags_), help_)
#define COL_RADDR_AS(t, flags_, help_)					\
	COL(t, flow.raddr, K_ADDR, 15, "raddr", "RADDR",		\
	    C_LEFT | (flags_), help_)
#define COL_RPORT_AS(t, flags_, help_)					\
	COL(t, flow.rport, K_PORT, 5, "rport", "RPORT",			\
	    C_LEFT | (flags_), help_)
#define COL_LADDR(t, flags_)	COL_LADDR_AS(t, flags_, "local address")
#define COL_LPORT(t, flags_)	COL_LPORT_AS(t, flags_, "local port")
#define COL_RADDR(t, flags_)	COL_RADDR_AS(t, flags_, "remote address")
#define COL_RPORT(t, flags_)	COL_RPORT_AS(t, flags_, "remote port")
/* Those that stand last, and are not shown, in every tool of sockets. */
#define COLS_HIDDEN(t)							\
	COL_TID(t), COL_UID(t), COL_NETNS(t), COL_CGROUP(t), COL_ID(t)

/* proto_names - of IPPROTO_..., for COL_PROTO; protocols.c. */
extern const char *const proto_names[];
/* ether_names - of ETHER_... (progs/event.h); others are shown as numbers. */
extern const char *const ether_names[];

/* Of enum session_how and session_first (progs/session.h), by number. */
extern const char *const session_hows[], *const session_firsts[];

/* ---- hooks ------------------------------------------------------------ */

struct alt_hook {
	const char *prog;	/* function in the spec */
	struct hook hook;
};

/* One way to observe something: hooks that work together, one at least. */
struct alternative {
	const struct alt_hook *hooks;
	unsigned nhooks;
	const char *note;	/* what is different about it, or NULL */
};

/*
 * Something a tool must observe, and the ways to, best first.  The first
 * that attaches wins.
 */
struct role {
	const char *name;	/* "tcp-connect" */
	const char *what;	/* "a process opens a TCP connection" */
	bool optional;		/* the tool works without, less well */
	const char *without;	/* optional: what is missing then */
	/* Constants of the program: it is needed where one of them is not 0
	 * ("dns", an option's, a column's), or, with none, always; and where
	 * `unless` is 0. */
#define ROLE_WHENS 2
	const char *when[ROLE_WHENS], *unless;
	const struct alternative *alts;
	unsigned nalts;
};

#define HOOKS(...)							\
	.hooks = (const struct alt_hook[]){ __VA_ARGS__ },		\
	.nhooks = sizeof((const struct alt_hook[]){ __VA_ARGS__ }) /	\
		  sizeof(struct alt_hook)
/* A program of the spec, and where: target, args, and by name what else. */
#define HOOK(p, k, t, ...)						\
	{ p, { .kind = k, .target = t, .args = __VA_ARGS__ } }
#define KPROBE(p, ...)		HOOK(p, HOOK_KPROBE, __VA_ARGS__)
#define KRETPROBE(p, ...)	HOOK(p, HOOK_KRETPROBE, __VA_ARGS__)
#define FENTRY(p, ...)		HOOK(p, HOOK_FENTRY, __VA_ARGS__)
#define FEXIT(p, ...)		HOOK(p, HOOK_FEXIT, __VA_ARGS__)
#define RAW(p, ...)		HOOK(p, HOOK_RAW_TRACEPOINT, __VA_ARGS__)
#define UPROBE(p, ...)		HOOK(p, HOOK_UPROBE, __VA_ARGS__)
#define URETPROBE(p, ...)	HOOK(p, HOOK_URETPROBE, __VA_ARGS__)
#define TRACEPOINT(p, ...)	HOOK(p, HOOK_TRACEPOINT, __VA_ARGS__)
#define ALTS(a) .alts = (a), .nalts = sizeof(a) / sizeof((a)[0])

/* ---- requests to the engine ------------------------------------------- */

/*
 * One way to ask for something, in the words that `sockeye count` and its kin
 * take.  What is NULL is as the part has it.  Of a tool with an argument '%'
 * stands for that; ways with a '%' are for when it is given, others for when
 * it is not.
 */
struct way {
	const char *hooks;	/* "k:tcp_sendmsg", several with blanks
				   between; of a latency the first one starts
				   the clock */
	const char *by;		/* "comm,port=rport" */
	const char *of, *where, *sock;
	const char *on;		/* "tid"; "arg0,retval64": as it starts and as
				   it ends, and with more words where it is
				   forgotten and where it is freed */
	const char *forget;	/* hooks after which a clock runs no more */
	const char *freed;	/* the same, where what `on' is goes away in a
				   way of its own */
	const char *dev;	/* where a struct net_device is, which filters
				   and words as `dev' are of */
	const char *start_dev;	/* where it is as a clock begins; NULL: in the
				   same place */
	const char *next;	/* "sk_buff.next": the clock ends for a list,
				   whose elements this member leads along */
	const char *only;	/* "codel fq_codel": for these arguments of the
				   tool alone; NULL: for any */
	const char *note;	/* what is different about it, or NULL */
};

/*
 * Something a tool counts or measures, and the ways to, best first; the first
 * that attaches is taken.  It is printed as a map of its own.  Keys are API:
 * they have the same names whatever the way.
 */
struct part {
	const char *name;	/* "read_bytes": @read_bytes[...] */
	const char *text;	/* "data is read from sockets" */
	uint8_t what;		/* enum ask_what */
	bool latency;
	bool optional;		/* the tool works without, less well */
	const char *by, *of, *where, *on, *sock;
	const char *range;	/* ASK_LHIST: "LO,HI,STEP" */
	const char *unit;	/* of the value: "bytes", "ns"; NULL: none */
	const struct way *ways;
	unsigned nways;
};

/* What such a tool has besides parts: nothing of its own. */
extern const struct spec spec_none;
extern const struct role *const roles_none[];
extern const struct column columns_none[];
#define REQUEST								\
	.spec = &spec_none, .roles = roles_none,			\
	.columns = columns_none, .event_size = sizeof(struct event),	\
	.filters = F_TASK, .flags = T_TALLY | T_KEYS | T_STACKS
/* One whose filters are of the hook's socket, not of who runs. */
#define REQUEST_SOCK							\
	.spec = &spec_none, .roles = roles_none,			\
	.columns = columns_none, .event_size = sizeof(struct event),	\
	.filters = F_SOCK, .flags = T_TALLY | T_KEYS | T_STACKS
/* One whose filters are of the hook's network device. */
#define REQUEST_DEV							\
	.spec = &spec_none, .roles = roles_none,			\
	.columns = columns_none, .event_size = sizeof(struct event),	\
	.filters = F_DEV | F_NETNS, .flags = T_TALLY | T_KEYS | T_STACKS
/* One of processors, which serve all alike. */
#define REQUEST_CPU							\
	.spec = &spec_none, .roles = roles_none,			\
	.columns = columns_none, .event_size = sizeof(struct event),	\
	.flags = T_TALLY | T_KEYS | T_STACKS
/* One that shows each hit (ASK_TRACE), and has one part. */
#define REQUEST_ROWS							\
	.spec = &spec_none, .roles = roles_none,			\
	.columns = columns_none, .event_size = sizeof(struct event),	\
	.filters = F_TASK, .flags = T_COUNT | T_KEYS | T_STACKS
/* One that takes other hooks in place of its own. */
#define REQUEST_HOOKS							\
	.spec = &spec_none, .roles = roles_none,			\
	.columns = columns_none, .event_size = sizeof(struct event),	\
	.filters = F_TASK, .flags = T_TALLY | T_KEYS | T_STACKS | T_HOOKS

/* One whose rows are what there is at the moment, told by a source: once, or
 * each interval.  It runs nothing in the kernel. */
#define SNAPSHOT(source_)						\
	.spec = &spec_none, .roles = roles_none, .source = (source_)

#define MAX_KERNEL_CONSTANTS 24
#define MAX_PARTS 16
#define MAX_WAYS 24
#define WAYS(a) .ways = (a), .nways = sizeof(a) / sizeof((a)[0])
/* What is known where a function returns: fexit, else kretprobe. */
#define WAY_RETURN(function, ...)					\
	{ .hooks = "fr:" function, __VA_ARGS__ },			\
	{ .hooks = "kr:" function, __VA_ARGS__ }
/* What is known where it is entered: fentry, else kprobe. */
#define WAY_ENTRY(function, ...)					\
	{ .hooks = "f:" function, __VA_ARGS__ },			\
	{ .hooks = "k:" function, __VA_ARGS__ }

/* ---- options ---------------------------------------------------------- */

/* Filters a tool honours in the kernel; the frontend owns their options. */
enum filter {
	F_PID = 1 << 0, F_TID = 1 << 1, F_COMM = 1 << 2, F_UID = 1 << 3,
	F_PORT = 1 << 4, F_LPORT = 1 << 5, F_RPORT = 1 << 6,
	F_LADDR = 1 << 7, F_RADDR = 1 << 8, F_FAMILY = 1 << 9,
	F_NETNS = 1 << 10, F_CGROUP = 1 << 11, F_DEV = 1 << 12,
	F_PROTO = 1 << 13, F_REASON = 1 << 14,
};
#define F_FLOW 0xfff		/* of struct flow; the rest: struct packet_id */
/* of a socket, whoever has it */
#define F_SOCK (F_PORT | F_LPORT | F_RPORT | F_LADDR | F_RADDR | F_FAMILY | \
		F_NETNS)
/* of the process that runs when a hook is passed */
#define F_TASK (F_PID | F_TID | F_COMM | F_UID | F_NETNS | F_CGROUP)

/* An option of one tool only.  Its value becomes a constant in the program
 * (and can be read by nobody else). */
struct tool_option {
	char letter;		/* 0: long only */
	const char *name;	/* "long-name" */
	const char *arg;	/* "MS"; NULL: a switch, value 1 */
	const char *help;
	const char *constant;	/* in the program, or */
	const char *where;	/* of a request: it holds if this is given */
	const char *by;		/* the same: there are these keys, too */
	uint64_t min, max, def;
	uint64_t scale;		/* value given times this (0: 1) */
	bool duration;		/* "1.5", "250ms" and the like, as -d takes:
				   ns; min and max are not looked at */
	/* A list of these words, as bits by their number; ends with NULL. */
	const char *const *names;
	const char *alias;	/* of the tool with this switch given, or
				   NULL */
};

/* What only user space can tell a program of the running kernel, put in its
 * place as a constant.  0: there is no such thing, or it is not known. */
struct kernel_constant {
	const char *constant;	/* in the program */
	enum {
		KERNEL_REASON,	/* number of the drop reason @name */
		KERNEL_REASONS,	/* those of the list @name, with blanks
				   between, that are from .first on: bits */
		KERNEL_FUNCTION, /* the address of function @name */
		KERNEL_FUNCTION_END,	/* that of the next one */
	} what;
	const char *name;
	uint32_t first;		/* KERNEL_REASONS */
};

#define PLOT_PANELS 4

/* What `sockeye plot` draws of a tool's rows, unless told otherwise. */
struct plot_of {
	struct {
		const char *lines;	/* columns: "snd_cwnd,snd_ssthresh" */
		const char *unit;	/* "segments"; "bytes" are told in K */
	} panels[PLOT_PANELS];		/* a scale each; ends with lines NULL */
	const char *by;		/* column: a picture for each of its values */
	const char *about;	/* columns that tell what such a value is */
	const char *mark;	/* rows that are marked: "event=loss" */
};

struct example {
	const char *args;	/* "-p 4711 -j" */
	const char *what;
};

/* ---- tool ------------------------------------------------------------- */

struct row_source;

struct tool {
	const char *name;
	const char *alias;	/* it is found by that as well, or NULL;
				   "NAME-*": what the '*' is there for is its
				   argument */
	const char *arguments;	/* such as lists tell of: "fq tbf"; or NULL */
	const char *summary;	/* for lists; at most 60 characters */
	const char *about;	/* paragraphs for help and man page */
	const char *overhead;
	const struct spec *spec;
	uint32_t filters;	/* F_... */
	uint32_t flags;		/* T_... */
	const struct tool_option *options;	/* ends with name NULL */
	/* or NULL; ends with constant NULL */
	const struct kernel_constant *kernel;
	/* Kernel modules whose types its programs ask for; or NULL.  Ends with
	 * NULL. */
	const char *const *modules;
	const struct role *const *roles;	/* ends with NULL */
	const struct column *columns;		/* ends with key NULL */
	const struct example *examples;		/* ends with args NULL */
	uint32_t event_size;
	uint32_t event_least;	/* without the end of it, where only hidden
				   columns are; 0: it is always whole.
				   Constant event_len: what is asked for */
	uint16_t flow_off;	/* of its struct flow in the event; 0: none */

	/* T_SNAPSHOT (SNAPSHOT): where rows come from; frontend.h. */
	const struct row_source *source;

	/* A tool that is a request (REQUEST) has these instead of spec, roles,
	   columns and event. */
	const struct part *parts;		/* ends with name NULL */
	/* What one word on its command line is, "DISCIPLINE": part of a name
	 * in C; NULL: it takes none. */
	const char *argument;
	/* "%_enqueue %_attach": functions, one of which the kernel has if it
	 * knows what that names, and what to do if it has none; or NULL.  Who
	 * then gets no more than the .note of a way is told so. */
	const char *known_by, *unknown;
	/* T_TALLY, T_TOTALS: print each so many seconds; 0: at the end. */
	uint32_t interval;
	/* "net.core.rmem_max": what bounds what it shows; who sits before it
	 * is told their values.  Ends with NULL. */
	const char *const *sysctls;
	/* The column whose histogram is what the tool prints, unless rows
	 * (--events), -c or another --hist is asked for; NULL: rows. */
	const char *hist;
	/* Constant of the option that says for how many ns events wait in its
	 * map `awaited` (underway.c); NULL: it has none. */
	const char *awaits;
	/* Keys of its histograms, as -o takes columns; NULL: those that are
	 * C_KEY. */
	const char *hist_keys;
	const struct plot_of *plot;	/* T_PLOT */
	/* Files of /proc/net whose counters are shown at the end, if they have
	 * moved (counters.c knows which), of the namespaces of -N, else of
	 * one's own; or NULL.  Ends with NULL. */
	const char *const *counters;
	/* How the names of those end that are; NULL: all.  Ends with NULL. */
	const char *const *counted;
	uint32_t frames;	/* T_STACKS: how many of a stack, unless
				   --frames is given; 0: all there are */
};

/* The event of a tool is a @type, whose struct flow is called `flow`. */
#define EVENT_FLOW(type)						\
	.event_size = sizeof(type), .flow_off = offsetof(type, flow)

/* The event of a tool is a @type, whose struct flow is called `flow`. */
#define EVENT_FLOW(type)						\
	.event_size = sizeof(type), .flow_off = offsetof(type, flow)

enum tool_flags {
	T_OWNERS = 1,		/* has the owner and seed maps */
	T_DNS = 2,		/* takes --dns */
	T_COUNT = 4,		/* takes --count and --hist */
	T_ASK = 8,		/* takes hooks, and what belongs to them */
	T_TALLY = 16,		/* has tallies to print, no rows */
	T_KEYS = 32,		/* takes --by and --where */
	T_HOOKS = 64,		/* takes hooks in place of its own */
	T_STACKS = 128,		/* has stacks or addresses to name */
	T_FILTER = 256,		/* wants a filter, unless --force */
	T_TIME = 512,		/* rows have a time column, -t, unless another
				   is asked for */
	T_PLOT = 1024,		/* takes --plot: has a plot */
	T_LIBS = 4096,		/* has hooks "*:FUNCTION", in whatever library
				   defines it (mapped.c): takes --lib */
	T_TOTALS = 2048,	/* its rows are what came to its C_SUM columns
				   since the row before (totals.c), added up
				   by C_KEY or --by and shown each interval,
				   on a terminal as a screen */
	T_DATAGRAMS = 32768,	/* T_OWNERS: those of UDP sockets, too */
	T_COUNTED = 8192,	/* T_COUNT: -c is what it does, unless rows
				   (--events, a time column, -W) or --hist are
				   asked for */
	T_SNAPSHOT = 65536,	/* has a source */
	T_SUMMARY = 16384,	/* below a table of rows what --count would
				   have shown stands at the end */
};

#endif

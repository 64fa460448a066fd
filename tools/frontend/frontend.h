/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * frontend - what all tools share: options, filters, roles, rows, captures.
 * Private to tools/.
 *
 * A run goes one way:
 *   options -> filter program and constants -> roles attached -> ring
 *   -> event -> rows (filter already applied in the kernel) -> emitter
 * and a replay enters at "event", from a capture.
 */
#ifndef SOCKEYE_FRONTEND_H
#define SOCKEYE_FRONTEND_H

#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include "tools/tool.h"

/* Exit codes: they are API (man page, EXIT STATUS). */
enum {
	EXIT_OK = 0,
	EXIT_FAIL = 1,
	EXIT_USAGE = 2,
	EXIT_KERNEL = 3,	/* this kernel cannot */
	EXIT_PERM = 4,
};

/* ---- main.c, registry ------------------------------------------------- */

/* All tools, sorted by name; NULL-terminated. */
extern const struct tool *const tools[];
const struct tool *tool_find(const char *name);
/* tool_alias_argument - what stands for the '*' of its alias in @name; NULL:
 * that is no such alias. */
const char *tool_alias_argument(const struct tool *t, const char *name);
/* tool_alias_option - the option that it has been given if it is called @name;
 * NULL: none. */
const struct tool_option *tool_alias_option(const struct tool *t,
					    const char *name);
#define TOOL_NAME 32
/* tool_other_name - the @i'th name that lists have of it besides its own, in
 * @buf of TOOL_NAME bytes; false: there are not so many. */
bool tool_other_name(const struct tool *t, unsigned i, char *buf, size_t len);

/* Verbs: `sockeye VERB ...`; each returns an exit code. */
struct verb {
	const char *name, *summary;
	int (*main)(int argc, char **argv);
};
extern const struct verb verbs[];	/* ends with name NULL */
const struct verb *verb_find(const char *name);
int verb_list(int argc, char **argv);
int verb_help(int argc, char **argv);
int verb_ask(int argc, char **argv);
/* ask_verb - what the verb @name takes, as a tool; NULL: it takes no hooks. */
const struct tool *ask_verb(const char *name);
int verb_btf(int argc, char **argv);
int verb_doctor(int argc, char **argv);
int verb_object(int argc, char **argv);
int verb_plot(int argc, char **argv);
int verb_replay(int argc, char **argv);
/* file_put - @data to @file (NULL: stdout), all or nothing; an exit code,
 * after a complaint. */
int file_put(const char *file, const void *data, size_t len);
/* stdout_done - flush stdout; @code, or EXIT_FAIL in place of EXIT_OK, after a
 * complaint, if it did not take all.  That nobody reads is no failure. */
int stdout_done(int code);

/* ---- talk.c: stderr --------------------------------------------------- */

/*
 * One write(2) per message, control characters made harmless, "sockeye
 * TOOL: " in front.  say() is silent under --quiet.
 */
void talk_init(const char *tool, int quiet);
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* fail_err - print the chain and the hint of @e; returns the exit code that
 * fits it (@of; EPERM, EACCES: 4; no such hook, ENOSYS ...: 3; else 1). */
int fail_err(const struct err *e);

/* ---- options ---------------------------------------------------------- */

struct addr_range { uint8_t addr[16]; uint8_t prefix; };	/* v4 mapped */
struct port_range { uint16_t lo, hi; };

#define FILTER_LIST 64
#define FILTER_REASON 40	/* names are shorter */

/* What --pid, --lport ... said; lists are alternatives, n 0: not given. */
struct filters {
	uint32_t pid[FILTER_LIST], tid[FILTER_LIST], uid[FILTER_LIST];
	char comm[FILTER_LIST][16];
	struct port_range port[FILTER_LIST], lport[FILTER_LIST],
		rport[FILTER_LIST];
	struct addr_range laddr[FILTER_LIST], raddr[FILTER_LIST];
	uint32_t netns[FILTER_LIST];
	uint64_t cgroup[FILTER_LIST];
	char dev[FILTER_LIST][16];
	uint32_t proto[FILTER_LIST];
	char reason[FILTER_LIST][FILTER_REASON];
	unsigned nproto, nreason, ndev, npid, ntid, nuid, ncomm, nport, nlport, nrport, nladdr,
		nraddr, nnetns, ncgroup;
	int family;		/* 0, 4, 6 */
};

enum format { FMT_TABLE, FMT_JSON, FMT_CSV, FMT_PLOT };
enum time_col { TIME_NONE, TIME_REL, TIME_WALL, TIME_WALL_UTC, TIME_ISO,
		TIME_UNIX, TIME_MONO };

/* How maps and histograms are drawn; of durations, in what. */
enum draw_style {
	STYLE_DEFAULT, STYLE_BPFTRACE, STYLE_BCC, STYLE_PERCENTILES,
};
enum draw_unit { UNIT_DEFAULT, UNIT_US, UNIT_MS, UNIT_NS };

#define MAX_COLUMNS 64
#define MAX_CONFIG 32
#define MAX_OWN 16
#define MAX_LIBS 16

/* What requests to the engine are made of; see ask.h. */
struct ask_options {
	const char *by, *where, *of, *range, *on, *sock;
	bool latency, folded, no_symbols;
	bool rate;		/* counts for a second of the interval */
	uint64_t rows;		/* 0: all */
	uint64_t max_keys;	/* 0: the default */
	struct addr_range nets[FILTER_LIST];
	unsigned nnets;		/* 0: the usual ones */
	char **hooks;		/* the words that are no options */
	int nhooks;
};

struct options {
	const struct tool *tool;
	const char *argument;	/* of a tool that takes one; NULL: not given */
	struct ask_options ask;
	struct filters filters;
	enum format format;
	enum time_col time;
	const char *columns;	/* -o: "a,b" or "+a" */
	const char *hist;	/* --hist, or what the tool draws by itself */
	enum draw_style style;
	enum draw_unit unit;
	uint64_t interval_ns;	/* of what is tallied; 0: once, at the end */
	uint64_t max_intervals;	/* 0: all */
	const char *sort;	/* NULL: by all that is summed */
	bool no_clear;		/* blocks, on a terminal too */
	bool events;		/* rows, whatever the tool draws by itself */
	bool no_header, extended, wide, count, no_summary, strict, dns;
	int verbose, quiet;
	uint64_t duration_ns;	/* 0: until stopped */
	uint64_t max_events;	/* 0: all */
	const char *write_file;	/* -W */
	const char *replay_file;
	bool plan, dump, dry_run, schema;
	int ready_fd;		/* -1 none */
	uint32_t ring_pages;	/* -b, 0 default */
	uint32_t max_sockets;	/* entries of the state maps, 0 default */
	uint32_t frames;	/* of a stack, 0 default */
	const char *config[MAX_CONFIG + 1];
	struct env_opts env;
	const char *libs[MAX_LIBS];	/* --lib */
	unsigned nlibs;
	uint64_t own[MAX_OWN];	/* values of tool->options, in order */
};

/*
 * options_parse - fill @o from @argv (argv[0] is the tool's name).  Returns
 * -1 to go on, or the exit code to end with: after --help and the like 0,
 * after a mistake (one line on stderr: what, where, what to do) 2.
 * Strings of @o are those of @argv; @o points into itself, do not copy it.
 * Calls talk_init().  May permute @argv, as getopt_long(3) does.
 * @replay: only the options that shape output are taken, and one argument,
 * the capture (o->replay_file).  @t may be NULL then: parse once for the name
 * of the capture, and again when it has told the tool.
 */
int options_parse(struct options *o, const struct tool *t, int argc,
		  char **argv, bool replay);

/* option_value - of the tool's option whose constant is @constant; 0: it has
 * none. */
uint64_t option_value(const struct options *o, const char *constant);

/* One row per option the tool takes, its own first, for usage and man page:
 * walks until false.  Hidden ones are not told. */
struct option_doc {
	char letter;		/* 0: long only */
	const char *name, *arg, *help, *group;
	char note[80];		/* "1 to 60, default 5"; or "" */
};
bool option_doc(const struct tool *t, unsigned i, struct option_doc *d);

void usage(FILE *out, const struct tool *t);	/* t NULL: sockeye's own */
void man_page(FILE *out, const struct tool *t);	/* roff; t NULL: sockeye.8 */
/* role_when - " (with --established, for wait_ns)": what is given to have role
 * @r; "" if it always is. */
void role_when(char *text, size_t len, const struct tool *t,
	       const struct role *r);

/* ---- filter.c --------------------------------------------------------- */

/*
 * The longest filter: full lists of everything, and a program still has room
 * beside it on kernels before 5.2 (AS_MAX_INSNS).
 */
#define FILTER_MAX_INSNS 3072

/*
 * filter_build - assemble `filter(const struct flow *)` for what was asked,
 * into @insns (room for FILTER_MAX_INSNS).  Returns the number of
 * instructions; with no filter given, two (r0 = FILTER_PASS; exit), which
 * link folds away.  -1 with *@why when it gets too long (or no memory).
 * Socket filters are tested before the owner's; see enum verdict.  The code
 * is for the machine it is built on: r1 = flow, aligned to 8 bytes, r0 and
 * r2..r5 are used, all jumps go forward.
 */
int filter_build(const struct filters *f, struct bpf_insn *insns,
		 const char **why);
/* filter_packets - the same of what is in struct packet_id; of @f's reasons
 * these are the numbers. */
int filter_packets(const struct filters *f, const uint32_t *reasons,
		   unsigned nreasons, struct bpf_insn *insns,
		   const char **why);
/* filter_match - the same decision in user space (seeding, tests). */
enum verdict filter_match(const struct filters *f, const struct flow *flow);
/*
 * filter_networks - assemble `network(const uint8_t addr[16])` for keys of
 * networks, as filter_build: it returns the number, from 1, of the first of
 * @nets that the address is in, or 0.
 */
int filter_networks(const struct addr_range *nets, unsigned n,
		    struct bpf_insn *insns, const char **why);
/* filter_on_owner, filter_on_socket - is anything asked of the process, of the
 * socket? */
bool filter_on_owner(const struct filters *f);
bool filter_on_socket(const struct filters *f);

/* ---- rows: columns and emitters --------------------------------------- */

struct ask;			/* of progs/engine.h */

/* Clocks of a run or capture: what turns event ns into times. */
struct clocks {
	uint64_t start_ns;	/* monotonic, of the run */
	int64_t wall_offset_ns;	/* CLOCK_REALTIME - CLOCK_MONOTONIC */
	uint64_t late_from_ns, late_ns;	/* T_TOTALS: so late was sampled what
					   came since; 0: in time */
};

/* The columns chosen, time column first. */
struct layout {
	const struct column *cols[MAX_COLUMNS];
	unsigned ncols;
	enum time_col time;
	const struct column *hist;	/* drawn by key, which the above are */
	int sort;		/* T_TOTALS: index of the column, SORT_ALL */
};

#define SORT_ALL -1		/* all that is summed, added up */

/*
 * layout_choose - from the tool's columns and the options; 0, or -1 after a
 * complaint that names what exists.  -o "a,b" replaces the columns, "+a,-b"
 * adds and removes; a name is a column's key or heading.  Under --count the
 * columns are the keys (C_KEY, or whatever else -o names), sums and COUNT;
 * under --hist they are the keys alone, and may be none.  Those of T_TOTALS
 * are the keys (or what --by names) and sums.
 */
int layout_choose(struct layout *l, const struct options *o);

/* column_wanted - is @col shown, drawn, or recorded? */
bool column_wanted(const struct options *o, const struct column *col);

struct rows;		/* emitter: layout, format, stdout, counts */
struct names;
struct frames;
struct capture_info;

/*
 * rows_new - emitter for what @o asks, writing to @out (which must not be
 * written to by others until rows_free).  NULL: errno EINVAL after a
 * complaint of layout_choose, or ENOMEM.  @o->tool must live as long.
 */
struct rows *rows_new(const struct options *o, FILE *out);
/* rows_names - where K_NAME columns look; borrowed.  Events of type
 * EVENT_DNS that rows_add is given are learned. */
void rows_names(struct rows *r, struct names *n);
/* rows_frames - the same for stacks and addresses, and EVENT_STACK. */
void rows_frames(struct rows *r, struct frames *f);
/* rows_start - header (table, CSV) or {"type":"start"} line; not flushed. */
void rows_start(struct rows *r, const struct capture_info *info);
/*
 * rows_add - one event; false once stdout is gone (EPIPE) or broken.  The
 * caller ignores SIGPIPE.  Only EVENT_ROW makes a row.
 */
bool rows_add(struct rows *r, const struct event *ev, const struct clocks *c);
/* rows_add_alike - the same of -c and --hist, @a->n times: its column of C_SUM,
 * or its histogram's values, were @a->total in all. */
bool rows_add_alike(struct rows *r, const struct event *ev,
		    const struct alike *a, const struct clocks *c);
/* rows_tick - it is @now_ns (monotonic) and everything before that was added:
 * under -i, intervals that are over are printed.  Without it, as in a replay,
 * they are once an event comes that is later. */
void rows_tick(struct rows *r, uint64_t now_ns, const struct clocks *c);
/* rows_due - when the interval under way ends; UINT64_MAX: there are none.
 * rows_last - that is over @now_ns: its last moment, or, since nobody looked
 * for longer than an interval, that of the last one.
 * rows_enough - have as many been printed as were asked for? */
uint64_t rows_due(const struct rows *r);
uint64_t rows_last(const struct rows *r, uint64_t now_ns);
bool rows_enough(const struct rows *r);
/*
 * rows_keys - a descriptor on which keys may be pressed while a screen is
 * shown, for poll(2); -1: none.
 * rows_attend - to keys, to a terminal that has changed its size, to Ctrl-Z;
 * false: the user wants no more.  rows_on_screen - is there one?
 */
int rows_keys(const struct rows *r);
bool rows_attend(struct rows *r);
bool rows_on_screen(const struct rows *r);
/* rows_flush - what was added becomes visible; after each drained batch.
 * False: errno tells why, EPIPE being a normal end. */
bool rows_flush(struct rows *r);
/* What did not become a row; total since start. */
struct losses {
	uint64_t lost, owners_full, state_full, unattributed, missed;
};
/* losses_any - did anything get lost, so that --strict fails? */
bool losses_any(const struct losses *l);
/* rows_loss - told in the stream ({"type":"lost"...}) when it has grown; in
 * a table and CSV nowhere, telling stderr is the caller's. */
void rows_loss(struct rows *r, const struct losses *l);
/* rows_counters - what is shown at the end besides rows; borrowed. */
struct counters;
void rows_counters(struct rows *r, const struct counters *c);
/* rows_end - under --count the table of keys, under --hist the histograms;
 * {"type":"end"} line; flushes.  Returns false when output failed (ENOSPC:
 * reported by errno); a closed pipe is no failure. */
bool rows_end(struct rows *r, const struct losses *l);
/* rows_shown - rows so far; under --count events counted. */
uint64_t rows_shown(const struct rows *r);
/* rows_uncounted - events that --count (2^18 keys), a summary (the same) or
 * --hist (2^16) had no room for.
 * rows_unknown - those in no histogram, since what it is of is not known, or
 * only a lower bound of it.
 * rows_unnamed - stacks and addresses shown without names, of too many. */
uint64_t rows_uncounted(const struct rows *r);
uint64_t rows_unknown(const struct rows *r);
uint64_t rows_unnamed(const struct rows *r);
void rows_free(struct rows *r);

void schema_print(FILE *out, const struct tool *t);	/* JSON Schema */
struct ask_map;
/* schema_tallies - the same of @n maps, whose keys are the columns of @t. */
void schema_tallies(FILE *out, const struct tool *t,
		    const struct ask_map *maps, unsigned n);

/* ---- names.c: DNS answers seen ---------------------------------------- */

struct names *names_new(void);
/* names_learn - take the A and AAAA records of a DNS answer (hostile); the
 * question's name is the one kept.  Room for 10,240 addresses, the one not
 * heard of for longest goes. */
void names_learn(struct names *n, const struct dns_event *ev);
/* names_find - the name last asked for that had this address; NULL.
 * *age_ns (may be NULL): how long before @now_ns the answer came; after a day
 * it is forgotten.  Valid until the next names_learn. */
const char *names_find(const struct names *n, const uint8_t addr[16],
		       uint64_t now_ns, uint64_t *age_ns);
void names_free(struct names *n);

/* ---- frames.c: stacks and addresses as text --------------------------- */

enum stack_kind { STACK_KERNEL, STACK_USER, STACK_SYMBOL, STACK_REASON };

/* As long as the frames of nearly all stacks; what has no room is left out
 * with a line of "...". */
#define STACK_TEXT 16384

/* What an id (of STACK_SYMBOL: an address, of STACK_REASON: the number) means,
 * in the words of stack_text(); told before the first row that has it. */
struct stack_event {
	struct event event;
	int64_t id;
	uint32_t pid;		/* STACK_USER: whose, others 0 */
	uint32_t kind;		/* enum stack_kind */
	char text[STACK_TEXT];	/* event.len tells how much there is */
};

struct frames *frames_new(void);	/* NULL: no memory */
/* frames_learn - keep the text of @ev (hostile).  65,536 are kept, those that
 * were used last. */
void frames_learn(struct frames *f, const struct stack_event *ev);
/* frames_find - NULL: not told, or forgotten.  Valid until the next
 * frames_learn. */
const char *frames_find(struct frames *f, uint32_t kind, int64_t id,
			uint32_t pid);
/* frames_show - the same, to be shown (@f may be NULL).  frames_unnamed - how
 * often there was nothing, which may be since it was forgotten. */
const char *frames_show(struct frames *f, uint32_t kind, int64_t id,
			uint32_t pid);
uint64_t frames_unnamed(const struct frames *f);
void frames_free(struct frames *f);

/* ---- reasons.c: why packets are dropped ------------------------------- */

/* The running kernel's names of enum skb_drop_reason; numbers move from one
 * release to the next, and within stable series. */
struct reasons;
#define REASON_TEXT 64
struct reasons *reasons_new(struct env *env);	/* NULL: no memory */
/* reasons_name - of @reason to @buf: the kernel's, our own (REASON_OWN), or
 * its number. */
void reasons_name(const struct reasons *r, uint32_t reason,
		  char buf[REASON_TEXT]);
/* reasons_number - of @name, of @len bytes; 0: the kernel has no such. */
uint32_t reasons_number(const struct reasons *r, const char *name,
			size_t len);
/* reasons_own - the same, one of our own. */
uint32_t reasons_own(const char *name);
/* reasons_names - by number, "" where there is none, and NULL. */
const char *const *reasons_names(struct reasons *r);
void reasons_free(struct reasons *r);

/* ---- counters.c: what the kernel counted meanwhile ---------------------- */

#define COUNTER_NAME 64

struct counter {
	char name[COUNTER_NAME];	/* "TcpInCsumErrors", "eth0.rx_drop" */
	uint64_t value;
};

struct counter_list {
	struct counter *c;
	size_t n, room;
};

/*
 * counters_parse - add what @text, of @len bytes, says: the file @file of
 * /proc/net, one of snmp, netstat, snmp6, dev (errors and drops alone) and
 * softnet_stat (the sums of all processors).  What is no counter is skipped,
 * as is what only tells how many there are now.  -ENOENT: no such file is
 * known; -ENOMEM.
 */
int counters_parse(struct counter_list *l, const char *file, const char *text,
		   size_t len);
/* counters_moved - how far @after, the @i-th of its list, is from what
 * @before says; what that has not got began at 0.  What is less now has begun
 * anew, as of a device that was made again, or was 32 bits wide and is around. */
uint64_t counters_moved(const struct counter_list *before,
			const struct counter *after, size_t i);
/* counters_wanted - does @name end with one of @ends (struct tool.counted)?
 * NULL: any does. */
bool counters_wanted(const char *const *ends, const char *name);
/*
 * counters_open - those of @t, as they are now, of the namespaces of @f; a
 * namespace that no process lives in has none, which is said.  NULL: no
 * memory, or @t has none.
 * counters_stop - as they are now, at the end.
 */
struct counters *counters_open(const struct tool *t, const struct filters *f);
void counters_stop(struct counters *c);
void counters_close(struct counters *c);

/* One that has moved. */
struct counter_move {
	const char *name;
	uint64_t delta;
	double per_second;
	uint32_t netns;		/* 0: unknown */
};
/* counters_next - from *@at on, at first 0; false: no more. */
bool counters_next(const struct counters *c, size_t *at,
		   struct counter_move *m);

/* ---- capture.c: -W and replay ----------------------------------------- */

/* A map that was tallied. */
struct ask_map {
	const char *name;	/* of the part; "": there is but one */
	const char *unit;	/* of the value: "bytes", "ns" or "" */
	const struct ask *ask;
};

struct capture_info {
	const char *tool;	/* name */
	const char *version;	/* of sockeye */
	char machine[65], release[65];
	uint64_t map_entries;
	struct clocks clocks;
	int64_t boot_offset_ns;	/* CLOCK_BOOTTIME - CLOCK_MONOTONIC */
	/* Of tallies, whose rows are what was printed (ask_record.h): the
	 * maps; none: rows are rows. */
	const struct ask_map *maps;
	unsigned nmaps;
	bool intervals;		/* printed more than once */
};

struct capture;
/* capture_has_stdout - -W -: nothing else may be printed there. */
bool capture_has_stdout(const struct options *o);
/* capture_create - FILE must not exist or be a regular file; "-": stdout.
 * Written to a temporary name beside it and renamed by capture_close when
 * whole?  No: captures are append-only records, readable up to the last
 * whole one, so a killed run keeps what it had. */
int capture_create(struct capture **out, const char *file,
		   const struct tool *t, const struct capture_info *info,
		   struct err *e);
/* capture_event, capture_losses - into a buffer; 0 or a negative errno, which
 * stays once output has failed.  Losses that have not changed are not written
 * again. */
int capture_event(struct capture *c, const struct event *ev);
int capture_losses(struct capture *c, const struct losses *l);
/* capture_clocks - they are not what they were, for what follows. */
int capture_clocks(struct capture *c, const struct capture_info *info);
/* capture_flush - to the file; after each drained batch. */
int capture_flush(struct capture *c);
/* capture_close - mark the end, flush, close, free @c in any case; tells the
 * first failure there was (ENOSPC); that a pipe is closed is none. */
int capture_close(struct capture *c, struct err *e);

/*
 * capture_open - read a capture back.  The event layout in the file is
 * described by the file itself: fields are matched to the tool's columns by
 * key; what the tool no longer knows is skipped, what it newly has is
 * unknown (C_ABSENT).  Any byte order; numbers of errors and enums become
 * this build's by name.  *@t is a copy of the tool, made to fit the capture;
 * it and the strings of @info live until capture_free.  @info has to live as
 * long: capture_next changes its clocks where they did.  "-" is stdin.
 */
int capture_open(struct capture **out, const char *file,
		 const struct tool **t, struct capture_info *info,
		 struct err *e);
/* capture_open_stream - the same of @file that was opened, and is taken over;
 * NULL: errno tells why it was not. */
int capture_open_stream(struct capture **out, FILE *in, const char *file,
			const struct tool **t, struct capture_info *info,
			struct err *e);
/* capture_next - 1: @ev (valid until the next call, in this machine's order
 * and the tool's present layout), 2: @losses, 0: end; negative: -ENODATA cut
 * short (the run was killed), others damaged (@e tells where); what came
 * before stands. */
int capture_next(struct capture *c, const struct event **ev,
		 struct losses *losses, struct err *e);
void capture_free(struct capture *c);

/* ---- netns.c, cgroup.c, seeds.c --------------------------------------- */

/* netns_parse - NAME (of ip netns), PID, PATH or inode:N to its inode. */
int netns_parse(const char *text, uint32_t *inum, struct err *e);
/* netns_of_pid - inode of the one that process @pid ("4711", "self") lives in;
 * 0 with errno when it cannot be seen. */
uint32_t netns_of_pid(const char *pid);
/* cgroup_parse - PATH below the cgroup v2 mount, or a number, to its id. */
int cgroup_parse(const char *text, uint64_t *id, struct err *e);

/*
 * seeds_fill - put the owners of TCP sockets, and with @udp of UDP's, that are
 * open now into the map @fd (cookie -> struct seed), from sock_diag of every
 * network namespace and /proc/PID/fd, and what went through them into the map
 * @before (cookie -> struct before; -1: none).  Looks only where @f can match.
 * Returns how many owners, with @e->no set when there are more; or a negative
 * errno.  Never fatal.
 */
int seeds_fill(int fd, int before, const struct filters *f, bool udp,
	       struct err *e);

/* ---- sources: rows that come from no program --------------------------- */

/* A row; other than 0: no more. */
typedef int source_fn(void *ctx, const void *event, size_t len);

/* Where rows of a source go. */
struct row_sink {
	const struct options *o;
	uint64_t ns;			/* what they are stamped */
	source_fn *fn;
	void *ctx;
	struct losses *losses;
};

/*
 * source_take - tell @sink of each row of @source (snapshot.h) that there is
 * at the moment and that the filters let pass.  What is left out since it is
 * not known whether they do is added to the losses.  0, with e->msg set when
 * not all could be seen, or a negative errno.
 */
int source_take(const struct row_source *source, const struct row_sink *sink,
		struct err *e);

/* ---- run.c ------------------------------------------------------------ */

int tool_main(const struct tool *t, int argc, char **argv);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * live - makes a known number of events, runs `sockeye TOOL` beside them and
 * compares what was shown, row by row and field by field, with what was made.
 *
 * Stands alone (no libcheck, nothing of sockeye): it must also run as the only
 * other program of an initramfs, on any machine.
 *
 *   main.c      cases, one process each, and their verdicts
 *   tool.c      runs sockeye and collects what it says
 *   table.c     CSV, json.c strict JSON, told.c sums of it
 *   witness.c   what the kernel counts of sockeye's programs and maps
 *   net.c       namespaces, addresses, veth; drop.c drops packets,
 *               deny.c denies sockets
 *   qdisc.c     queueing disciplines: netem, tbf, red ...
 *   addr.c      addresses of sockets
 *   agent.c     a process that does socket calls when told, and counts bytes
 *   nameserver.c  DNS messages, and a name server's sockets
 *   dnswire.c   queries and answers in every way
 *   segment.c   TCP segments that no socket sends
 *   distract.c  what else it does while a socket connects
 *   tcpinfo.c   what TCP_INFO tells of a socket
 *   look.c      what there is, of tools that list it
 *   pair.c      a client and a server at the ends of a veth pair
 *   traffic.c   scripts of agents: connections whose truth is known
 *   connects.c  calls of connect(2) with every outcome
 *   burst.c     as many connections as two processes can make
 *   compare.c   truth against rows
 *   case_*.c    the cases
 */
#ifndef SOCKEYE_LIVE_H
#define SOCKEYE_LIVE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "cases.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define NSEC 1000000000ull
#define MSEC 1000000ull
#define DIFFS 10		/* differences explained per case */
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Seconds until something that must happen has not; an emulated machine is
 * fifty times slower than the one these were tried on. */
#define PATIENCE 120

/* ---- a case ------------------------------------------------------------ */

/* What a case leaves behind; in memory shared with main. */
struct result {
	unsigned ndiffs;	/* all, of which DIFFS are explained */
	bool done, skipped;
	char summary[400];
	char diff[DIFFS][512];
};

/* What a case is given.  One process per case. */
struct test {
	const char *sockeye;	/* path of the program under test */
	unsigned count;		/* connections to make */
	unsigned burst;		/* connections of the burst */
	unsigned seconds;	/* how long the soak takes */
	bool system_wide;	/* no --netns: whatever happens is ours */
	const char *extra[64];	/* further arguments of sockeye */
	unsigned nextra;
	const char *truth;	/* write what was made to this file, or NULL */
	int host_ns;		/* network namespace live was started in; -1 */
	struct result *res;
};

struct live_case {
	const char *name, *what;
	unsigned seconds;	/* then it is ended and has failed */
	void (*run)(struct test *t);
	bool by_name;		/* only when asked for */
};

/* NAME_cases ends with name NULL; one table per case_NAME.c, and a line in
 * cases.h. */
#define X(name) extern const struct live_case name##_cases[];
CASE_TABLES(X)
#undef X

/* differ - one difference between made and shown; the case has failed. */
void differ(struct test *t, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* fatal - the same, and there is no point in going on. */
void fatal(struct test *t, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), noreturn));
/* skip - this environment lacks what the case needs. */
void skip(struct test *t, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), noreturn));
/* summary - what the verdict's line says after the name; adds to it. */
void summary(struct test *t, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* test_few - make fewer connections than are asked for, a prime where those
 * are 1009: other cases make them all.  How many. */
unsigned test_few(struct test *t);

/* test_hides - has sockeye been told --config @word? */
bool test_hides(const struct test *t, const char *word);
/* test_btf - does the kernel tell its types?  test_types - and has it fexit, by
 * which alone what happens in soft-irqs is seen whole? */
bool test_btf(const struct test *t);
bool test_types(const struct test *t);
/* test_probes - can any of its functions be watched? */
bool test_probes(const struct test *t);

/* ---- util.c ------------------------------------------------------------ */

uint64_t now_ns(void);			/* CLOCK_MONOTONIC */
void nap_ms(unsigned ms);
/* slurp - all of a file as a string the caller frees; NULL and errno. */
char *slurp(const char *path);
char *slurp_fd(int fd, size_t *len);	/* from offset 0 */
/* spew - write @text to a file that exists; 0 or -errno. */
int spew(const char *path, const char *text);
/* readable - wait until @fd has something (or its end); false on timeout. */
bool readable(int fd, unsigned ms);
/* reap - wait for our own child at most @ms, then kill it; wait status. */
int reap(pid_t pid, unsigned ms, bool *killed);
/* cgroup_path - where our cgroup v2 is; false: no such tree mounted.
 * cgroup_own - its id, or 0. */
bool cgroup_path(char *buf, size_t size);
uint64_t cgroup_own(void);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t n, size_t size);
/* temp_path - a name for a new file in TMPDIR or /tmp; temp_sweep - what the
 * case @pid left there, and below, goes. */
void temp_path(char *buf, size_t size, const char *what);
void temp_sweep(pid_t pid);

/* ---- tool.c: sockeye --------------------------------------------------- */

struct tool {
	struct test *t;
	pid_t pid;
	int out;		/* stdout of it: a memory file of ours, or
				   what the caller put here before the start */
	int err;
	uint32_t netns;		/* --netns; 0: none */
	bool verb;		/* no ready descriptor, no --netns, no extra */
	bool may_lack;		/* a kernel that cannot (3): skip the case */
	char name[64];		/* as in "tcplife" */
	int status;		/* wait status, once ended */
	char *text, *talk;	/* stdout and stderr, once ended */
	size_t len;
};

void tool_init(struct tool *r, struct test *t, uint32_t netns);
/* tool_start - run `sockeye NAME ARGS...` and return when it is ready. */
void tool_start(struct tool *r, const char *name, const char *const *args);
/* tool_stop - send @sig (0: it ends by itself) and collect; exit status 0 and
 * no losses are asserted by tool_check_clean alone. */
void tool_stop(struct tool *r, int sig);
void tool_check_exit(struct tool *r, int code);
void tool_check_clean(struct tool *r);
/* tool_replayed - what @r, run with --csv, recorded at @path is shown as it was
 * live; the file is removed. */
void tool_replayed(struct tool *r, const char *path);
void tool_release(struct tool *r);
#define ARGS(...) (const char *const[]){ __VA_ARGS__, NULL }

/* ---- witness.c --------------------------------------------------------- */

/* witness_open - a descriptor; while it is open the kernel counts runs
 * (Linux 5.8; else negative). */
int witness_open(void);
/* witness_runs - of the program called @prog of the running tool: how often
 * its hook was passed, runs that the kernel skipped included. */
uint64_t witness_runs(const struct tool *r, const char *prog);
/* witness_entries - in all hash maps of the running tool; -1: it shows none.
 * @told: which have how many. */
int64_t witness_entries(const struct tool *r, char *told, size_t size);

/* ---- told.c: what was shown, and what was not -------------------------- */

struct told {
	uint64_t rows, shown, lost, owners_full, state_full, unattributed,
		 missed;
	uint64_t tx_bytes;	/* of the rows, where they have it */
	bool ended;
};

/* told_add - a line of NDJSON, with lport in its rows. */
void told_add(struct test *t, struct told *told, const char *line, size_t len);
/* told_check - rows and losses that were told make @made. */
void told_check(struct test *t, const struct told *told, uint64_t made);

/* ---- table.c: CSV ------------------------------------------------------ */

struct table {
	char *buf;
	char **cells;		/* header first */
	unsigned ncols, nrows;	/* rows without the header */
};

/* table_parse - RFC 4180; false after differ(). */
bool table_parse(struct table *tb, struct test *t, const char *csv);
int table_col(const struct table *tb, const char *key);	/* -1: none */
/* table_cell - of row 0.. nrows - 1; "" when there is no such column. */
const char *table_cell(const struct table *tb, unsigned row, const char *key);
bool cell_u64(const char *cell, uint64_t *v);	/* all digits */
/* table_matches - has the row, for each key of the pairs, the value?
 * table_count - how many have; table_sum - @column of them, which must be
 * numbers. */
bool table_matches(const struct table *tb, unsigned row,
		   const char *const *pairs);
unsigned table_count(const struct table *tb, const char *const *pairs);
uint64_t table_sum(const struct table *tb, struct test *t, const char *column,
		   const char *const *pairs);
/* table_want - those that have, their @column summed, are @made. */
void table_want(const struct table *tb, struct test *t, uint64_t made,
		const char *column, const char *const *pairs);
/* table_made - stop @r, whose rows are to be @n and each as @check wants it.
 * False: there is no table; else to be released. */
bool table_made(struct table *tb, struct tool *r, unsigned n,
		void (*check)(void *made, const struct table *tb, unsigned row),
		void *made);
void table_release(struct table *tb);

/* ---- json.c: one line of NDJSON ---------------------------------------- */

#define JSON_FIELDS 96

/* An object without nesting: what sockeye prints. */
struct json {
	unsigned n;
	struct { char key[40], value[256], kind; } f[JSON_FIELDS];
	const char *why;	/* it is not JSON because */
};
/* kind: 's' string, 'n' number, 'b' true or false, '0' null */

/* json_parse - strict (RFC 8259), of a flat object of @len bytes. */
bool json_parse(struct json *j, const char *line, size_t len);
/* json_get - value, or NULL when there is no such key. */
const char *json_get(const struct json *j, const char *key);
uint64_t json_u64(const struct json *j, const char *key);	/* 0: none */

#endif

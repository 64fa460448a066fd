/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * trace, count, sum, stats, hist, lhist: hooks that are passed a known number
 * of times, with known values.
 */
#include "traffic.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Rows of CSV in which @key is @value (NULL: all), their @column summed. */
static uint64_t sum(struct test *t, const char *csv, const char *key,
		    const char *value, const char *column)
{
	uint64_t total = 0, n;
	struct table tb;
	unsigned i;

	if (!table_parse(&tb, t, csv))
		return 0;
	for (i = 0; i < tb.nrows; i++) {
		if (key && strcmp(table_cell(&tb, i, key), value))
			continue;
		if (cell_u64(table_cell(&tb, i, column), &n))
			total += n;
		else
			differ(t, "%s is '%s'", column,
			       table_cell(&tb, i, column));
	}
	table_release(&tb);
	return total;
}

static void expect(struct test *t, const char *csv, const char *key,
		   const char *value, const char *column, uint64_t made)
{
	uint64_t shown = sum(t, csv, key, value, column);

	if (shown != made)
		differ(t, "%s of %s %s: %" PRIu64 " shown, %" PRIu64 " made",
		       column, key ? key : "all", key ? value : "", shown,
		       made);
}

/* ---- connections -------------------------------------------------------- */

/* Each session has one connect(2). */
static void ask_connects(struct test *t)
{
	struct traffic tr;
	struct tool r;
	char pid[16];

	test_few(t);
	traffic_init(&tr, t);
	tool_init(&r, t, tr.ns.inum);
	snprintf(pid, sizeof(pid), "%d", (int)tr.cli.pid);
	tool_start(&r, "count", ARGS("--csv", "--by", "pid,comm,uid",
				     "t:syscalls:sys_enter_connect"));
	traffic_make(&tr, t->count);
	traffic_idle(&tr);
	tool_stop(&r, SIGINT);
	tool_check_clean(&r);
	expect(t, r.text, NULL, NULL, "count", t->count);
	expect(t, r.text, "pid", pid, "count", t->count);
	expect(t, r.text, "comm", CLIENT_COMM, "count", t->count);
	expect(t, r.text, "uid", "4201", "count", t->count);
	summary(t, "%u connects made and counted, by whom", t->count);
	tool_release(&r);
	traffic_release(&tr);
}

/* The socket, and what is read of it: at connect(2) it is a process that
 * changes the state. */
static void ask_sockets(struct test *t)
{
	unsigned n4 = 0, i;
	struct traffic tr;
	struct tool r;

	test_few(t);
	traffic_init(&tr, t);
	tool_init(&r, t, tr.ns.inum);
	tool_start(&r, "count", ARGS("--csv", "--by",
				     "family,state,protocol,arg1:s32",
				     "--where", "arg2==2",
				     "rt:inet_sock_set_state"));
	traffic_make(&tr, t->count);
	traffic_idle(&tr);
	tool_stop(&r, SIGINT);
	tool_check_clean(&r);
	for (i = 0; i < tr.nends; i++)
		n4 += !tr.ends[i].server && !strcmp(tr.ends[i].ip, "4");
	expect(t, r.text, NULL, NULL, "count", t->count);
	expect(t, r.text, "family", "AF_INET", "count", n4);
	expect(t, r.text, "family", "AF_INET6", "count", t->count - n4);
	expect(t, r.text, "protocol", "TCP", "count", t->count);
	summary(t, "%u connects, %u of them IPv4", t->count, n4);
	tool_release(&r);
	traffic_release(&tr);
}

/* ---- a process that writes ---------------------------------------------- */

static const unsigned sizes[] = { 1, 2, 3, 512, 4096, 65536 };
#define ROUNDS 37
#define BAD 5		/* writes that fail */

struct writer {
	struct test *t;
	pid_t pid;
	int go;
	char text[16];		/* its pid */
};

static void __attribute__((noreturn)) writes(int go)
{
	static char data[65536];
	int null = open("/dev/null", O_WRONLY);
	unsigned n, i;
	char c;

	if (read(go, &c, 1) != 1)
		_exit(1);
	for (n = 0; n < ROUNDS; n++)
		for (i = 0; i < ARRAY_SIZE(sizes); i++)
			if (write(null, data, sizes[i]) != (ssize_t)sizes[i])
				_exit(1);
	for (n = 0; n < BAD; n++)
		if (write(-1, data, 1) != -1)
			_exit(1);
	_exit(0);
}

/* It is there, so that -p can name it, and waits. */
static void writer_start(struct writer *w, struct test *t)
{
	int fds[2];

	w->t = t;
	if (pipe(fds))
		fatal(t, "no pipe");
	w->pid = fork();
	if (w->pid < 0)
		fatal(t, "no process");
	if (!w->pid) {
		close(fds[1]);
		writes(fds[0]);
	}
	close(fds[0]);
	w->go = fds[1];
	snprintf(w->text, sizeof(w->text), "%d", (int)w->pid);
}

static void writer_run(struct writer *w)
{
	bool killed;

	if (write(w->go, "", 1) != 1)
		fatal(w->t, "the writer is gone");
	close(w->go);
	if (reap(w->pid, PATIENCE * 1000, &killed) || killed)
		differ(w->t, "the writer failed");
}

/* `sockeye VERB --csv -p WRITER ARGS...` while it writes; its CSV. */
static void ask_writer_in(const char *form, struct tool *r, struct test *t,
			  const char *verb, const char *const *args)
{
	const char *argv[16] = { form, "-p", NULL };
	struct writer w;
	unsigned n = 3;

	writer_start(&w, t);
	argv[2] = w.text;
	while (*args && n < ARRAY_SIZE(argv) - 1)
		argv[n++] = *args++;
	argv[n] = NULL;
	tool_init(r, t, 0);
	tool_start(r, verb, argv);
	writer_run(&w);
	tool_stop(r, SIGINT);
	tool_check_clean(r);
}

static void ask_writer(struct tool *r, struct test *t, const char *verb,
		       const char *const *args)
{
	ask_writer_in("--csv", r, t, verb, args);
}

#define EXIT_WRITE "t:syscalls:sys_exit_write"
#define ENTER_WRITE "t:syscalls:sys_enter_write"

static void ask_sums(struct test *t)
{
	uint64_t bytes = 0;
	struct tool r;
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		bytes += sizes[i] * ROUNDS;
	ask_writer(&r, t, "stats", ARGS("--of", "args.ret", "--where",
					"args.ret>0", EXIT_WRITE));
	expect(t, r.text, NULL, NULL, "total", bytes);
	expect(t, r.text, NULL, NULL, "count", ROUNDS * ARRAY_SIZE(sizes));
	tool_release(&r);
	ask_writer(&r, t, "count", ARGS("--where", "args.ret<0", "--by",
					"args.ret", EXIT_WRITE));
	expect(t, r.text, "args.ret", "-9", "count", BAD);
	expect(t, r.text, NULL, NULL, "count", BAD);
	tool_release(&r);
	summary(t, "%" PRIu64 " bytes written and summed, %u failures told "
		"apart", bytes, BAD);
}

static void ask_hists(struct test *t)
{
	static const struct { const char *lo; unsigned n; } want[] = {
		{ "1", ROUNDS }, { "2", 2 * ROUNDS }, { "512", ROUNDS },
		{ "4096", ROUNDS }, { "65536", ROUNDS }, { "", BAD },
	};
	struct tool r;
	unsigned i;

	ask_writer(&r, t, "hist", ARGS("--of", "args.ret", EXIT_WRITE));
	for (i = 0; i < ARRAY_SIZE(want); i++)
		expect(t, r.text, "lo", want[i].lo, "count", want[i].n);
	expect(t, r.text, NULL, NULL, "count",
	       ROUNDS * ARRAY_SIZE(sizes) + BAD);
	tool_release(&r);
	ask_writer(&r, t, "lhist", ARGS("--of", "args.ret", "--range",
					"0,1000,100", EXIT_WRITE));
	expect(t, r.text, "lo", "0", "count", 3 * ROUNDS);
	expect(t, r.text, "lo", "500", "count", ROUNDS);
	expect(t, r.text, "lo", "1000", "count", 2 * ROUNDS);
	expect(t, r.text, "lo", "", "count", BAD);
	tool_release(&r);
	summary(t, "%u writes of %u sizes in their buckets",
		(unsigned)(ROUNDS * ARRAY_SIZE(sizes)) + BAD,
		(unsigned)ARRAY_SIZE(sizes));
}

static bool is_line(const char *line, const char *type)
{
	char want[48];

	snprintf(want, sizeof(want), "{\"tool\":\"count\",\"type\":\"%s\",",
		 type);
	return !strncmp(line, want, strlen(want));
}

/* What programs read begins and ends as rows do, live and replayed. */
static void expect_stream(const struct tool *r)
{
	const char *text = r->text ? r->text : "", *end = text, *next;

	while ((next = strchr(end, '\n')) && next[1])
		end = next + 1;
	if (!strstr(text, "\"type\":\"group\"") || !is_line(text, "start") ||
	    !is_line(end, "end"))
		differ(r->t, "not from start to end: %.60s ... %.60s", text,
		       end);
}

static void ask_stream(struct test *t, const char *path)
{
	struct tool r;

	ask_writer_in("-j", &r, t, "count", ARGS("-W", path, EXIT_WRITE));
	expect_stream(&r);
	tool_release(&r);
	tool_init(&r, t, 0);
	r.verb = true;
	tool_start(&r, "replay", ARGS(path, "-j"));
	tool_stop(&r, 0);
	tool_check_clean(&r);
	expect_stream(&r);
	tool_release(&r);
	unlink(path);
}

/* Tallies, too, are recorded as they were printed. */
static void ask_recorded(struct test *t)
{
	char path[256];
	struct tool r;

	temp_path(path, sizeof(path), "capture");
	unlink(path);
	ask_writer(&r, t, "hist", ARGS("--of", "args.ret", "-i", "0.05", "--by",
				       "probe,comm,kstack", "-W", path,
				       EXIT_WRITE));
	expect(t, r.text, NULL, NULL, "count",
	       ROUNDS * ARRAY_SIZE(sizes) + BAD);
	tool_replayed(&r, path);
	summary(t, "%zu bytes of buckets, live and replayed", r.len);
	tool_release(&r);
	ask_stream(t, path);
}

/* From a call's start to its end, as often as there are calls. */
static void ask_latency(struct test *t)
{
	unsigned n = ROUNDS * ARRAY_SIZE(sizes) + BAD;
	struct tool r;

	ask_writer(&r, t, "stats", ARGS("--latency", "--by", "comm",
					ENTER_WRITE, EXIT_WRITE));
	expect(t, r.text, NULL, NULL, "count", n);
	if (!sum(t, r.text, NULL, NULL, "total"))
		differ(t, "no time has passed");
	summary(t, "%u calls timed", n);
	tool_release(&r);
}

/* Intervals lose nothing, and a hook that is named twice counts once. */
static void ask_intervals(struct test *t)
{
	unsigned n = ROUNDS * ARRAY_SIZE(sizes) + BAD;
	struct tool r;

	ask_writer(&r, t, "count", ARGS("-i", "0.05", "--by", "pid",
					EXIT_WRITE, EXIT_WRITE,
					"t:syscalls:sys_exit_writ?"));
	expect(t, r.text, NULL, NULL, "count", n);
	summary(t, "%u calls over some intervals", n);
	tool_release(&r);
}

/* ---- rows ---------------------------------------------------------------- */

/* Lines are there while it runs: wait for @n of them and the header. */
static void wait_lines(struct tool *r, unsigned n)
{
	uint64_t end = now_ns() + PATIENCE * NSEC;
	unsigned lines;
	char *text, *p;

	do {
		nap_ms(10);
		lines = 0;
		text = slurp_fd(r->out, NULL);
		for (p = text; p && (p = strchr(p, '\n')); p++)
			lines++;
		free(text);
	} while (lines < n + 1 && now_ns() < end);
	if (lines != n + 1)
		differ(r->t, "%u lines while it runs, not %u", lines, n + 1);
}

/* Rows of @csv in which @key contains @part. */
static unsigned rows_with(struct test *t, const char *csv, const char *key,
			  const char *part)
{
	struct table tb;
	unsigned i, n = 0;

	if (!table_parse(&tb, t, csv))
		return 0;
	for (i = 0; i < tb.nrows; i++)
		n += strstr(table_cell(&tb, i, key), part) != NULL;
	table_release(&tb);
	return n;
}

static void expect_rows(struct test *t, const char *csv, const char *key,
			const char *part, unsigned made)
{
	unsigned shown = rows_with(t, csv, key, part);

	if (shown != made)
		differ(t, "%u rows with %s in %s, not %u", shown, part, key,
		       made);
}

/* Each session is accepted once: a line, with who did it and where. */
static void ask_trace(struct test *t)
{
	struct traffic tr;
	struct tool r;
	char pid[16];

	test_few(t);
	traffic_init(&tr, t);
	tool_init(&r, t, tr.ns.inum);
	snprintf(pid, sizeof(pid), "%d", (int)tr.srv.pid);
	tool_start(&r, "trace", ARGS("--csv", "--where", "args.ret>=0",
				     "t:syscalls:sys_exit_accept*"));
	traffic_make(&tr, t->count);
	traffic_idle(&tr);
	wait_lines(&r, t->count);
	tool_stop(&r, SIGINT);
	tool_check_clean(&r);
	expect_rows(t, r.text, "pid", "", t->count);
	expect_rows(t, r.text, "pid", pid, t->count);
	expect_rows(t, r.text, "comm", SERVER_COMM, t->count);
	expect_rows(t, r.text, "probe", "tracepoint:syscalls/sys_exit_accept",
		    t->count);
	summary(t, "%u accepts made and printed, by whom", t->count);
	tool_release(&r);
	traffic_release(&tr);
}

/* How the kernel got there: a state that connect(2) sets. */
static void ask_stacks(struct test *t)
{
	unsigned v4 = 0, v6 = 0, i;
	struct traffic tr;
	char path[256];
	struct tool r;

	test_few(t);
	temp_path(path, sizeof(path), "capture");
	unlink(path);
	traffic_init(&tr, t);
	tool_init(&r, t, tr.ns.inum);
	tool_start(&r, "trace", ARGS("--csv", "--by", "comm,probe,kstack",
				     "--where", "arg2==2", "-W", path,
				     "rt:inet_sock_set_state"));
	traffic_make(&tr, t->count);
	traffic_idle(&tr);
	tool_stop(&r, SIGINT);
	tool_check_clean(&r);
	/* IPv4 on an IPv6 socket goes through both */
	for (i = 0; i < tr.nends; i++) {
		if (tr.ends[i].server)
			continue;
		v4 += strchr(tr.ends[i].ip, '4') != NULL;
		v6 += strchr(tr.ends[i].ip, '6') != NULL;
	}
	expect_rows(t, r.text, "comm", CLIENT_COMM, t->count);
	expect_rows(t, r.text, "kstack_err_name", "E", 0);
	expect_rows(t, r.text, "kstack", "tcp_v4_connect+", v4);
	expect_rows(t, r.text, "kstack", "tcp_v6_connect+", v6);
	expect_rows(t, r.text, "kstack", "sys_connect+", t->count);
	tool_replayed(&r, path);
	summary(t, "%u connects, the stack of each, live and replayed",
		t->count);
	tool_release(&r);
	traffic_release(&tr);
}

/* The time from a call's start to its end, in a row of each. */
static void ask_times(struct test *t)
{
	unsigned n = ROUNDS * ARRAY_SIZE(sizes) + BAD, i;
	struct table tb;
	struct tool r;
	uint64_t ns;

	ask_writer(&r, t, "trace", ARGS("--latency", "--by", "comm,args.ret",
					ENTER_WRITE, EXIT_WRITE));
	expect(t, r.text, "args.ret", "65536", "args.ret", 65536 * ROUNDS);
	expect_rows(t, r.text, "args.ret", "-9", BAD);
	if (table_parse(&tb, t, r.text)) {
		if (tb.nrows != n)
			differ(t, "%u rows, %u calls", tb.nrows, n);
		for (i = 0; i < tb.nrows; i++)
			if (!cell_u64(table_cell(&tb, i, "latency"), &ns) ||
			    !ns || ns > PATIENCE * NSEC)
				differ(t, "it took '%s'",
				       table_cell(&tb, i, "latency"));
		table_release(&tb);
	}
	summary(t, "%u calls timed, a row each", n);
	tool_release(&r);
}

/* A word that is wrong is quoted, with what exists. */
static void ask_mistakes(struct test *t)
{
	static const struct {
		int code;
		const char *args[6], *says;
	} m[] = {
		{ 2, { "k:" }, "'k:'" },
		{ 2, { "x:y" }, "'x:y'" },
		{ 2, { NULL }, "which hook?" },
		{ 3, { "t:syscalls:sys_enter_conect" }, "sys_enter_conect" },
		{ 2, { "--by", "pidd", ENTER_WRITE }, "'pidd'" },
		{ 2, { "--where", "args.fd=3", ENTER_WRITE }, "==" },
		{ 2, { "--by", "args.fdd", ENTER_WRITE }, "fdd" },
		{ 2, { "--of", "args.fd", ENTER_WRITE }, "--of" },
	};
	struct tool r;
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(m); i++) {
		tool_init(&r, t, 0);
		r.verb = true;
		tool_start(&r, "count", m[i].args);
		tool_stop(&r, 0);
		tool_check_exit(&r, m[i].code);
		if (!r.talk || !strstr(r.talk, m[i].says) ||
		    strchr(r.talk, '\n'))
			differ(t, "not one line with %s: %s", m[i].says,
			       r.talk ? r.talk : "");
		tool_release(&r);
	}
	summary(t, "%u wrong requests, a line each",
		(unsigned)ARRAY_SIZE(m));
}

const struct live_case ask_cases[] = {
	{ "ask-connects", "connects counted by process", 600, ask_connects,
	  true },
	{ "ask-sockets", "what is read of sockets", 600, ask_sockets, true },
	{ "ask-intervals", "nothing lost, nothing twice", 300, ask_intervals,
	  true },
	{ "ask-sums", "values summed, failures told apart", 300, ask_sums,
	  true },
	{ "ask-hists", "sizes in their buckets", 300, ask_hists, true },
	{ "ask-recorded", "tallies replayed", 300, ask_recorded, true },
	{ "ask-latency", "time between two hooks", 300, ask_latency, true },
	{ "ask-trace", "accepts printed as they happen", 600, ask_trace, true },
	{ "ask-stacks", "rows with the kernel's stack", 600, ask_stacks,
	  true },
	{ "ask-times", "rows with what a call took", 300, ask_times, true },
	{ "ask-mistakes", "wrong requests", 300, ask_mistakes, true },
	{ NULL, NULL, 0, NULL, false },
};

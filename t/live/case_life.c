/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* tcplife: every session, both ends of it. */
#include "traffic.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void tcplife(struct test *t)
{
	struct beside b = { .name = "tcplife", .n = t->count,
			    .want = want_all, .fields = W_ALL | W_CGROUP };
	struct traffic tr;
	unsigned n;

	traffic_init(&tr, t);
	n = beside(&tr, &b);
	summary(t, "%u sessions made, %u ends shown, %u of them over before "
		"they were accepted", t->count, n, tr.dead);
	traffic_release(&tr);
}

static void tcplife_pid(struct test *t)
{
	char pid[16];
	struct beside b = { .name = "tcplife", .args = ARGS("-p", pid),
			    .n = t->count, .want = want_clients,
			    .fields = W_ALL };
	struct traffic tr;
	unsigned n;

	traffic_init(&tr, t);
	snprintf(pid, sizeof(pid), "%d", (int)tr.cli.pid);
	n = beside(&tr, &b);
	summary(t, "%u sessions made, %u shown of process %s", t->count, n,
		pid);
	traffic_release(&tr);
}

/* ---- NDJSON ------------------------------------------------------------ */

struct stream {
	unsigned rows, starts, ends, others;
	uint64_t shown, lost;
};

static void json_line(struct test *t, struct stream *s, const char *line,
		      size_t len)
{
	static struct json j;
	const char *type, *tool;

	if (!json_parse(&j, line, len)) {
		differ(t, "not JSON, %s: %.*s", j.why, (int)len, line);
		return;
	}
	type = json_get(&j, "type");
	tool = json_get(&j, "tool");
	if (!type || !tool || strcmp(tool, "tcplife")) {
		differ(t, "no type or tool in %.*s", (int)len, line);
		return;
	}
	if (!strcmp(type, "end")) {
		s->ends++;
		s->shown = json_u64(&j, "shown");
		s->lost = json_u64(&j, "lost");
		if (!json_get(&j, "shown") || !json_get(&j, "lost"))
			differ(t, "the end does not tell: %.*s", (int)len,
			       line);
	} else if (!strcmp(type, "start")) {
		s->starts++;
	} else if (json_get(&j, "lport")) {
		s->rows++;
		if (s->ends)
			differ(t, "a row follows the end");
	} else {
		s->others++;
	}
}

static void tcplife_json(struct test *t)
{
	struct stream s = { 0 };
	const char *line, *end;
	struct traffic tr;
	struct tool r;

	test_few(t);
	traffic_init(&tr, t);
	tool_init(&r, t, tr.ns.inum);
	tool_start(&r, "tcplife", ARGS("-j", "-x"));
	traffic_make(&tr, t->count);
	traffic_idle(&tr);
	tool_stop(&r, SIGINT);
	tool_check_clean(&r);
	for (line = r.text; line && *line; line = end + 1) {
		end = strchr(line, '\n');
		if (!end) {
			differ(t, "last line is not ended");
			break;
		}
		json_line(t, &s, line, end - line);
	}
	if (s.starts != 1 || s.ends != 1)
		differ(t, "%u start lines and %u end lines", s.starts, s.ends);
	if (s.rows != tr.nends || s.shown != s.rows || s.lost)
		differ(t, "%u ends made, %u rows, the end line says %llu "
		       "shown, %llu lost", tr.nends, s.rows,
		       (unsigned long long)s.shown,
		       (unsigned long long)s.lost);
	summary(t, "%u lines, all JSON, %u rows of %u sessions",
		s.rows + s.starts + s.ends + s.others, s.rows, t->count);
	tool_release(&r);
	traffic_release(&tr);
}

/* ---- older than the tool ----------------------------------------------- */

/* What @pid has open is open here, too (Linux 5.6). */
static void take_files(pid_t pid)
{
#if defined(SYS_pidfd_open) && defined(SYS_pidfd_getfd)
	int fd = syscall(SYS_pidfd_open, pid, 0);

	for (int i = 3; fd >= 0 && i < 512; i++)
		syscall(SYS_pidfd_getfd, fd, i, 0);
#else
	(void)pid;
#endif
}

/* A younger process, that /proc has behind both ends, and their sockets. */
static pid_t sharer(const struct traffic *tr)
{
	int ready[2];
	pid_t pid;
	char c;

	if (pipe(ready) || (pid = fork()) < 0)
		fatal(tr->t, "no process to share sockets: %m");
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (tr->ns.fd >= 0)
			setns(tr->ns.fd, CLONE_NEWNET);
		take_files(tr->cli.pid);
		take_files(tr->srv.pid);
		if (write(ready[1], "", 1) == 1)
			pause();
		_exit(0);
	}
	close(ready[1]);
	if (read(ready[0], &c, 1) != 1)
		differ(tr->t, "nobody shares sockets");
	close(ready[0]);
	return pid;
}

/*
 * Connections of all pairings and endings are open, their bytes sent, before
 * the tool starts: it shows them with whose they are, all their bytes, and
 * that they are at least so old.  Of two processes that have a socket it is the
 * first one's.
 */
static void before_start(struct test *t)
{
	enum { OPEN = 41 };	/* 30 is all the kinds; a slot each */
	enum fields f = W_OWNER | W_IP | W_NETNS | W_BYTES | W_DURATION |
			W_END;
	struct traffic tr;
	struct tool r;
	unsigned n;
	pid_t other;

	traffic_init(&tr, t);
	traffic_older(&tr, OPEN);
	other = sharer(&tr);
	tool_init(&r, t, tr.ns.inum);
	tool_start(&r, "tcplife", ARGS("--csv", "--strict", "-o",
				       fields_columns(f)));
	kill(other, SIGKILL);
	waitpid(other, NULL, 0);
	traffic_end_older(&tr);
	traffic_idle(&tr);
	tool_stop(&r, SIGINT);
	tool_check_clean(&r);
	n = compare(t, r.text, &tr, want_all, NULL, f);
	summary(t, "%u sessions open before the start, %u ends shown", OPEN,
		n);
	tool_release(&r);
	traffic_release(&tr);
}

/* What listen(fd, 0) has accepted looks as if it had connected. */
static void before_backlog(struct test *t)
{
	enum { SENT = 101, ANSWERED = 53 };
	struct cmd c = { .op = OP_LISTEN, .slot = LISTENER + LISTENERS,
			 .flags = LISTEN_FOR_ONE };
	struct traffic tr;
	struct table tb;
	struct tool r;
	char port[8];

	traffic_init(&tr, t);
	addr_set(&c.addr, AF_INET, "127.0.0.1", 0);
	agent_post(&tr.srv, &c);
	c.addr = agent_wait(&tr.srv).local;
	snprintf(port, sizeof(port), "%u", addr_port(&c.addr));
	c.op = OP_CONNECT;
	c.slot = 0;
	agent_post(&tr.cli, &c);
	agent_wait(&tr.cli);
	agent_do(&tr.srv, OP_ACCEPT, 0, LISTENER + LISTENERS);
	agent_do(&tr.cli, OP_SEND, 0, SENT);
	agent_do(&tr.srv, OP_RECV, 0, SENT);
	agent_do(&tr.srv, OP_SEND, 0, ANSWERED);
	agent_do(&tr.cli, OP_RECV, 0, ANSWERED);
	tool_init(&r, t, tr.ns.inum);
	tool_start(&r, "tcplife", ARGS("--csv", "--strict", "-o",
				       "lport,rport,tx_bytes,retrans_bytes"));
	agent_do(&tr.cli, OP_CLOSE, 0, 0);
	agent_do(&tr.srv, OP_EOF, 0, 0);
	agent_do(&tr.srv, OP_CLOSE, 0, 0);
	traffic_idle(&tr);
	tool_stop(&r, SIGINT);
	tool_check_clean(&r);
	if (table_parse(&tb, t, r.text)) {
		/* before 4.19 nothing tells */
		if (!tb.nrows || *table_cell(&tb, 0, "retrans_bytes"))
			table_want(&tb, t, ANSWERED, "tx_bytes",
				   ARGS("lport", port));
		table_want(&tb, t, SENT, "tx_bytes", ARGS("rport", port));
		table_release(&tb);
	}
	summary(t, "%u bytes sent, %u answered, with no backlog", SENT,
		ANSWERED);
	tool_release(&r);
	traffic_release(&tr);
}

/* ---- MPTCP -------------------------------------------------------------- */

/* Subflows are closed by a worker of the kernel's, whose they are not. */
static void mptcp(struct test *t)
{
	enum { MADE = 7 };
	struct cmd c = { .op = OP_LISTEN, .flags = MAKE_MPTCP };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_MPTCP);
	struct traffic tr;
	struct table tb;
	struct tool r;

	if (fd < 0)
		skip(t, "this kernel has no MPTCP");
	close(fd);
	if (!test_btf(t))
		skip(t, "no types: what thread is the kernel's is not known");
	traffic_init(&tr, t);
	tool_init(&r, t, tr.ns.inum);
	tool_start(&r, "tcplife", ARGS("--csv", "--strict", "-o", "pid,comm"));
	c.slot = LISTENER + LISTENERS;
	addr_set(&c.addr, AF_INET, "127.0.0.1", 0);
	agent_post(&tr.srv, &c);
	c.addr = agent_wait(&tr.srv).local;
	c.op = OP_CONNECT;
	c.slot = 0;
	for (unsigned i = 0; i < MADE; i++) {
		agent_post(&tr.cli, &c);
		agent_wait(&tr.cli);
		agent_do(&tr.srv, OP_ACCEPT, 0, LISTENER + LISTENERS);
		agent_do(&tr.cli, OP_CLOSE, 0, 0);
		agent_do(&tr.srv, OP_EOF, 0, 0);
		agent_do(&tr.srv, OP_CLOSE, 0, 0);
		traffic_idle(&tr);
	}
	tool_stop(&r, SIGINT);
	tool_check_clean(&r);
	if (table_parse(&tb, t, r.text)) {
		unsigned n = table_count(&tb, ARGS("comm", CLIENT_COMM)) +
			     table_count(&tb, ARGS("comm", SERVER_COMM)) +
			     table_count(&tb, ARGS("pid", ""));

		if (tb.nrows != 2 * MADE || n != tb.nrows)
			differ(t, "%u rows of %u ends, %u with their owner or "
			       "none", tb.nrows, 2 * MADE, n);
		table_release(&tb);
	}
	summary(t, "%u sessions over MPTCP, no kernel thread's", MADE);
	tool_release(&r);
	traffic_release(&tr);
}

/* ---- record and replay ------------------------------------------------- */

static void replay(struct test *t)
{
	char path[256], *columns = strdup(fields_columns(W_ALL));
	struct traffic tr;
	struct tool r, again;

	test_few(t);
	temp_path(path, sizeof(path), "capture");
	unlink(path);
	traffic_init(&tr, t);
	tool_init(&r, t, tr.ns.inum);
	tool_start(&r, "tcplife", ARGS("--csv", "-o", columns, "-W", path));
	traffic_make(&tr, t->count);
	traffic_idle(&tr);
	tool_stop(&r, SIGINT);
	tool_check_clean(&r);
	compare(t, r.text, &tr, want_all, NULL, W_ALL);
	tool_init(&again, t, 0);
	again.verb = true;
	tool_start(&again, "replay", ARGS(path, "--csv", "-o", columns));
	tool_stop(&again, 0);
	tool_check_clean(&again);
	unlink(path);
	if (!again.text || !r.text || strcmp(again.text, r.text))
		differ(t, "replay printed %zu bytes that are not the %zu "
		       "printed live", again.len, r.len);
	summary(t, "%u sessions, %zu bytes of CSV live and the same replayed",
		t->count, r.len);
	tool_release(&again);
	tool_release(&r);
	traffic_release(&tr);
	free(columns);
}

/* For `make demo`: the table a user sees, and the same rows as CSV out of the
 * capture, checked. */
static void demo(struct test *t)
{
	char path[256], *columns = strdup(fields_columns(W_ALL));
	struct traffic tr;
	struct tool r, again;
	unsigned n;

	temp_path(path, sizeof(path), "capture");
	unlink(path);
	traffic_init(&tr, t);
	tr.first = 200;		/* few, but not all of a kind and empty */
	tr.step = 7;
	tool_init(&r, t, tr.ns.inum);
	tool_start(&r, "tcplife", ARGS("-W", path));
	traffic_make(&tr, t->count);
	traffic_idle(&tr);
	tool_stop(&r, SIGINT);
	tool_check_clean(&r);
	printf("%s\n", r.text ? r.text : "");
	fflush(stdout);
	tool_init(&again, t, 0);
	again.verb = true;
	tool_start(&again, "replay", ARGS(path, "--csv", "-o", columns));
	tool_stop(&again, 0);
	tool_check_clean(&again);
	unlink(path);
	n = compare(t, again.text, &tr, want_all, NULL, W_ALL);
	summary(t, "%u sessions made, both ends of each: %u rows shown, every "
		"field as it was made", t->count, n);
	tool_release(&again);
	tool_release(&r);
	traffic_release(&tr);
	free(columns);
}

const struct live_case life_cases[] = {
	{ "tcplife", "every end of every session", 600, tcplife, false },
	{ "tcplife-pid", "one process's ends", 600, tcplife_pid, false },
	{ "tcplife-json", "NDJSON is JSON, and its end line counts", 600,
	  tcplife_json, false },
	{ "sessions-before-start", "sessions older than the tool", 300,
	  before_start, false },
	{ "before-start-backlog", "older than the tool, by listen(fd, 0)",
	  300, before_backlog, false },
	{ "tcplife-mptcp", "a worker of the kernel's owns nothing", 300,
	  mptcp, false },
	{ "replay", "a capture replayed gives what was printed live", 600,
	  replay, false },
	{ "demo", "the table of a few sessions, printed and checked", 300,
	  demo, true },
	{ NULL, NULL, 0, NULL, false },
};

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How a run ends, and what it leaves behind. */
#include "traffic.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ENDS (W_OWNER | W_IP)
#define PIPE_ROOM 16384	/* a full one holds more than a quarter of it */

static unsigned lines(const char *text)
{
	unsigned n = 0;

	for (; text && *text; text++)
		n += *text == '\n';
	return n;
}

/* ---- signals ----------------------------------------------------------- */

static void by_signal(struct test *t, int sig, const char *name)
{
	enum { N = 61 };
	struct traffic tr;
	struct tool r;
	unsigned n;

	traffic_init(&tr, t);
	tool_init(&r, t, tr.ns.inum);
	tool_start(&r, "tcplife", ARGS("--csv", "-o", fields_columns(ENDS)));
	traffic_make(&tr, N);
	traffic_idle(&tr);
	tool_stop(&r, sig);
	tool_check_clean(&r);
	n = compare(t, r.text, &tr, want_all, NULL, ENDS);
	summary(t, "%u sessions, %u ends shown, exit 0 after %s", N, n, name);
	tool_release(&r);
	traffic_release(&tr);
}

static void sigterm(struct test *t)
{
	by_signal(t, SIGTERM, "SIGTERM");
}

static void sighup(struct test *t)
{
	by_signal(t, SIGHUP, "SIGHUP");
}

/* ---- by itself --------------------------------------------------------- */

static void max_events(struct test *t)
{
	enum { N = 61, MAX = 17 };
	struct traffic tr;
	struct tool r;

	traffic_init(&tr, t);
	tool_init(&r, t, tr.ns.inum);
	tool_start(&r, "tcplife", ARGS("--csv", "-m", "17"));
	traffic_make(&tr, N);
	traffic_idle(&tr);
	tool_stop(&r, 0);
	tool_check_exit(&r, 0);
	if (lines(r.text) != MAX + 1)
		differ(t, "%u lines, not a header and %u rows", lines(r.text),
		       MAX);
	summary(t, "%u ends made, the first %u shown", tr.nends, MAX);
	tool_release(&r);
	traffic_release(&tr);
}

static void duration(struct test *t)
{
	enum { N = 61 };
	struct traffic tr;
	uint64_t start, end;
	struct tool r;
	unsigned n;

	traffic_init(&tr, t);
	tool_init(&r, t, tr.ns.inum);
	start = now_ns();
	tool_start(&r, "tcplife", ARGS("--csv", "-d", "1.5", "-o",
				       fields_columns(ENDS)));
	/* for as long as it runs, and no longer */
	traffic_make(&tr, N);
	traffic_idle(&tr);
	end = now_ns();
	tool_stop(&r, 0);
	tool_check_clean(&r);
	if (now_ns() - start < 1500 * MSEC)
		differ(t, "ended after %llu ms, not 1500",
		       (unsigned long long)((now_ns() - start) / MSEC));
	/* an emulated machine may not be done with making them by then */
	n = lines(r.text) - 1;
	if (end - start < 1000 * MSEC)
		n = compare(t, r.text, &tr, want_all, NULL, ENDS);
	summary(t, "%u ends made, %u shown, ended by itself", tr.nends, n);
	tool_release(&r);
	traffic_release(&tr);
}

/* ---- stdout ------------------------------------------------------------ */

static void sigpipe(struct test *t)
{
	struct traffic tr;
	struct tool r;
	int p[2];

	traffic_init(&tr, t);
	if (pipe2(p, O_CLOEXEC))
		fatal(t, "pipe: %s", strerror(errno));
	tool_init(&r, t, tr.ns.inum);
	r.out = p[1];
	tool_start(&r, "tcplife", ARGS("--csv"));
	close(p[1]);
	close(p[0]);	/* nobody reads any more, and nobody says so */
	r.out = -1;
	traffic_make(&tr, 13);
	traffic_idle(&tr);
	tool_stop(&r, 0);
	tool_check_exit(&r, 0);
	if (r.talk && strstr(r.talk, "ipe"))
		differ(t, "a closed pipe is no error: %s", r.talk);
	summary(t, "the reader left, exit 0");
	tool_release(&r);
	traffic_release(&tr);
}

static void full_disk(struct test *t)
{
	char netns[32];
	struct traffic tr;
	struct tool r;

	traffic_init(&tr, t);
	tool_init(&r, t, 0);
	snprintf(netns, sizeof(netns), "inode:%u", tr.ns.inum);
	r.out = open("/dev/full", O_WRONLY | O_CLOEXEC);
	if (r.out < 0)
		fatal(t, "/dev/full: %s", strerror(errno));
	/* The header is enough to fail on: it may never become ready. */
	r.verb = true;
	tool_start(&r, "tcplife", ARGS("--csv", tr.ns.inum ? "--netns" : NULL,
				       netns));
	nap_ms(500);
	traffic_make(&tr, 13);
	tool_stop(&r, SIGINT);
	tool_check_exit(&r, 1);
	if (lines(r.talk) || !r.talk || !*r.talk)
		differ(t, "not one line but: %s", r.talk ? r.talk : "");
	summary(t, "exit 1, \"%s\"", r.talk ? r.talk : "");
	tool_release(&r);
	traffic_release(&tr);
}

/* No more goes into the pipe, for a while. */
static void wait_full(struct test *t, int fd)
{
	int had = -1, has = 0;

	for (unsigned i = 0; i < PATIENCE * 2; i++) {
		if (ioctl(fd, FIONREAD, &has))
			fatal(t, "pipe: %s", strerror(errno));
		if (has > PIPE_ROOM / 4 && has == had)
			return;
		had = has;
		nap_ms(500);
	}
	fatal(t, "%d bytes in %d s", has, PATIENCE);
}

/* Nobody reads, and so the tool waits in write(2).  @snapshot: one that takes
 * nothing that is of programs. */
static void unread_by(struct test *t, const struct netns *ns, int sig,
		      bool snapshot, const char *name,
		      const char *const *args)
{
	uint64_t start = now_ns();
	struct tool r;
	int p[2];

	if (pipe2(p, O_CLOEXEC) || fcntl(p[1], F_SETPIPE_SZ, PIPE_ROOM) < 0)
		fatal(t, "pipe: %s", strerror(errno));
	tool_init(&r, t, ns->inum);
	r.verb = snapshot;
	r.out = p[1];
	tool_start(&r, name, args);
	wait_full(t, p[0]);
	tool_stop(&r, sig);
	tool_check_exit(&r, 1);
	if (lines(r.talk) || !r.talk || !strstr(r.talk, "nobody reads"))
		differ(t, "not one line but: %s", r.talk ? r.talk : "");
	if (now_ns() - start > 30 * NSEC)
		differ(t, "it took %llu s to end",
		       (unsigned long long)((now_ns() - start) / NSEC));
	close(p[0]);
	tool_release(&r);
}

static void unread(struct test *t)
{
	struct traffic tr;
	char ns[32];

	traffic_init(&tr, t);
	snprintf(ns, sizeof(ns), "--netns=inode:%u", tr.ns.inum);
	unread_by(t, &tr.ns, SIGTERM, true, "sosnap",
		  ARGS(ns, "-x", "-i", "0.001"));
	unread_by(t, &tr.ns, SIGINT, true, "sosnap",
		  ARGS(ns, "-i", "0.001", "-W", "-"));
	unread_by(t, &tr.ns, 0, true, "sosnap",
		  ARGS(ns, "-x", "-i", "0.001", "-d", "2"));
	unread_by(t, &tr.ns, SIGTERM, false, "tcpsubnet",
		  ARGS("-i", "0.001"));
	summary(t, "ended by SIGTERM, SIGINT and -d: rows, a recording, maps");
	traffic_release(&tr);
}

/* ---- the wall clock ---------------------------------------------------- */

enum { HOUR = 3600 };

static void step_clock(struct test *t, int hours)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	now.tv_sec += hours * HOUR;
	if (clock_settime(CLOCK_REALTIME, &now))
		fatal(t, "clock: %s", strerror(errno));
}

static void wait_rows(struct tool *r, unsigned n)
{
	char path[32], *text;
	unsigned i, have = 0;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", r->out);
	for (i = 0; i < PATIENCE * 10; i++) {
		text = slurp(path);
		have = lines(text);
		free(text);
		if (have > n)
			return;
		nap_ms(100);
	}
	fatal(r->t, "%u lines in %d s, not %u", have, PATIENCE, n + 1);
}

/* Times of rows, before and behind a step of an hour. */
static void check_times(struct test *t, const char *csv, unsigned before,
			uint64_t start)
{
	struct table tb;
	uint64_t ns, hours;

	if (!table_parse(&tb, t, csv))
		return;
	for (unsigned i = 0; i < tb.nrows; i++) {
		ns = 0;
		cell_u64(table_cell(&tb, i, "unix_ns"), &ns);
		hours = (ns / NSEC - start) / HOUR;
		if (hours != (i >= before))
			differ(t, "row %u of %u is %llu h after the start", i,
			       tb.nrows, (unsigned long long)hours);
	}
	if (tb.nrows <= before)
		differ(t, "%u rows, %u before the step", tb.nrows, before);
	table_release(&tb);
}

static void clock_step(struct test *t)
{
	char path[256], init[16] = "";
	struct traffic tr;
	unsigned before;
	uint64_t start;
	struct tool r, again;

	if (readlink("/proc/1/exe", init, sizeof(init) - 1) < 0 ||
	    strcmp(init, "/init"))
		skip(t, "this machine's clock is not ours");
	traffic_init(&tr, t);
	temp_path(path, sizeof(path), "clock.cap");
	tool_init(&r, t, tr.ns.inum);
	start = (uint64_t)time(NULL) - 1;
	tool_start(&r, "tcplife", ARGS("--csv", "--time=unix", "-W", path));
	traffic_make(&tr, 13);
	before = tr.nends;
	wait_rows(&r, before);
	step_clock(t, 1);
	traffic_make(&tr, 17);
	traffic_idle(&tr);
	tool_stop(&r, SIGINT);
	step_clock(t, -1);
	tool_check_clean(&r);
	check_times(t, r.text, before, start);
	tool_init(&again, t, 0);
	again.verb = true;
	tool_start(&again, "replay", ARGS(path, "--csv", "--time=unix"));
	tool_stop(&again, 0);
	tool_check_clean(&again);
	unlink(path);
	check_times(t, again.text, before, start);
	summary(t, "%u ends before a step of an hour, %u behind it", before,
		tr.nends - before);
	tool_release(&again);
	tool_release(&r);
	traffic_release(&tr);
}

/* ---- kill -9 ----------------------------------------------------------- */

/* Sockeye's own lines of kprobe_events; -1: there is no such file.  In a
 * process of its own, which may mount tracefs without anybody noticing. */
static int kprobe_lines(struct test *t)
{
	int status, n = 0;
	char *text, *p;
	pid_t pid = fork();

	if (pid < 0)
		fatal(t, "fork: %s", strerror(errno));
	if (pid) {
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		return WIFEXITED(status) && WEXITSTATUS(status) != 255 ?
		       WEXITSTATUS(status) : -1;
	}
	if (!unshare(CLONE_NEWNS) &&
	    !mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL))
		mount("tracefs", "/sys/kernel/tracing", "tracefs", 0, NULL);
	text = slurp("/sys/kernel/tracing/kprobe_events");
	if (!text)
		_exit(255);
	for (p = text; (p = strstr(p, "sockeye")); p++)
		n++;
	_exit(n < 250 ? n : 250);
}

/* The programs that process holds, told by their descriptors; before Linux
 * 4.13 they have no ids and are only counted. */
static unsigned programs_of(pid_t pid, uint32_t *ids, unsigned max,
			    unsigned *nameless)
{
	char path[64], what[64], *text, *p;
	unsigned n = 0, i;
	ssize_t len;
	int fd;

	for (fd = 0; fd < 256 && n < max; fd++) {
		snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, fd);
		len = readlink(path, what, sizeof(what) - 1);
		if (len < 0)
			continue;
		what[len] = '\0';
		snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", (int)pid,
			 fd);
		text = slurp(path);
		p = text ? strstr(text, "prog_id:") : NULL;
		ids[n] = p ? strtoul(p + 8, NULL, 10) : 0;
		*nameless += !p && !strcmp(what, "anon_inode:bpf-prog");
		free(text);
		for (i = 0; i < n && ids[i] != ids[n]; i++)
			;
		n += ids[n] && i == n;
	}
	return n;
}

/* They are freed after a grace period or two. */
static unsigned programs_left(const uint32_t *ids, unsigned n)
{
	unsigned i, left = 0, tries;

	for (tries = 0; tries < 100; tries++) {
		for (left = 0, i = 0; i < n; i++)
			left += bpf_prog_exists(ids[i]);
		if (!left)
			break;
		nap_ms(100);
	}
	return left;
}

static void kill9(struct test *t)
{
	unsigned n, left, nameless = 0;
	uint32_t ids[64];
	struct traffic tr;
	struct tool r;
	int probes;

	traffic_init(&tr, t);
	tool_init(&r, t, tr.ns.inum);
	tool_start(&r, "tcplife", ARGS("--csv"));
	traffic_make(&tr, 31);
	n = programs_of(r.pid, ids, ARRAY_SIZE(ids), &nameless);
	tool_stop(&r, SIGKILL);
	if (!WIFSIGNALED(r.status) || WTERMSIG(r.status) != SIGKILL)
		differ(t, "was not there to be killed: %s",
		       r.talk ? r.talk : "");
	tool_release(&r);
	left = programs_left(ids, n);
	if ((!n && !nameless) || left)
		differ(t, "%u BPF programs while it ran, %u left", n, left);
	tool_start(&r, "tcplife", ARGS("--csv"));
	traffic_make(&tr, 31);
	tool_stop(&r, SIGINT);
	tool_check_clean(&r);
	probes = kprobe_lines(t);
	if (probes > 0)
		differ(t, "%d lines in kprobe_events after the next run",
		       probes);
	summary(t, "%u programs while it ran, none left; %s", n + nameless,
		probes < 0 ? "no kprobe_events here" :
		"kprobe_events is clean");
	tool_release(&r);
	traffic_release(&tr);
}

/* ---- mistakes ---------------------------------------------------------- */

static void mistake(struct test *t, int code, const char *name,
		    const char *const *args)
{
	struct tool r;

	tool_init(&r, t, 0);
	r.verb = true;
	tool_start(&r, name, args);
	tool_stop(&r, 0);
	tool_check_exit(&r, code);
	if (lines(r.talk) || !r.talk || !*r.talk)
		differ(t, "%s %s: not one line on stderr but: %s", name,
		       args[0] ? args[0] : "", r.talk ? r.talk : "");
	if (r.len)
		differ(t, "%s: %zu bytes on stdout", name, r.len);
	tool_release(&r);
}

static void mistakes(struct test *t)
{
	char path[256];
	int fd;

	temp_path(path, sizeof(path), "bad");
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, "\x9f\xeb\x01\0\x18\0\0\0\xff\xff\xff\x7f",
			    12) != 12)
		fatal(t, "%s: %s", path, strerror(errno));
	close(fd);
	mistake(t, 2, "no-such-tool", ARGS(NULL));
	mistake(t, 2, "tcplife", ARGS("--no-such-option"));
	mistake(t, 2, "tcplife", ARGS("-p", "x"));
	mistake(t, 2, "tcplife", ARGS("-L", "65536"));
	mistake(t, 2, "tcplife", ARGS("-a", "127.0.0.1/33"));
	mistake(t, 2, "tcplife", ARGS("-d", "-1"));
	mistake(t, 2, "tcplife", ARGS("-o", "no_such_column"));
	mistake(t, 2, "tcplife", ARGS("-4", "-6"));
	mistake(t, 1, "tcplife", ARGS("-d", "1", "--btf", path));
	mistake(t, 2, "tcplife", ARGS("-d", "1", "--btf", "/no/such/file"));
	mistake(t, 1, "replay", ARGS(path));
	unlink(path);
	summary(t, "each one line and its exit status");
}

/* A kernel that gives no way to see what a tool must see: by name, with the
 * options that other kernels have for it, or that this one has not set. */
static void no_way(struct test *t)
{
	static const char *const names[] = {
		"tcplife", "tcpconnect", "tcpaccept", "tcpretrans",
		"tcpstates", "tcptracer", "soaccept",
		"tcpwin",
	};
	struct tool r;
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		tool_init(&r, t, 0);
		r.verb = true;
		tool_start(&r, names[i], ARGS("-d", "1", "--config",
			   "no-kprobe=1", "--config", "no-raw-tracepoint=1",
			   "--config", "no-tracepoint=1", "--config",
			   "no-hook=fentry:*"));
		tool_stop(&r, 0);
		tool_check_exit(&r, 3);
		if (!r.talk || !strstr(r.talk, "gives no way to see that") ||
		    !strstr(r.talk, "--plan tells"))
			differ(t, "%s said: %s", names[i],
			       r.talk ? r.talk : "");
		tool_release(&r);
	}
	summary(t, "each tells what it misses, exit 3");
}

const struct live_case run_cases[] = {
	{ "sigterm", "SIGTERM ends a run as SIGINT does", 120, sigterm,
	  false },
	{ "sighup", "so does SIGHUP", 120, sighup, false },
	{ "max-events", "-m ends a run", 120, max_events, false },
	{ "duration", "-d ends a run", 120, duration, false },
	{ "sigpipe", "a reader that left ends a run", 120, sigpipe, false },
	{ "full-disk", "a full disk is an error", 120, full_disk, false },
	{ "unread", "a reader that does not read does not keep a run", 120,
	  unread, false },
	{ "mistakes", "one line and the documented exit status", 120,
	  mistakes, false },
	{ "no-way", "a kernel that lacks all hooks is told so", 120, no_way,
	  false },
	{ "clock-step", "times follow the wall clock, live and recorded", 120,
	  clock_step, false },
	{ "kill9", "a killed run leaves nothing attached", 300, kill9,
	  false },
	{ NULL, NULL, 0, NULL, false },
};

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Runs sockeye.  It stays in the network namespace live was started in, as
 * its user would, and is told by --netns which one to look at.
 */
#include "live.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_ARGS 120
#define READY_FD 9

/* A file without a name; where there is no memfd_create (before 3.17, or not
 * in the C library), an unlinked one. */
static int memory_file(struct test *t)
{
	char path[256];
	int fd = -1;

#ifdef SYS_memfd_create
	fd = syscall(SYS_memfd_create, "live", 1 /* MFD_CLOEXEC */);
	if (fd >= 0)
		return fd;
#endif
	temp_path(path, sizeof(path), "out");
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		fatal(t, "%s: %s", path, strerror(errno));
	unlink(path);
	return fd;
}

unsigned test_few(struct test *t)
{
	t->count = t->count / 5 + 10;
	return t->count;
}

bool test_hides(const struct test *t, const char *word)
{
	unsigned i;

	for (i = 0; i < t->nextra; i++)
		if (!strncmp(t->extra[i], word, strlen(word)))
			return true;
	return false;
}

bool test_btf(const struct test *t)
{
	unsigned i;

	for (i = 0; i < t->nextra; i++)
		if (!strcmp(t->extra[i], "--btf") ||
		    !strcmp(t->extra[i], "--fields"))
			return false;
	return !access("/sys/kernel/btf/vmlinux", F_OK);
}

bool test_types(const struct test *t)
{
	return !test_hides(t, "no-trampoline=1") && test_btf(t);
}

bool test_probes(const struct test *t)
{
	return !test_hides(t, "no-kprobe=1") &&
	       !access("/sys/bus/event_source/devices/kprobe", F_OK);
}

void tool_init(struct tool *r, struct test *t, uint32_t netns)
{
	memset(r, 0, sizeof(*r));
	r->t = t;
	r->netns = netns;
	r->out = -1;
	r->err = -1;
}

static void build_args(struct tool *r, const char *const *args,
		       const char **argv, char *netns, size_t size)
{
	struct test *t = r->t;
	unsigned n = 0, i;

	argv[n++] = t->sockeye;
	argv[n++] = r->name;
	if (!r->verb) {
		argv[n++] = "--ready-fd";
		argv[n++] = "9";
		if (r->netns && !t->system_wide) {
			snprintf(netns, size, "inode:%u", r->netns);
			argv[n++] = "--netns";
			argv[n++] = netns;
		}
		for (i = 0; i < t->nextra; i++)
			argv[n++] = t->extra[i];
	}
	for (i = 0; args && args[i] && n < MAX_ARGS - 1; i++)
		argv[n++] = args[i];
	argv[n] = NULL;
}

static void __attribute__((noreturn))
exec_tool(struct tool *r, const char **argv, int ready)
{
	int null = open("/dev/null", O_RDONLY);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_DFL);
	if (r->t->host_ns >= 0)
		setns(r->t->host_ns, CLONE_NEWNET);
	if (null >= 0)
		dup2(null, 0);
	dup2(r->out, 1);
	dup2(r->err, 2);
	if (ready == READY_FD)
		fcntl(ready, F_SETFD, 0);	/* dup2 would keep CLOEXEC */
	else if (ready >= 0)
		dup2(ready, READY_FD);
	execv(argv[0], (char *const *)argv);
	dprintf(2, "exec %s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

/* It writes to the descriptor once its hooks are live; the end of it without
 * that means that it is going to exit. */
static void wait_ready(struct tool *r, int fd)
{
	char c;

	if (readable(fd, PATIENCE * 1000) && read(fd, &c, 1) == 1)
		return;
	tool_stop(r, SIGTERM);
	if (r->may_lack && WIFEXITED(r->status) && WEXITSTATUS(r->status) == 3)
		skip(r->t, "%s", r->talk);
	fatal(r->t, "sockeye %s is not ready: exit status %d%s, %s", r->name,
	      WIFEXITED(r->status) ? WEXITSTATUS(r->status) : -1,
	      WIFSIGNALED(r->status) ? " (signal)" : "",
	      r->talk && *r->talk ? r->talk : "no message");
}

void tool_start(struct tool *r, const char *name, const char *const *args)
{
	const char *argv[MAX_ARGS];
	int ready[2] = { -1, -1 };
	char netns[32];

	snprintf(r->name, sizeof(r->name), "%s", name);
	build_args(r, args, argv, netns, sizeof(netns));
	if (r->out < 0)
		r->out = memory_file(r->t);
	r->err = memory_file(r->t);
	if (!r->verb && pipe2(ready, O_CLOEXEC))
		fatal(r->t, "pipe: %s", strerror(errno));
	r->pid = fork();
	if (r->pid < 0)
		fatal(r->t, "fork: %s", strerror(errno));
	if (!r->pid)
		exec_tool(r, argv, ready[1]);
	if (r->verb)
		return;
	close(ready[1]);
	wait_ready(r, ready[0]);
	close(ready[0]);
}

void tool_stop(struct tool *r, int sig)
{
	bool killed;

	if (sig)
		kill(r->pid, sig);
	r->status = reap(r->pid, PATIENCE * 1000, &killed);
	r->pid = 0;
	if (killed)
		differ(r->t, "sockeye %s did not end by itself", r->name);
	r->text = slurp_fd(r->out, &r->len);
	r->talk = slurp_fd(r->err, NULL);
	while (r->talk && *r->talk && r->talk[strlen(r->talk) - 1] == '\n')
		r->talk[strlen(r->talk) - 1] = '\0';
}

/* The end of what it said, where the reason is: no more is explained. */
static const char *last_words(const struct tool *r)
{
	size_t len = r->talk ? strlen(r->talk) : 0;

	return !len ? "" : r->talk + (len > 400 ? len - 400 : 0);
}

void tool_check_exit(struct tool *r, int code)
{
	if (WIFSIGNALED(r->status))
		differ(r->t, "sockeye %s died of signal %d: %s", r->name,
		       WTERMSIG(r->status), last_words(r));
	else if (WEXITSTATUS(r->status) != code)
		differ(r->t, "sockeye %s: exit status %d, not %d: %s", r->name,
		       WEXITSTATUS(r->status), code, last_words(r));
}

/* "N ... lost" with N > 0, or a loss told without a number. */
static bool tells_loss(const char *talk)
{
	const char *p = talk, *q;

	while ((p = strstr(p, "lost"))) {
		for (q = p; q > talk && q[-1] != '\n' && q[-1] != ','; q--)
			;
		while (q < p && !isdigit((unsigned char)*q))
			q++;
		if (q == p || strtoull(q, NULL, 10))
			return true;
		p += 4;
	}
	return false;
}

void tool_check_clean(struct tool *r)
{
	tool_check_exit(r, 0);
	if (r->talk && tells_loss(r->talk))
		differ(r->t, "sockeye %s tells losses: %s", r->name,
		       last_words(r));
}

void tool_replayed(struct tool *r, const char *path)
{
	struct tool again;

	tool_init(&again, r->t, 0);
	again.verb = true;
	tool_start(&again, "replay", ARGS(path, "--csv"));
	tool_stop(&again, 0);
	tool_check_clean(&again);
	unlink(path);
	if (!again.text || !r->text || strcmp(again.text, r->text))
		differ(r->t, "replay printed %zu bytes that are not the %zu "
		       "printed live", again.len, r->len);
	tool_release(&again);
}

void tool_release(struct tool *r)
{
	free(r->text);
	free(r->talk);
	if (r->out >= 0)
		close(r->out);
	if (r->err >= 0)
		close(r->err);
	tool_init(r, r->t, r->netns);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The second half of init: runs the command, passes on what it writes, and
 * afterwards sends the files asked for and what the kernel had to say.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "init_int.h"
#include "wire.h"

#define KMSG_MARK	"sockeye-vm"

/* What a healthy kernel does not say. */
static const char *const bad_words[] = {
	"WARNING:", "BUG:", "kernel BUG", "Oops", "suspicious",
	"general protection fault", "Unable to handle kernel",
	"UBSAN:", "INFO: task ", "unregister_netdevice: waiting",
};

static void __attribute__((noreturn))
exec_command(struct job *job, int out, int err)
{
	int i, in = open("/dev/null", O_RDONLY);

	setsid();
	dup2(in, 0);
	dup2(out, 1);
	dup2(err, 2);
	if (in > 2)
		close(in);
	clearenv();
	setenv("PATH", "/bin", 1);
	setenv("HOME", "/", 1);
	setenv("TMPDIR", "/tmp", 1);
	for (i = 0; i < job->env.n; i++)
		putenv(job->env.at[i]);
	execvp(job->args.at[0], job->args.at);
	i = errno;
	fprintf(stderr, "init: %s: %s\n", job->args.at[0], strerror(i));
	_exit(i == ENOENT ? 127 : 126);
}

/* Pass on what is there to read. Returns 0 when there is nothing (more). */
static int relay(struct guest *g, int fd, char type)
{
	static char buf[VM_FRAME];
	ssize_t n = read(fd, buf, sizeof(buf));

	if (n <= 0)
		return 0;
	frame(g, type, buf, n);
	return 1;
}

/* Pass on output until the command has ended and, whoever else still has the
 * pipes open, what it wrote has been read. Reaps every orphan meanwhile. */
static int attend(struct guest *g, pid_t pid, int out, int err)
{
	struct pollfd p[2] = {
		{ .fd = out, .events = POLLIN },
		{ .fd = err, .events = POLLIN },
	};
	int status = 0, st, done = 0;
	pid_t who;

	while (!done) {
		/* Poll again soon once both pipes are closed, and against
		 * the race of a child that ends just before poll(). */
		poll(p, 2, 20);
		if (p[0].revents && !relay(g, out, VM_STDOUT))
			p[0].fd = -1;
		if (p[1].revents && !relay(g, err, VM_STDERR))
			p[1].fd = -1;
		while ((who = waitpid(-1, &st, WNOHANG)) > 0) {
			if (who == pid) {
				status = st;
				done = 1;
			}
		}
	}
	while (p[0].fd >= 0 && relay(g, out, VM_STDOUT))
		;
	while (p[1].fd >= 0 && relay(g, err, VM_STDERR))
		;
	return status;
}

int run_command(struct guest *g)
{
	int out[2], err[2], status;
	pid_t pid;

	if (pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC))
		fail(g, "pipe: %s", strerror(errno));
	pid = fork();
	if (pid < 0)
		fail(g, "fork: %s", strerror(errno));
	if (pid == 0)
		exec_command(&g->job, out[1], err[1]);
	close(out[1]);
	close(err[1]);
	fcntl(out[0], F_SETFL, O_NONBLOCK);
	fcntl(err[0], F_SETFL, O_NONBLOCK);
	status = attend(g, pid, out[0], err[0]);
	/* Whatever it left behind must not write into the files fetched. */
	kill(-1, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0)
		;
	if (WIFSIGNALED(status))
		return 128 + WTERMSIG(status);
	return WEXITSTATUS(status);
}

static void send_file(struct guest *g, const char *path)
{
	static char buf[VM_FRAME];
	char msg[512];
	ssize_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	frame(g, VM_FILE, "", 0);
	while ((n = fd < 0 ? -1 : read(fd, buf, sizeof(buf))) > 0)
		frame(g, VM_DATA, buf, n);
	if (n < 0) {
		n = snprintf(msg, sizeof(msg), "%.400s: %s", path,
			     strerror(errno));
		frame(g, VM_NOFILE, msg, n);
	}
	if (fd >= 0)
		close(fd);
}

void send_files(struct guest *g)
{
	int i;

	for (i = 0; i < g->job.out.n; i++)
		send_file(g, g->job.out.at[i]);
}

static int is_bad(const char *line)
{
	const char *p;
	size_t i;
	char prev;

	for (i = 0; i < sizeof(bad_words) / sizeof(bad_words[0]); i++) {
		p = strstr(line, bad_words[i]);
		if (!p)
			continue;
		prev = p == line ? ' ' : p[-1];
		/* "DEBUG:" is not "BUG:". */
		if (!(prev >= 'A' && prev <= 'Z') && prev != '_')
			return 1;
	}
	return 0;
}

/* A line that does not end in a newline can be continued, and cannot be read
 * until another line follows (seen on 5.10 and 6.1, kernel/printk/printk.c):
 * a line of our own brings the last one to light. */
static void mark_kmsg(struct guest *g)
{
	static const char mark[] = "<6>" KMSG_MARK "\n";

	write_all(g->kmsg, mark, sizeof(mark) - 1);
}

void open_kmsg(struct guest *g)
{
	g->kmsg = open("/dev/kmsg", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (g->kmsg < 0)
		fail(g, "/dev/kmsg: %s", strerror(errno));
	mark_kmsg(g);
	if (lseek(g->kmsg, 0, SEEK_END) < 0)
		fail(g, "/dev/kmsg: %s", strerror(errno));
}

/* Send what the kernel logged since the command began; the host shows it if
 * one line is bad. Documentation/ABI/testing/dev-kmsg: one record per read,
 * EPIPE when records were overwritten before they were read. */
void send_kmsg(struct guest *g)
{
	static const char lost[] = "(kernel log records lost)";
	char rec[8192], *text;
	ssize_t n;

	mark_kmsg(g);
	for (;;) {
		n = read(g->kmsg, rec, sizeof(rec) - 1);
		if (n < 0 && errno == EPIPE) {
			frame(g, VM_KMSG, lost, strlen(lost));
			continue;
		}
		if (n <= 0)
			break;
		rec[n] = '\0';
		text = strchr(rec, ';');
		text = text ? text + 1 : rec;
		text[strcspn(text, "\n")] = '\0';
		if (strcmp(text, KMSG_MARK))
			frame(g, is_bad(text) ? VM_BAD : VM_KMSG, text,
			      strlen(text));
	}
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A contender as a process: started, watched, stopped. */
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE 10	/* seconds */

uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * NSEC + t.tv_nsec;
}

void nap_ns(uint64_t ns)
{
	struct timespec t = { ns / NSEC, ns % NSEC };

	nanosleep(&t, NULL);
}

void die(const char *fmt, ...)
{
	va_list ap;

	fputs("bench: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

static int memory_file(const char *name)
{
	int fd = memfd_create(name, MFD_CLOEXEC);

	if (fd < 0)
		die("memfd_create: %s", strerror(errno));
	return fd;
}

/* After vfork: system calls only. */
static void __attribute__((noreturn)) become(const struct child *c, int pipe_w,
					     char *const argv[], int cpu,
					     bool traced)
{
	cpu_set_t set;

	if (cpu >= 0) {
		CPU_ZERO(&set);
		CPU_SET(cpu, &set);
		sched_setaffinity(0, sizeof(set), &set);
	}
	dup2(c->out, STDOUT_FILENO);
	dup2(c->err, STDERR_FILENO);
	if (pipe_w == READY_FD)
		fcntl(READY_FD, F_SETFD, 0);
	else
		dup2(pipe_w, READY_FD);
	if (traced)
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	/* bpftrace asks clang, if it finds one, for its folders: 40 ms that
	 * are not its own */
	execve(argv[0], argv, (char *const []){ (char *)"PATH=/nowhere",
						NULL });
	_exit(127);
}

void child_start(struct child *c, char *const argv[], int cpu, bool traced)
{
	int fds[2];
	pid_t pid;

	memset(c, 0, sizeof(*c));
	c->name = argv[0];
	c->out = memory_file("out");
	c->err = memory_file("err");
	if (pipe2(fds, O_CLOEXEC) < 0)
		die("pipe: %s", strerror(errno));
	c->ready = fds[0];
	c->start_ns = now_ns();
	pid = vfork();
	if (pid == 0)
		become(c, fds[1], argv, cpu, traced);
	if (pid < 0)
		die("vfork: %s", strerror(errno));
	c->pid = pid;
	close(fds[1]);
	if (clock_getcpuclockid(pid, &c->cpu))
		die("no CPU clock of process %d", pid);
}

bool child_ready(struct child *c, unsigned ms)
{
	struct pollfd p = { c->ready, POLLIN, 0 };
	char byte;

	if (poll(&p, 1, ms) != 1)
		return false;
	c->ready_ns = now_ns();
	return read(c->ready, &byte, 1) == 1;
}

uint64_t child_cpu_ns(const struct child *c)
{
	struct timespec t = { 0 };

	clock_gettime(c->cpu, &t);
	return t.tv_sec * NSEC + t.tv_nsec;
}

/* Nobody reaps it but child_stop. */
static bool ended(const struct child *c)
{
	siginfo_t si = { 0 };

	return waitid(P_PID, c->pid, &si, WEXITED | WNOHANG | WNOWAIT) ||
	       si.si_pid;
}

/*
 * Waiting for the kernel's grace periods is an uninterruptible sleep, waiting
 * for a processor is none at all: only an interruptible one of all threads
 * counts.  They wake up on timers (20 a second), which take no time to
 * speak of.
 */
uint64_t child_idle(struct child *c, unsigned ms)
{
	uint64_t begin = now_ns(), since = 0, now, cpu, cpu_since = 0;

	for (;;) {
		now = now_ns();
		cpu = child_cpu_ns(c);
		if (!proc_sleeps(c->pid) ||
		    (since && cpu - cpu_since > (now - since) / 20 + MSEC)) {
			since = 0;
		} else if (!since) {
			since = now;
			cpu_since = cpu;
		}
		if (since && now - since >= ms * MSEC)
			return since;
		if (ended(c) || now - begin > 60 * NSEC)
			return 0;
		nap_ns(MSEC);
	}
}

static void on_alarm(int sig)
{
	(void)sig;
}

double child_stop(struct child *c)
{
	struct sigaction sa = { .sa_handler = on_alarm };
	uint64_t begin = now_ns();
	unsigned tries = 0;

	sigaction(SIGALRM, &sa, NULL);
	do {
		if (tries)
			printf("%s: still there %us after SIGINT\n", c->name,
			       tries * PATIENCE);
		kill(c->pid, tries++ < 4 ? SIGINT : SIGKILL);
		alarm(PATIENCE);
	} while (waitpid(c->pid, &c->status, 0) < 0 && errno == EINTR);
	alarm(0);
	return tries > 1 ? NAN : (now_ns() - begin) / (double)MSEC;
}

void child_release(struct child *c)
{
	close(c->out);
	close(c->err);
	close(c->ready);
}

const char *child_complaint(const struct child *c)
{
	static char line[160];
	char *text = slurp_fd(c->err), *save = NULL, *p;

	line[0] = '\0';
	for (p = text ? strtok_r(text, "\n", &save) : NULL; p;
	     p = strtok_r(NULL, "\n", &save))
		if (!line[0] || strstr(p, "ERROR") || strstr(p, "error"))
			snprintf(line, sizeof(line), "%s", p);
	free(text);
	return line;
}

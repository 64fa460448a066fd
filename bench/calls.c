/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* System calls of a process and its threads, counted with ptrace(2). */
#include "bench.h"

#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define OPTIONS (PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE |		\
		 PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |		\
		 PTRACE_O_EXITKILL)

/* Linux 5.3; tells entries from exits. */
static void count(pid_t tid, unsigned *bpf, unsigned *all)
{
	struct __ptrace_syscall_info info = { 0 };

	if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, (void *)sizeof(info),
		   &info) <= 0 || info.op != PTRACE_SYSCALL_INFO_ENTRY)
		return;
	++*all;
	if (info.entry.nr == SYS_bpf)
		++*bpf;
}

/* One stop of one thread; the signal it is to get. */
static int stopped(pid_t tid, int status, unsigned *bpf, unsigned *all)
{
	int sig = WSTOPSIG(status);

	if (sig == (SIGTRAP | 0x80)) {
		count(tid, bpf, all);
		return 0;
	}
	/* new threads, exec and ptrace's own events */
	return sig == SIGTRAP || sig == SIGSTOP ? 0 : sig;
}

/* Has it gone quiet?  Waking up on a timer takes a few calls each time, and
 * may be what we see it at. */
struct quiet {
	uint64_t since;
	unsigned events, few;
};

static void quiet_event(struct quiet *q)
{
	if (++q->events <= q->few)
		return;
	q->since = now_ns();
	q->events = 0;
}

/* Until the process ends; @ms of quiet, or a minute, and it is told to. */
static void follow(struct child *c, unsigned ms, struct calls *n)
{
	struct quiet q = { now_ns(), 0, 16 + ms / 4 };
	uint64_t begin = q.since;
	unsigned *bpf = &n->bpf_start;
	bool first = true;
	int status, sig;
	pid_t tid;

	for (;;) {
		tid = waitpid(-1, &status, __WALL | WNOHANG);
		if (tid < 0 && errno != EINTR)
			break;
		if (tid > 0 && !WIFSTOPPED(status)) {
			if (tid == c->pid)
				break;
		} else if (tid > 0) {
			if (first && tid == c->pid) {
				ptrace(PTRACE_SETOPTIONS, tid, 0L, OPTIONS);
				first = false;
			}
			sig = stopped(tid, status, bpf, &n->all);
			ptrace(PTRACE_SYSCALL, tid, 0L, (long)sig);
			quiet_event(&q);
		} else {
			nap_ns(MSEC / 20);
			if (!proc_sleeps(c->pid))
				quiet_event(&q);
		}
		if (bpf == &n->bpf_start && (now_ns() - q.since > ms * MSEC ||
					     now_ns() - begin > 60 * NSEC)) {
			bpf = &n->bpf_stop;
			kill(c->pid, SIGINT);
		}
	}
}

bool calls_count(char *const argv[], unsigned ms, struct calls *n)
{
	struct child c;

	*n = (struct calls){ 0 };
	child_start(&c, argv, -1, true);
	follow(&c, ms, n);
	child_release(&c);
	return n->bpf_start > 0;
}

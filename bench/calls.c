/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* System calls of a process and its threads, counted with ptrace(2). */
#include "bench.h"

#include <errno.h>
#include <linux/bpf.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define OPTIONS (PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE |		\
		 PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |		\
		 PTRACE_O_EXITKILL)

/* A run that is followed. */
struct run {
	struct child c;
	struct calls *n;
	unsigned *bpf;		/* of the start, or of the end */
	uint64_t *part, entered_ns;	/* of the call under way; NULL: none */
};

/* What of the process's CPU time a call of bpf(2) counts for. */
static uint64_t *part_of(struct calls *n, uint64_t cmd)
{
	return cmd == BPF_PROG_LOAD ? &n->load_ns :
	       cmd == BPF_MAP_CREATE ? &n->map_ns : NULL;
}

/* Linux 5.3; tells entries from exits. */
static void count(struct run *r, pid_t tid)
{
	struct __ptrace_syscall_info info = { 0 };

	if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, (void *)sizeof(info),
		   &info) <= 0)
		return;
	if (r->part && info.op == PTRACE_SYSCALL_INFO_EXIT)
		*r->part += child_cpu_ns(&r->c) - r->entered_ns;
	r->part = NULL;
	if (info.op != PTRACE_SYSCALL_INFO_ENTRY)
		return;
	++r->n->all;
	if (info.entry.nr != SYS_bpf)
		return;
	++*r->bpf;
	r->part = part_of(r->n, info.entry.args[0]);
	r->entered_ns = child_cpu_ns(&r->c);
}

/* One stop of one thread; the signal it is to get. */
static int stopped(struct run *r, pid_t tid, int status)
{
	int sig = WSTOPSIG(status);

	if (sig == (SIGTRAP | 0x80)) {
		count(r, tid);
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
static void follow(struct run *r, unsigned ms)
{
	struct quiet q = { now_ns(), 0, 16 + ms / 4 };
	uint64_t begin = q.since;
	bool first = true;
	int status, sig;
	pid_t tid;

	for (;;) {
		tid = waitpid(-1, &status, __WALL | WNOHANG);
		if (tid < 0 && errno != EINTR)
			break;
		if (tid > 0 && !WIFSTOPPED(status)) {
			if (tid == r->c.pid)
				break;
		} else if (tid > 0) {
			if (first && tid == r->c.pid) {
				ptrace(PTRACE_SETOPTIONS, tid, 0L, OPTIONS);
				first = false;
			}
			sig = stopped(r, tid, status);
			ptrace(PTRACE_SYSCALL, tid, 0L, (long)sig);
			quiet_event(&q);
		} else {
			nap_ns(MSEC / 20);
			if (!proc_sleeps(r->c.pid))
				quiet_event(&q);
		}
		if (r->bpf == &r->n->bpf_start &&
		    (now_ns() - q.since > ms * MSEC ||
		     now_ns() - begin > 60 * NSEC)) {
			r->bpf = &r->n->bpf_stop;
			kill(r->c.pid, SIGINT);
		}
	}
}

bool calls_count(char *const argv[], unsigned ms, struct calls *n)
{
	struct run r = { .n = n, .bpf = &n->bpf_start };

	*n = (struct calls){ 0 };
	child_start(&r.c, argv, -1, true);
	follow(&r, ms);
	child_release(&r.c);
	return n->bpf_start > 0;
}

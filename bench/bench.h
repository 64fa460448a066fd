/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * bench - sockeye tcplife beside other programs that do the same, on the same
 * kernel, in the same run.  What is measured how: README.
 *
 * Stands alone (nothing of sockeye): it must also run in an initramfs.
 *
 *   bench.c    the runs, interleaved
 *   child.c    a contender: started, watched, stopped
 *   proc.c     what /proc says about it
 *   kernel.c   what bpf(2) says about its programs
 *   calls.c    its system calls, counted with ptrace(2)
 *   traffic.c  TCP sessions, and the rows that tell of them
 *   table.c    samples, medians, the table
 *   floor.c    another program: the least that any contender must do
 */
#ifndef SOCKEYE_BENCH_H
#define SOCKEYE_BENCH_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#define MSEC 1000000ull
#define NSEC 1000000000ull
#define READY_FD 3	/* where a contender may write that it is ready */

/* ---- what is measured -------------------------------------------------- */

enum metric {
	M_READY, M_FIRST, M_CPU, M_LOAD, M_MAKE, M_STOP,
	M_HWM, M_ANON, M_FILE, M_MAPS,
	M_SIZE, M_LIBS, M_BPF_START, M_BPF_STOP, M_CALLS,
	M_RUN, M_RUNS, M_SESSION,
	M_ROW, M_RATE, M_LOST, M_KEPT,
	M_MAX
};

#define SAMPLES 64

struct samples {
	double v[SAMPLES];
	unsigned n;
};

#define ARGS_MAX 24
#define WAYS_MAX 3

struct contender {
	const char *name;
	/* commands, the next being taken where one does not start; ended by
	 * NULL, as exec wants them */
	char *way[WAYS_MAX][ARGS_MAX];
	unsigned nways, taken;
	bool gone;		/* none of them starts */
	bool floor;		/* shows no rows */
	uint64_t awake_ns;	/* longest seen from start to idle */
	struct samples m[M_MAX];
};

/* ---- table.c ----------------------------------------------------------- */

void sample(struct contender *c, enum metric m, double v);
double median(const struct samples *s);		/* NaN: none */
/* table_print - all metrics of @n contenders; ratios to the first. */
void table_print(const struct contender *c, unsigned n);
/* goals_print - what the first was to reach, and did. */
void goals_print(const struct contender *c, unsigned n);

/* ---- child.c ----------------------------------------------------------- */

struct child {
	const char *name;
	pid_t pid;
	int out, err;		/* memory files with what it wrote */
	int ready;		/* pipe; -1 once read */
	clockid_t cpu;
	uint64_t start_ns, ready_ns;
	int status;
};

uint64_t now_ns(void);			/* CLOCK_MONOTONIC */
void nap_ns(uint64_t ns);
void die(const char *fmt, ...)
	__attribute__((format(printf, 1, 2), noreturn));
/* child_start - run @argv, on processor @cpu if that is not negative;
 * @traced: it waits for ptrace(2).  Returns as it has called exec. */
void child_start(struct child *c, char *const argv[], int cpu, bool traced);
/* child_ready - wait up to @ms for the byte that says so; false: none. */
bool child_ready(struct child *c, unsigned ms);
uint64_t child_cpu_ns(const struct child *c);
/* child_idle - wait until it has slept for @ms; the time at which it began
 * to, 0 when it ended, or has not after a minute. */
uint64_t child_idle(struct child *c, unsigned ms);
/* child_stop - SIGINT, and wait; ms that took, NaN if it would not end.  What
 * it wrote is kept until child_release. */
double child_stop(struct child *c);
void child_release(struct child *c);
/* child_complaint - last line on stderr that speaks of an
 * error, or else the first; "" if none. */
const char *child_complaint(const struct child *c);

/* ---- proc.c ------------------------------------------------------------ */

/* slurp - a whole file as a string that the caller frees; NULL. */
char *slurp(const char *path);
char *slurp_fd(int fd);			/* from its beginning */
bool proc_sleeps(pid_t pid);		/* every thread, interruptibly */
double proc_status_kb(pid_t pid, const char *field);
/* proc_files_kb - sizes of the program and of all other files it maps. */
void proc_files_kb(pid_t pid, double *program, double *others);

/* What descriptors are about, each object once. */
struct held {
	uint32_t progs[32], links[32];
	char maps[32][64];		/* floor's "map:..." arguments */
	uint32_t map_ids[32];
	unsigned nprogs, nlinks, nmaps;
	double maps_kb;
};

void proc_held(pid_t pid, struct held *h);

/* ---- kernel.c ---------------------------------------------------------- */

struct prog_time {
	char name[16];
	uint64_t ns, runs;
};

/* kernel_stats - have run times measured until @fd is closed; -1: kernels
 * before 5.8 have no such thing. */
int kernel_stats(void);
/* kernel_times - of the programs that @pid holds; how many. */
unsigned kernel_times(pid_t pid, struct prog_time *t, unsigned max);
/* kernel_hook - floor's argument for a link; false: it cannot do that. */
bool kernel_hook(uint32_t link, char *buf, size_t len);

/* ---- calls.c ----------------------------------------------------------- */

struct calls {
	unsigned bpf_start, bpf_stop, all;
	uint64_t load_ns, map_ns;	/* CPU time in BPF_PROG_LOAD and in
					   BPF_MAP_CREATE */
};

/* calls_count - run @argv until it has been quiet for @ms, stop it, count. */
bool calls_count(char *const argv[], unsigned ms, struct calls *n);

/* ---- traffic.c --------------------------------------------------------- */

/* traffic_open - into a network namespace of our own, listen on @port. */
void traffic_open(unsigned port);
uint32_t traffic_netns(void);		/* its inode */
/* traffic_session - one TCP session, both ends ours, orderly ended; its
 * number. */
unsigned traffic_session(void);
unsigned traffic_next(void);		/* number of the next one */
/* traffic_rows - rows in @text of the sessions [@from, @to); the first
 * session that has one goes to @first (@to: none). */
unsigned traffic_rows(const char *text, unsigned from, unsigned to,
		      unsigned *first);

#endif

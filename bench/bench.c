/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * usage: bench [OPTION]... NAME=COMMAND...
 *
 *   -n N    starts of each contender (11)
 *   -r N    rounds of traffic (5)
 *   -s N    sessions a round (2003)
 *   -w MS   asleep so long, a contender is idle (60)
 *   -p PORT the sessions' (47011)
 *   -g      tell whether goals were reached
 *
 * The first contender is what the others are held against; "floor" is given
 * arguments for the same maps and hooks.  A NAME given again is another way
 * to run it, tried when the one before shows nothing.  In a COMMAND, split at
 * blanks, %P is our pid, %N the inode of the traffic's network namespace; who
 * has "--ready-fd" in it tells when it is ready.
 */
#include "bench.h"

#include <errno.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#define CONTENDERS 8

struct bench {
	struct contender c[CONTENDERS];
	unsigned n, starts, rounds, sessions, settle_ms, port;
	bool goals;
	struct samples untraced;	/* sessions/s */
};

static char **command(struct contender *c)
{
	return c->way[c->taken];
}

static bool tells(struct contender *c)
{
	for (char **arg = command(c); *arg; arg++)
		if (!strcmp(*arg, "--ready-fd"))
			return true;
	return c->floor;
}

static unsigned rows_of(const struct child *ch, unsigned from,
			unsigned *first)
{
	char *text = slurp_fd(ch->out);
	unsigned n = 0;

	*first = traffic_next();
	if (text)
		n = traffic_rows(text, from, traffic_next(), first);
	free(text);
	return n;
}

/* ---- does it work here at all? ---------------------------------------- */

static void floor_args(struct bench *b, pid_t pid)
{
	struct held h;
	char arg[128];

	proc_held(pid, &h);
	for (unsigned i = 0; i < b->n; i++) {
		char **way = b->c[i].way[0];
		unsigned n = 1;

		if (!b->c[i].floor)
			continue;
		for (unsigned m = 0; m < h.nmaps && n < ARGS_MAX - 1; m++)
			way[n++] = strdup(h.maps[m]);
		for (unsigned l = 0; l < h.nlinks && n < ARGS_MAX - 1; l++) {
			if (kernel_hook(h.links[l], arg, sizeof(arg)))
				way[n++] = strdup(arg);
			else
				printf("floor: a hook of %s is left out: "
				       "neither raw tracepoint nor fentry\n",
				       b->c[0].name);
		}
	}
}

static bool try_way(struct bench *b, struct contender *c)
{
	unsigned from, first, rows = 0;
	const char *why = "it ended";
	struct child ch;
	uint64_t idle;

	child_start(&ch, command(c), -1, false);
	idle = child_idle(&ch, b->settle_ms);
	if (idle) {
		why = "it shows nothing";
		c->awake_ns = idle - ch.start_ns;
		proc_files_kb(ch.pid, &c->m[M_SIZE].v[0], &c->m[M_LIBS].v[0]);
		if (c == b->c)
			floor_args(b, ch.pid);
		from = traffic_session();
		nap_ns(b->settle_ms * 3 * MSEC);
		child_stop(&ch);
		rows = rows_of(&ch, from, &first);
	} else {
		child_stop(&ch);
	}
	if (idle && (rows || c->floor))
		why = NULL;
	else
		printf("%s: will not work here: %s (%s)\n", c->name,
		       child_complaint(&ch), why);
	child_release(&ch);
	return !why;
}

static void choose(struct bench *b, struct contender *c)
{
	for (c->taken = 0; c->taken < c->nways; c->taken++) {
		if (access(command(c)[0], X_OK)) {
			printf("%s: missing: %s\n", c->name, command(c)[0]);
			continue;
		}
		if (!try_way(b, c))
			continue;
		printf("%s:", c->name);
		for (char **arg = command(c); *arg; arg++)
			printf(" %s", *arg);
		putchar('\n');
		c->m[M_SIZE].n = 1;
		c->m[M_LIBS].n = 1;
		return;
	}
	c->gone = true;
	c->taken = 0;
}

/* ---- starting and stopping -------------------------------------------- */

/*
 * A tracepoint that was detached a moment ago can be attached to only after a
 * grace period (tracepoint.c: tp_rcu_cond_sync(), Linux 5.15): the one who
 * stops fast would be made to wait for it in its next start.
 */
static void rest(const struct bench *b)
{
	nap_ns(b->settle_ms * MSEC);
}

static void quiet_start(struct bench *b, struct contender *c)
{
	struct held h;
	struct child ch;
	uint64_t idle;

	rest(b);
	child_start(&ch, command(c), -1, false);
	if (tells(c) && child_ready(&ch, 60000))
		sample(c, M_READY,
		       (ch.ready_ns - ch.start_ns) / (double)MSEC);
	idle = child_idle(&ch, b->settle_ms);
	if (!idle) {
		child_stop(&ch);
		child_release(&ch);
		return;
	}
	if (idle - ch.start_ns > c->awake_ns)
		c->awake_ns = idle - ch.start_ns;
	sample(c, M_CPU, child_cpu_ns(&ch) / (double)MSEC);
	sample(c, M_HWM, proc_status_kb(ch.pid, "VmHWM"));
	sample(c, M_ANON, proc_status_kb(ch.pid, "RssAnon"));
	sample(c, M_FILE, proc_status_kb(ch.pid, "RssFile") +
			  proc_status_kb(ch.pid, "RssShmem"));
	proc_held(ch.pid, &h);
	sample(c, M_MAPS, h.maps_kb);
	sample(c, M_STOP, child_stop(&ch));
	child_release(&ch);
}

/* We go to the last processor. */
static int one_core(void)
{
	int cpu = sysconf(_SC_NPROCESSORS_ONLN) - 1;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
	return cpu;
}

static void all_cores(void)
{
	cpu_set_t set;

	memset(&set, 0xff, sizeof(set));
	sched_setaffinity(0, sizeof(set), &set);
}

/*
 * Sessions from the start on, a quarter of the time at most and on another
 * processor if there is one, and when the first that was shown had ended.
 */
static void marked_start(struct bench *b, struct contender *c)
{
	enum { MAX = 20000 };
	unsigned from = traffic_next(), first;
	uint64_t *done = calloc(MAX, sizeof(*done)), now, took, end;
	struct child ch;

	if (!done)
		die("out of memory");
	rest(b);
	one_core();
	child_start(&ch, command(c), 0, false);
	end = ch.start_ns + c->awake_ns * 3 / 2 + b->settle_ms * 2 * MSEC;
	do {
		now = now_ns();
		traffic_session();
		took = now_ns() - now;
		done[traffic_next() - 1 - from] = now + took;
		nap_ns(took * 3);
	} while (now < end && traffic_next() - from < MAX);
	all_cores();
	child_stop(&ch);
	rows_of(&ch, from, &first);
	if (first < traffic_next())
		sample(c, M_FIRST,
		       (done[first - from] - ch.start_ns) / (double)MSEC);
	child_release(&ch);
	free(done);
}

static void count_calls(struct bench *b, struct contender *c)
{
	struct calls n;

	if (!calls_count(command(c), b->settle_ms, &n))
		return;
	sample(c, M_BPF_START, n.bpf_start);
	sample(c, M_BPF_STOP, n.bpf_stop);
	sample(c, M_CALLS, n.all);
	sample(c, M_LOAD, n.load_ns / (double)MSEC);
	sample(c, M_MAKE, n.map_ns / (double)MSEC);
}

/* ---- traffic ---------------------------------------------------------- */

/* @n sessions, as many as @rate a second (0: as fast as it goes); the rate
 * that was reached. */
static double make_sessions(unsigned n, double rate)
{
	uint64_t begin = now_ns(), now = begin, due;

	for (unsigned i = 0; i < n; i++) {
		due = rate > 0 ? begin + (uint64_t)(i * (NSEC / rate)) : 0;
		now = now_ns();
		if (due > now)
			nap_ns(due - now);
		traffic_session();
	}
	return n / ((now_ns() - begin) / (double)NSEC);
}

/* What the programs of a contender cost between two looks. */
struct cost {
	double ns, runs;		/* all */
	double state_ns, state_runs;	/* the one at state changes */
};

static bool at_state(const struct prog_time *t)
{
	return strstr(t->name, "state") || strstr(t->name, "inet_sock") ||
	       strstr(t->name, "tcp_set");
}

/* Names are what the programs' authors like: failing all, the busiest. */
static void cost_now(pid_t pid, struct cost *c)
{
	struct prog_time t[32];
	unsigned n = kernel_times(pid, t, 32), busiest = 0;
	bool named = false;

	memset(c, 0, sizeof(*c));
	for (unsigned i = 0; i < n; i++) {
		c->ns += t[i].ns;
		c->runs += t[i].runs;
		if (t[i].runs > t[busiest].runs)
			busiest = i;
		if (!at_state(&t[i]))
			continue;
		named = true;
		c->state_ns += t[i].ns;
		c->state_runs += t[i].runs;
	}
	if (n && !named) {
		c->state_ns = t[busiest].ns;
		c->state_runs = t[busiest].runs;
	}
}

/* Until its programs are seen to run. */
static void wait_live(struct bench *b, struct child *ch, int stats)
{
	struct cost before, after;

	child_idle(ch, b->settle_ms);
	for (unsigned i = 0; stats >= 0 && i < 100; i++) {
		cost_now(ch->pid, &before);
		traffic_session();
		cost_now(ch->pid, &after);
		if (after.runs > before.runs)
			break;
		nap_ns(20 * MSEC);
	}
	child_idle(ch, b->settle_ms);
}

static void take_cost(struct bench *b, struct contender *c,
		      const struct cost *x, const struct cost *y)
{
	double runs = y->state_runs - x->state_runs;

	if (runs > 0)
		sample(c, M_RUN, (y->state_ns - x->state_ns) / runs);
	sample(c, M_RUNS, (y->runs - x->runs) / b->sessions);
	sample(c, M_SESSION, (y->ns - x->ns) / b->sessions);
}

/* One round; the share of rows that are missing.  A session has two. */
static double traffic_round(struct bench *b, struct contender *c, double pace,
			    double *rate)
{
	int cpu = one_core(), stats = kernel_stats();
	unsigned from, first, rows;
	struct cost x, y;
	struct child ch;
	uint64_t cpu_ns;
	double lost;

	child_start(&ch, command(c), cpu, false);
	wait_live(b, &ch, stats);
	from = traffic_next();
	cost_now(ch.pid, &x);
	cpu_ns = child_cpu_ns(&ch);
	*rate = make_sessions(b->sessions, pace);
	child_idle(&ch, b->settle_ms * 3);
	cpu_ns = child_cpu_ns(&ch) - cpu_ns;
	cost_now(ch.pid, &y);
	child_stop(&ch);
	rows = rows_of(&ch, from, &first);
	lost = 1 - rows / (2.0 * b->sessions);
	if (stats >= 0)
		close(stats);
	all_cores();
	if (pace <= 0) {
		if (stats >= 0)
			take_cost(b, c, &x, &y);
		if (!c->floor) {
			sample(c, M_ROW, cpu_ns / 1e3 / b->sessions);
			sample(c, M_LOST, lost * 100);
		}
		sample(c, M_RATE, *rate);
	}
	child_release(&ch);
	return lost;
}

static void untraced_round(struct bench *b)
{
	one_core();
	if (b->untraced.n < SAMPLES)
		b->untraced.v[b->untraced.n++] = make_sessions(b->sessions, 0);
	all_cores();
}

/* Slower until all is shown. */
static void kept(struct bench *b, struct contender *c)
{
	double rate = median(&c->m[M_RATE]), got, lost;

	if (c->m[M_KEPT].n || c->floor)
		return;
	for (unsigned i = 0; i < 4; i++) {
		rate /= 2;
		lost = traffic_round(b, c, rate, &got);
		if (lost > 0)
			continue;
		sample(c, M_KEPT, got);
		return;
	}
}

/* ---- all of it -------------------------------------------------------- */

static void starts(struct bench *b)
{
	for (unsigned i = 0; i < b->starts; i++)
		for (unsigned k = 0; k < b->n; k++) {
			if (b->c[k].gone)
				continue;
			quiet_start(b, &b->c[k]);
			if (!b->c[k].floor)
				marked_start(b, &b->c[k]);
		}
	for (unsigned i = 0; i <= b->starts / 4; i++)
		for (unsigned k = 0; k < b->n; k++)
			if (!b->c[k].gone)
				count_calls(b, &b->c[k]);
}

static void rounds(struct bench *b)
{
	double rate, lost;

	for (unsigned i = 0; i < b->rounds; i++) {
		untraced_round(b);
		for (unsigned k = 0; k < b->n; k++) {
			struct contender *c = &b->c[k];

			if (c->gone)
				continue;
			lost = traffic_round(b, c, 0, &rate);
			if (!c->floor && lost <= 0)
				sample(c, M_KEPT, rate);
		}
	}
	for (unsigned k = 0; k < b->n; k++)
		if (!b->c[k].gone)
			kept(b, &b->c[k]);
}

static void say_where(struct bench *b)
{
	char *load = slurp("/proc/loadavg");
	struct utsname u;

	uname(&u);
	printf("Linux %s %s, %ld processors, load %.14s; %u starts, %u rounds "
	       "of %u sessions\n", u.release, u.machine,
	       sysconf(_SC_NPROCESSORS_ONLN), load ? load : "?", b->starts,
	       b->rounds, b->sessions);
	free(load);
}

/* In a mount namespace of our own: what rivals want to find. */
static void mounts(void)
{
	static const char *const fs[][2] = {
		{ "tracefs", "/sys/kernel/tracing" },
		{ "debugfs", "/sys/kernel/debug" },
		{ "tracefs", "/sys/kernel/debug/tracing" },
	};

	if (unshare(CLONE_NEWNS) < 0)
		die("mount namespace: %s", strerror(errno));
	mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	for (unsigned i = 0; i < 3; i++)
		mount(fs[i][0], fs[i][1], fs[i][0], 0, NULL);
}

static char *expand(const char *word)
{
	char buf[4096];

	if (strstr(word, "%P"))
		snprintf(buf, sizeof(buf), "%.*s%d%s",
			 (int)(strstr(word, "%P") - word), word, getpid(),
			 strstr(word, "%P") + 2);
	else if (strstr(word, "%N"))
		snprintf(buf, sizeof(buf), "%.*s%u%s",
			 (int)(strstr(word, "%N") - word), word,
			 traffic_netns(), strstr(word, "%N") + 2);
	else
		snprintf(buf, sizeof(buf), "%s", word);
	return strdup(buf);
}

static void add_contender(struct bench *b, char *arg)
{
	char *eq = strchr(arg, '='), *save = NULL, *word;
	struct contender *c = b->c;
	unsigned n = 0;

	if (!eq)
		die("%s: not NAME=COMMAND", arg);
	*eq = '\0';
	while (c < b->c + b->n && strcmp(c->name, arg))
		c++;
	if (c == b->c + CONTENDERS || c->nways == WAYS_MAX)
		die("too many contenders");
	if (c == b->c + b->n)
		b->n++;
	c->name = arg;
	c->floor = !strcmp(arg, "floor");
	for (word = strtok_r(eq + 1, " ", &save); word && n < ARGS_MAX - 1;
	     word = strtok_r(NULL, " ", &save))
		c->way[c->nways][n++] = expand(word);
	if (!n)
		die("%s: no command", arg);
	c->nways++;
}

static unsigned natural(const char *text)
{
	char *end;
	unsigned long v = strtoul(text, &end, 10);

	if (*end || !v || v > 100000)
		die("%s: not a number from 1 to 100000", text);
	return v;
}

static void options(struct bench *b, int argc, char **argv)
{
	int opt;

	while ((opt = getopt(argc, argv, "n:r:s:w:p:g")) != -1) {
		switch (opt) {
		case 'n':
			b->starts = natural(optarg);
			break;
		case 'r':
			b->rounds = natural(optarg);
			break;
		case 's':
			b->sessions = natural(optarg);
			break;
		case 'w':
			b->settle_ms = natural(optarg);
			break;
		case 'p':
			b->port = natural(optarg);
			break;
		case 'g':
			b->goals = true;
			break;
		default:
			die("usage: bench [-n STARTS] [-r ROUNDS] "
			    "[-s SESSIONS] [-w MS] [-p PORT] [-g] "
			    "NAME=COMMAND...");
		}
	}
}

int main(int argc, char **argv)
{
	static struct bench b = {
		.starts = 11, .rounds = 5, .sessions = 2003, .settle_ms = 60,
		.port = 47011,
	};

	setvbuf(stdout, NULL, _IOLBF, 0);
	options(&b, argc, argv);
	prctl(PR_SET_TIMERSLACK, 1);
	mounts();
	traffic_open(b.port);
	while (optind < argc)
		add_contender(&b, argv[optind++]);
	if (!b.n)
		die("no contenders");
	say_where(&b);
	for (unsigned i = 0; i < b.n; i++)
		choose(&b, &b.c[i]);
	if (b.c[0].gone)
		return 1;
	starts(&b);
	rounds(&b);
	putchar('\n');
	table_print(b.c, b.n);
	printf("untraced: %.0f sessions/s\n", median(&b.untraced));
	if (b.goals)
		goals_print(b.c, b.n);
	say_where(&b);
	return 0;
}

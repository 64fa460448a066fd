/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Hours of a busy machine, in part: connections at a steady rate beside tools
 * whose memory must not grow, that tell what they lose, and that have
 * forgotten all connections when these are over.
 */
#include "traffic.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PER_SECOND 2000
#define BYTES 100		/* of each connection */
#define GROWTH_KB 512		/* what an allocator may still do, and a
				   longer interval of tcptop */

/* A tool, rows per connection, and those beside them. */
static const struct soaked {
	const char *name, *columns;
	unsigned ends, more;
	unsigned tx_bytes;	/* in the rows of a connection */
} soaked[] = {
	{ "tcplife", "lport,tx_bytes", 2, 0, BYTES },
	/* both ends are opened, established and closed; eight listeners */
	{ "tcpstates", "lport,rport", 6, 16, 0 },
	{ "tcptop", "id,lport,tx_bytes", 2, 0, BYTES },
};

#define TOOLS ARRAY_SIZE(soaked)

/* In memory shared with children. */
struct seen {
	struct told told[TOOLS];
	uint64_t settled_kb[TOOLS], most_kb[TOOLS];
};

struct soak {
	struct test *t;
	struct seen *seen;
	struct tool tools[TOOLS];
	pid_t readers[TOOLS], sampler;
};

static pid_t child(struct soak *s)
{
	pid_t pid = fork();

	if (pid < 0)
		fatal(s->t, "fork: %s", strerror(errno));
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* or readers would not see the end of what they read */
	for (unsigned i = 0; i < TOOLS; i++)
		if (s->tools[i].pid)
			close(s->tools[i].out);
	return 0;
}

static void __attribute__((noreturn))
read_rows(struct soak *s, unsigned i, int fd)
{
	FILE *in = fdopen(fd, "r");
	char *line = NULL;
	size_t room = 0;
	ssize_t len;

	while (in && (len = getline(&line, &room, in)) > 0)
		told_add(s->t, &s->seen->told[i], line, (size_t)len - 1);
	_exit(!in);
}

/* A tool whose rows somebody else reads: they are more than would fit here. */
static void start(struct soak *s, unsigned i, const struct netns *ns)
{
	struct tool *r = &s->tools[i];
	int p[2];

	if (pipe2(p, O_CLOEXEC))
		fatal(s->t, "pipe: %s", strerror(errno));
	s->readers[i] = child(s);
	if (!s->readers[i]) {
		close(p[1]);
		read_rows(s, i, p[0]);
	}
	close(p[0]);
	tool_init(r, s->t, ns->inum);
	r->out = p[1];
	tool_start(r, soaked[i].name, ARGS("-j", "-o", soaked[i].columns));
}

static uint64_t resident_kb(pid_t pid)
{
	char path[64], *text, *at;
	uint64_t kb = 0;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	text = slurp(path);
	at = text ? strstr(text, "VmRSS:") : NULL;
	if (at)
		kb = strtoull(at + strlen("VmRSS:"), NULL, 10);
	free(text);
	return kb;
}

/* A tenth of the time to settle; it may not grow in the rest. */
static void __attribute__((noreturn)) sample(struct soak *s)
{
	uint64_t settled = now_ns() + s->t->seconds * (NSEC / 10);

	for (;; nap_ms(100))
		for (unsigned i = 0; i < TOOLS; i++) {
			uint64_t kb = resident_kb(s->tools[i].pid);

			if (now_ns() < settled)
				s->seen->settled_kb[i] = kb;
			if (kb > s->seen->most_kb[i])
				s->seen->most_kb[i] = kb;
		}
}

static void finish(struct soak *s, unsigned i, unsigned n)
{
	const struct soaked *k = &soaked[i];
	struct tool *r = &s->tools[i];
	uint64_t end = now_ns() + PATIENCE * NSEC;
	char told[200];
	int64_t left;
	bool killed;

	/* the last sockets are taken down after their namespace is idle */
	while ((left = witness_entries(r, told,
					    sizeof(told))) > 0 && now_ns() < end)
		nap_ms(100);
	if (left)
		differ(s->t, "%s: %" PRId64 " entries are left in its maps "
		       "(-1: none can be looked at):%s", k->name, left, told);
	tool_stop(r, SIGINT);
	tool_check_exit(r, 0);
	close(r->out);
	r->out = -1;
	if (reap(s->readers[i], PATIENCE * 1000, &killed))
		differ(s->t, "%s: its rows were not read", k->name);
	told_check(s->t, &s->seen->told[i], (uint64_t)n * k->ends + k->more);
	/* of rows that are told as lost nobody knows the bytes */
	if (s->seen->told[i].tx_bytes > (uint64_t)n * k->tx_bytes ||
	    (!s->seen->told[i].lost &&
	     s->seen->told[i].tx_bytes != (uint64_t)n * k->tx_bytes))
		differ(s->t, "%s: %" PRIu64 " bytes in all its rows, %" PRIu64
		       " were sent", k->name, s->seen->told[i].tx_bytes,
		       (uint64_t)n * k->tx_bytes);
	if (s->seen->most_kb[i] > s->seen->settled_kb[i] + GROWTH_KB)
		differ(s->t, "%s: %" PRIu64 " KB resident became %" PRIu64,
		       k->name, s->seen->settled_kb[i], s->seen->most_kb[i]);
	summary(s->t, ", %s %" PRIu64 " rows (%" PRIu64 " told as lost) in %"
		PRIu64 " KB", k->name, s->seen->told[i].rows,
		s->seen->told[i].lost, s->seen->most_kb[i]);
	tool_release(r);
}

static void soak(struct test *t)
{
	static struct soak s;
	struct burst b = { PER_SECOND * t->seconds, PER_SECOND, BYTES, 0 };
	struct netns ns;
	unsigned n;

	s.t = t;
	s.seen = mmap(NULL, sizeof(*s.seen), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (s.seen == MAP_FAILED)
		fatal(t, "mmap: %s", strerror(errno));
	netns_new(t, &ns);
	for (unsigned i = 0; i < TOOLS; i++)
		start(&s, i, &ns);
	s.sampler = child(&s);
	if (!s.sampler)
		sample(&s);
	n = burst_make(t, &ns, &b);
	netns_idle(t, &ns);
	kill(s.sampler, SIGKILL);
	waitpid(s.sampler, NULL, 0);
	summary(t, "%u connections in %.0f s", n, b.seconds);
	for (unsigned i = 0; i < TOOLS; i++)
		finish(&s, i, n);
	netns_free(&ns);
}

const struct live_case soak_cases[] = {
	{ "soak", "2,000 connections per second, for --seconds", 86400, soak,
	  true },
	{ NULL, NULL, 0, NULL, false },
};

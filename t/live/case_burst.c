/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* More than a tool may be able to show: but it says what it did not. */
#include "traffic.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>

static void read_stream(struct test *t, const char *text, struct told *told)
{
	const char *line, *end;

	for (line = text; line && *line; line = end + 1) {
		end = strchr(line, '\n');
		if (!end) {
			differ(t, "a line has no end: %.100s", line);
			return;
		}
		told_add(t, told, line, end - line);
	}
}

static void burst(struct test *t, const char *name, unsigned ends)
{
	struct burst b = { .n = t->burst };
	struct told told = { 0 };
	uint64_t made;
	struct netns ns;
	struct tool r;
	unsigned n;

	netns_new(t, &ns);
	tool_init(&r, t, ns.inum);
	tool_start(&r, name, ARGS("-j", "-o", "lport,rport"));
	n = burst_make(t, &ns, &b);
	netns_idle(t, &ns);
	tool_stop(&r, SIGINT);
	tool_check_exit(&r, 0);
	read_stream(t, r.text, &told);
	made = (uint64_t)n * ends;
	told_check(t, &told, made);
	summary(t, "%u connections in %.1f s, %" PRIu64 " = %" PRIu64
		" shown + %" PRIu64 " told as not shown", n, b.seconds, made,
		told.shown, made - told.shown);
	tool_release(&r);
	netns_free(&ns);
}

static void burst_tcplife(struct test *t)
{
	burst(t, "tcplife", 2);
}

static void burst_tcpconnect(struct test *t)
{
	burst(t, "tcpconnect", 1);
}

static void burst_tcpaccept(struct test *t)
{
	burst(t, "tcpaccept", 1);
}

const struct live_case burst_cases[] = {
	{ "burst-tcplife", "as fast as two processes can", 1200,
	  burst_tcplife, false },
	{ "burst-tcpconnect", "the same", 1200, burst_tcpconnect, false },
	{ "burst-tcpaccept", "the same", 1200, burst_tcpaccept, false },
	{ NULL, NULL, 0, NULL, false },
};

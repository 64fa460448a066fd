/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* More than a tool may be able to show: but it says what it did not. */
#include "traffic.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>

struct told {
	uint64_t rows, shown, lost, owners_full, state_full, unattributed,
		 missed;
	bool ended;
};

static void read_stream(struct test *t, const char *text, struct told *told)
{
	static struct json j;
	const char *line, *end, *type;

	for (line = text; line && *line; line = end + 1) {
		end = strchr(line, '\n');
		if (!end || !json_parse(&j, line, end - line)) {
			differ(t, "not a line of JSON (%s): %.100s",
			       end ? j.why : "no end", line);
			return;
		}
		type = json_get(&j, "type");
		if (json_get(&j, "lport")) {
			told->rows++;
		} else if (type && !strcmp(type, "end")) {
			told->ended = true;
			told->shown = json_u64(&j, "shown");
			told->lost = json_u64(&j, "lost");
			told->owners_full = json_u64(&j, "owners_full");
			told->state_full = json_u64(&j, "state_full");
			told->unattributed = json_u64(&j, "unattributed");
			told->missed = json_u64(&j, "missed");
		}
	}
}

static void burst(struct test *t, const char *name, unsigned ends)
{
	struct told told = { 0 };
	uint64_t made, sum;
	struct netns ns;
	double seconds;
	struct tool r;
	unsigned n;

	netns_new(t, &ns);
	tool_init(&r, t, ns.inum);
	tool_start(&r, name, ARGS("-j", "-o", "lport,rport"));
	n = burst_make(t, &ns, t->burst, &seconds);
	netns_idle(t, &ns);
	tool_stop(&r, SIGINT);
	tool_check_exit(&r, 0);
	read_stream(t, r.text, &told);
	made = (uint64_t)n * ends;
	sum = told.shown + told.lost + told.state_full + told.missed;
	if (!told.ended)
		differ(t, "no end line");
	if (told.rows != told.shown)
		differ(t, "%" PRIu64 " rows, the end line says %" PRIu64,
		       told.rows, told.shown);
	/* A row whose owner found no place may be shown without it. */
	if (sum != made && sum + told.owners_full + told.unattributed != made)
		differ(t, "%" PRIu64 " made; shown %" PRIu64 ", lost %" PRIu64
		       ", state_full %" PRIu64 ", missed %" PRIu64
		       ", owners_full %" PRIu64 ", unattributed %" PRIu64,
		       made, told.shown, told.lost, told.state_full,
		       told.missed, told.owners_full, told.unattributed);
	summary(t, "%u connections in %.1f s, %" PRIu64 " = %" PRIu64
		" shown + %" PRIu64 " told as not shown", n, seconds, made,
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

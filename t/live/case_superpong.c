/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * superpong: echo requests that the kernel answers, ignores, or finds to be
 * too many.
 */
#include "echoes.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ID 13

/* In this order; sequence numbers go on. */
static const struct phase {
	unsigned n;
	const char *outcome;
	bool ignores, limits;		/* what this machine is told to do */
} phases[] = {
	{ 41, "ANSWERED", false, false },
	{ 7, "IGNORED", true, false },
	{ 5, "LIMITED", false, true },
	{ 3, "ANSWERED", false, false },
};

struct scene {
	struct test *t;
	struct netns a, b;		/* who asks, who answers */
	struct tool tool;
	struct table tb;
};

/* ---- what is made ------------------------------------------------------- */

/* Of IPv6 nothing is limited: that takes a ratemask, which came with 5.2. */
static bool is_answered(const struct echo_path *p, const struct phase *ph)
{
	return !ph->ignores && !(ph->limits && p->family == AF_INET);
}

static void tell_machine(struct scene *s, const struct phase *ph)
{
	const char *ignores = ph->ignores ? "1" : "0";

	netns_sysctl(s->t, &s->b, "ipv4/icmp_echo_ignore_all", ignores);
	if (netns_sysctl(s->t, &s->b, "ipv6/icmp/echo_ignore_all", ignores))
		skip(s->t, "no icmp/echo_ignore_all of IPv6 (Linux 5.1)");
	/* bit 0, echo replies: one an hour, but none in the first */
	netns_sysctl(s->t, &s->b, "ipv4/icmp_ratelimit",
		     ph->limits ? "3600000" : "1000");
	netns_sysctl(s->t, &s->b, "ipv4/icmp_ratemask",
		     ph->limits ? "1" : "6168");
}

static void ask(struct scene *s, const struct echo_path *p,
		const struct phase *ph, unsigned seq)
{
	int asks = echo_raw(s->t, &s->a, p, p->from);
	int hears = echo_raw(s->t, &s->b, p, p->to);

	for (unsigned i = 0; i < ph->n; i++, seq++) {
		echo_send(s->t, asks, p, p->to, p->request, ID, seq);
		if (is_answered(p, ph))
			echo_hear(s->t, asks, p, p->reply, seq);
		else
			echo_hear(s->t, hears, p, p->request, seq);
	}
	close(asks);
	close(hears);
}

static void make(struct scene *s)
{
	const struct phase *ph;
	unsigned path, seq = 1;

	for (ph = phases; ph < phases + ARRAY_SIZE(phases); ph++) {
		tell_machine(s, ph);
		for (path = 0; path < ECHO_PATHS; path++)
			ask(s, &echo_paths[path], ph, seq);
		seq += ph->n;
	}
}

/* ---- and what is shown -------------------------------------------------- */

/* What this kernel can tell of it. */
static const char *outcome_of(struct scene *s, const struct echo_path *p,
			      const struct phase *ph)
{
	if (is_answered(p, ph))
		return "ANSWERED";
	if (ph->ignores ? test_btf(s->t) : test_probes(s->t))
		return ph->outcome;
	return "UNANSWERED";
}

static void check_row(struct scene *s, const struct echo_path *p,
		      const struct phase *ph, unsigned number)
{
	const char *outcome = outcome_of(s, p, ph);
	bool answered = !strcmp(outcome, "ANSWERED");
	char seq[8], len[8];
	const char *const row[] = { "raddr", p->from, "laddr", p->to,
		"seq", seq, "len", len, "outcome", outcome, "id", "13",
		"asked", "1", "answered", answered ? "1" : "0", NULL };
	uint64_t ns = 0;
	unsigned i, n = 0;

	snprintf(seq, sizeof(seq), "%u", number);
	snprintf(len, sizeof(len), "%u", p->bytes);
	for (i = 0; i < s->tb.nrows; i++)
		if (table_matches(&s->tb, i, row)) {
			cell_u64(table_cell(&s->tb, i, "took_ns"), &ns);
			n++;
		}
	if (n != 1 || answered != !!ns)
		differ(s->t, "%s: %u rows of %s %u, in %llu ns", p->to, n,
		       outcome, number, (unsigned long long)ns);
}

static void check(struct scene *s)
{
	const struct echo_path *p;
	const struct phase *ph;
	unsigned i, seq, made = 0;

	if (!table_parse(&s->tb, s->t, s->tool.text))
		return;
	for (p = echo_paths; p < echo_paths + ECHO_PATHS; p++)
		for (seq = 1, ph = phases; ph < phases + ARRAY_SIZE(phases);
		     ph++)
			for (i = 0; i < ph->n; i++, seq++, made++)
				check_row(s, p, ph, seq);
	table_want(&s->tb, s->t, made, "asked", ARGS("id", "13"));
	summary(s->t, "%u requests", made);
	table_release(&s->tb);
}

static void superpong(struct test *t)
{
	struct scene s = { .t = t };

	veth_pair(t, &s.a, &s.b);
	tool_init(&s.tool, t, s.b.inum);
	tool_start(&s.tool, "superpong",
		   ARGS("--csv", "--strict", "-x", "--timeout", "3600"));
	make(&s);
	tool_stop(&s.tool, SIGINT);
	tool_check_clean(&s.tool);
	check(&s);
	tool_release(&s.tool);
	netns_free(&s.a);
	netns_free(&s.b);
}

const struct live_case superpong_cases[] = {
	{ "superpong", "echo requests that the kernel answers, or does not",
	  120, superpong, false },
	{ NULL, NULL, 0, NULL, false },
};

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * superping: echo requests to a peer that answers as the script says, once,
 * twice, not at all, or with an error.
 */
#include "echoes.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PINGS 101
#define EACH_LOST 10		/* of these one is not answered, */
#define TWICE 3			/* and so many are twice */
#define PING 7			/* their id, */
#define REFUSED 9		/* that of those that are answered by errors, */
#define STRANGER 11		/* and of one that was never sent */
#define GROUP 13		/* of those to the first group, and how often */
#define MEMBERS 3		/* each but the last is answered */

/* Errors, a request each. */
static const struct refusal {
	uint8_t type, code;
	const char *icmp;
	bool advice;			/* it is answered all the same */
} refusals[ECHO_PATHS][4] = {
	{ { 3, 1, "HOST_UNREACH", false }, { 11, 0, "EXC_TTL", false },
	  { 5, 1, "REDIR_HOST", true }, { 3, 13, "PKT_FILTERED", false } },
	{ { 1, 3, "ADDR_UNREACH", false }, { 3, 0, "EXC_HOPLIMIT", false },
	  { 2, 0, "PKT_TOOBIG", false }, { 1, 77, "", false } },
};
#define REFUSALS ARRAY_SIZE(refusals[0])

/* Of the path of that number: all hosts, and all of the subnet. */
static const struct group {
	unsigned path;
	const char *to;
} groups[] = {
	{ 0, "224.0.0.1" }, { 0, "255.255.255.255" }, { 0, "10.9.0.255" },
	{ 1, "ff02::1" },
};

struct scene {
	struct test *t;
	struct netns a, b;		/* who asks, who answers */
	struct tool tool, people;	/* CSV; a table, and its summary */
	struct tool hasty;		/* does not wait long */
	struct table tb;
};

/* ---- what is made ------------------------------------------------------- */

static unsigned answers(unsigned seq)
{
	if (seq % EACH_LOST == 7)
		return 0;
	return seq % EACH_LOST == 3 && seq / EACH_LOST < TWICE ? 2 : 1;
}

/* One after the other, so that nothing is lost but what is not answered. */
static void ping(struct scene *s, const struct echo_path *p, unsigned id)
{
	int asks = echo_raw(s->t, &s->a, p, p->from);
	int tells = echo_raw(s->t, &s->b, p, p->to);

	/* unasked for, so that addresses are resolved: else the first request
	 * waits, and is sent by whoever is told */
	echo_send(s->t, tells, p, p->from, p->reply, id, 0);
	echo_hear(s->t, asks, p, p->reply, 0);
	for (unsigned seq = 1; seq <= PINGS; seq++) {
		echo_send(s->t, asks, p, p->to, p->request, id, seq);
		echo_hear(s->t, tells, p, p->request, seq);
		for (unsigned i = 0; i < answers(seq); i++) {
			echo_send(s->t, tells, p, p->from, p->reply, id, seq);
			echo_hear(s->t, asks, p, p->reply, seq);
		}
	}
	close(asks);
	close(tells);
}

/* By a ping socket.  The first one is refused twice, and answered late. */
static void refuse(struct scene *s, unsigned path)
{
	const struct echo_path *p = &echo_paths[path];
	int asks = echo_ping(s->t, &s->a, p, REFUSED);
	int tells = echo_raw(s->t, &s->b, p, p->to);
	const struct refusal *r = refusals[path];

	for (unsigned seq = 1; seq <= REFUSALS; seq++, r++) {
		echo_send(s->t, asks, p, p->to, p->request, 0, seq);
		echo_hear(s->t, tells, p, p->request, seq);
		for (unsigned i = 0; i < (seq == 1 ? 2 : 1); i++) {
			echo_refuse(s->t, tells, p, r->type, r->code, REFUSED,
				    seq);
			echo_error(s->t, asks);
		}
		if (seq > 1 && !r->advice)
			continue;
		echo_send(s->t, tells, p, p->from, p->reply, REFUSED, seq);
		echo_hear(s->t, asks, p, p->reply, seq);
	}
	r = refusals[path];
	echo_refuse(s->t, tells, p, r->type, r->code, STRANGER, 1);
	close(asks);
	close(tells);
}

/* Each but the last is answered, as often as there are members. */
static void ping_group(struct scene *s, const struct group *g)
{
	const struct echo_path *p = &echo_paths[g->path];
	unsigned id = GROUP + (unsigned)(g - groups);
	int asks = echo_raw(s->t, &s->a, p, p->from);
	int tells = echo_raw(s->t, &s->b, p, p->to);

	echo_group(s->t, &s->a, asks, p);
	for (unsigned seq = 1; seq <= GROUP; seq++) {
		echo_send(s->t, asks, p, g->to, p->request, id, seq);
		for (unsigned i = 0; seq < GROUP && i < MEMBERS; i++) {
			echo_send(s->t, tells, p, p->from, p->reply, id, seq);
			echo_hear(s->t, asks, p, p->reply, seq);
		}
	}
	close(asks);
	close(tells);
}

static unsigned count_lost(struct tool *r)
{
	size_t len;
	char *text = slurp_fd(r->out, &len);
	const char *at = text;
	unsigned n = 0;

	for (; at && (at = strstr(at, ",LOST,")); at++)
		n++;
	free(text);
	return n;
}

/* One that is answered once it was given up, as so many are then. */
static void ping_late(struct scene *s, const struct echo_path *p,
		      const char *to, unsigned lost)
{
	int asks = echo_raw(s->t, &s->a, p, p->from);
	int tells = echo_raw(s->t, &s->b, p, p->to);
	uint64_t end = now_ns() + PATIENCE * NSEC;

	echo_group(s->t, &s->a, asks, p);
	echo_send(s->t, asks, p, to, p->request, 8, 1);
	if (to == p->to)
		echo_hear(s->t, tells, p, p->request, 1);
	while (count_lost(&s->hasty) < lost && now_ns() < end)
		nap_ms(10);
	echo_send(s->t, tells, p, p->from, p->reply, 8, 1);
	echo_hear(s->t, asks, p, p->reply, 1);
	close(asks);
	close(tells);
}

static void start(struct scene *s)
{
	veth_pair(s->t, &s->a, &s->b);
	netns_sysctl(s->t, &s->b, "ipv4/icmp_echo_ignore_all", "1");
	if (netns_sysctl(s->t, &s->b, "ipv6/icmp/echo_ignore_all", "1"))
		skip(s->t, "no icmp/echo_ignore_all of IPv6 (Linux 5.1)");
	tool_init(&s->tool, s->t, s->a.inum);
	tool_start(&s->tool, "superping",
		   ARGS("--csv", "--strict", "-x", "--timeout", "3600"));
	tool_init(&s->people, s->t, s->a.inum);
	tool_start(&s->people, "superping", ARGS("--timeout", "3600"));
}

/* ---- and what is shown -------------------------------------------------- */

/* Requests that got an error and were answered. */
static unsigned advised(unsigned path)
{
	unsigned n = 0;

	for (unsigned i = 0; i < REFUSALS; i++)
		n += refusals[path][i].advice;
	return n;
}

static unsigned with_answers(unsigned n)
{
	unsigned count = 0;

	for (unsigned seq = 1; seq <= PINGS; seq++)
		count += answers(seq) == n;
	return count;
}

static void check_sum(struct scene *s, const struct echo_path *p,
		      const char *column, unsigned want)
{
	char pid[16];
	const char *const ours[] = { "raddr", p->to, "pid", pid,
				     "id", "7", NULL };
	uint64_t n;

	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	n = table_sum(&s->tb, s->t, column, ours);
	summary(s->t, "%s %llu, ", column, (unsigned long long)n);
	if (n != want)
		differ(s->t, "%s: %s %llu, not %u", p->to, column,
		       (unsigned long long)n, want);
}

static void check_row(struct scene *s, const struct echo_path *p, unsigned row)
{
	const char *outcome = table_cell(&s->tb, row, "outcome");
	uint64_t seq = 0, len = 0, rtt = 0;

	cell_u64(table_cell(&s->tb, row, "seq"), &seq);
	cell_u64(table_cell(&s->tb, row, "len"), &len);
	cell_u64(table_cell(&s->tb, row, "rtt_ns"), &rtt);
	if (len != p->bytes || !seq || seq > PINGS || !rtt ||
	    !strcmp(outcome, "LOST") != !answers((unsigned)seq) ||
	    (!strcmp(outcome, "DUP") && answers((unsigned)seq) != 2))
		differ(s->t, "%s: %s of %llu, %llu bytes, %llu ns", p->to,
		       outcome, (unsigned long long)seq,
		       (unsigned long long)len, (unsigned long long)rtt);
}

static void check_refusal(struct scene *s, unsigned path, unsigned i,
			  const char *pid, const char *id, unsigned ended,
			  unsigned want)
{
	const struct refusal *r = &refusals[path][i];
	const char *to = echo_paths[path].to, *lost = ended ? "1" : "0";
	char seq[8], type[8], code[8];
	const char *const row[] = { "raddr", to, "from", to, "pid", pid,
		"id", id, "seq", seq, "icmp", r->icmp, "icmp_type", type,
		"icmp_code", code, "sent", lost, "lost", lost, "errors", "1",
		"outcome", r->advice ? "ADVICE" : "ERROR", NULL };
	unsigned n;

	snprintf(seq, sizeof(seq), "%u", i + 1);
	snprintf(type, sizeof(type), "%u", r->type);
	snprintf(code, sizeof(code), "%u", r->code);
	n = table_count(&s->tb, row);
	if (n != want)
		differ(s->t, "%s: %u rows of %s about %s of %s that ended %u",
		       to, n, r->icmp, seq, id, ended);
}

static void check_refusals(struct scene *s, unsigned path)
{
	const char *to = echo_paths[path].to;
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	for (unsigned i = 0; i < REFUSALS; i++)
		check_refusal(s, path, i, pid, "9", !refusals[path][i].advice,
			      1);
	check_refusal(s, path, 0, pid, "9", 0, 1);
	check_refusal(s, path, 0, "", "11", 1, test_probes(s->t));
	table_want(&s->tb, s->t, 1, "late",
		   ARGS("raddr", to, "id", "9", "seq", "1", "outcome", "LATE",
			"from", "", "icmp", ""));
	table_want(&s->tb, s->t, advised(path), "received",
		   ARGS("raddr", to, "id", "9", "outcome", "REPLY",
			"icmp", ""));
}

static void check_group(struct scene *s, const struct group *g)
{
	const unsigned want[] = { GROUP - 1, (GROUP - 1) * (MEMBERS - 1), 1 };
	static const char *const outcomes[] = { "REPLY", "DUP", "LOST" };
	char pid[16], id[16];
	unsigned n;

	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	snprintf(id, sizeof(id), "%u", GROUP + (unsigned)(g - groups));
	for (unsigned i = 0; i < ARRAY_SIZE(want); i++) {
		n = table_count(&s->tb, ARGS("raddr", g->to, "pid", pid,
					     "id", id, "outcome",
					     outcomes[i]));
		if (n != want[i])
			differ(s->t, "%s: %u rows of %s, not %u", g->to, n,
			       outcomes[i], want[i]);
	}
}

static void check(struct scene *s)
{
	const struct echo_path *p;
	unsigned row;

	if (!table_parse(&s->tb, s->t, s->tool.text))
		return;
	for (p = echo_paths; p < echo_paths + ECHO_PATHS; p++) {
		for (row = 0; row < s->tb.nrows; row++)
			if (table_matches(&s->tb, row, ARGS("raddr", p->to,
							    "id", "7")))
				check_row(s, p, row);
		check_sum(s, p, "sent", PINGS);
		check_sum(s, p, "received", PINGS - with_answers(0));
		check_sum(s, p, "lost", with_answers(0));
		check_sum(s, p, "dup", with_answers(2));
		check_sum(s, p, "late", 0);
		check_sum(s, p, "errors", 0);
		check_refusals(s, (unsigned)(p - echo_paths));
	}
	for (unsigned i = 0; i < ARRAY_SIZE(groups); i++)
		check_group(s, &groups[i]);
	table_release(&s->tb);
}

/* The last lines: by process and peer what was sent and received, how much was
 * lost and came twice or late, how many errors, and four times. */
struct sums {
	unsigned sent, received, lost, dup, late, errors;
	double least, mean, most, mdev;
};

/* Of our own requests to @to; false: there are none. */
static bool summed(const char *text, const char *to, struct sums *m)
{
	char head[80];
	const char *at = strstr(text, "MDEV_MS");

	snprintf(head, sizeof(head), "\n%-7d %-9s %s ", (int)getpid(), "live",
		 to);
	at = at ? strstr(at, head) : NULL;
	return at && sscanf(at, " %*s %*s %*s %u %u %u %u %u %u %lf %lf %lf "
			    "%lf", &m->sent, &m->received, &m->lost, &m->dup,
			    &m->late, &m->errors, &m->least, &m->mean,
			    &m->most, &m->mdev) == 10;
}

static void check_summary(struct scene *s)
{
	unsigned path, sent = PINGS + REFUSALS, answered;
	struct sums m;

	for (path = 0; path < ECHO_PATHS; path++) {
		answered = PINGS - with_answers(0) + advised(path);
		memset(&m, 0, sizeof(m));
		if (!summed(s->people.text, echo_paths[path].to, &m) ||
		    m.sent != sent || m.lost != sent - answered ||
		    m.received != answered || m.dup != with_answers(2) ||
		    m.late != 1 || m.errors != REFUSALS + 1 ||
		    m.least > m.mean || m.mean > m.most ||
		    m.mdev > m.most - m.least)
			differ(s->t, "summary of %s: %u %u %u %u %u %u",
			       echo_paths[path].to, m.sent, m.received,
			       m.lost, m.dup, m.late, m.errors);
	}
}

/* Lost, and then late, of a host and of a group; it is known who asked. */
static void check_late(struct scene *s)
{
	static const char *const outcomes[] = { "LOST", "LATE" };
	const char *const to[] = { echo_paths[0].to, groups[0].to };
	const unsigned n = ARRAY_SIZE(outcomes) * ARRAY_SIZE(to);
	char pid[16];

	tool_init(&s->hasty, s->t, s->a.inum);
	tool_start(&s->hasty, "superping",
		   ARGS("--csv", "--strict", "--timeout", "2"));
	for (unsigned i = 0; i < ARRAY_SIZE(to); i++)
		ping_late(s, &echo_paths[0], to[i], i + 1);
	tool_stop(&s->hasty, SIGINT);
	tool_check_clean(&s->hasty);
	if (!table_parse(&s->tb, s->t, s->hasty.text))
		return;
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	for (unsigned i = 0; i < n; i++)
		if (s->tb.nrows != n ||
		    !table_matches(&s->tb, i, ARGS("outcome", outcomes[i % 2],
						   "raddr", to[i / 2],
						   "pid", pid, "seq", "1")))
			differ(s->t, "%u rows; not %s of 1 to %s", s->tb.nrows,
			       outcomes[i % 2], to[i / 2]);
	table_release(&s->tb);
	tool_release(&s->hasty);
}

static void superping(struct test *t)
{
	struct scene s = { .t = t };

	start(&s);
	for (unsigned path = 0; path < ECHO_PATHS; path++) {
		ping(&s, &echo_paths[path], PING);
		refuse(&s, path);
	}
	for (unsigned i = 0; i < ARRAY_SIZE(groups); i++)
		ping_group(&s, &groups[i]);
	tool_stop(&s.tool, SIGINT);
	tool_check_clean(&s.tool);
	tool_stop(&s.people, SIGINT);
	tool_check_clean(&s.people);
	check(&s);
	check_summary(&s);
	check_late(&s);
	tool_release(&s.tool);
	tool_release(&s.people);
	netns_free(&s.a);
	netns_free(&s.b);
}

/* ---- losses and duplicates of netem ------------------------------------- */

#define PLAIN 87		/* pings that are answered, once, */
#define DROPPED 10		/* and so many that netem drops the answer of */

/* In the namespace that was entered for it. */
static void want_netem(struct test *t, int err)
{
	netns_leave(t);
	if (err == -ENOENT)
		skip(t, "this kernel has no netem");
	if (err)
		fatal(t, "netem: %s", strerror(-err));
}

/* Of neighbours' messages some may be among them. */
static void await_drops(struct test *t, const struct netns *ns)
{
	uint64_t n = 0, end = now_ns() + PATIENCE * NSEC;

	netns_enter(t, ns);
	while (!link_dropped("sk0", &n) && n < DROPPED && now_ns() < end)
		nap_ms(10);
	netns_leave(t);
	if (n < DROPPED)
		differ(t, "netem has dropped %llu", (unsigned long long)n);
}

static void ping_answered(struct test *t, int fd, const struct echo_path *p,
			  unsigned first, unsigned n, unsigned times)
{
	for (unsigned seq = first; seq < first + n; seq++) {
		echo_send(t, fd, p, p->to, p->request, PING, seq);
		for (unsigned i = 0; i < times; i++)
			echo_hear(t, fd, p, p->reply, seq);
	}
}

static void superping_netem(struct test *t)
{
	const struct echo_path *p = &echo_paths[0];
	struct scene s = { .t = t };
	struct sums m = { 0 };
	int fd;

	veth_pair(t, &s.a, &s.b);
	tool_init(&s.people, t, s.a.inum);
	tool_start(&s.people, "superping", ARGS("--timeout", "3600"));
	fd = echo_raw(t, &s.a, p, p->from);
	ping_answered(t, fd, p, 1, PLAIN, 1);
	netns_enter(t, &s.b);
	want_netem(t, link_twice("sk0"));
	ping_answered(t, fd, p, PLAIN + 1, TWICE, 2);
	netns_enter(t, &s.b);
	want_netem(t, link_netem("sk0", 1, 0));
	ping_answered(t, fd, p, PLAIN + TWICE + 1, DROPPED, 0);
	await_drops(t, &s.b);
	tool_stop(&s.people, SIGINT);
	tool_check_clean(&s.people);
	if (!summed(s.people.text, p->to, &m) ||
	    m.sent != PLAIN + TWICE + DROPPED || m.lost != DROPPED ||
	    m.received != PLAIN + TWICE || m.dup != TWICE || m.late ||
	    m.errors)
		differ(t, "summary: %u %u %u %u %u %u", m.sent, m.received,
		       m.lost, m.dup, m.late, m.errors);
	summary(t, "%u pings, %u lost, %u twice", m.sent, m.lost, m.dup);
	close(fd);
	tool_release(&s.people);
	netns_free(&s.a);
	netns_free(&s.b);
}

const struct live_case superping_cases[] = {
	{ "superping", "replies, duplicates, losses and errors of echoes", 120,
	  superping, false },
	{ "superping-netem", "of 100 pings netem drops 10, and doubles 3", 60,
	  superping_netem, false },
	{ NULL, NULL, 0, NULL, false },
};

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * superping: echo requests to a peer that answers as the script says, once,
 * twice or not at all.
 */
#include "traffic.h"

#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PINGS 101
#define EACH_LOST 10		/* of these one is not answered, */
#define TWICE 3			/* and so many are twice */
#define PAYLOAD 48

/* Both alike, in 8 bytes: struct icmphdr, icmp6_hdr. */
struct message {
	uint8_t type, code;
	uint16_t checksum;
	uint16_t id, seq;
	uint8_t data[PAYLOAD];
};

static const struct path {
	int family, protocol;
	const char *to, *from;
	uint8_t request, reply;
	unsigned bytes;			/* of the request, as sent */
} paths[] = {
	{ AF_INET, IPPROTO_ICMP, "10.9.0.2", "10.9.0.1", ICMP_ECHO,
	  ICMP_ECHOREPLY, 20 + sizeof(struct message) },
	{ AF_INET6, IPPROTO_ICMPV6, "fd09::2", "fd09::1", ICMP6_ECHO_REQUEST,
	  ICMP6_ECHO_REPLY, 40 + sizeof(struct message) },
};

struct scene {
	struct test *t;
	struct netns a, b;		/* who asks, who answers */
	struct tool tool, people;	/* CSV; a table, and its summary */
	struct tool hasty;		/* does not wait long */
	struct table tb;
};

/* ---- what is made ------------------------------------------------------- */

/* RFC 1071; of ICMPv6 the kernel makes it. */
static uint16_t checksum(const struct message *m)
{
	const uint8_t *p = (const uint8_t *)m;
	uint32_t sum = 0;

	for (size_t i = 0; i < sizeof(*m); i += 2)
		sum += (uint32_t)p[i] << 8 | p[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

static int raw(struct scene *s, const struct netns *ns, const struct path *p,
	       const char *address)
{
	union addr at;
	int fd;

	addr_set(&at, p->family, address, 0);
	netns_enter(s->t, ns);
	fd = socket(p->family, SOCK_RAW | SOCK_CLOEXEC, p->protocol);
	if (fd < 0 || bind(fd, &at.sa, addr_len(&at)))
		fatal(s->t, "a raw socket: %s", strerror(errno));
	netns_leave(s->t);
	return fd;
}

static void say(struct scene *s, int fd, const struct path *p, const char *to,
		uint8_t type, unsigned id, unsigned seq)
{
	struct message m = { .type = type, .id = htons((uint16_t)id),
			     .seq = htons((uint16_t)seq) };
	union addr peer;

	if (p->family == AF_INET)
		m.checksum = checksum(&m);
	addr_set(&peer, p->family, to, 0);
	if (sendto(fd, &m, sizeof(m), 0, &peer.sa, addr_len(&peer)) !=
	    sizeof(m))
		fatal(s->t, "an echo: %s", strerror(errno));
}

/* Until that has come; raw sockets hear other messages, too. */
static void hear(struct scene *s, int fd, const struct path *p, uint8_t type,
		 unsigned seq)
{
	uint8_t buf[256];
	struct message m;
	size_t at = p->family == AF_INET ? 20 : 0;
	ssize_t n;

	do {
		if (!readable(fd, PATIENCE * 1000))
			fatal(s->t, "echo %u never came", seq);
		n = recv(fd, buf, sizeof(buf), 0);
		memset(&m, 0, sizeof(m));
		if (n == (ssize_t)(at + sizeof(m)))
			memcpy(&m, buf + at, sizeof(m));
	} while (m.type != type || ntohs(m.seq) != seq || !m.id);
}

static unsigned answers(unsigned seq)
{
	if (seq % EACH_LOST == 7)
		return 0;
	return seq % EACH_LOST == 3 && seq / EACH_LOST < TWICE ? 2 : 1;
}

/* One after the other, so that nothing is lost but what is not answered. */
static void ping(struct scene *s, const struct path *p, unsigned id)
{
	int asks = raw(s, &s->a, p, p->from), tells = raw(s, &s->b, p, p->to);

	/* unasked for, so that addresses are resolved: else the first request
	 * waits, and is sent by whoever is told */
	say(s, tells, p, p->from, p->reply, id, 0);
	hear(s, asks, p, p->reply, 0);
	for (unsigned seq = 1; seq <= PINGS; seq++) {
		say(s, asks, p, p->to, p->request, id, seq);
		hear(s, tells, p, p->request, seq);
		for (unsigned i = 0; i < answers(seq); i++) {
			say(s, tells, p, p->from, p->reply, id, seq);
			hear(s, asks, p, p->reply, seq);
		}
	}
	close(asks);
	close(tells);
}

static bool has(struct tool *r, const char *word)
{
	size_t len;
	char *text = slurp_fd(r->out, &len);
	bool found = text && strstr(text, word);

	free(text);
	return found;
}

/* One that is answered once it was given up. */
static void ping_late(struct scene *s, const struct path *p)
{
	int asks = raw(s, &s->a, p, p->from), tells = raw(s, &s->b, p, p->to);
	uint64_t end = now_ns() + PATIENCE * NSEC;

	say(s, asks, p, p->to, p->request, 8, 1);
	hear(s, tells, p, p->request, 1);
	while (!has(&s->hasty, ",LOST,") && now_ns() < end)
		nap_ms(10);
	say(s, tells, p, p->from, p->reply, 8, 1);
	hear(s, asks, p, p->reply, 1);
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

static unsigned with_answers(unsigned n)
{
	unsigned count = 0;

	for (unsigned seq = 1; seq <= PINGS; seq++)
		count += answers(seq) == n;
	return count;
}

static void check_sum(struct scene *s, const struct path *p,
		      const char *column, unsigned want)
{
	char pid[16];
	const char *const ours[] = { "raddr", p->to, "pid", pid, NULL };
	uint64_t n;

	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	n = table_sum(&s->tb, s->t, column, ours);
	summary(s->t, "%s %llu, ", column, (unsigned long long)n);
	if (n != want)
		differ(s->t, "%s: %s %llu, not %u", p->to, column,
		       (unsigned long long)n, want);
}

static void check_row(struct scene *s, const struct path *p, unsigned row)
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

static void check(struct scene *s)
{
	const struct path *p;
	unsigned row;

	if (!table_parse(&s->tb, s->t, s->tool.text))
		return;
	for (p = paths; p < paths + ARRAY_SIZE(paths); p++) {
		for (row = 0; row < s->tb.nrows; row++)
			if (!strcmp(table_cell(&s->tb, row, "raddr"), p->to))
				check_row(s, p, row);
		check_sum(s, p, "sent", PINGS);
		check_sum(s, p, "received", PINGS - with_answers(0));
		check_sum(s, p, "lost", with_answers(0));
		check_sum(s, p, "dup", with_answers(2));
		check_sum(s, p, "late", 0);
	}
	table_release(&s->tb);
}

/* The last lines: by process and peer what was sent and received, how much was
 * lost and came twice or late, and four times. */
static void check_summary(struct scene *s)
{
	unsigned sent, received, lost, dup, late, fields;
	double least, mean, most, mdev;
	const struct path *p;
	const char *at;
	char head[64];

	for (p = paths; p < paths + ARRAY_SIZE(paths); p++) {
		at = strstr(s->people.text, "MDEV_MS");
		snprintf(head, sizeof(head), " %s ", p->to);
		at = at ? strstr(at, head) : NULL;
		fields = !at ? 0 :
			 (unsigned)sscanf(at, " %*s %u %u %u %u %u %lf %lf "
					  "%lf %lf", &sent, &received, &lost,
					  &dup, &late, &least, &mean, &most,
					  &mdev);
		if (fields != 9 || sent != PINGS || lost != with_answers(0) ||
		    received != PINGS - lost || dup != with_answers(2) ||
		    late || least > mean || mean > most ||
		    mdev > most - least)
			differ(s->t, "summary of %s: %.80s", p->to,
			       at ? at : "none");
	}
}

/* Lost, and then late; of both it is known who asked. */
static void check_late(struct scene *s)
{
	static const char *const outcomes[] = { "LOST", "LATE" };
	char pid[16];

	tool_init(&s->hasty, s->t, s->a.inum);
	tool_start(&s->hasty, "superping",
		   ARGS("--csv", "--strict", "--timeout", "2"));
	ping_late(s, &paths[0]);
	tool_stop(&s->hasty, SIGINT);
	tool_check_clean(&s->hasty);
	if (!table_parse(&s->tb, s->t, s->hasty.text))
		return;
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	for (unsigned i = 0; i < ARRAY_SIZE(outcomes); i++)
		if (s->tb.nrows != ARRAY_SIZE(outcomes) ||
		    !table_matches(&s->tb, i, ARGS("outcome", outcomes[i],
						   "pid", pid, "seq", "1")))
			differ(s->t, "%u rows; not %s of 1", s->tb.nrows,
			       outcomes[i]);
	table_release(&s->tb);
	tool_release(&s->hasty);
}

static void superping(struct test *t)
{
	struct scene s = { .t = t };

	start(&s);
	ping(&s, &paths[0], 7);
	ping(&s, &paths[1], 7);
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

const struct live_case superping_cases[] = {
	{ "superping", "replies, duplicates and losses of echo requests", 120,
	  superping, false },
	{ NULL, NULL, 0, NULL, false },
};

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tcpnagle: data that waits for packets of its own socket to leave the device.
 * They are held in a queue there for as long as is needed, so that what TCP
 * does is certain: the first segment is sent, what comes behind it waits.
 */
#include "pair.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define EACH 11			/* connections of a kind */
#define SMALL 100
#define FILL 1400		/* of what holds up the queue */
#define AT_ONCE 2000		/* bytes that pass it; then AT_REST a second */
#define AT_REST 10

enum kind {
	TSQ,		/* tcp_small_queue_check() */
	AUTOCORK,	/* tcp_should_autocork() */
	KINDS,
};

#define CONNS (EACH * KINDS)

static const char *const reasons[KINDS] = { "tsq", "autocork" };

struct scene {
	struct test *t;
	struct pair p;
	uint16_t lports[CONNS];
	uint64_t held_ns;	/* how long the first of them was */
};

static void scene_init(struct scene *s, struct test *t)
{
	memset(s, 0, sizeof(*s));
	s->t = t;
	pair_init(&s->p, t);
	/* a tail loss probe would send what waits */
	netns_sysctl(t, &s->p.a, "ipv4/tcp_early_retrans", "0");
	/* 4.15: of a namespace.  A packet of any size is too much. */
	if (netns_sysctl(t, &s->p.a, "ipv4/tcp_limit_output_bytes", "1"))
		skip(t, "no limit of what is in the device");
	pair_listen(&s->p, 0);
}

/* ---- made --------------------------------------------------------------- */

static void connect_one(struct scene *s, unsigned i)
{
	s->lports[i] = pair_connect(&s->p, 0, i);
	agent_option(&s->p.cli, OP_TCP_OPTION, i, TCP_NODELAY, 1);
}

/* @rate from now on; the last of what is sent here makes it so.  Held up is
 * what is behind two of these. */
static void queue(struct scene *s, uint32_t rate, uint32_t at_once)
{
	static const char bytes[FILL];
	union addr to;
	int fd, err;

	addr_set(&to, AF_INET, "10.9.0.2", 9);
	netns_enter(s->t, &s->p.a);
	err = link_tbf("sk0", rate, at_once, 1 << 20);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	netns_leave(s->t);
	if (err == -ENOENT)
		skip(s->t, "this kernel has no tbf");
	if (err || fd < 0)
		fatal(s->t, "a queue: %s", strerror(err ? -err : errno));
	for (unsigned i = 0; i < 3; i++)
		if (sendto(fd, bytes, sizeof(bytes), 0, &to.sa,
			   addr_len(&to)) < 0)
			fatal(s->t, "sendto: %s", strerror(errno));
	close(fd);
}

/* A segment, and behind it two that nobody asks to wait. */
static void send_three(struct scene *s, unsigned i)
{
	struct cmd c = { .op = OP_SEND, .slot = i, .n = 2 * SMALL };

	agent_post(&s->p.cli, &c);
	c.n = SMALL;
	agent_post(&s->p.cli, &c);
	agent_post(&s->p.cli, &c);
	for (unsigned k = 0; k < 3; k++)
		agent_wait(&s->p.cli);
}

static void make_kind(struct scene *s, enum kind kind)
{
	uint64_t begun;
	unsigned i;

	netns_sysctl(s->t, &s->p.a, "ipv4/tcp_autocorking",
		     kind == AUTOCORK ? "1" : "0");
	queue(s, AT_REST, AT_ONCE);
	begun = now_ns();
	for (i = kind * EACH; i < (kind + 1) * EACH; i++)
		send_three(s, i);
	if (now_ns() - begun > s->held_ns)
		s->held_ns = now_ns() - begun;
	queue(s, 1 << 30, 1 << 20);
	for (i = kind * EACH; i < (kind + 1) * EACH; i++)
		agent_do(&s->p.srv, OP_RECV, i, 4 * SMALL);
}

/* ---- shown -------------------------------------------------------------- */

static uint64_t bytes_of(struct scene *s, const struct table *tb,
			 const char *port, const char *reason)
{
	const char *pairs[] = { "lport", port, "reason", reason, NULL };

	return table_sum(tb, s->t, "bytes", pairs);
}

/*
 * The last segment waits, and is shown once.  So does the one before it, but
 * that TCP lets a second one into the device where there is but one (5.13 or
 * later, tcp_rtx_queue_empty_or_single_skb()); autocorking does not.
 */
static void check_one(struct scene *s, const struct table *tb, unsigned i)
{
	/* sk_tsq_flags is not found by trying */
	const char *reason = i / EACH == TSQ && !test_btf(s->t) ?
			     "other" : reasons[i / EACH];
	const char *pairs[] = { "lport", NULL, "reason", reason, NULL };
	uint64_t waited, sent;
	char port[8];

	snprintf(port, sizeof(port), "%u", s->lports[i]);
	pairs[1] = port;
	waited = bytes_of(s, tb, port, reason);
	sent = bytes_of(s, tb, port, "none");
	if (waited + sent != 4 * SMALL || table_count(tb, pairs) != 1 ||
	    !(waited == 2 * SMALL || (waited == SMALL && i / EACH == TSQ)))
		differ(s->t, "%s, port %s: %" PRIu64 " bytes waited in %u rows, "
		       "%" PRIu64 " did not", reason, port, waited,
		       table_count(tb, pairs), sent);
}

static void check(struct scene *s, const char *csv)
{
	struct table tb;

	if (!table_parse(&tb, s->t, csv))
		return;
	table_want(&tb, s->t, CONNS * 4 * SMALL, "bytes", ARGS("comm",
							      CLIENT_COMM));
	/* a timer that retransmits has TCP wait for cwnd */
	for (unsigned i = 0; i < CONNS && s->held_ns < 150 * MSEC; i++)
		check_one(s, &tb, i);
	summary(s->t, "%u rows of %u connections held for %u ms", tb.nrows,
		CONNS, (unsigned)(s->held_ns / MSEC));
	table_release(&tb);
}

static void queued(struct test *t)
{
	static struct scene s;
	struct tool r;
	uint64_t corked;
	char port[8];

	scene_init(&s, t);
	for (unsigned i = 0; i < CONNS; i++)
		connect_one(&s, i);
	snprintf(port, sizeof(port), "%u", s.p.port[0]);
	tool_init(&r, t, s.p.a.inum);
	r.may_lack = !test_probes(t);
	tool_start(&r, "tcpnagle", ARGS("--events", "--all", "--csv", "-o",
					"comm,lport,reason,bytes", "-D",
					port));
	for (unsigned kind = 0; kind < KINDS; kind++)
		make_kind(&s, kind);
	tool_stop(&r, SIGINT);
	tool_check_clean(&r);
	corked = netns_snmp(t, &s.p.a, "TcpExt", "TCPAutoCorking");
	if (corked != EACH)
		differ(t, "the kernel has corked %" PRIu64 " times, not %u",
		       corked, EACH);
	check(&s, r.text);
	tool_release(&r);
	pair_release(&s.p);
}

const struct live_case queued_cases[] = {
	{ "tcpnagle-queued", "data that waits for packets to leave the device",
	  300, queued, false },
	{ NULL, NULL, 0, NULL, false },
};

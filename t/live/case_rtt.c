/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tcprtt: connections over a link that delays, and what their TCP_INFO says.
 * tcpcong: connections over one that drops, and what the kernel counts.  All
 * sockets are this process's.
 */
#include "traffic.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DELAY_MS 20

struct side {
	int fd;
	struct tcp_info info;	/* before the end */
	uint64_t segments;	/* while it was established */
	char laddr[46], raddr[46], lport[8], rport[8];
};

static struct connection {
	int family;
	const char *server;
	unsigned trips;		/* of a byte, there and back */
	struct side cli, srv;
} connections[] = {
	{ .family = AF_INET, .server = "10.9.0.2", .trips = 5 },
	{ .family = AF_INET6, .server = "fd09::2", .trips = 11 },
};
#define END (connections + ARRAY_SIZE(connections))

struct scene {
	struct test *t;
	struct netns a, b;	/* client's, server's */
	bool delayed;		/* the kernel has netem */
	int listener;		/* of both families */
	uint16_t port;
	struct table shown;
};

/* ---- traffic ------------------------------------------------------------ */

static int make_socket(struct scene *s, const struct netns *ns, int family)
{
	int fd;

	netns_enter(s->t, ns);
	fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	netns_leave(s->t);
	if (fd < 0)
		fatal(s->t, "socket: %s", strerror(errno));
	return fd;
}

static void set_up(struct scene *s)
{
	socklen_t len = sizeof(union addr);
	union addr a;

	veth_pair(s->t, &s->a, &s->b);
	s->listener = make_socket(s, &s->b, AF_INET6);
	addr_set(&a, AF_INET6, "::", 0);
	if (bind(s->listener, &a.sa, sizeof(a)) || listen(s->listener, 8) ||
	    getsockname(s->listener, &a.sa, &len))
		fatal(s->t, "a listener: %s", strerror(errno));
	s->port = addr_port(&a);
}

static void delay(struct scene *s)
{
	int err;

	netns_enter(s->t, &s->a);
	err = link_netem("sk0", 0, DELAY_MS);
	netns_leave(s->t);
	if (err && err != -ENOENT)
		fatal(s->t, "netem: %s", strerror(-err));
	s->delayed = !err;
}

static void release(struct scene *s)
{
	close(s->listener);
	netns_free(&s->a);
	netns_free(&s->b);
}

static void pass_byte(struct scene *s, int from, int to)
{
	char c = 'x';

	if (send(from, &c, 1, MSG_NOSIGNAL) != 1 ||
	    !readable(to, PATIENCE * 1000) || recv(to, &c, 1, 0) != 1)
		fatal(s->t, "a byte: %s", strerror(errno));
}

static void look(struct scene *s, struct side *side)
{
	socklen_t len = sizeof(side->info);

	if (getsockopt(side->fd, IPPROTO_TCP, TCP_INFO, &side->info, &len))
		fatal(s->t, "TCP_INFO: %s", strerror(errno));
}

static void name(struct scene *s, struct side *side)
{
	socklen_t llen = sizeof(union addr), rlen = sizeof(union addr);
	union addr l, r;

	if (getsockname(side->fd, &l.sa, &llen) ||
	    getpeername(side->fd, &r.sa, &rlen))
		fatal(s->t, "addresses: %s", strerror(errno));
	addr_text(&l, side->laddr, sizeof(side->laddr));
	addr_text(&r, side->raddr, sizeof(side->raddr));
	snprintf(side->lport, sizeof(side->lport), "%u", addr_port(&l));
	snprintf(side->rport, sizeof(side->rport), "%u", addr_port(&r));
}

/*
 * Until nothing is on its way: all data is acknowledged, and what the one has
 * sent has come to the other.  The server's end counts a SYN, however many
 * came, and no SYN/ACK (tcp_create_openreq_child()).
 */
static void wait_quiet(struct scene *s, struct connection *c,
		       unsigned syn_retrans)
{
	struct tcp_info *cli = &c->cli.info, *srv = &c->srv.info;
	uint64_t end = now_ns() + PATIENCE * NSEC;

	for (;;) {
		look(s, &c->srv);
		look(s, &c->cli);
		if (!cli->tcpi_unacked && !srv->tcpi_unacked &&
		    srv->tcpi_segs_in + syn_retrans >= cli->tcpi_segs_out &&
		    cli->tcpi_segs_in >= srv->tcpi_segs_out + 1)
			return;
		if (now_ns() > end)
			fatal(s->t, "segments never came: %u %u, %u %u",
			      cli->tcpi_segs_out, srv->tcpi_segs_in,
			      srv->tcpi_segs_out, cli->tcpi_segs_in);
		nap_ms(5);
	}
}

/* The server's end is there once it was told of the reset. */
static void reset(struct scene *s, struct connection *c)
{
	const struct linger hard = { .l_onoff = 1 };
	char byte;

	setsockopt(c->cli.fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(c->cli.fd);
	if (!readable(c->srv.fd, PATIENCE * 1000) ||
	    recv(c->srv.fd, &byte, 1, 0) >= 0 || errno != ECONNRESET)
		fatal(s->t, "no reset came");
	close(c->srv.fd);
}

static void join(struct scene *s, struct connection *c)
{
	union addr a;

	addr_set(&a, c->family, c->server, s->port);
	c->cli.fd = make_socket(s, &s->a, c->family);
	if (connect(c->cli.fd, &a.sa, sizeof(a)))
		fatal(s->t, "connect: %s", strerror(errno));
	c->srv.fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);
	if (c->srv.fd < 0)
		fatal(s->t, "accept: %s", strerror(errno));
	name(s, &c->cli);
	name(s, &c->srv);
}

static void travel(struct scene *s, const struct connection *c)
{
	unsigned i;

	for (i = 0; i < c->trips; i++) {
		pass_byte(s, c->cli.fd, c->srv.fd);
		pass_byte(s, c->srv.fd, c->cli.fd);
	}
}

static void make(struct scene *s, struct connection *c)
{
	unsigned syn_retrans;

	join(s, c);
	/* nothing else has been sent yet */
	look(s, &c->cli);
	syn_retrans = c->cli.info.tcpi_total_retrans;
	travel(s, c);
	wait_quiet(s, c, syn_retrans);
	/* but for the handshake's; the server gets a reset besides */
	c->cli.segments = c->cli.info.tcpi_segs_in - 1;
	c->srv.segments = c->srv.info.tcpi_segs_in - 2 + 1;
	reset(s, c);
}

/* ---- what was shown ----------------------------------------------------- */

static void want(struct scene *s, const struct side *side, const char *map,
		 const char *lo, uint64_t made)
{
	const char *pairs[] = {
		"map", map, "laddr", side->laddr, "lport", side->lport,
		"raddr", side->raddr, "rport", side->rport,
		lo ? "lo" : NULL, lo, NULL
	};
	uint64_t n = table_sum(&s->shown, s->t, "count", pairs);

	if (n != made)
		differ(s->t, "%s of %s %s, from %s on: %" PRIu64 " shown, %"
		       PRIu64 " made", map, side->laddr, side->lport,
		       lo ? lo : "0", n, made);
}

/* One, where @us belongs. */
static void want_at(struct scene *s, const struct side *side, const char *map,
		    uint32_t us)
{
	uint32_t from = us;
	char lo[16];

	while (from & (from - 1))
		from &= from - 1;
	snprintf(lo, sizeof(lo), "%u", from);
	want(s, side, map, lo, 1);
	want(s, side, map, NULL, 1);
}

static void check_side(struct scene *s, const struct side *side)
{
	want(s, side, "srtt", NULL, side->segments);
	want(s, side, "srtt_average", NULL, side->segments);
	want_at(s, side, "end_srtt", side->info.tcpi_rtt);
	if (test_types(s->t)) {
		want_at(s, side, "end_mdev", side->info.tcpi_rttvar);
		want_at(s, side, "end_min_rtt", side->info.tcpi_min_rtt);
	}
	summary(s->t, "%s %" PRIu64 " segments, %u us; ", side->laddr,
		side->segments, side->info.tcpi_rtt);
}

/* No time is shorter than what each way back and forth takes. */
static void check_delay(struct scene *s)
{
	const struct table *tb = &s->shown;
	uint64_t lo, average;
	unsigned i;

	for (i = 0; i < tb->nrows; i++) {
		const char *map = table_cell(tb, i, "map");

		if (!strcmp(map, "end_mdev"))
			continue;
		if (cell_u64(table_cell(tb, i, "lo"), &lo) &&
		    2 * lo <= DELAY_MS * 1000)
			differ(s->t, "%s from %" PRIu64 " us on", map, lo);
		if (!strcmp(map, "srtt_average") &&
		    (!cell_u64(table_cell(tb, i, "average"), &average) ||
		     average < DELAY_MS * 1000))
			differ(s->t, "an average of '%s'",
			       table_cell(tb, i, "average"));
	}
}

static void check_all(struct scene *s, const char *text)
{
	const struct connection *c;

	if (!table_parse(&s->shown, s->t, text))
		return;
	for (c = connections; c < END; c++) {
		check_side(s, &c->cli);
		check_side(s, &c->srv);
	}
	if (s->delayed)
		check_delay(s);
	table_release(&s->shown);
}

/* The filters let the client's end of the one on IPv6 pass. */
static void check_some(struct scene *s, const char *text)
{
	const struct side *cli = &connections[1].cli;
	uint64_t n, average;

	if (!table_parse(&s->shown, s->t, text))
		return;
	n = table_sum(&s->shown, s->t, "count", ARGS("map", "srtt"));
	average = table_sum(&s->shown, s->t, "count",
			    ARGS("map", "srtt_average", "raddr", cli->raddr));
	if (n != cli->segments || average != n)
		differ(s->t, "filtered: %" PRIu64 " and %" PRIu64 " shown, %"
		       PRIu64 " made", n, average, cli->segments);
	n = table_sum(&s->shown, s->t, "count", ARGS("map", "end_srtt"));
	if (n != 1)
		differ(s->t, "filtered: %" PRIu64 " ends", n);
	table_release(&s->shown);
}

static void rtt(struct test *t)
{
	struct scene s = { .t = t };
	struct connection *c;
	struct tool all, some;
	char a[32], b[32], port[8];

	set_up(&s);
	delay(&s);
	snprintf(a, sizeof(a), "inode:%u", s.a.inum);
	snprintf(b, sizeof(b), "inode:%u", s.b.inum);
	snprintf(port, sizeof(port), "%u", s.port);
	tool_init(&all, t, 0);
	tool_start(&all, "tcprtt", ARGS("--csv", "-N", a, "-N", b, "-P", port,
					"--by", "laddr,lport,raddr,rport"));
	tool_init(&some, t, 0);
	tool_start(&some, "tcprtt", ARGS("--csv", "-N", a, "-6", "-D", port,
					 "-a", "fd09::/64", "-A", "fd09::2"));
	for (c = connections; c < END; c++)
		make(&s, c);
	tool_stop(&all, SIGINT);
	tool_stop(&some, SIGINT);
	tool_check_clean(&all);
	tool_check_clean(&some);
	check_all(&s, all.text);
	check_some(&s, some.text);
	summary(t, "%s", s.delayed ? "delayed" : "no netem");
	tool_release(&all);
	tool_release(&some);
	release(&s);
}

/* ---- congestion --------------------------------------------------------- */

#define RTO_MIN_MS 200
#define MANY 30000		/* bytes; more segments than the first window */

/* Of @bytes, the segment after @first is dropped on its way. */
static struct lossy {
	struct connection c;
	uint32_t dropped, first;
	unsigned bytes;
	uint64_t most_ns, least_ns;	/* how long it was established */
	unsigned timeouts, recoveries;	/* as the kernel counts */
} lossies[] = {
	{ .c = { .family = AF_INET, .server = "10.9.0.2", .trips = 3 } },
	{ .c = { .family = AF_INET, .server = "10.9.0.2", .trips = 3 },
	  .dropped = 1, .bytes = 500 },
	{ .c = { .family = AF_INET6, .server = "fd09::2", .trips = 3 },
	  .dropped = 1, .first = 3, .bytes = MANY },
};

static unsigned counted(struct scene *s, const char *name)
{
	return netns_snmp(s->t, &s->a, "TcpExt", name);
}

static void send_all(struct scene *s, const struct lossy *l)
{
	static char data[MANY];

	if (send(l->c.cli.fd, data, l->bytes, MSG_NOSIGNAL) != l->bytes ||
	    recv(l->c.srv.fd, data, l->bytes, MSG_WAITALL) != l->bytes)
		fatal(s->t, "%u bytes: %s", l->bytes, strerror(errno));
}

static void lose(struct scene *s, struct lossy *l, struct dropper *d)
{
	uint64_t before = now_ns(), joined;

	join(s, &l->c);
	joined = now_ns();
	/* without those of a SYN that a stalled machine did not answer */
	l->timeouts = counted(s, "TCPTimeouts");
	l->recoveries = counted(s, "TCPSackRecovery");
	dropper_set(s->t, d, P_DATA, l->first, l->dropped);
	if (l->bytes)
		send_all(s, l);
	/* before 5.19 the tool learns from segments */
	travel(s, &l->c);
	l->timeouts = counted(s, "TCPTimeouts") - l->timeouts;
	l->recoveries = counted(s, "TCPSackRecovery") - l->recoveries;
	l->least_ns = now_ns() - joined;
	reset(s, &l->c);
	l->most_ns = now_ns() - before;
}

/* Row @i is of this end: after @last, and adds to @ns. */
static void check_row(struct scene *s, unsigned i, char last[16], uint64_t *ns)
{
	const struct table *tb = &s->shown;
	const char *old = table_cell(tb, i, "oldstate");
	uint64_t n = 0, pid = 0;

	if (strcmp(old, last))
		differ(s->t, "row %u is of %s, not %s", i, old, last);
	snprintf(last, 16, "%s", table_cell(tb, i, "newstate"));
	if (!cell_u64(table_cell(tb, i, "duration_ns"), &n))
		differ(s->t, "row %u: a duration of '%s'", i,
		       table_cell(tb, i, "duration_ns"));
	*ns += n;
	/* Disorder may begin when the timer has run for a while */
	if (!strcmp(last, "Loss") && !strcmp(old, "Open") &&
	    n < RTO_MIN_MS * MSEC)
		differ(s->t, "a timeout after %" PRIu64 " ns", n);
	if (!cell_u64(table_cell(tb, i, "pid"), &pid) ||
	    pid != (uint64_t)getpid())
		differ(s->t, "row %u: pid '%s'", i, table_cell(tb, i, "pid"));
}

static void check_lossy(struct scene *s, const struct lossy *l)
{
	const struct side *cli = &l->c.cli;
	unsigned i, rows = 0, losses = 0, recoveries = 0;
	char last[16] = "Open";
	uint64_t ns = 0;

	for (i = 0; i < s->shown.nrows; i++) {
		if (!table_matches(&s->shown, i,
				   ARGS("laddr", cli->laddr, "lport",
					cli->lport, "raddr", cli->raddr,
					"rport", cli->rport)))
			continue;
		check_row(s, i, last, &ns);
		rows++;
		losses += !strcmp(last, "Loss");
		recoveries += !strcmp(last, "Recovery");
	}
	/* timers of a stalled machine run out, too, and several in one Loss */
	if (strcmp(last, "closed") || losses > l->timeouts ||
	    !losses != !l->timeouts || recoveries != l->recoveries ||
	    (!l->dropped && !l->timeouts && rows != 1))
		differ(s->t, "port %s: %u rows to %s, %u Loss, %u Recovery; "
		       "the kernel counted %u timeouts, %u recoveries",
		       cli->lport, rows, last, losses, recoveries, l->timeouts,
		       l->recoveries);
	if (ns < l->least_ns || ns > l->most_ns)
		differ(s->t, "port %s: %" PRIu64 " ns in all, it lasted %"
		       PRIu64 " to %" PRIu64, cli->lport, ns, l->least_ns,
		       l->most_ns);
	summary(s->t, "%u rows, %u Loss, %u Recovery; ", rows, losses,
		recoveries);
}

static void cong(struct test *t)
{
	struct lossy *l, *end = lossies + ARRAY_SIZE(lossies);
	struct scene s = { .t = t };
	struct dropper d;
	struct tool r;

	set_up(&s);
	dropper_open(t, &d, &s.b);
	/* a probe would come before the timer */
	netns_sysctl(t, &s.a, "ipv4/tcp_early_retrans", "0");
	tool_init(&r, t, s.a.inum);
	tool_start(&r, "tcpcong", ARGS("--csv"));
	for (l = lossies; l < end; l++)
		lose(&s, l, &d);
	tool_stop(&r, SIGINT);
	tool_check_clean(&r);
	if (table_parse(&s.shown, t, r.text)) {
		for (l = lossies; l < end; l++)
			check_lossy(&s, l);
		table_release(&s.shown);
	}
	tool_release(&r);
	dropper_close(&d);
	release(&s);
}

const struct live_case rtt_cases[] = {
	{ "tcprtt", "round trip times, of each segment and each connection",
	  300, rtt, false },
	{ "tcpcong", "congestion of connections that lose segments", 300, cong,
	  false },
	{ NULL, NULL, 0, NULL, false },
};

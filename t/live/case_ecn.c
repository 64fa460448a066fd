/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ipecn: packets of known marks, of both families, those that a queue has
 * marked, and those that come as one because of segmentation offload: as many
 * as were sent, and as the kernel counts.
 */
#include "traffic.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define QUEUED 41		/* datagrams through the queue that marks */
#define AT_ONCE 48		/* for which receive buffers have room */
#define STREAM 1000003		/* bytes of each TCP connection */

static const struct mark {
	const char *column, *ext, *six;	/* what counts them */
	int tos;
	unsigned n;			/* datagrams that have it */
} marks[] = {
	{ "not_ect", NULL, NULL, 0, 31 },
	{ "ect1", "InECT1Pkts", "Ip6InECT1Pkts", 1, 41 },
	{ "ect0", "InECT0Pkts", "Ip6InECT0Pkts", 2, 53 },
	{ "ce", "InCEPkts", "Ip6InCEPkts", 3, 1009 },
};

/* By family: who receives, who sends, and who sends through the queue, where
 * there is one that marks. */
static const struct path {
	int family;
	const char *to, *from, *queued;
} paths[] = {
	{ AF_INET, "10.9.0.1", "10.9.0.2", "10.9.0.3" },
	{ AF_INET6, "fd09::1", "fd09::2", "fd09::3" },
};

struct scene {
	struct test *t;
	struct netns a, b;		/* it is a that is looked at */
	struct agent cli, srv;		/* in b, in a */
	struct tool tool, plain;	/* with all columns, and by itself */
	struct table tb;
	bool queue;			/* there is one that marks */
	uint64_t marked;		/* by it, as it counts */
};

/* ---- what is made ------------------------------------------------------- */

static void mark(struct scene *s, int fd, int family, int tos)
{
	int level = family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6;
	int option = family == AF_INET ? IP_TOS : IPV6_TCLASS;

	if (setsockopt(fd, level, option, &tos, sizeof(tos)))
		fatal(s->t, "traffic class %d: %s", tos, strerror(errno));
}

/* At most AT_ONCE. */
static void emit(struct scene *s, int fd, const union addr *peer, unsigned n)
{
	union addr to = *peer;
	char byte = 0;
	struct iovec one = { &byte, 1 };
	struct mmsghdr m[AT_ONCE];
	unsigned i;
	int sent;

	memset(m, 0, sizeof(m));
	for (i = 0; i < n; i++) {
		m[i].msg_hdr.msg_name = &to;
		m[i].msg_hdr.msg_namelen = addr_len(&to);
		m[i].msg_hdr.msg_iov = &one;
		m[i].msg_hdr.msg_iovlen = 1;
	}
	for (i = 0; i < n; i += (unsigned)sent) {
		sent = sendmmsg(fd, m + i, n - i, 0);
		if (sent < 1)
			fatal(s->t, "sending datagrams: %s", strerror(errno));
	}
}

static void take(struct scene *s, int fd, unsigned n)
{
	struct mmsghdr m[AT_ONCE];
	int some;

	memset(m, 0, sizeof(m));
	for (; n; n -= (unsigned)some) {
		if (!readable(fd, PATIENCE * 1000))
			fatal(s->t, "%u datagrams do not come", n);
		some = recvmmsg(fd, m, n, MSG_DONTWAIT, NULL);
		if (some < 1)
			fatal(s->t, "datagrams: %s", strerror(errno));
	}
}

/* Some are taken before more are sent: nothing is dropped on the way. */
static void datagrams(struct scene *s, int from, int to,
		      const union addr *peer, unsigned n)
{
	unsigned some;

	for (; n; n -= some) {
		some = n < AT_ONCE ? n : AT_ONCE;
		emit(s, from, peer, some);
		take(s, to, some);
	}
}

static void known_marks(struct scene *s, const struct path *p)
{
	const struct mark *m;
	union addr to, from;
	int rx = udp_bound(s->t, &s->a, p->family, p->to, &to);
	int tx = udp_bound(s->t, &s->b, p->family, p->from, &from);

	for (m = marks; m < marks + ARRAY_SIZE(marks); m++) {
		mark(s, tx, p->family, m->tos);
		datagrams(s, tx, rx, &to, m->n);
	}
	close(tx);
	close(rx);
}

static void queue_marks(struct scene *s, const struct path *p)
{
	union addr to, from;
	int rx = udp_bound(s->t, &s->a, p->family, p->to, &to), tx;
	int prefix = p->family == AF_INET ? 24 : 64, err;

	netns_enter(s->t, &s->b);
	err = link_addr("sk0", p->family, p->queued, prefix);
	netns_leave(s->t);
	if (err)
		fatal(s->t, "%s: %s", p->queued, strerror(-err));
	tx = udp_bound(s->t, &s->b, p->family, p->queued, &from);
	mark(s, tx, p->family, 2);
	datagrams(s, tx, rx, &to, 1);	/* the address is resolved */
	emit(s, tx, &to, QUEUED - 1);
	take(s, rx, QUEUED - 1);
	close(tx);
	close(rx);
}

static void stream(struct scene *s, const struct path *p)
{
	struct cmd listen = { .op = OP_LISTEN, .slot = LISTENER };
	struct cmd connect = { .op = OP_CONNECT };
	struct cmd bind = { .op = OP_BIND };
	struct cmd recv = { .op = OP_RECV, .n = STREAM };
	struct cmd send = { .op = OP_SEND, .n = STREAM };

	addr_set(&listen.addr, p->family, p->to, 0);
	agent_post(&s->srv, &listen);
	connect.addr = agent_wait(&s->srv).local;
	addr_set(&bind.addr, p->family, p->from, 0);
	agent_post(&s->cli, &bind);
	agent_post(&s->cli, &connect);
	agent_wait(&s->cli);
	agent_wait(&s->cli);
	agent_do(&s->srv, OP_ACCEPT, 0, LISTENER);
	agent_post(&s->srv, &recv);
	agent_post(&s->cli, &send);
	agent_wait(&s->cli);
	agent_wait(&s->srv);
	agent_do(&s->cli, OP_CLOSE, 0, 0);
	agent_do(&s->srv, OP_EOF, 0, 0);
	agent_do(&s->srv, OP_CLOSE, 0, 0);
	agent_do(&s->srv, OP_CLOSE, LISTENER, 0);
}

static void make(struct scene *s)
{
	const struct path *p;
	int err;

	for (p = paths; p < paths + ARRAY_SIZE(paths); p++) {
		known_marks(s, p);
		stream(s, p);
	}
	netns_enter(s->t, &s->b);
	err = link_marks("sk0");
	netns_leave(s->t);
	s->queue = !err;
	if (err && err != -ENOENT)
		fatal(s->t, "a queue that marks: %s", strerror(-err));
	if (!s->queue)
		return;
	for (p = paths; p < paths + ARRAY_SIZE(paths); p++)
		queue_marks(s, p);
	netns_enter(s->t, &s->b);
	err = link_marked("sk0", &s->marked);
	netns_leave(s->t);
	if (err)
		fatal(s->t, "red tells no marks: %s", strerror(-err));
}

/* ---- and what is shown -------------------------------------------------- */

/* Of IPv4 and IPv6, as the kernel counts. */
static uint64_t counted(struct scene *s, const struct mark *m,
			const struct path *p)
{
	return p->family == AF_INET ? netns_snmp(s->t, &s->a, "IpExt", m->ext) :
				      netns_snmp6(s->t, &s->a, m->six);
}

static uint64_t shown(struct scene *s, const char *column, const char *raddr,
		      const char *laddr, const char *proto)
{
	const char *const udp[] = { "raddr", raddr, "laddr", laddr,
				    "proto", proto, "dev",
				    test_btf(s->t) ? "sk0" : "", NULL };

	return table_sum(&s->tb, s->t, column, udp);
}

/* Without types what was put together counts as one. */
static bool is_all(const struct scene *s, uint64_t n, uint64_t all)
{
	return n == all || (!test_btf(s->t) && n && n < all);
}

/* "IpExtInCEPkts moved by 211 (": since the tool started, as there were none
 * before. */
static void check_footer(struct scene *s, const struct mark *m,
			 const struct path *p)
{
	char want[80];

	snprintf(want, sizeof(want), " %s%s moved by %" PRIu64 " (",
		 p->family == AF_INET ? "IpExt" : "",
		 p->family == AF_INET ? m->ext : m->six, counted(s, m, p));
	if (!s->tool.talk || !strstr(s->tool.talk, want))
		differ(s->t, "not told:%s", want);
}

static void check_path(struct scene *s, const struct path *p)
{
	uint64_t udp, queued, tcp, all;
	const struct mark *m;

	for (m = marks; m < marks + ARRAY_SIZE(marks); m++) {
		udp = shown(s, m->column, p->from, p->to, "udp");
		if (udp != m->n)
			differ(s->t, "from %s: %u of %s sent, %" PRIu64
			       " shown", p->from, m->n, m->column, udp);
		if (!m->ext)
			continue;
		queued = shown(s, m->column, p->queued, p->to, "udp");
		tcp = shown(s, m->column, p->from, p->to, "tcp");
		all = counted(s, m, p);
		summary(s->t, "%s %s %" PRIu64 "+%" PRIu64 "+%" PRIu64 ", ",
			p->family == AF_INET ? "IPv4" : "IPv6", m->column,
			udp, queued, tcp);
		check_footer(s, m, p);
		if (!is_all(s, udp + queued + tcp, all))
			differ(s->t, "to %s: %" PRIu64 " of %s by the kernel's "
			       "count, %" PRIu64 " + %" PRIu64 " + %" PRIu64
			       " shown", p->to, all, m->column, udp, queued,
			       tcp);
	}
}

/* "91.48": of those marked in a row that are CE; none are: "". */
static void check_percent(struct scene *s, unsigned row)
{
	const char *told = table_cell(&s->tb, row, "ce_percent");
	uint64_t all = 0, ce = 0, n;
	char want[48] = "";

	for (unsigned i = 1; i < ARRAY_SIZE(marks); i++) {
		cell_u64(table_cell(&s->tb, row, marks[i].column), &ce);
		all += ce;	/* which comes last */
	}
	if (all) {
		n = (20000 * ce / all + 1) / 2;
		snprintf(want, sizeof(want), "%" PRIu64 ".%02" PRIu64, n / 100,
			 n % 100);
	}
	if (strcmp(told, want))
		differ(s->t, "row %u: %" PRIu64 " of %" PRIu64 " CE, %s%%",
		       row, ce, all, told);
}

/* What red has marked is what its peers were shown to have sent. */
static void check_marked(struct scene *s)
{
	uint64_t shown_ce = 0;
	const struct path *p;

	for (p = paths; p < paths + ARRAY_SIZE(paths); p++)
		shown_ce += shown(s, "ce", p->queued, p->to, "udp");
	if (!is_all(s, shown_ce, s->marked))
		differ(s->t, "red has marked %" PRIu64 ", %" PRIu64 " shown",
		       s->marked, shown_ce);
	summary(s->t, "red marked %" PRIu64 "; ", s->marked);
}

/* What went through the queue came out of it, marked or not. */
static void check_queue(struct scene *s, const struct path *p)
{
	uint64_t ce = shown(s, "ce", p->queued, p->to, "udp");
	uint64_t ect0 = shown(s, "ect0", p->queued, p->to, "udp");

	if (!is_all(s, ce + ect0, s->queue ? QUEUED : 0) || !ce != !s->queue)
		differ(s->t, "from %s: %" PRIu64 " marked and %" PRIu64
		       " not, of %u", p->queued, ce, ect0, QUEUED);
}

/* By itself it tells of marks alone: of all that have come. */
static void check_plain(struct scene *s)
{
	static const struct path *const four = &paths[0];
	const struct mark *m;
	uint64_t n, all;
	unsigned i;

	if (!table_parse(&s->tb, s->t, s->plain.text))
		return;
	for (m = marks + 1; m < marks + ARRAY_SIZE(marks); m++) {
		n = shown(s, m->column, four->from, four->to, "udp");
		if (n != m->n)
			differ(s->t, "unasked: %u of %s sent, %" PRIu64
			       " shown", m->n, m->column, n);
	}
	for (i = 0; i < s->tb.nrows; i++) {
		for (m = marks + 1, all = 0; m < marks + ARRAY_SIZE(marks); m++)
			if (cell_u64(table_cell(&s->tb, i, m->column), &n))
				all += n;
		if (!all)
			differ(s->t, "row %u has no marks", i);
	}
	if (strstr(s->plain.text, "not_ect"))
		differ(s->t, "not_ect is shown unasked");
	table_release(&s->tb);
}

static void start(struct scene *s)
{
	int home = s->t->host_ns;

	veth_pair(s->t, &s->a, &s->b);
	netns_enter(s->t, &s->a);
	link_offload("sk0");
	netns_enter(s->t, &s->b);
	link_offload("sk0");
	netns_leave(s->t);
	netns_sysctl(s->t, &s->a, "ipv4/tcp_ecn", "1");
	netns_sysctl(s->t, &s->b, "ipv4/tcp_ecn", "1");
	agent_start(s->t, &s->cli, &s->b, CLIENT_COMM, CLIENT_UID);
	agent_start(s->t, &s->srv, &s->a, SERVER_COMM, SERVER_UID);
	tool_init(&s->plain, s->t, s->a.inum);
	tool_start(&s->plain, "ipecn", ARGS("0.2", "--csv", "--strict"));
	tool_init(&s->tool, s->t, s->a.inum);
	s->t->host_ns = s->a.fd;	/* whose counters are told without -N */
	tool_start(&s->tool, "ipecn",
		   ARGS("0.2", "--csv", "--strict", "-o", "+not_ect,ece,cwr"));
	s->t->host_ns = home;
}

static void ipecn(struct test *t)
{
	struct scene s = { .t = t };
	const struct path *p;

	start(&s);
	make(&s);
	tool_stop(&s.tool, SIGINT);
	tool_check_clean(&s.tool);
	tool_stop(&s.plain, SIGINT);
	tool_check_clean(&s.plain);
	check_plain(&s);
	if (table_parse(&s.tb, t, s.tool.text)) {
		for (unsigned i = 0; i < s.tb.nrows; i++)
			check_percent(&s, i);
		check_marked(&s);
		for (p = paths; p < paths + ARRAY_SIZE(paths); p++) {
			check_path(&s, p);
			check_queue(&s, p);
		}
		if (strstr(s.tool.talk, "Octets moved"))
			differ(t, "counters of something else: %s",
			       s.tool.talk);
		table_release(&s.tb);
	}
	agent_stop(&s.cli);
	agent_stop(&s.srv);
	tool_release(&s.tool);
	tool_release(&s.plain);
	netns_free(&s.a);
	netns_free(&s.b);
}

const struct live_case ecn_cases[] = {
	{ "ipecn", "ECN marks are counted as they were sent, and as the "
	  "kernel does", 120, ipecn, false },
	{ NULL, NULL, 0, NULL, false },
};

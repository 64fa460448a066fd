/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Random loss; the kernel's counters are the truth. */
#include "retrans.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define FLOWS 18
#define UP 400000
#define DOWN 250000

struct pump {
	struct agent cli, srv;
	bool watched_server;	/* namespace a has the server's end */
	int family;
};

/* Of what is sent from @ns that part is lost from now on. */
static void add_loss(struct retrans *rt, const struct netns *ns, double loss)
{
	int err;

	netns_sysctl(rt->t, ns, "ipv4/tcp_no_metrics_save", "1");
	netns_enter(rt->t, ns);
	err = link_netem("sk0", loss, 0);
	netns_leave(rt->t);
	if (err == -ENOENT)
		skip(rt->t, "this kernel has no netem");
	if (err)
		fatal(rt->t, "netem: %s", strerror(-err));
}

static void pump_start(struct retrans *rt, struct pump *p, unsigned i)
{
	struct cmd c = { .op = OP_LISTEN, .slot = LISTENER };
	struct reply r;
	const char *to;

	p->watched_server = i % 2;
	p->family = i / 2 % 3 ? AF_INET6 : AF_INET;
	agent_start(rt->t, &p->srv, p->watched_server ? &rt->a : &rt->b,
		    SERVER_COMM, SERVER_UID);
	agent_start(rt->t, &p->cli, p->watched_server ? &rt->b : &rt->a,
		    CLIENT_COMM, CLIENT_UID);
	addr_set(&c.addr, p->family, p->family == AF_INET ? "0.0.0.0" : "::",
		 0);
	agent_post(&p->srv, &c);
	r = agent_wait(&p->srv);
	/* family 1: IPv6, 2: mapped */
	if (i / 2 % 3 == 1)
		to = p->watched_server ? "fd09::1" : "fd09::2";
	else
		to = p->watched_server ? "10.9.0.1" : "10.9.0.2";
	c = (struct cmd){ .op = OP_CONNECT };
	addr_set(&c.addr, p->family, to, addr_port(&r.local));
	agent_post(&p->cli, &c);
}

static void order(struct agent *a, enum op op, uint64_t n)
{
	struct cmd c = { .op = op, .n = n };

	agent_post(a, &c);
}

/* All orders at once: the flows run side by side. */
static void pump_orders(struct pump *p)
{
	order(&p->srv, OP_ACCEPT, LISTENER);
	order(&p->srv, OP_RECV, UP);
	order(&p->srv, OP_SEND, DOWN);
	order(&p->srv, OP_EOF, 0);
	order(&p->srv, OP_CLOSE, 0);
	order(&p->cli, OP_SEND, UP);
	order(&p->cli, OP_RECV, DOWN);
	order(&p->cli, OP_CLOSE, 0);
}

static void pump_finish(struct retrans *rt, struct pump *p)
{
	bool v6 = p->family == AF_INET6;
	struct reply r;

	r = agent_wait(&p->cli);
	if (p->watched_server)
		flow_add(rt, "netem", &r.peer, &r.local, v6, &p->srv, &p->cli);
	else
		flow_add(rt, "netem", &r.local, &r.peer, v6, &p->cli, &p->srv);
	while (p->srv.owed)
		agent_wait(&p->srv);
	while (p->cli.owed)
		agent_wait(&p->cli);
}

void tcpretrans_netem(struct test *t)
{
	static struct pump pumps[FLOWS];
	static struct retrans rt;
	struct tool r;
	unsigned i;

	retrans_init(&rt, t);
	add_loss(&rt, &rt.a, 0.05);
	add_loss(&rt, &rt.b, 0.05);
	tool_init(&r, t, rt.a.inum);
	tool_start(&r, "tcpretrans", ARGS("--csv", "--strict", "-o",
					  RETRANS_COLUMNS));
	for (i = 0; i < FLOWS; i++)
		pump_start(&rt, &pumps[i], i);
	for (i = 0; i < FLOWS; i++)
		pump_orders(&pumps[i]);
	for (i = 0; i < FLOWS; i++)
		pump_finish(&rt, &pumps[i]);
	netns_idle(t, &rt.a);
	netns_idle(t, &rt.b);
	tool_stop(&r, SIGINT);
	tool_check_clean(&r);
	retrans_check(&rt, r.text);
	retrans_compare(&rt);
	if (!rt.rows)
		differ(t, "nothing was sent again under 5%% loss");
	summary(t, "%u flows, TcpRetransSegs %" PRIu64 ", %" PRIu64
		" segments in %u rows shown, %u failed sends apart", FLOWS,
		retrans_snmp(&rt, &rt.a), rt.segs, rt.rows, rt.failed);
	for (i = 0; i < FLOWS; i++) {
		agent_stop(&pumps[i].cli);
		agent_stop(&pumps[i].srv);
	}
	tool_release(&r);
	retrans_release(&rt);
}

/* ---- one in a hundred --------------------------------------------------- */

#define LOSSY 4			/* flows, from a to b */
#define LOSS_BYTES 400000

enum { RETRANS, DROP, NAGLE, TOOLS };

struct loss {
	struct retrans rt;
	struct pump pumps[LOSSY];
	struct tool tools[TOOLS];
	unsigned ntools;	/* all, or without tcpnagle */
	uint64_t qdisc;		/* packets that netem dropped, not TCP's alone */
};

static uint64_t counter(struct loss *l, const struct netns *ns,
			const char *proto, const char *name)
{
	return netns_snmp(l->rt.t, ns, proto, name);
}

static void loss_start(struct loss *l)
{
	static const char *const names[TOOLS] = {
		"tcpretrans", "tcpdrop", "tcpnagle"
	};
	const char *const *const args[TOOLS] = {
		ARGS("--csv", "--strict", "-o", RETRANS_COLUMNS),
		ARGS("--csv", "--strict", "-o", "netns,direction,location"),
		ARGS("--csv", "--strict", "--events", "--all", "-o",
		     "netns,bytes,segs"),
	};
	unsigned i;

	l->ntools = test_probes(l->rt.t) ? TOOLS : NAGLE;
	/* tcpretrans last: without BTF each makes connections as it starts */
	for (i = l->ntools; i-- > 0;) {
		tool_init(&l->tools[i], l->rt.t, l->rt.a.inum);
		tool_start(&l->tools[i], names[i], args[i]);
	}
}

/* No FIN: that may be a segment by itself, or the last one's. */
static void loss_finish(struct pump *p)
{
	agent_do(&p->cli, OP_RESET, 0, 0);
	agent_do(&p->srv, OP_WAIT_RST, 0, 0);
	agent_do(&p->srv, OP_CLOSE, 0, 0);
	agent_stop(&p->cli);
	agent_stop(&p->srv);
}

static void loss_make(struct loss *l)
{
	struct retrans *rt = &l->rt;
	struct reply r;
	struct pump *p;

	for (p = l->pumps; p < l->pumps + LOSSY; p++) {
		pump_start(rt, p, 0);
		order(&p->srv, OP_ACCEPT, LISTENER);
		order(&p->srv, OP_RECV, LOSS_BYTES);
		order(&p->cli, OP_SEND, LOSS_BYTES);
		order(&p->cli, OP_INFO, 0);
	}
	for (p = l->pumps; p < l->pumps + LOSSY; p++) {
		r = agent_wait(&p->cli);
		flow_add(rt, "1%", &r.local, &r.peer, false, &p->cli, &p->srv);
		while (p->cli.owed)
			agent_wait(&p->cli);
		while (p->srv.owed)
			agent_wait(&p->srv);
	}
	add_loss(rt, &rt->a, 0);
	for (p = l->pumps; p < l->pumps + LOSSY; p++)
		loss_finish(p);
	netns_idle(rt->t, &rt->a);
	netns_idle(rt->t, &rt->b);
	netns_enter(rt->t, &rt->a);
	if (link_dropped("sk0", &l->qdisc))
		fatal(rt->t, "the qdisc tells no drops");
	netns_leave(rt->t);
}

/* What a has sent and b has not got: netem sees each segment by itself.  It
 * may have dropped a packet of ARP or IPv6, too. */
static void check_drops(struct loss *l, const struct table *tb,
			const char *netns)
{
	uint64_t lost = counter(l, &l->rt.a, "Tcp", "OutSegs") +
			retrans_snmp(&l->rt, &l->rt.a) -
			counter(l, &l->rt.b, "Tcp", "InSegs");
	unsigned shown = table_count(tb, ARGS("netns", netns, "direction",
					      "out"));

	if (shown != lost || shown > l->qdisc || !shown)
		differ(l->rt.t, "tcpdrop: %u drops shown; %" PRIu64 " segments "
		       "did not arrive, netem dropped %" PRIu64, shown, lost,
		       l->qdisc);
	summary(l->rt.t, ", %u dropped (of %" PRIu64 " by netem)", shown,
		l->qdisc);
}

static void check_nagle(struct loss *l, const struct table *tb,
			const char *netns)
{
	const char *const *ours = ARGS("netns", netns);
	uint64_t bytes = table_sum(tb, l->rt.t, "bytes", ours);
	uint64_t segs = table_sum(tb, l->rt.t, "segs", ours);
	uint64_t sent = counter(l, &l->rt.a, "TcpExt", "TCPOrigDataSent");

	if (bytes != LOSSY * LOSS_BYTES || segs != sent)
		differ(l->rt.t, "tcpnagle: %" PRIu64 " bytes in %" PRIu64
		       " segments shown, %u made, TCPOrigDataSent %" PRIu64,
		       bytes, segs, LOSSY * LOSS_BYTES, sent);
	summary(l->rt.t, ", %" PRIu64 " first sent", segs);
}

static void loss_check(struct loss *l)
{
	static void (*const checks[TOOLS])(struct loss *, const struct table *,
					   const char *) = {
		[DROP] = check_drops, [NAGLE] = check_nagle,
	};
	struct retrans *rt = &l->rt;
	struct table tb;
	char netns[16];
	unsigned i;

	retrans_check(rt, l->tools[RETRANS].text);
	retrans_compare(rt);
	summary(rt->t, "%u flows, %" PRIu64 " segments sent again", LOSSY,
		rt->segs);
	snprintf(netns, sizeof(netns), "%u", rt->a.inum);
	for (i = DROP; i < l->ntools; i++) {
		if (!table_parse(&tb, rt->t, l->tools[i].text))
			continue;
		checks[i](l, &tb, netns);
		table_release(&tb);
	}
}

static void tcp_loss(struct test *t)
{
	static struct loss l;
	unsigned i;

	retrans_init(&l.rt, t);
	netns_enter(t, &l.rt.a);
	link_segments("sk0", 1);
	netns_leave(t);
	add_loss(&l.rt, &l.rt.a, 0.01);
	loss_start(&l);
	loss_make(&l);
	for (i = 0; i < l.ntools; i++) {
		tool_stop(&l.tools[i], SIGINT);
		tool_check_clean(&l.tools[i]);
	}
	loss_check(&l);
	for (i = 0; i < l.ntools; i++)
		tool_release(&l.tools[i]);
	retrans_release(&l.rt);
}

const struct live_case netem_cases[] = {
	{ "tcp-loss", "1% loss: tcpretrans, tcpdrop, tcpnagle as the kernel "
	  "counts", 600, tcp_loss, false },
	{ NULL, NULL, 0, NULL, false },
};

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Random loss in both directions; the kernel's counter is the truth. */
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

static int add_loss(struct retrans *rt, const struct netns *ns)
{
	int err;

	netns_sysctl(rt->t, ns, "ipv4/tcp_no_metrics_save", "1");
	netns_enter(rt->t, ns);
	err = link_netem("sk0", 0.05, 0);
	netns_leave(rt->t);
	return err;
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
	int err;

	retrans_init(&rt, t);
	err = add_loss(&rt, &rt.a);
	if (err == -ENOENT)
		skip(t, "this kernel has no netem");
	if (!err)
		err = add_loss(&rt, &rt.b);
	if (err)
		fatal(t, "netem: %s", strerror(-err));
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

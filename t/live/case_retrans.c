/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Packets dropped one by one: what is sent again, and why, is known.  Should
 * the machine be so slow that the kernel sends more than that (its counter
 * tells), the connection is made once more and only the sum is compared.
 */
#include "retrans.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct scenario {
	const char *name;
	uint32_t packets, first, count;	/* dropped; see struct drop_rule */
	bool server;		/* the watched end is the server */
	bool from_peer;		/* dropped is what the other end sends */
	bool handshake;		/* the rule is for the handshake */
	bool no_tlp;
	bool link_down;		/* while the first retransmission is due */
	uint64_t bytes;		/* the watched end sends then */
	unsigned want[TYPES];
	bool loose;		/* how many depends on who is first */
};

static const struct scenario scenarios[] = {
	{ .name = "SYN dropped", .packets = P_SYN, .count = 1,
	  .handshake = true, .want[T_SYN] = 1 },
	/* The client is done and silent: only the server's timer is left */
	{ .name = "handshake's last ACK dropped", .packets = P_ACK, .count = 1,
	  .server = true, .from_peer = true, .handshake = true,
	  .want[T_SYNACK] = 1 },
	/* Answers the client's second SYN as well, if its timer is first */
	{ .name = "SYN/ACK dropped", .packets = P_SYNACK, .count = 1,
	  .server = true, .handshake = true, .want[T_SYNACK] = 1,
	  .loose = true },
	{ .name = "data in the middle dropped", .packets = P_DATA, .first = 3,
	  .count = 1, .bytes = 200000, .want[T_FAST] = 1 },
	{ .name = "last data dropped", .packets = P_DATA, .count = 1,
	  .bytes = 500, .want[T_TLP] = 1 },
	{ .name = "last data dropped, no TLP", .packets = P_DATA, .count = 1,
	  .bytes = 500, .no_tlp = true, .want[T_RTO] = 1 },
	{ .name = "data dropped three times", .packets = P_DATA, .count = 3,
	  .bytes = 500, .no_tlp = true, .want[T_RTO] = 3 },
	{ .name = "data and its probe dropped", .packets = P_DATA, .count = 3,
	  .bytes = 500, .want = { [T_TLP] = 1, [T_RTO] = 2 } },
	{ .name = "server's data dropped", .packets = P_DATA, .count = 1,
	  .server = true, .bytes = 500, .want[T_TLP] = 1 },
};

/* The first retransmission finds no route and fails; IPv4 only, since IPv6
 * addresses do not survive it. */
static const struct scenario send_fails = {
	.name = "link down", .packets = P_DATA, .count = 1, .bytes = 500,
	.no_tlp = true, .link_down = true, .want[T_RTO] = 1, .loose = true,
};

struct lab {
	struct retrans rt;
	struct dropper at_a, at_b;	/* at_b: drops what a sends */
	struct agent cli[2], srv[2];	/* in a, in b */
	uint16_t port[2][2];		/* of srv[]: IPv4, both */
	unsigned retries;
};

static void lab_init(struct lab *lab, struct test *t)
{
	struct cmd c = { .op = OP_LISTEN };
	unsigned i, k;
	struct reply r;

	memset(lab, 0, sizeof(*lab));
	retrans_init(&lab->rt, t);
	dropper_open(t, &lab->at_a, &lab->rt.a);
	dropper_open(t, &lab->at_b, &lab->rt.b);
	for (i = 0; i < 2; i++) {
		const struct netns *ns = i ? &lab->rt.b : &lab->rt.a;

		/* a slow handshake must not slow down those after it */
		netns_sysctl(t, ns, "ipv4/tcp_no_metrics_save", "1");
		agent_start(t, &lab->srv[i], ns, SERVER_COMM, SERVER_UID);
		agent_start(t, &lab->cli[i], ns, CLIENT_COMM, CLIENT_UID);
		for (k = 0; k < 2; k++) {
			c.slot = LISTENER + k;
			addr_set(&c.addr, k ? AF_INET6 : AF_INET,
				 k ? "::" : "0.0.0.0", 0);
			agent_post(&lab->srv[i], &c);
			r = agent_wait(&lab->srv[i]);
			lab->port[i][k] = addr_port(&r.local);
		}
	}
}

static void lab_release(struct lab *lab)
{
	unsigned i;

	for (i = 0; i < 2; i++) {
		agent_stop(&lab->cli[i]);
		agent_stop(&lab->srv[i]);
	}
	dropper_close(&lab->at_a);
	dropper_close(&lab->at_b);
	retrans_release(&lab->rt);
}

static void bounce_link(struct lab *lab)
{
	struct test *t = lab->rt.t;

	/* The timer is at 200 ms, its next try 400 ms later. */
	netns_enter(t, &lab->rt.a);
	if (link_down("sk0"))
		fatal(t, "setting sk0 down");
	nap_ms(300);
	if (link_up("sk0"))
		fatal(t, "setting sk0 up");
	netns_leave(t);
}

/* A connection between the namespaces; returns its flow. */
static struct flow *lab_connect(struct lab *lab, const struct scenario *s,
				enum pairing pair)
{
	struct agent *cli = &lab->cli[s->server], *srv = &lab->srv[!s->server];
	struct cmd c = { .op = OP_CONNECT };
	struct cmd a = { .op = OP_ACCEPT };
	bool v6 = pair != PAIR_4;
	const char *to;
	struct reply r;

	if (pair == PAIR_6)
		to = s->server ? "fd09::1" : "fd09::2";
	else
		to = s->server ? "10.9.0.1" : "10.9.0.2";
	addr_set(&c.addr, v6 ? AF_INET6 : AF_INET, to,
		 lab->port[!s->server][v6]);
	a.n = LISTENER + v6;
	agent_post(srv, &a);
	agent_post(cli, &c);
	r = agent_wait(cli);
	agent_wait(srv);
	if (s->server)
		return flow_add(&lab->rt, s->name, &r.peer, &r.local, v6, srv,
				cli);
	return flow_add(&lab->rt, s->name, &r.local, &r.peer, v6, cli, srv);
}

static void lab_send(struct lab *lab, const struct scenario *s)
{
	struct agent *cli = &lab->cli[s->server], *srv = &lab->srv[!s->server];
	struct agent *from = s->server ? srv : cli, *to = s->server ? cli : srv;
	struct cmd send = { .op = OP_SEND, .n = s->bytes };
	struct cmd recv = { .op = OP_RECV, .n = s->bytes };

	agent_post(to, &recv);
	agent_post(from, &send);
	agent_wait(from);
	if (s->link_down)
		bounce_link(lab);
	agent_wait(to);
}

static void lab_close(struct lab *lab, const struct scenario *s)
{
	struct agent *cli = &lab->cli[s->server], *srv = &lab->srv[!s->server];

	agent_do(cli, OP_CLOSE, 0, 0);
	agent_do(srv, OP_EOF, 0, 0);
	agent_do(srv, OP_CLOSE, 0, 0);
	netns_idle(lab->rt.t, &lab->rt.a);
	netns_idle(lab->rt.t, &lab->rt.b);
}

static unsigned total(const unsigned *want)
{
	return want[T_SYN] + want[T_SYNACK] + want[T_RTO] + want[T_FAST] +
	       want[T_TLP];
}

/* Returns whether the kernel did what was planned. */
static bool play_once(struct lab *lab, const struct scenario *s,
		      enum pairing pair)
{
	struct dropper *d = s->from_peer ? &lab->at_a : &lab->at_b;
	struct test *t = lab->rt.t;
	uint64_t before = retrans_snmp(&lab->rt, &lab->rt.a), sent;
	struct drop_rule rule;
	struct flow *f;

	if (s->handshake)
		dropper_set(t, d, s->packets, s->first, s->count);
	f = lab_connect(lab, s, pair);
	if (!s->handshake) {
		dropper_set(t, d, s->packets, s->first, s->count);
		lab_send(lab, s);
	}
	dropper_get(t, d, &rule);
	if (rule.dropped != s->count)
		fatal(t, "%s: %u packets dropped, not %u (%u seen)", s->name,
		      rule.dropped, s->count, rule.seen);
	dropper_set(t, d, 0, 0, 0);
	lab_close(lab, s);
	sent = retrans_snmp(&lab->rt, &lab->rt.a) - before;
	memcpy(f->want, s->want, sizeof(f->want));
	f->has_seq = true;
	f->seq = s->from_peer ? rule.ack - 1 : rule.seq;
	if (s->loose) {
		/* of one type, as many as the kernel counted */
		f->want[s->server ? T_SYNACK : T_RTO] = sent;
		f->exact = true;
		return sent > 0;
	}
	f->exact = sent == total(s->want);
	f->has_seq = f->exact;
	return f->exact;
}

static void play(struct lab *lab, const struct scenario *s, enum pairing pair)
{
	struct test *t = lab->rt.t;
	unsigned tries;
	int err;

	err = netns_sysctl(t, &lab->rt.a, "ipv4/tcp_early_retrans",
			   s->no_tlp ? "0" : "3");
	if (err && s->no_tlp)
		fatal(t, "tcp_early_retrans: %s", strerror(-err));
	for (tries = 0; !play_once(lab, s, pair); tries++) {
		if (tries == 4)
			fatal(t, "%s: the kernel never sends again what is "
			      "planned", s->name);
		lab->retries++;
	}
}

/* What the kernel counted and no program was run for. */
static void tell_unraised(const struct retrans *rt)
{
	if (rt->unraised)
		summary(rt->t, ", %" PRIu64 " passed no tracepoint (the "
			"program ran %" PRIu64 " times)", rt->unraised,
			rt->raised);
}

/* As often as there are rows, but for those that say that it failed. */
static void check_hosts(struct retrans *rt, struct tool *r)
{
	struct table tb;
	uint64_t n;

	tool_stop(r, SIGINT);
	tool_check_clean(r);
	if (!table_parse(&tb, rt->t, r->text))
		return;
	n = table_sum(&tb, rt->t, "count", ARGS(NULL));
	if (n != rt->rows - rt->failed)
		differ(rt->t, "tcpretranshosts: %" PRIu64 " shown, %u rows",
		       n, rt->rows - rt->failed);
	table_release(&tb);
}

void tcpretrans_drop(struct test *t)
{
	static const enum pairing pairs[] = { PAIR_4, PAIR_6, PAIR_46 };
	static struct lab lab;
	unsigned i, k;
	struct tool r, hosts;

	lab_init(&lab, t);
	/* first: without BTF tools make traffic before they start */
	tool_init(&hosts, t, lab.rt.a.inum);
	tool_start(&hosts, "tcpretranshosts", ARGS("--csv"));
	tool_init(&r, t, lab.rt.a.inum);
	tool_start(&r, "tcpretrans", ARGS("--csv", "--strict", "-o",
					  RETRANS_COLUMNS));
	for (k = 0; k < ARRAY_SIZE(pairs); k++)
		for (i = 0; i < ARRAY_SIZE(scenarios); i++)
			play(&lab, &scenarios[i], pairs[k]);
	play(&lab, &send_fails, PAIR_4);
	lab.rt.raised = witness_runs(&r, "on_retrans");
	tool_stop(&r, SIGINT);
	tool_check_clean(&r);
	retrans_check(&lab.rt, r.text);
	retrans_compare(&lab.rt);
	/* elsewhere probes of a lost tail may not be seen */
	if (test_btf(t))
		check_hosts(&lab.rt, &hosts);
	tool_release(&hosts);
	summary(t, "%u flows, TcpRetransSegs %" PRIu64 ", %" PRIu64
		" segments in %u rows shown, %u failed sends apart, %u "
		"flows made again", lab.rt.nflows,
		retrans_snmp(&lab.rt, &lab.rt.a), lab.rt.segs, lab.rt.rows,
		lab.rt.failed, lab.retries);
	tell_unraised(&lab.rt);
	tool_release(&r);
	lab_release(&lab);
}

/* ---- -c ---------------------------------------------------------------- */

static void check_sums(struct retrans *rt, const struct table *tb)
{
	uint64_t segs, shown;
	char what[120];
	struct flow *f;
	unsigned i, n;

	for (n = 0; n < rt->nflows; n++) {
		f = &rt->flows[n];
		shown = 0;
		for (i = 0; i < tb->nrows; i++) {
			const char *port = table_cell(tb, i, "lport");

			if (strcmp(table_cell(tb, i, "laddr"), f->laddr) ||
			    strcmp(table_cell(tb, i, "raddr"), f->raddr) ||
			    strtoul(port, NULL, 10) != f->lport)
				continue;
			if (!cell_u64(table_cell(tb, i, "segs"), &segs))
				differ(rt->t, "a sum of segments is '%s'",
				       table_cell(tb, i, "segs"));
			else
				shown += segs;
		}
		rt->segs += shown;
		f->got[0] = shown;
		rt->seen += shown;	/* each of them was one event */
	}
	for (f = rt->flows; f < rt->flows + rt->nflows; f++) {
		snprintf(what, sizeof(what), "%s %u - %s %u", f->laddr,
			 f->lport, f->raddr, f->rport);
		if (f->exact)
			retrans_lacks(rt, what, f->got[0], total(f->want));
	}
}

void tcpretrans_count(struct test *t)
{
	static const struct scenario sums[] = {
		{ .name = "one", .packets = P_DATA, .first = 3, .count = 1,
		  .bytes = 200000, .want[T_FAST] = 1 },
		{ .name = "three", .packets = P_DATA, .count = 3, .bytes = 500,
		  .want[T_TLP] = 3 },
		{ .name = "two", .packets = P_DATA, .count = 2, .bytes = 700,
		  .server = true, .want[T_TLP] = 2 },
	};
	static struct lab lab;
	struct table tb;
	struct tool r;
	unsigned i;

	lab_init(&lab, t);
	tool_init(&r, t, lab.rt.a.inum);
	tool_start(&r, "tcpretrans", ARGS("--csv", "--strict", "-c",
			"-o", "laddr,lport,raddr,rport,segs"));
	for (i = 0; i < 2 * ARRAY_SIZE(sums); i++)
		play(&lab, &sums[i / 2], i % 2 ? PAIR_6 : PAIR_4);
	lab.rt.raised = witness_runs(&r, "on_retrans");
	tool_stop(&r, SIGINT);
	tool_check_clean(&r);
	if (table_parse(&tb, t, r.text)) {
		check_sums(&lab.rt, &tb);
		retrans_compare(&lab.rt);
		summary(t, "%u flows in %u rows, %" PRIu64 " segments summed",
			lab.rt.nflows, tb.nrows, lab.rt.segs);
		tell_unraised(&lab.rt);
	}
	table_release(&tb);
	tool_release(&r);
	lab_release(&lab);
}

const struct live_case retrans_cases[] = {
	{ "tcpretrans-drop", "known packets dropped: types, numbers, counts",
	  600, tcpretrans_drop, false },
	{ "tcpretrans-count", "-c sums per flow", 300, tcpretrans_count,
	  false },
	{ "tcpretrans-netem", "5% loss: segments as TcpRetransSegs has them",
	  600, tcpretrans_netem, false },
	{ NULL, NULL, 0, NULL, false },
};

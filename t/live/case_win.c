/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tcpwin: what each connection says of its windows when nothing moves, held
 * against the line of the next segment and that of its end; how many begin and
 * end; and which segments --changes and --every leave out.  tcpwin-loss: what
 * is sent again, where a packet is dropped and where none is.
 */
#include "retrans.h"
#include "socks.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNS 41
#define COLUMNS "event,id,pid,comm,ip,netns,laddr,lport,raddr,rport,"	\
		"snd_cwnd,snd_ssthresh,sk_sndbuf,sk_wmem_queued,"	\
		"cc,ca_state,srtt_us,rttvar_us,delivery_rate,"	\
		"pacing_rate,packets_out,lost_out"
#define NOT_SET 2147483647u	/* TCP_INFINITE_SSTHRESH */

/* A client: before the last segment comes to it, and before it is closed. */
struct made {
	struct tcpinfo before, last;
	uint16_t lport, rport;
};

/* What is to be found out of each socket while rows are read. */
struct seen {
	unsigned rcv;		/* rows of rcv; the last of them */
	unsigned last_rcv;
	unsigned changed;	/* those with another window than the row
				   before */
	unsigned news, ends;
	unsigned losses, snd;
	bool recovered;		/* from one, by its state */
	const char *cwnd, *ca;	/* of the row before */
};

struct win {
	struct traffic tr;
	struct made made[CONNS];
	struct seen seen[4 * CONNS];
	unsigned ends;		/* of connections, that are shown */
	unsigned rcv, changed, losses, snd;
	unsigned recoveries;	/* changes of state to that */
};

/* ---- connections ------------------------------------------------------- */

static void make_one(struct win *w, unsigned i)
{
	static const unsigned sizes[] = { 100, 300000, 5000, 60000, 700000 };
	struct agent *cli = &w->tr.cli, *srv = &w->tr.srv;
	unsigned n = sizes[i % ARRAY_SIZE(sizes)];
	struct cmd c = { .op = OP_CONNECT };
	struct made *m = &w->made[i];
	struct reply r;

	addr_set(&c.addr, i % 2 ? AF_INET6 : AF_INET, i % 2 ? "::1" :
		 "127.0.0.1", w->tr.port[i % 2]);
	agent_post(cli, &c);
	r = agent_wait(cli);
	m->lport = addr_port(&r.local);
	m->rport = w->tr.port[i % 2];
	agent_do(srv, OP_ACCEPT, 0, LISTENER + i % 2);
	c = (struct cmd){ .op = OP_SEND, .n = n };
	agent_post(cli, &c);
	agent_do(srv, OP_RECV, 0, n);
	agent_wait(cli);
	m->before = agent_do(cli, OP_INFO, 0, 0).info;
	/* none of it acknowledges anything new */
	agent_do(srv, OP_SEND, 0, 10);
	agent_do(cli, OP_RECV, 0, 10);
	m->last = agent_do(cli, OP_INFO, 0, 0).info;
	agent_do(cli, OP_RESET, 0, 0);
	agent_do(srv, OP_WAIT_RST, 0, 0);
	agent_do(srv, OP_CLOSE, 0, 0);
}

static void make_all(struct win *w)
{
	unsigned i;

	for (i = 0; i < CONNS; i++)
		make_one(w, i);
	traffic_refused(&w->tr, SOCKS_REFUSED);
	traffic_idle(&w->tr);
}

/* ---- rows -------------------------------------------------------------- */

static struct win *reading;	/* socks_add has no room for it */

static void add_row(struct socks *s, struct sock *k, unsigned row)
{
	const char *event = table_cell(&s->tb, row, "event");
	const char *cwnd = table_cell(&s->tb, row, "snd_cwnd");
	const char *ca = table_cell(&s->tb, row, "ca_state");
	struct seen *n = &reading->seen[k - s->sock];

	if (k - s->sock >= 4 * CONNS)
		return;
	if (!strcmp(event, "rcv")) {
		n->rcv++;
		n->last_rcv = row;
		n->changed += n->cwnd && strcmp(n->cwnd, cwnd);
	}
	/* a line for each change of state, and no other change */
	if (n->ca && !strcmp(event, "ca") == !strcmp(n->ca, ca))
		differ(s->t, "%s: %s: from %s to %s", k->id, event, n->ca, ca);
	if (!strcmp(event, "new") != !n->cwnd)
		differ(s->t, "%s: %s comes %s", k->id, event,
		       n->cwnd ? "later" : "first");
	if (n->ends)
		differ(s->t, "%s: %s after its end", k->id, event);
	n->losses += !strcmp(event, "loss");
	n->snd += !strcmp(event, "snd");
	n->recovered |= !strcmp(ca, "Recovery") || !strcmp(ca, "Loss");
	reading->recoveries += !strcmp(event, "ca") && !strcmp(ca, "Recovery");
	n->news += !strcmp(event, "new");
	n->ends += !strcmp(event, "close");
	n->cwnd = cwnd;
	n->ca = ca;
	if (!k->last)
		k->end = row;		/* where it begins */
	k->last = event;
}

static void read_rows(struct win *w, struct socks *s, const char *csv)
{
	unsigned i;

	memset(w->seen, 0, sizeof(w->seen));
	w->rcv = w->changed = w->losses = w->snd = w->recoveries = 0;
	reading = w;
	socks_init(s, w->tr.t, csv, add_row);
	if (s->n != w->ends)
		differ(s->t, "%u ends of connections made, %u shown", w->ends,
		       s->n);
	for (i = 0; i < s->n && i < 4 * CONNS; i++) {
		if (w->seen[i].news != 1 || w->seen[i].ends != 1)
			differ(s->t, "%s: began %u times, ended %u times",
			       s->sock[i].id, w->seen[i].news,
			       w->seen[i].ends);
		w->rcv += w->seen[i].rcv;
		w->changed += w->seen[i].changed;
		w->losses += w->seen[i].losses;
		w->snd += w->seen[i].snd;
	}
}

/* ---- one end of a connection ------------------------------------------- */

/* What not all kernels know. */
static void expect_known(struct socks *s, struct sock *k, const char *key,
			 uint64_t made)
{
	if (*sock_cell(s, k, key))
		sock_expect_number(s, k, key, made);
}

static void check_sample(struct socks *s, struct sock *k, unsigned row,
			 const struct tcpinfo *is)
{
	k->row = row;
	sock_expect_number(s, k, "snd_cwnd", is->snd_cwnd);
	if (is->snd_ssthresh == NOT_SET)
		sock_expect(s, k, "snd_ssthresh", "");
	else
		sock_expect_number(s, k, "snd_ssthresh", is->snd_ssthresh);
	sock_expect_number(s, k, "srtt_us", is->srtt_us);
	sock_expect_number(s, k, "rttvar_us", is->rttvar_us);
	sock_expect_number(s, k, "packets_out", 0);
	sock_expect_number(s, k, "lost_out", 0);
	expect_known(s, k, "delivery_rate", is->delivery_rate);
	expect_known(s, k, "pacing_rate", is->pacing_rate);
	if (!is->has_mem)
		return;
	sock_expect_number(s, k, "sk_sndbuf", is->sk_sndbuf);
	sock_expect_number(s, k, "sk_wmem_queued", is->sk_wmem_queued);
}

static void check_owner(struct socks *s, struct sock *k,
			const struct agent *a, bool may_lack)
{
	if (may_lack && !*sock_cell(s, k, "pid"))
		return;
	sock_expect_number(s, k, "pid", a->pid);
	sock_expect(s, k, "comm", a->comm);
}

static struct sock *sock_at(struct socks *s, unsigned lport, unsigned rport)
{
	uint64_t l, r;
	unsigned i;

	for (i = 0; i < s->n; i++)
		if (cell_u64(sock_cell(s, &s->sock[i], "lport"), &l) &&
		    cell_u64(sock_cell(s, &s->sock[i], "rport"), &r) &&
		    l == lport && r == rport && !s->sock[i].taken) {
			s->sock[i].taken = true;
			return &s->sock[i];
		}
	differ(s->t, "port %u to %u: not shown", lport, rport);
	return NULL;
}

static void check_one(struct win *w, struct socks *s, unsigned i)
{
	const struct made *m = &w->made[i];
	struct sock *cli = sock_at(s, m->lport, m->rport);
	struct sock *srv = sock_at(s, m->rport, m->lport);
	unsigned last;

	if (!cli || !srv)
		return;
	last = cli->row;
	sock_expect(s, cli, "event", "close");
	sock_expect(s, cli, "laddr", i % 2 ? "::1" : "127.0.0.1");
	sock_expect(s, cli, "raddr", i % 2 ? "::1" : "127.0.0.1");
	sock_expect(s, cli, "ip", i % 2 ? "6" : "4");
	check_owner(s, cli, &w->tr.cli, false);
	check_owner(s, srv, &w->tr.srv, false);
	check_sample(s, cli, last, &m->last);
	check_sample(s, cli, w->seen[cli - s->sock].last_rcv, &m->before);
	cli->row = cli->end;
	sock_expect(s, cli, "cc", m->last.cc);
	check_owner(s, cli, &w->tr.cli, false);
	/* accept(2) may come after the first segment */
	srv->row = srv->end;
	sock_expect(s, srv, "cc", m->last.cc);
	check_owner(s, srv, &w->tr.srv, true);
}

/* ---- the case ---------------------------------------------------------- */

enum { ALL, CHANGES, EVERY, TOOLS };

static void run_beside(struct win *w, struct tool r[TOOLS])
{
	static const char *const more[TOOLS] = {
		"--events", "--changes", "--every=10h"
	};
	char netns[32];
	unsigned i;

	/* each that starts without BTF makes connections of its own */
	snprintf(netns, sizeof(netns), "inode:%u", w->tr.ns.inum);
	for (i = 0; i < TOOLS; i++) {
		tool_init(&r[i], w->tr.t, w->tr.ns.inum);
		tool_start(&r[i], "tcpwin", ARGS("--csv", "--strict", "-o",
			   COLUMNS, more[i], w->tr.ns.inum ? "-N" : NULL,
			   netns));
	}
	make_all(w);
	for (i = 0; i < TOOLS; i++) {
		tool_stop(&r[i], SIGINT);
		tool_check_clean(&r[i]);
	}
}

/* What CHANGES and EVERY leave out of @rcv segments.  A window that is not used
 * up does not change: on some machines no segment comes to another. */
static void check_less(struct win *w, const struct tool r[TOOLS],
		       unsigned changed, unsigned rcv)
{
	struct test *t = w->tr.t;
	struct socks s;

	read_rows(w, &s, r[CHANGES].text);
	if (w->rcv != changed || w->changed != changed)
		differ(t, "%u of %u segments came to another window, --changes "
		       "shows %u, %u of them another", changed, rcv, w->rcv,
		       w->changed);
	socks_release(&s);
	read_rows(w, &s, r[EVERY].text);
	/* each end has received something */
	if (w->rcv != w->ends)
		differ(t, "--every shows %u segments of %u ends", w->rcv,
		       w->ends);
	socks_release(&s);
	summary(t, "%u segments, %u at another window, %u sampled", rcv,
		changed, w->rcv);
}

static void tcpwin(struct test *t)
{
	struct tool r[TOOLS];
	static struct win w;
	struct socks s;
	unsigned i;

	w.ends = 2 * CONNS;
	traffic_init(&w.tr, t);
	run_beside(&w, r);
	read_rows(&w, &s, r[ALL].text);
	for (i = 0; i < CONNS; i++)
		check_one(&w, &s, i);
	summary(t, "%u connections, %u refused; %u rows, ", CONNS,
		SOCKS_REFUSED, s.tb.nrows);
	socks_release(&s);
	check_less(&w, r, w.changed, w.rcv);
	for (i = 0; i < TOOLS; i++)
		tool_release(&r[i]);
	traffic_release(&w.tr);
}

/* ---- losses ------------------------------------------------------------ */

#define DROPS 11		/* connections; every second one loses data */

/* Nothing is to be found of the other ends: they are in another namespace. */
struct lossy {
	struct retrans rt;
	struct dropper at_b;
	struct agent cli, srv;	/* in a, in b */
	uint16_t port;
	bool sent;		/* --sent */
};

static void lossy_init(struct lossy *l, struct test *t)
{
	struct cmd c = { .op = OP_LISTEN, .slot = LISTENER };
	struct reply r;

	retrans_init(&l->rt, t);
	dropper_open(t, &l->at_b, &l->rt.b);
	/* what is handed to IP is one segment */
	netns_enter(t, &l->rt.a);
	link_segments("sk0", 1);
	netns_leave(t);
	l->sent = test_probes(t);
	/* one starts as another */
	netns_sysctl(t, &l->rt.a, "ipv4/tcp_no_metrics_save", "1");
	agent_start(t, &l->cli, &l->rt.a, CLIENT_COMM, CLIENT_UID);
	agent_start(t, &l->srv, &l->rt.b, SERVER_COMM, SERVER_UID);
	addr_set(&c.addr, AF_INET, "0.0.0.0", 0);
	agent_post(&l->srv, &c);
	r = agent_wait(&l->srv);
	l->port = addr_port(&r.local);
}

static void lose(struct lossy *l, struct made *m, unsigned count)
{
	struct cmd c = { .op = OP_CONNECT }, send = { .op = OP_SEND };
	struct reply r;

	addr_set(&c.addr, AF_INET, "10.9.0.2", l->port);
	agent_post(&l->cli, &c);
	r = agent_wait(&l->cli);
	m->lport = addr_port(&r.local);
	m->rport = l->port;
	agent_do(&l->srv, OP_ACCEPT, 0, LISTENER);
	dropper_set(l->rt.t, &l->at_b, P_DATA, 3, count);
	send.n = 200000;
	agent_post(&l->cli, &send);
	agent_do(&l->srv, OP_RECV, 0, send.n);
	agent_wait(&l->cli);
	dropper_set(l->rt.t, &l->at_b, 0, 0, 0);
	m->last = agent_do(&l->cli, OP_INFO, 0, 0).info;
	agent_do(&l->cli, OP_RESET, 0, 0);
	agent_do(&l->srv, OP_WAIT_RST, 0, 0);
	agent_do(&l->srv, OP_CLOSE, 0, 0);
}

/* Should the machine be slow the kernel may send more again than was lost. */
static void check_losses(struct win *w, struct socks *s, struct lossy *l,
			 const struct made *m, bool lost)
{
	struct sock *k = sock_at(s, m->lport, m->rport);
	struct seen *n = k ? &w->seen[k - s->sock] : NULL;

	if (!k)
		return;
	check_sample(s, k, k->row, &m->last);
	/* a line may be of several segments */
	if (!n->losses || n->losses > m->last.retrans)
		retrans_lacks(&l->rt, k->id, n->losses, m->last.retrans);
	if (lost && !n->recovered)
		differ(s->t, "%s: %u segments sent again, no recovery", k->id,
		       m->last.retrans);
	if (lost && !m->last.retrans)
		differ(s->t, "%s: nothing was sent again", k->id);
	/* but for the SYN, after which it begins */
	if (l->sent && n->snd != m->last.segs_out - 1)
		differ(s->t, "%s: %u segments sent, shown: %u and a SYN",
		       k->id, m->last.segs_out, n->snd);
}

/* Those for nothing, too: who finds that a segment was late only has sent none
 * again maybe. */
static uint64_t kernel_recoveries(struct lossy *l)
{
	return netns_snmp(l->rt.t, &l->rt.a, "TcpExt", "TCPSackRecovery") +
	       netns_snmp(l->rt.t, &l->rt.a, "TcpExt", "TCPRenoRecovery");
}

static void tcpwin_loss(struct test *t)
{
	static struct lossy l;
	static struct win w;
	unsigned i, again = 0;
	struct tool r;
	struct socks s;

	lossy_init(&l, t);
	w.tr.t = t;
	w.ends = DROPS;
	tool_init(&r, t, l.rt.a.inum);
	tool_start(&r, "tcpwin", ARGS("--csv", "--strict", "-n", CLIENT_COMM,
				      "-o", COLUMNS, l.sent ? "--sent" : NULL));
	for (i = 0; i < DROPS; i++)
		lose(&l, &w.made[i], i % 2);
	netns_idle(t, &l.rt.a);
	l.rt.raised = witness_runs(&r, "on_retrans");
	tool_stop(&r, SIGINT);
	tool_check_clean(&r);
	read_rows(&w, &s, r.text);
	l.rt.seen = w.losses;
	for (i = 0; i < DROPS; i++) {
		check_losses(&w, &s, &l, &w.made[i], i % 2);
		again += w.made[i].last.retrans;
	}
	if (w.recoveries != kernel_recoveries(&l))
		differ(t, "%u recoveries, the kernel counts %" PRIu64,
		       w.recoveries, kernel_recoveries(&l));
	summary(t, "%u connections, %u dropped packets; %u segments sent "
		"again, %u shown; %u recoveries; %u sent; %u rows", DROPS,
		DROPS / 2, again, w.losses, w.recoveries, w.snd, s.tb.nrows);
	socks_release(&s);
	tool_release(&r);
	agent_stop(&l.cli);
	agent_stop(&l.srv);
	dropper_close(&l.at_b);
	retrans_release(&l.rt);
}

const struct live_case win_cases[] = {
	{ "tcpwin", "windows of quiescent sockets, and what is left out", 600,
	  tcpwin, false },
	{ "tcpwin-loss", "what is sent again, and recovery", 600, tcpwin_loss,
	  false },
	{ NULL, NULL, 0, NULL, false },
};

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Every connection is a function of its number: who pairs with whom, who ends
 * it and how, how many bytes.  Resets come when everything sent has been
 * read, so that what the applications counted is what the kernel counted.
 */
#include "traffic.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

const char *const ending_names[] = {
	"client closes first", "server closes first", "half-close",
	"client resets", "client resets before accept", "server resets",
};

static bool reset(const struct end *e)
{
	return e->ending == END_RST || e->ending == END_EARLY_RST ||
	       e->ending == END_SERVER_RST;
}

/* Did this end close first? */
static bool goes_first(const struct end *e)
{
	bool servers = e->ending == END_SERVER || e->ending == END_SERVER_RST;

	return e->server == servers;
}

const char *end_how(const struct end *e)
{
	if (e->refused)
		return "";
	if (!reset(e))
		return "FIN";
	return goes_first(e) ? "RST_SENT" : "RST_RCVD";
}

const char *end_first(const struct end *e)
{
	return e->refused ? "" : goes_first(e) ? "LOCAL" : "REMOTE";
}

const char *end_err(const struct end *e)
{
	if (e->refused)
		return "ECONNREFUSED";
	return reset(e) && !goes_first(e) ? "ECONNRESET" : "";
}

struct plan {
	enum pairing pair;
	enum ending ending;
	uint64_t up, down;
	unsigned hold_ms;	/* both ends stay open that long */
	unsigned listener;
	const char *addr;	/* the client connects to */
};

static struct plan plan_of(unsigned i)
{
	static const uint64_t sizes[] = {
		0, 1, 100, 1447, 1449, 4096, 10007, 65537,
	};
	static const char *const v4[] = {
		"127.0.0.1", "127.0.0.2", "127.0.0.3", "127.3.2.1",
	};
	static const char *const v6[] = { "::1", "fd00::1", "fd00::2" };
	struct plan p;

	p.pair = i % PAIRINGS;
	p.ending = i / PAIRINGS % ENDINGS;
	p.up = sizes[i / 7 % ARRAY_SIZE(sizes)] + (i % 3 ? i : 0);
	p.down = sizes[i / 11 % ARRAY_SIZE(sizes)] + (i % 4 ? i : 0);
	if (i % 101 == 100)
		p.up += 300000;
	if (i % 103 == 102)
		p.down += 500000;
	if (p.ending == END_EARLY_RST)
		p.up = p.down = 0;	/* nobody could count them */
	p.hold_ms = i % 53 == 7 ? 20 : 0;
	/* 0, 2: IPv4; 1, 3: both */
	p.listener = i / (PAIRINGS * ENDINGS) % 2 * 2 +
		     (p.pair != PAIR_4 && p.pair != PAIR_46_4);
	p.addr = p.pair == PAIR_6 ? v6[i / 13 % 3] : v4[i / 13 % 4];
	return p;
}

bool traffic_early(unsigned i)
{
	return plan_of(i).ending == END_EARLY_RST;
}

/* ---- the truth --------------------------------------------------------- */

static struct end *new_ends(struct traffic *tr, unsigned n)
{
	if (tr->nends + n > tr->room) {
		tr->room = (tr->nends + n) * 2 + 64;
		tr->ends = xrealloc(tr->ends, tr->room, sizeof(*tr->ends));
	}
	memset(tr->ends + tr->nends, 0, n * sizeof(*tr->ends));
	tr->nends += n;
	return tr->ends + tr->nends - n;
}

static void fill_client(struct traffic *tr, struct end *e,
			const union addr *local, const union addr *peer)
{
	addr_text(local, e->laddr, sizeof(e->laddr));
	addr_text(peer, e->raddr, sizeof(e->raddr));
	e->lport = addr_port(local);
	e->rport = addr_port(peer);
	e->ip = peer->sa.sa_family == AF_INET ? "4" :
		strchr(e->raddr, ':') ? "6" : "46";
	e->pid = tr->cli.pid;
	e->uid = tr->cli.uid;
	e->comm = tr->cli.comm;
	e->netns = tr->ns.inum;
}

struct end *traffic_client_end(struct traffic *tr, const union addr *local,
			       const union addr *peer)
{
	struct end *e = new_ends(tr, 1);

	fill_client(tr, e, local, peer);
	return e;
}

static void fill_server(struct traffic *tr, struct end *s,
			const struct end *c, bool dual)
{
	memcpy(s->laddr, c->raddr, sizeof(s->laddr));
	memcpy(s->raddr, c->laddr, sizeof(s->raddr));
	s->lport = c->rport;
	s->rport = c->lport;
	s->ip = !dual ? "4" : strchr(c->raddr, ':') ? "6" : "46";
	s->pid = tr->srv.pid;
	s->uid = tr->srv.uid;
	s->comm = tr->srv.comm;
	s->netns = tr->ns.inum;
	s->server = true;
}

/* For whoever wants to see what was made (--truth). */
static void write_truth(const struct traffic *tr)
{
	const struct end *e;
	unsigned i;
	FILE *f;

	if (!tr->t->truth || !(f = fopen(tr->t->truth, "we")))
		return;
	fprintf(f, "side,pid,tid,uid,comm,ip,laddr,lport,raddr,rport,netns,"
		"tx_bytes,rx_bytes,duration_ns,ending\n");
	for (i = 0; i < tr->nends; i++) {
		e = &tr->ends[i];
		fprintf(f, "%s,%u,%u,%u,%s,%s,%s,%u,%s,%u,%u,%llu,%llu,%llu,"
			"%s\n", e->server ? "server" : "client", e->pid,
			e->pid, e->uid, e->comm, e->ip, e->laddr, e->lport,
			e->raddr, e->rport, e->netns,
			(unsigned long long)e->sent,
			(unsigned long long)e->received,
			(unsigned long long)e->max_ns,
			ending_names[e->ending]);
	}
	fclose(f);
}

/* ---- one connection ---------------------------------------------------- */

static void transfer(struct agent *from, unsigned fslot, struct agent *to,
		     unsigned tslot, uint64_t n)
{
	struct cmd s = { .op = OP_SEND, .slot = fslot, .n = n };
	struct cmd r = { .op = OP_RECV, .slot = tslot, .n = n };

	if (!n)
		return;
	agent_post(to, &r);
	agent_post(from, &s);
	agent_wait(from);
	agent_wait(to);
}

static void count(struct end *e, const struct reply *r)
{
	e->sent = r->sent;
	e->received = r->received;
}

/* Both ends leave; *c and *s get what each counted. */
static void leave(struct traffic *tr, const struct plan *p, unsigned slot,
		  struct end *c, struct end *s)
{
	struct agent *cli = &tr->cli, *srv = &tr->srv;
	struct reply r;
	/* who goes first, and how; who follows, after having seen what */
	bool first = p->ending == END_CLIENT || p->ending == END_HALF ||
		     p->ending == END_RST;
	struct agent *a = first ? cli : srv, *b = first ? srv : cli;
	struct end *ea = first ? c : s, *eb = first ? s : c;
	bool abort = p->ending == END_RST || p->ending == END_SERVER_RST;

	if (p->ending == END_HALF) {
		agent_do(cli, OP_SHUT, slot, 0);
		agent_do(srv, OP_EOF, slot, 0);
		transfer(srv, slot, cli, slot, p->down);
		r = agent_do(srv, OP_CLOSE, slot, 0);
		count(s, &r);
		agent_do(cli, OP_EOF, slot, 0);
		r = agent_do(cli, OP_CLOSE, slot, 0);
		count(c, &r);
		return;
	}
	r = agent_do(a, abort ? OP_RESET : OP_CLOSE, slot, 0);
	count(ea, &r);
	agent_do(b, abort ? OP_WAIT_RST : OP_EOF, slot, 0);
	r = agent_do(b, OP_CLOSE, slot, 0);
	count(eb, &r);
}

static void accept_one(struct traffic *tr, unsigned i, unsigned slot,
		       unsigned listener, struct end *s)
{
	struct cmd c = { .op = OP_ACCEPT, .slot = slot,
			 .n = LISTENER + listener };
	struct reply r;

	if (i % 4 == 3)
		c.flags = ACCEPT_POLL;
	agent_post(&tr->srv, &c);
	r = agent_wait(&tr->srv);
	s->dead = r.state == 7; /* CLOSE */
	tr->dead += s->dead;
}

/* The next of the ports that are free; the kernel may choose one again. */
static void bind_one(struct traffic *tr, int family, unsigned slot)
{
	struct cmd m = { .op = OP_BIND, .slot = slot };
	int err;

	do {
		addr_set(&m.addr, family, family == AF_INET ? "0.0.0.0" : "::",
			 tr->from++);
		agent_post(&tr->cli, &m);
		err = agent_wait_err(&tr->cli).err;
	} while (err == EADDRINUSE);
	if (err)
		fatal(tr->t, "bind: %s", strerror(err));
}

static void connect_one(struct traffic *tr, const struct plan *p,
			unsigned slot, struct end *c)
{
	struct cmd m = { .op = OP_CONNECT, .slot = slot };
	int family = p->pair == PAIR_4 || p->pair == PAIR_4_46 ? AF_INET :
								 AF_INET6;
	uint64_t start = now_ns();
	struct reply r;

	if (tr->from)
		bind_one(tr, family, slot);
	addr_set(&m.addr, family, p->addr, tr->port[p->listener]);
	agent_post(&tr->cli, &m);
	r = agent_wait(&tr->cli);
	fill_client(tr, c, &r.local, &r.peer);
	c->max_ns = start;	/* until the end: when it began */
	c->min_ns = now_ns();
	c->ending = p->ending;
}

void traffic_open(struct traffic *tr, unsigned i, unsigned slot)
{
	struct plan p = plan_of(i);
	struct end *c = new_ends(tr, 2), *s = c + 1;

	connect_one(tr, &p, slot, c);
	fill_server(tr, s, c, p.listener % 2);
	s->ending = p.ending;
	s->max_ns = c->max_ns;
	if (p.ending == END_EARLY_RST) {
		/* a reset that another processor sends may overtake the ACK
		 * that completes the handshake; accept() would wait for ever */
		agent_do(&tr->srv, OP_QUEUED, LISTENER + p.listener, 0);
		s->min_ns = now_ns();
		return;
	}
	accept_one(tr, i, slot, p.listener, s);
	/* connect() returns before the server has the ACK */
	s->min_ns = now_ns();
	transfer(&tr->cli, slot, &tr->srv, slot, p.up);
	if (p.ending != END_HALF)
		transfer(&tr->srv, slot, &tr->cli, slot, p.down);
}

/* The ends of connection @i are the last that were opened in @slot; with one
 * slot in use, simply the last. */
static void end_at(struct traffic *tr, unsigned i, unsigned slot,
		   struct end *c)
{
	struct plan p = plan_of(i);
	struct end *s = c + 1;
	uint64_t t;

	if (p.hold_ms)
		nap_ms(p.hold_ms);
	t = now_ns();
	c->min_ns = t - c->min_ns;
	s->min_ns = t - s->min_ns;
	if (p.ending == END_EARLY_RST) {
		agent_do(&tr->cli, OP_RESET, slot, 0);
		accept_one(tr, i, slot, p.listener, s);
		/* which a busy machine may bring only now */
		agent_do(&tr->srv, OP_WAIT_RST, slot, 0);
		agent_do(&tr->srv, OP_CLOSE, slot, 0);
	} else {
		leave(tr, &p, slot, c, s);
	}
	c->max_ns = now_ns() - c->max_ns;
	s->max_ns = c->max_ns;
}

void traffic_end(struct traffic *tr, unsigned i, unsigned slot)
{
	/* opened in the order of their numbers, one slot each */
	end_at(tr, i, slot, &tr->ends[2 * slot]);
}

void traffic_older(struct traffic *tr, unsigned n)
{
	unsigned i;

	/* Those not to be accepted yet last: they stay in the queue. */
	for (i = 0; i < 2 * n; i++)
		if (traffic_early(i % n) == (i >= n)) {
			tr->older[tr->nolder] = i % n;
			traffic_open(tr, i % n, tr->nolder++);
		}
	for (i = 0; i < tr->nends; i++)
		tr->ends[i].older = true;
}

void traffic_end_older(struct traffic *tr)
{
	unsigned i;

	for (i = 0; i < tr->nolder; i++)
		traffic_end(tr, tr->older[i], i);
}

void traffic_make(struct traffic *tr, unsigned n)
{
	unsigned i, number;

	for (i = 0; i < n; i++) {
		number = tr->first + i * (tr->step ? tr->step : 1);
		traffic_open(tr, number, 0);
		end_at(tr, number, 0, &tr->ends[tr->nends - 2]);
	}
}

void traffic_make_owned(struct traffic *tr, unsigned n)
{
	unsigned i;

	traffic_make(tr, n);
	for (i = 0; i < tr->nends; i++)
		tr->ends[i].dead = false;
}

void traffic_refused(struct traffic *tr, unsigned n)
{
	static const char *const addr[] = { "127.0.0.1", "::1", "127.0.0.2" };
	static const int family[] = { AF_INET, AF_INET6, AF_INET6 };
	struct cmd m = { .slot = 0 };
	struct reply r;
	struct end *e;
	unsigned i, k;

	for (i = 0; i < n; i++) {
		k = i % 3;
		/* bound first: the port is not told after the failure */
		m.op = OP_BIND;
		addr_set(&m.addr, family[k], addr[k], 0);
		agent_post(&tr->cli, &m);
		r = agent_wait(&tr->cli);
		m.op = OP_CONNECT;
		addr_set(&m.addr, family[k], addr[k], 1 + i % 7);
		e = new_ends(tr, 1);
		agent_post(&tr->cli, &m);
		fill_client(tr, e, &r.local, &m.addr);
		e->refused = true;
		if (agent_wait_err(&tr->cli).err != ECONNREFUSED)
			fatal(tr->t, "port %u is not refused", 1 + i % 7);
		agent_do(&tr->cli, OP_CLOSE, 0, 0);
	}
}

/* ---- an accept() that waits -------------------------------------------- */

void traffic_block(struct traffic *tr)
{
	struct cmd c = { .op = OP_ACCEPT, .slot = 0, .n = LISTENER };

	agent_post(&tr->srv, &c);
	agent_blocked(&tr->srv);
}

void traffic_accepted(struct traffic *tr)
{
	static const struct plan p = {
		PAIR_4, END_CLIENT, 3, 5, 0, 0, "127.0.0.1",
	};
	struct end *c = new_ends(tr, 2), *s = c + 1;

	connect_one(tr, &p, 0, c);
	fill_server(tr, s, c, false);
	agent_wait(&tr->srv);
	transfer(&tr->cli, 0, &tr->srv, 0, p.up);
	transfer(&tr->srv, 0, &tr->cli, 0, p.down);
	c->min_ns = now_ns() - c->min_ns;
	leave(tr, &p, 0, c, s);
	c->max_ns = now_ns() - c->max_ns;
	s->min_ns = c->min_ns;
	s->max_ns = c->max_ns;
}

/* ---- from first to last ------------------------------------------------ */

/* Half of the ports the kernel's choice: such a socket loses its number when
 * it dies, one bound to a number keeps it. */
static void listen_one(struct traffic *tr, unsigned k)
{
	struct cmd c = { .op = OP_LISTEN, .slot = LISTENER + k };
	uint16_t port = k < 2 ? 0 : 21009 + k;
	struct reply r;

	for (;;) {
		addr_set(&c.addr, k % 2 ? AF_INET6 : AF_INET,
			 k % 2 ? "::" : "0.0.0.0", port);
		agent_post(&tr->srv, &c);
		r = agent_wait_err(&tr->srv);
		if (r.err != EADDRINUSE || !port || port > 22000)
			break;
		port += 2;
	}
	if (r.err)
		fatal(tr->t, "listen: %s", strerror(r.err));
	tr->port[k] = addr_port(&r.local);
}

void traffic_init(struct traffic *tr, struct test *t)
{
	unsigned k;

	memset(tr, 0, sizeof(*tr));
	tr->t = t;
	tr->cgroup = test_hides(t, "no-cgroup-id") ? 0 : cgroup_own();
	netns_new(t, &tr->ns);
	agent_start(t, &tr->srv, &tr->ns, SERVER_COMM, SERVER_UID);
	agent_start(t, &tr->cli, &tr->ns, CLIENT_COMM, CLIENT_UID);
	for (k = 0; k < LISTENERS; k++)
		listen_one(tr, k);
}

void traffic_idle(struct traffic *tr)
{
	netns_idle(tr->t, &tr->ns);
	write_truth(tr);
}

void traffic_release(struct traffic *tr)
{
	agent_stop(&tr->cli);
	agent_stop(&tr->srv);
	netns_free(&tr->ns);
	free(tr->ends);
	memset(tr, 0, sizeof(*tr));
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Calls of connect(2), each a function of its number: family, protocol,
 * blocking or not, and what comes of it.  A listener whose queue is full drops
 * SYNs without an answer, so that timeouts need no network.
 */
#include "connects.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define FULL (LISTENER + 8)	/* slots of listeners with a full queue */
#define FILLER (LISTENER + 10)
#define BOUND (LISTENER + 12)
#define PENDING 13		/* attempts that nobody answers */

/* An address for IPv4, one for IPv6, and one that is mapped. */
struct target {
	const char *addr[3];
	int port;		/* 0: a listener's */
	int err;
};

enum { OPEN, REFUSED, NO_ROUTE, NO_HOST, TARGETS };

static const struct target targets[TARGETS] = {
	[OPEN] = { { "127.0.0.1", "fd00::1", "127.0.0.2" }, 0, 0 },
	[REFUSED] = { { "127.0.0.1", "::1", "127.0.0.3" }, 1, ECONNREFUSED },
	[NO_ROUTE] = { { "192.0.2.1", "2001:db8::1", "192.0.2.2" }, 443,
		       ENETUNREACH },
	[NO_HOST] = { { "198.51.100.1", "2001:db8:1::1", "198.51.100.2" }, 443,
		      EHOSTUNREACH },
};

const int families[3] = { AF_INET, AF_INET6, AF_INET6 };

void set_call(struct end *e, int result, int final, uint64_t since)
{
	e->proto = "tcp";
	e->result = result;
	e->final = final;
	e->returned = e->ended = true;
	e->max_ns = now_ns() - since;
}

static void expect(struct traffic *tr, const struct reply *r, int err,
		   const char *addr)
{
	if (r->err != err)
		fatal(tr->t, "connect to %s: %s, should be %s", addr,
		      strerror(r->err), strerror(err));
}

/* ---- those with an answer ---------------------------------------------- */

struct reply bind_first(struct agent *a, struct cmd *c, const char *addr,
			unsigned k)
{
	struct reply r;

	addr_set(&c->addr, families[k], addr, 0);
	r = agent_try(a, c, OP_BIND);
	if (r.err)
		fatal(a->t, "bind to %s: %s", addr, strerror(r.err));
	return r;
}

static void take_and_close(struct traffic *tr, unsigned listener)
{
	agent_do(&tr->srv, OP_ACCEPT, 0, LISTENER + listener);
	agent_do(&tr->cli, OP_CLOSE, 0, 0);
	agent_do(&tr->srv, OP_EOF, 0, 0);
	agent_do(&tr->srv, OP_CLOSE, 0, 0);
}

/* Number @i: family, then non-blocking or not, then protocol, then where. */
static void connect_number(struct traffic *tr, unsigned i)
{
	unsigned k = i % 3, where = i / 12 % TARGETS, listener = k > 0;
	bool nonblock = i / 3 % 2, udp = i / 6 % 2;
	const struct target *to = &targets[where];
	struct cmd c = { .flags = (nonblock ? MAKE_NONBLOCK : 0) |
				  (udp ? MAKE_UDP : 0) };
	bool late = nonblock && !udp && where <= REFUSED;
	int err = udp && where == REFUSED ? 0 : to->err;
	struct reply r = { 0 }, first;
	uint64_t t;
	struct end *e;

	if (where == REFUSED)
		r = bind_first(&tr->cli, &c, to->addr[k], k);
	addr_set(&c.addr, families[k], to->addr[k],
		 to->port ? to->port : tr->port[listener]);
	t = now_ns();
	first = agent_try(&tr->cli, &c, OP_CONNECT);
	expect(tr, &first, late ? EINPROGRESS : err, to->addr[k]);
	if (where != REFUSED)
		r = first;
	e = traffic_client_end(tr, &r.local, &c.addr);
	if (late) {
		r = agent_try(&tr->cli, &c, OP_OUTCOME);
		expect(tr, &r, err, to->addr[k]);
	}
	set_call(e, first.err, err, t);
	e->proto = udp ? "udp" : "tcp";
	e->unsent = udp || where > REFUSED;
	if (where == OPEN && !udp)
		take_and_close(tr, listener);
	else
		agent_do(&tr->cli, OP_CLOSE, 0, 0);
}

/* connect(2) once more, on a socket that is connected. */
static void connect_again(struct traffic *tr, unsigned k)
{
	struct cmd c = { .flags = 0 };
	struct reply r;
	struct end *e;
	uint64_t t;

	addr_set(&c.addr, families[k], targets[OPEN].addr[k],
		 tr->port[k > 0]);
	t = now_ns();
	r = agent_try(&tr->cli, &c, OP_CONNECT);
	expect(tr, &r, 0, "a listener");
	set_call(traffic_client_end(tr, &r.local, &c.addr), 0, 0, t);
	t = now_ns();
	r = agent_try(&tr->cli, &c, OP_CONNECT);
	expect(tr, &r, EISCONN, "a listener, again");
	e = traffic_client_end(tr, &r.local, &c.addr);
	set_call(e, EISCONN, EISCONN, t);
	e->unsent = true;
	take_and_close(tr, k > 0);
}

/* UDP with no local port left. */
static void connect_no_port(struct traffic *tr, unsigned k)
{
	struct cmd c = { .flags = MAKE_UDP };
	struct reply r;
	struct end *e;
	uint64_t t;

	addr_set(&c.addr, families[k], targets[OPEN].addr[k], 53);
	t = now_ns();
	r = agent_try(&tr->cli, &c, OP_CONNECT);
	expect(tr, &r, EAGAIN, "port 53");
	e = traffic_client_end(tr, &r.local, &c.addr);
	set_call(e, EAGAIN, EAGAIN, t);
	e->proto = "udp";
	e->unsent = true;
	agent_do(&tr->cli, OP_CLOSE, 0, 0);
}

static void use_up_ports(struct traffic *tr, unsigned n)
{
	struct cmd c = { .slot = BOUND, .flags = MAKE_UDP };
	struct reply r;
	unsigned i;

	if (netns_sysctl(tr->t, &tr->ns, "ipv4/ip_local_port_range",
			 "41009 41009"))
		fatal(tr->t, "ip_local_port_range cannot be set");
	addr_set(&c.addr, AF_INET6, "::", 41009);
	r = agent_try(&tr->cli, &c, OP_BIND);
	expect(tr, &r, 0, "bind");
	for (i = 0; i < n; i++)
		connect_no_port(tr, i % 3);
	agent_do(&tr->cli, OP_CLOSE, BOUND, 0);
	netns_sysctl(tr->t, &tr->ns, "ipv4/ip_local_port_range",
		     "32768 60999");
}

/* ---- those without ----------------------------------------------------- */

/* The port of a listener that takes no more connections. */
static uint16_t full_listener(struct traffic *tr, unsigned k)
{
	struct cmd c = { .slot = FULL + k, .n = 1 };
	struct reply r;
	uint16_t port;
	unsigned i;

	addr_set(&c.addr, families[k], k ? "::" : "0.0.0.0", 0);
	r = agent_try(&tr->srv, &c, OP_LISTEN);
	expect(tr, &r, 0, "listen");
	port = addr_port(&r.local);
	/* a queue of n holds n + 1 */
	for (i = 0; i < 2; i++) {
		c = (struct cmd){ .slot = FILLER + 2 * k + i };
		addr_set(&c.addr, families[k], k ? "::1" : "127.0.0.1", port);
		r = agent_try(&tr->srv, &c, OP_CONNECT);
		expect(tr, &r, 0, "the listener to be filled");
	}
	return port;
}

void post_pending(struct traffic *tr, struct pending *p, unsigned i,
			 uint16_t port, unsigned flags)
{
	unsigned k = i % 3;
	struct reply r;

	p->c = (struct cmd){ .slot = i, .flags = flags };
	addr_set(&p->c.addr, families[k], targets[OPEN].addr[k], port);
	p->since = now_ns();
	r = agent_try(&tr->cli, &p->c, OP_CONNECT);
	expect(tr, &r, EINPROGRESS, "a full listener");
	p->local = r.local;
}

static void call_pending(struct traffic *tr, struct pending *p)
{
	struct reply r;
	struct end *e;
	uint64_t t = now_ns();

	r = agent_try(&tr->cli, &p->c, OP_CONNECT);
	expect(tr, &r, EALREADY, "a full listener, again");
	e = traffic_client_end(tr, &p->local, &p->c.addr);
	set_call(e, EALREADY, EALREADY, t);
	e->unsent = true;
}

/* Every fourth is given up, the others time out. */
static void end_pending(struct traffic *tr, struct pending *p, unsigned i)
{
	struct reply r;
	struct end *e;

	if (i % 4 != 3) {
		r = agent_try(&tr->cli, &p->c, OP_OUTCOME);
		expect(tr, &r, ETIMEDOUT, "a full listener");
	}
	agent_do(&tr->cli, OP_CLOSE, p->c.slot, 0);
	e = traffic_client_end(tr, &p->local, &p->c.addr);
	set_call(e, EINPROGRESS, i % 4 == 3 ? EINPROGRESS : ETIMEDOUT,
		 p->since);
	e->min_ns = i % 4 == 3 ? 0 : TIMEOUT_NS;
}

/* Calls that wait until they time out, the second with a signal. */
struct waiting {
	struct cmd c;
	union addr local;
	uint64_t since;
};

static void post_waiting(struct connects *cs, struct waiting *w, unsigned k,
			 unsigned flags)
{
	const char *addr = targets[OPEN].addr[k];

	w->c = (struct cmd){ .flags = flags };
	w->local = bind_first(&cs->wait[k], &w->c, addr, k).local;
	addr_set(&w->c.addr, families[k], addr, cs->full[k > 0]);
	w->c.op = OP_CONNECT;
	w->since = now_ns();
	agent_post(&cs->wait[k], &w->c);
}

static void want_result(struct connects *cs, unsigned k, int err)
{
	struct reply r = agent_wait_err(&cs->wait[k]);

	expect(&cs->tr, &r, err, "a full listener");
}

static struct end *end_waiting(struct connects *cs, struct waiting *w,
			       unsigned k, int result, int final)
{
	struct end *e = traffic_client_end(&cs->tr, &w->local, &w->c.addr);

	set_call(e, result, final, w->since);
	e->pid = cs->wait[k].pid;
	agent_do(&cs->wait[k], OP_CLOSE, 0, 0);
	return e;
}

static void make_pending(struct connects *cs)
{
	struct traffic *tr = &cs->tr;
	struct pending p[PENDING];
	struct waiting w[3];
	unsigned i;

	for (i = 0; i < 3; i++)
		post_waiting(cs, &w[i], i,
			     MAKE_HASTY | (i == 1 ? CONNECT_SIGNAL : 0));
	for (i = 0; i < PENDING; i++)
		post_pending(tr, &p[i], i, cs->full[i % 3 > 0],
			     MAKE_NONBLOCK | MAKE_HASTY);
	for (i = 0; i < PENDING; i++)
		if (i % 4 == 1)
			call_pending(tr, &p[i]);
	for (i = 0; i < PENDING; i++)
		if (i % 4 == 3)
			end_pending(tr, &p[i], i);
	for (i = 0; i < PENDING; i++)
		if (i % 4 != 3)
			end_pending(tr, &p[i], i);
	for (i = 0; i < 3; i++) {
		want_result(cs, i, ETIMEDOUT);
		end_waiting(cs, &w[i], i, ETIMEDOUT, ETIMEDOUT)->min_ns =
			TIMEOUT_NS;
	}
}

static void drop_fillers(struct traffic *tr)
{
	unsigned i;

	for (i = 0; i < 2; i++)
		agent_do(&tr->srv, OP_CLOSE, FULL + i, 0);
	for (i = 0; i < 4; i++)
		agent_do(&tr->srv, OP_CLOSE, FILLER + i, 0);
}

/* Number 0 finds room in its listener, the other two find none any more.  2
 * asks, 0 and 1 are told when they go on. */
void make_interrupted(struct traffic *tr, unsigned n)
{
	uint64_t failed = netns_snmp(tr->t, &tr->ns, "Tcp", "AttemptFails");
	struct connects *cs = (struct connects *)tr;
	const int errs[] = { 0, ECONNREFUSED };
	struct waiting w[3];
	struct reply r;
	unsigned i;

	(void)n;
	for (i = 0; i < 3; i++)
		post_waiting(cs, &w[i], i, i == 2 ? CONNECT_EINTR : 0);
	for (i = 0; i < 2; i++)
		agent_freeze(&cs->wait[i]);
	want_result(cs, 2, EINTR);
	for (i = 0; i < 3; i++)		/* those that filled it, and it */
		agent_do(&tr->srv, OP_ACCEPT, i, FULL);
	agent_do(&tr->srv, OP_CLOSE, FULL + 1, 0);
	r = agent_try(&cs->wait[2], &w[2].c, OP_OUTCOME);
	expect(tr, &r, ECONNREFUSED, "a closed listener");
	end_waiting(cs, &w[2], 2, EINTR, ECONNREFUSED);
	while (netns_snmp(tr->t, &tr->ns, "Tcp", "AttemptFails") < failed + 2)
		nap_ms(10);
	for (i = 0; i < 2; i++) {
		agent_thaw(&cs->wait[i]);
		want_result(cs, i, errs[i]);
		end_waiting(cs, &w[i], i, errs[i], errs[i]);
	}
	for (i = 0; i < 3; i++)
		agent_do(&tr->srv, OP_CLOSE, i, 0);
	agent_do(&tr->srv, OP_CLOSE, FULL, 0);
	for (i = 0; i < 4; i++)
		agent_do(&tr->srv, OP_CLOSE, FILLER + i, 0);
}

/* ---- all of them -------------------------------------------------------- */

void connects_init(struct connects *cs, struct test *t)
{
	struct traffic *tr = &cs->tr;
	unsigned k;
	int err;

	traffic_init(tr, t);
	for (k = 0; k < 3; k++)
		agent_start(t, &cs->wait[k], &tr->ns, CLIENT_COMM, CLIENT_UID);
	netns_enter(t, &tr->ns);
	err = route_unreachable(AF_INET, "198.51.100.0", 24);
	if (!err)
		err = route_unreachable(AF_INET6, "2001:db8:1::", 48);
	netns_leave(t);
	if (err)
		fatal(t, "making a route: %s", strerror(-err));
	cs->full[0] = full_listener(tr, 0);
	cs->full[1] = full_listener(tr, 1);
}

void connects_release(struct connects *cs)
{
	unsigned k;

	for (k = 0; k < 3; k++)
		agent_stop(&cs->wait[k]);
	traffic_release(&cs->tr);
}

void make_connects(struct traffic *tr, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		connect_number(tr, i);
	for (i = 0; i < 7; i++)
		connect_again(tr, i % 3);
	make_pending((struct connects *)tr);
	drop_fillers(tr);
	use_up_ports(tr, 5);
}

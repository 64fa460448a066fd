/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* tcpstates: every state of both ends of sessions whose ends are known. */
#include "socks.h"

#include <stdio.h>
#include <string.h>

#define LISTENED 7
#define COLUMNS "id,pid,uid,comm,ip,netns,laddr,lport,raddr,rport,"	\
		"oldstate,newstate,duration_ns"

/* Without the tracepoint not all changes are seen (before Linux 4.16). */
static bool all_seen(const struct test *t)
{
	return !test_hides(t, "no-hook=tracepoint:sock/*");
}

/* ---- what was shown ---------------------------------------------------- */

static void add_row(struct socks *s, struct sock *k, unsigned row)
{
	const char *from = table_cell(&s->tb, row, "oldstate");
	const char *took = table_cell(&s->tb, row, "duration_ns");
	uint64_t ns = 0;

	if (!k->last) {
		sock_word(k, from);
		k->mark = *took;
		if (*took)	/* and so older than the tool */
			sock_expect(s, k, "duration_at_least", "true");
	} else {
		if (strcmp(k->last, from))
			differ(s->t, "%s: came to %s, left %s", k->id, k->last,
			       from);
		if (!cell_u64(took, &ns) ||
		    strcmp(sock_cell(s, k, "duration_at_least"), "false"))
			differ(s->t, "%s: '%s' ns in %s", k->id, took, from);
		k->ns += ns;
	}
	sock_word(k, table_cell(&s->tb, row, "newstate"));
}

/* ---- what was made ----------------------------------------------------- */

static const char *path_of(const struct end *e, bool all)
{
	bool first = e->server ? e->ending == END_SERVER :
				 e->ending != END_SERVER;
	static char path[160];
	const char *rest;

	const char *begin = e->older ? "" : !e->server ? "CLOSE SYN_SENT " :
			    all ? "LISTEN SYN_RECV " : "SYN_RECV ";

	if (e->refused)
		return "CLOSE SYN_SENT CLOSE";
	switch (e->ending) {
	case END_RST:
	case END_EARLY_RST:
	case END_SERVER_RST:
		rest = "CLOSE";
		break;
	default:
		rest = first ? "FIN_WAIT1 FIN_WAIT2 CLOSE" :
			       "CLOSE_WAIT LAST_ACK CLOSE";
	}
	snprintf(path, sizeof(path), "%sESTABLISHED %s", begin, rest);
	return path;
}

/* Where accept(2) cannot be watched, the owner of what a peer opened is known
 * from its first read or write on; see role_owner_accept. */
static bool may_be_nobodys(const struct end *e)
{
	bool reset = e->ending == END_RST || e->ending == END_EARLY_RST ||
		     e->ending == END_SERVER_RST;

	return e->dead || (e->server && reset && !e->sent && !e->received);
}

static void check_owner(const struct socks *s, const struct sock *k,
			const struct end *e)
{
	if (may_be_nobodys(e) && !*sock_cell(s, k, "pid")) {
		sock_expect(s, k, "comm", "");
		return;
	}
	sock_expect_number(s, k, "pid", e->pid);
	sock_expect_number(s, k, "uid", e->uid);
	sock_expect(s, k, "comm", e->comm);
}

static void check_end(struct socks *s, struct sock *k, const struct end *e)
{
	const char *path = path_of(e, all_seen(s->t));

	if (strcmp(k->path, path))
		differ(s->t, "%s %u - %s %u (%s %s): %s, was %s", e->laddr,
		       e->lport, e->raddr, e->rport,
		       e->server ? "server," : "client,",
		       e->refused ? "refused" : ending_names[e->ending],
		       k->path, path);
	check_owner(s, k, e);
	sock_expect(s, k, "ip", e->ip);
	if (e->netns)
		sock_expect_number(s, k, "netns", e->netns);
	if (!e->refused)
		sock_expect_life(s, k, e, k->ns);
	if (k->mark != (e->older && all_seen(s->t)))
		differ(s->t, "%s (%s): how long it was in the first state is "
		       "%sknown", k->id, k->path, k->mark ? "" : "not ");
}

/* What no end has must be the listeners that were opened and closed. */
static void check_listeners(struct socks *s, const struct agent *srv,
			    const uint16_t *ports)
{
	unsigned i, n = 0, want = all_seen(s->t) ? LISTENED : 0;
	struct sock *k;

	for (i = 0; i < s->n; i++) {
		k = &s->sock[i];
		if (k->taken)
			continue;
		if (strcmp(k->path, all_seen(s->t) ? "CLOSE LISTEN CLOSE" :
						     "LISTEN CLOSE")) {
			differ(s->t, "%s: %s, never made", k->id, k->path);
			continue;
		}
		if (n < LISTENED)
			sock_expect_number(s, k, "lport", ports[n++]);
		sock_expect(s, k, "raddr", "");
		if (want) {
			sock_expect_number(s, k, "pid", srv->pid);
			sock_expect(s, k, "comm", srv->comm);
		}
	}
	if (n < want)
		differ(s->t, "%u of %u listeners shown", n, want);
}

/* ---- the case ---------------------------------------------------------- */

struct listened {
	uint16_t ports[LISTENED];
};

static void make_all(struct traffic *tr, void *arg)
{
	struct cmd c = { .op = OP_LISTEN, .slot = 0 };
	struct listened *l = arg;
	struct reply r;
	unsigned i;

	for (i = 0; i < LISTENED; i++) {
		addr_set(&c.addr, i % 2 ? AF_INET6 : AF_INET,
			 i % 2 ? "::1" : "127.0.0.1", 0);
		agent_post(&tr->srv, &c);
		r = agent_wait(&tr->srv);
		l->ports[i] = addr_port(&r.local);
		agent_do(&tr->srv, OP_CLOSE, 0, 0);
	}
	socks_sessions(tr, NULL);
}

static void tcpstates(struct test *t)
{
	struct listened l;
	struct traffic tr;
	struct socks s;

	test_few(t);
	traffic_init(&tr, t);
	socks_beside(&s, &tr, "tcpstates", COLUMNS, add_row, make_all, &l);
	socks_match(&s, &tr, check_end);
	check_listeners(&s, &tr.srv, l.ports);
	summary(t, "%u sessions, %u refused, %u listeners made; %u changes of "
		"%u sockets shown", t->count, SOCKS_REFUSED, LISTENED,
		s.tb.nrows, s.n);
	socks_release(&s);
	traffic_release(&tr);
}

/* Sessions that were open before the tool: at least so long ESTABLISHED. */
static void before_start(struct test *t)
{
	socks_older(t, "tcpstates", COLUMNS, add_row, check_end);
}

const struct live_case states_cases[] = {
	{ "tcpstates", "the states of both ends, in order", 600, tcpstates,
	  false },
	{ "tcpstates-before-start", "sessions older than the tool", 300,
	  before_start, false },
	{ NULL, NULL, 0, NULL, false },
};

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * TCP Fast Open: a connection that is accepted before its handshake is over
 * began just then, and what came with the SYN counts.
 */
#include "pair.h"

#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define WITH_SYN 101
#define ANSWER 41		/* before the handshake is over */
#define COLUMNS "lport,tx_bytes,rx_bytes,duration_ns"
#define FOR_EVER 1000000

enum { LIFE, TRACER, TOP, TOOLS };
enum { CLOSED_LIFE, CLOSED_TOP, CLOSED_CONG, CLOSED_ACCEPT, CLOSED_TOOLS };

struct scene {
	struct test *t;
	struct pair p;
	struct tool tools[CLOSED_TOOLS];
};

static void scene_init(struct scene *s, struct test *t)
{
	memset(s, 0, sizeof(*s));
	s->t = t;
	pair_init(&s->p, t);
	/* 4.15: of a namespace.  TFO_CLIENT_ENABLE | TFO_CLIENT_NO_COOKIE,
	 * TFO_SERVER_ENABLE | TFO_SERVER_COOKIE_NOT_REQD */
	if (netns_sysctl(t, &s->p.a, "ipv4/tcp_fastopen", "5") ||
	    netns_sysctl(t, &s->p.b, "ipv4/tcp_fastopen", "514"))
		skip(t, "no TCP Fast Open in a namespace");
	pair_drop(&s->p);
	pair_listen(&s->p, 0);
	agent_option(&s->p.srv, OP_TCP_OPTION, LISTENER, TCP_FASTOPEN, 5);
}

/* The handshake waits for its last ACK. */
static void accept_early(struct scene *s)
{
	struct cmd c = pair_to(&s->p, 0, 0);
	struct reply r;

	c.flags = CONNECT_FAST;
	c.n = WITH_SYN;
	dropper_set(s->t, &s->p.drop, P_ACK, 0, FOR_EVER);
	agent_post(&s->p.cli, &c);
	agent_wait(&s->p.cli);
	r = agent_do(&s->p.srv, OP_ACCEPT, 0, LISTENER);
	if (r.state != TCP_SYN_RECV)
		fatal(s->t, "accepted in state %u", r.state);
	agent_do(&s->p.srv, OP_RECV, 0, WITH_SYN);
	agent_do(&s->p.srv, OP_SEND, 0, ANSWER);
}

/* Until data brings it. */
static void make(struct scene *s)
{
	accept_early(s);
	agent_do(&s->p.cli, OP_RECV, 0, ANSWER);
	dropper_set(s->t, &s->p.drop, P_ACK, 0, 0);
	agent_do(&s->p.cli, OP_SEND, 0, 1);
	agent_do(&s->p.srv, OP_RECV, 0, 1);
	agent_do(&s->p.cli, OP_CLOSE, 0, 0);
	agent_do(&s->p.srv, OP_EOF, 0, 0);
	agent_do(&s->p.srv, OP_CLOSE, 0, 0);
	netns_idle(s->t, &s->p.b);
}

static void finish(struct scene *s, unsigned i)
{
	struct tool *r = &s->tools[i];
	struct table tb;
	char port[8];

	snprintf(port, sizeof(port), "%u", s->p.port[0]);
	tool_stop(r, SIGINT);
	tool_check_clean(r);
	if (table_parse(&tb, s->t, r->text)) {
		table_want(&tb, s->t, WITH_SYN + 1, "rx_bytes",
			   i == TRACER ? ARGS("lport", port, "kind", "X") :
			   ARGS("lport", port));
		table_want(&tb, s->t, ANSWER, "tx_bytes",
			   i == TRACER ? ARGS("lport", port, "kind", "X") :
			   ARGS("lport", port));
		if (i != TOP && table_count(&tb, ARGS("lport", port,
					"duration_at_least", "true")))
			differ(s->t, "%s: older than the tool", r->name);
		table_release(&tb);
	}
	tool_release(r);
}

static void tcp_fastopen(struct test *t)
{
	static struct scene s;
	static const char *const names[TOOLS] = {
		"tcplife", "tcptracer", "tcptop"
	};

	scene_init(&s, t);
	for (unsigned i = 0; i < TOOLS; i++) {
		tool_init(&s.tools[i], t, s.p.b.inum);
		tool_start(&s.tools[i], names[i],
			   i == TOP ? ARGS("0.1", "--csv", "--strict") :
			   ARGS("--csv", "--strict", "-o", i == TRACER ?
				"kind," COLUMNS : COLUMNS));
	}
	make(&s);
	for (unsigned i = 0; i < TOOLS; i++)
		finish(&s, i);
	summary(t, "accepted in SYN_RECV with %u bytes, %u answered",
		WITH_SYN, ANSWER);
	pair_release(&s.p);
}

/* ---- closed before it was open ------------------------------------------ */

/* The peer's FIN brings it. */
static void make_closed(struct scene *s)
{
	accept_early(s);
	agent_do(&s->p.srv, OP_CLOSE, 0, 0);
	agent_do(&s->p.cli, OP_RECV, 0, ANSWER);
	agent_do(&s->p.cli, OP_EOF, 0, 0);
	agent_do(&s->p.cli, OP_CLOSE, 0, 0);
	dropper_set(s->t, &s->p.drop, P_ACK, 0, 0);
	netns_idle(s->t, &s->p.b);
}

static void check_closed(struct scene *s, struct tool *r, bool bytes)
{
	struct table tb;
	char port[8];

	snprintf(port, sizeof(port), "%u", s->p.port[0]);
	tool_stop(r, SIGINT);
	tool_check_clean(r);
	if (table_parse(&tb, s->t, r->text)) {
		if (bytes) {
			table_want(&tb, s->t, WITH_SYN, "rx_bytes",
				   ARGS("lport", port));
			table_want(&tb, s->t, ANSWER, "tx_bytes",
				   ARGS("lport", port));
		}
		if (!table_count(&tb, ARGS("lport", port)) ||
		    table_count(&tb, ARGS("lport", port,
					  "duration_at_least", "true")))
			differ(s->t, "%s: not shown, or older than the tool",
			       r->name);
		table_release(&tb);
	}
	tool_release(r);
}

/* Where accept(2) is not seen, its end alone tells of such a session. */
static void tcp_fastopen_closed(struct test *t)
{
	static const char *const names[CLOSED_TOOLS] = {
		"tcplife", "tcptop", "tcpcong", "tcpaccept"
	};
	static struct scene s;
	struct tool *r = s.tools;
	unsigned i;

	scene_init(&s, t);
	for (i = 0; i < CLOSED_TOOLS; i++) {
		tool_init(&r[i], t, s.p.b.inum);
		tool_start(&r[i], names[i],
			   i == CLOSED_TOP ? ARGS("0.1", "--csv", "--strict") :
			   i == CLOSED_ACCEPT ?
			   ARGS("--established", "--csv", "--strict") :
			   ARGS("--csv", "--strict"));
	}
	make_closed(&s);
	for (i = 0; i < CLOSED_TOOLS; i++)
		check_closed(&s, &r[i], i <= CLOSED_TOP);
	summary(t, "closed in SYN_RECV, after %u bytes and %u", WITH_SYN,
		ANSWER);
	pair_release(&s.p);
}

const struct live_case fastopen_cases[] = {
	{ "tcp-fastopen", "accepted before the handshake is over: not older "
	  "than the tool", 300, tcp_fastopen, false },
	{ "tcp-fastopen-closed", "closed before the handshake is over", 300,
	  tcp_fastopen_closed, false },
	{ NULL, NULL, 0, NULL, false },
};

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What this host drops itself is sent again without being a retransmission:
 * tcplife, tcptop and tcptracer count it once.
 */
#include "traffic.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define FIRST 101
#define DROPPED 509		/* bytes, tried again with each write */
#define LATER 41
#define SENT (FIRST + DROPPED + 1)

enum which { OLDER, CLOSED, RESET, CONNS };
enum { LIFE, TRACER, TOP, TOOLS };

struct scene {
	struct test *t;
	struct netns ns;
	struct agent cli, srv;
	uint16_t port, ports[CONNS];	/* server's, clients' */
	struct tool tools[TOOLS];
};

static void scene_init(struct scene *s, struct test *t)
{
	struct cmd c = { .op = OP_LISTEN, .slot = LISTENER };
	struct reply r;

	memset(s, 0, sizeof(*s));
	s->t = t;
	netns_new(t, &s->ns);
	agent_start(t, &s->cli, &s->ns, CLIENT_COMM, CLIENT_UID);
	agent_start(t, &s->srv, &s->ns, SERVER_COMM, SERVER_UID);
	addr_set(&c.addr, AF_INET, "127.0.0.1", 0);
	agent_post(&s->srv, &c);
	r = agent_wait(&s->srv);
	s->port = addr_port(&r.local);
}

/* Is nothing sent from now on? */
static void set_closed(struct scene *s, bool closed)
{
	int err;

	netns_enter(s->t, &s->ns);
	err = closed ? link_closed("lo") : link_unqueue("lo");
	netns_leave(s->t);
	if (err == -ENOENT)
		skip(s->t, "this kernel has no qdiscs");
	if (err)
		fatal(s->t, "pfifo: %s", strerror(-err));
}

static void scene_open(struct scene *s, enum which which)
{
	struct cmd c = { .op = OP_CONNECT, .slot = which };
	struct reply r;

	addr_set(&c.addr, AF_INET, "127.0.0.1", s->port);
	agent_post(&s->cli, &c);
	r = agent_wait(&s->cli);
	s->ports[which] = addr_port(&r.local);
	agent_do(&s->srv, OP_ACCEPT, which, LISTENER);
}

static void move(struct agent *from, struct agent *to, unsigned slot,
		 uint64_t n)
{
	agent_do(from, OP_SEND, slot, n);
	agent_do(to, OP_RECV, slot, n);
}

/* FIRST bytes, then DROPPED that no queue takes. */
static void send_in_vain(struct scene *s, struct agent *from, struct agent *to,
			 unsigned slot)
{
	struct cmd send = { .op = OP_SEND, .slot = slot, .n = DROPPED,
			    .chunk = 50 };

	agent_option(from, OP_TCP_OPTION, slot, TCP_NODELAY, 1);
	move(from, to, slot, FIRST);
	set_closed(s, true);
	agent_post(from, &send);
	agent_wait(from);
}

/* All of it, in the end: SENT bytes. */
static void send_at_last(struct scene *s, struct agent *from, struct agent *to,
			 unsigned slot)
{
	send_in_vain(s, from, to, slot);
	set_closed(s, false);
	agent_do(from, OP_SEND, slot, 1);
	agent_do(to, OP_RECV, slot, DROPPED + 1);
}

static void make(struct scene *s)
{
	move(&s->srv, &s->cli, OLDER, LATER);
	agent_do(&s->cli, OP_CLOSE, OLDER, 0);
	agent_do(&s->srv, OP_EOF, OLDER, 0);
	agent_do(&s->srv, OP_CLOSE, OLDER, 0);
	scene_open(s, CLOSED);
	send_at_last(s, &s->cli, &s->srv, CLOSED);
	agent_do(&s->cli, OP_CLOSE, CLOSED, 0);
	agent_do(&s->srv, OP_EOF, CLOSED, 0);
	agent_do(&s->srv, OP_CLOSE, CLOSED, 0);
	scene_open(s, RESET);
	send_in_vain(s, &s->cli, &s->srv, RESET);
	agent_do(&s->cli, OP_RESET, RESET, 0);
	set_closed(s, false);
	agent_do(&s->srv, OP_CLOSE, RESET, 0);
	netns_idle(s->t, &s->ns);
}

static void check(struct scene *s, const struct table *tb, uint64_t older)
{
	const uint64_t tx[CONNS] = { older, SENT, FIRST };
	char port[8], client[8];

	snprintf(port, sizeof(port), "%u", s->port);
	for (unsigned i = 0; i < CONNS; i++) {
		snprintf(client, sizeof(client), "%u", s->ports[i]);
		if (i == OLDER)
			table_want(tb, s->t, tx[i], "tx_bytes",
				   ARGS("lport", port, "rport", client));
		else
			table_want(tb, s->t, tx[i], "tx_bytes",
				   ARGS("lport", client, "rport", port));
	}
}

static void finish(struct scene *s, unsigned i)
{
	struct tool *r = &s->tools[i];
	struct table tb;

	tool_stop(r, SIGINT);
	tool_check_clean(r);
	if (table_parse(&tb, s->t, r->text)) {
		check(s, &tb, i == TOP ? LATER : SENT + LATER);
		table_release(&tb);
	}
	tool_release(r);
}

/* sosnap knows the server's end as what has sent. */
static void snap(struct scene *s)
{
	char netns[32], port[8], client[8];
	struct table tb;
	struct tool r;

	snprintf(netns, sizeof(netns), "inode:%u", s->ns.inum);
	snprintf(port, sizeof(port), "%u", s->port);
	snprintf(client, sizeof(client), "%u", s->ports[OLDER]);
	tool_init(&r, s->t, s->ns.inum);
	r.verb = true;
	tool_start(&r, "sosnap", ARGS("--csv", "-o", "+tx_bytes", "--netns",
				      netns));
	tool_stop(&r, 0);
	tool_check_clean(&r);
	if (table_parse(&tb, s->t, r.text)) {
		table_want(&tb, s->t, SENT, "tx_bytes",
			   ARGS("lport", port, "rport", client));
		table_release(&tb);
	}
	tool_release(&r);
}

static void tcp_resent(struct test *t)
{
	static const char *const names[TOOLS] = {
		"tcplife", "tcptracer", "tcptop"
	};
	static struct scene s;

	scene_init(&s, t);
	scene_open(&s, OLDER);
	send_at_last(&s, &s.srv, &s.cli, OLDER);
	snap(&s);
	for (unsigned i = 0; i < TOOLS; i++) {
		tool_init(&s.tools[i], t, s.ns.inum);
		tool_start(&s.tools[i], names[i],
			   i == TOP ? ARGS("0.1", "--csv", "--strict") :
			   i == LIFE ? ARGS("--csv", "--strict") :
			   ARGS("--csv", "--strict", "-o", "+tx_bytes"));
	}
	make(&s);
	for (unsigned i = 0; i < TOOLS; i++)
		finish(&s, i);
	summary(t, "%u sessions, %u bytes sent again and again, counted once",
		CONNS, DROPPED);
	agent_stop(&s.cli);
	agent_stop(&s.srv);
	netns_free(&s.ns);
}

const struct live_case resent_cases[] = {
	{ "tcp-resent", "what a queue of this host drops counts once", 300,
	  tcp_resent, false },
	{ NULL, NULL, 0, NULL, false },
};

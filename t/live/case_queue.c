/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tcpaccept: how long connections are in the queue, and those that nobody
 * accepts (--established).  Two run at a time, beside the same connections.
 */
#include "traffic.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	TAKEN = 23, LEFT = 11, SELF = 3, REFUSED = 5,
	FIRST_PORT = 24001,	/* of the clients', in this order: */
	OLDER = 0, FIRST_TAKEN, FIRST_LEFT = FIRST_TAKEN + TAKEN,
	FIRST_SELF = FIRST_LEFT + LEFT, CONNS = FIRST_SELF + SELF,
	UNTAKEN = LISTENER + 2,	/* where nobody accepts */
};
/* For more than are queued at a time, for fewer than there are in all. */
#define ROOM "13"
#define BACKLOG 128		/* of traffic's listeners */
#define SHOWN "pid,rport,wait_ns,backlog,limit"

struct conn {
	uint64_t before, there;	/* it was not established; it was */
	uint64_t min_ns, max_ns;	/* it waited; of the older at least */
	unsigned queued, shown;	/* rows with it: accepted, established */
};

struct scene {
	struct traffic tr;
	struct conn conn[CONNS];
};

/* ---- connections -------------------------------------------------------- */

/* From a port of its own, so that none is used twice; @to 0: to itself. */
static void open_conn(struct scene *s, unsigned i, unsigned slot, uint16_t to)
{
	bool v6 = i % 2;
	struct cmd c = { .op = OP_BIND, .slot = slot };
	struct agent *cli = &s->tr.cli;

	addr_set(&c.addr, v6 ? AF_INET6 : AF_INET, v6 ? "::1" : "127.0.0.1",
		 FIRST_PORT + i);
	agent_post(cli, &c);
	agent_wait(cli);
	c.op = OP_CONNECT;
	if (to)
		addr_set(&c.addr, v6 ? AF_INET6 : AF_INET,
			 v6 ? "::1" : "127.0.0.1", to);
	s->conn[i].before = now_ns();
	agent_post(cli, &c);
	agent_wait(cli);
	/* once data is acknowledged the other end, too, is established */
	agent_do(cli, OP_SEND, slot, 10);
	agent_do(cli, OP_INFO, slot, 0);
	s->conn[i].there = now_ns();
}

static void take(struct scene *s, unsigned i, unsigned slot, uint32_t listener)
{
	struct conn *c = &s->conn[i];
	uint64_t since = i == OLDER ? c->min_ns : c->there;

	c->min_ns = now_ns() - since;
	agent_do(&s->tr.srv, OP_ACCEPT, slot, listener);
	c->max_ns = now_ns() - c->before;
	agent_do(&s->tr.srv, OP_RECV, slot, 10);
	agent_do(&s->tr.cli, OP_CLOSE, slot, 0);
	agent_do(&s->tr.srv, OP_CLOSE, slot, 0);
}

static void make(struct scene *s)
{
	unsigned i, slot;

	take(s, OLDER, SLOTS - 1, LISTENER);
	for (i = FIRST_TAKEN; i < FIRST_LEFT; i++) {
		open_conn(s, i, 0, s->tr.port[i % 2]);
		if (i % 8 == 0)
			nap_ms(20);
		take(s, i, 0, LISTENER + i % 2);
	}
	for (slot = 0; i < FIRST_SELF; i++, slot++)
		open_conn(s, i, slot, s->tr.port[2 + i % 2]);
	agent_do(&s->tr.srv, OP_CLOSE, UNTAKEN, 0);
	agent_do(&s->tr.srv, OP_CLOSE, UNTAKEN + 1, 0);
	while (slot--) {
		agent_do(&s->tr.cli, OP_WAIT_RST, slot, 0);
		agent_do(&s->tr.cli, OP_CLOSE, slot, 0);
	}
	for (; i < CONNS; i++) {
		open_conn(s, i, 0, 0);
		agent_do(&s->tr.cli, OP_RECV, 0, 10);
		agent_do(&s->tr.cli, OP_CLOSE, 0, 0);
	}
	traffic_refused(&s->tr, REFUSED);
	traffic_idle(&s->tr);
}

/* ---- and what was shown of them ----------------------------------------- */

/* The connection that row @row is of; NULL after differ(). */
static struct conn *conn_of(struct scene *s, const struct table *tb,
			    unsigned row)
{
	uint64_t port = 0;

	cell_u64(table_cell(tb, row, "rport"), &port);
	if (port >= FIRST_PORT && port < FIRST_PORT + CONNS)
		return &s->conn[port - FIRST_PORT];
	differ(s->tr.t, "row %u: no connection from port %s was made", row,
	       table_cell(tb, row, "rport"));
	return NULL;
}

static void check_wait(struct test *t, const struct table *tb, unsigned row,
		       const struct conn *c, bool older)
{
	const char *least = table_cell(tb, row, "wait_at_least");
	uint64_t v = 0;

	if (strcmp(least, older ? "true" : "false"))
		differ(t, "row %u: wait_at_least is '%s'", row, least);
	if (!cell_u64(table_cell(tb, row, "wait_ns"), &v) || v < c->min_ns ||
	    v > c->max_ns)
		differ(t, "row %u: waited '%s' ns, not %" PRIu64 " to %" PRIu64,
		       row, table_cell(tb, row, "wait_ns"), c->min_ns,
		       c->max_ns);
}

/* @made 0: nothing is known of it. */
static void expect_cell(struct test *t, const struct table *tb, unsigned row,
			const char *key, unsigned made)
{
	char text[16] = "";

	if (made)
		snprintf(text, sizeof(text), "%u", made);
	if (strcmp(table_cell(tb, row, key), text))
		differ(t, "row %u: %s is '%s', not '%s'", row, key,
		       table_cell(tb, row, key), text);
}

/* Behind @n others. */
static void expect_queue(struct test *t, const struct table *tb, unsigned row,
			 unsigned n)
{
	uint64_t backlog = n + 1, limit = 0;

	cell_u64(table_cell(tb, row, "backlog"), &backlog);
	cell_u64(table_cell(tb, row, "limit"), &limit);
	if (backlog != n || limit != BACKLOG)
		differ(t, "row %u: queued behind '%s' of '%s', not %u of %u",
		       row, table_cell(tb, row, "backlog"),
		       table_cell(tb, row, "limit"), n, BACKLOG);
}

static void check_accepted(struct scene *s, const struct table *tb,
			   unsigned row, struct conn *c)
{
	c->queued++;
	expect_cell(s->tr.t, tb, row, "pid", s->tr.srv.pid);
	expect_queue(s->tr.t, tb, row, 0);
	check_wait(s->tr.t, tb, row, c, c == &s->conn[OLDER]);
}

static void check_established(struct scene *s, const struct table *tb,
			      unsigned row, struct conn *c)
{
	unsigned queued = 0;

	c->shown++;
	expect_cell(s->tr.t, tb, row, "pid", 0);
	expect_cell(s->tr.t, tb, row, "wait_ns", 0);
	/* they come to two listeners in turn, and stay there */
	if (c >= &s->conn[FIRST_LEFT])
		queued = (unsigned)(c - &s->conn[FIRST_LEFT]) / 2;
	expect_queue(s->tr.t, tb, row, queued);
}

static void check_rows(struct scene *s, const char *csv,
		       void (*check)(struct scene *, const struct table *,
				     unsigned, struct conn *))
{
	struct table tb;
	struct conn *c;
	unsigned i;

	if (!table_parse(&tb, s->tr.t, csv))
		return;
	for (i = 0; i < tb.nrows; i++) {
		c = conn_of(s, &tb, i);
		if (c)
			check(s, &tb, i, c);
	}
	table_release(&tb);
}

static void check_counts(const struct scene *s)
{
	unsigned i, taken, there;

	for (i = 0; i < CONNS; i++) {
		taken = i < FIRST_LEFT;
		there = i != OLDER && i < FIRST_SELF;
		if (s->conn[i].queued != taken || s->conn[i].shown != there)
			differ(s->tr.t, "port %u: %u rows accepted, %u "
			       "established", FIRST_PORT + i,
			       s->conn[i].queued, s->conn[i].shown);
	}
}

static void queue(struct test *t)
{
	static struct scene s;
	struct tool accepts, there;
	char netns[24];

	traffic_init(&s.tr, t);
	open_conn(&s, OLDER, SLOTS - 1, s.tr.port[0]);
	/* without BTF the second makes connections before it starts, in a
	 * namespace of its own, which the first must not show */
	snprintf(netns, sizeof(netns), "inode:%u", s.tr.ns.inum);
	tool_init(&there, t, 0);
	tool_init(&accepts, t, 0);
	tool_start(&there, "tcpaccept", ARGS("--csv", "--strict", "-o",
		   SHOWN, "-N", netns, "--established"));
	tool_start(&accepts, "tcpaccept", ARGS("--csv", "--strict", "-o",
		   SHOWN, "-N", netns, "--max-sockets", ROOM));
	s.conn[OLDER].min_ns = now_ns();
	make(&s);
	tool_stop(&accepts, SIGINT);
	tool_stop(&there, SIGINT);
	tool_check_clean(&accepts);
	tool_check_clean(&there);
	check_rows(&s, accepts.text, check_accepted);
	check_rows(&s, there.text, check_established);
	check_counts(&s);
	summary(t, "%u connections accepted, %u not, %u to themselves, %u "
		"refused: as they waited", TAKEN + 1, LEFT, SELF, REFUSED);
	tool_release(&accepts);
	tool_release(&there);
	traffic_release(&s.tr);
}

const struct live_case queue_cases[] = {
	{ "tcpaccept-queue", "how long connections wait for accept(2), and "
	  "those nobody accepts", 300, queue, false },
	{ NULL, NULL, 0, NULL, false },
};

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tcppktlat: data is known to be there, since somebody peeked at it, before it
 * is read: at once, in pieces, late, or never.
 */
#include "traffic.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define CONNS 41
#define SIZE 1000		/* and the connection's number */
#define PIECE 300
#define COLUMNS "pid,tid,uid,comm,laddr,lport,raddr,rport,bytes,latency_ns"

enum kind { WHOLE, PIECES, BEHIND, UNREAD, KINDS };

struct made {
	enum kind kind;
	union addr peer;
	uint64_t bytes;
	uint64_t sent, there;	/* before it was sent; it had arrived */
	uint64_t read, done;	/* before and after all of it was read */
	uint64_t shown;
	unsigned rows;
};

struct scene {
	struct test *t;
	struct netns ns;
	struct agent cli, srv;
	union addr listener[2];
	struct made made[CONNS];
};

/* ---- making ------------------------------------------------------------- */

static void listen_at(struct scene *s, unsigned i)
{
	struct cmd c = { .op = OP_LISTEN, .slot = LISTENER + i };

	addr_set(&c.addr, i ? AF_INET6 : AF_INET, i ? "::1" : "127.0.0.1",
		 0);
	agent_post(&s->srv, &c);
	s->listener[i] = agent_wait(&s->srv).local;
}

static void scene_init(struct scene *s, struct test *t)
{
	memset(s, 0, sizeof(*s));
	s->t = t;
	netns_new(t, &s->ns);
	agent_start(t, &s->cli, &s->ns, CLIENT_COMM, CLIENT_UID);
	agent_start(t, &s->srv, &s->ns, SERVER_COMM, SERVER_UID);
	listen_at(s, 0);
	listen_at(s, 1);
}

static void scene_release(struct scene *s)
{
	agent_stop(&s->cli);
	agent_stop(&s->srv);
	netns_free(&s->ns);
}

static void open_one(struct scene *s, unsigned i)
{
	struct cmd c = { .op = OP_CONNECT, .slot = i,
			 .addr = s->listener[i & 1] };

	s->made[i].kind = (enum kind)(i % KINDS);
	agent_post(&s->cli, &c);
	s->made[i].peer = agent_wait(&s->cli).local;
	agent_do(&s->srv, OP_ACCEPT, i, LISTENER + (i & 1));
}

/* All data is sent before any is read. */
static void send_one(struct scene *s, unsigned i)
{
	struct made *m = &s->made[i];

	m->bytes = SIZE + i;
	m->sent = now_ns();
	agent_do(&s->cli, OP_SEND, i, SIZE);
	agent_do(&s->srv, OP_PEEK, i, 0);
	m->there = now_ns();
	if (m->kind == BEHIND)
		agent_do(&s->cli, OP_SEND, i, i);
	else
		m->bytes = SIZE;
}

static void read_one(struct scene *s, unsigned i)
{
	struct made *m = &s->made[i];

	if (m->kind == UNREAD)
		return;
	m->read = now_ns();
	if (m->kind == PIECES)
		agent_do(&s->srv, OP_RECV, i, PIECE);
	agent_do(&s->srv, OP_RECV, i, m->bytes - (m->kind == PIECES ? PIECE :
						  0));
	m->done = now_ns();
}

static void make(struct scene *s)
{
	unsigned i;

	for (i = 0; i < CONNS; i++)
		open_one(s, i);
	for (i = 0; i < CONNS; i++)
		send_one(s, i);
	for (i = 0; i < CONNS; i++)
		read_one(s, i);
}

/* ---- comparing ---------------------------------------------------------- */

static struct made *made_at(struct scene *s, uint64_t rport)
{
	unsigned i;

	for (i = 0; i < CONNS; i++)
		if (addr_port(&s->made[i].peer) == rport)
			return &s->made[i];
	return NULL;
}

static void check_cell(struct scene *s, const struct table *tb, unsigned row,
		       const char *key, const char *want)
{
	const char *cell = table_cell(tb, row, key);

	if (strcmp(cell, want))
		differ(s->t, "row %u: %s is '%s', made: '%s'", row, key, cell,
		       want);
}

/* Nobody reads what is not read. */
static void check_reader(struct scene *s, const struct table *tb, unsigned row,
			 const struct made *m)
{
	bool read = m->kind != UNREAD;
	char pid[16] = "", uid[16] = "";

	if (read) {
		snprintf(pid, sizeof(pid), "%d", (int)s->srv.pid);
		snprintf(uid, sizeof(uid), "%d", SERVER_UID);
	}
	check_cell(s, tb, row, "pid", pid);
	check_cell(s, tb, row, "tid", pid);
	check_cell(s, tb, row, "uid", uid);
	check_cell(s, tb, row, "comm", read ? SERVER_COMM : "");
}

static void check_flow(struct scene *s, const struct table *tb, unsigned row,
		       const struct made *m)
{
	bool v6 = m->peer.sa.sa_family == AF_INET6;
	char text[46];

	addr_text(&m->peer, text, sizeof(text));
	check_cell(s, tb, row, "raddr", text);
	addr_text(&s->listener[v6], text, sizeof(text));
	check_cell(s, tb, row, "laddr", text);
	snprintf(text, sizeof(text), "%u", addr_port(&s->listener[v6]));
	check_cell(s, tb, row, "lport", text);
}

/* The oldest byte's: that others came behind it changes nothing. */
static void check_latency(struct scene *s, const struct table *tb,
			  unsigned row, const struct made *m)
{
	uint64_t ns = 0, min = m->read - m->there, max = m->done - m->sent;

	cell_u64(table_cell(tb, row, "latency_ns"), &ns);
	/* of what came behind it, only that it came later is known */
	if (m->kind == BEHIND && m->rows)
		min = 0;
	if (m->kind != UNREAD && (ns < min || ns > max))
		differ(s->t, "row %u: %" PRIu64 " ns, made: %" PRIu64 " to %"
		       PRIu64, row, ns, min, max);
}

static void check_row(struct scene *s, const struct table *tb, unsigned row)
{
	uint64_t rport = 0, bytes = 0;
	struct made *m;

	cell_u64(table_cell(tb, row, "rport"), &rport);
	cell_u64(table_cell(tb, row, "bytes"), &bytes);
	m = made_at(s, rport);
	if (!m) {
		differ(s->t, "row %u is of no connection made", row);
		return;
	}
	check_reader(s, tb, row, m);
	check_flow(s, tb, row, m);
	check_latency(s, tb, row, m);
	m->shown += bytes;
	m->rows++;
}

/* Two sends may be one packet by the time they are read. */
static void check_one(struct scene *s, const struct made *m)
{
	unsigned want = m->kind == PIECES ? 2 : 1;

	if (m->shown != m->bytes)
		differ(s->t, "kind %d: %" PRIu64 " bytes shown, %" PRIu64
		       " made", m->kind, m->shown, m->bytes);
	if (m->rows != want && !(m->kind == BEHIND && m->rows == 2))
		differ(s->t, "kind %d: %u rows, not %u", m->kind, m->rows,
		       want);
}

static void tcppktlat(struct test *t)
{
	static struct scene s;
	struct table tb;
	struct tool r;
	char ports[16];
	unsigned i;

	scene_init(&s, t);
	snprintf(ports, sizeof(ports), "%u,%u", addr_port(&s.listener[0]),
		 addr_port(&s.listener[1]));
	tool_init(&r, t, s.ns.inum);
	tool_start(&r, "tcppktlat", ARGS("--csv", "-o", COLUMNS, "-L", ports));
	make(&s);
	tool_stop(&r, SIGINT);
	tool_check_clean(&r);
	if (table_parse(&tb, t, r.text)) {
		for (i = 0; i < tb.nrows; i++)
			check_row(&s, &tb, i);
		summary(t, "%u connections made, %u rows shown", CONNS,
			tb.nrows);
		table_release(&tb);
	}
	for (i = 0; i < CONNS; i++)
		check_one(&s, &s.made[i]);
	tool_release(&r);
	scene_release(&s);
}

/* ---- a socket that connects once more ----------------------------------- */

#define AGAIN 41		/* bytes; those of before nobody reads */

static void connect_again(struct scene *s)
{
	struct cmd nowhere = { .op = OP_CONNECT, .addr.sa.sa_family =
			       AF_UNSPEC };
	struct cmd again = { .op = OP_CONNECT, .addr = s->listener[0] };

	agent_post(&s->cli, &again);
	agent_wait(&s->cli);
	agent_do(&s->srv, OP_ACCEPT, 0, LISTENER);
	agent_do(&s->srv, OP_SEND, 0, SIZE);
	agent_do(&s->cli, OP_PEEK, 0, 0);
	agent_post(&s->cli, &nowhere);
	agent_wait(&s->cli);
	agent_post(&s->cli, &again);
	agent_wait(&s->cli);
	agent_do(&s->srv, OP_ACCEPT, 1, LISTENER);
	agent_do(&s->srv, OP_SEND, 1, AGAIN);
	agent_do(&s->cli, OP_RECV, 0, AGAIN);
}

static void reconnect(struct test *t)
{
	static struct scene s;
	struct table tb;
	struct tool r;

	scene_init(&s, t);
	tool_init(&r, t, s.ns.inum);
	tool_start(&r, "tcppktlat", ARGS("--csv", "--strict", "-o", COLUMNS));
	connect_again(&s);
	tool_stop(&r, SIGINT);
	tool_check_clean(&r);
	if (table_parse(&tb, t, r.text)) {
		table_want(&tb, t, AGAIN, "bytes",
			   ARGS("comm", CLIENT_COMM));
		table_release(&tb);
	}
	summary(t, "%u bytes left unread, %u read of the next connection",
		SIZE, AGAIN);
	tool_release(&r);
	scene_release(&s);
}

/* ---- splice(2) ---------------------------------------------------------- */

/* The end of the stream stands behind the last byte of the only segment, and
 * is taken with it. */
static void splice_one(struct scene *s)
{
	struct cmd send = { .op = OP_SEND, .n = SIZE, .flags = SEND_MORE };

	open_one(s, 0);
	agent_post(&s->cli, &send);
	agent_wait(&s->cli);
	agent_do(&s->cli, OP_SHUT, 0, 0);
	agent_do(&s->srv, OP_SPLICE, 0, 0);
}

static void spliced(struct test *t)
{
	static struct scene s;
	struct table tb;
	struct tool r;

	scene_init(&s, t);
	tool_init(&r, t, s.ns.inum);
	r.may_lack = !test_types(t);
	tool_start(&r, "tcppktlat", ARGS("--csv", "--strict", "-o", COLUMNS));
	splice_one(&s);
	tool_stop(&r, SIGINT);
	tool_check_clean(&r);
	if (table_parse(&tb, t, r.text)) {
		table_want(&tb, t, SIZE, "bytes",
			   ARGS("comm", SERVER_COMM));
		table_release(&tb);
	}
	summary(t, "%u bytes read by splice(2), with the end of the stream",
		SIZE);
	tool_release(&r);
	scene_release(&s);
}

const struct live_case pktlat_cases[] = {
	{ "tcppktlat-splice", "the end of the stream is no byte", 300,
	  spliced, false },
	{ "tcppktlat-again", "connect(AF_UNSPEC), and another connection", 300,
	  reconnect, false },
	{ "tcppktlat", "data that waits for its reader", 600, tcppktlat,
	  false },
	{ NULL, NULL, 0, NULL, false },
};

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tcptop: whatever the size of the writes, the way of the data, the age of a
 * session or its end, what the intervals show adds up to what was moved.
 */
#include "traffic.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SHORT 31		/* sessions of all pairings and endings */
#define SHORT_FROM 23000	/* their ports: below those of streams */
#define REPLY 101
#define BEFORE 100003		/* bytes before the tool, each way */
#define PARTS 16
#define LONG_NS (2 * NSEC)	/* for a stream */

/* A session whose client sends in some way, and is answered. */
struct stream {
	const char *what;
	enum op op;
	uint32_t chunk;
	uint64_t bytes;		/* to move, where that is fast enough */
	bool older;		/* than the tool */
	bool open;		/* when the tool stops */
	struct end ends[2];	/* client's, server's: since the tool runs */
};

static const struct stream patterns[] = {
	{ .what = "writes of one byte", .op = OP_SEND, .chunk = 1,
	  .bytes = 64 << 10 },
	{ .what = "writes of 1 MiB", .op = OP_SEND, .chunk = CHUNK_MAX,
	  .bytes = 64 << 20 },
	{ .what = "sendfile(2)", .op = OP_SENDFILE, .bytes = 64 << 20 },
	{ .what = "older than the tool", .op = OP_SEND, .bytes = 64 << 10,
	  .older = true },
	{ .what = "open as the tool stops", .op = OP_SEND, .bytes = 64 << 10,
	  .open = true },
};
#define STREAMS ARRAY_SIZE(patterns)

struct top {
	struct traffic tr;
	struct stream streams[STREAMS];
	struct tool tool;
	struct table tb;
	bool *taken;		/* by row */
	uint64_t tx, rx;	/* all that was made */
};

/* ---- what is made ------------------------------------------------------- */

static void move(struct agent *from, struct agent *to, unsigned slot,
		 const struct stream *s, uint64_t n)
{
	struct cmd send = { .op = s->op, .slot = slot, .chunk = s->chunk,
			    .n = n };
	struct cmd recv = { .op = OP_RECV, .slot = slot, .n = n };

	agent_post(to, &recv);
	agent_post(from, &send);
	agent_wait(from);
	agent_wait(to);
}

static void stream_open(struct traffic *tr, struct stream *s, unsigned slot)
{
	struct cmd c = { .op = OP_CONNECT, .slot = slot };
	struct end *client = &s->ends[0], *server = &s->ends[1];
	struct reply r;

	addr_set(&c.addr, AF_INET, "127.0.0.1", tr->port[0]);
	agent_post(&tr->cli, &c);
	r = agent_wait(&tr->cli);
	agent_do(&tr->srv, OP_ACCEPT, slot, LISTENER);
	client->lport = server->rport = addr_port(&r.local);
	client->rport = server->lport = tr->port[0];
	client->pid = tr->cli.pid;
	client->comm = tr->cli.comm;
	server->pid = tr->srv.pid;
	server->comm = tr->srv.comm;
	strcpy(client->laddr, "127.0.0.1");
	strcpy(server->laddr, "127.0.0.1");
	if (s->older) {
		move(&tr->cli, &tr->srv, slot, s, BEFORE);
		move(&tr->srv, &tr->cli, slot, s, BEFORE);
	}
}

/* @n bytes, and a short answer, which acknowledges them. */
static void stream_move(struct traffic *tr, struct stream *s, unsigned slot,
			uint64_t n)
{
	static const struct stream answer = { .op = OP_SEND };

	move(&tr->cli, &tr->srv, slot, s, n);
	move(&tr->srv, &tr->cli, slot, &answer, REPLY);
	s->ends[0].sent += n;
	s->ends[0].received += REPLY;
	s->ends[1].sent += REPLY;
	s->ends[1].received += n;
}

/* Both know that the other has all: a last byte tells them. */
static void stream_settle(struct traffic *tr, struct stream *s, unsigned slot)
{
	static const struct stream byte = { .op = OP_SEND };

	move(&tr->cli, &tr->srv, slot, &byte, 1);
	s->ends[0].sent++;
	s->ends[1].received++;
}

static void stream_close(struct traffic *tr, unsigned slot)
{
	agent_do(&tr->cli, OP_CLOSE, slot, 0);
	agent_do(&tr->srv, OP_EOF, slot, 0);
	agent_do(&tr->srv, OP_CLOSE, slot, 0);
}

/* An interval has passed in which something moved. */
static void wait_shown(struct top *top)
{
	struct stat st;
	unsigned i;

	for (i = 0; i < PATIENCE * 100; i++) {
		if (!fstat(top->tool.out, &st) && st.st_size > 0)
			return;
		nap_ms(10);
	}
	fatal(top->tr.t, "nothing shown in %d s", PATIENCE);
}

/* A machine that would take long is given less: what of it takes @ns. */
static void scale(struct stream *s, uint64_t ns)
{
	uint64_t part = s->bytes / PARTS, n = PARTS;

	while (n > 1 && ns * n > LONG_NS)
		n /= 2;
	s->bytes = part * n;
}

/* How fast is it?  Tried on the session that is older than the tool. */
static void scale_all(struct top *top, unsigned slot)
{
	struct traffic *tr = &top->tr;
	struct stream *s;
	uint64_t begun;

	for (s = top->streams; s < top->streams + STREAMS; s++) {
		begun = now_ns();
		move(&tr->cli, &tr->srv, slot, s, s->bytes / PARTS);
		scale(s, now_ns() - begun);
	}
}

static void make(struct top *top)
{
	struct traffic *tr = &top->tr;
	struct stream *s;
	unsigned slot;

	for (s = top->streams, slot = 1; slot <= STREAMS; s++, slot++) {
		if (!s->older)
			stream_open(tr, s, slot);
		stream_move(tr, s, slot, s->bytes);
	}
	wait_shown(top);
	for (s = top->streams, slot = 1; slot <= STREAMS; s++, slot++) {
		stream_move(tr, s, slot, slot);
		if (s->open)
			stream_settle(tr, s, slot);
		else
			stream_close(tr, slot);
	}
	traffic_make(tr, SHORT);
}

/* ---- what is shown ------------------------------------------------------ */

static bool is_port(const char *cell, uint16_t port)
{
	uint64_t v;

	return cell_u64(cell, &v) && v == port;
}

static bool has_row(const struct top *top, const struct end *e, unsigned row)
{
	const struct table *tb = &top->tb;

	return is_port(table_cell(tb, row, "lport"), e->lport) &&
	       is_port(table_cell(tb, row, "rport"), e->rport) &&
	       !strcmp(table_cell(tb, row, "laddr"), e->laddr);
}

static uint64_t number(struct top *top, unsigned row, const char *key)
{
	const char *cell = table_cell(&top->tb, row, key);
	uint64_t v = 0;

	if (!cell_u64(cell, &v))
		differ(top->tr.t, "%s is '%s'", key, cell);
	return v;
}

/* Nobody owns what moves before it is accepted, which is another row. */
static void check_owner(struct top *top, const struct end *e, unsigned row)
{
	const char *comm = table_cell(&top->tb, row, "comm");

	if (e->server && !*comm)
		return;
	if (strcmp(comm, e->comm) || number(top, row, "pid") != e->pid)
		differ(top->tr.t, "port %u: %s (%s) has it, not %s (%u)",
		       e->lport, table_cell(&top->tb, row, "pid"), comm,
		       e->comm, e->pid);
}

/* @late: what was sent last may not be acknowledged yet. */
static void check_end(struct top *top, const struct end *e, const char *what,
		      unsigned late)
{
	uint64_t tx = 0, rx = 0;
	unsigned i;

	for (i = 0; i < top->tb.nrows; i++) {
		if (!has_row(top, e, i))
			continue;
		top->taken[i] = true;
		check_owner(top, e, i);
		tx += number(top, i, "tx_bytes");
		rx += number(top, i, "rx_bytes");
	}
	if (tx > e->sent || tx + late < e->sent || rx != e->received)
		differ(top->tr.t, "%s, port %u: %llu sent and %llu received, "
		       "%llu and %llu shown", what, e->lport,
		       (unsigned long long)e->sent,
		       (unsigned long long)e->received,
		       (unsigned long long)tx, (unsigned long long)rx);
	top->tx += tx;
	top->rx += rx;
}

static void check(struct top *top)
{
	struct traffic *tr = &top->tr;
	struct stream *s;
	unsigned i;

	if (!table_parse(&top->tb, tr->t, top->tool.text))
		return;
	top->taken = xcalloc(top->tb.nrows + 1, sizeof(*top->taken));
	for (s = top->streams; s < top->streams + STREAMS; s++) {
		check_end(top, &s->ends[0], s->what, s->open);
		check_end(top, &s->ends[1], s->what, 0);
	}
	for (i = 0; i < tr->nends; i++)
		check_end(top, &tr->ends[i], ending_names[tr->ends[i].ending],
			  0);
	for (i = 0; i < top->tb.nrows; i++)
		if (!top->taken[i])
			differ(tr->t, "a row of nobody: %s:%s %s:%s",
			       table_cell(&top->tb, i, "laddr"),
			       table_cell(&top->tb, i, "lport"),
			       table_cell(&top->tb, i, "raddr"),
			       table_cell(&top->tb, i, "rport"));
	free(top->taken);
}

/* The recording, as one interval and by address family: the same in all. */
static void check_replay(struct top *top, const char *path)
{
	struct table tb;
	struct tool r;
	uint64_t tx = 0, rx = 0, v;
	unsigned i;

	tool_init(&r, top->tr.t, 0);
	r.verb = true;
	tool_start(&r, "replay", ARGS(path, "--csv", "-i", "1h", "--by", "ip"));
	tool_stop(&r, 0);
	tool_check_clean(&r);
	unlink(path);
	if (!table_parse(&tb, top->tr.t, r.text))
		return;
	for (i = 0; i < tb.nrows; i++) {
		tx += cell_u64(table_cell(&tb, i, "tx_bytes"), &v) ? v : 0;
		rx += cell_u64(table_cell(&tb, i, "rx_bytes"), &v) ? v : 0;
	}
	if (tb.nrows != 3 || tx != top->tx || rx != top->rx)
		differ(top->tr.t, "replayed by family: %u rows, %llu and %llu "
		       "bytes, not 3, %llu and %llu", tb.nrows,
		       (unsigned long long)tx, (unsigned long long)rx,
		       (unsigned long long)top->tx,
		       (unsigned long long)top->rx);
	table_release(&tb);
	tool_release(&r);
}

static void tcptop(struct test *t)
{
	struct top top = { .tx = 0 };
	char path[256];
	unsigned i;

	memcpy(top.streams, patterns, sizeof(patterns));
	traffic_init(&top.tr, t);
	top.tr.from = SHORT_FROM;
	for (i = 0; i < STREAMS; i++)
		if (top.streams[i].older) {
			stream_open(&top.tr, &top.streams[i], i + 1);
			scale_all(&top, i + 1);
		}
	temp_path(path, sizeof(path), "top.cap");
	tool_init(&top.tool, t, top.tr.ns.inum);
	tool_start(&top.tool, "tcptop", ARGS("0.1", "--csv", "--strict",
					     "-o", "+ip", "-W", path));
	make(&top);
	tool_stop(&top.tool, SIGINT);
	tool_check_clean(&top.tool);
	check(&top);
	check_replay(&top, path);
	summary(t, "%zu sessions and %u short ones, %llu bytes sent and %llu "
		"received, in %u rows", STREAMS, SHORT,
		(unsigned long long)top.tx, (unsigned long long)top.rx,
		top.tb.nrows);
	for (i = 0; i < STREAMS; i++)
		if (top.streams[i].bytes < patterns[i].bytes)
			summary(t, "; %s: %llu KiB, the machine is slow",
				patterns[i].what,
				(unsigned long long)top.streams[i].bytes >> 10);
	table_release(&top.tb);
	tool_release(&top.tool);
	traffic_release(&top.tr);
}

/* ---- nobody looks ------------------------------------------------------- */

/* What was moved in all, and the highest rate that is shown of it. */
static uint64_t moved(struct test *t, const char *csv, uint64_t *rate)
{
	struct table tb;
	uint64_t v, sum = 0;

	*rate = 0;
	if (!table_parse(&tb, t, csv))
		return 0;
	for (unsigned i = 0; i < tb.nrows; i++) {
		sum += cell_u64(table_cell(&tb, i, "tx_bytes"), &v) ? v : 0;
		if (cell_u64(table_cell(&tb, i, "tx_bytes_per_s"), &v) &&
		    v > *rate)
			*rate = v;
	}
	table_release(&tb);
	return sum;
}

/* Stopped while data moves, the tool has it in an interval that is as long. */
static void late(struct test *t)
{
	enum { STOPPED_MS = 2000, BYTES = 1000003 };
	static const char columns[] = "+tx_bytes_per_s";
	struct stream s = { .op = OP_SEND, .chunk = 1000 };
	struct traffic tr;
	struct tool r, again;
	uint64_t live, sum, rate;
	char path[256];

	traffic_init(&tr, t);
	stream_open(&tr, &s, 1);
	temp_path(path, sizeof(path), "late.cap");
	tool_init(&r, t, tr.ns.inum);
	tool_start(&r, "tcptop", ARGS("0.2", "--csv", "-o", columns, "-W",
				      path));
	kill(r.pid, SIGSTOP);
	stream_move(&tr, &s, 1, BYTES);
	nap_ms(STOPPED_MS);
	kill(r.pid, SIGCONT);
	nap_ms(500);
	stream_close(&tr, 1);
	tool_stop(&r, SIGINT);
	tool_check_clean(&r);
	sum = moved(t, r.text, &live);
	if (sum != BYTES + REPLY || live > BYTES / (STOPPED_MS / 1000) ||
	    live < BYTES / 100)
		differ(t, "%d bytes in %d ms or more: %llu shown, at up to "
		       "%llu/s", BYTES, STOPPED_MS, (unsigned long long)sum,
		       (unsigned long long)live);
	tool_init(&again, t, 0);
	again.verb = true;
	tool_start(&again, "replay", ARGS(path, "-i", "0.2", "--csv", "-o",
					  columns));
	tool_stop(&again, 0);
	tool_check_clean(&again);
	unlink(path);
	if (moved(t, again.text, &rate) != sum || rate != live)
		differ(t, "replayed at up to %llu/s, not %llu",
		       (unsigned long long)rate, (unsigned long long)live);
	summary(t, "%llu bytes, at up to %llu/s", (unsigned long long)sum,
		(unsigned long long)live);
	tool_release(&again);
	tool_release(&r);
	traffic_release(&tr);
}

const struct live_case top_cases[] = {
	{ "tcptop", "what intervals show adds up to what was moved", 300,
	  tcptop, false },
	{ "tcptop-late", "an interval in which the tool was stopped is longer",
	  120, late, false },
	{ NULL, NULL, 0, NULL, false },
};

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tcpnagle: small segments that wait for the acknowledgement of another, which
 * is dropped until all have been queued; corks, windows, pacing.  What is
 * measured is held against when it was made to wait and let go.
 */
#include "pair.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNS 41
#define SMALL 100
#define COLUMNS "pid,comm,laddr,lport,raddr,rport,nonagle,call,reason," \
	"bytes,waited_ns"

#ifndef SO_MAX_PACING_RATE
#define SO_MAX_PACING_RATE 47
#endif

enum kind {
	NAGLE,		/* behind a small segment that is not acknowledged */
	NODELAY,	/* the same, TCP_NODELAY: does not wait */
	CORK,		/* TCP_CORK, and off again */
	MORE,		/* MSG_MORE, and a send without */
	ABORTED,	/* corked, and reset */
	EVERYDAY,	/* of those there are many; of the others one: */
	CWND = EVERYDAY, /* more than the congestion window */
	PACED,
	RWND,		/* more than the peer's window, until it reads */
	STUCK,		/* the same, never read */
	KINDS,
};

#define MANY (CONNS - (KINDS - EVERYDAY))

struct made {
	enum kind kind;
	uint16_t lport, rport;
	const char *reason;	/* what waits, waits for that */
	uint64_t at_once, waits; /* bytes */
	uint64_t begun, queued;	/* before and after they are made to wait */
	uint64_t freed, end;	/* and let go */
	uint64_t shown_once, shown_waits;
	unsigned rows;		/* of `reason` */
};

struct scene {
	struct test *t;
	struct pair p;		/* of its second listener the window is small */
	struct made made[CONNS];
};

/* ---- making ------------------------------------------------------------- */

static void scene_init(struct scene *s, struct test *t)
{
	memset(s, 0, sizeof(*s));
	s->t = t;
	pair_init(&s->p, t);
	/* a tail loss probe would send what waits */
	netns_sysctl(t, &s->p.a, "ipv4/tcp_early_retrans", "0");
	pair_drop(&s->p);
	pair_listen(&s->p, 0);
	pair_listen(&s->p, 1);
	agent_option(&s->p.srv, OP_SOCK_OPTION, LISTENER + 1, SO_RCVBUF, 4096);
}

static void connect_one(struct scene *s, unsigned i)
{
	struct made *m = &s->made[i];

	m->kind = i < MANY ? i % EVERYDAY : EVERYDAY + i - MANY;
	m->lport = pair_connect(&s->p, m->kind >= RWND, i);
	m->rport = s->p.port[m->kind >= RWND];
	agent_option(&s->p.cli, OP_SOCK_OPTION, i, SO_SNDBUF, 100000);
}

static void send_once(struct scene *s, unsigned i, uint64_t bytes)
{
	agent_do(&s->p.cli, OP_SEND, i, bytes);
	s->made[i].at_once += bytes;
}

static void send_waits(struct scene *s, unsigned i, const char *reason,
		       uint64_t bytes, uint32_t flags)
{
	struct cmd c = { .op = OP_SEND, .slot = i, .n = bytes,
			 .flags = flags };
	struct made *m = &s->made[i];

	m->reason = reason;
	m->waits += bytes;
	if (!m->begun)
		m->begun = now_ns();
	agent_post(&s->p.cli, &c);
	agent_wait(&s->p.cli);
	if (!m->queued)
		m->queued = now_ns();
}

/* All of it arrives. */
static void receive(struct scene *s, unsigned i)
{
	struct made *m = &s->made[i];

	agent_do(&s->p.srv, OP_RECV, i, m->at_once + m->waits);
	m->end = now_ns();
}

static void cork(struct scene *s, unsigned i)
{
	agent_option(&s->p.cli, OP_TCP_OPTION, i, TCP_CORK, 1);
	send_waits(s, i, "cork", SMALL, 0);
	send_waits(s, i, "cork", SMALL + i, 0);
}

/* While none of it arrives. */
static void make_one(struct scene *s, unsigned i)
{
	struct made *m = &s->made[i];

	switch (m->kind) {
	case NODELAY:
		agent_option(&s->p.cli, OP_TCP_OPTION, i, TCP_NODELAY, 1);
		send_once(s, i, SMALL);
		send_once(s, i, SMALL + i);
		break;
	case CORK:
		cork(s, i);
		m->freed = now_ns();
		agent_option(&s->p.cli, OP_TCP_OPTION, i, TCP_CORK, 0);
		break;
	case MORE:
		send_waits(s, i, "cork", SMALL, SEND_MORE);
		m->freed = now_ns();
		send_waits(s, i, "cork", SMALL + i, 0);
		break;
	case ABORTED:
		cork(s, i);
		agent_do(&s->p.cli, OP_RESET, i, 0);
		break;
	case CWND:
		send_waits(s, i, "cwnd", 40000, 0);
		break;
	default:
		send_once(s, i, SMALL);
		send_waits(s, i, "nagle", SMALL, 0);
		send_waits(s, i, "nagle", SMALL + i, 0);
	}
}

static void make_blocked(struct scene *s)
{
	uint64_t freed;
	unsigned i;

	dropper_set(s->t, &s->p.drop, P_DATA, 0, UINT32_MAX);
	for (i = 0; i < MANY + 1; i++)
		make_one(s, i);
	freed = now_ns();
	dropper_set(s->t, &s->p.drop, P_DATA, 0, 0);
	for (i = 0; i < MANY + 1; i++) {
		if (!s->made[i].freed)
			s->made[i].freed = freed;
		if (s->made[i].kind != ABORTED)
			receive(s, i);
	}
}

/* The first ten segments are not paced. */
static void make_paced(struct scene *s, unsigned i)
{
	unsigned k;

	agent_option(&s->p.cli, OP_TCP_OPTION, i, TCP_NODELAY, 1);
	for (k = 0; k < 11; k++) {
		send_once(s, i, 1);
		agent_do(&s->p.srv, OP_RECV, i, 1);
	}
	agent_option(&s->p.cli, OP_SOCK_OPTION, i, SO_MAX_PACING_RATE, 500);
	send_once(s, i, SMALL);
	/* the times of pacing are not found by trying */
	send_waits(s, i, test_btf(s->t) ? "pacing" : "other", SMALL, 0);
	s->made[i].freed = s->made[i].queued;
	agent_do(&s->p.srv, OP_RECV, i, 2 * SMALL);
	s->made[i].end = now_ns();
}

static void make(struct scene *s)
{
	unsigned i;

	for (i = 0; i < CONNS; i++)
		connect_one(s, i);
	make_blocked(s);
	make_paced(s, MANY + PACED - EVERYDAY);
	for (i = MANY + RWND - EVERYDAY; i < CONNS; i++)
		send_waits(s, i, "rwnd", 20000, 0);
	i = MANY + RWND - EVERYDAY;
	s->made[i].freed = now_ns();
	receive(s, i);
}

/* ---- comparing ---------------------------------------------------------- */

/* To two listeners one local port may lead twice. */
static struct made *made_at(struct scene *s, uint64_t lport, uint64_t rport)
{
	unsigned i;

	for (i = 0; i < CONNS; i++)
		if (s->made[i].lport == lport && s->made[i].rport == rport)
			return &s->made[i];
	return NULL;
}

/* Nagle's wait lasts as long as nothing is acknowledged.  (A cork is lifted
 * after 200 ms, and pacing's time is up.) */
static void check_wait(struct scene *s, const struct made *m, uint64_t ns)
{
	uint64_t max = m->end - m->begun;
	uint64_t min = m->kind == NAGLE ? m->freed - m->queued : 1;

	if (m->kind != STUCK && (ns < min || ns > max))
		differ(s->t, "kind %d: waited %" PRIu64 " ns, made: %" PRIu64
		       " to %" PRIu64, m->kind, ns, min, max);
}

static void check_flags(struct scene *s, const struct made *m,
			const char *nonagle, const char *call)
{
	static const char *const flags[ABORTED][2] = {
		[NAGLE] = { "ON", "ON" }, [NODELAY] = { "OFF", "OFF" },
		[CORK] = { "CORK", "CORK" }, [MORE] = { "ON", "CORK" },
	};

	/* ABORTED should not wait at all */
	if (m->kind < ABORTED && (strcmp(nonagle, flags[m->kind][0]) ||
				  strcmp(call, flags[m->kind][1])))
		differ(s->t, "kind %d: nonagle %s, call %s, not %s and %s",
		       m->kind, nonagle, call, flags[m->kind][0],
		       flags[m->kind][1]);
}

/* The cork is lifted by a timer, or the paced segment's time is up, where
 * this machine was that slow. */
static bool was_slow(const struct made *m)
{
	return m->freed - m->begun > 100 * MSEC && m->kind != NAGLE;
}

static void check_row(struct scene *s, const struct table *tb, unsigned row)
{
	const char *reason = table_cell(tb, row, "reason");
	uint64_t lport = 0, rport = 0, bytes = 0, ns = 0;
	struct made *m;

	cell_u64(table_cell(tb, row, "lport"), &lport);
	cell_u64(table_cell(tb, row, "rport"), &rport);
	cell_u64(table_cell(tb, row, "bytes"), &bytes);
	cell_u64(table_cell(tb, row, "waited_ns"), &ns);
	m = made_at(s, lport, rport);
	if (!m || strcmp(table_cell(tb, row, "comm"), CLIENT_COMM) ||
	    strcmp(table_cell(tb, row, "raddr"), "10.9.0.2")) {
		differ(s->t, "row %u is of no connection made", row);
		return;
	}
	if (!strcmp(reason, "none")) {
		m->shown_once += bytes;
		if (ns)
			differ(s->t, "row %u waited for nothing", row);
		return;
	}
	m->shown_waits += bytes;
	if (m->reason && !strcmp(reason, m->reason)) {
		m->rows++;
		check_wait(s, m, ns);
	} else if (m->kind < ABORTED ||
		   (m->kind == ABORTED && !was_slow(m))) {
		differ(s->t, "kind %d waited for %s", m->kind, reason);
	}
	check_flags(s, m, table_cell(tb, row, "nonagle"),
		    table_cell(tb, row, "call"));
}

static void check_everyday(struct scene *s, const struct made *m)
{
	unsigned rows = m->kind == NAGLE || m->kind == CORK || m->kind == MORE;
	uint64_t waits = rows ? m->waits : 0;

	if (m->kind == ABORTED && was_slow(m))
		return;
	if (m->shown_waits != waits || m->shown_once != m->at_once)
		differ(s->t, "kind %d: %" PRIu64 " bytes waited, %" PRIu64
		       " did not, made: %" PRIu64 " and %" PRIu64, m->kind,
		       m->shown_waits, m->shown_once, waits, m->at_once);
	if (m->rows != rows && !was_slow(m))
		differ(s->t, "kind %d: %u rows, not %u", m->kind, m->rows,
		       rows);
}

static void check_one(struct scene *s, const struct made *m)
{
	if (m->kind < EVERYDAY) {
		check_everyday(s, m);
		return;
	}
	if (m->shown_waits + m->shown_once != m->waits + m->at_once)
		differ(s->t, "kind %d: %" PRIu64 " bytes were sent, shown: %"
		       PRIu64 " that waited and %" PRIu64, m->kind,
		       m->waits + m->at_once, m->shown_waits, m->shown_once);
	if (!m->rows && !(m->kind == PACED && was_slow(m)))
		differ(s->t, "kind %d did not wait for %s", m->kind,
		       m->reason);
}

/* It needs to know where a function begins and ends. */
static bool may_lack(void)
{
	return access("/sys/bus/event_source/devices/kprobe", F_OK);
}

static void tcpnagle(struct test *t)
{
	static struct scene s;
	struct table tb;
	struct tool r;
	char port[16];
	unsigned i;

	scene_init(&s, t);
	snprintf(port, sizeof(port), "%u,%u", s.p.port[0], s.p.port[1]);
	tool_init(&r, t, s.p.a.inum);
	r.may_lack = may_lack();
	tool_start(&r, "tcpnagle", ARGS("--events", "--all", "--csv", "-o",
					COLUMNS, "-D", port));
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
	for (i = MANY; i < CONNS; i++)
		summary(t, ", %u %s", s.made[i].rows, s.made[i].reason);
	tool_release(&r);
	pair_release(&s.p);
}

const struct live_case nagle_cases[] = {
	{ "tcpnagle", "data that waits before it is sent, and why", 600,
	  tcpnagle, false },
	{ NULL, NULL, 0, NULL, false },
};

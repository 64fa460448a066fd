/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* tcptracer: sessions begin, are accepted and end, each in its way. */
#include "socks.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#define REFUSED 13
#define COLUMNS "id,type,pid,uid,comm,ip,netns,laddr,lport,raddr,rport,"	\
		"how,err,duration_ns,tx_bytes,rx_bytes"

/* ---- one row ----------------------------------------------------------- */

static bool is(const struct socks *s, const struct sock *k, const char *key,
	       const char *text)
{
	return !strcmp(sock_cell(s, k, key), text);
}

/* Only at its end is known how it ends; what ended has a life. */
static void add_row(struct socks *s, struct sock *k, unsigned row)
{
	const char *type = table_cell(&s->tb, row, "type");
	uint64_t ns = 0;

	sock_word(k, type);
	if (*type == 'C' || *type == 'A') {
		sock_expect(s, k, "how", "");
		sock_expect(s, k, "err_name", "");
	}
	if (!cell_u64(sock_cell(s, k, "duration_ns"), &ns) ||
	    !is(s, k, "duration_at_least", "false"))
		differ(s->t, "%s (%s): duration is %s", k->id, k->path,
		       sock_cell(s, k, "duration_ns"));
	if (*type == 'X') {
		k->ns = ns;
		k->end = row;
	}
}

/* ---- one end ----------------------------------------------------------- */

static const char *how_of(const struct end *e)
{
	switch (e->ending) {
	case END_RST:
	case END_EARLY_RST:
		return e->server ? "RST_RCVD" : "RST_SENT";
	case END_SERVER_RST:
		return e->server ? "RST_SENT" : "RST_RCVD";
	default:
		return "FIN";
	}
}

static void check_closed(struct socks *s, struct sock *k, const struct end *e)
{
	const char *how = how_of(e);

	k->row = k->end;
	sock_expect(s, k, "how", how);
	sock_expect(s, k, "err_name", !strcmp(how, "RST_RCVD") ?
		    "ECONNRESET" : "");
	sock_expect_number(s, k, "tx_bytes", e->sent);
	sock_expect_number(s, k, "rx_bytes", e->received);
	sock_expect_life(s, k, e, k->ns);
}

static void check_end(struct socks *s, struct sock *k, const struct end *e)
{
	const char *path = e->refused ? "F" : !e->server ? "C X" :
			   e->dead ? "X A" : "A X";

	if (strcmp(k->path, path)) {
		differ(s->t, "%s %u - %s %u: %s, was %s", e->laddr, e->lport,
		       e->raddr, e->rport, k->path, path);
		return;
	}
	sock_expect_number(s, k, "pid", e->pid);
	sock_expect_number(s, k, "uid", e->uid);
	sock_expect(s, k, "comm", e->comm);
	sock_expect(s, k, "ip", e->ip);
	if (e->netns)
		sock_expect_number(s, k, "netns", e->netns);
	if (e->refused)
		sock_expect(s, k, "err_name", "ECONNREFUSED");
	else
		check_closed(s, k, e);
}

static void tcptracer(struct test *t)
{
	struct traffic tr;
	struct socks s;
	struct tool r;

	traffic_init(&tr, t);
	tool_init(&r, t, tr.ns.inum);
	tool_start(&r, "tcptracer", ARGS("--csv", "--strict", "-o", COLUMNS));
	traffic_make(&tr, t->count / 2);
	traffic_refused(&tr, REFUSED);
	traffic_make(&tr, t->count - t->count / 2);
	traffic_idle(&tr);
	tool_stop(&r, SIGINT);
	tool_check_clean(&r);
	socks_init(&s, t, r.text, add_row);
	socks_match(&s, &tr, check_end);
	if (s.n != tr.nends)
		differ(t, "%u ends made, %u shown", tr.nends, s.n);
	summary(t, "%u sessions, %u refused; %u rows of %u sockets shown, %u "
		"closed before they were accepted", t->count, REFUSED,
		s.tb.nrows, s.n, tr.dead);
	socks_release(&s);
	tool_release(&r);
	traffic_release(&tr);
}

const struct live_case tracer_cases[] = {
	{ "tcptracer", "sessions open, accepted, closed, in order", 600,
	  tcptracer, false },
	{ NULL, NULL, 0, NULL, false },
};

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* tcptracer: sessions begin, are accepted and end, each in its way. */
#include "pair.h"
#include "socks.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define COLUMNS								\
	"id,kind,pid,uid,comm,ip,netns,laddr,lport,raddr,rport,how,err,"	\
	"duration_ns,tx_bytes,rx_bytes"

/* ---- one row ----------------------------------------------------------- */

/* Only at its end is known how it ends; what ended has a life. */
static void add_row(struct socks *s, struct sock *k, unsigned row)
{
	const char *type = table_cell(&s->tb, row, "kind");
	uint64_t ns = 0;

	sock_word(k, type);
	if (*type == 'C' || *type == 'A') {
		sock_expect(s, k, "how", "");
		sock_expect(s, k, "err_name", "");
	}
	if (!cell_u64(sock_cell(s, k, "duration_ns"), &ns))
		differ(s->t, "%s (%s): duration is %s", k->id, k->path,
		       sock_cell(s, k, "duration_ns"));
	if (*type == 'X') {
		k->ns = ns;
		k->end = row;
	}
}

/* ---- one end ----------------------------------------------------------- */

static void check_closed(struct socks *s, struct sock *k, const struct end *e)
{
	k->row = k->end;
	sock_expect(s, k, "how", end_how(e));
	sock_expect(s, k, "err_name", end_err(e));
	sock_expect_number(s, k, "tx_bytes", e->sent);
	sock_expect_number(s, k, "rx_bytes", e->received);
	sock_expect_life(s, k, e, k->ns);
	sock_expect(s, k, "duration_at_least", e->older ? "true" : "false");
}

static void check_end(struct socks *s, struct sock *k, const struct end *e)
{
	bool early = e->ending == END_EARLY_RST;
	const char *path = e->refused ? "F" :
			   !e->server ? &"C X"[e->older ? 2 : 0] :
			   e->dead ? "X A" : e->older && !early ? "X" : "A X";

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

	test_few(t);
	traffic_init(&tr, t);
	socks_beside(&s, &tr, "tcptracer", COLUMNS, add_row, socks_sessions,
		     NULL);
	socks_match(&s, &tr, check_end);
	if (s.n != tr.nends)
		differ(t, "%u ends made, %u shown", tr.nends, s.n);
	summary(t, "%u sessions, %u refused; %u rows of %u sockets shown, %u "
		"closed before they were accepted", t->count, SOCKS_REFUSED,
		s.tb.nrows, s.n, tr.dead);
	socks_release(&s);
	traffic_release(&tr);
}

/* Sessions that were open before the tool, some not accepted yet. */
static void before_start(struct test *t)
{
	socks_older(t, "tcptracer", COLUMNS, add_row, check_end);
}

/* ---- no answer --------------------------------------------------------- */

#define SILENT 5
#define FOR_EVER 1000000

static void must_time_out(struct pair *p, const char *what)
{
	int err = agent_wait_err(&p->cli).err;

	if (err != ETIMEDOUT)
		fatal(p->t, "%s: %s, no timeout", what, strerror(err));
}

/* Open sessions whose data is never acknowledged, and a SYN nobody answers. */
static void make_silent(struct pair *p)
{
	struct cmd eof = { .op = OP_EOF }, c;
	unsigned i;

	for (i = 0; i < SILENT; i++) {
		c = pair_to(p, 0, i);
		agent_post(&p->cli, &c);
		agent_wait(&p->cli);
		agent_do(&p->cli, OP_PATIENCE, i, 700);
	}
	dropper_set(p->t, &p->drop, P_DATA, 0, FOR_EVER);
	for (i = 0; i < SILENT; i++)
		agent_do(&p->cli, OP_SEND, i, 500);
	for (i = 0; i < SILENT; i++) {
		eof.slot = i;
		agent_post(&p->cli, &eof);
		must_time_out(p, "data");
	}
	dropper_set(p->t, &p->drop, P_SYN, 0, FOR_EVER);
	c = pair_to(p, 0, SILENT);
	agent_post(&p->cli, &c);
	must_time_out(p, "SYN");
}

static void add_silent(struct socks *s, struct sock *k, unsigned row)
{
	const char *type = table_cell(&s->tb, row, "kind");

	sock_word(k, type);
	sock_expect(s, k, "how", *type == 'X' ? "TIMEOUT" : "");
	sock_expect(s, k, "err_name", *type == 'C' ? "" : "ETIMEDOUT");
	sock_expect(s, k, "comm", CLIENT_COMM);
}

static void timeouts(struct test *t)
{
	unsigned i, ended = 0, failed = 0;
	struct pair p;
	struct socks s;
	struct tool r;

	pair_init(&p, t);
	/* a second for each SYN, and 4 more on Linux 6.5 and later */
	netns_sysctl(t, &p.a, "ipv4/tcp_syn_retries", "1");
	pair_drop(&p);
	pair_listen(&p, 0);
	tool_init(&r, t, p.a.inum);
	tool_start(&r, "tcptracer", ARGS("--csv", "--strict", "-A", "10.9.0.2",
					 "-o", COLUMNS));
	make_silent(&p);
	tool_stop(&r, SIGINT);
	tool_check_clean(&r);
	socks_init(&s, t, r.text, add_silent);
	for (i = 0; i < s.n; i++) {
		ended += !strcmp(s.sock[i].path, "C X");
		failed += !strcmp(s.sock[i].path, "F");
	}
	if (ended != SILENT || failed != 1 || s.n != SILENT + 1)
		differ(t, "%u sessions ended, %u failed of %u shown", ended,
		       failed, s.n);
	summary(t, "%u sessions and a SYN that got no answer, %u rows shown",
		SILENT, s.tb.nrows);
	socks_release(&s);
	tool_release(&r);
	pair_release(&p);
}

const struct live_case tracer_cases[] = {
	{ "tcptracer", "sessions open, accepted, closed, in order", 600,
	  tcptracer, false },
	{ "tcptracer-before-start", "sessions older than the tool", 300,
	  before_start, false },
	{ "tcptracer-timeout", "sessions and a SYN without an answer", 300,
	  timeouts, false },
	{ NULL, NULL, 0, NULL, false },
};

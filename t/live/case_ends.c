/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* tcplife: how sessions end, and what they went through until then. */
#include "pair.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- who closes first, and how ----------------------------------------- */

enum { SESSIONS = 61, REFUSED = 7 };	/* 30 is all the kinds */

static void make_ends(struct traffic *tr, unsigned n)
{
	traffic_make(tr, n);
	traffic_refused(tr, REFUSED);
}

static int want_established(const struct end *e, const void *arg)
{
	(void)arg;
	return !e->refused;
}

static void endings(struct test *t)
{
	struct beside b = { .name = "tcplife", .n = SESSIONS,
			    .make = make_ends, .want = want_all,
			    .fields = W_OWNER | W_BYTES | W_END };
	struct traffic tr;
	unsigned n;

	traffic_init(&tr, t);
	n = beside(&tr, &b);
	summary(t, "%u sessions and %u attempts, %u ends shown, %u of them "
		"over before they were accepted", SESSIONS, REFUSED, n,
		tr.dead);
	traffic_release(&tr);
}

static void established(struct test *t)
{
	struct beside b = { .name = "tcplife", .args = ARGS("--established"),
			    .n = SESSIONS, .make = make_ends,
			    .want = want_established, .fields = W_ALL };
	struct traffic tr;
	unsigned n;

	traffic_init(&tr, t);
	n = beside(&tr, &b);
	summary(t, "%u sessions and %u attempts, %u ends shown", SESSIONS,
		REFUSED, n);
	traffic_release(&tr);
}

/* ---- what was lost ------------------------------------------------------ */

#define COLUMNS "laddr,lport,raddr,rport,comm,how,first,err,retrans,"	\
	"retrans_bytes,srtt_us,min_rtt_us,cc"
#define FOR_EVER 1000000

/* One end, as its socket told before it was closed. */
struct life {
	union addr local, peer;
	struct tcpinfo info;
	bool told;		/* info is; else only the rest is compared */
	const char *how, *first, *err;
};

struct lives {
	struct test *t;
	struct pair p;
	struct life life[24];
	unsigned n, dropped;
};

static void lives_init(struct lives *l, struct test *t)
{
	l->t = t;
	pair_init(&l->p, t);
	netns_sysctl(t, &l->p.a, "ipv4/tcp_no_metrics_save", "1");
	pair_drop(&l->p);
	pair_listen(&l->p, 0);
}

static void open_one(struct lives *l, bool reno)
{
	pair_connect(&l->p, 0, 0);
	if (!reno)
		return;
	agent_do(&l->p.cli, OP_RENO, 0, 0);
	agent_do(&l->p.srv, OP_RENO, 0, 0);
}

/* The first @n segments of data from the client are lost. */
static void transfer(struct lives *l, unsigned n)
{
	struct cmd c = { .op = OP_RECV, .n = 700 };
	struct drop_rule rule;

	dropper_set(l->t, &l->p.drop, P_DATA, 0, n);
	agent_post(&l->p.srv, &c);
	agent_do(&l->p.cli, OP_SEND, 0, 700);
	agent_wait(&l->p.srv);
	dropper_get(l->t, &l->p.drop, &rule);
	if (rule.dropped != n)
		fatal(l->t, "%u segments lost, not %u", rule.dropped, n);
	l->dropped += n;
	c.n = 300;
	agent_post(&l->p.cli, &c);
	agent_do(&l->p.srv, OP_SEND, 0, 300);
	agent_wait(&l->p.cli);
}

static struct life *ask(struct lives *l, struct agent *a)
{
	struct reply r = agent_do(a, OP_INFO, 0, 0);
	struct life *life = &l->life[l->n++];

	*life = (struct life){ r.local, r.peer, r.info, true, "", "", "" };
	return life;
}

/* Nothing is acknowledged, and so nothing measured, by a reset. */
static void reset_by(struct lives *l, struct agent *a, struct agent *b)
{
	struct life *first = ask(l, a), *other = ask(l, b);

	first->how = "RST_SENT";
	first->first = "LOCAL";
	agent_do(a, OP_RESET, 0, 0);
	other->how = "RST_RCVD";
	other->first = "REMOTE";
	other->err = "ECONNRESET";
	agent_do(b, OP_WAIT_RST, 0, 0);
	agent_do(b, OP_CLOSE, 0, 0);
}

/*
 * The client's FIN is lost: the server closes, too, before it knows.  When the
 * client sends it again, the server's has long been acknowledged.
 */
static void close_both(struct lives *l)
{
	struct life *c = ask(l, &l->p.cli), *s = ask(l, &l->p.srv);

	c->told = s->told = false;
	c->how = s->how = "FIN";
	c->first = "BOTH";
	s->first = "LOCAL";
	dropper_set(l->t, &l->p.drop, P_OTHER, 0, 1);
	agent_do(&l->p.cli, OP_CLOSE, 0, 0);
	agent_do(&l->p.srv, OP_CLOSE, 0, 0);
}

/* Nothing of the client's arrives any more; the server stays. */
static void time_out(struct lives *l)
{
	struct life *c = ask(l, &l->p.cli);
	struct cmd m = { .op = OP_EOF };

	c->told = false;
	c->how = "TIMEOUT";
	c->err = "ETIMEDOUT";
	agent_do(&l->p.cli, OP_PATIENCE, 0, 700);
	dropper_set(l->t, &l->p.drop, P_DATA, 0, FOR_EVER);
	agent_do(&l->p.cli, OP_SEND, 0, 500);
	agent_post(&l->p.cli, &m);
	if (agent_wait_err(&l->p.cli).err != ETIMEDOUT)
		fatal(l->t, "no timeout");
	agent_do(&l->p.cli, OP_CLOSE, 0, 0);
}

static void make_lives(struct lives *l)
{
	unsigned i;

	for (i = 0; i < 6; i++) {
		open_one(l, i % 2);
		transfer(l, i % 3);
		if (i % 2)
			reset_by(l, &l->p.cli, &l->p.srv);
		else
			reset_by(l, &l->p.srv, &l->p.cli);
	}
	open_one(l, true);
	transfer(l, 0);
	close_both(l);
	netns_idle(l->t, &l->p.a);
	netns_idle(l->t, &l->p.b);
	open_one(l, false);
	time_out(l);
	netns_idle(l->t, &l->p.a);
}

/* ---- and what was shown of it ------------------------------------------ */

static int find_row(const struct table *tb, const struct life *e)
{
	char lport[8], rport[8], laddr[46];
	unsigned i;

	snprintf(lport, sizeof(lport), "%u", addr_port(&e->local));
	snprintf(rport, sizeof(rport), "%u", addr_port(&e->peer));
	addr_text(&e->local, laddr, sizeof(laddr));
	for (i = 0; i < tb->nrows; i++)
		if (!strcmp(table_cell(tb, i, "lport"), lport) &&
		    !strcmp(table_cell(tb, i, "rport"), rport) &&
		    !strcmp(table_cell(tb, i, "laddr"), laddr))
			return i;
	return -1;
}

static void expect(struct test *t, const struct table *tb, int row,
		   const char *key, const char *made)
{
	if (strcmp(table_cell(tb, row, key), made))
		differ(t, "row %d, %s:%s: %s is '%s', was '%s'", row,
		       table_cell(tb, row, "comm"),
		       table_cell(tb, row, "lport"), key,
		       table_cell(tb, row, key), made);
}

/* @zero: what 0 is shown as; NULL: as 0. */
static void expect_number(struct test *t, const struct table *tb, int row,
			  const char *key, uint64_t made, const char *zero)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, made);
	expect(t, tb, row, key, made || !zero ? text : zero);
}

/* Does the kernel have it, and is it not hidden?  (t/vm/old.fields) */
static bool has_retrans_bytes(const struct test *t)
{
	unsigned i;

	for (i = 0; i < t->nextra; i++)
		if (!strcmp(t->extra[i], "--fields"))
			return false;
	return true;
}

static void check_life(struct test *t, const struct table *tb,
		       const struct life *e)
{
	int row = find_row(tb, e);

	if (row < 0) {
		differ(t, "port %u: not shown", addr_port(&e->local));
		return;
	}
	expect(t, tb, row, "how", e->how);
	expect(t, tb, row, "first", e->first);
	expect(t, tb, row, "err_name", e->err);
	expect(t, tb, row, "cc", e->info.cc);
	if (!e->told)
		return;
	expect_number(t, tb, row, "retrans", e->info.retrans, NULL);
	expect_number(t, tb, row, "srtt_us", e->info.srtt_us, "");
	expect_number(t, tb, row, "min_rtt_us", e->info.min_rtt_us, "");
	if (has_retrans_bytes(t))
		expect_number(t, tb, row, "retrans_bytes",
			      e->info.retrans_bytes, NULL);
	else
		expect(t, tb, row, "retrans_bytes", "");
}

static void check_lives(const struct lives *l, struct tool *r)
{
	unsigned i, sent = 0, reno = 0;
	struct table tb;

	if (!table_parse(&tb, l->t, r->text))
		return;
	for (i = 0; i < l->n; i++) {
		check_life(l->t, &tb, &l->life[i]);
		sent += l->life[i].info.retrans;
		reno += !strcmp(l->life[i].info.cc, "reno");
	}
	if (tb.nrows != l->n)
		differ(l->t, "%u ends made, %u shown", l->n, tb.nrows);
	if (sent < l->dropped)
		differ(l->t, "%u segments lost, %u sent again", l->dropped,
		       sent);
	summary(l->t, "%u ends, %u segments lost, %u sent again, %u with reno",
		l->n, l->dropped, sent, reno);
	table_release(&tb);
}

static void lives(struct test *t)
{
	struct lives l = { 0 };
	char a[24], b[24];
	struct tool r;

	lives_init(&l, t);
	snprintf(a, sizeof(a), "inode:%u", l.p.a.inum);
	snprintf(b, sizeof(b), "inode:%u", l.p.b.inum);
	tool_init(&r, t, 0);
	tool_start(&r, "tcplife", ARGS("--csv", "--strict", "-N", a, "-N",
				       b, "-o", COLUMNS));
	make_lives(&l);
	tool_stop(&r, SIGINT);
	tool_check_clean(&r);
	check_lives(&l, &r);
	tool_release(&r);
	pair_release(&l.p);
}

const struct live_case ends_cases[] = {
	{ "tcplife-endings", "who closed first, and how, of all endings", 300,
	  endings, false },
	{ "tcplife-established", "without the attempts that failed", 300,
	  established, false },
	{ "tcplife-lives", "loss, round trips, congestion control as TCP_INFO "
	  "tells", 300, lives, false },
	{ NULL, NULL, 0, NULL, false },
};

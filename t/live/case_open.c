/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* tcpconnect and tcpaccept: connections opened, from both sides. */
#include "traffic.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define REFUSED 13
#define OPEN_FIELDS (W_OWNER | W_IP | W_NETNS | W_ID)

static void make_some_refused(struct traffic *tr, unsigned n)
{
	traffic_make(tr, n / 2);
	traffic_refused(tr, REFUSED);
	traffic_make(tr, n - n / 2);
}

static void tcpconnect(struct test *t)
{
	struct beside b = { .name = "tcpconnect", .n = t->count,
			    .make = make_some_refused, .want = want_clients,
			    .fields = OPEN_FIELDS };
	struct traffic tr;
	unsigned n;

	traffic_init(&tr, t);
	n = beside(&tr, &b);
	summary(t, "%u connections made, %u refused, %u shown", t->count,
		REFUSED, n);
	traffic_release(&tr);
}

static void tcpconnect_pid(struct test *t)
{
	char pid[16];
	struct beside b = { .name = "tcpconnect", .args = ARGS("-p", pid),
			    .n = test_few(t), .make = make_some_refused,
			    .want = want_clients, .fields = OPEN_FIELDS };
	struct traffic tr;
	unsigned n;

	traffic_init(&tr, t);
	snprintf(pid, sizeof(pid), "%d", (int)tr.cli.pid);
	n = beside(&tr, &b);
	summary(t, "%u connections made, %u refused, %u shown of process %s",
		t->count, REFUSED, n, pid);
	traffic_release(&tr);
}

static int want_there(const struct end *e, const void *arg)
{
	return want_clients(e, arg) && !e->refused;
}

static void tcpconnect_established(struct test *t)
{
	enum { MADE = 101 };
	struct beside b = { .name = "tcpconnect", .args = ARGS("--established"),
			    .n = MADE, .make = make_some_refused,
			    .want = want_there, .fields = OPEN_FIELDS };
	struct traffic tr;
	unsigned n;

	traffic_init(&tr, t);
	n = beside(&tr, &b);
	summary(t, "%u connections made, %u refused, %u shown", MADE, REFUSED,
		n);
	traffic_release(&tr);
}

/* Two sockets at one port of ours connect to the same: the second is told so
 * before a SYN is sent. */
static void make_taken(struct traffic *tr)
{
	struct cmd c = { .op = OP_BIND, .flags = MAKE_REUSE };
	struct reply r;

	addr_set(&c.addr, AF_INET, "127.0.0.1", 0);
	for (c.slot = 0; c.slot < 2; c.slot++) {
		agent_post(&tr->cli, &c);
		c.addr = agent_wait(&tr->cli).local;
	}
	addr_set(&c.addr, AF_INET, "127.0.0.1", tr->port[0]);
	for (c.slot = 0; c.slot < 2; c.slot++) {
		r = agent_try(&tr->cli, &c, OP_CONNECT);
		if (r.err != (c.slot ? EADDRNOTAVAIL : 0))
			fatal(tr->t, "connect: %s", strerror(r.err));
	}
	agent_do(&tr->cli, OP_RESET, 0, 0);
	agent_do(&tr->cli, OP_CLOSE, 1, 0);
}

/* By the states of sockets, where only that tells a SYN from none. */
static void tcpconnect_taken(struct test *t)
{
	struct traffic tr;
	struct table tb;
	struct tool r;

	traffic_init(&tr, t);
	tool_init(&r, t, tr.ns.inum);
	r.may_lack = true;		/* before 4.16 */
	tool_start(&r, "tcpconnect",
		   ARGS("--csv", "--strict", "--config", "no-trampoline=1",
			"--config", "no-kprobe=1"));
	make_taken(&tr);
	tool_stop(&r, SIGINT);
	tool_check_clean(&r);
	if (table_parse(&tb, t, r.text)) {
		if (tb.nrows != 1)
			differ(t, "%u rows of 1 SYN", tb.nrows);
		table_release(&tb);
	}
	summary(t, "one connection, one whose ports were in use");
	tool_release(&r);
	traffic_release(&tr);
}

static void make_rest(struct traffic *tr, unsigned n)
{
	traffic_accepted(tr);
	traffic_make_owned(tr, n - 1);
}

static void tcpaccept(struct test *t)
{
	struct beside b = { .name = "tcpaccept", .n = t->count,
			    .make = make_rest, .want = want_servers,
			    .fields = OPEN_FIELDS };
	struct traffic tr;
	unsigned n;

	traffic_init(&tr, t);
	traffic_block(&tr);
	n = beside(&tr, &b);
	summary(t, "%u connections made, the first for an accept() that "
		"waited before the tool was there, %u after their reset; "
		"%u shown", t->count, tr.dead, n);
	traffic_release(&tr);
}

static void tcpaccept_pid(struct test *t)
{
	char pid[16];
	struct beside b = { .name = "tcpaccept", .args = ARGS("-p", pid),
			    .n = test_few(t), .make = traffic_make_owned,
			    .want = want_servers, .fields = OPEN_FIELDS };
	struct traffic tr;
	unsigned n;

	traffic_init(&tr, t);
	snprintf(pid, sizeof(pid), "%d", (int)tr.srv.pid);
	n = beside(&tr, &b);
	summary(t, "%u connections made, %u shown of process %s", t->count, n,
		pid);
	traffic_release(&tr);
}

const struct live_case open_cases[] = {
	{ "tcpconnect", "every connection a process opens", 600, tcpconnect,
	  false },
	{ "tcpconnect-pid", "one process's connections", 600, tcpconnect_pid,
	  false },
	{ "tcpconnect-established", "without those that failed", 300,
	  tcpconnect_established, false },
	{ "tcpconnect-taken", "without those for which no SYN was sent", 300,
	  tcpconnect_taken, false },
	{ "tcpaccept", "every connection a process accepts", 600, tcpaccept,
	  false },
	{ "tcpaccept-pid", "one process's connections", 600, tcpaccept_pid,
	  false },
	{ NULL, NULL, 0, NULL, false },
};

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Connects that nobody waits for, and when the process asks for the outcome. */
#include "connects.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define NAP_MS 20
#define MANNERS_EACH 7
#define CLOSED 9		/* discard */

enum manner {
	POLLS, EPOLLS, SENDS, CONNECTS_AGAIN,
	FAILED_BEFORE,		/* and polls */
	NEVER_ASKS, WAITS, MANNERS
};

struct asked {
	enum manner how;
	uint16_t lport, rport;
	const char *raddr;
	uint64_t least, most, late;	/* ns; late: as it was used */
};

static void ask(struct agent *a, struct cmd *c, enum manner how)
{
	switch (how) {
	case POLLS:
	case FAILED_BEFORE:
		agent_try(a, c, OP_OUTCOME);
		break;
	case EPOLLS:
		c->n = EPOLL_CREATED;
		agent_try(a, c, OP_DISTRACT);
		break;
	case CONNECTS_AGAIN:
		agent_try(a, c, OP_CONNECT);
		break;
	case SENDS:
		agent_do(a, OP_SEND, 0, 1);
		break;
	default:
		break;
	}
}

/* An attempt before, which nobody asks about until the socket is connected
 * again; that call is told. */
static void fail_before(struct traffic *tr, struct cmd *c, int family,
			const char *addr)
{
	static const int err[] = { EINPROGRESS, ECONNREFUSED };

	addr_set(&c->addr, family, addr, CLOSED);
	for (unsigned i = 0; i < ARRAY_SIZE(err); i++)
		if (agent_try(&tr->cli, c, OP_CONNECT).err != err[i])
			fatal(tr->t, "a closed port, call %u", i);
}

/* The outcome is there before anybody asks for it. */
static void connect_and_ask(struct traffic *tr, struct asked *k, unsigned i)
{
	struct cmd c = { .flags = k->how == WAITS ? 0 : MAKE_NONBLOCK };
	unsigned family = i % 3, listener = family > 0;
	uint64_t begun, connected;
	struct reply r;

	k->raddr = family == 1 ? "::1" : "127.0.0.1";
	if (k->how == FAILED_BEFORE)
		fail_before(tr, &c, families[family], k->raddr);
	k->rport = tr->port[listener];
	addr_set(&c.addr, families[family], k->raddr, k->rport);
	begun = now_ns();
	r = agent_try(&tr->cli, &c, OP_CONNECT);
	connected = now_ns();
	k->lport = addr_port(&r.local);
	if (r.err != (k->how == WAITS ? 0 : EINPROGRESS))
		fatal(tr->t, "connect to %s, manner %d, family %u: %s",
		      k->raddr, k->how, family, strerror(r.err));
	agent_do(&tr->srv, OP_ACCEPT, 0, LISTENER + listener);
	nap_ms(NAP_MS);
	if (k->how != WAITS)
		k->least = now_ns() - connected;
	ask(&tr->cli, &c, k->how);
	k->most = (k->how == WAITS ? connected : now_ns()) - begun;
	if (k->how < NEVER_ASKS) {
		nap_ms(NAP_MS);
		agent_do(&tr->cli, OP_SEND, 0, 1);
	}
	k->late = now_ns() - begun;
	agent_do(&tr->cli, OP_CLOSE, 0, 0);
	agent_do(&tr->srv, OP_CLOSE, 0, 0);
}

static bool is_of(const struct table *tb, unsigned row, const struct asked *k)
{
	uint64_t lport, rport;

	return cell_u64(table_cell(tb, row, "lport"), &lport) &&
	       cell_u64(table_cell(tb, row, "rport"), &rport) &&
	       lport == k->lport && rport == k->rport &&
	       !strcmp(table_cell(tb, row, "raddr"), k->raddr);
}

static void check(struct test *t, const struct table *tb, struct asked *k,
		  bool polls)
{
	bool in_time = polls || k->how == SENDS || k->how == WAITS ||
		       k->how == CONNECTS_AGAIN;
	uint64_t most = in_time ? k->most : k->late;
	unsigned row, found = 0;
	uint64_t ns = 0;
	const char *cell;

	for (row = 0; row < tb->nrows; row++) {
		if (!is_of(tb, row, k))
			continue;
		found++;
		cell = table_cell(tb, row, "noticed_ns");
		if (k->how == NEVER_ASKS ? *cell : !cell_u64(cell, &ns) ||
		    ns < k->least || ns > most)
			differ(t, "manner %d: noticed after '%s' ns, not %"
			       PRIu64 " to %" PRIu64, k->how, cell, k->least,
			       most);
	}
	if (found != 1)
		differ(t, "port %u: %u rows", k->lport, found);
}

/* Is what polls and calls again hooked here, or only use? */
static bool sees_polls(const char *plan)
{
	const char *p = strstr(plan, "noticed: ");

	p = p ? strstr(p, "  used ") : NULL;
	return p && strstr(p, "tcp_poll") &&
	       strstr(p, "tcp_poll") < strchr(p, '\n');
}

static void noticed(struct test *t)
{
	struct asked asked[MANNERS * MANNERS_EACH] = { 0 };
	struct traffic tr;
	struct table tb;
	struct tool r;
	bool polls;

	traffic_init(&tr, t);
	tool_init(&r, t, tr.ns.inum);
	tool_start(&r, "soconnlat", ARGS("-v", "--csv", "--events", "-o",
					 "lport,raddr,rport,noticed_ns"));
	for (unsigned i = 0; i < ARRAY_SIZE(asked); i++) {
		asked[i].how = i % MANNERS;
		connect_and_ask(&tr, &asked[i], i / MANNERS);
	}
	traffic_idle(&tr);
	tool_stop(&r, SIGINT);
	tool_check_clean(&r);
	polls = sees_polls(r.talk);
	if (table_parse(&tb, t, r.text)) {
		if (tb.nrows != ARRAY_SIZE(asked) + MANNERS_EACH)
			differ(t, "%u rows", tb.nrows);
		for (unsigned i = 0; i < ARRAY_SIZE(asked); i++)
			check(t, &tb, &asked[i], polls);
		summary(t, "%zu connects, %u after one that failed, %u "
			"shown with when the process knew, polls %s",
			ARRAY_SIZE(asked), MANNERS_EACH, tb.nrows,
			polls ? "seen" : "not seen");
		table_release(&tb);
	}
	tool_release(&r);
	traffic_release(&tr);
}

/* ---- MPTCP -------------------------------------------------------------- */

#define MPTCP_MADE 7

/* The process has asked and is done before the tool stops. */
static void connect_mptcp(struct traffic *tr, struct asked *k, unsigned i)
{
	struct cmd c = { .flags = MAKE_NONBLOCK | MAKE_MPTCP };
	unsigned family = i % 3, listener = family > 0;
	struct reply r;

	k->raddr = family == 1 ? "::1" : "127.0.0.1";
	k->rport = tr->port[listener];
	addr_set(&c.addr, families[family], k->raddr, k->rport);
	r = agent_try(&tr->cli, &c, OP_CONNECT);
	if (r.err != EINPROGRESS)
		fatal(tr->t, "connect: %s", strerror(r.err));
	k->lport = addr_port(&r.local);
	agent_do(&tr->srv, OP_ACCEPT, 0, LISTENER + listener);
	agent_do(&tr->cli, OP_OUTCOME, 0, 0);
	agent_do(&tr->cli, OP_CLOSE, 0, 0);
	agent_do(&tr->srv, OP_EOF, 0, 0);
	agent_do(&tr->srv, OP_CLOSE, 0, 0);
}

static void check_mptcp(struct test *t, const char *csv,
			const struct asked *asked)
{
	struct table tb;
	unsigned i, row, found;

	if (!table_parse(&tb, t, csv))
		return;
	for (i = 0; i < MPTCP_MADE; i++) {
		for (row = found = 0; row < tb.nrows; row++) {
			if (!is_of(&tb, row, &asked[i]))
				continue;
			found++;
			if (strcmp(table_cell(&tb, row, "proto"), "mptcp") ||
			    *table_cell(&tb, row, "noticed_ns") ||
			    *table_cell(&tb, row, "final_name"))
				differ(t, "connect %u: noticed '%s', '%s'", i,
				       table_cell(&tb, row, "noticed_ns"),
				       table_cell(&tb, row, "final_name"));
		}
		if (found != 1)
			differ(t, "connect %u: %u rows", i, found);
	}
	summary(t, "%u connects over MPTCP, %u rows", MPTCP_MADE, tb.nrows);
	table_release(&tb);
}

/* That nobody tells when it is asked about is no reason to wait for that.  By
 * system calls: functions may be called for the first subflow as well. */
static void noticed_mptcp(struct test *t)
{
	struct asked asked[MPTCP_MADE] = { 0 };
	struct traffic tr;
	struct tool r;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_MPTCP);

	if (fd < 0)
		skip(t, "this kernel has no MPTCP");
	close(fd);
	traffic_init(&tr, t);
	tool_init(&r, t, tr.ns.inum);
	tool_start(&r, "soconnect", ARGS("--csv", "--strict",
					 "--config", "no-trampoline=1",
					 "--config", "no-kprobe=1", "-o",
					 "proto,lport,raddr,rport,final,"
					 "noticed_ns"));
	for (unsigned i = 0; i < MPTCP_MADE; i++)
		connect_mptcp(&tr, &asked[i], i);
	traffic_idle(&tr);
	tool_stop(&r, SIGINT);
	tool_check_clean(&r);
	check_mptcp(t, r.text, asked);
	tool_release(&r);
	traffic_release(&tr);
}

const struct live_case noticed_cases[] = {
	{ "soconnlat-noticed", "when a process asks for the outcome", 600,
	  noticed, false },
	{ "soconnect-mptcp", "MPTCP's connects, which nobody asks about", 300,
	  noticed_mptcp, false },
	{ NULL, NULL, 0, NULL, false },
};

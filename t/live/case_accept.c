/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* soaccept: calls of accept(2), those that fail and those that wait. */
#include "traffic.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Where accept(2) is no system call of its own, or its errors are not told, or
 * it may not be seen, no descriptors are known, nor calls that fail for want
 * of one. */
static bool calls_seen(const struct test *t)
{
#if defined(__i386__) || defined(__s390x__) || defined(__mips__)
	(void)t;
	return false;
#else
	return !test_hides(t, "no-hook=tracepoint:syscalls/*");
#endif
}

/* Calls that waited when the tool started; see the note of its first way. */
static bool waiting_seen(const struct test *t)
{
#ifdef __arm__
	return !calls_seen(t);
#else
	(void)t;
	return true;
#endif
}

/* ---- calls that succeed ------------------------------------------------ */

static void make_all(struct traffic *tr, unsigned n)
{
	if (waiting_seen(tr->t)) {
		traffic_accepted(tr);
		n--;
	}
	traffic_make_owned(tr, n);
}

/* Every fourth finds nobody at first and polls: EAGAIN is not shown. */
static void soaccept(struct test *t)
{
	struct beside b = { .name = "soaccept", .n = test_few(t),
			    .make = make_all, .want = want_servers,
			    .fields = W_OWNER | W_IP | W_NETNS | W_ID };
	struct traffic tr;
	unsigned n;

	traffic_init(&tr, t);
	if (waiting_seen(t))
		traffic_block(&tr);
	n = beside(&tr, &b);
	summary(t, "%u connections made, %u calls shown", t->count, n);
	traffic_release(&tr);
}

/* ---- and those that fail ----------------------------------------------- */

enum { ROUNDS = 13, LIS4 = 40, LIS6, BOUND, CONN };

/* One row: a call as it was made. */
struct call {
	const char *result;	/* name; "": none */
	char laddr[46], raddr[46];
	uint16_t lport, rport;
	int fd, listen_fd;	/* -1: none */
	pid_t pid;
	bool older;		/* than the tool */
	bool waited;		/* for 40 ms and more */
};

struct calls {
	struct traffic *tr;
	struct call made[9 * ROUNDS + 9];
	unsigned n;
	struct reply lis[3];	/* what LIS4 ... are */
};

static struct call *new_call(struct calls *c, const char *result)
{
	struct call *call = &c->made[c->n++];

	*call = (struct call){ .result = result, .fd = -1, .listen_fd = -1,
			       .pid = c->tr->srv.pid };
	return call;
}

static void make_listeners(struct calls *c)
{
	static const struct {
		enum op op;
		int family;
		const char *addr;
	} a[] = {
		{ OP_LISTEN, AF_INET, "0.0.0.0" },
		{ OP_LISTEN, AF_INET6, "::" },
		{ OP_BIND, AF_INET, "127.0.0.1" },
	};
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(a); i++) {
		struct cmd m = { .op = a[i].op, .slot = LIS4 + i };

		addr_set(&m.addr, a[i].family, a[i].addr, 0);
		agent_post(&c->tr->srv, &m);
		c->lis[i] = agent_wait(&c->tr->srv);
	}
}

/* accept(2) of the listener in @slot must fail with @err. */
static void fail(struct calls *c, unsigned slot, int err, const char *result,
		 bool shown)
{
	struct cmd m = { .op = OP_ACCEPT, .slot = CONN, .n = slot,
			 .flags = ACCEPT_NOWAIT };
	const struct reply *l = &c->lis[slot - LIS4];
	struct call *call;
	int got;

	agent_post(&c->tr->srv, &m);
	got = agent_wait_err(&c->tr->srv).err;
	if (got != err)
		fatal(c->tr->t, "accept: %s, not %s", strerror(got), result);
	if (!shown)
		return;
	call = new_call(c, result);
	call->listen_fd = l->fd;
	call->lport = addr_port(&l->local);
	addr_text(&l->local, call->laddr, sizeof(call->laddr));
}

static void succeed(struct calls *c, unsigned slot, int family,
		    const char *addr)
{
	struct cmd m = { .op = OP_CONNECT, .slot = CONN };
	const struct reply *l = &c->lis[slot - LIS4];
	struct call *call = new_call(c, "");
	struct reply r;

	addr_set(&m.addr, family, addr, addr_port(&l->local));
	agent_post(&c->tr->cli, &m);
	agent_wait(&c->tr->cli);
	r = agent_do(&c->tr->srv, OP_ACCEPT, CONN, slot);
	call->fd = r.fd;
	call->listen_fd = l->fd;
	call->lport = addr_port(&r.local);
	call->rport = addr_port(&r.peer);
	addr_text(&r.local, call->laddr, sizeof(call->laddr));
	addr_text(&r.peer, call->raddr, sizeof(call->raddr));
	agent_do(&c->tr->cli, OP_CLOSE, CONN, 0);
	agent_do(&c->tr->srv, OP_CLOSE, CONN, 0);
}

/* A call that waits; the connection it gets is the traffic's last. */
static struct call *waited(struct calls *c)
{
	struct call *call;
	struct end *e;

	traffic_accepted(c->tr);
	e = &c->tr->ends[c->tr->nends - 1];
	call = new_call(c, "");
	call->lport = e->lport;
	call->rport = e->rport;
	memcpy(call->laddr, e->laddr, sizeof(call->laddr));
	memcpy(call->raddr, e->raddr, sizeof(call->raddr));
	return call;
}

/* Must not be shown: it is no IP. */
static void accept_unix(struct test *t)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int lis = socket(AF_UNIX, SOCK_STREAM, 0), got;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	/* autobind: a name of the kernel's choice */
	socklen_t len = sizeof(a);

	if (bind(lis, (struct sockaddr *)&a, sizeof(sa_family_t)) ||
	    getsockname(lis, (struct sockaddr *)&a, &len) || listen(lis, 1) ||
	    connect(fd, (struct sockaddr *)&a, len))
		fatal(t, "AF_UNIX: %s", strerror(errno));
	got = accept(lis, NULL, NULL);
	if (got < 0)
		fatal(t, "AF_UNIX: accept: %s", strerror(errno));
	close(got);
	close(fd);
	close(lis);
}

/* No sockets, so no addresses, and no network namespace to be asked for. */
static void accept_nothing(struct calls *c)
{
	struct call *call;
	int fd[2];

	if (pipe(fd))
		fatal(c->tr->t, "pipe: %s", strerror(errno));
	if (accept(fd[0], NULL, NULL) >= 0 || errno != ENOTSOCK)
		fatal(c->tr->t, "a pipe accepts: %s", strerror(errno));
	call = new_call(c, "ENOTSOCK");
	call->listen_fd = fd[0];
	call->pid = getpid();
	close(fd[0]);
	close(fd[1]);
	if (accept(fd[0], NULL, NULL) >= 0 || errno != EBADF)
		fatal(c->tr->t, "nothing accepts: %s", strerror(errno));
	call = new_call(c, "EBADF");
	call->listen_fd = fd[0];
	call->pid = getpid();
}

static void make_calls(struct calls *c)
{
	bool full = calls_seen(c->tr->t);
	struct agent *srv = &c->tr->srv;
	unsigned i;

	traffic_block(c->tr);
	waited(c)->waited = true;
	for (i = 0; i < ROUNDS; i++) {
		succeed(c, LIS4, AF_INET, "127.0.0.2");
		fail(c, LIS4, EAGAIN, "EAGAIN", true);
		succeed(c, LIS6, AF_INET6, "::1");
		fail(c, LIS6, EAGAIN, "EAGAIN", true);
		agent_do(srv, OP_FULL, 0, 1);
		fail(c, i % 2 ? LIS4 : LIS6, EMFILE, "EMFILE", full);
		agent_do(srv, OP_FULL, 0, 0);
		succeed(c, LIS6, AF_INET6, "127.0.0.3");
		fail(c, BOUND, EINVAL, "EINVAL", true);
		accept_unix(c->tr->t);
		if (full && c->tr->t->system_wide)
			accept_nothing(c);
	}
}

/* ---- what was shown ---------------------------------------------------- */

struct row {
	struct test *t;
	const struct table *tb;
	unsigned i;
};

static void expect(const struct row *r, const char *key, const char *made)
{
	const char *cell = table_cell(r->tb, r->i, key);

	if (strcmp(cell, made))
		differ(r->t, "call %u: %s is '%s', was '%s'", r->i, key, cell,
		       made);
}

static void expect_number(const struct row *r, const char *key, int v,
			  bool known)
{
	char text[16] = "";

	if (known)
		snprintf(text, sizeof(text), "%d", v);
	expect(r, key, text);
}

static void check_call(const struct row *r, const struct call *c,
		       const struct traffic *tr)
{
	bool fds = calls_seen(r->t);
	uint64_t ns = 0;

	expect(r, "result_name", c->result);
	expect(r, "laddr", c->laddr);
	expect(r, "raddr", c->raddr);
	expect_number(r, "pid", c->pid, true);
	if (c->pid == tr->srv.pid)
		expect(r, "comm", SERVER_COMM);
	expect_number(r, "lport", c->lport, *c->laddr);
	expect_number(r, "rport", c->rport, *c->raddr);
	expect(r, "blocked_at_least", c->older ? "true" : "false");
	if (!cell_u64(table_cell(r->tb, r->i, "blocked_ns"), &ns) ||
	    (c->waited && ns < 40 * MSEC))
		differ(r->t, "call %u: took %llu ns", r->i,
		       (unsigned long long)ns);
	if (c->waited || c->older)
		return;		/* their descriptors were not told to us */
	expect_number(r, "fd", c->fd, fds && c->fd >= 0);
	expect_number(r, "listen_fd", c->listen_fd, fds);
}

static void compare_calls(struct test *t, const struct calls *c,
			  const char *csv)
{
	struct table tb;
	struct row r = { .t = t, .tb = &tb };

	if (table_parse(&tb, t, csv)) {
		if (tb.nrows != c->n)
			differ(t, "%u calls made, %u shown", c->n, tb.nrows);
		for (; r.i < tb.nrows && r.i < c->n; r.i++)
			check_call(&r, &c->made[r.i], c->tr);
	}
	table_release(&tb);
}

static void results(struct test *t)
{
	struct calls c = { 0 };
	struct traffic tr;
	struct tool r;

	traffic_init(&tr, t);
	c.tr = &tr;
	make_listeners(&c);
	if (waiting_seen(t))
		traffic_block(&tr);
	tool_init(&r, t, tr.ns.inum);
	tool_start(&r, "soaccept",
		   ARGS("--csv", "--strict", "--eagain", "-o", "pid,comm,laddr,"
			"lport,raddr,rport,result,fd,listen_fd,blocked_ns"));
	if (waiting_seen(t))
		waited(&c)->older = true;
	make_calls(&c);
	traffic_idle(&tr);
	tool_stop(&r, SIGINT);
	tool_check_clean(&r);
	compare_calls(t, &c, r.text);
	summary(t, "%u calls with known results, %u of each kind", c.n,
		ROUNDS);
	tool_release(&r);
	traffic_release(&tr);
}

const struct live_case accept_cases[] = {
	{ "soaccept", "every accept(2) that succeeds", 600, soaccept, false },
	{ "soaccept-results", "EAGAIN, EMFILE, EINVAL, and calls that wait",
	  300, results, false },
	{ NULL, NULL, 0, NULL, false },
};

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * nfcttrace: flows that are answered, or not, and entries that are made by
 * hand, with NAT, all deleted at once: a row for each, with both tuples.
 */
#include "traffic.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { UNREPLIED = 23, REPLIED = 11, ASSURED = 5, TRANSLATED = 7, OLDER = 1 };
#define MOST (UNREPLIED + REPLIED + ASSURED + TRANSLATED + OLDER)

static const char *const lo[] = { "127.0.0.1", "::1" };
static const int families[] = { AF_INET, AF_INET6 };
#define SERVICE "198.51.100.7"	/* entries by hand: whom it asked for */

/* An entry, as its row has it. */
struct entry {
	const char *proto, *state, *nat, *older;
	const char *osaddr, *odaddr, *rsaddr, *rdaddr;
	char osport[6], odport[6], rsport[6], rdport[6];
};

struct scene {
	struct test *t;
	struct netns ns;
	struct tool all, some;
	struct table tb;
	struct entry made[MOST];
	unsigned n;
};

/* ---- what is made ------------------------------------------------------- */

static void made(struct scene *s, const struct entry *e, unsigned osport,
		 unsigned odport, unsigned rsport, unsigned rdport)
{
	struct entry *to = &s->made[s->n++];

	*to = *e;
	snprintf(to->osport, sizeof(to->osport), "%u", osport & 0xffff);
	snprintf(to->odport, sizeof(to->odport), "%u", odport & 0xffff);
	snprintf(to->rsport, sizeof(to->rsport), "%u", rsport & 0xffff);
	snprintf(to->rdport, sizeof(to->rdport), "%u", rdport & 0xffff);
}

/* A flow of loopback, whose reply tuple is the original turned round. */
static void flow(struct scene *s, const char *proto, const char *state,
		 unsigned k, const union addr *from, const union addr *to)
{
	struct entry e = { .proto = proto, .state = state, .nat = "",
			   .older = "false", .osaddr = lo[k], .odaddr = lo[k],
			   .rsaddr = lo[k], .rdaddr = lo[k] };

	made(s, &e, addr_port(from), addr_port(to), addr_port(to),
	     addr_port(from));
}

/* By hand: both ends are somewhere else to who answers. */
static int translated(struct scene *s, unsigned i, const char *older)
{
	struct ct_tuple original = { "192.0.2.1", SERVICE,
				     (uint16_t)(20000 + i), 53 };
	struct ct_tuple reply = { "10.0.0.7", "203.0.113.1", 5353,
				  (uint16_t)(30000 + i) };
	struct entry e = { .proto = "udp", .state = "assured",
			   .nat = "src|dst", .older = older,
			   .osaddr = original.saddr, .odaddr = original.daddr,
			   .rsaddr = reply.saddr, .rdaddr = reply.daddr };

	made(s, &e, original.sport, original.dport, reply.sport, reply.dport);
	return conntrack_add(&original, &reply);
}

static int bound(struct scene *s, unsigned k, int type, union addr *at)
{
	int fd = socket(families[k], type | SOCK_CLOEXEC, 0);
	socklen_t len = k ? sizeof(at->in6) : sizeof(at->in);

	addr_set(at, families[k], lo[k], 0);
	if (fd < 0 || bind(fd, &at->sa, len) ||
	    getsockname(fd, &at->sa, &len))
		fatal(s->t, "a socket at %s: %s", lo[k], strerror(errno));
	return fd;
}

static void byte(struct scene *s, int from, int to, const union addr *at)
{
	socklen_t len = at->sa.sa_family == AF_INET ? sizeof(at->in) :
						      sizeof(at->in6);
	char c = 0;

	if (sendto(from, &c, 1, 0, &at->sa, len) != 1 ||
	    !readable(to, PATIENCE * 1000) || recv(to, &c, 1, 0) != 1)
		fatal(s->t, "a datagram: %s", strerror(errno));
}

static void datagram(struct scene *s, unsigned k, bool answered)
{
	union addr a, b;
	int from = bound(s, k, SOCK_DGRAM, &a);
	int to = bound(s, k, SOCK_DGRAM, &b);

	byte(s, from, to, &b);
	if (answered)
		byte(s, to, from, &a);
	flow(s, "udp", answered ? "replied" : "unreplied", k, &a, &b);
	close(from);
	close(to);
}

/* Assured with the last segment of the handshake. */
static void connection(struct scene *s, unsigned k)
{
	socklen_t len = k ? sizeof(struct sockaddr_in6) :
			    sizeof(struct sockaddr_in);
	union addr a, b;
	int from = bound(s, k, SOCK_STREAM, &a), to;
	int listener = bound(s, k, SOCK_STREAM, &b);

	if (listen(listener, 1) || connect(from, &b.sa, len) ||
	    (to = accept(listener, NULL, NULL)) < 0)
		fatal(s->t, "a connection: %s", strerror(errno));
	flow(s, "tcp", "assured", k, &a, &b);
	close(from);
	close(to);
	close(listener);
}

static void make(struct scene *s)
{
	unsigned i;
	int err = 0;

	for (i = 0; i < UNREPLIED; i++)
		datagram(s, i % 2, false);
	for (i = 0; i < REPLIED; i++)
		datagram(s, i % 2, true);
	for (i = 0; i < ASSURED; i++)
		connection(s, i % 2);
	for (i = 0; i < TRANSLATED && !err; i++)
		err = translated(s, i + OLDER, "false");
	if (!err)
		err = conntrack_flush();
	if (err)
		fatal(s->t, "ctnetlink: %s", strerror(-err));
}

/* ---- and what is shown -------------------------------------------------- */

static void check_entry(struct scene *s, const struct entry *e)
{
	char netns[16], portid[16];
	const char *const pairs[] = {
		"proto", e->proto, "state", e->state, "nat", e->nat,
		"osaddr", e->osaddr, "osport", e->osport,
		"odaddr", e->odaddr, "odport", e->odport,
		"rsaddr", e->rsaddr, "rsport", e->rsport,
		"rdaddr", e->rdaddr, "rdport", e->rdport,
		"age_at_least", e->older, "portid", portid, "netns", netns,
		NULL
	};
	unsigned n;

	/* netlink sockets are called as their process is */
	snprintf(portid, sizeof(portid), "%u", (unsigned)getpid());
	snprintf(netns, sizeof(netns), "%u", s->ns.inum);
	n = table_count(&s->tb, pairs);
	if (n != 1)
		differ(s->t, "%u rows of %s %s %s:%s > %s:%s, deleted by %s",
		       n, e->state, e->proto, e->osaddr, e->osport, e->odaddr,
		       e->odport, portid);
}

static void check(struct scene *s)
{
	uint64_t ns;
	unsigned i;

	if (!table_parse(&s->tb, s->t, s->all.text))
		return;
	for (i = 0; i < s->n; i++)
		check_entry(s, &s->made[i]);
	for (i = 0; i < s->tb.nrows; i++)
		if (!cell_u64(table_cell(&s->tb, i, "age_ns"), &ns) || !ns)
			differ(s->t, "an entry of no age");
	if (s->tb.nrows != s->n)
		differ(s->t, "%u entries deleted, %u shown", s->n,
		       s->tb.nrows);
	summary(s->t, "%u entries", s->tb.nrows);
	table_release(&s->tb);
	if (!table_parse(&s->tb, s->t, s->some.text))
		return;
	if (s->tb.nrows != TRANSLATED + OLDER)
		differ(s->t, "to " SERVICE ": %u shown", s->tb.nrows);
	table_release(&s->tb);
}

static void need_conntrack(struct scene *s)
{
	int err = netfilter_track(AF_INET);

	if (!err)
		err = netfilter_track(AF_INET6);
	if (!err)
		err = translated(s, 0, "true");
	if (err)
		skip(s->t, "no conntrack: %s", strerror(-err));
}

static void start(struct scene *s, struct tool *tool, const char *const *args)
{
	tool_init(tool, s->t, s->ns.inum);
	tool->may_lack = !test_types(s->t) || !test_probes(s->t);
	tool_start(tool, "nfcttrace", args);
}

static void conntrack(struct test *t)
{
	struct scene s = { .t = t };

	netns_new(t, &s.ns);
	netns_enter(t, &s.ns);
	need_conntrack(&s);
	start(&s, &s.all, ARGS("--csv", "--strict", "-o",
			       "proto,state,nat,age_ns,osaddr,osport,odaddr,"
			       "odport,rsaddr,rsport,rdaddr,rdport,portid,"
			       "netns"));
	start(&s, &s.some, ARGS("--csv", "-A", SERVICE, "-D", "53"));
	make(&s);
	netns_leave(t);
	tool_stop(&s.all, SIGINT);
	tool_check_clean(&s.all);
	tool_stop(&s.some, SIGINT);
	tool_check_clean(&s.some);
	check(&s);
	tool_release(&s.all);
	tool_release(&s.some);
	netns_free(&s.ns);
}

const struct live_case conntrack_cases[] = {
	{ "nfcttrace", "entries of conntrack are shown as they are deleted",
	  60, conntrack, false },
	{ NULL, NULL, 0, NULL, false },
};

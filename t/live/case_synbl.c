/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tcpsynbl: listeners that nobody accepts from, and one whose peers never end
 * their handshakes.  All sockets are this process's, which connects them one
 * after the other and waits for what the kernel has made of each.
 */
#include "traffic.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/filter.h>
#include <linux/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define MOST 40			/* SYNs to one listener */

enum { COOKIES_ON = 1, COOKIES_OFF = 2 };	/* tcp_syncookies, and deaf */

/* Somebody listens at port; and what came of the SYNs. */
struct listener {
	const char *addr;	/* as it is shown */
	int family, client;	/* of the SYNs */
	unsigned backlog, syns;
	int tfo;		/* TCP_FASTOPEN */
	int deaf;		/* the peers do not hear the SYN/ACKs */
	bool older;		/* than the tool */
	int fd, fds[MOST];
	uint16_t port;
	uint64_t drops, overflows, cookies;
};

static struct listener listeners[] = {
	{ .addr = "127.0.0.1", .family = AF_INET, .client = AF_INET,
	  .backlog = 8, .syns = MOST, .older = true, .tfo = 5 },
	{ .addr = "::1", .family = AF_INET6, .client = AF_INET6,
	  .backlog = 3, .syns = 7, .older = true },
	/* IPv4 on an IPv6 socket: two functions see each handshake */
	{ .addr = "::", .family = AF_INET6, .client = AF_INET,
	  .backlog = 3, .syns = 11 },
	{ .addr = "127.0.0.1", .family = AF_INET, .client = AF_INET,
	  .backlog = 8, .syns = 13, .deaf = COOKIES_ON },
	{ .addr = "127.0.0.1", .family = AF_INET, .client = AF_INET,
	  .backlog = 8, .syns = 13, .deaf = COOKIES_OFF },
};

struct scene {
	struct test *t;
	struct netns ns;
	struct agent dweller;	/* the namespace is found by who is in it */
	struct table shown;
	bool qlen;		/* the kernel's types tell it */
};

/* ---- traffic ------------------------------------------------------------ */

static uint64_t counter(struct scene *s, const char *name)
{
	return netns_snmp(s->t, &s->ns, "TcpExt", name);
}

static int make_socket(struct scene *s, int family)
{
	int fd;

	netns_enter(s->t, &s->ns);
	fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	netns_leave(s->t);
	if (fd < 0)
		fatal(s->t, "socket: %s", strerror(errno));
	return fd;
}

static void open_listener(struct scene *s, struct listener *l)
{
	socklen_t len = sizeof(union addr);
	union addr a;

	l->fd = make_socket(s, l->family);
	addr_set(&a, l->family, l->addr, 0);
	if (bind(l->fd, &a.sa, sizeof(a)) || listen(l->fd, l->backlog) ||
	    getsockname(l->fd, &a.sa, &len) ||
	    setsockopt(l->fd, IPPROTO_TCP, TCP_FASTOPEN, &l->tfo,
		       sizeof(l->tfo)))
		fatal(s->t, "a listener: %s", strerror(errno));
	l->port = addr_port(&a);
}

/* Connections that wait to be accepted. */
static unsigned waiting(const struct listener *l)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);

	getsockopt(l->fd, IPPROTO_TCP, TCP_INFO, &info, &len);
	return info.tcpi_unacked;
}

/*
 * What shows that a SYN was handled: an answer comes in after it, or it is
 * counted as dropped.
 */
static uint64_t handled(struct scene *s)
{
	return netns_snmp(s->t, &s->ns, "Tcp", "InSegs") +
	       counter(s, "ListenDrops");
}

static void wait_handled(struct scene *s, struct listener *l, unsigned i,
			 uint64_t before)
{
	unsigned want = l->deaf ? 0 : i < l->backlog ? i + 1 : l->backlog + 1;
	uint64_t end = now_ns() + PATIENCE * NSEC;

	while (handled(s) < before + 2 || waiting(l) < want) {
		if (now_ns() > end)
			fatal(s->t, "SYN %u to port %u was never handled", i,
			      l->port);
		nap_ms(1);
	}
}

static void deafen(struct scene *s, int fd)
{
	struct sock_filter none[] = { BPF_STMT(BPF_RET | BPF_K, 0) };
	struct sock_fprog f = { .len = 1, .filter = none };

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &f, sizeof(f)))
		fatal(s->t, "a socket filter: %s", strerror(errno));
}

/* Those that were not answered are closed before they try again. */
static void send_syn(struct scene *s, struct listener *l, unsigned i)
{
	const char *to = l->client == AF_INET ? "127.0.0.1" : "::1";
	uint64_t before = handled(s);
	union addr a;

	l->fds[i] = make_socket(s, l->client);
	if (l->deaf)
		deafen(s, l->fds[i]);
	addr_set(&a, l->client, to, l->port);
	if (connect(l->fds[i], &a.sa, sizeof(a)) && errno != EINPROGRESS)
		fatal(s->t, "connect: %s", strerror(errno));
	wait_handled(s, l, i, before);
	if (l->deaf || i > l->backlog) {
		close(l->fds[i]);
		l->fds[i] = -1;
	}
}

static void make(struct scene *s, struct listener *l)
{
	unsigned i;

	if (l->deaf)
		netns_sysctl(s->t, &s->ns, "ipv4/tcp_syncookies",
			     l->deaf == COOKIES_ON ? "1" : "0");
	l->drops = counter(s, "ListenDrops");
	l->overflows = counter(s, "ListenOverflows");
	l->cookies = counter(s, "SyncookiesSent");
	for (i = 0; i < l->syns; i++)
		send_syn(s, l, i);
	l->drops = counter(s, "ListenDrops") - l->drops;
	l->overflows = counter(s, "ListenOverflows") - l->overflows;
	l->cookies = counter(s, "SyncookiesSent") - l->cookies;
}

static void close_all(struct listener *l)
{
	unsigned i;

	for (i = 0; i < l->syns; i++)
		if (l->fds[i] >= 0)
			close(l->fds[i]);
	close(l->fd);
}

/* ---- what was shown ----------------------------------------------------- */

/* How many came to @l; @queue, @result, @lo (of the bucket) may be NULL. */
static uint64_t shown(struct scene *s, const struct listener *l,
		      const char *queue, const char *result, const char *lo)
{
	const char *const all[] = { "queue", queue, "result", result,
				    "lo", lo };
	const char *pairs[9] = { "lport" };
	char port[8];
	unsigned i, n = 2;

	snprintf(port, sizeof(port), "%u", l->port);
	pairs[1] = port;
	for (i = 0; i < ARRAY_SIZE(all); i += 2) {
		if (!all[i + 1])
			continue;
		pairs[n++] = all[i];
		pairs[n++] = all[i + 1];
	}
	return table_sum(&s->shown, s->t, "count", pairs);
}

static void want(struct scene *s, const struct listener *l, uint64_t made,
		 const char *queue, const char *result, const char *lo)
{
	uint64_t n = shown(s, l, queue, result, lo);

	if (n != made)
		differ(s->t, "port %u, %s %s from %s on: %" PRIu64 " shown, "
		       "%" PRIu64 " made", l->port, queue ? queue : "",
		       result ? result : "", lo ? lo : "0", n, made);
}

/* The first @n to come found 0, 1, 2 ... there before them. */
static void want_rising(struct scene *s, const struct listener *l,
			const char *queue, const char *result, unsigned from,
			unsigned n)
{
	unsigned lo, hi, i, in;
	char text[16];

	for (lo = 0; lo < 64; lo = hi) {
		hi = lo < 2 ? lo + 1 : lo * 2;
		for (in = 0, i = from; i < from + n; i++)
			in += i >= lo && i < hi;
		snprintf(text, sizeof(text), "%u", lo);
		want(s, l, in, queue, result, text);
	}
}

/* backlog + 1 are taken, at SYNs that find nobody half open. */
static void check_unaccepted(struct scene *s, const struct listener *l)
{
	unsigned taken = l->backlog + 1;

	if (l->drops < l->syns - taken || l->drops != l->overflows)
		differ(s->t, "port %u: ListenDrops %" PRIu64 ", "
		       "ListenOverflows %" PRIu64, l->port, l->drops,
		       l->overflows);
	want_rising(s, l, "ACCEPT", "OK", 0, taken);
	want(s, l, taken, "ACCEPT", NULL, NULL);
	if (!s->qlen)
		return;
	want(s, l, taken, "SYN", "OK", "0");
	want(s, l, l->drops, "SYN", "ACCEPT_FULL", "0");
	want(s, l, taken + l->drops, "SYN", NULL, NULL);
}

/* As many are half open as the backlog says, or one more since 6.14. */
static void check_deaf(struct scene *s, const struct listener *l)
{
	const char *full = l->deaf == COOKIES_ON ? "COOKIE" : "SYN_FULL";
	uint64_t turned = l->deaf == COOKIES_ON ? l->cookies : l->drops;
	unsigned taken = l->syns - turned;

	want(s, l, 0, "ACCEPT", NULL, NULL);
	if (taken != l->backlog && taken != l->backlog + 1)
		differ(s->t, "port %u: %" PRIu64 " of %u SYNs for which there "
		       "was no room", l->port, turned, l->syns);
	if (!s->qlen)
		return;
	want_rising(s, l, "SYN", "OK", 0, taken);
	want(s, l, turned, "SYN", full, "8");
	want(s, l, l->syns, "SYN", NULL, NULL);
}

/* Nobody comes by it. */
static void check_tfo(struct scene *s, const struct listener *l, unsigned row)
{
	uint64_t n = 1, max = 1;

	cell_u64(table_cell(&s->shown, row, "tfo_backlog"), &n);
	cell_u64(table_cell(&s->shown, row, "tfo_limit"), &max);
	if (n || max != (unsigned)l->tfo)
		differ(s->t, "port %u: Fast Open '%s' of '%s', made: 0 of %d",
		       l->port, table_cell(&s->shown, row, "tfo_backlog"),
		       table_cell(&s->shown, row, "tfo_limit"), l->tfo);
}

static void check_listener(struct scene *s, const struct listener *l)
{
	const struct table *tb = &s->shown;
	uint64_t v;
	unsigned i;

	for (i = 0; i < tb->nrows; i++) {
		if (!cell_u64(table_cell(tb, i, "lport"), &v) || v != l->port)
			continue;
		if (strcmp(table_cell(tb, i, "laddr"), l->addr) ||
		    strcmp(table_cell(tb, i, "comm"), SERVER_COMM) ||
		    !cell_u64(table_cell(tb, i, "pid"), &v) ||
		    v != (uint64_t)getpid() ||
		    !cell_u64(table_cell(tb, i, "limit"), &v) ||
		    v != l->backlog)
			differ(s->t, "row %u: %s, '%s' %s, limit %s; made: "
			       "%s, %d, %u", i, table_cell(tb, i, "laddr"),
			       table_cell(tb, i, "comm"),
			       table_cell(tb, i, "pid"),
			       table_cell(tb, i, "limit"), l->addr, getpid(),
			       l->backlog);
		if (s->qlen)
			check_tfo(s, l, i);
	}
	if (l->deaf)
		check_deaf(s, l);
	else
		check_unaccepted(s, l);
	summary(s->t, "%u SYNs, %" PRIu64 " dropped, %" PRIu64 " cookies; ",
		l->syns, l->drops, l->cookies);
}

/* Neither fentry nor kprobes: told, with what is missing. */
static void refused(struct test *t)
{
	struct tool r;

	tool_init(&r, t, 0);
	r.verb = true;
	tool_start(&r, "tcpsynbl", ARGS("--dry-run"));
	tool_stop(&r, 0);
	tool_check_exit(&r, 3);
	if (!strstr(r.talk, "gives no way to see"))
		differ(t, "no reason is told: %s", r.talk);
	summary(t, "refused where no function can be watched");
	tool_release(&r);
}

static void synbl(struct test *t)
{
	struct scene s = { .t = t, .qlen = test_types(t) };
	struct listener *l, *end = listeners + ARRAY_SIZE(listeners);
	struct tool r;

	if (!test_probes(t)) {
		refused(t);
		return;
	}
	prctl(PR_SET_NAME, SERVER_COMM);
	netns_new(t, &s.ns);
	agent_start(t, &s.dweller, &s.ns, CLIENT_COMM, CLIENT_UID);
	for (l = listeners; l < end; l++)
		if (l->older)
			open_listener(&s, l);
	tool_init(&r, t, s.ns.inum);
	tool_start(&r, "tcpsynbl", ARGS("--csv", "-o",
					"+tfo_backlog,tfo_limit"));
	for (l = listeners; l < end; l++) {
		if (!l->older)
			open_listener(&s, l);
		make(&s, l);
	}
	tool_stop(&r, SIGINT);
	tool_check_clean(&r);
	if (table_parse(&s.shown, t, r.text)) {
		for (l = listeners; l < end; l++)
			check_listener(&s, l);
		table_release(&s.shown);
	}
	for (l = listeners; l < end; l++)
		close_all(l);
	agent_stop(&s.dweller);
	tool_release(&r);
	netns_free(&s.ns);
}

const struct live_case synbl_cases[] = {
	{ "tcpsynbl", "queues of listeners: half open, not accepted, full",
	  300, synbl, false },
	{ NULL, NULL, 0, NULL, false },
};

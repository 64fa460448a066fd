/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "standing.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SO_MEMINFO
#define SO_MEMINFO 55		/* 4.12 */
#endif

static struct made *add(struct standing *a, const char *netid, const char *state,
			int fd)
{
	struct made *m = &a->made[a->n++];
	socklen_t len = sizeof(m->local);

	if (a->n == SOCKETS_MOST)
		fatal(a->t, "too many sockets");
	*m = (struct made){ .netid = netid, .state = state, .fd = fd };
	if (fd < 0)
		return m;
	if (getsockname(fd, &m->local.sa, &len))
		fatal(a->t, "getsockname: %m");
	len = sizeof(m->peer);
	if (getpeername(fd, &m->peer.sa, &len))
		memset(&m->peer, 0, sizeof(m->peer));
	m->ip = m->local.sa.sa_family == AF_INET ? "4" :
		IN6_IS_ADDR_V4MAPPED(&m->local.in6.sin6_addr) ? "46" : "6";
	return m;
}

static struct made *add_listener(struct standing *a, int fd, int backlog)
{
	struct made *m = add(a, "tcp", "LISTEN", fd);

	m->listens = true;
	m->send_q = backlog;
	return m;
}

static int made_socket(struct standing *a, int family, int type, int protocol)
{
	int fd;

	netns_enter(a->t, &a->ns);
	fd = socket(family, type | SOCK_CLOEXEC, protocol);
	netns_leave(a->t);
	if (fd < 0)
		fatal(a->t, "socket: %m");
	return fd;
}

/* On @host, or with NULL on any address of IPv4 and IPv6. */
static int listener(struct standing *a, int family, const char *host, int backlog,
		    int rcvbuf)
{
	int fd = made_socket(a, family, SOCK_STREAM, 0), no = 0;
	union addr at;

	addr_set(&at, family, host ? host : "::", 0);
	if (!host)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof(no));
	if (rcvbuf)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &rcvbuf, sizeof(rcvbuf));
	if (bind(fd, &at.sa, addr_len(&at)) || listen(fd, backlog))
		fatal(a->t, "a listener: %m");
	return fd;
}

/* To @host, where @to listens. */
static int client(struct standing *a, int family, const char *host, int to)
{
	int fd = made_socket(a, family, SOCK_STREAM, 0);
	uint64_t end = now_ns() + PATIENCE * NSEC;
	socklen_t len = sizeof(union addr);
	union addr at, peer;

	if (getsockname(to, &at.sa, &len))
		fatal(a->t, "getsockname: %m");
	addr_set(&peer, family, host, addr_port(&at));
	while (connect(fd, &peer.sa, addr_len(&peer))) {
		/* a new IPv6 address is tentative for a moment */
		if (errno != ENETUNREACH || now_ns() > end)
			fatal(a->t, "connect: %m");
		nap_ms(1);
	}
	return fd;
}

static int accepted(struct standing *a, int l)
{
	int fd = accept4(l, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		fatal(a->t, "accept: %m");
	return fd;
}

static void put(struct standing *a, int fd, uint64_t n)
{
	static char data[1024];

	if (send(fd, data, n, MSG_NOSIGNAL) != (ssize_t)n)
		fatal(a->t, "send: %m");
}

/* Ours of it, and the kernel's end that no process has yet. */
static void add_waiting(struct standing *a, int fd)
{
	struct made *m = add(a, "tcp", "ESTABLISHED", fd), *other;

	other = add(a, "tcp", "ESTABLISHED", -1);
	other->local = m->peer;
	other->peer = m->local;
	other->ip = m->ip;
}

/* Listeners with so many connections that wait. */
static void make_queues(struct standing *a)
{
	static const char *const hosts[QUEUES] = { "127.0.0.1", NULL,
						   "fd00::1" };

	for (int i = 0; i < QUEUES; i++) {
		int family = i ? AF_INET6 : AF_INET;
		int fd = listener(a, family, hosts[i], 7 + 4 * i, 0);
		struct made *m = add_listener(a, fd, 7 + 4 * i);

		m->recv_q = 2 * i + 1;
		for (int k = 0; k < m->recv_q; k++)
			add_waiting(a, client(a, i == 1 ? AF_INET6 : family,
					      i == 1 ? "::1" : hosts[i], fd));
	}
}

static const struct { int family; const char *host; } ways[3] = {
	{ AF_INET, "127.0.0.1" }, { AF_INET6, "fd00::1" },
	{ AF_INET6, "127.0.0.2" },	/* mapped */
};

static void add_queued(struct standing *a, int fd, uint64_t sent, uint64_t waits)
{
	struct made *m = add(a, "tcp", "ESTABLISHED", fd);

	m->recv_q = (int64_t)waits;
	m->tx = sent;
	m->rx = waits;
	m->counted = true;
}

static void make_connections(struct standing *a, int l, int l4)
{
	for (unsigned i = 0; i < CONNECTIONS; i++) {
		bool v4 = ways[i % 3].family == AF_INET;
		int c = client(a, ways[i % 3].family, ways[i % 3].host,
			       v4 ? l4 : l);
		int s = accepted(a, v4 ? l4 : l);

		put(a, c, 7 * i + 1);
		put(a, s, 3 * i + 1);
		add_queued(a, c, 7 * i + 1, 3 * i + 1);
		add_queued(a, s, 3 * i + 1, 7 * i + 1);
	}
}

/* Until TCP_INFO says so. */
static void until_state(struct standing *a, int fd, uint8_t state)
{
	uint64_t end = now_ns() + PATIENCE * NSEC;
	uint8_t is = 0;
	socklen_t len;

	while (is != state && now_ns() < end) {
		len = sizeof(is);
		if (getsockopt(fd, IPPROTO_TCP, 11 /* TCP_INFO */, &is, &len))
			fatal(a->t, "TCP_INFO: %m");
		if (is != state)
			nap_ms(1);
	}
}

enum { FIN_WAIT2 = 5, CLOSE_WAIT = 8 };		/* net/tcp_states.h */

/* The client has no more to say. */
static void make_half_closed(struct standing *a, int l)
{
	for (unsigned i = 0; i < HALF; i++) {
		int c = client(a, AF_INET, "127.0.0.1", l);
		int s = accepted(a, l);
		struct made *m;

		put(a, c, 100 + i);
		shutdown(c, SHUT_WR);
		until_state(a, s, CLOSE_WAIT);
		until_state(a, c, FIN_WAIT2);
		m = add(a, "tcp", "FIN_WAIT2", c);
		m->tx = 100 + i;
		m->counted = true;
		m = add(a, "tcp", "CLOSE_WAIT", s);
		m->rx = 100 + i;
		m->recv_q = (int64_t)m->rx;
		m->counted = true;
	}
}

/* Closed by the client, then by the server. */
static void make_ended(struct standing *a, int l)
{
	for (unsigned i = 0; i < ENDED; i++) {
		int c = client(a, AF_INET, "127.0.0.1", l);
		int s = accepted(a, l);
		struct made *m = add(a, "tcp", "TIME_WAIT", c);

		close(c);
		m->fd = -1;
		until_state(a, s, CLOSE_WAIT);
		close(s);
	}
}

/* What is sent is more than the peer has room for. */
static void make_full(struct standing *a)
{
	int l = listener(a, AF_INET, "127.0.0.1", FULL, 4096);

	for (unsigned i = 0; i < FULL; i++) {
		int c = client(a, AF_INET, "127.0.0.1", l), room = 8192;
		int s = accepted(a, l);
		static char data[4096];
		struct made *m;

		setsockopt(c, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
		while (send(c, data, sizeof(data), MSG_DONTWAIT) > 0)
			;
		m = add(a, "tcp", "ESTABLISHED", c);
		m->recv_q = m->send_q = -1;
		m = add(a, "tcp", "ESTABLISHED", s);
		m->recv_q = m->send_q = -1;
	}
	add_listener(a, l, FULL);
}

/* Bytes of memory that unread datagrams take. */
static int64_t memory_of(int fd)
{
	uint32_t mem[9] = { 0 };
	socklen_t len = sizeof(mem);

	return getsockopt(fd, SOL_SOCKET, SO_MEMINFO, mem, &len) ? -2 :
	       (int64_t)mem[0];
}

static void make_datagrams(struct standing *a)
{
	union addr at;
	int from, to;

	for (unsigned i = 0; i < 2; i++) {
		to = udp_bound(a->t, &a->ns, ways[i].family, ways[i].host, &at);
		from = made_socket(a, ways[i].family, SOCK_DGRAM, 0);
		if (connect(from, &at.sa, addr_len(&at)))
			fatal(a->t, "connect: %m");
		for (unsigned k = 0; k < DATAGRAMS; k++)
			put(a, from, 100);
		add(a, "udp", "ESTABLISHED", from);
		add(a, "udp", "CLOSE", to)->recv_q = memory_of(to);
	}
}

static void make_raw(struct standing *a)
{
	struct made *m = add(a, "raw", "CLOSE", made_socket(a, AF_INET,
				SOCK_RAW, IPPROTO_ICMP));

	m->local.in.sin_port = 0;	/* getsockname() has the protocol */
}

/* Another process that has one of them, too, and lives there. */
static void share(struct standing *a, int fd)
{
	a->shared = fd;
	netns_enter(a->t, &a->ns);
	a->other = fork();
	if (a->other < 0)
		fatal(a->t, "fork: %m");
	if (a->other) {
		netns_leave(a->t);
		return;
	}
	for (int i = 3; i < 1024; i++)
		if (i != fd)
			close(i);
	for (;;)
		pause();
}

void standing_make(struct test *t, struct standing *a)
{
	int l, l4;

	a->t = t;
	netns_new(t, &a->ns);
	if (a->ns.fd < 0)
		skip(t, "needs network namespaces");
	make_queues(a);
	l = listener(a, AF_INET6, NULL, 17, 0);
	l4 = listener(a, AF_INET, "127.0.0.1", 19, 0);
	add_listener(a, l, 17);
	add_listener(a, l4, 19);
	make_connections(a, l, l4);
	make_half_closed(a, l4);
	make_ended(a, l4);
	make_full(a);
	make_datagrams(a);
	make_raw(a);
	share(a, a->made[0].fd);
}

void standing_end(struct standing *a)
{
	kill(a->other, SIGKILL);
	waitpid(a->other, NULL, 0);
	netns_free(&a->ns);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Names for --dns: a name server and its clients in one process.  Each round
 * asks for one name, over IPv4 and IPv6 in turn, connected or not, and then
 * connects to the address that was the answer.
 */
#include "net.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define NAMES 53

struct server {
	int family, fd;
	struct sockaddr_storage addr;
	socklen_t len;
};

static void server_open(struct test *t, struct server *s, int family)
{
	struct sockaddr_in *in = (void *)&s->addr;
	struct sockaddr_in6 *in6 = (void *)&s->addr;

	memset(s, 0, sizeof(*s));
	s->family = family;
	s->addr.ss_family = family;
	if (family == AF_INET) {
		in->sin_port = htons(53);
		in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		s->len = sizeof(*in);
	} else {
		in6->sin6_port = htons(53);
		in6->sin6_addr = in6addr_loopback;
		s->len = sizeof(*in6);
	}
	s->fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (s->fd < 0 || bind(s->fd, (void *)&s->addr, s->len))
		fatal(t, "no name server on port 53: %m");
}

/* One A question for "hN.sockeye.test", and room for the answer behind it. */
static size_t question(uint8_t *msg, unsigned n)
{
	static const uint8_t head[12] = { 0x12, 0x34, 1, 0, 0, 1 };
	static const uint8_t tail[] = "\7sockeye\4test\0\0\1\0\1";
	char label[16];
	size_t len = 12;

	memcpy(msg, head, 12);
	msg[len] = snprintf(label, sizeof(label), "h%u", n);
	memcpy(msg + len + 1, label, msg[len]);
	len += 1 + msg[len];
	memcpy(msg + len, tail, sizeof(tail) - 1);
	return len + sizeof(tail) - 1;
}

/* A record with the question's name (compressed), ttl 60. */
static size_t answer(uint8_t *msg, size_t len, const struct in_addr *addr)
{
	static const uint8_t record[] = { 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60,
					  0, 4 };

	msg[2] = 0x81;
	msg[3] = 0x80;
	msg[7] = 1;
	memcpy(msg + len, record, sizeof(record));
	memcpy(msg + len + sizeof(record), addr, 4);
	return len + sizeof(record) + 4;
}

/* Ask, be answered, read the answer as a resolver does. */
static void look_up(struct test *t, struct server *s, unsigned n,
		    const struct in_addr *addr, bool connected)
{
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	uint8_t msg[512];
	size_t size = question(msg, n);
	int fd = socket(s->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool ok = fd >= 0;

	if (ok && connected)
		ok = !connect(fd, (void *)&s->addr, s->len);
	ok = ok && sendto(fd, msg, size, 0, connected ? NULL :
			  (void *)&s->addr, connected ? 0 : s->len) > 0;
	ok = ok && readable(s->fd, PATIENCE * 1000) &&
	     recvfrom(s->fd, msg, sizeof(msg), 0, (void *)&from, &len) > 0;
	size = answer(msg, size, addr);
	ok = ok && sendto(s->fd, msg, size, 0, (void *)&from, len) > 0;
	ok = ok && readable(fd, PATIENCE * 1000) &&
	     recv(fd, msg, sizeof(msg), 0) == (ssize_t)size;
	if (!ok)
		fatal(t, "look-up %u: %m", n);
	close(fd);
}

static void connect_to(struct test *t, int listener, uint16_t port,
		       const struct in_addr *addr)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = port,
				   .sin_addr = *addr };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), got;

	if (fd < 0 || connect(fd, (void *)&sin, sizeof(sin)))
		fatal(t, "connect: %m");
	got = accept(listener, NULL, NULL);
	if (got < 0)
		fatal(t, "accept: %m");
	close(got);
	close(fd);
}

static int listen_any(struct test *t, uint16_t *port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (void *)&sin, sizeof(sin)) ||
	    listen(fd, 8) || getsockname(fd, (void *)&sin, &len))
		fatal(t, "listen: %m");
	*port = sin.sin_port;
	return fd;
}

/* Two connections to each address: one before its name is asked for, which
 * has none, and one after. */
static void make(struct test *t)
{
	struct server v4, v6;
	uint16_t port;
	int listener = listen_any(t, &port);

	server_open(t, &v4, AF_INET);
	server_open(t, &v6, AF_INET6);
	for (unsigned i = 0; i < NAMES; i++) {
		struct in_addr addr = { htonl(0x0a4d0000 + 16 + i) };

		connect_to(t, listener, port, &addr);
		look_up(t, i & 1 ? &v6 : &v4, i, &addr, i & 2);
		connect_to(t, listener, port, &addr);
	}
	close(v4.fd);
	close(v6.fd);
	close(listener);
}

static void check(struct test *t, const char *csv)
{
	struct table tb;
	char name[32], addr[32];
	unsigned rows = 0;

	if (!table_parse(&tb, t, csv))
		return;
	for (unsigned i = 0; i < tb.nrows; i++) {
		if (strncmp(table_cell(&tb, i, "raddr"), "10.77.", 6))
			continue;	/* system-wide, not ours */
		snprintf(addr, sizeof(addr), "10.77.0.%u", 16 + rows / 2);
		snprintf(name, sizeof(name), "h%u.sockeye.test", rows / 2);
		if (strcmp(table_cell(&tb, i, "raddr"), addr) ||
		    strcmp(table_cell(&tb, i, "query"), rows & 1 ? name : ""))
			differ(t, "row %u: %s is '%s', made: %s '%s'", rows,
			       table_cell(&tb, i, "raddr"),
			       table_cell(&tb, i, "query"), addr,
			       rows & 1 ? name : "");
		rows++;
	}
	if (rows != 2 * NAMES)
		differ(t, "%u rows shown, %u connections made", rows,
		       2 * NAMES);
	summary(t, "%u names asked for, %u connections shown, every second "
		"one with its name", NAMES, rows);
	table_release(&tb);
}

static void dns(struct test *t)
{
	struct netns ns;
	struct tool r;

	netns_new(t, &ns);
	netns_enter(t, &ns);
	/* a whole network is local on the loopback device */
	if (link_addr("lo", AF_INET, "10.77.0.1", 16))
		fatal(t, "no address on lo");
	netns_leave(t);
	tool_init(&r, t, ns.inum);
	tool_start(&r, "tcpconnect", ARGS("--csv", "--dns", "--strict", "-o",
					  "raddr,query"));
	netns_enter(t, &ns);
	make(t);
	netns_leave(t);
	netns_idle(t, &ns);
	tool_stop(&r, SIGINT);
	tool_check_clean(&r);
	check(t, r.text);
	tool_release(&r);
	netns_free(&ns);
}

const struct live_case dns_cases[] = {
	{ "tcpconnect-dns", "names from the answers of a name server", 300,
	  dns, false },
	{ NULL, NULL, 0, NULL, false },
};

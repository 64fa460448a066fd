/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Names for --dns: a name server and its clients in one process.  Each round
 * asks for one name, over IPv4 and IPv6 in turn, connected or not, and then
 * connects to the address that was the answer.  Before that come answers with
 * other names for it, which are not in one piece where a packet is looked at.
 */
#include "nameserver.h"

#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define NAMES 53
#define NET 77			/* 10.77.0.16 and so on */
#define FIRST_HOST 16

/* The answer; with @cut the record is in a page of its own (MSG_MORE). */
static bool reply(int server, const uint8_t *msg, size_t size, bool cut,
		  const union addr *to)
{
	size_t first = cut ? size - DNS_RECORD : size;

	return sendto(server, msg, first, cut ? MSG_MORE : 0, &to->sa,
		      addr_len(to)) == (ssize_t)first &&
	       (!cut || sendto(server, msg + first, DNS_RECORD, 0, &to->sa,
			       addr_len(to)) > 0);
}

/* Ask the server, be answered, read the answer as a resolver does. */
static void look_up(struct test *t, int server, int family, unsigned n,
		    bool connected, bool cut)
{
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(union addr);
	uint8_t msg[DNS_MESSAGE];
	union addr to, from;
	bool ok = fd >= 0;
	char name[32];
	size_t size;

	snprintf(name, sizeof(name), "%c%u.sockeye.test", cut ? 'p' : 'h', n);
	size = dns_question(msg, 0x1234, name, DNS_A);
	nameserver_addr(&to, family, DNS_PORT);
	if (ok && connected)
		ok = !connect(fd, &to.sa, addr_len(&to));
	ok = ok && sendto(fd, msg, size, 0, connected ? NULL : &to.sa,
			  connected ? 0 : addr_len(&to)) > 0;
	ok = ok && readable(server, PATIENCE * 1000) &&
	     recvfrom(server, msg, sizeof(msg), 0, &from.sa, &len) > 0;
	size = dns_answer(msg, size, DNS_ANSWER, NET, FIRST_HOST + n);
	ok = ok && reply(server, msg, size, cut, &from);
	ok = ok && readable(fd, PATIENCE * 1000) &&
	     recv(fd, msg, sizeof(msg), 0) == (ssize_t)size;
	if (!ok)
		fatal(t, "look-up %u: %m", n);
	close(fd);
}

/* A later fragment of a datagram, whose data look like an answer. */
static void stray(struct test *t, unsigned n)
{
	struct {
		struct iphdr ip;
		struct udphdr udp;
		uint8_t msg[DNS_MESSAGE];
	} p = { .ip = { .version = 4, .ihl = 5, .frag_off = htons(64),
			.ttl = 64, .protocol = IPPROTO_UDP },
		.udp = { .source = htons(DNS_PORT), .dest = htons(DNS_PORT) } };
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	union addr to;
	char name[32];
	size_t size;

	snprintf(name, sizeof(name), "f%u.sockeye.test", n);
	size = dns_question(p.msg, 0x1234, name, DNS_A);
	size = dns_answer(p.msg, size, DNS_ANSWER, NET, FIRST_HOST + n);
	p.udp.len = htons(sizeof(p.udp) + size);
	nameserver_addr(&to, AF_INET, 0);
	p.ip.saddr = p.ip.daddr = to.in.sin_addr.s_addr;
	size += sizeof(p.ip) + sizeof(p.udp);
	if (fd < 0 ||
	    sendto(fd, &p, size, 0, &to.sa, addr_len(&to)) != (ssize_t)size)
		fatal(t, "a fragment: %m");
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
	uint16_t port;
	int listener = listen_any(t, &port);
	int v4 = nameserver_open(t, AF_INET, SOCK_DGRAM, DNS_PORT);
	int v6 = nameserver_open(t, AF_INET6, SOCK_DGRAM, DNS_PORT);

	for (unsigned i = 0; i < NAMES; i++) {
		struct in_addr addr = {
			htonl(10u << 24 | NET << 16 | (FIRST_HOST + i))
		};

		connect_to(t, listener, port, &addr);
		for (unsigned cut = 0; cut < 2; cut++)
			look_up(t, i & 1 ? v6 : v4, i & 1 ? AF_INET6 : AF_INET,
				i, i & 2, cut);
		stray(t, i);
		connect_to(t, listener, port, &addr);
	}
	close(v4);
	close(v6);
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
		snprintf(addr, sizeof(addr), "10.%d.0.%u", NET,
			 FIRST_HOST + rows / 2);
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

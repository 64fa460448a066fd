/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "dnswire.h"
#include "nameserver.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define MDNS_PORT 5353
#define NET 5			/* 10.5.0.0 and so on */

/* A socket pair of the two ends, over UDP or TCP. */
struct ends {
	int client, server;
	bool connected;
	union addr to, from;
	socklen_t len;
};

struct wire {
	struct test *t;
	struct asked *log;
	unsigned n, id;
	/* by IPv6?: at port 53, and 5353 */
	int udp[2], tcp[2], mdns;
	struct ends e;		/* of the query at hand */
	uint64_t began;
	uint8_t query[DNS_MESSAGE], answer[DNS_MESSAGE];
	size_t qlen, alen;
};

/* ---- messages ---------------------------------------------------------- */

/* For the name of the row. */
static void question(struct wire *w, enum dns_type type)
{
	w->id = (w->id * 7919 + 4711) & 0xffff;
	memset(w->query, WIRE_SECRET, sizeof(w->query));
	memset(w->answer, WIRE_SECRET, sizeof(w->answer));
	w->qlen = dns_question(w->query, (uint16_t)w->id, w->log[w->n].host,
			       type);
}

static void answer(struct wire *w, unsigned flags)
{
	memcpy(w->answer, w->query, w->qlen);
	w->alen = dns_answer(w->answer, w->qlen, flags, NET, (uint8_t)w->n);
}

/* ---- sockets ----------------------------------------------------------- */

static uint16_t local_port(struct test *t, int fd)
{
	union addr at;
	socklen_t len = sizeof(at);

	if (getsockname(fd, &at.sa, &len))
		fatal(t, "getsockname: %m");
	return addr_port(&at);
}

static void must(struct wire *w, bool ok, const char *what)
{
	if (!ok)
		fatal(w->t, "%s, query %u: %m", what, w->n);
}

/* The next row; what is special about it the caller says. */
static struct asked *ask(struct wire *w, int family, uint16_t port,
			 const char *proto, const char *ret)
{
	struct asked *a = &w->log[w->n];

	snprintf(a->host, sizeof(a->host), "q%u.wire.test", w->n);
	if (!strcmp(ret, "OK"))
		snprintf(a->addrs, sizeof(a->addrs), "10.%d.0.%u", NET, w->n);
	a->ret = ret;
	a->qtype = "A";
	a->proto = proto;
	a->ip = family == AF_INET ? "4" : "6";
	a->server = family == AF_INET ? "127.0.0.1" : "::1";
	a->port = port;
	question(w, DNS_A);
	return a;
}

static void done(struct wire *w)
{
	w->log[w->n].ns = now_ns() - w->began;
	w->n++;
}

/* ---- UDP --------------------------------------------------------------- */

static void udp_send(struct wire *w, int family, uint16_t port, bool connected)
{
	struct ends *e = &w->e;
	uint8_t got[DNS_MESSAGE];
	ssize_t n;

	e->connected = connected;
	nameserver_addr(&e->to, family, port);
	e->server = port == DNS_PORT ? w->udp[family == AF_INET6] : w->mdns;
	e->client = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	must(w, e->client >= 0 && (!connected ||
	     !connect(e->client, &e->to.sa, addr_len(&e->to))), "socket");
	w->began = now_ns();
	n = connected ? send(e->client, w->query, w->qlen, 0) :
		sendto(e->client, w->query, w->qlen, 0, &e->to.sa,
		       addr_len(&e->to));
	must(w, n == (ssize_t)w->qlen, "send");
	w->log[w->n].lport = local_port(w->t, e->client);
	e->len = sizeof(e->from);
	must(w, readable(e->server, PATIENCE * 1000) &&
	     recvfrom(e->server, got, sizeof(got), 0, &e->from.sa,
		      &e->len) == n, "query");
}

/* The server sends that, the client reads it. */
static void udp_reply(struct wire *w, const uint8_t *msg, size_t len)
{
	uint8_t got[DNS_MESSAGE];

	must(w, sendto(w->e.server, msg, len, 0, &w->e.from.sa,
		       w->e.len) == (ssize_t)len, "reply");
	must(w, readable(w->e.client, PATIENCE * 1000) &&
	     recv(w->e.client, got, sizeof(got), 0) == (ssize_t)len,
	     "answer");
}

static void udp_answer(struct wire *w, unsigned flags)
{
	answer(w, flags);
	udp_reply(w, w->answer, w->alen);
	close(w->e.client);
	done(w);
}

static void udp_plain(struct wire *w, int family, bool connected,
		      const char *ret, unsigned flags)
{
	ask(w, family, DNS_PORT, "udp", ret);
	udp_send(w, family, DNS_PORT, connected);
	udp_answer(w, flags);
}

static void udp_aaaa(struct wire *w)
{
	ask(w, AF_INET6, DNS_PORT, "udp", "OK")->qtype = "AAAA";
	question(w, DNS_AAAA);
	udp_send(w, AF_INET6, DNS_PORT, false);
	udp_answer(w, DNS_ANSWER);
}

static void udp_mdns(struct wire *w)
{
	ask(w, AF_INET, MDNS_PORT, "udp", "OK");
	udp_send(w, AF_INET, MDNS_PORT, false);
	udp_answer(w, DNS_RESPONSE | DNS_AUTHORITATIVE);
}

/* What is sent behind MSG_MORE stands in a page of its own. */
static void udp_fragments(struct wire *w, bool connected)
{
	struct ends *e = &w->e;
	uint8_t got[DNS_MESSAGE];
	ssize_t n;

	ask(w, AF_INET, DNS_PORT, "udp", "OK");
	udp_send(w, AF_INET, DNS_PORT, connected);
	answer(w, DNS_ANSWER);
	must(w, sendto(e->server, w->answer, 5, MSG_MORE, &e->from.sa,
		       e->len) == 5 &&
	     sendto(e->server, w->answer + 5, w->alen - 5, 0, &e->from.sa,
		    e->len) > 0, "pieces");
	must(w, readable(e->client, PATIENCE * 1000), "answer");
	memset(got, WIRE_SECRET, sizeof(got));
	if (connected) {
		n = read(e->client, got, sizeof(got));
	} else {
		struct iovec iov = { got, sizeof(got) };
		struct msghdr msg = { .msg_name = &e->to,
			.msg_namelen = sizeof(e->to), .msg_iov = &iov,
			.msg_iovlen = 1 };

		n = recvmsg(e->client, &msg, 0);
	}
	must(w, n == (ssize_t)w->alen, "answer");
	close(e->client);
	done(w);
}

/* None of these is the answer: cut off, of another number, a question. */
static void udp_hostile(struct wire *w)
{
	ask(w, AF_INET, DNS_PORT, "udp", "OK");
	udp_send(w, AF_INET, DNS_PORT, true);
	answer(w, DNS_ANSWER | DNS_NXDOMAIN);
	udp_reply(w, w->answer, DNS_HEADER - 4);
	w->answer[1] ^= 1;
	udp_reply(w, w->answer, w->alen);
	udp_reply(w, w->query, w->qlen);
	udp_answer(w, DNS_ANSWER);
}

/* Names that are none: one that points at itself, one that is cut off; and one
 * with what a terminal must not see. */
static void udp_broken(struct wire *w, unsigned how)
{
	struct asked *a = ask(w, AF_INET, DNS_PORT, "udp", "NOTIMP");

	udp_send(w, AF_INET, DNS_PORT, true);
	answer(w, DNS_ANSWER | DNS_NOTIMP);
	if (how == 0) {
		w->answer[DNS_HEADER] = 0xc0;
		w->answer[DNS_HEADER + 1] = DNS_HEADER;
	} else if (how == 1) {
		w->alen = DNS_HEADER + 4;
	} else {
		w->answer[DNS_HEADER + 1] = '\n';
		w->answer[DNS_HEADER + 2] = '.';
		memcpy(a->host, "??", 2);
	}
	if (how < 2) {
		a->host[0] = '\0';
		a->qtype = "";
	}
	udp_reply(w, w->answer, w->alen);
	close(w->e.client);
	done(w);
}

/* ---- TCP --------------------------------------------------------------- */

static void tcp_open(struct wire *w, int family)
{
	struct ends *e = &w->e;

	nameserver_addr(&e->to, family, DNS_PORT);
	e->client = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(w, e->client >= 0 &&
	     !connect(e->client, &e->to.sa, addr_len(&e->to)), "connect");
	e->server = accept(w->tcp[family == AF_INET6], NULL, NULL);
	must(w, e->server >= 0, "accept");
}

static void tcp_close(struct wire *w)
{
	close(w->e.client);
	close(w->e.server);
}

static void read_all(struct wire *w, int fd, uint8_t *to, size_t len)
{
	size_t n = 0;

	while (n < len) {
		ssize_t got = read(fd, to + n, len - n);

		must(w, got > 0, "read");
		n += (size_t)got;
	}
}

static void prefix(uint8_t len[2], size_t n)
{
	len[0] = (uint8_t)(n >> 8);
	len[1] = (uint8_t)n;
}

/* The server takes the query; its answer comes in three segments, of which the
 * first ends in the header. */
static void tcp_answer(struct wire *w, unsigned flags)
{
	uint8_t msg[2 + DNS_MESSAGE], got[2 + DNS_MESSAGE];
	size_t at = 0, cut[3];

	read_all(w, w->e.server, got, 2 + w->qlen);
	answer(w, flags);
	prefix(msg, w->alen);
	memcpy(msg + 2, w->answer, w->alen);
	memset(got, WIRE_SECRET, sizeof(got));
	cut[0] = 2;
	cut[1] = 2 + 5;
	cut[2] = 2 + w->alen;
	for (unsigned i = 0; i < 3; at = cut[i++]) {
		size_t len = cut[i] - at;

		must(w, write(w->e.server, msg + at, len) == (ssize_t)len,
		     "reply");
		/* each is read before the next one is sent */
		read_all(w, w->e.client, got + at, len);
	}
	done(w);
}

/* @whole: in one sendmsg(2); else its length is a write of its own. */
static void tcp_plain(struct wire *w, int family, bool whole)
{
	uint8_t len[2];
	struct iovec iov[2] = { { len, 2 } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };

	ask(w, family, DNS_PORT, "tcp", "OK")->lport =
		local_port(w->t, w->e.client);
	prefix(len, w->qlen);
	w->began = now_ns();
	if (whole) {
		iov[1] = (struct iovec){ w->query, w->qlen };
		must(w, sendmsg(w->e.client, &msg, 0) ==
		     (ssize_t)w->qlen + 2, "sendmsg");
	} else {
		must(w, write(w->e.client, len, 2) == 2 &&
		     write(w->e.client, w->query, w->qlen) ==
		     (ssize_t)w->qlen, "write");
	}
	tcp_answer(w, DNS_ANSWER);
}

/* Two in one writev(2), as glibc asks for A and AAAA, and both answers in one
 * write; one read has them all. */
static void tcp_two(struct wire *w)
{
	uint8_t len[2][2], first[DNS_MESSAGE];
	uint8_t all[4 * DNS_MESSAGE], got[4 * DNS_MESSAGE];
	uint16_t lport = local_port(w->t, w->e.client);
	struct iovec iov[4];
	size_t n, alen;

	ask(w, AF_INET, DNS_PORT, "tcp", "OK")->lport = lport;
	memcpy(first, w->query, sizeof(first));
	prefix(len[0], w->qlen);
	iov[0] = (struct iovec){ len[0], 2 };
	iov[1] = (struct iovec){ first, w->qlen };
	answer(w, DNS_ANSWER);
	prefix(all, w->alen);
	memcpy(all + 2, w->answer, w->alen);
	alen = 2 + w->alen;
	n = 2 + w->qlen;
	w->n++;
	ask(w, AF_INET, DNS_PORT, "tcp", "OK")->lport = lport;
	prefix(len[1], w->qlen);
	iov[2] = (struct iovec){ len[1], 2 };
	iov[3] = (struct iovec){ w->query, w->qlen };
	answer(w, DNS_ANSWER);
	prefix(all + alen, w->alen);
	memcpy(all + alen + 2, w->answer, w->alen);
	alen += 2 + w->alen;
	n += 2 + w->qlen;
	w->began = now_ns();
	must(w, writev(w->e.client, iov, 4) == (ssize_t)n, "writev");
	read_all(w, w->e.server, got, n);
	must(w, write(w->e.server, all, alen) == (ssize_t)alen, "replies");
	memset(got, WIRE_SECRET, sizeof(got));
	must(w, read(w->e.client, got, sizeof(got)) == (ssize_t)alen,
	     "answers");
	done(w);
	w->log[w->n - 2].ns = w->log[w->n - 1].ns;
}

/* ---- all of them ------------------------------------------------------- */

/* Of both families, several queries on a connection. */
static void make_tcp(struct wire *w)
{
	/* as resolvers do after a truncated answer */
	udp_plain(w, AF_INET, true, "TRUNCATED", DNS_ANSWER | DNS_TRUNCATED);
	tcp_open(w, AF_INET);
	tcp_plain(w, AF_INET, true);
	tcp_two(w);
	tcp_plain(w, AF_INET, false);
	tcp_close(w);
	tcp_open(w, AF_INET6);
	tcp_plain(w, AF_INET6, false);
	tcp_plain(w, AF_INET6, true);
	tcp_close(w);
	udp_fragments(w, true);
	udp_fragments(w, false);
}

static void make_udp(struct wire *w)
{
	udp_plain(w, AF_INET, true, "OK", DNS_ANSWER);
	udp_aaaa(w);
	udp_plain(w, AF_INET6, true, "NXDOMAIN", DNS_ANSWER | DNS_NXDOMAIN);
	udp_plain(w, AF_INET, false, "SERVFAIL", DNS_ANSWER | DNS_SERVFAIL);
	udp_mdns(w);
	udp_hostile(w);
	for (unsigned how = 0; how < 3; how++)
		udp_broken(w, how);
}

static void unanswered(struct wire *w)
{
	int family = w->n & 1 ? AF_INET6 : AF_INET;

	ask(w, family, DNS_PORT, "udp", "NO_ANSWER");
	udp_send(w, family, DNS_PORT, true);
	close(w->e.client);
	w->n++;
}

/* Of all kinds, 9 and 9, as often as there is room; then plain ones. */
static void make(struct wire *w, bool calls)
{
	while (w->n + 9 + 9 <= WIRE_ROWS - WIRE_UNANSWERED) {
		make_udp(w);
		if (calls)
			make_tcp(w);
	}
	while (w->n < WIRE_ROWS - WIRE_UNANSWERED)
		udp_plain(w, w->n & 1 ? AF_INET6 : AF_INET, w->n & 2,
			  w->n & 4 ? "OK" : "REFUSED",
			  DNS_ANSWER | (w->n & 4 ? 0 : DNS_REFUSED));
	while (w->n < WIRE_ROWS)
		unanswered(w);
}

void wire_make(struct test *t, struct asked log[WIRE_ROWS], bool calls)
{
	static struct wire w;

	w.t = t;
	w.log = log;
	w.mdns = nameserver_open(t, AF_INET, SOCK_DGRAM, MDNS_PORT);
	for (unsigned i = 0; i < 2; i++) {
		int family = i ? AF_INET6 : AF_INET;

		w.udp[i] = nameserver_open(t, family, SOCK_DGRAM, DNS_PORT);
		w.tcp[i] = nameserver_open(t, family, SOCK_STREAM, DNS_PORT);
	}
	make(&w, calls);
	for (unsigned i = 0; i < 2; i++) {
		close(w.udp[i]);
		close(w.tcp[i]);
	}
	close(w.mdns);
}

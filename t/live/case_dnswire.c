/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * gethostlatency --wire: a resolver and its name server in one process, which
 * writes and reads messages in every way: over UDP and TCP, IPv4 and IPv6, in
 * pieces, several at once, truncated, in page fragments, and broken ones.  What
 * is shown is compared with the client's own log, in its order, and what is
 * behind each in memory must not be recorded.
 */
#include "net.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define ROWS 101
#define UNANSWERED 3		/* of these, at the end */
#define HEADER 12		/* bytes of a DNS header */
#define MESSAGE 512
#define SECRET 0x5a		/* each byte behind a message */

/* One row, as it must be shown. */
struct asked {
	char host[40], addrs[20];
	const char *ret, *qtype, *proto, *server, *ip;
	uint16_t port, lport;
	uint64_t ns;		/* as the client measured it; 0: it did not */
};

/* A socket pair of the two ends, over UDP or TCP. */
struct ends {
	int client, server;
	bool connected;
	struct sockaddr_storage to, from;
	socklen_t len;
};

struct wire {
	struct test *t;
	struct asked log[ROWS];
	unsigned n, id;
	/* by IPv6?: at port 53, and 5353 */
	int udp[2], tcp[2], mdns;
	struct ends e;		/* of the query at hand */
	uint64_t began;
	uint8_t query[MESSAGE], answer[MESSAGE];
	size_t qlen, alen;
};

/* ---- messages ---------------------------------------------------------- */

/* The question for name number w->n: "qN.wire.test", of @type. */
static void question(struct wire *w, unsigned type)
{
	static const uint8_t tail[] = "\4wire\4test";
	uint8_t *p = w->query;
	char label[16];
	int n = snprintf(label, sizeof(label), "q%u", w->n);

	w->id = (w->id * 7919 + 4711) & 0xffff;
	memset(p, SECRET, MESSAGE);
	memset(w->answer, SECRET, MESSAGE);
	memset(p, 0, HEADER);
	p[0] = (uint8_t)(w->id >> 8);
	p[1] = (uint8_t)w->id;
	p[2] = 1;			/* recursion desired */
	p[5] = 1;
	p[HEADER] = (uint8_t)n;
	memcpy(p + HEADER + 1, label, (size_t)n);
	p += HEADER + 1 + n;
	memcpy(p, tail, sizeof(tail));	/* the root with it */
	p += sizeof(tail);
	p[0] = p[2] = 0;
	p[1] = (uint8_t)type;
	p[3] = 1;
	w->qlen = (size_t)(p + 4 - w->query);
}

/* With flags @flags, and an address if that is no error and not cut off. */
static void answer(struct wire *w, unsigned flags)
{
	uint8_t record[] = { 0xc0, HEADER, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4,
			     10, 5, 0, (uint8_t)w->n };

	memcpy(w->answer, w->query, w->qlen);
	w->answer[2] = (uint8_t)(flags >> 8);
	w->answer[3] = (uint8_t)flags;
	w->alen = w->qlen;
	if (flags & 0x020f)
		return;
	w->answer[7] = 1;
	memcpy(w->answer + w->alen, record, sizeof(record));
	w->alen += sizeof(record);
}

/* ---- sockets ----------------------------------------------------------- */

static socklen_t loopback(struct sockaddr_storage *to, int family,
			  uint16_t port)
{
	struct sockaddr_in *in = (void *)to;
	struct sockaddr_in6 *in6 = (void *)to;

	memset(to, 0, sizeof(*to));
	to->ss_family = (sa_family_t)family;
	if (family == AF_INET) {
		in->sin_port = htons(port);
		in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		return sizeof(*in);
	}
	in6->sin6_port = htons(port);
	in6->sin6_addr = in6addr_loopback;
	return sizeof(*in6);
}

static int server(struct test *t, int family, int type, uint16_t port)
{
	struct sockaddr_storage at;
	socklen_t len = loopback(&at, family, port);
	int fd = socket(family, type | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (void *)&at, len) ||
	    (type == SOCK_STREAM && listen(fd, 8)))
		fatal(t, "no name server on port %u: %m", port);
	return fd;
}

static uint16_t local_port(struct test *t, int fd)
{
	struct sockaddr_storage at;
	socklen_t len = sizeof(at);

	if (getsockname(fd, (void *)&at, &len))
		fatal(t, "getsockname: %m");
	return ntohs(((struct sockaddr_in *)&at)->sin_port);
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
		snprintf(a->addrs, sizeof(a->addrs), "10.5.0.%u", w->n);
	a->ret = ret;
	a->qtype = "A";
	a->proto = proto;
	a->ip = family == AF_INET ? "4" : "6";
	a->server = family == AF_INET ? "127.0.0.1" : "::1";
	a->port = port;
	question(w, 1);
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
	uint8_t got[MESSAGE];
	ssize_t n;

	e->connected = connected;
	e->len = loopback(&e->to, family, port);
	e->server = port == 53 ? w->udp[family == AF_INET6] : w->mdns;
	e->client = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	must(w, e->client >= 0 && (!connected ||
	     !connect(e->client, (void *)&e->to, e->len)), "socket");
	w->began = now_ns();
	n = connected ? send(e->client, w->query, w->qlen, 0) :
		sendto(e->client, w->query, w->qlen, 0, (void *)&e->to, e->len);
	must(w, n == (ssize_t)w->qlen, "send");
	w->log[w->n].lport = local_port(w->t, e->client);
	e->len = sizeof(e->from);
	must(w, readable(e->server, PATIENCE * 1000) &&
	     recvfrom(e->server, got, sizeof(got), 0, (void *)&e->from,
		      &e->len) == n, "query");
}

/* The server sends that, the client reads it. */
static void udp_reply(struct wire *w, const uint8_t *msg, size_t len)
{
	uint8_t got[MESSAGE];

	must(w, sendto(w->e.server, msg, len, 0, (void *)&w->e.from,
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
	ask(w, family, 53, "udp", ret);
	udp_send(w, family, 53, connected);
	udp_answer(w, flags);
}

static void udp_aaaa(struct wire *w)
{
	ask(w, AF_INET6, 53, "udp", "OK")->qtype = "AAAA";
	question(w, 28);
	udp_send(w, AF_INET6, 53, false);
	udp_answer(w, 0x8180);
}

static void udp_mdns(struct wire *w)
{
	ask(w, AF_INET, 5353, "udp", "OK");
	udp_send(w, AF_INET, 5353, false);
	udp_answer(w, 0x8400);
}

/* What is sent behind MSG_MORE stands in a page of its own. */
static void udp_fragments(struct wire *w, bool connected)
{
	struct ends *e = &w->e;
	uint8_t got[MESSAGE];
	ssize_t n;

	ask(w, AF_INET, 53, "udp", "OK");
	udp_send(w, AF_INET, 53, connected);
	answer(w, 0x8180);
	must(w, sendto(e->server, w->answer, 5, MSG_MORE, (void *)&e->from,
		       e->len) == 5 &&
	     sendto(e->server, w->answer + 5, w->alen - 5, 0, (void *)&e->from,
		    e->len) > 0, "pieces");
	must(w, readable(e->client, PATIENCE * 1000), "answer");
	memset(got, SECRET, sizeof(got));
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
	ask(w, AF_INET, 53, "udp", "OK");
	udp_send(w, AF_INET, 53, true);
	answer(w, 0x8183);
	udp_reply(w, w->answer, HEADER - 4);
	w->answer[1] ^= 1;
	udp_reply(w, w->answer, w->alen);
	udp_reply(w, w->query, w->qlen);
	udp_answer(w, 0x8180);
}

/* Names that are none: one that points at itself, one that is cut off; and one
 * with what a terminal must not see. */
static void udp_broken(struct wire *w, unsigned how)
{
	struct asked *a = ask(w, AF_INET, 53, "udp", "NOTIMP");

	udp_send(w, AF_INET, 53, true);
	answer(w, 0x8184);
	if (how == 0) {
		w->answer[HEADER] = 0xc0;
		w->answer[HEADER + 1] = HEADER;
	} else if (how == 1) {
		w->alen = HEADER + 4;
	} else {
		w->answer[HEADER + 1] = '\n';
		w->answer[HEADER + 2] = '.';
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

	e->len = loopback(&e->to, family, 53);
	e->client = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(w, e->client >= 0 && !connect(e->client, (void *)&e->to, e->len),
	     "connect");
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
	uint8_t msg[2 + MESSAGE], got[2 + MESSAGE];
	size_t at = 0, cut[3];

	read_all(w, w->e.server, got, 2 + w->qlen);
	answer(w, flags);
	prefix(msg, w->alen);
	memcpy(msg + 2, w->answer, w->alen);
	memset(got, SECRET, sizeof(got));
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

	ask(w, family, 53, "tcp", "OK")->lport =
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
	tcp_answer(w, 0x8180);
}

/* Two in one writev(2), as glibc asks for A and AAAA, and both answers in one
 * write; one read has them all. */
static void tcp_two(struct wire *w)
{
	uint8_t len[2][2], first[MESSAGE], all[4 * MESSAGE], got[4 * MESSAGE];
	uint16_t lport = local_port(w->t, w->e.client);
	struct iovec iov[4];
	size_t n, alen;

	ask(w, AF_INET, 53, "tcp", "OK")->lport = lport;
	memcpy(first, w->query, sizeof(first));
	prefix(len[0], w->qlen);
	iov[0] = (struct iovec){ len[0], 2 };
	iov[1] = (struct iovec){ first, w->qlen };
	answer(w, 0x8180);
	prefix(all, w->alen);
	memcpy(all + 2, w->answer, w->alen);
	alen = 2 + w->alen;
	n = 2 + w->qlen;
	w->n++;
	ask(w, AF_INET, 53, "tcp", "OK")->lport = lport;
	prefix(len[1], w->qlen);
	iov[2] = (struct iovec){ len[1], 2 };
	iov[3] = (struct iovec){ w->query, w->qlen };
	answer(w, 0x8180);
	prefix(all + alen, w->alen);
	memcpy(all + alen + 2, w->answer, w->alen);
	alen += 2 + w->alen;
	n += 2 + w->qlen;
	w->began = now_ns();
	must(w, writev(w->e.client, iov, 4) == (ssize_t)n, "writev");
	read_all(w, w->e.server, got, n);
	must(w, write(w->e.server, all, alen) == (ssize_t)alen, "replies");
	memset(got, SECRET, sizeof(got));
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
	udp_plain(w, AF_INET, true, "TRUNCATED", 0x8380);
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
	udp_plain(w, AF_INET, true, "OK", 0x8180);
	udp_aaaa(w);
	udp_plain(w, AF_INET6, true, "NXDOMAIN", 0x8183);
	udp_plain(w, AF_INET, false, "SERVFAIL", 0x8182);
	udp_mdns(w);
	udp_hostile(w);
	for (unsigned how = 0; how < 3; how++)
		udp_broken(w, how);
}

static void unanswered(struct wire *w)
{
	int family = w->n & 1 ? AF_INET6 : AF_INET;

	ask(w, family, 53, "udp", "NO_ANSWER");
	udp_send(w, family, 53, true);
	close(w->e.client);
	w->n++;
}

static void make(struct wire *w, bool calls)
{
	w->mdns = server(w->t, AF_INET, SOCK_DGRAM, 5353);
	for (unsigned i = 0; i < 2; i++) {
		int family = i ? AF_INET6 : AF_INET;

		w->udp[i] = server(w->t, family, SOCK_DGRAM, 53);
		w->tcp[i] = server(w->t, family, SOCK_STREAM, 53);
	}
	while (w->n + 9 + 9 <= ROWS - UNANSWERED) {
		make_udp(w);
		if (calls)
			make_tcp(w);
	}
	while (w->n < ROWS - UNANSWERED)
		udp_plain(w, w->n & 1 ? AF_INET6 : AF_INET, w->n & 2,
			  w->n & 4 ? "OK" : "REFUSED",
			  w->n & 4 ? 0x8180 : 0x8185);
	while (w->n < ROWS)
		unanswered(w);
	for (unsigned i = 0; i < 2; i++) {
		close(w->udp[i]);
		close(w->tcp[i]);
	}
	close(w->mdns);
}

static void check_row(struct wire *w, const struct table *tb, unsigned row,
		      const struct asked *a)
{
	char pid[16], port[16], lport[16];
	const char *const want[] = { "pid", pid, "host", a->host, "ret", a->ret,
		"qtype", a->qtype, "addrs", a->addrs, "proto", a->proto, "ip",
		a->ip, "raddr", a->server, "rport", port, "lport", lport,
		"func", "wire", NULL };
	uint64_t ns = 0;

	snprintf(pid, sizeof(pid), "%d", getpid());
	snprintf(port, sizeof(port), "%u", a->port);
	snprintf(lport, sizeof(lport), "%u", a->lport);
	for (unsigned i = 0; want[i]; i += 2)
		if (strcmp(table_cell(tb, row, want[i]), want[i + 1]))
			differ(w->t, "row %u: %s is '%s', made: '%s' (%s %s)",
			       row, want[i], table_cell(tb, row, want[i]),
			       want[i + 1], a->host, a->proto);
	cell_u64(table_cell(tb, row, "duration_ns"), &ns);
	if (!ns || (a->ns && ns > a->ns))
		differ(w->t, "row %u took %llu ns, of %llu that the client "
		       "waited", row, (unsigned long long)ns,
		       (unsigned long long)a->ns);
}

/* What has no answer is shown as the tool stops, in no order. */
static const struct asked *made(const struct wire *w, const struct table *tb,
				unsigned row)
{
	for (unsigned i = ROWS - UNANSWERED; i < ROWS; i++)
		if (row >= ROWS - UNANSWERED &&
		    !strcmp(table_cell(tb, row, "host"), w->log[i].host))
			return &w->log[i];
	return &w->log[row];
}

static void check(struct wire *w, const char *csv)
{
	struct table tb;
	unsigned tcp = 0;

	if (!table_parse(&tb, w->t, csv))
		return;
	if (tb.nrows != ROWS)
		differ(w->t, "%u rows shown, %u queries made", tb.nrows, ROWS);
	for (unsigned i = 0; i < tb.nrows && i < ROWS; i++) {
		check_row(w, &tb, i, made(w, &tb, i));
		tcp += !strcmp(table_cell(&tb, i, "proto"), "tcp");
	}
	summary(w->t, "%u queries shown, %u over TCP, %u without an answer",
		tb.nrows, tcp, UNANSWERED);
	table_release(&tb);
}

/* Are the calls of this C library seen?  Where no function can be watched
 * socketcall(2) is not, nor errors on MIPS. */
static bool has_calls(const struct test *t)
{
#if defined(__i386__) || defined(__s390x__) || defined(__mips__)
	return test_probes(t);
#else
	return test_probes(t) ||
	       !test_hides(t, "no-hook=tracepoint:syscalls/*");
#endif
}

/* Eight bytes of it are no chance. */
static void check_secret(struct test *t, const char *path)
{
	static const char secret[8] = { SECRET, SECRET, SECRET, SECRET,
					SECRET, SECRET, SECRET, SECRET };
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t n = 0;
	char *text = fd < 0 ? NULL : slurp_fd(fd, &n);

	if (!text || memmem(text, n, secret, sizeof(secret)))
		differ(t, "what is behind a message is in the capture");
	free(text);
	close(fd);
	unlink(path);
}

static void dnswire(struct test *t)
{
	static struct wire w;
	char path[256];
	struct netns ns;
	struct tool r;

	w.t = t;
	temp_path(path, sizeof(path), "dnswire");
	netns_new(t, &ns);
	tool_init(&r, t, ns.inum);
	tool_start(&r, "gethostlatency",
		   ARGS("--wire", "--timeout", "1h", "--csv", "--strict", "-o",
			"pid,host,ret,qtype,addrs,proto,ip,raddr,rport,lport,"
			"func,duration_ns", "-W", path));
	netns_enter(t, &ns);
	make(&w, has_calls(t));
	netns_leave(t);
	tool_stop(&r, SIGINT);
	tool_check_clean(&r);
	check(&w, r.text);
	check_secret(t, path);
	tool_release(&r);
	netns_free(&ns);
}

const struct live_case dnswire_cases[] = {
	{ "gethostlatency-wire", "DNS over UDP and TCP, in pieces, and broken",
	  300, dnswire, false },
	{ NULL, NULL, 0, NULL, false },
};

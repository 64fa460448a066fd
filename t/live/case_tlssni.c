/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tlssni: ClientHellos made by hand, which this process sends itself over
 * loopback, by each call that sends; one thread, so that rows come in order.
 */
#include "traffic.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
	ROUNDS = 10, ROWS = 128, LONG_NAME = 200, NAME_SEEN = 155,
	EXT_NAME = 0, EXT_ALPN = 16, EXT_VERSIONS = 43, EXT_KEY_SHARE = 51,
	EXT_ECH = 0xfe0d, EXT_GREASE = 0x2a2a,
};

/* A row as it must be. */
struct row {
	char name[LONG_NAME + 1];
	const char *alpn, *version, *notes, *raddr;
	uint16_t lport, rport;
};

struct made {
	struct test *t;
	const char *raddr;	/* of the connection at hand */
	uint16_t lport, rport;
	int from, to;
	unsigned call;		/* the next one sends by this */
	unsigned n, refused;
	struct row rows[ROWS];
};

/* ---- ClientHellos ------------------------------------------------------- */

struct hello {
	unsigned char b[8192];
	size_t len;
};

static void put(struct hello *h, const void *data, size_t len)
{
	memcpy(h->b + h->len, data, len);
	h->len += len;
}

static void put8(struct hello *h, unsigned v)
{
	h->b[h->len++] = (unsigned char)v;
}

static void put16(struct hello *h, unsigned v)
{
	put8(h, v >> 8);
	put8(h, v & 255);
}

static void set16(struct hello *h, size_t at, size_t v)
{
	h->b[at] = (unsigned char)(v >> 8);
	h->b[at + 1] = (unsigned char)v;
}

/* Up to the length of the extensions; where that is. */
static size_t begin(struct hello *h)
{
	static const unsigned char head[] = {
		22, 3, 1, 0, 0,		/* record */
		1, 0, 0, 0, 3, 3,	/* ClientHello, legacy_version */
	};

	h->len = 0;
	put(h, head, sizeof(head));
	memset(h->b + h->len, 'r', 32);
	h->len += 32;
	put8(h, 32);
	memset(h->b + h->len, 's', 32);
	h->len += 32;
	put16(h, 4);
	put16(h, 0x1301);
	put16(h, 0x1302);
	put16(h, 0x0100);	/* one compression method: none */
	put16(h, 0);
	return h->len - 2;
}

/* All lengths are known now; @extensions 0: there are none. */
static void finish(struct hello *h, size_t extensions)
{
	if (extensions)
		set16(h, extensions, h->len - extensions - 2);
	else
		h->len -= 2;
	set16(h, 3, h->len - 5);
	set16(h, 7, h->len - 9);
}

static void put_name(struct hello *h, const char *name)
{
	size_t n = strlen(name);

	put16(h, EXT_NAME);
	put16(h, (unsigned)n + 5);
	put16(h, (unsigned)n + 3);
	put8(h, 0);
	put16(h, (unsigned)n);
	put(h, name, n);
}

static void put_alpn(struct hello *h)
{
	put16(h, EXT_ALPN);
	put16(h, 14);
	put16(h, 12);
	put(h, "\2h2\x08http/1.1", 12);
}

static void put_versions(struct hello *h)
{
	put16(h, EXT_VERSIONS);
	put16(h, 7);
	put(h, "\6\x4a\x4a\3\4\3\3", 7);
}

/* Of a kind that nobody looks at. */
static void put_other(struct hello *h, unsigned type, size_t len)
{
	put16(h, type);
	put16(h, (unsigned)len);
	memset(h->b + h->len, 'k', len);
	h->len += len;
}

/* ---- sending ------------------------------------------------------------ */

static struct row *add(struct made *m, const char *name)
{
	struct row *r = &m->rows[m->n++];

	if (m->n == ROWS)
		fatal(m->t, "too many rows");
	snprintf(r->name, sizeof(r->name), "%s", name);
	r->alpn = "h2,http/1.1";
	r->version = "1.3";
	r->notes = "";
	r->raddr = m->raddr;
	r->lport = m->lport;
	r->rport = m->rport;
	return r;
}

/* By write(2), send(2), sendmsg(2), writev(2) in turn; the last two have two
 * buffers, of which the first has @first bytes.  Where system calls are
 * watched socketcall(2) is not. */
static void give(struct made *m, const void *data, size_t len, size_t first)
{
	struct iovec iov[2] = { { (void *)data, first },
				{ (char *)data + first, len - first } };
	struct msghdr h = { .msg_iov = iov, .msg_iovlen = first < len ? 2 : 1 };
	unsigned call = first < len ? 2 + m->call++ % 2 : m->call++ % 4;
	char got[8192];
	ssize_t n;

#if defined(__i386__) || defined(__s390x__)
	if (!test_probes(m->t))
		call = first < len ? 3 : 0;
#endif
	switch (call) {
	case 0: n = write(m->from, data, len); break;
	case 1: n = send(m->from, data, len, 0); break;
	case 2: n = sendmsg(m->from, &h, 0); break;
	default: n = writev(m->from, iov, h.msg_iovlen);
	}
	if (n != (ssize_t)len)
		fatal(m->t, "send: %m");
	if (recv(m->to, got, len, MSG_WAITALL) != (ssize_t)len)
		fatal(m->t, "recv: %m");
}

static void give_hello(struct made *m, const struct hello *h)
{
	give(m, h->b, h->len, h->len);
}

/* As most are, and with the name behind large key shares. */
static void usual(struct made *m, unsigned i)
{
	static struct hello h;
	char name[32];
	size_t at = begin(&h);

	snprintf(name, sizeof(name), "host-%u.example", i);
	put_other(&h, EXT_GREASE, 0);
	if (i % 2) {
		put_other(&h, EXT_KEY_SHARE, 1184 + 32 + 10);
		put_other(&h, 21, 4000);
	}
	put_alpn(&h);
	put_versions(&h);
	put_name(&h, name);
	finish(&h, at);
	give_hello(m, &h);
	add(m, name);
}

/* Older ones: without extensions, without a name. */
static void old(struct made *m)
{
	static struct hello h;
	struct row *r;
	size_t at;

	begin(&h);
	finish(&h, 0);
	give_hello(m, &h);
	r = add(m, "");
	r->alpn = "";
	r->version = "1.2";
	at = begin(&h);
	h.b[10] = 1;		/* TLS 1.0 */
	put_other(&h, 10, 8);
	finish(&h, at);
	give_hello(m, &h);
	r = add(m, "");
	r->alpn = "";
	r->version = "1.0";
}

static void encrypted(struct made *m)
{
	static struct hello h;
	size_t at = begin(&h);

	put_name(&h, "public.example");
	put_other(&h, EXT_ECH, 240);
	put_versions(&h);
	put_alpn(&h);
	finish(&h, at);
	give_hello(m, &h);
	add(m, "public.example")->notes = "ECH";
}

/* In two writes, or in two buffers, the name in the second. */
static void split(struct made *m)
{
	static struct hello h;
	size_t at = begin(&h), first;
	struct row *r;

	put_versions(&h);
	put_alpn(&h);
	first = h.len + 7;
	put_name(&h, "split.example");
	finish(&h, at);
	give(m, h.b, first, first);
	give(m, h.b + first, h.len - first, h.len - first);
	add(m, "")->notes = "CUT";
	give(m, h.b, h.len, first);
	add(m, "")->notes = "CUT";
	give(m, h.b, 60, 60);
	give(m, h.b + 60, h.len - 60, h.len - 60);
	r = add(m, "");
	r->notes = "CUT";
	r->alpn = "";
	r->version = "1.2";
}

/* A name, and extensions, of which there is no end. */
static void long_ones(struct made *m)
{
	char name[LONG_NAME + 1];
	static struct hello h;
	size_t at = begin(&h);
	unsigned i;

	memset(name, 'n', LONG_NAME);
	name[LONG_NAME] = '\0';
	put_versions(&h);
	put_alpn(&h);
	put_name(&h, name);
	finish(&h, at);
	give_hello(m, &h);
	name[NAME_SEEN] = '\0';
	add(m, name)->notes = "CUT";
	at = begin(&h);
	put_versions(&h);
	put_alpn(&h);
	for (i = 0; i < 40; i++)
		put_other(&h, 1000 + i, 1);
	put_name(&h, "far.example");
	finish(&h, at);
	give_hello(m, &h);
	add(m, "")->notes = "CUT";
}

/* What is none, but begins as one. */
static void others(struct made *m)
{
	static struct hello h;
	size_t at = begin(&h);

	put_name(&h, "none.example");
	finish(&h, at);
	h.b[0] = 23;		/* application data */
	give_hello(m, &h);
	h.b[0] = 22;
	h.b[5] = 2;		/* ServerHello */
	give_hello(m, &h);
	h.b[5] = 1;
	h.b[7] = h.b[8] = 0;	/* shorter than its record */
	give_hello(m, &h);
	give(m, "GET / HTTP/1.1\r\n\r\n", 18, 18);
}

/* The kernel takes it once there is room again, and not before; how often it
 * was asked in vain. */
static unsigned insist(struct made *m, const struct hello *h)
{
	static const char fill[4096];
	char got[sizeof(fill)];
	unsigned refused = 0;
	size_t filled = 0;
	ssize_t n;

	while ((n = send(m->from, fill, sizeof(fill), MSG_DONTWAIT)) > 0)
		filled += (size_t)n;
	while ((n = send(m->from, h->b, h->len, MSG_DONTWAIT)) < 0) {
		if (errno != EAGAIN)
			fatal(m->t, "send: %m");
		if (++refused < 3)
			continue;
		n = recv(m->to, got, sizeof(got), MSG_DONTWAIT);
		filled -= n > 0 ? (size_t)n : 0;
	}
	for (filled += (size_t)n; filled; filled -= (size_t)n) {
		n = recv(m->to, got, filled < sizeof(got) ? filled :
			 sizeof(got), 0);
		if (n <= 0)
			fatal(m->t, "recv: %m");
	}
	return refused;
}

/* Without the kernel's types each try is shown. */
static void refused(struct made *m)
{
	static struct hello h;
	size_t at = begin(&h);

	put_name(&h, "again.example");
	put_versions(&h);
	put_alpn(&h);
	finish(&h, at);
	if (test_btf(m->t)) {
		m->refused += insist(m, &h);
		add(m, "again.example");
	}
}

static void make(struct made *m, int family, const char *addr)
{
	int l = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const int few = 1 << 15;
	socklen_t len;
	union addr a;
	unsigned i;

	addr_set(&a, family, addr, 0);
	len = addr_len(&a);
	if (l < 0 || bind(l, &a.sa, len) || listen(l, 1) ||
	    getsockname(l, &a.sa, &len))
		fatal(m->t, "listen on %s: %m", addr);
	m->raddr = addr;
	m->rport = addr_port(&a);
	m->from = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(l, SOL_SOCKET, SO_RCVBUF, &few, sizeof(few));
	setsockopt(m->from, SOL_SOCKET, SO_SNDBUF, &few, sizeof(few));
	if (m->from < 0 || connect(m->from, &a.sa, len) ||
	    getsockname(m->from, &a.sa, &len))
		fatal(m->t, "connect to %s: %m", addr);
	m->lport = addr_port(&a);
	m->to = accept(l, NULL, NULL);
	for (i = 0; i < ROUNDS; i++)
		usual(m, i);
	for (i = 0; i < 2; i++) {
		old(m);
		encrypted(m);
		split(m);
		long_ones(m);
		others(m);
		refused(m);
	}
	close(m->from);
	close(m->to);
	close(l);
}

/* ---- what was shown ----------------------------------------------------- */

static void check_row(void *made, const struct table *tb, unsigned i)
{
	const struct made *m = made;
	const struct row *r = &m->rows[i];
	char pid[16], lport[8], rport[8];
	const char *want[] = {
		"pid", pid, "raddr", r->raddr, "laddr", r->raddr, "lport",
		lport, "rport", rport, "tls_version", r->version, "alpn",
		r->alpn, "server_name", r->name, "notes", r->notes, NULL
	};

	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	snprintf(lport, sizeof(lport), "%u", r->lport);
	snprintf(rport, sizeof(rport), "%u", r->rport);
	if (!table_matches(tb, i, want))
		differ(m->t, "row %u: %s:%s %s %s \"%s\" %s, should be %s:%s "
		       "%s %s \"%s\" %s", i, table_cell(tb, i, "raddr"),
		       table_cell(tb, i, "rport"),
		       table_cell(tb, i, "tls_version"),
		       table_cell(tb, i, "alpn"),
		       table_cell(tb, i, "server_name"),
		       table_cell(tb, i, "notes"), r->raddr, rport,
		       r->version, r->alpn, r->name, r->notes);
}

static void check(struct made *m, struct tool *r)
{
	struct table tb;

	if (!table_made(&tb, r, m->n, check_row, m))
		return;
	summary(m->t, "%u ClientHellos sent, %u refused at first, %u rows",
		m->n, m->refused, tb.nrows);
	table_release(&tb);
}

static void tlssni(struct test *t)
{
	struct made *m = xcalloc(1, sizeof(*m));
	struct netns ns;
	struct tool r;
	char pid[16];

	m->t = t;
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	netns_new(t, &ns);
	tool_init(&r, t, ns.inum);
	r.may_lack = !test_probes(t);
	tool_start(&r, "tlssni", ARGS("--csv", "--strict", "-p", pid, "-o",
				      "+laddr,lport"));
	netns_enter(t, &ns);
	make(m, AF_INET, "127.0.0.1");
	make(m, AF_INET6, "::1");
	netns_leave(t);
	check(m, &r);
	tool_release(&r);
	netns_free(&ns);
	free(m);
}

const struct live_case tlssni_cases[] = {
	{ "tlssni", "ClientHellos, whole, cut and false ones", 300, tlssni,
	  false },
	{ NULL, NULL, 0, NULL, false },
};

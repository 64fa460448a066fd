/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * udpconnect, bindsnoop, solisten, udplife: calls about sockets that this
 * process makes itself; the first three see them at a time.
 */
#include "traffic.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	ROUNDS = 3, SENDS = 11, PEER = 9, SOMAXCONN_SET = 41,
	REUSES = 7, UDP_ROWS = 6 + REUSES, BIND_ROWS = 3 + REUSES,
	AUTO_ROWS = 3, LISTEN_ROWS = 4,
	FAMILIES = 3,
};

/* IPv4, IPv6, and mapped. */
static const struct {
	int family;
	const char *ip, *here, *there, *nowhere;
} nets[FAMILIES] = {
	{ AF_INET, "4", "127.0.0.1", "127.0.0.2", "192.0.2.1" },
	{ AF_INET6, "6", "::1", "fd00::1", "2001:db8::1" },
	{ AF_INET6, "46", "127.0.0.1", "127.0.0.3", "192.0.2.2" },
};

/* A row as it must be: columns and what they say, in text of its own. */
struct row {
	char text[16][48];
	const char *kv[17];
	unsigned n;
};

struct made {
	struct test *t;
	bool implicit;		/* ports that the kernel gave are shown */
	struct row udp[ROUNDS * FAMILIES * UDP_ROWS];
	struct row bind[ROUNDS * FAMILIES * (BIND_ROWS + AUTO_ROWS)];
	struct row listen[ROUNDS * (FAMILIES * LISTEN_ROWS + 1)];
	unsigned nudp, nbind, nlisten;
};

static void __attribute__((format(printf, 3, 4)))
say(struct row *r, const char *key, const char *fmt, ...)
{
	va_list ap;

	r->kv[r->n] = key;
	r->kv[r->n + 1] = r->text[r->n];
	va_start(ap, fmt);
	vsnprintf(r->text[r->n], sizeof(r->text[0]), fmt, ap);
	va_end(ap);
	r->n += 2;
}

/* ---- calls -------------------------------------------------------------- */

static union addr end_of(const struct made *m, int fd)
{
	union addr a;
	socklen_t len = sizeof(a);

	if (getsockname(fd, &a.sa, &len))
		fatal(m->t, "getsockname: %s", strerror(errno));
	return a;
}

static uint16_t port_of(const struct made *m, int fd)
{
	union addr a = end_of(m, fd);

	return addr_port(&a);
}

static int new_socket(const struct made *m, unsigned k, int type)
{
	int fd = socket(nets[k].family, type | SOCK_CLOEXEC, 0);

	if (fd < 0)
		fatal(m->t, "socket: %s", strerror(errno));
	return fd;
}

/* What a call returned must be that; its name in rows. */
static const char *outcome(const struct made *m, const char *call, int ret,
			   int err)
{
	int got = ret < 0 ? errno : 0;

	if (got != err)
		fatal(m->t, "%s: %s, should be %s", call, strerror(got),
		      strerror(err));
	switch (err) {
	case ENETUNREACH: return "ENETUNREACH";
	case EADDRINUSE: return "EADDRINUSE";
	default: return "";
	}
}

/* ---- UDP ---------------------------------------------------------------- */

static struct row *udp_row(struct made *m, unsigned k, const char *op,
			   const char *raddr, const char *result)
{
	struct row *r = &m->udp[m->nudp++];

	say(r, "op", "%s", op);
	say(r, "ip", "%s", nets[k].ip);
	say(r, "raddr", "%s", raddr);
	say(r, "rport", "%d", PEER);
	say(r, "result_name", "%s", result);
	return r;
}

static void udp_connect(struct made *m, int fd, unsigned k, const char *raddr,
			int err)
{
	const char *result;
	char laddr[46];
	struct row *r;
	union addr a;

	addr_set(&a, nets[k].family, raddr, PEER);
	result = outcome(m, "connect", connect(fd, &a.sa, addr_len(&a)), err);
	r = udp_row(m, k, "CONNECT", raddr, result);
	say(r, "lport", "%u", port_of(m, fd));
	if (err)
		return;
	a = end_of(m, fd);
	addr_text(&a, laddr, sizeof(laddr));
	say(r, "laddr", "%s", laddr);
}

static void udp_dissolve(struct made *m, int fd, unsigned k, const char *raddr)
{
	union addr a = { .sa.sa_family = AF_UNSPEC };

	outcome(m, "dissolve", connect(fd, &a.sa, sizeof(a.in)), 0);
	udp_row(m, k, "DISSOLVE", raddr, "");
}

static ssize_t send_to(int fd, const union addr *a, size_t len, bool msg)
{
	static char data[256];
	struct iovec iov = { data, len };
	struct msghdr h = { .msg_name = (void *)a, .msg_iov = &iov,
			    .msg_iovlen = 1 };

	if (!msg)
		return sendto(fd, data, len, 0, &a->sa, addr_len(a));
	h.msg_namelen = addr_len(a);
	return sendmsg(fd, &h, 0);
}

/* The first, all after it, and one that fails. */
static void udp_send(struct made *m, int fd, unsigned k, size_t len)
{
	const char *result;
	struct row *r;
	union addr a;
	unsigned i;

	addr_set(&a, nets[k].family, nets[k].there, PEER);
	for (i = 0; i < SENDS; i++)
		if (send_to(fd, &a, len, i % 2) != (ssize_t)len)
			fatal(m->t, "send: %s", strerror(errno));
	r = udp_row(m, k, "SEND", nets[k].there, "");
	say(r, "sends", "1");
	say(r, "tx_bytes", "%zu", len);
	say(r, "lport", "%u", port_of(m, fd));
	r = udp_row(m, k, "MORE", nets[k].there, "");
	say(r, "sends", "%d", SENDS - 1);
	say(r, "tx_bytes", "%zu", (SENDS - 1) * len);
	say(r, "lport", "%u", port_of(m, fd));
	addr_set(&a, nets[k].family, nets[k].nowhere, PEER);
	result = outcome(m, "send", send_to(fd, &a, len, false), ENETUNREACH);
	say(udp_row(m, k, "SEND", nets[k].nowhere, result), "sends", "0");
}

/* It was never bound. */
static void auto_bound(struct made *m, int fd)
{
	struct row *r;

	if (!m->implicit)
		return;
	r = &m->bind[m->nbind++];
	say(r, "op", "AUTO");
	say(r, "proto", "udp");
	say(r, "asked_port", "0");
	say(r, "lport", "%u", port_of(m, fd));
	say(r, "result_name", "%s", "");
}

/* Sockets stay open: ports, and where the kernel has them, are used once. */
static void make_udp(struct made *m, unsigned round, unsigned k)
{
	int fd = new_socket(m, k, SOCK_DGRAM);

	udp_connect(m, fd, k, nets[k].there, 0);
	auto_bound(m, fd);
	udp_dissolve(m, fd, k, nets[k].there);
	fd = new_socket(m, k, SOCK_DGRAM);
	udp_connect(m, fd, k, nets[k].nowhere, ENETUNREACH);
	auto_bound(m, fd);
	fd = new_socket(m, k, SOCK_DGRAM);
	udp_send(m, fd, k, 10 * round + k + 1);
	auto_bound(m, fd);
}

/* ---- bind and listen ---------------------------------------------------- */

static void do_bind(struct made *m, int fd, unsigned k, const char *proto,
		    uint16_t port, int err)
{
	struct row *r = &m->bind[m->nbind++];
	const char *result;
	union addr a;
	int reuse = 0;
	socklen_t len = sizeof(reuse);

	addr_set(&a, nets[k].family, nets[k].here, port);
	result = outcome(m, "bind", bind(fd, &a.sa, addr_len(&a)), err);
	getsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &reuse, &len);
	say(r, "op", "BIND");
	say(r, "proto", "%s", proto);
	say(r, "laddr", "%s", nets[k].here);
	say(r, "asked_port", "%u", port);
	say(r, "lport", "%u", err ? port : port_of(m, fd));
	say(r, "result_name", "%s", result);
	if (test_types(m->t))
		say(r, "opts", "%s", reuse ? "reuseaddr" : "none");
}

static struct row *do_listen(struct made *m, int fd, const char *proto,
			     int backlog, int err)
{
	struct row *r = &m->listen[m->nlisten++];
	const char *result = outcome(m, "listen", listen(fd, backlog), err);

	say(r, "proto", "%s", proto);
	say(r, "backlog", "%d", backlog < SOMAXCONN_SET ? backlog :
	    SOMAXCONN_SET);
	say(r, "result_name", "%s", result);
	return r;
}

/* One after the other has the same port, and the same memory, too, once the
 * kernel is done with it: each is one that sends for the first time. */
static void make_reused(struct made *m, unsigned k)
{
	uint16_t port = 0;
	struct row *r;
	union addr a;
	unsigned i;
	int fd;

	addr_set(&a, nets[k].family, nets[k].there, PEER);
	for (i = 0; i < REUSES; i++) {
		fd = new_socket(m, k, SOCK_DGRAM);
		do_bind(m, fd, k, "udp", port, 0);
		port = port_of(m, fd);
		if (send_to(fd, &a, 1, false) != 1)
			fatal(m->t, "send: %s", strerror(errno));
		r = udp_row(m, k, "SEND", nets[k].there, "");
		say(r, "sends", "1");
		say(r, "lport", "%u", port);
		close(fd);
		nap_ms(20);
	}
}

/* Two that may have the same port, of which one may listen; one that has no
 * port. */
static void make_tcp(struct made *m, unsigned round, unsigned k)
{
	int fd = new_socket(m, k, SOCK_STREAM), on = 1;
	int other = new_socket(m, k, SOCK_STREAM);
	int any = new_socket(m, k, SOCK_STREAM);
	struct row *r;
	uint16_t port;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	do_bind(m, fd, k, "tcp", 0, 0);
	port = port_of(m, fd);
	do_bind(m, other, k, "tcp", port, EADDRINUSE);
	setsockopt(other, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	do_bind(m, other, k, "tcp", port, 0);
	say(do_listen(m, fd, "tcp", 3 + round, 0), "lport", "%u", port);
	say(do_listen(m, fd, "tcp", 1009, 0), "laddr", "%s", nets[k].here);
	do_listen(m, other, "tcp", 3 + round, EADDRINUSE);
	r = do_listen(m, any, "tcp", 1 + round, 0);
	say(r, "lport", "%u", port_of(m, any));
}

static void make_unix(struct made *m, unsigned round)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct row *r;

	snprintf(a.sun_path + 1, sizeof(a.sun_path) - 1, "sockeye %u %d",
		 round, (int)getpid());
	outcome(m, "AF_UNIX", bind(fd, (struct sockaddr *)&a,
				   offsetof(struct sockaddr_un, sun_path) + 1 +
				   strlen(a.sun_path + 1)), 0);
	r = do_listen(m, fd, "unix", 5, 0);
	if (test_types(m->t))
		say(r, "path", "@%s", a.sun_path + 1);
}

/* ---- what was shown ------------------------------------------------------ */

static void explain(struct test *t, const char *name, const struct row *r,
		    unsigned found)
{
	char buf[400] = "";
	size_t n = 0;
	unsigned i;

	for (i = 0; i < r->n && n < sizeof(buf); i += 2)
		n += snprintf(buf + n, sizeof(buf) - n, " %s=%s", r->kv[i],
			      r->kv[i + 1]);
	differ(t, "%s: %u rows with%s", name, found, buf);
}

/* Each that was made is there once, and there are no others.  (Of calls that
 * look alike as many as were made.) */
static void check(struct made *m, struct tool *tool, const struct row *rows,
		  unsigned n)
{
	struct table tb;
	unsigned i, j;
	bool *taken;

	tool_stop(tool, SIGINT);
	tool_check_clean(tool);
	if (!table_parse(&tb, m->t, tool->text))
		return;
	taken = xcalloc(tb.nrows + 1, sizeof(*taken));
	for (i = 0; i < n; i++) {
		for (j = 0; j < tb.nrows; j++)
			if (!taken[j] && table_matches(&tb, j, rows[i].kv))
				break;
		if (j == tb.nrows)
			explain(m->t, tool->name, &rows[i], 0);
		else
			taken[j] = true;
	}
	if (tb.nrows != n)
		differ(m->t, "%s: %u rows, %u calls", tool->name, tb.nrows, n);
	summary(m->t, "%s%s %u calls, %u rows", *m->t->res->summary ? ", " :
		"", tool->name, n, tb.nrows);
	free(taken);
	table_release(&tb);
	tool_release(tool);
}

/* Where the C library calls socketcall(2), its calls are not seen by the
 * events that are left then. */
static void need_probes(struct test *t)
{
#if defined(__i386__) || defined(__s390x__) || defined(__mips__)
	if (!test_probes(t))
		skip(t, "these may be a socketcall(2)");
#else
	(void)t;
#endif
}

static void start(struct made *m, struct tool *tool, const struct netns *ns,
		  const char *name, const char *columns, const char *option)
{
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	tool_init(tool, m->t, ns->inum);
	tool->may_lack = !test_probes(m->t);
	tool_start(tool, name, ARGS("--csv", "--strict", "-p", pid, "-o",
				    columns, option));
}

/* A function of one file, which compilers may put in its callers. */
static bool autobind_seen(const struct test *t)
{
	char *names = test_types(t) ? slurp("/proc/kallsyms") : NULL;
	bool seen = names && strstr(names, " t inet_autobind\n");

	free(names);
	return seen;
}

static void sockcalls(struct test *t)
{
	struct made *m = xcalloc(1, sizeof(*m));
	struct tool udp, bound, listener;
	struct netns ns;
	unsigned i, k;

	need_probes(t);
	m->t = t;
	m->implicit = autobind_seen(t) && test_probes(t);
	netns_new(t, &ns);
	netns_sysctl(t, &ns, "core/somaxconn", "41");
	start(m, &udp, &ns, "udpconnect", "op,ip,laddr,lport,raddr,rport,"
	      "result,sends,tx_bytes", "--unconnected");
	start(m, &bound, &ns, "bindsnoop", "op,proto,laddr,lport,asked_port,"
	      "result,opts", m->implicit ? "--implicit" : NULL);
	start(m, &listener, &ns, "solisten", "proto,laddr,lport,backlog,"
	      "result,path", NULL);
	netns_enter(t, &ns);
	for (i = 0; i < ROUNDS; i++) {
		for (k = 0; k < FAMILIES; k++) {
			make_udp(m, i, k);
			make_tcp(m, i, k);
			if (test_btf(t))
				make_reused(m, k);
		}
		make_unix(m, i);
	}
	netns_leave(t);
	check(m, &udp, m->udp, m->nudp);
	check(m, &bound, m->bind, m->nbind);
	check(m, &listener, m->listen, m->nlisten);
	netns_free(&ns);
	free(m);
}

/* ---- udplife ------------------------------------------------------------- */

enum { DATAGRAMS = 5, ANSWER = 3 };

static struct row *life_row(struct made *m, unsigned k, int fd, size_t sent,
			    size_t received)
{
	struct row *r = &m->udp[m->nudp++];
	union addr a = end_of(m, fd);
	char laddr[46];

	addr_text(&a, laddr, sizeof(laddr));
	say(r, "ip", "%s", nets[k].ip);
	say(r, "laddr", "%s", laddr);
	say(r, "lport", "%u", addr_port(&a));
	say(r, "tx_bytes", "%zu", sent);
	say(r, "rx_bytes", "%zu", received);
	return r;
}

static void read_some(struct made *m, int fd, size_t room, int flags,
		      size_t expected)
{
	char buf[256];
	ssize_t n = recv(fd, buf, room, flags);

	if (n != (ssize_t)expected)
		fatal(m->t, "recv: %zd, should be %zu", n, expected);
}

/* All that comes is read, but for half of the first, which is looked at
 * before. */
static size_t exchange(struct made *m, int from, int to, unsigned k,
		       size_t len)
{
	char data[256] = "";
	union addr a = end_of(m, from);
	unsigned i;

	for (i = 0; i < DATAGRAMS; i++)
		if (send(from, data, len, 0) != (ssize_t)len)
			fatal(m->t, "send: %s", strerror(errno));
	read_some(m, to, len, MSG_PEEK, len);
	read_some(m, to, len / 2, 0, len / 2);
	for (i = 1; i < DATAGRAMS; i++)
		read_some(m, to, len, 0, len);
	if (send_to(to, &a, ANSWER, k == 0) != ANSWER)
		fatal(m->t, "sendto: %s", strerror(errno));
	read_some(m, from, ANSWER, 0, ANSWER);
	return (DATAGRAMS - 1) * len + len / 2;
}

static void make_life(struct made *m, int to, unsigned k, size_t len,
		      const char *older)
{
	int from = new_socket(m, k, SOCK_DGRAM);
	union addr a = end_of(m, to);
	struct row *r;
	size_t got;

	outcome(m, "connect", connect(from, &a.sa, addr_len(&a)), 0);
	got = exchange(m, from, to, k, len);
	r = life_row(m, k, from, DATAGRAMS * len, ANSWER);
	say(r, "raddr", "%s", nets[k].here);
	say(r, "rport", "%u", addr_port(&a));
	r = life_row(m, k, to, ANSWER, got);
	say(r, "raddr", "%s", "");
	say(r, "duration_at_least", "%s", older);
	close(from);
	close(to);
}

static int new_receiver(struct made *m, unsigned k)
{
	int fd = new_socket(m, k, SOCK_DGRAM);
	union addr a;

	addr_set(&a, nets[k].family, nets[k].here, 0);
	outcome(m, "bind", bind(fd, &a.sa, addr_len(&a)), 0);
	return fd;
}

/* Sockets that nobody gets: no rows. */
static void make_refused(struct made *m)
{
	struct denier r;
	unsigned k;

	if (!deny_sockets(&r)) {
		summary(m->t, "no cgroup that refuses sockets");
		return;
	}
	for (k = 0; k < FAMILIES; k++)
		outcome(m, "socket", socket(nets[k].family, SOCK_DGRAM, 0),
			EPERM);
	deny_no_more(&r);
}

static void udplife(struct test *t)
{
	struct made *m = xcalloc(1, sizeof(*m));
	struct netns ns;
	struct tool r;
	int older[FAMILIES];
	unsigned i, k;

	m->t = t;
	netns_new(t, &ns);
	netns_enter(t, &ns);
	for (k = 0; k < FAMILIES; k++)
		older[k] = new_receiver(m, k);
	start(m, &r, &ns, "udplife", "ip,laddr,lport,raddr,rport,tx_bytes,"
	      "rx_bytes,duration_ns", NULL);
	for (i = 0; i < ROUNDS; i++)
		for (k = 0; k < FAMILIES; k++)
			make_life(m, i ? new_receiver(m, k) : older[k], k,
				  10 * i + 8, i ? "false" : "true");
	make_refused(m);
	netns_leave(t);
	check(m, &r, m->udp, m->nudp);
	netns_free(&ns);
	free(m);
}

const struct live_case sockcall_cases[] = {
	{ "sockcalls", "udpconnect, bindsnoop, solisten beside known calls",
	  300, sockcalls, false },
	{ "udplife", "UDP sockets, as they are closed", 300, udplife, false },
	{ NULL, NULL, 0, NULL, false },
};

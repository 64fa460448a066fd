/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Tools that are requests to the engine: a process uses sockets of all sorts,
 * a known number of times, and the maps are held against what it counted.
 */
#include "player.h"

#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- what was shown ----------------------------------------------------- */

struct shown {
	struct test *t;
	struct player p;
	struct table table;
	unsigned compared;
};

/* The rows with these keys and values, their @column summed, are @made. */
static void want(struct shown *s, uint64_t made, const char *column,
		 const char *const *kv)
{
	s->compared++;
	table_want(&s->table, s->t, made, column, kv);
}
#define WANT(s, made, column, ...) \
	want(s, made, column, (const char *const[]){ __VA_ARGS__, NULL })

static uint64_t all(const unsigned n[SORTS])
{
	uint64_t sum = 0;
	unsigned s;

	for (s = 0; s < SORTS; s++)
		sum += n[s];
	return sum;
}

static uint64_t all_bytes(const uint64_t n[SORTS])
{
	uint64_t sum = 0;
	unsigned s;

	for (s = 0; s < SORTS; s++)
		sum += n[s];
	return sum;
}

static unsigned tcp(const unsigned n[SORTS])
{
	return n[S_TCP] + n[S_TCP6] + n[S_MAPPED];
}

static unsigned udp(const unsigned n[SORTS])
{
	return n[S_UDP] + n[S_UDP6];
}

/* Buckets of @map are those of the sorts @from to @to. */
static void want_sizes(struct shown *s, const char *map,
		       const unsigned sizes[SORTS][20], int from, int to)
{
	unsigned slot;
	char lo[24];
	int sort;

	for (slot = 0; slot < 20; slot++) {
		unsigned n = 0;

		for (sort = from; sort <= to; sort++)
			n += sizes[sort][slot];
		snprintf(lo, sizeof(lo), "%u", slot ? 1u << (slot - 1) : 0);
		WANT(s, n, "count", "map", map, "lo", lo);
	}
}

/* ---- tools -------------------------------------------------------------- */

static void socksize(struct shown *s, const struct made *m)
{
	want_sizes(s, "read_bytes", m->read_sizes, 0, SORTS - 1);
	want_sizes(s, "write_bytes", m->write_sizes, 0, SORTS - 1);
	WANT(s, all(m->reads), "count", "map", "read_bytes", "comm",
	     PLAYER_COMM);
}

static void socketio(struct shown *s, const struct made *m)
{
	static const struct { const char *proto; int a, b; } protos[] = {
		{ "TCP", S_TCP, S_TCP }, { "TCPv6", S_TCP6, S_MAPPED },
		{ "UDP", S_UDP, S_UDP }, { "UDPv6", S_UDP6, S_UDP6 },
	};
	unsigned i;
	int k;

	for (i = 0; i < ARRAY_SIZE(protos); i++) {
		uint64_t n[6] = { 0 };

		for (k = protos[i].a; k <= protos[i].b; k++) {
			n[0] += m->reads[k];
			n[1] += m->read_bytes[k];
			n[2] += m->writes[k];
			n[3] += m->write_bytes[k];
			n[4] += m->failed_reads[k];
			n[5] += m->failed_writes[k];
		}
		WANT(s, n[0], "count", "map", "read", "proto", protos[i].proto);
		WANT(s, n[1], "total", "map", "read", "proto", protos[i].proto);
		WANT(s, n[2], "count", "map", "write", "proto",
		     protos[i].proto);
		WANT(s, n[3], "total", "map", "write", "proto",
		     protos[i].proto);
		WANT(s, n[4], "count", "map", "read_failed", "proto",
		     protos[i].proto);
		WANT(s, n[5], "count", "map", "write_failed", "proto",
		     protos[i].proto);
	}
	WANT(s, all(m->failed_reads), "count", "map", "read_failed", "err",
	     "EAGAIN");
	WANT(s, all(m->failed_writes), "count", "map", "write_failed", "err",
	     "EPIPE");
	WANT(s, m->reads[S_UNIX] + m->reads[S_UNIXD] + m->reads[S_TCP] +
	     m->reads[S_TCP6] + m->reads[S_MAPPED] + udp(m->reads), "count",
	     "map", "read", "pid", s->p.text);
}

static void sofamily(struct shown *s, const struct made *m)
{
	WANT(s, m->accepts[S_TCP], "count", "map", "accept", "family",
	     "AF_INET");
	WANT(s, m->accepts[S_TCP6], "count", "map", "accept", "family",
	     "AF_INET6");
	WANT(s, m->accepts[S_MAPPED], "count", "map", "accept", "family",
	     "AF_INET6_MAPPED");
	WANT(s, m->accepts[S_UNIX], "count", "map", "accept", "family",
	     "AF_UNIX");
	WANT(s, all(m->accepts), "count", "map", "accept", "comm",
	     PLAYER_COMM);
	WANT(s, m->connects[S_TCP] + m->connects[S_UDP] -
	     m->disconnects[S_UDP], "count", "map", "connect", "family",
	     "AF_INET");
	WANT(s, m->connects[S_TCP6] + m->connects[S_UDP6] -
	     m->disconnects[S_UDP6], "count", "map", "connect", "family",
	     "AF_INET6");
	WANT(s, m->connects[S_MAPPED], "count", "map", "connect", "family",
	     "AF_INET6_MAPPED");
	WANT(s, all(m->disconnects), "count", "map", "connect", "family",
	     "AF_UNSPEC");
	WANT(s, m->connects[S_UNIX], "count", "map", "connect", "family",
	     "AF_UNIX");
	WANT(s, all(m->connects), "count", "map", "connect");
}

static void soprotocol(struct shown *s, const struct made *m)
{
	WANT(s, m->accepts[S_TCP], "count", "map", "accept", "proto", "TCP",
	     "protocol", "TCP");
	WANT(s, m->accepts[S_TCP6] + m->accepts[S_MAPPED], "count", "map",
	     "accept", "proto", "TCPv6", "family", "AF_INET6");
	WANT(s, m->connects[S_UDP], "count", "map", "connect", "proto", "UDP",
	     "protocol", "UDP");
	WANT(s, m->connects[S_UDP6], "count", "map", "connect", "proto",
	     "UDPv6");
	WANT(s, m->connects[S_UNIX], "count", "map", "connect", "family",
	     "AF_UNIX");
	WANT(s, all(m->connects), "count", "map", "connect");
}

static void sockstat(struct shown *s, const struct made *m)
{
	WANT(s, m->binds, "count", "map", "bind");
	WANT(s, m->listens, "count", "map", "listen");
	WANT(s, all(m->connects), "count", "map", "connect");
	WANT(s, m->calls_of_accept, "count", "map", "accept");
	WANT(s, all(m->reads), "count", "map", "read");
	WANT(s, all_bytes(m->read_bytes), "total", "map", "read");
	WANT(s, all(m->writes), "count", "map", "write");
	WANT(s, all_bytes(m->write_bytes), "total", "map", "write");
	WANT(s, all(m->failed_reads), "count", "map", "read_failed");
	WANT(s, all(m->failed_writes), "count", "map", "write_failed");
}

static void sormem(struct shown *s, const struct made *m)
{
	uint64_t n = all(m->reads) + all(m->failed_reads);

	WANT(s, n, "count", "map", "rmem_alloc");
	WANT(s, n, "count", "map", "rmem_limit");
	WANT(s, n, "count", "map", "rmem_fill");
	WANT(s, 0, "count", "map", "rmem_limit", "lo", "0");
	WANT(s, 0, "count", "map", "udp_refused");
}

static void acceptcount(struct shown *s, const struct made *m)
{
	WANT(s, m->calls_of_accept, "count", "pid", s->p.text, "comm",
	     PLAYER_COMM);
}

static void connectcount(struct shown *s, const struct made *m)
{
	WANT(s, all(m->connects), "count", "pid", s->p.text, "comm",
	     PLAYER_COMM);
}

static void connectstack(struct shown *s, const struct made *m)
{
	WANT(s, all(m->connects), "count", "comm", PLAYER_COMM);
}

static void sockcalls(struct shown *s, const struct made *m)
{
	WANT(s, all(m->reads) + all(m->failed_reads), "count", "map", "recv",
	     "pid", s->p.text);
	WANT(s, all(m->writes) + all(m->failed_writes), "count", "map", "send",
	     "comm", PLAYER_COMM);
}

static void sockbytes(struct shown *s, const struct made *m)
{
	WANT(s, all_bytes(m->read_bytes), "total", "map", "recv_bytes", "pid",
	     s->p.text);
	WANT(s, all_bytes(m->write_bytes), "total", "map", "send_bytes",
	     "comm", PLAYER_COMM);
}

static void tcpconnects(struct shown *s, const struct made *m)
{
	WANT(s, tcp(m->connects), "count", "pid", s->p.text);
}

static void tcpaccepts(struct shown *s, const struct made *m)
{
	WANT(s, tcp(m->accepts), "count", "comm", PLAYER_COMM);
}

static void tcpcalls(struct shown *s, const struct made *m)
{
	WANT(s, tcp(m->reads) + tcp(m->failed_reads), "count", "map", "recv");
	WANT(s, tcp(m->writes) + tcp(m->failed_writes), "count", "map",
	     "send");
}

static void udpcalls(struct shown *s, const struct made *m)
{
	WANT(s, udp(m->reads), "count", "map", "recv", "pid", s->p.text);
	WANT(s, udp(m->writes), "count", "map", "send", "pid", s->p.text);
}

static void tcpsendsize(struct shown *s, const struct made *m)
{
	want_sizes(s, "send_bytes", m->write_sizes, S_TCP, S_MAPPED);
}

static void tcprecvsize(struct shown *s, const struct made *m)
{
	want_sizes(s, "recv_bytes", m->read_sizes, S_TCP, S_MAPPED);
}

/* 127.0.0.1 on either family, and ::1 */
static void tcpsubnet(struct shown *s, const struct made *m)
{
	WANT(s, m->read_bytes[S_TCP] + m->read_bytes[S_MAPPED], "total", "map",
	     "recv_bytes", "subnet", "127.0.0.0/8");
	WANT(s, m->read_bytes[S_TCP6], "total", "map", "recv_bytes", "subnet",
	     "::1/128");
	WANT(s, m->write_bytes[S_TCP] + m->write_bytes[S_MAPPED], "total",
	     "map", "send_bytes", "subnet", "127.0.0.0/8");
	WANT(s, m->write_bytes[S_TCP6], "total", "map", "send_bytes", "subnet",
	     "::1/128");
	WANT(s, m->write_bytes[S_TCP] + m->write_bytes[S_TCP6] +
	     m->write_bytes[S_MAPPED], "total", "map", "send_bytes");
}

static void udpsendsize(struct shown *s, const struct made *m)
{
	want_sizes(s, "send_bytes", m->write_sizes, S_UDP, S_UDP6);
}

static void udprecvsize(struct shown *s, const struct made *m)
{
	want_sizes(s, "recv_bytes", m->read_sizes, S_UDP, S_UDP6);
}

/* A datagram over loopback is handed to the device by the process that sends
 * it. */
static void xmitstack(struct shown *s, const struct made *m)
{
	WANT(s, udp(m->writes), "count", "map", "xmit");
}

static void rxcpu(struct shown *s, const struct made *m)
{
	WANT(s, udp(m->writes), "count", "map", "cpu", "dev", "lo");
}

/* ---- a tool beside the player ------------------------------------------- */

static const struct preset {
	const char *name;
	int what;
	void (*check)(struct shown *s, const struct made *m);
	bool typed;		/* needs BTF */
	const char *netns;	/* whose namespace tells our packets, where
				   who runs may be anybody; NULL: -p */
} presets[] = {
	{ "socksize", PLAY_ALL, socksize, false, NULL },
	{ "socketio", PLAY_ALL, socketio, false, NULL },
	{ "sofamily", PLAY_ALL, sofamily, false, NULL },
	{ "soprotocol", PLAY_ALL, soprotocol, false, NULL },
	{ "sockstat", PLAY_ALL, sockstat, false, NULL },
	{ "sormem", PLAY_ALL, sormem, false, NULL },
	{ "acceptcount", PLAY_ALL, acceptcount, false, NULL },
	{ "connectcount", PLAY_ALL, connectcount, false, NULL },
	{ "connectstack", PLAY_ALL, connectstack, false, NULL },
	{ "sockcalls", PLAY_ALL, sockcalls, false, NULL },
	{ "sockbytes", PLAY_ALL, sockbytes, false, NULL },
	{ "tcpconnects", PLAY_ALL, tcpconnects, false, NULL },
	{ "tcpaccepts", PLAY_ALL, tcpaccepts, false, NULL },
	{ "tcpcalls", PLAY_ALL, tcpcalls, false, NULL },
	{ "udpcalls", PLAY_ALL, udpcalls, false, NULL },
	{ "tcpsendsize", PLAY_ALL, tcpsendsize, false, NULL },
	{ "tcprecvsize", PLAY_ALL, tcprecvsize, false, NULL },
	{ "tcpsubnet", PLAY_ALL, tcpsubnet, false, NULL },
	{ "udpsendsize", PLAY_ALL, udpsendsize, false, NULL },
	{ "udprecvsize", PLAY_ALL, udprecvsize, false, NULL },
	{ "xmitstack", PLAY_UDP, xmitstack, false, NULL },
	{ "rxcpu", PLAY_UDP, rxcpu, true,
	  "arg0:sk_buff.dev:net_device.nd_net.net:net.ns.inum" },
};

static void run_preset(struct test *t, const struct preset *what)
{
	struct shown s = { .t = t };
	char where[128], path[256];
	bool by_netns;
	struct tool r;

	if (what->typed && !test_types(t)) {
		summary(t, "%s not without BTF", what->name);
		return;
	}
	player_start(&s.p, t, what->what);
	tool_init(&r, t, 0);
	temp_path(path, sizeof(path), what->name);
	by_netns = what->netns && s.p.ns.inum;
	snprintf(where, sizeof(where), "%s==%u", by_netns ? what->netns : "",
		 s.p.ns.inum);
	tool_start(&r, what->name, by_netns ?
		   ARGS("--csv", "-W", path, "--where", where) :
		   ARGS("--csv", "-W", path, "-p", s.p.text));
	player_play(&s.p);
	tool_stop(&r, SIGINT);
	tool_check_clean(&r);
	tool_replayed(&r, path);
	if (table_parse(&s.table, t, r.text)) {
		what->check(&s, s.p.made);
		summary(t, "%s %u", what->name, s.compared);
		table_release(&s.table);
	}
	tool_release(&r);
	player_release(&s.p);
}

static void run_some(struct test *t, unsigned from, unsigned to)
{
	for (; from < to; from++) {
		run_preset(t, &presets[from]);
		if (from + 1 < to)
			summary(t, ", ");
	}
}

/* A line for each call, as it is made. */
static void run_accepts(struct test *t)
{
	struct shown s = { .t = t };
	struct tool r;

	player_start(&s.p, t, PLAY_ALL);
	tool_init(&r, t, 0);
	tool_start(&r, "accepts", ARGS("--csv", "-p", s.p.text));
	player_play(&s.p);
	tool_stop(&r, SIGINT);
	tool_check_clean(&r);
	if (table_parse(&s.table, t, r.text)) {
		unsigned n = table_count(&s.table, ARGS("pid", s.p.text,
							"comm", PLAYER_COMM));

		if (n != s.p.made->calls_of_accept || n != s.table.nrows)
			differ(t, "%u of %u rows, %u calls of accept", n,
			       s.table.nrows, s.p.made->calls_of_accept);
		summary(t, ", accepts %u", n);
		table_release(&s.table);
	}
	tool_release(&r);
	player_release(&s.p);
}

#define SOCKETS 6

static void preset_sockets(struct test *t)
{
	run_some(t, 0, SOCKETS);
}

static void preset_lines(struct test *t)
{
	run_some(t, SOCKETS, ARRAY_SIZE(presets));
	run_accepts(t);
}

const struct live_case preset_cases[] = {
	{ "preset-sockets", "the socket tools that are requests", 600,
	  preset_sockets, false },
	{ "preset-lines", "the one-liners", 900, preset_lines, false },
	{ NULL, NULL, 0, NULL, false },
};

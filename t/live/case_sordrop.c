/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * sordrop: datagrams and pings that find no room, one row each, beside
 * the same counted (-c).
 */
#include "drops.h"
#include "player.h"

#include <inttypes.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define COLUMNS "pid,comm,ip,proto,laddr,lport,raddr,rport,rmem_bytes,"	\
	"rcvbuf_bytes,skb_bytes,reason,drops"

/* What rows of one socket look like. */
struct refuser {
	const struct flood *f;
	const char *ip, *proto, *addr;
	bool owned;		/* its owner is known */
	unsigned rows;
	uint64_t bytes;
};

static void text_of(char buf[8], uint16_t port)
{
	buf[0] = '\0';
	if (port)
		snprintf(buf, 8, "%u", port);
}

static bool is_of(const struct table *tb, unsigned row,
		  const struct refuser *r)
{
	char lport[8], rport[8];

	text_of(lport, r->f->lport);
	text_of(rport, r->f->rport);
	return table_matches(tb, row, ARGS("ip", r->ip, "proto", r->proto,
		"laddr", r->addr, "lport", lport, "raddr", r->addr, "rport",
		rport, "reason", "SOCKET_RCVBUFF"));
}

static void check_row(struct test *t, const struct table *tb, unsigned row,
		      struct refuser *r, const char *pid)
{
	const char *size = table_cell(tb, row, "skb_bytes");
	const char *so_far = table_cell(tb, row, "drops");
	uint64_t rmem = 0, rcvbuf = 0, bytes = 0, drops = 0;

	r->rows++;
	if ((test_types(t) || *so_far) &&
	    (!cell_u64(so_far, &drops) || drops != r->rows))
		differ(t, "row %u: '%s' drops so far, not %u", row, so_far,
		       r->rows);
	cell_u64(table_cell(tb, row, "rmem_bytes"), &rmem);
	cell_u64(table_cell(tb, row, "rcvbuf_bytes"), &rcvbuf);
	cell_u64(size, &bytes);
	r->bytes += bytes;
	/* UDP lets in what makes it more than that, since 6.15 only just */
	if (!rcvbuf || (*size && (rmem + bytes < rcvbuf || bytes <= 100)))
		differ(t, "row %u: %" PRIu64 " of %" PRIu64 " bytes in use, "
		       "'%s' to come", row, rmem, rcvbuf, size);
	if (r->owned && !table_matches(tb, row, ARGS("pid", pid, "comm",
						     PLAYER_COMM)))
		differ(t, "row %u: pid '%s' comm '%s'", row,
		       table_cell(tb, row, "pid"), table_cell(tb, row, "comm"));
}

static void check_rows(struct test *t, const char *csv, struct refuser *r,
		       const char *pid)
{
	struct table tb;
	unsigned i, k;

	if (!table_parse(&tb, t, csv))
		return;
	for (i = 0; i < tb.nrows; i++) {
		for (k = 0; k < 3 && !is_of(&tb, i, &r[k]); k++)
			;
		if (k < 3)
			check_row(t, &tb, i, &r[k], pid);
		else
			differ(t, "row %u was never made: %s %s %s", i,
			       table_cell(&tb, i, "proto"),
			       table_cell(&tb, i, "lport"),
			       table_cell(&tb, i, "reason"));
	}
	table_release(&tb);
}

static void check_counts(struct test *t, const char *csv,
			 const struct refuser *r)
{
	struct table tb;
	char lport[8];
	uint64_t n, bytes;

	if (!table_parse(&tb, t, csv))
		return;
	if (tb.nrows != 3)
		differ(t, "-c has %u rows", tb.nrows);
	for (; r->f; r++) {
		const char *const *keys = ARGS("proto", r->proto, "lport",
					       lport, "reason",
					       "SOCKET_RCVBUFF");

		text_of(lport, r->f->lport);
		n = table_sum(&tb, t, "count", keys);
		bytes = r->bytes ? table_sum(&tb, t, "skb_bytes", keys) : 0;
		if (!r->f->nlost || r->rows != r->f->nlost ||
		    n != r->f->nlost || bytes != r->bytes)
			differ(t, "IPv%s %s: %u lost, %u rows with %" PRIu64
			       " bytes; -c %" PRIu64 ", %" PRIu64, r->ip,
			       r->proto, r->f->nlost, r->rows, r->bytes, n,
			       bytes);
	}
	table_release(&tb);
}

static void sordrop(struct test *t)
{
	bool young = test_probes(t);
	struct tool rows, counts;
	struct player p;
	char netns[24];
	/* before 4.17 nothing tells that a protocol's memory is used up */
	const char *strict = test_hides(t, "no-raw-tracepoint=1") ? "-q" :
			     "--strict";

	player_start(&p, t, PLAY_FLOOD);
	struct refuser r[] = {
		{ &p.made->udp, "4", "udp", "127.0.0.1", true, 0, 0 },
		{ &p.made->udp6, "6", "udp", "::1", young, 0, 0 },
		{ &p.made->ping, "4", "icmp", "127.0.0.1", young, 0, 0 },
		{ 0 }
	};
	snprintf(netns, sizeof(netns), "inode:%u", p.ns.inum);
	tool_init(&rows, t, 0);
	tool_init(&counts, t, 0);
	tool_start(&rows, "sordrop", ARGS("--csv", strict, "-N", netns,
					  "-o", COLUMNS));
	tool_start(&counts, "sordrop", ARGS("--csv", strict, "-N", netns,
					    "-c", "-o",
					    "proto,lport,reason,skb_bytes"));
	player_play(&p);
	tool_stop(&rows, SIGINT);
	tool_stop(&counts, SIGINT);
	tool_check_clean(&rows);
	tool_check_clean(&counts);
	r[0].owned = !strstr(rows.talk, "CONFIG_INET_UDP_DIAG");
	check_rows(t, rows.text, r, p.text);
	check_counts(t, counts.text, r);
	summary(t, "%u and %u datagrams, %u pings shown%s%s", r[0].rows,
		r[1].rows, r[2].rows, r[0].owned ? "" :
		", no owner of older sockets", young ? "" :
		", no owner of younger ones");
	tool_release(&rows);
	tool_release(&counts);
	player_release(&p);
}

/* ---- memory that was another packet's ----------------------------------- */

#define REUSED 7
#define FULL_MS 700		/* until window probes have filled the window */
#define UDP_RCVBUF 50021

/* A TCP connection to a reader that does not read, and two UDP sockets. */
struct reused {
	struct test *t;
	int listener, client, server, from, to;
	struct segment s;
	int rcvbuf;		/* of .to */
};

static int bound(struct reused *u, int type, union addr *at)
{
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0), size = UDP_RCVBUF;
	socklen_t len = sizeof(*at);

	addr_set(at, AF_INET, "127.0.0.1", 0);
	if (type == SOCK_STREAM)
		size = 4096;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (fd < 0 || bind(fd, &at->sa, addr_len(at)) ||
	    (type == SOCK_STREAM && listen(fd, 1)) ||
	    getsockname(fd, &at->sa, &len))
		fatal(u->t, "a socket: %m");
	return fd;
}

/* What the reader is to receive next, and has sent. */
static void read_numbers(struct reused *u)
{
	static const int queues[] = { 1, 2 };	/* linux/tcp.h: TCP_RECV_QUEUE,
						   TCP_SEND_QUEUE */
	uint32_t *const to[] = { &u->s.seq, &u->s.ack_seq };
	int on = 1, off = -1 /* and no window probe */;
	socklen_t len = sizeof(uint32_t);

	if (setsockopt(u->server, IPPROTO_TCP, TCP_REPAIR, &on, sizeof(on)))
		fatal(u->t, "TCP_REPAIR: %m");
	for (unsigned i = 0; i < ARRAY_SIZE(queues); i++)
		if (setsockopt(u->server, IPPROTO_TCP, TCP_REPAIR_QUEUE,
			       &queues[i], sizeof(queues[i])) ||
		    getsockopt(u->server, IPPROTO_TCP, TCP_QUEUE_SEQ, to[i],
			       &len))
			fatal(u->t, "TCP_QUEUE_SEQ: %m");
	setsockopt(u->server, IPPROTO_TCP, TCP_REPAIR, &off, sizeof(off));
}

static void reused_open(struct reused *u)
{
	static const char data[65536];
	socklen_t len = sizeof(union addr);
	union addr at;

	u->listener = bound(u, SOCK_STREAM, &u->s.to);
	u->client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(u->client, &u->s.to.sa, addr_len(&u->s.to)) ||
	    getsockname(u->client, &u->s.from.sa, &len))
		fatal(u->t, "connect: %m");
	u->server = accept(u->listener, NULL, NULL);
	while (send(u->client, data, sizeof(data), MSG_DONTWAIT) > 0)
		;
	u->to = bound(u, SOCK_DGRAM, &at);
	u->from = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	len = sizeof(u->rcvbuf);
	if (connect(u->from, &at.sa, addr_len(&at)) ||
	    getsockopt(u->to, SOL_SOCKET, SO_RCVBUF, &u->rcvbuf, &len))
		fatal(u->t, "UDP: %m");
	nap_ms(FULL_MS);
	read_numbers(u);
	u->s.flags = TH_ACK | TH_PUSH;
	u->s.payload = 100;
}

/* What was a datagram's memory is the segment's, for which the window has no
 * room. */
static void reuse(struct reused *u)
{
	char byte = 0;

	if (send(u->from, &byte, 1, 0) != 1 || recv(u->to, &byte, 1, 0) != 1)
		fatal(u->t, "a datagram: %m");
	if (segment_send(&u->s))
		fatal(u->t, "a segment");
}

static void check_reused(const struct reused *u, const char *csv,
			 uint64_t made)
{
	uint64_t size;
	struct table tb;
	unsigned i, n;

	if (!table_parse(&tb, u->t, csv))
		return;
	n = table_count(&tb, ARGS("proto", "tcp", "reason", "TCP_ZEROWINDOW"));
	if (n != made || tb.nrows != n)
		differ(u->t, "%u rows, of %u segments", tb.nrows,
		       (unsigned)made);
	for (i = 0; i < tb.nrows; i++)
		if (cell_u64(table_cell(&tb, i, "rcvbuf_bytes"), &size) &&
		    size == (uint64_t)u->rcvbuf)
			differ(u->t, "row %u is of the UDP socket", i);
	summary(u->t, "%u segments in memory that datagrams had, %u dropped "
		"for want of a window", REUSED, n);
	table_release(&tb);
}

static bool has_reasons(struct test *t)
{
	static const char *const reasons[] = { "TCP_ZEROWINDOW", "none" };
	struct drops d;
	bool has;

	drops_init(&d, t);
	has = d.types && drops_reason(&d, reasons, 2, *reasons);
	drops_release(&d);
	return has;
}

/* By the function that enqueues datagrams, which its return follows.  Since
 * 6.17 such a segment is dropped before the window is found to be closed. */
static void sordrop_reused(struct test *t)
{
	struct reused u = { .t = t };
	struct netns ns;
	struct tool r;
	cpu_set_t cpus;
	unsigned i;

	if (!test_probes(t) || !test_btf(t) || !has_reasons(t))
		skip(t, "no kprobes, or no reasons to know drops by");
	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	sched_setaffinity(0, sizeof(cpus), &cpus);
	netns_new(t, &ns);
	tool_init(&r, t, ns.inum);
	tool_start(&r, "sordrop", ARGS("--csv", "--strict", "--config",
				       "no-trampoline=1", "-o",
				       "proto,reason,rcvbuf_bytes"));
	netns_enter(t, &ns);
	reused_open(&u);
	for (i = 0; i < REUSED; i++)
		reuse(&u);
	netns_leave(t);
	tool_stop(&r, SIGINT);
	tool_check_clean(&r);
	check_reused(&u, r.text, netns_snmp(t, &ns, "TcpExt",
					    "TCPZeroWindowDrop"));
	tool_release(&r);
	close(u.from);
	close(u.to);
	close(u.client);
	close(u.server);
	close(u.listener);
	netns_free(&ns);
}

const struct live_case sordrop_cases[] = {
	{ "sordrop", "what finds no room at UDP and ping sockets", 300, sordrop,
	  false },
	{ "sordrop-reused", "segments without room, where datagrams were", 300,
	  sordrop_reused, false },
	{ NULL, NULL, 0, NULL, false },
};

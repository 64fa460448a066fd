/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Tools about network devices: datagrams of known sizes over loopback, over a
 * veth pair, into one that drops them and into a netem that loses them, and
 * several that go as one packet, until a driver or GSO cuts it up.  What
 * arrives is answered before the next is sent, so that nothing waits for an
 * address to be resolved or finds a queue full.  Sizes are those of nothing
 * else: what resolves addresses and finds routers is shorter.
 */
#include "traffic.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HERE "skd0"
#define THERE "skd1"
#define LOOP "skd2"		/* lo, which other namespaces have as well */
#define SMALL 300		/* bytes of payload */
#define LARGE 1000
#define LOST 600
#define SEGMENT 1400
#define N_SEGMENTS 7
#define N_SMALL 13		/* over veth; twice as many over loopback */
#define N_LARGE 41
#define DROPPED 150		/* of more than its receiver's device takes */
#define N_LOST 23
#define N_DROPPED 17
#define MTU 100
#define HEADERS (14 + 20 + 8)	/* Ethernet, IPv4, UDP */
/* Those of several segments, or one of these; nothing else is as large. */
#define SEGMENTS "l2len>=1400"
/* Where sizes are not shown: without those that others may send. */
#define OURS "l2len>=300"
#define OURS_AT_START "start.l2len>=150"

/* ---- the network -------------------------------------------------------- */

struct devices {
	struct test *t;
	struct netns a, b;
	int here, there, lo;	/* sockets: in a, in b, in a to itself */
	union addr to_here, to_there, to_lo;
};

static void side_up(struct test *t, const struct netns *ns, const char *dev,
		    const char *addr)
{
	int err;

	netns_enter(t, ns);
	err = link_addr(dev, AF_INET, addr, 24);
	if (!err)
		err = link_up(dev);
	netns_leave(t);
	if (err)
		fatal(t, "setting up %s: %s", dev, strerror(-err));
}

static void rename_lo(struct test *t, const struct netns *ns)
{
	int err;

	netns_enter(t, ns);
	err = link_down("lo");
	if (!err)
		err = link_rename("lo", LOOP);
	if (!err)
		err = link_up(LOOP);
	netns_leave(t);
	if (err)
		fatal(t, "renaming lo: %s", strerror(-err));
}

static void devices_init(struct devices *d, struct test *t)
{
	int err;

	d->t = t;
	netns_new(t, &d->a);
	netns_new(t, &d->b);
	if (d->a.fd < 0 || d->b.fd < 0)
		fatal(t, "needs network namespaces");
	netns_enter(t, &d->a);
	err = link_veth(HERE, THERE, d->b.fd);
	netns_leave(t);
	if (err)
		fatal(t, "making a veth pair: %s", strerror(-err));
	rename_lo(t, &d->a);
	side_up(t, &d->a, HERE, "10.8.0.1");
	side_up(t, &d->b, THERE, "10.8.0.2");
	d->here = udp_bound(t, &d->a, AF_INET, "10.8.0.1", &d->to_here);
	d->there = udp_bound(t, &d->b, AF_INET, "10.8.0.2", &d->to_there);
	d->lo = udp_bound(t, &d->a, AF_INET, "127.0.0.1", &d->to_lo);
}

static void devices_release(struct devices *d)
{
	close(d->here);
	close(d->there);
	close(d->lo);
	netns_free(&d->a);
	netns_free(&d->b);
}

/* ---- datagrams ---------------------------------------------------------- */

static void put(struct devices *d, int from, const union addr *to,
		size_t size)
{
	static const char data[N_SEGMENTS * SEGMENT];

	if (sendto(from, data, size, 0, &to->sa, addr_len(to)) !=
	    (ssize_t)size)
		fatal(d->t, "sendto: %s", strerror(errno));
}

static void get(struct devices *d, int fd, size_t size)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char data[SEGMENT + 1];

	if (poll(&p, 1, PATIENCE * 1000) != 1 ||
	    recv(fd, data, sizeof(data), 0) != (ssize_t)size)
		fatal(d->t, "a datagram of %zu bytes does not come", size);
}

/* To the other side and back; to ourselves and back. */
static void exchange(struct devices *d, unsigned n, size_t size)
{
	for (; n; n--) {
		put(d, d->here, &d->to_there, size);
		get(d, d->there, size);
		put(d, d->there, &d->to_here, size);
		get(d, d->here, size);
		put(d, d->lo, &d->to_lo, size);
		get(d, d->lo, size);
		put(d, d->lo, &d->to_lo, size);
		get(d, d->lo, size);
	}
}

static void segments(struct devices *d, int from, int to,
		     const union addr *at)
{
	put(d, from, at, N_SEGMENTS * SEGMENT);
	for (unsigned i = 0; i < N_SEGMENTS; i++)
		get(d, to, SEGMENT);
}

/* As one packet, to the other side and to ourselves.  False: this kernel has
 * no UDP_SEGMENT (4.18). */
static bool as_one(struct devices *d)
{
	int size = SEGMENT, none = 0;

	if (setsockopt(d->here, IPPROTO_UDP, UDP_SEGMENT, &size,
		       sizeof(size)) ||
	    setsockopt(d->lo, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof(size)))
		return false;
	segments(d, d->here, d->there, &d->to_there);
	segments(d, d->lo, d->lo, &d->to_lo);
	setsockopt(d->here, IPPROTO_UDP, UDP_SEGMENT, &none, sizeof(none));
	setsockopt(d->lo, IPPROTO_UDP, UDP_SEGMENT, &none, sizeof(none));
	return true;
}

/* The driver drops what the other side does not take. */
static void drop(struct devices *d)
{
	int err;

	netns_enter(d->t, &d->b);
	err = link_mtu(THERE, MTU);
	netns_leave(d->t);
	if (err)
		fatal(d->t, "MTU of %s: %s", THERE, strerror(-err));
	for (unsigned i = 0; i < N_DROPPED; i++)
		put(d, d->here, &d->to_there, DROPPED);
}

/* How many a netem lost; 0: this kernel has none. */
static unsigned lose(struct devices *d)
{
	unsigned i;
	int err;

	netns_enter(d->t, &d->a);
	err = link_netem(HERE, 1.0, 0);
	netns_leave(d->t);
	if (err == -ENOENT)
		return 0;
	if (err)
		fatal(d->t, "netem: %s", strerror(-err));
	for (i = 0; i < N_LOST; i++)
		sendto(d->here, &(char[LOST]){ 0 }, LOST, 0,
		       &d->to_there.sa, addr_len(&d->to_there));
	return N_LOST;
}

/* ---- what was shown ----------------------------------------------------- */

struct shown {
	struct test *t;
	struct table table;
	unsigned compared;
	bool segments;			/* some went as one packet */
};

static void want(struct shown *s, uint64_t made, const char *column,
		 const char *const *kv)
{
	s->compared++;
	table_want(&s->table, s->t, made, column, kv);
}
#define WANT(s, made, column, ...) \
	want(s, made, column, (const char *const[]){ __VA_ARGS__, NULL })

/* Packets of either size in @map; @times: how often each is there. */
static void want_sizes(struct shown *s, const char *map, const char *dev,
		       unsigned times)
{
	WANT(s, times * N_SMALL, "count", "map", map, "dev", dev, "lo", "256");
	WANT(s, times * N_LARGE, "count", "map", map, "dev", dev, "lo",
	     "1024");
}

static void netsize(struct shown *s, unsigned lost)
{
	static const char *const maps[] = {
		"recv_bytes", "send_bytes", "nic_send_bytes"
	};

	for (size_t i = 0; i < ARRAY_SIZE(maps); i++) {
		want_sizes(s, maps[i], HERE, 1);
		want_sizes(s, maps[i], LOOP, 2);
	}
	WANT(s, N_DROPPED, "count", "map", "send_bytes", "dev", HERE, "lo",
	     "128");
	WANT(s, lost, "count", "map", "send_bytes", "dev", HERE, "lo", "512");
	WANT(s, 0, "count", "map", "nic_send_bytes", "dev", HERE, "lo", "512");
	WANT(s, 0, "count", "map", "recv_bytes", "dev", HERE, "lo", "512");
}

/* Of the packets on the wire; where these are not known, of what was one. */
static void want_segments(struct shown *s, const char *map, const char *dev)
{
	uint64_t n = table_sum(&s->table, s->t, "total",
			       ARGS("map", map, "dev", dev, "ether",
				    "ETH_P_IP"));

	s->compared++;
	if (test_types(s->t) ? n != N_SEGMENTS : !n || n > N_SEGMENTS)
		differ(s->t, "%s: %" PRIu64 " segments by %s, of %d", map, n,
		       dev, N_SEGMENTS);
}

static void netsize_segments(struct shown *s, unsigned lost)
{
	(void)lost;
	if (!s->segments)
		return;
	want_segments(s, "nic_send_segs", HERE);
	want_segments(s, "nic_send_segs", LOOP);
	want_segments(s, "recv_segs", LOOP);
}

/* Packets and bytes a second go with packets and bytes. */
static void want_rates(struct shown *s, const char *map, const char *dev)
{
	double count, total, per_s, bytes_per_s;
	unsigned i = 0;

	while (i < s->table.nrows &&
	       !table_matches(&s->table, i, ARGS("map", map, "dev", dev)))
		i++;
	count = atof(table_cell(&s->table, i, "count"));
	total = atof(table_cell(&s->table, i, "total"));
	per_s = atof(table_cell(&s->table, i, "count_per_s"));
	bytes_per_s = atof(table_cell(&s->table, i, "total_per_s"));
	s->compared++;
	if (per_s <= 0 || bytes_per_s * count < 0.9 * total * per_s ||
	    bytes_per_s * count > 1.1 * total * per_s)
		differ(s->t, "%s: %g packets of %g bytes, but %g of %g a "
		       "second", map, count, total, per_s, bytes_per_s);
}

static void netqtop(struct shown *s, unsigned lost)
{
	static const char *const maps[][2] = {
		{ "tx", "tx_sizes" }, { "rx", "rx_sizes" }
	};
	const uint64_t bytes = N_SMALL * (SMALL + HEADERS) +
			       N_LARGE * (LARGE + HEADERS);

	(void)lost;		/* no driver sees them */
	for (size_t i = 0; i < ARRAY_SIZE(maps); i++) {
		WANT(s, N_SMALL + N_LARGE, "count", "map", maps[i][0], "dev",
		     HERE);
		WANT(s, bytes, "total", "map", maps[i][0], "dev", HERE);
		WANT(s, 2 * bytes, "total", "map", maps[i][0], "dev", LOOP);
		want_rates(s, maps[i][0], LOOP);
		want_sizes(s, maps[i][1], HERE, 1);
		want_sizes(s, maps[i][1], LOOP, 2);
	}
}

static void nettxlat(struct shown *s, unsigned lost)
{
	(void)lost;
	WANT(s, N_SMALL + N_LARGE, "count", "map", "done_us", "dev", HERE,
	     "end", "netif_rx", "queue", "0");
	WANT(s, N_DROPPED, "count", "map", "done_us", "dev", HERE, "end",
	     "kfree_skb");
	WANT(s, N_SMALL + N_LARGE + N_DROPPED, "count", "map", "done_us", "dev",
	     HERE);
	WANT(s, 2 * (N_SMALL + N_LARGE), "count", "map", "done_us", "dev",
	     LOOP);
	WANT(s, 2 * (N_SMALL + N_LARGE), "count", "map", "driver_us", "dev",
	     LOOP);
}

static void rxcpu(struct shown *s, unsigned lost)
{
	(void)lost;
	WANT(s, N_SMALL + N_LARGE, "count", "map", "cpu", "dev", HERE);
	WANT(s, 2 * (N_SMALL + N_LARGE), "count", "map", "cpu", "dev", LOOP);
}

/* ---- the case ----------------------------------------------------------- */

static const struct {
	const char *name;
	const char *const *args;
	void (*check)(struct shown *s, unsigned lost);
} tools[] = {
	{ "netsize", ARGS("--csv", "--dev", HERE "," LOOP, "--by", "dev,ether",
			  "--where", SEGMENTS), netsize_segments },
	{ "netsize", ARGS("--csv", "--dev", HERE "," LOOP), netsize },
	{ "nettxlat", ARGS("--csv", "--queues", "--dev", HERE "," LOOP,
			   "--where", OURS_AT_START), nettxlat },
	{ "netqtop", ARGS("--csv", "--rate", "--dev", LOOP "," HERE, "-i",
			  "600", "--where", OURS), netqtop },
	{ "rxcpu", ARGS("--csv", "--dev", LOOP "," HERE, "--where", OURS),
	  rxcpu },
};

static void check(struct test *t, struct tool *r, unsigned i, bool segments,
		  unsigned lost)
{
	struct shown s = { .t = t, .segments = segments };

	tool_stop(r, SIGINT);
	tool_check_clean(r);
	if (table_parse(&s.table, t, r->text)) {
		tools[i].check(&s, lost);
		summary(t, "%s%s %u", i ? ", " : "", tools[i].name,
			s.compared);
		table_release(&s.table);
	}
	tool_release(r);
}

static void dev_sizes(struct test *t)
{
	struct tool r[ARRAY_SIZE(tools)];
	struct devices d;
	bool segments = false;
	unsigned lost, i;

	devices_init(&d, t);
	exchange(&d, 1, 1);	/* who has 10.8.0.2? */
	for (i = 0; i < ARRAY_SIZE(tools); i++) {
		tool_init(&r[i], t, d.a.inum);
		tool_start(&r[i], tools[i].name, tools[i].args);
		if (!i)		/* the others do not see them */
			segments = as_one(&d);
	}
	exchange(&d, N_SMALL, SMALL);
	exchange(&d, N_LARGE, LARGE);
	drop(&d);
	lost = lose(&d);
	for (i = 0; i < ARRAY_SIZE(tools); i++)
		check(t, &r[i], i, segments, lost);
	summary(t, " figures; %u datagrams%s", 4 * (N_SMALL + N_LARGE) +
		N_DROPPED + lost,
		lost ? "" : "; this kernel has no netem");
	if (!segments)
		summary(t, "; it has no UDP_SEGMENT");
	devices_release(&d);
}

const struct live_case dev_cases[] = {
	{ "dev-sizes", "packets by size, at drivers and at the stack", 300,
	  dev_sizes, false },
	{ NULL, NULL, 0, NULL, false },
};

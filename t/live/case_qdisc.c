/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * qdisc: frames that a packet socket hands to a device, through disciplines
 * that hold each of them for a time that is known, and drop some.
 */
#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/if_packet.h>
#include <linux/net_tstamp.h>
#include <linux/pkt_sched.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	FRAME = 1000,		/* bytes; of them: */
	RATE = 200000,		/* a second: 5 ms for a frame */
	AT_ONCE = 5, ROOM = 31,
	SENT = 41,
	PACED = 11, PACED_MS = 40,
	PROTOCOL = 0x88b5,	/* IEEE 802: for experiments; nobody listens */
};

struct scene {
	struct test *t;
	struct netns a, b;
	int fd;			/* packet socket in a */
	struct table table;
	/* from before the first frame to after the last, and until all had
	   left, in us */
	uint64_t sent_us, gone_us;
	struct tc_stats tbf, fq;
};

/* ---- frames ------------------------------------------------------------ */

static void scene_init(struct scene *s, struct test *t)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET };

	s->t = t;
	veth_pair(t, &s->a, &s->b);
	/* nothing of its own */
	netns_sysctl(t, &s->a, "ipv6/conf/all/disable_ipv6", "1");
	netns_enter(t, &s->a);
	s->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	to.sll_ifindex = (int)if_nametoindex("sk0");
	if (s->fd < 0 || bind(s->fd, (void *)&to, sizeof(to)))
		fatal(t, "packet socket: %s", strerror(errno));
	netns_leave(t);
}

/* One that is to leave at @ns, or, 0, when it likes. */
static void send_frame(struct scene *s, uint64_t ns)
{
	union { struct cmsghdr h; char buf[CMSG_SPACE(8)]; } u;
	unsigned char frame[FRAME] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2,
				       PROTOCOL >> 8, PROTOCOL & 0xff };
	struct iovec iov = { frame, sizeof(frame) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (ns) {
		m.msg_control = u.buf;
		m.msg_controllen = sizeof(u.buf);
		u.h.cmsg_level = SOL_SOCKET;
		u.h.cmsg_type = SCM_TXTIME;
		u.h.cmsg_len = CMSG_LEN(8);
		memcpy(CMSG_DATA(&u.h), &ns, 8);
	}
	/* a full queue is told, too */
	if (sendmsg(s->fd, &m, 0) != FRAME && errno != ENOBUFS)
		fatal(s->t, "a frame: %s", strerror(errno));
}

/* Until nothing is left in the queue. */
static struct tc_stats drain(struct scene *s)
{
	uint64_t end = now_ns() + PATIENCE * NSEC;
	struct tc_stats q;
	int err;

	do {
		nap_ms(2);
		err = link_qdisc_stats("sk0", &q);
		if (err)
			fatal(s->t, "statistics: %s", strerror(-err));
	} while (q.qlen && now_ns() < end);
	return q;
}

static void through_tbf(struct scene *s)
{
	uint64_t began = now_ns();
	unsigned i;

	for (i = 0; i < SENT; i++)
		send_frame(s, 0);
	s->sent_us = (now_ns() - began) / 1000;
	s->tbf = drain(s);
	s->gone_us = (now_ns() - began) / 1000;
}

/* SO_TXTIME is of 4.19, and fq heeds it since 4.20. */
static void through_fq(struct scene *s)
{
	struct sock_txtime how = { .clockid = CLOCK_MONOTONIC };
	int err = link_fq("sk0"), i;

	if (err == -ENOENT || setsockopt(s->fd, SOL_SOCKET, SO_TXTIME, &how,
					 sizeof(how)))
		return;
	if (err)
		fatal(s->t, "fq: %s", strerror(-err));
	for (i = 0; i < PACED; i++)
		send_frame(s, now_ns() + PACED_MS * MSEC);
	s->fq = drain(s);
}

/* ---- and what was shown of them ---------------------------------------- */

static uint64_t shown_of(struct scene *s, const char *map, const char *kind)
{
	return table_sum(&s->table, s->t, "count",
			 ARGS("map", map, "dev", "sk0", "qdisc", kind));
}

static void want(struct scene *s, const char *map, const char *kind,
		 uint64_t made)
{
	uint64_t n = shown_of(s, map, kind);

	if (n != made)
		differ(s->t, "%s of %s: %" PRIu64 " shown, %" PRIu64 " made",
		       map, kind, n, made);
}

/* Some may leave at a time. */
static void want_some(struct scene *s, const char *map, const char *kind,
		      uint64_t most)
{
	uint64_t n = shown_of(s, map, kind);

	if (!n || n > most)
		differ(s->t, "%s of %s: %" PRIu64 " shown, at most %" PRIu64
		       " made", map, kind, n, most);
}

/* How many are in buckets that end above @us; *@top: where the last begins. */
static unsigned above(struct scene *s, const char *map, const char *kind,
		      uint64_t us, uint64_t *top)
{
	uint64_t lo, hi, n, all = 0;
	unsigned i;

	for (i = 0; i < s->table.nrows; i++) {
		if (!table_matches(&s->table, i, ARGS("map", map, "dev", "sk0",
						      "qdisc", kind)) ||
		    !cell_u64(table_cell(&s->table, i, "lo"), &lo) ||
		    !cell_u64(table_cell(&s->table, i, "hi"), &hi) ||
		    !cell_u64(table_cell(&s->table, i, "count"), &n) || !n)
			continue;
		if (hi >= us)
			all += n;
		if (lo > *top)
			*top = lo;
	}
	return all;
}

/*
 * The k-th frame that is taken leaves no sooner than its tokens are there, and
 * none later than all had left.
 */
static void check_tbf(struct scene *s)
{
	const uint64_t each = FRAME * 1000000ull / RATE;
	uint64_t top = 0, least;
	unsigned k, n, must;

	want(s, "us", "tbf", s->tbf.packets);
	want(s, "drops", "tbf", s->tbf.drops);
	if (test_btf(s->t)) {
		want_some(s, "packets", "tbf", s->tbf.packets);
		want_some(s, "backlog", "tbf", s->tbf.packets);
	}
	if (s->tbf.packets + s->tbf.drops != SENT)
		differ(s->t, "tbf counts %u + %u frames", s->tbf.packets,
		       s->tbf.drops);
	for (k = AT_ONCE + 1; k <= s->tbf.packets; k++) {
		if ((k - AT_ONCE) * each <= s->sent_us)
			continue;
		least = (k - AT_ONCE) * each - s->sent_us;
		must = s->tbf.packets - k + 1;
		n = above(s, "us", "tbf", least, &top);
		if (n < must)
			differ(s->t, "%u frames waited %" PRIu64 " us, not %u",
			       n, least, must);
	}
	if (top > s->gone_us)
		differ(s->t, "one waited %" PRIu64 " us, all had left in %"
		       PRIu64, top, s->gone_us);
}

/* What they were told to wait they did. */
static void check_fq(struct scene *s, bool told)
{
	uint64_t top = 0;

	want(s, "us", "fq", s->fq.packets);
	if (told) {
		want(s, "paced_us", "fq", PACED);
		above(s, "paced_us", "fq", 0, &top);
		if (top > PACED_MS * 1000)
			differ(s->t, "paced by %" PRIu64 " us and more", top);
	}
	if (s->fq.packets != PACED)
		differ(s->t, "fq counts %u frames", s->fq.packets);
}

/* @map has at least half of what was made. */
static void want_half(struct scene *s, const char *map, uint64_t made)
{
	uint64_t n = shown_of(s, map, "");

	if (n < (made + 1) / 2)
		differ(s->t, "%s: %" PRIu64 " shown, %" PRIu64 " made", map, n,
		       made);
}

/* Without the kernel's types no discipline is known by its name, nor what is
 * left in it, nor which of two devices of one name it is; and hooks that tell
 * of devices skip some packets. */
static void check_nameless(struct scene *s)
{
	want_half(s, "us", s->tbf.packets + s->fq.packets);
	want_half(s, "drops", s->tbf.drops);
}

static void check(struct scene *s, struct tool *r, bool all)
{
	tool_stop(r, SIGINT);
	tool_check_clean(r);
	if (!r->text || !table_parse(&s->table, s->t, r->text))
		return;
	if (!test_btf(s->t)) {
		check_nameless(s);
	} else {
		check_tbf(s);
		if (all && s->fq.packets)
			check_fq(s, !strstr(r->talk, "paced_us:"));
	}
	table_release(&s->table);
}

/* All disciplines, and beside it one by the name that the book has for it. */
static void qdisc(struct test *t)
{
	bool tbf, types = test_btf(t);
	struct tool all, one;
	static struct scene s;
	char path[256];

	scene_init(&s, t);
	tool_init(&all, t, s.a.inum);
	tool_init(&one, t, s.a.inum);
	temp_path(path, sizeof(path), "qdisc");
	netns_enter(t, &s.a);
	tbf = !link_tbf("sk0", RATE, AT_ONCE * FRAME, ROOM * FRAME);
	netns_leave(t);
	if (!tbf)
		skip(t, "this kernel has no tbf");
	if (types)
		tool_start(&one, "qdisc-tbf", ARGS("--csv"));
	tool_start(&all, "qdisc", ARGS("--csv", "-W", path));
	netns_enter(t, &s.a);
	through_tbf(&s);
	through_fq(&s);
	netns_leave(t);
	if (types)
		check(&s, &one, false);
	check(&s, &all, true);
	tool_replayed(&all, path);
	summary(t, "tbf %u, dropped %u; fq %u", s.tbf.packets, s.tbf.drops,
		s.fq.packets);
	tool_release(&one);
	tool_release(&all);
	close(s.fd);
	netns_free(&s.a);
	netns_free(&s.b);
}

const struct live_case qdisc_cases[] = {
	{ "qdisc", "how long frames wait in queueing disciplines, and those "
	  "they drop", 300, qdisc, false },
	{ NULL, NULL, 0, NULL, false },
};

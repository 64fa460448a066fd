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
#include <netinet/in.h>
#include <netinet/udp.h>
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
	INSIDE_ROOM = 17,	/* packets */
	CUTS = 23,		/* packets that are more than AT_ONCE: of each */
	SEGMENTS = 7, SEGMENT = 900,	/* bytes of UDP */
	PROTOCOL = 0x88b5,	/* IEEE 802: for experiments; nobody listens */
};

/* Without a queue a frame leaves red at once; the others hold it for RATE, and
 * cake drops what has waited for long. */
static const struct discipline {
	const char *kind;
	unsigned frames;
	bool holds, drops;
} roots[] = {
	{ "red", 13, false, false },
	{ "cbs", 11, true, false },
	{ "cake", 17, true, true },
};
#define ROOTS ARRAY_SIZE(roots)

/* As a root with nothing to wait for these are passed by; so, in tbf, which
 * they fill.  fq_codel takes a packet and drops others for it. */
static const char *const kinds[] = { "codel", "fq_codel" };
#define KINDS ARRAY_SIZE(kinds)

/* What went through one of them; nothing if the kernel has none. */
struct passage {
	struct tc_stats q;
	uint64_t sent_us;	/* from before the first frame until after the
				   last */
};

struct scene {
	struct test *t;
	struct netns a, b;
	int fd;			/* packet socket in a */
	struct table table;
	struct passage tbf, fq, roots[ROOTS], inside[KINDS], cut;
	unsigned segments;	/* that tbf has made of larger packets */
	uint64_t gone_us;	/* until all of one had left, the longest */
	bool has[ROOTS];
	bool inside_too;	/* functions can be watched, and there are
				   some */
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

/* Until nothing is left in the queue; what has passed @handle. */
static struct tc_stats drain(struct scene *s, uint32_t handle)
{
	uint64_t end = now_ns() + PATIENCE * NSEC;
	struct tc_stats q;
	int err;

	do {
		nap_ms(2);
		err = link_qdisc_stats("sk0", handle, &q);
		if (err)
			fatal(s->t, "statistics: %s", strerror(-err));
	} while (q.qlen && now_ns() < end);
	return q;
}

/* @n of them, as they like. */
static struct passage push(struct scene *s, unsigned n, uint32_t handle)
{
	uint64_t began = now_ns(), us;
	struct passage p;

	while (n--)
		send_frame(s, 0);
	p.sent_us = (now_ns() - began) / 1000;
	p.q = drain(s, handle);
	us = (now_ns() - began) / 1000;
	if (us > s->gone_us)
		s->gone_us = us;
	return p;
}

/* @err: of making it.  Does this kernel have it? */
static bool made(struct scene *s, int err, const char *kind)
{
	if (err && err != -ENOENT)
		fatal(s->t, "%s: %s", kind, strerror(-err));
	return !err;
}

/* A new one, with nothing inside. */
static int make_tbf(void)
{
	link_unqueue("sk0");
	return link_tbf("sk0", RATE, AT_ONCE * FRAME, ROOM * FRAME);
}

static int make_root(const char *kind)
{
	return !strcmp(kind, "red") ? link_red("sk0") :
	       !strcmp(kind, "cbs") ? link_cbs("sk0", RATE) :
				      link_cake("sk0", RATE);
}

static void through_roots(struct scene *s)
{
	for (unsigned i = 0; i < ROOTS; i++) {
		s->has[i] = made(s, make_root(roots[i].kind),
				 roots[i].kind);
		if (s->has[i])
			s->roots[i] = push(s, roots[i].frames, 0);
	}
}

static void through_inside(struct scene *s, unsigned i)
{
	if (made(s, make_tbf(), "tbf") &&
	    made(s, link_inside("sk0", kinds[i], INSIDE_ROOM), kinds[i]))
		s->inside[i] = push(s, SENT, INSIDE);
}

/* One packet for the queue. */
static void send_large(struct scene *s, int fd)
{
	static const char bytes[SEGMENTS * SEGMENT];
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(9) };

	inet_pton(AF_INET, "10.9.0.2", &to.sin_addr);
	if (sendto(fd, bytes, sizeof(bytes), 0, (void *)&to, sizeof(to)) < 0)
		fatal(s->t, "a large datagram: %s", strerror(errno));
}

/*
 * Of a packet that is larger than what may pass at once tbf makes packets of
 * its segments (UDP_SEGMENT: 4.18), and frees it.  Its memory is that of a
 * later segment soon, if all have left in between.
 */
static void through_cut(struct scene *s)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int size = SEGMENT;

	if (fd < 0)
		fatal(s->t, "socket: %s", strerror(errno));
	link_unqueue("sk0");
	if (setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof(size)) ||
	    !made(s, link_tbf("sk0", 20 * RATE, AT_ONCE * FRAME, ROOM * FRAME),
		  "tbf")) {
		close(fd);
		return;
	}
	for (unsigned i = 0; i < CUTS; i++) {
		send_large(s, fd);
		s->segments += SEGMENTS;
		s->cut = push(s, 1, 0);
	}
	close(fd);
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
	s->fq.q = drain(s, 0);
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
 * The k-th frame that is taken leaves no sooner than its tokens are there,
 * @each_us for one, but for those of a burst, and none later than all had left.
 */
static void check_held(struct scene *s, const char *kind,
		       const struct passage *p, unsigned burst,
		       uint64_t each_us)
{
	uint64_t top = 0, least;
	unsigned k, n, must;

	for (k = burst + 1; k <= p->q.packets; k++) {
		if ((k - burst) * each_us <= p->sent_us)
			continue;
		least = (k - burst) * each_us - p->sent_us;
		must = p->q.packets - k + 1;
		n = above(s, "us", kind, least, &top);
		if (n < must)
			differ(s->t, "%s: %u frames waited %" PRIu64 " us, "
			       "not %u", kind, n, least, must);
	}
	if (top > s->gone_us)
		differ(s->t, "%s: one waited %" PRIu64 " us, all had left in %"
		       PRIu64, kind, top, s->gone_us);
}

/* A segment has no start: what is measured is the rest, of which somebody asks
 * for an address. */
static uint64_t uncut(struct scene *s)
{
	const struct tc_stats *q = &s->cut.q;

	if (s->segments && (q->drops || q->packets < s->segments + CUTS))
		differ(s->t, "tbf counts %u + %u packets of %u segments and "
		       "%u frames", q->packets, q->drops, s->segments, CUTS);
	return q->packets - s->segments;
}

/* With those that something in it kept or dropped. */
static void check_tbf(struct scene *s)
{
	uint64_t left = s->tbf.q.packets, drops = s->tbf.q.drops;

	if (left + drops != SENT)
		differ(s->t, "tbf counts %" PRIu64 " + %" PRIu64 " frames",
		       left, drops);
	left += uncut(s);
	for (unsigned i = 0; i < KINDS; i++) {
		left += s->inside[i].q.packets;
		drops += s->inside[i].q.drops;
	}
	want(s, "us", "tbf", left);
	want(s, "drops", "tbf", drops);
	want_some(s, "packets", "tbf", left + s->segments);
	want_some(s, "backlog", "tbf", left + s->segments);
	check_held(s, "tbf", &s->tbf, AT_ONCE, FRAME * 1000000ull / RATE);
}

/* One that is in tbf, by its own functions. */
static void check_inside(struct scene *s, unsigned i)
{
	const struct tc_stats *q = &s->inside[i].q;

	if (q->packets + q->drops != SENT || !q->drops)
		differ(s->t, "%s counts %u + %u frames", kinds[i], q->packets,
		       q->drops);
	want(s, "us", kinds[i], q->packets);
	want(s, "drops", kinds[i], q->drops);
	/* tbf has the next one out to look at it */
	check_held(s, kinds[i], &s->inside[i], AT_ONCE + 1,
		   FRAME * 1000000ull / RATE);
}

static void check_roots(struct scene *s)
{
	const struct tc_stats *q;
	unsigned frames;

	for (unsigned i = 0; i < ROOTS; i++) {
		q = &s->roots[i].q;
		want(s, "us", roots[i].kind, q->packets);
		want(s, "drops", roots[i].kind, q->drops);
		frames = s->has[i] ? roots[i].frames : 0;
		if (q->packets + q->drops != frames ||
		    (q->drops && !roots[i].drops))
			differ(s->t, "%s counts %u + %u frames", roots[i].kind,
			       q->packets, q->drops);
		/* credits are of whole bytes */
		if (roots[i].holds)
			check_held(s, roots[i].kind, &s->roots[i], 1,
				   FRAME * 900000ull / RATE);
	}
}

/* What they were told to wait they did, and are not said to have queued: what
 * was to wait for so long took no less than half of it. */
static void check_fq(struct scene *s, bool told)
{
	uint64_t top = 0, ignored = 0;
	unsigned paced, kept;

	want(s, "us", "fq", s->fq.q.packets);
	if (s->fq.q.packets != PACED)
		differ(s->t, "fq counts %u frames", s->fq.q.packets);
	if (!told)
		return;
	want(s, "paced_us", "fq", PACED);
	above(s, "paced_us", "fq", 0, &top);
	if (top > PACED_MS * 1000)
		differ(s->t, "paced by %" PRIu64 " us and more", top);
	for (uint64_t us = 1 << 10; us <= top; us *= 2) {
		paced = above(s, "paced_us", "fq", us, &ignored);
		kept = above(s, "us", "fq", us / 2, &ignored);
		if (kept < paced)
			differ(s->t, "%u paced by %" PRIu64 " us and more, %u "
			       "kept for half of it", paced, us, kept);
	}
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
	uint64_t left = s->tbf.q.packets + s->fq.q.packets + uncut(s);
	uint64_t drops = s->tbf.q.drops;

	for (unsigned i = 0; i < ROOTS; i++) {
		left += s->roots[i].q.packets;
		drops += s->roots[i].q.drops;
	}
	for (unsigned i = 0; i < KINDS; i++) {
		left += s->inside[i].q.packets;
		drops += s->inside[i].q.drops;
	}
	want_half(s, "us", left);
	want_half(s, "drops", drops);
}

/* ---- tools -------------------------------------------------------------- */

/* Of all at the root; each interval, which add up. */
static void check_all(struct scene *s, struct tool *r)
{
	tool_stop(r, SIGINT);
	tool_check_clean(r);
	if (!r->text || !table_parse(&s->table, s->t, r->text))
		return;
	if (!test_btf(s->t)) {
		check_nameless(s);
	} else {
		check_tbf(s);
		check_roots(s);
		if (s->fq.q.packets)
			check_fq(s, !strstr(r->talk, "paced_us:"));
	}
	table_release(&s->table);
}

/* One by the name that the book has for it: by its own functions. */
struct named {
	const char *name;
	int kind;		/* of kinds[]; -1: tbf */
	struct tool tool;
};

static void named_start(struct scene *s, struct named *n)
{
	tool_init(&n->tool, s->t, s->a.inum);
	tool_start(&n->tool, n->name, ARGS("--csv", "--dev", "sk0"));
}

static void named_stop(struct scene *s, struct named *n)
{
	tool_stop(&n->tool, SIGINT);
	tool_check_clean(&n->tool);
	if (n->tool.text && table_parse(&s->table, s->t, n->tool.text)) {
		if (n->kind < 0)
			check_tbf(s);
		else
			check_inside(s, (unsigned)n->kind);
		table_release(&s->table);
	}
	tool_release(&n->tool);
}

/* Is there tbf, and something to put in it? */
static void look(struct scene *s)
{
	netns_enter(s->t, &s->a);
	if (!made(s, make_tbf(), "tbf"))
		skip(s->t, "this kernel has no tbf");
	s->inside_too = test_probes(s->t) &&
		made(s, link_inside("sk0", kinds[0], INSIDE_ROOM), kinds[0]);
	make_tbf();
	netns_leave(s->t);
}

/* A discipline may come to be: nothing is shown, but said at once. */
static void check_unknown(struct scene *s)
{
	struct tool r;

	tool_init(&r, s->t, s->a.inum);
	tool_start(&r, "qdisc-no_such", ARGS("--csv"));
	tool_stop(&r, SIGINT);
	tool_check_clean(&r);
	if (!r.talk || !strstr(r.talk, "'no_such'") ||
	    !strstr(r.talk, "modprobe sch_no_such"))
		differ(s->t, "of a discipline that there is not it says: %s",
		       r.talk ? r.talk : "nothing");
	tool_release(&r);
}

static void scene_release(struct scene *s)
{
	close(s->fd);
	netns_free(&s->a);
	netns_free(&s->b);
}

static void qdisc(struct test *t)
{
	static struct scene s;
	struct named one = { .name = "qdisc-tbf", .kind = -1 };
	struct tool all;
	char path[256];

	scene_init(&s, t);
	tool_init(&all, t, s.a.inum);
	temp_path(path, sizeof(path), "qdisc");
	look(&s);
	if (s.inside_too)
		one = (struct named){ .name = "qdisc-codel", .kind = 0 };
	if (test_btf(t) && !s.inside_too)	/* elsewhere in qdisc-each */
		check_unknown(&s);
	if (test_btf(t))
		named_start(&s, &one);
	tool_start(&all, "qdisc", ARGS("--csv", "-i", "0.5", "-W", path));
	netns_enter(t, &s.a);
	s.tbf = push(&s, SENT, 0);
	through_fq(&s);
	through_roots(&s);
	for (unsigned i = 0; i < KINDS; i++)
		through_inside(&s, i);
	through_cut(&s);
	netns_leave(t);
	if (test_btf(t))
		named_stop(&s, &one);
	check_all(&s, &all);
	tool_replayed(&all, path);
	summary(t, "tbf %u, dropped %u, segments %u; fq %u, red %u, cbs %u, "
		"cake %u, dropped %u; codel %u, dropped %u", s.tbf.q.packets,
		s.tbf.q.drops, s.segments, s.fq.q.packets,
		s.roots[0].q.packets, s.roots[1].q.packets,
		s.roots[2].q.packets, s.roots[2].q.drops,
		s.inside[0].q.packets, s.inside[0].q.drops);
	tool_release(&all);
	scene_release(&s);
}

static void qdisc_each(struct test *t)
{
	static struct named named[] = {
		{ .name = "qdisc-tbf", .kind = -1 },
		{ .name = "qdisc-codel", .kind = 0 },
		{ .name = "qdisc-fq_codel", .kind = 1 },
	};
	static struct scene s;

	scene_init(&s, t);
	look(&s);
	if (!s.inside_too || !test_btf(t))
		skip(t, "no functions of disciplines can be watched");
	check_unknown(&s);
	for (unsigned i = 0; i < ARRAY_SIZE(named); i++)
		named_start(&s, &named[i]);
	netns_enter(t, &s.a);
	s.tbf = push(&s, SENT, 0);
	for (unsigned i = 0; i < KINDS; i++)
		through_inside(&s, i);
	through_cut(&s);
	netns_leave(t);
	for (unsigned i = 0; i < ARRAY_SIZE(named); i++)
		named_stop(&s, &named[i]);
	summary(t, "tbf %u, dropped %u; codel %u, dropped %u; fq_codel %u, "
		"dropped %u", s.tbf.q.packets, s.tbf.q.drops,
		s.inside[0].q.packets, s.inside[0].q.drops,
		s.inside[1].q.packets, s.inside[1].q.drops);
	scene_release(&s);
}

const struct live_case qdisc_cases[] = {
	{ "qdisc", "how long frames wait in queueing disciplines, and those "
	  "they drop", 300, qdisc, false },
	{ "qdisc-each", "the same by disciplines' own functions", 300,
	  qdisc_each, true },
	{ NULL, NULL, 0, NULL, false },
};

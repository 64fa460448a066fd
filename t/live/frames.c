/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Frames through queueing disciplines. */
#include "frames.h"

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

const struct discipline qdisc_roots[ROOTS] = {
	{ "red", 13, false, false },
	{ "cbs", 11, true, false },
	{ "cake", 17, true, true },
};

const char *const qdisc_kinds[KINDS] = { "codel", "fq_codel" };

/* ---- frames ------------------------------------------------------------ */

static int packet_socket(struct test *t, const struct netns *ns)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET };
	int fd;

	netns_enter(t, ns);
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	to.sll_ifindex = (int)if_nametoindex("sk0");
	if (fd < 0 || bind(fd, (void *)&to, sizeof(to)))
		fatal(t, "packet socket: %s", strerror(errno));
	netns_leave(t);
	return fd;
}

void qdisc_init(struct qdisc_scene *s, struct test *t)
{
	s->t = t;
	veth_pair(t, &s->a, &s->b);
	/* nothing of its own */
	netns_sysctl(t, &s->a, "ipv6/conf/all/disable_ipv6", "1");
	s->fd = packet_socket(t, &s->a);
	s->other = packet_socket(t, &s->b);
}

/* One that is to leave at @ns, or, 0, when it likes. */
static void send_frame(struct qdisc_scene *s, int fd, uint64_t ns)
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
	if (sendmsg(fd, &m, 0) != FRAME && errno != ENOBUFS)
		fatal(s->t, "a frame: %s", strerror(errno));
}

/* Until nothing is left in the queue; what has passed @handle. */
static struct tc_stats drain(struct qdisc_scene *s, uint32_t handle)
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
struct passage qdisc_push(struct qdisc_scene *s, unsigned n, uint32_t handle)
{
	uint64_t began = now_ns(), us;
	struct passage p;

	while (n--)
		send_frame(s, s->fd, 0);
	p.sent_us = (now_ns() - began) / 1000;
	p.q = drain(s, handle);
	us = (now_ns() - began) / 1000;
	if (us > s->gone_us)
		s->gone_us = us;
	return p;
}

/* @err: of making it.  Does this kernel have it? */
bool qdisc_made(struct qdisc_scene *s, int err, const char *kind)
{
	if (err && err != -ENOENT)
		fatal(s->t, "%s: %s", kind, strerror(-err));
	return !err;
}

/* A new one, with nothing inside. */
int qdisc_tbf(void)
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

void qdisc_by_root(struct qdisc_scene *s)
{
	for (unsigned i = 0; i < ROOTS; i++) {
		s->has[i] = qdisc_made(s, make_root(qdisc_roots[i].kind),
				 qdisc_roots[i].kind);
		if (s->has[i])
			s->roots[i] = qdisc_push(s, qdisc_roots[i].frames, 0);
	}
}

void qdisc_inside(struct qdisc_scene *s, unsigned i)
{
	if (qdisc_made(s, qdisc_tbf(), "tbf") &&
	    qdisc_made(s, link_inside("sk0", qdisc_kinds[i], INSIDE_ROOM),
		       qdisc_kinds[i]))
		s->inside[i] = qdisc_push(s, SENT, INSIDE);
}

/* One packet for the queue. */
static void send_large(struct qdisc_scene *s, int fd)
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
 * its segments (UDP_SEGMENT: 4.18), and frees it.  Frames before it see to it
 * that these wait, and so its memory is that of one that comes in next, and is
 * dropped there since nobody wants it: none of a queue's drops.  Then it is
 * that of a later segment.
 */
void qdisc_cut(struct qdisc_scene *s)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int size = SEGMENT;

	if (fd < 0)
		fatal(s->t, "socket: %s", strerror(errno));
	link_unqueue("sk0");
	if (setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof(size)) ||
	    !qdisc_made(s, link_tbf("sk0", 20 * RATE, AT_ONCE * FRAME, ROOM * FRAME),
		  "tbf")) {
		close(fd);
		return;
	}
	for (unsigned i = 0; i < CUTS; i++) {
		for (unsigned j = 0; j < AT_ONCE; j++)
			send_frame(s, s->fd, 0);
		send_large(s, fd);
		send_frame(s, s->other, 0);
		s->segments += SEGMENTS;
		s->cut = qdisc_push(s, 1, 0);
	}
	close(fd);
}

/* SO_TXTIME is of 4.19, and fq heeds it since 4.20. */
void qdisc_fq(struct qdisc_scene *s)
{
	struct sock_txtime how = { .clockid = CLOCK_MONOTONIC };
	int err = link_fq("sk0"), i;

	if (err == -ENOENT || setsockopt(s->fd, SOL_SOCKET, SO_TXTIME, &how,
					 sizeof(how)))
		return;
	if (err)
		fatal(s->t, "fq: %s", strerror(-err));
	for (i = 0; i < PACED; i++)
		send_frame(s, s->fd, now_ns() + PACED_MS * MSEC);
	s->fq.q = drain(s, 0);
}

void qdisc_release(struct qdisc_scene *s)
{
	close(s->fd);
	close(s->other);
	netns_free(&s->a);
	netns_free(&s->b);
}

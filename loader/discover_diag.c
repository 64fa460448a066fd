/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Memory and cookie of a socket by sock_diag(7), for kernels whose
 * getsockopt(2) does not know SO_MEMINFO and SO_COOKIE (before 4.12).
 */
#include "loader/discover_int.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

struct ask {
	struct nlmsghdr h;
	struct inet_diag_req_v2 r;
};

static void put_end(__be32 *addr, __be16 *port, const union any_addr *a)
{
	if (a->sa.sa_family == AF_INET)
		memcpy(addr, &a->in.sin_addr, 4);
	else
		memcpy(addr, &a->in6.sin6_addr, 16);
	*port = a->in.sin_port;
}

/* @swap: datagram sockets are looked up as the receiver of a packet from
 * src to dst (net/ipv4/udp_diag.c). */
static void fill(struct ask *q, const struct subject *s,
		 const union any_addr *local, const union any_addr *remote,
		 bool swap)
{
	memset(q, 0, sizeof(*q));
	q->h.nlmsg_len = sizeof(*q);
	q->h.nlmsg_type = SOCK_DIAG_BY_FAMILY;
	q->h.nlmsg_flags = NLM_F_REQUEST;
	q->r.sdiag_family = s->family;
	q->r.sdiag_protocol = s->object == DISC_UDP ? IPPROTO_UDP :
			      IPPROTO_TCP;
	q->r.idiag_ext = 1 << (INET_DIAG_SKMEMINFO - 1);
	q->r.idiag_states = ~0u;
	put_end(q->r.id.idiag_src, &q->r.id.idiag_sport,
		swap ? remote : local);
	put_end(q->r.id.idiag_dst, &q->r.id.idiag_dport,
		swap ? local : remote);
	q->r.id.idiag_if = 1;	/* lo: sockets may be bound to it */
	q->r.id.idiag_cookie[0] = q->r.id.idiag_cookie[1] =
		INET_DIAG_NOCOOKIE;
}

/* The numbers in the answer, if it is about the socket with @inode. */
static unsigned answer(const uint8_t *buf, size_t len, uint64_t inode,
		       uint32_t *mem, unsigned max, uint64_t *cookie)
{
	const size_t head = NLMSG_LENGTH(sizeof(struct inet_diag_msg));
	struct inet_diag_msg m;
	struct nlmsghdr h;
	struct nlattr a;

	if (len < head)
		return 0;
	memcpy(&h, buf, sizeof(h));
	memcpy(&m, buf + NLMSG_LENGTH(0), sizeof(m));
	if (h.nlmsg_type != SOCK_DIAG_BY_FAMILY || m.idiag_inode != inode)
		return 0;
	*cookie = (uint64_t)m.id.idiag_cookie[1] << 32 | m.id.idiag_cookie[0];
	for (size_t at = NLMSG_ALIGN(head); at + sizeof(a) <= len;
	     at += (size_t)NLA_ALIGN(a.nla_len)) {
		memcpy(&a, buf + at, sizeof(a));
		if (a.nla_len < NLA_HDRLEN || a.nla_len > len - at)
			return 0;
		if (a.nla_type != INET_DIAG_SKMEMINFO)
			continue;
		if (a.nla_len < NLA_HDRLEN + 4 * max)
			max = (a.nla_len - NLA_HDRLEN) / 4u;
		memcpy(mem, buf + at + NLA_HDRLEN, 4 * max);
		return max;
	}
	return 0;
}

unsigned diag_memory(const struct subject *s, uint32_t *mem, unsigned max,
		     uint64_t *cookie)
{
	const struct timeval wait = { .tv_sec = 1 };
	union any_addr local, remote;
	socklen_t len = sizeof(local);
	uint8_t buf[1024];
	struct ask q;
	struct stat st;
	unsigned n = 0;
	int fd;

	memset(&local, 0, sizeof(local));
	memset(&remote, 0, sizeof(remote));
	if (getsockname(s->fd, &local.sa, &len) || fstat(s->fd, &st))
		return 0;
	len = sizeof(remote);
	if (getpeername(s->fd, &remote.sa, &len))
		remote.sa.sa_family = local.sa.sa_family;
	fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	if (fd < 0)
		return 0;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	for (int swap = 0; swap < 2 && !n; swap++) {
		ssize_t got;

		fill(&q, s, &local, &remote, swap);
		if (send(fd, &q, sizeof(q), 0) != (ssize_t)sizeof(q))
			break;
		got = recv(fd, buf, sizeof(buf), 0);
		n = got > 0 ? answer(buf, (size_t)got, st.st_ino, mem, max,
				     cookie) : 0;
	}
	close(fd);
	return n;
}

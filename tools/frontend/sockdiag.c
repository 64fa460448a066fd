/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* sock_diag(7): the sockets of a network namespace. */
#include "tools/frontend/sockets.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef NLM_F_DUMP_INTR
#define NLM_F_DUMP_INTR 16	/* linux/netlink.h, 3.1 */
#endif

/* ---- what is in a message ---------------------------------------------- */

const void *sockdiag_attr_of(const void *m, size_t head, size_t len, int type,
			     size_t *n)
{
	const struct rtattr *a = (const void *)((const char *)m + head);
	int left = len < head ? 0 : (int)(len - head);

	for (; RTA_OK(a, left); a = RTA_NEXT(a, left))
		if (a->rta_type == type) {
			*n = RTA_PAYLOAD(a);
			return RTA_DATA(a);
		}
	*n = 0;
	return NULL;
}

const void *sockdiag_attr(const struct inet_diag_msg *m, size_t len, int type,
			  size_t *n)
{
	return sockdiag_attr_of(m, sizeof(*m), len, type, n);
}

uint64_t sockdiag_u64(const void *attr, size_t n, size_t off)
{
	uint64_t v = 0;

	if (n >= off + sizeof(v))
		memcpy(&v, (const char *)attr + off, sizeof(v));
	return v;
}

uint32_t sockdiag_u32(const void *attr, size_t n, size_t off)
{
	uint32_t v = 0;

	if (n >= off + sizeof(v))
		memcpy(&v, (const char *)attr + off, sizeof(v));
	return v;
}

uint64_t sockdiag_cookie(const struct inet_diag_msg *m)
{
	return m->id.idiag_cookie[0] | (uint64_t)m->id.idiag_cookie[1] << 32;
}

/* struct tcp_info of include/uapi/linux/tcp.h; it only grows. */
enum {
	INFO_BYTES_ACKED = 120, INFO_BYTES_RECEIVED = 128,	/* 4.1 */
	INFO_NOTSENT_BYTES = 144,				/* 4.6 */
	INFO_BYTES_SENT = 200, INFO_BYTES_RETRANS = 208,	/* 4.19 */
};

bool tcp_has_fin(unsigned state)
{
	return state == TCP_CLOSE_WAIT || state == TCP_LAST_ACK ||
	       state == TCP_CLOSING;
}

/* What is in flight, and if our FIN has gone out (is_fin_sent()).  idiag_wqueue
 * is write_seq - snd_una. */
static void put_in_flight(struct before *b, const struct inet_diag_msg *m,
			  uint32_t notsent)
{
	unsigned state = m->idiag_state;

	b->in_flight = m->idiag_wqueue > notsent ?
		       m->idiag_wqueue - notsent : 0;
	if (state == TCP_FIN_WAIT2 && b->acked)
		b->acked--;
	if ((state == TCP_FIN_WAIT1 || state == TCP_LAST_ACK ||
	     state == TCP_CLOSING) && !notsent && b->in_flight)
		b->in_flight--;
}

bool sockdiag_before(struct before *b, const struct inet_diag_msg *m,
		     const void *info, size_t n)
{
	b->sent = sockdiag_u64(info, n, INFO_BYTES_SENT) -
		  sockdiag_u64(info, n, INFO_BYTES_RETRANS);
	b->acked = sockdiag_u64(info, n, INFO_BYTES_ACKED);
	put_in_flight(b, m, sockdiag_u32(info, n, INFO_NOTSENT_BYTES));
	b->received = sockdiag_u64(info, n, INFO_BYTES_RECEIVED);
	if (b->received && tcp_has_fin(m->idiag_state))
		b->received--;
	return n >= INFO_BYTES_RECEIVED + sizeof(uint64_t);
}

/* ---- listing ----------------------------------------------------------- */

int sockdiag_open(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC,
			NETLINK_SOCK_DIAG);

	return fd < 0 ? -errno : fd;
}

struct listing {
	sockdiag_message_fn *fn;
	void *ctx;
	size_t least;		/* of a message that is a socket */
	bool interrupted;	/* NLM_F_DUMP_INTR */
	bool done;
};

/* What NLMSG_ERROR begins with, and NLMSG_DONE: a protocol that the kernel does
 * not list fails there. */
static int end_of(const struct nlmsghdr *h)
{
	int err;

	if (h->nlmsg_len < NLMSG_LENGTH(sizeof(err)))
		return h->nlmsg_type == NLMSG_ERROR ? -EIO : 0;
	memcpy(&err, NLMSG_DATA(h), sizeof(err));
	return err < 0 ? err : 0;
}

static int take_answer(struct listing *l, const struct nlmsghdr *h)
{
	l->interrupted |= h->nlmsg_flags & NLM_F_DUMP_INTR;
	l->done = h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR;
	if (l->done)
		return end_of(h);
	if (h->nlmsg_len < NLMSG_LENGTH(l->least))
		return 0;
	return l->fn(l->ctx, NLMSG_DATA(h), NLMSG_PAYLOAD(h, 0));
}

/* One datagram of answers.  Not by NLMSG_NEXT(): what is left would go below
 * nothing behind a last one whose length is no multiple of four. */
static int take_answers(struct listing *l, const char *buf, size_t len)
{
	const struct nlmsghdr *h;
	size_t at = 0;
	int err = 0;

	while (at < len && !err && !l->done) {
		h = (const void *)(buf + at);
		if (!NLMSG_OK(h, len - at))
			break;
		err = take_answer(l, h);
		at += NLMSG_ALIGN(h->nlmsg_len);
	}
	return err;
}

static int take_all(struct listing *l, int fd)
{
	static union {
		struct nlmsghdr align;
		char bytes[32768];	/* the most that a dump is cut into */
	} buf;
	struct sockaddr_nl from;
	socklen_t size;
	ssize_t n;
	int err = 0;

	while (!err && !l->done) {
		size = sizeof(from);
		n = recvfrom(fd, &buf, sizeof(buf), MSG_TRUNC, (void *)&from,
			     &size);
		if (n < 0 && errno == EINTR)
			continue;
		/* whoever rules a network namespace may send to us there */
		if (n > 0 && from.nl_pid)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		if ((size_t)n > sizeof(buf))
			return -EMSGSIZE;
		err = take_answers(l, buf.bytes, (size_t)n);
	}
	return err;
}

static int send_request(int fd, const struct sockdiag *ask)
{
	struct {
		struct nlmsghdr h;
		struct inet_diag_req_v2 r;
	} req = {
		.h = { .nlmsg_len = sizeof(req),
		       .nlmsg_type = SOCK_DIAG_BY_FAMILY,
		       .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.r = { .sdiag_family = ask->family,
		       .sdiag_protocol = ask->protocol,
		       .idiag_ext = ask->ext, .idiag_states = ask->states },
	};

	return send(fd, &req, sizeof(req), 0) < 0 ? -errno : 0;
}

/*
 * Both families at once: the request of before 3.3 asks for no family (still
 * taken by 6.18; net/ipv4/inet_diag.c, inet_diag_dump_compat()).  Each dump
 * goes over the whole table of connections.
 */
static int send_compat(int fd, const struct sockdiag *ask)
{
	struct {
		struct nlmsghdr h;
		struct inet_diag_req r;
	} req = {
		.h = { .nlmsg_len = sizeof(req),
		       .nlmsg_type = TCPDIAG_GETSOCK,
		       .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.r = { .idiag_family = AF_INET, .idiag_ext = ask->ext,
		       .idiag_states = ask->states },
	};

	return send(fd, &req, sizeof(req), 0) < 0 ? -errno : 0;
}

static int take_dump(struct listing *l, int fd)
{
	int err = take_all(l, fd);

	return !err && l->interrupted ? -EAGAIN : err;
}

int sockdiag_dump(int fd, const void *request, size_t len, size_t least,
		  sockdiag_message_fn *fn, void *ctx)
{
	struct listing l = { .fn = fn, .ctx = ctx, .least = least };

	return send(fd, request, len, 0) < 0 ? -errno : take_dump(&l, fd);
}

struct inet_listing {
	sockdiag_fn *fn;
	void *ctx;
};

static int take_inet(void *ctx, const void *m, size_t len)
{
	const struct inet_listing *inet = ctx;

	return inet->fn(inet->ctx, m, len);
}

int sockdiag_list(int fd, const struct sockdiag *ask, sockdiag_fn *fn,
		  void *ctx)
{
	struct inet_listing inet = { fn, ctx };
	struct listing l = { .fn = take_inet, .ctx = &inet,
			     .least = sizeof(struct inet_diag_msg) };
	int err = ask->family == AF_UNSPEC ? send_compat(fd, ask) :
					     send_request(fd, ask);

	return err ? err : take_dump(&l, fd);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* AF_UNIX sockets as sock_diag(7) tells of them: net/unix/diag.c. */
#include "tools/frontend/sockets_unix.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

/* linux/unix_diag.h: 5.3, and later than some machines' headers. */
enum { SHOW_UID = 0x40, DIAG_UID = 7 };

static const void *attr(const void *m, size_t len, int type, size_t *n)
{
	return sockdiag_attr_of(m, sizeof(struct unix_diag_msg), len, type, n);
}

static void put_queues(struct unix_event *e, const void *m, size_t len)
{
	size_t n;
	const void *rqlen = attr(m, len, UNIX_DIAG_RQLEN, &n);
	const void *mem;

	if (n >= sizeof(struct unix_diag_rqlen)) {
		e->recv_q = sockdiag_u32(rqlen, n,
			offsetof(struct unix_diag_rqlen, udiag_rqueue));
		e->send_q = sockdiag_u32(rqlen, n,
			offsetof(struct unix_diag_rqlen, udiag_wqueue));
	}
	mem = attr(m, len, UNIX_DIAG_MEMINFO, &n);
	if (n >= 4 * (SK_MEMINFO_SNDBUF + 1))
		e->sk_sndbuf = (int32_t)sockdiag_u32(mem, n,
						     4 * SK_MEMINFO_SNDBUF);
}

/* Datagram sockets that are connected were in the state of those that are not
 * before 5.15; since then those are, too, that others have connected to. */
static void put_peer(struct unix_event *e, const void *m, size_t len)
{
	size_t n;
	const void *peer = attr(m, len, UNIX_DIAG_PEER, &n);

	e->peer = sockdiag_u32(peer, n, 0);
	if (e->netid == UNIX_DGRAM)
		e->state = peer ? TCP_ESTABLISHED : TCP_CLOSE;
}

int unix_answer(void *list, const void *m, size_t len)
{
	const struct unix_diag_msg *msg = m;
	struct unix_list *l = list;
	struct unix_event *e;
	const void *p;
	size_t n;

	if (msg->udiag_family != AF_UNIX)
		return 0;
	e = unix_add(l, msg->udiag_type);
	if (!e)
		return l->no_memory ? -ENOMEM : 0;
	e->state = msg->udiag_state;
	e->inode = msg->udiag_ino;
	e->flow.id = msg->udiag_cookie[0] |
		     (uint64_t)msg->udiag_cookie[1] << 32;
	put_queues(e, m, len);
	put_peer(e, m, len);
	p = attr(m, len, UNIX_DIAG_NAME, &n);
	if (p)
		unix_name(e->path, p, n);
	p = attr(m, len, UNIX_DIAG_SHUTDOWN, &n);
	if (n)
		e->shutdown = *(const uint8_t *)p;
	p = attr(m, len, DIAG_UID, &n);
	if (n >= sizeof(uint32_t))
		e->sk_uid = sockdiag_u32(p, n, 0);
	return 0;
}

int unix_answer_waiting(void *list, const void *m, size_t len)
{
	const struct unix_diag_msg *msg = m;
	size_t n, at;
	const void *icons = attr(m, len, UNIX_DIAG_ICONS, &n);

	for (at = 0; at + sizeof(uint32_t) <= n; at += sizeof(uint32_t))
		if (!unix_add_waiting(list, sockdiag_u32(icons, n, at),
				      msg->udiag_ino))
			return -ENOMEM;
	return 0;
}

static int dump(struct unix_list *l, int fd, uint32_t states, uint32_t show,
		sockdiag_message_fn *fn)
{
	struct {
		struct nlmsghdr h;
		struct unix_diag_req r;
	} req = {
		.h = { .nlmsg_len = sizeof(req),
		       .nlmsg_type = SOCK_DIAG_BY_FAMILY,
		       .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.r = { .sdiag_family = AF_UNIX, .udiag_states = states,
		       .udiag_show = show },
	};

	return sockdiag_dump(fd, &req, sizeof(req),
			     sizeof(struct unix_diag_msg), fn, l);
}

static bool any_waits(const struct unix_list *l, size_t first)
{
	for (size_t i = first; i < l->n; i++)
		if (l->e[i].state == TCP_LISTEN && l->e[i].recv_q > 0)
			return true;
	return false;
}

/*
 * Who waits is asked apart: a listener where so many wait that they do not fit
 * one message ends the kernel's list, as if it were whole.  What is then not
 * known is where some wait.  The same descriptor: messages are as large as what
 * it has been read with before, 32 KB or 8,000 that wait, and else a page.
 */
int unix_diag(struct unix_list *l)
{
	int fd = sockdiag_open(), err;
	size_t first = l->n;

	if (fd < 0)
		return fd;
	err = dump(l, fd, ~0u, UDIAG_SHOW_NAME | UDIAG_SHOW_PEER |
		   UDIAG_SHOW_RQLEN | UDIAG_SHOW_MEMINFO | SHOW_UID,
		   unix_answer);
	if (!err && any_waits(l, first) &&
	    dump(l, fd, 1u << TCP_LISTEN, UDIAG_SHOW_ICONS,
		 unix_answer_waiting) == -ENOMEM)
		err = -ENOMEM;
	close(fd);
	return err;
}

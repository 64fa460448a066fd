/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A source of rows: the sockets that exist, namespace by namespace, and who has
 * them open.
 */
#include "tools/frontend/snapshot.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

/* include/net/tcp_states.h: 4.4, 6.8 */
enum { NEW_SYN_RECV = 12, BOUND_INACTIVE = 13 };

const char *const socket_netids[] = { "-", "tcp", "udp", "raw", "ping", NULL };

static const struct socket_kind kinds[] = {
	{ "tcp", SOCKET_TCP, AF_INET, IPPROTO_TCP, "tcp" },
	{ "tcp", SOCKET_TCP, AF_INET6, IPPROTO_TCP, "tcp6" },
	{ "udp", SOCKET_UDP, AF_INET, IPPROTO_UDP, "udp" },
	{ "udp", SOCKET_UDP, AF_INET6, IPPROTO_UDP, "udp6" },
	{ "raw", SOCKET_RAW, AF_INET, IPPROTO_RAW, "raw" },
	{ "raw", SOCKET_RAW, AF_INET6, IPPROTO_RAW, "raw6" },
	{ "ping", SOCKET_PING, AF_INET, 0, "icmp" },
	{ "ping", SOCKET_PING, AF_INET6, 0, "icmp6" },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

struct sockets {
	struct snapshot s;		/* first */
	struct socket_list list;
	bool lacks[KINDS];		/* sock_diag does not list them */
};

/* ---- rows being made --------------------------------------------------- */

void socket_addr(uint8_t to[16], uint16_t family, const void *addr)
{
	memset(to, 0, 16);
	if (family == AF_INET6) {
		memcpy(to, addr, 16);
		return;
	}
	to[10] = to[11] = 0xff;
	memcpy(to + 12, addr, 4);
}

struct socket_event *socket_add(struct socket_list *l,
				const struct socket_kind *kind)
{
	struct socket_event *e;

	e = snapshot_grow(l->e, l->n, &l->room, sizeof(*e));
	l->no_memory |= !e;
	if (!e)
		return NULL;
	l->e = e;
	e = &l->e[l->n++];
	memset(e, 0, SOCKET_UNTOLD);
	memset((char *)e + SOCKET_UNTOLD, 0xff, sizeof(*e) - SOCKET_UNTOLD);
	memset(e->cc, 0, sizeof(e->cc));
	e->event.len = sizeof(*e);
	e->event.type = EVENT_ROW;
	e->netid = kind->netid;
	e->flow.family = kind->family;
	e->flow.protocol = kind->protocol;
	if (kind->netid == SOCKET_PING)
		e->flow.protocol = kind->family == AF_INET ? IPPROTO_ICMP :
							     IPPROTO_ICMPV6;
	return e;
}

/* ---- namespaces -------------------------------------------------------- */

/* The kernel tells sequence numbers, in which a SYN and a FIN are one, too. */
static void count_bytes(struct socket_event *e)
{
	if (e->netid != SOCKET_TCP)
		return;
	if (tcp_has_fin(e->state) && e->recv_q > 0)
		e->recv_q--;
	if ((e->state == TCP_SYN_SENT || e->state == TCP_FIN_WAIT1 ||
	     e->state == TCP_CLOSING || e->state == TCP_LAST_ACK) &&
	    e->send_q > 0)
		e->send_q--;
}

static int list_kind(struct sockets *a, unsigned k)
{
	int err = -ENOENT;

	a->list.n = 0;
	if (kinds[k].protocol && !a->s.no_diag && !a->lacks[k]) {
		err = sockets_diag(&a->list, &kinds[k]);
		a->lacks[k] = err && err != -EAGAIN && err != -ENOMEM;
	}
	if (err && err != -ENOMEM) {
		a->list.n = 0;
		err = sockets_proc(&a->list, &kinds[k]);
	}
	return err;
}

static int tell_socket(struct sockets *a, struct socket_event *e, uint32_t inum)
{
	struct socket_row row = { &e->event, &e->flow, e->inode, &e->owners,
				  &e->fd };

	e->flow.netns = inum;
	count_bytes(e);
	return snapshot_tell(&a->s, &row);
}

static int list_netns(struct snapshot *s, uint32_t inum)
{
	struct sockets *a = (struct sockets *)s;
	uint64_t protocols = option_value(s->o, "protocols");
	int err = 0;

	for (unsigned k = 0; k < KINDS && !err; k++) {
		if (protocols && !(protocols >> kinds[k].netid & 1))
			continue;
		err = list_kind(a, k);
		for (size_t i = 0; i < a->list.n && !err; i++)
			err = tell_socket(a, &a->list.e[i], inum);
	}
	return err;
}

static void tell_lacks(struct snapshot *s, struct err *e)
{
	const struct sockets *a = (struct sockets *)s;
	char diag[64] = "";

	/* of others /proc/net tells what most want to know */
	for (unsigned k = 0; k < KINDS; k += 2)
		if (a->lacks[k] &&
		    (s->o->verbose || kinds[k].netid == SOCKET_TCP))
			snprintf(diag + strlen(diag),
				 sizeof(diag) - strlen(diag), "%s%s",
				 *diag ? ", " : "", kinds[k].name);
	snapshot_lacks(s, diag, e);
}

/* Two go by other names where it is asked for them (inet_csk_diag_dump()). */
static uint32_t wanted_states(const struct options *o)
{
	static const uint32_t same[] = {
		1u << TCP_SYN_RECV | 1u << NEW_SYN_RECV,
		1u << TCP_CLOSE | 1u << BOUND_INACTIVE,
	};
	uint32_t states = (uint32_t)option_value(o, "states");

	for (unsigned i = 0; i < 2; i++)
		if (states & same[i])
			states |= same[i];
	return states ? states : ~0u;
}

static void begin(struct snapshot *s)
{
	((struct sockets *)s)->list.states = wanted_states(s->o);
}

static void release(struct snapshot *s)
{
	free(((struct sockets *)s)->list.e);
}

const struct row_source source_sockets = {
	.size = sizeof(struct sockets),
	.begin = begin,
	.list = list_netns,
	.end = tell_lacks,
	.release = release,
};

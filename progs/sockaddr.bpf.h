/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Addresses of IP sockets as system calls are given them. */
#ifndef SOCKEYE_SOCKADDR_BPF_H
#define SOCKEYE_SOCKADDR_BPF_H

#include "progs/sock.bpf.h"

#define COPY(user, to, size, from)					\
	((user) ? probe_read_user(to, size, from) :			\
		  probe_read(to, size, from))

/* struct sockaddr_in, and what sockaddr_in6 has in its place */
struct sockaddr_head {
	u16 family, port;
	u32 addr;
};

/*
 * The address that the caller named goes to the stack.  False where its memory
 * is not there yet (the call itself will bring it in).
 */
static __always_inline int read_sockaddr(u8 addr[16], u16 *port, u32 *family,
					 const void *uaddr, u32 len, int user)
{
	struct sockaddr_head head = {};

	*family = AF_INET;
	if (len < sizeof(head)) {	/* enough for AF_UNSPEC */
		if (len >= sizeof(head.family) &&
		    !COPY(user, &head.family, sizeof(head.family), uaddr))
			*family = head.family;
		return 1;
	}
	if (COPY(user, &head, sizeof(head), uaddr))
		return 0;
	*family = head.family;
	if (head.family == AF_INET) {
		map_v4(addr, head.addr);
	} else if (head.family == AF_INET6 && len >= sizeof(head) + 16) {
		if (COPY(user, addr, 16, uaddr + sizeof(head)))
			return 0;
	} else {
		return 1;
	}
	*port = ntohs(head.port);
	return 1;
}

/* The peer. */
static __always_inline int read_peer(struct flow *f, u32 *family,
				     const void *uaddr, u32 len, int user)
{
	return read_sockaddr(f->raddr, &f->rport, family, uaddr, len, user);
}

#endif

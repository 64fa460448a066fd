/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Calls that are given an address: the caller's may not be in memory yet as the
 * system call begins; it is by the time that it returns.
 */
#ifndef SOCKEYE_SOCKCALL_ASKED_BPF_H
#define SOCKEYE_SOCKCALL_ASKED_BPF_H

#include "progs/sockcall.bpf.h"

/* The tool's: take the address at @uaddr; 0 if there is none to be read. */
static __always_inline int read_asked(struct sockcall *c, const void *uaddr,
				      u32 len, int user);

/* The call, begun, is given @uaddr. */
static __always_inline int sockcall_asked(struct sockcall *c,
					  const void *uaddr, u32 len, int user)
{
	if (!read_asked(c, uaddr, len, user)) {
		c->uaddr = (u64)uaddr;
		c->len = len;
	}
	sockcall_put(c);
	return 0;
}

/* sockcall_exit(), and what was asked is known at the latest now. */
static __always_inline int sockcall_asked_exit(struct sockcall *c, s32 ret)
{
	if (!sockcall_exit(c, ret))
		return 0;
	if (c->uaddr)
		read_asked(c, (void *)c->uaddr, c->len, 1);
	return 1;
}

#endif

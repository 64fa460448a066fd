/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* AF_UNIX sockets: what they are called. */
#ifndef SOCKEYE_UNIX_BPF_H
#define SOCKEYE_UNIX_BPF_H

#include "progs/sock.bpf.h"

#define UNIX_PATH 32		/* shown of a path */

/*
 * struct sockaddr_un behind a family of two bytes; where there is no room for
 * all of a path, its end.  What follows a name is anything.  False: it has
 * none.  @to stands at a multiple of eight.
 */
static __always_inline int unix_path(char to[UNIX_PATH],
				     const struct sock *sk)
{
	const struct unix_sock *u = (const void *)sk;
	u64 path[UNIX_PATH / 8] = {};
	struct unix_address *addr = 0;
	s32 len, skip = 0;

	if (!EXISTS(u->addr) || !EXISTS(addr->len))
		return 0;
	addr = READ(u, addr);
	if (!addr)
		return 0;
	len = READ(addr, len) - 2;
	if (len > UNIX_PATH)
		skip = len - UNIX_PATH;
	if (skip > 108)
		return 0;
	probe_read(path, sizeof(path), (void *)&addr->name + 2 + skip);
	cut32(path, len - skip);
	if (!skip && len > 0 && !*(char *)path)
		*(char *)path = '@';
	copy16(to, path);
	copy16(to + 16, path + 2);
	return len > 0;
}

#endif

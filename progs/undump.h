/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef SOCKEYE_UNDUMP_H
#define SOCKEYE_UNDUMP_H

#include "progs/event.h"

/* By number: names of bits. */
enum undump_flag {
	UNDUMP_PEEK = 1,	/* MSG_PEEK: it will be read again */
	UNDUMP_TRUNC = 2,	/* a message that was longer */
};

#define UNDUMP_BYTES 192	/* shown of what was received, at most */

/* Data that a process has received over an AF_UNIX socket. */
struct undump_event {
	struct event event;
	struct flow flow;	/* who runs, and the namespace of the socket */
	__u64 socket, peer;	/* inode numbers; 0: not known */
	__u32 peer_pid;		/* as SO_PEERCRED has it; 0: not known */
	__u32 size;		/* bytes that were copied */
	__u8 type, flags;	/* SOCK_...; enum undump_flag */
	__u8 pad[6];
	char path[32];
	/* from here on with --data alone */
	struct {
		struct payload head;
		__u8 bytes[UNDUMP_BYTES];
	} data;
};

#define UNDUMP_LEAST 176

_Static_assert(__builtin_offsetof(struct undump_event, data) == UNDUMP_LEAST,
	       "struct undump_event");
_Static_assert(sizeof(struct undump_event) == UNDUMP_LEAST + 8 + UNDUMP_BYTES,
	       "struct undump_event");

#endif

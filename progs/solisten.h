/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef SOCKEYE_SOLISTEN_H
#define SOCKEYE_SOLISTEN_H

#include "progs/event.h"

enum listen_kind {
	LISTEN_TCP = 1, LISTEN_MPTCP, LISTEN_DCCP, LISTEN_SCTP, LISTEN_UNIX,
	LISTEN_OTHER,
};

#define LISTEN_PATH 32		/* UNIX_PATH */

/* A listen(2) that has returned. */
struct listen_event {
	struct event event;
	struct flow flow;
	__u64 call_ns;
	__s32 result;		/* 0 or a negative errno */
	__s32 backlog;		/* that is in force; of a call that failed, the
				   one it was given */
	__s64 asked;		/* by the process, unsigned, as the kernel takes
				   it; -1: not known */
	__u32 kind;		/* enum listen_kind */
	__u32 pad;
	char path[LISTEN_PATH];	/* AF_UNIX: the end of it; '@': abstract */
};

_Static_assert(sizeof(struct listen_event) == 176, "struct listen_event");

#endif

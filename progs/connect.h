/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef SOCKEYE_CONNECT_H
#define SOCKEYE_CONNECT_H

#include "progs/event.h"

/*
 * A connect(2), from the call to its outcome (soconnect, soconnlat,
 * tcpconnlat).  Errors are negative errnos.  `final` is -EINPROGRESS where
 * there was no outcome: the socket was closed first, or the tool stopped.
 */
struct connect_event {
	struct event event;
	struct flow flow;
	__u64 call_ns;		/* how long the call took */
	__u64 latency_ns;	/* from the call to the outcome */
	__s32 result;		/* of the call */
	__s32 final;		/* of the attempt */
	__u32 handshake;	/* 1: this call began one */
	__u32 pad;
	__s64 ustack;		/* of the caller, see K_USTACK */
	__u64 noticed_ns;	/* from the call until the process could know
				   of the outcome; 0: it never asked */
};

_Static_assert(sizeof(struct connect_event) == 160, "struct connect_event");

#endif

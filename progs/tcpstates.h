/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef SOCKEYE_TCPSTATES_H
#define SOCKEYE_TCPSTATES_H

#include "progs/event.h"

/* A TCP socket goes from one state to another. */
struct tcpstates_event {
	struct event event;
	struct flow flow;
	__u64 duration_ns;	/* in oldstate; bit 63: at least; 0: unknown */
	__u8 oldstate, newstate;
	__u8 pad[6];
};

_Static_assert(sizeof(struct tcpstates_event) == 128,
	       "struct tcpstates_event");

#endif

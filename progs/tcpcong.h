/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef SOCKEYE_TCPCONG_H
#define SOCKEYE_TCPCONG_H

#include "progs/event.h"

/* Behind those of enum tcp_ca_state: the connection is over. */
#define CONG_CLOSED 5

/* Congestion control of a connection goes from one state to another. */
struct tcpcong_event {
	struct event event;
	struct flow flow;
	__u64 duration_ns;	/* in oldstate; bit 63: at least */
	__u32 cwnd;		/* segments */
	__u8 oldstate, newstate;
	__u8 pad[2];
};

_Static_assert(sizeof(struct tcpcong_event) == 128, "struct tcpcong_event");

#endif

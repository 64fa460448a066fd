/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef SOCKEYE_TCPACCEPT_H
#define SOCKEYE_TCPACCEPT_H

#include "progs/event.h"

/* A connection that a peer opened: taken, or (--established) there. */
struct tcpaccept_event {
	struct event event;
	struct flow flow;
	__u64 wait_ns;		/* in the queue; 0: not known, bit 63: at
				   least */
	__s32 backlog, limit;	/* of the listener as the handshake ended:
				   sk_ack_backlog before this one,
				   sk_max_ack_backlog; -1: not known */
};

_Static_assert(sizeof(struct tcpaccept_event) == 128,
	       "struct tcpaccept_event");

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef SOCKEYE_SUPERPING_H
#define SOCKEYE_SUPERPING_H

#include "progs/event.h"

/* What became of an echo request. */
enum echo_outcome { ECHO_REPLY = 1, ECHO_DUP, ECHO_LATE, ECHO_LOST };

/* In the map `awaited` what it is if no answer comes: ECHO_LOST. */
struct superping_event {
	struct event event;	/* there: when it was sent; then len 0 once it
				   was answered */
	struct flow flow;		/* no ports; of whoever asked */
	__u64 rtt_ns;			/* bit 63: at least */
	__u64 queue_ns, device_ns, stack_ns;
	__u32 len;			/* of the packet, with its IP header */
	__u16 id, seq;			/* host order */
	__u8 outcome;			/* enum echo_outcome */
	__u8 ttl;			/* of the reply */
	__u8 sent, received, lost, dup, late;	/* 0 or 1 */
	__u8 pad;
	char dev[16];			/* it was sent by */
};

_Static_assert(sizeof(struct superping_event) == 176,
	       "struct superping_event");

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef SOCKEYE_TCPDROP_H
#define SOCKEYE_TCPDROP_H

#include "progs/event.h"

/* A TCP segment that the kernel dropped. */
struct tcpdrop_event {
	struct event event;
	struct flow flow;	/* by the packet's headers; the owner is the
				   socket's, where that is known */
	__u64 location;		/* in the function that dropped it */
	__s64 kstack;
	__u32 reason;		/* enum skb_drop_reason, or REASON_...; 0: this
				   kernel has none */
	__u32 len;		/* of the IP packet */
	__u32 payload;		/* bytes of data in it */
	__u32 seq, ack_seq;
	__u16 window;
	__u8 state;		/* of the socket; 0: not known */
	__u8 tcp_flags;
	__u8 direction;		/* enum drop_direction */
	__u8 ttl;
	__u8 pad[6];
	char dev[16];
};

_Static_assert(sizeof(struct tcpdrop_event) == 176, "struct tcpdrop_event");

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef SOCKEYE_SKBDROP_H
#define SOCKEYE_SKBDROP_H

#include "progs/event.h"

/* A packet of any kind that the kernel dropped. */
struct skbdrop_event {
	struct event event;
	struct flow flow;	/* by the packet's headers; all but netns is 0
				   of what is not IP */
	__u64 location;		/* in the function that dropped it */
	__s64 kstack;
	__u32 reason;		/* enum skb_drop_reason, or REASON_...; 0: this
				   kernel has none */
	__u32 len;		/* skb->len: with the headers not yet pulled */
	__u16 ethertype;	/* skb->protocol, host order, or ETHER_... */
	__u8 direction;		/* enum drop_direction */
	__u8 pad[5];
	char dev[16];
};

_Static_assert(sizeof(struct skbdrop_event) == 160, "struct skbdrop_event");

#endif

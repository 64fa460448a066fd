/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef SOCKEYE_SKBLIFE_H
#define SOCKEYE_SKBLIFE_H

#include "progs/event.h"

enum skb_birth { SKB_ALLOCATED, SKB_BUILT, SKB_CLONED };
enum skb_end { SKB_CONSUMED, SKB_DROPPED, SKB_FREED };

/* A struct sk_buff that is no more. */
struct skblife_event {
	struct event event;
	struct flow flow;	/* by the packet's headers at the end, as far
				   as they are still there */
	__u64 life_ns;
	__s64 kstack;		/* of its birth */
	__u32 len;		/* at the end */
	__u16 ethertype;	/* at the end; host order, or ETHER_... */
	__u8 birth;		/* enum skb_birth */
	__u8 end;		/* enum skb_end */
	__u8 direction;		/* enum drop_direction */
	__u8 pad[7];
	char dev[16];		/* at the end */
};

_Static_assert(sizeof(struct skblife_event) == 160, "struct skblife_event");

#endif

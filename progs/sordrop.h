/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef SOCKEYE_SORDROP_H
#define SOCKEYE_SORDROP_H

#include "progs/event.h"

/* A packet that found no room at the socket it was for. */
struct sordrop_event {
	struct event event;
	struct flow flow;	/* by the packet's headers; the owner is the
				   socket's, where that is known */
	__u32 reason;		/* enum skb_drop_reason, or REASON_... */
	__u32 truesize;		/* bytes of memory it takes; 0: not known */
	/* the socket's receive buffer: */
	__s32 rmem_alloc;	/* bytes in use; -1: not known */
	__u32 rcvbuf;		/* bytes there may be; 0: not known */
	__u32 drops;		/* of it so far; 0: not known */
	__u32 pad;
};

_Static_assert(sizeof(struct sordrop_event) == 136, "struct sordrop_event");

#endif

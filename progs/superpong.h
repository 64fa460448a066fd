/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef SOCKEYE_SUPERPONG_H
#define SOCKEYE_SUPERPONG_H

#include "progs/event.h"

/* What this machine made of an echo request. */
enum pong_outcome {
	PONG_ANSWERED = 1,
	PONG_IGNORED,		/* it is told to, by a sysctl */
	PONG_LIMITED,		/* there are too many */
	PONG_UNANSWERED,	/* for any other reason */
};

/* In the map `awaited` what it is if no answer leaves: PONG_UNANSWERED, or
 * PONG_IGNORED. */
struct superpong_event {
	struct event event;	/* there: when it came; len 0: it may be for
				   somebody else */
	struct flow flow;	/* no ports, no owner */
	__u64 took_ns;		/* 0: it was not answered */
	__u64 stack_ns, reply_ns;	/* 0: not known */
	__u32 len;		/* of the packet, with its IP header */
	__u16 id, seq;		/* host order */
	__u8 outcome;		/* enum pong_outcome */
	__u8 ttl;		/* of the request */
	__u8 asked, answered, ignored, limited, unanswered;	/* 0 or 1 */
	__u8 pad;
	char dev[16];		/* it came by */
};

_Static_assert(sizeof(struct superpong_event) == 168,
	       "struct superpong_event");

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef SOCKEYE_IPECN_H
#define SOCKEYE_IPECN_H

#include "progs/event.h"

/* What came from a peer, by its ECN bits (RFC 3168): in the map `totals` since
 * the tool started, in rows since the row before.  Packets as on the wire. */
struct ipecn_event {
	struct event event;
	struct flow flow;		/* no ports */
	__u64 ect0, ect1, ce, not_ect;
	__u64 ece, cwr;			/* TCP's answers, without SYN */
	char dev[16];
};

_Static_assert(sizeof(struct ipecn_event) == 176, "struct ipecn_event");

#endif

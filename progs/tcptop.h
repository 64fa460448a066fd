/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef SOCKEYE_TCPTOP_H
#define SOCKEYE_TCPTOP_H

#include "progs/event.h"

/* What went through a TCP session: in the map `totals` and under EVENT_TOTAL
 * since the tool started, in rows since the row before. */
struct tcptop_event {
	struct event event;
	struct flow flow;
	__u64 tx_bytes, rx_bytes;	/* as applications count */
};

_Static_assert(sizeof(struct tcptop_event) == 128, "struct tcptop_event");

#endif

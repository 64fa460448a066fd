/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef SOCKEYE_TCPLIFE_H
#define SOCKEYE_TCPLIFE_H

#include "progs/event.h"

/* A TCP session that has ended. */
struct tcplife_event {
	struct event event;
	struct flow flow;
	__u64 tx_bytes, rx_bytes;	/* as applications count */
	__u64 duration_ns;		/* bit 63: at least */
};

_Static_assert(sizeof(struct tcplife_event) == 136, "struct tcplife_event");

#endif

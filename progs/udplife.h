/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef SOCKEYE_UDPLIFE_H
#define SOCKEYE_UDPLIFE_H

#include "progs/event.h"

/* A UDP socket that was closed. */
struct udplife_event {
	struct event event;
	struct flow flow;	/* no peer unless it was connected */
	__u64 tx_bytes, rx_bytes;	/* data, as sent and as read */
	__u64 sends, reads;	/* datagrams */
	__u64 duration_ns;	/* bit 63: at least */
};

_Static_assert(sizeof(struct udplife_event) == 152, "struct udplife_event");

#endif

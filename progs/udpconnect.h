/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef SOCKEYE_UDPCONNECT_H
#define SOCKEYE_UDPCONNECT_H

#include "progs/event.h"

enum udp_op {
	UDP_CONNECT = 1,
	UDP_DISSOLVE,		/* connect(2) to AF_UNSPEC */
	UDP_SEND,		/* the first to this peer, or with this error */
	UDP_MORE,		/* all those after it */
};

/* A call that has returned, or several (UDP_MORE). */
struct udpconnect_event {
	struct event event;
	struct flow flow;
	__u64 call_ns;		/* how long it took; of several together */
	__u64 sends, tx_bytes;	/* datagrams sent, and what was in them */
	__s32 result;		/* 0 or a negative errno */
	__u32 op;		/* enum udp_op */
};

_Static_assert(sizeof(struct udpconnect_event) == 144,
	       "struct udpconnect_event");

#endif

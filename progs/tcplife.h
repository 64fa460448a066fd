/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef SOCKEYE_TCPLIFE_H
#define SOCKEYE_TCPLIFE_H

#include "progs/event.h"

/* What is read of a session only if it is asked for. */
struct tcplife_more {
	__s64 retrans_bytes;	/* -1: not known, as the next */
	__s32 retrans;
	__u32 srtt_us, min_rtt_us;	/* 0: never measured */
	__s32 err;		/* 0 or a negative errno */
	__u8 how;		/* enum session_how */
	__u8 first;		/* enum session_first */
	__u8 pad[6];
	char cc[16];		/* of tcp_congestion_ops */
};

/* A TCP session that has ended. */
struct tcplife_event {
	struct event event;
	struct flow flow;
	__u64 tx_bytes, rx_bytes;	/* as applications count */
	__u64 duration_ns;		/* bit 63: at least */
	struct tcplife_more more;	/* not sent if nothing of it is shown */
};

#define TCPLIFE_LEAST __builtin_offsetof(struct tcplife_event, more)

_Static_assert(sizeof(struct tcplife_more) == 48, "struct tcplife_more");
_Static_assert(sizeof(struct tcplife_event) == 184, "struct tcplife_event");

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef SOCKEYE_TCPRETRANS_H
#define SOCKEYE_TCPRETRANS_H

#include "progs/event.h"

enum retrans_type {
	RETRANS_SYN,		/* our SYN again */
	RETRANS_SYNACK,		/* our answer to a SYN again */
	RETRANS_RTO,		/* the retransmission timer, or after it */
	RETRANS_FAST,		/* duplicate ACKs, SACK, RACK */
	RETRANS_TLP,		/* tail loss probe */
};

/* A segment that was sent again; or could not be (err). */
struct tcpretrans_event {
	struct event event;
	struct flow flow;
	__u32 seq, end_seq;
	__u32 len;		/* bytes of data */
	__s32 err;		/* 0, or what sending returned */
	__u16 segs;
	__u8 type;		/* enum retrans_type */
	__u8 state, ca_state;
	__u8 pad[3];
	__u32 retransmits;	/* timeouts in a row */
	__u32 total;		/* segments sent again on this socket */
	__u32 cwnd, srtt_us;
};

_Static_assert(sizeof(struct tcpretrans_event) == 152,
	       "struct tcpretrans_event");

#endif

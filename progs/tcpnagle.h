/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef SOCKEYE_TCPNAGLE_H
#define SOCKEYE_TCPNAGLE_H

#include "progs/event.h"

/* What tcp_write_xmit() stopped at, in the order of its tests. */
enum nagle_reason {
	NAGLE_NONE,		/* it did not: the data was sent at once */
	NAGLE_PACING,		/* tcp_pacing_check() */
	NAGLE_CWND,		/* tcp_cwnd_test() */
	NAGLE_RWND,		/* tcp_snd_wnd_test() */
	NAGLE_NAGLE,		/* tcp_nagle_check(): a small segment is not
				   acknowledged yet */
	NAGLE_CORK,		/* the same: TCP_CORK, MSG_MORE */
	NAGLE_TSQ,		/* tcp_small_queue_check() */
	NAGLE_AUTOCORK,		/* it was not called: tcp_should_autocork() */
	NAGLE_TSO,		/* tcp_tso_should_defer() */
	NAGLE_OTHER,		/* the device or memory refused it */
};

/* Data that was sent for the first time. */
struct tcpnagle_event {
	struct event event;
	struct flow flow;
	__u64 waited_ns;	/* its oldest byte, in the write queue */
	__u32 bytes;
	__u32 segs;		/* as TCPOrigDataSent has them */
	__u8 reason;		/* enum nagle_reason */
	__u8 nonagle;		/* of the socket */
	__u8 call;		/* the same of the call that did not send it */
	__u8 pad[5];
};

_Static_assert(sizeof(struct tcpnagle_event) == 136,
	       "struct tcpnagle_event");

#endif

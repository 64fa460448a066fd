/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef SOCKEYE_TCPSNOOP_H
#define SOCKEYE_TCPSNOOP_H

#include "progs/event.h"

enum snoop_dir { SNOOP_OUT, SNOOP_IN };

/* A packet of a TCP socket. */
struct tcpsnoop_event {
	struct event event;
	struct flow flow;
	__u32 seq, ack;		/* as in the header */
	__u32 len;		/* bytes of data */
	__u32 win;		/* bytes: the window, scaled */
	__u32 skipped;		/* on this processor since the last one */
	__u8 flags;		/* of the header */
	__u8 dir;		/* enum snoop_dir */
	__u8 pad[2];
};

_Static_assert(sizeof(struct tcpsnoop_event) == 136, "struct tcpsnoop_event");

#endif

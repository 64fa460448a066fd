/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef SOCKEYE_TCPPKTLAT_H
#define SOCKEYE_TCPPKTLAT_H

#include "progs/event.h"

/* A process has read from a TCP socket. */
struct tcppktlat_event {
	struct event event;
	struct flow flow;	/* whose owner is who reads */
	__u64 latency_ns;	/* since the oldest byte arrived */
	__u32 bytes;		/* read; all there is, while nobody does */
	__u32 pad;
};

_Static_assert(sizeof(struct tcppktlat_event) == 128,
	       "struct tcppktlat_event");

#endif

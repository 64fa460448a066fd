/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef SOCKEYE_SO1STBYTE_H
#define SOCKEYE_SO1STBYTE_H

#include "progs/event.h"

/* The first byte was read of a connection that was opened from here. */
struct so1stbyte_event {
	struct event event;
	struct flow flow;
	__u64 connect_ns;	/* SYN_SENT to ESTABLISHED; 0: not known */
	__u64 think_ns;		/* ESTABLISHED to the read; 0: not known */
	__u64 total_ns;
};

_Static_assert(sizeof(struct so1stbyte_event) == 136,
	       "struct so1stbyte_event");

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef SOCKEYE_SOACCEPT_H
#define SOCKEYE_SOACCEPT_H

#include "progs/event.h"

/* A call of accept(2) that has returned. */
struct soaccept_event {
	struct event event;
	struct flow flow;	/* the connection's; of a call that failed the
				   listener's, without a peer */
	__u64 blocked_ns;	/* bit 63: at least; 0: not known */
	__s32 result;		/* 0 or a negative errno */
	__s32 fd;		/* of the connection; negative: none or not
				   known */
	__s32 listen_fd;	/* the call was given; negative: not known */
	__u32 pad;
};

_Static_assert(sizeof(struct soaccept_event) == 136, "struct soaccept_event");

#endif

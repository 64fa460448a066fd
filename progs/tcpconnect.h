/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef SOCKEYE_TCPCONNECT_H
#define SOCKEYE_TCPCONNECT_H

#include "progs/event.h"

/* A connection attempt. */
struct tcpconnect_event {
	struct event event;
	struct flow flow;
};

_Static_assert(sizeof(struct tcpconnect_event) == 112,
	       "struct tcpconnect_event");

#endif

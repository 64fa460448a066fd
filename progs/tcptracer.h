/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef SOCKEYE_TCPTRACER_H
#define SOCKEYE_TCPTRACER_H

#include "progs/event.h"
#include "progs/session.h"

enum tracer_type {
	TRACER_CONNECT, TRACER_ACCEPT, TRACER_CLOSE, TRACER_FAIL,
};

/* A TCP session begins, is accepted, ends; or one that never was. */
struct tcptracer_event {
	struct event event;
	struct flow flow;
	__u64 duration_ns;		/* since its birth; bit 63: at least */
	__u64 tx_bytes, rx_bytes;	/* so far, as applications count */
	__s32 err;			/* 0 or a negative errno */
	__u8 type;			/* enum tracer_type */
	__u8 how;			/* enum session_how */
	__u8 pad[2];
};

_Static_assert(sizeof(struct tcptracer_event) == 144,
	       "struct tcptracer_event");

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef SOCKEYE_BINDSNOOP_H
#define SOCKEYE_BINDSNOOP_H

#include "progs/event.h"

enum bind_op {
	BIND_CALL = 1,		/* bind(2) */
	BIND_AUTO,		/* the kernel chose a port for who had none */
};

/* Options of the socket, as bits by number. */
enum bind_opt {
	BIND_OPT_NONE,		/* they are known: none of those below */
	BIND_OPT_FREEBIND,	/* IP_FREEBIND */
	BIND_OPT_TRANSPARENT,	/* IP_TRANSPARENT */
	BIND_OPT_NO_PORT,	/* IP_BIND_ADDRESS_NO_PORT */
	BIND_OPT_REUSEADDR,	/* SO_REUSEADDR */
	BIND_OPT_REUSEPORT,	/* SO_REUSEPORT */
};

/* A bind(2) that has returned. */
struct bind_event {
	struct event event;
	struct flow flow;	/* local: as it is now bound, or, of a call
				   that failed, as it was asked for */
	__u64 call_ns;
	__s32 result;		/* 0 or a negative errno */
	__u32 ifindex;		/* bound to this interface; 0: to none */
	__u16 asked_port;	/* 0: any */
	__u8 op;		/* enum bind_op */
	__u8 opts;		/* 0: not known */
	__u32 pad;
};

_Static_assert(sizeof(struct bind_event) == 136, "struct bind_event");

#endif

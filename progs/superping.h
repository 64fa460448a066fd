/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef SOCKEYE_SUPERPING_H
#define SOCKEYE_SUPERPING_H

#include "progs/event.h"

/* What became of an echo request. */
enum echo_outcome {
	ECHO_REPLY = 1, ECHO_DUP, ECHO_LATE, ECHO_LOST,
	ECHO_ERROR,		/* an ICMP error ended it */
	ECHO_ADVICE,		/* an ICMP error that ends nothing */
};

/* Types of ICMP errors; the codes of a type follow it. */
enum echo_error {
	ERROR_V4_UNREACH = 1, ERROR_V4_REDIRECT = 17, ERROR_V4_TIME = 21,
	ERROR_V4_PARAM = 23, ERROR_V4_QUENCH = 24,
	ERROR_V6_UNREACH = 25, ERROR_V6_TOOBIG = 32, ERROR_V6_TIME = 33,
	ERROR_V6_PARAM = 35,
};

/* In the map `awaited` what it is if no answer comes: ECHO_LOST. */
struct superping_event {
	struct event event;	/* there: when it was sent; then len 0 once it
				   was answered */
	struct flow flow;		/* no ports; of whoever asked */
	__u64 rtt_ns;			/* bit 63: at least */
	__u64 queue_ns, device_ns, stack_ns;
	__u32 len;			/* of the packet, with its IP header */
	__u16 id, seq;			/* host order */
	__u8 outcome;			/* enum echo_outcome */
	__u8 ttl;			/* of the reply */
	__u8 sent, received, lost, dup, late, errors;	/* 0 or 1 */
	char dev[16];			/* it was sent by */
	__u8 from[16];			/* who sent the error; 0: none did */
	__s32 icmp_type, icmp_code;	/* of it; -1: there is none */
	__u8 icmp;			/* enum echo_error; 0: unnamed */
	__u8 pad[7];
};

_Static_assert(sizeof(struct superping_event) == 208,
	       "struct superping_event");

#endif

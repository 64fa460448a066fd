/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef SOCKEYE_TCPSYNBL_H
#define SOCKEYE_TCPSYNBL_H

#include "progs/event.h"

enum synbl_queue {
	QUEUE_SYN,		/* a SYN came: icsk_accept_queue */
	QUEUE_ACCEPT,		/* a handshake ends: sk_ack_backlog */
};

enum synbl_result {
	SYNBL_OK,
	SYNBL_COOKIE,		/* answered, but not put in the queue */
	SYNBL_ACCEPT_FULL,	/* dropped: sk_acceptq_is_full() */
	SYNBL_SYN_FULL,		/* inet_csk_reqsk_queue_is_full() */
	SYNBL_DROPPED,		/* for another reason */
};

/* Something came to a listener; lengths are those it found. */
struct tcpsynbl_event {
	struct event event;
	struct flow flow;	/* the listener's */
	__s32 len;		/* of the queue; -1: not known */
	__u32 max;		/* sk_max_ack_backlog, of both queues */
	__s32 young;		/* of the SYN queue, those not yet answered
				   again; -1: not known */
	__s32 tfo, tfo_max;	/* fastopenq: qlen, max_qlen; the same */
	__u8 queue, result;
	__u8 pad[2];
};

_Static_assert(sizeof(struct tcpsynbl_event) == 136,
	       "struct tcpsynbl_event");

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef SOCKEYE_NFCTTRACE_H
#define SOCKEYE_NFCTTRACE_H

#include "progs/event.h"

enum conntrack_state { CT_UNREPLIED, CT_REPLIED, CT_ASSURED };

/* Bits: which end the reply tuple has somewhere else. */
enum { CT_NAT_SRC = 1, CT_NAT_DST = 2 };

/* An entry of conntrack that is destroyed. */
struct nfcttrace_event {
	struct event event;
	struct flow flow;	/* the original tuple: source is local,
				   destination remote */
	__u8 rsaddr[16], rdaddr[16];	/* the reply tuple */
	__u16 rsport, rdport;
	__u32 status;		/* enum ip_conntrack_status, bits */
	__u32 portid;		/* of the netlink socket that asked for it */
	__u8 state;		/* enum conntrack_state */
	__u8 nat;
	__u8 pad[2];
	__u64 age_ns;		/* bit 63: at least */
};

_Static_assert(sizeof(struct nfcttrace_event) == 168,
	       "struct nfcttrace_event");

#endif

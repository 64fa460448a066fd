/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef SOCKEYE_TCPWIN_H
#define SOCKEYE_TCPWIN_H

#include "progs/event.h"

enum tcpwin_type {
	WIN_NEW,		/* a connection is followed from now on */
	WIN_RCV,		/* a segment arrived; as it was before */
	WIN_CA,			/* congestion control is in another state */
	WIN_LOSS,		/* a segment is sent again */
	WIN_CLOSE,
	WIN_SND,		/* a segment is sent (--sent) */
};

/* What the kernel keeps of a connection's windows; -1: not known. */
struct tcpwin_event {
	struct event event;
	struct flow flow;
	__s32 snd_cwnd;			/* segments */
	__s32 snd_ssthresh;		/* segments; -1 until it is set */
	__s32 sk_sndbuf, sk_wmem_queued;	/* bytes, as all that follow */
	__s32 sk_rcvbuf, sk_rmem_alloc;
	__s32 snd_wnd, rcv_wnd;
	__s32 srtt_us, rttvar_us;
	__s32 packets_out, retrans_out, lost_out, sacked_out; /* segments */
	__s64 delivery_rate, pacing_rate;	/* bytes a second */
	char cc[16];			/* WIN_NEW: of tcp_congestion_ops */
	__u8 type;			/* enum tcpwin_type */
	__u8 ca_state;			/* enum tcp_ca_state */
	__u8 pad[6];
};

_Static_assert(sizeof(struct tcpwin_event) == 208, "struct tcpwin_event");

#endif

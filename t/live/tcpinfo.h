/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef SOCKEYE_LIVE_TCPINFO_H
#define SOCKEYE_LIVE_TCPINFO_H

#include "live.h"

/* Of TCP_INFO, TCP_CONGESTION and SO_MEMINFO; 0: the kernel does not tell, or
 * has not measured. */
struct tcpinfo {
	uint64_t retrans_bytes, delivery_rate, pacing_rate;
	uint32_t segs_out;	/* Linux 4.2 */
	uint32_t retrans, srtt_us, min_rtt_us, rttvar_us;
	uint32_t snd_cwnd, snd_ssthresh;
	uint32_t sk_sndbuf, sk_wmem_queued;	/* of has_mem, Linux 4.12 */
	uint32_t has_mem;
	char cc[16];
};

/* tcpinfo_settled - once all that was sent is acknowledged; 0, or -1 and
 * errno. */
int tcpinfo_settled(int fd, struct tcpinfo *to);

#endif

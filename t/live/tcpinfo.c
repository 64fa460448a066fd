/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What TCP_INFO tells, in the words of Linux: libc's may be older. */
#include "tcpinfo.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#ifndef SO_MEMINFO
#define SO_MEMINFO 55
#endif

/* include/uapi/linux/sock_diag.h */
enum { MEMINFO_SNDBUF = 3, MEMINFO_WMEM_QUEUED = 5, MEMINFO_VARS = 9 };

static void take_memory(int fd, struct tcpinfo *to)
{
	uint32_t mem[MEMINFO_VARS] = { 0 };
	socklen_t len = sizeof(mem);

	to->has_mem = !getsockopt(fd, SOL_SOCKET, SO_MEMINFO, mem, &len);
	to->sk_sndbuf = mem[MEMINFO_SNDBUF];
	to->sk_wmem_queued = mem[MEMINFO_WMEM_QUEUED];
}

static void take_info(const struct tcp_info *i, struct tcpinfo *to)
{
	to->retrans = i->tcpi_total_retrans;
	to->segs_out = i->tcpi_segs_out;
	to->retrans_bytes = i->tcpi_bytes_retrans;
	to->delivery_rate = i->tcpi_delivery_rate;
	to->pacing_rate = i->tcpi_pacing_rate;
	to->srtt_us = i->tcpi_rtt;
	to->min_rtt_us = i->tcpi_min_rtt == UINT32_MAX ? 0 : i->tcpi_min_rtt;
	to->rttvar_us = i->tcpi_rttvar;
	to->snd_cwnd = i->tcpi_snd_cwnd;
	to->snd_ssthresh = i->tcpi_snd_ssthresh;
}

int tcpinfo_settled(int fd, struct tcpinfo *to)
{
	uint64_t end = now_ns() + PATIENCE * NSEC;
	struct tcp_info i;
	socklen_t len;

	do {
		memset(&i, 0, sizeof(i));
		len = sizeof(i);
		if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &i, &len))
			return -1;
		if (!i.tcpi_unacked)
			break;
		nap_ms(1);
	} while (now_ns() < end);
	take_info(&i, to);
	take_memory(fd, to);
	len = sizeof(to->cc);
	return getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, to->cc, &len);
}

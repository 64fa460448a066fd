/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a quiescent socket says of itself. */
#include "traffic.h"

#include <errno.h>
#include <linux/tcp.h>
#include <string.h>
#include <sys/socket.h>

#ifndef SO_MEMINFO
#define SO_MEMINFO 55		/* 4.12 */
#endif

/* include/uapi/linux/sock_diag.h */
enum { MEMINFO_SNDBUF = 3, MEMINFO_WMEM_QUEUED = 5, MEMINFO_VARS = 9 };

static int info_of(int fd, struct tcp_info *info)
{
	socklen_t len = sizeof(*info);

	memset(info, 0, sizeof(*info));
	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &len);
}

int sample_take(int fd, struct sample *s)
{
	uint64_t end = now_ns() + PATIENCE * NSEC;
	uint32_t mem[MEMINFO_VARS] = { 0 };
	socklen_t len = sizeof(s->congestion);
	struct tcp_info info;

	do {
		if (info_of(fd, &info))
			return -1;
		if (!info.tcpi_unacked)
			break;
		nap_ms(1);
		errno = ETIMEDOUT;
	} while (now_ns() < end);
	if (info.tcpi_unacked)
		return -1;
	s->snd_cwnd = info.tcpi_snd_cwnd;
	s->snd_ssthresh = info.tcpi_snd_ssthresh;
	s->rtt = info.tcpi_rtt;
	s->rttvar = info.tcpi_rttvar;
	s->total_retrans = info.tcpi_total_retrans;
	s->delivery_rate = info.tcpi_delivery_rate;
	s->pacing_rate = info.tcpi_pacing_rate;
	getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, s->congestion, &len);
	len = sizeof(mem);
	s->has_mem = !getsockopt(fd, SOL_SOCKET, SO_MEMINFO, mem, &len);
	s->sndbuf = mem[MEMINFO_SNDBUF];
	s->wmem_queued = mem[MEMINFO_WMEM_QUEUED];
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What TCP_INFO tells, in the words of Linux: libc's may be older. */
#include "tcpinfo.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

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
	to->retrans = i.tcpi_total_retrans;
	to->retrans_bytes = i.tcpi_bytes_retrans;
	to->srtt_us = i.tcpi_rtt;
	to->min_rtt_us = i.tcpi_min_rtt == UINT32_MAX ? 0 : i.tcpi_min_rtt;
	len = sizeof(to->cc);
	return getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, to->cc, &len);
}

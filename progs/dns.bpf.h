/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* DNS answers as they arrive, for --dns: packets from UDP port 53. */
#ifndef SOCKEYE_DNS_BPF_H
#define SOCKEYE_DNS_BPF_H

#include "progs/skb.bpf.h"

#define DNS_PORT 53

struct probe___udp {
	struct sock *sk;
	struct sk_buff *skb;
} PAI;

struct probe___rx {
	struct sk_buff *skb;
} PAI;

/* @udp points at the UDP header, with which @room bytes are in one piece: what
 * of the message is elsewhere is left out. */
static __always_inline int dns_answer(void *ctx, const u8 *udp, s32 room)
{
	struct dns_event ev = { .event.ns = ktime_get_ns() };
	u16 head[4] = {};	/* source, dest, length, checksum */

	probe_read(head, sizeof(head), udp);
	if (ntohs(head[0]) != DNS_PORT || ntohs(head[2]) < 8 + 12 ||
	    room < 8 + 12)
		return 0;
	ev.len = (room < ntohs(head[2]) ? room : ntohs(head[2])) - 8;
	/* in pieces: the end of the packet may be the end of mapped memory,
	 * and old kernels want sizes that are constant */
#pragma unroll
	for (u32 i = 0; i < DNS_BYTES; i += 32)
		if (i < ev.len)
			probe_read(ev.data + i, 32, udp + 8 + i);
	emit(ctx, &ev, sizeof(ev), EVENT_DNS);
	return 0;
}

/* skb_consume_udp(sk, skb, len): a process has read the datagram. */
SEC("probe/dns")
int on_dns_read(struct probe___udp *ctx)
{
	struct sk_buff *skb = ctx->skb;

	u32 at = READ(skb, transport_header);

	return dns_answer(ctx, READ(skb, head) + at, skb_linear_end(skb) - at);
}

/* netif_receive_skb: any packet, at its network header. */
SEC("probe/dns")
int on_dns_packet(struct probe___rx *ctx)
{
	struct sk_buff *skb = ctx->skb;
	const u8 *ip = READ(skb, data);
	u8 head[10] = {};
	u32 len;

	probe_read(head, sizeof(head), ip);
	if (head[0] >> 4 == 4 && head[9] == IPPROTO_UDP &&
	    !(be16(head + 6) & 0x1fff))		/* fragment offset */
		len = (head[0] & 15) * 4;
	else if (head[0] >> 4 == 6 && head[6] == IPPROTO_UDP)
		len = IPV6_BYTES;
	else
		return 0;
	return dns_answer(ctx, ip + len,
			  READ(skb, len) - READ(skb, data_len) - len);
}

#endif

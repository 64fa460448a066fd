/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Names that are looked up: by calls of the resolver, or queries on the wire. */
#include "progs/dnscall.bpf.h"

#define UDP_BYTES	8
#define HEADERS		(UDP_BYTES + DNS_HEADER)

struct probe___packet {
	struct sk_buff *skb;
} PAI;

static __always_inline void set_addrs(struct flow *f, u32 v4_local,
				      u32 v4_remote)
{
	map_v4(f->laddr, v4_local);
	map_v4(f->raddr, v4_remote);
}

/*
 * The ends of a UDP datagram whose IP header is at @at, as this machine sees
 * them; returns where its UDP header is, or 0.
 */
static __always_inline const u8 *flow_datagram(struct flow *f, const u8 *at,
					       int sent)
{
	u64 words[IPV6_BYTES / 8] = {};
	const u8 *ip = (const u8 *)words;
	u16 ports[2] = {};

	/* with a DNS header none is shorter */
	probe_read(words, sizeof(words), at);
	if (ip[0] >> 4 == 4 && ip[9] == IPPROTO_UDP &&
	    !(be16(ip + 6) & 0x1fff)) {		/* fragment offset */
		const u32 *addr = (const u32 *)(ip + 12);

		f->family = AF_INET;
		set_addrs(f, addr[!sent], addr[sent]);
		at += (ip[0] & 15) * 4;
	} else if (ip[0] >> 4 == 6 && ip[6] == IPPROTO_UDP) {
		f->family = AF_INET6;
		copy16(sent ? f->laddr : f->raddr, ip + 8);
		copy16(sent ? f->raddr : f->laddr, ip + 24);
		at += IPV6_BYTES;
	} else {
		return 0;
	}
	probe_read(ports, sizeof(ports), at);
	f->protocol = IPPROTO_UDP;
	f->lport = ntohs(ports[!sent]);
	f->rport = ntohs(ports[sent]);
	return at;
}

/* The message behind the UDP header at @udp; false where that or its header
 * are not in one piece up to @end. */
static __always_inline int message_of(struct message *m, const u8 *udp,
				      const u8 *end)
{
	u16 len = 0;

	if ((u64)(udp + HEADERS) > (u64)end)
		return 0;
	probe_read(&len, sizeof(len), udp + 4);
	m->at = udp + UDP_BYTES;
	m->len = ntohs(len) - UDP_BYTES;
	m->user = 0;
	return ntohs(len) >= HEADERS;
}

/* What devices leave in page fragments begins there. */
static __always_inline const u8 *linear_end(const struct sk_buff *skb)
{
	return READ(skb, head) + skb_linear_end(skb);
}

/* net_dev_queue: it leaves this machine, or goes to its loopback device. */
SEC("probe/wire")
int on_packet_sent(struct probe___packet *ctx)
{
	const struct sk_buff *skb = ctx->skb;
	struct gethostlatency_event ev = {};
	const struct sock *sk = skb_sk(skb);
	const u8 *udp, *end = linear_end(skb);
	struct message m;

	if (!sk)	/* passed on */
		return 0;
	udp = flow_datagram(&ev.flow, READ(skb, head) +
			    READ(skb, network_header), 1);
	if (!udp || !is_dns(ev.flow.rport) || is_dns(ev.flow.lport) ||
	    !message_of(&m, udp, end))
		return 0;
	if ((u64)(m.at + m.len) > (u64)end)
		m.len = end - m.at;
	if (query_begin(&ev, sk))
		query_sent(&ev, net_of_sock(sk), &m);
	return 0;
}

/* netif_receive_skb: it has come, its data begins with the IP header.  What is
 * not in one piece is read as the process reads it (on_dns_return()). */
SEC("probe/wire")
int on_packet_received(struct probe___packet *ctx)
{
	const struct sk_buff *skb = ctx->skb;
	struct gethostlatency_event ev = {};
	const u8 *udp = flow_datagram(&ev.flow, READ(skb, data), 0);
	struct message m;

	if (!udp || !is_dns(ev.flow.rport) ||
	    !message_of(&m, udp, linear_end(skb)) ||
	    (u64)(m.at + m.len) > (u64)linear_end(skb))
		return 0;
	answer_came(ctx, &ev, net_of_dev(READ(skb, dev)), &m);
	return 0;
}

LICENSE;

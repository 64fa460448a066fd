/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ICMP echo in packets, of IPv4 and IPv6: requests, replies, and errors that
 * quote a request.
 */
#ifndef SOCKEYE_ECHO_BPF_H
#define SOCKEYE_ECHO_BPF_H

#include "progs/skb.bpf.h"

/* linux/icmp.h, linux/icmpv6.h */
enum { ICMP_ECHOREPLY = 0, ICMP_DEST_UNREACH = 3, ICMP_SOURCE_QUENCH = 4,
       ICMP_REDIRECT = 5, ICMP_ECHO = 8, ICMP_TIME_EXCEEDED = 11,
       ICMP_PARAMETERPROB = 12 };
enum { ICMPV6_DEST_UNREACH = 1, ICMPV6_PKT_TOOBIG = 2,
       ICMPV6_TIME_EXCEED = 3, ICMPV6_PARAMPROB = 4,
       ICMPV6_ECHO_REQUEST = 128, ICMPV6_ECHO_REPLY = 129 };

/* Of either header, struct icmphdr and icmp6hdr: type, code, checksum, and of
 * an echo its id and sequence number. */
enum { ICMP_BYTES = 8 };

/* What tells an echo request from others. */
struct request_key {
	u8 peer[16];
	u64 net;		/* struct net * */
	u64 id;
	u64 seq;
};

struct probe___packet {
	struct sk_buff *skb;
} PAI;

struct echo {
	struct packet p;
	u8 type, code;
	u16 id, seq;		/* host order */
};

/* Its ICMP header; false where there is none. */
static __always_inline int echo_header(struct echo *e,
				       const struct sk_buff *skb)
{
	u8 icmp[ICMP_BYTES] = {};

	if (e->p.protocol != (e->p.family == AF_INET ? IPPROTO_ICMP :
						       IPPROTO_ICMPV6) ||
	    e->p.transport + ICMP_BYTES > skb_linear_end(skb))
		return 0;
	probe_read(icmp, ICMP_BYTES, READ(skb, head) + e->p.transport);
	e->type = icmp[0];
	e->code = icmp[1];
	e->id = be16(icmp + 4);
	e->seq = be16(icmp + 6);
	return 1;
}

/* @e->p is known already. */
static __always_inline int asks(struct echo *e, const struct sk_buff *skb)
{
	return echo_header(e, skb) &&
	       e->type == (e->p.family == AF_INET ? ICMP_ECHO :
						    ICMPV6_ECHO_REQUEST);
}

static __always_inline int answers(struct echo *e, const struct sk_buff *skb)
{
	return echo_header(e, skb) &&
	       e->type == (e->p.family == AF_INET ? ICMP_ECHOREPLY :
						    ICMPV6_ECHO_REPLY);
}

static __always_inline int is_request(struct echo *e,
				      const struct sk_buff *skb)
{
	return packet_ip(&e->p, skb, skb_linear_end(skb)) && asks(e, skb);
}

static __always_inline int is_reply(struct echo *e, const struct sk_buff *skb)
{
	return packet_ip(&e->p, skb, skb_linear_end(skb)) && answers(e, skb);
}

static __always_inline void key_of(struct request_key *key,
				   const struct echo *e, const u8 *peer,
				   const struct net_device *dev)
{
	copy16(key->peer, peer);
	if (EXISTS(dev->nd_net.net))
		key->net = (u64)READ(dev, nd_net.net);
	key->id = e->id;
	key->seq = e->seq;
}

#endif

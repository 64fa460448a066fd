/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a packet says of itself: its IP and TCP headers, wherever it is on its
 * way, and which of its ends is here.
 */
#ifndef SOCKEYE_SKB_BPF_H
#define SOCKEYE_SKB_BPF_H

#include "progs/sock.bpf.h"

/* linux/if_ether.h */
#define ETH_P_IP	0x0800
#define ETH_P_IPV6	0x86dd
/* linux/if_packet.h */
#define PACKET_OTHERHOST 3
enum {
	ETH_P_ARP = 0x0806, ETH_P_8021Q = 0x8100, ETH_P_8021AD = 0x88a8,
	ETH_P_MPLS_UC = 0x8847, ETH_P_PPP_SES = 0x8864, ETH_P_PAE = 0x888e,
	ETH_P_LLDP = 0x88cc,
};

/* Bytes of the fixed headers: struct iphdr, ipv6hdr, tcphdr. */
enum { IPV4_BYTES = 20, IPV6_BYTES = 40, TCP_BYTES = 20 };

struct packet {
	u8 saddr[16], daddr[16];	/* IPv4 as ::ffff:a.b.c.d */
	u32 seq, ack_seq;
	u32 len;		/* with the IP header, as that says */
	u32 payload;		/* bytes of TCP's data */
	u16 source, dest;	/* TCP ports, host order; 0: not there */
	u16 window;		/* as in the header, not scaled */
	u8 family;		/* AF_INET, AF_INET6; 0: not IP */
	u8 protocol;		/* IPPROTO_...; 0: a later fragment */
	u8 ttl;			/* hop_limit */
	u8 tcp_flags;
	u8 dsfield;		/* type of service, traffic class */
	/* where the headers are, from skb->head on */
	u16 network, transport;
};

static __always_inline u16 be16(const u8 *at)
{
	return (u16)at[0] << 8 | at[1];
}

static __always_inline u32 be32(const u8 *at)
{
	return (u32)be16(at) << 16 | be16(at + 2);
}

/* Where the bytes that skb->head points to end, counted from there; what has
 * not been pulled is elsewhere. */
static __always_inline u32 skb_linear_end(const struct sk_buff *skb)
{
	u64 headroom = (u64)READ(skb, data) - (u64)READ(skb, head);

	return headroom + READ(skb, len) - READ(skb, data_len);
}

static __always_inline void packet_ipv4(struct packet *p, const u8 *ip)
{
	u32 addr;

	p->family = AF_INET;
	p->dsfield = ip[1];
	p->len = be16(ip + 2);
	p->ttl = ip[8];
	if (!(be16(ip + 6) & 0x1fff))		/* fragment offset */
		p->protocol = ip[9];
	__builtin_memcpy(&addr, ip + 12, 4);
	map_v4(p->saddr, addr);
	__builtin_memcpy(&addr, ip + 16, 4);
	map_v4(p->daddr, addr);
	p->transport = p->network + (ip[0] & 15) * 4;
}

static __always_inline void packet_ipv6(struct packet *p, const u8 *ip)
{
	p->family = AF_INET6;
	p->dsfield = ip[0] << 4 | ip[1] >> 4;
	p->len = IPV6_BYTES + be16(ip + 4);
	p->ttl = ip[7];
	p->protocol = ip[6];
	copy16(p->saddr, ip + 8);
	copy16(p->daddr, ip + 24);
	p->transport = p->network + IPV6_BYTES;
}

/* RFC 8200: hop-by-hop options, routing, fragment, destination options. */
enum { NEXTHDR_HOP = 0, NEXTHDR_ROUTING = 43, NEXTHDR_FRAGMENT = 44,
       NEXTHDR_DEST = 60 };

/* Past an extension header, if there is one. */
static __always_inline void packet_extension(struct packet *p,
					     const u8 *head, u32 end)
{
	u8 ext[8] = {};

	if (p->family != AF_INET6 ||
	    (p->protocol != NEXTHDR_HOP && p->protocol != NEXTHDR_ROUTING &&
	     p->protocol != NEXTHDR_FRAGMENT && p->protocol != NEXTHDR_DEST) ||
	    p->transport + sizeof(ext) > end)
		return;
	probe_read(ext, sizeof(ext), head + p->transport);
	if (p->protocol == NEXTHDR_FRAGMENT)
		p->transport += 8;
	else
		p->transport += 8 + ext[1] * 8;
	/* RFC 8200: a fragment that is not the first has no such header */
	p->protocol = p->protocol == NEXTHDR_FRAGMENT && be16(ext + 2) >> 3 ?
		      59 : ext[0];		/* no next header */
}

/*
 * The IP header of @skb, @at bytes from skb->head, to @p, which is zeroed;
 * false when there is none.  skb->transport_header is not asked: it is unset,
 * or where the network header is, until IP has looked at what comes in.
 */
static __always_inline int packet_ip_at(struct packet *p,
					const struct sk_buff *skb, u32 at,
					u32 end)
{
	u16 protocol = ntohs(READ(skb, protocol));
	const u8 *head = READ(skb, head);
	u64 ip[IPV6_BYTES / 8] = {};
	const u8 *bytes = (const u8 *)ip;

	/* what TCP has queued to send, it has made no headers for; and there
	 * is room before every header that was received */
	if (!at || at + IPV4_BYTES > end)
		return 0;
	p->network = at;
	probe_read(ip, IPV4_BYTES, head + at);
	if (bytes[0] >> 4 == 4 && (!protocol || protocol == ETH_P_IP)) {
		packet_ipv4(p, bytes);
	} else if (bytes[0] >> 4 == 6 && at + IPV6_BYTES <= end &&
		   (!protocol || protocol == ETH_P_IPV6)) {
		probe_read(ip, IPV6_BYTES, head + at);
		packet_ipv6(p, bytes);
		packet_extension(p, head, end);
		packet_extension(p, head, end);
	}
	return p->family;
}

static __always_inline int packet_ip(struct packet *p,
				     const struct sk_buff *skb, u32 end)
{
	return packet_ip_at(p, skb, READ(skb, network_header), end);
}

/* The same of what a device hands to its protocol: it begins with the IP
 * header, which skb->network_header may not tell yet. */
static __always_inline int packet_arrives(struct packet *p,
					  const struct sk_buff *skb)
{
	u32 at = (u64)READ(skb, data) - (u64)READ(skb, head);

	return packet_ip_at(p, skb, at, skb_linear_end(skb));
}

static __always_inline void packet_tcp(struct packet *p, const u8 *head,
				       u32 end)
{
	u8 th[TCP_BYTES] = {};
	s32 payload;

	if (p->transport + TCP_BYTES > end)
		return;
	probe_read(th, TCP_BYTES, head + p->transport);
	p->source = be16(th);
	p->dest = be16(th + 2);
	p->seq = be32(th + 4);
	p->ack_seq = be32(th + 8);
	payload = p->len - (p->transport - p->network) - (th[12] >> 4) * 4;
	p->payload = payload > 0 ? payload : 0;	/* or it is malformed */
	p->tcp_flags = th[13];
	p->window = be16(th + 14);
}

/* packet_read - IP and TCP headers to @p, which is zeroed; false when it is
 * no IP packet, or not yet.  Of TCP that was cut short the ports are 0. */
static __always_inline int packet_read(struct packet *p,
				       const struct sk_buff *skb)
{
	u32 end = skb_linear_end(skb);

	if (!packet_ip(p, skb, end))
		return 0;
	if (!p->len || (p->family == AF_INET6 && p->len == IPV6_BYTES))
		p->len = READ(skb, len);	/* BIG TCP: more than 64 KB */
	if (p->protocol == IPPROTO_TCP)
		packet_tcp(p, READ(skb, head), end);
	return 1;
}

/* struct skb_shared_info stands where the data ends; 0: not known where. */
static __always_inline u64 skb_end(const struct sk_buff *skb)
{
	const struct sk_buff___pointers *narrow = (const void *)skb;

	if (EXISTS(skb->end))		/* NET_SKBUFF_DATA_USES_OFFSET */
		return (u64)READ(skb, head) + READ(skb, end);
	return EXISTS(narrow->end) ? (u64)READ(narrow, end) : 0;
}

/* How many packets it was on the wire, or will be: those that GRO or the
 * sender put together are one skb. */
static __always_inline u32 packet_segments(const struct sk_buff *skb)
{
	const struct skb_shared_info *shinfo = (const void *)skb_end(skb);
	u32 segs;

	if (!shinfo || !EXISTS(shinfo->gso_segs))
		return 1;
	segs = READ(shinfo, gso_segs);
	return segs ? segs : 1;
}

/* For another machine, heard in promiscuous mode: IP drops it unseen. */
static __always_inline int packet_is_others(const struct sk_buff *skb)
{
	return EXISTS(skb->pkt_type) &&
	       READ_BITS(skb, pkt_type) == PACKET_OTHERHOST;
}

/* packet_ports - of UDP and its kin, which packet_read() leaves out, to @p. */
static __always_inline void packet_ports(struct packet *p,
					 const struct sk_buff *skb)
{
	const u8 *head = READ(skb, head);
	u8 ports[4] = {};

	if ((p->protocol != IPPROTO_UDP && p->protocol != IPPROTO_UDPLITE &&
	     p->protocol != IPPROTO_SCTP && p->protocol != IPPROTO_DCCP) ||
	    p->transport + sizeof(ports) > skb_linear_end(skb))
		return;
	probe_read(ports, sizeof(ports), head + p->transport);
	p->source = be16(ports);
	p->dest = be16(ports + 2);
}

static __always_inline u16 ether_named(u16 protocol)
{
	switch (protocol) {
	case ETH_P_IP:
		return ETHER_IPV4;
	case ETH_P_IPV6:
		return ETHER_IPV6;
	case ETH_P_ARP:
		return ETHER_ARP;
	case ETH_P_8021Q:
		return ETHER_VLAN;
	case ETH_P_8021AD:
		return ETHER_QINQ;
	case ETH_P_MPLS_UC:
		return ETHER_MPLS;
	case ETH_P_PPP_SES:
		return ETHER_PPPOE;
	case ETH_P_PAE:
		return ETHER_EAPOL;
	case ETH_P_LLDP:
		return ETHER_LLDP;
	}
	return protocol;
}

/* The Ethertype of @skb, by a number that has a name; what IP makes itself has
 * none yet, but says by its header what it is: @p. */
static __always_inline u16 skb_ether(const struct sk_buff *skb,
				     const struct packet *p)
{
	if (p->family)
		return p->family == AF_INET ? ETHER_IPV4 : ETHER_IPV6;
	return ether_named(ntohs(READ(skb, protocol)));
}

/* ---- which end is here ------------------------------------------------- */

/* The socket that holds @skb: its sender's, or once it was delivered its
 * receiver's; also one of any other kind. */
static __always_inline struct sock *skb_sk(const struct sk_buff *skb)
{
	return EXISTS(skb->sk) ? READ(skb, sk) : 0;
}

/* Of a socket that is closed skc_num is 0 again. */
static __always_inline u16 sk_port(const struct sock *sk)
{
	const struct sock_common *c = &sk->__sk_common;
	const struct inet_sock *inet = (const void *)sk;
	u16 num = READ(c, skc_num);

	return num ? num : ntohs(READ(inet, inet_sport));
}

/*
 * Was it received by @dev?  Until IP has it, it may hold its sender's socket:
 * that of the other end of a veth, of another namespace (4.19).
 */
static __always_inline int packet_came_by(const struct sk_buff *skb,
					  const struct net_device *dev)
{
	int iif;

	if (!EXISTS(skb->skb_iif) || !EXISTS(dev->ifindex))
		return 0;
	iif = READ(skb, skb_iif);
	return iif && iif == READ(dev, ifindex);
}

/*
 * Does the socket that holds it send it?  What has none was received, or is
 * passed on.  Where both ports are the same, what has come in by a device was
 * received.
 */
static __always_inline int packet_is_sent(const struct packet *p,
					  const struct sk_buff *skb,
					  const struct net_device *dev,
					  const struct sock *sk)
{
	u16 num;

	if (!sk || packet_came_by(skb, dev))
		return 0;
	num = sk_port(sk);
	if (num != p->dest)
		return 1;
	return num == p->source && EXISTS(skb->skb_iif) && !READ(skb, skb_iif);
}

/* Is @sk the packet's own: not a raw one, nor what TCP answers with? */
static __always_inline int packet_is_of(const struct packet *p, int sent,
					const struct sock *sk)
{
	const struct sock_common *c = &sk->__sk_common;
	u16 family = READ(c, skc_family);

	return (family == AF_INET || family == AF_INET6) &&
	       sk_port(sk) == (sent ? p->source : p->dest);
}

/* The packet's ends as this machine sees them; @f is zeroed. */
static __always_inline void flow_packet(struct flow *f,
					const struct packet *p, int sent)
{
	f->family = p->family;
	f->protocol = p->protocol;
	copy16(f->laddr, sent ? p->saddr : p->daddr);
	copy16(f->raddr, sent ? p->daddr : p->saddr);
	f->lport = sent ? p->source : p->dest;
	f->rport = sent ? p->dest : p->source;
}

/*
 * The device of @skb; 0 where it is not known.  In a tree of a socket's its
 * place is used for something else: what has not come by it, and is of another
 * namespace than @sk, the socket that has it or 0, is none.
 */
static __always_inline struct net_device *skb_dev(const struct sk_buff *skb,
						  const struct sock *sk)
{
	const struct sock_common *c = &sk->__sk_common;
	struct net_device *dev = READ(skb, dev);

	if (!dev || !sk || packet_came_by(skb, dev))
		return dev;
	if (!EXISTS(dev->nd_net.net) ||
	    READ(dev, nd_net.net) != READ(c, skc_net.net))
		return 0;
	return dev;
}

/* To @name, which is zeroed: of @dev, or 0. */
static __always_inline void dev_name(char name[16],
				     const struct net_device *dev)
{
	if (dev && EXISTS(dev->name))
		probe_read(name, 16, &dev->name);
}

/* What is behind a name that ends in @v becomes 0, and @v if the name has
 * @ended before it: a device that was renamed has some of its old name. */
static __always_inline u64 end_text(u64 v, u64 ended)
{
	const u64 low = 0x7f7f7f7f7f7f7f7full;
	u64 ends = ~(((v & low) + low) | v | low);	/* 0x80: a byte is 0 */

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	ends |= ends << 8;
	ends |= ends << 16;
	ends |= ends << 32;
#else
	ends |= ends >> 8;
	ends |= ends >> 16;
	ends |= ends >> 32;
#endif
	return ended ? 0 : v & ~((ends >> 7) * 0xff);
}

/* Assembled by the frontend for the options given; FILTER_PASS or _DROP. */
extern u64 filter_packet(const struct packet_id *p);

/* --dev, --proto, --reason; @name is given the name of @dev. */
static __always_inline int pass_packet(const struct net_device *dev,
				       u32 protocol, u32 reason, char name[16])
{
	struct packet_id id = { .reason = reason, .protocol = protocol };
	u64 *words = (void *)id.dev, last;

	dev_name(id.dev, dev);
	words[0] = end_text(words[0], 0);
	/* the last byte, as memory has it: 0, or the name goes on */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	last = words[0] >> 56;
#else
	last = words[0] & 0xff;
#endif
	words[1] = end_text(words[1], !last);
	copy16(name, id.dev);
	return filter_packet(&id) == FILTER_PASS;
}

/* TCP takes the device away; the route leads to one of the same namespace. */
static __always_inline struct net_device *route_dev(const struct sk_buff *skb)
{
	struct dst_entry *dst;

	if (!EXISTS(skb->_skb_refdst))
		return 0;
	/* SKB_DST_NOREF is its last bit */
	dst = (void *)(READ(skb, _skb_refdst) & ~1ull);
	return READ(dst, dev);
}

/* @dev: what skb_dev() told of @skb and @sk. */
static __always_inline u32 netns_of_skb(const struct sk_buff *skb,
					const struct net_device *dev,
					const struct sock *sk)
{
	struct net *net;

	if (!CONST(want_netns))
		return 0;
	if (!dev && sk)
		return netns_of(&sk->__sk_common);
	if (!dev)
		dev = route_dev(skb);
	net = READ(dev, nd_net.net);
	return READ(net, ns.inum);
}

#endif

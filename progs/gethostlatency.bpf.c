/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Names that are looked up: by calls of the resolver, or queries on the wire. */
#include "progs/resolver.bpf.h"
#include "progs/skb.bpf.h"

#define DNS_PORT	53
#define MDNS_PORT	5353
#define DNS_HEADER	12	/* id, flags, four counts (RFC 1035) */
#define UDP_BYTES	8
#define HEADERS		(UDP_BYTES + DNS_HEADER)

struct probe___packet {
	struct sk_buff *skb;
} PAI;

/* Queries without an answer.  Known to tools/frontend/underway.c by this
 * name. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);		/* --max-sockets */
	__type(key, u64);
	__type(value, struct gethostlatency_event);
} awaited SEC(".maps");

static __always_inline int is_dns(u16 port)
{
	return port == DNS_PORT || port == MDNS_PORT;
}

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

/*
 * What a query and its answer have in common; the namespace, if the device of
 * what was received tells it.  (Multicast DNS is answered by
 * whoever knows, not by whom it was sent to.)
 */
static __always_inline u64 query_key(const struct flow *f, const void *net,
				     u16 id)
{
	const u64 *local = (const u64 *)f->laddr, *peer = (const void *)f->raddr;
	u64 golden = 0x9e3779b97f4a7c15ull, key = (u64)net;

	key = (key ^ local[0]) * golden;
	key = (key ^ local[1] ^ key >> 32) * golden;
	if (f->rport == DNS_PORT) {
		key = (key ^ peer[0] ^ key >> 32) * golden;
		key = (key ^ peer[1] ^ key >> 32) * golden;
	}
	key ^= (u64)f->lport << 32 | (u32)f->rport << 16 | id;
	return (key ^ key >> 32) * golden;
}

/* How long the message behind the UDP header at @udp is. */
static __always_inline u16 message_len(const u8 *udp)
{
	u16 len = 0;

	probe_read(&len, sizeof(len), udp + 4);
	return ntohs(len) - UDP_BYTES;
}

/* In pieces: old kernels want sizes that are constant. */
static __always_inline void read_message(struct lookup *l, const u8 *udp,
					 u16 len)
{
	l->len[0] = len >> 8;
	l->len[1] = len;
#pragma unroll
	for (u32 i = 0; i < DNS_BYTES; i += 32)
		if (i < len)
			probe_read(l->data + i, 32, udp + UDP_BYTES + i);
}

/* net_dev_queue: it leaves this machine, or goes to its loopback device. */
SEC("probe/wire")
int on_packet_sent(struct probe___packet *ctx)
{
	const struct sk_buff *skb = ctx->skb;
	struct gethostlatency_event ev = {};
	const struct sock *sk = skb_sk(skb);
	const struct sock_common *c = &sk->__sk_common;
	struct net_device *dev = 0;
	const u8 *udp, *msg = ev.lookup.data;
	u64 key;
	s32 err;		/* see owner_put() */

	if (!sk)	/* passed on */
		return 0;
	udp = flow_datagram(&ev.flow, READ(skb, head) +
			    READ(skb, network_header), 1);
	if (!udp || !is_dns(ev.flow.rport) || is_dns(ev.flow.lport))
		return 0;
	read_message(&ev.lookup, udp, message_len(udp));
	if (msg[2] & 0xf8)		/* an answer, or no standard query */
		return 0;
	flow_current(&ev.flow);
	ev.flow.netns = netns_of(c);
	if (!ev.flow.pid)		/* sent by a soft interrupt */
		ev.flow.owned = 0;
	if (!pass(&ev.flow))
		return 0;
	key = query_key(&ev.flow, EXISTS(dev->nd_net.net) ?
			READ(c, skc_net.net) : 0, be16(msg));
	ev.event.ns = ktime_get_ns();
	ev.event.len = sizeof(ev);
	ev.event.type = EVENT_ROW;
	ev.func = FUNC_WIRE;
	ev.ret = LOOKUP_NO_ANSWER;
	/* of one that is repeated, or that several devices pass on, the first */
	err = map_update(&awaited, &key, &ev, BPF_NOEXIST);
	if (err && err != -EEXIST)
		count(STAT_STATE_FULL);
	return 0;
}

/* Is @skb in one piece up to @end?  What devices leave in page fragments
 * cannot be read. */
static __always_inline int is_linear(const struct sk_buff *skb, const u8 *end)
{
	return (u64)end <= (u64)READ(skb, head) + skb_linear_end(skb);
}

/* netif_receive_skb: it has come, its data begins with the IP header. */
SEC("probe/wire")
int on_packet_received(struct probe___packet *ctx)
{
	const struct sk_buff *skb = ctx->skb;
	struct net_device *dev = READ(skb, dev);
	struct gethostlatency_event ev = {}, *q;
	u8 header[DNS_HEADER] = {};
	const u8 *udp = flow_datagram(&ev.flow, READ(skb, data), 0);
	u16 len;
	u64 key;

	if (!udp || !is_dns(ev.flow.rport) || !is_linear(skb, udp + HEADERS))
		return 0;
	probe_read(header, sizeof(header), udp + UDP_BYTES);
	key = query_key(&ev.flow, EXISTS(dev->nd_net.net) ?
			READ(dev, nd_net.net) : 0, be16(header));
	q = map_lookup(&awaited, &key);
	if (!q)
		return 0;
	ev = *q;
	if (map_delete(&awaited, &key))
		return 0;
	ev.duration_ns = ktime_get_ns() - ev.event.ns;
	ev.event.ns += ev.duration_ns;
	len = message_len(udp);
	ev.ret = header[3] & 15 ? LOOKUP_RCODE + (header[3] & 15) : LOOKUP_OK;
	/* else only the query tells what it is about */
	if (be16(header + 4) && is_linear(skb, udp + UDP_BYTES + len))
		read_message(&ev.lookup, udp, len);
	if (is_shown(&ev))
		emit(ctx, &ev, sizeof(ev), EVENT_ROW);
	return 0;
}

LICENSE;

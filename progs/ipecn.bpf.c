/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ECN bits of IP packets that come in, counted for each peer.
 *
 * As the kernel counts them itself (IpExt InECT0Pkts and so on): each packet
 * that IP is given, in a list or alone, and each segment of those that were put
 * together; nothing is sent to user space before it asks.
 */
#include "progs/skb.bpf.h"
#include "progs/ipecn.h"

/* include/net/inet_ecn.h */
enum { ECN_NOT_ECT, ECN_ECT_1, ECN_ECT_0, ECN_CE, ECN_MASK = 3 };
enum { TCPHDR_SYN = 0x02, TCPHDR_ECE = 0x40, TCPHDR_CWR = 0x80 };

struct peer {
	u8 laddr[16], raddr[16];
	u64 net;		/* struct net * */
	u32 ifindex;
	u32 protocol;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);		/* --max-sockets */
	__type(key, struct peer);
	__type(value, struct ipecn_event);
} totals SEC(".maps");

struct probe___packet {
	struct sk_buff *skb;
} PAI;

/* No two entries begin at one time on one processor. */
static __always_inline u64 new_id(u64 now)
{
	return (now << 10 ^ get_smp_processor_id()) * 0x9e3779b97f4a7c15ull;
}

static __always_inline void begin(const struct peer *key, const struct flow *f,
				  const struct net_device *dev)
{
	struct ipecn_event ev = { .flow = *f };
	s32 err;		/* see owner_put() */

	ev.event.ns = ktime_get_ns();
	ev.event.len = sizeof(ev);
	ev.flow.id = new_id(ev.event.ns);
	if (dev && EXISTS(dev->name))
		probe_read(ev.dev, sizeof(ev.dev), &dev->name);
	err = map_update(&totals, key, &ev, BPF_NOEXIST);
	if (err && err != -EEXIST)	/* another processor was first */
		count(STAT_STATE_FULL);
}

static __always_inline int want_answers(void)
{
	return CONST(want_ece) | CONST(want_cwr);
}

/* Each where it is: Linux 4.9 lets programs add to the address of no map's
 * value, which clang would, of what several branches do alike. */
#define ADD(member, n) do {						\
		__sync_fetch_and_add(&(member), n);			\
		asm volatile("# " #member);				\
	} while (0)

static __always_inline void add(struct ipecn_event *t, const struct packet *p,
				u64 segs)
{
	u8 ecn = p->dsfield & ECN_MASK;
	u8 answer = p->tcp_flags & TCPHDR_SYN ? 0 : p->tcp_flags;

	if (ecn == ECN_CE)
		ADD(t->ce, segs);
	else if (ecn == ECN_ECT_0)
		ADD(t->ect0, segs);
	else if (ecn == ECN_ECT_1)
		ADD(t->ect1, segs);
	else if (CONST(want_not_ect))
		ADD(t->not_ect, segs);
	if (answer & TCPHDR_ECE)
		ADD(t->ece, segs);
	if (answer & TCPHDR_CWR)
		ADD(t->cwr, segs);
}

/* Is there anything in it that is shown? */
static __always_inline int is_wanted(const struct packet *p)
{
	return p->dsfield & ECN_MASK || CONST(want_not_ect) ||
	       p->tcp_flags & (TCPHDR_ECE | TCPHDR_CWR);
}

static __always_inline void peer_of(struct peer *key, const struct packet *p,
				    const struct net_device *dev)
{
	copy16(key->laddr, p->daddr);
	copy16(key->raddr, p->saddr);
	key->protocol = p->protocol;
	if (dev && EXISTS(dev->nd_net.net))
		key->net = (u64)READ(dev, nd_net.net);
	if (dev && EXISTS(dev->ifindex))
		key->ifindex = READ(dev, ifindex);
}

SEC("probe/receive")
int on_receive(struct probe___packet *ctx)
{
	const struct sk_buff *skb = ctx->skb;
	struct net_device *dev;
	struct packet p = {};
	struct peer key = {};
	struct flow f = {};
	struct ipecn_event *t;

	if (packet_is_others(skb) || !packet_arrives(&p, skb))
		return 0;
	if (want_answers() && p.protocol == IPPROTO_TCP)
		packet_tcp(&p, READ(skb, head), skb_linear_end(skb));
	if (!is_wanted(&p))
		return 0;
	dev = READ(skb, dev);
	flow_packet(&f, &p, 0);
	f.lport = f.rport = 0;
	f.netns = netns_of_skb(skb, dev, 0);
	if (!pass(&f))
		return 0;
	peer_of(&key, &p, dev);
	t = map_lookup(&totals, &key);
	if (!t) {
		begin(&key, &f, dev);
		t = map_lookup(&totals, &key);
	}
	if (t)
		add(t, &p, packet_segments(skb));
	return 0;
}

LICENSE;

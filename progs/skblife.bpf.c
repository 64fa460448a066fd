/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How long packets are in memory: from the birth of a sk_buff to its end. */
#include "progs/skb.bpf.h"
#include "progs/skblife.h"
#include "progs/stacks.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);		/* --max-sockets */
	__type(key, struct skblife_event);
	__type(value, struct alike);
} alike SEC(".maps");

#include "progs/alike.bpf.h"

struct life {
	u64 ns;
	__s64 kstack;
	u64 birth;		/* enum skb_birth */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);		/* --max-sockets */
	__type(key, u64);			/* struct sk_buff * */
	__type(value, struct life);
} lives SEC(".maps");

struct probe___skb {
	struct sk_buff *skb;
} PAI;

/* Is it one of --sample's?  By its address, so that birth and end agree. */
static __always_inline int is_sampled(const struct sk_buff *skb, u64 *key)
{
	/* fentry's pointers are no numbers to the verifier; what is read is */
	probe_read(key, sizeof(*key), &skb);
	/* 2^64 / golden ratio: the upper half depends on all bits */
	return (u32)(*key * 0x9e3779b97f4a7c15ull >> 32) %
	       (u32)CONST(sample) == 0;
}

/* What had this address before has ended unseen, and is forgotten. */
static __always_inline int born(void *ctx, const struct sk_buff *skb,
				u32 birth)
{
	struct life l = { .ns = ktime_get_ns(), .birth = birth };
	u64 key = 0;

	if (!skb || !is_sampled(skb, &key))
		return 0;
	if (CONST(want_kstack))
		l.kstack = get_stackid(ctx, &stacks, 0);
	if (map_update(&lives, &key, &l, BPF_ANY))
		count(STAT_STATE_FULL);
	return 0;
}

/* UDP keeps something else where the device is, of what waits to be read. */
static __always_inline struct net_device *known_dev(const struct sk_buff *skb,
						    const struct sock *sk)
{
	struct net_device *dev = skb_dev(skb, sk);

	return sk || packet_came_by(skb, dev) ? dev : 0;
}

/* Is it to be shown? */
static __always_inline int describe(struct skblife_event *ev,
				    const struct sk_buff *skb)
{
	struct sock *sk = skb_sk(skb);
	struct net_device *dev = known_dev(skb, sk);
	struct packet p = {};

	if (packet_read(&p, skb)) {
		packet_ports(&p, skb);
		if (packet_is_sent(&p, skb, dev, sk))
			ev->direction = DROP_OUT;
		flow_packet(&ev->flow, &p, ev->direction == DROP_OUT);
	}
	ev->ethertype = skb_ether(skb, &p);
	ev->flow.netns = netns_of_skb(skb, dev, sk);
	ev->len = READ(skb, len);
	return pass_packet(dev, p.protocol, 0, ev->dev) && pass(&ev->flow);
}

static __always_inline void add(struct skblife_event *ev)
{
	u64 total = ev->len;

	if (CONST(counted) == ALIKE_HIST) {
		total = ev->life_ns / CONST(hist_unit);
		ev->life_ns = alike_slot(ev->life_ns);
	} else {
		ev->life_ns = 0;
	}
	ev->len = 0;
	alike_flow(&ev->flow);
	alike_add(&ev->event, sizeof(*ev), total);
}

static __always_inline int ended(void *ctx, const struct sk_buff *skb, u32 end)
{
	struct skblife_event ev = { .event.ns = ktime_get_ns() };
	struct life *l;
	u64 key = 0, birth;

	if (!is_sampled(skb, &key))
		return 0;
	l = map_lookup(&lives, &key);
	if (!l)
		return 0;
	birth = l->ns;
	ev.birth = l->birth;
	ev.kstack = l->kstack;
	map_delete(&lives, &key);
	ev.life_ns = ev.event.ns - birth;
	ev.end = end;
	if (ev.life_ns < CONST(min_ns))
		return 0;
	if (!describe(&ev, skb))
		return 0;
	if (CONST(counted))
		add(&ev);
	else
		emit(ctx, &ev, sizeof(ev), EVENT_ROW);
	return 0;
}

#define PROGRAM(name, what, how)					\
SEC("probe/skb")							\
int name(struct probe___skb *ctx)					\
{									\
	return what(ctx, ctx->skb, how);				\
}

PROGRAM(on_alloc, born, SKB_ALLOCATED)
PROGRAM(on_build, born, SKB_BUILT)
PROGRAM(on_clone, born, SKB_CLONED)
PROGRAM(on_consume, ended, SKB_CONSUMED)
PROGRAM(on_drop, ended, SKB_DROPPED)
/* What tells no tracepoint.  Those that did call this as well, and are known
 * to have ended. */
PROGRAM(on_free, ended, SKB_FREED)

LICENSE;

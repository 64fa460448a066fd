/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ICMP echo as it is answered: from the device a request came by to the queue
 * of the one its reply leaves by.
 *
 * A request is kept from its arrival on, though it may be for somebody else:
 * ICMP is asked only what is for this machine.  What nobody claims is forgotten
 * after --timeout.
 */
#include "progs/echo.bpf.h"
#include "progs/superpong.h"

/* Where they are in struct net. */
struct netns_ipv4 { int sysctl_icmp_echo_ignore_all; } PAI;
struct netns_sysctl_ipv6 { int icmpv6_echo_ignore_all; } PAI;	/* 5.1 */
struct netns_ipv6 { struct netns_sysctl_ipv6 sysctl; } PAI;
struct net___icmp {
	struct netns_ipv4 ipv4;
	struct netns_ipv6 ipv6;
} PAI;

struct request {
	struct superpong_event ev;	/* first: user space reads it */
	u64 arrived, icmp;		/* ns; icmp 0: it was not seen */
	u64 skb;
};

/* Known to tools/frontend/underway.c by this name. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);		/* --max-sockets */
	__type(key, struct request_key);
	__type(value, struct request);
} awaited SEC(".maps");

/* What ICMP is about to answer, by call_key(). */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, u64);
	__type(value, struct request_key);
} answering SEC(".maps");

struct probe___return {
	s32 ret;
} PAI;

/* ---- outcomes ----------------------------------------------------------- */

static __always_inline void tell(void *ctx, struct superpong_event *ev,
				 u8 outcome)
{
	ev->outcome = outcome;
	ev->unanswered = outcome == PONG_UNANSWERED;
	ev->answered = outcome == PONG_ANSWERED;
	ev->ignored = outcome == PONG_IGNORED;
	ev->limited = outcome == PONG_LIMITED;
	if (pass(&ev->flow))
		emit(ctx, ev, sizeof(*ev), EVENT_ROW);
}

/* Who takes it out of the map tells of it: this, or user space when it has
 * waited for too long. */
static __always_inline void ended(void *ctx, const struct request_key *key,
				  const struct request *found, u8 outcome,
				  u64 now)
{
	struct superpong_event ev = found->ev;
	u64 arrived = found->arrived, icmp = found->icmp;

	if (!ev.event.len || map_delete(&awaited, key))
		return;
	ev.event.ns = now;
	if (outcome == PONG_ANSWERED) {
		ev.took_ns = now - arrived;
		ev.stack_ns = icmp ? icmp - arrived : 0;
		ev.reply_ns = icmp ? now - icmp : 0;
	}
	tell(ctx, &ev, outcome);
}

/* ---- requests ----------------------------------------------------------- */

static __always_inline int is_ignored(const struct net_device *dev, u8 family)
{
	const struct net___icmp *net;

	if (!EXISTS(dev->nd_net.net))
		return 0;
	net = (const void *)READ(dev, nd_net.net);
	if (family == AF_INET)
		return EXISTS(net->ipv4.sysctl_icmp_echo_ignore_all) &&
		       READ(net, ipv4.sysctl_icmp_echo_ignore_all);
	return EXISTS(net->ipv6.sysctl.icmpv6_echo_ignore_all) &&
	       READ(net, ipv6.sysctl.icmpv6_echo_ignore_all);
}

static __always_inline void describe(struct request *r, const struct echo *e,
				     const struct sk_buff *skb,
				     const struct net_device *dev)
{
	__builtin_memset(r, 0, sizeof(*r));
	r->skb = (u64)skb;
	flow_packet(&r->ev.flow, &e->p, 0);
	r->ev.flow.netns = netns_of_skb(skb, dev, 0);
	dev_name(r->ev.dev, dev);
	r->ev.id = e->id;
	r->ev.seq = e->seq;
	r->ev.len = e->p.len;
	r->ev.ttl = e->p.ttl;
	r->ev.asked = 1;
	r->ev.ignored = is_ignored(dev, e->p.family);
	r->ev.unanswered = !r->ev.ignored;
	r->ev.outcome = r->ev.ignored ? PONG_IGNORED : PONG_UNANSWERED;
}

/* It comes by a device, and by one that stands on that; @len 0: that it is for
 * this machine is yet to be seen. */
static __always_inline void arrived(void *ctx, const struct sk_buff *skb,
				    u32 len)
{
	struct request_key key = {};
	struct request *before, r;
	u64 now = ktime_get_ns();
	struct net_device *dev;
	struct echo e = {};

	if (!packet_arrives(&e.p, skb) || packet_is_others(skb) ||
	    !asks(&e, skb))
		return;
	dev = READ(skb, dev);
	key_of(&key, &e, e.p.saddr, dev);
	before = map_lookup(&awaited, &key);
	if (before) {
		if (before->skb == (u64)skb)
			return;
		r = *before;	/* nobody waits for that any more */
		if (r.ev.event.len && !map_delete(&awaited, &key)) {
			r.ev.event.ns = now;
			tell(ctx, &r.ev, r.ev.outcome);
		}
	}
	describe(&r, &e, skb, dev);
	if (!pass(&r.ev.flow))		/* nobody would take it out */
		return;
	r.ev.event.ns = r.arrived = now;
	r.ev.event.len = len;
	r.ev.event.type = EVENT_ROW;
	if (map_update(&awaited, &key, &r, BPF_ANY))
		count(STAT_STATE_FULL);
}

SEC("probe/arrival")
int on_arrival(struct probe___packet *ctx)
{
	arrived(ctx, ctx->skb, 0);
	return 0;
}

/* Where ICMP cannot be seen. */
SEC("probe/arrival")
int on_receive(struct probe___packet *ctx)
{
	arrived(ctx, ctx->skb, sizeof(struct superpong_event));
	return 0;
}

/* The same: what goes to the queue of a device is passed on. */
SEC("probe/passed")
int on_passed(struct probe___packet *ctx)
{
	const struct sk_buff *skb = ctx->skb;
	struct request_key key = {};
	struct echo e = {};

	if (is_request(&e, skb)) {
		key_of(&key, &e, e.p.saddr, READ(skb, dev));
		map_delete(&awaited, &key);
	}
	return 0;
}

/* It came by a device that stands on the one it arrived at (VLAN, macvlan):
 * tracepoints told of it there alone. */
static __always_inline void asked_unseen(void *ctx, const struct echo *e,
					 const struct sk_buff *skb, u64 now)
{
	const struct net_device *dev = READ(skb, dev);
	struct request_key key = {};
	struct request r;

	key_of(&key, e, e->p.saddr, dev);
	describe(&r, e, skb, dev);
	if (!pass(&r.ev.flow))
		return;
	r.ev.event.ns = r.arrived = r.icmp = now;
	r.ev.event.len = sizeof(r.ev);
	r.ev.event.type = EVENT_ROW;
	if (r.ev.ignored)
		tell(ctx, &r.ev, PONG_IGNORED);
	else if (map_update(&awaited, &key, &r, BPF_ANY))
		count(STAT_STATE_FULL);
}

/* ICMP is given a request: it is for this machine. */
SEC("probe/asked")
int on_asked(struct probe___packet *ctx)
{
	const struct sk_buff *skb = ctx->skb;
	struct request_key key = {};
	u64 now = ktime_get_ns();
	struct echo e = {};
	struct request *r;

	if (!is_request(&e, skb))
		return 0;
	key_of(&key, &e, e.p.saddr, READ(skb, dev));
	r = map_lookup(&awaited, &key);
	if (!r) {
		asked_unseen(ctx, &e, skb, now);
		return 0;
	}
	r->icmp = now;
	r->ev.len = e.p.len;		/* of all fragments */
	r->ev.event.len = sizeof(r->ev);
	if (r->ev.ignored)
		ended(ctx, &key, r, PONG_IGNORED, now);
	return 0;
}

/* ---- replies ------------------------------------------------------------ */

/* It goes to the queue of a device. */
SEC("probe/answer")
int on_answer(struct probe___packet *ctx)
{
	const struct sk_buff *skb = ctx->skb;
	struct request_key key = {};
	u64 now = ktime_get_ns();
	struct echo e = {};
	struct request *r;

	if (!is_reply(&e, skb))
		return 0;
	key_of(&key, &e, e.p.daddr, READ(skb, dev));
	r = map_lookup(&awaited, &key);
	if (r)
		ended(ctx, &key, r, PONG_ANSWERED, now);
	return 0;
}

/* ---- limits ------------------------------------------------------------- */

/* icmp_rcv(), icmpv6_rcv(): what they ask for now is for this request, */
SEC("probe/answering")
int on_answering(struct probe___packet *ctx)
{
	const struct sk_buff *skb = ctx->skb;
	struct request_key key = {};
	u64 call = call_key();
	struct echo e = {};

	if (!is_request(&e, skb))
		return 0;
	key_of(&key, &e, e.p.saddr, READ(skb, dev));
	if (map_update(&answering, &call, &key, BPF_ANY))
		count(STAT_STATE_FULL);
	return 0;
}

/* until they return. */
SEC("probe/answering")
int on_return(void *ctx)
{
	u64 call = call_key();

	map_delete(&answering, &call);
	return 0;
}

/* icmp_global_allow(), inet_peer_xrlim_allow(): a bool. */
SEC("probe/limit")
int on_limit(struct probe___return *ctx)
{
	struct request_key *found, key;
	u64 call = call_key();
	struct request *r;

	if (ctx->ret & 0xff)
		return 0;
	found = map_lookup(&answering, &call);
	if (!found)
		return 0;
	key = *found;
	r = map_lookup(&awaited, &key);
	if (r)
		ended(ctx, &key, r, PONG_LIMITED, ktime_get_ns());
	return 0;
}

LICENSE;

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ICMP echo as the kernel sees it: from the queue of the device to the reply.
 *
 * A request is known by all that tells it from others: namespace, destination,
 * id and sequence number.  It stays in the map until --timeout has passed, so
 * that what comes twice is seen.
 */
#include "progs/skb.bpf.h"
#include "progs/superping.h"

enum { ICMP_ECHOREPLY = 0, ICMP_ECHO = 8 };
enum { ICMPV6_ECHO_REQUEST = 128, ICMPV6_ECHO_REPLY = 129 };
enum { ECHO_BYTES = 8 };

struct request_key {
	u8 peer[16];
	u64 net;		/* struct net * */
	u64 id;
	u64 seq;		/* or PINGED */
};

/* By this number the last request of an id is kept for twice as long: what
 * comes then is late. */
#define PINGED	(1ull << 16)

struct request {
	struct superping_event ev;	/* first: user space reads it */
	u64 sent, xmit, arrived;	/* ns */
	u64 skb;
};

/* Known to tools/frontend/underway.c by this name. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);		/* --max-sockets */
	__type(key, struct request_key);
	__type(value, struct request);
} awaited SEC(".maps");

struct probe___packet {
	struct sk_buff *skb;
} PAI;

/* ---- packets ------------------------------------------------------------ */

struct echo {
	struct packet p;
	u8 type;
	u16 id, seq;
};

/* False where there is no ICMP header. */
static __always_inline int echo_header(struct echo *e,
				       const struct sk_buff *skb)
{
	u8 icmp[ECHO_BYTES] = {};

	if (e->p.protocol != (e->p.family == AF_INET ? IPPROTO_ICMP :
						       IPPROTO_ICMPV6) ||
	    e->p.transport + ECHO_BYTES > skb_linear_end(skb))
		return 0;
	probe_read(icmp, ECHO_BYTES, READ(skb, head) + e->p.transport);
	e->type = icmp[0];
	e->id = be16(icmp + 4);
	e->seq = be16(icmp + 6);
	return 1;
}

static __always_inline int is_request(struct echo *e,
				      const struct sk_buff *skb)
{
	return packet_ip(&e->p, skb, skb_linear_end(skb)) &&
	       echo_header(e, skb) &&
	       e->type == (e->p.family == AF_INET ? ICMP_ECHO :
						    ICMPV6_ECHO_REQUEST);
}

static __always_inline int is_reply(struct echo *e, const struct sk_buff *skb)
{
	return echo_header(e, skb) &&
	       e->type == (e->p.family == AF_INET ? ICMP_ECHOREPLY :
						    ICMPV6_ECHO_REPLY);
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

/* ---- outcomes ----------------------------------------------------------- */

static __always_inline void tell(void *ctx, struct superping_event *ev)
{
	if (pass(&ev->flow))
		emit(ctx, ev, sizeof(*ev), EVENT_ROW);
}

/* Another one has its number: nobody waits for it any more. */
static __always_inline void tell_lost(void *ctx, const struct request *r,
				      u64 now)
{
	struct superping_event ev = r->ev;

	ev.event.ns = now;
	ev.rtt_ns = (now - r->sent) | AT_LEAST;
	tell(ctx, &ev);
}

/* ---- requests ----------------------------------------------------------- */

/* Does a socket of the device's namespace send it?  What is passed on by a
 * bridge may have one of another. */
static __always_inline int is_ours(const struct sk_buff *skb,
				   const struct net_device *dev)
{
	const struct sock *sk = skb_sk(skb);
	const struct sock_common *c = &sk->__sk_common;

	if (!sk)
		return 0;
	return !EXISTS(dev->nd_net.net) ||
	       READ(dev, nd_net.net) == READ(c, skc_net.net);
}

/*
 * Is the task at hand the sender?  Not where the address had to be resolved
 * first, or who has the socket keeps it locked no more.
 */
static __always_inline int is_sender(const struct sock *sk)
{
	return !EXISTS(sk->sk_lock.owned) || READ(sk, sk_lock.owned);
}

static __always_inline void asked(struct request *r, const struct echo *e,
				  const struct sk_buff *skb,
				  const struct net_device *dev)
{
	const struct sock *sk = skb_sk(skb);

	flow_packet(&r->ev.flow, &e->p, 1);
	r->ev.flow.netns = netns_of_skb(skb, dev, 0);
	if (is_sender(sk))
		flow_current(&r->ev.flow);
	if (EXISTS(dev->name))
		probe_read(r->ev.dev, sizeof(r->ev.dev), &dev->name);
	r->ev.id = e->id;
	r->ev.seq = e->seq;
	r->ev.len = e->p.len;
	r->ev.outcome = ECHO_LOST;
	r->ev.sent = r->ev.lost = 1;
}

static __always_inline void keep(struct request_key *key, const struct echo *e,
				 const struct sk_buff *skb,
				 const struct net_device *dev, u64 now)
{
	struct request r = { .sent = now, .skb = (u64)skb };

	r.ev.event.ns = now;
	r.ev.event.len = sizeof(r.ev);
	r.ev.event.type = EVENT_ROW;
	asked(&r, e, skb, dev);
	if (!pass(&r.ev.flow))
		return;
	if (map_update(&awaited, key, &r, BPF_ANY))
		count(STAT_STATE_FULL);
	r.ev.event.len = 0;
	r.ev.event.ns = now + CONST(timeout_ns);
	key->seq = PINGED;
	if (map_update(&awaited, key, &r, BPF_ANY))
		count(STAT_STATE_FULL);
}

/* It goes to the queue of a device, and of one below that, as it is. */
SEC("probe/request")
int on_queue(struct probe___packet *ctx)
{
	const struct sk_buff *skb = ctx->skb;
	struct request_key key = {};
	struct net_device *dev;
	struct request *before;
	struct echo e = {};
	u64 now = ktime_get_ns();

	if (!is_request(&e, skb))
		return 0;
	dev = READ(skb, dev);
	if (!is_ours(skb, dev))
		return 0;
	key_of(&key, &e, e.p.daddr, dev);
	before = map_lookup(&awaited, &key);
	if (before) {
		if (before->skb == (u64)skb && before->ev.event.len)
			return 0;
		if (before->ev.event.len)
			tell_lost(ctx, before, now);
	}
	keep(&key, &e, skb, dev, now);
	return 0;
}

/* It is given to the device. */
SEC("probe/xmit")
int on_xmit(struct probe___packet *ctx)
{
	const struct sk_buff *skb = ctx->skb;
	struct request_key key = {};
	struct echo e = {};
	struct request *r;

	if (!is_request(&e, skb))
		return 0;
	key_of(&key, &e, e.p.daddr, READ(skb, dev));
	r = map_lookup(&awaited, &key);
	if (r)
		r->xmit = ktime_get_ns();
	return 0;
}

/* ---- replies ------------------------------------------------------------ */

/* @b is later than @a, unless one of them was not seen. */
static __always_inline u64 between(u64 a, u64 b)
{
	return a && b > a ? b - a : 0;
}

static __always_inline void measure(struct superping_event *ev,
				    const struct request *r, u64 now)
{
	u64 arrived = r->arrived ? r->arrived : now;

	ev->rtt_ns = now - r->sent;
	ev->queue_ns = between(r->sent, r->xmit);
	ev->device_ns = between(r->xmit, arrived);
	ev->stack_ns = between(r->arrived, now);
}

static __always_inline void tell_answer(void *ctx, struct request *r,
					const struct echo *e, u64 now)
{
	struct superping_event *ev = &r->ev;
	int again = !ev->event.len;

	measure(ev, r, now);
	ev->event.ns = now;
	ev->ttl = e->p.ttl;
	ev->lost = 0;
	ev->outcome = again ? ECHO_DUP : ECHO_REPLY;
	ev->sent = ev->received = !again;
	ev->dup = again;
	tell(ctx, ev);
}

/* It was given up; @r is of a request after it, or this one. */
static __always_inline void tell_late(void *ctx, struct request *r,
				      const struct echo *e, u64 now)
{
	struct superping_event *ev = &r->ev;

	ev->event.ns = now;
	ev->rtt_ns = CONST(timeout_ns) | AT_LEAST;
	ev->id = e->id;
	ev->seq = e->seq;
	ev->len = e->p.len;
	ev->ttl = e->p.ttl;
	ev->outcome = ECHO_LATE;
	ev->sent = ev->lost = 0;
	ev->late = 1;
	tell(ctx, ev);
}

/* Who takes it out of the map tells of it: this, or user space when it has
 * waited for too long.  It is back at once, so that a second one is known. */
static __always_inline void reply(void *ctx, const struct echo *e,
				  const struct net_device *dev, u64 now)
{
	struct request_key key = {};
	struct request *found, r;

	key_of(&key, e, e->p.saddr, dev);
	found = map_lookup(&awaited, &key);
	if (found) {
		r = *found;
		if (!r.ev.event.len || !map_delete(&awaited, &key)) {
			tell_answer(ctx, &r, e, now);
			r.ev.event.ns = r.sent;
			r.ev.event.len = 0;
			if (map_update(&awaited, &key, &r, BPF_ANY))
				count(STAT_STATE_FULL);
			return;
		}
	}
	key.seq = PINGED;
	found = map_lookup(&awaited, &key);
	if (!found)
		return;
	r = *found;
	tell_late(ctx, &r, e, now);
}

/* ICMP is given a reply. */
SEC("probe/reply")
int on_reply(struct probe___packet *ctx)
{
	const struct sk_buff *skb = ctx->skb;
	u64 now = ktime_get_ns();
	struct echo e = {};

	if (packet_ip(&e.p, skb, skb_linear_end(skb)) && is_reply(&e, skb))
		reply(ctx, &e, READ(skb, dev), now);
	return 0;
}

/* A device hands on a reply, which ICMP is given next. */
SEC("probe/arrival")
int on_arrival(struct probe___packet *ctx)
{
	const struct sk_buff *skb = ctx->skb;
	struct request_key key = {};
	struct echo e = {};
	struct request *r;

	if (!packet_arrives(&e.p, skb) || !is_reply(&e, skb))
		return 0;
	key_of(&key, &e, e.p.saddr, READ(skb, dev));
	r = map_lookup(&awaited, &key);
	if (r)
		r->arrived = ktime_get_ns();
	return 0;
}

/* Where ICMP cannot be seen. */
SEC("probe/reply")
int on_receive(struct probe___packet *ctx)
{
	const struct sk_buff *skb = ctx->skb;
	u64 now = ktime_get_ns();
	struct echo e = {};

	if (packet_arrives(&e.p, skb) && is_reply(&e, skb))
		reply(ctx, &e, READ(skb, dev), now);
	return 0;
}

LICENSE;

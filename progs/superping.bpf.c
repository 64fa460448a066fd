/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ICMP echo as the kernel sees it: from the queue of the device to the reply.
 *
 * A request is known by all that tells it from others: namespace, destination,
 * id and sequence number.  It stays in the map until --timeout has passed, so
 * that what comes twice is seen.  One to a group has no destination there: who
 * answers does so by an address of its own.
 */
#include "progs/echo.bpf.h"
#include "progs/superping.h"

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

/* ---- groups ------------------------------------------------------------- */

/* linux/if_ether.h, linux/if_vlan.h */
enum { ETH_HLEN = 14, VLAN_ETH_HLEN = 18 };

/* Is it multicast or broadcast?  That of a subnet is told by what Ethernet
 * makes of it. */
static __always_inline int is_to_group(const struct packet *p,
				       const struct sk_buff *skb)
{
	const u8 *data = READ(skb, data);
	u32 header = (u64)READ(skb, head) + p->network - (u64)data;
	u8 group = 0;

	if (p->family == AF_INET6)
		return p->daddr[0] == 0xff;
	if (p->daddr[12] >= 224)
		return 1;
	if (header != ETH_HLEN && header != VLAN_ETH_HLEN)
		return 0;
	probe_read(&group, 1, data);
	return group & 1;
}

/* Of a request as it is sent. */
static __always_inline void key_sent(struct request_key *key,
				     const struct echo *e,
				     const struct sk_buff *skb)
{
	key_of(key, e, e->p.daddr, READ(skb, dev));
	if (is_to_group(&e->p, skb))
		__builtin_memset(key->peer, 0, sizeof(key->peer));
}

/* That was sent to whoever @key says, or to a group. */
static __always_inline struct request *request_of(struct request_key *key)
{
	struct request *r = map_lookup(&awaited, key);

	if (r)
		return r;
	__builtin_memset(key->peer, 0, sizeof(key->peer));
	return map_lookup(&awaited, key);
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
	r->ev.icmp_type = r->ev.icmp_code = -1;
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
	key_sent(&key, &e, skb);
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
	key_sent(&key, &e, skb);
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

static __always_inline void clear_error(struct superping_event *ev)
{
	ev->errors = ev->icmp = 0;
	ev->icmp_type = ev->icmp_code = -1;
	__builtin_memset(ev->from, 0, sizeof(ev->from));
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
	ev->late = again && ev->outcome == ECHO_ERROR;
	ev->dup = again && !ev->late;
	ev->outcome = ev->late ? ECHO_LATE : again ? ECHO_DUP : ECHO_REPLY;
	ev->sent = ev->received = !again;
	clear_error(ev);
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
	found = request_of(&key);
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
	copy16(key.peer, e->p.saddr);
	key.seq = PINGED;
	found = request_of(&key);
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

	if (is_reply(&e, skb))
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

	if (!packet_arrives(&e.p, skb) || !answers(&e, skb))
		return 0;
	key_of(&key, &e, e.p.saddr, READ(skb, dev));
	r = request_of(&key);
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

	if (packet_arrives(&e.p, skb) && answers(&e, skb))
		reply(ctx, &e, READ(skb, dev), now);
	return 0;
}

/* ---- errors ------------------------------------------------------------- */

/* An ICMP error, and the request that it quotes. */
struct complaint {
	struct echo about;
	u8 from[16];
	u8 type, code;
};

/* How superping.h numbers @code of a type that knows @codes of them; 0: it has
 * no name. */
static __always_inline u8 numbered(u8 first, u8 code, u8 codes)
{
	return code < codes ? first + code : 0;
}

static __always_inline u8 error_of_v4(u8 type, u8 code)
{
	switch (type) {
	case ICMP_DEST_UNREACH:
		return numbered(ERROR_V4_UNREACH, code, 16);
	case ICMP_SOURCE_QUENCH:
		return ERROR_V4_QUENCH;
	case ICMP_REDIRECT:
		return numbered(ERROR_V4_REDIRECT, code, 4);
	case ICMP_TIME_EXCEEDED:
		return numbered(ERROR_V4_TIME, code, 2);
	case ICMP_PARAMETERPROB:
		return ERROR_V4_PARAM;
	}
	return 0;
}

static __always_inline u8 error_of_v6(u8 type, u8 code)
{
	switch (type) {
	case ICMPV6_DEST_UNREACH:
		return numbered(ERROR_V6_UNREACH, code, 7);
	case ICMPV6_PKT_TOOBIG:
		return ERROR_V6_TOOBIG;
	case ICMPV6_TIME_EXCEED:
		return numbered(ERROR_V6_TIME, code, 2);
	case ICMPV6_PARAMPROB:
		return numbered(ERROR_V6_PARAM, code, 3);
	}
	return 0;
}

/* These two only advise: the request goes on. */
static __always_inline int is_advice(const struct complaint *c)
{
	return c->about.p.family == AF_INET &&
	       (c->type == ICMP_REDIRECT || c->type == ICMP_SOURCE_QUENCH);
}

static __always_inline int is_error(const struct echo *e)
{
	if (e->p.family == AF_INET6)
		return e->type && e->type <= ICMPV6_PARAMPROB;
	return e->type == ICMP_DEST_UNREACH || e->type == ICMP_SOURCE_QUENCH ||
	       e->type == ICMP_REDIRECT || e->type == ICMP_TIME_EXCEEDED ||
	       e->type == ICMP_PARAMETERPROB;
}

/* @c->about.p is the error's own header still; false: it is none, or about
 * something else. */
static __always_inline int complains(struct complaint *c,
				     const struct sk_buff *skb)
{
	struct echo *e = &c->about;
	u32 quoted;

	if (!echo_header(e, skb) || !is_error(e))
		return 0;
	copy16(c->from, e->p.saddr);
	c->type = e->type;
	c->code = e->code;
	quoted = e->p.transport + ICMP_BYTES;
	__builtin_memset(e, 0, sizeof(*e));
	return packet_ip_at(&e->p, skb, quoted, skb_linear_end(skb)) &&
	       asks(e, skb);
}

static __always_inline void tell_error(void *ctx, struct superping_event *ev,
				       const struct complaint *c, u64 now)
{
	ev->event.ns = now;
	ev->outcome = is_advice(c) ? ECHO_ADVICE : ECHO_ERROR;
	ev->errors = 1;
	ev->received = ev->dup = ev->late = 0;
	copy16(ev->from, c->from);
	ev->icmp_type = c->type;
	ev->icmp_code = c->code;
	ev->icmp = c->about.p.family == AF_INET ?
		   error_of_v4(c->type, c->code) :
		   error_of_v6(c->type, c->code);
	tell(ctx, ev);
}

/* It waits for a reply, or has ended already. */
static __always_inline void request_failed(void *ctx,
					   const struct request_key *key,
					   struct request *r,
					   const struct complaint *c, u64 now)
{
	struct superping_event *ev = &r->ev;

	ev->rtt_ns = (now - r->sent) | AT_LEAST;
	ev->sent = ev->lost = 0;
	if (ev->event.len && !is_advice(c) && !map_delete(&awaited, key)) {
		ev->sent = ev->lost = 1;
		tell_error(ctx, ev, c, now);
		ev->event.ns = r->sent;
		ev->event.len = 0;
		if (map_update(&awaited, key, r, BPF_ANY))
			count(STAT_STATE_FULL);
	} else {
		tell_error(ctx, ev, c, now);
	}
}

/*
 * No device was given it, as when nobody has told the address: the kernel
 * complains to itself.  Or it was given up.  @r is of a request before it, or
 * of nobody.
 */
static __always_inline void stranger_failed(void *ctx, struct request *r,
					    const struct complaint *c,
					    u64 now)
{
	struct superping_event *ev = &r->ev;
	const struct echo *e = &c->about;

	ev->sent = ev->lost = !r->sent || (u16)(e->seq - ev->seq - 1) < 0x7fff;
	ev->id = e->id;
	ev->seq = e->seq;
	ev->len = e->p.len;
	ev->rtt_ns = 0;
	tell_error(ctx, ev, c, now);
}

static __always_inline void failed(void *ctx, const struct sk_buff *skb,
				   const struct complaint *c, int for_us)
{
	struct net_device *dev = READ(skb, dev);
	struct request_key key = {};
	struct request *found, r;
	u64 now = ktime_get_ns();

	key_of(&key, &c->about, c->about.p.daddr, dev);
	found = map_lookup(&awaited, &key);
	if (found) {
		r = *found;
		request_failed(ctx, &key, &r, c, now);
		return;
	}
	if (!for_us)
		return;
	key.seq = PINGED;
	found = map_lookup(&awaited, &key);
	if (found) {
		r = *found;
	} else {
		__builtin_memset(&r, 0, sizeof(r));
		flow_packet(&r.ev.flow, &c->about.p, 1);
		r.ev.flow.netns = netns_of_skb(skb, dev, 0);
	}
	stranger_failed(ctx, &r, c, now);
}

/* ping_err(): ICMP has found the request in it. */
SEC("probe/error")
int on_error(struct probe___packet *ctx)
{
	const struct sk_buff *skb = ctx->skb;
	struct complaint c = {};

	if (packet_ip(&c.about.p, skb, skb_linear_end(skb)) &&
	    complains(&c, skb))
		failed(ctx, skb, &c, 1);
	return 0;
}

/* Where ICMP cannot be seen: what comes by may be for others. */
SEC("probe/error")
int on_receive_error(struct probe___packet *ctx)
{
	const struct sk_buff *skb = ctx->skb;
	struct complaint c = {};

	if (packet_arrives(&c.about.p, skb) && complains(&c, skb))
		failed(ctx, skb, &c, 0);
	return 0;
}

LICENSE;

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* TCP segments that the kernel drops. */
#include "progs/drop.bpf.h"
#include "progs/owner.bpf.h"
#include "progs/tcpdrop.h"

/* What the socket tells. */
static __always_inline void read_sock(struct tcpdrop_event *ev,
				      const struct packet *p,
				      const struct sock *sk)
{
	const struct sock_common *c = &sk->__sk_common;
	struct owner known = {};

	if (!packet_is_of(p, ev->direction == DROP_OUT, sk))
		return;
	ev->state = READ(sk, __sk_common.skc_state);
	ev->flow.family = READ(c, skc_family);
	/* these pass no tcp_v4_destroy_sock() that would have them forgotten */
	if (ev->state == TCP_TIME_WAIT || ev->state == TCP_NEW_SYN_RECV)
		owner_seeded(&known, sock_cookie(sk));
	else
		owner_copy(&known, sk);
	flow_owner(&ev->flow, sk, &known);
}

static __always_inline void read_packet(struct tcpdrop_event *ev,
					const struct packet *p)
{
	ev->len = p->len;
	ev->payload = p->payload;
	ev->seq = p->seq;
	ev->ack_seq = p->ack_seq;
	ev->window = p->window;
	ev->tcp_flags = p->tcp_flags;
	ev->ttl = p->ttl;
}

static __always_inline int dropped(void *ctx, const struct sk_buff *skb,
				   const struct drop *d)
{
	struct tcpdrop_event ev = { .event.ns = ktime_get_ns() };
	struct packet p = {};
	struct net_device *dev;

	if (!packet_read(&p, skb) || p.protocol != IPPROTO_TCP)
		return 0;
	if (!CONST(all) && d->reason == CONST(not_specified) &&
	    is_routine(d, &p))
		return 0;
	dev = skb_dev(skb, d->sk);
	if (!d->received && packet_is_sent(&p, skb, dev, d->sk))
		ev.direction = DROP_OUT;
	flow_packet(&ev.flow, &p, ev.direction == DROP_OUT);
	ev.flow.netns = netns_of_skb(skb, dev, d->sk);
	if (d->sk)
		read_sock(&ev, &p, d->sk);
	if (!pass(&ev.flow))
		return 0;
	read_packet(&ev, &p);
	dev_name(ev.dev, dev);
	ev.reason = d->reason;
	ev.location = d->location;
	if (CONST(want_kstack))
		ev.kstack = get_stackid(ctx, &stacks, 0);
	emit(ctx, &ev, sizeof(ev), EVENT_ROW);
	return 0;
}

SEC("probe/owner")
int on_destroy(struct probe___sock *ctx)
{
	owner_forget(ctx->sk);
	return 0;
}

LICENSE;

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Packets of any kind that the kernel drops. */
#include "progs/drop.bpf.h"
#include "progs/skbdrop.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);		/* --max-sockets */
	__type(key, struct skbdrop_event);
	__type(value, struct alike);
} alike SEC(".maps");

#include "progs/alike.bpf.h"

/* Ends that belong to regular sessions, where no reason tells. */
static __always_inline int is_quiet(const struct drop *d,
				    const struct packet *p)
{
	if (CONST(all) || d->reason != CONST(not_specified))
		return 0;
	return p->protocol == IPPROTO_TCP ? is_routine(d, p) : is_purged(d);
}

static __always_inline void add(struct skbdrop_event *ev)
{
	u32 len = ev->len;

	ev->len = 0;
	if (!CONST(want_direction))
		ev->direction = 0;
	alike_flow(&ev->flow);
	alike_add(&ev->event, sizeof(*ev), len);
}

static __always_inline int dropped(void *ctx, const struct sk_buff *skb,
				   const struct drop *d)
{
	struct skbdrop_event ev = { .event.ns = ktime_get_ns() };
	struct net_device *dev = skb_dev(skb, d->sk);
	struct packet p = {};

	if (packet_read(&p, skb)) {
		packet_ports(&p, skb);
		if (!d->received && packet_is_sent(&p, skb, dev, d->sk))
			ev.direction = DROP_OUT;
		flow_packet(&ev.flow, &p, ev.direction == DROP_OUT);
	}
	if (is_quiet(d, &p))
		return 0;
	ev.ethertype = skb_ether(skb, &p);
	ev.flow.netns = netns_of_skb(skb, dev, d->sk);
	if (!pass_packet(dev, p.protocol, d->reason, ev.dev) ||
	    !pass(&ev.flow))
		return 0;
	ev.len = READ(skb, len);
	ev.reason = d->reason;
	ev.location = d->location;
	if (CONST(want_kstack))
		ev.kstack = get_stackid(ctx, &stacks, 0);
	if (CONST(counted))
		add(&ev);
	else
		emit(ctx, &ev, sizeof(ev), EVENT_ROW);
	return 0;
}

LICENSE;

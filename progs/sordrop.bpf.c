/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Packets that find no room at their socket.
 *
 * A row is a packet that is freed (kfree_skb), so there is one for each,
 * whatever else is seen of it: that a socket refuses it is only kept until
 * then, and tells whose it was, and why where the kernel has no reasons.
 */
#include "progs/freed.bpf.h"
#include "progs/owner.bpf.h"
#include "progs/sordrop.h"

/* What was refused last on this CPU, where the caller frees it next. */
struct refusal {
	u64 sk;			/* 0: nothing */
	u64 skb;		/* 0: not told; one for that socket */
	u64 head;		/* skb->head of what it was that was freed */
	u32 reason;		/* REASON_...; 0: it may yet have found room */
	u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct refusal);
} refused SEC(".maps");

struct probe___verdict {
	struct sock *sk;
	struct sk_buff *skb;
	u64 ret;
} PAI;

struct probe___failure {
	u64 ret;
	struct sock *sk;
	struct sk_buff *skb;	/* 6.14 */
} PAI;

struct probe___limit {
	struct sock *sk;
	u64 kind;		/* 4.20 */
} PAI;

struct probe___socket {
	struct socket *socket;
} PAI;

/* include/net/sock.h */
enum { SK_MEM_RECV = 1 };

/* ---- refused ------------------------------------------------------------ */

static __always_inline struct refusal *last_refused(void)
{
	u32 zero = 0;

	return map_lookup(&refused, &zero);
}

static __always_inline int refuse(u64 sk, u64 skb, u32 reason)
{
	struct refusal *r = last_refused();

	if (!r)
		return 0;
	r->sk = sk;
	r->skb = skb;
	r->head = 0;
	r->reason = reason;
	return 0;
}

/* What enqueuing a datagram returns: ENOMEM is the socket's limit, ENOBUFS
 * (whose number is the machine's) the protocol's. */
static __always_inline u32 queue_reason(s32 ret)
{
	return ret == -ENOMEM ? REASON_RCVBUFF : REASON_PROTO_MEM;
}

/* udp_fail_queue_rcv_skb */
SEC("probe/refused")
int on_udp_fail(struct probe___failure *ctx)
{
	u64 skb = EXISTS(ctx->skb) ? (u64)ctx->skb : 0;

	return refuse((u64)ctx->sk, skb, queue_reason(ctx->ret));
}

/* Where a function that is given a packet returns with @refused, which is 0
 * where it has taken it, and nothing but that is known. */
static __always_inline int returned(u32 refused_for)
{
	struct refusal *r = last_refused();

	if (!r)
		return 0;
	r->reason = refused_for;
	if (!refused_for)	/* else the next packet in that place is its */
		r->sk = 0;
	return 0;
}

/* A packet is given to a socket. */
SEC("probe/refused")
int on_enqueue(struct probe___packet *ctx)
{
	return refuse((u64)ctx->sk, (u64)ctx->skb, 0);
}

/* __udp_enqueue_schedule_skb(), __sock_queue_rcv_skb(): 0 or an error */
SEC("probe/refused")
int on_enqueued(struct probe___verdict *ctx)
{
	s32 ret = ctx->ret;

	if (!EXISTS(ctx->skb))
		return returned(ret < 0 ? queue_reason(ret) : 0);
	if (ret < 0)
		refuse((u64)ctx->sk, (u64)ctx->skb, queue_reason(ret));
	return 0;
}

/* tcp_add_backlog(): a bool, was there no room? */
SEC("probe/refused")
int on_backlog(struct probe___verdict *ctx)
{
	u8 full = ctx->ret;

	if (!EXISTS(ctx->skb))
		return returned(full ? REASON_BACKLOG : 0);
	if (full)
		refuse((u64)ctx->sk, (u64)ctx->skb, REASON_BACKLOG);
	return 0;
}

SEC("probe/refused")
int on_rcvqueue_full(struct probe___packet *ctx)
{
	return refuse((u64)ctx->sk, (u64)ctx->skb, REASON_RCVBUFF);
}

/*
 * sock_exceed_buf_limit: the memory of a protocol is used up.  TCP may make
 * room yet, and is asked again.  Of a datagram more may be known already.
 */
SEC("probe/refused")
int on_limit(struct probe___limit *ctx)
{
	struct refusal *r = last_refused();
	struct sock *sk = ctx->sk;
	u32 reason = is_tcp(sk) ? 0 : REASON_PROTO_MEM;

	if (EXISTS(ctx->kind) && (u32)ctx->kind != SK_MEM_RECV)
		return 0;
	if (r && r->sk == (u64)sk)
		r->reason = reason;
	else
		refuse((u64)sk, 0, reason);
	return 0;
}

/* ---- freed -------------------------------------------------------------- */

/* Is it for @sk, as far as packets tell?  What is connected hears its peer
 * alone: ports of servers are those of many sockets. */
static __always_inline int packet_is_to(const struct packet *p,
					const struct sock *sk)
{
	const struct sock_common *c = &sk->__sk_common;
	u16 port = ntohs(READ(c, skc_dport));
	u32 from;

	__builtin_memcpy(&from, p->saddr + 12, sizeof(from));
	if (!packet_is_of(p, 0, sk) || (port && port != p->source))
		return 0;
	return !port || p->family != AF_INET || from == READ(c, skc_daddr);
}

/* The socket that refused this packet last, and why; 0 where none did. */
static __always_inline struct sock *refused_by(u32 *reason,
					       const struct packet *p,
					       const struct sk_buff *skb)
{
	struct refusal *r = last_refused();
	struct sock *sk;

	if (!r || !r->sk)
		return 0;
	sk = (void *)r->sk;
	if (r->skb ? r->skb != (u64)skb : !packet_is_to(p, sk))
		return 0;
	*reason = r->reason;
	r->sk = 0;
	r->head = (u64)READ(skb, head);
	return sk;
}

/* Before 6.4 a ping socket refuses a clone, which is freed, and then the
 * packet itself is, for the same reason.  Other packets have the place of the
 * one before by chance. */
static __always_inline int is_cloned(const struct packet *p,
				     const struct sk_buff *skb)
{
	struct refusal *r = last_refused();

	return (p->protocol == IPPROTO_ICMP ||
		p->protocol == IPPROTO_ICMPV6) &&
	       r && r->head && r->head == (u64)READ(skb, head);
}

/* Owners of other sockets than TCP's are kept only where their end is seen:
 * seeds are left where they are, since cookies name one socket for ever. */
static __always_inline void read_owner(struct flow *f, const struct sock *sk)
{
	struct owner known = {}, *o;

	if (is_tcp(sk)) {
		owner_copy(&known, sk);
	} else {
		o = owner_known(sk);
		if (o)
			known = *o;
		else
			owner_seeded(&known, sock_cookie(sk));
	}
	flow_owner(f, sk, &known);
}

/* How many packets it has dropped so far, as /proc/net/udp tells it. */
static __always_inline u32 read_drops(const struct sock *sk)
{
	const struct numa_drop_counters *numa = 0;

	if (EXISTS(sk->sk_drop_counters))
		numa = READ(sk, sk_drop_counters);
	if (numa)
		return READ(numa, drops0.counter) + READ(numa, drops1.counter);
	return EXISTS(sk->sk_drops.counter) ? READ(sk, sk_drops.counter) : 0;
}

static __always_inline void read_sock(struct sordrop_event *ev,
				      const struct sock *sk)
{
	read_owner(&ev->flow, sk);
	ev->flow.netns = netns_of(&sk->__sk_common);
	if (EXISTS(sk->sk_backlog.rmem_alloc.counter))
		ev->rmem_alloc = READ(sk, sk_backlog.rmem_alloc.counter);
	if (EXISTS(sk->sk_rcvbuf))
		ev->rcvbuf = READ(sk, sk_rcvbuf);
	if (CONST(want_drops))
		ev->drops = read_drops(sk);
}

/* No skb->dev: UDP keeps something else there by now. */
static __always_inline int show(void *ctx, const struct packet *p,
				const struct sk_buff *skb,
				const struct sock *sk, u32 reason)
{
	struct sordrop_event ev = { .event.ns = ktime_get_ns(),
				    .rmem_alloc = -1, .reason = reason };

	flow_packet(&ev.flow, p, 0);
	if (sk)
		read_sock(&ev, sk);
	else
		ev.flow.netns = netns_of_skb(skb, 0, 0);
	if (EXISTS(skb->truesize))
		ev.truesize = READ(skb, truesize);
	if (pass(&ev.flow))
		emit(ctx, &ev, sizeof(ev), EVENT_ROW);
	return 0;
}

/* @reason: the kernel's, of which some are of no room; 0 where it has none. */
static __always_inline int freed(struct probe___drop *ctx, u32 reason)
{
	struct sk_buff *skb = ctx->skb;
	u32 unspecified = !reason || reason == CONST(not_specified), why = 0;
	struct sock *sk = drop_rx_sk(ctx), *by;
	struct packet p = {};

	if (!unspecified && !REASON_AMONG(reason, no_room))
		return 0;
	if (packet_read(&p, skb))
		packet_ports(&p, skb);
	by = refused_by(&why, &p, skb);
	if (!by && is_cloned(&p, skb))
		return 0;
	if (unspecified)
		reason = why;
	return reason ? show(ctx, &p, skb, sk ? sk : by, reason) : 0;
}

SEC("probe/drop")
int on_drop_reason(struct probe___drop *ctx)
{
	return freed(ctx, ctx->reason);
}

SEC("probe/drop")
int on_drop(struct probe___drop *ctx)
{
	return freed(ctx, 0);
}

/* ---- owners ------------------------------------------------------------- */

/* A process makes a socket.  TCP's are known as they connect or are accepted,
 * and until they are destroyed. */
SEC("probe/owner")
int on_create(struct probe___socket *ctx)
{
	struct sock *sk = READ(ctx->socket, sk);
	const struct sock_common *c = &sk->__sk_common;
	u16 family = READ(c, skc_family);

	if ((family == AF_INET || family == AF_INET6) && !is_tcp(sk))
		owner_set((u64)sk, ktime_get_ns(), 0);
	return 0;
}

SEC("probe/owner")
int on_release(struct probe___socket *ctx)
{
	struct sock *sk = READ(ctx->socket, sk);

	if (sk && !is_tcp(sk))
		owner_forget(sk);
	return 0;
}

SEC("probe/owner")
int on_destroy(struct probe___sock *ctx)
{
	owner_forget(ctx->sk);
	return 0;
}

LICENSE;

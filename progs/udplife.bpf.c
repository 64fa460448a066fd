/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* UDP sockets as they are closed: whose, how much was sent and read. */
#include "progs/udplife.h"
#include "progs/call.bpf.h"

/* What went through a socket. */
struct traffic {
	u64 tx_bytes, rx_bytes, sends, reads;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);		/* --max-sockets */
	__type(key, u64);			/* struct sock * */
	__type(value, struct traffic);
} moved SEC(".maps");

struct probe___create {
	struct socket *socket;
} PAI;

struct probe___return {
	u64 ret;
} PAI;

struct probe___sock {
	struct sock *sk;
} PAI;

struct probe___read {
	struct sock *sk;
	u64 len;
} PAI;

struct probe___recv {
	struct sock *sk;
	u64 flags;
} PAI;

enum { CREATE, SEND, READ_DATA };

/* ---- birth -------------------------------------------------------------- */

/* inet_create(), inet6_create(): the socket has its sock once they return. */
SEC("probe/udp")
int on_create(struct probe___create *ctx)
{
	return call_enter((u64)ctx->socket, CREATE, 0);
}

SEC("probe/udp")
int on_created(struct probe___return *ctx)
{
	struct call c = {};
	const struct sock *sk;

	if (!call_leave(&c) || (s32)ctx->ret)
		return 0;
	sk = READ((const struct socket *)c.sk, sk);
	if (sk && is_udp(sk) && !owner_set((u64)sk, ktime_get_ns(), 0))
		births_lost();
	return 0;
}

/* ---- data --------------------------------------------------------------- */

/* What is counted for @sk; whoever uses one older than the tool has it. */
static __always_inline struct traffic *traffic_of(const struct sock *sk)
{
	struct traffic none = {}, *t;
	u64 key = (u64)sk;
	s32 err;

	t = map_lookup(&moved, &key);
	if (t)
		return t;
	if (!owner_known(sk))
		owner_set(key, 0, 0);
	err = map_update(&moved, &key, &none, BPF_NOEXIST);
	if (err && err != -EEXIST)
		count(STAT_STATE_FULL);
	return map_lookup(&moved, &key);
}

/* udpv6_sendmsg() hands IPv4 on to udp_sendmsg(): one call, see call.bpf.h. */
SEC("probe/udp")
int on_send(struct probe___sock *ctx)
{
	return call_enter((u64)ctx->sk, SEND, 0);
}

SEC("probe/udp")
int on_sent(struct probe___return *ctx)
{
	struct call c = {};
	s32 ret = ctx->ret;
	struct traffic *t;

	if (!call_leave(&c) || ret < 0)
		return 0;
	t = traffic_of((void *)c.sk);
	if (!t)
		return 0;
	__sync_fetch_and_add(&t->sends, 1);
	__sync_fetch_and_add(&t->tx_bytes, ret);
	return 0;
}

static __always_inline int add_read(const struct sock *sk, s32 len)
{
	struct traffic *t;

	if (len < 0)
		return 0;
	t = traffic_of(sk);
	if (!t)
		return 0;
	__sync_fetch_and_add(&t->reads, 1);
	__sync_fetch_and_add(&t->rx_bytes, len);
	return 0;
}

/* skb_consume_udp(): a datagram has been read, @len bytes of it; what is only
 * looked at (MSG_PEEK) has its length negative. */
SEC("probe/udp")
int on_read(struct probe___read *ctx)
{
	return add_read(ctx->sk, ctx->len);
}

/* Before there is that. */
SEC("probe/udp")
int on_recv(struct probe___recv *ctx)
{
	if (ctx->flags & MSG_PEEK)
		return 0;
	return call_enter((u64)ctx->sk, READ_DATA, 0);
}

SEC("probe/udp")
int on_received(struct probe___return *ctx)
{
	struct call c = {};

	return call_leave(&c) ? add_read((void *)c.sk, ctx->ret) : 0;
}

/* ---- end ---------------------------------------------------------------- */

static __always_inline void fill(struct udplife_event *ev,
				 const struct sock *sk)
{
	u64 key = (u64)sk;
	struct traffic *t = map_lookup(&moved, &key);

	if (!t)
		return;
	ev->tx_bytes = t->tx_bytes;
	ev->rx_bytes = t->rx_bytes;
	ev->sends = t->sends;
	ev->reads = t->reads;
	map_delete(&moved, &key);
}

/* Is it taken down by the call that was to make it, as one that a cgroup's
 * program refuses is?  Nobody has had it. */
static __always_inline int never_was(const struct sock *sk)
{
	u64 key = call_key();
	struct call *c = map_lookup(&calls, &key);

	return c && c->what == CREATE &&
	       READ((const struct socket *)c->sk, sk) == sk;
}

/* udp_destroy_sock(), udpv6_destroy_sock(): ports and peer are still there. */
SEC("probe/udp")
int on_destroy(struct probe___sock *ctx)
{
	struct udplife_event ev = { .event.ns = ktime_get_ns() };
	struct sock *sk = ctx->sk;
	struct owner o = {};
	u32 protocol = READ_BITS(sk, sk_protocol);

	if (never_was(sk))
		return 0;
	owner_copy(&o, sk);
	if (!o.pid)		/* older than the tool, and not used since */
		owner_current(&o);
	flow_sock(&ev.flow, sk);
	ev.flow.protocol = protocol;
	flow_owner(&ev.flow, sk, &o);
	fill(&ev, sk);
	owner_forget(sk);
	ev.duration_ns = o.birth ? ev.event.ns - o.birth :
				   since_start(ev.event.ns);
	if (pass(&ev.flow))
		emit(ctx, &ev, sizeof(ev), EVENT_ROW);
	return 0;
}

LICENSE;

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How full the queues of listeners are, as SYNs come and handshakes end. */
#include "progs/session.bpf.h"
#include "progs/tcpsynbl.h"

struct probe___synack {
	u64 synack_type;
} PAI;

struct probe___child {
	u64 child;
} PAI;

/* enum tcp_synack_type */
enum { TCP_SYNACK_COOKIE = 2 };

/* What a listener looked like as something came to it. */
struct arrival {
	u64 sk;
	u32 max, ack_backlog;
	s32 qlen, young;
	s32 tfo, tfo_max;
	u32 answered, cookie;	/* with a SYN/ACK */
};

/* Only the end of a call tells what came of it; nothing that a listener is
 * given sleeps, so there is about one for each processor. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, u64);			/* call_key(), ENDING */
	__type(value, struct arrival);
} arrivals SEC(".maps");

/* With TCP Fast Open a SYN ends its handshake, the one call in the other. */
#define ENDING	(1ull << 40)

static __always_inline int arrive(const struct sock *sk, u64 key)
{
	const struct inet_connection_sock *icsk = (const void *)sk;
	struct arrival a = { .sk = (u64)sk, .qlen = -1, .young = -1,
			     .tfo = -1, .tfo_max = -1 };

	a.max = READ(sk, sk_max_ack_backlog);
	a.ack_backlog = READ(sk, sk_ack_backlog);
	if (EXISTS(icsk->icsk_accept_queue.qlen.counter)) {
		a.qlen = READ(icsk, icsk_accept_queue.qlen.counter);
		a.young = READ(icsk, icsk_accept_queue.young.counter);
	}
	if (EXISTS(icsk->icsk_accept_queue.fastopenq.max_qlen)) {
		a.tfo = READ(icsk, icsk_accept_queue.fastopenq.qlen);
		a.tfo_max = READ(icsk, icsk_accept_queue.fastopenq.max_qlen);
	}
	if (map_update(&arrivals, &key, &a, BPF_ANY))
		count(STAT_STATE_FULL);
	return 0;
}

static __always_inline int depart(struct arrival *a, u64 key)
{
	struct arrival *found = map_lookup(&arrivals, &key);

	if (!found)
		return 0;
	*a = *found;
	map_delete(&arrivals, &key);
	return 1;
}

/*
 * That it was dropped is seen; why is told by what the kernel tests.  Where
 * both queues are full it is the one that SYN cookies are no help for.
 */
static __always_inline u8 why_dropped(const struct arrival *a)
{
	if (a->ack_backlog > a->max)
		return SYNBL_ACCEPT_FULL;
	/* it takes one more since 6.14 */
	if (a->qlen >= 0 && (u32)a->qlen >= a->max)
		return SYNBL_SYN_FULL;
	return SYNBL_DROPPED;
}

static __always_inline int show(void *ctx, struct tcpsynbl_event *ev,
				const struct arrival *a)
{
	const struct sock *sk = (const void *)a->sk;
	struct owner known = {};

	owner_copy(&known, sk);
	ev->max = a->max;
	ev->young = a->young;
	ev->tfo = a->tfo;
	ev->tfo_max = a->tfo_max;
	flow_sock(&ev->flow, sk);
	flow_owner(&ev->flow, sk, &known);
	if (pass(&ev->flow))
		emit(ctx, ev, sizeof(*ev), EVENT_ROW);
	return 0;
}

/* ---- a SYN ------------------------------------------------------------ */

/* tcp_conn_request(rsk_ops, af_ops, sk, skb): it returns 0 whatever it does
 * with the SYN; those it does not answer count as ListenDrops. */
SEC("probe/syn")
int on_syn(struct probe___sock *ctx)
{
	return arrive(ctx->sk, call_key());
}

/* tcp_make_synack(): also for those sent again, outside of the above. */
SEC("probe/syn")
int on_synack(struct probe___synack *ctx)
{
	u32 type = ctx->synack_type;
	u64 key = call_key();
	struct arrival *a = map_lookup(&arrivals, &key);

	if (!a)
		return 0;
	a->answered = 1;
	a->cookie = type == TCP_SYNACK_COOKIE;
	return 0;
}

SEC("probe/syn")
int on_syn_done(void *ctx)
{
	struct tcpsynbl_event ev = { .event.ns = ktime_get_ns() };
	struct arrival a;

	if (!depart(&a, call_key()))
		return 0;
	ev.queue = QUEUE_SYN;
	ev.len = a.qlen;
	ev.result = !a.answered ? why_dropped(&a) :
		    a.cookie ? SYNBL_COOKIE : SYNBL_OK;
	return show(ctx, &ev, &a);
}

/* ---- the end of a handshake ------------------------------------------- */

/*
 * tcp_v4_syn_recv_sock(), and tcp_v6_syn_recv_sock(), which has that done for
 * IPv4 on an IPv6 socket: the inner call then ends what the outer one began,
 * and the outer one's end finds nothing.
 */
SEC("probe/ack")
int on_ack(struct probe___sock *ctx)
{
	return arrive(ctx->sk, call_key() | ENDING);
}

SEC("probe/ack")
int on_ack_done(struct probe___child *ctx)
{
	struct tcpsynbl_event ev = { .event.ns = ktime_get_ns() };
	struct arrival a;

	if (!depart(&a, call_key() | ENDING))
		return 0;
	ev.queue = QUEUE_ACCEPT;
	ev.len = a.ack_backlog;
	ev.result = ctx->child ? SYNBL_OK : why_dropped(&a);
	return show(ctx, &ev, &a);
}

/* ---- who listens ------------------------------------------------------ */

SEC("probe/state")
int on_state(struct probe___state *ctx)
{
	struct sock *sk = ctx->sk;

	if ((u32)ctx->newstate == TCP_LISTEN && is_tcp(sk))
		owner_set((u64)sk, ktime_get_ns(), 0);
	return 0;
}

/* Before 4.16, when that was not told. */
SEC("probe/state")
int on_listen(struct probe___sock *ctx)
{
	owner_set((u64)ctx->sk, ktime_get_ns(), 0);
	return 0;
}

SEC("probe/destroy")
int on_destroy(struct probe___sock *ctx)
{
	owner_forget(ctx->sk);
	return 0;
}

LICENSE;

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* TCP segments that are sent again, and why. */
#include "progs/call.bpf.h"
#include "progs/dns.bpf.h"
#include "progs/owner.bpf.h"
#include "progs/tcpretrans.h"

struct probe___retrans {
	struct sock *sk;
	struct sk_buff *skb;
	u64 err;		/* 6.18 */
} PAI;

struct probe___synack {
	struct sock *sk;
	struct request_sock *req;
} PAI;

/* enum tcp_ca_state, and the timers of inet_connection_sock.h */
enum { TCP_CA_RECOVERY = 3, TCP_CA_LOSS = 4, ICSK_TIME_LOSS_PROBE = 5 };

enum { TCP_FLAG_FIN = 1, TCP_FLAG_SYN = 2 };

/*
 * tcp_send_loss_probe() retransmits with its timer still marked pending; the
 * retransmission timer is unmarked before it acts, and enters Loss.  A probe
 * is never scheduled in recovery, but one may be pending when it starts.
 */
static __always_inline u8 type_of(const struct tcpretrans_event *ev,
				  u8 pending)
{
	if (ev->state == TCP_SYN_SENT || ev->state == TCP_SYN_RECV)
		return RETRANS_SYN;
	if (ev->ca_state == TCP_CA_LOSS)
		return RETRANS_RTO;
	if (pending == ICSK_TIME_LOSS_PROBE && ev->ca_state < TCP_CA_RECOVERY)
		return RETRANS_TLP;
	return RETRANS_FAST;
}

static __always_inline void read_skb(struct tcpretrans_event *ev,
				     const struct sk_buff *skb)
{
	const struct tcp_skb_cb *cb = (const void *)&skb->cb;
	u8 flags = READ(cb, tcp_flags);

	ev->seq = READ(cb, seq);
	ev->end_seq = READ(cb, end_seq);
	ev->len = ev->end_seq - ev->seq - !!(flags & TCP_FLAG_SYN) -
		  (flags & TCP_FLAG_FIN);
	ev->segs = READ(cb, tcp_gso_segs);
}

static __always_inline void read_sock(struct tcpretrans_event *ev,
				      const struct sock *sk)
{
	const struct inet_connection_sock *icsk = (const void *)sk;
	const struct tcp_sock *tp = (const void *)sk;

	ev->state = READ(sk, __sk_common.skc_state);
	ev->ca_state = READ_BITS(icsk, icsk_ca_state);
	ev->retransmits = READ(icsk, icsk_retransmits);
	ev->total = READ(tp, total_retrans);
	ev->cwnd = READ(tp, snd_cwnd);
	ev->srtt_us = READ(tp, srtt_us) >> 3;
	ev->type = type_of(ev, READ(icsk, icsk_pending));
}

static __always_inline int retransmitted(void *ctx, const struct sock *sk,
					 const struct sk_buff *skb, s32 err)
{
	struct tcpretrans_event ev = { .event.ns = ktime_get_ns() };
	struct owner known = {};

	owner_copy(&known, sk);
	ev.err = err;
	flow_sock(&ev.flow, sk);
	flow_owner(&ev.flow, sk, &known);
	if (!pass(&ev.flow))
		return 0;
	read_skb(&ev, skb);
	read_sock(&ev, sk);
	if (err)
		ev.segs = 0;	/* tried, but nothing went out */
	emit(ctx, &ev, sizeof(ev), EVENT_ROW);
	return 0;
}

/* @req is a half-open connection, which nobody owns yet. */
static __always_inline int answered(void *ctx, const struct request_sock *req,
				    s32 err)
{
	struct tcpretrans_event ev = { .event.ns = ktime_get_ns() };

	flow_common(&ev.flow, &req->__req_common);
	ev.flow.lport = READ(req, __req_common.skc_num);
	ev.flow.id = sock_id(req, 0);
	if (!pass(&ev.flow))
		return 0;
	ev.err = err;
	ev.seq = READ((const struct tcp_request_sock *)req, snt_isn);
	ev.end_seq = ev.seq + 1;
	ev.segs = !err;
	ev.state = TCP_NEW_SYN_RECV;
	ev.type = RETRANS_SYNACK;
	emit(ctx, &ev, sizeof(ev), EVENT_ROW);
	return 0;
}

/* Tracepoint tcp_retransmit_skb.  Through 6.17 it fires for segments that
 * were sent, since then for failures as well, with their error. */
SEC("probe/retrans")
int on_retrans(struct probe___retrans *ctx)
{
	s32 err = 0;

	if (EXISTS(ctx->err))
		err = ctx->err;
	return retransmitted(ctx, ctx->sk, ctx->skb, err);
}

/* Tracepoint tcp_retransmit_synack. */
SEC("probe/retrans")
int on_synack(struct probe___synack *ctx)
{
	return answered(ctx, ctx->req, 0);
}

/* ---- before 4.15: the functions, entered and left --------------------- */

SEC("probe/retrans")
int on_retrans_enter(struct probe___retrans *ctx)
{
	return call_enter((u64)ctx->sk, (u64)ctx->skb, 0);
}

SEC("probe/retrans")
int on_retrans_leave(struct probe___retrans *ctx)
{
	s32 err = ctx->err;
	struct call c;

	if (!call_leave(&c))
		return 0;
	return retransmitted(ctx, (void *)c.sk, (void *)c.what, err);
}

SEC("probe/retrans")
int on_synack_enter(struct probe___synack *ctx)
{
	return call_enter(0, (u64)ctx->req, 0);
}

SEC("probe/retrans")
int on_synack_leave(struct probe___retrans *ctx)
{
	s32 err = ctx->err;
	struct call c;

	return call_leave(&c) ? answered(ctx, (void *)c.what, err) : 0;
}

SEC("probe/owner")
int on_destroy(struct probe___sock *ctx)
{
	owner_forget(ctx->sk);
	return 0;
}

LICENSE;

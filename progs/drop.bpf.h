/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The programs of role_drop and role_listen_overflow: packets that the kernel
 * drops, and which of those are no trouble.  What is shown of them is the
 * tool's part: dropped().
 */
#ifndef SOCKEYE_DROP_BPF_H
#define SOCKEYE_DROP_BPF_H

#include "progs/freed.bpf.h"
#include "progs/stacks.bpf.h"

enum { TCP_FLAG_FIN = 1, TCP_FLAG_SYN = 2, TCP_FLAG_RST = 4 };

/* Where and why; the packet tells the rest. */
struct drop {
	u64 location;
	u32 reason;
	int received;		/* by `sk`, for certain */
	const struct sock *sk;
};

#define WITHIN(location, name)						\
	((location) >= CONST(name) && (location) < CONST(name##_end))

/*
 * Regular opens and closes end in drops of which no reason is specified: of
 * the SYN|ACK, the RST that was heard, and ACKs once either end has closed,
 * when TCP is done with them.
 */
static __always_inline int is_done_with(const struct packet *p,
					const struct sock *sk)
{
	u8 state = READ(sk, __sk_common.skc_state);

	if (p->payload)
		return 0;
	if (p->tcp_flags & TCP_FLAG_RST)
		return state == TCP_CLOSE;
	if (p->tcp_flags & TCP_FLAG_SYN)
		return state == TCP_ESTABLISHED;
	return state >= TCP_FIN_WAIT1 && state != TCP_LISTEN;
}

/* What waits at a socket as it is closed. */
static __always_inline int is_purged(const struct drop *d)
{
	return WITHIN(d->location, purge) || WITHIN(d->location, kill_queues) ||
	       WITHIN(d->location, destruct);
}

/* The same of TCP, told from where it is: tcp_rcv_state_process(), and where a
 * FIN comes in TIME_WAIT. */
static __always_inline int is_routine(const struct drop *d,
				      const struct packet *p)
{
	const u8 flags = TCP_FLAG_FIN | TCP_FLAG_SYN | TCP_FLAG_RST;

	if (d->received && is_done_with(p, d->sk))
		return 1;
	if (WITHIN(d->location, rcv_state) || is_purged(d))
		return 1;
	return (WITHIN(d->location, v4_rcv) || WITHIN(d->location, v6_rcv)) &&
	       (p->tcp_flags & flags) == TCP_FLAG_FIN;
}

/* The packet that @d is about; nothing but what is expected was left out. */
static __always_inline int dropped(void *ctx, const struct sk_buff *skb,
				   const struct drop *d);

/* Tracepoint kfree_skb. */
static __always_inline int freed(struct probe___drop *ctx, u32 reason)
{
	struct drop d = { .location = ctx->location, .reason = reason };
	struct sk_buff *skb = ctx->skb;

	d.sk = drop_rx_sk(ctx);
	d.received = !!d.sk;
	if (!d.sk)
		d.sk = skb_sk(skb);
	return dropped(ctx, skb, &d);
}

SEC("probe/drop")
int on_drop_reason(struct probe___drop *ctx)
{
	u32 reason = ctx->reason;

	/* such as what an application left unread */
	if (!CONST(all) && REASON_AMONG(reason, expected))
		return 0;
	return freed(ctx, reason);
}

SEC("probe/drop")
int on_drop(struct probe___drop *ctx)
{
	return freed(ctx, 0);
}

/* ---- what that tracepoint does not tell -------------------------------- */

static __always_inline int received(struct probe___packet *ctx, u64 location,
				    u32 reason)
{
	struct drop d = { .location = location, .reason = reason,
			  .received = 1, .sk = ctx->sk };

	return dropped(ctx, ctx->skb, &d);
}

/* tcp_drop(), before 5.17. */
SEC("probe/drop")
int on_tcp_drop(struct probe___packet *ctx)
{
	return received(ctx, CONST(tcp_drop), 0);
}

/* tcp_send_dupack(), where tcp_drop() is inlined: the segment is not in the
 * window, or PAWS refuses it, and is dropped next. */
SEC("probe/drop")
int on_dupack(struct probe___packet *ctx)
{
	return received(ctx, CONST(tcp_send_dupack), 0);
}

/*
 * tcp_conn_request(): a SYN.  sk_acceptq_is_full(), and it is dropped; but
 * what frees it calls it consumed, also where there is a reason
 * TCP_LISTEN_OVERFLOW (for the ACK that ends a handshake).
 */
static __always_inline int requested(struct probe___packet *ctx)
{
	struct sock *sk = ctx->sk;

	if (READ(sk, sk_ack_backlog) <= READ(sk, sk_max_ack_backlog))
		return 0;
	return received(ctx, CONST(tcp_conn_request), REASON_LISTEN_OVERFLOW);
}

SEC("probe/drop")
int on_request(struct probe___packet *ctx)
{
	return requested(ctx);
}

/* tcp_v6_conn_request(), which calls tcp_v4_conn_request() for IPv4. */
SEC("probe/drop")
int on_request6(struct probe___packet *ctx)
{
	if (ntohs(READ(ctx->skb, protocol)) == ETH_P_IP)
		return 0;
	return requested(ctx);
}

#endif

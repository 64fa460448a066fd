/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* TCP sessions as they end: who, with whom, how much, how long. */
#include "progs/sock.bpf.h"
#include "progs/tcplife.h"

struct probe___state {
	struct sock *sk;
	u64 oldstate, newstate;
} PAI;

struct probe___sock {
	struct sock *sk;
} PAI;

struct probe___fd {
	u64 fd;
} PAI;

/* What the application was given to send: what went out, each byte once. */
static __always_inline u64 tx_bytes(const struct tcp_sock *tp, u32 flags)
{
	u64 acked;

	if (EXISTS(tp->bytes_sent))
		return READ(tp, bytes_sent) - READ(tp, bytes_retrans);
	/* before 4.19 only what was acknowledged, with SYN and FIN in it */
	acked = READ(tp, bytes_acked);
	if (acked && flags & OWNER_ACTIVE)
		acked--;
	if (acked && flags & OWNER_FIN_ACKED)
		acked--;
	return acked;
}

/* tcp_rcv_nxt_update() counts the peer's FIN as a byte. */
static __always_inline u64 rx_bytes(const struct sock *sk)
{
	u64 n = READ((const struct tcp_sock *)sk, bytes_received);

	if (n && READ(sk, __sk_common.skc_flags) & 1ul << SOCK_DONE)
		n--;
	return n;
}

static __always_inline void finish(void *ctx, const struct sock *sk,
				   const struct owner *o, u64 closed)
{
	struct tcplife_event ev = { .event.ns = closed };
	u64 birth = o ? o->birth : 0;

	flow_sock(&ev.flow, sk);
	flow_owner(&ev.flow, sk, o);
	if (!pass(&ev.flow))
		return;
	ev.tx_bytes = tx_bytes((const void *)sk, o ? o->flags : 0);
	ev.rx_bytes = rx_bytes(sk);
	if (birth)
		ev.duration_ns = closed - birth;
	else
		ev.duration_ns = (closed - CONST(start_ns)) | AT_LEAST;
	emit(ctx, &ev, sizeof(ev), EVENT_ROW);
}

/* tcp_ack() moves a socket on only once our FIN is acknowledged. */
static __always_inline int fin_acked(const struct sock *sk, u32 oldstate)
{
	return oldstate == TCP_FIN_WAIT2 ||
	       ((oldstate == TCP_LAST_ACK || oldstate == TCP_CLOSING) &&
		!READ(sk, sk_err));
}

/*
 * A session that ends before anybody accepted it belongs to nobody yet: it
 * waits for accept() or for its destruction.
 */
static __always_inline void on_close(void *ctx, const struct sock *sk,
				     u32 oldstate)
{
	struct owner *o = owner_of(sk);
	u64 now = ktime_get_ns();

	if (!o && oldstate == TCP_SYN_RECV)
		return;		/* never was a session */
	if (o && fin_acked(sk, oldstate))
		o->flags |= OWNER_FIN_ACKED;
	if (o && !o->pid) {
		o->closed = now;
		return;
	}
	finish(ctx, sk, o, now);
	if (o)
		owner_forget(sk);
}

/* close(2) and shutdown(2) move to these states, nothing else does: the
 * process at hand has the socket. */
static __always_inline void on_shutdown(const struct sock *sk)
{
	struct owner *o = owner_of(sk);

	if (!o)
		owner_set((u64)sk, 0, 0);
	else if (!o->pid)
		owner_current(o);
}

#define STATES	(1u << TCP_SYN_SENT | 1u << TCP_ESTABLISHED |		\
		 1u << TCP_FIN_WAIT1 | 1u << TCP_LAST_ACK | 1u << TCP_CLOSE)

SEC("probe/state")
int on_state(struct probe___state *ctx)
{
	struct sock *sk = ctx->sk;
	u32 newstate = ctx->newstate, oldstate;

	if (newstate > TCP_LISTEN || !(1u << newstate & STATES))
		return 0;
	if (EXISTS(ctx->oldstate))
		oldstate = ctx->oldstate;
	else
		oldstate = READ(sk, __sk_common.skc_state);
	if (oldstate == TCP_LISTEN || oldstate == newstate || !is_tcp(sk))
		return 0;
	if (newstate == TCP_SYN_SENT)
		owner_set((u64)sk, ktime_get_ns(), OWNER_ACTIVE);
	else if (newstate == TCP_CLOSE)
		on_close(ctx, sk, oldstate);
	else if (newstate != TCP_ESTABLISHED)
		on_shutdown(sk);
	else if (oldstate == TCP_SYN_RECV)
		owner_nobody(sk);
	return 0;
}

static __always_inline void owned(void *ctx, struct sock *sk, struct owner *o)
{
	owner_current(o);
	if (!o->closed)
		return;
	finish(ctx, sk, o, o->closed);
	owner_forget(sk);
}

/* The process at hand accepts the socket. */
static __always_inline int accepted(void *ctx, struct sock *sk)
{
	struct owner *o = owner_known(sk);

	if (!o && is_tcp(sk))	/* it was in the queue before we came */
		owner_set((u64)sk, 0, 0);
	else if (o && !o->pid)
		owned(ctx, sk, o);
	return 0;
}

SEC("probe/accept")
int on_accept(struct probe___sock *ctx)
{
	struct sock *sk = ctx->sk;

	return sk ? accepted(ctx, sk) : 0;
}

SEC("probe/accept")
int on_accept_exit(struct probe___fd *ctx)
{
	s32 fd = ctx->fd;
	struct sock *sk = fd < 0 ? 0 : sock_of_fd(fd);

	return sk ? accepted(ctx, sk) : 0;
}

/* Where accept itself cannot be seen: who reads or writes a socket first. */
SEC("probe/io")
int on_io(struct probe___sock *ctx)
{
	struct sock *sk = ctx->sk;
	struct owner *o = owner_known(sk);

	if (o && !o->pid)
		owned(ctx, sk, o);
	return 0;
}

SEC("probe/destroy")
int on_destroy(struct probe___sock *ctx)
{
	struct sock *sk = ctx->sk;
	struct owner *o = owner_known(sk);

	if (!o)
		return 0;
	if (o->closed)
		finish(ctx, sk, o, o->closed);
	owner_forget(sk);
	return 0;
}

LICENSE;

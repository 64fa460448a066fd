/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What programs share that follow TCP sockets through their states
 * (role_tcp_state, role_tcp_destroy): from where to where, who owns them, and
 * what went through them.
 */
#ifndef SOCKEYE_SESSION_BPF_H
#define SOCKEYE_SESSION_BPF_H

#include "progs/sock.bpf.h"

struct probe___state {
	struct sock *sk;
	u64 oldstate, newstate;
} PAI;

struct probe___sock {
	struct sock *sk;
} PAI;

/* tcp_set_state() as a function is not given the state it ends. */
static __always_inline u32 oldstate_of(struct probe___state *ctx)
{
	if (EXISTS(ctx->oldstate))
		return ctx->oldstate;
	return READ(ctx->sk, __sk_common.skc_state);
}

/* close(2) and shutdown(2) move to these states, nothing else does: the
 * process at hand has the socket. */
static __always_inline void owner_shutdown(const struct sock *sk)
{
	struct owner known = {}, *o;

	if (!owner_copy(&known, sk)) {
		owner_set((u64)sk, 0, 0);
	} else if (!known.pid) {
		o = owner_known(sk);
		if (o)
			owner_current(o);
	}
}

/* A connection is active when this end connected.  Of one that is older than
 * the tool: what a listener has accepted keeps a copy of its backlog. */
static __always_inline int is_active(const struct sock *sk,
				     const struct owner *o)
{
	if (o->birth)
		return o->flags & OWNER_ACTIVE;
	return EXISTS(sk->sk_max_ack_backlog) && !READ(sk, sk_max_ack_backlog);
}

/* What the application was given to send: what went out, each byte once. */
static __always_inline u64 tx_bytes(const struct sock *sk,
				    const struct owner *o, int fin_acked)
{
	const struct tcp_sock *tp = (const void *)sk;
	u64 acked;

	if (EXISTS(tp->bytes_sent))
		return READ(tp, bytes_sent) - READ(tp, bytes_retrans);
	/* before 4.19 only what was acknowledged, with SYN and FIN in it */
	acked = READ(tp, bytes_acked);
	if (acked && is_active(sk, o))
		acked--;
	if (acked && fin_acked)
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

/* tcp_ack() moves a socket on only once our FIN is acknowledged. */
static __always_inline int is_fin_acked(const struct sock *sk, u32 oldstate)
{
	return oldstate == TCP_FIN_WAIT2 ||
	       ((oldstate == TCP_LAST_ACK || oldstate == TCP_CLOSING) &&
		!READ(sk, sk_err));
}

#endif

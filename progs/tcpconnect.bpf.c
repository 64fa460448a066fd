/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Active opens. */
#include "progs/dns.bpf.h"
#include "progs/session.bpf.h"
#include "progs/tcpconnect.h"

static __always_inline int show(void *ctx, const struct sock *sk,
				const struct owner *o)
{
	struct tcpconnect_event ev = { .event.ns = o->birth };

	flow_sock(&ev.flow, sk);
	flow_owner(&ev.flow, sk, o);
	if (pass(&ev.flow))
		emit(ctx, &ev, sizeof(ev), EVENT_ROW);
	return 0;
}

/* tcp_connect(): both families come through here, with both addresses and
 * both ports set, in the process that connects; the SYN goes out next. */
SEC("probe/connect")
int on_connect(struct probe___sock *ctx)
{
	struct owner o = { .birth = ktime_get_ns() };

	owner_current(&o);
	return show(ctx, ctx->sk, &o);
}

/*
 * An attempt that is given up has its SYN in the write queue still, or an
 * error; else none was sent: no port was free, or this pair of ports in use.
 */
static __always_inline int is_shown(const struct sock *sk, u32 newstate)
{
	const struct tcp_sock *tp = (const void *)sk;

	if (CONST(established) || newstate != TCP_CLOSE)
		return newstate != TCP_CLOSE;
	if (!EXISTS(tp->packets_out))
		return READ((const struct inet_sock *)sk, inet_sport) != 0;
	return READ(tp, packets_out) | READ(sk, sk_err);
}

/*
 * Where no function can be probed, and for --established: who connects is seen
 * as the state becomes SYN_SENT; the local port is chosen after that, and known
 * when the handshake ends.
 */
SEC("probe/state")
int on_state(struct probe___state *ctx)
{
	struct sock *sk = ctx->sk;
	u32 newstate = ctx->newstate;
	struct owner *o, copy;

	if (newstate == TCP_SYN_SENT) {
		if (is_tcp(sk))
			owner_set((u64)sk, ktime_get_ns(), OWNER_ACTIVE);
		return 0;
	}
	o = owner_known(sk);
	if (!o)
		return 0;
	/* the peer connects, too: the handshake goes on */
	if (CONST(established) && newstate == TCP_SYN_RECV)
		return 0;
	copy = *o;
	owner_forget(sk);
	if (is_shown(sk, newstate))
		show(ctx, sk, &copy);
	return 0;
}

LICENSE;

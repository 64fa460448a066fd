/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* TCP sessions: opened, accepted, closed, and those that failed to open. */
#include "progs/session.bpf.h"
#include "progs/tcptracer.h"

static __always_inline int show(void *ctx, struct tcptracer_event *ev,
				const struct sock *sk, const struct owner *o,
				u32 oldstate)
{
	u64 now = ev->event.ns;

	flow_sock(&ev->flow, sk);
	flow_owner(&ev->flow, sk, o);
	if (!pass(&ev->flow))
		return 0;
	ev->duration_ns = o->birth ? now - o->birth : since_start(now);
	ev->tx_bytes = tx_bytes(sk, o, oldstate);
	ev->rx_bytes = rx_bytes(sk);
	emit(ctx, ev, sizeof(*ev), EVENT_ROW);
	return 0;
}

/* What nobody has accepted yet keeps its entry: accept(2) will want its
 * birth. */
static __always_inline int on_close(void *ctx, struct tcptracer_event *ev,
				    const struct sock *sk, u32 oldstate)
{
	struct owner known = {};
	int found = owner_copy(&known, sk);
	int opening = is_opening(oldstate);
	u32 err = READ(sk, sk_err);

	if (oldstate == TCP_SYN_RECV && !(known.flags & OWNER_ACTIVE))
		return 0;		/* never was a session */
	ev->type = opening ? TRACER_FAIL : TRACER_CLOSE;
	ev->how = opening ? HOW_OPEN : how_ended(oldstate, err);
	ev->err = -err;
	show(ctx, ev, sk, &known, oldstate);
	if (found && known.pid)
		owner_forget(sk);
	return 0;
}

/* The handshake is over.  Who answers a SYN comes from SYN_RECV; so do two
 * that connect to each other at the same time. */
static __always_inline int on_established(void *ctx,
					  struct tcptracer_event *ev,
					  const struct sock *sk, u32 oldstate)
{
	struct owner known = {};

	if (!owner_copy(&known, sk) && oldstate == TCP_SYN_RECV) {
		if (!owner_nobody(sk))
			births_lost();
		return 0;
	}
	if (oldstate == TCP_SYN_RECV && !(known.flags & OWNER_ACTIVE))
		return 0;		/* accepted already: TCP Fast Open */
	ev->type = TRACER_CONNECT;
	return show(ctx, ev, sk, &known, 0);
}

SEC("probe/state")
int on_state(struct probe___state *ctx)
{
	struct tcptracer_event ev = { .event.ns = ktime_get_ns() };
	struct sock *sk = ctx->sk;
	u32 newstate = ctx->newstate, oldstate = session_left(ctx);

	if (!oldstate)
		return 0;
	if (newstate == TCP_CLOSE)
		return on_close(ctx, &ev, sk, oldstate);
	if (newstate == TCP_ESTABLISHED)
		return on_established(ctx, &ev, sk, oldstate);
	if (!owner_follow(sk, oldstate, newstate))
		births_lost();
	return 0;
}

/* A session that ended before it was accepted is shown closed first. */
static __always_inline int accepted(void *ctx, const struct sock *sk)
{
	struct tcptracer_event ev = { .event.ns = ktime_get_ns() };
	struct owner known = {};

	if (!is_tcp(sk))
		return 0;
	if (!owner_copy(&known, sk))
		known.birth = birth_accepted(sk, ev.event.ns);
	if (!known.pid) {
		owner_current(&known);
		owner_put((u64)sk, &known, BPF_ANY);
	}
	ev.type = TRACER_ACCEPT;
	return show(ctx, &ev, sk, &known, 0);
}

#include "progs/accept.bpf.h"

SEC("probe/destroy")
int on_destroy(struct probe___sock *ctx)
{
	owner_forget(ctx->sk);
	return 0;
}

LICENSE;

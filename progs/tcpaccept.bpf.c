/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Passive opens, as a process accepts them, or as they are established. */
#include "progs/dns.bpf.h"
#include "progs/session.bpf.h"
#include "progs/tcpaccept.h"

/* A new socket is a copy of the listener, which it is queued at only then; of
 * its own it has no queue. */
static __always_inline void read_queue(struct tcpaccept_event *ev,
				       const struct sock *sk)
{
	ev->backlog = ev->limit = -1;
	if (!EXISTS(sk->sk_ack_backlog) || !EXISTS(sk->sk_max_ack_backlog))
		return;
	ev->backlog = READ(sk, sk_ack_backlog);
	ev->limit = READ(sk, sk_max_ack_backlog);
}

static __always_inline int show(void *ctx, struct tcpaccept_event *ev,
				const struct sock *sk, const struct owner *o)
{
	flow_sock(&ev->flow, sk);
	flow_owner(&ev->flow, sk, o);
	if (CONST(want_backlog) || CONST(want_limit))
		read_queue(ev, sk);
	if (pass(&ev->flow))
		emit(ctx, ev, sizeof(*ev), EVENT_ROW);
	return 0;
}

/* ---- the queue ---------------------------------------------------------- */

/* How long a connection that is now accepted was in the queue. */
static __always_inline u64 waited(const struct sock *sk)
{
	struct owner *o = owner_known(sk);
	u64 birth;

	if (o) {
		birth = o->birth;
		owner_forget(sk);
		return ktime_get_ns() - birth;
	}
	/* the handshake is not over: TCP Fast Open, or just now elsewhere */
	if (READ(sk, __sk_common.skc_state) == TCP_SYN_RECV)
		return 0;
	return since_start(ktime_get_ns());
}

static __always_inline int accepted(void *ctx, const struct sock *sk)
{
	struct tcpaccept_event ev = { .event.ns = ktime_get_ns() };
	struct owner o = { .birth = ev.event.ns };

	if (!is_tcp(sk))
		return 0;
	if (CONST(want_wait_ns))
		ev.wait_ns = waited(sk);
	owner_current(&o);
	return show(ctx, &ev, sk, &o);
}

#include "progs/accept.bpf.h"

/* ---- the handshake ------------------------------------------------------ */

/* Whose it will be is not known: this is no process's doing. */
static __always_inline int established(void *ctx, const struct sock *sk)
{
	struct tcpaccept_event ev = { .event.ns = ktime_get_ns() };
	struct owner nobody = { .birth = ev.event.ns }, *o = owner_known(sk);

	if (o && o->flags & OWNER_ACTIVE) {
		owner_forget(sk);
		return 0;
	}
	if (CONST(established))
		return show(ctx, &ev, sk, &nobody);
	if (!owner_nobody(sk))
		births_lost();
	return 0;
}

/* Two that connect to each other at once: nobody accepts that. */
static __always_inline void simultaneous(const struct sock *sk)
{
	struct owner o = { .flags = OWNER_ACTIVE };

	owner_put((u64)sk, &o, BPF_ANY);
}

SEC("probe/state")
int on_state(struct probe___state *ctx)
{
	struct sock *sk = ctx->sk;
	u32 newstate = ctx->newstate, oldstate;

	/* with TCP Fast Open a process may close it before it is established */
	if (newstate != TCP_SYN_RECV && newstate != TCP_ESTABLISHED &&
	    newstate != TCP_FIN_WAIT1)
		return 0;
	oldstate = oldstate_of(ctx);
	if (!is_opening(oldstate) || !is_tcp(sk))
		return 0;
	if (newstate == TCP_SYN_RECV)
		simultaneous(sk);
	else if (oldstate == TCP_SYN_RECV)
		return established(ctx, sk);
	return 0;
}

/* Nobody took it, or both ends connected and it came to nothing. */
SEC("probe/destroy")
int on_destroy(struct probe___sock *ctx)
{
	owner_forget(ctx->sk);
	return 0;
}

LICENSE;

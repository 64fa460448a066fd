/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* TCP sessions as they end: who, with whom, how much, how long. */
#include "progs/session.bpf.h"
#include "progs/tcplife.h"

/* What sessions were like that ended before they had an owner. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);		/* --max-sockets */
	__type(key, u64);			/* struct sock * */
	__type(value, struct tcplife_more);
} ends SEC(".maps");

/*
 * Volatile, since it is asked in many places: clang would keep the answer on
 * the stack, where the linker does not see that it is constant.
 */
static __always_inline int want_more(void)
{
	u64 len;

	asm volatile("%0 = event_len ll" : "=r"(len));
	return len > TCPLIFE_LEAST;
}

static __always_inline void event_init(struct tcplife_event *ev, u64 now)
{
	__builtin_memset(ev, 0, TCPLIFE_LEAST);
	if (want_more())
		__builtin_memset(&ev->more, 0, sizeof(ev->more));
	ev->event.ns = now;
}

static __always_inline void read_retrans(struct tcplife_more *m,
					 const struct tcp_sock *tp)
{
	m->retrans = m->retrans_bytes = -1;
	if (CONST(want_retrans) && EXISTS(tp->total_retrans))
		m->retrans = READ(tp, total_retrans);
	if (CONST(want_retrans_bytes) && EXISTS(tp->bytes_retrans))
		m->retrans_bytes = READ(tp, bytes_retrans);
}

/* As TCP_INFO tells; before the first sample the least is ~0U. */
static __always_inline void read_rtt(struct tcplife_more *m,
				     const struct tcp_sock *tp)
{
	if (CONST(want_srtt_us) && EXISTS(tp->srtt_us))
		m->srtt_us = READ(tp, srtt_us) >> 3;
	if (CONST(want_min_rtt_us) && EXISTS(tp->rtt_min.s[0].v)) {
		m->min_rtt_us = READ(tp, rtt_min.s[0].v);
		if (!(m->min_rtt_us + 1))
			m->min_rtt_us = 0;
	}
}

/* @m is zeroed. */
static __always_inline void read_more(struct tcplife_more *m,
				      const struct sock *sk, u32 oldstate)
{
	read_retrans(m, (const void *)sk);
	read_rtt(m, (const void *)sk);
	if (CONST(want_cc))
		session_cc(m->cc, sk);
	if (!(CONST(want_err) | CONST(want_how) | CONST(want_first)))
		return;
	m->err = -READ(sk, sk_err);
	if (!is_opening(oldstate))
		m->how = how_ended(oldstate, -m->err);
	m->first = closed_first(oldstate, m->how);
}

static __always_inline void show(void *ctx, struct tcplife_event *ev,
				 u64 birth)
{
	ev->duration_ns = birth ? ev->event.ns - birth :
				  since_start(ev->event.ns);
	if (want_more())
		emit(ctx, ev, sizeof(*ev), EVENT_ROW);
	else
		emit(ctx, ev, TCPLIFE_LEAST, EVENT_ROW);
}

static __always_inline void take_more(struct tcplife_more *to,
				      const struct sock *sk)
{
	struct tcplife_more *m;
	u64 key = (u64)sk;

	if (!want_more())
		return;
	m = map_lookup(&ends, &key);
	if (!m) {
		to->retrans = to->retrans_bytes = -1;
		return;
	}
	*to = *m;
	map_delete(&ends, &key);
}

/*
 * A listener that is closed disconnects what nobody has accepted
 * (inet_csk_listen_stop(), tcp_disconnect()): counters, remote port and local
 * address are erased before the socket goes away, so they are kept here.
 */
static __always_inline void keep_end(const struct sock *sk,
				     struct tcplife_event *ev)
{
	struct owner *o = owner_known(sk);
	u64 key = (u64)sk;

	if (!o)
		return;
	o->flags |= (u32)ev->flow.rport << OWNER_RPORT_SHIFT;
	o->end.tx_bytes = ev->tx_bytes;
	o->end.rx_bytes = ev->rx_bytes;
	copy16(o->end.laddr, ev->flow.laddr);
	if (want_more() && map_update(&ends, &key, &ev->more, BPF_ANY))
		count(STAT_STATE_FULL);
	asm volatile("" ::: "memory");	/* see owner_current() */
	o->closed = ev->event.ns;
}

/* What keep_end() left is shown, with an owner or without. */
static __always_inline void finish_kept(void *ctx, const struct sock *sk,
					const struct owner *o)
{
	struct tcplife_event ev;

	event_init(&ev, o->closed);
	take_more(&ev.more, sk);
	flow_sock(&ev.flow, sk);
	ev.flow.rport = o->flags >> OWNER_RPORT_SHIFT;
	copy16(ev.flow.laddr, o->end.laddr);
	flow_owner(&ev.flow, sk, o);
	if (!pass(&ev.flow))
		return;
	ev.tx_bytes = o->end.tx_bytes;
	ev.rx_bytes = o->end.rx_bytes;
	show(ctx, &ev, o->birth);
}

/*
 * A session that ends before anybody accepted it belongs to nobody yet: it
 * waits for accept() or for its destruction.  All is read before that is
 * asked, and before the filter is: the verifier goes through it once.
 */
static __always_inline void on_close(void *ctx, const struct sock *sk,
				     u32 oldstate)
{
	struct owner known = {};
	struct tcplife_event ev;

	owner_copy(&known, sk);
	/* not what owner_copy() said: see there */
	if (oldstate == TCP_SYN_RECV && !(known.pid | known.birth))
		return;		/* never was a session */
	event_init(&ev, ktime_get_ns());
	flow_sock(&ev.flow, sk);
	flow_owner(&ev.flow, sk, &known);
	ev.tx_bytes = tx_bytes(sk, &known, oldstate);
	ev.rx_bytes = rx_bytes(sk);
	if (want_more())
		read_more(&ev.more, sk, oldstate);
	if (!known.pid && known.birth) {	/* owner_nobody() */
		keep_end(sk, &ev);
		return;
	}
	if ((!CONST(established) || !is_opening(oldstate)) && pass(&ev.flow))
		show(ctx, &ev, known.birth);
	owner_forget(sk);	/* found or not */
}

SEC("probe/state")
int on_state(struct probe___state *ctx)
{
	struct sock *sk = ctx->sk;
	u32 newstate = ctx->newstate, oldstate = session_left(ctx);

	if (!oldstate)
		return 0;
	if (newstate == TCP_CLOSE)
		on_close(ctx, sk, oldstate);
	else if (!owner_follow(sk, oldstate, newstate))
		births_lost();
	return 0;
}

static __always_inline void owned(void *ctx, struct sock *sk, struct owner *o)
{
	owner_current(o);
	if (!o->closed)
		return;
	finish_kept(ctx, sk, o);
	owner_forget(sk);
}

/* The process at hand accepts the socket. */
static __always_inline int accepted(void *ctx, struct sock *sk)
{
	struct owner *o = owner_known(sk);

	if (!o) {
		if (is_tcp(sk))
			owner_set((u64)sk,
				  birth_accepted(sk, ktime_get_ns()), 0);
		return 0;
	}
	if (!o->pid)
		owned(ctx, sk, o);
	return 0;
}

#include "progs/accept.bpf.h"

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
	/* Nobody took it, or a process came upon it at the very moment it
	 * closed, so that neither saw the other. */
	if (o->closed)
		finish_kept(ctx, sk, o);
	owner_forget(sk);
	return 0;
}

LICENSE;

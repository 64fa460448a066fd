/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Congestion window, buffers and more of TCP sockets, segment by segment. */
#include "progs/session.bpf.h"
#include "progs/tcpwin.h"

#define TCP_INFINITE_SSTHRESH	0x7fffffff	/* include/net/tcp.h */
#define USEC_PER_SEC		1000000

struct probe___retrans {
	struct sock *sk;
	u64 err;		/* 6.18 */
} PAI;

struct probe___ca {
	struct sock *sk;
	u64 ca_state;
} PAI;

/* A connection that is followed. */
struct window {
	u64 shown_ns;		/* its last segment that was; 0: none */
	s32 snd_cwnd;		/* as last shown */
	u8 ca_state;
	u8 told;		/* WIN_NEW was shown */
	u8 pad[2];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);		/* --max-sockets */
	__type(key, u64);			/* struct sock * */
	__type(value, struct window);
} windows SEC(".maps");

/* A member that some kernels have not got, or where nobody knows; of a column
 * that is hidden, and of one that is called as the member. */
#define READ_KNOWN(ptr, member) \
	(EXISTS((ptr)->member) ? (s32)READ(ptr, member) : -1)
#define READ_FOR(want, ptr, member) \
	(CONST(want) ? READ_KNOWN(ptr, member) : -1)
#define READ_WANTED(ptr, member)	READ_FOR(want_##member, ptr, member)

/* ---- reading ---------------------------------------------------------- */

/* tcp_compute_delivery_rate() */
static __always_inline __s64 delivery_rate(const struct tcp_sock *tp)
{
	u64 rate, us;

	if (!CONST(want_delivery_rate) || !EXISTS(tp->rate_delivered) ||
	    !EXISTS(tp->mss_cache))
		return -1;
	rate = READ(tp, rate_delivered);
	us = READ(tp, rate_interval_us);
	if (!us)
		return 0;
	return rate * READ(tp, mss_cache) * USEC_PER_SEC / us;
}

/* All ones, of 32 bits before 4.20, is unlimited. */
static __always_inline __s64 pacing_rate(const struct sock *sk)
{
	u64 rate;

	if (!CONST(want_pacing_rate) || !EXISTS(sk->sk_pacing_rate))
		return -1;
	rate = READ(sk, sk_pacing_rate);
	return rate == 0xffffffff ? -1 : rate;
}

static __always_inline void read_buffers(struct tcpwin_event *ev,
					 const struct sock *sk)
{
	ev->sk_sndbuf = READ_KNOWN(sk, sk_sndbuf);
	ev->sk_wmem_queued = READ_KNOWN(sk, sk_wmem_queued);
	ev->sk_rcvbuf = READ_WANTED(sk, sk_rcvbuf);
	ev->sk_rmem_alloc = READ_FOR(want_sk_rmem_alloc, sk,
				     sk_backlog.rmem_alloc.counter);
	ev->pacing_rate = pacing_rate(sk);
}

static __always_inline void read_windows(struct tcpwin_event *ev,
					 const struct tcp_sock *tp)
{
	ev->snd_cwnd = READ_KNOWN(tp, snd_cwnd);
	ev->snd_ssthresh = READ_KNOWN(tp, snd_ssthresh);
	if (ev->snd_ssthresh == TCP_INFINITE_SSTHRESH)
		ev->snd_ssthresh = -1;
	ev->snd_wnd = READ_WANTED(tp, snd_wnd);
	ev->rcv_wnd = READ_WANTED(tp, rcv_wnd);
	ev->packets_out = READ_WANTED(tp, packets_out);
	ev->retrans_out = READ_WANTED(tp, retrans_out);
	ev->lost_out = READ_WANTED(tp, lost_out);
	ev->sacked_out = READ_WANTED(tp, sacked_out);
	ev->delivery_rate = delivery_rate(tp);
}

/* As TCP_INFO tells them (tcp_get_info()). */
static __always_inline void read_times(struct tcpwin_event *ev,
				       const struct tcp_sock *tp)
{
	ev->srtt_us = READ_WANTED(tp, srtt_us) >> 3;
	ev->rttvar_us = READ_FOR(want_rttvar_us, tp, mdev_us) >> 2;
}

/* ---- showing ---------------------------------------------------------- */

static __always_inline struct window *window_of(const struct sock *sk)
{
	u64 key = (u64)sk;

	return map_lookup(&windows, &key);
}

static __always_inline u8 ca_state_of(const struct sock *sk)
{
	return READ_BITS((const struct inet_connection_sock *)sk,
			 icsk_ca_state);
}

/* From now on; what has no room is counted, and not followed. */
static __always_inline struct window *window_new(const struct sock *sk)
{
	struct window w = { .ca_state = ca_state_of(sk), .snd_cwnd = -1 };
	u64 key = (u64)sk;

	if (map_update(&windows, &key, &w, BPF_NOEXIST))
		count(STAT_STATE_FULL);
	return map_lookup(&windows, &key);
}

static __always_inline void line(void *ctx, struct tcpwin_event *ev, u8 type)
{
	ev->type = type;
	emit(ctx, ev, sizeof(*ev), EVENT_ROW);
}

/*
 * A line of that type, and those before it that are due: the one a connection
 * begins with, and that congestion control has gone elsewhere; WIN_NEW: only
 * these.  False: the filter says no.
 */
static __always_inline int show(void *ctx, const struct sock *sk,
				struct window *w, u8 ca_state, u8 type)
{
	struct tcpwin_event ev = { .event.ns = ktime_get_ns() };
	struct owner known = {};

	owner_copy(&known, sk);
	flow_sock(&ev.flow, sk);
	flow_owner(&ev.flow, sk, &known);
	if (!pass(&ev.flow))
		return 0;
	read_windows(&ev, (const void *)sk);
	read_times(&ev, (const void *)sk);
	read_buffers(&ev, sk);
	ev.ca_state = ca_state;
	if (!w->told) {
		if (CONST(want_cc))
			session_cc(ev.cc, sk);
		line(ctx, &ev, WIN_NEW);
		__builtin_memset(ev.cc, 0, sizeof(ev.cc));
	}
	if (w->ca_state != ca_state)
		line(ctx, &ev, WIN_CA);
	if (type != WIN_NEW)
		line(ctx, &ev, type);
	w->told = 1;
	w->ca_state = ca_state;
	w->snd_cwnd = ev.snd_cwnd;
	return 1;
}

/* ---- segments --------------------------------------------------------- */

/* --changes, --every; WIN_NEW and WIN_CA tell of a change as well. */
static __always_inline int is_sampled(const struct sock *sk,
				      const struct window *w, u8 ca_state,
				      u64 now)
{
	s32 snd_cwnd;

	if (CONST(only_changes)) {
		snd_cwnd = READ((const struct tcp_sock *)sk, snd_cwnd);
		if (!w->told || w->ca_state != ca_state ||
		    snd_cwnd == w->snd_cwnd)
			return 0;
	}
	return !CONST(every_ns) || !w->shown_ns ||
	       now - w->shown_ns >= CONST(every_ns);
}

static __always_inline int segment(void *ctx, const struct sock *sk,
				   struct window *w, u8 type)
{
	u64 now = ktime_get_ns();
	u8 ca_state = ca_state_of(sk);

	if (!is_sampled(sk, w, ca_state, now)) {
		if (w->told && w->ca_state == ca_state)
			return 0;
		type = WIN_NEW;
	}
	if (show(ctx, sk, w, ca_state, type) && type != WIN_NEW)
		w->shown_ns = now;
	return 0;
}

/* A segment arrives on an established connection, and is not looked at yet;
 * of one older than the tool this is the first that is seen. */
SEC("probe/segment")
int on_segment(struct probe___sock *ctx)
{
	const struct sock *sk = ctx->sk;
	struct window *w = window_of(sk);

	if (!w)
		w = window_new(sk);
	return w ? segment(ctx, sk, w, WIN_RCV) : 0;
}

/* One is sent, and not counted as under way yet; also by what is no TCP, and
 * while a connection begins. */
SEC("probe/segment")
int on_sent(struct probe___sock *ctx)
{
	const struct sock *sk = ctx->sk;
	struct window *w = window_of(sk);

	return w ? segment(ctx, sk, w, WIN_SND) : 0;
}

/* Tracepoint tcp_cong_state_set: is about to be. */
SEC("probe/ca")
int on_ca(struct probe___ca *ctx)
{
	const struct sock *sk = ctx->sk;
	struct window *w = window_of(sk);
	u8 ca_state = ctx->ca_state;

	if (w && w->ca_state != ca_state)
		show(ctx, sk, w, ca_state, WIN_NEW);
	return 0;
}

/* Since 6.18 the tracepoint tells of what could not be sent, too. */
SEC("probe/retrans")
int on_retrans(struct probe___retrans *ctx)
{
	const struct sock *sk = ctx->sk;
	struct window *w = window_of(sk);

	if (!w || (EXISTS(ctx->err) && (s32)ctx->err))
		return 0;
	show(ctx, sk, w, ca_state_of(sk), WIN_LOSS);
	return 0;
}

/* ---- connections ------------------------------------------------------ */

#define STATES	(1u << TCP_SYN_SENT | 1u << TCP_ESTABLISHED |		\
		 1u << TCP_FIN_WAIT1 | 1u << TCP_LAST_ACK | 1u << TCP_CLOSE)

SEC("probe/state")
int on_state(struct probe___state *ctx)
{
	struct sock *sk = ctx->sk;
	u32 newstate = ctx->newstate, oldstate;
	u64 key = (u64)sk;
	struct window *w;

	if (newstate > TCP_LISTEN || !(1u << newstate & STATES))
		return 0;
	oldstate = oldstate_of(ctx);
	if (oldstate == TCP_LISTEN || oldstate == newstate || !is_tcp(sk))
		return 0;
	if (newstate != TCP_CLOSE)
		owner_follow(sk, oldstate, newstate);
	if (newstate != TCP_ESTABLISHED && newstate != TCP_CLOSE)
		return 0;
	/* what a peer opened waits for accept(2), or its first segment */
	if (newstate == TCP_ESTABLISHED && oldstate == TCP_SYN_RECV) {
		window_new(sk);
		return 0;
	}
	w = newstate == TCP_CLOSE ? window_of(sk) : window_new(sk);
	if (!w)
		return 0;
	show(ctx, sk, w, ca_state_of(sk),
	     newstate == TCP_CLOSE ? WIN_CLOSE : WIN_NEW);
	if (newstate == TCP_CLOSE)
		map_delete(&windows, &key);
	return 0;
}

/* The process at hand has the socket. */
static __always_inline int accepted(void *ctx, const struct sock *sk)
{
	struct owner *o = owner_known(sk);
	struct window *w;

	if (!o) {
		if (is_tcp(sk))
			owner_set((u64)sk,
				  birth_accepted(sk, ktime_get_ns()), 0);
		return 0;
	}
	if (!o->pid)
		owner_current(o);
	w = window_of(sk);
	if (w && !w->told)
		show(ctx, sk, w, w->ca_state, WIN_NEW);
	return 0;
}

#include "progs/accept.bpf.h"

SEC("probe/io")
int on_io(struct probe___sock *ctx)
{
	return accepted(ctx, ctx->sk);
}

SEC("probe/destroy")
int on_destroy(struct probe___sock *ctx)
{
	u64 key = (u64)ctx->sk;

	map_delete(&windows, &key);
	owner_forget(ctx->sk);
	return 0;
}

LICENSE;

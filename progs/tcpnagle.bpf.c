/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How long data waits in TCP's write queue before it is sent, and what for.
 *
 * Looked at is every call of tcp_write_xmit() and tcp_write_wakeup(), all that
 * sends data for the first time, under the socket's lock: from where to where
 * snd_nxt went, and whether write_seq is further.
 */
#include "progs/call.bpf.h"
#include "progs/owner.bpf.h"
#include "progs/tcpnagle.h"
#include "progs/waiting.bpf.h"

struct probe___xmit {
	struct sock *sk;
	u64 mss_now, nonagle;	/* of tcp_write_xmit() alone */
} PAI;

/* include/net/tcp.h: tp->nonagle */
enum { TCP_NAGLE_CORK = 2, TCP_NAGLE_PUSH = 4 };

#define SK_PACING_NEEDED 1	/* enum sk_pacing */
/* enum tsq_flags, THROTTLED, QUEUED and DEFERRED: tcp_small_queue_check() says
 * no; since then packets have left, and a tasklet is to send; it has found the
 * socket in use, and whoever uses it is to send. */
#define TSQF_WAITS	7

/* What was not sent.  Known to tools/frontend/underway.c by this name. */
struct unsent {
	struct tcpnagle_event ev;	/* ev.event.ns: when its first byte was
					   there */
	struct waiting w;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);		/* --max-sockets */
	__type(key, u64);			/* struct sock * */
	__type(value, struct unsent);
} underway SEC(".maps");

/* Where tcp_write_xmit() sends from, and what with. */
struct xmit {
	u32 snd_nxt;
	u16 mss;		/* 0: not given */
	u8 nonagle;
	u8 pad;
};

/* ---- why -------------------------------------------------------------- */

static __always_inline int is_paced(const struct sock *sk)
{
	const struct tcp_sock *tp = (const void *)sk;

	/* 5.0; a timer before */
	if (!EXISTS(tp->tcp_wstamp_ns) || !EXISTS(sk->sk_pacing_status))
		return 0;
	return READ(sk, sk_pacing_status) == SK_PACING_NEEDED &&
	       READ(tp, tcp_wstamp_ns) > READ(tp, tcp_clock_cache);
}

/* tcp_packets_in_flight() */
static __always_inline int is_cwnd_full(const struct tcp_sock *tp)
{
	u32 in_flight = READ(tp, packets_out) - READ(tp, sacked_out) -
			READ(tp, lost_out) + READ(tp, retrans_out);

	return in_flight >= READ(tp, snd_cwnd);
}

/* @segment: bytes of the next one. */
static __always_inline int is_rwnd_full(const struct tcp_sock *tp,
					u32 segment)
{
	return before(READ(tp, snd_una) + READ(tp, snd_wnd),
		      READ(tp, snd_nxt) + segment);
}

/* tcp_minshall_check(): is a small segment under way? */
static __always_inline int is_small_out(const struct tcp_sock *tp)
{
	u32 sml = READ(tp, snd_sml);

	return READ(tp, packets_out) && before(READ(tp, snd_una), sml) &&
	       !before(READ(tp, snd_nxt), sml);
}

static __always_inline int is_throttled(const struct sock *sk)
{
	if (!EXISTS(sk->sk_tsq_flags))		/* 4.11 */
		return 0;
	return READ(sk, sk_tsq_flags) & TSQF_WAITS;
}

/* @unsent bytes are left, after tcp_write_xmit() has tried. */
static __always_inline u8 reason_of(const struct sock *sk,
				    const struct xmit *x, u32 unsent)
{
	const struct tcp_sock *tp = (const void *)sk;
	u32 mss = x->mss ? x->mss : READ(tp, mss_cache);

	if (is_paced(sk))
		return NAGLE_PACING;
	if (is_cwnd_full(tp))
		return NAGLE_CWND;
	if (is_rwnd_full(tp, unsent < mss ? unsent : mss))
		return NAGLE_RWND;
	if (unsent < mss && !(x->nonagle & TCP_NAGLE_PUSH)) {
		if (x->nonagle & TCP_NAGLE_CORK)
			return NAGLE_CORK;
		if (!x->nonagle && is_small_out(tp))
			return NAGLE_NAGLE;
	}
	if (is_throttled(sk))
		return NAGLE_TSQ;
	return unsent > mss ? NAGLE_TSO : NAGLE_OTHER;
}

/* ---- what waits ------------------------------------------------------- */

/* States in which data can be sent; elsewhere write_seq means nothing. */
#define SENDS	(1u << TCP_ESTABLISHED | 1u << TCP_CLOSE_WAIT | ENDS)
/* ... and those in which a FIN stands behind it. */
#define ENDS	(1u << TCP_FIN_WAIT1 | 1u << TCP_CLOSING | 1u << TCP_LAST_ACK)

static __always_inline int is_in(const struct sock *sk, u32 states)
{
	return 1u << READ(sk, __sk_common.skc_state) & states;
}

static __always_inline void fill(struct unsent *u, const struct sock *sk)
{
	struct owner known = {};

	owner_copy(&known, sk);
	flow_sock(&u->ev.flow, sk);
	flow_owner(&u->ev.flow, sk, &known);
	u->ev.event.len = sizeof(u->ev);
	u->ev.event.type = EVENT_ROW;
}

static __always_inline void show(void *ctx, struct unsent *u, u32 bytes,
				 u64 now)
{
	u64 since = u->w.since;

	if (!bytes || !pass(&u->ev.flow))
		return;
	u->ev.waited_ns = since ? now - since : 0;
	u->ev.bytes = bytes;
	u->ev.event.ns = now;
	if (u->ev.waited_ns >= CONST(min_ns))
		emit(ctx, &u->ev, sizeof(u->ev), EVENT_ROW);
	u->ev.waited_ns = 0;
}

/* Data from @snd_nxt up to @write_seq waits. */
static __always_inline void advance(struct unsent *u, u32 snd_nxt,
				    u32 write_seq, u64 now)
{
	waiting_move(&u->w, snd_nxt, write_seq, now);
	u->ev.event.ns = u->w.since;
	u->ev.bytes = write_seq - snd_nxt;
	u->ev.segs = 0;
}

static __always_inline void keep(u64 key, const struct unsent *u)
{
	if (map_update(&underway, &key, u, BPF_ANY))
		count(STAT_STATE_FULL);
}

/* tcp_write_xmit() is left; @x is how it was entered, with @packets_out
 * segments under way: what it sends is added to them. */
static __always_inline int sent(void *ctx, const struct sock *sk,
				const struct xmit *x, u32 packets_out)
{
	const struct tcp_sock *tp = (const void *)sk;
	u32 snd_nxt = READ(tp, snd_nxt), write_seq = READ(tp, write_seq);
	u64 key = (u64)sk, now = ktime_get_ns();
	struct unsent *old = map_lookup(&underway, &key);
	u32 bytes = snd_nxt - x->snd_nxt, left = write_seq - snd_nxt;
	struct unsent u = {};
	int waits = 0;

	if (old && old->w.from == x->snd_nxt) {
		u = *old;
		waits = 1;
	} else if (!left && !CONST(want_all)) {
		if (old)	/* how it was sent has been missed */
			map_delete(&underway, &key);
		return 0;
	}
	if (!waits) {
		fill(&u, sk);
		u.ev.nonagle = READ_BITS(tp, nonagle);
		u.ev.call = x->nonagle;
	}
	if (bytes && !left && is_in(sk, ENDS))
		bytes--;	/* the FIN */
	u.ev.segs = READ(tp, packets_out) - packets_out;
	if (waits || CONST(want_all))
		show(ctx, &u, bytes, now);
	if (!left) {
		map_delete(&underway, &key);
		return 0;
	}
	advance(&u, snd_nxt, write_seq, now);
	u.ev.nonagle = READ_BITS(tp, nonagle);
	u.ev.call = x->nonagle;
	u.ev.reason = reason_of(sk, x, left);
	keep(key, &u);
	return 0;
}

/* ---- hooks ------------------------------------------------------------ */

SEC("probe/xmit")
int on_xmit_enter(struct probe___xmit *ctx)
{
	const struct sock *sk = ctx->sk;
	const struct tcp_sock *tp = (const void *)sk;
	struct xmit x = { .snd_nxt = READ(tp, snd_nxt) };
	u64 what;

	if (EXISTS(ctx->nonagle)) {
		x.mss = ctx->mss_now;
		x.nonagle = ctx->nonagle;
	} else {
		x.nonagle = READ_BITS(tp, nonagle);
	}
	__builtin_memcpy(&what, &x, sizeof(what));
	return call_enter((u64)sk, what, READ(tp, packets_out));
}

SEC("probe/xmit")
int on_xmit_leave(struct probe___xmit *ctx)
{
	struct call c;
	struct xmit x;

	if (!call_leave(&c))
		return 0;
	__builtin_memcpy(&x, &c.what, sizeof(x));
	return sent(ctx, (const void *)c.sk, &x, c.before);
}

/*
 * A process is done with a socket for now.  What is queued by now without an
 * attempt to send it waits for packets of this socket to leave the device.
 * What was waiting when the connection ended will not be sent any more.
 */
static __always_inline int rest(const struct sock *sk)
{
	const struct tcp_sock *tp = (const void *)sk;
	u32 snd_nxt = READ(tp, snd_nxt), write_seq = READ(tp, write_seq);
	u64 key = (u64)sk;
	struct unsent u = {};

	if (snd_nxt == write_seq)
		return 0;
	if (!is_in(sk, SENDS)) {
		map_delete(&underway, &key);
		return 0;
	}
	if (map_lookup(&underway, &key))
		return 0;
	fill(&u, sk);
	advance(&u, snd_nxt, write_seq, ktime_get_ns());
	u.ev.nonagle = u.ev.call = READ_BITS(tp, nonagle);
	u.ev.reason = NAGLE_AUTOCORK;
	keep(key, &u);
	return 0;
}

/* tcp_release_cb(), tcp_sendmsg_locked() */
SEC("probe/release")
int on_release(struct probe___sock *ctx)
{
	return rest(ctx->sk);
}

/* release_sock() */
SEC("probe/release")
int on_release_any(struct probe___sock *ctx)
{
	return is_tcp_socket(ctx->sk) ? rest(ctx->sk) : 0;
}

SEC("probe/destroy")
int on_destroy(struct probe___sock *ctx)
{
	u64 key = (u64)ctx->sk;

	map_delete(&underway, &key);
	owner_forget(ctx->sk);
	return 0;
}

LICENSE;

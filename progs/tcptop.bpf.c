/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What goes through each TCP session.
 *
 * The kernel counts by itself; here its counters are only read, when they have
 * moved: a segment comes in (so that what was sent has been counted), or data
 * is taken out.  A hook that is missed makes nothing wrong, since the next one
 * reads the same counters, the last as the session closes.
 */
#include "progs/session.bpf.h"
#include "progs/tcptop.h"

struct session {
	struct tcptop_event total;	/* first: user space reads it */
	u64 tx_before, rx_before;	/* what its counters began with */
	u64 birth;			/* of the owner */
	u32 flags, pad;			/* the same */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);		/* --max-sockets */
	__type(key, u64);			/* struct sock * */
	__type(value, struct session);
} totals SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);		/* --max-sockets */
	__type(key, u64);			/* socket cookie */
	__type(value, struct before);
} before SEC(".maps");

#define SESSION	(1u << TCP_ESTABLISHED | 1u << TCP_FIN_WAIT1 |		\
		 1u << TCP_FIN_WAIT2 | 1u << TCP_CLOSE_WAIT |		\
		 1u << TCP_LAST_ACK | 1u << TCP_CLOSING)

/* Less than before: a counter that tcp_disconnect() has erased. */
static __always_inline u64 since(u64 before, u64 now)
{
	return now > before ? now - before : 0;
}

static __always_inline void measure_tx(struct session *s,
				       const struct sock *sk, u32 oldstate)
{
	struct owner o = { .birth = s->birth, .flags = s->flags };

	s->total.tx_bytes = since(s->tx_before, tx_bytes(sk, &o, oldstate));
}

static __always_inline void measure(struct session *s, const struct sock *sk,
				    u32 oldstate)
{
	measure_tx(s, sk, oldstate);
	s->total.rx_bytes = since(s->rx_before, rx_bytes(sk));
}

/* What tx_bytes() was as user space saw it. */
static __always_inline u64 tx_bytes_of(const struct before *b,
				       const struct sock *sk,
				       const struct owner *o)
{
	const struct tcp_sock *tp = (const void *)sk;
	u64 seq = b->acked;

	if (EXISTS(tp->snd_nxt))
		seq += b->in_flight;
	seq -= nonzero(seq) & is_active(sk, o);
	return tx_once(tp, o, seq, b->sent);
}

/* From where on is counted: from the start of a session or of the tool, else
 * from now. */
static __always_inline void begin_counts(struct session *s,
					 const struct sock *sk,
					 const struct owner *o, u32 oldstate)
{
	u64 cookie = sock_cookie(sk);
	struct before *b;

	if (o->birth)
		return;
	b = map_lookup(&before, &cookie);
	if (b) {
		s->tx_before = tx_bytes_of(b, sk, o);
		s->rx_before = b->received;
		map_delete(&before, &cookie);
	} else {
		s->tx_before = tx_bytes(sk, o, oldstate);
		s->rx_before = rx_bytes(sk);
	}
}

/* @s is zeroed. */
static __always_inline void begin(struct session *s, const struct sock *sk,
				  u32 oldstate)
{
	struct owner known = {};

	owner_copy(&known, sk);
	s->birth = known.birth;
	s->flags = known.flags;
	s->total.event.ns = known.birth;
	s->total.event.len = sizeof(s->total);
	flow_sock(&s->total.flow, sk);
	flow_owner(&s->total.flow, sk, &known);
	begin_counts(s, sk, &known, oldstate);
}

/* Somebody has taken the socket since. */
static __always_inline void find_owner(struct flow *f, const struct sock *sk)
{
	struct owner known = {};
	u64 id = f->id;

	if (!owner_copy(&known, sk))
		return;
	flow_owner(f, sk, &known);
	f->id = id;
}

/* A session under way, as is_fin_acked() wants it told: in FIN_WAIT2 alone. */
static __always_inline u32 under_way(u32 state)
{
	return EXISTS(((const struct tcp_sock *)0)->snd_nxt) ||
	       state == TCP_FIN_WAIT2 ? state : 0;
}

static __always_inline void first_seen(const struct sock *sk, u64 key,
				       u32 oldstate)
{
	struct session fresh = {};

	begin(&fresh, sk, oldstate);
	measure(&fresh, sk, oldstate);
	if (map_update(&totals, &key, &fresh, BPF_NOEXIST))
		count(STAT_STATE_FULL);
}

struct probe___progress {
	struct sock *sk;
} PAI;

/* A segment comes in, or data is taken out: the socket is locked. */
SEC("probe/progress")
int on_progress(struct probe___progress *ctx)
{
	struct sock *sk = ctx->sk;
	u64 key = (u64)sk;
	u32 state = READ(sk, __sk_common.skc_state);
	struct session *s;

	if (state > TCP_CLOSING || !(1u << state & SESSION))
		return 0;
	s = map_lookup(&totals, &key);
	if (!s) {
		first_seen(sk, key, under_way(state));
		return 0;
	}
	if (!s->total.flow.owned)
		find_owner(&s->total.flow, sk);
	measure(s, sk, under_way(state));
	return 0;
}

/*
 * Data was given to a socket that receives no more, where segments that come
 * in for it are not seen.  The socket is not locked, so what it receives may
 * be counted halfway; what it sends is right.
 */
SEC("probe/progress")
int on_sent(struct probe___progress *ctx)
{
	struct sock *sk = ctx->sk;
	u64 key = (u64)sk;
	struct session *s;

	if (READ(sk, __sk_common.skc_state) != TCP_CLOSE_WAIT)
		return 0;
	s = map_lookup(&totals, &key);
	if (s)
		measure_tx(s, sk, 0);
	return 0;
}

/* Taken away before it is told: who reads the map after that does not find it
 * there as well. */
static __always_inline void on_close(void *ctx, const struct sock *sk,
				     u32 oldstate)
{
	u64 key = (u64)sk;
	struct session *s = map_lookup(&totals, &key), last = {};

	if (s) {
		last = *s;
		map_delete(&totals, &key);
		if (!last.total.flow.owned)
			find_owner(&last.total.flow, sk);
	} else {
		begin(&last, sk, oldstate);
	}
	measure(&last, sk, oldstate);
	last.total.event.ns = ktime_get_ns();
	if (pass(&last.total.flow))
		emit(ctx, &last.total, sizeof(last.total), EVENT_TOTAL);
}

SEC("probe/state")
int on_state(struct probe___state *ctx)
{
	struct sock *sk = ctx->sk;
	u32 newstate = ctx->newstate, oldstate = session_left(ctx);

	if (!oldstate)
		return 0;
	if (newstate != TCP_CLOSE)
		owner_follow(sk, oldstate, newstate);
	else if (1u << oldstate & SESSION)
		on_close(ctx, sk, oldstate);
	return 0;
}

/* The process at hand accepts the socket. */
static __always_inline int accepted(void *ctx, struct sock *sk)
{
	struct owner *o = owner_known(sk);

	(void)ctx;
	if (o && !o->pid)
		owner_current(o);
	else if (!o && is_tcp(sk))
		owner_set((u64)sk,
			  birth_accepted(sk, ktime_get_ns()), 0);
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
		owner_current(o);
	return 0;
}

SEC("probe/destroy")
int on_destroy(struct probe___sock *ctx)
{
	struct sock *sk = ctx->sk;
	u64 key = (u64)sk;

	owner_forget(sk);
	/* in case its end was missed: another may get its address */
	map_delete(&totals, &key);
	return 0;
}

LICENSE;

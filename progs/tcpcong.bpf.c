/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* In which states congestion control of connections is, and for how long. */
#include "progs/taken.bpf.h"
#include "progs/tcpcong.h"

struct probe___ca_state {
	struct sock *sk;
	u64 ca_state;
} PAI;

/* Of a connection. */
struct spell {
	u64 birth;		/* ns; when it was established; 0: before us */
	u64 since;		/* ns; when it came to this state */
	u64 least;		/* AT_LEAST: or before */
	u64 ca_state;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);		/* --max-sockets */
	__type(key, u64);			/* struct sock * */
	__type(value, struct spell);
} spells SEC(".maps");

static __always_inline u32 ca_state_of(const struct sock *sk)
{
	const struct inet_connection_sock *icsk = (const void *)sk;

	return READ_BITS(icsk, icsk_ca_state);
}

static __always_inline void begin(const struct sock *sk,
				  const struct spell *s)
{
	u64 key = (u64)sk;

	if (!map_update(&spells, &key, s, BPF_ANY))
		return;
	count(STAT_STATE_FULL);
	births_lost();
}

/*
 * A spell ends in @newstate.  Of a connection that is older than the tool the
 * first one is in the state that is given up now, since all changes are seen.
 */
static __always_inline int change(void *ctx, const struct sock *sk,
				  u32 oldstate, u32 newstate)
{
	struct tcpcong_event ev = { .event.ns = ktime_get_ns() };
	struct spell next = { .ca_state = newstate }, *s;
	struct owner known = {};
	u64 key = (u64)sk;

	s = map_lookup(&spells, &key);
	if (s) {
		next.birth = s->birth;
		oldstate = s->ca_state;
		ev.duration_ns = (ev.event.ns - s->since) | s->least;
	} else {
		ev.duration_ns = since_start(ev.event.ns);
	}
	if (oldstate == newstate)
		return 0;
	next.since = ev.event.ns;
	begin(sk, &next);
	ev.oldstate = oldstate;
	ev.newstate = newstate;
	if (CONST(want_cwnd))
		ev.cwnd = READ((const struct tcp_sock *)sk, snd_cwnd);
	owner_copy(&known, sk);
	known.birth = next.birth;
	flow_sock(&ev.flow, sk);
	flow_owner(&ev.flow, sk, &known);
	if (pass(&ev.flow))
		emit(ctx, &ev, sizeof(ev), EVENT_ROW);
	return 0;
}

/* Sockets that are set up or disconnected pass here, too. */
static __always_inline int is_connected(const struct sock *sk)
{
	u32 state = READ(sk, __sk_common.skc_state);

	return state != TCP_CLOSE && state != TCP_SYN_SENT &&
	       state != TCP_SYN_RECV && state != TCP_LISTEN;
}

/* tcp_set_ca_state(), before it does. */
SEC("probe/ca_state")
int on_ca_state(struct probe___ca_state *ctx)
{
	struct sock *sk = ctx->sk;

	return is_connected(sk) ?
	       change(ctx, sk, ca_state_of(sk), ctx->ca_state) : 0;
}

/* Before Linux 5.19 nothing tells of it: a segment is received or sent again,
 * and finds another state than the one before. */
SEC("probe/segment")
int on_segment(struct probe___sock *ctx)
{
	struct spell older = { .least = AT_LEAST };
	struct sock *sk = ctx->sk;
	u64 key = (u64)sk;

	if (!is_tcp(sk) || !is_connected(sk))
		return 0;
	older.ca_state = ca_state_of(sk);
	if (map_lookup(&spells, &key))
		return change(ctx, sk, older.ca_state, older.ca_state);
	older.since = ktime_get_ns();
	begin(sk, &older);
	return 0;
}

SEC("probe/state")
int on_state(struct probe___state *ctx)
{
	u32 oldstate = oldstate_of(ctx), newstate = ctx->newstate;
	struct spell first = { .birth = ktime_get_ns() };
	struct sock *sk = ctx->sk;

	if (!is_tcp(sk) || oldstate == newstate)
		return 0;
	learn_owner(sk, newstate);
	/* with TCP Fast Open a process may close it before it is */
	if (newstate == TCP_ESTABLISHED ||
	    (newstate == TCP_FIN_WAIT1 && oldstate == TCP_SYN_RECV)) {
		first.since = first.birth;
		first.ca_state = ca_state_of(sk);
		begin(sk, &first);
	}
	if (newstate != TCP_CLOSE || oldstate == TCP_SYN_SENT ||
	    oldstate == TCP_SYN_RECV || oldstate == TCP_LISTEN)
		return 0;
	return change(ctx, sk, ca_state_of(sk), CONG_CLOSED);
}

SEC("probe/destroy")
int on_destroy(struct probe___sock *ctx)
{
	u64 key = (u64)ctx->sk;

	map_delete(&spells, &key);
	owner_forget(ctx->sk);
	return 0;
}

LICENSE;

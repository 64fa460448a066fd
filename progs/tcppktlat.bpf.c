/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How long data that has arrived waits for its reader.
 *
 * Packets are looked at as tcp_rcv_established() gets them, reads as
 * tcp_rcv_space_adjust() is called behind each piece that was copied.  Both are
 * done under the socket's lock, so they do not meet.
 */
#include "progs/sock.bpf.h"
#include "progs/tcppktlat.h"
#include "progs/waiting.bpf.h"

struct probe___packet {
	struct sock *sk;
	struct sk_buff *skb;
} PAI;

struct probe___read { struct sock *sk; } PAI;

#define TCPHDR_FIN 1

/* What nobody has read.  Known to tools/frontend/underway.c by this name. */
struct unread {
	struct tcppktlat_event ev;
	struct waiting w;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);		/* --max-sockets */
	__type(key, u64);			/* struct sock * */
	__type(value, struct unread);
} underway SEC(".maps");

/* Up to @to, the first of it has come now. */
static __always_inline void begin(const struct sock *sk, u32 from, u32 to)
{
	struct unread u = {};
	u64 key = (u64)sk;

	waiting_move(&u.w, from, to, ktime_get_ns());
	flow_sock(&u.ev.flow, sk);
	u.ev.flow.id = sock_id(sk, 0);
	u.ev.bytes = to - from;
	u.ev.event.ns = u.w.since;
	u.ev.event.len = sizeof(u.ev);
	u.ev.event.type = EVENT_ROW;
	if (map_update(&underway, &key, &u, BPF_ANY))
		count(STAT_STATE_FULL);
}

/* Of an earlier connection of this socket, which tcp_disconnect() has ended:
 * what waits is behind copied_seq, and before rcv_nxt. */
static __always_inline int is_stale(const struct unread *u,
				    const struct sock *sk, u32 rcv_nxt)
{
	const struct tcp_sock *tp = (const void *)sk;

	return before(u->w.from, READ(tp, copied_seq)) ||
	       before(rcv_nxt, u->w.from);
}

/* Only what can be read then: neither what was there, nor what is behind
 * something that is missing. */
SEC("probe/packet")
int on_packet(struct probe___packet *ctx)
{
	const struct sock *sk = ctx->sk;
	const struct tcp_skb_cb *cb = (const void *)&ctx->skb->cb;
	u32 rcv_nxt = READ((const struct tcp_sock *)sk, rcv_nxt);
	u32 end_seq = READ(cb, end_seq);
	u64 key = (u64)sk;
	struct unread *u;

	if (READ(cb, tcp_flags) & TCPHDR_FIN)
		end_seq--;
	if (!before(rcv_nxt, end_seq) || before(rcv_nxt, READ(cb, seq)))
		return 0;
	u = map_lookup(&underway, &key);
	if (!u || is_stale(u, sk, rcv_nxt)) {
		begin(sk, rcv_nxt, end_seq);
		return 0;
	}
	waiting_move(&u->w, u->w.from, end_seq, ktime_get_ns());
	u->ev.bytes = end_seq - u->w.from;
	return 0;
}

static __always_inline void show(void *ctx, const struct sock *sk,
				 const struct unread *old, u32 bytes, u64 now)
{
	struct tcppktlat_event ev = old->ev;
	struct owner reader = {};

	ev.latency_ns = now - old->w.since;
	if (ev.latency_ns < CONST(min_ns))
		return;
	ev.bytes = bytes;
	ev.event.ns = now;
	owner_current(&reader);
	flow_owner(&ev.flow, sk, &reader);
	if (pass(&ev.flow))
		emit(ctx, &ev, sizeof(ev), EVENT_ROW);
}

/* What is peeked at stays where it is. */
SEC("probe/read")
int on_read(struct probe___read *ctx)
{
	const struct sock *sk = ctx->sk;
	const struct tcp_sock *tp = (const void *)sk;
	u64 key = (u64)sk, now = ktime_get_ns();
	struct unread *u = map_lookup(&underway, &key);
	u32 copied_seq, rcv_nxt;

	if (!u)
		return 0;
	copied_seq = READ(tp, copied_seq);
	rcv_nxt = READ(tp, rcv_nxt) - is_done(sk);
	if (before(rcv_nxt, copied_seq))
		copied_seq = rcv_nxt;	/* splice(2) takes the FIN as well */
	if (!before(u->w.from, copied_seq))
		return 0;
	show(ctx, sk, u, copied_seq - u->w.from, now);
	if (!before(copied_seq, rcv_nxt)) {
		map_delete(&underway, &key);
		return 0;
	}
	waiting_move(&u->w, copied_seq, rcv_nxt, now);
	u->ev.bytes = rcv_nxt - copied_seq;
	u->ev.event.ns = u->w.since;
	return 0;
}

SEC("probe/destroy")
int on_destroy(struct probe___read *ctx)
{
	u64 key = (u64)ctx->sk;

	map_delete(&underway, &key);
	return 0;
}

LICENSE;

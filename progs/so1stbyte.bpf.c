/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From connect() to the first byte that the process reads. */
#include "progs/sock.bpf.h"
#include "progs/so1stbyte.h"

struct probe___state {
	struct sock *sk;
	u64 newstate;
} PAI;

struct probe___sock {
	struct sock *sk;
} PAI;

struct probe___read {
	struct sock *sk;
	u64 ret;
	u64 flags, old_flags;
} PAI;

/* When sockets in `owners` got their connection. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);		/* --max-sockets */
	__type(key, u64);			/* struct sock * */
	__type(value, u64);			/* ns */
} established SEC(".maps");

/* Reads under way, where only their end tells what came of them. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, u64);			/* pid_tgid */
	__type(value, u64);			/* struct sock * */
} reads SEC(".maps");

static __always_inline void forget(const struct sock *sk)
{
	u64 key = (u64)sk;

	map_delete(&established, &key);
	map_delete(&owners, &key);
}

/*
 * The process at hand connects.  What is left of an earlier connection of the
 * same socket (connect(2) with AF_UNSPEC ends it) is not this one's.
 */
static __always_inline void on_syn(struct sock *sk)
{
	u64 key = (u64)sk;

	map_delete(&established, &key);
	owner_set(key, ktime_get_ns(), OWNER_ACTIVE);
}

static __always_inline void on_established(struct sock *sk)
{
	u64 key = (u64)sk, now = ktime_get_ns();

	/* the peer opened it, or it is older than the tool */
	if (!owner_known(sk))
		return;
	if (map_update(&established, &key, &now, BPF_ANY))
		count(STAT_STATE_FULL);
}

SEC("probe/state")
int on_state(struct probe___state *ctx)
{
	struct sock *sk = ctx->sk;
	u32 newstate = ctx->newstate;

	if (newstate == TCP_SYN_SENT) {
		if (is_tcp(sk))
			on_syn(sk);
	} else if (newstate == TCP_ESTABLISHED) {
		on_established(sk);
	}
	return 0;
}

static __always_inline void show(void *ctx, const struct sock *sk,
				 const struct owner *o, u64 since)
{
	struct so1stbyte_event ev = { .event.ns = ktime_get_ns() };

	flow_sock(&ev.flow, sk);
	flow_owner(&ev.flow, sk, o);
	if (!pass(&ev.flow))
		return;
	ev.total_ns = ev.event.ns - o->birth;
	if (since) {
		ev.connect_ns = since - o->birth;
		ev.think_ns = ev.event.ns - since;
	}
	if (ev.total_ns >= CONST(min_ns))
		emit(ctx, &ev, sizeof(ev), EVENT_ROW);
}

/* What was waited for: the socket has not been read from before. */
static __always_inline int first_byte(void *ctx, const struct sock *sk)
{
	struct owner *o = owner_known(sk), copy;
	u64 key = (u64)sk, *since, then = 0;

	if (!o)
		return 0;
	copy = *o;
	since = map_lookup(&established, &key);
	if (since)
		then = *since;
	if (map_delete(&owners, &key))	/* another thread's was first */
		return 0;
	map_delete(&established, &key);
	show(ctx, sk, &copy, then);
	return 0;
}

/*
 * A look at what came takes nothing.  tcp_recvmsg() had, until 5.18, a flag
 * for `nonblock` before the flags (0 or MSG_DONTWAIT), and has, from 5.19 on,
 * a pointer to an int behind them, which is 0 or aligned: what is not the
 * flags has no MSG_PEEK.
 */
static __always_inline int is_peek(const struct probe___read *ctx)
{
	u32 flags = ctx->flags;

	if (EXISTS(ctx->old_flags))
		flags |= (u32)ctx->old_flags;
	return flags & MSG_PEEK;
}

/* A read ends: bytes, 0 for the end of the stream, or an error. */
SEC("probe/read")
int on_read(struct probe___read *ctx)
{
	if ((s32)ctx->ret <= 0 || is_peek(ctx))
		return 0;
	return first_byte(ctx, ctx->sk);
}

/* The same where what ends does not know its arguments any more.  Forgetting
 * is for a read whose end was missed: this one's is not taken for it. */
SEC("probe/read")
int on_read_enter(struct probe___read *ctx)
{
	u64 id = get_current_pid_tgid(), sk = (u64)ctx->sk;

	if (is_peek(ctx) || !owner_known(ctx->sk))
		map_delete(&reads, &id);
	else if (map_update(&reads, &id, &sk, BPF_ANY))
		count(STAT_STATE_FULL);
	return 0;
}

SEC("probe/read")
int on_read_exit(struct probe___read *ctx)
{
	u64 id = get_current_pid_tgid(), *key = map_lookup(&reads, &id), sk;

	if (!key)
		return 0;
	sk = *key;
	map_delete(&reads, &id);
	if ((s32)ctx->ret <= 0)
		return 0;
	return first_byte(ctx, (const void *)sk);
}

SEC("probe/destroy")
int on_destroy(struct probe___sock *ctx)
{
	forget(ctx->sk);
	return 0;
}

LICENSE;

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* listen(2): where, with what backlog, and what came of it. */
#include "progs/solisten.h"

#define ROW struct listen_event
#include "progs/sockcall.bpf.h"
#include "progs/unix.bpf.h"

#define AF_MAX 64		/* none is greater, with room to spare */

/* What threads have asked for, before it is cut to net.core.somaxconn. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);		/* --max-sockets */
	__type(key, u64);	/* get_current_pid_tgid() */
	__type(value, u64);
} asked SEC(".maps");

struct probe___listen {
	struct socket *socket;
	u64 backlog;
} PAI;

struct probe___enter {
	u64 fd, backlog;
} PAI;

static __always_inline u16 family_of(const struct sock *sk)
{
	const struct sock_common *common = &sk->__sk_common;

	return READ(common, skc_family);
}

static __always_inline u8 kind_of(const struct sock *sk, u16 family)
{
	u32 protocol = READ_BITS(sk, sk_protocol);

	if (family == AF_UNIX)
		return LISTEN_UNIX;
	if (!is_ip(sk))
		return LISTEN_OTHER;
	switch (protocol) {
	case IPPROTO_TCP: return LISTEN_TCP;
	case IPPROTO_MPTCP: return LISTEN_MPTCP;
	case IPPROTO_DCCP: return LISTEN_DCCP;
	case IPPROTO_SCTP: return LISTEN_SCTP;
	default: return LISTEN_OTHER;
	}
}

static __always_inline void begin(struct sockcall *c, const struct sock *sk,
				  s32 backlog)
{
	u16 family = family_of(sk);

	if (!family || family > AF_MAX)
		return;		/* no socket */
	c->sk = (u64)sk;
	c->row.event.ns = ktime_get_ns();
	c->row.flow.netns = netns_of(&sk->__sk_common);
	c->row.kind = kind_of(sk, family);
	c->row.backlog = backlog;
	sockcall_put(c);
}

/* ---- rows --------------------------------------------------------------- */

static __always_inline int leave(void *ctx, struct sockcall *c, s32 ret)
{
	const struct sock *sk = (void *)c->sk;
	u32 protocol = READ_BITS(sk, sk_protocol);

	if (CONST(errors) && !ret)
		return 0;
	if (is_ip(sk)) {	/* a port may have been chosen just now */
		flow_sock(&c->row.flow, sk);
		c->row.flow.protocol = protocol;
	} else if (c->row.kind == LISTEN_UNIX) {
		unix_path(c->row.path, sk);
	}
	/* of MPTCP it is the first subflow's, and the same */
	if (!ret && c->row.kind != LISTEN_MPTCP)
		c->row.backlog = READ(sk, sk_max_ack_backlog);
	return sockcall_show(ctx, c, ret);
}

/* Before 6.6 mptcp_listen() goes by inet_listen() of its first subflow: is it
 * the call of the thread at hand that goes on in another (@enters), or whose
 * inner one returns? */
static __always_inline int is_inner(int enters)
{
	u64 thread = get_current_pid_tgid();
	struct sockcall *c = map_lookup(&calls, &thread);

	if (!c || c->row.kind != LISTEN_MPTCP || !enters == !c->len)
		return 0;
	c->len = enters;
	return 1;
}

SEC("probe/listen")
int on_listen(struct probe___listen *ctx)
{
	u64 thread = get_current_pid_tgid(), *a;
	struct sockcall c = { .row.asked = -1 };

	if (is_inner(1))
		return 0;
	if (CONST(want_asked)) {
		a = map_lookup(&asked, &thread);
		if (a)
			c.row.asked = *a;
		map_delete(&asked, &thread);
	}
	begin(&c, READ(ctx->socket, sk), ctx->backlog);
	return 0;
}

SEC("probe/listen")
int on_return(struct probe___return *ctx)
{
	struct sockcall c = {};

	if (is_inner(0))
		return 0;
	return sockcall_take(&c) ? leave(ctx, &c, ctx->ret) : 0;
}

/* The system call, beside the functions: what it was given. */
SEC("probe/listen")
int on_asked(struct probe___enter *ctx)
{
	u64 thread = get_current_pid_tgid(), backlog = (u32)ctx->backlog;

	if (map_update(&asked, &thread, &backlog, BPF_ANY))
		count(STAT_STATE_FULL);
	return 0;
}

/* ---- where no function can be probed: system calls --------------------- */

SEC("probe/listen")
int on_enter(struct probe___enter *ctx)
{
	struct sockcall c = { .row.asked = (u32)ctx->backlog };

	begin(&c, sock_of_fd(ctx->fd), ctx->backlog);
	return 0;
}

SEC("probe/listen")
int on_exit(struct probe___return *ctx)
{
	struct sockcall c = {};
	s32 ret = ctx->ret;

	return sockcall_exit(&c, ret) ? leave(ctx, &c, ret) : 0;
}

LICENSE;

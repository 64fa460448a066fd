/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Calls of accept(2) on IP sockets, as they return: with whom, or why not. */
#include "progs/soaccept.h"
#include "progs/sock.bpf.h"

#define EBADF 9
#define EAGAIN 11
#define ENOTSOCK 88		/* 95 on MIPS, where it is not known as such */
#define AF_MAX 64		/* none is greater, with room to spare */
#define TCP_STATES 13		/* TCP_BOUND_INACTIVE (6.8) */

/* A call on its way, keyed by thread. */
struct call {
	u64 start;		/* ns */
	u64 listener;		/* struct sock *; 0: no socket */
	u64 newsock;		/* inet_accept(): the struct socket to fill */
	s32 listen_fd;
	u32 pad;
	struct flow flow;	/* the listener's */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, u64);
	__type(value, struct call);
} calls SEC(".maps");

struct probe___enter {
	u64 fd;
} PAI;

struct probe___inet {
	struct socket *sock, *newsock;
} PAI;

struct probe___leave {
	u64 ret;
} PAI;

static __always_inline u16 family_of(const struct sock *sk)
{
	return READ((const struct sock_common *)sk, skc_family);
}

static __always_inline int is_ip(u16 family)
{
	return family == AF_INET || family == AF_INET6;
}

/* A call begins; @c says what it was given. */
static __always_inline int enter(struct call *c)
{
	const struct sock *sk = (void *)c->listener;
	u64 key = get_current_pid_tgid();

	c->start = ktime_get_ns();
	if (sk) {
		c->flow.family = family_of(sk);
		if (is_ip(c->flow.family))
			flow_sock(&c->flow, sk);
	}
	if (map_update(&calls, &key, c, BPF_ANY)) {
		count(STAT_STATE_FULL);
		births_lost();
	}
	return 0;
}

/* The call of this thread, which ends, to @c; false, and @c as it was, if it
 * is older than the tool. */
static __always_inline int take(struct call *c)
{
	u64 key = get_current_pid_tgid();
	struct call *found = map_lookup(&calls, &key);

	if (!found)
		return 0;
	*c = *found;
	map_delete(&calls, &key);
	return 1;
}

static __always_inline int show(void *ctx, struct soaccept_event *ev,
				const struct sock *sk, u64 birth)
{
	struct owner o = { .birth = birth };

	owner_current(&o);
	flow_owner(&ev->flow, sk, &o);
	if (pass(&ev->flow))
		emit(ctx, ev, sizeof(*ev), EVENT_ROW);
	return 0;
}

/*
 * The peer is unknown, as is the local address where the descriptor told
 * nothing: calls older than the tool, and those for what is no socket, which
 * may have looked like one (a number beyond the table, a pipe).
 */
static __always_inline int failed(void *ctx, struct soaccept_event *ev,
				  const struct call *c, s32 err)
{
	u16 family = c->flow.family;

	if (err == -EAGAIN && !CONST(eagain))
		return 0;
	if (err != -EBADF && err != -ENOTSOCK) {
		if (family && !is_ip(family))
			return 0;
		ev->flow = c->flow;
	}
	ev->result = err;
	ev->fd = -1;
	return show(ctx, ev, (void *)c->listener, 0);
}

static __always_inline int succeeded(void *ctx, struct soaccept_event *ev,
				     const struct sock *sk, s32 fd)
{
	if (!is_ip(family_of(sk)))
		return 0;
	flow_sock(&ev->flow, sk);
	ev->fd = fd;
	return show(ctx, ev, sk, ev->event.ns);
}

/*
 * What inet_accept() does last, in calls that are older than the tool; of the
 * others their end tells more.  (MPTCP has a way of its own to here.)
 */
static __always_inline int accepted(void *ctx, const struct sock *sk)
{
	struct soaccept_event ev = { .event.ns = ktime_get_ns() };
	u64 key = get_current_pid_tgid();

	if (map_lookup(&calls, &key) || !is_tcp(sk))
		return 0;
	ev.blocked_ns = since_start(ev.event.ns);
	ev.listen_fd = -1;
	return succeeded(ctx, &ev, sk, -1);
}

#include "progs/accept.bpf.h"

/* ---- the system calls ------------------------------------------------- */

/* The listening socket behind @fd, which is whatever the caller gave; what is
 * plainly no socket is sorted out. */
static __always_inline struct sock *listener_of(u32 fd)
{
	struct sock *sk = sock_of_fd(fd);
	u16 family = family_of(sk);
	u8 state = READ(sk, __sk_common.skc_state);

	if (!family || family > AF_MAX)
		return 0;
	if (is_ip(family) && (!state || state > TCP_STATES))
		return 0;
	return sk;
}

SEC("probe/call")
int on_call_enter(struct probe___enter *ctx)
{
	s32 fd = ctx->fd;
	struct call c = { .listen_fd = fd };

	if (fd >= 0)
		c.listener = (u64)listener_of(fd);
	return enter(&c);
}

SEC("probe/call")
int on_call_leave(struct probe___leave *ctx)
{
	struct soaccept_event ev = { .event.ns = ktime_get_ns() };
	struct call c = { .listen_fd = -1 };
	s32 ret = ctx->ret;

	if (!CONST(exit_errors))
		return 0;		/* not even linked: see loader.h */
	if (take(&c))
		ev.blocked_ns = ev.event.ns - c.start;
	else
		ev.blocked_ns = since_start(ev.event.ns);
	ev.listen_fd = c.listen_fd;
	if (ret < 0)
		return failed(ctx, &ev, &c, ret);
	return succeeded(ctx, &ev, sock_of_fd(ret), ret);
}

/* ---- inet_accept(), entered and left ---------------------------------- */

SEC("probe/inet")
int on_inet_enter(struct probe___inet *ctx)
{
	struct call c = { .listen_fd = -1 };

	c.listener = (u64)READ(ctx->sock, sk);
	c.newsock = (u64)ctx->newsock;
	return enter(&c);
}

SEC("probe/inet")
int on_inet_leave(struct probe___leave *ctx)
{
	struct soaccept_event ev = { .event.ns = ktime_get_ns() };
	struct call c = {};
	s32 ret = ctx->ret;

	if (!take(&c))
		return 0;	/* there was no room for it, as is counted */
	ev.blocked_ns = ev.event.ns - c.start;
	ev.listen_fd = -1;
	if (ret < 0)
		return failed(ctx, &ev, &c, ret);
	return succeeded(ctx, &ev, READ((struct socket *)c.newsock, sk), -1);
}

/* ---- where only the end of a system call can be seen ------------------ */

SEC("probe/call")
int on_any_leave(struct probe___call *ctx)
{
	struct soaccept_event ev = { .event.ns = ktime_get_ns() };
	struct sock *sk = sock_of_call(ctx->regs, ctx->ret);

	ev.listen_fd = -1;
	return sk ? succeeded(ctx, &ev, sk, ctx->ret) : 0;
}

LICENSE;

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Calls about a socket, shown as they return: what they were asked is kept by
 * thread.  Before this is included ROW must be the tool's event, with members
 * event, flow, call_ns, result.
 */
#ifndef SOCKEYE_SOCKCALL_BPF_H
#define SOCKEYE_SOCKCALL_BPF_H

#include "progs/sockaddr.bpf.h"

#define EBADF		9
#define EFAULT		14
#define ENOTSOCK	88

/* struct socket of a function, or descriptor of a system call */
struct probe___socket {
	struct socket *socket;
	void *uaddr;		/* the kernel's copy */
	u64 len;
} PAI;

struct probe___fd {
	u64 fd;
	void *uaddr;		/* the caller's */
	u64 len;
} PAI;

struct probe___sock {
	struct sock *sk;
} PAI;

struct probe___return {
	u64 ret;
} PAI;

struct sockcall {
	u64 sk;
	u64 uaddr, len;		/* where the address has not been read yet */
	ROW row;		/* event.ns is when it was called */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);		/* --max-sockets */
	__type(key, u64);	/* thread: get_current_pid_tgid() */
	__type(value, struct sockcall);
} calls SEC(".maps");

/* An IP socket?  What is behind a descriptor may be anything. */
static __always_inline int is_ip(const struct sock *sk)
{
	const struct sock_common *common = &sk->__sk_common;
	u16 family = READ(common, skc_family);

	return family == AF_INET || family == AF_INET6;
}

/* The call begins on @sk, whose ends are as they are; @c is zeroed. */
static __always_inline void sockcall_begin(struct sockcall *c,
					   const struct sock *sk)
{
	c->sk = (u64)sk;
	c->row.event.ns = ktime_get_ns();
	flow_sock(&c->row.flow, sk);
	c->row.flow.protocol = READ_BITS(sk, sk_protocol);
}

static __always_inline void sockcall_put(const struct sockcall *c)
{
	u64 thread = get_current_pid_tgid();

	if (map_update(&calls, &thread, c, BPF_ANY))
		count(STAT_STATE_FULL);
}

/* The call of the thread at hand returns: @c is forgotten. */
static __always_inline int sockcall_take(struct sockcall *c)
{
	u64 thread = get_current_pid_tgid();
	struct sockcall *found = map_lookup(&calls, &thread);

	if (!found)
		return 0;
	*c = *found;
	map_delete(&calls, &thread);
	return 1;
}

/* System calls that did not get as far as a socket. */
static __always_inline int never_was(s32 ret)
{
	return ret == -EBADF || ret == -EFAULT || ret == -ENOTSOCK;
}

/* The system call of the thread at hand returns @ret; false if it is not one of
 * ours.  Where the constant is not there this is not even linked: loader.h. */
static __always_inline int sockcall_exit(struct sockcall *c, s32 ret)
{
	return CONST(exit_errors) && sockcall_take(c) && !never_was(ret);
}

/* It has returned @ret: what is left to fill in.  True if it is shown. */
static __always_inline int sockcall_end(struct sockcall *c, s32 ret)
{
	struct owner o = { .birth = c->row.event.ns };
	u64 now = ktime_get_ns();

	owner_current(&o);
	flow_owner(&c->row.flow, (void *)c->sk, &o);
	c->row.call_ns = now - c->row.event.ns;
	c->row.event.ns = now;
	c->row.result = ret;
	return pass(&c->row.flow);
}

static __always_inline int sockcall_show(void *ctx, struct sockcall *c,
					 s32 ret)
{
	if (sockcall_end(c, ret))
		emit(ctx, &c->row, sizeof(c->row), EVENT_ROW);
	return 0;
}

#endif

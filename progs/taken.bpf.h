/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The programs of role_owner_accept, for those that want no more than who has
 * a socket that nobody opened here.
 */
#ifndef SOCKEYE_TAKEN_BPF_H
#define SOCKEYE_TAKEN_BPF_H

#include "progs/session.bpf.h"

/* Who owns the socket is known of those changes that a process makes. */
static __always_inline void learn_owner(const struct sock *sk, u32 newstate)
{
	if (newstate == TCP_SYN_SENT || newstate == TCP_LISTEN)
		owner_set((u64)sk, ktime_get_ns(), 0);
	else if (newstate == TCP_FIN_WAIT1 || newstate == TCP_LAST_ACK)
		owner_follow(sk, 0, TCP_FIN_WAIT1);
}

static __always_inline int taken(const struct sock *sk)
{
	if (!owner_known(sk) && is_tcp_socket(sk))
		owner_set((u64)sk, ktime_get_ns(), 0);
	return 0;
}

static __always_inline int accepted(void *ctx, const struct sock *sk)
{
	(void)ctx;
	return taken(sk);
}

#include "progs/accept.bpf.h"

SEC("probe/io")
int on_io(struct probe___sock *ctx)
{
	return taken(ctx->sk);
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The programs of role_owner_connect and role_owner_accept, for tools that
 * only want to know whose a socket is.  owner_forget() as it goes away is the
 * tool's part.
 */
#ifndef SOCKEYE_OWNER_BPF_H
#define SOCKEYE_OWNER_BPF_H

#include "progs/session.bpf.h"

SEC("probe/owner")
int on_connect(struct probe___sock *ctx)
{
	owner_set((u64)ctx->sk, ktime_get_ns(), OWNER_ACTIVE);
	return 0;
}

SEC("probe/owner")
int on_state(struct probe___state *ctx)
{
	struct sock *sk = ctx->sk;

	if ((u32)ctx->newstate == TCP_SYN_SENT && is_tcp(sk))
		owner_set((u64)sk, ktime_get_ns(), OWNER_ACTIVE);
	return 0;
}

static __always_inline int accepted(void *ctx, struct sock *sk)
{
	(void)ctx;
	if (is_tcp(sk))
		owner_set((u64)sk, ktime_get_ns(), 0);
	return 0;
}

#include "progs/accept.bpf.h"

SEC("probe/owner")
int on_io(struct probe___sock *ctx)
{
	struct sock *sk = ctx->sk;

	return !owner_known(sk) && is_tcp_socket(sk) ? accepted(ctx, sk) : 0;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Passive opens, as a process accepts them. */
#include "progs/dns.bpf.h"
#include "progs/sock.bpf.h"
#include "progs/tcpconnect.h"

struct probe___sock {
	struct sock *sk;
} PAI;

struct probe___fd {
	u64 fd;
} PAI;

static __always_inline int accepted(void *ctx, const struct sock *sk)
{
	struct tcpconnect_event ev = { .event.ns = ktime_get_ns() };
	struct owner o = { .birth = ev.event.ns };

	if (!is_tcp(sk))
		return 0;
	owner_current(&o);
	flow_sock(&ev.flow, sk);
	flow_owner(&ev.flow, sk, &o);
	if (pass(&ev.flow))
		emit(ctx, &ev, sizeof(ev), EVENT_ROW);
	return 0;
}

SEC("probe/accept")
int on_accept(struct probe___sock *ctx)
{
	struct sock *sk = ctx->sk;

	return sk ? accepted(ctx, sk) : 0;
}

/* Leaving accept(2) or accept4(2) with a descriptor. */
SEC("probe/accept")
int on_accept_exit(struct probe___fd *ctx)
{
	s32 fd = ctx->fd;
	struct sock *sk = fd < 0 ? 0 : sock_of_fd(fd);

	return sk ? accepted(ctx, sk) : 0;
}

LICENSE;

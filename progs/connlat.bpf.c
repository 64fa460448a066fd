/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How long TCP sockets took to connect. */
#include "progs/connect.h"
#include "progs/sock.bpf.h"
#include "progs/stacks.bpf.h"

static __always_inline int followed(u32 protocol)
{
	return protocol == IPPROTO_TCP;
}

static __always_inline int wanted(const struct connect_event *ev)
{
	return ev->handshake && ev->latency_ns >= CONST(min_ns);
}

static __always_inline int tells_result(void)
{
	return 0;
}

static __always_inline long caller(void *ctx)
{
	return CONST(want_ustack) ?
	       get_stackid(ctx, &stacks, BPF_F_USER_STACK) : 0;
}

#include "progs/connect.bpf.h"

LICENSE;

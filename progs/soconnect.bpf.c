/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Every connect(2) of an IP socket. */
#include "progs/connect.h"
#include "progs/sock.bpf.h"

/* inet_stream_connect() and inet_dgram_connect() serve all but SCTP. */
static __always_inline int followed(u32 protocol)
{
	return protocol != IPPROTO_SCTP;
}

static __always_inline int wanted(const struct connect_event *ev)
{
	return !CONST(errors) || ev->final;
}

static __always_inline int tells_result(void)
{
	return 1;
}

static __always_inline long caller(void *ctx)
{
	return 0;
}

#include "progs/connect.bpf.h"

LICENSE;

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Passive opens, as a process accepts them. */
#include "progs/dns.bpf.h"
#include "progs/sock.bpf.h"
#include "progs/tcpconnect.h"

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

#include "progs/accept.bpf.h"

LICENSE;

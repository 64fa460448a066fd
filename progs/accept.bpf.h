/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The programs of role_tcp_accept and role_owner_accept: whatever the hook,
 * the socket ends in accepted(ctx, sk), which must have been defined before
 * this is included.
 */
#ifndef SOCKEYE_ACCEPT_BPF_H
#define SOCKEYE_ACCEPT_BPF_H

#include "progs/sock.bpf.h"

struct probe___accept {
	struct sock *sk;
} PAI;

struct probe___fd {
	u64 fd;
} PAI;

struct probe___call {
	void *regs;
	u64 ret;
} PAI;

/* net.h: what socketcall(2) is called for. */
enum { SYS_ACCEPT = 5, SYS_ACCEPT4 = 18 };

/*
 * The socket that a system call now ending has accepted, or 0; where accept(2)
 * may be a socketcall(2).  @regs are the caller's, @ret what it is given.
 */
static __always_inline struct sock *sock_of_call(void *regs, u64 ret)
{
	u64 word = CONST(kernel_word), call = 0;
	s32 fd = ret;
	u32 nr = 0;

	if (fd < 0)
		return 0;
	probe_read(&nr, sizeof(nr), regs + CONST(call_nr));
	nr &= 0xffff;
	if (nr == CONST(nr_socketcall)) {
		probe_read(LOW_BYTES(call, word), word,
			   regs + CONST(call_arg));
		if (call != SYS_ACCEPT && call != SYS_ACCEPT4)
			return 0;
	} else if (nr != CONST(nr_accept4)) {
		return 0;
	}
	return sock_of_fd(fd);
}

SEC("probe/accept")
int on_accept(struct probe___accept *ctx)
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

/* Leaving any system call. */
SEC("probe/accept")
int on_accept_call(struct probe___call *ctx)
{
	struct sock *sk = sock_of_call(ctx->regs, ctx->ret);

	return sk ? accepted(ctx, sk) : 0;
}

#endif

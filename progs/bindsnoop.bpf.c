/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* bind(2) of IP sockets: what was asked for, what came of it. */
#include "progs/bindsnoop.h"

#define ROW struct bind_event
#include "progs/sockcall_asked.bpf.h"

/* include/net/inet_sock.h, since 6.6: bits of inet_flags */
enum {
	INET_FLAGS_FREEBIND = 11,
	INET_FLAGS_TRANSPARENT = 15,
	INET_FLAGS_BIND_ADDRESS_NO_PORT = 18,
};

static __always_inline u32 bit(u64 v, u32 number)
{
	return v ? 1u << number : 0;
}

static __always_inline u32 inet_opts(const struct inet_sock *inet)
{
	u64 flags;

	if (!EXISTS(inet->inet_flags))
		return bit(READ_BITS(inet, freebind), BIND_OPT_FREEBIND) |
		       bit(READ_BITS(inet, transparent),
			   BIND_OPT_TRANSPARENT) |
		       bit(READ_BITS(inet, bind_address_no_port),
			   BIND_OPT_NO_PORT);
	flags = READ(inet, inet_flags);
	return bit(flags & 1 << INET_FLAGS_FREEBIND, BIND_OPT_FREEBIND) |
	       bit(flags & 1 << INET_FLAGS_TRANSPARENT,
		   BIND_OPT_TRANSPARENT) |
	       bit(flags & 1 << INET_FLAGS_BIND_ADDRESS_NO_PORT,
		   BIND_OPT_NO_PORT);
}

static __always_inline void read_options(struct bind_event *ev,
					 const struct sock *sk)
{
	const struct sock_common *common = &sk->__sk_common;
	const struct inet_sock *inet = (const void *)sk;

	if (EXISTS(common->skc_bound_dev_if))
		ev->ifindex = READ(common, skc_bound_dev_if);
	if (!EXISTS(common->skc_reuseport) ||
	    (!EXISTS(inet->inet_flags) &&
	     !EXISTS(inet->bind_address_no_port)))
		return;
	ev->opts = inet_opts(inet) |
		   bit(READ_BITS(common, skc_reuse), BIND_OPT_REUSEADDR) |
		   bit(READ_BITS(common, skc_reuseport), BIND_OPT_REUSEPORT);
	if (!ev->opts)
		ev->opts = 1 << BIND_OPT_NONE;
}

/* The address that was asked for, 0.0.0.0 or :: where none can be made out. */
static __always_inline int read_asked(struct sockcall *c, const void *uaddr,
				      u32 len, int user)
{
	struct flow *f = &c->row.flow;
	struct flow asked = {};
	u32 family;

	if (f->family == AF_INET)
		map_v4(asked.laddr, 0);
	if (!read_sockaddr(asked.laddr, &asked.lport, &family, uaddr, len,
			   user))
		return 0;
	copy16(f->laddr, asked.laddr);
	f->lport = c->row.asked_port = asked.lport;
	return 1;
}

static __always_inline int begin(const struct sock *sk, void *uaddr, u32 len,
				 int user)
{
	struct sockcall c = { .row.op = BIND_CALL };

	if (!is_ip(sk))
		return 0;
	sockcall_begin(&c, sk);
	return sockcall_asked(&c, uaddr, len, user);
}

static __always_inline int leave(void *ctx, struct sockcall *c, s32 ret)
{
	const struct sock *sk = (void *)c->sk;
	struct flow f = {};

	if (CONST(errors) && !ret)
		return 0;
	if (!ret) {
		flow_sock(&f, sk);
		copy16(c->row.flow.laddr, f.laddr);
		c->row.flow.lport = f.lport;
	}
	read_options(&c->row, sk);
	return sockcall_show(ctx, c, ret);
}

SEC("probe/bind")
int on_bind(struct probe___socket *ctx)
{
	return begin(READ(ctx->socket, sk), ctx->uaddr, ctx->len, 0);
}

SEC("probe/bind")
int on_return(struct probe___return *ctx)
{
	struct sockcall c = {};

	return sockcall_take(&c) ? leave(ctx, &c, ctx->ret) : 0;
}

/* inet_autobind(): a socket that has a port keeps it. */
SEC("probe/bind")
int on_autobind(struct probe___sock *ctx)
{
	struct sockcall c = { .row.op = BIND_AUTO };

	sockcall_begin(&c, ctx->sk);
	if (!c.row.flow.lport)
		sockcall_put(&c);
	return 0;
}

/* ---- where no function can be probed: system calls --------------------- */

SEC("probe/bind")
int on_enter(struct probe___fd *ctx)
{
	return begin(sock_of_fd(ctx->fd), ctx->uaddr, ctx->len, 1);
}

SEC("probe/bind")
int on_exit(struct probe___return *ctx)
{
	struct sockcall c = {};
	s32 ret = ctx->ret;

	return sockcall_asked_exit(&c, ret) ? leave(ctx, &c, ret) : 0;
}

LICENSE;

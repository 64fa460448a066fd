/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* connect(2) on UDP sockets, and datagrams sent to an address of their own. */
#include "progs/udpconnect.h"

#define ROW struct udpconnect_event
#include "progs/sockcall_asked.bpf.h"

struct probe___send {
	struct sock *sk;
	void *msg;		/* struct msghdr */
} PAI;

struct probe___sendmsg {
	u64 fd;
	void *msg;		/* the caller's */
} PAI;

/* Who has sent where: the sum of send_key(). */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);		/* --max-sockets */
	__type(key, u64);
	__type(value, u64);
} peers SEC(".maps");

/* UDP_MORE, shown as the tool stops, see the frontend's underway.c. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);		/* --max-sockets */
	__type(key, u64);
	__type(value, struct udpconnect_event);
} underway SEC(".maps");

/* What is asked for: a peer in place of the one that there is, or none. */
static __always_inline int read_asked(struct sockcall *c, const void *uaddr,
				      u32 len, int user)
{
	struct flow peer = {};
	u32 family;

	if (!read_peer(&peer, &family, uaddr, len, user))
		return 0;
	if (family == AF_UNSPEC && c->row.op == UDP_CONNECT) {
		c->row.op = UDP_DISSOLVE;
		return 1;
	}
	copy16(c->row.flow.raddr, peer.raddr);
	c->row.flow.rport = peer.rport;
	return 1;
}

static __always_inline int begin(const struct sock *sk, u32 op, void *uaddr,
				 u32 len, int user)
{
	struct sockcall c = { .row.op = op };

	if (!is_ip(sk) || !is_udp(sk))
		return 0;
	sockcall_begin(&c, sk);
	return sockcall_asked(&c, uaddr, len, user);
}

/* The kernel's word: the port it chose, and, of a socket that is connected
 * now, where it sends from and to (0.0.0.0 is this machine). */
static __always_inline void refresh(struct sockcall *c, s32 ret)
{
	struct flow f = {};

	flow_sock(&f, (void *)c->sk);
	c->row.flow.lport = f.lport;
	if (ret || c->row.op != UDP_CONNECT)
		return;
	copy16(c->row.flow.laddr, f.laddr);
	copy16(c->row.flow.raddr, f.raddr);
	c->row.flow.rport = f.rport;
}

/* ---- datagrams --------------------------------------------------------- */

#define MIX(h, v) (((h) ^ (v)) * 0x9e3779b97f4a7c15ull)	/* see sock_id() */

/* What tells a socket from one that had its memory before; 0: not known. */
static __always_inline u64 inode_of(const struct sock *sk)
{
	const struct socket *socket = 0;
	const struct inode *inode = 0;
	const struct file *file = 0;

	if (!EXISTS(sk->sk_socket) || !EXISTS(socket->file) ||
	    !EXISTS(file->f_inode) || !EXISTS(inode->i_ino))
		return 0;
	socket = READ(sk, sk_socket);
	file = READ(socket, file);
	inode = READ(file, f_inode);
	return READ(inode, i_ino);
}

/* The same for what is told together: process, socket, peer, error. */
static __always_inline u64 send_key(const struct sockcall *c)
{
	const struct flow *f = &c->row.flow;
	const u64 *to = (const void *)f->raddr;
	u64 h = MIX(c->sk, (u64)f->pid << 32 | (u32)c->row.result);

	h = MIX(h ^ h >> 32, inode_of((void *)c->sk));
	h = MIX(h ^ h >> 32, to[0]);
	h = MIX(h ^ h >> 32, to[1]);
	h = MIX(h ^ h >> 32, (u32)f->lport << 16 | f->rport);
	return h ^ h >> 32;
}

/* False if there is nothing to add to, and no room for it. */
static __always_inline int add_more(const struct sockcall *c, u64 key)
{
	struct udpconnect_event *more = map_lookup(&underway, &key);
	struct udpconnect_event ev;

	if (more) {
		__sync_fetch_and_add(&more->sends, c->row.sends);
		__sync_fetch_and_add(&more->tx_bytes, c->row.tx_bytes);
		__sync_fetch_and_add(&more->call_ns, c->row.call_ns);
		return 1;
	}
	ev = c->row;
	ev.op = UDP_MORE;
	ev.event.len = sizeof(ev);
	ev.event.type = EVENT_ROW;
	return !map_update(&underway, &key, &ev, BPF_NOEXIST);
}

/* The first is shown at once, the others are added up; where there is no room
 * for that they are told as such. */
static __always_inline int sent(void *ctx, struct sockcall *c, s32 ret)
{
	u64 key, one = 1;
	s32 err;		/* maps return no more than 32 bits (6.3) */

	if (ret >= 0) {
		c->row.sends = 1;
		c->row.tx_bytes = ret;
		ret = 0;
	}
	if (!sockcall_end(c, ret))
		return 0;
	key = send_key(c);
	err = map_update(&peers, &key, &one, BPF_NOEXIST);
	if (!err)
		emit(ctx, &c->row, sizeof(c->row), EVENT_ROW);
	else if (err != -EEXIST || !add_more(c, key))
		count(STAT_STATE_FULL);
	return 0;
}

/* ---- hooks ------------------------------------------------------------- */

static __always_inline int leave(void *ctx, struct sockcall *c, s32 ret)
{
	if (CONST(errors) && ret >= 0)
		return 0;
	refresh(c, ret);
	if (c->row.op == UDP_SEND)
		return sent(ctx, c, ret);
	return sockcall_show(ctx, c, ret);
}

SEC("probe/udp")
int on_connect(struct probe___socket *ctx)
{
	return begin(READ(ctx->socket, sk), UDP_CONNECT, ctx->uaddr, ctx->len,
		     0);
}

/*
 * What the system call was given stands first in struct msghdr: a pointer and
 * the length of what is there.  An IPv6 socket hands IPv4 on: udp_sendmsg() is
 * entered in udpv6_sendmsg(), takes the place of what is known of that, and
 * returns first with the same.
 */
static __always_inline int begin_send(const struct sock *sk, const void *msg,
				      int user)
{
	u64 word = CONST(kernel_word), name = 0;
	u32 len = 0;

	COPY(user, LOW_BYTES(name, word), word, msg);
	COPY(user, &len, sizeof(len), msg + word);
	return name ? begin(sk, UDP_SEND, (void *)name, len, user) : 0;
}

SEC("probe/udp")
int on_send(struct probe___send *ctx)
{
	return begin_send(ctx->sk, ctx->msg, 0);
}

SEC("probe/udp")
int on_return(struct probe___return *ctx)
{
	struct sockcall c = {};

	return sockcall_take(&c) ? leave(ctx, &c, ctx->ret) : 0;
}

/* ---- where no function can be probed: system calls --------------------- */

SEC("probe/udp")
int on_connect_enter(struct probe___fd *ctx)
{
	return begin(sock_of_fd(ctx->fd), UDP_CONNECT, ctx->uaddr, ctx->len,
		     1);
}

SEC("probe/udp")
int on_sendto_enter(struct probe___fd *ctx)
{
	void *uaddr = ctx->uaddr;

	if (!uaddr)
		return 0;
	return begin(sock_of_fd(ctx->fd), UDP_SEND, uaddr, ctx->len, 1);
}

SEC("probe/udp")
int on_sendmsg_enter(struct probe___sendmsg *ctx)
{
	return begin_send(sock_of_fd(ctx->fd), ctx->msg, 1);
}

SEC("probe/udp")
int on_exit(struct probe___return *ctx)
{
	struct sockcall c = {};
	s32 ret = ctx->ret;

	return sockcall_asked_exit(&c, ret) ? leave(ctx, &c, ret) : 0;
}

LICENSE;

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Data received over AF_UNIX sockets.
 *
 * It is read where the process finds it, once the call has returned and says
 * how much that is: what was copied, wherever it had been in the kernel.
 */
#include "progs/msg.bpf.h"
#include "progs/undump.h"
#include "progs/unix.bpf.h"

/* A call of a thread. */
struct reading {
	u64 sk;
	u64 socket;		/* inode */
	struct buffer to;
	u64 size;		/* so much may come */
	u64 flags;		/* MSG_... */
	u64 msg;		/* the kernel's struct msghdr; 0: not known */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);		/* --max-sockets */
	__type(key, u64);	/* thread: get_current_pid_tgid() */
	__type(value, struct reading);
} readings SEC(".maps");

struct probe___receive {
	struct socket *socket;
	struct msghdr *msg;
	u64 size, flags;
} PAI;

/* System calls, with the names that they give their arguments. */
struct probe___enter {
	u64 fd;
	u64 buf, count, flags;
	u64 vec;
	u64 msg;
} PAI;

struct probe___return {
	u64 ret;
} PAI;

/* ---- rows --------------------------------------------------------------- */

static __always_inline u64 inode_of(const struct socket *socket)
{
	const struct file *file = 0;
	const struct inode *inode;

	if (!EXISTS(socket->file) || !EXISTS(file->f_inode))
		return 0;
	file = READ(socket, file);
	inode = READ(file, f_inode);
	return READ(inode, i_ino);
}

/* As SO_PEERCRED has it: who connected, listened, or made the pair. */
static __always_inline u32 peer_pid(const struct sock *sk)
{
	const struct pid *pid = 0;

	if (!EXISTS(sk->sk_peer_pid) || !EXISTS(pid->numbers))
		return 0;
	pid = READ(sk, sk_peer_pid);
	return READ(pid, numbers[0].nr);
}

/* The other end; where that has no name, ours is the one it came by. */
static __always_inline void read_peer(struct undump_event *ev,
				      const struct sock *sk)
{
	const struct unix_sock *u = (const void *)sk;
	const struct sock *peer = 0;

	ev->peer_pid = peer_pid(sk);
	if (EXISTS(u->peer))
		peer = READ(u, peer);
	if (peer && EXISTS(peer->sk_socket))
		ev->peer = inode_of(READ(peer, sk_socket));
	if (!peer || !unix_path(ev->path, peer))
		unix_path(ev->path, sk);
}

/* There was more of the message: the call tells its length if it was asked to,
 * and else by a flag. */
static __always_inline int is_cut(const struct reading *r, u64 got)
{
	const struct msghdr *msg = (const void *)r->msg;

	if (got > r->size)
		return 1;
	return msg && EXISTS(msg->msg_flags) &&
	       READ(msg, msg_flags) & MSG_TRUNC;
}

static __always_inline int show(void *ctx, const struct reading *r, s32 ret)
{
	const struct sock *sk = (const void *)r->sk;
	struct undump_event ev = {};
	u64 got = ret, shown;

	flow_current(&ev.flow);
	ev.flow.netns = netns_of(&sk->__sk_common);
	if (!pass(&ev.flow))
		return 0;
	ev.event.ns = ktime_get_ns();
	ev.socket = r->socket;
	if (EXISTS(sk->sk_type))
		ev.type = READ_BITS(sk, sk_type);
	ev.size = got < r->size ? got : r->size;
	ev.flags = (r->flags & MSG_PEEK ? UNDUMP_PEEK : 0) |
		   (is_cut(r, got) ? UNDUMP_TRUNC : 0);
	read_peer(&ev, sk);
	if (!CONST(data)) {
		emit(ctx, &ev, UNDUMP_LEAST, EVENT_ROW);
		return 0;
	}
	shown = ev.size < r->to.len ? ev.size : r->to.len;
	shown = shown < CONST(bytes) ? shown : CONST(bytes);
	payload_read(&ev.data.head, UNDUMP_BYTES, r->to.at, shown);
	ev.data.head.cut = ev.data.head.len < ev.size;
	emit(ctx, &ev, sizeof(ev), EVENT_ROW);
	return 0;
}

/* ---- calls -------------------------------------------------------------- */

static __always_inline int reading_put(const struct reading *r)
{
	u64 thread = get_current_pid_tgid();

	if (map_update(&readings, &thread, r, BPF_ANY))
		count(STAT_STATE_FULL);
	return 0;
}

/* Of calls that go on by another of these the inner one is shown. */
static __always_inline int receive(const struct probe___receive *ctx)
{
	const struct socket *socket = ctx->socket;
	struct reading r = { .size = ctx->size, .flags = ctx->flags };

	r.msg = (u64)ctx->msg;
	r.sk = (u64)READ(socket, sk);
	r.socket = inode_of(socket);
	if (CONST(data))
		buffer_of_msg(&r.to, ctx->msg, ctx->size);
	return reading_put(&r);
}

/* unix_stream_recvmsg and its kin. */
SEC("probe/unix")
int on_receive(struct probe___receive *ctx)
{
	return receive(ctx);
}

static __always_inline int leave(void *ctx, s32 ret)
{
	u64 thread = get_current_pid_tgid();
	struct reading *found = map_lookup(&readings, &thread), r;

	if (!found)
		return 0;
	r = *found;
	map_delete(&readings, &thread);
	return ret > 0 ? show(ctx, &r, ret) : 0;
}

SEC("probe/unix")
int on_return(struct probe___return *ctx)
{
	return leave(ctx, ctx->ret);
}

/* ---- where no function can be probed: system calls ---------------------- */

static __always_inline int is_unix(const struct sock *sk)
{
	const struct sock_common *common = &sk->__sk_common;

	return sk && READ(common, skc_family) == AF_UNIX;
}

/* Descriptors may be of anything; what is there is read as if a socket's. */
static __always_inline int enter(const struct probe___enter *ctx, u64 flags)
{
	struct file *file = file_of_fd(fdtable_current(), ctx->fd);
	const struct socket *socket = READ(file, private_data);
	struct reading r = { .size = ~0ull, .flags = flags };

	r.sk = (u64)READ(socket, sk);
	if (!is_unix((const void *)r.sk) ||
	    (EXISTS(socket->file) && READ(socket, file) != file))
		return 0;
	r.socket = inode_of(socket);
	if (EXISTS(ctx->buf)) {
		r.to.at = ctx->buf;
		r.to.len = r.size = ctx->count;
	} else if (EXISTS(ctx->vec)) {
		buffer_of_vec(&r.to, ctx->vec);
	} else {
		buffer_of_user(&r.to, ctx->msg);
	}
	return reading_put(&r);
}

/* read(2), readv(2). */
SEC("probe/unix")
int on_read(struct probe___enter *ctx)
{
	return enter(ctx, 0);
}

/* recvfrom(2), recvmsg(2). */
SEC("probe/unix")
int on_recv(struct probe___enter *ctx)
{
	return enter(ctx, ctx->flags);
}

SEC("probe/unix")
int on_exit(struct probe___return *ctx)
{
	return CONST(exit_errors) ? leave(ctx, ctx->ret) : 0;
}

LICENSE;

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Descriptors that are passed over AF_UNIX sockets (SCM_RIGHTS).
 *
 * The kernel goes through the control messages of a call itself, and calls a
 * function for each descriptor: between the beginning of a call and its end
 * that is where rows come from, however many there are.
 */
#include "progs/sofdsnoop.h"
#include "progs/sock.bpf.h"

#define EBADF		9
#define S_ANON_INODE	(1u << 19)	/* since these have a mode */

/* A call that passes descriptors on, of a thread. */
struct passing {
	u64 sk;			/* 0: it began before this tool did */
	u64 socket;		/* inode */
	u32 action;
	u32 fds;		/* so far */
	u32 count;		/* that have come, if the kernel tells */
	u32 many;		/* system calls: an array of messages */
	s32 fd;			/* that is being looked up */
	u32 bad;		/* one of them was no descriptor */
	u64 msg;		/* the same: the caller's struct msghdr */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);		/* --max-sockets */
	__type(key, u64);	/* thread: get_current_pid_tgid() */
	__type(value, struct passing);
} passing SEC(".maps");

/* What each thread has read last, with room for control messages: returns
 * from a function that sleeps are not waited for. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);		/* --max-sockets */
	__type(key, u64);	/* thread */
	__type(value, u64);	/* struct socket * */
} readers SEC(".maps");

struct probe___socket {
	struct socket *socket;
	struct msghdr *msg;
} PAI;

struct probe___fd {
	u64 fd;
	struct file *file;
} PAI;

struct probe___detach {
	struct scm_cookie *scm;
} PAI;

struct probe___enter {
	u64 fd;
	u64 msg;
} PAI;

struct probe___return {
	u64 ret;
} PAI;

/* ---- rows --------------------------------------------------------------- */

/* False if it is not to be shown.  @ev is zeroed. */
static __always_inline int prepare(struct sofdsnoop_event *ev,
				   const struct passing *p)
{
	const struct sock *sk = (const void *)p->sk;

	flow_current(&ev->flow);
	if (sk)
		ev->flow.netns = netns_of(&sk->__sk_common);
	ev->socket = p->socket;
	ev->action = p->action;
	return pass(&ev->flow);
}

/* Sockets and pipes are known by their inode; the names of sockets are those
 * of their protocols. */
static __always_inline void read_file(struct sofdsnoop_event *ev,
				      const struct file *file)
{
	const struct inode *inode = READ(file, f_inode);
	const struct dentry *dentry;
	u32 type;

	ev->inode = READ(inode, i_ino);
	type = READ(inode, i_mode) >> 12;
	ev->type = !type || READ(inode, i_flags) & S_ANON_INODE ? FD_ANON :
								 type;
	dentry = READ(file, f_path.dentry);
	probe_read(ev->name, sizeof(ev->name) - 1, READ(dentry, d_name.name));
	cut32((u64 *)ev->name, READ(dentry, d_name.len));
}

static __always_inline void show(void *ctx, struct sofdsnoop_event *ev,
				 const struct file *file)
{
	ev->event.ns = ktime_get_ns();
	ev->type = ev->inode = 0;
	cut32((u64 *)ev->name, 0);
	if (file && EXISTS(file->f_inode))
		read_file(ev, file);
	emit(ctx, ev, sizeof(*ev), EVENT_ROW);
}

/* The next descriptor of the call. */
static __always_inline void show_next(void *ctx, struct passing *p, s32 fd,
				      const struct file *file, s32 result)
{
	struct sofdsnoop_event ev = { .fd = fd, .result = result };

	ev.fds = ++p->fds;
	if (prepare(&ev, p))
		show(ctx, &ev, file);
}

/* What became of the call, or of @n that it had. */
static __always_inline void show_end(void *ctx, const struct passing *p,
				     u32 action, u32 n, s32 result)
{
	struct sofdsnoop_event ev = { .fd = -1, .result = result, .fds = n };

	if (!prepare(&ev, p))
		return;
	ev.action = action;
	show(ctx, &ev, 0);
}

/* ---- calls -------------------------------------------------------------- */

static __always_inline u64 inode_of(const struct file *file)
{
	const struct inode *inode;

	if (!EXISTS(file->f_inode))
		return 0;
	inode = READ(file, f_inode);
	return READ(inode, i_ino);
}

static __always_inline void set_socket(struct passing *p,
				       const struct socket *socket)
{
	p->sk = (u64)READ(socket, sk);
	if (EXISTS(socket->file))
		p->socket = inode_of(READ(socket, file));
}

static __always_inline int is_unix(const struct sock *sk)
{
	const struct sock_common *common = &sk->__sk_common;

	return READ(common, skc_family) == AF_UNIX;
}

static __always_inline int passing_put(const struct passing *p)
{
	u64 thread = get_current_pid_tgid();

	if (map_update(&passing, &thread, p, BPF_ANY))
		count(STAT_STATE_FULL);
	return 0;
}

static __always_inline struct passing *passing_now(void)
{
	u64 thread = get_current_pid_tgid();

	return map_lookup(&passing, &thread);
}

/* It has ended; nobody else looks at it, so that what was found stays. */
static __always_inline int passing_end(void)
{
	u64 thread = get_current_pid_tgid();

	map_delete(&passing, &thread);
	return 0;
}

/* ---- sending ------------------------------------------------------------ */

/* __scm_send: a message with control messages; netlink has them, too. */
SEC("probe/fds")
int on_send(struct probe___socket *ctx)
{
	struct passing p = { .action = FD_SEND };

	set_socket(&p, ctx->socket);
	return is_unix((void *)p.sk) ? passing_put(&p) : 0;
}

/* fget_raw: for each in SCM_RIGHTS, and for others. */
SEC("probe/fds")
int on_take(struct probe___fd *ctx)
{
	struct passing *p = passing_now();

	if (p)
		p->fd = ctx->fd;
	return 0;
}

SEC("probe/fds")
int on_taken(struct probe___return *ctx)
{
	const struct file *file = (const void *)ctx->ret;
	struct passing *p = passing_now();

	if (!p || p->action != FD_SEND)
		return 0;
	show_next(ctx, p, p->fd, file, file ? 0 : -EBADF);
	p->bad = !file;
	return 0;
}

/* The call failed.  One below 0 is no descriptor, and not looked up. */
static __always_inline void show_failed(void *ctx, const struct passing *p,
					s32 result)
{
	struct sofdsnoop_event ev = { .fd = -1, .result = result,
				      .fds = p->fds };

	if (!prepare(&ev, p))
		return;
	if (result == -EBADF && !p->bad) {
		ev.fds++;
		show(ctx, &ev, 0);
	}
	if (!ev.fds)
		return;
	ev.action = FD_FAIL;
	show(ctx, &ev, 0);
}

SEC("probe/fds")
int on_sent(struct probe___return *ctx)
{
	struct passing *p = passing_now();
	s32 ret = ctx->ret;

	if (!p)
		return 0;
	if (ret < 0)
		show_failed(ctx, p, ret);
	return passing_end();
}

/* ---- receiving ---------------------------------------------------------- */

/* Reading: most ask for no control messages. */
SEC("probe/fds")
int on_read(struct probe___socket *ctx)
{
	u64 thread = get_current_pid_tgid();
	const struct msghdr *msg = ctx->msg;
	u64 socket = (u64)ctx->socket;

	if (EXISTS(msg->msg_controllen) && !READ(msg, msg_controllen))
		return 0;
	map_update(&readers, &thread, &socket, BPF_ANY);
	return 0;
}

/* scm_detach_fds: a message with descriptors is read. */
SEC("probe/fds")
int on_detach(struct probe___detach *ctx)
{
	u64 thread = get_current_pid_tgid(), *socket;
	const struct scm_cookie *scm = ctx->scm;
	struct passing p = { .action = FD_RECV };
	const struct scm_fp_list *fp = 0;

	socket = map_lookup(&readers, &thread);
	if (socket)
		set_socket(&p, (void *)*socket);
	if (EXISTS(scm->fp) && EXISTS(fp->count)) {
		fp = READ(scm, fp);
		p.count = READ(fp, count);
	}
	return passing_put(&p);
}

static __always_inline int receive(void *ctx, s32 fd, const struct file *file,
				   s32 result)
{
	struct passing *p = passing_now();

	if (!p || p->action != FD_RECV)
		return 0;
	show_next(ctx, p, fd, file, result);
	if (result)
		p->fds--;
	return 0;
}

/* receive_fd and its kin: since 5.9 one function does it all for each. */
SEC("probe/fds")
int on_received(struct probe___return *ctx)
{
	s32 fd = ctx->ret;

	if (fd < 0)
		return receive(ctx, -1, 0, fd);
	return receive(ctx, fd, file_of_fd(fdtable_current(), fd), 0);
}

/* fd_install: before, it was the last thing that was done. */
SEC("probe/fds")
int on_install(struct probe___fd *ctx)
{
	return receive(ctx, ctx->fd, ctx->file, 0);
}

SEC("probe/fds")
int on_detached(struct probe___return *ctx)
{
	struct passing *p = passing_now();

	if (!p)
		return 0;
	if (p->count > p->fds)
		show_end(ctx, p, FD_LOST, p->count - p->fds, 0);
	return passing_end();
}

SEC("probe/fds")
int on_thread_exit(void *ctx)
{
	u64 thread = get_current_pid_tgid();

	map_delete(&readers, &thread);
	return passing_end();
}

/* ---- where no function can be probed: system calls --------------------- */

#define SOL_SOCKET	1
#define SCM_RIGHTS	1
#define STEPS		12	/* descriptors of a call */

static __always_inline u64 read_word(u64 at)
{
	u64 word = CONST(kernel_word), v = 0;

	probe_read_user(LOW_BYTES(v, word), word, (void *)at);
	return v;
}

/* What comes next in the caller's memory: messages, control messages in one of
 * them, descriptors in one of those. */
struct walk {
	u64 msg, msgs;		/* how many are left */
	u64 control, control_end;
	u64 fd, fd_end;
};

/* struct msghdr: of its words the fifth says where control messages are, the
 * sixth how long; struct mmsghdr has eight. */
static __always_inline void next_msg(struct walk *w)
{
	u64 word = CONST(kernel_word);

	w->control = read_word(w->msg + 4 * word);
	w->control_end = w->control + read_word(w->msg + 5 * word);
	w->msg += 8 * word;
	w->msgs--;
}

static __always_inline int at_end(const struct walk *w)
{
	return w->control + CONST(kernel_word) + 8 > w->control_end;
}

static __always_inline int has_fd(const struct walk *w)
{
	return w->fd + sizeof(s32) <= w->fd_end;
}

/* struct cmsghdr; the next begins at a word.  Nonsense is the end. */
static __always_inline void next_control(struct walk *w)
{
	u64 word = CONST(kernel_word), at = w->control, len = read_word(at);
	u32 what[2] = {};

	probe_read_user(what, sizeof(what), (void *)at + word);
	if (len < word + sizeof(what) || len > w->control_end - at) {
		w->control = w->control_end;
		return;
	}
	if (what[0] == SOL_SOCKET && what[1] == SCM_RIGHTS) {
		w->fd = at + word + sizeof(what);
		w->fd_end = at + len;
	}
	w->control = at + ((len + word - 1) & ~(word - 1));
}

/* One control message on, if need be.  True if there is a descriptor. */
static __always_inline int step(struct walk *w, struct sofdsnoop_event *ev)
{
	/* in memory: there are not so many registers */
	asm volatile("" : : "r"(w) : "memory");
	if (!has_fd(w)) {
		if (at_end(w) && w->msgs) {
			next_msg(w);
			ev->fds = 0;
		}
		if (!at_end(w))
			next_control(w);
		if (!has_fd(w))
			return 0;
	}
	probe_read_user(&ev->fd, sizeof(ev->fd), (void *)w->fd);
	w->fd += sizeof(ev->fd);
	ev->fds++;
	return 1;
}

/* Stops, as the kernel does, at what is no descriptor. */
static __always_inline void walk(void *ctx, struct sofdsnoop_event *ev,
				 struct walk *w)
{
	const struct fdtable *fdt = fdtable_current();
	struct file *file;

#pragma unroll
	for (u32 i = 0; i < STEPS; i++) {
		if (!step(w, ev))
			continue;
		file = file_of_fd(fdt, ev->fd);
		ev->result = file ? 0 : -EBADF;
		show(ctx, ev, file);
		if (!file)
			return;
	}
	if (has_fd(w) || !at_end(w) || w->msgs)
		count(STAT_LOST);
}

static __always_inline int enter(const struct probe___enter *ctx, u32 action,
				 u32 many)
{
	struct file *file = file_of_fd(fdtable_current(), ctx->fd);
	struct socket *socket = READ(file, private_data);
	struct passing p = {
		.sk = (u64)READ(socket, sk), .action = action,
		.msg = ctx->msg, .many = many,
	};

	if (!is_unix((void *)p.sk))
		return 0;
	p.socket = inode_of(file);
	return passing_put(&p);
}

SEC("probe/fds")
int on_sendmsg(struct probe___enter *ctx)
{
	return enter(ctx, FD_SEND, 0);
}

SEC("probe/fds")
int on_sendmmsg(struct probe___enter *ctx)
{
	return enter(ctx, FD_SEND, 1);
}

SEC("probe/fds")
int on_recvmsg(struct probe___enter *ctx)
{
	return enter(ctx, FD_RECV, 0);
}

SEC("probe/fds")
int on_recvmmsg(struct probe___enter *ctx)
{
	return enter(ctx, FD_RECV, 1);
}

/* Of many that are sent, those before the one that could not be. */
SEC("probe/fds")
int on_exit(struct probe___return *ctx)
{
	struct passing *found = passing_now(), p;
	struct sofdsnoop_event ev = {};
	struct walk w = {};
	s32 ret = ctx->ret;

	if (!CONST(exit_errors) || !found)
		return 0;
	p = *found;
	passing_end();
	w.msg = p.msg;
	w.msgs = p.many && ret > 0 ? ret : 1;
	if ((ret < 0 && p.action == FD_RECV) || !prepare(&ev, &p))
		return 0;
	walk(ctx, &ev, &w);
	if (ret < 0 && ev.fds) {
		ev.action = FD_FAIL;
		ev.result = ret;
		ev.fd = -1;
		show(ctx, &ev, 0);
	}
	return 0;
}

LICENSE;

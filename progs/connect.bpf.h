/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * connect(2) followed from the call to its outcome: the programs of
 * role_connect_call, role_connect_call_tcp, role_tcp_state, role_tcp_destroy,
 * role_connect_noticed.
 * Before this is included there must be
 *   followed(protocol)	is a socket of this protocol followed?
 *   wanted(ev)		is what has come of it shown?
 *   tells_result()	is what the call returned shown?
 *   caller(ctx)	the caller's stack, as K_USTACK has it
 *
 * A call that begins a handshake is kept under its socket, since the outcome
 * is the socket's: it may come in the call or after it, seen by no thread or
 * by another one.  Any other call is over when it returns, and is kept under
 * its thread.  No error but those that are the same on all machines has a
 * number here: whether a handshake goes on is asked of the socket.
 */
#ifndef SOCKEYE_CONNECT_BPF_H
#define SOCKEYE_CONNECT_BPF_H

#include "progs/connect.h"
#include "progs/sockaddr.bpf.h"

#define EINTR		4
#define EBADF		9
#define EFAULT		14
#define ENOTSOCK	88
#define ENOTSOCK_MIPS	95
#define ERESTARTSYS	512

struct probe___connect {
	struct socket *socket;
	void *uaddr;		/* the kernel's copy */
	u64 len;
} PAI;

struct probe___enter {
	u64 fd;
	void *uaddr;		/* the caller's */
	u64 len;
} PAI;

struct probe___call {
	void *regs;
} PAI;

struct probe___return {
	u64 ret;
} PAI;

struct probe___state {
	struct sock *sk;
	u64 oldstate, newstate;
} PAI;

struct probe___sock {
	struct sock *sk;
} PAI;

struct probe___socket {
	struct socket *socket;
} PAI;

/*
 * A connect(2) without an outcome, or (want_noticed_ns) with one that the
 * process has not asked for.  What is left of these when the tool stops
 * the frontend shows, so the event is whole at any time; event.ns is when the
 * call began.
 */
struct attempt {
	struct connect_event ev;
	u64 outcome_ns;		/* 0: none yet */
	u64 returned;		/* the call has, the handshake goes on */
};

/* How it has: to the program, or for a signal.  Then the kernel may make it
 * again without the program knowing, once the signal was taken: still the same
 * call. */
enum { RETURNED = 1, INTERRUPTED = 2 };

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);		/* --max-sockets */
	__type(key, u64);	/* struct sock *, or thread | BY_THREAD */
	__type(value, struct attempt);
} underway SEC(".maps");

/* No kernel's address: those with this bit have more of the upper ones. */
#define BY_THREAD	(1ull << 63)

/* What a thread's connect(2) is about. */
struct call {
	u64 sk, key;		/* in underway */
	u64 uaddr, len;		/* where the peer has not been read yet */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);		/* --max-sockets */
	__type(key, u64);	/* thread: get_current_pid_tgid() */
	__type(value, struct call);
} calls SEC(".maps");

/* ---- addresses --------------------------------------------------------- */

/* Both ends as the kernel has them; of a socket that lost its peer they are
 * what they were.  By way of the stack: helpers write to it only. */
static __always_inline void refresh_ends(struct attempt *a,
					 const struct sock *sk)
{
	struct flow f = {};

	flow_sock(&f, sk);
	if (!f.rport)
		return;
	copy16(a->ev.flow.laddr, f.laddr);
	copy16(a->ev.flow.raddr, f.raddr);
	a->ev.flow.lport = f.lport;
	a->ev.flow.rport = f.rport;
}

/* ---- rows ------------------------------------------------------------- */

/* Whoever takes it out of the map shows it.  The outcome was at @now. */
static __always_inline void show(void *ctx, u64 key, const struct attempt *a,
				 u64 now)
{
	struct connect_event ev = a->ev;

	if (map_delete(&underway, &key))
		return;
	ev.latency_ns = now - ev.event.ns;
	ev.event.ns = now;
	if (pass(&ev.flow) && wanted(&ev))
		emit(ctx, &ev, sizeof(ev), EVENT_ROW);
}

/* The process asks what has become of it: that socket is polled or used. */
static __always_inline void notice(void *ctx, u64 key)
{
	struct attempt *a = map_lookup(&underway, &key);

	if (!a || !a->returned || !a->outcome_ns)
		return;
	a->ev.noticed_ns = ktime_get_ns() - a->ev.event.ns;
	show(ctx, key, a, a->outcome_ns);
}

/* ---- the call ---------------------------------------------------------- */

static __always_inline int has_handshake(u32 protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_MPTCP ||
	       protocol == IPPROTO_DCCP;
}

static __always_inline int is_connecting(u32 state)
{
	return state == TCP_SYN_SENT || state == TCP_SYN_RECV;
}

/* Is this the call that a signal interrupted? */
static __always_inline int is_restart(u64 key, u64 thread)
{
	struct attempt *a = map_lookup(&underway, &key);

	if (!a || a->returned != INTERRUPTED ||
	    a->ev.flow.tid != (u32)thread)
		return 0;
	a->ev.result = -(s32)CONST(einprogress);
	a->ev.call_ns = 0;
	a->returned = 0;
	return 1;
}

/* False if there was no room; then its end will not be seen. */
static __always_inline int put_call(u64 thread, const struct call *c)
{
	if (!map_update(&calls, &thread, c, BPF_ANY))
		return 1;
	count(STAT_STATE_FULL);
	map_delete(&underway, &c->key);
	return 0;
}

static __always_inline void fill_event(struct connect_event *ev,
				       const struct sock *sk, u32 protocol)
{
	struct owner o = { .birth = ktime_get_ns() };

	owner_current(&o);
	flow_sock(&ev->flow, sk);
	flow_owner(&ev->flow, sk, &o);
	ev->flow.protocol = protocol;
	ev->flow.rport = 0;
	ev->event.ns = o.birth;
	ev->event.len = sizeof(*ev);
	ev->event.type = EVENT_ROW;
	ev->result = ev->final = -(s32)CONST(einprogress);
	((u64 *)ev->flow.raddr)[0] = ((u64 *)ev->flow.raddr)[1] = 0;
}

/* Under its socket if it begins a handshake, else under its thread. */
static __always_inline int put_attempt(const struct attempt *a,
				       struct call *c, u64 thread, u32 state)
{
	s32 err = -EEXIST;	/* see owner_put() */

	if (state == TCP_CLOSE && has_handshake(a->ev.flow.protocol)) {
		c->key = c->sk;
		err = map_update(&underway, &c->key, a, BPF_NOEXIST);
	}
	if (err == -EEXIST) {	/* or another thread connects it just now */
		c->key = thread | BY_THREAD;
		err = map_update(&underway, &c->key, a, BPF_ANY);
	}
	if (err)
		count(STAT_STATE_FULL);
	return !err;
}

static __always_inline int begin_call(void *ctx, struct sock *sk, void *uaddr,
				      u32 len, int user)
{
	u32 protocol = READ_BITS(sk, sk_protocol), family, state;
	const struct sock_common *common = &sk->__sk_common;
	u64 thread = get_current_pid_tgid();
	struct call c = { .sk = (u64)sk };
	struct attempt a = {};

	family = READ(common, skc_family);
	if ((family != AF_INET && family != AF_INET6) || !followed(protocol))
		return 0;
	state = READ(sk, __sk_common.skc_state);
	fill_event(&a.ev, sk, protocol);
	a.ev.ustack = caller(ctx);
	if (!read_peer(&a.ev.flow, &family, uaddr, len, user)) {
		c.uaddr = (u64)uaddr;
		c.len = len;
	}
	if (family != AF_UNSPEC && put_attempt(&a, &c, thread, state))
		put_call(thread, &c);
	return 0;
}

/* To connect(2) again is to ask, too: what came of the attempt before is
 * shown, or this one would find its place taken. */
static __always_inline int begin(void *ctx, struct sock *sk, void *uaddr,
				 u32 len, int user)
{
	struct call c = { .sk = (u64)sk, .key = (u64)sk };
	u64 thread = get_current_pid_tgid();

	if (is_restart(c.key, thread)) {
		put_call(thread, &c);
		return 0;
	}
	notice(ctx, c.key);
	return begin_call(ctx, sk, uaddr, len, user);
}

/* ---- the outcome ------------------------------------------------------- */

/*
 * To what is 0.  The call returns on one CPU while the handshake ends on
 * another: each says so and then asks for the other, and the second must not
 * come before the first, or neither sees the other.  A locked addition keeps
 * them in order (x86, s390x); where it does not, the row is shown as the tool
 * stops.
 */
#define LOCKED_STORE(member, value) __sync_fetch_and_add(&(member), value)

/* What the program will see of it is not known yet.  That of TCP alone can be
 * waited for: its sockets tell their end. */
static __always_inline int may_restart(const struct attempt *a)
{
	return tells_result() && a->returned == INTERRUPTED &&
	       a->ev.flow.protocol == IPPROTO_TCP;
}

/* Whoever made a call that has returned before its outcome has to ask; which
 * is seen of TCP alone. */
static __always_inline void finish(void *ctx, u64 key, struct attempt *a,
				   u64 now)
{
	if (may_restart(a))
		a->ev.latency_ns = now - a->ev.event.ns;
	else if (CONST(want_noticed_ns) && a->outcome_ns &&
		 !a->ev.noticed_ns && a->ev.flow.protocol == IPPROTO_TCP)
		a->ev.latency_ns = now - a->ev.event.ns;
	else
		show(ctx, key, a, now);
}

/*
 * The call returns.  It has the last word where the state has not told why
 * (no free port), or nothing at all (no handshake).  on_state() tells before
 * the state is stored, so what connects no longer has an outcome.
 */
static __always_inline void end(void *ctx, const struct call *c,
				struct attempt *a, s32 ret)
{
	const struct sock *sk = (void *)c->sk;
	const struct inet_sock *inet = (void *)c->sk;
	u64 now = ktime_get_ns(), how = RETURNED;
	u32 state = READ(sk, __sk_common.skc_state);

	if (ret == -ERESTARTSYS) {
		ret = -EINTR;
		how = INTERRUPTED;
	}
	a->ev.call_ns = now - a->ev.event.ns;
	a->ev.result = ret;
	if (!ret || is_connecting(state))
		refresh_ends(a, sk);
	if (!a->ev.flow.lport)	/* of a failed UDP connect */
		a->ev.flow.lport = ntohs(READ(inet, inet_sport));
	if (c->key == c->sk && !a->outcome_ns && is_connecting(state)) {
		LOCKED_STORE(a->returned, how);
		if (!a->outcome_ns)
			return;
	}
	if (ret == -(s32)CONST(einprogress) ||
	    (how == INTERRUPTED && c->key == c->sk))
		a->returned = how;
	if (!a->returned)
		a->ev.noticed_ns = a->ev.call_ns;
	if (a->outcome_ns)
		now = a->outcome_ns;
	if (!a->outcome_ns || a->ev.final == -(s32)CONST(einprogress))
		a->ev.final = ret;
	finish(ctx, c->key, a, now);
}

/* The call of the thread at hand returns: @c is forgotten. */
static __always_inline int take_call(struct call *c)
{
	u64 thread = get_current_pid_tgid();
	struct call *found = map_lookup(&calls, &thread);

	if (!found)
		return 0;
	*c = *found;
	map_delete(&calls, &thread);
	return 1;
}

SEC("probe/connect")
int on_connect(struct probe___connect *ctx)
{
	return begin(ctx, READ(ctx->socket, sk), ctx->uaddr, ctx->len, 0);
}

SEC("probe/connect")
int on_connect_return(struct probe___return *ctx)
{
	struct call c = {};
	struct attempt *a;

	if (!take_call(&c))
		return 0;
	a = map_lookup(&underway, &c.key);
	if (a)
		end(ctx, &c, a, ctx->ret);
	return 0;
}

/* ---- where no function can be probed: system calls --------------------- */

/* Calls that did not get as far as a socket. */
static __always_inline int never_was(s32 ret)
{
	return ret == -EBADF || ret == -EFAULT || ret == -ENOTSOCK ||
	       ret == -ENOTSOCK_MIPS;
}

/* What could not be read before the call; false if it is no address. */
static __always_inline int read_late(struct attempt *a, const struct call *c)
{
	struct flow f = {};
	u32 family = AF_INET;

	if (!c->uaddr)
		return 1;
	read_peer(&f, &family, (void *)c->uaddr, c->len, 1);
	copy16(a->ev.flow.raddr, f.raddr);
	a->ev.flow.rport = f.rport;
	return family != AF_UNSPEC;
}

static __always_inline int leave(void *ctx, s32 ret)
{
	struct call c = {};
	struct attempt *a;

	if (!take_call(&c))
		return 0;
	a = map_lookup(&underway, &c.key);
	if (!a)
		return 0;
	if (never_was(ret) || !read_late(a, &c))
		map_delete(&underway, &c.key);
	else
		end(ctx, &c, a, ret);
	return 0;
}

SEC("probe/connect")
int on_connect_enter(struct probe___enter *ctx)
{
	return begin(ctx, sock_of_fd(ctx->fd), ctx->uaddr, ctx->len, 1);
}

/* net.h: what socketcall(2) is called for. */
enum { SYS_CONNECT = 3 };

/* Entering any system call, where connect(2) may be a socketcall(2). */
SEC("probe/connect")
int on_connect_enter_call(struct probe___call *ctx)
{
	u64 word = CONST(kernel_word), fd = 0, uaddr = 0, len = 0;
	void *arg = ctx->regs + CONST(call_arg);
	void *more = ctx->regs + CONST(call_arg2);
	u32 nr = 0;

	probe_read(&nr, sizeof(nr), ctx->regs + CONST(call_nr));
	nr &= 0xffff;
	if (nr != CONST(nr_socketcall) && nr != CONST(nr_connect))
		return 0;
	probe_read(LOW_BYTES(fd, word), word, arg);
	probe_read(LOW_BYTES(uaddr, word), word, more);
	if (nr == CONST(nr_connect)) {
		probe_read(LOW_BYTES(len, word), word, more + word);
	} else {
		if (fd != SYS_CONNECT)
			return 0;
		arg = (void *)uaddr;	/* an array of them */
		probe_read_user(LOW_BYTES(fd, word), word, arg);
		probe_read_user(LOW_BYTES(uaddr, word), word, arg + word);
		probe_read_user(LOW_BYTES(len, word), word, arg + 2 * word);
	}
	return begin(ctx, sock_of_fd(fd), (void *)uaddr, len, 1);
}

SEC("probe/connect")
int on_connect_exit(struct probe___return *ctx)
{
	s32 ret = ctx->ret;

	/* MIPS tells errors without their sign */
	return leave(ctx, ret > 0 ? -ret : ret);
}

/* ---- the socket -------------------------------------------------------- */

/*
 * A handshake ends: sk_err tells why it failed (tcp_reset(), tcp_write_err(),
 * tcp_v4_err() set it first) unless the process gave up.
 */
SEC("probe/state")
int on_state(struct probe___state *ctx)
{
	struct sock *sk = ctx->sk;
	u32 newstate = ctx->newstate;
	u64 key = (u64)sk, now;
	struct attempt *a;
	s32 err = 0;

	a = map_lookup(&underway, &key);
	if (!a || a->outcome_ns)
		return 0;
	if (newstate == TCP_SYN_SENT)
		a->ev.handshake = 1;
	if (newstate == TCP_SYN_SENT || newstate == TCP_SYN_RECV)
		return 0;
	if (newstate == TCP_CLOSE) {
		err = READ(sk, sk_err);
		if (!err)
			err = CONST(einprogress);
	}
	now = ktime_get_ns();
	refresh_ends(a, sk);
	a->ev.final = -err;
	LOCKED_STORE(a->outcome_ns, now);
	if (a->returned)
		finish(ctx, key, a, now);
	return 0;
}

/* An outcome that nobody saw. */
SEC("probe/destroy")
int on_destroy(struct probe___sock *ctx)
{
	u64 key = (u64)ctx->sk, now;
	struct attempt *a = map_lookup(&underway, &key);

	if (!a)
		return 0;
	now = a->outcome_ns;
	show(ctx, key, a, now ? now : ktime_get_ns());
	return 0;
}

/* ---- the process ------------------------------------------------------- */

SEC("probe/noticed")
int on_poll(struct probe___socket *ctx)
{
	notice(ctx, (u64)READ(ctx->socket, sk));
	return 0;
}

SEC("probe/noticed")
int on_use(struct probe___sock *ctx)
{
	notice(ctx, (u64)ctx->sk);
	return 0;
}

#endif

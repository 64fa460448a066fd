/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What programs share that follow TCP sockets through their states
 * (role_tcp_state, role_tcp_destroy): from where to where, who owns them, and
 * what went through them.
 */
#ifndef SOCKEYE_SESSION_BPF_H
#define SOCKEYE_SESSION_BPF_H

#include "progs/session.h"
#include "progs/sock.bpf.h"

struct probe___state {
	struct sock *sk;
	u64 oldstate, newstate;
} PAI;

struct probe___sock {
	struct sock *sk;
} PAI;

/* tcp_set_state() as a function is not given the state it ends. */
static __always_inline u32 oldstate_of(struct probe___state *ctx)
{
	if (EXISTS(ctx->oldstate))
		return ctx->oldstate;
	return READ(ctx->sk, __sk_common.skc_state);
}

/* Its congestion control algorithm to the event member @to, which is zeroed. */
static __always_inline void session_cc(char to[16], const struct sock *sk)
{
	const struct inet_connection_sock *icsk = (const void *)sk;
	const struct tcp_congestion_ops *ops = 0;
	char name[16] __attribute__((aligned(8))) = {};

	if (!EXISTS(icsk->icsk_ca_ops) || !EXISTS(ops->name))
		return;
	ops = READ(icsk, icsk_ca_ops);
	probe_read(name, sizeof(name), &ops->name);
	copy16(to, name);
}

/* When a connection began that is accepted @now, and whose handshake was not
 * seen to end (owner_nobody()): with TCP Fast Open it is not over yet, else
 * the connection is older than the tool. */
static __always_inline u64 birth_accepted(const struct sock *sk, u64 now)
{
	return READ(sk, __sk_common.skc_state) == TCP_SYN_RECV ? now : 0;
}

/* The handshake was not over. */
static __always_inline int is_opening(u32 oldstate)
{
	return oldstate == TCP_SYN_SENT || oldstate == TCP_SYN_RECV;
}

/* When a TCP session begins, is shut down or ends: the state it leaves; 0 at
 * other changes. */
static __always_inline u32 session_left(struct probe___state *ctx)
{
	const u32 states = 1u << TCP_SYN_SENT | 1u << TCP_ESTABLISHED |
			   1u << TCP_FIN_WAIT1 | 1u << TCP_LAST_ACK |
			   1u << TCP_CLOSE;
	u32 newstate = ctx->newstate, oldstate;

	if (newstate > TCP_LISTEN || !(1u << newstate & states))
		return 0;
	oldstate = oldstate_of(ctx);
	if (oldstate == TCP_LISTEN || oldstate == newstate || !is_tcp(ctx->sk))
		return 0;
	return oldstate;
}

static __always_inline u64 is_kernel_thread(void)
{
	struct task_struct *task = (void *)get_current_task();

	return EXISTS(task->flags) ? READ(task, flags) & PF_KTHREAD : 0;
}

/*
 * What @newstate, any of session_left()'s but CLOSE, tells of the owner, as
 * owner_set() and owner_nobody() do, with an end in common.  close(2) and
 * shutdown(2) move to FIN_WAIT1 and LAST_ACK: the process at hand has the
 * socket, unless it is a thread of the kernel's, which does so for others
 * (MPTCP, descriptors that nobody has received).  With TCP Fast Open that may
 * be how the handshake is left.  False if there was no room.
 */
static __always_inline int owner_follow(const struct sock *sk, u32 oldstate,
					u32 newstate)
{
	struct owner o = {}, *known;
	u64 how = BPF_ANY;
	int seeded = 0;

	if (newstate == TCP_ESTABLISHED) {
		if (oldstate != TCP_SYN_RECV)
			return 1;
		/* with TCP Fast Open it may have been accepted already */
		how = BPF_NOEXIST;
		o.birth = ktime_get_ns();
	} else if (newstate == TCP_SYN_SENT) {
		o.birth = ktime_get_ns();
		o.flags = OWNER_ACTIVE;
	} else {
		if (is_kernel_thread())
			return 1;
		known = owner_known(sk);
		if (known) {
			if (!known->pid)
				owner_current(known);
			return 1;
		}
		seeded = owner_take_seed(&o, sk);
		if (oldstate == TCP_SYN_RECV)
			o.birth = ktime_get_ns();
	}
	if (newstate != TCP_ESTABLISHED && !seeded)
		owner_current(&o);
	return owner_put((u64)sk, &o, how);
}

/* 1 or 0. */
static __always_inline u64 is_among(u32 state, u32 states)
{
	return (states >> (state & 15)) & 1;
}

/* A connection is active when this end connected.  Of one that is older than
 * the tool: what a listener has accepted keeps a copy of its backlog. */
static __always_inline u64 is_active(const struct sock *sk,
				     const struct owner *o)
{
	if (o->birth)
		return o->flags & OWNER_ACTIVE;
	if (!EXISTS(sk->sk_max_ack_backlog))
		return 0;
	return 1 - nonzero(READ(sk, sk_max_ack_backlog));
}

/* tcp_ack() moves a socket on only once our FIN is acknowledged. */
static __always_inline u64 is_fin_acked(const struct sock *sk, u32 oldstate)
{
	return is_among(oldstate, 1u << TCP_FIN_WAIT2) |
	       (is_among(oldstate, 1u << TCP_LAST_ACK | 1u << TCP_CLOSING) &
		(1 - nonzero(READ(sk, sk_err))));
}

/* Our FIN is the last of the write queue, and has a sequence number.  Where
 * that cannot be read, only what was acknowledged counts. */
static __always_inline u64 is_fin_sent(const struct sock *sk, u32 oldstate,
				       u32 snd_nxt)
{
	const struct tcp_sock *tp = (const void *)sk;

	if (!EXISTS(tp->snd_nxt))
		return is_fin_acked(sk, oldstate);
	return is_among(oldstate, 1u << TCP_FIN_WAIT2) |
	       (is_among(oldstate, 1u << TCP_FIN_WAIT1 | 1u << TCP_LAST_ACK |
				   1u << TCP_CLOSING) &
		(1 - nonzero(snd_nxt ^ READ(tp, write_seq))));
}

/* 4.19; one without the other says nothing. */
static __always_inline int has_sent(const struct tcp_sock *tp)
{
	return EXISTS(tp->bytes_sent) && EXISTS(tp->bytes_retrans);
}

/*
 * Of @seq, what the sequence numbers say has gone out, and @sent, bytes_sent -
 * bytes_retrans.  The latter is more where a qdisc or a packet filter of this
 * host drops: a segment is counted before it is given to them, is not out
 * then, and is counted again when it is tried again.  The former has what an
 * earlier connection of a socket has left (tcp_disconnect() leaves snd_nxt,
 * and before 5.2 bytes_acked), and is not whole without snd_nxt.
 */
static __always_inline u64 tx_once(const struct tcp_sock *tp,
				   const struct owner *o, u64 seq, u64 sent)
{
	__s64 less = seq - sent;	/* if negative */

	if (!has_sent(tp))
		return seq;
	if (!o->birth && less == -1)
		return sent;	/* is_active() was wrong: listen(fd, 0) */
	return EXISTS(tp->snd_nxt) ? sent + (less & is_negative(less)) : sent;
}

/* What the application was given to send: what went out, each byte once; where
 * neither bytes_sent nor snd_nxt can be read, what was acknowledged.
 * @oldstate: of a session that ends, else the one it is in. */
static __always_inline u64 tx_bytes(const struct sock *sk,
				    const struct owner *o, u32 oldstate)
{
	const struct tcp_sock *tp = (const void *)sk;
	u64 seq = READ(tp, bytes_acked), sent = 0;
	u32 snd_nxt = 0;
	__s64 in_flight;

	if (EXISTS(tp->snd_nxt)) {
		snd_nxt = READ(tp, snd_nxt);
		in_flight = (s32)(snd_nxt - READ(tp, snd_una));
		/* without the lock an ACK may have come in between */
		seq += in_flight & ~is_negative(in_flight);
	}
	seq -= nonzero(seq) & is_active(sk, o);
	seq -= nonzero(seq) & is_fin_sent(sk, oldstate, snd_nxt);
	if (has_sent(tp))
		sent = READ(tp, bytes_sent) - READ(tp, bytes_retrans);
	return tx_once(tp, o, seq, sent);
}

/* tcp_rcv_nxt_update() counts the peer's FIN as a byte. */
static __always_inline u64 rx_bytes(const struct sock *sk)
{
	u64 n = READ((const struct tcp_sock *)sk, bytes_received);

	return n - (nonzero(n) & is_done(sk));
}

/* ---- how they end ----------------------------------------------------- */

#define EPIPE 32
/* of most machines, and of MIPS, where those of the others are unused; no
 * other error of a socket has the numbers of MIPS elsewhere */
#define IS_ECONNABORTED(e)	((e) == 103 || (e) == 130)
#define IS_ECONNRESET(e)	((e) == 104 || (e) == 131)

/*
 * sk_err is set before the state becomes CLOSE by what the peer or the network
 * does (tcp_reset(), tcp_write_err(), tcp_abort()), after it or not at all by
 * the process itself (tcp_disconnect(), tcp_close()).  A FIN of ours that was
 * acknowledged, with nothing wrong, is an orderly end; all that a process does
 * earlier is a reset.
 */
static __always_inline u8 how_ended(u32 oldstate, u32 err)
{
	if (IS_ECONNRESET(err) || err == EPIPE)
		return HOW_RST_RCVD;
	if (IS_ECONNABORTED(err))
		return HOW_RST_SENT;
	if (err)
		return HOW_TIMEOUT;
	if (oldstate == TCP_FIN_WAIT2 || oldstate == TCP_LAST_ACK ||
	    oldstate == TCP_CLOSING || oldstate == TCP_TIME_WAIT)
		return HOW_FIN;
	return HOW_RST_SENT;
}

/*
 * A FIN of ours that went out before the peer's came shows in the state; of a
 * session in which there was none, who reset it.
 */
static __always_inline u8 closed_first(u32 oldstate, u8 how)
{
	switch (oldstate) {
	case TCP_FIN_WAIT1:
	case TCP_FIN_WAIT2:
	case TCP_TIME_WAIT:
		return FIRST_LOCAL;
	case TCP_CLOSE_WAIT:
	case TCP_LAST_ACK:
		return FIRST_REMOTE;
	case TCP_CLOSING:
		return FIRST_BOTH;
	}
	return how == HOW_RST_SENT ? FIRST_LOCAL :
	       how == HOW_RST_RCVD ? FIRST_REMOTE : FIRST_NONE;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * DNS in the memory of processes that write it to sockets, and read it there:
 * over TCP, whose packets have their data in pages, and datagrams of which a
 * device has put a part there.
 *
 * Over TCP each message stands behind its length (RFC 1035, 4.2.2).  Writes
 * and reads may be of any part of that.  A message is looked at once it is
 * whole, where its first byte is; what of it stands elsewhere is left out.
 */
#ifndef SOCKEYE_DNSCALL_BPF_H
#define SOCKEYE_DNSCALL_BPF_H

#include "progs/msg.bpf.h"
#include "progs/query.bpf.h"

/* Most messages, or parts of them, of a call. */
#define PARTS 4

struct probe___dns_send {
	struct sock *sk;
	struct msghdr *msg;
	u64 size;
} PAI;

struct probe___dns_receive {
	struct socket *socket;
	struct msghdr *msg;
	u64 size, flags;
} PAI;

/* System calls, with the names that they give their arguments. */
struct probe___dns_call {
	u64 fd;
	u64 buf, count;		/* read(2) and the like */
	u64 vec, vlen;		/* writev(2) */
	u64 msg;		/* struct msghdr of recvmsg(2) and the like */
	u64 uaddr;		/* struct sockaddr of recvfrom(2) */
	u64 flags;		/* of these two */
} PAI;

struct probe___dns_return {
	u64 ret;
} PAI;

/* A message over TCP of which there is more to come. */
struct partial {
	u64 at;			/* where it begins */
	u32 have;		/* how much is there, in one piece */
	u16 len;
	u16 left;		/* to come; 0: between two messages */
};

/* By partial_key(). */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);		/* --max-sockets */
	__type(key, u64);
	__type(value, struct partial);
} partials SEC(".maps");

/* What a call writes, or is to read; what of that is still to be looked at. */
struct dns_call {
	u64 sk;
	u64 uaddr;		/* where the peer's address is, or goes */
	u64 at, left;		/* of the buffer at hand */
	u64 vec, vlen;		/* struct iovec: the next ones */
	u64 bytes;		/* how much there is in them */
	u64 user;		/* .uaddr and .vec are in the process's memory,
				   not in the kernel's */
	struct partial part;
	u64 key;		/* of that */
	u64 net;		/* namespace, for query_key() */
};

/* By thread; not on the stack, which is an event's. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);		/* --max-sockets */
	__type(key, u64);
	__type(value, struct dns_call);
} dns_calls SEC(".maps");

/* Of a direction of a connection, and none that follows it. */
static __always_inline u64 partial_key(u64 sk, u16 lport, int sent)
{
	return sk ^ (u64)lport << 48 ^ !!sent;
}

/* ---- what a call is about ------------------------------------------------ */

/* CONST(kernel_word), but not kept for the next time: there is no room. */
static __always_inline u64 word_size(void)
{
	u64 word;

	asm volatile("%0 = kernel_word ll" : "=r"(word));
	return word;
}

/* Word number @i from @at on.  Not by LOW_BYTES(), which takes from the stack's
 * address what is no constant here. */
static __always_inline u64 word_at(u64 at, u32 i, int user)
{
	u64 word = word_size(), v = 0;

	COPY(user, &v, word, (void *)at + i * word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	v >>= 8 * (sizeof(v) - word);
#endif
	return v;
}

/* The socket behind @fd, if it is one. */
static __always_inline struct sock *ip_sock_of_fd(u32 fd)
{
	struct file *file = file_of_fd(fdtable_current(), fd);
	struct socket *socket = READ(file, private_data);
	struct sock *sk = READ(socket, sk);
	const struct sock_common *c = &sk->__sk_common;
	u16 family;

	if (!sk || (EXISTS(socket->file) && READ(socket, file) != file))
		return 0;
	family = READ(c, skc_family);
	return family == AF_INET || family == AF_INET6 ? sk : 0;
}

/* 0: it is not connected. */
static __always_inline u16 peer_port(const struct sock *sk)
{
	const struct sock_common *c = &sk->__sk_common;

	return ntohs(READ(c, skc_dport));
}

/* The ends of its socket; the peer's of one that is not connected is where the
 * call has put it. */
static __always_inline void flow_call(struct flow *f, const struct dns_call *c)
{
	const struct sock *sk = (const void *)c->sk;
	u32 family = 0;

	flow_sock(f, sk);
	f->protocol = READ_BITS(sk, sk_protocol);
	if (!f->rport && c->uaddr)
		read_peer(f, &family, (void *)c->uaddr, 28, c->user);
}

static __always_inline int is_stream(const struct flow *f)
{
	return f->protocol == IPPROTO_TCP && f->rport == DNS_PORT;
}

/* ---- messages of a stream ------------------------------------------------ */

static __always_inline void next_buffer(struct dns_call *c)
{
	u64 len;

	if (c->left || !c->vlen || !c->bytes)
		return;
	c->at = word_at(c->vec, 0, c->user);	/* struct iovec */
	len = word_at(c->vec, 1, c->user);
	if (len > c->bytes)
		len = c->bytes;
	c->left = len;
	c->bytes -= len;
	c->vec += 2 * word_size();
	c->vlen--;
}

/* True if the message of c->part is whole now. */
static __always_inline int next_part(struct dns_call *c)
{
	struct partial *p = &c->part;
	u64 n;

	next_buffer(c);
	if (!p->left) {
		u16 len = 0;

		if (c->left < sizeof(len))	/* half of it: not followed */
			return 0;
		probe_read_user(&len, sizeof(len), (void *)c->at);
		p->len = p->left = ntohs(len);
		p->have = 0;
		c->at += sizeof(len);
		c->left -= sizeof(len);
	}
	n = c->left < p->left ? c->left : p->left;
	if (!n)
		return 0;
	if (!p->have)
		p->at = c->at;
	if (p->at + p->have == c->at)
		p->have += n;
	p->left -= n;
	c->at += n;
	c->left -= n;
	return !p->left && p->have >= DNS_HEADER;
}

static __always_inline void partial_get(struct dns_call *c, u16 lport,
					int sent)
{
	u64 key = partial_key(c->sk, lport, sent);
	struct partial *found = map_lookup(&partials, &key);

	c->key = key;
	c->net = (u64)net_of_sock((const void *)c->sk);
	if (found)
		c->part = *found;
}

static __always_inline void partial_put(const struct dns_call *c)
{
	struct partial p;
	u64 key = c->key;

	asm volatile("" : "+r"(c));	/* from here on: see copy16() */
	p = c->part;
	/* more messages in a call than are looked for, or half of a length */
	if (c->left || (c->vlen && c->bytes))
		count(STAT_STATE_FULL);
	if (!p.left)
		map_delete(&partials, &key);
	else if (map_update(&partials, &key, &p, BPF_ANY))
		count(STAT_STATE_FULL);
}

/* What is the same for all messages is not kept from one to the next, which
 * would take more of the stack than there is. */
static __always_inline struct message next_message(struct dns_call *c)
{
	struct message m = { .user = 1 };

	asm volatile("" ::: "memory");
	if (next_part(c)) {
		m.at = (const u8 *)c->part.at;
		m.len = c->part.have;
	}
	return m;
}

static __always_inline void stream_wrote(struct dns_call *c,
					 struct gethostlatency_event *ev)
{
	partial_get(c, ev->flow.lport, 1);
#pragma unroll
	for (u32 i = 0; i < PARTS; i++) {
		struct message m = next_message(c);

		if (m.len)
			query_sent(ev, (const void *)c->net, &m);
	}
	partial_put(c);
}

static __always_inline void stream_read(void *ctx, struct dns_call *c,
					struct gethostlatency_event *ev)
{
	partial_get(c, ev->flow.lport, 0);
#pragma unroll
	for (u32 i = 0; i < PARTS; i++) {
		struct message m = next_message(c);

		if (m.len != c->part.len)	/* it may be cut off */
			m.len = m.len ? DNS_HEADER : 0;
		if (m.len)
			answer_came(ctx, ev, (const void *)c->net, &m);
	}
	partial_put(c);
}

/* A datagram: whose answer could not be read as it came is still awaited. */
static __always_inline void datagram_read(void *ctx, struct dns_call *c,
					  struct gethostlatency_event *ev)
{
	struct message m;

	next_buffer(c);
	m = (struct message){ (const u8 *)c->at, c->left, 1 };
	if (m.len >= DNS_HEADER)
		answer_came(ctx, ev, net_of_sock((const void *)c->sk), &m);
}

/* ---- the calls ----------------------------------------------------------- */

/* A call of the thread at hand, of which no more is known yet than that. */
static __always_inline struct dns_call *call_begin(const struct sock *sk,
						   int user)
{
	struct dns_call call = { .sk = (u64)sk, .user = user };
	u64 thread = get_current_pid_tgid();

	if (map_update(&dns_calls, &thread, &call, BPF_ANY))
		count(STAT_STATE_FULL);
	return map_lookup(&dns_calls, &thread);
}

/* Its thread is asked for again: there is no room to keep it. */
static __always_inline void call_end(void)
{
	u64 thread = get_current_pid_tgid();

	map_delete(&dns_calls, &thread);
}

static __always_inline struct dns_call *call_found(void)
{
	u64 thread = get_current_pid_tgid();

	return map_lookup(&dns_calls, &thread);
}

/* Over TCP, to a name server?  With TCP Fast Open nothing tells yet where it
 * is sent from: the answer would not be found. */
static __always_inline int writes_stream(const struct sock *sk)
{
	return is_tcp(sk) && peer_port(sk) == DNS_PORT;
}

static __always_inline int write_shown(struct dns_call *c)
{
	struct gethostlatency_event ev = {};

	flow_call(&ev.flow, c);
	if (is_stream(&ev.flow) && ev.flow.lport != DNS_PORT &&
	    query_begin(&ev, (const void *)c->sk))
		stream_wrote(c, &ev);
	call_end();
	return 0;
}

/* From where may an answer come? */
static __always_inline int reads_dns(const struct sock *sk)
{
	u16 rport = peer_port(sk);

	return rport ? is_dns(rport) : !is_tcp(sk);
}

static __always_inline void read_shown(void *ctx, struct dns_call *c,
				       u64 bytes)
{
	struct gethostlatency_event ev = {};

	if (c->left > bytes)
		c->left = bytes;
	c->bytes = bytes - c->left;
	flow_call(&ev.flow, c);
	if (is_stream(&ev.flow))
		stream_read(ctx, c, &ev);
	else if (ev.flow.protocol == IPPROTO_UDP && is_dns(ev.flow.rport))
		datagram_read(ctx, c, &ev);
}

/* There is no more to come. */
static __always_inline void stream_ended(const struct dns_call *c)
{
	u16 lport = sk_port((const void *)c->sk);
	u64 key = partial_key(c->sk, lport, 0);

	map_delete(&partials, &key);
	key = partial_key(c->sk, lport, 1);
	map_delete(&partials, &key);
}

static __always_inline int leave(void *ctx, s32 ret)
{
	struct dns_call *c = call_found();

	if (!c)
		return 0;
	if (ret > 0)
		read_shown(ctx, c, ret);
	else if (!ret)
		stream_ended(c);
	call_end();
	return 0;
}

/* ---- functions ----------------------------------------------------------- */

/* What the kernel has of it, @size bytes. */
static __always_inline void call_of_msg(struct dns_call *c, const void *msg,
					u64 size)
{
	struct buffer b = {};
	u64 from = buffer_of_msg(&b, msg, size);

	c->at = b.at;
	c->left = b.len < size ? b.len : size;
	c->bytes = size - c->left;
	if (from) {
		c->vec = from + 2 * word_size();
		c->vlen = ~0ull;	/* .bytes tells the end */
	}
	c->uaddr = word_at((u64)msg, 0, 0);	/* msg_name */
}

/* tcp_sendmsg */
SEC("probe/dns")
int on_dns_send(struct probe___dns_send *ctx)
{
	struct dns_call *c;

	if (!writes_stream(ctx->sk))
		return 0;
	c = call_begin(ctx->sk, 0);
	if (!c)
		return 0;
	call_of_msg(c, ctx->msg, ctx->size);
	return write_shown(c);
}

/* inet_recvmsg, inet6_recvmsg: what came is known as they return. */
SEC("probe/dns")
int on_dns_receive(struct probe___dns_receive *ctx)
{
	const struct sock *sk = READ(ctx->socket, sk);
	struct dns_call *c;

	/* what is looked at is read later */
	if (ctx->flags & (MSG_PEEK | MSG_TRUNC) || !reads_dns(sk))
		return 0;
	c = call_begin(sk, 0);
	if (c)
		call_of_msg(c, ctx->msg, ctx->size);
	return 0;
}

SEC("probe/dns")
int on_dns_return(struct probe___dns_return *ctx)
{
	return leave(ctx, ctx->ret);
}

/* ---- where no function can be probed: system calls ----------------------- */

/* What the process says of it. */
static __always_inline void call_of_args(struct dns_call *c,
					 const struct probe___dns_call *ctx)
{
	if (EXISTS(ctx->msg)) {
		c->uaddr = word_at(ctx->msg, 0, 1);	/* msg_name */
		c->vec = word_at(ctx->msg, 2, 1);	/* msg_iov */
		c->vlen = word_at(ctx->msg, 3, 1);	/* msg_iovlen */
	} else if (EXISTS(ctx->vec)) {
		c->vec = ctx->vec;
		c->vlen = ctx->vlen;
	} else {
		c->at = ctx->buf;
		c->left = ctx->count;
		asm volatile("");	/* a store of its own: see copy16() */
	}
	c->bytes = ~0ull;
	if (EXISTS(ctx->uaddr))
		c->uaddr = ctx->uaddr;
}

/* write(2) and its kin are entered.  Where on_dns_exit() cannot tell answers
 * there are to be no queries either. */
SEC("probe/dns")
int on_dns_write(struct probe___dns_call *ctx)
{
	const struct sock *sk = ip_sock_of_fd(ctx->fd);
	struct dns_call *c;

	if (!CONST(exit_errors) || !sk || !writes_stream(sk))
		return 0;
	c = call_begin(sk, 1);
	if (!c)
		return 0;
	call_of_args(c, ctx);
	return write_shown(c);
}

/* read(2) and its kin. */
SEC("probe/dns")
int on_dns_read(struct probe___dns_call *ctx)
{
	const struct sock *sk;
	struct dns_call *c;

	if (EXISTS(ctx->flags) && ctx->flags & (MSG_PEEK | MSG_TRUNC))
		return 0;
	sk = ip_sock_of_fd(ctx->fd);
	if (!sk || !reads_dns(sk))
		return 0;
	c = call_begin(sk, 1);
	if (c)
		call_of_args(c, ctx);
	return 0;
}

SEC("probe/dns")
int on_dns_exit(struct probe___dns_return *ctx)
{
	return CONST(exit_errors) ? leave(ctx, ctx->ret) : 0;
}

#endif

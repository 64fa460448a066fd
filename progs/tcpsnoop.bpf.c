/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Packets of TCP sockets, as they are handed to IP and come from there. */
#include "progs/owner.bpf.h"
#include "progs/tcpsnoop.h"

struct probe___packet {
	struct sock *sk;	/* not where packets are queued to a device */
	struct sk_buff *skb;
} PAI;

#define TCPHDR_SYN 2

/* include/uapi/linux/tcp.h, in network order */
struct header {
	u16 source, dest;
	u32 seq, ack_seq;
	u8 doff;		/* the upper four bits, in words */
	u8 flags;
	u16 window;
};

/* What this processor has shown. */
struct shown {
	u64 second;		/* now */
	u64 rows;		/* in it */
	u64 passed;		/* packets, altogether */
	u64 skipped;		/* of them, since the last row */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct shown);
} shown SEC(".maps");

/* Is it one of --sample's, and not above --rate?  Then *@skipped were not. */
static __always_inline int is_due(u32 *skipped)
{
	u64 second = ktime_get_ns() / 1000000000;
	u32 key = 0;
	struct shown *s = map_lookup(&shown, &key);

	if (!s)
		return 0;
	if (s->second != second) {
		s->second = second;
		s->rows = 0;
	}
	if (s->passed++ % CONST(sample) || s->rows >= CONST(rate)) {
		s->skipped++;
		return 0;
	}
	s->rows++;
	*skipped = s->skipped;
	s->skipped = 0;
	return 1;
}

/* The window of a SYN is not scaled (RFC 7323). */
static __always_inline u32 window(const struct sock *sk,
				  const struct header *th, u8 dir)
{
	const struct tcp_sock *tp = (const void *)sk;
	u32 win = ntohs(th->window);

	if (th->flags & TCPHDR_SYN)
		return win;
	return win << (dir == SNOOP_IN ? READ_BITS(tp, rx_opt.snd_wscale) :
					 READ_BITS(tp, rx_opt.rcv_wscale));
}

/* A SYN comes to a listener, which has no peer: the headers tell. */
static __always_inline void flow_headers(struct flow *f,
					 const struct sk_buff *skb,
					 const struct header *th)
{
	unsigned char *ip = READ(skb, head) + READ(skb, network_header);
	u8 version = 0;
	u32 addr[2] = {};

	f->rport = ntohs(th->source);
	probe_read(&version, 1, ip);
	if (version >> 4 == 4) {
		probe_read(addr, 8, ip + 12);	/* saddr, daddr */
		map_v4(f->raddr, addr[0]);
		map_v4(f->laddr, addr[1]);
	} else {
		probe_read(f->raddr, 16, ip + 8);
		probe_read(f->laddr, 16, ip + 24);
	}
}

/* @size bytes from the header of TCP at @from on. */
static __always_inline int packet(void *ctx, const struct sock *sk,
				  const struct sk_buff *skb, const void *from,
				  u32 size, u8 dir)
{
	struct tcpsnoop_event ev = {};
	struct owner known = {};
	struct header th = {};

	probe_read(&th, sizeof(th), from);
	owner_copy(&known, sk);
	flow_sock(&ev.flow, sk);
	flow_owner(&ev.flow, sk, &known);
	if (READ(sk, __sk_common.skc_state) == TCP_LISTEN)
		flow_headers(&ev.flow, skb, &th);
	if (!pass(&ev.flow) || !is_due(&ev.skipped))
		return 0;
	ev.event.ns = ktime_get_ns();
	ev.seq = ntohl(th.seq);
	ev.ack = ntohl(th.ack_seq);
	ev.len = size - (th.doff >> 4) * 4;
	ev.win = window(sk, &th, dir);
	ev.flags = th.flags & 63;
	ev.dir = dir;
	emit(ctx, &ev, sizeof(ev), EVENT_ROW);
	return 0;
}

/* There the data of a packet begins with the header of TCP. */
static __always_inline int at_data(struct probe___packet *ctx, u8 dir)
{
	const struct sk_buff *skb = ctx->skb;

	if (!is_tcp(ctx->sk))
		return 0;
	return packet(ctx, ctx->sk, skb, READ(skb, data), READ(skb, len), dir);
}

SEC("probe/in")
int on_in(struct probe___packet *ctx)
{
	return at_data(ctx, SNOOP_IN);
}

SEC("probe/out")
int on_out(struct probe___packet *ctx)
{
	return at_data(ctx, SNOOP_OUT);
}

/* With the headers before it.  What is no socket yet, or none any more, is
 * another structure; the kernel answers for none by a raw one of its own. */
SEC("probe/out")
int on_queue(struct probe___packet *ctx)
{
	const struct sk_buff *skb = ctx->skb;
	const struct sock *sk = READ(skb, sk);
	unsigned char *th;
	u8 state;

	if (!sk)
		return 0;
	state = READ(sk, __sk_common.skc_state);
	if (state == TCP_NEW_SYN_RECV || state == TCP_TIME_WAIT || !is_tcp(sk) ||
	    is_raw(sk))
		return 0;
	th = READ(skb, head) + READ(skb, transport_header);
	return packet(ctx, sk, skb, th,
		      READ(skb, len) - (th - READ(skb, data)), SNOOP_OUT);
}

SEC("probe/destroy")
int on_destroy(struct probe___sock *ctx)
{
	owner_forget(ctx->sk);
	return 0;
}

LICENSE;

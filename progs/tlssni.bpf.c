/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * TLS ClientHellos, as processes send them over TCP: RFC 8446, 4.1.2.
 *
 * The extensions are walked where they stand, in the process's memory, so that
 * what is asked for may be behind any number of key shares.  Only the bodies of
 * some are sent up; what is in them is looked at there (tools/frontend/tls.c).
 */
#include "progs/msg.bpf.h"
#include "progs/tlssni.h"

#define RECORD_HEADER	5	/* type, version (2), length (2) */
#define HANDSHAKE	22
#define CLIENT_HELLO	1
#define SESSION_ID	43	/* behind both headers, version and random */
#define STEPS		32	/* extensions; browsers send 18 */

enum {
	EXT_SERVER_NAME = 0, EXT_ALPN = 16, EXT_VERSIONS = 43,
	EXT_ECH = 0xfe0d,
};

struct probe___send {
	struct sock *sk;
	struct msghdr *msg;
	u64 size;
} PAI;

/* System calls, with the names that they give their arguments. */
struct probe___enter {
	u64 fd;
	u64 buf, count;
	u64 vec;
	u64 msg;
} PAI;

/*
 * Where in its stream a socket was last given a ClientHello, by the low bits of
 * that, which are random.  One that comes to the same place is the same, which
 * the kernel has not taken before (EAGAIN).
 */
#define TRIED 1024

struct tried {
	u64 sk;
	u32 write_seq, reserved;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, TRIED);
	__type(key, u32);
	__type(value, struct tried);
} tried SEC(".maps");

/* Where in the process's memory extensions are, and those that are wanted. */
struct walk {
	u64 hello;
	u32 at, end;			/* from there on, as all of these */
	u32 sni, alpn, versions;	/* 0: there is none */
	u16 sni_len, alpn_len, versions_len, notes;
};

/* ---- reading ------------------------------------------------------------ */

static __always_inline u32 get8(u64 at)
{
	u8 v = 0;

	probe_read_user(&v, sizeof(v), (void *)at);
	return v;
}

static __always_inline u32 get16(u64 at)
{
	u16 v = 0;

	probe_read_user(&v, sizeof(v), (void *)at);
	return ntohs(v);
}

/*
 * A record that begins a ClientHello, and is not longer than it: what is
 * encrypted looks like that once in 2^40 times.
 */
static __always_inline int is_hello(const struct buffer *b)
{
	u8 h[16] = {};
	u32 record, hello;

	if (b->len < sizeof(h) ||
	    probe_read_user(h, sizeof(h), (void *)b->at))
		return 0;
	if (h[0] != HANDSHAKE || h[1] != 3 || h[5] != CLIENT_HELLO ||
	    h[9] != 3)
		return 0;
	record = h[3] << 8 | h[4];
	hello = h[6] << 16 | h[7] << 8 | h[8];
	return hello + 4 >= record && record >= SESSION_ID - RECORD_HEADER;
}

/* Extensions, as far as they are in the first record and in @b. */
static __always_inline void find_extensions(struct walk *w,
					    const struct buffer *b)
{
	u32 whole = RECORD_HEADER + get16(b->at + 3), at = SESSION_ID;
	u32 end = whole < b->len ? whole : b->len;

	at += 1 + get8(b->at + at);		/* legacy_session_id */
	at += 2 + get16(b->at + at);		/* cipher_suites */
	at += 1 + get8(b->at + at);		/* compression methods */
	w->hello = b->at;
	w->at = w->end = at;
	if (at == whole)
		return;				/* there need not be any */
	if (at + 2 <= end) {
		w->end = at + 2 + get16(b->at + at);
		w->at = at + 2;
	}
	if (w->end > end || at + 2 > end) {
		w->notes = HELLO_CUT;
		w->end = end;
	}
}

/* The next extension: false behind the last. */
static __always_inline int step(struct walk *w)
{
	u32 body, len;
	u64 at;

	/* in memory: there are not so many registers */
	asm volatile("" : : "r"(w) : "memory");
	if (w->at + 4 > w->end)
		return 0;
	at = w->hello + w->at;
	len = get16(at + 2);
	body = w->at + 4;
	switch (get16(at)) {
	case EXT_SERVER_NAME:
		w->sni = body;
		w->sni_len = len;
		break;
	case EXT_ALPN:
		w->alpn = body;
		w->alpn_len = len;
		break;
	case EXT_VERSIONS:
		w->versions = body;
		w->versions_len = len;
		break;
	case EXT_ECH:
		w->notes |= HELLO_ECH;
		break;
	}
	w->at = body + len;
	return 1;
}

/* ---- rows --------------------------------------------------------------- */

/* The body of an extension, which may go on where nothing was sent. */
static __always_inline void read_body(struct payload *p, u32 room,
				      const struct walk *w, u32 body, u32 len)
{
	u32 left = body < w->end ? w->end - body : 0;

	payload_read(p, room, w->hello + body, len < left ? len : left);
	p->cut = p->len < len;
}

static __always_inline void read_bodies(struct tlssni_event *ev,
					const struct walk *w)
{
	u8 *version = ev->versions.bytes;

	ev->notes = w->notes;
	read_body(&ev->sni.head, sizeof(ev->sni.bytes), w, w->sni,
		  w->sni_len);
	read_body(&ev->alpn.head, sizeof(ev->alpn.bytes), w, w->alpn,
		  w->alpn_len);
	if (w->versions) {
		read_body(&ev->versions.head, sizeof(ev->versions.bytes), w,
			  w->versions, w->versions_len);
	} else {
		version[0] = 2;
		version[1] = get8(w->hello + RECORD_HEADER + 4);
		version[2] = get8(w->hello + RECORD_HEADER + 5);
		ev->versions.head.len = 3;
	}
	if (ev->sni.head.cut || ev->alpn.head.cut || ev->versions.head.cut)
		ev->notes |= HELLO_CUT;
}

static __always_inline int is_again(const struct sock *sk)
{
	const struct tcp_sock *tp = (const void *)sk;
	struct tried *last;
	u32 seq, slot;

	if (!EXISTS(tp->write_seq))
		return 0;
	seq = READ(tp, write_seq);
	slot = seq % TRIED;
	last = map_lookup(&tried, &slot);
	if (!last)
		return 0;
	if (last->sk == (u64)sk && last->write_seq == seq)
		return 1;
	last->sk = (u64)sk;
	last->write_seq = seq;
	return 0;
}

static __always_inline int show(void *ctx, const struct sock *sk,
				const struct buffer *b)
{
	struct tlssni_event ev = {};
	struct walk w = {};

	flow_sock(&ev.flow, sk);
	flow_current(&ev.flow);
	if (!pass(&ev.flow) || is_again(sk))
		return 0;
	ev.event.ns = ktime_get_ns();
	find_extensions(&w, b);
#pragma unroll
	for (u32 i = 0; i < STEPS; i++)
		if (!step(&w))
			break;
	/* there are more, or the last is not all there */
	if (w.at != w.end)
		w.notes |= HELLO_CUT;
	read_bodies(&ev, &w);
	emit(ctx, &ev, sizeof(ev), EVENT_ROW);
	return 0;
}

/* ---- hooks -------------------------------------------------------------- */

/* tcp_sendmsg */
SEC("probe/send")
int on_send(struct probe___send *ctx)
{
	struct buffer b = {};

	buffer_of_msg(&b, ctx->msg, ctx->size);
	return is_hello(&b) ? show(ctx, ctx->sk, &b) : 0;
}

static __always_inline int is_inet(const struct sock *sk)
{
	const struct sock_common *common = &sk->__sk_common;
	u16 family = READ(common, skc_family);

	return family == AF_INET || family == AF_INET6;
}

/* Where no function can be probed: system calls, on any descriptor. */
SEC("probe/send")
int on_write(struct probe___enter *ctx)
{
	struct buffer b = {};
	struct sock *sk;

	if (EXISTS(ctx->buf)) {
		b.at = ctx->buf;
		b.len = ctx->count;
	} else if (EXISTS(ctx->vec)) {
		buffer_of_vec(&b, ctx->vec);
	} else {
		buffer_of_user(&b, ctx->msg);
	}
	if (!is_hello(&b))
		return 0;
	sk = sock_of_fd(ctx->fd);
	return sk && is_inet(sk) && is_tcp(sk) ? show(ctx, sk, &b) : 0;
}

LICENSE;

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * DNS queries that wait for their answers, wherever these were seen: in a
 * packet, or in the memory of the process that sends or reads them.
 */
#ifndef SOCKEYE_QUERY_BPF_H
#define SOCKEYE_QUERY_BPF_H

#include "progs/resolver.bpf.h"
#include "progs/skb.bpf.h"
#include "progs/sockaddr.bpf.h"

#define DNS_PORT	53
#define MDNS_PORT	5353
#define DNS_HEADER	12	/* id, flags, four counts (RFC 1035) */
/* The bytes of the flags, from the header on. */
#define DNS_QR		0x80	/* an answer */
#define DNS_OPCODE	0x78
#define DNS_TC		0x02	/* truncated: to be asked for over TCP */

/* Known to tools/frontend/underway.c by this name. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);		/* --max-sockets */
	__type(key, u64);
	__type(value, struct gethostlatency_event);
} awaited SEC(".maps");

/* Where a message is. */
struct message {
	const u8 *at;
	u32 len;
	int user;		/* in the memory of the process at hand? */
};

static __always_inline int is_dns(u16 port)
{
	return port == DNS_PORT || port == MDNS_PORT;
}

/*
 * What a query and its answer have in common; @net, the namespace, where the
 * device of what was received tells it.  (Multicast DNS is answered by whoever
 * knows, not by whom it was sent to.)  Not the local address: a socket that is
 * not connected has none.
 */
static __always_inline u64 query_key(const struct flow *f, const void *net,
				     u16 id)
{
	const u64 *peer = (const void *)f->raddr;
	u64 golden = 0x9e3779b97f4a7c15ull, key = (u64)net ^ f->protocol;

	key *= golden;
	if (f->rport == DNS_PORT) {
		key = (key ^ peer[0] ^ key >> 32) * golden;
		key = (key ^ peer[1] ^ key >> 32) * golden;
	}
	key ^= (u64)f->lport << 32 | (u32)f->rport << 16 | id;
	return (key ^ key >> 32) * golden;
}

static __always_inline const void *net_of_sock(const struct sock *sk)
{
	const struct sock_common *c = &sk->__sk_common;
	struct net_device *dev = 0;

	return EXISTS(dev->nd_net.net) ? READ(c, skc_net.net) : 0;
}

static __always_inline const void *net_of_dev(const struct net_device *dev)
{
	return EXISTS(dev->nd_net.net) ? READ(dev, nd_net.net) : 0;
}

static __always_inline void put_len(struct lookup *l, u32 len)
{
	l->len[0] = len >> 8;
	l->len[1] = len;
}

static __always_inline void put_piece(struct lookup *l, u32 i,
				      const u64 piece[4])
{
	copy16(l->data + i, piece);
	copy16(l->data + i + 16, piece + 2);
}

/*
 * In pieces: old kernels want sizes that are constant.  By way of one place:
 * where each goes is a register otherwise, and has to be kept on the stack.
 * The last is the first that is read: what is behind the message there nobody
 * sent, and to cut each would take more instructions than there may be.
 */
static __always_inline void read_message(struct lookup *l,
					 const struct message *m)
{
	u64 n = m->len, piece[4] = {}, last;

	put_len(l, n);
	last = ((n < DNS_BYTES ? n : DNS_BYTES) - 1) & -sizeof(piece);
	if (COPY(m->user, piece, sizeof(piece), m->at + last))
		put_len(l, last);
	cut32(piece, n - last);
	asm volatile("" : "+r"(last) : : "memory");
#pragma unroll
	for (u64 i = 0; i < DNS_BYTES; i += sizeof(piece))
		if (i == last)
			put_piece(l, i, piece);
	asm volatile("" : "+r"(last) : : "memory");
#pragma unroll
	for (u64 i = 0; i < DNS_BYTES - sizeof(piece); i += sizeof(piece))
		if (i < last) {
			if (COPY(m->user, piece, sizeof(piece), m->at + i)) {
				put_len(l, i);
				break;
			}
			put_piece(l, i, piece);
		}
}

/* Something is sent by the task at hand over @sk; @ev is zeroed but for the
 * ends of its flow.  False if it is not to be shown. */
static __always_inline int query_begin(struct gethostlatency_event *ev,
				       const struct sock *sk)
{
	flow_current(&ev->flow);
	ev->flow.netns = netns_of(&sk->__sk_common);
	if (!ev->flow.pid)		/* sent by a soft interrupt */
		ev->flow.owned = 0;
	ev->event.ns = ktime_get_ns();
	ev->event.len = sizeof(*ev);
	ev->event.type = EVENT_ROW;
	ev->func = FUNC_WIRE;
	ev->ret = LOOKUP_NO_ANSWER;
	return pass(&ev->flow);
}

/* It is @m, or this is a part of it. */
static __always_inline void query_sent(struct gethostlatency_event *ev,
				       const void *net,
				       const struct message *m)
{
	const u8 *header = ev->lookup.data;
	u64 key;
	s32 err;		/* see owner_put() */

	read_message(&ev->lookup, m);
	if (!(ev->lookup.len[0] | ev->lookup.len[1]))	/* out of reach */
		return;
	if (header[2] & (DNS_QR | DNS_OPCODE))	/* no standard query */
		return;
	key = query_key(&ev->flow, net, be16(header));
	/* of one repeated, or that several devices pass on, the first */
	err = map_update(&awaited, &key, ev, BPF_NOEXIST);
	if (err && err != -EEXIST)
		count(STAT_STATE_FULL);
}

static __always_inline u16 answer_ret(const u8 *header)
{
	if (header[3] & 15)
		return LOOKUP_RCODE + (header[3] & 15);
	return header[2] & DNS_TC ? LOOKUP_TRUNCATED : LOOKUP_OK;
}

/*
 * @m has come; @ev is zeroed but for the ends of its flow.  Of a message only
 * whose header can be read @m has no more than that.
 */
static __always_inline void answer_came(void *ctx,
					struct gethostlatency_event *ev,
					const void *net,
					const struct message *m)
{
	struct gethostlatency_event *q;
	u8 header[DNS_HEADER] = {};
	u64 key;

	COPY(m->user, header, sizeof(header), m->at);
	if (!(header[2] & DNS_QR))
		return;
	key = query_key(&ev->flow, net, be16(header));
	q = map_lookup(&awaited, &key);
	if (!q)
		return;
	*ev = *q;
	if (map_delete(&awaited, &key))
		return;
	ev->duration_ns = ktime_get_ns() - ev->event.ns;
	ev->event.ns += ev->duration_ns;
	ev->ret = answer_ret(header);
	/* else only the query tells what it is about */
	if (be16(header + 4) && m->len > DNS_HEADER)
		read_message(&ev->lookup, m);
	if (is_shown(ev))
		emit(ctx, ev, sizeof(*ev), EVENT_ROW);
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Segments: one that waits unread in the receiver's queue, or unacknowledged
 * in the sender's, keeps TCP's data in skb->cb, and its buffer, so it can be
 * looked at leisurely.
 */
#include "loader/discover_int.h"

#include <string.h>

#define SKB_BYTES 512
#define TCP_ACK 0x10
#define TCP_PSH_ACK 0x18
#define LOST_BYTES 5000		/* sent at once, and lost */
#define QUEUE_MAX 10

static uint32_t skb_peek(struct prober *p, uint64_t addr, uint8_t *bytes)
{
	return peek(p, addr, bytes, p->size.skb && p->size.skb < SKB_BYTES ?
		    p->size.skb : SKB_BYTES);
}

static void fact_sequence(struct facts *f, const struct subject *s,
			  uint32_t relative)
{
	if (s->isn_known)
		known_number(f, DISC_KEY_SEQ, (uint32_t)(s->isn + relative));
	else
		known_seq(f, relative);
}

static void put_word(const struct prober *p, uint8_t *at, uint64_t word)
{
	uint32_t v4 = (uint32_t)word;

	if (p->env->word_size == 8)
		memcpy(at, &word, 8);
	else
		memcpy(at, &v4, 4);
}

static bool has(const uint8_t *bytes, uint32_t len, const void *what,
		unsigned size)
{
	for (uint32_t at = 0; at + size <= len; at += size)
		if (!memcmp(bytes + at, what, size))
			return true;
	return false;
}

/* ---- unread ----------------------------------------------------------- */

static void unread_window(struct prober *p, struct conn *c, uint64_t addr,
			  const uint8_t *data, uint32_t len, bool pointees)
{
	uint8_t bytes[SKB_BYTES];
	uint32_t tos = 0, n = skb_peek(p, addr, bytes);
	struct facts f = { .n = 0 };
	socklen_t size = sizeof(tos);
	uint8_t srv[8];
	int w;

	put_word(p, srv, c->srv.addr);

	/* another one may have come in between */
	if (!n || !c->srv.addr || !has(bytes, n, srv, p->env->word_size) ||
	    !has(bytes, n, &len, sizeof(len)))
		return;
	facts_packet(&c->cli, &f);
	known_number(&f, DISC_KEY_SK, c->srv.addr);
	known_number(&f, DISC_KEY_LEN, len);
	known_number(&f, DISC_KEY_TCP_FLAGS, TCP_PSH_ACK);
	fact_sequence(&f, &c->cli, c->cli.sent + 1);
	known_bytes(&f, DISC_KEY_PAYLOAD, data, 16);
	/* in the packet, and in tcp_skb_cb.ip_dsfield */
	if (!getsockopt(c->cli.fd, IPPROTO_IP, IP_TOS, &tos, &size))
		known_number(&f, DISC_KEY_TOS, tos);
	w = tape_window(p->tape, DISC_SKB, ++p->subjects, addr, bytes, n,
			p->size.skb, &f);
	if (pointees)
		follow(p, w, bytes, n, addr, 512, true);
}

static void record_unread(struct prober *p, struct conn *c, bool pointees)
{
	uint32_t len = random_range(p, 200, 800);
	uint8_t data[1024];
	uint64_t addr;

	for (uint32_t i = 0; i < len; i++)
		data[i] = (uint8_t)random32(p);
	if (!note_arm(p, NOTE_SKB, 0))
		return;
	if (send(c->cli.fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT) !=
	    (ssize_t)len)
		return;
	addr = note_take(p, -1, NULL, NULL);
	if (addr)
		unread_window(p, c, addr, data, len, pointees);
	c->cli.sent += len;
	conn_read(&c->srv);
}

void record_skb(struct prober *p, struct conn *c)
{
	for (int i = 0; i < 3; i++)
		record_unread(p, c, i < 2);
}

/* ---- sent again ------------------------------------------------------- */

/*
 * Packets of several segments are lost.  The timer cuts the first segment off
 * and sends it again, which is noted; its neighbours in the queue, an rb_node
 * (4.15) or a list at the head of the skb, are the rest.
 */
bool retransmit_arm(struct prober *p, struct conn *c)
{
	c->lost = c->cli.sent;
	return note_arm(p, NOTE_RETRANS, c->cli.addr) &&
	       conn_send(p, &c->cli, LOST_BYTES);
}

static uint32_t u32_at(const uint8_t *at)
{
	uint32_t v;

	memcpy(&v, at, sizeof(v));
	return v;
}

struct queue {
	uint32_t start, mss;	/* of what was lost */
	uint32_t seq_off;	/* of seq and end_seq in the skb; 0: not yet */
	uint64_t todo[QUEUE_MAX];
	unsigned n;
};

static void queue_add(struct prober *p, struct queue *q, uint64_t addr)
{
	if (!is_pointer(p, addr) || q->n == QUEUE_MAX)
		return;
	for (unsigned i = 0; i < q->n; i++)
		if (q->todo[i] == addr)
			return;
	q->todo[q->n++] = addr;
}

/* The first one is known: so is where it says so. */
static bool find_seq(struct queue *q, const uint8_t *bytes, uint32_t n)
{
	for (uint32_t at = 4; at + 8 <= n && !q->seq_off; at += 4)
		if (u32_at(bytes + at) == q->start &&
		    u32_at(bytes + at + 4) == q->start + q->mss)
			q->seq_off = at;
	return q->seq_off;
}

static void queue_window(struct prober *p, const struct queue *q,
			 uint64_t addr, const uint8_t *bytes, uint32_t n)
{
	uint32_t seq = u32_at(bytes + q->seq_off), from = seq - q->start;
	uint32_t len = u32_at(bytes + q->seq_off + 4) - seq;
	struct facts f = { .n = 0 };

	/* else it is no segment, such as the tree's root in the socket */
	if (!len || len > LOST_BYTES || from > LOST_BYTES - len)
		return;
	known_number(&f, DISC_KEY_LEN, len);
	known_number(&f, DISC_KEY_TCP_FLAGS,
		     from + len == LOST_BYTES ? TCP_PSH_ACK : TCP_ACK);
	known_number(&f, DISC_KEY_SEGS, (len + q->mss - 1) / q->mss);
	known_number(&f, DISC_KEY_SEQ, seq);
	tape_window(p->tape, DISC_SKB, ++p->subjects, addr, bytes, n,
		    p->size.skb, &f);
}

void retransmit_take(struct prober *p, struct conn *c)
{
	struct queue q = {
		.start = c->cli.isn + c->lost + 1,
		.mss = tcp_info_u32(c->cli.fd, INFO_SND_MSS),
	};
	unsigned word = p->env->word_size;
	uint8_t bytes[SKB_BYTES];

	queue_add(p, &q, note_take(p, -1, NULL, NULL));
	if (!c->cli.isn_known || !q.mss || q.mss >= LOST_BYTES)
		return;
	for (unsigned i = 0; i < q.n; i++) {
		uint32_t n = skb_peek(p, q.todo[i], bytes);

		if (n < q.seq_off + 8 || (!i && !find_seq(&q, bytes, n)))
			continue;
		queue_window(p, &q, q.todo[i], bytes, n);
		for (unsigned k = 0; k < 3; k++)
			queue_add(p, &q, word_at(p, bytes + k * word) & ~3ull);
	}
}

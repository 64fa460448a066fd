/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * discover_skb.c - packets: their lengths, and what TCP notes in skb->cb.
 */
#include "discover_int.h"

#define HEADERS_MAX	200	/* bytes that may stand before the payload */

/* TCP flags as in the header */
#define TCP_FIN		1
#define TCP_SYN		2

bool fact_number(const struct disc_window *w, int key, uint64_t *v)
{
	const struct disc_fact *f = disc_window_fact(w, key);

	if (f && !f->len)
		*v = f->number;
	return f && !f->len;
}

const struct disc_window *packet_from(const struct solver *s,
				      const struct disc_window *w,
				      unsigned int objects)
{
	const struct disc_window *end = s->r->windows + s->r->nwindows;

	if (!worked(s, 1))
		return NULL;
	while (w < end && !(objects >> w->object & 1))
		w++;
	return w < end ? w : NULL;
}

uint32_t packet_limit(const struct solver *s, unsigned int objects)
{
	const struct disc_window *w;
	uint32_t limit = 0;

	for_each_packet(s, w, objects)
		limit = window_limit(w) > limit ? window_limit(w) : limit;
	return limit;
}

void set_all_missing(struct solver *s, int from, int to, const char *why)
{
	for (; from <= to; from++)
		set_missing(s, from, why);
}

/* ---- struct tcp_skb_cb ------------------------------------------------ */

/* Sequence numbers a packet takes. */
static bool packet_seqs(const struct disc_window *w, uint32_t *n)
{
	uint64_t len, flags = 0;

	if (!fact_number(w, DISC_KEY_LEN, &len) ||
	    !fact_number(w, DISC_KEY_TCP_FLAGS, &flags))
		return false;
	*n = (uint32_t)len + !!(flags & TCP_SYN) + !!(flags & TCP_FIN);
	return true;
}

/* Packets of one sender count from the same initial number. */
static bool same_sender(const struct disc_window *a,
			const struct disc_window *b)
{
	uint64_t x, y;

	return fact_number(a, DISC_KEY_SK, &x) &&
	       fact_number(b, DISC_KEY_SK, &y) && x == y;
}

static bool seq_is(const struct solver *s, const struct disc_window *w,
		   uint32_t off)
{
	const struct disc_fact *f = disc_window_fact(w, DISC_KEY_SEQ), *g;
	uint32_t seq = (uint32_t)window_number(s, w, off, 4);
	const struct disc_window *o;

	if (!f)
		return true;
	if (!f->relative)
		return seq == (uint32_t)f->number;
	for_each_packet(s, o, 1u << DISC_SKB) {
		g = disc_window_fact(o, DISC_KEY_SEQ);
		if (o == w || !g || !g->relative || !same_sender(o, w) ||
		    off + 4 > window_limit(o))
			continue;
		if ((uint32_t)window_number(s, o, off, 4) - g->number !=
		    seq - f->number)
			return false;
	}
	return true;
}

/* How many packets have their sequence numbers at @off; 0: some do not. */
static unsigned int cb_at(const struct solver *s, uint32_t off,
			  unsigned int *lengths)
{
	const struct disc_window *w;
	uint32_t n, seq, end, last = 0;
	unsigned int agree = 0;

	*lengths = 0;
	for_each_packet(s, w, 1u << DISC_SKB) {
		if (!packet_seqs(w, &n) || off + 48 > window_limit(w))
			continue;
		seq = (uint32_t)window_number(s, w, off, 4);
		end = (uint32_t)window_number(s, w, off + 4, 4);
		if (end - seq != n || !seq_is(s, w, off))
			return 0;
		if (n && n != last)
			++*lengths;
		last = n;
		agree++;
	}
	return agree;
}

/* What says that tcp_flags has one byte, or two. */
struct votes {
	unsigned int one, two;
};

/*
 * tcp_flags, sacked, ip_dsfield follow each other, the first as a u8 until
 * 6.14, as a u16 since.  Big-endian machines tell at once.  On others the
 * traffic class of a packet that was received tells.
 */
static bool vote_tcp_flags(const struct solver *s, const struct disc_window *w,
			   uint32_t off, struct votes *v)
{
	const uint8_t *p = w->bytes + off;
	uint64_t flags, fact;
	uint8_t tos;

	if (!fact_number(w, DISC_KEY_TCP_FLAGS, &flags))
		return true;
	if (s->d->big_endian) {
		v->one += p[0] == flags && flags;
		v->two += !p[0] && p[1] == flags && flags;
		return p[0] == flags || (!p[0] && p[1] == flags);
	}
	if (fact_number(w, DISC_KEY_TOS, &fact))
		tos = (uint8_t)fact;
	else if (!packet_tos(s, w, &tos))
		tos = 0;
	if (tos && p[2] != p[3]) {
		v->one += p[2] == tos;
		v->two += p[3] == tos && !p[1];
	}
	return p[0] == flags;
}

static void solve_tcp_flags(struct solver *s, uint32_t off)
{
	struct votes v = { .one = 0 };
	const struct disc_window *w;

	for_each_packet(s, w, 1u << DISC_SKB) {
		if (off + 4 <= window_limit(w) &&
		    !vote_tcp_flags(s, w, off, &v)) {
			set_missing(s, CB_TCP_FLAGS,
				    "it is not where it always was");
			return;
		}
	}
	if (v.one + v.two > 1 && !v.one != !v.two)
		set_found(s, CB_TCP_FLAGS, 12, v.one ? FORM_U8 : FORM_U16);
	else
		set_missing(s, CB_TCP_FLAGS,
			    "nothing tells if it has one byte or two");
}

/* Most packets are one segment: its place, which is known, and two that agree
 * will do. */
static void solve_gso_segs(struct solver *s, uint32_t off)
{
	const struct disc_window *w;
	unsigned int n = 0;
	uint64_t segs;

	for_each_packet(s, w, 1u << DISC_SKB) {
		if (!fact_number(w, DISC_KEY_SEGS, &segs) || !segs ||
		    off + 2 > window_limit(w))
			continue;
		if (window_number(s, w, off, 2) != segs) {
			set_missing(s, CB_TCP_GSO_SEGS,
				    "it is not where it always was");
			return;
		}
		n++;
	}
	if (n > 1)
		set_found(s, CB_TCP_GSO_SEGS, 8, FORM_U16);
	else
		set_missing(s, CB_TCP_GSO_SEGS,
			    "nothing is known of its value");
}

/* TCP's members of skb->cb have stood at 0, 4, 8 and 12 since 4.1. */
static void solve_cb(struct solver *s)
{
	uint32_t off, cb = 0, limit = packet_limit(s, 1u << DISC_SKB);
	unsigned int found = 0, lengths;

	for (off = 0; off + 48 <= limit; off += 4) {
		if (cb_at(s, off, &lengths) < 2 || lengths < 2)
			continue;
		cb = off;
		found++;
	}
	if (found != 1) {
		set_missing(s, SKB_CB, "no sequence numbers were found");
		set_all_missing(s, CB_SEQ, CB_TCP_FLAGS,
				"skb->cb was not found");
		return;
	}
	set_found(s, SKB_CB, cb, FORM_NONE);
	set_found(s, CB_SEQ, 0, FORM_U32);
	set_found(s, CB_END_SEQ, 4, FORM_U32);
}

/* What else TCP notes, once headers are known. */
static void solve_cb_members(struct solver *s)
{
	const struct found *cb = &s->d->found[SKB_CB];

	if (!cb->known)
		return;
	solve_gso_segs(s, cb->field.off + 8);
	solve_tcp_flags(s, cb->field.off + 12);
}

/* ---- len, data_len ---------------------------------------------------- */

/* Windows taken at the same place of the same path have the same headers. */
static bool same_headers(const struct disc_window *a,
			 const struct disc_window *b)
{
	uint64_t x = 0, y = 0;

	if (a->object != b->object)
		return false;
	fact_number(a, DISC_KEY_FAMILY, &x);
	fact_number(b, DISC_KEY_FAMILY, &y);
	if (x != y)
		return false;
	x = y = 0;
	fact_number(a, DISC_KEY_TCP_FLAGS, &x);
	fact_number(b, DISC_KEY_TCP_FLAGS, &y);
	return !((x ^ y) & TCP_SYN);
}

static bool len_agrees(const struct solver *s, const struct disc_window *w,
		       uint32_t off, uint64_t *headers)
{
	uint64_t payload, len, data_len;

	if (!fact_number(w, DISC_KEY_LEN, &payload))
		return false;
	len = window_number(s, w, off, 4);
	data_len = window_number(s, w, off + 4, 4);
	*headers = len - payload;
	return len >= payload && *headers <= HEADERS_MAX &&
	       data_len <= payload;
}

/* Is len at @off in all packets?  @lengths: how many different ones. */
static bool len_at(const struct solver *s, uint32_t off,
		   unsigned int *lengths)
{
	const struct disc_window *w, *o;
	uint64_t headers, others, payload, last = UINT64_MAX;

	*lengths = 0;
	for_each_packet(s, w, SKBS) {
		if (!fact_number(w, DISC_KEY_LEN, &payload) ||
		    off + 8 > window_limit(w))
			continue;
		if (!len_agrees(s, w, off, &headers))
			return false;
		for_each_packet(s, o, SKBS)
			if (same_headers(w, o) && off + 8 <= window_limit(o) &&
			    len_agrees(s, o, off, &others) &&
			    others != headers)
				return false;
		if (payload > HEADERS_MAX && payload != last)
			++*lengths;
		last = payload;
	}
	return true;
}

/*
 * data_len follows len.  It agrees with what is asked of len as well when all
 * of the payload is in pages, so the first of two neighbours is len.
 */
static void solve_len(struct solver *s)
{
	uint32_t off, len = 0, limit = packet_limit(s, SKBS);
	const struct found *cb = &s->d->found[SKB_CB];
	unsigned int found = 0, lengths;

	for (off = 0; off + 8 <= limit; off += 4) {
		/* Protocols keep lengths of their own in skb->cb */
		if ((cb->known && off + 8 > cb->field.off &&
		     off < cb->field.off + cb->field.size) ||
		    !len_at(s, off, &lengths) || lengths < 2)
			continue;
		if (found && off == len + 4)
			continue;
		len = off;
		found++;
	}
	if (found != 1) {
		set_all_missing(s, SKB_LEN, SKB_DATA_LEN, found ?
			"several offsets agree with all that is known" :
			"no offset agrees with all that is known");
		return;
	}
	set_found(s, SKB_LEN, len, FORM_U32);
	set_found(s, SKB_DATA_LEN, len + 4, FORM_U32);
}

void solve_skb(struct solver *s)
{
	solve_cb(s);
	solve_len(s);
	solve_head(s);
	solve_cb_members(s);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * inflate - unpack gzip (RFC 1951, 1952): /proc/config.gz, and each start the
 * built-in programs of a tool (spec_unpack.c).
 */
#include "loader/loader_int.h"

#include <errno.h>
#include <string.h>

#define BITS_MAX	15	/* of a code */

struct bits {
	const uint8_t *p, *end;
	uint32_t have;		/* bits not used so far, lowest first */
	unsigned n;
	bool bad;
	uint8_t *out;
	size_t len, room;
};

struct codes {
	uint16_t count[BITS_MAX + 1];	/* codes of each length */
	uint16_t symbol[288];		/* by code */
};

/* 25 bits at least, or all there are. */
static void fill(struct bits *b)
{
	for (; b->n <= 24 && b->p < b->end; b->n += 8)
		b->have |= (uint32_t)*b->p++ << b->n;
}

static void drop(struct bits *b, unsigned n)
{
	if (b->n < n) {
		b->bad = true;
		return;
	}
	b->have >>= n;
	b->n -= n;
}

static unsigned take(struct bits *b, unsigned n)
{
	uint32_t v;

	if (b->n < n)
		fill(b);
	v = b->have & ((1u << n) - 1);
	drop(b, n);
	return b->bad ? 0 : v;
}

static void put(struct bits *b, uint8_t byte)
{
	if (b->len == b->room)
		b->bad = true;
	else
		b->out[b->len++] = byte;
}

/* Canonical codes from their lengths; 0: not used. */
static void make_codes(struct codes *c, const uint8_t *lengths, unsigned n)
{
	uint16_t at[BITS_MAX + 2] = { 0 };
	unsigned i;

	memset(c, 0, sizeof(*c));
	for (i = 0; i < n; i++)
		c->count[lengths[i]]++;
	c->count[0] = 0;
	for (i = 1; i <= BITS_MAX; i++)
		at[i + 1] = at[i] + c->count[i];
	for (i = 0; i < n; i++)
		if (lengths[i])
			c->symbol[at[lengths[i]]++] = i;
}

/* A symbol, bit by bit: codes of one length are consecutive numbers. */
static unsigned symbol(struct bits *b, const struct codes *c)
{
	int code = 0, first = 0, at = 0;
	uint32_t have;

	if (b->n < BITS_MAX)
		fill(b);
	have = b->have;
	for (unsigned i = 1; i <= BITS_MAX; i++, have >>= 1) {
		code |= have & 1;
		if (code - first < c->count[i]) {
			drop(b, i);
			return c->symbol[at + code - first];
		}
		at += c->count[i];
		first = (first + c->count[i]) << 1;
		code <<= 1;
	}
	b->bad = true;
	return 256;
}

static void copy_back(struct bits *b, unsigned len, unsigned distance)
{
	uint8_t *to = b->out + b->len;

	if (!distance || distance > b->len || len > b->room - b->len) {
		b->bad = true;
		return;
	}
	b->len += len;
	for (; len--; to++)	/* byte by byte: the two may overlap */
		*to = *(to - distance);
}

static void block(struct bits *b, const struct codes *lit,
		  const struct codes *dist)
{
	static const uint16_t base[] = {
		3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35,
		43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
	};
	static const uint8_t more[] = {
		0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4,
		4, 4, 4, 5, 5, 5, 5, 0,
	};
	unsigned s = 0, len, d;

	while ((s = symbol(b, lit)) != 256 && !b->bad) {
		if (s < 256) {
			put(b, s);
			continue;
		}
		s -= 257;
		if (s >= ARRAY_SIZE(base))
			break;
		len = base[s] + take(b, more[s]);
		s = symbol(b, dist);
		if (s >= 30)
			break;
		d = s < 2 ? s : (2 + (s & 1)) << (s / 2 - 1);
		copy_back(b, len, d + 1 + (s < 2 ? 0 : take(b, s / 2 - 1)));
	}
	if (s != 256)
		b->bad = true;
}

static void fixed(struct bits *b)
{
	struct codes lit, dist;
	uint8_t lengths[288];

	memset(lengths, 8, 144);
	memset(lengths + 144, 9, 112);
	memset(lengths + 256, 7, 24);
	memset(lengths + 280, 8, 8);
	make_codes(&lit, lengths, 288);
	memset(lengths, 5, 30);
	make_codes(&dist, lengths, 30);
	block(b, &lit, &dist);
}

static void dynamic(struct bits *b)
{
	static const uint8_t order[] = {
		16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1,
		15,
	};
	unsigned nlit = take(b, 5) + 257, ndist = take(b, 5) + 1;
	unsigned n = take(b, 4) + 4, i, s, times;
	uint8_t lengths[288 + 32] = { 0 }, last;
	struct codes lit, dist;

	for (i = 0; i < n; i++)
		lengths[order[i]] = take(b, 3);
	make_codes(&lit, lengths, 19);
	memset(lengths, 0, sizeof(lengths));
	for (i = 0; i < nlit + ndist && !b->bad;) {
		s = symbol(b, &lit);
		if (s < 16) {
			lengths[i++] = s;
			continue;
		}
		last = s == 16 && i ? lengths[i - 1] : 0;
		times = s == 18 ? 11 + take(b, 7) :
			3 + take(b, s == 16 ? 2 : 3);
		if (s > 18 || i + times > nlit + ndist)
			b->bad = true;
		while (!b->bad && times--)
			lengths[i++] = last;
	}
	if (b->bad || nlit > 286)
		b->bad = true;
	else {
		make_codes(&lit, lengths, nlit);
		make_codes(&dist, lengths + nlit, ndist);
		block(b, &lit, &dist);
	}
}

static void stored(struct bits *b)
{
	unsigned len;

	b->p -= b->n / 8;	/* whole bytes were not begun */
	b->have = b->n = 0;
	len = take(b, 16);
	if (take(b, 16) != (len ^ 0xffff))
		b->bad = true;
	while (!b->bad && len--)
		put(b, take(b, 8));
}

/* What stands before the data: a fixed head, and what flags tell. */
static bool head(struct bits *b)
{
	unsigned flags, i, n;

	if (take(b, 16) != 0x8b1f || take(b, 8) != 8)
		return false;
	flags = take(b, 8);
	for (i = 0; i < 3; i++)
		take(b, 16);
	if (flags & 4)
		for (n = take(b, 16); n && !b->bad; n--)
			take(b, 8);
	for (i = 8; i <= 16; i *= 2)	/* name, comment */
		while (flags & i && !b->bad && take(b, 8))
			;
	if (flags & 2)
		take(b, 16);
	return !b->bad;
}

ssize_t inflate_gzip(const void *data, size_t len, void *buf, size_t room)
{
	struct bits b = { .p = data, .end = (const uint8_t *)data + len,
			  .out = buf, .room = room };
	unsigned last = 0;

	if (!head(&b))
		return -EINVAL;
	while (!last && !b.bad) {
		last = take(&b, 1);
		switch (take(&b, 2)) {
		case 0: stored(&b); break;
		case 1: fixed(&b); break;
		case 2: dynamic(&b); break;
		default: b.bad = true;
		}
	}
	return b.bad ? -EINVAL : (ssize_t)b.len;
}

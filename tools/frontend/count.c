/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * --count and --hist: rows with equal keys are one row, or one histogram, in
 * user space.
 *
 * A key is a string of bytes that memcmp() orders as the columns do: numbers
 * big-endian, signed ones with the sign bit flipped.  The entries stand in one
 * array, found through a hash table of their indexes.
 */
#include "tools/frontend/rows_int.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { IS_KEY, IS_SUM, IS_COUNT };	/* what a column is here */
enum { KNOWN, AT_LEAST, UNKNOWN };	/* first byte of a key's column */

#define ADDR_LEN 16
#define TEXT_LEN 256			/* of what is text, at most */
#define FIRST_ENTRIES 256

struct sum {
	uint64_t value;
	uint64_t n, min, max;		/* of values that are known */
	uint64_t whole;
	double squares;
	uint8_t known, least, pad[6];
};

/* An entry: this; sums[nsums], or of --hist a struct spread; key. */
struct entry {
	uint64_t count;
	uint32_t hash;
	uint32_t keylen;		/* the same in all, for qsort() */
	uint32_t values_len;
	uint32_t pad;
	uint64_t values[];
};

struct tally {
	const struct layout *layout;
	uint8_t role[MAX_COLUMNS];
	unsigned nsums;
	uint32_t keylen, values_len, stride;
	uint64_t seed;
	unsigned char *entries;		/* len of them, stride apart */
	size_t len, cap;
	uint32_t *slots;		/* index + 1 of an entry; 0 free */
	size_t nslots;			/* power of two, at least 2 * cap */
};

/* What keys have of a cell; a name is only found once the address is shown. */
static enum kind_holds keyed_by(uint8_t kind)
{
	return kind == K_NAME ? HOLDS_ADDR : kind_holds(kind);
}

static unsigned payload_len(const struct column *col)
{
	switch (keyed_by(col->kind)) {
	case HOLDS_ADDR:
		return ADDR_LEN;
	case HOLDS_TEXT:
	case HOLDS_DATA:
		return col->size < TEXT_LEN ? col->size : TEXT_LEN;
	default:
		/* a stack of a process: and of which */
		return col->kind == K_USTACK ? 16 : 8;
	}
}

static struct entry *entry_at(const struct tally *t, size_t i)
{
	return (struct entry *)(void *)(t->entries + i * t->stride);
}

static unsigned char *key_of(const struct entry *e)
{
	return (unsigned char *)e + sizeof(*e) + e->values_len;
}

struct tally *tally_new(const struct layout *l)
{
	struct tally *t = calloc(1, sizeof(*t));
	const struct column *col;
	struct timespec now;
	unsigned i;

	if (!t)
		return NULL;
	t->layout = l;
	for (i = 0; i < l->ncols; i++) {
		col = l->cols[i];
		if (col->kind == K_COUNT) {
			t->role[i] = IS_COUNT;
		} else if ((col->flags & C_SUM) && kind_sums(col->kind)) {
			t->role[i] = IS_SUM;
			t->nsums++;
		} else {
			t->role[i] = IS_KEY;
			t->keylen += 1 + payload_len(col);
		}
	}
	t->values_len = (uint32_t)(l->hist ? sizeof(struct spread) :
				   t->nsums * sizeof(struct sum));
	t->stride = (uint32_t)sizeof(struct entry) + t->values_len +
		    ((t->keylen + 7) & ~7u);
	/* so that nobody out there can choose ports that collide */
	clock_gettime(CLOCK_MONOTONIC, &now);
	t->seed = ((uint64_t)now.tv_nsec << 32 ^ (uint64_t)now.tv_sec ^
		   (uint64_t)(uintptr_t)t) | 1;
	return t;
}

void tally_free(struct tally *t)
{
	if (!t)
		return;
	free(t->entries);
	free(t->slots);
	free(t);
}

static void encode_number(unsigned char *p, uint64_t v)
{
	int i;

	for (i = 7; i >= 0; i--) {
		p[i] = (unsigned char)v;
		v >>= 8;
	}
}

static uint64_t decode_number(const unsigned char *p)
{
	uint64_t v = 0;
	int i;

	for (i = 0; i < 8; i++)
		v = v << 8 | p[i];
	return v;
}

/* Numbers with a sign sort below those without. */
static uint64_t sign_of(uint8_t kind)
{
	return kind_holds(kind) == HOLDS_SIGNED || kind_stacks(kind) ?
	       1ull << 63 : 0;
}

static unsigned char *encode(unsigned char *p, const struct cell *c,
			     const struct column *col)
{
	unsigned len = payload_len(col);

	*p++ = c->null ? UNKNOWN : c->least ? AT_LEAST : KNOWN;
	memset(p, 0, len);
	if (c->null)
		return p + len;
	switch (keyed_by(c->kind)) {
	case HOLDS_ADDR:
		memcpy(p, c->addr, ADDR_LEN);
		break;
	case HOLDS_TEXT:
		memcpy(p, c->text, c->len < len ? c->len : len);
		break;
	case HOLDS_DATA:	/* any bytes: how many first */
		*p = (uint8_t)(c->len < len - 1 ? c->len : len - 1);
		memcpy(p + 1, c->text, *p);
		break;
	default:
		encode_number(p, c->num ^ sign_of(c->kind));
		if (c->kind == K_USTACK)
			encode_number(p + 8, c->pid);
	}
	return p + len;
}

/* The cell that encode() made @p of; returns what follows. */
static const unsigned char *decode(const unsigned char *p, struct cell *c,
				   const struct column *col)
{
	unsigned len = payload_len(col);

	c->kind = col->kind;
	c->null = *p == UNKNOWN;
	c->least = *p++ == AT_LEAST;
	switch (keyed_by(col->kind)) {
	case HOLDS_ADDR:
		memcpy(c->addr, p, ADDR_LEN);
		break;
	case HOLDS_TEXT:
		c->text = (const char *)p;
		c->len = (uint16_t)strnlen(c->text, len);
		break;
	case HOLDS_DATA:
		c->text = (const char *)p + 1;
		c->len = *p;
		break;
	default:
		c->num = decode_number(p) ^ sign_of(col->kind);
		if (col->kind == K_USTACK)
			c->pid = (uint32_t)decode_number(p + 8);
	}
	return p + len;
}

static uint32_t hash_key(const struct tally *t, const unsigned char *key)
{
	uint64_t h = t->seed;
	uint32_t i;

	for (i = 0; i < t->keylen; i++) {
		h = (h ^ key[i]) * 0x9e3779b97f4a7c15u;
		h ^= h >> 32;
	}
	return (uint32_t)h;
}

static void put_slot(struct tally *t, uint32_t hash, size_t index)
{
	size_t i = hash & (t->nslots - 1);

	while (t->slots[i])
		i = (i + 1) & (t->nslots - 1);
	t->slots[i] = (uint32_t)index + 1;
}

/* Room for one more entry, doubling; false when there is no more to have. */
static bool make_room(struct tally *t)
{
	size_t cap = t->cap ? 2 * t->cap : FIRST_ENTRIES, i;
	unsigned char *entries;
	uint32_t *slots;

	if (t->len < t->cap)
		return true;
	if (cap > (t->layout->hist ? SPREAD_MAX : TALLY_MAX))
		return false;
	slots = calloc(2 * cap, sizeof(*slots));
	if (!slots)
		return false;
	entries = realloc(t->entries, cap * t->stride);
	if (!entries) {
		free(slots);
		return false;
	}
	free(t->slots);
	t->slots = slots;
	t->nslots = 2 * cap;
	t->entries = entries;
	t->cap = cap;
	for (i = 0; i < t->len; i++)
		put_slot(t, entry_at(t, i)->hash, i);
	return true;
}

static struct entry *find_or_add(struct tally *t, const unsigned char *key)
{
	uint32_t hash = hash_key(t, key);
	struct entry *e;
	size_t i;

	for (i = hash; t->nslots; i++) {
		i &= t->nslots - 1;
		if (!t->slots[i])
			break;
		e = entry_at(t, t->slots[i] - 1);
		if (e->hash == hash && !memcmp(key_of(e), key, t->keylen))
			return e;
	}
	if (!make_room(t))
		return NULL;
	e = entry_at(t, t->len);
	memset(e, 0, t->stride);
	e->hash = hash;
	e->keylen = t->keylen;
	e->values_len = t->values_len;
	memcpy(key_of(e), key, t->keylen);
	put_slot(t, hash, t->len++);
	return e;
}

/* The entry of these keys, counted; NULL when there is no room. */
static struct entry *count_keys(struct tally *t, const struct cell *cells,
				uint64_t times)
{
	unsigned char key[MAX_COLUMNS * (1 + TEXT_LEN)], *p = key;
	struct entry *e;
	unsigned i;

	for (i = 0; i < t->layout->ncols; i++)
		if (t->role[i] == IS_KEY)
			p = encode(p, &cells[i], t->layout->cols[i]);
	e = find_or_add(t, key);
	if (e)
		e->count += times;
	return e;
}

static void sum_add(struct sum *s, const struct column *col,
		    const struct cell *c)
{
	if (c->null || (c->least && col->stat))
		return;
	s->value += c->num;
	s->known = 1;
	s->least |= c->least;
	if (!s->n || c->num < s->min)
		s->min = c->num;
	if (c->num > s->max)
		s->max = c->num;
	s->whole += col->stat == STAT_SHARE ? c->whole : 0;
	s->squares += (double)c->num * (double)c->num;
	s->n++;
}

/* Newton's way to the root, without libm. */
static uint64_t root_of(double v)
{
	double root = v > 1 ? v : 1;

	for (int i = 0; i < 64 && v > 0; i++)
		root = (root + v / root) / 2;
	return v > 0 ? (uint64_t)root : 0;
}

/* As ping(8): the root of the mean square less the square of the mean. */
static uint64_t deviation(const struct sum *s)
{
	double mean = (double)s->value / (double)s->n;

	return root_of(s->squares / (double)s->n - mean * mean);
}

/* In doubles: sums of packets and bytes have no bound. */
static uint64_t share(const struct sum *s)
{
	return (uint64_t)((double)s->value * 10000 / (double)s->whole + 0.5);
}

static uint64_t stat_of(const struct sum *s, uint8_t stat)
{
	if (stat == STAT_TOTAL || !s->n)
		return s->value;
	if (stat == STAT_LEAST)
		return s->min;
	if (stat == STAT_MOST)
		return s->max;
	if (stat == STAT_SHARE)
		return share(s);
	return stat == STAT_MEAN ? s->value / s->n : deviation(s);
}

bool tally_add(struct tally *t, const struct cell *cells, uint64_t times)
{
	struct entry *e = count_keys(t, cells, times);
	struct sum *s;
	unsigned i;

	if (!e)
		return false;
	s = (void *)e->values;
	for (i = 0; i < t->layout->ncols; i++) {
		if (t->role[i] != IS_SUM)
			continue;
		sum_add(s++, t->layout->cols[i], &cells[i]);
	}
	return true;
}

bool tally_spread_add(struct tally *t, const struct cell *cells, uint32_t slot,
		      uint64_t times, uint64_t total)
{
	struct entry *e = count_keys(t, cells, times);
	struct spread *s;

	if (!e)
		return false;
	s = (void *)e->values;
	s->total += total;
	s->slots[slot] += times;
	return true;
}

static int by_key(const struct entry *x, const struct entry *y)
{
	return memcmp(key_of(x), key_of(y), x->keylen);
}

static int greatest_first(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = (x->count < y->count) - (x->count > y->count);

	return order ? order : by_key(x, y);
}

static int greatest_last(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = (x->count > y->count) - (x->count < y->count);

	return order ? order : by_key(x, y);
}

/* To the sum of all: each member once, which a rate has in common with the
 * column that it is of. */
static bool adds_up(const struct tally *t, unsigned i)
{
	const struct column *const *cols = t->layout->cols;

	for (unsigned j = 0; j < i; j++)
		if (t->role[j] == IS_SUM && cols[j]->off == cols[i]->off)
			return false;
	return cols[i]->stat == STAT_TOTAL;
}

void tally_rank(struct tally *t, int column)
{
	const struct sum *s;
	struct entry *e;

	for (size_t n = 0; n < t->len; n++) {
		e = entry_at(t, n);
		s = (const void *)e->values;
		e->count = 0;
		for (unsigned i = 0; i < t->layout->ncols; i++) {
			if (t->role[i] != IS_SUM)
				continue;
			if (column == (int)i ||
			    (column == SORT_ALL && adds_up(t, i)))
				e->count += stat_of(s,
						    t->layout->cols[i]->stat);
			s++;
		}
	}
}

void tally_sort(struct tally *t)
{
	size_t i;

	if (!t->len)
		return;
	qsort(t->entries, t->len, t->stride,
	      t->layout->hist ? greatest_last : greatest_first);
	memset(t->slots, 0, t->nslots * sizeof(*t->slots));
	for (i = 0; i < t->len; i++)
		put_slot(t, entry_at(t, i)->hash, i);
}

void tally_clear(struct tally *t)
{
	t->len = 0;
	if (t->slots)
		memset(t->slots, 0, t->nslots * sizeof(*t->slots));
}

size_t tally_len(const struct tally *t)
{
	return t->len;
}

void tally_get(const struct tally *t, size_t i, struct cell *cells)
{
	const struct entry *e = entry_at(t, i);
	const unsigned char *key = key_of(e);
	const struct sum *s = (const void *)e->values;
	const struct column *col;
	unsigned j;

	for (j = 0; j < t->layout->ncols; j++) {
		col = t->layout->cols[j];
		memset(&cells[j], 0, sizeof(cells[j]));
		if (t->role[j] == IS_KEY) {
			key = decode(key, &cells[j], col);
			continue;
		}
		cells[j].kind = col->kind;
		if (t->role[j] == IS_COUNT) {
			cells[j].num = e->count;
			continue;
		}
		cells[j].num = stat_of(s, col->stat);
		cells[j].null = !s->known;
		cells[j].least = s->least;
		s++;
	}
}

const struct spread *tally_spread(const struct tally *t, size_t i,
				  uint64_t *count)
{
	const struct entry *e = entry_at(t, i);

	*count = e->count;
	return (const void *)e->values;
}

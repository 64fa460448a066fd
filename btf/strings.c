/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * strings.c - the pass over the strings: where do the wanted names stand?
 */
#include <errno.h>
#include <stdlib.h>

#include "btf_int.h"

#define BUCKETS		256
#define SHORTS		BUCKETS	/* one more, for names of one or two */
#define NONE		UINT32_MAX
#define BLOCK		64	/* bytes looked at at once */
#define KEY		4	/* bytes that a name is filtered by */

/*
 * The names one pass looks for: wanted[first...], in lists by what they start
 * with.  A name can be in two of them: wanted[first + i] is there as 2 * i
 * and as 2 * i + 1.
 */
struct finder {
	const struct btf *b;
	struct filter filter;
	uint32_t bucket[BUCKETS + 1];
	uint32_t *next;
	uint32_t first;
};

static void finder_link(struct finder *f, uint32_t slot, uint32_t node)
{
	f->next[node] = f->bucket[slot];
	f->bucket[slot] = node;
}

static void finder_add_key(struct finder *f, const char *key, uint32_t node)
{
	uint32_t word;

	memcpy(&word, key, KEY);
	filter_add(&f->filter, word);
	finder_link(f, filter_slot(word) % BUCKETS, node);
}

/*
 * A short name's key holds what follows it: its NUL, or "___" of a flavour.
 * So three letters make two keys; fewer, rare as they are, let everything
 * through the filter.
 */
static void finder_add(struct finder *f, const struct wanted *w, uint32_t node)
{
	char key[KEY] = { 0 };

	if (w->len >= KEY) {
		finder_add_key(f, w->name, node);
	} else if (w->len == 3) {
		memcpy(key, w->name, 3);
		finder_add_key(f, key, node);
		key[3] = '_';
		finder_add_key(f, key, node + 1);
	} else {
		memset(f->filter.has, 1, sizeof(f->filter.has));
		finder_link(f, SHORTS, node);
	}
}

static int finder_init(struct finder *f, const struct btf *b, uint32_t first)
{
	const struct scan *s = b->scan;
	uint32_t i;

	memset(f, 0, sizeof(*f));
	memset(f->bucket, 0xff, sizeof(f->bucket));
	f->b = b;
	f->first = first;
	f->next = calloc(s->nwanted - first, 2 * sizeof(*f->next));
	if (!f->next)
		return -ENOMEM;
	for (i = first; i < s->nwanted; i++)
		finder_add(f, &s->wanted[i], 2 * (i - first));
	return 0;
}

/* Does the string at @p, before @end, have this essential name?  One that
 * goes on after @end comes again, with the next chunk. */
static bool is_wanted(const struct wanted *w, const uint8_t *p,
		      const uint8_t *end)
{
	const uint8_t *nul;
	size_t n = (size_t)(end - p);

	/* The last byte first: many names start like a wanted one */
	if (w->len >= n ||
	    p[w->len - 1] != (uint8_t)w->name[w->len - 1] ||
	    memcmp(p, w->name, w->len))
		return false;
	if (p[w->len] != '_')
		return !p[w->len];
	nul = memchr(p, '\0', n < BTF_NAME_MAX ? n : BTF_NAME_MAX);
	return nul && essential_len((const char *)p, (size_t)(nul - p)) ==
		      w->len;
}

static int add_place(struct scan *s, uint32_t off, uint32_t want)
{
	struct place *places = grow(s->places, s->nplaces, &s->places_cap,
				    sizeof(*places));

	if (!places)
		return -ENOMEM;
	s->places = places;
	places[s->nplaces++] = (struct place){ .off = off, .want = want };
	return 0;
}

/* A string that got through the filter. */
static int finder_look(const struct finder *f, const uint8_t *p,
		       const uint8_t *end, uint32_t slot, uint32_t off)
{
	struct scan *s = f->b->scan;
	uint32_t node, want;
	int err;

	for (node = f->bucket[slot]; node != NONE; node = f->next[node]) {
		want = f->first + node / 2;
		if (!is_wanted(&s->wanted[want], p, end))
			continue;
		err = add_place(s, off, want);
		if (err)
			return err;
	}
	return 0;
}

static int finder_string(const struct finder *f, const uint8_t *p,
			 const uint8_t *end, uint32_t off)
{
	uint32_t key;
	int err = 0;

	if (end - p >= KEY) {
		memcpy(&key, p, KEY);
		err = finder_look(f, p, end, filter_slot(key) % BUCKETS, off);
	}
	return err ? err : finder_look(f, p, end, SHORTS, off);
}

/*
 * A bit for each byte of @word that is 0, the lowest for the first in memory.
 * It can be set for bytes from 0x81 on and for a 1 after a 0, too: that is
 * harmless, for what follows is compared with all of a wanted name, and
 * cheaper than to rule it out.
 */
static inline uint64_t nul_bytes(uint64_t word)
{
	const uint64_t ones = ~(uint64_t)0 / 255;
	uint64_t mask = (word - ones) & (ones << 7);

	/* bit 8 * i + 7 goes to bit 56 + i */
	return (mask >> 7) * 0x0102040810204080u >> 56;
}

static inline uint64_t nuls_of_block(const uint8_t *p)
{
	uint64_t mask = 0;
	unsigned int i;

	for (i = 0; i < BLOCK; i += 8)
		mask |= nul_bytes(get64(p + i, HOST_BIG_ENDIAN)) << i;
	return mask;
}

/*
 * All whole strings of @n bytes at @p, of which the first starts there.  A
 * block at a time: this is half of what starting a tool costs, and what it
 * costs are branches that cannot be foreseen.  memchr() for each of so many
 * short strings takes four times as long.
 */
static int scan_chunk(const struct finder *f, const uint8_t *p, size_t n,
		      uint32_t off)
{
	const uint8_t *start = p, *end = p + n, *s;
	int err = finder_string(f, p, end, off);
	uint64_t mask;
	uint32_t key;

	for (; !err && end - p >= BLOCK + KEY; p += BLOCK) {
		for (mask = nuls_of_block(p); mask; mask &= mask - 1) {
			s = p + __builtin_ctzll(mask) + 1;
			memcpy(&key, s, KEY);
			if (!filter_has(&f->filter, key))
				continue;
			err = finder_string(f, s, end,
					    off + (uint32_t)(s - start));
			if (err)
				return err;
		}
	}
	for (; p < end && !err; p++)
		if (!*p)
			err = finder_string(f, p + 1, end,
					    off + (uint32_t)(p + 1 - start));
	return err;
}

static int finder_run(const struct finder *f, const char **why)
{
	const struct btf *b = f->b;
	uint64_t off = 0;
	const uint8_t *p;
	size_t n, whole;
	int err;

	*why = "BTF strings cannot be read";
	while (off < b->strs_len) {
		p = reader_span(b->r, b->strs + off, b->strs + b->strs_len, &n);
		if (!p)
			return reader_error(b->r);
		err = scan_chunk(f, p, n, b->str_base + (uint32_t)off);
		if (err)
			return err;
		for (whole = n; whole && p[whole - 1]; whole--)
			;
		/*
		 * A string that fills a window is no name.  What is left of it
		 * is then taken for one, which does no harm: it is compared
		 * like others and no type's name starts there.
		 */
		off += whole ? whole : n;
	}
	return 0;
}

/* Names of split BTF may stand in its base's strings. */
static int inherit_places(const struct btf *b, uint32_t first)
{
	struct scan *s = b->scan, *bs = b->base->scan;
	const struct wanted *w;
	size_t i;
	int err;

	for (i = 0; i < bs->nplaces; i++) {
		w = &bs->wanted[bs->places[i].want];
		w = scan_find(b, w->name, w->len);
		if (!w || w < s->wanted + first)
			continue;
		err = add_place(s, bs->places[i].off,
				(uint32_t)(w - s->wanted));
		if (err)
			return err;
	}
	return 0;
}

int place_cmp(const void *pa, const void *pb)
{
	const struct place *a = pa, *b = pb;

	return a->off < b->off ? -1 : a->off > b->off;
}

int scan_strings(const struct btf *b, uint32_t first, const char **why)
{
	struct scan *s = b->scan;
	struct finder f;
	int err;

	err = finder_init(&f, b, first);
	if (!err)
		err = finder_run(&f, why);
	free(f.next);
	if (!err && b->base)
		err = inherit_places(b, first);
	if (!err && s->nplaces)
		qsort(s->places, s->nplaces, sizeof(*s->places), place_cmp);
	return err;
}

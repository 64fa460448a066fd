/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * discover_match.c - the offsets at which all windows show what is known.
 */
#include <errno.h>
#include <stdlib.h>

#include "discover_int.h"

#define VALUES_MAX		64
/* A window, and what a field must be in it. */
struct known {
	const struct disc_window *w;
	const struct disc_fact *f;
	uint64_t number, clear;	/* clear: bits that are 0, of flags */
	uint32_t limit;
	uint8_t value;		/* its number among the different ones */
	uint8_t subject;	/* likewise */
	bool zero;
};

struct knowns {
	struct known k[DISC_WINDOWS];
	unsigned int n, nsubjects;
};

bool worked(const struct solver *s, uint64_t n)
{
	if (*s->work <= n) {
		*s->work = 0;
		return false;
	}
	*s->work -= n;
	return true;
}

uint32_t form_size(const struct solver *s, unsigned int form)
{
	switch (form) {
	case FORM_U16:
	case FORM_BE16:
		return 2;
	case FORM_U32:
	case FORM_BYTES4:
		return 4;
	case FORM_U64:
		return 8;
	case FORM_LONG:
		return s->d->word;
	case FORM_BYTES16:
		return 16;
	default:
		return 1;
	}
}

unsigned int form_width(unsigned int form)
{
	if (form == FORM_LAST4)
		return 4;
	return form >= FORM_BITS4 && form <= FORM_BITS6 ?
	       4 + form - FORM_BITS4 : 0;
}

unsigned int form_begin(unsigned int form)
{
	return form == FORM_LAST4 ? 4 : 0;
}

unsigned int only_form(int rule)
{
	unsigned int forms = disc_rules[rule].forms;

	return forms ? (unsigned int)__builtin_ctz(forms) : FORM_NONE;
}

/* i386 aligns 64-bit numbers to 4. */
uint32_t form_align(const struct solver *s, unsigned int form)
{
	uint32_t size = form_size(s, form);

	if (form == FORM_BYTES16)
		return 4;
	return size > s->d->word ? s->d->word : size;
}

uint64_t window_number(const struct solver *s, const struct disc_window *w,
		       uint32_t off, uint32_t size)
{
	const uint8_t *p = w->bytes + off;
	bool swap = s->d->big_endian != HOST_BIG_ENDIAN;

	switch (size) {
	case 1:
		return *p;
	case 2:
		return get16(p, swap);
	case 4:
		return get32(p, swap);
	default:
		return get64(p, swap);
	}
}

/* Behind the object comes its neighbour, often a like one. */
uint32_t window_limit(const struct disc_window *w)
{
	return w->object_size && w->object_size < w->len ? w->object_size :
							   w->len;
}

void add_cand(struct solver *s, int rule, const struct cand *c)
{
	struct cands *cs = &s->cands[rule];
	struct cand *array = grow(cs->c, cs->n, &cs->cap, sizeof(*c));

	if (!array) {
		s->no_memory = true;
		return;
	}
	cs->c = array;
	array[cs->n++] = *c;
}

/* ---- what is known ---------------------------------------------------- */

static bool fact_fits(const struct rule *r, const struct disc_fact *f)
{
	if (r->forms & FORM(BYTES4))
		return f->len == 4;
	if (r->forms & FORM(BYTES16))
		return f->len == 16;
	return !f->len && !f->relative;
}

static bool same_value(const struct known *a, const struct known *b)
{
	if (a->f->len)
		return !memcmp(a->f->bytes, b->f->bytes, a->f->len);
	return a->number == b->number;
}

static bool is_zero(const struct known *k)
{
	size_t i;

	if (!k->f->len)
		return !k->number;
	for (i = 0; i < k->f->len && !k->f->bytes[i]; i++)
		;
	return i == k->f->len;
}

/* All bits of some width set: no limit, of whatever width it is. */
static bool all_ones(uint64_t v)
{
	return v == UINT64_MAX || v == UINT32_MAX;
}

/* Number the different values. */
static void number_value(struct cands *cs, struct knowns *ks, struct known *k)
{
	unsigned int i;

	k->zero = is_zero(k);
	for (i = 0; i < ks->n; i++) {
		if (same_value(&ks->k[i], k)) {
			k->value = ks->k[i].value;
			return;
		}
	}
	if (cs->nvalues < VALUES_MAX)
		cs->nvalues++;
	k->value = (uint8_t)(cs->nvalues - 1);
	if (!k->zero)
		cs->nonzero |= 1ull << k->value;
}

static void number_subject(struct cands *cs, struct knowns *ks,
			   struct known *k)
{
	unsigned int i;

	for (i = 0; i < ks->n; i++)
		if (ks->k[i].w->subject == k->w->subject)
			break;
	if (i < ks->n)
		k->subject = ks->k[i].subject;
	else if (ks->nsubjects < VALUES_MAX)
		k->subject = (uint8_t)ks->nsubjects++;
	else
		k->subject = VALUES_MAX - 1;
	if (!k->zero)
		cs->subjects |= 1ull << k->subject;
}

/* Without a known size, a window of so many bytes shows all of an object: up to
 * 6.18, a tcp_sock has 2560 bytes at most on 64 bits, 1920 on 32, an sk_buff
 * 240, a tcp_request_sock 320. */
static uint32_t enough(const struct solver *s, const struct disc_window *w)
{
	if (w->object == DISC_SKB || w->object == DISC_SKB_UDP)
		return 256;
	if (w->object == DISC_REQ)
		return 400;
	return s->d->word == 8 ? 2800 : 2100;
}

static void add_known(struct solver *s, int rule, struct knowns *ks,
		      const struct disc_window *w)
{
	const struct rule *r = &disc_rules[rule];
	const struct disc_fact *f = disc_window_fact(w, r->key), *other;
	struct cands *cs = &s->cands[rule];
	struct known *k = &ks->k[ks->n];

	if (!f || !fact_fits(r, f) || ks->n >= DISC_WINDOWS)
		return;
	memset(k, 0, sizeof(*k));
	k->w = w;
	k->f = f;
	k->limit = window_limit(w);
	k->number = f->number;
	if (r->key == DISC_KEY_FLAGS_SET) {
		other = disc_window_fact(w, DISC_KEY_FLAGS_CLEAR);
		k->clear = other ? other->number : 0;
	}
	number_value(cs, ks, k);
	number_subject(cs, ks, k);
	if (w->len >= (w->object_size ? w->object_size : enough(s, w)))
		cs->seen = true;
	/* In an established connection icsk_ca_initialized is set */
	other = disc_window_fact(w, DISC_KEY_STATE);
	if (r->forms & FORM(BITS6) ? other && other->number == 1 :
				     k->number >= UINT32_MAX)
		cs->wide = true;
	ks->n++;
}

/* 0 last: most bytes are. */
static int known_cmp(const void *pa, const void *pb)
{
	const struct known *a = pa, *b = pb;

	if (a->zero != b->zero)
		return a->zero ? 1 : -1;
	if (a->number != b->number)
		return a->number > b->number ? -1 : 1;
	return a->w < b->w ? -1 : a->w > b->w;
}

static void find_known(struct solver *s, int rule, struct knowns *ks)
{
	const struct recording *r = s->r;
	struct known k;
	unsigned int i;

	ks->n = ks->nsubjects = 0;
	for (i = 0; i < r->nwindows; i++)
		if (disc_rules[rule].objects >> r->windows[i].object & 1)
			add_known(s, rule, ks, &r->windows[i]);
	qsort(ks->k, ks->n, sizeof(ks->k[0]), known_cmp);
	/* Two that have nothing in common: most offsets end there */
	for (i = 2; i < ks->n; i++) {
		if (ks->k[i].value == ks->k[0].value ||
		    ks->k[i].subject == ks->k[0].subject)
			continue;
		k = ks->k[1];
		ks->k[1] = ks->k[i];
		ks->k[i] = k;
		break;
	}
}

/* ---- does a window agree? --------------------------------------------- */

static uint64_t bits_at(const struct solver *s, uint64_t byte,
			unsigned int begin, unsigned int n)
{
	/* From the top on big-endian machines */
	return byte >> (s->d->big_endian ? 8 - begin - n : begin) &
	       ((1u << n) - 1);
}

static bool agrees(const struct solver *s, const struct rule *r,
		   const struct known *k, uint32_t off, unsigned int form)
{
	uint32_t size = form_size(s, form);
	uint64_t v;

	if (form == FORM_BYTES4 || form == FORM_BYTES16)
		return !memcmp(k->w->bytes + off, k->f->bytes, size);
	if (form == FORM_BE16)
		return k->w->bytes[off] == k->number >> 8 &&
		       k->w->bytes[off + 1] == (k->number & 0xff);
	v = window_number(s, k->w, off, size);
	if (form_width(form))
		v = bits_at(s, v, form_begin(form), form_width(form));
	if (r->key == DISC_KEY_FLAGS_SET)
		return (v & k->number) == k->number && !(v & k->clear);
	if (size >= 4 && all_ones(k->number))
		return v == (size == 4 ? UINT32_MAX : UINT64_MAX);
	if (r->mask)
		v &= r->mask;
	return v >> r->shift == k->number + r->plus;
}

/* Note that @c disagrees with @k; is it still worth keeping? */
static bool miss(struct cand *c, const struct known *k)
{
	if (c->miss == NO_MISS) {
		c->miss = k->value;
		c->miss_subject = k->subject;
		return true;
	}
	if (c->miss != k->value)
		c->miss = MISSES;
	if (c->miss_subject != k->subject)
		c->miss_subject = MISSES;
	return c->miss != MISSES || c->miss_subject != MISSES;
}

/* One offset in all windows. */
static void try_offset(struct solver *s, int rule, const struct knowns *ks,
		       uint32_t off, unsigned int form)
{
	struct cand c = { .off = off, .form = (uint8_t)form, .miss = NO_MISS };
	uint32_t end = off + form_size(s, form);
	const struct known *k;

	for (k = ks->k; k < ks->k + ks->n; k++) {
		if (k->w->object_size && end > k->w->object_size)
			return;
		if (end > k->limit) {
			c.partial = true;
			continue;
		}
		if (!agrees(s, &disc_rules[rule], k, off, form) &&
		    !miss(&c, k))
			return;
	}
	add_cand(s, rule, &c);
}

void match_rule(struct solver *s, int rule)
{
	const struct rule *r = &disc_rules[rule];
	struct cands *cs = &s->cands[rule];
	unsigned int form, i;
	struct knowns *ks;
	uint32_t off, end = 0, size;

	ks = malloc(sizeof(*ks));
	if (!ks) {
		s->no_memory = true;
		return;
	}
	find_known(s, rule, ks);
	for (i = 0; i < ks->n; i++)
		end = ks->k[i].limit > end ? ks->k[i].limit : end;
	if (r->type == TYPE_SOCK_COMMON && end > SOCK_COMMON_MAX)
		end = SOCK_COMMON_MAX;
	for (form = 0; cs->nonzero && form < FORM_MAX; form++) {
		size = form_size(s, form);
		if (!(r->forms >> form & 1) || size > end)
			continue;
		/* On 32-bit kernels a long is no form of its own */
		if (form == FORM_LONG && size == 4 && r->forms & FORM(U32))
			continue;
		for (off = 0; off <= end - size && worked(s, ks->n);
		     off += form_align(s, form))
			try_offset(s, rule, ks, off, form);
	}
	free(ks);
}

unsigned int rule_holds(struct solver *s, int rule, uint32_t off,
			unsigned int form)
{
	const struct rule *r = &disc_rules[rule];
	uint32_t end = off + form_size(s, form);
	unsigned int n = 0, i;
	struct knowns *ks;

	ks = malloc(sizeof(*ks));
	if (!ks) {
		s->no_memory = true;
		return 0;
	}
	memset(&s->cands[rule], 0, sizeof(s->cands[rule]));
	find_known(s, rule, ks);
	for (i = 0; i < ks->n; i++) {
		if (end > ks->k[i].limit)
			continue;
		if (!agrees(s, r, &ks->k[i], off, form)) {
			n = 0;
			break;
		}
		n++;
	}
	free(ks);
	return n;
}

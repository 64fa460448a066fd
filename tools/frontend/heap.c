/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What was tallied, made into groups.
 *
 * Elements are kept as they come and sorted once, by key and slot; groups then
 * are runs of them, and a group's key stays where it is.
 */
#include "tools/frontend/heap_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ELEMENTS 256

struct element {
	const struct ask *ask;		/* for qsort() */
	uint64_t slot;
	struct ask_tally tally;
	uint64_t nth;			/* as it came */
	uint8_t key[];
};

struct store {
	uint8_t *elements;		/* n of them, stride apart */
	size_t n, cap, stride, key_size;
	struct heap_slot *slots;
};

bool heap_is_hist(const struct ask *a)
{
	return a->what == ASK_HIST || a->what == ASK_LHIST;
}

struct heap *heap_new(const struct ask *a)
{
	struct heap *h = calloc(1, sizeof(*h));
	struct store *s = calloc(1, sizeof(*s));

	if (!h || !s) {
		free(h);
		free(s);
		return NULL;
	}
	s->key_size = ask_key_size(a);
	s->stride = (sizeof(struct element) + s->key_size + 7) & ~(size_t)7;
	h->ask = a;
	h->store = s;
	return h;
}

void heap_free(struct heap *h)
{
	struct store *s;

	if (!h)
		return;
	s = h->store;
	free(s->elements);
	free(s->slots);
	free(s);
	free(h->groups);
	free(h);
}

static struct element *element_at(const struct store *s, size_t i)
{
	return (struct element *)(void *)(s->elements + i * s->stride);
}

static int make_room(struct store *s)
{
	size_t cap = s->cap ? 2 * s->cap : FIRST_ELEMENTS;
	uint8_t *elements;

	if (s->n < s->cap)
		return 0;
	if (cap > SIZE_MAX / s->stride)
		return -ENOMEM;
	elements = realloc(s->elements, cap * s->stride);
	if (!elements)
		return -ENOMEM;
	s->elements = elements;
	s->cap = cap;
	return 0;
}

/* Slots that cannot be count as the last that can. */
static uint64_t slot_of(const struct heap *h, const uint8_t *slot)
{
	uint32_t last = hist_last(h->ask);
	uint64_t v;

	if (!heap_is_hist(h->ask))
		return 0;
	memcpy(&v, slot, sizeof(v));
	return v < last ? v : last;
}

int heap_add(struct heap *h, const void *key, const struct ask_tally *t)
{
	struct store *s = h->store;
	struct element *e;
	int err = make_room(s);

	if (err)
		return err;
	e = element_at(s, s->n);
	e->ask = h->ask;
	e->slot = slot_of(h, (const uint8_t *)key + s->key_size);
	e->tally = *t;
	e->nth = s->n++;
	if (s->key_size)
		memcpy(e->key, key, s->key_size);
	return 0;
}

/* ---- order ------------------------------------------------------------- */

static int compare_u64(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int compare_s64(uint64_t a, uint64_t b)
{
	return ((int64_t)a > (int64_t)b) - ((int64_t)a < (int64_t)b);
}

/* Numbers as numbers, the rest as bytes. */
static int compare_value(const struct ask_value *v, const uint8_t *a,
			 const uint8_t *b)
{
	uint64_t x, y;

	if (v->shape != SHAPE_U64 && v->shape != SHAPE_S64 &&
	    v->shape != SHAPE_STACK)
		return memcmp(a, b, ask_value_size(v));
	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return v->shape == SHAPE_U64 ? compare_u64(x, y) : compare_s64(x, y);
}

static int compare_keys(const struct element *x, const struct element *y)
{
	const struct ask *a = x->ask;
	size_t at = 0;
	int order = 0;

	for (uint32_t i = 0; i < a->nkeys && !order; i++) {
		order = compare_value(&a->keys[i], x->key + at, y->key + at);
		at += ask_value_size(&a->keys[i]);
	}
	return order;
}

static int compare_slots(const struct element *x, const struct element *y)
{
	int order = compare_keys(x, y);

	return order ? order : compare_u64(x->slot, y->slot);
}

static int by_slot(const void *a, const void *b)
{
	const struct element *x = a, *y = b;
	int order = compare_slots(x, y);

	return order ? order : compare_u64(x->nth, y->nth);
}

/* Groups were made in the order of their keys. */
static int by_place(const struct heap_group *x, const struct heap_group *y)
{
	return (x->key > y->key) - (x->key < y->key);
}

static int by_count(const void *a, const void *b)
{
	const struct heap_group *x = a, *y = b;
	int order = compare_u64(x->count, y->count);

	return order ? order : by_place(x, y);
}

static int by_total(const void *a, const void *b)
{
	const struct heap_group *x = a, *y = b;
	int order = compare_u64(x->total, y->total);

	return order ? order : by_place(x, y);
}

static int by_signed_total(const void *a, const void *b)
{
	const struct heap_group *x = a, *y = b;
	int order = compare_s64(x->total, y->total);

	return order ? order : by_place(x, y);
}

/* ---- groups ------------------------------------------------------------ */

/* An element that came twice, since the walk through the map began anew,
 * counts as it came last. */
static void drop_doubles(struct store *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		if (n && !compare_slots(element_at(s, n - 1),
					element_at(s, i)))
			n--;
		if (n != i)
			memcpy(element_at(s, n), element_at(s, i), s->stride);
		n++;
	}
	s->n = n;
}

static void add_slot(struct heap *h, const struct element *e)
{
	struct heap_group *g = &h->groups[h->ngroups - 1];
	struct store *s = h->store;
	struct heap_slot *slot;

	g->count += e->tally.count;
	g->total += e->tally.total;
	if (!heap_is_hist(h->ask))
		return;
	slot = s->slots + (g->slots - s->slots) + g->nslots++;
	slot->slot = (uint32_t)e->slot;
	slot->count = e->tally.count;
}

static void make_groups(struct heap *h)
{
	struct store *s = h->store;
	const struct element *e, *last = NULL;
	struct heap_group *g;

	for (size_t i = 0; i < s->n; i++) {
		e = element_at(s, i);
		if (!last || compare_keys(last, e)) {
			g = &h->groups[h->ngroups++];
			memset(g, 0, sizeof(*g));
			g->key = e->key;
			g->slots = s->slots + i;
		}
		add_slot(h, e);
		last = e;
	}
}

int heap_sort(struct heap *h, uint32_t top)
{
	bool sums = h->ask->what == ASK_SUM || h->ask->what == ASK_STATS;
	struct store *s = h->store;

	if (!s->n)
		return 0;
	qsort(s->elements, s->n, s->stride, by_slot);
	drop_doubles(s);
	h->groups = calloc(s->n, sizeof(*h->groups));
	s->slots = calloc(s->n, sizeof(*s->slots));
	if (!h->groups || !s->slots)
		return -ENOMEM;
	make_groups(h);
	qsort(h->groups, h->ngroups, sizeof(*h->groups),
	      !sums ? by_count :
	      h->ask->value.shape == SHAPE_S64 ? by_signed_total : by_total);
	if (top && top < h->ngroups) {
		memmove(h->groups, h->groups + (h->ngroups - top),
			top * sizeof(*h->groups));
		h->ngroups = top;
	}
	return 0;
}

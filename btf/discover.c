/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * discover.c - recordings in memory.
 */
#include <errno.h>
#include <stdlib.h>

#include "discover_int.h"

#define CHUNK_BYTES	(64 * 1024)

/* Memory that is given back all at once. */
struct chunk {
	struct chunk *next;
	size_t used, size;
	uint64_t data[];	/* aligned for everything that is kept here */
};

struct arena {
	struct chunk *chunks;
	size_t windows_cap;
};

static const char *const object_names[] = {
#define X(id, name) [DISC_##id] = name,
	DISC_OBJECTS(X)
#undef X
};

static const char *const key_names[] = {
#define X(id, name) [DISC_KEY_##id] = name,
	DISC_KEYS(X)
#undef X
};

const char *disc_object_name(unsigned int object)
{
	return object < DISC_OBJECT_MAX ? object_names[object] : NULL;
}

const char *disc_key_name(unsigned int key)
{
	return key < DISC_KEY_MAX ? key_names[key] : NULL;
}

const struct disc_fact *disc_window_fact(const struct disc_window *w, int key)
{
	const struct disc_fact *f;

	for (f = w->facts; f < w->facts + w->nfacts; f++)
		if (f->key == key)
			return f;
	return NULL;
}

static void *arena_alloc(struct arena *a, size_t size)
{
	struct chunk *c = a->chunks;
	size_t want;
	void *p;

	size = (size + 7) & ~(size_t)7;
	if (!c || c->size - c->used < size) {
		want = size > CHUNK_BYTES ? size : CHUNK_BYTES;
		c = malloc(sizeof(*c) + want);
		if (!c)
			return NULL;
		c->next = a->chunks;
		c->used = 0;
		c->size = want;
		a->chunks = c;
	}
	p = (uint8_t *)c->data + c->used;
	c->used += size;
	return p;
}

void recording_init(struct recording *r)
{
	memset(r, 0, sizeof(*r));
}

void recording_release(struct recording *r)
{
	struct arena *a = r->arena;
	struct chunk *c;

	while (a && a->chunks) {
		c = a->chunks;
		a->chunks = c->next;
		free(c);
	}
	free(a);
	free(r->windows);
	memset(r, 0, sizeof(*r));
}

/* What a window without facts has: C adds nothing to a null pointer. */
static const struct disc_fact no_facts[1];

static int add_window(struct recording *r, int object, unsigned int subject,
		      uint64_t addr, const void *bytes, size_t len)
{
	struct disc_window *windows, *w;
	struct arena *a = r->arena;
	uint8_t *copy;

	if (len > DISC_WINDOW_MAX || r->nwindows >= DISC_WINDOWS)
		return -E2BIG;
	if (!a)
		a = r->arena = calloc(1, sizeof(*a));
	if (!a)
		return -ENOMEM;
	copy = arena_alloc(a, len);
	windows = grow(r->windows, r->nwindows, &a->windows_cap, sizeof(*w));
	if (windows)
		r->windows = windows;
	if (!copy || !windows)
		return -ENOMEM;
	if (len)
		memcpy(copy, bytes, len);
	w = &windows[r->nwindows];
	memset(w, 0, sizeof(*w));
	w->object = (uint8_t)object;
	w->subject = (uint16_t)subject;
	w->addr = addr;
	w->parent = -1;
	w->facts = no_facts;
	w->bytes = copy;
	w->len = (uint32_t)len;
	return (int)r->nwindows++;
}

int recording_window(struct recording *r, int object, unsigned int subject,
		     uint64_t addr, const void *bytes, size_t len)
{
	if (object < 0 || object >= DISC_POINTEE || subject > UINT16_MAX)
		return -EINVAL;
	return add_window(r, object, subject, addr, bytes, len);
}

int recording_pointee(struct recording *r, int parent, uint32_t parent_off,
		      uint64_t addr, const void *bytes, size_t len)
{
	int n;

	if (parent < 0 || (unsigned int)parent >= r->nwindows ||
	    parent_off >= DISC_WINDOW_MAX)
		return -EINVAL;
	n = add_window(r, DISC_POINTEE, r->windows[parent].subject, addr,
		       bytes, len);
	if (n < 0)
		return n;
	r->windows[n].parent = parent;
	r->windows[n].parent_off = parent_off;
	return n;
}

/*
 * One more fact for @window.  The array has room for a power of two, so it is
 * full when its count is one; old arrays stay in the arena.
 */
static int add_fact(struct recording *r, int window, const struct disc_fact *f)
{
	struct disc_fact *facts;
	struct disc_window *w;
	unsigned int n;

	if (window < 0 || (unsigned int)window >= r->nwindows ||
	    f->key >= DISC_KEY_MAX)
		return -EINVAL;
	w = &r->windows[window];
	n = w->nfacts;
	if (n >= DISC_FACTS)
		return -EINVAL;
	facts = (struct disc_fact *)w->facts;
	if (!(n & (n - 1))) {
		facts = arena_alloc(r->arena, (n ? 2 * n : 1) * sizeof(*f));
		if (!facts)
			return -ENOMEM;
		if (n)
			memcpy(facts, w->facts, n * sizeof(*f));
		w->facts = facts;
	}
	facts[n] = *f;
	w->nfacts++;
	return 0;
}

int recording_number(struct recording *r, int window, int key, uint64_t number)
{
	struct disc_fact f = { .number = number };

	if (key < 0 || key >= DISC_KEY_MAX)
		return -EINVAL;
	f.key = (uint8_t)key;
	return add_fact(r, window, &f);
}

int recording_bytes(struct recording *r, int window, int key,
		    const void *bytes, size_t len)
{
	struct disc_fact f = { .number = 0 };

	if (key < 0 || key >= DISC_KEY_MAX || !len || len > sizeof(f.bytes))
		return -EINVAL;
	f.key = (uint8_t)key;
	f.len = (uint8_t)len;
	memcpy(f.bytes, bytes, len);
	return add_fact(r, window, &f);
}

int recording_seq(struct recording *r, int window, uint32_t relative)
{
	struct disc_fact f = { .key = DISC_KEY_SEQ, .relative = true,
			       .number = relative };

	return add_fact(r, window, &f);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the child saw, in memory that it shares with us. */
#include "loader/discover_int.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#define TAPE_BYTES (4u << 20)	/* touched only as far as it is written */

struct tape {
	uint32_t used;		/* whole entries */
	int32_t windows;
	struct err failed;
	uint64_t data[];
};

struct entry {
	uint64_t addr;
	int32_t parent;		/* of a pointee; -1 */
	uint32_t parent_off;
	uint32_t len, nfacts, object_size;
	uint16_t subject;
	uint8_t object, pad;
	/* nfacts struct disc_fact, len bytes */
};

#define ROUND8(n) (((n) + 7u) & ~7u)

/* More than there is room for are not known. */
static void add(struct facts *f, const struct disc_fact *x)
{
	if (f->n < ARRAY_SIZE(f->f))
		memcpy(&f->f[f->n++], x, sizeof(*x));
}

/* Facts are compared as memory: no padding may differ. */
static void fact_init(struct disc_fact *x, int key)
{
	memset(x, 0, sizeof(*x));
	x->key = (uint8_t)key;
}

void known_number(struct facts *f, int key, uint64_t number)
{
	struct disc_fact x;

	fact_init(&x, key);
	x.number = number;
	add(f, &x);
}

void known_seq(struct facts *f, uint32_t relative)
{
	struct disc_fact x;

	fact_init(&x, DISC_KEY_SEQ);
	x.number = relative;
	x.relative = true;
	add(f, &x);
}

void known_bytes(struct facts *f, int key, const void *bytes, size_t len)
{
	struct disc_fact x;

	fact_init(&x, key);
	if (len > sizeof(x.bytes))
		len = sizeof(x.bytes);
	x.len = (uint8_t)len;
	memcpy(x.bytes, bytes, len);
	add(f, &x);
}

struct tape *tape_new(void)
{
	void *map = mmap(NULL, TAPE_BYTES, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return map == MAP_FAILED ? NULL : map;
}

void tape_free(struct tape *t)
{
	if (t)
		munmap(t, TAPE_BYTES);
}

void tape_fail(struct tape *t, const struct err *e)
{
	t->failed = *e;
}

static int append(struct tape *t, const struct entry *e,
		  const struct facts *f, const void *bytes)
{
	size_t facts = e->nfacts * sizeof(struct disc_fact);
	size_t size = ROUND8(sizeof(*e) + facts + e->len);
	uint8_t *at = (uint8_t *)t->data + t->used;

	if (size > TAPE_BYTES - sizeof(*t) - t->used ||
	    t->windows >= DISC_WINDOWS)
		return -1;
	memcpy(at, e, sizeof(*e));
	if (facts)
		memcpy(at + sizeof(*e), f->f, facts);
	memcpy(at + sizeof(*e) + facts, bytes, e->len);
	/* the parent believes no more than this, whenever we are killed */
	__atomic_store_n(&t->used, t->used + (uint32_t)size, __ATOMIC_RELEASE);
	return t->windows++;
}

int tape_window(struct tape *t, int object, unsigned subject, uint64_t addr,
		const void *bytes, uint32_t len, uint32_t object_size,
		const struct facts *f)
{
	struct entry e = {
		.addr = addr, .parent = -1, .len = len, .nfacts = f->n,
		.object_size = object_size, .subject = (uint16_t)subject,
		.object = (uint8_t)object,
	};

	return append(t, &e, f, bytes);
}

int tape_pointee(struct tape *t, int parent, uint32_t off, uint64_t addr,
		 const void *bytes, uint32_t len)
{
	struct entry e = {
		.addr = addr, .parent = parent, .parent_off = off, .len = len,
		.object = DISC_POINTEE,
	};

	return parent < 0 ? -1 : append(t, &e, NULL, bytes);
}

/* ---- the parent's side ------------------------------------------------ */

static int play_fact(struct recording *r, int w, const struct disc_fact *f)
{
	if (f->relative)
		return recording_seq(r, w, (uint32_t)f->number);
	if (f->len)
		return recording_bytes(r, w, f->key, f->bytes, f->len);
	return recording_number(r, w, f->key, f->number);
}

static int play_entry(struct recording *r, const struct entry *e,
		      const uint8_t *p)
{
	const uint8_t *bytes = p + e->nfacts * sizeof(struct disc_fact);
	struct disc_fact f;
	int w, err = 0;

	if (e->object == DISC_POINTEE)
		w = recording_pointee(r, e->parent, e->parent_off, e->addr,
				      bytes, e->len);
	else
		w = recording_window(r, e->object, e->subject, e->addr, bytes,
				     e->len);
	if (w < 0)
		return w;
	r->windows[w].object_size = e->object_size;
	for (uint32_t i = 0; i < e->nfacts && !err; i++) {
		memcpy(&f, p + i * sizeof(f), sizeof(f));
		err = play_fact(r, w, &f);
	}
	return err;
}

int tape_play(struct tape *t, struct recording *r, struct err *e)
{
	uint32_t used = __atomic_load_n(&t->used, __ATOMIC_ACQUIRE), at = 0;
	struct entry x;
	int err = 0;

	if (!used && t->failed.no) {
		*e = t->failed;
		return -e->no;
	}
	if (!used)
		return err_set(e, 0, "nothing was seen");
	while (at < used && !err) {
		const uint8_t *p = (const uint8_t *)t->data + at;

		memcpy(&x, p, sizeof(x));
		err = play_entry(r, &x, p + sizeof(x));
		at += ROUND8(sizeof(x) + x.len +
			     x.nfacts * (uint32_t)sizeof(struct disc_fact));
	}
	return err ? err_set(e, -err, "recording") : 0;
}

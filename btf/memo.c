/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * memo.c - answers that were given before.
 *
 * The programs of a tool ask some 200 questions about some 30 fields, offset,
 * size and existence of each, for every hook that is tried.
 */
#include <stdlib.h>

#include "btf_int.h"

struct memo {
	uint32_t hash;
	uint8_t kind, class;
	struct answer a;
	char text[];		/* type and path, a NUL behind each */
};

/* Questions about one field are answered by what the field is. */
static uint8_t kind_of(const struct question *q)
{
	return asks_field(q->kind) ? CORE_FIELD_BYTE_OFFSET : q->kind;
}

static uint32_t mix(uint32_t h, const char *s)	/* FNV-1a */
{
	for (; *s; s++)
		h = (h ^ (uint8_t)*s) * 16777619u;
	return h;
}

static uint32_t hash(const struct question *q)
{
	return mix(mix(2166136261u ^ kind_of(q), q->type) + 1, q->path);
}

/* What the program declares counts, where it comes with its own BTF. */
static bool fit(const struct question *q)
{
	return !q->local && q->type && q->path;
}

const struct answer *memo_find(const struct resolver *r,
			       const struct question *q)
{
	uint32_t h, i;

	if (!fit(q))
		return NULL;
	h = hash(q);
	for (i = 0; i < r->nmemos; i++) {
		const struct memo *m = r->memos[i];

		if (m->hash == h && m->kind == kind_of(q) &&
		    m->class == q->local_class && !strcmp(m->text, q->type) &&
		    !strcmp(m->text + strlen(m->text) + 1, q->path))
			return &m->a;
	}
	return NULL;
}

/* Without memory the question is asked again. */
void memo_add(struct resolver *r, const struct question *q,
	      const struct answer *a)
{
	size_t type, path;
	struct memo **memos, *m;

	if (!fit(q))
		return;
	memos = grow(r->memos, r->nmemos, &r->memos_cap, sizeof(*memos));
	if (!memos)
		return;
	r->memos = memos;
	type = strlen(q->type) + 1;
	path = strlen(q->path) + 1;
	m = malloc(sizeof(*m) + type + path);
	if (!m)
		return;
	m->hash = hash(q);
	m->kind = kind_of(q);
	m->class = q->local_class;
	m->a = *a;
	memcpy(m->text, q->type, type);
	memcpy(m->text + type, q->path, path);
	memos[r->nmemos++] = m;
}

void memo_release(struct resolver *r)
{
	while (r->nmemos)
		free(r->memos[--r->nmemos]);
	free(r->memos);
	r->memos = NULL;
	r->memos_cap = 0;
}

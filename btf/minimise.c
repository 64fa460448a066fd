/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * minimise.c - BTF cut down to some questions: what of it to keep.
 *
 * Each question is asked as btf_core() asks it, of all candidates, and the
 * members and enumerators that its path goes through are noted.  minwrite.c
 * makes a file of the notes.
 */
#include <errno.h>
#include <stdlib.h>

#include "minimise_int.h"

#define KEEP_MAX	(1u << 16)	/* more than 256 KB have room for */

static int keep(struct mini *m, uint32_t id, uint32_t part)
{
	struct keep *keeps;

	if (m->nkeeps == KEEP_MAX)
		return -E2BIG;
	keeps = grow(m->keeps, m->nkeeps, &m->keeps_cap, sizeof(*keeps));
	if (!keeps)
		return -ENOMEM;
	m->keeps = keeps;
	keeps[m->nkeeps++] = (struct keep){ id, part };
	return 0;
}

/*
 * Only the last array without length of a struct may be indexed; one that
 * would become the last keeps the member behind it.
 */
static bool guards_array(const struct type *t, uint32_t i)
{
	struct member m;
	struct array a;
	struct type e;

	return type_kind(t) == BTF_KIND_STRUCT && i + 1 < type_vlen(t) &&
	       !type_member(t, i, &m) && !type_skip(t->b, m.type, &e) &&
	       type_kind(&e) == BTF_KIND_ARRAY && !type_array(&e, &a) &&
	       !a.nelems;
}

static int keep_member(void *ctx, const struct type *t, uint32_t i)
{
	int err = keep(ctx, t->id, i);

	return !err && guards_array(t, i) ? keep(ctx, t->id, i + 1) : err;
}

/* What @q finds in candidate @id: 1 something, 0 nothing, negative errno. */
static int keep_found(struct mini *m, const struct question *q, uint32_t id)
{
	uint64_t value;
	uint32_t index;
	struct type t;
	int err;

	if (asks_field(q->kind))
		return path_trail(m->b, id, q->path, keep_member, m);
	if (!asks_enum(q->kind))
		return 1;
	err = type_skip(m->b, id, &t);
	if (!err)
		err = enum_find(&t, q->path, &index, &value);
	if (err <= 0)
		return err;
	err = keep(m, t.id, index);
	return err ? err : 1;
}

/* "Not there" is an answer, too, unless it is one that @m->b cannot give. */
static int keep_absence(struct mini *m, const struct root *r, const char *path)
{
	char name[BTF_NAME_MAX], **absent, *copy;
	int lacks = m->b->partial ? partial_lacks(m->b, r, path) : 1;
	size_t i;

	if (lacks <= 0)
		return lacks;
	if (partial_absent(name, sizeof(name), r, path))
		return 0;
	for (i = 0; i < m->nabsent; i++)
		if (!strcmp(m->absent[i], name))
			return 0;
	absent = grow(m->absent, m->nabsent, &m->absent_cap, sizeof(*absent));
	if (absent)
		m->absent = absent;
	copy = absent ? malloc(strlen(name) + 1) : NULL;
	if (!copy)
		return -ENOMEM;
	memcpy(copy, name, strlen(name) + 1);
	absent[m->nabsent++] = copy;
	return 0;
}

static int keep_question(struct mini *m, const struct question *q)
{
	uint32_t id = 0;
	struct root r;
	int err, found = 0;

	if (!q->type || !q->path || root_parse(&r, q->type))
		return -EINVAL;
	work_start(m->b);
	while ((id = btf_next(m->b, r.name, r.kinds, id))) {
		err = keep(m, id, WHOLE);
		if (!err)
			err = keep_found(m, q, id);
		if (err < 0)
			return err;
		found |= err;
	}
	if (found || !btf_next(m->b, r.name, r.kinds, 0))
		return 0;
	return keep_absence(m, &r, q->path);
}

/* All functions of that name: whoever looks may look at any. */
static int keep_func(struct mini *m, const char *name)
{
	uint32_t id = 0;
	int err = 0;

	while (!err && (id = btf_next(m->b, name, KIND_MASK(KIND_FUNC), id)))
		err = keep(m, id, WHOLE);
	return err;
}

/* Pointers are as long as the first of these says. */
static int keep_long(struct mini *m)
{
	const char *name;
	uint64_t size;
	uint32_t id = 0;
	size_t i;
	int err;

	work_start(m->b);
	err = scan_pointer_size(m->b, &size);
	for (i = 0; !err && !id && (name = scan_long_name(i)); i++)
		id = btf_next(m->b, name, KIND_MASK(BTF_KIND_INT), 0);
	return err || !id ? err : keep(m, id, WHOLE);
}

static int want(struct mini *m, const struct minimise *in, const char **why)
{
	size_t i, n = 0;
	const char **names;
	struct root r;
	int err;

	names = malloc((in->nquestions + in->nfuncs + 1) * sizeof(*names));
	*why = "out of memory";
	if (!names)
		return -ENOMEM;
	for (i = 0; i < in->nquestions; i++)
		if (in->questions[i].type &&
		    !root_parse(&r, in->questions[i].type))
			names[n++] = r.name;
	for (i = 0; i < in->nfuncs; i++)
		names[n++] = in->funcs[i];
	err = btf_want(m->b, names, n, why);
	free(names);
	return err;
}

static int keep_cmp(const void *pa, const void *pb)
{
	const struct keep *a = pa, *b = pb;

	if (a->id != b->id)
		return a->id < b->id ? -1 : 1;
	return a->part < b->part ? -1 : a->part > b->part;
}

static void sort(struct mini *m)
{
	size_t i, n = 0;

	if (m->nkeeps)
		qsort(m->keeps, m->nkeeps, sizeof(*m->keeps), keep_cmp);
	for (i = 0; i < m->nkeeps; i++)
		if (!i || keep_cmp(&m->keeps[i], &m->keeps[n - 1]))
			m->keeps[n++] = m->keeps[i];
	m->nkeeps = n;
}

static int collect(struct mini *m, const struct minimise *in, const char **why)
{
	size_t i;
	int err;

	*why = "split BTF cannot be minimised";
	if (m->b->base)
		return -EINVAL;
	*why = "the build-id is not hex text";
	err = partial_mark(m->mark, sizeof(m->mark), in->build_id);
	if (!err)
		err = want(m, in, why);
	if (!err)
		*why = "broken type, or question";
	for (i = 0; !err && i < in->nquestions; i++)
		err = keep_question(m, &in->questions[i]);
	for (i = 0; !err && i < in->nfuncs; i++)
		err = keep_func(m, in->funcs[i]);
	if (!err)
		err = keep_long(m);
	sort(m);
	return err;
}

int btf_minimise(struct btf *b, const struct minimise *in, void **out,
		 size_t *len, const char **why)
{
	struct mini m = { .b = b };
	size_t i;
	int err = collect(&m, in, why);

	*out = NULL;
	if (!err)
		err = mini_write(&m, out, len, why);
	else if (err == -E2BIG)
		*why = "types are too complex";
	else if (err == -ENOMEM)
		*why = "out of memory";
	for (i = 0; i < m.nabsent; i++)
		free(m.absent[i]);
	free(m.absent);
	free(m.keeps);
	if (!err)
		*why = NULL;
	return err;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * minwrite.c - BTF cut down to some questions: the file.
 *
 * Types that something is kept of get ids of their own, in their old order.
 * What they refer to otherwise is reduced to what answers depend on: pointers
 * lose what they point to, structs inside of others their name and members,
 * modifiers and typedefs go.  Equal ones of those become one.
 */
#include <errno.h>
#include <stdlib.h>

#include "minimise_int.h"

#define SECTION_MAX	(1u << 18)	/* bytes; also bounds the searches */
#define HEADER_LEN	24

struct buf {
	uint8_t *p;
	size_t len, cap;
};

/* A type that something is kept of: keeps[first...]. */
struct own {
	uint32_t id, first, n;
	bool named;
};

struct writer {
	struct mini *m;
	bool swap;
	struct own *own;
	size_t nown;
	uint32_t first_own, next_id;
	struct buf strs, types;	/* types: mark, absent, own */
	struct buf more;	/* types reduced, that come behind */
	uint32_t *at;		/* where each of those starts in more */
	size_t nmore, at_cap;
};

/* ---- bytes ------------------------------------------------------------ */

static int add(struct buf *b, const void *p, size_t n)
{
	size_t cap = b->cap ? b->cap : 1024;
	uint8_t *q = b->p;

	if (!n)
		return 0;
	if (n > SECTION_MAX - b->len)
		return -E2BIG;
	while (cap < b->len + n)
		cap *= 2;
	if (cap > b->cap)
		q = realloc(b->p, cap);
	if (!q)
		return -ENOMEM;
	b->p = q;
	b->cap = cap;
	memcpy(b->p + b->len, p, n);
	b->len += n;
	return 0;
}

static int add_words(const struct writer *w, struct buf *b, size_t n,
		     const uint32_t *words)
{
	uint32_t v;
	size_t i;
	int err = 0;

	for (i = 0; !err && i < n; i++) {
		v = get32(&words[i], w->swap);
		err = add(b, &v, sizeof(v));
	}
	return err;
}

#define ADD(w, b, ...)							\
	add_words(w, b, sizeof((uint32_t[]){ __VA_ARGS__ }) / 4,	\
		  (const uint32_t[]){ __VA_ARGS__ })

/* Offset of the string @s, each being there once. */
static int add_string(struct writer *w, const char *s, uint32_t *off)
{
	const char *p = (const char *)w->strs.p;
	size_t i, len = strlen(s) + 1;

	for (i = 0; i < w->strs.len; i += strlen(p + i) + 1)
		if (!strcmp(p + i, s))
			break;
	*off = (uint32_t)i;
	return i < w->strs.len ? 0 : add(&w->strs, s, len);
}

static int add_name(struct writer *w, uint32_t name, uint32_t *off)
{
	char buf[BTF_NAME_MAX];
	int n = name_copy(w->m->b, name, buf, sizeof(buf));

	return n < 0 ? n : add_string(w, buf, off);
}

/* ---- references ------------------------------------------------------- */

static int own_cmp(const void *pa, const void *pb)
{
	const struct own *a = pa, *b = pb;

	return a->id < b->id ? -1 : a->id > b->id;
}

/* The id of the reduced type @rec, which is added if it is new. */
static int place(struct writer *w, const struct buf *rec, uint32_t *to)
{
	uint32_t *at;
	size_t i, end;

	for (i = 0; i < w->nmore; i++) {
		end = i + 1 < w->nmore ? w->at[i + 1] : w->more.len;
		if (end - w->at[i] == rec->len &&
		    !memcmp(w->more.p + w->at[i], rec->p, rec->len)) {
			*to = w->next_id + (uint32_t)i;
			return 0;
		}
	}
	at = grow(w->at, w->nmore, &w->at_cap, sizeof(*at));
	if (!at)
		return -ENOMEM;
	w->at = at;
	at[w->nmore] = (uint32_t)w->more.len;
	*to = w->next_id + (uint32_t)w->nmore++;
	return add(&w->more, rec->p, rec->len);
}

static int refer(struct writer *w, uint32_t id, int depth, uint32_t *to);

static int reduce_int(struct writer *w, const struct type *t, struct buf *rec)
{
	uint32_t encoding = 0, name;
	int err = add_name(w, t->name, &name);

	if (!err && type_kind(t) == KIND_FLOAT)
		return ADD(w, rec, name, t->info, t->size);
	if (!err)
		err = type_int(t, &encoding);
	return err ? err : ADD(w, rec, name, t->info, t->size, encoding);
}

static int reduce_array(struct writer *w, const struct type *t, int depth,
			struct buf *rec)
{
	uint32_t elem, index;
	struct array a;
	int err = type_array(t, &a);

	if (!err)
		err = refer(w, a.elem, depth, &elem);
	if (!err)
		err = refer(w, a.index, depth, &index);
	return err ? err : ADD(w, rec, 0, (uint32_t)BTF_KIND_ARRAY << 24, 0,
			       elem, index, a.nelems);
}

static int reduce_proto(struct writer *w, const struct type *t, int depth,
			struct buf *rec)
{
	uint32_t i, to, param;
	int err = refer(w, type_ref(t), depth, &to);

	if (!err)
		err = ADD(w, rec, 0, t->info, to);
	for (i = 0; !err && i < type_vlen(t); i++) {
		err = type_param(t, i, &param);
		if (!err)
			err = refer(w, param, depth, &to);
		/* void, at the end, says that more may follow */
		if (!err && param && !to)
			err = -EINVAL;
		if (!err)
			err = ADD(w, rec, 0, to);
	}
	return err;
}

static int reduce(struct writer *w, const struct type *t, int depth,
		  struct buf *rec)
{
	uint32_t kind = (uint32_t)type_kind(t) << 24;

	switch (type_kind(t)) {
	case BTF_KIND_INT:
	case KIND_FLOAT:
		return reduce_int(w, t, rec);
	case BTF_KIND_PTR:
		return ADD(w, rec, 0, kind, 0);
	case BTF_KIND_ENUM:
	case KIND_ENUM64:
		return ADD(w, rec, 0, kind | (t->info & 1u << 31), t->size);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return ADD(w, rec, 0, kind, t->size);
	case BTF_KIND_ARRAY:
		return reduce_array(w, t, depth, rec);
	case KIND_FUNC_PROTO:
		return reduce_proto(w, t, depth, rec);
	default:
		return 0;	/* has neither class nor size: void does */
	}
}

/* The new id of what stands for the type @id. */
static int refer(struct writer *w, uint32_t id, int depth, uint32_t *to)
{
	struct own key, *own;
	struct buf rec = { NULL, 0, 0 };
	struct type t;
	int err;

	*to = 0;
	if (depth >= BTF_MAX_DEPTH)
		return -EINVAL;
	err = type_skip(w->m->b, id, &t);
	if (err)
		return err;
	key.id = t.id;
	own = bsearch(&key, w->own, w->nown, sizeof(key), own_cmp);
	if (own) {
		*to = w->first_own + (uint32_t)(own - w->own);
		return 0;
	}
	err = reduce(w, &t, depth + 1, &rec);
	if (!err && rec.len)
		err = place(w, &rec, to);
	free(rec.p);
	return err;
}

/* ---- types that something is kept of ---------------------------------- */

static int put_member(struct writer *w, const struct type *t, uint32_t i)
{
	uint32_t name, to, off;
	struct member m;
	int err = type_member(t, i, &m);

	if (!err)
		err = add_name(w, m.name, &name);
	if (!err)
		err = refer(w, m.type, 0, &to);
	off = m.bit_off | (type_flag(t) ? m.bit_size << 24 : 0);
	return err ? err : ADD(w, &w->types, name, to, off);
}

static int put_enumerator(struct writer *w, const struct type *t, uint32_t i)
{
	uint32_t off, name;
	uint64_t v;
	int err = type_enumerator(t, i, &off, &v);

	if (!err)
		err = add_name(w, off, &name);
	if (!err)
		err = ADD(w, &w->types, name, (uint32_t)v);
	if (!err && type_kind(t) == KIND_ENUM64)
		err = ADD(w, &w->types, (uint32_t)(v >> 32));
	return err;
}

static int put_parts(struct writer *w, const struct type *t,
		     const struct own *o)
{
	uint32_t i;
	int err = 0;

	for (i = 0; !err && i < o->n; i++)
		err = type_is(t, KINDS_ENUM) ?
		      put_enumerator(w, t, w->m->keeps[o->first + i].part) :
		      put_member(w, t, w->m->keeps[o->first + i].part);
	return err;
}

static int put_own(struct writer *w, const struct own *o)
{
	uint32_t name = 0, to, info, encoding;
	struct type t;
	int err;

	err = type_get(w->m->b, o->id, &t);
	if (!err && o->named)
		err = add_name(w, t.name, &name);
	info = t.info;
	to = t.size;
	if (type_is(&t, KINDS_COMPOSITE | KINDS_ENUM))
		info = (t.info & 0xff000000) | o->n;
	else if (!err && type_is(&t, KIND_MASK(BTF_KIND_TYPEDEF) |
				     KIND_MASK(KIND_FUNC)))
		err = refer(w, type_ref(&t), 0, &to);
	if (!err)
		err = ADD(w, &w->types, name, info, to);
	if (!err && type_kind(&t) == BTF_KIND_INT) {
		err = type_int(&t, &encoding);
		if (!err)
			err = ADD(w, &w->types, encoding);
	}
	return err ? err : put_parts(w, &t, o);
}

static int put_typedef(struct writer *w, const char *s)
{
	uint32_t name, info = (uint32_t)BTF_KIND_TYPEDEF << 24;
	int err = add_string(w, s, &name);

	return err ? err : ADD(w, &w->types, name, info, 0);
}

/* ---- all together ----------------------------------------------------- */

static int number(struct writer *w)
{
	const struct keep *k = w->m->keeps;
	struct own *o = NULL;
	size_t i;

	w->own = calloc(w->m->nkeeps + 1, sizeof(*w->own));
	if (!w->own)
		return -ENOMEM;
	for (i = 0; i < w->m->nkeeps; i++) {
		if (!i || k[i].id != k[i - 1].id) {
			o = &w->own[w->nown++];
			o->id = k[i].id;
			o->first = (uint32_t)i;
		}
		if (k[i].part == WHOLE)
			o->named = true;
		else
			o->n++;
	}
	w->first_own = 2 + (uint32_t)w->m->nabsent;
	w->next_id = w->first_own + (uint32_t)w->nown;
	return 0;
}

static int put_all(struct writer *w)
{
	size_t i;
	int err = number(w);

	if (!err)
		err = add(&w->strs, "", 1);
	if (!err)
		err = put_typedef(w, w->m->mark);
	for (i = 0; !err && i < w->m->nabsent; i++)
		err = put_typedef(w, w->m->absent[i]);
	for (i = 0; !err && i < w->nown; i++)
		err = put_own(w, &w->own[i]);
	return err ? err : add(&w->types, w->more.p, w->more.len);
}

static int put_file(const struct writer *w, struct buf *f)
{
	uint8_t head[4] = { 0, 0, BTF_VERSION, 0 };	/* and flags */
	uint32_t ntypes = (uint32_t)w->types.len;
	uint16_t magic = BTF_MAGIC;
	int err;

	magic = get16(&magic, w->swap);
	memcpy(head, &magic, sizeof(magic));
	err = add(f, head, sizeof(head));
	if (!err)
		err = ADD(w, f, HEADER_LEN, 0, ntypes, ntypes,
			  (uint32_t)w->strs.len);
	if (!err)
		err = add(f, w->types.p, w->types.len);
	return err ? err : add(f, w->strs.p, w->strs.len);
}

int mini_write(struct mini *m, void **out, size_t *len, const char **why)
{
	struct writer w = { .m = m, .swap = m->b->swap };
	struct buf f = { NULL, 0, 0 };
	int err;

	work_start(m->b);
	err = put_all(&w);

	if (!err)
		err = put_file(&w, &f);
	*why = err == -ENOMEM ? "out of memory" :
	       err == -E2BIG ? "too much is left" : "broken type";
	free(w.own);
	free(w.at);
	free(w.strs.p);
	free(w.types.p);
	free(w.more.p);
	if (err)
		free(f.p);
	*out = err ? NULL : f.p;
	*len = err ? 0 : f.len;
	return err;
}

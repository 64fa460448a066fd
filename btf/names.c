/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * names.c - names, and the look-ups that do nothing but read one type.
 *
 * Names are compared where they stand, with a length that is known: nothing
 * is trusted to end with a NUL.
 */
#include <errno.h>

#include "btf_int.h"

/* The part of the strings that a name is in. */
static const struct btf *name_part(const struct btf *b, uint32_t off)
{
	while (off < b->str_base)
		b = b->base;
	return b;
}

/* Where a name is in the file, and how many bytes are left from there. */
static const struct btf *name_find(const struct btf *b, uint32_t off,
				   uint64_t *at, uint32_t *left)
{
	b = name_part(b, off);
	off -= b->str_base;
	if (off >= b->strs_len)
		return NULL;
	*at = b->strs + off;
	*left = b->strs_len - off;
	return b;
}

int name_copy(const struct btf *b, uint32_t off, char *buf, size_t len)
{
	const uint8_t *p, *nul;
	uint32_t left;
	uint64_t at;
	size_t n;

	b = name_find(b, off, &at, &left);
	if (!b)
		return -EINVAL;
	n = left < len ? left : len;
	p = reader_at(b->r, at, n);
	if (!p)
		return reader_error(b->r);
	nul = memchr(p, '\0', n);
	if (!nul)
		return -EINVAL;
	n = (size_t)(nul - p);
	memcpy(buf, p, n + 1);
	return (int)n;
}

bool name_is(const struct btf *b, uint32_t off, const char *s, size_t len)
{
	const uint8_t *p;
	uint32_t left;
	uint64_t at;

	b = name_find(b, off, &at, &left);
	if (!b || left <= len || len >= BTF_NAME_MAX)
		return false;
	p = reader_at(b->r, at, len + 1);
	return p && !memcmp(p, s, len) && !p[len];
}

bool name_is_essential(const struct btf *b, uint32_t off, const char *s,
		       size_t len)
{
	char buf[BTF_NAME_MAX];
	int n = name_copy(b, off, buf, sizeof(buf));

	return n >= 0 && (size_t)n >= len && !memcmp(buf, s, len) &&
	       essential_len(buf, (size_t)n) == len;
}

bool name_is_empty(const struct btf *b, uint32_t off)
{
	return !off || name_is(b, off, "", 0);
}

int btf_kind(const struct btf *b, uint32_t id)
{
	struct type t;

	work_start(b);
	return type_get(b, id, &t) ? 0 : (int)type_kind(&t);
}

const char *btf_name(const struct btf *b, uint32_t id)
{
	struct scan *s = b->scan;
	struct type t;

	work_start(b);
	if (!id || type_get(b, id, &t) ||
	    name_copy(t.b, t.name, s->name, sizeof(s->name)) < 0)
		return NULL;
	return s->name;
}

int64_t btf_size(const struct btf *b, uint32_t id)
{
	uint64_t size;
	int err;

	work_start(b);
	err = type_size(b, id, &size);
	return err ? err : (int64_t)size;
}

int btf_func_args(const struct btf *b, uint32_t id)
{
	uint32_t n, last;
	struct type t;
	int err;

	work_start(b);
	err = type_func_proto(b, id, &t);
	if (err)
		return err;
	n = type_vlen(&t);
	if (!n)
		return 0;
	err = type_param(&t, n - 1, &last);
	if (err)
		return err;
	return (int)(last ? n : n - 1);	/* "..." has no type */
}

int btf_enum_next(const struct btf *b, uint32_t id, uint32_t *pos,
		  const char **name, uint64_t *value)
{
	struct scan *s = b->scan;
	uint32_t off;
	struct type t;
	int err;

	work_start(b);
	err = type_skip(b, id, &t);
	if (err)
		return err;
	if (!type_is(&t, KINDS_ENUM))
		return -EINVAL;
	if (*pos >= type_vlen(&t))
		return 0;
	err = type_enumerator(&t, *pos, &off, value);
	if (!err)
		err = name_copy(t.b, off, s->name, sizeof(s->name));
	if (err < 0)
		return err;
	*name = s->name;
	++*pos;
	return 1;
}

int btf_enum_value(const struct btf *b, uint32_t id, const char *name,
		   uint64_t *value)
{
	size_t len = strlen(name);
	uint32_t i, off;
	struct type t;
	int err;

	work_start(b);
	err = type_skip(b, id, &t);
	if (err)
		return err;
	if (!type_is(&t, KINDS_ENUM))
		return -EINVAL;
	for (i = 0; i < type_vlen(&t); i++) {
		err = type_enumerator(&t, i, &off, value);
		if (err)
			return err;
		if (name_is(t.b, off, name, len))
			return 0;
	}
	return -ENOENT;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * path.c - from a type along a path to a field.
 */
#include <errno.h>

#include "btf_int.h"

void spot_root(struct spot *s, uint32_t root)
{
	memset(s, 0, sizeof(*s));
	s->type = root;
}

/* Where things end up beyond 2^32 bits, half a gigabyte, data is broken. */
static int spot_add(struct spot *s, uint64_t bits)
{
	s->bits += bits;
	return s->bits > UINT32_MAX ? -EINVAL : 0;
}

/* The @index-th of its like: "[3]" at the start of a path. */
int spot_shift(const struct btf *b, struct spot *s, uint64_t index)
{
	uint64_t size;
	int err = type_size(b, s->type, &size);

	if (err)
		return err;
	if (size && index > UINT32_MAX / 8 / size)
		return -EINVAL;
	s->open_end = false;
	return spot_add(s, index * size * 8);
}

/* Element @index of the array here. */
int spot_index(const struct btf *b, struct spot *s, uint64_t index)
{
	struct array a;
	struct type t;
	int err;

	err = type_skip(b, s->type, &t);
	if (err)
		return err;
	if (type_kind(&t) != BTF_KIND_ARRAY)
		return 0;
	err = type_array(&t, &a);
	if (err)
		return err;
	if (index >= a.nelems && !(s->open_end && !a.nelems))
		return 0;
	s->type = a.elem;
	err = spot_shift(b, s, index);
	return err ? err : 1;
}

/* Member @m, number @i, of the struct or union @t here. */
int spot_member(const struct type *t, uint32_t i, const struct member *m,
		struct spot *s)
{
	s->type = m->type;
	s->bit_size = m->bit_size;
	/* An array without length at the end goes on as long as it likes;
	 * in a union, each member is the last one. */
	s->open_end = type_kind(t) == BTF_KIND_UNION || i + 1 == type_vlen(t);
	return spot_add(s, m->bit_off);
}

/* The path goes through member @i of @t. */
static int spot_passed(const struct spot *s, const struct type *t, uint32_t i)
{
	int err = s->passed ? s->passed(s->ctx, t, i) : 0;

	return err ? err : 1;
}

/*
 * The member @name of the type here, or of an anonymous struct or union in
 * it.  As in libbpf, the first one found counts.
 */
static int spot_find(const struct btf *b, struct spot *s, const char *name,
		     size_t len, int depth)
{
	struct spot here = *s;
	struct member m;
	struct type t;
	uint32_t i;
	int err;

	if (depth > BTF_MAX_DEPTH)
		return -EINVAL;
	err = type_skip(b, s->type, &t);
	if (err)
		return err;
	if (!type_is(&t, KINDS_COMPOSITE))
		return 0;
	for (i = 0; i < type_vlen(&t); i++) {
		err = type_member(&t, i, &m);
		if (err)
			return err;
		if (name_is(t.b, m.name, name, len)) {
			err = spot_member(&t, i, &m, s);
			return err ? err : spot_passed(s, &t, i);
		}
		if (!name_is_empty(t.b, m.name))
			continue;
		err = spot_member(&t, i, &m, s);
		if (!err)
			err = spot_find(b, s, name, len, depth + 1);
		if (err)
			return err > 0 ? spot_passed(s, &t, i) : err;
		*s = here;
	}
	return 0;
}

static int parse_index(const char **path, uint64_t *index)
{
	const char *p = *path + 1;

	*index = 0;
	if (*p == ']')
		return -EINVAL;
	for (; *p >= '0' && *p <= '9'; p++) {
		*index = *index * 10 + (uint64_t)(*p - '0');
		if (*index > UINT32_MAX)
			return -EINVAL;
	}
	if (*p != ']')
		return -EINVAL;
	*path = p + 1;
	return 0;
}

static int walk_index(const struct btf *b, bool first, const char **path,
		      struct spot *s)
{
	uint64_t index;
	int err;

	err = parse_index(path, &index);
	if (err)
		return err;
	if (!first)
		return spot_index(b, s, index);
	err = spot_shift(b, s, index);
	return err ? err : 1;
}

static int walk(const struct btf *b, const char *path, struct spot *s)
{
	const char *p = path;
	size_t len;
	int found = 1, steps;

	for (steps = 0; *p && found > 0; steps++) {
		if (steps >= 2 * BTF_MAX_DEPTH)
			return -EINVAL;
		if (*p == '[') {
			found = walk_index(b, p == path, &p, s);
			continue;
		}
		if (p != path && *p++ != '.')
			return -EINVAL;
		len = strcspn(p, ".[");
		if (!len)
			return -EINVAL;
		found = spot_find(b, s, p, len, 0);
		p += len;
	}
	return found;
}

int path_walk(const struct btf *b, uint32_t root, const char *path,
	      struct spot *s)
{
	spot_root(s, root);
	return walk(b, path, s);
}

int path_trail(const struct btf *b, uint32_t root, const char *path,
	       path_passed *passed, void *ctx)
{
	struct spot s;

	spot_root(&s, root);
	s.passed = passed;
	s.ctx = ctx;
	return walk(b, path, &s);
}

/* Is this INT narrower than its bytes, the way bitfields were told before
 * 5.0's kind_flag?  Adds where it starts. */
static int old_bitfield(const struct type *t, struct spot *s)
{
	uint32_t encoding, bits;
	int err;

	if (type_kind(t) != BTF_KIND_INT)
		return s->bits % 8 ? -EINVAL : 0;
	err = type_int(t, &encoding);
	if (err)
		return err;
	bits = BTF_INT_BITS(encoding);
	if (!BTF_INT_OFFSET(encoding) && bits == t->size * 8 && !(s->bits % 8))
		return 0;
	/* A count of bits too large for its bytes is a broken type */
	if (!bits || bits > 128)
		return -EINVAL;
	s->bit_size = bits;
	return spot_add(s, BTF_INT_OFFSET(encoding));
}

int spot_field(const struct btf *b, const struct spot *spot, struct field *f)
{
	struct spot s = *spot;
	struct type t;
	uint64_t size;
	int err;

	memset(f, 0, sizeof(*f));
	err = type_skip(b, s.type, &t);
	if (!err)
		err = type_class(&t, &f->class, &f->is_signed);
	if (!err && !s.bit_size)
		err = old_bitfield(&t, &s);
	if (err)
		return err;
	f->exists = true;
	if (s.bit_size) {
		field_set_bits(f, (uint32_t)s.bits, s.bit_size, 1);
		return 0;
	}
	f->off = (uint32_t)(s.bits / 8);
	f->bit_off = (uint32_t)s.bits;
	if (f->class == FIELD_NONE || f->class == FIELD_FUNC)
		return 0;	/* void, fwd: a place, but no size */
	err = type_size(b, s.type, &size);
	f->size = (uint32_t)size;
	return err;
}

int spot_unit(const struct btf *b, const struct spot *spot, struct field *f)
{
	uint64_t size;
	int err = type_size(b, spot->type, &size);

	if (!err && (size == 2 || size == 4 || size == 8))
		field_set_bits(f, f->bit_off, f->bit_size, (uint32_t)size);
	return err;
}

int btf_find_field(const struct btf *b, uint32_t id, const char *path,
		   struct field *f)
{
	struct spot s;
	int found;

	work_start(b);
	memset(f, 0, sizeof(*f));
	found = path_walk(b, id, path, &s);
	if (found <= 0)
		return found;
	return spot_field(b, &s, f);
}

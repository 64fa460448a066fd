/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * access.c - from clang's access strings to symbolic paths.
 *
 * "0:2:1" on struct s says: of the 0th s at the pointer, member 2, of that
 * member or element 1.  Names outlive the program's BTF, numbers do not.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>

#include "btf_int.h"

#define ACCESS_MAX	64	/* numbers, as in libbpf */

struct text {
	char *buf;
	size_t len, cap;
	bool full;
};

static void __attribute__((format(printf, 2, 3)))
text_add(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->buf + t->len, t->cap - t->len, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= t->cap - t->len)
		t->full = true;
	else
		t->len += (size_t)n;
}

static int parse_access(const char *s, uint32_t *at, size_t *n)
{
	uint64_t v;

	for (*n = 0; *n < ACCESS_MAX; s++) {
		if (*s < '0' || *s > '9')
			return -EINVAL;
		for (v = 0; *s >= '0' && *s <= '9'; s++) {
			v = v * 10 + (uint64_t)(*s - '0');
			if (v > UINT32_MAX)
				return -EINVAL;
		}
		at[(*n)++] = (uint32_t)v;
		if (!*s)
			return 0;
		if (*s != ':')
			return -EINVAL;
	}
	return -EINVAL;
}

/* The root, cv-qualifiers taken off but not typedefs; adds its name. */
static int add_root(const struct btf *b, uint32_t *id, struct text *out)
{
	char name[BTF_NAME_MAX];
	const char *word = "";
	struct type t;
	int depth, err;

	for (depth = 0; depth < BTF_MAX_DEPTH; depth++) {
		err = type_get(b, *id, &t);
		if (err)
			return err;
		if (!type_is(&t, KINDS_MODIFIER))
			break;
		*id = type_ref(&t);
	}
	if (type_kind(&t) == BTF_KIND_STRUCT ||
	    (type_kind(&t) == BTF_KIND_FWD && !type_flag(&t)))
		word = "struct ";
	else if (type_kind(&t) == BTF_KIND_UNION ||
		 type_kind(&t) == BTF_KIND_FWD)
		word = "union ";
	else if (type_is(&t, KINDS_ENUM))
		word = "enum ";
	err = name_copy(t.b, t.name, name, sizeof(name));
	if (err < 0)
		return err;
	text_add(out, "%s%s", *name ? word : "", name);
	return 0;
}

static int step_member(const struct btf *b, const struct type *t, uint32_t i,
		       struct spot *s, struct text *out, bool *named)
{
	char name[BTF_NAME_MAX];
	struct member m;
	int err;

	if (i >= type_vlen(t))
		return -EINVAL;
	err = type_member(t, i, &m);
	if (err)
		return err;
	err = name_copy(b, m.name, name, sizeof(name));
	if (err < 0)
		return err;
	*named = *name;
	if (*named)
		text_add(out, out->len ? ".%s" : "%s", name);
	return spot_member(t, i, &m, s);
}

static int step_index(const struct btf *b, uint32_t i, struct spot *s,
		      struct text *out)
{
	int found = spot_index(b, s, i);

	if (found <= 0)
		return found ? found : -EINVAL;
	text_add(out, "[%" PRIu32 "]", i);
	return 0;
}

/* Walk the numbers after the first; @s ends at the field. */
static int add_path(const struct btf *b, const uint32_t *at, size_t n,
		    struct spot *s, struct text *out)
{
	bool named = true;
	struct type t;
	size_t i;
	int err;

	if (at[0]) {
		err = spot_shift(b, s, at[0]);
		if (err)
			return err;
		text_add(out, "[%" PRIu32 "]", at[0]);
	}
	for (i = 1; i < n; i++) {
		err = type_skip(b, s->type, &t);
		if (err)
			return err;
		if (type_is(&t, KINDS_COMPOSITE))
			err = step_member(b, &t, at[i], s, out, &named);
		else
			err = step_index(b, at[i], s, out);
		if (err)
			return err;
	}
	return named ? 0 : -EINVAL;	/* an anonymous one as such */
}

static int field_question(const struct btf *b, uint32_t id,
			  const uint32_t *at, size_t n, struct question *q,
			  struct text *path, const char **why)
{
	struct field f;
	struct spot s;
	struct type t;
	uint64_t size;
	int err;

	spot_root(&s, id);
	*why = "access string does not fit the type";
	err = add_path(b, at, n, &s, path);
	if (err)
		return err;
	*why = "broken type behind an access string";
	err = spot_field(b, &s, &f);
	if (!err)
		err = type_skip(b, s.type, &t);
	if (err)
		return err;
	q->local_class = f.class;
	q->local_bitfield = f.bit_size != 0;
	/* What the program declares, not the unit of a bitfield */
	q->local_size = type_size(b, s.type, &size) ? 0 : (uint32_t)size;
	return 0;
}

static int enum_question(const struct btf *b, uint32_t id, const uint32_t *at,
			 size_t n, struct question *q, struct text *path,
			 const char **why)
{
	char name[BTF_NAME_MAX];
	uint32_t off;
	uint64_t value;
	struct type t;
	int err;

	*why = "access string does not fit an enum";
	err = type_skip(b, id, &t);
	if (err)
		return err;
	if (n != 1 || !type_is(&t, KINDS_ENUM) || at[0] >= type_vlen(&t))
		return -EINVAL;
	err = type_enumerator(&t, at[0], &off, &value);
	if (!err)
		err = name_copy(t.b, off, name, sizeof(name));
	if (err < 0)
		return err;
	text_add(path, "%s", name);
	q->local_class = FIELD_ENUM;
	q->local_size = t.size;
	return 0;
}

static int type_question(const struct btf *b, uint32_t id, const uint32_t *at,
			 size_t n, struct question *q, const char **why)
{
	bool is_signed;
	struct type t;
	uint64_t size;
	int err;

	*why = "access string does not fit a type";
	if (n != 1 || at[0])
		return -EINVAL;
	err = type_skip(b, id, &t);
	if (!err)
		err = type_class(&t, &q->local_class, &is_signed);
	if (!err && !type_size(b, id, &size))
		q->local_size = (uint32_t)size;
	return err;
}

int btf_access_path(const struct btf *local, uint32_t id, const char *access,
		    int core_kind, struct question *q, char *buf, size_t len,
		    const char **why)
{
	struct text text = { .buf = buf, .cap = len }, path;
	uint32_t at[ACCESS_MAX];
	size_t n;
	int err;

	work_start(local);
	memset(q, 0, sizeof(*q));
	*why = "broken access string";
	if (core_kind < 0 || core_kind > CORE_TYPE_MATCHES ||
	    parse_access(access, at, &n))
		return -EINVAL;
	*why = "broken type of a CO-RE relocation";
	err = add_root(local, &id, &text);
	if (err)
		return err;
	*why = "names are too long";
	if (text.full || text.len + 1 >= len)
		return -ENOSPC;
	path = (struct text){ .buf = buf + text.len + 1,
			      .cap = len - text.len - 1 };
	path.buf[0] = '\0';
	q->kind = (uint8_t)core_kind;
	q->local = local;
	q->local_id = id;
	q->type = buf;
	q->path = path.buf;
	if (core_kind == CORE_ENUMVAL_EXISTS || core_kind == CORE_ENUMVAL_VALUE)
		err = enum_question(local, id, at, n, q, &path, why);
	else if (core_kind <= CORE_FIELD_RSHIFT_U64)
		err = field_question(local, id, at, n, q, &path, why);
	else
		err = type_question(local, id, at, n, q, why);
	if (err)
		return err;
	*why = "names are too long";
	if (path.full)
		return -ENOSPC;
	*why = NULL;
	return 0;
}

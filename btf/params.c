/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * params.c - what functions take and return, and what structs are made of.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "btf_int.h"

#define NAMES_MAX	(1u << 16)	/* bytes of a struct's member names */

/* "struct sock", "union x"; "" for one without a name, or another type. */
static int composite_text(const struct type *t, char *buf, size_t len)
{
	bool is_union = type_kind(t) == BTF_KIND_UNION;
	char name[BTF_NAME_MAX];
	int n;

	*buf = '\0';
	if (!type_is(t, KINDS_COMPOSITE))
		return 0;
	n = name_copy(t->b, t->name, name, sizeof(name));
	if (n <= 0)
		return n;
	n = snprintf(buf, len, "%s %s", is_union ? "union" : "struct", name);
	return n < 0 || (size_t)n >= len ? -ENOSPC : 0;
}

/* ---- functions -------------------------------------------------------- */

static int pointee_text(const struct btf *b, uint32_t id, char *buf,
			size_t len)
{
	struct type t;
	int err = type_skip(b, id, &t);

	*buf = '\0';
	if (err || type_kind(&t) != BTF_KIND_PTR)
		return err;
	err = type_skip(b, type_ref(&t), &t);
	return err ? err : composite_text(&t, buf, len);
}

static int param_text(const struct btf *b, uint32_t func, int n, char *buf,
		      size_t len)
{
	struct type proto;
	uint32_t id;
	int err;

	err = type_func_proto(b, func, &proto);
	if (err)
		return err;
	id = type_ref(&proto);
	if (n != REG_RETURN) {
		if (n < 0 || (uint32_t)n >= type_vlen(&proto))
			return -ERANGE;
		err = type_param(&proto, (uint32_t)n, &id);
	}
	return err ? err : pointee_text(b, id, buf, len);
}

int btf_func_param(struct btf *b, const char *func, int n, char *type,
		   size_t len)
{
	uint32_t kinds = KIND_MASK(KIND_FUNC), id = 0;
	char other[BTF_NAME_MAX + 8];
	const char *why;
	bool found = false;
	int err;

	if (b->partial)
		return -ENOENT;	/* pointers lose what they point to */
	err = btf_want(b, &func, 1, &why);
	if (err)
		return err;
	if (!btf_next(b, func, kinds, 0))
		kinds = KIND_MASK(BTF_KIND_TYPEDEF);
	work_start(b);
	while ((id = btf_next(b, func, kinds, id))) {
		err = found ? param_text(b, id, n, other, sizeof(other)) :
			      param_text(b, id, n, type, len);
		if (err)
			return err;
		/* static functions may share a name, and differ */
		if (found && strcmp(type, other))
			return -ENOTUNIQ;
		found = true;
	}
	return found ? 0 : -ENOENT;
}

/* ---- members ---------------------------------------------------------- */

struct names {
	char *p;
	size_t len, cap;
};

static int add_name(struct names *n, const char *name, size_t len)
{
	char *p;

	if (n->len + len + 2 > NAMES_MAX)
		return -E2BIG;
	while (n->len + len + 2 > n->cap) {
		p = grow(n->p, n->cap, &n->cap, 1);
		if (!p)
			return -ENOMEM;
		n->p = p;
	}
	memcpy(n->p + n->len, name, len + 1);
	n->len += len + 1;
	n->p[n->len] = '\0';
	return 0;
}

static int add_members(const struct type *t, struct names *names, int depth)
{
	char name[BTF_NAME_MAX];
	struct type inner;
	struct member m;
	uint32_t i;
	int err = 0, n;

	if (depth > BTF_MAX_DEPTH)
		return -EINVAL;
	for (i = 0; !err && i < type_vlen(t); i++) {
		err = type_member(t, i, &m);
		if (err)
			return err;
		n = name_copy(t->b, m.name, name, sizeof(name));
		if (n) {
			err = n < 0 ? n : add_name(names, name, (size_t)n);
			continue;
		}
		err = type_skip(t->b, m.type, &inner);
		if (!err && type_is(&inner, KINDS_COMPOSITE))
			err = add_members(&inner, names, depth + 1);
	}
	return err;
}

/* The first type that @path can be followed in, to a struct or union. */
static int find_composite(struct btf *b, const struct root *r,
			  const char *path, struct type *t)
{
	uint32_t id = 0;
	struct spot s;
	int err;

	while ((id = btf_next(b, r->name, r->kinds, id))) {
		err = path_walk(b, id, path, &s);
		if (!err)
			continue;
		if (err > 0)
			err = type_skip(b, s.type, t);
		if (err)
			return err;
		return type_is(t, KINDS_COMPOSITE) ? 0 : -EINVAL;
	}
	return -ENOENT;
}

int btf_members(struct btf *b, const char *type, const char *path,
		char *owner, size_t len, char **out)
{
	struct names names = { NULL, 0, 0 };
	const char *why;
	struct type t;
	struct root r;
	int err;

	*out = NULL;
	err = root_parse(&r, type);
	if (!err)
		err = btf_want(b, &r.name, 1, &why);
	if (err)
		return err;
	work_start(b);
	err = find_composite(b, &r, path, &t);
	if (!err)
		err = composite_text(&t, owner, len);
	if (!err)
		err = add_name(&names, "", 0);	/* there may be no member */
	names.len = 0;
	if (!err)
		err = add_members(&t, &names, 0);
	if (err)
		free(names.p);
	else
		*out = names.p;
	return err;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * compat.c - is a type of the program the same as one of the kernel?
 *
 * Three strengths, with the rules of libbpf's relo_core.c (the kernel has the
 * same file): fields that may stand for each other, types that do, and types
 * of which everything the program declares is there.
 */
#include <errno.h>

#include "btf_int.h"

static bool kinds_agree(const struct type *l, const struct type *t)
{
	return type_kind(l) == type_kind(t) ||
	       (type_is(l, KINDS_ENUM) && type_is(t, KINDS_ENUM));
}

/* A forward declaration (kind_flag: of a union) and the thing itself. */
static bool fwd_of(const struct type *fwd, const struct type *t)
{
	return type_kind(fwd) == BTF_KIND_FWD &&
	       type_kind(t) == (type_flag(fwd) ? BTF_KIND_UNION
					       : BTF_KIND_STRUCT);
}

/* Do two names agree but for flavours?  Nameless ones go with nameless. */
static bool names_agree(const struct btf *lb, uint32_t lname,
			const struct btf *tb, uint32_t tname)
{
	char name[BTF_NAME_MAX];
	int n = name_copy(lb, lname, name, sizeof(name));

	if (n < 0)
		return false;
	return name_is_essential(tb, tname, name,
				 essential_len(name, (size_t)n));
}

static int skip_both(const struct btf *lb, uint32_t lid, struct type *l,
		     const struct btf *tb, uint32_t tid, struct type *t)
{
	int err = type_skip(lb, lid, l);

	return err ? err : type_skip(tb, tid, t);
}

static int elements(const struct type *l, const struct type *t,
		    struct array *la, struct array *ta)
{
	int err = type_array(l, la);

	return err ? err : type_array(t, ta);
}

int fields_compatible(const struct btf *lb, uint32_t lid,
		      const struct btf *tb, uint32_t tid)
{
	struct array la, ta;
	struct type l, t;
	int depth, err;

	for (depth = 0; depth < BTF_MAX_DEPTH; depth++) {
		err = skip_both(lb, lid, &l, tb, tid, &t);
		if (err)
			return err;
		if (type_is(&l, KINDS_COMPOSITE) &&
		    type_is(&t, KINDS_COMPOSITE))
			return 1;
		if (!kinds_agree(&l, &t))
			return 0;
		switch (type_kind(&l)) {
		case BTF_KIND_INT:	/* of any size and sign */
		case BTF_KIND_PTR:
		case KIND_FLOAT:
		case KIND_FUNC_PROTO:
			return 1;
		case BTF_KIND_FWD:
		case BTF_KIND_ENUM:
		case KIND_ENUM64:
			return name_is_empty(l.b, l.name) ||
			       name_is_empty(t.b, t.name) ||
			       names_agree(l.b, l.name, t.b, t.name);
		case BTF_KIND_ARRAY:
			err = elements(&l, &t, &la, &ta);
			if (err)
				return err;
			lid = la.elem;
			tid = ta.elem;
			break;
		default:
			return 0;
		}
	}
	return -EINVAL;
}

static int params_compatible(const struct type *l, const struct type *t,
			     int depth)
{
	uint32_t i, lid, tid;
	int err;

	if (type_vlen(l) != type_vlen(t))
		return 0;
	for (i = 0; i < type_vlen(l); i++) {
		err = type_param(l, i, &lid);
		if (!err)
			err = type_param(t, i, &tid);
		if (err)
			return err;
		err = types_compatible(l->b, lid, t->b, tid, depth - 1);
		if (err <= 0)
			return err;
	}
	return 1;
}

/*
 * Types by shape: names do not count, nor what structs hold.  libbpf takes
 * a struct that is only declared for something else than the struct; programs
 * that ask whether it exists often have no more than the declaration.
 */
int types_compatible(const struct btf *lb, uint32_t lid,
		     const struct btf *tb, uint32_t tid, int depth)
{
	struct array la, ta;
	struct type l, t;
	int err;

	for (; depth > 0; depth--) {
		err = skip_both(lb, lid, &l, tb, tid, &t);
		if (err)
			return err;
		if (fwd_of(&l, &t) || fwd_of(&t, &l))
			return 1;
		if (!kinds_agree(&l, &t))
			return 0;
		switch (type_kind(&l)) {
		case BTF_KIND_PTR:
			break;
		case KIND_FUNC_PROTO:
			err = params_compatible(&l, &t, depth);
			if (err <= 0)
				return err;
			break;
		case BTF_KIND_ARRAY:
			err = elements(&l, &t, &la, &ta);
			if (err)
				return err;
			l.size = la.elem;
			t.size = ta.elem;
			break;
		default:
			return 1;
		}
		lid = type_ref(&l);
		tid = type_ref(&t);
		lb = l.b;
		tb = t.b;
	}
	return -EINVAL;
}

/* Each enumerator of the program is there, whatever its value. */
static int enums_match(const struct type *l, const struct type *t)
{
	uint32_t i, j, lname, tname;
	uint64_t value;
	int err;

	if (!type_is(t, KINDS_ENUM) || type_vlen(l) > type_vlen(t))
		return 0;
	for (i = 0; i < type_vlen(l); i++) {
		err = type_enumerator(l, i, &lname, &value);
		if (err)
			return err;
		for (j = 0; j < type_vlen(t); j++) {
			err = type_enumerator(t, j, &tname, &value);
			if (err)
				return err;
			if (names_agree(l->b, lname, t->b, tname))
				break;
		}
		if (j == type_vlen(t))
			return 0;
	}
	return 1;
}

/* Each member of the program is there, with a type that matches. */
static int members_match(const struct type *l, const struct type *t,
			 bool behind_ptr, int depth)
{
	struct member lm, tm;
	uint32_t i, j;
	int err;

	if (type_vlen(l) > type_vlen(t))
		return 0;
	for (i = 0; i < type_vlen(l); i++) {
		err = type_member(l, i, &lm);
		if (err)
			return err;
		for (j = 0; j < type_vlen(t); j++) {
			err = type_member(t, j, &tm);
			if (err)
				return err;
			if (!names_agree(l->b, lm.name, t->b, tm.name))
				continue;
			err = types_match(l->b, lm.type, t->b, tm.type,
					  behind_ptr, depth - 1);
			if (err < 0)
				return err;
			if (err)
				break;
		}
		if (j == type_vlen(t))
			return 0;
	}
	return 1;
}

static int params_match(const struct type *l, const struct type *t,
			bool behind_ptr, int depth)
{
	uint32_t i, lid, tid;
	int err;

	if (type_vlen(l) != type_vlen(t))
		return 0;
	for (i = 0; i < type_vlen(l); i++) {
		err = type_param(l, i, &lid);
		if (!err)
			err = type_param(t, i, &tid);
		if (!err)
			err = types_match(l->b, lid, t->b, tid, behind_ptr,
					  depth - 1);
		else
			return err;
		if (err <= 0)
			return err;
	}
	return 1;
}

static int ints_match(const struct type *l, const struct type *t)
{
	uint32_t le, te;
	int err = type_int(l, &le);

	if (!err)
		err = type_int(t, &te);
	if (err)
		return err;
	return l->size == t->size &&
	       !((BTF_INT_ENCODING(le) ^ BTF_INT_ENCODING(te)) &
		 BTF_INT_SIGNED);
}

static int structs_match(const struct type *l, const struct type *t,
			 bool behind_ptr, int depth)
{
	if (behind_ptr)	/* by name only, else there would be no end */
		return type_kind(l) == type_kind(t) || fwd_of(t, l);
	if (type_kind(l) != type_kind(t))
		return 0;
	return members_match(l, t, behind_ptr, depth);
}

/* What a type refers to, for the next step; 1 when there is one. */
static int next_step(const struct type *l, const struct type *t,
		     uint32_t *lid, uint32_t *tid)
{
	struct array la, ta;
	int err;

	*lid = type_ref(l);
	*tid = type_ref(t);
	if (type_kind(l) != BTF_KIND_ARRAY)
		return 1;
	err = elements(l, t, &la, &ta);
	*lid = la.elem;
	*tid = ta.elem;
	return err ? err : la.nelems == ta.nelems;
}

int types_match(const struct btf *lb, uint32_t lid, const struct btf *tb,
		uint32_t tid, bool behind_ptr, int depth)
{
	struct type l, t;
	int err;

	for (; depth > 0; depth--) {
		err = skip_both(lb, lid, &l, tb, tid, &t);
		if (err)
			return err;
		if (!names_agree(l.b, l.name, t.b, t.name))
			return 0;
		if (type_is(&l, KINDS_ENUM))
			return enums_match(&l, &t);
		if (type_is(&l, KINDS_COMPOSITE))
			return structs_match(&l, &t, behind_ptr, depth);
		if (type_kind(&l) == BTF_KIND_FWD)
			return (type_kind(&t) == BTF_KIND_FWD &&
				type_flag(&l) == type_flag(&t)) ||
			       (behind_ptr && fwd_of(&l, &t));
		if (type_kind(&l) != type_kind(&t))
			return 0;
		switch (type_kind(&l)) {
		case BTF_KIND_UNKN:
			return 1;
		case KIND_FLOAT:
			return l.size == t.size;
		case BTF_KIND_INT:
			return ints_match(&l, &t);
		case BTF_KIND_PTR:
			behind_ptr = true;
			break;
		case KIND_FUNC_PROTO:
			err = params_match(&l, &t, behind_ptr, depth);
			if (err <= 0)
				return err;
			break;
		case BTF_KIND_ARRAY:
			break;
		default:
			return 0;
		}
		err = next_step(&l, &t, &lid, &tid);
		if (err <= 0)
			return err;
		lb = l.b;
		tb = t.b;
	}
	return -EINVAL;
}

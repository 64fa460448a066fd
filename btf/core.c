/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * core.c - answer a program's CO-RE questions from the kernel's BTF.
 *
 * As libbpf does: every type of the right kind and essential name is a
 * candidate; those that do not fit are passed over; those that do must agree.
 */
#include <errno.h>

#include "btf_int.h"

static const struct {
	const char *word;
	uint32_t kinds;
} keywords[] = {
	{ "struct ", KIND_MASK(BTF_KIND_STRUCT) },
	{ "union ", KIND_MASK(BTF_KIND_UNION) },
	{ "enum ", KINDS_ENUM },
};

int root_parse(struct root *r, const char *type)
{
	size_t i, n;

	r->name = type;
	r->kinds = KIND_MASK(BTF_KIND_TYPEDEF) | KIND_MASK(BTF_KIND_INT) |
		   KIND_MASK(KIND_FLOAT);
	for (i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
		n = strlen(keywords[i].word);
		if (strncmp(type, keywords[i].word, n))
			continue;
		r->name = type + n;
		r->kinds = keywords[i].kinds;
	}
	r->len = btf_essential_len(r->name);
	return r->len && r->len < BTF_NAME_MAX ? 0 : -EINVAL;
}

bool asks_field(int kind)
{
	return kind <= CORE_FIELD_RSHIFT_U64;
}

bool asks_enum(int kind)
{
	return kind == CORE_ENUMVAL_EXISTS || kind == CORE_ENUMVAL_VALUE;
}

static bool has_local(const struct question *q)
{
	return q->local && q->local_id;
}

/* Does the field at @s do for what the program declares? 1, 0, -errno */
static int field_fits(const struct btf *b, const struct spot *s,
		      const struct field *f, const struct question *q)
{
	struct spot local;
	int found;

	if (!class_compatible(q->local_class, f->class))
		return 0;
	if (!has_local(q))
		return 1;
	found = path_walk(q->local, q->local_id, q->path, &local);
	if (found <= 0)
		return found ? found : -EINVAL;
	return fields_compatible(q->local, local.type, b, s->type);
}

static int try_field(const struct btf *b, uint32_t id,
		     const struct question *q, struct answer *a)
{
	struct field f;
	struct spot s;
	int err;

	err = path_walk(b, id, q->path, &s);
	if (err <= 0)
		return err;
	err = spot_field(b, &s, &f);
	/* A compiler that is not asked to help loads such a number, and shifts
	 * by what it knows. */
	if (!err && q->local_bitfield && f.bit_size)
		err = spot_unit(b, &s, &f);
	if (err)
		return err;
	err = field_fits(b, &s, &f, q);
	if (err > 0)
		answer_field(a, q->kind, &f, b->big_endian);
	return err;
}

static int try_type(const struct btf *b, uint32_t id, const struct question *q,
		    struct answer *a)
{
	bool is_signed;
	uint64_t size;
	uint8_t class;
	struct type t;
	int err;

	if (q->kind == CORE_TYPE_MATCHES)
		err = types_match(q->local, q->local_id, b, id, false,
				  BTF_MAX_DEPTH);
	else if (has_local(q))
		err = types_compatible(q->local, q->local_id, b, id,
				       BTF_MAX_DEPTH);
	else
		err = 1;
	if (err <= 0)
		return err;
	err = type_skip(b, id, &t);
	if (!err)
		err = type_class(&t, &class, &is_signed);
	if (err)
		return err;
	if (!class_compatible(q->local_class, class))
		return 0;
	answer_value(a, q->kind == CORE_TYPE_ID_TARGET ? id : 1);
	if (q->kind != CORE_TYPE_SIZE)
		return 1;
	err = type_size(b, id, &size);
	answer_value(a, err ? 0 : size);
	a->poison = err == -EINVAL;	/* a typedef of a function, or void */
	return err && err != -EINVAL ? err : 1;
}

int enum_find(const struct type *t, const char *name, uint32_t *index,
	      uint64_t *value)
{
	size_t len = btf_essential_len(name);
	uint32_t i, off;
	int err;

	for (i = 0; type_is(t, KINDS_ENUM) && i < type_vlen(t); i++) {
		err = type_enumerator(t, i, &off, value);
		if (err)
			return err;
		*index = i;
		if (name_is_essential(t->b, off, name, len))
			return 1;
	}
	return 0;
}

static int try_enum(const struct btf *b, uint32_t id, const struct question *q,
		    struct answer *a)
{
	uint64_t value = 0;
	uint32_t index;
	struct type t;
	int err;

	err = type_skip(b, id, &t);
	if (!err)
		err = enum_find(&t, q->path, &index, &value);
	if (err > 0)
		answer_value(a, q->kind == CORE_ENUMVAL_VALUE ? value : 1);
	return err;
}

static int try_candidate(const struct btf *b, uint32_t id,
			 const struct question *q, struct answer *a)
{
	memset(a, 0, sizeof(*a));
	if (asks_field(q->kind))
		return try_field(b, id, q, a);
	if (asks_enum(q->kind))
		return try_enum(b, id, q, a);
	return try_type(b, id, q, a);
}

static int check_question(const struct question *q, struct root *r,
			  const char **why)
{
	*why = "unknown kind of CO-RE question";
	if (q->kind > CORE_TYPE_MATCHES)
		return -EINVAL;
	*why = "question about a type without a name";
	if (!q->type || !q->path || root_parse(r, q->type))
		return -EINVAL;
	*why = "question about an enumerator without a name";
	if (asks_enum(q->kind) && !*q->path)
		return -EINVAL;
	*why = "whether a type matches needs the program's BTF";
	if (q->kind == CORE_TYPE_MATCHES && !has_local(q))
		return -EINVAL;
	return 0;
}

/* Bare names are typedefs or base types; the program's BTF knows which. */
static int narrow_kinds(const struct question *q, struct root *r)
{
	struct type t;
	int err;

	if (!has_local(q))
		return 0;
	err = type_get(q->local, q->local_id, &t);
	if (!err && type_is(&t, r->kinds) && !type_is(&t, KINDS_ENUM))
		r->kinds = KIND_MASK(type_kind(&t));
	return err;
}

/* All candidates; 1 when one of them or more fit, and agree. */
static int try_all(const struct btf *b, const struct root *r,
		   const struct question *q, struct answer *a)
{
	struct answer one;
	uint32_t id = 0;
	int found = 0, err;

	while ((id = btf_next(b, r->name, r->kinds, id))) {
		err = try_candidate(b, id, q, &one);
		if (err < 0)
			return err;
		if (!err)
			continue;
		if (found && (one.value != a->value ||
			      one.poison != a->poison ||
			      one.field.bit_off != a->field.bit_off))
			return -ENOTUNIQ;
		if (!found)
			*a = one;
		found = 1;
	}
	return found;
}

/* What BTF that was cut down cannot tell: ids are not the kernel's, and types
 * have lost members. */
static bool beyond_partial(const struct btf *b, int kind)
{
	return b->partial && (kind == CORE_TYPE_ID_TARGET ||
			      kind == CORE_TYPE_MATCHES);
}

/* Nothing fits.  Is that so, or was it cut away?  1: it is so. */
static int sure_of_absence(const struct btf *b, const struct root *r,
			   const struct question *q)
{
	uint32_t id = 0;
	struct spot s;
	int found = 0;

	if (!b->partial)
		return 1;
	if (!asks_field(q->kind) && !asks_enum(q->kind))
		return !has_local(q);
	while (asks_field(q->kind) && !found &&
	       (id = btf_next(b, r->name, r->kinds, id)))
		found = path_walk(b, id, q->path, &s);
	/* there, but something else than the program expects */
	return found ? found : partial_lacks(b, r, q->path);
}

int btf_core(struct btf *b, const struct question *q, struct answer *a,
	     const char **why)
{
	struct root r;
	int err;

	memset(a, 0, sizeof(*a));
	*why = NULL;
	if (q->kind == CORE_TYPE_ID_LOCAL) {
		answer_value(a, q->local_id);
		a->source = "program";
		return 0;
	}
	err = check_question(q, &r, why);
	if (!err)
		err = scan_want(b, &r.name, 1, why);
	if (err)
		return err;
	work_start(b);
	if (has_local(q))
		work_start(q->local);
	*why = "the program's BTF is broken";
	err = narrow_kinds(q, &r);
	if (err)
		return err;
	*why = "no type of that name";
	if (!btf_next(b, r.name, r.kinds, 0) || beyond_partial(b, q->kind))
		return -ENOENT;
	err = try_all(b, &r, q, a);
	if (!err) {
		err = sure_of_absence(b, &r, q);
		if (!err) {
			*why = "cut away when this BTF was minimised";
			return -ENOENT;
		}
		if (err > 0)
			answer_absent(a, q->kind);
	}
	*why = err == -ENOTUNIQ ? "types of that name disagree" :
	       err == -E2BIG ? "types are too complex" :
	       "broken type, or path";
	if (err < 0)
		return err;
	a->source = "BTF";
	*why = NULL;
	return 0;
}

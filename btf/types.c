/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * types.c - one type and what follows it.
 */
#include <errno.h>

#include "btf_int.h"

#define WORK_MAX	(1u << 18)	/* types and members per question */

void work_start(const struct btf *b)
{
	for (; b; b = b->base)
		b->scan->work = WORK_MAX;
}

static int work_spend(const struct btf *b, uint32_t n)
{
	if (b->scan->work < n)
		return -E2BIG;
	b->scan->work -= n;
	return 0;
}

/* @n <= READER_MAX bytes of what follows a type. */
static const uint8_t *type_data(const struct type *t, uint64_t off, size_t n)
{
	if (work_spend(t->b, 1))
		return NULL;
	return reader_at(t->b->r, t->data + off, n);
}

static int data_error(const struct type *t)
{
	return t->b->scan->work ? reader_error(t->b->r) : -E2BIG;
}

int type_get(const struct btf *b, uint32_t id, struct type *t)
{
	const char *why;
	const struct kind_size *k;
	const uint8_t *p;
	uint64_t off;
	uint32_t n, i;
	int err;

	memset(t, 0, sizeof(*t));
	t->b = b;
	if (!id)
		return 0;	/* void: kind 0 */
	while (id < b->first_id)
		b = b->base;
	err = scan_types(b, &why);
	if (err)
		return err;
	n = id - b->first_id;
	if (n >= b->scan->ntypes)
		return -EINVAL;
	err = work_spend(b, 1 + n % MARK_STEP / 8);
	if (err)
		return err;
	off = b->types + b->scan->marks[n / MARK_STEP];
	for (i = n % MARK_STEP + 1; i; i--) {
		p = reader_at(b->r, off, 12);
		if (!p)
			return reader_error(b->r);
		t->info = get32(p + 4, b->swap);
		k = &b->kinds[type_kind(t)];
		t->data = off + 12;
		off += k->bytes + (uint64_t)k->elem * type_vlen(t);
	}
	t->b = b;
	t->id = id;
	t->name = get32(p, b->swap);
	t->size = get32(p + 8, b->swap);
	return 0;
}

int type_skip(const struct btf *b, uint32_t id, struct type *t)
{
	int depth, err;

	for (depth = 0; depth < BTF_MAX_DEPTH; depth++) {
		err = type_get(b, id, t);
		if (err)
			return err;
		if (!type_is(t, KINDS_MODIFIER | KIND_MASK(BTF_KIND_TYPEDEF)))
			return 0;
		id = type_ref(t);
	}
	return -EINVAL;
}

int type_member(const struct type *t, uint32_t i, struct member *m)
{
	const uint8_t *p = type_data(t, (uint64_t)i * 12, 12);
	uint32_t off;

	if (!p)
		return data_error(t);
	m->name = get32(p, t->b->swap);
	m->type = get32(p + 4, t->b->swap);
	off = get32(p + 8, t->b->swap);
	/* With kind_flag, the upper byte is the size of a bitfield (5.0) */
	m->bit_size = type_flag(t) ? off >> 24 : 0;
	m->bit_off = type_flag(t) ? off & 0xffffff : off;
	return 0;
}

int type_array(const struct type *t, struct array *a)
{
	const uint8_t *p = type_data(t, 0, 12);

	if (!p)
		return data_error(t);
	a->elem = get32(p, t->b->swap);
	a->index = get32(p + 4, t->b->swap);
	a->nelems = get32(p + 8, t->b->swap);
	return 0;
}

/*
 * 32-bit values are extended with their sign, as libbpf does: before 6.0
 * kind_flag did not tell signed enums from others.
 */
int type_enumerator(const struct type *t, uint32_t i, uint32_t *name,
		    uint64_t *value)
{
	bool wide = type_kind(t) == KIND_ENUM64;
	size_t size = wide ? 12 : 8;
	const uint8_t *p = type_data(t, (uint64_t)i * size, size);

	if (!p)
		return data_error(t);
	*name = get32(p, t->b->swap);
	if (wide)
		*value = get32(p + 4, t->b->swap) |
			 (uint64_t)get32(p + 8, t->b->swap) << 32;
	else
		*value = (uint64_t)(int64_t)(int32_t)get32(p + 4, t->b->swap);
	return 0;
}

int type_param(const struct type *t, uint32_t i, uint32_t *type)
{
	const uint8_t *p = type_data(t, (uint64_t)i * 8, 8);

	if (!p)
		return data_error(t);
	*type = get32(p + 4, t->b->swap);
	return 0;
}

int type_int(const struct type *t, uint32_t *encoding)
{
	const uint8_t *p = type_data(t, 0, 4);

	if (!p)
		return data_error(t);
	*encoding = get32(p, t->b->swap);
	return 0;
}

int type_size(const struct btf *b, uint32_t id, uint64_t *size)
{
	uint64_t n = 1;
	struct array a;
	struct type t;
	int depth, err;

	for (depth = 0; depth < BTF_MAX_DEPTH; depth++) {
		err = type_skip(b, id, &t);
		if (err)
			return err;
		switch (type_kind(&t)) {
		case BTF_KIND_INT:
		case BTF_KIND_STRUCT:
		case BTF_KIND_UNION:
		case BTF_KIND_ENUM:
		case KIND_ENUM64:
		case KIND_FLOAT:
		case KIND_DATASEC:
			*size = n * t.size;
			return *size > UINT32_MAX ? -EINVAL : 0;
		case BTF_KIND_PTR:
			err = scan_pointer_size(b, size);
			*size *= n;
			return !err && *size > UINT32_MAX ? -EINVAL : err;
		case KIND_VAR:
			id = type_ref(&t);
			break;
		case BTF_KIND_ARRAY:
			err = type_array(&t, &a);
			if (err)
				return err;
			n *= a.nelems;
			if (n > UINT32_MAX)
				return -EINVAL;
			id = a.elem;
			break;
		default:
			return -EINVAL;
		}
	}
	return -EINVAL;
}

int type_class(const struct type *t, uint8_t *class, bool *is_signed)
{
	uint32_t encoding;
	int err;

	*class = FIELD_NONE;
	*is_signed = false;
	switch (type_kind(t)) {
	case BTF_KIND_INT:
		err = type_int(t, &encoding);
		if (err)
			return err;
		*is_signed = BTF_INT_ENCODING(encoding) & BTF_INT_SIGNED;
		*class = *is_signed ? FIELD_SIGNED : FIELD_UNSIGNED;
		break;
	case BTF_KIND_ENUM:
	case KIND_ENUM64:
		*is_signed = type_flag(t);
		*class = FIELD_ENUM;
		break;
	case BTF_KIND_PTR:
		*class = FIELD_POINTER;
		break;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		*class = FIELD_COMPOSITE;
		break;
	case BTF_KIND_ARRAY:
		*class = FIELD_ARRAY;
		break;
	case KIND_FLOAT:
		*class = FIELD_FLOAT;
		break;
	case KIND_FUNC_PROTO:
		*class = FIELD_FUNC;
		break;
	}
	return 0;
}

int type_func_proto(const struct btf *b, uint32_t id, struct type *t)
{
	int depth, err;

	for (depth = 0; depth < BTF_MAX_DEPTH; depth++) {
		err = type_skip(b, id, t);
		if (err)
			return err;
		if (type_kind(t) == KIND_FUNC_PROTO)
			return 0;
		if (!type_is(t, KIND_MASK(KIND_FUNC) |
				KIND_MASK(BTF_KIND_PTR)))
			return -EINVAL;
		id = type_ref(t);
	}
	return -EINVAL;
}

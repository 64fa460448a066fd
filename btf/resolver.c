/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * resolver.c - ask one source after the other.
 */
#include <errno.h>

#include "btf_int.h"

void resolver_init(struct resolver *r, bool big_endian)
{
	memset(r, 0, sizeof(*r));
	r->big_endian = big_endian;
}

int resolver_add(struct resolver *r, const struct source *s)
{
	if (r->nsources >= RESOLVER_MAX_SOURCES)
		return -ENOSPC;
	r->sources[r->nsources++] = *s;
	return 0;
}

/* ---- BTF as a source -------------------------------------------------- */

static int source_btf_core(void *self, const struct question *q,
			   struct answer *a, const char **why)
{
	return btf_core(self, q, a, why);
}

/* Static functions may share a name, and differ. */
static int source_btf_func_args(void *self, const char *func)
{
	const char *why;
	uint32_t id = 0;
	int args = -ENOENT, n, err;

	err = btf_want(self, &func, 1, &why);
	if (err)
		return err;
	while ((id = btf_next(self, func, KIND_MASK(KIND_FUNC), id))) {
		n = btf_func_args(self, id);
		if (n < 0)
			return n;
		if (args >= 0 && n != args)
			return -ENOTUNIQ;
		args = n;
	}
	return args;
}

static int source_btf_want(void *self, const char *const *names, size_t nnames,
			   const char **why)
{
	return btf_want(self, names, nnames, why);
}

static void source_btf_free(void *self)
{
	btf_free(self);
}

int resolver_add_btf(struct resolver *r, const char *name, struct btf *b)
{
	struct source s = {
		.name = name,
		.core = source_btf_core,
		.func_args = source_btf_func_args,
		.want = source_btf_want,
		.free = source_btf_free,
		.self = b,
	};

	return resolver_add(r, &s);
}

/* ---- a field table as a source ---------------------------------------- */

static int source_fields_core(void *self, const struct question *q,
			      struct answer *a, const char **why)
{
	int err = fields_core(self, q, a);

	*why = err ? "not a question a field table can answer" : NULL;
	return err;
}

static int source_fields_func_args(void *self, const char *func)
{
	return fields_func_args(self, func);
}

static void source_fields_free(void *self)
{
	fields_free(self);
}

int resolver_add_fields(struct resolver *r, const char *name,
			struct fields *t)
{
	struct source s = {
		.name = name,
		.core = source_fields_core,
		.func_args = source_fields_func_args,
		.free = source_fields_free,
		.self = t,
	};

	return resolver_add(r, &s);
}

/* ---- asking ----------------------------------------------------------- */

int resolver_want(struct resolver *r, const char *const *names, size_t nnames,
		  const char **why)
{
	const struct source *s;
	int err;

	*why = NULL;
	for (s = r->sources; s < r->sources + r->nsources; s++) {
		err = s->want ? s->want(s->self, names, nnames, why) : 0;
		if (err)
			return err;
	}
	return 0;
}

int resolver_core(struct resolver *r, const struct question *q,
		  struct answer *a, const char **why)
{
	const struct source *s;
	int err;

	memset(a, 0, sizeof(*a));
	*why = NULL;
	if (q->kind == CORE_TYPE_ID_LOCAL) {
		answer_value(a, q->local_id);
		a->source = "program";
		return 0;
	}
	for (s = r->sources; s < r->sources + r->nsources; s++) {
		err = s->core(s->self, q, a, why);
		if (err == -ENOENT)
			continue;
		if (err) {
			answer_absent(a, q->kind);
			a->source = s->name;
			return err;
		}
		/* Not every source knows the byte order */
		if (q->kind <= CORE_FIELD_RSHIFT_U64 && a->field.exists)
			a->poison = field_value(q->kind, &a->field,
						r->big_endian, &a->value) != 0;
		a->source = s->name;
		*why = NULL;
		return 0;
	}
	answer_absent(a, q->kind);
	a->source = NULL;
	*why = NULL;
	return 0;
}

int resolver_func_args(struct resolver *r, const char *func)
{
	const struct source *s;
	int n;

	for (s = r->sources; s < r->sources + r->nsources; s++) {
		n = s->func_args ? s->func_args(s->self, func) : -ENOENT;
		if (n != -ENOENT)
			return n;
	}
	return -ENOENT;
}

/* Last first: a module's BTF leans on the kernel's, added before it. */
void resolver_release(struct resolver *r)
{
	const struct source *s;

	while (r->nsources) {
		s = &r->sources[--r->nsources];
		if (s->free)
			s->free(s->self);
	}
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * resolver.c - ask one source after the other.
 */
#include <errno.h>
#include <stdlib.h>

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
	memo_release(r);	/* this one may know better */
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

static int tell(struct resolver *r, unsigned i, const char **why)
{
	const struct source *s = &r->sources[i];
	size_t n = r->told[i];

	if (n == r->nnames || !s->want)
		return 0;
	r->told[i] = r->nnames;
	return s->want(s->self, (const char *const *)r->names + n,
		       r->nnames - n, why);
}

int resolver_want(struct resolver *r, const char *const *names, size_t nnames,
		  const char **why)
{
	char **all;

	*why = "out of memory";
	all = realloc(r->names, (r->nnames + nnames + 1) * sizeof(*all));
	if (!all)
		return -ENOMEM;
	r->names = all;
	for (size_t i = 0; i < nnames; i++) {
		all[r->nnames] = strdup(names[i]);
		if (!all[r->nnames])
			return -ENOMEM;
		r->nnames++;
	}
	memo_release(r);	/* what was not known may be now */
	*why = NULL;
	return r->nsources ? tell(r, 0, why) : 0;
}

int resolver_tell(struct resolver *r, const char **why)
{
	unsigned i;
	int err = 0;

	*why = NULL;
	for (i = 0; !err && i < r->nsources; i++)
		err = tell(r, i, why);
	return err;
}

/* From what is known of a field to what is asked about it; not every source
 * knows the byte order. */
static void answer_kind(const struct resolver *r, const struct question *q,
			struct answer *a)
{
	if (!asks_field(q->kind))
		return;
	if (!a->field.exists)
		answer_absent(a, q->kind);
	else
		a->poison = field_value(q->kind, &a->field, r->big_endian,
					&a->value) != 0;
}

static int ask_sources(struct resolver *r, const struct question *q,
		       struct answer *a, const char **why)
{
	const struct source *s;
	unsigned i;
	int err;

	for (i = 0; i < r->nsources; i++) {
		s = &r->sources[i];
		err = tell(r, i, why);
		if (!err)
			err = s->core(s->self, q, a, why);
		if (err == -ENOENT)
			continue;
		if (err)
			answer_absent(a, q->kind);
		a->source = s->name;
		return err;
	}
	answer_absent(a, q->kind);
	a->source = NULL;
	return 0;
}

int resolver_core(struct resolver *r, const struct question *q,
		  struct answer *a, const char **why)
{
	const struct answer *known;
	int err;

	memset(a, 0, sizeof(*a));
	*why = NULL;
	if (q->kind == CORE_TYPE_ID_LOCAL) {
		answer_value(a, q->local_id);
		a->source = "program";
		return 0;
	}
	known = memo_find(r, q);
	if (known)
		*a = *known;
	err = known ? 0 : ask_sources(r, q, a, why);
	if (err)
		return err;
	*why = NULL;
	if (!known)
		memo_add(r, q, a);
	answer_kind(r, q, a);
	return 0;
}

int resolver_func_args(struct resolver *r, const char *func)
{
	const struct source *s;
	const char *why;
	unsigned i;
	int n;

	for (i = 0; i < r->nsources; i++) {
		s = &r->sources[i];
		if (!s->func_args)
			continue;
		n = tell(r, i, &why);
		if (!n)
			n = s->func_args(s->self, func);
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
	memo_release(r);
	while (r->nnames)
		free(r->names[--r->nnames]);
	free(r->names);
	r->names = NULL;
}

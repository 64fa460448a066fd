/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Discovery as a source of fields: made when first asked, and once more for
 * what it missed.  On a machine that is busy a moment may pass unseen.
 */
#include "loader/discover_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TRIES 2

struct lazy {
	struct env *env;
	struct discovery *found[TRIES];
	unsigned tries;
	struct err failed;
};

static const char source_name[] = "discovery";

static void discover(struct lazy *l)
{
	struct discovery **found = &l->found[l->tries++];
	const char *why = "";
	struct recording r;

	if (discover_record(&r, l->env, &l->failed))
		return;
	if (discovery_new(found, &r, &why)) {
		*found = NULL;
		err_set(&l->failed, 0, "discovery: %s", why);
	}
	recording_release(&r);
}

static int lazy_core(void *self, const struct question *q, struct answer *a,
		     const char **why)
{
	struct lazy *l = self;

	if (q->kind > CORE_FIELD_RSHIFT_U64)
		return -ENOENT;
	for (unsigned i = 0; i < TRIES; i++) {
		int err;

		if (i == l->tries)
			discover(l);
		if (!l->found[i])
			return -ENOENT;
		err = discovery_core(l->found[i], q, a, why);
		/* without a reason it is nothing that is looked for */
		if (err != -ENOENT || !*why)
			return err;
	}
	return -ENOENT;
}

static void lazy_free(void *self)
{
	struct lazy *l = self;

	for (unsigned i = 0; i < TRIES; i++)
		discovery_free(l->found[i]);
	free(l);
}

int discover_source(struct env *env)
{
	struct lazy *l = calloc(1, sizeof(*l));
	struct source s = {
		.name = source_name, .core = lazy_core, .free = lazy_free,
		.self = l,
	};
	int err = l ? resolver_add(&env->fields, &s) : -ENOMEM;

	if (err)
		free(l);
	else
		l->env = env;
	return err;
}

const char *discover_failed(const struct env *env)
{
	for (unsigned i = 0; i < env->fields.nsources; i++) {
		const struct source *s = &env->fields.sources[i];
		const struct lazy *l = s->self;

		if (s->name == source_name)
			return l->failed.no ? l->failed.msg : NULL;
	}
	return NULL;
}

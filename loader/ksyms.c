/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Kernel symbols by name, of the kernel that runs. */
#include "loader/loader_int.h"

#include <stdlib.h>
#include <string.h>

struct ksyms *env_functions(struct env *env)
{
	if (!env->functions)
		env->functions = ksyms_new();
	if (env->functions)
		ksyms_load(env->functions);
	return env->functions;
}

void env_functions_forget(struct env *env)
{
	ksyms_free(env->functions);
	env->functions = NULL;
}

static void take(struct ksym_named *k, const char *found, const char *module)
{
	snprintf(k->found, sizeof(k->found), "%s", found);
	snprintf(k->module, sizeof(k->module), "%s", module);
}

/* Most ask for a name or none: not worth the memory of a table. */
static void stream(struct ksym_named *k)
{
	FILE *f = kallsyms_open();
	int best = 0, like;
	char *line = NULL;
	size_t cap = 0;
	struct ksym_line l;

	while (f && best < KSYM_ITSELF && getline(&line, &cap, f) > 0) {
		if (!ksym_line(line, &l))
			continue;
		like = ksym_likeness(l.name, l.module, k->name);
		if (!ksym_better(like, best))
			continue;
		take(k, l.name, l.module);
		best = like;
	}
	free(line);
	if (f)
		fclose(f);
}

static void look_up(struct env *env, struct ksym_named *k)
{
	const char *found, *module;

	if (!env->functions)
		stream(k);
	else if (ksyms_named(env->functions, k->name, &found, &module))
		take(k, found, module);
}

const struct ksym_named *env_ksym(struct env *env, const char *name)
{
	struct ksym_named *k = env->ksyms;
	size_t i = 0;

	while (i < env->nksyms && strcmp(k[i].name, name))
		i++;
	if (i == env->nksyms) {
		k = strlen(name) < sizeof(k->name) ?
		    realloc(k, (i + 1) * sizeof(*k)) : NULL;
		if (!k)
			return NULL;
		env->ksyms = k;
		env->nksyms++;
		memset(&k[i], 0, sizeof(k[i]));
		snprintf(k[i].name, sizeof(k[i].name), "%s", name);
		look_up(env, &k[i]);
	}
	return k[i].found[0] ? &k[i] : NULL;
}

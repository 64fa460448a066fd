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

static void look_up(struct env *env, struct ksym_named *k)
{
	struct ksyms *all = env_functions(env);
	const char *found, *module;

	if (!all || !ksyms_named(all, k->name, &found, &module))
		return;
	snprintf(k->found, sizeof(k->found), "%s", found);
	snprintf(k->module, sizeof(k->module), "%s", module);
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

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Kernel symbols by name. */
#include "loader/loader_int.h"

#include <stdlib.h>
#include <string.h>

/* "ffffffff81c0b2d0 t tcp_drop.isra.0\t[module]": the third word, of code, and
 * in *@rest what is behind it. */
static char *symbol_name(char *line, char **rest)
{
	char *p = strchr(line, ' ');

	if (!p || !p[1] || !strchr("tTwW", p[1]) || p[2] != ' ')
		return NULL;
	p += 3;
	*rest = p + strcspn(p, " \t\n");
	if (**rest)
		*(*rest)++ = '\0';
	return p;
}

static void take(struct ksym_named *k, const char *symbol, const char *rest)
{
	size_t n = *rest == '[' ? strcspn(rest + 1, "]\n") : 0;

	snprintf(k->found, sizeof(k->found), "%s", symbol);
	snprintf(k->module, sizeof(k->module), "%.*s", (int)n, rest + 1);
}

/* One of that very name, else a variant. */
static void look_up(struct ksym_named *k)
{
	FILE *f = fopen("/proc/kallsyms", "re");
	size_t n = strlen(k->name), cap = 0;
	char *line = NULL, *sym, *rest;
	bool whole = false;

	while (f && !whole && getline(&line, &cap, f) > 0) {
		sym = symbol_name(line, &rest);
		if (!sym || strncmp(sym, k->name, n))
			continue;
		whole = !sym[n];
		if (whole || (sym[n] == '.' && strncmp(sym + n, ".cold", 5)))
			take(k, sym, rest);
	}
	free(line);
	if (f)
		fclose(f);
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
		look_up(&k[i]);
	}
	return k[i].found[0] ? &k[i] : NULL;
}

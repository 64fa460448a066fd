/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * registry - the tools that were built in.  tools/registry.h is generated: a
 * line T(NAME) for each, sorted.
 */
#include "tools/frontend/frontend.h"

#include <string.h>

#define T(name) extern const struct tool tool_##name;
#include "tools/registry.h"
#undef T

const struct tool *const tools[] = {
#define T(name) &tool_##name,
#include "tools/registry.h"
#undef T
	NULL,
};

const struct spec spec_none = { .name = "none", .license = "GPL" };
const struct role *const roles_none[] = { NULL };
const struct column columns_none[] = { { .key = NULL } };

const char *tool_alias_argument(const struct tool *t, const char *name)
{
	size_t len = t->alias ? strcspn(t->alias, "*") : 0;

	return len && t->alias[len] && !strncmp(name, t->alias, len) &&
	       name[len] ? name + len : NULL;
}

const struct tool_option *tool_alias_option(const struct tool *t,
					    const char *name)
{
	const struct tool_option *own;

	for (own = t->options; own && own->name; own++)
		if (own->alias && !strcmp(own->alias, name))
			return own;
	return NULL;
}

/* The same of what its alias stands for; *@i: less those that there are. */
static bool alias_name(const struct tool *t, unsigned *i, char *buf, size_t len)
{
	int stem = t->alias ? (int)strcspn(t->alias, "*") : 0;
	const char *word = t->arguments ? t->arguments : "";

	if (stem && !t->alias[stem]) {
		snprintf(buf, len, "%s", t->alias);
		return !(*i)--;
	}
	for (; *i && *word; --*i) {
		word += strcspn(word, " ");
		word += strspn(word, " ");
	}
	snprintf(buf, len, "%.*s%.*s", stem, t->alias ? t->alias : "",
		 (int)strcspn(word, " "), word);
	return stem && *word;
}

bool tool_other_name(const struct tool *t, unsigned i, char *buf, size_t len)
{
	const struct tool_option *own;

	if (alias_name(t, &i, buf, len))
		return true;
	for (own = t->options; own && own->name; own++)
		if (own->alias && !i--) {
			snprintf(buf, len, "%s", own->alias);
			return true;
		}
	return false;
}

static bool is_alias(const struct tool *t, const char *name)
{
	return (t->alias && !strcmp(t->alias, name)) ||
	       tool_alias_argument(t, name) || tool_alias_option(t, name);
}

static const struct tool *by_alias(const char *name)
{
	unsigned i = 0;

	while (tools[i] && !is_alias(tools[i], name))
		i++;
	return tools[i];
}

const struct tool *tool_find(const char *name)
{
	size_t lo = 0, hi = sizeof(tools) / sizeof(tools[0]) - 1, mid;
	int order;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		order = strcmp(name, tools[mid]->name);
		if (!order)
			return tools[mid];
		if (order < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return by_alias(name);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ask_tool - from what was asked to a descriptor, so that rows, captures and
 * all that belongs to them take hits for the events of a tool.
 */
#include "tools/frontend/ask_tool.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/frontend/ask_int.h"

#define NAME_WIDTH 40		/* a wider name pushes the rest of its row */

/* ---- names of numbers -------------------------------------------------- */

/* @n names, and room for @bytes of text behind them. */
static const char **names_alloc(size_t n, size_t bytes, char **text)
{
	const char **names = calloc(1, (n + 1) * sizeof(*names) + bytes);

	if (names)
		*text = (char *)(names + n + 1);
	return names;
}

static const char **enum_names(const struct ask_enum *e)
{
	size_t bytes = 0, n = 0, prefix = strlen(e->prefix);
	const struct ask_enum_name *name;
	const char **names;
	char *text;

	for (name = e->names; name->name; name++) {
		bytes += prefix + strlen(name->name) + 1;
		n = name->number >= n ? name->number + 1u : n;
	}
	names = names_alloc(n, bytes, &text);
	if (!names)
		return NULL;
	for (size_t i = 0; i < n; i++)
		names[i] = "";
	for (name = e->names; name->name; name++) {
		names[name->number] = text;
		text = stpcpy(stpcpy(text, e->prefix), name->name) + 1;
	}
	return names;
}

static const char **copy_names(const char *const *from)
{
	size_t bytes = 0, n = 0;
	const char **names;
	char *text;

	for (; from[n]; n++)
		bytes += strlen(from[n]) + 1;
	names = names_alloc(n, bytes, &text);
	for (size_t i = 0; names && i < n; i++) {
		names[i] = text;
		text = stpcpy(text, from[i]) + 1;
	}
	return names;
}

static const char **hook_names(const struct ask *a, const struct ask_value *v)
{
	const char **names;
	size_t bytes = 0;
	char *text;

	for (uint32_t i = 0; i < a->nhooks; i++)
		bytes += strlen(hook_kind_name(a->hooks[i].kind)) + 1 +
			 strlen(a->hooks[i].target) + 1;
	names = names_alloc(a->nhooks, bytes, &text);
	if (!names)
		return NULL;
	for (uint32_t i = 0; i < a->nhooks; i++) {
		names[i] = text;
		hook_text(v, &a->hooks[i], text,
			  strlen(hook_kind_name(a->hooks[i].kind)) + 1 +
			  strlen(a->hooks[i].target) + 1);
		text += strlen(text) + 1;
	}
	return names;
}

static size_t longest(const char *const *names)
{
	size_t most = 0;

	for (; *names; names++)
		if (strlen(*names) > most)
			most = strlen(*names);
	return most < NAME_WIDTH ? most : NAME_WIDTH;
}

/* ---- columns ----------------------------------------------------------- */

struct look {
	uint8_t kind, width;
	uint16_t flags;
};

static struct look look_of_number(const struct ask_value *v)
{
	switch (v->from) {
	case FROM_PID:
	case FROM_TID:
		return (struct look){ K_U64, 7, C_LEFT };
	case FROM_NETNS:
		return (struct look){ K_NETNS, 10, C_LEFT };
	case FROM_UID:
	case FROM_CPU:
	case FROM_CGROUP:
		return (struct look){ K_U64, 6, C_LEFT };
	case FROM_LATENCY:
		return (struct look){ K_U64, 11, C_SUM };
	}
	if (v->then == THEN_LPORT || v->then == THEN_RPORT)
		return (struct look){ K_PORT, 5, C_LEFT | C_ZERO };
	return (struct look){ v->shape == SHAPE_S64 ? K_S64 : K_U64, 8, 0 };
}

static struct look look_of(const struct ask_value *v)
{
	switch (v->shape) {
	case SHAPE_COMM:
	case SHAPE_NAME:
		return (struct look){ K_COMM, 16, C_LEFT };
	case SHAPE_ADDR:
		return (struct look){ K_ADDR, 15, C_LEFT | C_ZERO };
	case SHAPE_STACK:
		return (struct look){ v->from == FROM_USTACK ? K_USTACK :
				      K_KSTACK, 0, 0 };
	}
	return look_of_number(v);
}

static void put_heading(char heading[ASK_HEADING], const struct ask_value *v)
{
	size_t i;

	for (i = 0; i < ASK_HEADING - 5 && v->name[i]; i++)
		heading[i] = (char)toupper((unsigned char)v->name[i]);
	heading[i] = '\0';
	if (v->from == FROM_LATENCY && v->then != THEN_US)
		stpcpy(heading + i, "(ns)");
}

/* Hooks and networks have names, and so have the numbers of some fields. */
static int add_names(struct ask_tool *t, const struct ask_value *v,
		     const struct ask *a)
{
	const struct ask_enum *e = ask_enum_of(v);
	struct column *col = &t->columns[t->ncolumns];
	const char **names;

	if (v->shape == SHAPE_NETWORK)
		names = copy_names(a->networks);
	else if (v->from == FROM_PROBE || v->from == FROM_EVENT)
		names = hook_names(a, v);
	else if (e)
		names = enum_names(e);
	else if (v->is_reason && a->reasons)
		names = copy_names(a->reasons);
	else
		return 0;
	if (!names)
		return -ENOMEM;
	t->names[t->ncolumns] = names;
	col->names = names;
	col->kind = K_ENUM;
	col->width = (uint8_t)longest(names);
	col->flags = C_LEFT | C_KEY;
	return 0;
}

static int add_column(struct ask_tool *t, const struct ask_value *v,
		      const struct ask_map *m)
{
	struct look look = look_of(v);
	unsigned i = t->ncolumns;
	int err;

	if (i == MAX_COLUMNS - ASK_TALLY_COLUMNS)
		return -E2BIG;
	put_heading(t->headings[i], v);
	snprintf(t->keys[i], ASK_HEADING, "%s%s%s", m->name,
		 *m->name ? "." : "", v->name);
	t->columns[i] = (struct column){
		.key = t->keys[i], .heading = t->headings[i],
		.help = "as it was asked for",
		.kind = look.kind, .width = look.width,
		.flags = look.flags & C_SUM ? look.flags : look.flags | C_KEY,
		.off = (uint16_t)t->tool.event_size,
		.size = (uint16_t)ask_value_size(v),
	};
	t->tool.event_size += ask_value_size(v);
	err = add_names(t, v, m->ask);
	t->ncolumns++;
	return err;
}

/* A key's name has no such sign. */
const char *const ask_tally_columns[] = {
	[ASK_SLOT] = "@slot", [ASK_COUNTED] = "@count",
	[ASK_TOTAL] = "@total", [ASK_MAP] = "@map",
};

static void add_tally(struct ask_tool *t)
{
	for (unsigned i = 0; i < ASK_TALLY_COLUMNS; i++) {
		t->columns[t->ncolumns++] = (struct column){
			.key = ask_tally_columns[i],
			.heading = ask_tally_columns[i],
			.help = "of a tally", .kind = K_U64,
			.off = (uint16_t)t->tool.event_size, .size = 8,
		};
		t->tool.event_size += 8;
	}
}

int ask_tool_init(struct ask_tool *t, const struct tool *base,
		  const struct ask_map *maps, unsigned n)
{
	int err = 0;

	memset(t, 0, sizeof(*t));
	t->tool = *base;
	t->tool.columns = t->columns;
	t->tool.event_size = sizeof(struct event);
	for (const struct ask_map *m = maps; m < maps + n; m++)
		for (uint32_t i = 0; i < m->ask->nkeys && !err; i++)
			err = add_column(t, &m->ask->keys[i], m);
	if (maps->ask->what != ASK_TRACE)
		add_tally(t);
	return err;
}

void ask_tool_release(struct ask_tool *t)
{
	for (unsigned i = 0; i < t->ncolumns; i++)
		free(t->names[i]);
}

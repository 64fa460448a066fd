/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What was asked of a tally, as its capture says: enough to print it again,
 * and not a request to any kernel.
 */
#include "progs/engine.h"
#include "tools/frontend/ask_tool.h"
#include "tools/frontend/capture_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *capture_ask_name(unsigned what)
{
	static const char *const names[] = {
		[ASK_COUNT] = "count", [ASK_SUM] = "sum",
		[ASK_STATS] = "stats", [ASK_HIST] = "hist",
		[ASK_LHIST] = "lhist", NULL
	};

	return what < sizeof(names) / sizeof(names[0]) ? names[what] : NULL;
}

static bool set_what(struct ask *a, const char *word)
{
	unsigned i = 0;

	while (capture_ask_name(i) && strcmp(capture_ask_name(i), word))
		i++;
	a->what = (uint8_t)i;
	return capture_ask_name(i);
}

static void take_one(struct capture *c, struct file_map *m, const char *key,
		     const char *value)
{
	struct ask *a = &m->ask;
	int64_t v = strtoll(value, NULL, 10);

	if (!strcmp(key, "name"))
		snprintf(m->name, sizeof(m->name), "%s", value);
	else if (!strcmp(key, "keys"))
		a->nkeys = v < 0 || v > ASK_KEYS ? ASK_KEYS : (uint32_t)v;
	else if (!strcmp(key, "signed"))
		a->value.shape = v ? SHAPE_S64 : SHAPE_U64;
	else if (!strcmp(key, "unit"))
		snprintf(m->unit, sizeof(m->unit), "%s", value);
	else if (!strcmp(key, "intervals"))
		c->intervals = v;
	else if (!strcmp(key, "min"))
		a->min = v;
	else if (!strcmp(key, "max"))
		a->max = v;
	else if (!strcmp(key, "step"))
		a->step = v;
}

/* As take_range() has it: each bucket may be printed. */
static bool range_fits(const struct ask *a)
{
	return a->what != ASK_LHIST ||
	       (a->step > 0 && a->max > a->min &&
		((uint64_t)a->max - (uint64_t)a->min) / (uint64_t)a->step <=
			ASK_BUCKETS);
}

/* Words that are printed as they are. */
static bool is_plain(const char *s)
{
	for (; *s; s++)
		if (*s <= ' ' || *s >= 0x7f || strchr(",\"\\", *s))
			return false;
	return true;
}

int capture_take_map(struct capture *c)
{
	struct record_strings s = record_strings(c);
	const char *key, *value;
	struct file_map *m;
	bool known = false;

	if (c->nmaps == MAX_PARTS)
		return -EBADMSG;
	m = calloc(1, sizeof(*m));
	if (!m)
		return -ENOMEM;
	c->asked[c->nmaps] = (struct ask_map){ m->name, m->unit, &m->ask };
	c->tallied[c->nmaps++] = m;
	while ((key = string_next(&s)) && (value = string_next(&s))) {
		if (!strcmp(key, "what"))
			known = set_what(&m->ask, value);
		else
			take_one(c, m, key, value);
	}
	return known && is_plain(m->name) && is_plain(m->unit) &&
	       range_fits(&m->ask) ? 0 : -EBADMSG;
}

/* ---- keys -------------------------------------------------------------- */

static void make_key(struct ask_value *v, const struct column *col,
		     const char *name)
{
	*v = (struct ask_value){ .name = name, .from = FROM_NUMBER,
				 .shape = SHAPE_U64 };
	switch (col->kind) {
	case K_S64:
		v->shape = SHAPE_S64;
		return;
	case K_ADDR:
		v->shape = SHAPE_ADDR;
		return;
	case K_COMM:
		v->shape = col->size == 16 ? SHAPE_COMM : SHAPE_NAME;
		return;
	case K_KSTACK:
	case K_USTACK:
		v->shape = SHAPE_STACK;
		v->from = col->kind == K_KSTACK ? FROM_KSTACK : FROM_USTACK;
		return;
	}
	if (!strcmp(name, "pid"))
		v->from = FROM_PID;
}

/* The keys of @m from the columns from @col on, which are called NAME.KEY. */
static bool make_keys(struct file_map *m, const struct column *col)
{
	size_t prefix = strlen(m->name);

	for (uint32_t i = 0; i < m->ask.nkeys; i++, col++) {
		const char *name = col->key;

		if (prefix && (strncmp(name, m->name, prefix) ||
			       name[prefix] != '.' || !name[prefix + 1]))
			return false;
		make_key(&m->ask.keys[i], col,
			 prefix ? name + prefix + 1 : name);
	}
	return ask_key_size(&m->ask) <= ASK_KEY_MAX;
}

static bool is_tally(const struct column *col)
{
	for (unsigned i = 0; i < ASK_TALLY_COLUMNS; i++)
		if (strcmp(col[i].key, ask_tally_columns[i]) ||
		    col[i].kind != K_U64)
			return false;
	return true;
}

int capture_maps(struct capture *c, struct err *e)
{
	const struct column *col = c->made_columns;
	unsigned keys = 0;

	for (unsigned i = 0; i < c->nmaps; i++)
		keys += c->tallied[i]->ask.nkeys;
	if (c->nmade != keys + ASK_TALLY_COLUMNS || !is_tally(col + keys))
		return err_set(e, EBADMSG, "capture: no tally");
	for (unsigned i = 0; i < c->nmaps; i++) {
		if (!make_keys(c->tallied[i], col))
			return err_set(e, EBADMSG, "capture: no such keys");
		col += c->tallied[i]->ask.nkeys;
	}
	return 0;
}

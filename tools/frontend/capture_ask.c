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

static void take_one(struct capture *c, const char *key, const char *value)
{
	struct ask *a = c->ask;
	int64_t v = strtoll(value, NULL, 10);

	if (!strcmp(key, "signed"))
		a->value.shape = v ? SHAPE_S64 : SHAPE_U64;
	else if (!strcmp(key, "unit"))
		snprintf(c->unit, sizeof(c->unit), "%s", value);
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

int capture_take_ask(struct capture *c)
{
	struct record_strings s = record_strings(c);
	const char *key, *value;
	bool known = false;

	if (c->ask)
		return -EBADMSG;
	c->ask = calloc(1, sizeof(*c->ask));
	if (!c->ask)
		return -ENOMEM;
	while ((key = string_next(&s)) && (value = string_next(&s))) {
		if (!strcmp(key, "what"))
			known = set_what(c->ask, value);
		else
			take_one(c, key, value);
	}
	for (const char *p = c->unit; *p; p++)
		known = known && *p > ' ' && *p < 0x7f;
	return known && range_fits(c->ask) ? 0 : -EBADMSG;
}

/* ---- keys -------------------------------------------------------------- */

static void make_key(struct ask_value *v, const struct column *col)
{
	*v = (struct ask_value){ .name = col->key, .from = FROM_NUMBER,
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
	if (!strcmp(col->key, "pid"))
		v->from = FROM_PID;
}

int capture_ask(struct capture *c, struct err *e)
{
	const struct column *col = c->made_columns;
	struct ask *a = c->ask;
	unsigned keys = c->nmade - ASK_TALLY_COLUMNS;

	if (c->nmade < ASK_TALLY_COLUMNS || keys > ASK_KEYS)
		return err_set(e, EBADMSG, "capture: no tally");
	for (unsigned i = 0; i < keys; i++)
		make_key(&a->keys[i], &col[i]);
	a->nkeys = keys;
	for (unsigned i = 0; i < ASK_TALLY_COLUMNS; i++)
		if (strcmp(col[keys + i].key, ask_tally_columns[i]) ||
		    col[keys + i].kind != K_U64)
			return err_set(e, EBADMSG, "capture: no tally");
	if (ask_key_size(a) > ASK_KEY_MAX)
		return err_set(e, EBADMSG, "capture: keys too long");
	return 0;
}

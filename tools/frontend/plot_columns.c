/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which columns are drawn: what the user wants, else as the tool has it. */
#include "tools/frontend/options_int.h"
#include "tools/frontend/plot.h"
#include "tools/frontend/rows_int.h"

#include <stdarg.h>
#include <string.h>

#define NOWHERE PLOT_NOWHERE

void plot_keep(char *to, size_t size, const char *from)
{
	size_t len = strnlen(from, size - 1);

	*put_clean(to, from, len) = '\0';
}

static bool fail(struct plot_columns *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static bool fail(struct plot_columns *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(c->why, sizeof(c->why), fmt, ap);
	va_end(ap);
	return false;
}

/* Which of @fields is called so (the first @len of it); NOWHERE. */
static unsigned field_of(char *const *fields, unsigned n, const char *name,
			 size_t len)
{
	for (unsigned i = 0; i < n; i++)
		if (strlen(fields[i]) == len && !memcmp(fields[i], name, len))
			return i;
	return NOWHERE;
}

static unsigned find(struct plot_columns *c, char *const *fields, unsigned n,
		     const char *name, size_t len)
{
	unsigned at = field_of(fields, n, name, len);
	char word[PLOT_NAME], like[256];
	struct nearest near;

	if (at != NOWHERE)
		return at;
	snprintf(word, sizeof(word), "%.*s", len < PLOT_NAME ? (int)len :
		 PLOT_NAME - 1, name);
	nearest_init(&near, word);
	for (unsigned i = 0; i < n; i++)
		nearest_try(&near, fields[i]);
	fail(c, "no column '%s'%s", word,
	     nearest_text(&near, "", like, sizeof(like)));
	return NOWHERE;
}

/* Has the header all that the tool's picture is made of? */
static bool draws(const struct tool *t, char *const *fields, unsigned n)
{
	const struct plot_of *plot = t->plot;

	for (unsigned i = 0; plot && i < PLOT_PANELS && plot->panels[i].lines;
	     i++)
		for (const char *p = plot->panels[i].lines; *p;) {
			size_t len = strcspn(p, ",");

			if (field_of(fields, n, p, len) == NOWHERE)
				return false;
			p += len + (p[len] == ',');
		}
	return plot != NULL;
}

static const struct plot_of *plot_of_header(const struct plot_columns *c,
					    char *const *fields, unsigned n)
{
	if (c->tool)
		return c->tool->plot;
	for (unsigned i = 0; tools[i]; i++)
		if (draws(tools[i], fields, n))
			return tools[i]->plot;
	return NULL;
}

static bool add_panel(struct plot_columns *c, char *const *fields, unsigned n,
		      const char *lines, const char *unit)
{
	struct plot_panel *panel = &c->plan.panels[c->plan.npanels++];

	panel->unit = unit;
	for (const char *p = lines; *p;) {
		size_t len = strcspn(p, ",");
		unsigned at = find(c, fields, n, p, len);

		if (at == NOWHERE)
			return false;
		if (c->nlines == PLOT_LINES)
			return fail(c, "no more than %d lines", PLOT_LINES);
		plot_keep(c->names[c->nlines], PLOT_NAME, fields[at]);
		c->y[c->nlines] = at;
		panel->lines[panel->nlines++] = (struct plot_line){
			c->names[c->nlines], c->nlines };
		c->nlines++;
		p += len + (p[len] == ',');
	}
	return panel->nlines || fail(c, "no column in '%s'", lines);
}

static bool choose_lines(struct plot_columns *c, char *const *fields,
			 unsigned n, const struct plot_of *of)
{
	bool ok = true;

	for (unsigned i = 0; i < c->want->ny && ok; i++)
		ok = add_panel(c, fields, n, c->want->y[i], NULL);
	for (unsigned i = 0; !c->want->ny && of && i < PLOT_PANELS &&
	     of->panels[i].lines && ok; i++)
		ok = add_panel(c, fields, n, of->panels[i].lines,
			       of->panels[i].unit);
	if (ok && !c->plan.npanels)
		return fail(c, "which columns? --y LIST says; no tool with a "
			    "picture of its own has such a header");
	return ok;
}

/* Times that are numbers, as stamp_key() calls them; all in ns. */
static bool choose_x(struct plot_columns *c, char *const *fields, unsigned n)
{
	static const char *const times[] = { "elapsed_ns", "ts_ns",
					     "unix_ns" };
	const char *x = c->want->x;
	size_t i;

	c->x = NOWHERE;
	if (x) {
		c->x = find(c, fields, n, x, strlen(x));
		if (c->x == NOWHERE)
			return false;
	}
	for (i = 0; i < 3 && c->x == NOWHERE; i++)
		c->x = field_of(fields, n, times[i], strlen(times[i]));
	if (c->x == NOWHERE)
		return fail(c, "no time column; -t of the tool makes one, and "
			    "--x COLUMN takes another");
	for (i = 0; i < 3; i++)
		c->x_time |= !strcmp(fields[c->x], times[i]);
	c->x_unit = c->x_time ? 1e9 : 1;
	plot_keep(c->x_name, sizeof(c->x_name), fields[c->x]);
	c->plan.x_unit = c->x_time ? "seconds" : c->x_name;
	return true;
}

/* COLUMN=VALUE; that of the tool may be missing. */
static bool choose_mark(struct plot_columns *c, char *const *fields, unsigned n,
			const struct plot_of *of)
{
	const char *mark = c->want->mark ? c->want->mark : of ? of->mark : NULL;
	size_t len = mark ? strcspn(mark, "=") : 0;

	c->mark = NOWHERE;
	if (!mark)
		return true;
	if (!mark[len])
		return fail(c, "--mark wants COLUMN=VALUE");
	c->mark = c->want->mark ? find(c, fields, n, mark, len) :
		  field_of(fields, n, mark, len);
	if (c->mark == NOWHERE)
		return !c->want->mark;
	snprintf(c->mark_value, sizeof(c->mark_value), "%s", mark + len + 1);
	plot_keep(c->mark_name, sizeof(c->mark_name), c->mark_value);
	c->plan.mark = c->mark_name;
	return true;
}

/* What names a group, and what is told of it; no matter if it lacks. */
static bool choose_groups(struct plot_columns *c, char *const *fields,
			  unsigned n, const struct plot_of *of)
{
	const char *by = c->want->by ? c->want->by : of ? of->by : NULL;

	c->by = by ? field_of(fields, n, by, strlen(by)) : NOWHERE;
	if (c->want->by && c->by == NOWHERE)
		return find(c, fields, n, by, strlen(by)) != NOWHERE;
	if (c->by != NOWHERE)
		plot_keep(c->by_name, sizeof(c->by_name), fields[c->by]);
	/* of other groups they tell nothing */
	for (const char *p = of && !c->want->by ? of->about : NULL; p && *p;) {
		size_t len = strcspn(p, ",");
		unsigned at = field_of(fields, n, p, len);

		if (at != NOWHERE && c->nabout < PLOT_ABOUT)
			c->about[c->nabout++] = at;
		p += len + (p[len] == ',');
	}
	return true;
}

bool plot_columns(struct plot_columns *c, const struct plot_want *want,
		  const struct tool *t, char *const *fields, unsigned n)
{
	const struct plot_of *of;

	memset(c, 0, sizeof(*c));
	c->want = want;
	c->tool = t;
	of = plot_of_header(c, fields, n);
	c->n = n;
	return choose_lines(c, fields, n, of) && choose_x(c, fields, n) &&
	       choose_groups(c, fields, n, of) &&
	       choose_mark(c, fields, n, of);
}

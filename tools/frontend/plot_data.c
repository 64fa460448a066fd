/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The numbers that are drawn, by what they are of. */
#include "tools/frontend/plot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ABOUT_LEN 160
#define DIGITS 1e18		/* more is no number of ours */
#define BUCKETS (2 * PLOT_GROUPS)

struct group {
	char name[PLOT_NAME], about[ABOUT_LEN];
	uint64_t rows;
};

struct plot_data {
	struct csv_reader csv;
	const struct plot_want *want;
	const struct tool *tool;
	bool headed;
	struct plot_columns columns;
	struct plot_row *rows, *chosen;
	size_t nrows, room;
	uint64_t taken, left_out;
	struct group *groups;
	uint32_t ngroups, buckets[BUCKETS];	/* of groups, from 1 on */
	char title[ABOUT_LEN + 2 * PLOT_NAME];
};

/* ---- rows -------------------------------------------------------------- */

/* NAN: no number, or not one that can be drawn. */
static double number(const char *text)
{
	char *end;
	double v;

	if (!*text || !strchr("-.0123456789", *text))
		return __builtin_nan("");
	v = strtod(text, &end);
	return *end || !(v > -DIGITS && v < DIGITS) ? __builtin_nan("") : v;
}

static uint32_t hash(const char *s)
{
	uint32_t h = 2166136261u;	/* FNV-1a */

	while (*s)
		h = (h ^ (uint8_t)*s++) * 16777619u;
	return h;
}

static bool group_new(struct plot_data *d, const char *name)
{
	struct group *grown;
	uint32_t n = d->ngroups;

	if (!(n & (n + 1))) {		/* 1, 2, 4, ... */
		grown = realloc(d->groups, 2 * (n + 1) * sizeof(*grown));
		if (!grown)
			return false;
		d->groups = grown;
	}
	d->groups[n] = (struct group){ .rows = 0 };
	memcpy(d->groups[n].name, name, PLOT_NAME);
	d->ngroups++;
	return true;
}

/* Its bucket, or the one it gets; they are never full. */
static uint32_t *bucket_of(struct plot_data *d, const char *name)
{
	for (uint32_t i = hash(name); ; i++) {
		uint32_t *b = &d->buckets[i % BUCKETS];

		if (!*b || !strcmp(d->groups[*b - 1].name, name))
			return b;
	}
}

/* The group called so, which may be new; PLOT_NOWHERE: no room. */
static uint32_t group_of(struct plot_data *d, const char *name)
{
	uint32_t *b = bucket_of(d, name);

	if (!*b && (d->ngroups == PLOT_GROUPS || !group_new(d, name)))
		return PLOT_NOWHERE;
	if (!*b)
		*b = d->ngroups;
	return *b - 1;
}

/* As the last row has it: who owns a socket may be known late. */
static void describe(struct plot_data *d, struct group *g,
		     char *const *fields)
{
	const struct plot_columns *c = &d->columns;
	size_t used = 0;

	for (unsigned i = 0; i < c->nabout; i++) {
		if (!*fields[c->about[i]])
			continue;
		if (used && used + 2 < sizeof(g->about))
			g->about[used++] = ' ';
		plot_keep(g->about + used, sizeof(g->about) - used,
			  fields[c->about[i]]);
		used += strlen(g->about + used);
	}
}

/* Groups that have rows, in their order; the others go. */
static void pack_groups(struct plot_data *d)
{
	uint32_t n = 0, *to = calloc(d->ngroups + 1, sizeof(*to));

	if (!to)
		return;
	memset(d->buckets, 0, sizeof(d->buckets));
	for (uint32_t i = 0; i < d->ngroups; i++) {
		if (!d->groups[i].rows)
			continue;
		d->groups[n] = d->groups[i];
		to[i] = n++;
		*bucket_of(d, d->groups[to[i]].name) = n;
	}
	for (size_t i = 0; i < d->nrows; i++)
		d->rows[i].group = to[d->rows[i].group];
	d->ngroups = n;
	free(to);
}

static size_t most_rows(const struct plot_data *d)
{
	return d->want->rolls ? PLOT_ROLLED : PLOT_ROWS;
}

/* The older half of the rows goes, to make room. */
static void roll(struct plot_data *d)
{
	size_t gone = (d->nrows + 1) / 2;

	for (size_t i = 0; i < gone; i++)
		d->groups[d->rows[i].group].rows--;
	d->nrows -= gone;
	memmove(d->rows, d->rows + gone, d->nrows * sizeof(*d->rows));
	pack_groups(d);
}

static struct plot_row *row_new(struct plot_data *d)
{
	size_t room = d->room ? 2 * d->room : 1024;
	struct plot_row *grown;

	if (d->nrows == most_rows(d))
		return NULL;
	if (d->nrows == d->room) {
		grown = realloc(d->rows, room * sizeof(*grown));
		if (!grown)
			return NULL;
		d->rows = grown;
		d->room = room;
	}
	return &d->rows[d->nrows];
}

static bool take_row(struct plot_data *d, char *const *fields)
{
	const struct plot_columns *c = &d->columns;
	double x = number(fields[c->x]);
	char name[PLOT_NAME] = "";
	struct plot_row *row;
	uint32_t group;

	if (x != x)
		return false;
	if (d->want->rolls && (d->nrows == most_rows(d) ||
			       d->ngroups == PLOT_GROUPS))
		roll(d);
	if (c->by != PLOT_NOWHERE)
		plot_keep(name, sizeof(name), fields[c->by]);
	group = group_of(d, name);
	row = group != PLOT_NOWHERE ? row_new(d) : NULL;
	if (!row)
		return false;
	*row = (struct plot_row){ .x = x / c->x_unit, .group = group,
				  .number = d->taken++ };
	for (unsigned i = 0; i < c->nlines; i++)
		row->y[i] = number(fields[c->y[i]]);
	row->marked = c->mark != PLOT_NOWHERE &&
		      !strcmp(fields[c->mark], c->mark_value);
	d->nrows++;
	d->groups[group].rows++;
	describe(d, &d->groups[group], fields);
	return true;
}

static bool take_fields(void *ctx, char *const *fields, unsigned n)
{
	struct plot_data *d = ctx;

	if (!d->headed) {
		d->headed = true;
		return plot_columns(&d->columns, d->want, d->tool, fields, n);
	}
	if (n != d->columns.n || !take_row(d, fields))
		d->left_out++;
	return true;
}

/* ---- feeding ----------------------------------------------------------- */

struct plot_data *plot_data_new(const struct plot_want *want,
				const struct tool *t)
{
	struct plot_data *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	csv_init(&d->csv, take_fields, d);
	d->want = want;
	d->tool = t;
	return d;
}

bool plot_data_feed(struct plot_data *d, const char *text, size_t len)
{
	return csv_feed(&d->csv, text, len);
}

bool plot_data_end(struct plot_data *d)
{
	return csv_end(&d->csv);
}

static ssize_t feed_stream(void *d, const char *text, size_t len)
{
	if (plot_data_feed(d, text, len))
		return (ssize_t)len;
	errno = EINVAL;
	return 0;
}

FILE *plot_data_stream(struct plot_data *d)
{
	static const cookie_io_functions_t io = { .write = feed_stream };

	return fopencookie(d, "w", io);
}

const char *plot_data_why(const struct plot_data *d, uint64_t *line)
{
	*line = d->csv.why ? d->csv.line : 0;
	return d->csv.why ? d->csv.why : d->columns.why;
}

uint64_t plot_data_rows(const struct plot_data *d)
{
	return d->taken;
}

uint64_t plot_data_left_out(const struct plot_data *d)
{
	return d->left_out;
}

/* ---- choosing ---------------------------------------------------------- */

/* The one with most rows, the first of several; or the one asked for. */
static const struct group *pick(const struct plot_data *d)
{
	const struct group *best = NULL;

	for (uint32_t i = 0; i < d->ngroups; i++) {
		const struct group *g = &d->groups[i];

		if (d->want->pick ? !strcmp(g->name, d->want->pick) :
		    !best || g->rows > best->rows)
			best = g;
	}
	return best;
}

static int by_x(const void *a, const void *b)
{
	const struct plot_row *p = a, *q = b;

	if (p->x < q->x || p->x > q->x)
		return p->x < q->x ? -1 : 1;
	return p->number < q->number ? -1 : p->number > q->number;
}

/* What is drawn of how many. */
static void entitle(struct plot_data *d, const struct group *g)
{
	const char *by = d->columns.by_name;
	char *p = d->title, *end = p + sizeof(d->title);

	if (*g->about)
		p += snprintf(p, sizeof(d->title), "%s", g->about);
	else
		p += snprintf(p, sizeof(d->title), "%s%s%s", by,
			      *by ? " " : "", g->name);
	if (d->ngroups > 1)
		snprintf(p, (size_t)(end - p), ", 1 of %u", d->ngroups);
}

static bool any_known(const struct plot_row *rows, size_t n, unsigned lines)
{
	for (size_t i = 0; i < n; i++)
		for (unsigned k = 0; k < lines; k++)
			if (rows[i].y[k] == rows[i].y[k])
				return true;
	return false;
}

bool plot_data_choose(struct plot_data *d, struct plot *p)
{
	const struct group *g = pick(d);
	uint32_t group = g ? (uint32_t)(g - d->groups) : 0;
	double zero;
	size_t n = 0;

	free(d->chosen);
	d->chosen = g && g->rows ? malloc(g->rows * sizeof(*d->chosen)) : NULL;
	if (!d->chosen)
		return false;
	for (size_t i = 0; i < d->nrows; i++)
		if (d->rows[i].group == group)
			d->chosen[n++] = d->rows[i];
	qsort(d->chosen, n, sizeof(*d->chosen), by_x);
	zero = d->columns.x_time ? d->chosen[0].x : 0;
	for (size_t i = 0; i < n; i++)
		d->chosen[i].x -= zero;
	entitle(d, g);
	*p = d->columns.plan;
	p->title = d->title;
	p->rows = d->chosen;
	p->nrows = n;
	return any_known(d->chosen, n, d->columns.nlines);
}

static int by_size(const void *a, const void *b)
{
	const struct group *const *p = a, *const *q = b;

	if ((*p)->rows != (*q)->rows)
		return (*p)->rows > (*q)->rows ? -1 : 1;
	return *p < *q ? -1 : 1;
}

void plot_data_list(const struct plot_data *d, FILE *out)
{
	const struct group **all = calloc(d->ngroups + 1, sizeof(*all));

	for (uint32_t i = 0; all && i < d->ngroups; i++)
		all[i] = &d->groups[i];
	if (all)
		qsort(all, d->ngroups, sizeof(*all), by_size);
	for (uint32_t i = 0; all && i < d->ngroups; i++)
		fprintf(out, "%-20s %8llu %s\n", all[i]->name,
			(unsigned long long)all[i]->rows, all[i]->about);
	free(all);
}

const char *plot_data_by(const struct plot_data *d)
{
	return *d->columns.by_name ? d->columns.by_name : NULL;
}

void plot_data_free(struct plot_data *d)
{
	if (!d)
		return;
	free(d->rows);
	free(d->chosen);
	free(d->groups);
	free(d);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Tallies to stdout. */
#include "tools/frontend/ask_record.h"
#include "tools/frontend/heap_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum heap_format format_of(const struct options *o)
{
	if (o->ask.folded)
		return HEAP_FOLDED;
	if (o->format != FMT_TABLE)
		return o->format == FMT_JSON ? HEAP_JSON : HEAP_CSV;
	if (o->style == STYLE_PERCENTILES)
		return HEAP_PERCENTILES;
	return o->style == STYLE_BCC ? HEAP_BCC : HEAP_TEXT;
}

/* Between intervals, for people: when it was. */
static void print_time(FILE *out, const struct ask_page *p,
		       const struct heap_style *s)
{
	time_t when = (time_t)(((int64_t)s->ns + s->wall_offset_ns) /
			       1000000000);
	char text[16] = "";
	struct tm tm;

	if (p->times && localtime_r(&when, &tm) &&
	    strftime(text, sizeof(text), "%H:%M:%S", &tm))
		fprintf(out, "%s%s\n", p->printed ? "\n" : "", text);
}

static bool is_people(enum heap_format format)
{
	return format == HEAP_TEXT || format == HEAP_BCC ||
	       format == HEAP_PERCENTILES;
}

/* ---- several maps ------------------------------------------------------- */

/* A blank line between maps of several lines; behind a histogram there is
 * one. */
static void space(FILE *out, const struct heap *h, enum heap_format format,
		  bool *owed)
{
	if (!h->ngroups)
		return;
	if (*owed && h->ask->nkeys)
		fputc('\n', out);
	*owed = !heap_is_hist(h->ask) || format == HEAP_PERCENTILES;
}

static void join_key(struct heap_style *s, const char *name)
{
	for (unsigned i = 0; i < s->nkeys; i++)
		if (!strcmp(s->keys[i], name))
			return;
	if (s->nkeys < HEAP_KEYS)
		s->keys[s->nkeys++] = name;
}

/* Maps that stand in one CSV have the same columns. */
static void join_columns(struct heap_style *s, struct heap *const *h,
			 unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		const struct ask *a = h[i]->ask;

		s->bounds = s->bounds || heap_is_hist(a);
		s->totals = s->totals ||
			    (!heap_is_hist(a) && a->what != ASK_COUNT);
		for (uint32_t k = 0; k < a->nkeys; k++)
			join_key(s, a->keys[k].name);
	}
}

static void print_maps(FILE *out, const struct ask_page *p,
		       struct heap *const *h, const struct heap_style *styles,
		       unsigned n)
{
	struct heap_style joined = { .name = "" };
	bool owed = false;

	if (n > 1)
		join_columns(&joined, h, n);
	for (unsigned i = 0; i < n; i++) {
		struct heap_style s = styles[i];

		s.format = format_of(p->o);
		memcpy(s.keys, joined.keys, sizeof(s.keys));
		s.nkeys = joined.nkeys;
		s.bounds = joined.bounds;
		s.totals = joined.totals;
		if (is_people(s.format))
			space(out, h[i], s.format, &owed);
		heap_print(out, h[i], &s, !p->printed && !i);
	}
}

/* Whole or not at all: a signal may come in the middle of it. */
int ask_print(struct ask_page *p, struct heap *const *h,
	      const struct heap_style *styles, unsigned n)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out;
	int err;

	if (capture_has_stdout(p->o))
		return 0;
	out = open_memstream(&text, &len);
	err = out ? 0 : -ENOMEM;
	if (out) {
		if (n && is_people(format_of(p->o)))
			print_time(out, p, &styles[0]);
		print_maps(out, p, h, styles, n);
		if (ferror(out))
			err = -ENOMEM;
		if (fclose(out))
			err = -ENOMEM;
	}
	if (!err) {
		err = -write_all(STDOUT_FILENO, text, len);
		p->gone = err;
	}
	p->printed = true;
	free(text);
	return err;
}

/* As the stream of rows begins. */
int ask_print_start(struct ask_page *p, const struct capture_info *info)
{
	struct rows *r;
	int err;

	if (format_of(p->o) != HEAP_JSON)
		return 0;
	r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	r->tool = p->o->tool;
	out_init(&r->out, stdout);
	json_emitter.start(r, info);
	out_flush(&r->out);
	err = -r->out.err;
	p->gone = err;
	free(r);
	return err;
}

int ask_print_end(struct ask_page *p, const struct losses *l)
{
	char text[512];
	int n = 0;

	if (format_of(p->o) != HEAP_JSON || capture_has_stdout(p->o))
		return 0;
	n = snprintf(text, sizeof(text), "{\"tool\":\"%s\",\"type\":\"end\"",
		     p->o->tool->name);
#define X(name, what)							\
	n += snprintf(text + n, sizeof(text) - (size_t)n,		\
		      ",\"" #name "\":%llu", (unsigned long long)l->name);
	LOSSES(X)
#undef X
	n += snprintf(text + n, sizeof(text) - (size_t)n, "}\n");
	n = -write_all(STDOUT_FILENO, text, (size_t)n);
	p->gone = n;
	return n;
}

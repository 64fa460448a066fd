/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Heaps for people: as bpftrace and bcc print maps, and folded stacks. */
#include "tools/frontend/heap_int.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#define INDENT "    "		/* of frames */

/* ---- keys and numbers -------------------------------------------------- */

static int64_t stack_id(const struct heap_key *k)
{
	int64_t id;

	memcpy(&id, k->bytes, sizeof(id));
	return id;
}

int heap_stack_error(const struct heap_key *k)
{
	int64_t id = stack_id(k);

	if (id >= 0)
		return 0;
	return id >= -4095 ? (int)-id : 4095;
}

bool heap_stack(struct heap_page *p, const struct heap_group *g,
		const struct heap_key *k)
{
	char why[HEAP_WORD];

	if (k->v->shape != SHAPE_STACK)
		return false;
	p->frames[0] = '\0';
	if (heap_stack_error(k)) {
		stack_error(why, sizeof(why), heap_stack_error(k));
		snprintf(p->frames, sizeof(p->frames), INDENT "%s\n", why);
		return true;
	}
	if (!p->style->stack)
		return false;
	p->style->stack(p->style->ctx, k->v, stack_id(k), g->key, p->frames,
			sizeof(p->frames));
	return true;
}

/* Is it a number with names that a recording brought along? */
static bool has_names(const struct heap_page *p, const struct heap_key *k)
{
	return p->style->columns && p->style->columns[k->i].kind == K_ENUM;
}

bool heap_is_number(const struct heap_page *p, const struct heap_key *k)
{
	return ask_is_number(k->v) && !has_names(p, k);
}

static void put_name(const struct heap_page *p, const struct heap_key *k,
		     char buf[HEAP_WORD])
{
	const char *name;
	uint64_t v;

	memcpy(&v, k->bytes, sizeof(v));
	name = enum_name(p->style->columns[k->i].names, v);
	if (name)
		*put_clean(buf, name, strnlen(name, HEAP_WORD - 1)) = '\0';
	else
		*put_u64(buf, v) = '\0';
}

void heap_word(const struct heap_page *p, const struct heap_key *k,
	       char buf[HEAP_WORD])
{
	if (k->v->shape == SHAPE_STACK)
		snprintf(buf, HEAP_WORD, "%" PRId64, stack_id(k));
	else if (has_names(p, k))
		put_name(p, k, buf);
	else
		ask_text(k->v, k->bytes, &p->style->names, buf, HEAP_WORD);
}

static bool is_signed(const struct ask *a)
{
	return a && a->value.shape == SHAPE_S64;
}

char *heap_total(char *p, const struct ask *a, uint64_t total)
{
	return is_signed(a) ? put_s64(p, (int64_t)total) : put_u64(p, total);
}

void heap_rate(char buf[HEAP_RATE], const struct heap_style *s,
	       const struct ask *a, uint64_t total)
{
	double v = is_signed(a) ? (double)(int64_t)total : (double)total;

	snprintf(buf, HEAP_RATE, "%.2f", v * 1e9 / (double)s->span_ns);
}

uint64_t heap_average(const struct ask *a, const struct heap_group *g)
{
	bool minus = is_signed(a) && (int64_t)g->total < 0;
	uint64_t n = minus ? -g->total : g->total;

	if (g->count)
		n /= g->count;
	return minus ? -n : n;
}

static const char *total_text(char buf[24], const struct ask *a, uint64_t v)
{
	*heap_total(buf, a, v) = '\0';
	return buf;
}

/* A count or a total, as it is or for a second. */
static const char *sum_text(const struct heap_page *p, char buf[HEAP_RATE],
			    const struct ask *a, uint64_t v)
{
	if (!p->style->span_ns)
		return total_text(buf, a, v);
	heap_rate(buf, p->style, a, v);
	return buf;
}

static const char *per_second(const struct heap_page *p)
{
	return p->style->span_ns ? "/s" : "";
}

/* ---- as bpftrace ------------------------------------------------------- */

static void text_name(struct heap_page *p, const struct heap_group *g)
{
	const struct ask *a = p->heap->ask;
	char word[HEAP_WORD];
	struct heap_key k;

	fprintf(p->out, "@%s", p->style->name);
	heap_for_each_key(k, a, g) {
		fputs(k.i ? ", " : "[", p->out);
		if (heap_stack(p, g, &k)) {
			fprintf(p->out, "\n%s", p->frames);
			continue;
		}
		heap_word(p, &k, word);
		fputs(word, p->out);
	}
	fputs(a->nkeys ? "]:" : ":", p->out);
}

static void text_group(struct heap_page *p, const struct heap_group *g)
{
	const struct ask *a = p->heap->ask;
	char count[HEAP_RATE], average[24], total[HEAP_RATE];
	const char *s = per_second(p);

	text_name(p, g);
	sum_text(p, count, NULL, g->count);
	total_text(average, a, heap_average(a, g));
	sum_text(p, total, a, g->total);
	if (heap_is_hist(a) && p->style->format == HEAP_PERCENTILES) {
		hist_print_percentiles(p->out, a, g);
	} else if (heap_is_hist(a)) {
		fputs("\n", p->out);
		hist_print_text(p->out, a, g);
		fputs("\n", p->out);
	} else if (a->what == ASK_STATS) {
		fprintf(p->out, " count %s%s, average %s, total %s%s\n",
			count, s, average, total, s);
	} else {
		fprintf(p->out, " %s%s\n", a->what == ASK_SUM ? total : count,
			s);
	}
}

/* ---- as bcc ------------------------------------------------------------ */

/* Stacks stand above what belongs to them. */
static void bcc_stacks(struct heap_page *p, const struct heap_group *g)
{
	struct heap_key k;

	heap_for_each_key(k, p->heap->ask, g)
		if (heap_stack(p, g, &k))
			fputs(p->frames, p->out);
}

static bool above(const struct heap_page *p, const struct ask_value *v)
{
	return v->shape == SHAPE_STACK && p->style->stack;
}

static void bcc_hist(struct heap_page *p, const struct heap_group *g)
{
	char word[HEAP_WORD];
	const char *sep = "";
	struct heap_key k;

	bcc_stacks(p, g);
	heap_for_each_key(k, p->heap->ask, g) {
		if (above(p, k.v))
			continue;
		heap_word(p, &k, word);
		fprintf(p->out, "%s%s = %s", sep, k.v->name, word);
		sep = ", ";
	}
	if (*sep)
		fputs("\n", p->out);
	hist_print_bcc(p->out, p->heap->ask, g, p->style->unit);
	fputs("\n", p->out);
}

static void bcc_widths(const struct heap_page *p, size_t width[ASK_KEYS])
{
	const struct heap *h = p->heap;
	char word[HEAP_WORD];
	struct heap_key k;
	size_t n;

	for (uint32_t i = 0; i < h->ask->nkeys; i++)
		width[i] = strlen(h->ask->keys[i].name);
	for (uint32_t i = 0; i < h->ngroups; i++) {
		heap_for_each_key(k, h->ask, &h->groups[i]) {
			heap_word(p, &k, word);
			n = text_width(word, strlen(word));
			if (n > width[k.i])
				width[k.i] = n;
		}
	}
}

static void bcc_heading(const struct heap_page *p, const size_t *width)
{
	const struct ask *a = p->heap->ask;
	const char *unit = p->style->unit, *s = per_second(p), *name;

	for (uint32_t i = 0; i < a->nkeys; i++) {
		if (above(p, &a->keys[i]))
			continue;
		name = a->keys[i].name;
		for (const char *c = name; *c; c++)
			putc(toupper((unsigned char)*c), p->out);
		fprintf(p->out, "%*s ", (int)(width[i] - strlen(name)), "");
	}
	if (a->what == ASK_COUNT)
		fprintf(p->out, "COUNT%s\n", s);
	else if (*unit)
		fprintf(p->out, "%-12s %-12s TOTAL(%s%s)\n",
			*s ? "COUNT/s" : "COUNT", "AVERAGE", unit, s);
	else
		fprintf(p->out, "%-12s %-12s TOTAL%s\n",
			*s ? "COUNT/s" : "COUNT", "AVERAGE", s);
}

static void bcc_row(struct heap_page *p, const struct heap_group *g,
		    const size_t *width)
{
	const struct ask *a = p->heap->ask;
	char word[HEAP_WORD], count[HEAP_RATE], average[24], total[HEAP_RATE];
	struct heap_key k;

	bcc_stacks(p, g);
	sum_text(p, count, NULL, g->count);
	heap_for_each_key(k, a, g) {
		if (above(p, k.v))
			continue;
		heap_word(p, &k, word);
		fprintf(p->out, "%s%*s ", word,
			(int)(width[k.i] - text_width(word, strlen(word))),
			"");
	}
	if (a->what == ASK_COUNT)
		fprintf(p->out, "%s\n", count);
	else
		fprintf(p->out, "%-12s %-12s %s\n", count,
			total_text(average, a, heap_average(a, g)),
			sum_text(p, total, a, g->total));
}

static void print_bcc(struct heap_page *p)
{
	const struct heap *h = p->heap;
	size_t width[ASK_KEYS];

	if (*p->style->name) {
		if (!h->ngroups)
			return;
		fprintf(p->out, "@%s:\n", p->style->name);
	}

	if (!heap_is_hist(h->ask)) {
		bcc_widths(p, width);
		bcc_heading(p, width);
	}
	for (uint32_t i = 0; i < h->ngroups; i++) {
		if (heap_is_hist(h->ask))
			bcc_hist(p, &h->groups[i]);
		else
			bcc_row(p, &h->groups[i], width);
	}
}

/* ---- folded stacks ----------------------------------------------------- */

/* Words first, then user frames, then the kernel's that they called. */
static unsigned fold_rank(const struct ask_value *v)
{
	if (v->shape != SHAPE_STACK)
		return 0;
	return v->from == FROM_USTACK ? 1 : 2;
}

static void folded_group(struct heap_page *p, const struct heap_group *g)
{
	const struct ask *a = p->heap->ask;
	char word[HEAP_WORD];
	const char *sep = "";
	struct heap_key k;

	if (*p->style->name)	/* of several maps: a root frame */
		fold_word(p->out, p->style->name, strlen(p->style->name),
			  &sep);
	for (unsigned rank = 0; rank < 3; rank++) {
		heap_for_each_key(k, a, g) {
			if (fold_rank(k.v) != rank)
				continue;
			if (heap_stack(p, g, &k)) {
				fold_frames(p->out, p->frames, &sep);
				continue;
			}
			heap_word(p, &k, word);
			fold_word(p->out, word, strlen(word), &sep);
		}
	}
	if (!*sep)
		fputs("all", p->out);
	if (a->what == ASK_SUM || a->what == ASK_STATS)
		fprintf(p->out, " %s\n", total_text(word, a, g->total));
	else
		fprintf(p->out, " %" PRIu64 "\n", g->count);
}

/* ---- all --------------------------------------------------------------- */

void heap_print(FILE *out, const struct heap *h, const struct heap_style *s,
		bool first)
{
	struct heap_page p = { .out = out, .heap = h, .style = s };
	void (*group)(struct heap_page *p, const struct heap_group *g);

	switch (s->format) {
	case HEAP_BCC:
		print_bcc(&p);
		return;
	case HEAP_JSON:
		heap_print_json(&p);
		return;
	case HEAP_CSV:
		heap_print_csv(&p, first);
		return;
	case HEAP_FOLDED:
		group = folded_group;
		break;
	default:
		group = text_group;
	}
	for (uint32_t i = 0; i < h->ngroups; i++)
		group(&p, &h->groups[i]);
}

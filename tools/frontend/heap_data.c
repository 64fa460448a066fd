/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Heaps for programs: NDJSON and CSV. */
#include "tools/frontend/heap_int.h"

#include <inttypes.h>
#include <string.h>

/* ---- NDJSON ------------------------------------------------------------ */

static void quoted(FILE *out, const char *s, size_t len)
{
	char buf[6 * HEAP_LINE + 2];

	if (len > HEAP_LINE)
		len = HEAP_LINE;
	len = (size_t)(put_quoted(buf, s, len) - buf);
	fwrite(buf, 1, len, out);
}

/* As a column of K_ERRNO: "kstack_err" and "kstack_err_name". */
static void json_no_stack(FILE *out, const char *key, int err)
{
	const char *text = errno_name((uint64_t)err);
	char name[HEAP_WORD];

	fputs("null,", out);
	snprintf(name, sizeof(name), "%s_err", key);
	quoted(out, name, strlen(name));
	fprintf(out, ":%d,", err);
	snprintf(name, sizeof(name), "%s_err_name", key);
	quoted(out, name, strlen(name));
	putc(':', out);
	if (text)
		quoted(out, text, strlen(text));
	else
		fputs("null", out);
}

static void json_stack(struct heap_page *p, const struct heap_key *k)
{
	const char *text = p->frames, *frame, *sep = "";
	size_t len;

	if (heap_stack_error(k)) {
		json_no_stack(p->out, k->v->name, heap_stack_error(k));
		return;
	}
	putc('[', p->out);
	while ((frame = stack_frame(&text, &len))) {
		fputs(sep, p->out);
		quoted(p->out, frame, len);
		sep = ",";
	}
	putc(']', p->out);
}

/* Text as it was read, where tables show it cleaned. */
static void json_key(struct heap_page *p, const struct heap_group *g,
		     const struct heap_key *k)
{
	const char *bytes = (const char *)k->bytes;
	char word[HEAP_WORD];

	putc(',', p->out);
	quoted(p->out, k->v->name, strlen(k->v->name));
	putc(':', p->out);
	if (heap_stack(p, g, k)) {
		json_stack(p, k);
		return;
	}
	if (k->v->shape == SHAPE_COMM || k->v->shape == SHAPE_NAME) {
		quoted(p->out, bytes, strnlen(bytes, ask_value_size(k->v)));
		return;
	}
	heap_word(p, k, word);
	if (k->v->shape == SHAPE_STACK || heap_is_number(p, k))
		fputs(word, p->out);
	else
		quoted(p->out, word, strlen(word));
}

static void json_total(FILE *out, const struct ask *a, const char *name,
		       uint64_t v)
{
	char buf[24];

	*heap_total(buf, a, v) = '\0';
	fprintf(out, ",\"%s\":%s", name, buf);
}

/* The end of a bucket, unless it is @open. */
static void json_bound(FILE *out, const char *name, int64_t v, int64_t open)
{
	if (v == open)
		fprintf(out, "\"%s\":null", name);
	else
		fprintf(out, "\"%s\":%" PRId64, name, v);
}

static void json_hist(FILE *out, const struct ask *a,
		      const struct heap_group *g)
{
	static const unsigned percents[] = { 50, 90, 99 };
	int64_t lo, hi;
	char name[8];

	for (unsigned i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "p%u", percents[i]);
		putc(',', out);
		json_bound(out, name, hist_percentile(a, g, percents[i]),
			   INT64_MAX);
	}
	fputs(",\"buckets\":[", out);
	for (uint32_t i = 0; i < g->nslots; i++) {
		hist_slot(a, g->slots[i].slot, &lo, &hi);
		fputs(i ? ",{" : "{", out);
		json_bound(out, "lo", lo, INT64_MIN);
		putc(',', out);
		json_bound(out, "hi", hi, INT64_MAX);
		fprintf(out, ",\"count\":%" PRIu64 "}", g->slots[i].count);
	}
	putc(']', out);
}

void heap_json_values(FILE *out, const struct ask *a,
		      const struct heap_group *g)
{
	fprintf(out, ",\"count\":%" PRIu64, g->count);
	if (a->what != ASK_COUNT) {
		json_total(out, a, "total", g->total);
		json_total(out, a, "average", heap_average(a, g));
	}
	if (heap_is_hist(a))
		json_hist(out, a, g);
}

static void json_when(const struct heap_page *p)
{
	const struct heap_style *s = p->style;
	const struct clocks clocks = { .start_ns = s->ns,
				       .wall_offset_ns = s->wall_offset_ns };
	struct stamp stamp = { .have_utc = false };
	char time[STAMP_MAX];

	*stamp_raw(&stamp, time, TIME_ISO, s->ns, &clocks) = '\0';
	fprintf(p->out, "\"ts_ns\":%" PRIu64 ",\"time\":\"%s\"", s->ns, time);
}

/* --rate: beside what heap_json_values() tells. */
static void json_rates(const struct heap_page *p, const struct heap_group *g)
{
	const struct ask *a = p->heap->ask;
	char rate[HEAP_RATE];

	if (!p->style->span_ns)
		return;
	heap_rate(rate, p->style, NULL, g->count);
	fprintf(p->out, ",\"span_ns\":%" PRIu64 ",\"count_per_s\":%s",
		p->style->span_ns, rate);
	if (a->what == ASK_COUNT)
		return;
	heap_rate(rate, p->style, a, g->total);
	fprintf(p->out, ",\"total_per_s\":%s", rate);
}

void heap_print_json(struct heap_page *p)
{
	const struct heap *h = p->heap;
	const struct heap_group *g;
	struct heap_key k;

	for (uint32_t i = 0; i < h->ngroups; i++) {
		g = &h->groups[i];
		fprintf(p->out, "{\"tool\":\"%s\",\"type\":\"group\",",
			p->style->tool);
		json_when(p);
		if (*p->style->name) {
			fputs(",\"map\":", p->out);
			quoted(p->out, p->style->name, strlen(p->style->name));
		}
		heap_for_each_key(k, h->ask, g)
			json_key(p, g, &k);
		heap_json_values(p->out, h->ask, g);
		json_rates(p, g);
		fputs("}\n", p->out);
	}
}

/* ---- CSV --------------------------------------------------------------- */

static void csv_field(FILE *out, const char *s, size_t len)
{
	char buf[2 * HEAP_FRAMES + 2];

	len = (size_t)(put_csv(buf, s, len) - buf);
	fwrite(buf, 1, len, out);
}

/* "a+1;b+2", the outermost last. */
static void csv_stack(struct heap_page *p)
{
	const char *text = p->frames, *frame;
	char *to = p->frames;
	size_t len;

	while ((frame = stack_frame(&text, &len))) {
		if (to != p->frames)
			*to++ = ';';
		memmove(to, frame, len);
		to += len;
	}
	csv_field(p->out, p->frames, (size_t)(to - p->frames));
}

static void csv_key(struct heap_page *p, const struct heap_group *g,
		    const struct heap_key *k)
{
	char word[HEAP_WORD];

	if (heap_stack(p, g, k)) {
		csv_stack(p);
		return;
	}
	heap_word(p, k, word);
	csv_field(p->out, word, strlen(word));
}

static void csv_keys(struct heap_page *p, const struct heap_group *g)
{
	const struct heap_style *s = p->style;
	struct heap_key k;

	fprintf(p->out, "%" PRIu64, s->ns);
	if (*s->name)
		fprintf(p->out, ",%s", s->name);
	if (!s->nkeys)
		heap_for_each_key(k, p->heap->ask, g) {
			putc(',', p->out);
			csv_key(p, g, &k);
		}
	for (unsigned i = 0; i < s->nkeys; i++) {
		putc(',', p->out);
		heap_for_each_key(k, p->heap->ask, g)
			if (!strcmp(k.v->name, s->keys[i]))
				csv_key(p, g, &k);
	}
}

static void csv_bound(FILE *out, int64_t v, int64_t open)
{
	if (v == open)
		putc(',', out);
	else
		fprintf(out, ",%" PRId64, v);
}

void heap_csv_slot(FILE *out, const struct ask *a, const struct heap_slot *s)
{
	int64_t lo, hi;

	hist_slot(a, s->slot, &lo, &hi);
	csv_bound(out, lo, INT64_MIN);
	csv_bound(out, hi, INT64_MAX);
	fprintf(out, ",%" PRIu64, s->count);
}

/* --rate: the last columns, "count_per_s,total_per_s"; of a bucket none. */
static void csv_rates(const struct heap_page *p, const struct heap_group *g)
{
	const struct ask *a = p->heap->ask;
	const bool totals = p->style->totals || (a->what != ASK_COUNT &&
						 !heap_is_hist(a));
	char rate[HEAP_RATE] = "";

	if (!p->style->span_ns)
		return;
	if (!heap_is_hist(a))
		heap_rate(rate, p->style, NULL, g->count);
	fprintf(p->out, ",%s", rate);
	if (!totals)
		return;
	rate[0] = '\0';
	if (!heap_is_hist(a) && a->what != ASK_COUNT)
		heap_rate(rate, p->style, a, g->total);
	fprintf(p->out, ",%s", rate);
}

static void csv_buckets(struct heap_page *p, const struct heap_group *g)
{
	for (uint32_t i = 0; i < g->nslots; i++) {
		csv_keys(p, g);
		heap_csv_slot(p->out, p->heap->ask, &g->slots[i]);
		fputs(p->style->totals ? ",," : "", p->out);
		csv_rates(p, g);
		putc('\n', p->out);
	}
}

static void csv_group(struct heap_page *p, const struct heap_group *g)
{
	const struct ask *a = p->heap->ask;
	char total[24], average[24];

	csv_keys(p, g);
	fprintf(p->out, "%s,%" PRIu64, p->style->bounds ? ",," : "", g->count);
	if (a->what != ASK_COUNT) {
		*heap_total(total, a, g->total) = '\0';
		*heap_total(average, a, heap_average(a, g)) = '\0';
		fprintf(p->out, ",%s,%s", total, average);
	} else if (p->style->totals) {
		fputs(",,", p->out);
	}
	csv_rates(p, g);
	putc('\n', p->out);
}

static void csv_header(const struct heap_page *p)
{
	const struct heap_style *s = p->style;
	const struct ask *a = p->heap->ask;
	uint32_t n = s->nkeys ? s->nkeys : a->nkeys;
	const bool totals = s->totals || (a->what != ASK_COUNT &&
					  !heap_is_hist(a));

	fputs(*s->name ? "ts_ns,map" : "ts_ns", p->out);
	for (uint32_t i = 0; i < n; i++) {
		const char *name = s->nkeys ? s->keys[i] : a->keys[i].name;

		putc(',', p->out);
		csv_field(p->out, name, strlen(name));
	}
	if (heap_is_hist(a) || s->bounds)
		fputs(",lo,hi", p->out);
	fputs(",count", p->out);
	if (totals)
		fputs(",total,average", p->out);
	if (s->span_ns)
		fputs(totals ? ",count_per_s,total_per_s" : ",count_per_s",
		      p->out);
	putc('\n', p->out);
}

void heap_print_csv(struct heap_page *p, bool first)
{
	const struct heap *h = p->heap;

	if (first)
		csv_header(p);
	for (uint32_t i = 0; i < h->ngroups; i++) {
		if (heap_is_hist(h->ask))
			csv_buckets(p, &h->groups[i]);
		else
			csv_group(p, &h->groups[i]);
	}
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Histograms: their buckets, and how bpftrace and bcc draw them. */
#include "tools/frontend/heap_int.h"

#include <inttypes.h>
#include <string.h>

#define POWER_LAST	65	/* slot of [2^63, 2^64) */
#define TEXT_BAR	52
#define BCC_BAR		40
#define BCC_SLOTS	64	/* 0 and 1 are one */

/* ---- buckets ----------------------------------------------------------- */

/* How many steps there are; the last one may be cut short. */
static uint32_t steps(const struct ask *a)
{
	uint64_t span = (uint64_t)a->max - (uint64_t)a->min, n;

	if (a->step <= 0 || a->max <= a->min)
		return 0;
	n = span / (uint64_t)a->step + (span % (uint64_t)a->step != 0);
	return n < UINT32_MAX - 1 ? (uint32_t)n : UINT32_MAX - 1;
}

uint32_t hist_last(const struct ask *a)
{
	return a->what == ASK_LHIST ? steps(a) + 1 : POWER_LAST;
}

uint32_t hist_power(uint64_t v, bool is_signed)
{
	if (is_signed && (int64_t)v < 0)
		return ASK_SLOT_NEGATIVE;
	return v ? 65 - (uint32_t)__builtin_clzll(v) : ASK_SLOT_ZERO;
}

static void power_bounds(uint32_t slot, int64_t *lo, int64_t *hi)
{
	if (slot == ASK_SLOT_NEGATIVE) {
		*lo = INT64_MIN;
		*hi = -1;
	} else if (slot == ASK_SLOT_ZERO) {
		*lo = *hi = 0;
	} else if (slot < POWER_LAST) {
		*lo = (int64_t)1 << (slot - 2);
		*hi = (int64_t)(((uint64_t)1 << (slot - 1)) - 1);
	} else {
		*lo = *hi = INT64_MAX;
	}
}

static void step_bounds(const struct ask *a, uint32_t slot, int64_t *lo,
			int64_t *hi)
{
	uint64_t off = (uint64_t)a->step * (slot - 1);

	if (!slot) {
		*lo = INT64_MIN;
		*hi = a->min > INT64_MIN ? a->min - 1 : INT64_MIN;
	} else if (slot > steps(a)) {
		*lo = a->max;
		*hi = INT64_MAX;
	} else {
		*lo = (int64_t)((uint64_t)a->min + off);
		*hi = (uint64_t)a->max - (uint64_t)*lo > (uint64_t)a->step ?
		      *lo + a->step - 1 : a->max - 1;
	}
}

void hist_slot(const struct ask *a, uint32_t slot, int64_t *lo, int64_t *hi)
{
	if (a->what == ASK_LHIST)
		step_bounds(a, slot, lo, hi);
	else
		power_bounds(slot, lo, hi);
}

int64_t hist_percentile(const struct ask *a, const struct heap_group *g,
			unsigned p)
{
	/* rounded up, without a product that is too large */
	uint64_t rank = g->count / 100 * p + (g->count % 100 * p + 99) / 100;
	uint64_t seen = 0;
	int64_t lo, hi = 0;

	for (uint32_t i = 0; i < g->nslots; i++) {
		hist_slot(a, g->slots[i].slot, &lo, &hi);
		seen += g->slots[i].count;
		if (seen >= rank)
			break;
	}
	return hi;
}

static uint64_t largest(const struct heap_group *g)
{
	uint64_t max = 0;

	for (uint32_t i = 0; i < g->nslots; i++)
		if (g->slots[i].count > max)
			max = g->slots[i].count;
	return max;
}

static void put_bar(FILE *out, char what, uint64_t count, uint64_t max,
		    unsigned width)
{
	char bar[TEXT_BAR];
	unsigned n;

	while (max > UINT64_MAX / TEXT_BAR) {
		max >>= 1;
		count >>= 1;
	}
	n = max ? (unsigned)(count * width / max) : 0;
	memset(bar, what, sizeof(bar));
	fprintf(out, "|%.*s%*s|\n", (int)n, bar, (int)(width - n), "");
}

/* ---- as bpftrace ------------------------------------------------------- */

/* @v * 1024^@scale: "512", "1K", "-2M". */
static char *put_scaled(char *p, int64_t v, unsigned scale)
{
	while (v && v % 1024 == 0) {
		v /= 1024;
		scale++;
	}
	p = put_s64(p, v);
	if (scale)
		*p++ = "KMGTPE"[scale - 1];
	return p;
}

/* 2^@n, also 2^64. */
static char *put_power(char *p, unsigned n)
{
	return put_scaled(p, (int64_t)1 << n % 10, n / 10);
}

static char *power_label(char *p, uint32_t slot)
{
	if (slot == ASK_SLOT_NEGATIVE)
		return stpcpy(p, "(..., 0)");
	if (slot <= ASK_SLOT_ZERO + 1)
		return stpcpy(p, slot == ASK_SLOT_ZERO ? "[0]" : "[1]");
	*p++ = '[';
	p = stpcpy(put_power(p, slot - 2), ", ");
	return stpcpy(put_power(p, slot - 1), ")");
}

static char *step_label(char *p, const struct ask *a, uint32_t slot)
{
	int64_t lo, hi;

	hist_slot(a, slot, &lo, &hi);
	if (!slot)
		return stpcpy(put_scaled(stpcpy(p, "(..., "), a->min, 0), ")");
	p = put_scaled(stpcpy(p, "["), lo, 0);
	if (slot == hist_last(a))
		return stpcpy(p, ", ...)");
	return stpcpy(put_scaled(stpcpy(p, ", "), hi + 1, 0), ")");
}

void hist_print_text(FILE *out, const struct ask *a,
		     const struct heap_group *g)
{
	const struct heap_slot *s = g->slots, *end = s + g->nslots;
	uint64_t max = largest(g), count;
	char label[64];

	/* those in between are shown empty */
	for (uint64_t slot = s->slot; s < end; slot++) {
		count = 0;
		if (s->slot == slot)
			count = s++->count;
		if (a->what == ASK_LHIST)
			step_label(label, a, (uint32_t)slot);
		else
			power_label(label, (uint32_t)slot);
		fprintf(out, "%-16s%8" PRIu64 " ", label, count);
		put_bar(out, '@', count, max, TEXT_BAR);
	}
}

void hist_print_percentiles(FILE *out, const struct ask *a,
			    const struct heap_group *g)
{
	fprintf(out, " count %" PRIu64 ", p50 %" PRId64 ", p90 %" PRId64
		", p99 %" PRId64 ", max %" PRId64 "\n", g->count,
		hist_percentile(a, g, 50), hist_percentile(a, g, 90),
		hist_percentile(a, g, 99), hist_percentile(a, g, 100));
}

/* ---- as bcc ------------------------------------------------------------ */

/* print_log2_hist() of libbpf-tools/trace_helpers.c; it has no negative
 * values, and the rows up to the first value are there. */
static void bcc_powers(FILE *out, const struct heap_group *g,
		       const char *unit)
{
	uint64_t counts[BCC_SLOTS] = { 0 }, negative = 0, max;
	int last = 0, wide, bar;

	for (const struct heap_slot *s = g->slots; s < g->slots + g->nslots;
	     s++) {
		if (s->slot == ASK_SLOT_NEGATIVE) {
			negative = s->count;
			continue;
		}
		last = s->slot > 2 ? (int)s->slot - 2 : 0;
		counts[last] += s->count;
	}
	max = largest(g) > counts[0] ? largest(g) : counts[0];
	wide = last <= 32 ? 10 : 20;
	bar = last <= 32 ? BCC_BAR : BCC_BAR / 2;
	fprintf(out, "%*s%-*s : count    distribution\n", wide == 10 ? 5 : 15,
		"", wide == 10 ? 19 : 29, unit);
	if (negative) {
		fprintf(out, "%*s -> %-*d : %-8" PRIu64 " ", wide, "...", wide,
			-1, negative);
		put_bar(out, '*', negative, max, bar);
	}
	for (int i = 0; i <= last; i++) {
		fprintf(out, "%*" PRIu64 " -> %-*" PRIu64 " : %-8" PRIu64 " ",
			wide, i ? (uint64_t)1 << i : 0, wide,
			UINT64_MAX >> (63 - i), counts[i]);
		put_bar(out, '*', counts[i], max, bar);
	}
}

/* print_linear_hist(); what is outside is marked. */
static void bcc_steps(FILE *out, const struct ask *a,
		      const struct heap_group *g, const char *unit)
{
	const struct heap_slot *s = g->slots, *end = s + g->nslots;
	uint64_t max = largest(g), count;
	char label[32], *p;
	int64_t lo, hi;

	fprintf(out, "     %-13s : count    distribution\n", unit);
	for (uint64_t slot = s->slot; s < end; slot++) {
		count = 0;
		if (s->slot == slot)
			count = s++->count;
		hist_slot(a, (uint32_t)slot, &lo, &hi);
		p = stpcpy(label, !slot ? "<" :
			   slot == hist_last(a) ? ">=" : "");
		*put_s64(p, slot ? lo : a->min) = '\0';
		fprintf(out, "        %-10s : %-8" PRIu64 " ", label, count);
		put_bar(out, '*', count, max, BCC_BAR);
	}
}

void hist_print_bcc(FILE *out, const struct ask *a,
		    const struct heap_group *g, const char *unit)
{
	if (a->what == ASK_LHIST)
		bcc_steps(out, a, g, unit);
	else
		bcc_powers(out, g, unit);
}

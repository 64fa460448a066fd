/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is tallied and not shown row by row: counts and histograms, at the end
 * or, under -i, each time an interval is over.
 *
 * The clock is that of the events, so that a replay prints what the run did.
 * Where time passes without events, rows_tick() tells.
 */
#include "tools/frontend/heap_int.h"

#include <string.h>

/*
 * What hist.c is to know: powers of two, of values with a sign or without.
 * Filled in when wanted: as constants they were 10 KB of the program, of zeros.
 */
static const struct ask *powers(bool with_sign)
{
	static struct ask has[2];
	struct ask *a = &has[with_sign];

	a->what = ASK_HIST;
	a->value.shape = with_sign ? SHAPE_S64 : SHAPE_U64;
	return a;
}

/* Durations are kept in ns, and drawn in microseconds, as the tools of the
 * field have it, or in what is asked for. */
static const struct { const char *name; uint64_t ns; } units[] = {
	[UNIT_DEFAULT] = { "us", 1000 }, [UNIT_US] = { "us", 1000 },
	[UNIT_MS] = { "ms", 1000000 }, [UNIT_NS] = { "ns", 1 },
};

uint64_t drawn_scale(const struct column *col, const struct options *o)
{
	return col->kind == K_MS ? units[o->unit].ns : 1;
}

static void drawn_init(struct drawn *d, const struct column *col,
		       const struct options *o)
{
	d->style = o->style;
	d->ask = powers(kind_holds(col->kind) == HOLDS_SIGNED);
	d->name = col->key;
	d->unit = col->kind == K_BYTES || col->kind == K_KB ? "bytes" : "";
	d->scale = drawn_scale(col, o);
	if (col->kind == K_MS)
		d->name = d->unit = units[o->unit].name;
}

bool tallied_init(struct rows *r, const struct options *o)
{
	r->every_ns = o->interval_ns;
	if (r->layout.hist)
		drawn_init(&r->drawn, r->layout.hist, o);
	r->most = r->top ? o->ask.rows : 0;
	r->max_intervals = o->max_intervals;
	r->tally = tally_new(&r->layout);
	if (r->screen)
		r->last = tally_new(&r->layout);
	return r->tally && (!r->screen || r->last);
}

bool tallied_has_time(const struct rows *r)
{
	return !r->tally || r->every_ns || r->layout.hist;
}

/* ---- in ----------------------------------------------------------------- */

/* @a: NULL, it happened once. */
static bool add_value(struct rows *r, const struct cell *cells,
		      const struct event *ev, const struct alike *a)
{
	const struct drawn *d = &r->drawn;
	struct cell value;
	uint32_t slot;

	cell_load(&value, r->layout.hist, ev, r->tool);
	/* a lower bound has no place in a histogram either */
	if (value.null || value.least) {
		r->unknown += a ? a->n : 1;
		return true;
	}
	if (d->scale > 1)
		value.num /= d->scale;
	slot = hist_power(value.num, d->ask->value.shape == SHAPE_S64);
	return tally_spread_add(r->tally, cells, slot, a ? a->n : 1,
				a ? a->total : value.num);
}

void tallied_add(struct rows *r, const struct cell *cells,
		 const struct event *ev)
{
	bool fits = r->layout.hist ? add_value(r, cells, ev, NULL) :
				     tally_add(r->tally, cells, 1);

	if (!fits)
		r->uncounted++;
}

void tallied_add_alike(struct rows *r, const struct cell *cells,
		       const struct event *ev, const struct alike *a)
{
	bool fits = r->layout.hist ? add_value(r, cells, ev, a) :
				     tally_add(r->tally, cells, a->n);

	if (!fits)
		r->uncounted += a->n;
}

/* ---- out ---------------------------------------------------------------- */

static void put_hist(struct rows *r, size_t i, const struct cell *keys,
		     const struct moment *when)
{
	struct heap_slot slots[SPREAD_SLOTS];
	struct heap_group g = { .slots = slots };
	const struct spread *s = tally_spread(r->tally, i, &g.count);

	g.total = s->total;
	for (uint32_t n = 0; n < SPREAD_SLOTS; n++)
		if (s->slots[n])
			slots[g.nslots++] = (struct heap_slot){ n,
								s->slots[n] };
	r->emit->hist(r, keys, &g, when);
}

static void make_rate(struct cell *c, uint64_t span_ns)
{
	c->null |= !span_ns;
	if (span_ns)
		c->num = (uint64_t)((double)c->num * 1e9 / (double)span_ns);
}

static void put_key(struct rows *r, const struct tally *t, size_t i,
		    const struct moment *when)
{
	struct cell cells[MAX_COLUMNS];

	tally_get(t, i, cells);
	for (unsigned j = 0; j < r->layout.ncols; j++) {
		cell_dress(&cells[j], r->layout.cols[j], &r->wardrobe,
			   r->last_ns);
		cells[j].age_ns = AGE_UNKNOWN;
		if (r->layout.cols[j]->flags & C_RATE)
			make_rate(&cells[j], r->span_ns);
	}
	if (r->layout.hist)
		put_hist(r, i, cells, when);
	else
		r->emit->row(r, cells, tallied_has_time(r) ? when : NULL);
}

/* How many rows an interval has: on a screen no more than are seen. */
static size_t rows_of(const struct rows *r, const struct tally *t)
{
	size_t n = tally_len(t);

	if (r->most && n > r->most)
		n = r->most;
	if (r->screen && n > screen_lines(r->screen))
		n = screen_lines(r->screen);
	return n;
}

/* @t, of an interval that ended at @ns. */
static void put_tally(struct rows *r, struct tally *t, uint64_t ns)
{
	const struct moment when = { .ns = ns, .clocks = &r->clocks };
	size_t n = rows_of(r, t);

	if (r->every_ns && r->emit->interval)
		r->emit->interval(r, &when);
	else if (!r->printed)
		rows_header(r);
	r->printed = true;
	if (r->top)
		tally_rank(t, r->layout.sort);
	tally_sort(t);
	for (size_t i = 0; i < n && !r->out.err; i++)
		put_key(r, t, i, &when);
	if (r->screen && out_flush(&r->out))
		r->out.err = screen_show(r->screen);
}

/* What was tallied since it was printed last; @ns: the end of that time.  What
 * is on a screen stays, to be drawn again. */
static void put_all(struct rows *r, uint64_t ns)
{
	struct tally *t = r->tally;

	if (rows_enough(r) || r->paused) {
		tally_clear(t);
		return;
	}
	r->intervals++;
	r->span_ns = ns - r->begun_ns;
	if (r->last) {
		r->tally = r->last;
		r->last = t;
		r->drawn_ns = ns;
	}
	put_tally(r, t, ns);
	tally_clear(r->tally);
}

void tallied_again(struct rows *r)
{
	if (r->last && r->intervals)
		put_tally(r, r->last, r->drawn_ns);
}

/* The first end of an interval behind @ns. */
static void advance(struct rows *r, uint64_t ns)
{
	r->next_ns += ((ns - r->next_ns) / r->every_ns + 1) * r->every_ns;
}

void tallied_until(struct rows *r, uint64_t now_ns, bool ticks)
{
	if (!r->every_ns || now_ns < r->next_ns)
		return;
	if (ticks || tally_len(r->tally))
		put_all(r, r->next_ns);
	r->last_ns = r->next_ns;
	advance(r, now_ns);
	r->begun_ns = r->next_ns - r->every_ns;
}

void tallied_late(struct rows *r, const struct clocks *c)
{
	if (!r->every_ns || c->late_ns < r->next_ns)
		return;
	/* a recording has nothing of intervals in which nothing was */
	tallied_until(r, c->late_from_ns, false);
	if (c->late_ns >= r->next_ns)
		advance(r, c->late_ns);
}

/* A screen goes away with the tool. */
void tallied_end(struct rows *r)
{
	if (!r->screen &&
	    (!r->every_ns || tally_len(r->tally) || !r->printed))
		put_all(r, r->last_ns);
}

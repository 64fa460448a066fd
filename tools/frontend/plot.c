/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Scales with round ticks.  No libm: powers are found by multiplying. */
#include "tools/frontend/plot.h"

#include <string.h>

/* The largest power of @base that is not above @v > 0. */
static double power_below(double v, double base)
{
	double p = 1;

	while (p * base <= v)
		p *= base;
	while (p > v)
		p /= base;
	return p;
}

/* Distance of ticks, @raw at least: 1, 2 or 5 of a power of ten, or a power
 * of two. */
static double round_step(double raw, bool binary)
{
	double p = power_below(raw, binary ? 2 : 10);

	if (binary && raw > 1)
		return p < raw ? 2 * p : p;
	if (binary)
		p = power_below(raw, 10);
	if (raw <= p)
		return p;
	return raw <= 2 * p ? 2 * p : raw <= 5 * p ? 5 * p : 10 * p;
}

/* What rounding to 64 bits is for: @v over @step, which is no smaller than a
 * billionth of it. */
static double multiple_above(double v, double step)
{
	double n = (double)(int64_t)(v / step);

	return n * step < v ? n + 1 : n;
}

static double multiple_below(double v, double step)
{
	return -multiple_above(-v, step);
}

/* A span that ticks can be told apart in. */
static void widen(double *lo, double *hi)
{
	double size = *hi > -*lo ? *hi : -*lo;
	double least = size > 0 ? size * 1e-9 : 1;

	if (*hi - *lo < least)
		*hi = *lo + least;
}

static void set_ticks(struct plot_scale *s)
{
	double n = multiple_above(s->lo, s->step);

	s->first = n * s->step;
	s->nticks = (unsigned)(multiple_below(s->hi, s->step) - n + 1);
}

void plot_scale_x(struct plot_scale *s, double lo, double hi, unsigned most)
{
	widen(&lo, &hi);
	*s = (struct plot_scale){ .lo = lo, .hi = hi };
	s->step = round_step((hi - lo) / (most ? most : 1), false);
	set_ticks(s);
}

void plot_scale_y(struct plot_scale *s, double lo, double hi, unsigned most,
		  bool binary)
{
	lo = lo < 0 ? lo : 0;
	hi = hi > 0 ? hi : 0;
	widen(&lo, &hi);
	*s = (struct plot_scale){ .binary = binary };
	s->step = round_step((hi - lo) / (most ? most : 1), binary);
	s->lo = multiple_below(lo, s->step) * s->step;
	s->hi = multiple_above(hi, s->step) * s->step;
	set_ticks(s);
}

double plot_tick(const struct plot_scale *s, unsigned i)
{
	return s->first + i * s->step;
}

void plot_number(const struct plot_scale *s, double v, char text[PLOT_NUMBER])
{
	static const char *const decimal[] = { "", "k", "M", "G", "T" };
	static const char *const binary[] = { "", "K", "M", "G", "T" };
	double size = s->hi > -s->lo ? s->hi : -s->lo;
	double base = s->binary ? 1024 : 1000, unit = 1, step;
	unsigned i = 0, digits = 0;

	/* four digits are still read easily */
	while (i < 4 && size >= (s->binary ? 1 : 10) * base * unit) {
		unit *= base;
		i++;
	}
	for (step = s->step / unit; step < 0.9999 && digits < 9; digits++)
		step *= 10;
	/* halves and quarters of a power of two need more */
	for (; s->binary && digits && digits < 4 &&
	       step - (double)(int64_t)step > 1e-9; digits++)
		step *= 10;
	if (v > -s->step / 1000 && v < s->step / 1000)
		v = digits = 0;		/* no -0.0 */
	snprintf(text, PLOT_NUMBER, "%.*f%s", (int)digits, v / unit,
		 v < 0 || v > 0 ? (s->binary ? binary : decimal)[i] : "");
}

unsigned plot_place(const struct plot_scale *s, double v, unsigned room)
{
	double part = (v - s->lo) / (s->hi - s->lo);

	if (!(part > 0))
		return 0;
	return part < 1 ? (unsigned)(part * room + 0.5) : room;
}

static bool known(double v)
{
	return v == v;
}

static bool is_bytes(const struct plot_panel *panel)
{
	return panel->unit && !strcmp(panel->unit, "bytes");
}

static void fit_panel(const struct plot *p, struct plot_panel *panel,
		      unsigned most)
{
	double lo = 0, hi = 0, v;

	for (size_t i = 0; i < p->nrows; i++)
		for (unsigned k = 0; k < panel->nlines; k++) {
			v = p->rows[i].y[panel->lines[k].at];
			if (known(v) && v < lo)
				lo = v;
			if (known(v) && v > hi)
				hi = v;
		}
	plot_scale_y(&panel->y, lo, hi, most, is_bytes(panel));
}

void plot_fit(struct plot *p, unsigned most_x, unsigned most_y)
{
	double lo = p->nrows ? p->rows[0].x : 0;
	double hi = p->nrows ? p->rows[p->nrows - 1].x : 0;

	plot_scale_x(&p->x, lo, hi, most_x);
	for (unsigned i = 0; i < p->npanels; i++)
		fit_panel(p, &p->panels[i], most_y);
}

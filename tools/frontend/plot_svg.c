/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A plot as SVG that stands alone: no scripts, no style sheets, whatever
 * sans-serif font there is.  All coordinates are integers, two to the pixel.
 */
#include "tools/frontend/plot.h"

#include <string.h>

#define WIDTH 1800u
#define LEFT 150u
#define RIGHT 30u
#define TOP 80u
#define PANEL 420u
#define GAP 90			/* for the legend above a panel */
#define BOTTOM 110u
#define INNER (WIDTH - LEFT - RIGHT)
#define FONT 26u

/* Okabe and Ito's, which the colour-blind can tell apart. */
static const char *const colours[PLOT_LINES] = {
	"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00",
	"#000000", "#999933",
};
#define MARK "#b00020"
#define TRIANGLE "M%u %ul9 20h-18z"	/* its top */

/* What XML has no place for, or gives a meaning.  The rest is clean UTF-8
 * (put_clean()), but for two characters that are none. */
static void put_text(FILE *out, const char *s)
{
	for (; *s; s++) {
		if (!strncmp(s, "\xef\xbf\xbe", 3) ||
		    !strncmp(s, "\xef\xbf\xbf", 3)) {
			s += 2;
			putc('?', out);
			continue;
		}
		switch (*s) {
		case '&': fputs("&amp;", out); break;
		case '<': fputs("&lt;", out); break;
		case '>': fputs("&gt;", out); break;
		case '"': fputs("&quot;", out); break;
		case '\'': fputs("&apos;", out); break;
		default: putc(*s, out);
		}
	}
}

/* @attrs: of the element, after its place. */
static void label(FILE *out, unsigned x, unsigned y, const char *attrs,
		  const char *text)
{
	fprintf(out, "<text x=\"%u\" y=\"%u\"%s>", x, y, attrs);
	put_text(out, text);
	fputs("</text>\n", out);
}

/* Begins the path of the @i-th line of a panel: every second one is a limit as
 * often as not, and dashed.  Round caps make a dot of a single value. */
static void stroke(FILE *out, const struct plot_line *l, unsigned i)
{
	fprintf(out, "<path fill=\"none\" stroke=\"%s\" stroke-width=\"3\" "
		"stroke-linecap=\"round\"%s d=\"",
		colours[l->at % PLOT_LINES],
		i % 2 ? " stroke-dasharray=\"14 8\"" : "");
}

/* ---- a line ------------------------------------------------------------ */

/* Of all values in one column of pixels: what is drawn. */
struct column_of {
	unsigned x, first, least, most, last;
	bool open;		/* there is one */
};

/*
 * Values stay until the next is known, so lines are steps.  The path goes to
 * the column, through its lowest and highest value and to its last; what does
 * not change is not said.
 */
static void end_column(FILE *out, struct column_of *c, unsigned *y)
{
	if (!c->open)
		return;
	if (c->first != *y || c->least != c->most)
		fprintf(out, "H%u", c->x);
	if (c->first != *y)
		fprintf(out, "V%u", c->first);
	if (c->least < c->first || c->least < c->last)
		fprintf(out, "V%u", c->least);
	if (c->most > c->first || c->most > c->last)
		fprintf(out, "V%u", c->most);
	if (c->least != c->most)
		fprintf(out, "V%u", c->last);
	*y = c->last;
	c->open = false;
}

static void add_value(FILE *out, struct column_of *c, unsigned x, unsigned v,
		      unsigned *y, bool begins)
{
	if (begins) {
		fprintf(out, "M%u %u", x, v);
		*y = v;
	}
	if (c->open && c->x != x)
		end_column(out, c, y);
	if (!c->open)
		*c = (struct column_of){ x, v, v, v, v, true };
	c->least = v < c->least ? v : c->least;
	c->most = v > c->most ? v : c->most;
	c->last = v;
}

static void line(FILE *out, const struct plot *p, const struct plot_panel *n,
		 unsigned i, unsigned top)
{
	const struct plot_line *l = &n->lines[i];
	struct column_of c = { .open = false };
	unsigned x = 0, y = 0;
	bool drawn = false;

	stroke(out, l, i);
	for (size_t k = 0; k < p->nrows; k++) {
		double v = p->rows[k].y[l->at];

		/* two units to the pixel are more than is seen */
		x = LEFT + (plot_place(&p->x, p->rows[k].x, INNER) & ~1u);
		if (v == v) {
			add_value(out, &c, x, top + PANEL -
				  plot_place(&n->y, v, PANEL), &y, !drawn);
			drawn = true;
			continue;
		}
		end_column(out, &c, &y);
		if (drawn)
			fprintf(out, "H%u", x);
		drawn = false;
	}
	end_column(out, &c, &y);
	if (drawn)
		fprintf(out, "H%u", x);
	fputs("\"/>\n", out);
}

/* ---- what is around lines ---------------------------------------------- */

static void grid(FILE *out, const struct plot *p, const struct plot_panel *n,
		 unsigned top)
{
	fputs("<path fill=\"none\" stroke=\"#ddd\" d=\"", out);
	for (unsigned i = 0; i < n->y.nticks; i++)
		fprintf(out, "M%u %uh%u", LEFT, top + PANEL -
			plot_place(&n->y, plot_tick(&n->y, i), PANEL), INNER);
	for (unsigned i = 0; i < p->x.nticks; i++)
		fprintf(out, "M%u %uv%u", LEFT +
			plot_place(&p->x, plot_tick(&p->x, i), INNER), top,
			PANEL);
	fputs("\"/>\n", out);
	fprintf(out, "<path fill=\"none\" stroke=\"#333\" stroke-width=\"2\" "
		"d=\"M%u %uv%uh%u\"/>\n", LEFT, top, PANEL, INNER);
}

static void y_axis(FILE *out, const struct plot_panel *n, unsigned top)
{
	char text[PLOT_NUMBER], turn[64];

	for (unsigned i = 0; i < n->y.nticks; i++) {
		plot_number(&n->y, plot_tick(&n->y, i), text);
		label(out, LEFT - 12, top + PANEL + FONT / 3 -
		      plot_place(&n->y, plot_tick(&n->y, i), PANEL),
		      " text-anchor=\"end\"", text);
	}
	if (!n->unit)
		return;
	snprintf(turn, sizeof(turn), " text-anchor=\"middle\" "
		 "transform=\"rotate(-90 36 %u)\"", top + PANEL / 2);
	label(out, 36, top + PANEL / 2, turn, n->unit);
}

static void x_axis(FILE *out, const struct plot *p, unsigned y)
{
	char text[PLOT_NUMBER];

	for (unsigned i = 0; i < p->x.nticks; i++) {
		plot_number(&p->x, plot_tick(&p->x, i), text);
		label(out, LEFT + plot_place(&p->x, plot_tick(&p->x, i),
					     INNER), y + FONT + 10,
		      " text-anchor=\"middle\"", text);
	}
	label(out, LEFT + INNER / 2, y + 2 * FONT + 28,
	      " text-anchor=\"middle\"", p->x_unit);
}

static void legend(FILE *out, const struct plot_panel *n, unsigned y)
{
	unsigned x = LEFT;

	for (unsigned i = 0; i < n->nlines; i++) {
		stroke(out, &n->lines[i], i);
		fprintf(out, "M%u %uh60\"/>\n", x, y - FONT / 3);
		label(out, x + 72, y, "", n->lines[i].name);
		/* as wide as characters are at most, more or less */
		x += 120 + (unsigned)strlen(n->lines[i].name) * FONT * 6 / 10;
	}
}

/* Below the axis of each panel, where they hide nothing. */
static unsigned marks(FILE *out, const struct plot *p, unsigned bottom)
{
	unsigned n = 0, x, last = 0;

	fputs("<path fill=\"" MARK "\" d=\"", out);
	for (size_t i = 0; i < p->nrows; i++) {
		x = LEFT + plot_place(&p->x, p->rows[i].x, INNER);
		n += p->rows[i].marked;
		if (!p->rows[i].marked || x == last)
			continue;
		fprintf(out, TRIANGLE, x, bottom - 20);
		last = x;
	}
	fputs("\"/>\n", out);
	return n;
}

static void mark_legend(FILE *out, const struct plot *p, unsigned n)
{
	char text[160];

	snprintf(text, sizeof(text), "%s (%u)", p->mark, n);
	label(out, WIDTH - RIGHT - 26, TOP - 30, " text-anchor=\"end\" "
	      "fill=\"" MARK "\"", text);
	fprintf(out, "<path fill=\"" MARK "\" d=\"" TRIANGLE "\"/>\n",
		WIDTH - RIGHT - 9, TOP - 50);
}

static void panel(FILE *out, const struct plot *p, unsigned i)
{
	unsigned top = TOP + GAP / 2 + i * (PANEL + GAP), n;

	legend(out, &p->panels[i], top - 20);
	grid(out, p, &p->panels[i], top);
	y_axis(out, &p->panels[i], top);
	for (unsigned k = 0; k < p->panels[i].nlines; k++)
		line(out, p, &p->panels[i], k, top);
	if (p->mark) {
		n = marks(out, p, top + PANEL);
		if (!i)
			mark_legend(out, p, n);
	}
}

void plot_svg(FILE *out, const struct plot *p)
{
	unsigned height = TOP + p->npanels * (PANEL + GAP) - GAP / 2 + BOTTOM;

	fprintf(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" "
		"height=\"%u\" viewBox=\"0 0 %u %u\" "
		"font-family=\"sans-serif\" font-size=\"%u\">\n", WIDTH / 2,
		height / 2, WIDTH, height, FONT);
	fputs("<title>", out);
	put_text(out, p->title);
	fprintf(out, "</title>\n<rect width=\"%u\" height=\"%u\" "
		"fill=\"#fff\"/>\n", WIDTH, height);
	label(out, LEFT, TOP - 30, " font-weight=\"bold\"", p->title);
	for (unsigned i = 0; i < p->npanels; i++)
		panel(out, p, i);
	x_axis(out, p, TOP + p->npanels * (PANEL + GAP) - GAP / 2);
	fputs("</svg>\n", out);
}

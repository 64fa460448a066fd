/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A plot in characters: braille, of 2 by 4 dots a character, and a colour for
 * each line; or ASCII, and a letter for each line.
 */
#include "tools/frontend/plot.h"
#include "tools/frontend/rows_int.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define MARGIN 9		/* what stands left of the axis, and it */
#define MARK '^'

static const char letters[PLOT_LINES] = "*+ox#@%=";
static const uint8_t colours[PLOT_LINES] = { 36, 33, 32, 35, 34, 31, 37, 90 };

struct canvas {
	unsigned cols, rows;	/* characters */
	unsigned dx, dy;	/* dots in one */
	uint8_t *dots;		/* of a character; as U+2800 has them */
	uint8_t *pen;		/* who drew there last, from 1 on */
};

static void dot(struct canvas *c, unsigned x, unsigned y, unsigned pen)
{
	static const uint8_t bits[4][2] = {
		{ 0x01, 0x08 }, { 0x02, 0x10 }, { 0x04, 0x20 }, { 0x40, 0x80 }
	};
	unsigned col = x / c->dx, row = c->rows - 1 - y / c->dy;
	unsigned up = c->dy - 1 - y % c->dy;

	if (col >= c->cols || row >= c->rows)
		return;
	c->dots[row * c->cols + col] |= bits[up][x % c->dx];
	c->pen[row * c->cols + col] = (uint8_t)(pen + 1);
}

/* To the right until there, then up or down. */
static void step(struct canvas *c, unsigned x0, unsigned y0, unsigned x1,
		 unsigned y1, unsigned pen)
{
	unsigned lo = y0 < y1 ? y0 : y1, hi = y0 < y1 ? y1 : y0;

	for (; x0 < x1; x0++)
		dot(c, x0, y0, pen);
	for (; lo <= hi; lo++)
		dot(c, x1, lo, pen);
}

static void line(struct canvas *c, const struct plot *p,
		 const struct plot_panel *n, const struct plot_line *l)
{
	unsigned x, y, x0 = 0, y0 = 0;
	bool drawn = false;

	for (size_t i = 0; i < p->nrows; i++) {
		double v = p->rows[i].y[l->at];

		x = plot_place(&p->x, p->rows[i].x, c->cols * c->dx - 1);
		y = plot_place(&n->y, v, c->rows * c->dy - 1);
		if (v != v)
			y = y0;
		if (drawn)
			step(c, x0, y0, x, y, l->at);
		else if (v == v)
			dot(c, x, y, l->at);
		drawn = v == v;
		x0 = x;
		y0 = y;
	}
}

/* @last: whose colour is on; 0: none is. */
static void put_cell(FILE *out, const struct canvas *c, unsigned i,
		     unsigned *last)
{
	unsigned pen = c->pen[i], ch = 0x2800 + c->dots[i];

	if (pen && pen != *last)
		fprintf(out, "\033[%um", colours[pen - 1]);
	if (pen)
		fprintf(out, "%c%c%c", 0xe0 | ch >> 12,
			0x80 | (ch >> 6 & 0x3f), 0x80 | (ch & 0x3f));
	else
		putc(' ', out);
	*last = pen ? pen : *last;
}

static void put_row(FILE *out, const struct canvas *c, unsigned row,
		    bool fancy)
{
	unsigned i = row * c->cols, end = i + c->cols, last = 0;

	while (end > i && !c->pen[end - 1])
		end--;
	for (; i < end; i++)
		if (fancy)
			put_cell(out, c, i, &last);
		else
			putc(c->pen[i] ? letters[c->pen[i] - 1] : ' ', out);
	fputs(last ? "\033[m\n" : "\n", out);
}

/* The value at the row of a tick, in front of the axis. */
static void put_margin(FILE *out, const struct canvas *c,
		       const struct plot_panel *n, unsigned row, bool fancy)
{
	char text[PLOT_NUMBER] = "";
	const char *axis = fancy ? "\u2502" : "|";

	for (unsigned i = 0; i < n->y.nticks; i++)
		if (c->rows - 1 - plot_place(&n->y, plot_tick(&n->y, i),
					     c->rows - 1) == row) {
			plot_number(&n->y, plot_tick(&n->y, i), text);
			axis = fancy ? "\u2524" : "+";
		}
	fprintf(out, "%*s%s", MARGIN - 1, text, axis);
}

static void legend(FILE *out, const struct plot_panel *n, bool fancy)
{
	fprintf(out, "%*s", MARGIN, "");
	for (unsigned i = 0; i < n->nlines; i++) {
		const struct plot_line *l = &n->lines[i];

		if (fancy)
			fprintf(out, "\033[%um\u2501\033[m %s  ",
				colours[l->at], l->name);
		else
			fprintf(out, "%c %s  ", letters[l->at], l->name);
	}
	fprintf(out, "%s\n", n->unit ? n->unit : "");
}

static void panel(FILE *out, const struct plot *p, const struct plot_panel *n,
		  struct canvas *c, bool fancy)
{
	size_t size = (size_t)c->cols * c->rows;

	memset(c->dots, 0, size);
	memset(c->pen, 0, size);
	for (unsigned i = 0; i < n->nlines; i++)
		line(c, p, n, &n->lines[i]);
	legend(out, n, fancy);
	for (unsigned row = 0; row < c->rows; row++) {
		put_margin(out, c, n, row, fancy);
		put_row(out, c, row, fancy);
	}
}

/* The first @cols characters of clean UTF-8. */
static int clipped(const char *s, unsigned cols)
{
	const char *p = s;

	while (*p && cols--)
		for (p++; (*p & 0xc0) == 0x80; p++)
			;
	return (int)(p - s);
}

static void marks(FILE *out, const struct plot *p, unsigned cols, bool fancy)
{
	char *text = malloc(cols + 1u);
	unsigned place = 0;

	if (!text)
		return;
	memset(text, ' ', cols);
	for (size_t i = 0; i < p->nrows; i++)
		if (p->rows[i].marked) {
			place = plot_place(&p->x, p->rows[i].x, cols - 1);
			text[place] = MARK;
		}
	text[place + 1] = '\0';	/* rows are by x */
	fprintf(out, "%*.*s %s%s%s\n", MARGIN - 1,
		clipped(p->mark, MARGIN - 1), p->mark,
		fancy ? "\033[31m" : "", text, fancy ? "\033[m" : "");
	free(text);
}

/* Ticks as long as they run into nothing; what they count stands last. */
static void x_axis(FILE *out, const struct plot *p, unsigned cols, bool fancy)
{
	unsigned at = 0, place, len, end;
	char text[PLOT_NUMBER];

	fprintf(out, "%*s%s", MARGIN - 1, "", fancy ? "\u2514" : "+");
	for (unsigned i = 0; i < cols; i++)
		fputs(fancy ? "\u2500" : "-", out);
	len = (unsigned)text_width(p->x_unit, strlen(p->x_unit));
	end = len + 2 < cols ? cols - len - 1 : cols;
	fprintf(out, "\n%*s", MARGIN, "");
	for (unsigned i = 0; i < p->x.nticks; i++) {
		plot_number(&p->x, plot_tick(&p->x, i), text);
		place = plot_place(&p->x, plot_tick(&p->x, i), cols - 1);
		len = (unsigned)strlen(text);
		if (place < at || place + len > end)
			continue;
		fprintf(out, "%*s%s ", (int)(place - at), "", text);
		at = place + len + 1;
	}
	if (end < cols)
		fprintf(out, "%*s%s", (int)(end + 1 - at), "", p->x_unit);
	putc('\n', out);
}

/* As setlocale(3) would look for it. */
static bool utf8_wanted(void)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };
	const char *v = NULL;

	for (unsigned i = 0; i < 3 && (!v || !*v); i++)
		v = getenv(names[i]);
	return v && (strcasestr(v, "utf-8") || strcasestr(v, "utf8"));
}

bool plot_screen(struct plot_screen *s, int fd)
{
	const char *term = getenv("TERM");
	struct winsize w;

	*s = (struct plot_screen){ .cols = 80, .rows = 24 };
	if (!isatty(fd) || !term || !strcmp(term, "dumb"))
		return false;
	if (!ioctl(fd, TIOCGWINSZ, &w) && w.ws_col && w.ws_row) {
		s->cols = w.ws_col;
		s->rows = w.ws_row;
	}
	s->fancy = utf8_wanted();
	return true;
}

void plot_text_fit(struct plot *p, const struct plot_screen *s)
{
	plot_fit(p, s->cols / 12, s->rows / p->npanels / 4);
}

void plot_text(FILE *out, const struct plot *p, const struct plot_screen *s)
{
	unsigned fixed = 3 + p->npanels + !!p->mark, cols, rows;
	struct canvas c = { .dx = s->fancy ? 2 : 1, .dy = s->fancy ? 4 : 1 };
	size_t size;

	cols = s->cols < 20 ? 20 : s->cols > 1000 ? 1000 : s->cols;
	rows = s->rows < 6 ? 6 : s->rows > 1000 ? 1000 : s->rows;
	c.cols = cols - MARGIN - 1;
	c.rows = rows > fixed ? (rows - fixed) / p->npanels : 0;
	c.rows = c.rows < 3 ? 3 : c.rows;
	size = (size_t)c.cols * c.rows;
	c.dots = malloc(2 * size);
	if (!c.dots)
		return;
	c.pen = c.dots + size;
	fprintf(out, "%*s%.*s\n", MARGIN, "", clipped(p->title, c.cols),
		p->title);
	for (unsigned i = 0; i < p->npanels; i++)
		panel(out, p, &p->panels[i], &c, s->fancy);
	x_axis(out, p, c.cols, s->fancy);
	if (p->mark)
		marks(out, p, c.cols, s->fancy);
	free(c.dots);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * plot - columns of rows over time, as pictures.
 *
 *   CSV, or a capture turned into it
 *     -> plot_csv.c    lines and fields (hostile)
 *     -> plot_data.c   rows of numbers, by what they are of
 *     -> plot.c        scales and ticks (pure)
 *     -> plot_svg.c, plot_text.c
 *   plot_live.c draws what comes, again and again; verb_plot.c what is there
 *
 * Private to tools/frontend/.
 */
#ifndef SOCKEYE_PLOT_H
#define SOCKEYE_PLOT_H

#include "tools/frontend/frontend.h"

#define PLOT_LINES 8		/* in all panels together */

/* ---- plot.c: what is drawn --------------------------------------------- */

/* Values between lo and hi; ticks at first, first + step, ... */
struct plot_scale {
	double lo, hi, first, step;
	unsigned nticks;
	bool binary;		/* ticks and suffixes of 1024 */
};

struct plot_row {
	double x, y[PLOT_LINES];	/* NAN: not known */
	uint64_t number;		/* as it came */
	uint32_t group;
	bool marked;
};

struct plot_line {
	const char *name;
	unsigned at;		/* in plot_row.y */
};

/* Lines with the same unit, and their scale. */
struct plot_panel {
	const char *unit;	/* may be NULL */
	struct plot_scale y;
	struct plot_line lines[PLOT_LINES];
	unsigned nlines;
};

struct plot {
	const char *title, *x_unit;
	const char *mark;	/* what marked rows are; NULL: none are */
	const struct plot_row *rows;	/* by x, ascending */
	size_t nrows;
	struct plot_scale x;
	struct plot_panel panels[PLOT_PANELS];
	unsigned npanels;
};

/*
 * plot_scale_x, plot_scale_y - for values from @lo to @hi (finite, of 18
 * digits at most) with no more than about @most ticks at round values.  That
 * of y begins at or below 0 and ends at a tick.
 */
void plot_scale_x(struct plot_scale *s, double lo, double hi, unsigned most);
void plot_scale_y(struct plot_scale *s, double lo, double hi, unsigned most,
		  bool binary);
double plot_tick(const struct plot_scale *s, unsigned i);
/* plot_number - @v as the scale's ticks are written: "1.5", "20k", "64K". */
#define PLOT_NUMBER 32
void plot_number(const struct plot_scale *s, double v, char text[PLOT_NUMBER]);
/* plot_place - where @v is, 0 at lo to @room at hi; never outside. */
unsigned plot_place(const struct plot_scale *s, double v, unsigned room);
/* plot_fit - the scales for the rows, of @most_x and @most_y ticks. */
void plot_fit(struct plot *p, unsigned most_x, unsigned most_y);

/* ---- how they are drawn ------------------------------------------------ */

/* plot_svg - a document that stands alone, @width units wide. */
void plot_svg(FILE *out, const struct plot *p);

/* Where characters go. */
struct plot_screen {
	unsigned cols, rows;	/* 20 by 6 at least, 1000 by 1000 at most */
	bool fancy;		/* braille and colours, else ASCII */
};

/* plot_screen - what @fd is: a terminal, in its size as it is now (true), or
 * else a page of 80 by 24. */
bool plot_screen(struct plot_screen *s, int fd);
/* plot_text_fit - scales with as many ticks as have room there. */
void plot_text_fit(struct plot *p, const struct plot_screen *s);
/* plot_text - in characters, as many lines as there are rows at most, unless
 * that is too few for the panels. */
void plot_text(FILE *out, const struct plot *p, const struct plot_screen *s);

/* ---- plot_csv.c -------------------------------------------------------- */

#define CSV_LINE 65536		/* bytes of a line */
#define CSV_FIELDS 256

/* Takes the fields of a line; false: no more are wanted. */
typedef bool csv_fn(void *ctx, char *const *fields, unsigned n);

struct csv_reader {
	csv_fn *fn;
	void *ctx;
	uint64_t line;		/* that is being read, from 1 on */
	const char *why;	/* what is wrong with it; NULL: nothing */
	size_t len;
	unsigned nfields, at[CSV_FIELDS];
	enum { CSV_BARE, CSV_QUOTED, CSV_QUOTE } state;
	bool begun;
	char buf[CSV_LINE];
};

void csv_init(struct csv_reader *r, csv_fn *fn, void *ctx);
/* csv_feed - some more text (RFC 4180); false: it is no CSV (@r->why), or @fn
 * wants no more. */
bool csv_feed(struct csv_reader *r, const char *text, size_t len);
/* csv_end - the last line may have no end. */
bool csv_end(struct csv_reader *r);

/* ---- plot_columns.c: what is asked for, and where it is ----------------- */

#define PLOT_NAME 64		/* of a column, of a group */
#define PLOT_ABOUT 6
#define PLOT_NOWHERE UINT32_MAX

/* What is NULL is as the tool has it. */
struct plot_want {
	const char *y[PLOT_PANELS];	/* columns of a panel each */
	unsigned ny;
	const char *x, *by, *pick, *mark;
	bool rolls;		/* what is old makes room for what is new */
};

/* Where things are among the @n fields of a line; by and mark may be
 * PLOT_NOWHERE. */
struct plot_columns {
	const struct plot_want *want;
	const struct tool *tool;
	unsigned n, x, by, mark;
	unsigned y[PLOT_LINES], nlines;
	unsigned about[PLOT_ABOUT], nabout;
	double x_unit;		/* what is one of the axis */
	bool x_time;		/* shown from the first row on */
	char names[PLOT_LINES][PLOT_NAME];
	char x_name[PLOT_NAME], by_name[PLOT_NAME], mark_name[PLOT_NAME];
	char mark_value[PLOT_NAME];	/* as it was given */
	struct plot plan;	/* panels and lines, no rows yet */
	char why[512];
};

/* plot_columns - by the header of @n @fields; @want is borrowed; @t may be
 * NULL: that tool is taken whose picture the header has all columns for.
 * False: @c->why tells. */
bool plot_columns(struct plot_columns *c, const struct plot_want *want,
		  const struct tool *t, char *const *fields, unsigned n);
/* plot_keep - hostile text, made fit for terminals, cut to what there is room
 * for. */
void plot_keep(char *to, size_t size, const char *from);

/* ---- plot_data.c ------------------------------------------------------- */

#define PLOT_ROWS (1u << 19)	/* that are kept, of some 90 bytes; */
#define PLOT_ROLLED (1u << 16)	/* of those that roll, while a tool runs */
#define PLOT_GROUPS 4096	/* of so many */

/* plot_data_new - @want and @t as plot_columns() has them.  NULL: no memory. */
struct plot_data *plot_data_new(const struct plot_want *want,
				const struct tool *t);
/* plot_data_feed - some more CSV; false: it is none, or lacks what is asked
 * for; plot_data_why() tells. */
bool plot_data_feed(struct plot_data *d, const char *text, size_t len);
bool plot_data_end(struct plot_data *d);
/* plot_data_stream - what is printed to it is fed, until it is closed; writing
 * fails with EINVAL where that does.  NULL: no memory. */
FILE *plot_data_stream(struct plot_data *d);
/* plot_data_why - what is wrong, and in which line (0: in none). */
const char *plot_data_why(const struct plot_data *d, uint64_t *line);
/* plot_data_rows - how many have been taken.
 * plot_data_left_out - rows that were too many, or lack fields. */
uint64_t plot_data_rows(const struct plot_data *d);
uint64_t plot_data_left_out(const struct plot_data *d);
/* plot_data_choose - what is to be drawn: of the group asked for, or the one
 * with most rows; false: there is none, or nothing known.  Valid until the
 * next feed or choice. */
bool plot_data_choose(struct plot_data *d, struct plot *p);
/* plot_data_list - the groups, the largest first: a name, how many rows, and
 * what is known of it. */
void plot_data_list(const struct plot_data *d, FILE *out);
/* plot_data_by - the column that tells groups apart; NULL: there is one. */
const char *plot_data_by(const struct plot_data *d);
void plot_data_free(struct plot_data *d);

/* ---- plot_live.c ------------------------------------------------------- */

#define PLOT_AGAIN_NS 500000000ull

/* plot_live_new - @t (whose plot is not NULL) as it goes on, drawn on @out.
 * NULL: no memory. */
struct plot_live *plot_live_new(const struct tool *t, FILE *out);
/* plot_live_rows - where its rows go as CSV; borrowed. */
FILE *plot_live_rows(const struct plot_live *l);
/* plot_live_tick - it is @now_ns: on a terminal draw what has come, no more
 * often than each PLOT_AGAIN_NS.  plot_live_end - draw all, to stay.  0, or a
 * positive errno of @out. */
int plot_live_tick(struct plot_live *l, uint64_t now_ns);
int plot_live_end(struct plot_live *l);
void plot_live_free(struct plot_live *l);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * For people: a header, aligned columns, one blank between.  A long value
 * pushes the rest of its row; nothing is cut.  Stacks stand below their row, a
 * line to a frame, and an empty line ends them.
 */
#include "tools/frontend/heap_int.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#define OLD_ANSWER_NS 100000000
#define INDENT "    "

/* Where on the line we are: blanks are owed, so that none end the line. */
struct table_line {
	struct out *out;
	unsigned owed;
};

static void put_column(struct table_line *l, const char *text, size_t len,
		       size_t width, unsigned least, bool left)
{
	unsigned pad = width < least ? least - (unsigned)width : 0;
	unsigned before = l->owed + (left ? 0 : pad);
	char *p = out_room(l->out, before + len + 1);

	memset(p, ' ', before);
	memcpy(p + before, text, len);
	out_done(l->out, p + before + len);
	l->owed = 1 + (left ? pad : 0);
}

static char *put_kb(char *p, uint64_t bytes)
{
	uint64_t kb = bytes / 1024;
	unsigned h = (unsigned)(bytes % 1024 * 100 + 512) / 1024;

	return put_hundredths(p, kb + h / 100, h % 100);
}

static char *put_ms(char *p, const struct cell *c)
{
	uint64_t h = c->num / 10000 + (c->num % 10000 >= 5000);

	if (c->least)
		*p++ = '+';
	return put_hundredths(p, h / 100, (unsigned)(h % 100));
}

/* "example.org", or "example.org (123.456ms)" when the answer is so old that
 * the name may be another's. */
static char *put_name(char *p, const struct cell *c)
{
	p = put_clean(p, c->text, c->len);
	if (c->age_ns <= OLD_ANSWER_NS || c->age_ns == AGE_UNKNOWN)
		return p;
	*p++ = ' ';
	*p++ = '(';
	p = put_u64(p, c->age_ns / 1000000);
	*p++ = '.';
	p = put_padded(p, c->age_ns % 1000000 / 1000, 3);
	memcpy(p, "ms)", 3);
	return p + 3;
}

static char *put_text_or_bare(char *p, const struct cell *c)
{
	return c->text ? put_clean(p, c->text, c->len) : put_bare(p, c);
}

/* Bytes, and "..." where there were more of them. */
static char *put_data(char *p, const struct cell *c)
{
	char *end = put_escaped(p, c->text, c->len);

	if (!c->least)
		return end;
	memcpy(end, "...", 3);
	return end + 3;
}

static char *put_held(char *p, const struct cell *c)
{
	char *start = p;

	switch (kind_holds(c->kind)) {
	case HOLDS_DATA:
		return put_data(p, c);
	case HOLDS_SYMBOL:
		return put_text_or_bare(p, c);
	case HOLDS_TEXT:
	case HOLDS_NAMED:
		p = put_text_or_bare(p, c);
		/* an empty name would move the columns for awk */
		if (p == start)
			*p++ = '-';
		return p;
	default:		/* HOLDS_STACK: below the row */
		return put_bare(p, c);
	}
}

/* As people want it, who see neither units nor second fields. */
static char *put_cell(char *p, const struct cell *c)
{
	if (c->null) {
		*p++ = '-';
		return p;
	}
	switch (c->kind) {
	case K_KB:
		return put_kb(p, c->num);
	case K_MS:
		return put_ms(p, c);
	case K_NAME:
		return put_name(p, c);
	case K_ERRNO:
		return put_text_or_bare(p, c);
	}
	return put_held(p, c);
}

size_t cell_text(char text[CELL_TEXT], const struct cell *c)
{
	struct cell cell = *c;

	if (cell.len > CELL_TEXT - 64)
		cell.len = CELL_TEXT - 64;
	/* escaped, it takes four times as much */
	if (cell.kind == K_DATA && cell.len > CELL_TEXT / 4 - 1)
		cell.len = CELL_TEXT / 4 - 1;
	return (size_t)(put_cell(text, &cell) - text);
}

static void table_header(struct rows *r)
{
	struct table_line line = { &r->out, 0 };
	const char *heading = stamp_heading(r->layout.time);
	const struct column *col;
	unsigned i;

	if (r->layout.hist)
		return;		/* each says of what it is */
	if (heading)
		put_column(&line, heading, strlen(heading), strlen(heading),
			   stamp_width(r->layout.time), false);
	for (i = 0; i < r->layout.ncols; i++) {
		col = r->layout.cols[i];
		if (kind_stacks(col->kind))
			continue;
		put_column(&line, col->heading, strlen(col->heading),
			   strlen(col->heading), r->widths[i],
			   col->flags & C_LEFT);
	}
	out_put(&r->out, "\n", 1);
}

static void put_frame(struct out *o, const char *text, size_t len)
{
	char *p = out_room(o, sizeof(INDENT) + FRAME_MAX);

	memcpy(p, INDENT, sizeof(INDENT) - 1);
	p = put_clean(p + sizeof(INDENT) - 1, text,
		      len < FRAME_MAX ? len : FRAME_MAX);
	*p++ = '\n';
	out_done(o, p);
}

/* False: it is not known. */
static bool put_stack(struct out *o, const struct cell *c)
{
	const char *text = c->text, *frame;
	char why[64];
	size_t len;

	if (c->null)
		return false;
	if (!text) {
		stack_error(why, sizeof(why), cell_stack_error(c));
		put_frame(o, why, strlen(why));
		return true;
	}
	while ((frame = stack_frame(&text, &len)))
		put_frame(o, frame, len);
	return true;
}

static void put_stacks(struct rows *r, const struct cell *cells)
{
	bool any = false;
	unsigned i;

	for (i = 0; i < r->layout.ncols; i++)
		if (kind_stacks(cells[i].kind))
			any |= put_stack(&r->out, &cells[i]);
	if (any)
		out_put(&r->out, "\n", 1);
}

static void table_row(struct rows *r, const struct cell *cells,
		      const struct moment *when)
{
	struct table_line line = { &r->out, 0 };
	char text[CELL_TEXT], *end;
	size_t len, width;
	unsigned i;

	if (when && r->layout.time != TIME_NONE) {
		end = stamp_text(&r->stamp, text, r->layout.time, when->ns,
				 when->clocks);
		len = (size_t)(end - text);
		put_column(&line, text, len, len,
			   stamp_width(r->layout.time), false);
	}
	for (i = 0; i < r->layout.ncols; i++) {
		if (kind_stacks(cells[i].kind))
			continue;
		len = cell_text(text, &cells[i]);
		width = cells[i].text ? text_width(text, len) : len;
		put_column(&line, text, len, width, r->widths[i],
			   r->layout.cols[i]->flags & C_LEFT);
	}
	out_put(&r->out, "\n", 1);
	put_stacks(r, cells);
}

/* "@us[curl, 4711]:" as bpftrace has it, "comm = curl, pid = 4711" as bcc. */
static void put_keys(struct rows *r, const struct cell *keys, bool bcc)
{
	const struct layout *l = &r->layout;
	char text[CELL_TEXT];

	if (!bcc) {
		out_puts(&r->out, "@");
		out_puts(&r->out, r->drawn.name);
	}
	for (unsigned i = 0; i < l->ncols; i++) {
		out_puts(&r->out, i ? ", " : bcc ? "" : "[");
		if (bcc) {
			out_puts(&r->out, l->cols[i]->key);
			out_puts(&r->out, " = ");
		}
		if (kind_stacks(keys[i].kind)) {
			out_puts(&r->out, "\n");
			put_stack(&r->out, &keys[i]);
			continue;
		}
		out_put(&r->out, text, cell_text(text, &keys[i]));
	}
	if (!bcc)
		out_puts(&r->out, l->ncols ? "]:" : ":");
	else if (l->ncols)
		out_puts(&r->out, "\n");
}

static void table_hist(struct rows *r, const struct cell *keys,
		       const struct heap_group *g, const struct moment *when)
{
	enum draw_style style = r->drawn.style;
	FILE *f;

	(void)when;
	put_keys(r, keys, style == STYLE_BCC);
	f = out_stream(&r->out);
	if (!f)
		return;
	if (style == STYLE_PERCENTILES) {
		hist_print_percentiles(f, r->drawn.ask, g);
	} else if (style == STYLE_BCC) {
		hist_print_bcc(f, r->drawn.ask, g, *r->drawn.unit ?
			       r->drawn.unit : r->drawn.name);
		putc('\n', f);
	} else {
		putc('\n', f);
		hist_print_text(f, r->drawn.ask, g);
		putc('\n', f);
	}
	fclose(f);
}

/* " loadavg: 0.20 0.18 0.12 1/80 11206", as tcptop has always had it: proc(5),
 * which a replay does not have. */
static void put_load(struct rows *r)
{
	char text[128];
	ssize_t n = r->running ? read_file_at(AT_FDCWD, "/proc/loadavg", text,
					      sizeof(text)) : 0;

	if (n <= 0)
		return;
	out_puts(&r->out, " loadavg: ");
	n -= text[n - 1] == '\n';
	out_done(&r->out, put_clean(out_room(&r->out, sizeof(text)), text,
				    (size_t)n));
}

/* What a screen is like, and what stderr cannot tell while there is one. */
static void put_status(struct rows *r)
{
	char text[128];

	snprintf(text, sizeof(text), " sort: %s%s", r->layout.sort == SORT_ALL ?
		 "all" : r->layout.cols[r->layout.sort]->key,
		 r->paused ? " paused" : "");
	out_puts(&r->out, text);
	if (!losses_any(&r->told))
		return;
	snprintf(text, sizeof(text), " lost: %" PRIu64, r->told.lost +
		 r->told.owners_full + r->told.state_full + r->told.missed);
	out_puts(&r->out, text);
}

static void table_interval(struct rows *r, const struct moment *when)
{
	char *p;

	/* histograms that are drawn have an empty line behind them */
	if (r->printed && !r->screen &&
	    (!r->layout.hist || r->drawn.style == STYLE_PERCENTILES))
		out_puts(&r->out, "\n");
	if (!r->top || !r->no_summary) {
		p = out_room(&r->out, STAMP_MAX);
		stamp_text(&r->stamp, p, TIME_WALL, when->ns, when->clocks);
		out_done(&r->out, p + strlen("12:34:56"));
		if (r->top)
			put_load(r);
		if (r->screen)
			put_status(r);
		out_puts(&r->out, "\n");
	}
	rows_header(r);
}

static void counter_line(struct rows *r, const char *name, const char *delta,
			 const char *rate, const char *netns)
{
	struct table_line l = { .out = &r->out };

	put_column(&l, name, strlen(name), text_width(name, strlen(name)), 32,
		   true);
	put_column(&l, delta, strlen(delta), strlen(delta), 10, false);
	put_column(&l, rate, strlen(rate), strlen(rate), 10, false);
	put_column(&l, netns, strlen(netns), strlen(netns), 0, true);
	out_puts(&r->out, "\n");
}

static void table_counter(struct rows *r, const struct counter_move *m,
			  bool first)
{
	char name[COUNTER_NAME], delta[24], rate[64], netns[16];

	if (first) {
		out_puts(&r->out, "\n");
		if (!r->no_header)
			counter_line(r, "COUNTER", "DELTA", "PER_S", "NETNS");
	}
	*put_clean(name, m->name, strlen(m->name)) = '\0';
	snprintf(delta, sizeof(delta), "%" PRIu64, m->delta);
	snprintf(rate, sizeof(rate), "%.1f", m->per_second);
	snprintf(netns, sizeof(netns), "%" PRIu32, m->netns);
	counter_line(r, name, delta, rate, netns);
}

const struct emitter table_emitter = {
	.counter = table_counter,
	.header = table_header,
	.row = table_row,
	.hist = table_hist,
	.interval = table_interval,
};

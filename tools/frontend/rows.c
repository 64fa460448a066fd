/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From events to lines: what all formats share. */
#include "tools/frontend/plot.h"
#include "tools/frontend/rows_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* -w: the longest IPv6 address */
#define WIDE_ADDR 39

static const struct emitter *const emitters[] = {
	[FMT_TABLE] = &table_emitter,
	[FMT_JSON] = &json_emitter,
	[FMT_CSV] = &csv_emitter,
	[FMT_PLOT] = &csv_emitter,
};

/* Widths and keys of the columns, worked out once. */
static void prepare_column(struct rows *r, unsigned i, bool wide)
{
	const struct column *col = r->layout.cols[i];
	struct json_key *key = &r->keys[i];
	size_t width = strlen(col->heading);
	char extra[KEY_MAX - 4];

	if (width < col->width)
		width = col->width;
	if (wide && col->kind == K_ADDR && width < WIDE_ADDR)
		width = WIDE_ADDR;
	r->widths[i] = (uint16_t)width;

	snprintf(key->main, KEY_MAX, ",\"%.*s\":", KEY_MAX - 5, col->key);
	key->main_len = (uint16_t)strlen(key->main);
	if (extra_key(col, extra, sizeof(extra))) {
		snprintf(key->extra, KEY_MAX, ",\"%s\":", extra);
		key->extra_len = (uint16_t)strlen(key->extra);
	}
}

void rows_free(struct rows *r)
{
	if (!r)
		return;
	tally_free(r->tally);
	tally_free(r->last);
	screen_close(r->screen);
	plot_live_free(r->live);
	rows_free(r->sums);
	free(r);
}

/* Where lines go: of --plot, into the picture; of a screen, to its page; with
 * -W -, nowhere. */
static bool open_out(struct rows *r, const struct options *o, FILE *out)
{
	if (capture_has_stdout(o)) {
		out_init(&r->out, NULL);
		return true;
	}
	if (r->top && o->format == FMT_TABLE && !o->no_clear)
		r->screen = screen_open(out);
	r->to = out;
	if (r->screen)
		out = screen_page(r->screen);
	if (o->format == FMT_PLOT) {
		r->live = plot_live_new(o->tool, out);
		out = r->live ? plot_live_rows(r->live) : NULL;
	}
	if (out)
		out_init(&r->out, out);
	return out != NULL;
}

static bool has_summary(const struct options *o)
{
	return o->tool->flags & T_SUMMARY && o->format == FMT_TABLE &&
	       !o->count && !o->hist && !o->no_summary;
}

/* What --count would show, with the columns that it has by itself. */
static struct rows *sums_new(const struct options *o, FILE *out)
{
	struct options *counting = malloc(sizeof(*counting));
	struct rows *sums;

	if (!counting)
		return NULL;
	*counting = *o;
	counting->count = true;
	counting->columns = NULL;
	counting->interval_ns = 0;
	counting->time = TIME_NONE;
	sums = rows_new(counting, out);
	free(counting);
	return sums;
}

struct rows *rows_new(const struct options *o, FILE *out)
{
	struct rows *r = calloc(1, sizeof(*r));
	unsigned i;

	if (!r)
		return NULL;
	if (layout_choose(&r->layout, o) < 0) {
		free(r);
		errno = EINVAL;
		return NULL;
	}
	r->tool = o->tool;
	r->emit = o->ask.folded ? &folded_emitter : emitters[o->format];
	r->no_header = o->no_header;
	r->no_summary = o->no_summary;
	r->top = o->tool->flags & T_TOTALS;
	for (i = 0; i < r->layout.ncols; i++)
		prepare_column(r, i, o->wide);
	if (!open_out(r, o, out) ||
	    ((o->count || o->hist) && !tallied_init(r, o))) {
		rows_free(r);
		errno = ENOMEM;
		return NULL;
	}
	if (has_summary(o)) {
		r->sums = sums_new(o, out);
		if (!r->sums) {
			rows_free(r);
			return NULL;
		}
	}
	return r;
}

void rows_names(struct rows *r, struct names *n)
{
	r->wardrobe.names = n;
}

void rows_frames(struct rows *r, struct frames *f)
{
	r->wardrobe.frames = f;
}

void rows_header(struct rows *r)
{
	if (r->emit->header && !r->no_header)
		r->emit->header(r);
}

void rows_start(struct rows *r, const struct capture_info *info)
{
	r->clocks = info->clocks;
	r->last_ns = info->clocks.start_ns;
	r->begun_ns = info->clocks.start_ns;
	r->next_ns = info->clocks.start_ns + r->every_ns;
	if (r->emit->start)
		r->emit->start(r, info);
	/* what is tallied stands at the end, its header too */
	if (!r->tally)
		rows_header(r);
}

static void learn_name(struct rows *r, const struct event *ev)
{
	struct dns_event dns;
	size_t len = ev->len < sizeof(dns) ? ev->len : sizeof(dns);

	if (!r->wardrobe.names)
		return;
	memset(&dns, 0, sizeof(dns));
	memcpy(&dns, ev, len);
	names_learn(r->wardrobe.names, &dns);
}

static void learn(struct rows *r, const struct event *ev)
{
	if (ev->type == EVENT_DNS)
		learn_name(r, ev);
	else if (ev->type == EVENT_STACK && r->wardrobe.frames)
		frames_learn(r->wardrobe.frames,
			     (const struct stack_event *)ev);
}

bool rows_add_alike(struct rows *r, const struct event *ev,
		    const struct alike *a, const struct clocks *c)
{
	struct cell cells[MAX_COLUMNS];
	const struct column *col;

	for (unsigned i = 0; i < r->layout.ncols; i++) {
		col = r->layout.cols[i];
		cell_load(&cells[i], col, ev, r->tool);
		if (col->flags & C_SUM)
			cells[i].num = a->total;
	}
	r->shown += a->n;
	r->last_ns = ev->ns;
	r->clocks = *c;
	tallied_add_alike(r, cells, ev, a);
	return !r->out.err;
}

/* Of T_TOTALS what moved nothing that is shown is left out. */
static bool has_moved(const struct rows *r, const struct cell *cells)
{
	bool sums = false;

	for (unsigned i = 0; i < r->layout.ncols; i++) {
		if (!(r->layout.cols[i]->flags & C_SUM))
			continue;
		if (cells[i].num)
			return true;
		sums = true;
	}
	return !sums;
}

bool rows_add(struct rows *r, const struct event *ev, const struct clocks *c)
{
	struct moment when = { .ns = ev->ns, .clocks = c };
	struct cell cells[MAX_COLUMNS];
	const struct column *col;
	unsigned i;

	if (r->sums)
		rows_add(r->sums, ev, c);
	if (ev->type != EVENT_ROW) {
		learn(r, ev);
		return !r->out.err;
	}
	for (i = 0; i < r->layout.ncols; i++) {
		col = r->layout.cols[i];
		cell_load(&cells[i], col, ev, r->tool);
		if (!r->tally)
			cell_dress(&cells[i], col, &r->wardrobe, ev->ns);
	}
	if (r->tally) {
		tallied_late(r, c);
		tallied_until(r, ev->ns, false);
	}
	if (ev->ns > r->last_ns)
		r->last_ns = ev->ns;
	r->clocks = *c;
	if (r->top && !has_moved(r, cells))
		return !r->out.err;
	r->shown++;
	if (r->tally)
		tallied_add(r, cells, ev);
	else
		r->emit->row(r, cells, &when);
	return !r->out.err;
}

void rows_tick(struct rows *r, uint64_t now_ns, const struct clocks *c)
{
	r->clocks = *c;
	r->running = true;
	if (r->tally) {
		tallied_late(r, c);
		tallied_until(r, now_ns, true);
	}
	if (r->live && !r->out.err)
		r->out.err = plot_live_tick(r->live, now_ns);
}

uint64_t rows_due(const struct rows *r)
{
	return r->tally && r->every_ns ? r->next_ns : UINT64_MAX;
}

uint64_t rows_last(const struct rows *r, uint64_t now_ns)
{
	uint64_t late = now_ns - r->next_ns;

	return r->next_ns + late / r->every_ns * r->every_ns - 1;
}

bool rows_enough(const struct rows *r)
{
	return r->max_intervals && r->intervals >= r->max_intervals;
}

/* ---- a screen ---------------------------------------------------------- */

bool rows_on_screen(const struct rows *r)
{
	return r->screen;
}

int rows_keys(const struct rows *r)
{
	return r->screen ? screen_keys(r->screen) : -1;
}

/* The next column that is summed; after the last all. */
static void sort_next(struct layout *l)
{
	do
		l->sort++;
	while (l->sort < (int)l->ncols &&
	       !(l->cols[l->sort]->flags & C_SUM));
	if (l->sort == (int)l->ncols)
		l->sort = SORT_ALL;
}

bool rows_attend(struct rows *r)
{
	bool again;
	char key;

	if (!r->screen)
		return true;
	again = screen_changed(r->screen);
	while ((key = screen_key(r->screen))) {
		again = true;
		if (key == 'q' || key == 'Q')
			return false;
		if (key == 's')
			sort_next(&r->layout);
		else if (key == ' ')
			r->paused = !r->paused;
	}
	if (again)
		tallied_again(r);
	return true;
}

bool rows_flush(struct rows *r)
{
	return out_flush(&r->out);
}

void rows_loss(struct rows *r, const struct losses *l)
{
	bool grown = false;

#define X(name, text) grown |= l->name > r->told.name;
	LOSSES(X)
#undef X
	if (!grown)
		return;
	r->told = *l;
	if (r->emit->loss)
		r->emit->loss(r, l);
}

void rows_counters(struct rows *r, const struct counters *c)
{
	r->counters = c;
}

static void put_counters(struct rows *r)
{
	struct counter_move m;
	bool first = true;

	for (size_t at = 0; counters_next(r->counters, &at, &m);) {
		if (r->emit->counter)
			r->emit->counter(r, &m, first);
		else	/* where there is no place for them */
			say("%s moved by %llu (%.1f/s)", m.name,
			    (unsigned long long)m.delta, m.per_second);
		first = false;
	}
}

/* What follows stays on the terminal. */
static void leave_screen(struct rows *r)
{
	int err;

	if (!r->screen)
		return;
	out_flush(&r->out);
	err = r->out.err;
	screen_close(r->screen);
	r->screen = NULL;
	out_init(&r->out, r->to);
	r->out.err = err;
}

bool rows_end(struct rows *r, const struct losses *l)
{
	if (r->tally)
		tallied_end(r);
	leave_screen(r);
	if (r->counters)
		put_counters(r);
	if (r->emit->end)
		r->emit->end(r, l);
	if (r->sums && r->shown && out_flush(&r->out)) {
		out_puts(&r->sums->out, "\n");
		if (!rows_end(r->sums, l))
			r->out.err = errno;
	}
	if (out_flush(&r->out) && r->live)
		r->out.err = plot_live_end(r->live);
	errno = r->out.err;
	return !r->out.err || r->out.err == EPIPE;
}

uint64_t rows_shown(const struct rows *r)
{
	return r->shown;
}

uint64_t rows_unnamed(const struct rows *r)
{
	return frames_unnamed(r->wardrobe.frames);
}

uint64_t rows_uncounted(const struct rows *r)
{
	return r->uncounted + (r->sums ? r->sums->uncounted : 0);
}

uint64_t rows_unknown(const struct rows *r)
{
	return r->unknown;
}

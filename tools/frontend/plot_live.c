/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* --plot: a tool's rows as a picture that is drawn again as they come. */
#include "tools/frontend/plot.h"
#include "tools/frontend/rows_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct plot_live {
	struct plot_want want;
	struct plot_data *data;
	FILE *rows, *out;
	uint64_t drawn_ns, drawn_rows;
	bool begun;		/* the terminal has been cleared */
};

struct plot_live *plot_live_new(const struct tool *t, FILE *out)
{
	struct plot_live *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->want.rolls = true;
	l->out = out;
	l->data = plot_data_new(&l->want, t);
	l->rows = l->data ? plot_data_stream(l->data) : NULL;
	if (!l->rows) {
		plot_live_free(l);
		return NULL;
	}
	return l;
}

FILE *plot_live_rows(const struct plot_live *l)
{
	return l->rows;
}

/* In the place of the last one: from the upper left corner on, what stands
 * right of each line erased, and what stands below. */
static void put_over(FILE *out, char *text)
{
	char *line, *rest = text;

	fputs("\033[H", out);
	while ((line = strsep(&rest, "\n")) && rest)
		fprintf(out, "%s\033[K\n", line);
	fputs("\033[J", out);
}

static int finish(FILE *out)
{
	errno = 0;
	return fflush(out) || ferror(out) ? errno ? errno : EIO : 0;
}

static int draw(struct plot_live *l, const struct plot *p,
		const struct plot_screen *s, bool over)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		return ENOMEM;
	plot_text(f, p, s);
	if (fclose(f)) {
		free(text);
		return ENOMEM;
	}
	if (over && !l->begun)
		fputs("\033[2J", l->out);
	l->begun = over;
	if (over)
		put_over(l->out, text);
	else
		fputs(text, l->out);
	free(text);
	return finish(l->out);
}

int plot_live_tick(struct plot_live *l, uint64_t now_ns)
{
	int fd = fileno(l->out);
	struct plot_screen s;
	struct plot p;

	if (now_ns - l->drawn_ns < PLOT_AGAIN_NS || fd < 0 ||
	    plot_data_rows(l->data) == l->drawn_rows ||
	    !plot_screen(&s, fd) || !plot_data_choose(l->data, &p))
		return 0;
	l->drawn_ns = now_ns;
	l->drawn_rows = plot_data_rows(l->data);
	s.rows--;		/* where the cursor is */
	plot_text_fit(&p, &s);
	return draw(l, &p, &s, true);
}

int plot_live_end(struct plot_live *l)
{
	struct plot_screen s;
	struct plot p;
	bool over;

	fflush(l->rows);
	over = plot_screen(&s, fileno(l->out)) && l->begun;
	if (!plot_data_choose(l->data, &p)) {
		say("there is nothing to be drawn");
		return 0;
	}
	s.rows -= over;
	plot_text_fit(&p, &s);
	return draw(l, &p, &s, over);
}

void plot_live_free(struct plot_live *l)
{
	if (!l)
		return;
	if (l->rows)
		fclose(l->rows);
	plot_data_free(l->data);
	free(l);
}

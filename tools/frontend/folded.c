/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Stacks on one line, as flame graphs are made of: "comm;frame;frame 41". */
#include "tools/frontend/heap_int.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

/* ';' is between frames. */
void fold_word(FILE *out, const char *s, size_t len, const char **sep)
{
	char clean[HEAP_LINE];
	const char *end = put_clean(clean, s, len < HEAP_LINE ? len :
				    HEAP_LINE);

	fputs(*sep, out);
	for (s = clean; s < end; s++)
		putc(*s == ';' ? ':' : *s, out);
	*sep = ";";
}

/* The length without "+off", so that equal functions are one in the graph. */
static size_t function_len(const char *frame, size_t len)
{
	size_t n = len;

	while (n && isdigit((unsigned char)frame[n - 1]))
		n--;
	if (n < 2 || n == len || frame[n - 1] != '+' ||
	    memchr(frame, ' ', len))
		return len;
	return n - 1;
}

void fold_frames(FILE *out, const char *text, const char **sep)
{
	const char *end = text + strlen(text), *line;

	while (end > text) {
		line = end - 1;
		while (line > text && line[-1] != '\n')
			line--;
		end = line;
		line += strspn(line, " ");
		fold_word(out, line, function_len(line, strcspn(line, "\n")),
			  sep);
	}
}

/* ---- rows that were counted --------------------------------------------- */

/* Words first, then user frames, then the kernel's that they called. */
static unsigned rank_of(const struct cell *c)
{
	if (!kind_stacks(c->kind))
		return 0;
	return c->kind == K_USTACK ? 1 : 2;
}

static void fold_cell(FILE *out, const struct cell *c, const char **sep)
{
	char text[CELL_TEXT];

	if (!kind_stacks(c->kind)) {
		fold_word(out, text, cell_text(text, c), sep);
	} else if (cell_stack_error(c)) {
		stack_error(text, sizeof(text), cell_stack_error(c));
		fold_word(out, text, strlen(text), sep);
	} else if (c->text) {
		fold_frames(out, c->text, sep);
	}
}

/* Is it how often, or what is summed and asked for in its place? */
static bool is_weight(const struct rows *r, unsigned i)
{
	const struct column *col = r->layout.cols[i];

	return col->kind == K_COUNT ||
	       (col->flags & C_SUM && kind_sums(col->kind));
}

static void folded_row(struct rows *r, const struct cell *cells,
		       const struct moment *when)
{
	FILE *f = out_stream(&r->out);
	const char *sep = "";
	uint64_t weight = 0;

	(void)when;
	if (!f)
		return;
	for (unsigned rank = 0; rank < 3; rank++) {
		for (unsigned i = 0; i < r->layout.ncols; i++) {
			if (rank_of(&cells[i]) != rank)
				continue;
			if (!is_weight(r, i))
				fold_cell(f, &cells[i], &sep);
			else if (!weight)	/* the count stands last */
				weight = cells[i].num;
		}
	}
	fprintf(f, "%s %" PRIu64 "\n", *sep ? "" : "all", weight);
	fclose(f);
}

const struct emitter folded_emitter = {
	.row = folded_row,
};

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * CSV as RFC 4180 quotes it, lines ended by LF as Unix tools have them; the
 * keys of NDJSON in the first line.  Empty is unknown, "" an empty string.
 */
#include "tools/frontend/heap_int.h"

#include <string.h>

#define CELL_MAX 1024

/* Cleaned at the end of the room that the caller gives, then quoted towards
 * it: what is written never gets ahead of what is read. */
char *put_csv(char *p, const char *s, size_t len)
{
	char *text = p + len + 2;
	size_t i, n = (size_t)(put_clean(text, s, len) - text);

	if (n && !memchr(text, ',', n) && !memchr(text, '"', n) &&
	    text[0] != ' ' && text[n - 1] != ' ') {
		memmove(p, text, n);
		return p + n;
	}
	*p++ = '"';
	for (i = 0; i < n; i++) {
		if (text[i] == '"')
			*p++ = '"';
		*p++ = text[i];
	}
	*p++ = '"';
	return p;
}

static char *put_field(char *p, const char *s, size_t len)
{
	return put_csv(p, s, len < CELL_MAX ? len : CELL_MAX);
}

static char *put_data(char *p, const struct cell *c)
{
	char text[4 * UINT8_MAX];

	return put_csv(p, text, (size_t)(put_escaped(text, c->text, c->len) -
					 text));
}

static char *put_value(char *p, const struct cell *c)
{
	if (c->null)
		return p;
	switch (kind_holds(c->kind)) {
	case HOLDS_DATA:
		return put_data(p, c);
	case HOLDS_TEXT:
		return put_field(p, c->text, c->len);
	case HOLDS_NAMED:
	case HOLDS_SYMBOL:
		if (c->text)
			return put_field(p, c->text, c->len);
		break;
	default:		/* HOLDS_STACK: put_stack() */
		break;
	}
	return put_bare(p, c);
}

static char *put_extra(char *p, const struct cell *c)
{
	if (c->null || (c->kind == K_NAME && c->age_ns == AGE_UNKNOWN))
		return p;
	if (c->kind == K_MS) {
		memcpy(p, c->least ? "true" : "false", 5);
		return p + (c->least ? 4 : 5);
	}
	if (c->kind == K_NAME)
		return put_u64(p, c->age_ns);
	if (c->kind == K_DATA)
		return put_hex_bytes(p, c->text, c->len);
	return c->text ? put_field(p, c->text, c->len) : p;
}

/* Frames with ';' between them, the outermost last, and why there are none. */
static void put_stack(struct out *o, const struct cell *c)
{
	const char *text = c->text, *frame, *why = NULL;
	char all[STACK_TEXT], *end = all;
	size_t len;

	while (text && (frame = stack_frame(&text, &len))) {
		if (len + 1 > (size_t)(all + sizeof(all) - end))
			break;
		if (end != all)
			*end++ = ';';
		memcpy(end, frame, len);
		end += len;
	}
	len = (size_t)(end - all);
	if (c->text)
		out_done(o, put_csv(out_room(o, 2 * len + 2), all, len));
	else if (!c->null)
		why = errno_name((uint64_t)cell_stack_error(c));
	out_puts(o, ",");
	if (why)
		out_puts(o, why);
}

static void csv_header(struct rows *r)
{
	const char *sep = "";
	char extra[KEY_MAX];
	unsigned i;

	if (tallied_has_time(r)) {
		out_puts(&r->out, stamp_key(r->layout.time));
		sep = ",";
	}
	for (i = 0; i < r->layout.ncols; i++) {
		out_puts(&r->out, sep);
		sep = ",";
		out_puts(&r->out, r->layout.cols[i]->key);
		if (extra_key(r->layout.cols[i], extra, sizeof(extra))) {
			out_puts(&r->out, ",");
			out_puts(&r->out, extra);
		}
	}
	if (r->layout.hist)
		out_puts(&r->out, ",lo,hi,count");
	out_puts(&r->out, "\n");
}

static void put_cells(struct rows *r, const struct cell *cells,
		      const struct moment *when)
{
	char *p = out_room(&r->out, STAMP_MAX);
	unsigned i;

	if (when)
		p = stamp_raw(&r->stamp, p, r->layout.time, when->ns,
			      when->clocks);
	out_done(&r->out, p);
	for (i = 0; i < r->layout.ncols; i++) {
		if (i || when)
			out_puts(&r->out, ",");
		if (kind_stacks(cells[i].kind)) {
			put_stack(&r->out, &cells[i]);
			continue;
		}
		p = out_room(&r->out, 4 * CELL_MAX + 128);
		p = put_value(p, &cells[i]);
		if (r->keys[i].extra_len) {
			*p++ = ',';
			p = put_extra(p, &cells[i]);
		}
		out_done(&r->out, p);
	}
}

static void csv_row(struct rows *r, const struct cell *cells,
		    const struct moment *when)
{
	put_cells(r, cells, when);
	out_put(&r->out, "\n", 1);
}

/* A line for each bucket. */
static void csv_hist(struct rows *r, const struct cell *keys,
		     const struct heap_group *g, const struct moment *when)
{
	FILE *f = out_stream(&r->out);

	if (!f)
		return;
	for (uint32_t i = 0; i < g->nslots; i++) {
		put_cells(r, keys, when);
		heap_csv_slot(f, r->drawn.ask, &g->slots[i]);
		putc('\n', f);
		fflush(f);
	}
	fclose(f);
}

const struct emitter csv_emitter = {
	.header = csv_header,
	.row = csv_row,
	.hist = csv_hist,
};

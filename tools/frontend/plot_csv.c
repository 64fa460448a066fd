/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* CSV (RFC 4180) as it comes, a line at a time and no more than that kept. */
#include "tools/frontend/plot.h"

#include <string.h>

void csv_init(struct csv_reader *r, csv_fn *fn, void *ctx)
{
	memset(r, 0, sizeof(*r));
	r->fn = fn;
	r->ctx = ctx;
	r->line = 1;
}

static void put(struct csv_reader *r, char c)
{
	if (r->len == sizeof(r->buf))
		r->why = "a line is too long";
	else
		r->buf[r->len++] = c;
}

static void begin_field(struct csv_reader *r)
{
	if (r->nfields == CSV_FIELDS)
		r->why = "a line has too many fields";
	else
		r->at[r->nfields++] = (unsigned)r->len;
	r->state = CSV_BARE;
}

static void end_field(struct csv_reader *r)
{
	put(r, '\0');
	begin_field(r);
}

/* What is left of a blank line is nothing. */
static bool end_line(struct csv_reader *r)
{
	char *fields[CSV_FIELDS];
	bool go_on = true;

	if (r->len && r->buf[r->len - 1] == '\r' && r->state == CSV_BARE)
		r->len--;
	put(r, '\0');
	for (unsigned i = 0; i < r->nfields; i++)
		fields[i] = r->buf + r->at[i];
	if (!r->why && (r->nfields > 1 || *r->buf))
		go_on = r->fn(r->ctx, fields, r->nfields);
	r->len = 0;
	r->nfields = 0;
	r->begun = false;
	return go_on && !r->why;
}

/* Of a quoted field; a quote is doubled, or the end of it. */
static void quoted(struct csv_reader *r, char c)
{
	if (r->state == CSV_QUOTED && c == '"') {
		r->state = CSV_QUOTE;
		return;
	}
	if (r->state == CSV_QUOTE && c != '"')
		r->why = "text after a quoted field";
	r->state = CSV_QUOTED;
	put(r, c);
}

static bool take(struct csv_reader *r, char c)
{
	if (!r->begun) {
		r->begun = true;
		begin_field(r);
	}
	if (!c)
		r->why = "a byte of zero";
	else if (r->state == CSV_QUOTE && c == '\r')
		;			/* before the line's end */
	else if (r->state != CSV_QUOTED && c == '\n')
		return end_line(r);
	else if (r->state != CSV_QUOTED && c == ',')
		end_field(r);
	else if (r->state != CSV_BARE)
		quoted(r, c);
	else if (c == '"' && r->at[r->nfields - 1] == r->len)
		r->state = CSV_QUOTED;
	else
		put(r, c);
	return !r->why;
}

bool csv_feed(struct csv_reader *r, const char *text, size_t len)
{
	if (r->why)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!take(r, text[i]))
			return false;
		r->line += text[i] == '\n';
	}
	return true;
}

bool csv_end(struct csv_reader *r)
{
	if (r->why || !r->begun)
		return !r->why;
	if (r->state == CSV_QUOTED)
		r->why = "the last field has no end";
	return end_line(r);
}

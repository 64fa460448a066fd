/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* NDJSON: one object per line, for programs. */
#include "tools/frontend/heap_int.h"

#include <inttypes.h>
#include <string.h>

static char *put_str(char *p, const char *s)
{
	size_t n = strlen(s);

	memcpy(p, s, n);
	return p + n;
}

static void put_string(struct out *o, const char *s)
{
	size_t len = strnlen(s, 1024);

	out_done(o, put_quoted(out_room(o, 6 * len + 2), s, len));
}

static void begin(struct rows *r, const char *type)
{
	out_puts(&r->out, "{\"tool\":");
	put_string(&r->out, r->tool->name);
	out_puts(&r->out, ",\"type\":\"");
	out_puts(&r->out, type);
	out_puts(&r->out, "\"");
}

static void put_number(struct out *o, const char *key, uint64_t v)
{
	char *p;

	out_puts(o, key);
	p = out_room(o, 20);
	out_done(o, put_u64(p, v));
}

/* ts_ns and time, and what -t or -T asks for besides. */
static void put_when(struct rows *r, uint64_t ns, const struct clocks *c)
{
	enum time_col kind = r->layout.time;
	char *p = out_room(&r->out, 256);
	bool text = stamp_is_text(kind);

	p = put_str(p, ",\"ts_ns\":");
	p = put_u64(p, ns);
	p = put_str(p, ",\"time\":\"");
	p = stamp_raw(&r->stamp, p, TIME_ISO, ns, c);
	*p++ = '"';
	if (kind == TIME_REL || kind == TIME_WALL || kind == TIME_UNIX) {
		*p++ = ',';
		*p++ = '"';
		p = put_str(p, stamp_key(kind));
		p = put_str(p, text ? "\":\"" : "\":");
		p = stamp_raw(&r->stamp, p, kind, ns, c);
		if (text)
			*p++ = '"';
	}
	out_done(&r->out, p);
}

/* A number, too, where it may be a string: readers meet one type. */
static char *put_bare_text(char *p, const struct cell *c)
{
	*p++ = '"';
	p = put_bare(p, c);
	*p++ = '"';
	return p;
}

/* Its length fits the byte that struct payload has for it. */
static char *put_data(char *p, const struct cell *c)
{
	char text[4 * UINT8_MAX];

	return put_quoted(p, text, (size_t)(put_escaped(text, c->text, c->len) -
					    text));
}

static char *put_value(char *p, const struct cell *c)
{
	if (c->null)
		return put_str(p, "null");
	switch (kind_holds(c->kind)) {
	case HOLDS_HEX:
	case HOLDS_ADDR:
		return put_bare_text(p, c);
	case HOLDS_DATA:
		return put_data(p, c);
	case HOLDS_TEXT:
		return put_quoted(p, c->text, c->len);
	case HOLDS_NAMED:
	case HOLDS_SYMBOL:
		return c->text ? put_quoted(p, c->text, c->len) :
				 put_bare_text(p, c);
	default:		/* HOLDS_STACK: put_stack() */
		return put_bare(p, c);
	}
}

static char *put_extra(char *p, const struct cell *c)
{
	if (c->null || (c->kind == K_NAME && c->age_ns == AGE_UNKNOWN))
		return put_str(p, "null");
	if (c->kind == K_MS)
		return put_str(p, c->least ? "true" : "false");
	if (c->kind == K_NAME)
		return put_u64(p, c->age_ns);
	if (c->kind == K_DATA) {
		*p++ = '"';
		p = put_hex_bytes(p, c->text, c->len);
		*p++ = '"';
		return p;
	}
	return c->text ? put_quoted(p, c->text, c->len) : put_str(p, "null");
}

/* Frames in an array, or null, and why. */
static void put_stack(struct out *o, const struct json_key *key,
		      const struct cell *c)
{
	const char *text = c->text, *frame, *sep = "", *why = NULL;
	size_t len;

	out_put(o, key->main, key->main_len);
	out_puts(o, text ? "[" : "null");
	while (text && (frame = stack_frame(&text, &len))) {
		out_puts(o, sep);
		len = len < FRAME_MAX ? len : FRAME_MAX;
		out_done(o, put_quoted(out_room(o, 6 * len + 2), frame, len));
		sep = ",";
	}
	if (c->text)
		out_puts(o, "]");
	else if (!c->null)
		why = errno_name((uint64_t)cell_stack_error(c));
	out_put(o, key->extra, key->extra_len);
	if (why)
		put_string(o, why);
	else
		out_puts(o, "null");
}

static void put_cells(struct rows *r, const struct cell *cells)
{
	const struct json_key *key;
	struct out *o = &r->out;
	struct cell cell;
	unsigned i;
	char *p;

	for (i = 0; i < r->layout.ncols; i++) {
		key = &r->keys[i];
		cell = cells[i];
		if (kind_stacks(cell.kind)) {
			put_stack(o, key, &cell);
			continue;
		}
		if (cell.len > 1024)
			cell.len = 1024;
		p = out_room(o, 2 * (KEY_MAX + 64 + 6 * (size_t)cell.len));
		memcpy(p, key->main, key->main_len);
		p = put_value(p + key->main_len, &cell);
		if (key->extra_len) {
			memcpy(p, key->extra, key->extra_len);
			p = put_extra(p + key->extra_len, &cell);
		}
		out_done(o, p);
	}
}

static void json_row(struct rows *r, const struct cell *cells,
		     const struct moment *when)
{
	begin(r, r->tally && !r->top ? "count" : "event");
	if (when)
		put_when(r, when->ns, when->clocks);
	put_cells(r, cells);
	out_put(&r->out, "}\n", 2);
}

/* As count and the like have it, and of what it is. */
static void json_hist(struct rows *r, const struct cell *keys,
		      const struct heap_group *g, const struct moment *when)
{
	FILE *f;

	begin(r, "group");
	put_when(r, when->ns, when->clocks);
	put_cells(r, keys);
	out_puts(&r->out, ",\"column\":");
	put_string(&r->out, r->layout.hist->key);
	out_puts(&r->out, ",\"unit\":");
	put_string(&r->out, r->drawn.unit);
	f = out_stream(&r->out);
	if (!f)
		return;
	heap_json_values(f, r->drawn.ask, g);
	fputs("}\n", f);
	fclose(f);
}

static void json_start(struct rows *r, const struct capture_info *info)
{
	struct out *o = &r->out;

	begin(r, "start");
	put_when(r, info->clocks.start_ns, &info->clocks);
	out_puts(o, ",\"version\":");
	put_string(o, info->version ? info->version : "");
	out_puts(o, ",\"kernel\":");
	put_string(o, info->release);
	out_puts(o, ",\"machine\":");
	put_string(o, info->machine);
	out_puts(o, "}\n");
}

void json_losses(struct out *o, const struct losses *l)
{
#define X(name, text) put_number(o, ",\"" #name "\":", l->name);
	LOSSES(X)
#undef X
}

static void json_loss(struct rows *r, const struct losses *l)
{
	begin(r, "lost");
	json_losses(&r->out, l);
	out_puts(&r->out, "}\n");
}

static void json_counter(struct rows *r, const struct counter_move *m,
			 bool first)
{
	char text[64];

	(void)first;
	begin(r, "counter");
	out_puts(&r->out, ",\"counter\":");
	put_string(&r->out, m->name);
	put_number(&r->out, ",\"delta\":", m->delta);
	snprintf(text, sizeof(text), ",\"per_second\":%.1f", m->per_second);
	out_puts(&r->out, text);
	put_number(&r->out, ",\"netns\":", m->netns);
	out_puts(&r->out, "}\n");
}

static void json_end(struct rows *r, const struct losses *l)
{
	begin(r, "end");
	put_number(&r->out, ",\"shown\":", r->shown);
	if (r->tally)
		put_number(&r->out, ",\"uncounted\":", r->uncounted);
	if (r->layout.hist)
		put_number(&r->out, ",\"unknown\":", r->unknown);
	json_losses(&r->out, l);
	out_puts(&r->out, "}\n");
}

const struct emitter json_emitter = {
	.start = json_start,
	.row = json_row,
	.hist = json_hist,
	.loss = json_loss,
	.counter = json_counter,
	.end = json_end,
};

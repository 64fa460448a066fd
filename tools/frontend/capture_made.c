/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Tools that were made for a request, made again of what their captures say of
 * them.  Only what such tools have is believed.
 */
#include "tools/frontend/capture_int.h"
#include "tools/frontend/rows_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *capture_flag(unsigned bit)
{
	static const char *const words[] = {
		"", "key", "sum", "", "zero", "left", NULL
	};

	_Static_assert(C_KEY == 1 << 1 && C_SUM == 1 << 2 &&
		       C_ZERO == 1 << 4 && C_LEFT == 1 << 5, "words");
	return words[bit];
}

/* Headings and keys go to terminals, JSON and CSV as they are. */
static bool is_word(const char *s)
{
	size_t len = strlen(s);

	if (!len || len >= MEMBER_NAME)
		return false;
	for (; *s; s++)
		if (*s < ' ' || *s >= 0x7f || strchr(",\"\\", *s))
			return false;
	return true;
}

static uint16_t flag_of(const char *word)
{
	for (unsigned i = 0; capture_flag(i); i++)
		if (*word && !strcmp(capture_flag(i), word))
			return (uint16_t)(1u << i);
	return 0;
}

int capture_take_column(struct capture *c)
{
	struct record_strings s = record_strings(c);
	const char *key = string_next(&s), *heading = string_next(&s);
	const char *word = string_next(&s);
	struct file_column *col;
	uint64_t width;

	if (!c->made)
		c->made = calloc(MAX_COLUMNS, sizeof(*c->made));
	if (!c->made)
		return -ENOMEM;
	if (!heading || !is_word(key) || !is_word(heading) ||
	    !string_number(word, &width) || width > MEMBER_NAME - 1 ||
	    c->nmade == MAX_COLUMNS)
		return -EBADMSG;
	for (unsigned i = 0; i < c->nmade; i++)
		if (!strcmp(c->made[i].key, key))
			return -EBADMSG;
	col = &c->made[c->nmade++];
	snprintf(col->key, sizeof(col->key), "%s", key);
	snprintf(col->heading, sizeof(col->heading), "%s", heading);
	col->width = (uint8_t)width;
	while ((word = string_next(&s)))
		col->flags |= flag_of(word);
	return 0;
}

/* Bytes that a column of @kind has here; 0: no request leads to such. */
static uint16_t size_of(const struct member *f)
{
	switch (f->kind) {
	case K_COMM:
		return f->size == 16 || f->size == 32 ? (uint16_t)f->size : 0;
	case K_ADDR:
		return f->size == 16 ? 16 : 0;
	case K_U64:
	case K_S64:
	case K_PORT:
	case K_NETNS:
	case K_ENUM:
	case K_KSTACK:
	case K_USTACK:
		return 8;
	}
	return 0;
}

static bool make_column(struct capture *c, unsigned i)
{
	const struct file_column *from = &c->made[i];
	struct column *col = &c->made_columns[i];
	const struct member *f = c->members;

	while (f < c->members + c->nmembers && strcmp(f->name, from->key))
		f++;
	if (f == c->members + c->nmembers || !size_of(f))
		return false;
	*col = (struct column){
		.key = from->key, .heading = from->heading,
		.help = "as it was asked for", .kind = f->kind,
		.width = from->width, .flags = from->flags,
		.off = (uint16_t)c->made_tool.event_size, .size = size_of(f),
	};
	c->made_tool.event_size += col->size;
	return true;
}

const struct tool *capture_made(struct capture *c, const struct tool *base,
				struct err *e)
{
	const struct verb *v = c->tool_name ? verb_find(c->tool_name) : NULL;

	if (!base && !v) {
		err_set(e, EBADMSG, "capture: of nothing that asks: %s",
			c->tool_name ? c->tool_name : "(no name)");
		return NULL;
	}
	c->made_tool = (struct tool){
		.name = base ? base->name : v->name,
		.summary = base ? base->summary : v->summary,
		.flags = T_ASK | T_STACKS | (c->nmaps ? T_TALLY : T_COUNT),
		.columns = c->made_columns, .event_size = sizeof(struct event),
	};
	for (unsigned i = 0; i < c->nmade; i++) {
		if (make_column(c, i))
			continue;
		err_set(e, EBADMSG, "capture: no such column: %s",
			c->made[i].key);
		return NULL;
	}
	return &c->made_tool;
}

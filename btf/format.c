/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * format.c - tracefs event formats (Documentation/trace/events.rst, 2.2).
 *
 *	field:__u16 sport;	offset:24;	size:2;	signed:0;
 */
#include <errno.h>

#include "btf_int.h"

/* A piece of the text. */
struct span {
	const char *p, *end;
};

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_';
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static void skip_blanks(struct span *s)
{
	while (s->p < s->end && is_blank(*s->p))
		s->p++;
}

static bool accept(struct span *s, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(s->end - s->p) < n || memcmp(s->p, word, n))
		return false;
	s->p += n;
	return true;
}

static bool contains(struct span s, const char *word)
{
	size_t n = strlen(word);

	for (; (size_t)(s.end - s.p) >= n; s.p++)
		if (!memcmp(s.p, word, n))
			return true;
	return false;
}

static bool next_line(struct span *text, struct span *line)
{
	const char *nl;

	if (text->p >= text->end)
		return false;
	line->p = text->p;
	nl = memchr(text->p, '\n', (size_t)(text->end - text->p));
	line->end = nl ? nl : text->end;
	text->p = nl ? nl + 1 : text->end;
	return true;
}

/* Up to the ';', which is passed. */
static bool next_part(struct span *line, struct span *part)
{
	const char *semi;

	skip_blanks(line);
	if (line->p >= line->end)
		return false;
	semi = memchr(line->p, ';', (size_t)(line->end - line->p));
	if (!semi)
		return false;
	part->p = line->p;
	part->end = semi;
	line->p = semi + 1;
	return true;
}

/* "key:N" */
static bool number_part(struct span *line, const char *key, uint64_t *value)
{
	const char *rest;
	struct span part;

	return next_part(line, &part) && accept(&part, key) &&
	       text_number(part.p, part.end, value, &rest) &&
	       rest == part.end && *value <= UINT32_MAX / 16;
}

/* Cut "__u8 saddr[4]" into declaration and name; is it an array? */
static struct span cut_name(struct span *decl, bool *array)
{
	struct span name;

	*array = decl->p < decl->end && decl->end[-1] == ']';
	while (*array && decl->end > decl->p && decl->end[-1] != '[')
		decl->end--;
	while (decl->end > decl->p && !is_word(decl->end[-1]))
		decl->end--;
	name.end = decl->end;
	while (decl->end > decl->p && is_word(decl->end[-1]))
		decl->end--;
	name.p = decl->end;
	return name;
}

static void set_class(struct field *f, struct span decl, bool array)
{
	struct span s = decl;

	skip_blanks(&s);
	f->class = f->is_signed ? FIELD_SIGNED : FIELD_UNSIGNED;
	/* A word that says where the data is, and how long (dynamic arrays) */
	if (contains(decl, "__data_loc") || contains(decl, "__rel_loc"))
		f->class = FIELD_COMPOSITE;
	else if (array)
		f->class = FIELD_ARRAY;
	else if (contains(decl, "*"))
		f->class = FIELD_POINTER;
	else if (accept(&s, "enum "))
		f->class = FIELD_ENUM;
	else if (accept(&s, "struct ") || accept(&s, "union "))
		f->class = FIELD_COMPOSITE;
}

/* 1: it is the field @name; 0: another line; or -EINVAL */
static int parse_line(struct span line, const char *name, struct field *f)
{
	uint64_t off, size, sign = 0;
	struct span decl, own;
	bool array;

	skip_blanks(&line);
	if (!accept(&line, "field:") && !accept(&line, "field special:"))
		return 0;
	if (!next_part(&line, &decl))
		return -EINVAL;
	own = cut_name(&decl, &array);
	if ((size_t)(own.end - own.p) != strlen(name) ||
	    memcmp(own.p, name, strlen(name)))
		return 0;
	if (!number_part(&line, "offset:", &off) ||
	    !number_part(&line, "size:", &size))
		return -EINVAL;
	skip_blanks(&line);
	if (line.p < line.end && !number_part(&line, "signed:", &sign))
		return -EINVAL;
	f->off = (uint32_t)off;
	f->size = (uint32_t)size;
	f->bit_off = f->off * 8;
	f->is_signed = sign != 0;
	f->exists = true;
	set_class(f, decl, array);
	return 1;
}

int format_field(const char *text, size_t len, const char *name,
		 struct field *f, const char **why)
{
	struct span rest = { text, text + len }, line;
	bool any = false;
	int found;

	memset(f, 0, sizeof(*f));
	*why = "broken field line in an event's format";
	while (next_line(&rest, &line)) {
		if (accept(&line, "print fmt:"))
			break;
		any |= contains(line, "field:");
		found = parse_line(line, name, f);
		if (found)
			return found < 0 ? found : 0;
	}
	if (!any) {
		*why = "not an event's format";
		return -EINVAL;
	}
	*why = "the event has no such field";
	return -ENOENT;
}

int format_id(const char *text, size_t len)
{
	struct span rest = { text, text + len }, line;
	const char *end;
	uint64_t id;

	while (next_line(&rest, &line)) {
		if (!accept(&line, "ID:"))
			continue;
		skip_blanks(&line);
		if (text_number(line.p, line.end, &id, &end) &&
		    end == line.end && id <= INT32_MAX)
			return (int)id;
		break;
	}
	return -EINVAL;
}

/* ---- __print_symbolic(REC->reason, { 2, "NOT_SPECIFIED" }, ...) -------- */

/* After the name of the field, as in "(REC->reason," or "((REC->reason),". */
static bool accept_field(struct span *s, const char *field)
{
	while (s->p < s->end && (is_blank(*s->p) || *s->p == '('))
		s->p++;
	if (!accept(s, "REC->") || !accept(s, field))
		return false;
	while (s->p < s->end && (is_blank(*s->p) || *s->p == ')'))
		s->p++;
	return accept(s, ",");
}

/* Before 5.x and in modules, entries may be names still: no number. */
static bool entry_number(struct span *s, uint64_t *value)
{
	bool negative;

	skip_blanks(s);
	while (accept(s, "("))
		skip_blanks(s);
	negative = accept(s, "-");
	if (!text_number(s->p, s->end, value, &s->p))
		return false;
	while (s->p < s->end && (*s->p == 'U' || *s->p == 'L' ||
				 *s->p == 'u' || *s->p == 'l'))
		s->p++;
	if (negative)
		*value = 0 - *value;
	while (s->p < s->end && (is_blank(*s->p) || *s->p == ')'))
		s->p++;
	return accept(s, ",");
}

/* The quoted text, up to the closing brace. */
static bool entry_text(struct span *s, struct span *text)
{
	skip_blanks(s);
	if (!accept(s, "\""))
		return false;
	text->p = s->p;
	while (s->p < s->end && *s->p != '"')
		s->p++;
	text->end = s->p;
	return accept(s, "\"");
}

static int table_look(struct span *s, uint64_t value, char *buf, size_t buflen)
{
	struct span name, in;
	uint64_t v;
	size_t n;

	for (;;) {
		while (s->p < s->end && (is_blank(*s->p) || *s->p == ','))
			s->p++;
		if (!accept(s, "{"))
			return -ENOENT;
		in = *s;
		if (entry_number(&in, &v) && v == value &&
		    entry_text(&in, &name)) {
			n = (size_t)(name.end - name.p);
			if (n >= buflen)
				return -ENOSPC;
			memcpy(buf, name.p, n);
			buf[n] = '\0';
			return 0;
		}
		while (s->p < s->end && *s->p != '}')
			s->p++;
		if (!accept(s, "}"))
			return -ENOENT;
	}
}

int format_symbol(const char *text, size_t len, const char *field,
		  uint64_t value, char *buf, size_t buflen)
{
	struct span s = { text, text + len }, table;
	int err;

	for (; s.p < s.end; s.p++) {
		if (*s.p != '_' || !accept(&s, "__print_symbolic"))
			continue;
		table = s;
		s.p--;
		accept(&table, "64");	/* on 32-bit kernels, for u64 */
		if (!accept_field(&table, field))
			continue;
		err = table_look(&table, value, buf, buflen);
		if (err != -ENOENT)
			return err;
	}
	return -ENOENT;
}

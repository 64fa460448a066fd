/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * fields.c - tables of fields as text: reading them.
 *
 * The grammar is in btf.h.  A table answers what it has a line for and
 * nothing else: what it is silent about may well exist.
 */
#include <errno.h>
#include <stdlib.h>

#include "btf_int.h"

#define ENTRIES_MAX	8192

enum entry_kind {
	ENTRY_FIELD,	/* TYPE:PATH off N size N [bits N+N] CLASS | absent */
	ENTRY_ENUM,	/* TYPE:NAME value N | absent, of an enum */
	ENTRY_TYPE,	/* TYPE exists | absent */
	ENTRY_SIZE,	/* TYPE size N */
	ENTRY_ID,	/* TYPE id N */
	ENTRY_MATCH,	/* TYPE matches | differs */
	ENTRY_FUNC,	/* func NAME args N */
};

struct entry {
	uint8_t kind;
	bool absent;
	const char *type, *path;
	size_t len;		/* essential, of type */
	struct field field;
	uint64_t value;
};

struct fields {
	char *text;		/* cut into words; entries point into it */
	const char *build_id;
	struct entry *entries;
	size_t n, cap;
};

/* A line being taken apart, from both ends: type names may have spaces. */
struct line {
	char *s;
	const char *why;
};

static bool slip(struct line *l, const char *why)
{
	if (!l->why)
		l->why = why;
	return false;
}

/* The last word, cut off, or NULL. */
static char *last_word(struct line *l)
{
	char *p = strrchr(l->s, ' ');

	if (!p || !p[1])
		return NULL;
	*p = '\0';
	return p + 1;
}

static char *first_word(struct line *l)
{
	char *p = l->s, *space = strchr(p, ' ');

	l->s = space ? space + 1 : p + strlen(p);
	if (space)
		*space = '\0';
	return p;
}

static bool number(struct line *l, const char *s, uint64_t max,
		   uint64_t *value)
{
	bool negative = *s == '-' && max == UINT64_MAX;
	const char *rest;

	s += negative;
	if (!text_number(s, s + strlen(s), value, &rest) || *rest ||
	    *value > max)
		return slip(l, "not a number, or too large");
	if (negative)
		*value = 0 - *value;
	return true;
}

static bool parse_class(struct line *l, struct field *f)
{
	char *word = first_word(l);
	unsigned int i;

	if (!strcmp(word, "signed") && !strcmp(l->s, "enum")) {
		f->is_signed = true;
		word = first_word(l);
	}
	for (i = FIELD_NONE; i <= FIELD_FUNC; i++)
		if (!strcmp(word, class_name(i)))
			break;
	if (i > FIELD_FUNC)
		return slip(l, "unknown class of field");
	f->class = (uint8_t)i;
	if (i == FIELD_SIGNED)
		f->is_signed = true;
	return *l->s ? slip(l, "something after the end") : true;
}

/* "8+4": from bit 8 of the unit, four of them. */
static bool parse_bits(struct line *l, struct field *f, char *word)
{
	char *plus = strchr(word, '+');
	uint64_t from, n;

	if (!plus)
		return slip(l, "bits want FROM+COUNT");
	*plus++ = '\0';
	if (!number(l, word, 64, &from) || !number(l, plus, 64, &n))
		return false;
	if (!n || f->size > 8 || from + n > f->size * 8)
		return slip(l, "bits outside of their unit");
	field_set_bits(f, f->off * 8 + (uint32_t)from, (uint32_t)n, 1);
	return true;
}

/* What follows "TYPE:PATH ". */
static bool parse_field(struct line *l, struct entry *e)
{
	struct field *f = &e->field;
	uint64_t off, size;

	if (!strcmp(l->s, "absent")) {
		e->absent = true;
		return true;
	}
	if (strcmp(first_word(l), "off"))
		return slip(l, "expected \"off\" or \"absent\"");
	if (!number(l, first_word(l), UINT32_MAX / 16, &off))
		return false;
	if (strcmp(first_word(l), "size"))
		return slip(l, "expected \"size\"");
	if (!number(l, first_word(l), UINT32_MAX / 16, &size))
		return false;
	f->exists = true;
	f->off = (uint32_t)off;
	f->size = (uint32_t)size;
	f->bit_off = f->off * 8;
	if (!strncmp(l->s, "bits ", 5)) {
		first_word(l);
		if (!parse_bits(l, f, first_word(l)))
			return false;
	}
	return parse_class(l, f);
}

static bool parse_enum(struct line *l, struct entry *e)
{
	if (!strcmp(l->s, "absent")) {
		e->absent = true;
		return true;
	}
	if (strcmp(first_word(l), "value"))
		return slip(l, "expected \"value\" or \"absent\"");
	return number(l, l->s, UINT64_MAX, &e->value);
}

/* A line without a path: the verb is at the end. */
static bool parse_type(struct line *l, struct entry *e)
{
	char *word = last_word(l), *verb;

	if (!word)
		return slip(l, "unknown line");
	e->kind = ENTRY_TYPE;
	if (!strcmp(word, "exists"))
		return true;
	e->absent = true;
	if (!strcmp(word, "absent"))
		return true;
	e->kind = ENTRY_MATCH;
	if (!strcmp(word, "differs"))
		return true;
	e->absent = false;
	if (!strcmp(word, "matches"))
		return true;
	verb = last_word(l);
	e->kind = ENTRY_SIZE;
	if (verb && !strcmp(verb, "id"))
		e->kind = ENTRY_ID;
	else if (verb && !strcmp(verb, "args") &&
		 !strncmp(l->s, "func ", 5))
		e->kind = ENTRY_FUNC;
	else if (!verb || strcmp(verb, "size"))
		return slip(l, "unknown line");
	return number(l, word, e->kind == ENTRY_FUNC ? 255 : UINT32_MAX,
		      &e->value);
}

static bool parse_entry(struct line *l, struct entry *e)
{
	char *colon = strchr(l->s, ':'), *type = l->s;
	bool ok;

	memset(e, 0, sizeof(*e));
	e->path = "";
	if (colon) {
		*colon = '\0';
		l->s = colon + 1;
		e->path = first_word(l);
		e->kind = ENTRY_FIELD;
		/* A typedef of an enum has no keyword to tell */
		if (!strncmp(type, "enum ", 5) || !strncmp(l->s, "value ", 6))
			e->kind = ENTRY_ENUM;
		ok = e->kind == ENTRY_ENUM ? parse_enum(l, e) :
		     parse_field(l, e);
	} else {
		ok = parse_type(l, e);
	}
	e->type = e->kind == ENTRY_FUNC ? type + 5 : type;
	e->len = e->kind == ENTRY_MATCH ? strlen(e->type) :
		 btf_essential_len(e->type);
	if (ok && (!e->len || *e->type == ' ' ||
		   e->type[strlen(e->type) - 1] == ' '))
		return slip(l, "a name is missing");
	return ok;
}

static bool same_key(const struct entry *a, const struct entry *b)
{
	return a->kind == b->kind && a->len == b->len &&
	       !memcmp(a->type, b->type, a->len) && !strcmp(a->path, b->path);
}

/*
 * Said twice, and differently?  "absent" beside an answer is no conflict: the
 * program asked in two flavours and one did not fit.  Nor are fields of two
 * classes.
 */
static bool conflict(const struct entry *a, const struct entry *b)
{
	if (!same_key(a, b) || a->absent != b->absent)
		return false;
	if (a->kind == ENTRY_FIELD && a->field.class != b->field.class)
		return false;
	return a->value != b->value || a->field.bit_off != b->field.bit_off ||
	       a->field.bit_size != b->field.bit_size ||
	       a->field.size != b->field.size;
}

static bool add_entry(struct fields *t, struct line *l, const struct entry *e)
{
	struct entry *entries;
	size_t i;

	/* Each line is compared with all others, see above */
	if (t->n >= ENTRIES_MAX)
		return slip(l, "too many lines");
	for (i = 0; i < t->n; i++)
		if (conflict(&t->entries[i], e))
			return slip(l, "said twice, differently");
	entries = grow(t->entries, t->n, &t->cap, sizeof(*e));
	if (!entries)
		return slip(l, "out of memory");
	t->entries = entries;
	entries[t->n++] = *e;
	return true;
}

static bool parse_build_id(struct fields *t, struct line *l)
{
	if (t->build_id)
		return slip(l, "a second build-id");
	t->build_id = l->s;
	if (!strcmp(l->s, "-"))
		t->build_id = "";
	else if (!*l->s || l->s[strspn(l->s, "0123456789abcdef")])
		return slip(l, "build-id is not in lower-case hex");
	return true;
}

static bool parse_line(struct fields *t, struct line *l, unsigned int n)
{
	struct entry e;

	if (n == 1)
		return !strcmp(l->s, "# sockeye fields 1") ||
		       slip(l, "not a field table (\"# sockeye fields 1\")");
	if (!*l->s || *l->s == '#' || !strncmp(l->s, "kernel ", 7))
		return true;
	if (!strncmp(l->s, "build-id ", 9)) {
		l->s += 9;
		return parse_build_id(t, l);
	}
	return parse_entry(l, &e) && add_entry(t, l, &e);
}

static int parse_text(struct fields *t, size_t len, unsigned int *line,
		      const char **why)
{
	char *p = t->text, *end = t->text + len, *nl;
	struct line l;

	for (*line = 1; p < end || *line == 1; p = nl + 1, ++*line) {
		nl = memchr(p, '\n', (size_t)(end - p));
		if (!nl)
			nl = end;
		*nl = '\0';
		l = (struct line){ .s = p };
		if (strlen(p) != (size_t)(nl - p))
			slip(&l, "a NUL in the text");
		else if (nl > p && nl[-1] == '\r')
			nl[-1] = '\0';	/* went through Windows */
		if (l.why || !parse_line(t, &l, *line)) {
			*why = l.why;
			return strcmp(l.why, "out of memory") ? -EINVAL :
			       -ENOMEM;
		}
	}
	*why = "no build-id line";
	return t->build_id ? 0 : -EINVAL;
}

int fields_new(struct fields **out, const char *text, size_t len,
	       unsigned *line, const char **why)
{
	struct fields *t;
	int err;

	*out = NULL;
	*line = 0;
	*why = "out of memory";
	if (len == SIZE_MAX)
		return -ENOMEM;
	t = calloc(1, sizeof(*t));
	if (t)
		t->text = malloc(len + 1);
	if (!t || !t->text) {
		fields_free(t);
		return -ENOMEM;
	}
	if (len)
		memcpy(t->text, text, len);
	t->text[len] = '\0';
	err = parse_text(t, len, line, why);
	if (err) {
		fields_free(t);
		return err;
	}
	*why = NULL;
	*out = t;
	return 0;
}

void fields_free(struct fields *t)
{
	if (!t)
		return;
	free(t->entries);
	free(t->text);
	free(t);
}

const char *fields_build_id(const struct fields *t)
{
	return t->build_id;
}

/* ---- answering -------------------------------------------------------- */

/* The entry for a key: one that is there before one that is absent. */
static const struct entry *find(const struct fields *t,
				const struct entry *key,
				unsigned int local_class)
{
	const struct entry *e, *absent = NULL;
	size_t i;

	for (i = 0; i < t->n; i++) {
		e = &t->entries[i];
		if (!same_key(e, key))
			continue;
		if (!e->absent && class_compatible(local_class, e->field.class))
			return e;
		absent = e;	/* or of a class that does not fit */
	}
	return absent;
}

/* Does a line imply that the type exists? */
static bool type_is_there(const struct fields *t, const struct entry *key)
{
	const struct entry *e;
	size_t i;

	for (i = 0; i < t->n; i++) {
		e = &t->entries[i];
		if (!e->absent && e->kind <= ENTRY_ID && e->len == key->len &&
		    !memcmp(e->type, key->type, e->len))
			return true;
	}
	return false;
}

static int type_answer(const struct fields *t, struct entry *key,
		       const struct question *q, struct answer *a)
{
	const struct entry *e;

	key->kind = q->kind == CORE_TYPE_SIZE ? ENTRY_SIZE :
		    q->kind == CORE_TYPE_ID_TARGET ? ENTRY_ID :
		    q->kind == CORE_TYPE_MATCHES ? ENTRY_MATCH : ENTRY_TYPE;
	if (q->kind == CORE_TYPE_MATCHES)
		key->len = strlen(q->type);
	e = find(t, key, FIELD_NONE);
	if (e && !e->absent) {
		answer_value(a, key->kind == ENTRY_SIZE ||
				key->kind == ENTRY_ID ? e->value : 1);
		return 0;
	}
	if (q->kind == CORE_TYPE_EXISTS && type_is_there(t, key)) {
		answer_value(a, 1);
		return 0;
	}
	if (!e && q->kind != CORE_TYPE_EXISTS) {
		key->kind = ENTRY_TYPE;
		key->len = btf_essential_len(q->type);
		e = find(t, key, FIELD_NONE);
		if (e && !e->absent)
			e = NULL;
	}
	if (!e)
		return -ENOENT;
	answer_absent(a, q->kind);
	return 0;
}

int fields_core(const struct fields *t, const struct question *q,
		struct answer *a)
{
	struct entry key = { .type = q->type, .path = q->path };
	const struct entry *e;

	memset(a, 0, sizeof(*a));
	a->source = "fields";
	if (q->kind > CORE_TYPE_MATCHES || !q->type || !q->path)
		return -EINVAL;
	key.len = btf_essential_len(q->type);
	if (q->kind == CORE_TYPE_ID_LOCAL) {
		answer_value(a, q->local_id);
		return 0;
	}
	if (q->kind > CORE_FIELD_RSHIFT_U64 && q->kind < CORE_ENUMVAL_EXISTS) {
		key.path = "";
		return type_answer(t, &key, q, a);
	}
	if (q->kind == CORE_TYPE_MATCHES) {
		key.path = "";
		return type_answer(t, &key, q, a);
	}
	key.kind = q->kind <= CORE_FIELD_RSHIFT_U64 ? ENTRY_FIELD : ENTRY_ENUM;
	e = find(t, &key, key.kind == ENTRY_FIELD ? q->local_class :
				FIELD_NONE);
	if (!e)
		return -ENOENT;
	if (e->absent || (key.kind == ENTRY_FIELD &&
			  !class_compatible(q->local_class, e->field.class)))
		answer_absent(a, q->kind);
	else if (key.kind == ENTRY_FIELD)
		answer_field(a, q->kind, &e->field, HOST_BIG_ENDIAN);
	else
		answer_value(a, q->kind == CORE_ENUMVAL_VALUE ? e->value : 1);
	return 0;
}

int fields_func_args(const struct fields *t, const char *func)
{
	struct entry key = { .kind = ENTRY_FUNC, .type = func, .path = "" };
	const struct entry *e;

	key.len = btf_essential_len(func);
	e = find(t, &key, FIELD_NONE);
	return e ? (int)e->value : -ENOENT;
}

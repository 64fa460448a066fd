/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A strict reader (RFC 8259) of one flat object, the way NDJSON is promised:
 * what a lenient one would let pass is a defect here. */
#include "live.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reader {
	const char *p, *end;
	const char *why;
};

static void blanks(struct reader *r)
{
	while (r->p < r->end && (*r->p == ' ' || *r->p == '\t'))
		r->p++;
}

static bool want(struct reader *r, char c)
{
	if (r->p < r->end && *r->p == c) {
		r->p++;
		return true;
	}
	return false;
}

static bool fail(struct reader *r, const char *why)
{
	if (!r->why)
		r->why = why;
	return false;
}

static bool hex4(struct reader *r, unsigned *v)
{
	unsigned i;

	*v = 0;
	for (i = 0; i < 4; i++, r->p++) {
		static const char digits[] = "0123456789abcdefABCDEF";
		const char *d;

		if (r->p >= r->end || !*r->p || !(d = strchr(digits, *r->p)))
			return fail(r, "\\u without four hex digits");
		*v = *v * 16 + (d - digits < 16 ? d - digits :
				d - digits - 6);
	}
	return true;
}

/* Length of the UTF-8 sequence at p; 0: it is none. */
static unsigned utf8(const unsigned char *p, size_t left)
{
	unsigned n, i;

	if (p[0] < 0x80)
		return 1;
	n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
	if (p[0] < 0xc2 || p[0] > 0xf4 || left < n)
		return 0;
	for (i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	/* overlong forms, surrogates, beyond 10ffff */
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return n;
}

static void keep(char *buf, size_t size, size_t *len, char c)
{
	if (*len + 1 < size)
		buf[(*len)++] = c;
	buf[*len] = '\0';
}

static bool escape(struct reader *r, char *buf, size_t size, size_t *len)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *e;
	unsigned v;

	if (r->p >= r->end || !*r->p)
		return fail(r, "string ends in a backslash");
	if (*r->p == 'u') {
		r->p++;
		if (!hex4(r, &v))
			return false;
		keep(buf, size, len, v < 0x80 ? (char)v : '?');
		return true;
	}
	e = strchr(from, *r->p++);
	if (!e)
		return fail(r, "unknown escape");
	keep(buf, size, len, to[e - from]);
	return true;
}

static bool string(struct reader *r, char *buf, size_t size)
{
	size_t len = 0;
	unsigned n;

	buf[0] = '\0';
	if (!want(r, '"'))
		return fail(r, "string expected");
	while (r->p < r->end) {
		if (want(r, '"'))
			return true;
		if (want(r, '\\')) {
			if (!escape(r, buf, size, &len))
				return false;
			continue;
		}
		if ((unsigned char)*r->p < 0x20)
			return fail(r, "control character in a string");
		n = utf8((const unsigned char *)r->p, r->end - r->p);
		if (!n)
			return fail(r, "string is not UTF-8");
		while (n--)
			keep(buf, size, &len, *r->p++);
	}
	return fail(r, "string without end");
}

static unsigned digits(struct reader *r)
{
	unsigned n = 0;

	for (; r->p < r->end && *r->p >= '0' && *r->p <= '9'; r->p++)
		n++;
	return n;
}

static bool json_number(struct reader *r, char *buf, size_t size)
{
	const char *start = r->p;

	want(r, '-');
	if (want(r, '0')) {
		if (digits(r))
			return fail(r, "number with a leading zero");
	} else if (!digits(r)) {
		return fail(r, "value expected");
	}
	if (want(r, '.') && !digits(r))
		return fail(r, "no digits after the point");
	if (want(r, 'e') || want(r, 'E')) {
		if (!want(r, '+'))
			want(r, '-');
		if (!digits(r))
			return fail(r, "no digits in the exponent");
	}
	snprintf(buf, size, "%.*s", (int)(r->p - start), start);
	return true;
}

static bool word(struct reader *r, const char *w, char *buf, size_t size)
{
	size_t len = strlen(w);

	if ((size_t)(r->end - r->p) < len || memcmp(r->p, w, len))
		return false;
	r->p += len;
	snprintf(buf, size, "%s", w);
	return true;
}

static bool value(struct reader *r, char *buf, size_t size, char *kind)
{
	if (r->p < r->end && *r->p == '"') {
		*kind = 's';
		return string(r, buf, size);
	}
	*kind = 'b';
	if (word(r, "true", buf, size) || word(r, "false", buf, size))
		return true;
	*kind = '0';
	if (word(r, "null", buf, size))
		return true;
	*kind = 'n';
	return json_number(r, buf, size);
}

static bool member(struct json *j, struct reader *r)
{
	unsigned i;

	if (j->n == JSON_FIELDS)
		return fail(r, "too many members");
	blanks(r);
	if (!string(r, j->f[j->n].key, sizeof(j->f[0].key)))
		return false;
	for (i = 0; i < j->n; i++)
		if (!strcmp(j->f[i].key, j->f[j->n].key))
			return fail(r, "a key stands twice");
	blanks(r);
	if (!want(r, ':'))
		return fail(r, "colon expected");
	blanks(r);
	if (!value(r, j->f[j->n].value, sizeof(j->f[0].value),
		   &j->f[j->n].kind))
		return false;
	j->n++;
	blanks(r);
	return true;
}

bool json_parse(struct json *j, const char *line, size_t len)
{
	struct reader r = { line, line + len, NULL };
	bool ok;

	j->n = 0;
	blanks(&r);
	ok = want(&r, '{') || fail(&r, "not an object");
	blanks(&r);
	if (ok && !want(&r, '}')) {
		do
			ok = member(j, &r);
		while (ok && want(&r, ','));
		ok = ok && (want(&r, '}') || fail(&r, "comma expected"));
	}
	blanks(&r);
	if (ok && r.p != r.end)
		ok = fail(&r, "something follows the object");
	j->why = r.why;
	return ok;
}

const char *json_get(const struct json *j, const char *key)
{
	unsigned i;

	for (i = 0; i < j->n; i++)
		if (!strcmp(j->f[i].key, key))
			return j->f[i].value;
	return NULL;
}

uint64_t json_u64(const struct json *j, const char *key)
{
	const char *v = json_get(j, key);
	uint64_t n;

	return v && cell_u64(v, &n) ? n : 0;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "json.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define DEPTH 32

struct reader {
	const char *p, *end;
	unsigned depth;
};

static void blanks(struct reader *r)
{
	while (r->p < r->end && *r->p && strchr(" \t\r\n", *r->p))
		r->p++;
}

static bool take(struct reader *r, char c)
{
	if (r->p == r->end || *r->p != c)
		return false;
	r->p++;
	return true;
}

static bool word(struct reader *r, const char *w)
{
	while (*w)
		if (!take(r, *w++))
			return false;
	return true;
}

static bool digits(struct reader *r)
{
	const char *start = r->p;

	while (r->p < r->end && *r->p >= '0' && *r->p <= '9')
		r->p++;
	return r->p > start;
}

static bool number(struct reader *r)
{
	take(r, '-');
	if (!take(r, '0') && !digits(r))
		return false;
	if (take(r, '.') && !digits(r))
		return false;
	if (take(r, 'e') || take(r, 'E')) {
		if (!take(r, '+'))
			take(r, '-');
		return digits(r);
	}
	return true;
}

/* One character of several bytes, its first being @c. */
static bool utf8(struct reader *r, uint8_t c)
{
	static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
	int more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1, i;
	uint32_t cp = c & (0x3fu >> more);

	if (c < 0xc2 || c > 0xf4)
		return false;
	for (i = 0; i < more; i++) {
		if (r->p == r->end || ((uint8_t)*r->p & 0xc0) != 0x80)
			return false;
		cp = cp << 6 | ((uint8_t)*r->p++ & 0x3f);
	}
	return cp >= least[more] && cp <= 0x10ffff &&
	       (cp < 0xd800 || cp > 0xdfff);
}

static bool escape(struct reader *r)
{
	int i;

	if (r->p == r->end)
		return false;
	if (*r->p != 'u')
		return *r->p && strchr("\"\\/bfnrt", *r->p++);
	r->p++;
	for (i = 0; i < 4; i++)
		if (r->p == r->end || !*r->p ||
		    !strchr("0123456789abcdefABCDEF", *r->p++))
			return false;
	return true;
}

static bool string(struct reader *r)
{
	uint8_t c;

	if (!take(r, '"'))
		return false;
	while (r->p < r->end) {
		c = (uint8_t)*r->p++;
		if (c == '"')
			return true;
		if (c < 0x20 || (c == '\\' && !escape(r)) ||
		    (c >= 0x80 && !utf8(r, c)))
			return false;
	}
	return false;
}

/* An object or array, its members being values again. */
static bool value(struct reader *r)
{
	bool object, ok = true;
	char close;

	blanks(r);
	if (r->p == r->end)
		return false;
	switch (*r->p) {
	case '"':
		return string(r);
	case 't':
		return word(r, "true");
	case 'f':
		return word(r, "false");
	case 'n':
		return word(r, "null");
	case '{':
	case '[':
		break;
	default:
		return number(r);
	}
	object = *r->p++ == '{';
	close = object ? '}' : ']';
	if (++r->depth > DEPTH)
		return false;
	blanks(r);
	if (take(r, close)) {
		r->depth--;
		return true;
	}
	do {
		blanks(r);
		if (object) {
			ok = string(r);
			blanks(r);
			ok = ok && take(r, ':');
		}
		ok = ok && value(r);
		blanks(r);
	} while (ok && take(r, ','));
	r->depth--;
	return ok && take(r, close);
}

bool json_valid(const char *text, size_t len)
{
	struct reader r = { text, text + len, 0 };

	if (!value(&r))
		return false;
	blanks(&r);
	return r.p == r.end;
}

static struct reader reader_at(const char *at)
{
	return (struct reader){ at, at + strlen(at), 0 };
}

/* The @i-th member of the object or array at @at: its key or NULL in *key,
 * its value returned. */
static const char *nth(const char *at, unsigned i, const char **key)
{
	struct reader r = reader_at(at);
	const char *start;
	bool object;

	blanks(&r);
	object = take(&r, '{');
	if (!object && !take(&r, '['))
		return NULL;
	blanks(&r);
	if (r.p == r.end || *r.p == ']' || *r.p == '}')
		return NULL;
	do {
		blanks(&r);
		*key = object ? r.p : NULL;
		if (object) {
			string(&r);
			blanks(&r);
			take(&r, ':');
			blanks(&r);
		}
		start = r.p;
		if (!value(&r))
			return NULL;
		blanks(&r);
		if (!i--)
			return start;
	} while (take(&r, ','));
	return NULL;
}

const char *json_element(const char *at, unsigned i)
{
	const char *key;

	return nth(at, i, &key);
}

bool json_key(const char *at, unsigned i, char *buf, size_t len)
{
	const char *key = NULL;

	if (!nth(at, i, &key) || !key)
		return false;
	snprintf(buf, len, "%.*s", (int)strcspn(key + 1, "\""), key + 1);
	return true;
}

const char *json_member(const char *at, const char *key)
{
	char have[256];
	unsigned i;

	for (i = 0; json_key(at, i, have, sizeof(have)); i++)
		if (!strcmp(have, key))
			return json_element(at, i);
	return NULL;
}

bool json_is(const char *at, const char *text)
{
	struct reader r;

	if (!at)
		return false;
	r = reader_at(at);
	return value(&r) && (size_t)(r.p - at) == strlen(text) &&
	       !memcmp(at, text, strlen(text));
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "tools/frontend/tls.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "tools/tool.h"

#define HOST_NAME 0

/* What is left to read; short reads are the end of it. */
struct body {
	const uint8_t *p;
	size_t len;
};

static bool get8(struct body *b, unsigned *v)
{
	if (!b->len)
		return false;
	*v = *b->p++;
	b->len--;
	return true;
}

static bool get16(struct body *b, unsigned *v)
{
	unsigned low;

	if (b->len < 2 || !get8(b, v) || !get8(b, &low))
		return false;
	*v = *v << 8 | low;
	return true;
}

/* The next @len bytes, or as many as there are. */
static struct body take(struct body *b, size_t len)
{
	struct body part = { b->p, len < b->len ? len : b->len };

	b->p += part.len;
	b->len -= part.len;
	return part;
}

/* 0x0a0a, 0x1a1a ... 0xfafa. */
static bool is_grease(unsigned v)
{
	return (v & 0x0f0f) == 0x0a0a && v >> 8 == (v & 255);
}

static size_t put_shown(char *to, size_t room, struct body b)
{
	size_t i;

	for (i = 0; i < b.len && i < room; i++)
		to[i] = (char)(b.p[i] > 0x20 && b.p[i] < 0x7f ? b.p[i] : '?');
	return i;
}

static size_t server_name(struct body b, char text[TLS_TEXT])
{
	unsigned all, type, len;
	struct body name;

	if (!get16(&b, &all))
		return 0;
	b = take(&b, all);
	while (get8(&b, &type) && get16(&b, &len)) {
		name = take(&b, len);
		if (type == HOST_NAME)
			return put_shown(text, TLS_TEXT - 1, name);
	}
	return 0;
}

static size_t protocols(struct body b, char text[TLS_TEXT])
{
	struct body name;
	unsigned all, len;
	size_t n = 0;

	if (!get16(&b, &all))
		return 0;
	b = take(&b, all);
	while (get8(&b, &len) && b.len && n < TLS_TEXT - 2) {
		name = take(&b, len);
		if (name.len == 2 &&
		    is_grease((unsigned)name.p[0] << 8 | name.p[1]))
			continue;
		if (n)
			text[n++] = ',';
		n += put_shown(text + n, TLS_TEXT - 1 - n, name);
	}
	return n;
}

static size_t version(struct body b, char text[TLS_TEXT])
{
	static const char *const names[] = { "SSL3", "1.0", "1.1", "1.2", "1.3" };
	unsigned all, v, highest = 0;
	int n;

	if (!get8(&b, &all))
		return 0;
	b = take(&b, all);
	while (get16(&b, &v))
		if (!is_grease(v) && v > highest)
			highest = v;
	if (!highest)
		return 0;
	if (highest >= 0x300 && highest - 0x300 < sizeof(names) / sizeof(*names))
		n = snprintf(text, TLS_TEXT, "%s", names[highest - 0x300]);
	else
		n = snprintf(text, TLS_TEXT, "0x%04x", highest);
	return (size_t)n;
}

size_t tls_text(uint8_t kind, const uint8_t *p, size_t len,
		char text[TLS_TEXT])
{
	struct body b = { p, len };
	size_t n = 0;

	switch (kind) {
	case K_TLS_SNI:
		n = server_name(b, text);
		break;
	case K_TLS_ALPN:
		n = protocols(b, text);
		break;
	case K_TLS_VERSION:
		n = version(b, text);
		break;
	}
	text[n] = '\0';
	return n;
}

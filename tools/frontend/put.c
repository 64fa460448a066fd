/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Numbers, addresses and strings as text. */
#include "tools/frontend/rows_int.h"

#include <string.h>

char *put_padded(char *p, uint64_t v, unsigned digits)
{
	unsigned i;

	for (i = digits; i; i--) {
		p[i - 1] = (char)('0' + v % 10);
		v /= 10;
	}
	return p + digits;
}

char *put_u64(char *p, uint64_t v)
{
	char tmp[20];
	unsigned n = 0;

	/* the compiler turns the 32-bit division into a multiplication on
	 * 32-bit machines too, where the 64-bit one is a library call */
	while (v > UINT32_MAX) {
		tmp[n++] = (char)('0' + v % 10);
		v /= 10;
	}
	for (uint32_t w = (uint32_t)v; w || !n; w /= 10)
		tmp[n++] = (char)('0' + w % 10);
	while (n)
		*p++ = tmp[--n];
	return p;
}

char *put_hundredths(char *p, uint64_t v, unsigned hundredths)
{
	p = put_u64(p, v);
	*p++ = '.';
	return put_padded(p, hundredths, 2);
}

char *put_percent(char *p, uint64_t v)
{
	return put_hundredths(p, v / 100, (unsigned)(v % 100));
}

char *put_s64(char *p, int64_t v)
{
	if (v < 0) {
		*p++ = '-';
		return put_u64(p, -(uint64_t)v);
	}
	return put_u64(p, (uint64_t)v);
}

static char *put_hex_digits(char *p, uint64_t v)
{
	int shift = 60;

	while (shift && !(v >> shift))
		shift -= 4;
	for (; shift >= 0; shift -= 4)
		*p++ = "0123456789abcdef"[v >> shift & 15];
	return p;
}

char *put_hex(char *p, uint64_t v)
{
	*p++ = '0';
	*p++ = 'x';
	return put_hex_digits(p, v);
}

bool addr_is_mapped(const uint8_t addr[16])
{
	static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };

	return !memcmp(addr, prefix, sizeof(prefix));
}

/* The longest run of zero groups, two at least (RFC 5952, 4.2). */
static int zero_run(const unsigned *group, int *len)
{
	int i, j, best = -1;

	*len = 1;
	for (i = 0; i < 8; i = j + 1) {
		for (j = i; j < 8 && !group[j]; j++)
			;
		if (j - i > *len) {
			*len = j - i;
			best = i;
		}
	}
	return best;
}

char *put_addr(char *p, const uint8_t a[16])
{
	unsigned group[8];
	int i, run, len;

	if (addr_is_mapped(a)) {
		for (i = 12; i < 16; i++) {
			p = put_u64(p, a[i]);
			if (i < 15)
				*p++ = '.';
		}
		return p;
	}
	/* by hand: musl's inet_ntop shortens a single zero group */
	for (i = 0; i < 8; i++)
		group[i] = (unsigned)a[2 * i] << 8 | a[2 * i + 1];
	run = zero_run(group, &len);
	for (i = 0; i < 8; i++) {
		if (i == run) {
			*p++ = ':';
			*p++ = ':';
			i += len - 1;
			continue;
		}
		if (i && i != run + len)
			*p++ = ':';
		p = put_hex_digits(p, group[i]);
	}
	return p;
}

char *put_bare(char *p, const struct cell *c)
{
	switch (kind_holds(c->kind)) {
	case HOLDS_SIGNED:
		return put_s64(p, (int64_t)c->num);
	case HOLDS_PERCENT:
		return put_percent(p, c->num);
	case HOLDS_HEX:
	case HOLDS_SYMBOL:
		return put_hex(p, c->num);
	case HOLDS_ADDR:
		return put_addr(p, c->addr);
	default:
		return put_u64(p, c->num);
	}
}

/*
 * One UTF-8 character: its length, 0 when it is not valid (overlong,
 * surrogate, cut off).
 */
static size_t decode(const char *s, size_t len, uint32_t *cp)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint8_t c = (uint8_t)s[0];
	size_t n, i;

	*cp = c;
	if (c < 0x80)
		return 1;
	n = c >= 0xf0 && c < 0xf8 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 0;
	if (!n || c >= 0xf8 || n > len)
		return 0;
	*cp = c & (0x7fu >> n);
	for (i = 1; i < n; i++) {
		if (((uint8_t)s[i] & 0xc0) != 0x80)
			return 0;
		*cp = *cp << 6 | ((uint8_t)s[i] & 0x3f);
	}
	if (*cp < least[n] || *cp > 0x10ffff || (*cp >> 11) == 0x1b)
		return 0;
	return n;
}

/*
 * Characters a terminal obeys rather than shows: C0 and C1 controls, and
 * those that turn or hide the text around them.
 */
static bool is_unsafe(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0xad ||
	       cp == 0x061c || (cp >= 0x200b && cp <= 0x200f) ||
	       (cp >= 0x2028 && cp <= 0x202e) ||
	       (cp >= 0x2060 && cp <= 0x206f) || cp == 0xfeff ||
	       (cp >= 0xfff0 && cp <= 0xfffb) || cp >= 0xe0000;
}

char *put_clean(char *p, const char *s, size_t len)
{
	uint32_t cp;
	size_t n;

	while (len) {
		n = decode(s, len, &cp);
		if (!n || is_unsafe(cp)) {
			*p++ = '?';
			n = n ? n : 1;
		} else {
			memcpy(p, s, n);
			p += n;
		}
		s += n;
		len -= n;
	}
	return p;
}

static char *put_byte(char *p, uint8_t c)
{
	*p++ = "0123456789abcdef"[c >> 4];
	*p++ = "0123456789abcdef"[c & 15];
	return p;
}

char *put_hex_bytes(char *p, const char *s, size_t len)
{
	while (len--)
		p = put_byte(p, (uint8_t)*s++);
	return p;
}

char *put_escaped(char *p, const char *s, size_t len)
{
	static const char plain[] = "\n\r\t\\", letters[] = "nrt\\";
	const char *at;

	for (; len; s++, len--) {
		at = memchr(plain, *s, sizeof(plain) - 1);
		if (at) {
			*p++ = '\\';
			*p++ = letters[at - plain];
		} else if (*s >= 0x20 && *s < 0x7f) {
			*p++ = *s;
		} else {
			*p++ = '\\';
			*p++ = 'x';
			p = put_byte(p, (uint8_t)*s);
		}
	}
	return p;
}

static char *put_escape(char *p, uint32_t unit)
{
	int shift;

	*p++ = '\\';
	*p++ = 'u';
	for (shift = 12; shift >= 0; shift -= 4)
		*p++ = "0123456789abcdef"[unit >> shift & 15];
	return p;
}

char *put_quoted(char *p, const char *s, size_t len)
{
	uint32_t cp;
	size_t n;

	*p++ = '"';
	while (len) {
		n = decode(s, len, &cp);
		if (!n) {
			/* not text at all: U+FFFD, as Unicode advises */
			p = put_escape(p, 0xfffd);
			n = 1;
		} else if (cp == '"' || cp == '\\') {
			*p++ = '\\';
			*p++ = (char)cp;
		} else if (is_unsafe(cp) && cp < 0x10000) {
			p = put_escape(p, cp);
		} else {
			memcpy(p, s, n);
			p += n;
		}
		s += n;
		len -= n;
	}
	*p++ = '"';
	return p;
}

/* By blocks, as terminals have them; what is not safe to show is not here. */
static unsigned columns_of(uint32_t cp)
{
	static const struct {
		uint32_t first, last, columns;
	} blocks[] = {
		{ 0x300, 0x36f, 0 }, { 0x1100, 0x115f, 2 },
		{ 0x20d0, 0x20ff, 0 }, { 0x2e80, 0xa4cf, 2 },
		{ 0xac00, 0xd7a3, 2 }, { 0xf900, 0xfaff, 2 },
		{ 0xfe00, 0xfe0f, 0 }, { 0xfe30, 0xfe6f, 2 },
		{ 0xff00, 0xff60, 2 }, { 0xffe0, 0xffe6, 2 },
		{ 0x1f300, 0x1faff, 2 }, { 0x20000, 0x3fffd, 2 },
	};

	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++)
		if (cp >= blocks[i].first && cp <= blocks[i].last)
			return blocks[i].columns;
	return 1;
}

size_t text_fitting(const char *s, size_t len, size_t *columns)
{
	size_t i, n, width;
	uint32_t cp;

	for (i = 0; i < len; i += n ? n : 1) {
		n = decode(s + i, len - i, &cp);
		width = cp < 0x300 ? 1 : columns_of(cp);
		if (width > *columns)
			break;
		*columns -= width;
	}
	return i;
}

size_t text_width(const char *s, size_t len)
{
	size_t left = SIZE_MAX;

	text_fitting(s, len, &left);
	return SIZE_MAX - left;
}

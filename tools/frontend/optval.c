/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * optval - values of options.  Strict: nothing is skipped, wrapped or cut.
 */
#include "tools/frontend/options_int.h"

#include <arpa/inet.h>
#include <string.h>

/* Digits of @base at @text; moves *@end behind them; false on overflow or
 * without any. */
static bool digits(const char *text, unsigned base, uint64_t *out,
		   const char **end)
{
	uint64_t n = 0;
	const char *s;
	unsigned d;

	for (s = text; *s; s++) {
		if (*s >= '0' && *s <= '9')
			d = (unsigned)(*s - '0');
		else if (base == 16 && (*s | 32) >= 'a' && (*s | 32) <= 'f')
			d = (unsigned)((*s | 32) - 'a' + 10);
		else
			break;
		if (n > (UINT64_MAX - d) / base)
			return false;
		n = n * base + d;
	}
	if (s == text)
		return false;
	*out = n;
	*end = s;
	return true;
}

bool val_u64(const char *text, uint64_t min, uint64_t max, uint64_t *out)
{
	const char *end;
	uint64_t n;
	bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');

	if (!digits(hex ? text + 2 : text, hex ? 16 : 10, &n, &end) || *end ||
	    n < min || n > max)
		return false;
	*out = n;
	return true;
}

bool val_size(const char *text, uint64_t *out, bool *unit)
{
	static const char units[] = "KMG";
	const char *end, *u;
	unsigned shift = 0;
	uint64_t n;

	if (!digits(text, 10, &n, &end))
		return false;
	if (*end) {
		u = strchr(units, *end & ~32);
		if (!u || !*u || end[1])
			return false;
		shift = 10 * (unsigned)(u - units + 1);
	}
	if (n > UINT64_MAX >> shift)
		return false;
	*out = n << shift;
	*unit = shift != 0;
	return true;
}

/* The unit of a duration in ns, 0 for none that we know. */
static uint64_t duration_unit(const char *text)
{
	static const struct { const char *name; uint64_t ns; } units[] = {
		{ "", 1000000000 }, { "s", 1000000000 }, { "ms", 1000000 },
		{ "us", 1000 }, { "m", 60000000000 }, { "h", 3600000000000 },
		{ "d", 86400000000000 },
	};
	size_t i;

	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (!strcmp(text, units[i].name))
			return units[i].ns;
	return 0;
}

bool val_duration(const char *text, uint64_t *ns)
{
	uint64_t whole = 0, part = 0, unit, place;
	const char *end = text, *dot;

	if (*text != '.' && !digits(text, 10, &whole, &end))
		return false;
	dot = end;
	if (*end == '.')
		end += 1 + strspn(end + 1, "0123456789");
	if (end == text + 1 && *text == '.')
		return false;
	unit = duration_unit(end);
	if (!unit || whole > INT64_MAX / unit)
		return false;
	/* digits below 1 ns fall off by themselves */
	place = unit;
	while (dot < end && ++dot < end) {
		part += (uint64_t)(*dot - '0') * (place / 10) +
			(uint64_t)(*dot - '0') * (place % 10) / 10;
		place /= 10;
	}
	whole *= unit;
	if (part > INT64_MAX - whole || whole + part == 0)
		return false;
	*ns = whole + part;
	return true;
}

bool val_ports(const char *text, struct port_range *r)
{
	uint64_t lo, hi;
	const char *end;

	if (!digits(text, 10, &lo, &end))
		return false;
	hi = lo;
	if (*end == '-' && !digits(end + 1, 10, &hi, &end))
		return false;
	if (*end || lo < 1 || hi > 65535 || lo > hi)
		return false;
	r->lo = (uint16_t)lo;
	r->hi = (uint16_t)hi;
	return true;
}

bool val_net(const char *text, struct addr_range *r)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	size_t len = strcspn(text, "/");
	char host[INET6_ADDRSTRLEN];
	uint64_t prefix, i, bits;
	struct addr_range a;
	const char *end;

	if (len >= sizeof(host))
		return false;
	memcpy(host, text, len);
	host[len] = '\0';
	if (inet_pton(AF_INET6, host, a.addr) == 1) {
		bits = 128;
	} else if (inet_pton(AF_INET, host, a.addr + 12) == 1) {
		bits = 32;
		memcpy(a.addr, mapped, sizeof(mapped));
	} else {
		return false;
	}
	prefix = bits;
	if (text[len] && (!digits(text + len + 1, 10, &prefix, &end) ||
			  *end || prefix > bits))
		return false;
	prefix += 128 - bits;
	for (i = prefix; i < 128; i++)
		a.addr[i / 8] &= (uint8_t)~(0x80 >> i % 8);
	a.prefix = (uint8_t)prefix;
	*r = a;
	return true;
}

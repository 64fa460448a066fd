/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Times of events as text. */
#include "tools/frontend/rows_int.h"

#include <string.h>

#define NS_PER_SEC 1000000000

static const struct {
	const char *heading, *key;
	uint8_t width;
	bool text;		/* raw form is a string */
} kinds[] = {
	[TIME_NONE] = { NULL, "ts_ns", 0, false },
	[TIME_REL] = { "TIME(s)", "elapsed_ns", 11, false },
	[TIME_WALL] = { "TIME", "time_local", 12, true },
	[TIME_WALL_UTC] = { "TIME", "time", 12, true },
	[TIME_ISO] = { "TIME", "time", 27, true },
	[TIME_UNIX] = { "TIME", "unix_ns", 17, false },
	[TIME_MONO] = { "TIME", "ts_ns", 13, false },
};

const char *stamp_heading(enum time_col kind)
{
	return kinds[kind].heading;
}

unsigned stamp_width(enum time_col kind)
{
	return kinds[kind].width;
}

const char *stamp_key(enum time_col kind)
{
	return kinds[kind].key;
}

bool stamp_is_text(enum time_col kind)
{
	return kinds[kind].text;
}

/* Captures are hostile: sums wrap instead of overflowing. */
static int64_t since_start(uint64_t ns, const struct clocks *c)
{
	return (int64_t)(ns - c->start_ns);
}

static int64_t wall(uint64_t ns, const struct clocks *c)
{
	return (int64_t)(ns + (uint64_t)c->wall_offset_ns);
}

/* Seconds, rounded down, and what is left of @ns. */
static int64_t split(int64_t ns, uint32_t *rest)
{
	int64_t sec = ns / NS_PER_SEC;
	int64_t r = ns % NS_PER_SEC;

	if (r < 0) {
		r += NS_PER_SEC;
		sec--;
	}
	*rest = (uint32_t)r;
	return sec;
}

static void calendar(char text[24], const struct tm *tm)
{
	char *p = text;

	p = put_padded(p, (uint64_t)(tm->tm_year + 1900), 4);
	*p++ = '-';
	p = put_padded(p, (uint64_t)(tm->tm_mon + 1), 2);
	*p++ = '-';
	p = put_padded(p, (uint64_t)tm->tm_mday, 2);
	*p++ = 'T';
	p = put_padded(p, (uint64_t)tm->tm_hour, 2);
	*p++ = ':';
	p = put_padded(p, (uint64_t)tm->tm_min, 2);
	*p++ = ':';
	p = put_padded(p, (uint64_t)tm->tm_sec, 2);
	*p = 0;
}

/* localtime_r() takes a lock and a look at /etc/localtime's rules: once a
 * second is enough. */
static const char *local_text(struct stamp *s, int64_t sec)
{
	time_t t = (time_t)sec;
	struct tm tm;
	long off;
	char *p = s->zone;

	if (s->have_local && s->local_sec == sec)
		return s->local;
	if (!localtime_r(&t, &tm))
		memset(&tm, 0, sizeof(tm));
	calendar(s->local, &tm);
	off = tm.tm_gmtoff / 60;
	*p++ = off < 0 ? '-' : '+';
	off = off < 0 ? -off : off;
	p = put_padded(p, (uint64_t)(off / 60), 2);
	*p++ = ':';
	p = put_padded(p, (uint64_t)(off % 60), 2);
	*p = 0;
	s->local_sec = sec;
	s->have_local = true;
	return s->local;
}

static const char *utc_text(struct stamp *s, int64_t sec)
{
	time_t t = (time_t)sec;
	struct tm tm;

	if (s->have_utc && s->utc_sec == sec)
		return s->utc;
	if (!gmtime_r(&t, &tm))
		memset(&tm, 0, sizeof(tm));
	calendar(s->utc, &tm);
	s->utc_sec = sec;
	s->have_utc = true;
	return s->utc;
}

static char *put_str(char *p, const char *s)
{
	size_t n = strlen(s);

	memcpy(p, s, n);
	return p + n;
}

static char *put_dot(char *p, uint32_t v, unsigned digits)
{
	*p++ = '.';
	return put_padded(p, v, digits);
}

/* "12.345678" of nanoseconds. */
static char *put_seconds(char *p, uint64_t ns)
{
	p = put_u64(p, ns / NS_PER_SEC);
	return put_dot(p, (uint32_t)(ns % NS_PER_SEC / 1000), 6);
}

static char *put_signed_seconds(char *p, int64_t ns)
{
	if (ns < 0) {
		*p++ = '-';
		return put_seconds(p, -(uint64_t)ns);
	}
	return put_seconds(p, (uint64_t)ns);
}

char *stamp_text(struct stamp *s, char *p, enum time_col kind, uint64_t ns,
		 const struct clocks *c)
{
	uint32_t rest;
	int64_t sec = split(wall(ns, c), &rest);

	switch (kind) {
	case TIME_REL:
		return put_signed_seconds(p, since_start(ns, c));
	case TIME_WALL:
		p = put_str(p, local_text(s, sec) + 11);
		return put_dot(p, rest / 1000000, 3);
	case TIME_WALL_UTC:
		p = put_str(p, utc_text(s, sec) + 11);
		return put_dot(p, rest / 1000000, 3);
	case TIME_ISO:
		p = put_str(p, utc_text(s, sec));
		p = put_dot(p, rest / 1000, 6);
		*p++ = 'Z';
		return p;
	case TIME_UNIX:
		return put_signed_seconds(p, wall(ns, c));
	case TIME_MONO:
		return put_seconds(p, ns);
	case TIME_NONE:
		break;
	}
	return p;
}

char *stamp_raw(struct stamp *s, char *p, enum time_col kind, uint64_t ns,
		const struct clocks *c)
{
	uint32_t rest;
	int64_t sec = split(wall(ns, c), &rest);

	switch (kind) {
	case TIME_REL:
		return put_s64(p, since_start(ns, c));
	case TIME_WALL:
		p = put_str(p, local_text(s, sec));
		p = put_dot(p, rest, 9);
		return put_str(p, s->zone);
	case TIME_WALL_UTC:
	case TIME_ISO:
		p = put_str(p, utc_text(s, sec));
		p = put_dot(p, rest, 9);
		*p++ = 'Z';
		return p;
	case TIME_UNIX:
		return put_s64(p, wall(ns, c));
	case TIME_MONO:
	case TIME_NONE:
		break;
	}
	return put_u64(p, ns);
}

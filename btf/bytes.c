/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * bytes.c - checked access to a file, in memory or through a callback.
 *
 * Where there is only a callback, the parts in use are kept in a few windows,
 * the one used longest ago being given up first.  Sixteen small windows serve
 * better than four large ones: the names of a struct's members are spread
 * over the strings, and sysfs hands out no more than a page per read anyway.
 */
#include <errno.h>
#include <stdlib.h>

#include "btf_int.h"

#define WINDOWS		16
#define WINDOW_SIZE	16384
#define WINDOW_ALIGN	4096	/* READER_MAX = WINDOW_SIZE - WINDOW_ALIGN */

struct window {
	uint64_t off;
	size_t len;
	uint64_t used;		/* when; 0: never */
	uint8_t *buf;
};

struct reader {
	struct bytes src;
	int error;
	uint64_t clock;
	struct window *last;
	struct window win[WINDOWS];
};

int reader_new(struct reader **out, const struct bytes *src)
{
	struct reader *r;

	*out = NULL;
	if (!src->mem && !src->read)
		return -EINVAL;
	if (src->mem && src->len > SIZE_MAX)
		return -EINVAL;
	r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	r->src = *src;
	r->last = r->win;
	*out = r;
	return 0;
}

void reader_free(struct reader *r)
{
	size_t i;

	if (!r)
		return;
	for (i = 0; i < WINDOWS; i++)
		free(r->win[i].buf);
	free(r);
}

uint64_t reader_len(const struct reader *r)
{
	return r->src.len;
}

int reader_error(const struct reader *r)
{
	return r->error ? r->error : -EINVAL;
}

static bool window_has(const struct window *w, uint64_t off, size_t n)
{
	return off >= w->off && off - w->off <= w->len &&
	       n <= w->len - (size_t)(off - w->off);
}

/* A short answer is asked on, until there is nothing: sysfs gives a page. */
static int window_fill(struct reader *r, struct window *w, uint64_t off)
{
	uint64_t want = r->src.len - off;
	ssize_t n;

	if (want > WINDOW_SIZE)
		want = WINDOW_SIZE;
	w->off = off;
	w->len = 0;
	while (w->len < want) {
		n = r->src.read(r->src.ctx, w->buf + w->len,
				(size_t)want - w->len, off + w->len);
		if (n < 0 || (uint64_t)n > want - w->len)
			return n < 0 && n > -4096 ? (int)n : -EIO;
		if (!n)
			break;
		w->len += (size_t)n;
	}
	return 0;
}

static struct window *window_get(struct reader *r, uint64_t off, size_t n)
{
	struct window *w = r->last, *oldest = r->win;
	int err;

	if (w->used && window_has(w, off, n))
		return w;
	for (w = r->win; w < r->win + WINDOWS; w++) {
		if (w->used && window_has(w, off, n))
			goto found;
		if (w->used < oldest->used)
			oldest = w;
	}
	w = oldest;
	w->used = 0;
	if (!w->buf)
		w->buf = malloc(WINDOW_SIZE);
	if (!w->buf) {
		r->error = -ENOMEM;
		return NULL;
	}
	err = window_fill(r, w, off - off % WINDOW_ALIGN);
	if (err || !window_has(w, off, n)) {
		r->error = err ? err : -EIO;	/* shorter than it was said */
		return NULL;
	}
found:
	w->used = ++r->clock;
	r->last = w;
	return w;
}

const uint8_t *reader_at(struct reader *r, uint64_t off, size_t n)
{
	struct window *w;

	if (off > r->src.len || n > r->src.len - off || n > READER_MAX)
		return NULL;
	if (r->src.mem)
		return (const uint8_t *)r->src.mem + off;
	w = window_get(r, off, n);
	return w ? w->buf + (off - w->off) : NULL;
}

const uint8_t *reader_span(struct reader *r, uint64_t off, uint64_t end,
			   size_t *n)
{
	uint64_t left;
	struct window *w;

	if (end > r->src.len || off > end)
		return NULL;
	left = end - off;
	if (r->src.mem) {
		*n = (size_t)left;
		return (const uint8_t *)r->src.mem + off;
	}
	*n = left < READER_MAX ? (size_t)left : READER_MAX;
	w = window_get(r, off, *n);
	if (!w)
		return NULL;
	*n = w->len - (size_t)(off - w->off);
	if (*n > left)
		*n = (size_t)left;
	return w->buf + (off - w->off);
}

int reader_copy(struct reader *r, uint64_t off, void *buf, size_t n)
{
	const uint8_t *p;
	uint8_t *to = buf;
	size_t part;

	while (n) {
		part = n < READER_MAX ? n : READER_MAX;
		p = reader_at(r, off, part);
		if (!p)
			return reader_error(r);
		memcpy(to, p, part);
		to += part;
		off += part;
		n -= part;
	}
	return 0;
}

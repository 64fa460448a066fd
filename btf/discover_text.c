/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * discover_text.c - recordings from text; the grammar is in discover.h.
 */
#include <errno.h>

#include "discover_int.h"

/* A line being taken apart; it need not end with a NUL. */
struct line {
	const char *p, *end;
	const char *why;
};

struct word {
	const char *p;
	size_t len;
};

static int slip(struct line *l, const char *why)
{
	if (!l->why)
		l->why = why;
	return -EINVAL;
}

static struct word next_word(struct line *l)
{
	struct word w;

	while (l->p < l->end && *l->p == ' ')
		l->p++;
	w.p = l->p;
	while (l->p < l->end && *l->p != ' ')
		l->p++;
	w.len = (size_t)(l->p - w.p);
	return w;
}

static bool is(const struct word *w, const char *s)
{
	return w->len == strlen(s) && !memcmp(w->p, s, w->len);
}

static bool at_end(const struct line *l)
{
	const char *p = l->p;

	while (p < l->end && *p == ' ')
		p++;
	return p == l->end;
}

static int expect(struct line *l, const char *s)
{
	struct word w = next_word(l);

	return is(&w, s) ? 0 : slip(l, "a word is missing or misplaced");
}

static int word_number(struct line *l, const struct word *w, uint64_t max,
		       uint64_t *value)
{
	const char *end = w->p + w->len, *rest;

	if (!w->len || !text_number(w->p, end, value, &rest) || rest != end ||
	    *value > max)
		return slip(l, "not a number, or too large");
	return 0;
}

/* "NAME NUMBER" */
static int named_number(struct line *l, const char *name, uint64_t max,
			uint64_t *value)
{
	struct word w;

	if (expect(l, name))
		return -EINVAL;
	w = next_word(l);
	return word_number(l, &w, max, value);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* All of @w as bytes; how many, at most @max. */
static int word_hex(struct line *l, const struct word *w, uint8_t *buf,
		    size_t max)
{
	size_t i;
	int hi, lo;

	if (!w->len || w->len % 2 || w->len / 2 > max)
		return slip(l, "not so many bytes in hex");
	for (i = 0; i < w->len; i += 2) {
		hi = hex_digit(w->p[i]);
		lo = hex_digit(w->p[i + 1]);
		if (hi < 0 || lo < 0)
			return slip(l, "not bytes in hex");
		buf[i / 2] = (uint8_t)(hi << 4 | lo);
	}
	return (int)(w->len / 2);
}

/* The recording as far as it is read. */
struct reading {
	struct recording *r;
	int window;		/* the last one; -1 */
	uint8_t *bytes;		/* its bytes, which recording_window() made */
};

static int read_string(struct line *l, char *buf, size_t len)
{
	struct word w = next_word(l);
	size_t i;

	if (!w.len || w.len >= len)
		return slip(l, "a name is missing or too long");
	for (i = 0; i < w.len; i++)
		if (w.p[i] <= ' ' || w.p[i] > '~')
			return slip(l, "a name with odd characters");
	memcpy(buf, w.p, w.len);
	buf[w.len] = '\0';
	return 0;
}

static int read_build_id(struct line *l, char *buf, size_t len)
{
	if (read_string(l, buf, len))
		return -EINVAL;
	if (!strcmp(buf, "-"))
		*buf = '\0';
	else if (buf[strspn(buf, "0123456789abcdef")])
		return slip(l, "build-id is not in lower-case hex");
	return 0;
}

static int read_word_line(struct line *l, struct recording *r)
{
	struct word w = next_word(l);
	uint64_t size;

	if (word_number(l, &w, 8, &size))
		return -EINVAL;
	if (size != 4 && size != 8)
		return slip(l, "a kernel's word has 4 or 8 bytes");
	r->word_size = (uint8_t)size;
	w = next_word(l);
	r->big_endian = is(&w, "big");
	return r->big_endian || is(&w, "little") ? 0 :
	       slip(l, "expected \"little\" or \"big\"");
}

/* "of N at OFF", or "subject N" */
static int read_window_who(struct line *l, struct reading *in, int object,
			   uint64_t *who, uint64_t *off)
{
	if (object != DISC_POINTEE)
		return named_number(l, "subject", UINT16_MAX, who);
	if (named_number(l, "of", DISC_WINDOWS, who) ||
	    named_number(l, "at", DISC_WINDOW_MAX - 1, off))
		return -EINVAL;
	return *who < in->r->nwindows ? 0 :
	       slip(l, "there is no such window yet");
}

static int read_window(struct line *l, struct reading *in)
{
	static const uint8_t zeros[DISC_WINDOW_MAX];
	uint64_t who = 0, off = 0, addr, len, size = 0;
	struct recording *r = in->r;
	struct word w = next_word(l);
	int object, n;

	for (object = 0; object < DISC_OBJECT_MAX; object++)
		if (is(&w, disc_object_name((unsigned int)object)))
			break;
	if (object == DISC_OBJECT_MAX)
		return slip(l, "unknown object");
	if (!r->word_size)
		return slip(l, "a window before the \"word\" line");
	if (read_window_who(l, in, object, &who, &off) ||
	    named_number(l, "addr", UINT64_MAX, &addr) ||
	    named_number(l, "len", DISC_WINDOW_MAX, &len))
		return -EINVAL;
	if (!at_end(l) && named_number(l, "object-size", UINT32_MAX, &size))
		return -EINVAL;
	if (object == DISC_POINTEE)
		n = recording_pointee(r, (int)who, (uint32_t)off, addr, zeros,
				      (size_t)len);
	else
		n = recording_window(r, object, (unsigned int)who, addr, zeros,
				     (size_t)len);
	if (n < 0) {
		slip(l, n == -E2BIG ? "too many windows" : "out of memory");
		return n == -E2BIG ? -EINVAL : n;
	}
	r->windows[n].object_size = (uint32_t)size;
	in->window = n;
	in->bytes = (uint8_t *)r->windows[n].bytes;
	return 0;
}

static int read_fact(struct line *l, struct reading *in)
{
	struct disc_fact f = { .number = 0 };
	struct word w = next_word(l);
	int key, n, err;

	for (key = 0; key < DISC_KEY_MAX; key++)
		if (is(&w, disc_key_name((unsigned int)key)))
			break;
	if (key == DISC_KEY_MAX)
		return slip(l, "unknown fact");
	if (in->window < 0)
		return slip(l, "a fact before the first window");
	w = next_word(l);
	if (is(&w, "x")) {
		w = next_word(l);
		n = word_hex(l, &w, f.bytes, sizeof(f.bytes));
		if (n < 0)
			return n;
		err = recording_bytes(in->r, in->window, key, f.bytes,
				      (size_t)n);
	} else if (key == DISC_KEY_SEQ && w.len && *w.p == '+') {
		w.p++;
		w.len--;
		if (word_number(l, &w, UINT32_MAX, &f.number))
			return -EINVAL;
		err = recording_seq(in->r, in->window, (uint32_t)f.number);
	} else {
		if (word_number(l, &w, UINT64_MAX, &f.number))
			return -EINVAL;
		err = recording_number(in->r, in->window, key, f.number);
	}
	if (err)
		slip(l, err == -ENOMEM ? "out of memory" : "too many facts");
	return err;
}

/* "00a0 00000000 0a000000 ..." */
static int read_bytes(struct line *l, struct reading *in, struct word w)
{
	uint32_t at = 0, len;
	size_t i;
	int n;

	if (in->window < 0)
		return slip(l, "bytes before the first window");
	len = in->r->windows[in->window].len;
	for (i = 0; i < w.len && i < 5; i++) {
		n = hex_digit(w.p[i]);
		if (n < 0)
			return slip(l, "unknown line");
		at = at << 4 | (uint32_t)n;
	}
	if (w.len != 4 || at_end(l))
		return slip(l, "unknown line");
	while (!at_end(l)) {
		if (at >= len)
			return slip(l, "bytes after the end of the window");
		w = next_word(l);
		n = word_hex(l, &w, in->bytes + at, len - at);
		if (n < 0)
			return n;
		at += (uint32_t)n;
	}
	return 0;
}

static int read_line(struct line *l, struct reading *in)
{
	struct recording *r = in->r;
	struct word w = next_word(l);
	int err;

	if (!w.len || *w.p == '#')
		return 0;
	if (is(&w, "window"))
		err = read_window(l, in);
	else if (is(&w, "fact"))
		err = read_fact(l, in);
	else if (is(&w, "machine"))
		err = read_string(l, r->machine, sizeof(r->machine));
	else if (is(&w, "kernel"))
		err = read_string(l, r->release, sizeof(r->release));
	else if (is(&w, "build-id"))
		err = read_build_id(l, r->build_id, sizeof(r->build_id));
	else if (is(&w, "word"))
		err = r->nwindows ? slip(l, "a \"word\" line after a window") :
		      read_word_line(l, r);
	else
		err = read_bytes(l, in, w);
	if (!err && !at_end(l))
		return slip(l, "something after the end");
	return err;
}

static int read_head(struct line *l)
{
	size_t len = strlen(RECORDING_HEAD);

	return (size_t)(l->end - l->p) == len &&
	       !memcmp(l->p, RECORDING_HEAD, len) ? 0 :
	       slip(l, "not a recording (\"" RECORDING_HEAD "\")");
}

int recording_read(struct recording *r, const char *text, size_t len,
		   unsigned int *line, const char **why)
{
	struct reading in = { .r = r, .window = -1 };
	const char *p = text, *end = text + len, *nl;
	struct line l;
	int err = 0;

	recording_init(r);
	*why = NULL;
	for (*line = 1; p < end; p = nl + 1, ++*line) {
		nl = memchr(p, '\n', (size_t)(end - p));
		if (!nl)
			nl = end;
		l = (struct line){ .p = p, .end = nl };
		if (l.end > p && l.end[-1] == '\r')
			l.end--;	/* went through Windows */
		err = *line > 1 ? read_line(&l, &in) : read_head(&l);
		*why = l.why;
		if (err || nl == end)
			break;
	}
	if (!err && !r->word_size) {
		*why = "no \"word\" line";
		err = -EINVAL;
	}
	if (err)
		recording_release(r);
	return err;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The records of a capture file, as bytes. */
#include "tools/frontend/capture_int.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

int record_damaged(const struct capture *c, struct err *e, const char *what)
{
	return err_set(e, EBADMSG, "capture: %s in the record at byte %" PRIu64,
		       what, c->pos);
}

int record_cut(const struct capture *c, struct err *e)
{
	if (ferror(c->file))
		return err_set(e, EIO, "read capture");
	err_set(e, 0, "capture: cut short at byte %" PRIu64,
		c->pos);
	e->no = ENODATA;
	err_hint(e, "the recording was killed or its disk was full; what "
		 "comes before is good");
	return -ENODATA;
}

/* Read over @len bytes. */
static bool skip(struct capture *c, uint32_t len)
{
	char junk[4096];
	size_t n;

	while (len) {
		n = len < sizeof(junk) ? len : sizeof(junk);
		if (fread(junk, 1, n, c->file) != n)
			return false;
		len -= (uint32_t)n;
	}
	return true;
}

static bool is_known(uint32_t type)
{
	return type >= REC_INFO && type <= REC_CLOCKS;
}

int record_next(struct capture *c, struct err *e)
{
	struct record_head head;
	unsigned char *rec;
	size_t n;

	for (;;) {
		n = fread(&head, 1, sizeof(head), c->file);
		if (!n && !ferror(c->file))
			return 0;
		if (n != sizeof(head))
			return record_cut(c, e);
		if (c->swap) {
			head.type = __builtin_bswap32(head.type);
			head.len = __builtin_bswap32(head.len);
		}
		if (is_known(head.type))
			break;
		if (!skip(c, head.len))
			return record_cut(c, e);
		c->pos += (uint64_t)sizeof(head) + head.len;
	}
	if (head.len > RECORD_MAX)
		return record_damaged(c, e, "length out of range");
	/* a byte more, for strings that do not end */
	if (head.len + 1 > c->rec_cap) {
		rec = realloc(c->rec, head.len + 1);
		if (!rec)
			return err_set(e, ENOMEM, "capture");
		c->rec = rec;
		c->rec_cap = head.len + 1;
	}
	if (fread(c->rec, 1, head.len, c->file) != head.len)
		return record_cut(c, e);
	c->rec[head.len] = 0;
	c->rec_len = head.len;
	return (int)head.type;
}

void record_done(struct capture *c)
{
	c->pos += sizeof(struct record_head) + c->rec_len;
}

const char *string_next(struct record_strings *s)
{
	const char *p = s->p;

	if (p >= s->end)
		return NULL;
	s->p += strlen(p) + 1;
	return p;
}

struct record_strings record_strings(const struct capture *c)
{
	const char *p = (const char *)c->rec;

	return (struct record_strings){ p, p + c->rec_len };
}

bool string_number(const char *text, uint64_t *v)
{
	char *end;

	if (!text || !*text || strspn(text, "0123456789") != strlen(text))
		return false;
	errno = 0;
	*v = strtoull(text, &end, 10);
	return !errno;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * partial.c - how BTF that was cut down tells what it is.
 *
 * Raw BTF has no place for a build-id, nor for "there is no such member, I
 * looked".  Both are told by names of types that nobody asks for, so that
 * every reader of BTF takes the file: type 1 is
 *	typedef void sockeye_build_id_HEX;	("none": not known)
 * and behind it stands, for each member that was asked for and is not there,
 *	typedef void sockeye_absent$struct$sock$sk_what;
 * Anything else that is not in the file is not known.
 */
#include <errno.h>
#include <stdio.h>

#include "btf_int.h"

#define MARK	"sockeye_build_id_"
#define NO_ID	"none"
#define ABSENT	"sockeye_absent"

static bool is_hex(const char *s)
{
	return strspn(s, "0123456789abcdef") == strlen(s);
}

int partial_mark(char *buf, size_t len, const char *build_id)
{
	const char *id = *build_id ? build_id : NO_ID;
	int n;

	if (!is_hex(build_id) || strlen(build_id) >= PARTIAL_ID_MAX)
		return -EINVAL;
	n = snprintf(buf, len, MARK "%s", id);
	return n < 0 || (size_t)n >= len ? -ENOSPC : 0;
}

static const char *keyword(uint32_t kinds)
{
	return kinds & KIND_MASK(BTF_KIND_STRUCT) ? "$struct$" :
	       kinds & KIND_MASK(BTF_KIND_UNION) ? "$union$" :
	       kinds & KINDS_ENUM ? "$enum$" : "$";
}

/* What cannot stand in a name in C becomes '$', which GNU C allows. */
int partial_absent(char *buf, size_t len, const struct root *r,
		   const char *path)
{
	int n = snprintf(buf, len, ABSENT "%s%.*s$%s", keyword(r->kinds),
			 (int)r->len, r->name, path);
	char *p;

	if (n < 0 || (size_t)n >= len)
		return -ENOSPC;
	for (p = buf; *p; p++)
		if (*p == '.' || *p == '[' || *p == ']' || *p == ' ')
			*p = '$';
	return 0;
}

int partial_detect(struct btf *b)
{
	const size_t mark = strlen(MARK);
	char name[sizeof(MARK) + PARTIAL_ID_MAX];
	const uint8_t *p;
	int n;

	if (b->base || b->types_len < 12)
		return 0;
	p = reader_at(b->r, b->types, 12);
	if (!p)
		return reader_error(b->r);
	if (get32(p + 4, b->swap) != (uint32_t)BTF_KIND_TYPEDEF << 24 ||
	    get32(p + 8, b->swap))
		return 0;
	n = name_copy(b, get32(p, b->swap), name, sizeof(name));
	if (n <= (int)mark || memcmp(name, MARK, mark))
		return 0;
	b->partial = is_hex(name + mark) || !strcmp(name + mark, NO_ID);
	if (n - (int)mark >= PARTIAL_ID_MAX)
		b->partial = false;	/* no id is so long */
	else if (is_hex(name + mark))
		memcpy(b->build_id, name + mark, (size_t)n - mark + 1);
	return 0;
}

int partial_lacks(const struct btf *b, const struct root *r, const char *path)
{
	char want[BTF_NAME_MAX];
	size_t len;
	struct type t;
	uint32_t id;

	/* names this long are not written either */
	if (partial_absent(want, sizeof(want), r, path))
		return 0;
	len = strlen(want);
	for (id = 2; id - b->first_id < b->scan->ntypes; id++) {
		int err = type_get(b, id, &t);

		if (err)
			return err;
		if (type_kind(&t) != BTF_KIND_TYPEDEF || type_ref(&t))
			return 0;	/* they stand together */
		if (name_is(b, t.name, want, len))
			return 1;
	}
	return 0;
}

const char *btf_build_id(const struct btf *b)
{
	return b->build_id;
}

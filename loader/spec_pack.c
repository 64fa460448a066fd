/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * spec_pack - what built-in specs hold deflated.  In the byte order of their
 * programs: the instructions of all programs, then where their relocations are
 * (struct spec_place), then their lines (struct spec_line).
 */
#include "loader/loader_int.h"

#include <errno.h>

#include "spec_int.h"

static size_t packed_size(const struct spec *s)
{
	size_t size = 0;

	for (uint32_t i = 0; i < s->nprogs; i++)
		size += s->progs[i].ninsns * sizeof(struct bpf_insn) +
			s->progs[i].nrelocs * sizeof(struct spec_place) +
			s->progs[i].nlines * sizeof(struct spec_line);
	return size;
}

/* The relocations of @p, which are at @at. */
static int place_relocs(struct arena *a, const struct spec *s,
			struct spec_prog *p, const struct spec_place *at)
{
	struct reloc *r = arena_alloc(a, p->nrelocs, sizeof(*r));

	p->relocs = r;
	if (!r)
		return -ENOMEM;
	for (uint32_t i = 0; i < p->nrelocs; i++, r++) {
		if (at[i].reloc >= s->nrelocs || at[i].insn >= p->ninsns)
			return -EINVAL;
		*r = s->relocs[at[i].reloc];
		r->insn = at[i].insn;
	}
	return 0;
}

static int place_all(struct arena *a, const struct spec *s,
		     struct spec_prog *progs, const uint8_t *raw)
{
	struct spec_prog *p, *end = progs + s->nprogs;
	int err = 0;

	for (p = progs; p < end; p++) {
		p->insns = (const void *)raw;
		raw += p->ninsns * sizeof(struct bpf_insn);
	}
	for (p = progs; p < end && !err; p++) {
		err = place_relocs(a, s, p, (const void *)raw);
		raw += p->nrelocs * sizeof(struct spec_place);
	}
	for (p = progs; p < end; p++) {
		p->lines = (const void *)raw;
		raw += p->nlines * sizeof(struct spec_line);
	}
	return err;
}

static int unpack(struct arena *a, struct spec *to, const struct spec *s)
{
	size_t size = packed_size(s);
	uint8_t *raw = arena_alloc(a, size, 1);
	struct spec_prog *progs = arena_copy(a, s->progs,
					     s->nprogs * sizeof(*progs));

	if (!raw || !progs)
		return -ENOMEM;
	if (inflate_gzip(s->packed, s->packed_len, raw, size) != (ssize_t)size)
		return -EINVAL;
	to->progs = progs;
	to->packed = NULL;
	return place_all(a, s, progs, raw);
}

int spec_unpack(struct spec **out, const struct spec *s, struct err *e)
{
	struct arena *a;
	struct spec *to;
	int err;

	*out = NULL;
	if (!s->packed)
		return 0;
	a = arena_new();
	to = a ? arena_copy(a, s, sizeof(*s)) : NULL;
	err = to ? unpack(a, to, s) : -ENOMEM;
	if (err) {
		arena_free(a);
		return err_set(e, -err, "built-in program %s", s->name);
	}
	to->arena = a;
	*out = to;
	return 0;
}

const struct reloc *spec_reloc(const struct spec *s, uint32_t i)
{
	if (s->packed)
		return i < s->nrelocs ? &s->relocs[i] : NULL;
	for (uint32_t p = 0; p < s->nprogs; p++) {
		if (i < s->progs[p].nrelocs)
			return &s->progs[p].relocs[i];
		i -= s->progs[p].nrelocs;
	}
	return NULL;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * spec_unpack - what built-in specs hold deflated: the instructions of all
 * programs, then where their relocations are (struct spec_place), then their
 * lines (struct spec_line), then what relocations there are (struct
 * spec_reloc), and their strings.
 *
 * Deflate finds what is there again, byte by byte, and nothing else; so what
 * is alike stands together, low bytes first: of the instructions first their
 * codes and registers, then their offsets, then their immediates; tables by
 * column, see take_column().  That leaves three fifths of what deflating
 * structures as they are does.
 */
#include "loader/loader_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "spec_int.h"

/* Bytes of @n instructions, of which the codes and registers are at @raw. */
static size_t insns_size(const uint8_t *raw, size_t n)
{
	size_t size = 2 * n;

	for (const uint8_t *end = raw + size; raw < end; raw += 2)
		size += (spec_has_off(*raw) ? 2 : 0) +
			(spec_has_imm(*raw) ? 4 : 0);
	return size;
}

/* Where the next offset and immediate of a class are. */
struct class_at {
	const uint8_t *off, *imm;
	size_t noffs, nimms;
};

static void count_class(struct class_at *at, uint8_t code)
{
	at->noffs += spec_has_off(code);
	at->nimms += spec_has_imm(code);
}

static void take_class(struct class_at *at, struct bpf_insn *to)
{
	const uint8_t *p;

	if (spec_has_off(to->code)) {
		p = at->off++;
		to->off = (int16_t)(p[0] | p[at->noffs] << 8);
	}
	if (spec_has_imm(to->code)) {
		p = at->imm;
		at->imm += 4;
		to->imm = (int32_t)(p[0] | p[1] << 8 | p[2] << 16 |
				    (uint32_t)p[3] << 24);
	}
}

/* The next @n instructions, zeroed, and what is behind them. */
static const uint8_t *take_insns(struct bpf_insn *to, const uint8_t *raw,
				 size_t n)
{
	struct class_at at[SPEC_CLASSES] = { 0 };

	for (size_t i = 0; i < n; i++, raw += 2) {
		memcpy(&to[i], raw, 2);		/* code, registers */
		count_class(&at[BPF_CLASS(to[i].code)], to[i].code);
	}
	for (unsigned class = 0; class < SPEC_CLASSES; class++) {
		at[class].off = raw;
		at[class].imm = raw += 2 * at[class].noffs;
		raw += 4 * at[class].nimms;
	}
	for (size_t i = 0; i < n; i++)
		take_class(&at[BPF_CLASS(to[i].code)], &to[i]);
	return raw;
}

/*
 * A column of @n numbers, @apart from each other in @to: by how much each is
 * more than the one before, the sign in the lowest bit; the low bytes of all,
 * then their high bytes.
 */
static const uint8_t *take_column(uint16_t *to, const uint8_t *raw, size_t n,
				  size_t apart)
{
	uint16_t v = 0, more;

	for (size_t i = 0; i < n; i++) {
		more = (uint16_t)(raw[i] | raw[n + i] << 8);
		v = (uint16_t)(v + (more >> 1 ^ -(more & 1)));
		to[i * apart] = v;
	}
	return raw + 2 * n;
}

static const uint8_t *take_table(void *to, const uint8_t *raw, size_t rows,
				 size_t columns)
{
	for (size_t i = 0; i < columns; i++)
		raw = take_column((uint16_t *)to + i, raw, rows, columns);
	return raw;
}

static bool take_reloc(struct reloc *r, const struct spec_reloc *from,
		       const char *strings, size_t len)
{
	*r = (struct reloc){
		.kind = (uint8_t)from->kind,
		.core = (uint8_t)from->core,
		.local_class = (uint8_t)from->local_class,
		.local_bitfield = (uint8_t)from->local_bitfield,
		.local_size = from->local_size,
		.addend = from->addend,
	};
	if (from->name >= len || from->path >= len)
		return false;
	r->name = strings + from->name;
	if (r->kind == RELOC_CORE)
		r->path = strings + from->path;
	return true;
}

/* The relocations of @to, and behind their strings. */
static int take_relocs(struct arena *a, struct spec *to, const uint8_t **raw)
{
	struct reloc *r = arena_alloc(a, to->nrelocs, sizeof(*r));
	struct spec_reloc *from = calloc(to->nrelocs + 1, sizeof(*from));
	size_t len = to->strings_len;
	char *strings = NULL;
	int err = -ENOMEM;

	if (r && from) {
		*raw = take_table(from, *raw, to->nrelocs, RELOC_COLUMNS);
		strings = arena_copy(a, *raw, len);
		*raw += len;
	}
	if (strings)
		err = !len || strings[len - 1] ? -EINVAL : 0;
	for (uint32_t i = 0; i < to->nrelocs && !err; i++)
		if (!take_reloc(&r[i], &from[i], strings, len))
			err = -EINVAL;
	free(from);
	to->relocs = r;
	return err;
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

/* The contents at @raw, given to @to and its programs @p. */
static int place_all(struct arena *a, struct spec *to, struct spec_prog *p,
		     const struct spec_total *t, const uint8_t *raw)
{
	struct spec_prog *end = p + to->nprogs;
	struct bpf_insn *insns = arena_alloc(a, t->insns, sizeof(*insns));
	struct spec_line *lines = arena_alloc(a, t->lines, sizeof(*lines));
	struct spec_place *places = calloc(t->relocs + 1, sizeof(*places));
	const struct spec_place *at = places;
	int err = insns && lines && places ? 0 : -ENOMEM;

	if (!err) {
		raw = take_insns(insns, raw, t->insns);
		raw = take_table(places, raw, t->relocs, PLACE_COLUMNS);
		raw = take_table(lines, raw, t->lines, LINE_COLUMNS);
		err = take_relocs(a, to, &raw);
	}
	for (; p < end && !err; p++) {
		p->insns = insns;
		p->lines = lines;
		err = place_relocs(a, to, p, at);
		insns += p->ninsns;
		lines += p->nlines;
		at += p->nrelocs;
	}
	free(places);
	return err;
}

/* Are there @len bytes in what @t counts? */
static bool complete(const struct spec *s, const struct spec_total *t,
		     const uint8_t *raw, size_t len)
{
	struct spec_total others = *t;

	others.insns = 0;
	return len >= 2 * t->insns &&
	       len == insns_size(raw, t->insns) +
		      spec_packed_room(&others, s->nrelocs, s->strings_len);
}

static int unpack(struct arena *a, struct spec *to)
{
	struct spec_total t = spec_total(to);
	size_t room = spec_packed_room(&t, to->nrelocs, to->strings_len);
	uint8_t *raw = malloc(room + 1);
	struct spec_prog *progs = arena_copy(a, to->progs,
					     to->nprogs * sizeof(*progs));
	ssize_t len;
	int err = -ENOMEM;

	if (raw && progs) {
		len = inflate_gzip(to->packed, to->packed_len, raw, room);
		err = len >= 0 && complete(to, &t, raw, (size_t)len) ?
		      0 : -EINVAL;
	}
	if (!err)
		err = place_all(a, to, progs, &t, raw);
	free(raw);
	to->progs = progs;
	to->packed = NULL;
	return err;
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
	err = to ? unpack(a, to) : -ENOMEM;
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
		return NULL;
	if (s->relocs)
		return i < s->nrelocs ? &s->relocs[i] : NULL;
	for (uint32_t p = 0; p < s->nprogs; p++) {
		if (i < s->progs[p].nrelocs)
			return &s->progs[p].relocs[i];
		i -= s->progs[p].nrelocs;
	}
	return NULL;
}

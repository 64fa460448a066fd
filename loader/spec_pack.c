/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* spec_pack - the contents of a spec as spec_unpack.c takes them. */
#include "loader/loader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "spec_int.h"

struct packing {
	const struct spec *s;
	const struct reloc **relocs;	/* each once */
	struct spec_reloc *said;	/* what they say */
	char *strings;
	uint32_t nrelocs, strings_len;
	struct spec_total total;	/* of these: */
	struct bpf_insn *insns;
	struct spec_place *places;
	struct spec_line *lines;
	uint8_t *end;			/* of what is packed */
};

static bool same_string(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

/* Wherever they are. */
static bool same_reloc(const struct reloc *x, const struct reloc *y)
{
	return x->kind == y->kind && x->core == y->core &&
	       x->addend == y->addend && x->local_class == y->local_class &&
	       x->local_bitfield == y->local_bitfield &&
	       x->local_size == y->local_size &&
	       same_string(x->name, y->name) && same_string(x->path, y->path);
}

static uint16_t number_of(struct packing *c, const struct reloc *r)
{
	uint32_t i;

	for (i = 0; i < c->nrelocs; i++)
		if (same_reloc(c->relocs[i], r))
			return (uint16_t)i;
	c->relocs[c->nrelocs++] = r;
	return (uint16_t)i;
}

static void put_number(struct packing *c, uint32_t v, unsigned bytes)
{
	for (; bytes--; v >>= 8)
		*c->end++ = (uint8_t)v;
}

/* In the order of struct bpf_insn's bit fields. */
static uint32_t registers(const struct packing *c, const struct bpf_insn *n)
{
	return c->s->big_endian ? n->dst_reg << 4 | n->src_reg :
				  n->src_reg << 4 | n->dst_reg;
}

/* Those of one class. */
static void pack_class(struct packing *c, unsigned class)
{
	const struct bpf_insn *n, *end = c->insns + c->total.insns;

	for (unsigned shift = 0; shift < 16; shift += 8)
		for (n = c->insns; n < end; n++)
			if (BPF_CLASS(n->code) == class &&
			    spec_has_off(n->code))
				put_number(c, (uint16_t)n->off >> shift, 1);
	for (n = c->insns; n < end; n++)
		if (BPF_CLASS(n->code) == class && spec_has_imm(n->code))
			put_number(c, (uint32_t)n->imm, 4);
}

static void pack_insns(struct packing *c)
{
	const struct bpf_insn *n, *end = c->insns + c->total.insns;

	for (n = c->insns; n < end; n++) {
		put_number(c, n->code, 1);
		put_number(c, registers(c, n), 1);
	}
	for (unsigned class = 0; class < SPEC_CLASSES; class++)
		pack_class(c, class);
}

/* How much more @v is than what was @before. */
static uint16_t more(uint16_t v, uint16_t before)
{
	uint16_t d = (uint16_t)(v - before);

	return (uint16_t)(d << 1 ^ (d & 0x8000 ? 0xffff : 0));
}

static void pack_table(struct packing *c, const void *table, size_t rows,
		       size_t columns)
{
	const uint16_t *v, *end;
	uint16_t before;

	for (size_t i = 0; i < columns; i++)
		for (unsigned shift = 0; shift < 16; shift += 8) {
			v = (const uint16_t *)table + i;
			end = v + rows * columns;
			for (before = 0; v < end; before = *v, v += columns)
				put_number(c, more(*v, before) >> shift, 1);
		}
}

/* One behind the other what programs have each of their own. */
static void collect(struct packing *c)
{
	const struct spec_prog *p, *end = c->s->progs + c->s->nprogs;
	struct bpf_insn *insn = c->insns;
	struct spec_place *place = c->places;
	struct spec_line *line = c->lines;

	for (p = c->s->progs; p < end; p++) {
		memcpy(insn, p->insns, p->ninsns * sizeof(*insn));
		if (p->nlines)
			memcpy(line, p->lines, p->nlines * sizeof(*line));
		for (uint32_t i = 0; i < p->nrelocs; i++, place++) {
			place->insn = (uint16_t)p->relocs[i].insn;
			place->reloc = number_of(c, &p->relocs[i]);
		}
		insn += p->ninsns;
		line += p->nlines;
	}
}

/* Where @s begins among the strings, which have room for it. */
static uint16_t place_string(struct packing *c, const char *s)
{
	const char *p = c->strings, *end = p + c->strings_len;

	for (; p < end; p += strlen(p) + 1)
		if (!strcmp(p, s))
			return (uint16_t)(p - c->strings);
	c->strings_len += (uint32_t)strlen(s) + 1;
	memcpy(c->strings + (end - c->strings), s, strlen(s) + 1);
	return (uint16_t)(end - c->strings);
}

/* Each relocation once.  Numbers are of 16 bits. */
static int collect_relocs(struct packing *c)
{
	size_t room = 1;

	for (uint32_t i = 0; i < c->nrelocs; i++) {
		const struct reloc *r = c->relocs[i];

		room += strlen(r->name) + 1;
		if (r->path)
			room += strlen(r->path) + 1;
		if (r->local_size > UINT16_MAX || r->addend > UINT16_MAX)
			return -E2BIG;
	}
	c->strings = calloc(room, 1);
	c->said = calloc(c->nrelocs + 1, sizeof(*c->said));
	if (!c->strings || !c->said)
		return -ENOMEM;
	c->strings_len = 1;
	for (uint32_t i = 0; i < c->nrelocs; i++) {
		const struct reloc *r = c->relocs[i];

		c->said[i] = (struct spec_reloc){
			.kind = r->kind, .core = r->core,
			.local_class = r->local_class,
			.local_bitfield = r->local_bitfield,
			.local_size = (uint16_t)r->local_size,
			.addend = (uint16_t)r->addend,
			.name = place_string(c, r->name),
			.path = r->path ? place_string(c, r->path) : 0,
		};
	}
	return c->nrelocs > UINT16_MAX || room > UINT16_MAX ? -E2BIG : 0;
}

static bool allocate(struct packing *c, const struct spec_total *t)
{
	c->relocs = calloc(t->relocs + 1, sizeof(*c->relocs));
	c->insns = calloc(t->insns + 1, sizeof(*c->insns));
	c->places = calloc(t->relocs + 1, sizeof(*c->places));
	c->lines = calloc(t->lines + 1, sizeof(*c->lines));
	return c->relocs && c->insns && c->places && c->lines;
}

static void release(struct packing *c)
{
	free(c->relocs);
	free(c->insns);
	free(c->places);
	free(c->lines);
	free(c->said);
	free(c->strings);
}

static int pack(struct packing *c, struct spec_contents *out)
{
	const struct spec_total *t = &c->total;

	out->nrelocs = c->nrelocs;
	out->strings_len = c->strings_len;
	out->raw = c->end = malloc(spec_packed_room(t, c->nrelocs,
						    c->strings_len) + 1);
	if (!out->raw)
		return -ENOMEM;
	pack_insns(c);
	pack_table(c, c->places, t->relocs, PLACE_COLUMNS);
	pack_table(c, c->lines, t->lines, LINE_COLUMNS);
	pack_table(c, c->said, c->nrelocs, RELOC_COLUMNS);
	memcpy(c->end, c->strings, c->strings_len);
	out->len = (size_t)(c->end - out->raw) + c->strings_len;
	return 0;
}

int spec_pack(struct spec_contents *out, const struct spec *s)
{
	struct packing c = { .s = s, .total = spec_total(s) };
	int err;

	for (uint32_t i = 0; i < s->nprogs; i++)
		if (s->progs[i].ninsns > UINT16_MAX)
			return -E2BIG;	/* too many to be told where */
	err = allocate(&c, &c.total) ? 0 : -ENOMEM;
	if (!err) {
		collect(&c);
		err = collect_relocs(&c);
	}
	if (!err)
		err = pack(&c, out);
	release(&c);
	return err;
}

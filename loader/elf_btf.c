/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The program's own BTF, as far as maps and externs need it: declarations of
 * maps are types there.  (What fields mean is btf/'s business.)  An object's
 * BTF is small, so all types are indexed.
 *
 * Format: the kernel's Documentation/bpf/btf.rst.
 */
#include "elf_int.h"

#include <string.h>

#define BTF_MAGIC_	0xeb9f
#define BTF_HEADER	24
#define TYPE_WORDS	12	/* name_off, info, size or type */
#define SKIP_MAX	64	/* qualifiers in a row */

/* Bytes after the three words: fixed, and per member. */
static const uint8_t extra_bytes[K_MAX][2] = {
	[K_INT] = { 4, 0 }, [K_ARRAY] = { 12, 0 }, [K_STRUCT] = { 0, 12 },
	[K_UNION] = { 0, 12 }, [K_ENUM] = { 0, 8 }, [K_FUNC_PROTO] = { 0, 8 },
	[K_VAR] = { 4, 0 }, [K_DATASEC] = { 0, 12 }, [K_DECL_TAG] = { 4, 0 },
	[K_ENUM64] = { 0, 12 },
};

/* btf_new() saw that the last string ends. */
const char *elf_btf_str(const struct elf_obj *o, uint32_t off)
{
	return off < o->btf.strs_len ? o->btf.strs + off : NULL;
}

/* Index the types; their number is bounded by their bytes. */
static int index_types(struct elf_obj *o, uint32_t len)
{
	struct prog_btf *b = &o->btf;
	uint32_t pos = 0, info, kind, size;

	b->at = arena_alloc(o->tmp, (size_t)len / TYPE_WORDS + 1,
			    sizeof(*b->at));
	if (!b->at)
		return elf_oom(o);
	b->ntypes = 1;		/* 0 is void */
	while (pos < len) {
		if (len - pos < TYPE_WORDS)
			return elf_fail(o, ".BTF: type %u is cut short",
					b->ntypes);
		info = elf_u32(o, b->types + pos + 4);
		kind = info >> 24 & 0x1f;
		if (!kind || kind >= K_MAX)
			return elf_fail(o, ".BTF: type %u has unknown kind %u",
					b->ntypes, kind);
		size = TYPE_WORDS + extra_bytes[kind][0] +
		       extra_bytes[kind][1] * (info & 0xffff);
		if (len - pos < size)
			return elf_fail(o, ".BTF: type %u is cut short",
					b->ntypes);
		b->at[b->ntypes++] = pos;
		pos += size;
	}
	return 0;
}

static int open_own(struct elf_obj *o, const uint8_t *p, uint32_t len)
{
	uint32_t hdr, type_off, type_len, str_off, str_len;

	if (len < BTF_HEADER ||
	    (o->big_endian ? p[0] << 8 | p[1] : p[1] << 8 | p[0]) !=
	    BTF_MAGIC_)
		return elf_fail(o, ".BTF has no proper header");
	hdr = elf_u32(o, p + 4);
	type_off = elf_u32(o, p + 8);
	type_len = elf_u32(o, p + 12);
	str_off = elf_u32(o, p + 16);
	str_len = elf_u32(o, p + 20);
	if (hdr < BTF_HEADER || hdr > len ||
	    type_off > len - hdr || type_len > len - hdr - type_off ||
	    str_off > len - hdr || str_len > len - hdr - str_off)
		return elf_fail(o, ".BTF: parts lie outside of it");
	o->btf.types = p + hdr + type_off;
	o->btf.strs = (const char *)p + hdr + str_off;
	o->btf.strs_len = str_len;
	return index_types(o, type_len);
}

int elf_btf_open(struct elf_obj *o)
{
	const struct elf_sec *s = &o->secs[elf_sec_named(o, ".BTF")];
	struct bytes src = { .len = s->size };
	const char *why = "";
	uint8_t *copy;
	int ret;

	if (!s->size)
		return 0;
	if (s->size > UINT32_MAX)
		return elf_fail(o, ".BTF is too large");
	copy = arena_copy(o->arena, s->data, s->size);
	if (!copy)
		return elf_oom(o);
	ret = open_own(o, copy, (uint32_t)s->size);
	if (ret)
		return ret;
	src.mem = copy;
	if (btf_new(&o->spec->btf, &src, NULL, &why)) {
		o->spec->btf = NULL;
		return elf_fail(o, ".BTF: %s", why ? why : "broken");
	}
	return 0;
}

bool elf_btf_type(const struct elf_obj *o, uint32_t id, struct btf_item *t)
{
	const uint8_t *p;
	uint32_t info;

	if (!id || id >= o->btf.ntypes)
		return false;
	p = o->btf.types + o->btf.at[id];
	info = elf_u32(o, p + 4);
	t->name = elf_btf_str(o, elf_u32(o, p));
	if (!t->name)
		t->name = "";
	t->kind = info >> 24 & 0x1f;
	t->vlen = info & 0xffff;
	t->kflag = info >> 31;
	t->size = elf_u32(o, p + 8);
	t->extra = p + TYPE_WORDS;
	return true;
}

bool elf_btf_skip(const struct elf_obj *o, uint32_t id, struct btf_item *t)
{
	for (int i = 0; i < SKIP_MAX; i++) {
		if (!elf_btf_type(o, id, t))
			return false;
		switch (t->kind) {
		case K_TYPEDEF:
		case K_VOLATILE:
		case K_CONST:
		case K_RESTRICT:
		case K_TYPE_TAG:
			id = t->size;
			break;
		default:
			return true;
		}
	}
	return false;
}

const char *elf_btf_section_of(const struct elf_obj *o, const char *name)
{
	struct btf_item sec, var;

	for (uint32_t id = 1; id < o->btf.ntypes; id++) {
		if (!elf_btf_type(o, id, &sec) || sec.kind != K_DATASEC)
			continue;
		for (uint32_t i = 0; i < sec.vlen; i++)
			if (elf_btf_type(o, elf_u32(o, sec.extra + 12 * i),
					 &var) && !strcmp(var.name, name))
				return sec.name;
	}
	return NULL;
}

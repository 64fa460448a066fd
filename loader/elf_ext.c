/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * .BTF.ext: what is said about single instructions, in lists by section:
 * source lines and CO-RE relocations.  Format: Documentation/bpf/btf.rst.
 */
#include "elf_int.h"

#include <string.h>

#define EXT_MAGIC	0xeb9f
#define EXT_HEADER	24	/* without core_relo */
#define EXT_HEADER_CORE	32
#define EXT_LINE	16	/* bytes of the records we know */
#define EXT_CORE	16

typedef int ext_fn(struct elf_obj *o, void *ctx, const struct ext_record *r);

/* The records of one section. */
static int each_record(struct elf_obj *o, uint32_t sec, const uint8_t *p,
		       uint32_t n, uint32_t size, ext_fn *fn, void *ctx)
{
	struct ext_record r = { .sec = sec };
	uint32_t off;
	int ret = 0;

	for (uint32_t i = 0; i < n && !ret; i++) {
		r.data = p + (size_t)i * size;
		off = elf_u32(o, r.data);
		if (off % 8 || off >= o->secs[sec].size)
			return elf_fail(o, ".BTF.ext: record for byte %u of "
					"section %s, which is no instruction",
					off, o->secs[sec].name);
		r.slot = off / 8;
		ret = fn(o, ctx, &r);
	}
	return ret;
}

/* One list: a record size, then {section, count, records} to the end. */
static int each_list(struct elf_obj *o, const uint8_t *p, uint32_t len,
		     uint32_t known, ext_fn *fn, void *ctx)
{
	uint32_t size, n, sec, pos = 4;
	const char *name;
	int ret = 0;

	if (!len)
		return 0;
	size = len >= 4 ? elf_u32(o, p) : 0;
	if (size < known || size > len)
		return elf_fail(o, ".BTF.ext: broken record size %u", size);
	while (pos < len && !ret) {
		if (len - pos < 8)
			return elf_fail(o, ".BTF.ext is cut short");
		name = elf_btf_str(o, elf_u32(o, p + pos));
		n = elf_u32(o, p + pos + 4);
		pos += 8;
		if (!name || !n || n > (len - pos) / size)
			return elf_fail(o, ".BTF.ext: broken list");
		sec = elf_sec_named(o, name);
		if (sec && o->secs[sec].flags & SECF_EXEC)
			ret = each_record(o, sec, p + pos, n, size, fn, ctx);
		pos += n * size;
	}
	return ret;
}

static int each_ext(struct elf_obj *o, uint32_t field, uint32_t known,
		    ext_fn *fn, void *ctx)
{
	const struct elf_sec *s = &o->secs[elf_sec_named(o, ".BTF.ext")];
	const uint8_t *p = s->data;
	uint32_t hdr, off, len, total = (uint32_t)s->size;

	if (!s->size || !o->btf.ntypes)
		return 0;
	if (s->size > UINT32_MAX || total < EXT_HEADER ||
	    (o->big_endian ? p[0] << 8 | p[1] : p[1] << 8 | p[0]) != EXT_MAGIC)
		return elf_fail(o, ".BTF.ext has no proper header");
	hdr = elf_u32(o, p + 4);
	if (hdr < EXT_HEADER || hdr > total)
		return elf_fail(o, ".BTF.ext has no proper header");
	if (field + 8 > hdr)
		return 0;	/* clang before 9: no CO-RE */
	off = elf_u32(o, p + field);
	len = elf_u32(o, p + field + 4);
	if (off > total - hdr || len > total - hdr - off)
		return elf_fail(o, ".BTF.ext: parts lie outside of it");
	return each_list(o, p + hdr + off, len, known, fn, ctx);
}

int elf_ext_lines(struct elf_obj *o, void *ctx, ext_fn *fn)
{
	return each_ext(o, EXT_HEADER - 8, EXT_LINE, fn, ctx);
}

int elf_ext_core(struct elf_obj *o, void *ctx, ext_fn *fn)
{
	return each_ext(o, EXT_HEADER_CORE - 8, EXT_CORE, fn, ctx);
}

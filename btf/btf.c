/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * btf.c - open BTF: the header, and what it says about the rest.
 *
 * The format: Documentation/bpf/btf.rst of the kernel.
 */
#include <errno.h>
#include <stdlib.h>

#include "btf_int.h"

#define HEADER_LEN	24	/* of 4.18; younger ones are longer */
#define LAYOUT_END	32	/* a header that names a layout section */

static const struct kind_size known_kinds[] = {
	[BTF_KIND_INT]		= { 16, 0 },
	[BTF_KIND_PTR]		= { 12, 0 },
	[BTF_KIND_ARRAY]	= { 24, 0 },
	[BTF_KIND_STRUCT]	= { 12, 12 },
	[BTF_KIND_UNION]	= { 12, 12 },
	[BTF_KIND_ENUM]		= { 12, 8 },
	[BTF_KIND_FWD]		= { 12, 0 },
	[BTF_KIND_TYPEDEF]	= { 12, 0 },
	[BTF_KIND_VOLATILE]	= { 12, 0 },
	[BTF_KIND_CONST]	= { 12, 0 },
	[BTF_KIND_RESTRICT]	= { 12, 0 },
	[KIND_FUNC]		= { 12, 0 },	/* vlen: linkage */
	[KIND_FUNC_PROTO]	= { 12, 8 },
	[KIND_VAR]		= { 16, 0 },
	[KIND_DATASEC]		= { 12, 12 },
	[KIND_FLOAT]		= { 12, 0 },
	[KIND_DECL_TAG]		= { 16, 0 },
	[KIND_TYPE_TAG]		= { 12, 0 },
	[KIND_ENUM64]		= { 12, 12 },
};

#define NKNOWN	(sizeof(known_kinds) / sizeof(known_kinds[0]))

/* Is [@off, @off + @len) of what follows the header inside the file? */
static bool section_ok(const struct btf *b, uint32_t hdr_len, uint32_t off,
		       uint32_t len)
{
	return (uint64_t)hdr_len + off + len <= reader_len(b->r);
}

/*
 * The layout section of kernels of 2026 (struct btf_layout {u8 info_sz,
 * elem_sz; u16 flags}, one for each kind) lets readers step over kinds that
 * they do not know.  It is not believed about kinds that we do know.
 */
static int read_layout(struct btf *b, uint32_t hdr_len)
{
	uint32_t off, len, i;
	const uint8_t *p;

	if (hdr_len < LAYOUT_END)
		return 0;
	p = reader_at(b->r, HEADER_LEN, LAYOUT_END - HEADER_LEN);
	if (!p)
		return reader_error(b->r);
	off = get32(p, b->swap);
	len = get32(p + 4, b->swap);
	if (!section_ok(b, hdr_len, off, len))
		return -EINVAL;
	for (i = NKNOWN; i < len / 4 && i < BTF_KINDS; i++) {
		p = reader_at(b->r, (uint64_t)hdr_len + off + i * 4, 4);
		if (!p)
			return reader_error(b->r);
		b->kinds[i].bytes = (uint16_t)(12 + p[0]);
		b->kinds[i].elem = p[1];
	}
	return 0;
}

static int read_header(struct btf *b, const char **why)
{
	const uint8_t *p = reader_at(b->r, 0, HEADER_LEN);
	uint32_t hdr_len, type_off, str_off;

	*why = "too short for a BTF header";
	if (!p)
		return reader_error(b->r);
	*why = "not BTF: wrong magic number";
	if (get16(p, false) == __builtin_bswap16(BTF_MAGIC))
		b->swap = true;
	else if (get16(p, false) != BTF_MAGIC)
		return -EINVAL;
	b->big_endian = HOST_BIG_ENDIAN != b->swap;
	*why = "BTF of an unknown version";
	if (p[2] != BTF_VERSION)
		return -EINVAL;
	hdr_len = get32(p + 4, b->swap);
	type_off = get32(p + 8, b->swap);
	b->types_len = get32(p + 12, b->swap);
	str_off = get32(p + 16, b->swap);
	b->strs_len = get32(p + 20, b->swap);
	*why = "BTF header: sections outside of the file";
	if (hdr_len < HEADER_LEN ||
	    !section_ok(b, hdr_len, type_off, b->types_len) ||
	    !section_ok(b, hdr_len, str_off, b->strs_len))
		return -EINVAL;
	b->types = (uint64_t)hdr_len + type_off;
	b->strs = (uint64_t)hdr_len + str_off;
	*why = "BTF header: broken layout section";
	return read_layout(b, hdr_len);
}

/* Names end with a NUL and offset 0 is the empty name. */
static int check_strings(const struct btf *b, const char **why)
{
	const uint8_t *p;

	*why = "BTF strings do not start and end with a NUL";
	if (!b->strs_len)
		return b->base ? 0 : -EINVAL;
	p = reader_at(b->r, b->strs + b->strs_len - 1, 1);
	if (!p || *p)
		return p ? -EINVAL : reader_error(b->r);
	if (b->base)
		return 0;
	p = reader_at(b->r, b->strs, 1);
	if (!p || *p)
		return p ? -EINVAL : reader_error(b->r);
	return 0;
}

/* Ids and string offsets of split BTF go on where its base ends. */
static int set_base(struct btf *b, const struct btf *base, const char **why)
{
	uint64_t ids, strs;
	int err;

	b->first_id = 1;
	if (!base)
		return 0;
	err = scan_types(base, why);
	if (err)
		return err;
	*why = "BTF and its base are too large together";
	ids = (uint64_t)base->first_id + base->scan->ntypes;
	strs = (uint64_t)base->str_base + base->strs_len;
	if (ids > INT32_MAX || strs + b->strs_len > UINT32_MAX)
		return -EINVAL;
	*why = "BTF and its base differ in byte order";
	if (base->swap != b->swap)
		return -EINVAL;
	b->base = base;
	b->first_id = (uint32_t)ids;
	b->str_base = (uint32_t)strs;
	return 0;
}

int btf_new(struct btf **out, const struct bytes *src, const struct btf *base,
	    const char **why)
{
	struct btf *b;
	int err = -ENOMEM;

	*out = NULL;
	*why = "out of memory";
	b = calloc(1, sizeof(*b));
	if (!b)
		return -ENOMEM;
	memcpy(b->kinds, known_kinds, sizeof(known_kinds));
	b->scan = calloc(1, sizeof(*b->scan));
	if (!b->scan)
		goto fail;
	err = reader_new(&b->r, src);
	if (err)
		goto fail;
	err = read_header(b, why);
	if (!err)
		err = set_base(b, base, why);
	if (!err)
		err = check_strings(b, why);
	if (!err)
		err = partial_detect(b);
	if (err)
		goto fail;
	*why = NULL;
	*out = b;
	return 0;
fail:
	btf_free(b);
	return err;
}

void btf_free(struct btf *b)
{
	if (!b)
		return;
	scan_free(b->scan);
	reader_free(b->r);
	free(b);
}

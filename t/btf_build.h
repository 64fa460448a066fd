/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * btf_build.h - types as C calls -> BTF in either byte order, for tests.
 *
 *	bb_init(&bb, big_endian);
 *	u32 = bb_int(&bb, "unsigned int", 4, 0);
 *	s = bb_struct(&bb, "sock", 8, 2);
 *	bb_member(&bb, "a", u32, 0);
 *	bb_member(&bb, "b", u32, 32);
 *	btf = bb_open(&bb, NULL, streamed);
 */
#ifndef SOCKEYE_T_BTF_BUILD_H
#define SOCKEYE_T_BTF_BUILD_H

#include <linux/btf.h>
#include <stdlib.h>
#include <string.h>

#include "btf/btf.h"
#include "t/check.h"

enum { B_FLOAT = 16, B_DECL_TAG, B_TYPE_TAG, B_ENUM64 };	/* kinds */

#define B_KFLAG	(1u << 31)
#define B_BITS(size, off)	((size) << 24 | (off))	/* with B_KFLAG */

struct bb {
	bool big_endian;
	uint32_t nids;		/* the next id */
	uint32_t str_base;
	size_t types_len, strs_len, len;
	uint8_t types[1 << 16], blob[3 << 16];
	char strs[1 << 16];
};

static inline void bb_put(const struct bb *b, uint8_t *p, uint64_t v, int n)
{
	int i;

	for (i = 0; i < n; i++)
		p[b->big_endian ? n - 1 - i : i] = (uint8_t)(v >> 8 * i);
}

static inline void bb_init(struct bb *b, bool big_endian)
{
	memset(b, 0, sizeof(*b));
	b->big_endian = big_endian;
	b->nids = 1;
	b->strs_len = 1;
}

/* Split BTF on top of @base, which must be complete. */
static inline void bb_split(struct bb *b, const struct bb *base)
{
	memset(b, 0, sizeof(*b));
	b->big_endian = base->big_endian;
	b->nids = base->nids;
	b->str_base = base->str_base + (uint32_t)base->strs_len;
}

static inline uint32_t bb_str(struct bb *b, const char *s)
{
	size_t off = b->str_base ? 0 : 1, n;

	if (!s || !*s)
		return 0;
	for (; off < b->strs_len; off += n + 1) {
		n = strlen(b->strs + off);
		if (!strcmp(b->strs + off, s))
			return b->str_base + (uint32_t)off;
	}
	n = strlen(s) + 1;
	ck_assert(b->strs_len + n <= sizeof(b->strs));
	memcpy(b->strs + b->strs_len, s, n);
	b->strs_len += n;
	return b->str_base + (uint32_t)(b->strs_len - n);
}

static inline void bb_u32(struct bb *b, uint32_t v)
{
	ck_assert(b->types_len + 4 <= sizeof(b->types));
	bb_put(b, b->types + b->types_len, v, 4);
	b->types_len += 4;
}

/* @info: kind << 24 | vlen, and B_KFLAG */
static inline uint32_t bb_type(struct bb *b, const char *name, uint32_t info,
			       uint32_t size_or_type)
{
	bb_u32(b, bb_str(b, name));
	bb_u32(b, info);
	bb_u32(b, size_or_type);
	return b->nids++;
}

static inline uint32_t bb_ref(struct bb *b, uint32_t kind, const char *name,
			      uint32_t type)
{
	return bb_type(b, name, kind << 24, type);
}

static inline uint32_t bb_ptr(struct bb *b, uint32_t type)
{
	return bb_ref(b, BTF_KIND_PTR, NULL, type);
}

static inline uint32_t bb_typedef(struct bb *b, const char *name,
				  uint32_t type)
{
	return bb_ref(b, BTF_KIND_TYPEDEF, name, type);
}

/* An INT of any encoding, number of bits and their offset. */
static inline uint32_t bb_int_bits(struct bb *b, const char *name,
				   uint32_t size, uint32_t encoding,
				   uint32_t off, uint32_t bits)
{
	uint32_t id = bb_type(b, name, BTF_KIND_INT << 24, size);

	bb_u32(b, encoding << 24 | off << 16 | bits);
	return id;
}

static inline uint32_t bb_int(struct bb *b, const char *name, uint32_t size,
			      uint32_t encoding)
{
	return bb_int_bits(b, name, size, encoding, 0, size * 8);
}

static inline uint32_t bb_array(struct bb *b, uint32_t elem, uint32_t index,
				uint32_t nelems)
{
	uint32_t id = bb_type(b, NULL, BTF_KIND_ARRAY << 24, 0);

	bb_u32(b, elem);
	bb_u32(b, index);
	bb_u32(b, nelems);
	return id;
}

static inline uint32_t bb_struct(struct bb *b, const char *name,
				 uint32_t size, uint32_t info)
{
	return bb_type(b, name, BTF_KIND_STRUCT << 24 | info, size);
}

static inline uint32_t bb_union(struct bb *b, const char *name, uint32_t size,
				uint32_t info)
{
	return bb_type(b, name, BTF_KIND_UNION << 24 | info, size);
}

static inline void bb_member(struct bb *b, const char *name, uint32_t type,
			     uint32_t off)
{
	bb_u32(b, bb_str(b, name));
	bb_u32(b, type);
	bb_u32(b, off);
}

static inline uint32_t bb_enum(struct bb *b, const char *name, uint32_t info)
{
	return bb_type(b, name, BTF_KIND_ENUM << 24 | info, 4);
}

static inline void bb_value(struct bb *b, const char *name, int32_t value)
{
	bb_u32(b, bb_str(b, name));
	bb_u32(b, (uint32_t)value);
}

static inline uint32_t bb_enum64(struct bb *b, const char *name, uint32_t info)
{
	return bb_type(b, name, B_ENUM64 << 24 | info, 8);
}

static inline void bb_value64(struct bb *b, const char *name, uint64_t value)
{
	bb_u32(b, bb_str(b, name));
	bb_u32(b, (uint32_t)value);
	bb_u32(b, (uint32_t)(value >> 32));
}

static inline uint32_t bb_proto(struct bb *b, uint32_t ret, uint32_t nparams)
{
	return bb_type(b, NULL, 13u << 24 | nparams, ret);
}

static inline void bb_param(struct bb *b, const char *name, uint32_t type)
{
	bb_u32(b, bb_str(b, name));
	bb_u32(b, type);
}

/* Put the file together; header, types, strings. */
static inline void bb_finish(struct bb *b)
{
	uint8_t *p = b->blob;

	b->len = 24 + b->types_len + b->strs_len;
	bb_put(b, p, BTF_MAGIC, 2);
	p[2] = BTF_VERSION;
	p[3] = 0;
	bb_put(b, p + 4, 24, 4);
	bb_put(b, p + 8, 0, 4);
	bb_put(b, p + 12, b->types_len, 4);
	bb_put(b, p + 16, b->types_len, 4);
	bb_put(b, p + 20, b->strs_len, 4);
	memcpy(p + 24, b->types, b->types_len);
	memcpy(p + 24 + b->types_len, b->strs, b->strs_len);
}

static inline ssize_t bb_read(void *ctx, void *buf, size_t len, uint64_t off)
{
	const struct bb *b = ctx;
	size_t n;

	if (off >= b->len)
		return 0;
	n = b->len - (size_t)off;
	n = n < len ? n : len;
	n = n < 4096 ? n : 4096;	/* as sysfs does */
	memcpy(buf, b->blob + off, n);
	return (ssize_t)n;
}

static inline struct btf *bb_open(struct bb *b, const struct btf *base,
				  bool streamed)
{
	struct bytes src = { .len = 0 };
	struct btf *btf;
	const char *why;

	bb_finish(b);
	src.len = b->len;
	src.mem = streamed ? NULL : b->blob;
	src.read = streamed ? bb_read : NULL;
	src.ctx = b;
	ck_assert_int_eq(btf_new(&btf, &src, base, &why), 0);
	return btf;
}

/* The first type called @name of one of @kinds, wanted before if need be. */
static inline uint32_t bb_find(struct btf *btf, const char *name,
			       uint32_t kinds)
{
	const char *why;

	ck_assert_int_eq(btf_want(btf, &name, 1, &why), 0);
	return btf_next(btf, name, kinds, 0);
}

#endif

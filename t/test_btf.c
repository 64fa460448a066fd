/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reading BTF: names, types, fields; broken files.  Every test runs in both
 * byte orders (bit 0 of _i), from memory and through a callback (bit 1).
 */
#include <errno.h>
#include <stdio.h>

#include "btf_build.h"

Suite *suite_btf(void);

#define MODES		4
#define BIG(i)		((i) & 1)
#define STREAMED(i)	((i) & 2)

static struct bb bb, split;

static void check_field(struct btf *b, uint32_t id, const char *path,
			uint32_t off, uint32_t size, int class)
{
	struct field f;

	ck_assert_int_eq(btf_find_field(b, id, path, &f), 0);
	ck_assert_msg(f.exists, "%s is not there", path);
	ck_assert_msg(f.off == off && f.size == size && f.class == class,
		      "%s: off %u size %u class %u", path, f.off, f.size,
		      f.class);
	ck_assert_int_eq(f.bit_size, 0);
	ck_assert_int_eq(f.bit_off, off * 8);
	ck_assert_int_eq(f.is_signed, class == FIELD_SIGNED);
}

static void check_bits(struct btf *b, uint32_t id, const char *path,
		       uint32_t off, uint32_t size, uint32_t bit_off,
		       uint32_t bit_size)
{
	struct field f;

	ck_assert_int_eq(btf_find_field(b, id, path, &f), 0);
	ck_assert_msg(f.exists && f.off == off && f.size == size &&
		      f.bit_off == bit_off && f.bit_size == bit_size,
		      "%s: off %u size %u bits %u+%u", path, f.off, f.size,
		      f.bit_off, f.bit_size);
}

static void check_absent(struct btf *b, uint32_t id, const char *path)
{
	struct field f;

	ck_assert_int_eq(btf_find_field(b, id, path, &f), 0);
	ck_assert_msg(!f.exists, "%s is there", path);
}

/* A small kernel: struct sock with what makes life interesting. */
static uint32_t build_sock(struct bb *b)
{
	uint32_t u8, u16, u32, s32, u64, ptr, fl, pair, in6, comm, arr, flex;
	uint32_t anon, deep, vol, td, mode, id;

	u8 = bb_int(b, "unsigned char", 1, 0);
	u16 = bb_int(b, "short unsigned int", 2, 0);
	u32 = bb_int(b, "unsigned int", 4, 0);
	s32 = bb_int(b, "int", 4, BTF_INT_SIGNED);
	u64 = bb_int(b, "long unsigned int", 8, 0);
	ptr = bb_ptr(b, 0);
	fl = bb_type(b, "double", B_FLOAT << 24, 8);
	mode = bb_enum(b, "mode", 1);
	bb_value(b, "MODE_A", 1);
	td = bb_typedef(b, "__u16", u16);
	td = bb_typedef(b, "__be16", td);
	vol = bb_ref(b, BTF_KIND_VOLATILE, NULL, u8);
	arr = bb_array(b, u8, u32, 16);
	flex = bb_array(b, u32, u32, 0);
	in6 = bb_struct(b, "in6_addr", 16, 1);
	bb_member(b, "u6_addr8", arr, 0);
	pair = bb_struct(b, NULL, 8, 2);
	bb_member(b, "skc_daddr", u32, 0);
	bb_member(b, "skc_rcv_saddr", u32, 32);
	deep = bb_union(b, NULL, 8, 2);
	bb_member(b, "skc_addrpair", u64, 0);
	bb_member(b, NULL, pair, 0);
	comm = bb_struct(b, "sock_common", 40, 6);
	bb_member(b, NULL, deep, 0);
	bb_member(b, "skc_dport", td, 64);
	bb_member(b, "skc_state", vol, 96);
	bb_member(b, "skc_v6_daddr", in6, 128);
	bb_member(b, "skc_prot", ptr, 256);
	bb_member(b, "skc_mode", mode, 104);
	anon = bb_array(b, in6, u32, 3);
	id = bb_struct(b, "sock", 120, 6);
	bb_member(b, "__sk_common", comm, 0);
	bb_member(b, "sk_err", s32, 320);
	bb_member(b, "sk_addrs", anon, 352);
	bb_member(b, "sk_float", fl, 768);
	bb_member(b, "sk_empty", flex, 832);
	bb_member(b, "sk_tail", flex, 960);
	return id;
}

START_TEST(test_fields)
{
	struct btf *b;
	uint32_t id;

	bb_init(&bb, BIG(_i));
	build_sock(&bb);
	b = bb_open(&bb, NULL, STREAMED(_i));
	id = bb_find(b, "sock", BTF_ANY_KIND);
	ck_assert_int_ne(id, 0);
	check_field(b, id, "__sk_common.skc_daddr", 0, 4, FIELD_UNSIGNED);
	check_field(b, id, "__sk_common.skc_rcv_saddr", 4, 4, FIELD_UNSIGNED);
	check_field(b, id, "__sk_common.skc_addrpair", 0, 8, FIELD_UNSIGNED);
	check_field(b, id, "__sk_common.skc_dport", 8, 2, FIELD_UNSIGNED);
	check_field(b, id, "__sk_common.skc_state", 12, 1, FIELD_UNSIGNED);
	check_field(b, id, "__sk_common.skc_mode", 13, 4, FIELD_ENUM);
	check_field(b, id, "__sk_common.skc_prot", 32, 8, FIELD_POINTER);
	check_field(b, id, "__sk_common", 0, 40, FIELD_COMPOSITE);
	check_field(b, id, "sk_err", 40, 4, FIELD_SIGNED);
	check_field(b, id, "sk_float", 96, 8, FIELD_FLOAT);
	check_field(b, id, "sk_addrs", 44, 48, FIELD_ARRAY);
	check_field(b, id, "sk_addrs[2]", 76, 16, FIELD_COMPOSITE);
	check_field(b, id, "sk_addrs[2].u6_addr8[15]", 91, 1, FIELD_UNSIGNED);
	check_field(b, id, "sk_tail", 120, 0, FIELD_ARRAY);
	check_field(b, id, "sk_tail[100]", 520, 4, FIELD_UNSIGNED);
	check_field(b, id, "[2].sk_err", 280, 4, FIELD_SIGNED);
	check_field(b, id, "", 0, 120, FIELD_COMPOSITE);
	check_absent(b, id, "nothing");
	check_absent(b, id, "skc_daddr");
	check_absent(b, id, "sk_err.x");
	check_absent(b, id, "sk_err[0]");
	check_absent(b, id, "sk_addrs[3]");
	check_absent(b, id, "sk_addrs.u6_addr8");
	check_absent(b, id, "sk_empty[0]");
	check_absent(b, id, "__sk_common.skc_prot.x");
	btf_free(b);
}
END_TEST

START_TEST(test_paths)
{
	static const char *const broken[] = {
		".", "a.", ".a", "a..b", "a[", "a[]", "a[1", "a[x]", "a[1]b",
		"a[4294967296]", "a[-1]", "[1", "sk_addrs[1]u6_addr8",
	};
	struct field f;
	struct btf *b;
	uint32_t id;
	size_t i;

	bb_init(&bb, BIG(_i));
	id = build_sock(&bb);
	b = bb_open(&bb, NULL, STREAMED(_i));
	/* A path is followed up to where it is wrong or leads nowhere */
	for (i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
		ck_assert_msg(btf_find_field(b, id, broken[i], &f) == -EINVAL ||
			      !f.exists, "%s", broken[i]);
	ck_assert_int_eq(btf_find_field(b, id, "[", &f), -EINVAL);
	ck_assert_int_eq(btf_find_field(b, id, ".sk_err", &f), -EINVAL);
	ck_assert_int_eq(btf_find_field(b, id, "sk_addrs[1]x", &f), -EINVAL);
	ck_assert_int_eq(btf_find_field(b, id, "sk_addrs[]", &f), -EINVAL);
	ck_assert_int_eq(btf_find_field(b, id, "__sk_common.", &f), -EINVAL);
	ck_assert_int_eq(btf_find_field(b, id, "[4294967295]", &f), -EINVAL);
	ck_assert_int_eq(btf_find_field(b, 9999, "x", &f), -EINVAL);
	btf_free(b);
}
END_TEST

START_TEST(test_bitfields)
{
	uint32_t u32, s3, old, flag;
	struct field f;
	struct btf *b;

	bb_init(&bb, BIG(_i));
	u32 = bb_int(&bb, "unsigned int", 4, 0);
	s3 = bb_int_bits(&bb, "int", 4, BTF_INT_SIGNED, 0, 3);
	/* Before 5.0: the type has bits and where they start */
	old = bb_struct(&bb, "old", 8, 4);
	bb_member(&bb, "a", s3, 0);
	bb_member(&bb, "b", s3, 6);
	bb_member(&bb, "c", bb.nids + 1, 32);
	bb_member(&bb, "d", u32, 32);
	/* 5.0: the member has them */
	flag = bb_struct(&bb, "flag", 16, B_KFLAG | 7);
	bb_member(&bb, "a", u32, B_BITS(4u, 0));
	bb_member(&bb, "b", u32, B_BITS(8u, 4));
	bb_member(&bb, "c", u32, B_BITS(0u, 32));
	bb_member(&bb, "d", u32, B_BITS(8u, 48));
	bb_member(&bb, "e", u32, B_BITS(20u, 54));
	bb_member(&bb, "f", u32, B_BITS(32u, 62));
	bb_member(&bb, "g", u32, B_BITS(64u, 60));
	bb_int_bits(&bb, "u32_at_5", 4, 0, 5, 2);
	b = bb_open(&bb, NULL, STREAMED(_i));
	check_bits(b, old, "a", 0, 1, 0, 3);
	check_bits(b, old, "b", 0, 2, 6, 3);
	ck_assert_int_eq(btf_find_field(b, old, "a", &f), 0);
	ck_assert(f.is_signed && f.class == FIELD_SIGNED);
	check_bits(b, old, "c", 4, 1, 37, 2);
	check_field(b, old, "d", 4, 4, FIELD_UNSIGNED);
	check_bits(b, flag, "a", 0, 1, 0, 4);
	check_bits(b, flag, "b", 0, 2, 4, 8);
	check_field(b, flag, "c", 4, 4, FIELD_UNSIGNED);
	check_bits(b, flag, "d", 6, 1, 48, 8);
	/* No aligned load of 8 bytes or less has these */
	check_bits(b, flag, "e", 6, 4, 54, 20);
	check_bits(b, flag, "g", 7, 9, 60, 64);
	btf_free(b);
}
END_TEST

START_TEST(test_sizes)
{
	uint32_t s32, l, ptr, arr, td, big, fwd, fn, fl, e64;
	struct btf *b;

	bb_init(&bb, BIG(_i));
	s32 = bb_int(&bb, "int", 4, BTF_INT_SIGNED);
	ptr = bb_ptr(&bb, s32);
	arr = bb_array(&bb, ptr, s32, 5);
	arr = bb_array(&bb, arr, s32, 3);
	td = bb_typedef(&bb, "t", bb_ref(&bb, BTF_KIND_CONST, NULL, arr));
	big = bb_array(&bb, arr, s32, 1u << 28);
	fwd = bb_type(&bb, "f", BTF_KIND_FWD << 24, 0);
	fn = bb_proto(&bb, s32, 0);
	fl = bb_type(&bb, "double", B_FLOAT << 24, 8);
	e64 = bb_enum64(&bb, "e", 0);
	l = bb_int(&bb, "long int", 4, BTF_INT_SIGNED);
	b = bb_open(&bb, NULL, STREAMED(_i));
	ck_assert_int_eq(btf_size(b, s32), 4);
	ck_assert_int_eq(btf_size(b, l), 4);
	ck_assert_int_eq(btf_size(b, ptr), 4);	/* since long is */
	ck_assert_int_eq(btf_size(b, arr), 60);
	ck_assert_int_eq(btf_size(b, td), 60);
	ck_assert_int_eq(btf_size(b, fl), 8);
	ck_assert_int_eq(btf_size(b, e64), 8);
	ck_assert_int_lt(btf_size(b, big), 0);
	ck_assert_int_lt(btf_size(b, fwd), 0);
	ck_assert_int_lt(btf_size(b, fn), 0);
	ck_assert_int_lt(btf_size(b, 0), 0);
	ck_assert_int_lt(btf_size(b, 1000), 0);
	ck_assert_int_lt(btf_size(b, UINT32_MAX), 0);
	btf_free(b);
	/* No "long" at all: 8, as for BPF */
	bb_init(&bb, BIG(_i));
	ptr = bb_ptr(&bb, 0);
	b = bb_open(&bb, NULL, STREAMED(_i));
	ck_assert_int_eq(btf_size(b, ptr), 8);
	btf_free(b);
}
END_TEST

START_TEST(test_names)
{
	static const char *const names[] = { "sock", "net", "x", "u8",
					     "gone", "sock", "", "e___f" };
	uint32_t id[8], u32;
	struct btf *b;
	const char *why;

	ck_assert_uint_eq(btf_essential_len("sock"), 4);
	ck_assert_uint_eq(btf_essential_len("sock___old"), 4);
	ck_assert_uint_eq(btf_essential_len("a___b___c"), 5);
	ck_assert_uint_eq(btf_essential_len("___x"), 4);
	ck_assert_uint_eq(btf_essential_len("x___"), 4);
	ck_assert_uint_eq(btf_essential_len("a____b"), 6);
	bb_init(&bb, BIG(_i));
	u32 = bb_int(&bb, "unsigned int", 4, 0);
	id[0] = bb_struct(&bb, "sock", 4, 0);
	id[1] = bb_struct(&bb, "socket", 4, 0);
	id[2] = bb_struct(&bb, "sock___6_1", 4, 0);
	id[3] = bb_typedef(&bb, "sock", u32);
	id[4] = bb_struct(&bb, "net", 4, 0);
	id[5] = bb_struct(&bb, "net___x", 4, 0);
	id[6] = bb_typedef(&bb, "x", u32);
	id[7] = bb_typedef(&bb, "u8___y", u32);
	b = bb_open(&bb, NULL, STREAMED(_i));
	ck_assert_uint_eq(btf_next(b, "sock", BTF_ANY_KIND, 0), 0);
	ck_assert_int_eq(btf_want(b, names, 8, &why), 0);
	ck_assert_uint_eq(btf_next(b, "sock", BTF_ANY_KIND, 0), id[0]);
	ck_assert_uint_eq(btf_next(b, "sock", BTF_ANY_KIND, id[0]), id[2]);
	ck_assert_uint_eq(btf_next(b, "sock", BTF_ANY_KIND, id[2]), id[3]);
	ck_assert_uint_eq(btf_next(b, "sock", BTF_ANY_KIND, id[3]), 0);
	ck_assert_uint_eq(btf_next(b, "sock", 1u << BTF_KIND_TYPEDEF, 0),
			  id[3]);
	ck_assert_uint_eq(btf_next(b, "sock", 1u << BTF_KIND_UNION, 0), 0);
	ck_assert_uint_eq(btf_next(b, "net", BTF_ANY_KIND, 0), id[4]);
	ck_assert_uint_eq(btf_next(b, "net", BTF_ANY_KIND, id[4]), id[5]);
	ck_assert_uint_eq(btf_next(b, "x", BTF_ANY_KIND, 0), id[6]);
	ck_assert_uint_eq(btf_next(b, "u8", BTF_ANY_KIND, 0), id[7]);
	ck_assert_uint_eq(btf_next(b, "gone", BTF_ANY_KIND, 0), 0);
	ck_assert_uint_eq(btf_next(b, "socket", BTF_ANY_KIND, 0), 0);
	/* More names later: both are known then */
	ck_assert_uint_eq(bb_find(b, "socket", BTF_ANY_KIND), id[1]);
	ck_assert_uint_eq(btf_next(b, "sock", BTF_ANY_KIND, 0), id[0]);
	ck_assert_str_eq(btf_name(b, id[2]), "sock___6_1");
	ck_assert_int_eq(btf_kind(b, id[3]), BTF_KIND_TYPEDEF);
	ck_assert_ptr_null(btf_name(b, 0));
	ck_assert_ptr_null(btf_name(b, 100));
	ck_assert_int_eq(btf_kind(b, 100), 0);
	btf_free(b);
	btf_free(NULL);
}
END_TEST

/* More types than marks, names across words and windows. */
/* What may be wanted is found with what is, and takes no pass of its own. */
START_TEST(test_foresee)
{
	const char *wanted = "net", *late[] = { "sock", "gone" };
	const char *why;
	uint32_t sock, net;
	struct btf *b;

	bb_init(&bb, BIG(_i));
	sock = bb_struct(&bb, "sock", 4, 0);
	net = bb_struct(&bb, "net", 4, 0);
	b = bb_open(&bb, NULL, STREAMED(_i));
	ck_assert_int_eq(btf_foresee(b, late, 2), 0);
	ck_assert_uint_eq(btf_next(b, "sock", BTF_ANY_KIND, 0), 0);
	ck_assert_int_eq(btf_want(b, &wanted, 1, &why), 0);
	ck_assert_uint_eq(btf_next(b, "net", BTF_ANY_KIND, 0), net);
	ck_assert_uint_eq(btf_next(b, "sock", BTF_ANY_KIND, 0), sock);
	ck_assert_uint_eq(btf_next(b, "gone", BTF_ANY_KIND, 0), 0);
	/* too late for that pass, and never made */
	ck_assert_int_eq(btf_foresee(b, late, 2), 0);
	btf_free(b);
}
END_TEST

START_TEST(test_many)
{
	char name[32];
	struct btf *b;
	uint32_t i, id;

	bb_init(&bb, BIG(_i));
	for (i = 0; i < 1500; i++) {
		snprintf(name, sizeof(name), "type_%.*s%u", (int)(i % 17),
			 "abcdefghijklmnopq", i);
		if (i % 3)
			bb_typedef(&bb, name, i);
		else
			bb_int(&bb, name, 1 + i % 4, 0);
	}
	b = bb_open(&bb, NULL, STREAMED(_i));
	for (i = 0; i < 1500; i += 7) {
		snprintf(name, sizeof(name), "type_%.*s%u", (int)(i % 17),
			 "abcdefghijklmnopq", i);
		id = bb_find(b, name, BTF_ANY_KIND);
		ck_assert_uint_eq(id, i + 1);
		ck_assert_str_eq(btf_name(b, id), name);
		if (i % 3 == 0)
			ck_assert_int_eq(btf_size(b, id), 1 + i % 4);
	}
	btf_free(b);
}
END_TEST

START_TEST(test_enums)
{
	const char *name;
	uint32_t e, e64, td, pos = 0;
	uint64_t v;
	struct btf *b;

	bb_init(&bb, BIG(_i));
	e = bb_enum(&bb, "state", B_KFLAG | 2);
	bb_value(&bb, "UP", 7);
	bb_value(&bb, "BAD", -3);
	e64 = bb_enum64(&bb, "wide", 1);
	bb_value64(&bb, "HUGE", 0x123456789abcdef0);
	td = bb_typedef(&bb, "state_t", e);
	b = bb_open(&bb, NULL, STREAMED(_i));
	ck_assert_int_eq(btf_enum_value(b, td, "UP", &v), 0);
	ck_assert_uint_eq(v, 7);
	ck_assert_int_eq(btf_enum_value(b, e, "BAD", &v), 0);
	ck_assert_int_eq((int64_t)v, -3);
	ck_assert_int_eq(btf_enum_value(b, e64, "HUGE", &v), 0);
	ck_assert_uint_eq(v, 0x123456789abcdef0);
	ck_assert_int_eq(btf_enum_value(b, e, "HUGE", &v), -ENOENT);
	ck_assert_int_eq(btf_enum_value(b, 99, "HUGE", &v), -EINVAL);
	ck_assert_int_eq(btf_enum_next(b, e, &pos, &name, &v), 1);
	ck_assert_str_eq(name, "UP");
	ck_assert_int_eq(btf_enum_next(b, e, &pos, &name, &v), 1);
	ck_assert_str_eq(name, "BAD");
	ck_assert_int_eq(btf_enum_next(b, e, &pos, &name, &v), 0);
	btf_free(b);
}
END_TEST

START_TEST(test_funcs)
{
	uint32_t s32, proto, var, func, td;
	struct btf *b;

	bb_init(&bb, BIG(_i));
	s32 = bb_int(&bb, "int", 4, BTF_INT_SIGNED);
	proto = bb_proto(&bb, s32, 2);
	bb_param(&bb, "a", s32);
	bb_param(&bb, "b", s32);
	var = bb_proto(&bb, 0, 2);
	bb_param(&bb, "fmt", s32);
	bb_param(&bb, NULL, 0);
	func = bb_type(&bb, "do_it", 12u << 24 | 1, proto);
	td = bb_typedef(&bb, "btf_trace_it", bb_ptr(&bb, proto));
	b = bb_open(&bb, NULL, STREAMED(_i));
	ck_assert_int_eq(btf_func_args(b, func), 2);
	ck_assert_int_eq(btf_func_args(b, td), 2);
	ck_assert_int_eq(btf_func_args(b, var), 1);
	ck_assert_int_lt(btf_func_args(b, s32), 0);
	ck_assert_int_lt(btf_func_args(b, 0), 0);
	btf_free(b);
}
END_TEST

START_TEST(test_split)
{
	uint32_t u32, sock, mod, again, td;
	struct btf *base, *b;
	const char *why;

	bb_init(&bb, BIG(_i));
	u32 = bb_int(&bb, "unsigned int", 4, 0);
	sock = bb_struct(&bb, "sock", 4, 1);
	bb_member(&bb, "x", u32, 0);
	bb_str(&bb, "late");
	base = bb_open(&bb, NULL, STREAMED(_i));
	bb_split(&split, &bb);
	mod = bb_struct(&split, "modsock", 12, 2);
	bb_member(&split, "sk", sock, 32);
	bb_member(&split, "own", u32, 64);
	/* A name that stands in the base's strings: 1 + "unsigned int" + 1 */
	again = split.nids++;
	bb_u32(&split, 14);
	bb_u32(&split, BTF_KIND_STRUCT << 24);
	bb_u32(&split, 1);
	td = bb_typedef(&split, "sock_t", sock);
	b = bb_open(&split, base, STREAMED(_i));
	ck_assert_uint_eq(bb_find(b, "modsock", BTF_ANY_KIND), mod);
	ck_assert_uint_eq(bb_find(b, "sock", BTF_ANY_KIND), again);
	ck_assert_uint_eq(bb_find(base, "sock", BTF_ANY_KIND), sock);
	check_field(b, mod, "sk.x", 4, 4, FIELD_UNSIGNED);
	check_field(b, mod, "own", 8, 4, FIELD_UNSIGNED);
	check_field(b, td, "x", 0, 4, FIELD_UNSIGNED);
	ck_assert_str_eq(btf_name(b, sock), "sock");
	ck_assert_str_eq(btf_name(b, again), "sock");
	ck_assert_str_eq(btf_name(b, td), "sock_t");
	btf_free(b);
	/* Byte orders do not mix */
	split.big_endian = !split.big_endian;
	bb_finish(&split);
	ck_assert_int_eq(btf_new(&b, &(struct bytes){ .mem = split.blob,
				 .len = split.len }, base, &why), -EINVAL);
	ck_assert_ptr_nonnull(why);
	btf_free(base);
}
END_TEST

/* Kinds of the future are stepped over where the file says how long. */
START_TEST(test_layout)
{
	uint8_t file[512];
	struct bytes src = { .mem = file };
	uint32_t id;
	size_t at;
	struct btf *b;
	const char *why;
	int i;

	bb_init(&bb, BIG(_i));
	bb_type(&bb, "new", 21u << 24 | 3, 0);
	for (i = 0; i < 2 + 3; i++)
		bb_u32(&bb, 0x01010101);
	id = bb_struct(&bb, "sock", 4, 0);
	bb_finish(&bb);
	src.len = bb.len;
	memcpy(file, bb.blob, bb.len);
	ck_assert_int_eq(btf_new(&b, &src, NULL, &why), 0);
	ck_assert_int_eq(btf_want(b, (const char *[]){ "sock" }, 1, &why),
			 -EINVAL);
	btf_free(b);
	/* A header of 32 bytes; the layout after the strings */
	at = 32 + bb.len - 24;
	memmove(file + 32, bb.blob + 24, bb.len - 24);
	bb_put(&bb, file + 4, 32, 4);
	bb_put(&bb, file + 24, bb.len - 24, 4);
	bb_put(&bb, file + 28, 22 * 4, 4);
	memset(file + at, 0, 22 * 4);
	file[at + 21 * 4] = 8;
	file[at + 21 * 4 + 1] = 4;
	src.len = at + 22 * 4;
	ck_assert_int_eq(btf_new(&b, &src, NULL, &why), 0);
	ck_assert_uint_eq(bb_find(b, "sock", BTF_ANY_KIND), id);
	btf_free(b);
	bb_put(&bb, file + 28, 23 * 4, 4);
	ck_assert_int_eq(btf_new(&b, &src, NULL, &why), -EINVAL);
}
END_TEST

Suite *suite_btf(void)
{
	Suite *s = suite_create("btf");
	TCase *tc = tcase_create("reader");

	tcase_add_loop_test(tc, test_fields, 0, MODES);
	tcase_add_loop_test(tc, test_paths, 0, MODES);
	tcase_add_loop_test(tc, test_bitfields, 0, MODES);
	tcase_add_loop_test(tc, test_sizes, 0, MODES);
	tcase_add_loop_test(tc, test_names, 0, MODES);
	tcase_add_loop_test(tc, test_foresee, 0, MODES);
	tcase_add_loop_test(tc, test_many, 0, MODES);
	tcase_add_loop_test(tc, test_enums, 0, MODES);
	tcase_add_loop_test(tc, test_funcs, 0, MODES);
	tcase_add_loop_test(tc, test_split, 0, MODES);
	tcase_add_loop_test(tc, test_layout, 0, 2);
	suite_add_tcase(s, tc);
	return s;
}

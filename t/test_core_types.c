/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * CO-RE with the program's own BTF: what fits, what matches, and access
 * strings turned into paths.
 */
#include <errno.h>

#include "btf_build.h"

Suite *suite_core_types(void);

static struct bb target, local;

/* Kind @kind about local type @id: 1, 0, or negative errno. */
static int ask(struct btf *b, struct btf *l, int kind, uint32_t id,
	       const char *type, const char *path)
{
	struct question q = { .kind = (uint8_t)kind, .type = type,
			      .path = path, .local = l, .local_id = id };
	struct answer a;
	const char *why;
	int err = btf_core(b, &q, &a, &why);

	ck_assert(!err || why);
	return err ? err : !a.poison && a.value;
}

/* The kernel's side of the tests below. */
static struct btf *build_target(bool big)
{
	uint32_t s32, u32, u64, ch, in, in2, mode, ptr, arr4, arr8;

	bb_init(&target, big);
	s32 = bb_int(&target, "int", 4, BTF_INT_SIGNED);
	u32 = bb_int(&target, "unsigned int", 4, 0);
	u64 = bb_int(&target, "long unsigned int", 8, 0);
	ch = bb_int(&target, "char", 1, BTF_INT_SIGNED);
	in = bb_struct(&target, "in", 4, 1);
	bb_member(&target, "x", u32, 0);
	in2 = bb_struct(&target, "in2", 4, 1);
	bb_member(&target, "x", s32, 0);
	mode = bb_enum(&target, "mode", 2);
	bb_value(&target, "M_A", 5);
	bb_value(&target, "M_B", 6);
	arr4 = bb_array(&target, u32, u32, 4);
	arr8 = bb_array(&target, ch, u32, 8);
	ptr = bb_ptr(&target, ch);
	bb_type(&target, "far", BTF_KIND_FWD << 24, 0);
	bb_struct(&target, "big", 64, 9);
	bb_member(&target, "a", u32, 0);
	bb_member(&target, "b", s32, 32);
	bb_member(&target, "c", u64, 64);
	bb_member(&target, "in", in, 128);
	bb_member(&target, "p", ptr, 192);
	bb_member(&target, "mode", mode, 256);
	bb_member(&target, "arr", arr4, 288);
	bb_member(&target, "name", arr8, 416);
	bb_member(&target, "in2", in2, 480);
	return bb_open(&target, NULL, false);
}

START_TEST(test_fits)
{
	uint32_t u8, f64, mode, anon, other, arr, farr, ptr, id;
	struct btf *b = build_target(_i), *l;

	bb_init(&local, _i);
	u8 = bb_int(&local, "unsigned char", 1, 0);
	f64 = bb_type(&local, "double", B_FLOAT << 24, 8);
	ptr = bb_ptr(&local, 0);
	mode = bb_enum(&local, "mode___x", 0);
	anon = bb_enum(&local, NULL, 0);
	other = bb_enum(&local, "other", 0);
	arr = bb_array(&local, u8, u8, 1);
	farr = bb_array(&local, f64, u8, 1);
	bb_struct(&local, "in", 4, 0);
	id = bb_struct(&local, "big___v2", 64, 3);
	bb_member(&local, "a", u8, 0);
	bb_member(&local, "mode", mode, 8);
	bb_member(&local, "arr", arr, 40);
	bb_struct(&local, "big___v3", 64, 4);
	bb_member(&local, "a", f64, 0);
	bb_member(&local, "mode", other, 64);
	bb_member(&local, "arr", farr, 96);
	bb_member(&local, "in", ptr, 192);
	bb_struct(&local, "big___v4", 64, 2);
	bb_member(&local, "mode", anon, 0);
	bb_member(&local, "in", id - 1, 32);
	l = bb_open(&local, NULL, false);
	/* integers of any size, enums of the same name, arrays of integers */
	ck_assert_int_eq(ask(b, l, 2, id, "struct big___v2", "a"), 1);
	ck_assert_int_eq(ask(b, l, 2, id, "struct big___v2", "mode"), 1);
	ck_assert_int_eq(ask(b, l, 2, id, "struct big___v2", "arr"), 1);
	ck_assert_int_eq(ask(b, l, 2, id, "struct big___v2", "arr[0]"), 1);
	/* a float, another enum, an array of floats, a pointer to a struct */
	ck_assert_int_eq(ask(b, l, 2, id + 1, "struct big___v3", "a"), 0);
	ck_assert_int_eq(ask(b, l, 2, id + 1, "struct big___v3", "mode"), 0);
	ck_assert_int_eq(ask(b, l, 2, id + 1, "struct big___v3", "arr"), 0);
	ck_assert_int_eq(ask(b, l, 2, id + 1, "struct big___v3", "in"), 0);
	/* an enum without a name goes with any; structs with each other */
	ck_assert_int_eq(ask(b, l, 2, id + 2, "struct big___v4", "mode"), 1);
	ck_assert_int_eq(ask(b, l, 2, id + 2, "struct big___v4", "in"), 1);
	/* a path that the program itself does not have */
	ck_assert_int_eq(ask(b, l, 2, id, "struct big___v2", "in"), -EINVAL);
	btf_free(l);
	btf_free(b);
}
END_TEST

/* One member at a time: does "struct big { MEMBER }" match? */
static int member_matches(struct btf *b, const char *name, uint32_t type)
{
	uint32_t id = bb_struct(&local, "big", 64, 1);
	struct btf *l;
	int got;

	bb_member(&local, name, type, 0);
	l = bb_open(&local, NULL, false);
	got = ask(b, l, CORE_TYPE_MATCHES, id, "struct big", "");
	btf_free(l);
	return got;
}

START_TEST(test_matches)
{
	uint32_t s32, u32, in, in_y, in_s, mode, mode_c, arr3, arr4, u32p;
	struct btf *b = build_target(_i), *l;

	bb_init(&local, _i);
	s32 = bb_int(&local, "int", 4, BTF_INT_SIGNED);
	u32 = bb_int(&local, "unsigned int", 4, 0);
	u32p = bb_ptr(&local, u32);
	in = bb_struct(&local, "in___mine", 4, 1);
	bb_member(&local, "x", u32, 0);
	in_y = bb_struct(&local, "in", 4, 1);
	bb_member(&local, "y", u32, 0);
	in_s = bb_struct(&local, "in", 4, 1);
	bb_member(&local, "x", s32, 0);
	mode = bb_enum(&local, "mode", 1);
	bb_value(&local, "M_B", 77);	/* values may differ */
	mode_c = bb_enum(&local, "mode", 1);
	bb_value(&local, "M_C", 6);
	arr3 = bb_array(&local, u32, u32, 3);
	arr4 = bb_array(&local, u32, u32, 4);
	ck_assert_int_eq(member_matches(b, "a", u32), 1);
	ck_assert_int_eq(member_matches(b, "a", s32), 0);
	ck_assert_int_eq(member_matches(b, "a", u32p), 0);
	ck_assert_int_eq(member_matches(b, "zz", u32), 0);
	ck_assert_int_eq(member_matches(b, "in", in), 1);
	ck_assert_int_eq(member_matches(b, "in", in_y), 0);
	ck_assert_int_eq(member_matches(b, "in", in_s), 0);
	ck_assert_int_eq(member_matches(b, "in2", in), 0);
	ck_assert_int_eq(member_matches(b, "mode", mode), 1);
	ck_assert_int_eq(member_matches(b, "mode", mode_c), 0);
	ck_assert_int_eq(member_matches(b, "arr", arr4), 1);
	ck_assert_int_eq(member_matches(b, "arr", arr3), 0);
	ck_assert_int_eq(member_matches(b, "a", bb_typedef(&local, "u", u32)),
			 1);
	l = bb_open(&local, NULL, false);
	ck_assert_int_eq(ask(b, l, CORE_TYPE_MATCHES, u32, "unsigned int", ""),
			 1);
	ck_assert_int_eq(ask(b, l, CORE_TYPE_EXISTS, u32, "unsigned int", ""),
			 1);
	ck_assert_int_eq(ask(b, l, CORE_TYPE_MATCHES, mode, "enum mode", ""),
			 1);
	ck_assert_int_eq(ask(b, l, CORE_TYPE_MATCHES, mode_c, "enum mode", ""),
			 0);
	btf_free(l);
	btf_free(b);
}
END_TEST

/* Behind pointers names decide; functions by their parameters. */
START_TEST(test_matches_deep)
{
	uint32_t s32, node, fwd, p, q, proto, one, td;
	struct btf *b, *l;

	bb_init(&target, _i);
	s32 = bb_int(&target, "int", 4, BTF_INT_SIGNED);
	node = bb_struct(&target, "node", 16, 2);
	bb_member(&target, "next", node + 1, 0);
	bb_member(&target, "v", s32, 64);
	p = bb_ptr(&target, node);
	proto = bb_proto(&target, s32, 2);
	bb_param(&target, "n", p);
	bb_param(&target, "v", s32);
	bb_typedef(&target, "fn_t", bb_ptr(&target, proto));
	fwd = bb_type(&target, "far", BTF_KIND_FWD << 24, 0);
	q = bb_ptr(&target, fwd);
	bb_typedef(&target, "far_t", q);
	b = bb_open(&target, NULL, true);

	bb_init(&local, _i);
	s32 = bb_int(&local, "int", 4, BTF_INT_SIGNED);
	fwd = bb_type(&local, "node", BTF_KIND_FWD << 24, 0);
	p = bb_ptr(&local, fwd);
	node = bb_struct(&local, "node", 8, 1);
	bb_member(&local, "next", p, 0);
	proto = bb_proto(&local, s32, 2);
	bb_param(&local, "n", p);
	bb_param(&local, "v", s32);
	one = bb_proto(&local, s32, 1);
	bb_param(&local, "n", p);
	td = bb_typedef(&local, "fn_t", bb_ptr(&local, proto));
	bb_typedef(&local, "fn_t", bb_ptr(&local, one));
	bb_struct(&local, "far", 4, 0);
	bb_typedef(&local, "far_t", bb_ptr(&local, local.nids - 1));
	l = bb_open(&local, NULL, true);
	ck_assert_int_eq(ask(b, l, CORE_TYPE_MATCHES, node, "struct node", ""),
			 1);
	ck_assert_int_eq(ask(b, l, CORE_TYPE_MATCHES, td, "fn_t", ""), 1);
	ck_assert_int_eq(ask(b, l, CORE_TYPE_EXISTS, td, "fn_t", ""), 1);
	ck_assert_int_eq(ask(b, l, CORE_TYPE_MATCHES, td + 2, "fn_t", ""), 0);
	ck_assert_int_eq(ask(b, l, CORE_TYPE_EXISTS, td + 2, "fn_t", ""), 0);
	ck_assert_int_eq(ask(b, l, CORE_TYPE_MATCHES, td + 5, "far_t", ""), 1);
	ck_assert_int_eq(ask(b, l, CORE_TYPE_EXISTS, fwd, "struct node", ""),
			 1);
	btf_free(l);
	btf_free(b);
}
END_TEST

static struct btf *build_program(bool big, uint32_t *sock, uint32_t *td,
				 uint32_t *e)
{
	uint32_t u32, ptr, in, arr, flex, anon;

	bb_init(&local, big);
	u32 = bb_int(&local, "unsigned int", 4, 0);
	ptr = bb_ptr(&local, u32);
	in = bb_struct(&local, "in", 12, 2);
	bb_member(&local, "x", u32, 0);
	bb_member(&local, "p", ptr, 32);
	arr = bb_array(&local, in, u32, 3);
	flex = bb_array(&local, u32, u32, 0);
	anon = bb_union(&local, NULL, 36, 2);
	bb_member(&local, "arr", arr, 0);
	bb_member(&local, "word", u32, 0);
	*sock = bb_struct(&local, "sock___mine", 64, B_KFLAG | 4);
	bb_member(&local, NULL, anon, 32);
	bb_member(&local, "bit", u32, B_BITS(3u, 5));
	bb_member(&local, "none", flex, 480);
	bb_member(&local, "tail", flex, 512);
	*td = bb_typedef(&local, "sock_t", *sock);
	*e = bb_enum(&local, "e", 1);
	bb_value(&local, "E_A", 4);
	return bb_open(&local, NULL, false);
}

static void check_path(struct btf *l, uint32_t id, int kind,
		       const char *access, const char *type, const char *path,
		       int class, uint32_t size)
{
	struct question q;
	char buf[128];
	const char *why;
	int err;

	err = btf_access_path(l, id, access, kind, &q, buf, sizeof(buf), &why);
	ck_assert_msg(!err, "%s: %d %s", access, err, why);
	ck_assert_str_eq(q.type, type);
	ck_assert_str_eq(q.path, path);
	ck_assert_int_eq(q.local_class, class);
	ck_assert_int_eq(q.local_size, size);
	ck_assert_int_eq(q.kind, kind);
	ck_assert(q.local == l && q.local_id == id);
	ck_assert_int_eq(q.local_bitfield, !strcmp(path, "bit"));
}

START_TEST(test_access)
{
	static const char *const broken[] = {
		"", ":", "0:", ":0", "x", "0:9", "0:0:9", "0:0:0:3", "0:0",
		"0:2:0", "0:1:0", "0:0:0:0:0:0", "4294967296", "0;1", "-1",
		"0:0:0:0:1:0",
	};
	uint32_t sock, td, e;
	struct btf *l = build_program(_i, &sock, &td, &e);
	struct question q;
	char buf[128], deep[200];
	const char *why;
	size_t i;

	check_path(l, sock, 0, "0:0:0", "struct sock___mine", "arr",
		   FIELD_ARRAY, 36);
	check_path(l, sock, 0, "0:0:0:2:1", "struct sock___mine", "arr[2].p",
		   FIELD_POINTER, 8);
	check_path(l, sock, 1, "0:1", "struct sock___mine", "bit",
		   FIELD_UNSIGNED, 4);
	check_path(l, sock, 0, "2:0:1", "struct sock___mine", "[2].word",
		   FIELD_UNSIGNED, 4);
	check_path(l, sock, 0, "0:3:5", "struct sock___mine", "tail[5]",
		   FIELD_UNSIGNED, 4);
	check_path(l, td, 0, "0:0:1", "sock_t", "word", FIELD_UNSIGNED, 4);
	check_path(l, td, CORE_TYPE_SIZE, "0", "sock_t", "", FIELD_COMPOSITE,
		   64);
	check_path(l, 1, CORE_TYPE_EXISTS, "0", "unsigned int", "",
		   FIELD_UNSIGNED, 4);
	check_path(l, 2, CORE_TYPE_ID_LOCAL, "0", "", "", FIELD_POINTER, 8);
	check_path(l, e, CORE_ENUMVAL_VALUE, "0", "enum e", "E_A", FIELD_ENUM,
		   4);
	for (i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
		ck_assert_msg(btf_access_path(l, sock, broken[i], 0, &q, buf,
					      sizeof(buf), &why) == -EINVAL &&
			      why, "%s", broken[i]);
	ck_assert_int_eq(btf_access_path(l, e, "1", 11, &q, buf, 128, &why),
			 -EINVAL);
	ck_assert_int_eq(btf_access_path(l, sock, "1", 8, &q, buf, 128, &why),
			 -EINVAL);
	ck_assert_int_eq(btf_access_path(l, sock, "0", 13, &q, buf, 128, &why),
			 -EINVAL);
	ck_assert_int_eq(btf_access_path(l, 999, "0", 8, &q, buf, 128, &why),
			 -EINVAL);
	for (i = 0; i < 28; i++)
		ck_assert_int_eq(btf_access_path(l, sock, "0:0:0:2:1", 0, &q,
						 buf, i, &why), -ENOSPC);
	ck_assert_int_eq(btf_access_path(l, sock, "0:0:0:2:1", 0, &q, buf, i,
					 &why), 0);
	memset(deep, 0, sizeof(deep));
	for (i = 0; i < 130; i += 2)
		memcpy(deep + i, "0:", 2);
	ck_assert_int_eq(btf_access_path(l, sock, deep, 0, &q, buf, 128,
					 &why), -EINVAL);
	btf_free(l);
}
END_TEST

/* A question made from an access string, asked of the same BTF. */
START_TEST(test_there_and_back)
{
	uint32_t sock, td, e;
	struct btf *l = build_program(_i, &sock, &td, &e);
	struct question q;
	struct answer a;
	char buf[128];
	const char *why;

	ck_assert_int_eq(btf_access_path(l, sock, "0:0:0:2:1", 0, &q, buf,
					 sizeof(buf), &why), 0);
	ck_assert_int_eq(btf_core(l, &q, &a, &why), 0);
	ck_assert(a.value == 32 && !a.poison);
	ck_assert_int_eq(btf_access_path(l, td, "0:1", 5, &q, buf, sizeof(buf),
					 &why), 0);
	ck_assert_int_eq(btf_core(l, &q, &a, &why), 0);
	ck_assert(a.value == 61 && !a.poison);
	ck_assert_int_eq(btf_access_path(l, sock, "0", CORE_TYPE_MATCHES, &q,
					 buf, sizeof(buf), &why), 0);
	ck_assert_int_eq(btf_core(l, &q, &a, &why), 0);
	ck_assert(a.value == 1 && !a.poison);
	btf_free(l);
}
END_TEST

Suite *suite_core_types(void)
{
	Suite *s = suite_create("core_types");
	TCase *tc = tcase_create("local");

	tcase_add_loop_test(tc, test_fits, 0, 2);
	tcase_add_loop_test(tc, test_matches, 0, 2);
	tcase_add_loop_test(tc, test_matches_deep, 0, 2);
	tcase_add_loop_test(tc, test_access, 0, 2);
	tcase_add_loop_test(tc, test_there_and_back, 0, 2);
	suite_add_tcase(s, tc);
	return s;
}

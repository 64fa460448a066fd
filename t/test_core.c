/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * CO-RE questions: every kind, candidates and their agreement, the shifts of
 * both byte orders.  Whether a type matches, and access strings, are in
 * test_core_types.c.
 */
#include <errno.h>

#include "btf_build.h"

Suite *suite_core(void);

static struct bb bb;

#define ASK(k, t, p)	((struct question){ .kind = (k), .type = (t), \
					    .path = (p) })

static struct answer ask(struct btf *b, struct question q)
{
	struct answer a;
	const char *why;
	int err = btf_core(b, &q, &a, &why);

	ck_assert_msg(!err, "%s:%s: %d, %s", q.type, q.path, err, why);
	ck_assert_ptr_null(why);
	ck_assert_ptr_nonnull(a.source);
	return a;
}

static int fails(struct btf *b, struct question q)
{
	struct answer a;
	const char *why = NULL;
	int err = btf_core(b, &q, &a, &why);

	ck_assert(!err || why);
	return err;
}

/* What all six field questions answer, in their order; -1: poison. */
static void check_all(struct btf *b, struct question q, const int64_t *want)
{
	struct answer a;

	for (q.kind = 0; q.kind <= CORE_FIELD_RSHIFT_U64; q.kind++) {
		a = ask(b, q);
		ck_assert_msg(a.poison == (want[q.kind] < 0) &&
			      (a.poison || a.value == (uint64_t)want[q.kind]),
			      "%s kind %d: %d %d", q.path, q.kind, a.poison,
			      (int)a.value);
	}
}

START_TEST(test_kinds)
{
	static const int64_t le_a[] = { 0, 4, 1, 0, 32, 32 };
	static const int64_t s_b[] = { 4, 1, 1, 1, 56, 56 };
	static const int64_t le_c[] = { 5, 1, 1, 0, 57, 61 };
	static const int64_t be_c[] = { 5, 1, 1, 0, 60, 61 };
	static const int64_t le_d[] = { 4, 4, 1, 0, 39, 51 };
	static const int64_t be_d[] = { 4, 4, 1, 0, 44, 51 };
	/* of who loads what is declared, without asking */
	static const int64_t le_wide[] = { 4, 4, 1, 0, 49, 61 };
	static const int64_t be_wide[] = { 4, 4, 1, 0, 44, 61 };
	static const int64_t arr[] = { 8, 24, 1, 0, -1, -1 };
	static const int64_t none[] = { -1, -1, 0, -1, -1, -1 };
	struct question wide = ASK(0, "struct s", "c");
	uint32_t u32, s8, big;
	struct btf *b;

	wide.local_bitfield = true;
	bb_init(&bb, _i);
	u32 = bb_int(&bb, "unsigned int", 4, 0);
	s8 = bb_int(&bb, "char", 1, BTF_INT_SIGNED);
	big = bb_array(&bb, u32, u32, 6);
	bb_struct(&bb, "s", 32, B_KFLAG | 5);
	bb_member(&bb, "a", u32, 0);
	bb_member(&bb, "b", s8, 32);
	bb_member(&bb, "c", u32, B_BITS(3u, 44));
	bb_member(&bb, "d", u32, B_BITS(13u, 44));
	bb_member(&bb, "e", big, 64);
	b = bb_open(&bb, NULL, false);
	check_all(b, ASK(0, "struct s", "a"), le_a);
	check_all(b, ASK(0, "struct s", "b"), s_b);
	check_all(b, ASK(0, "struct s", "c"), _i ? be_c : le_c);
	check_all(b, wide, _i ? be_wide : le_wide);
	check_all(b, ASK(0, "struct s", "d"), _i ? be_d : le_d);
	check_all(b, ASK(0, "struct s", "e"), arr);
	check_all(b, ASK(0, "struct s", "gone"), none);
	check_all(b, ASK(0, "struct s___old", "b"), s_b);
	btf_free(b);
}
END_TEST

/* The shifts, done: put a pattern in memory, load, shift, compare. */
START_TEST(test_shifts)
{
	struct field f = { .exists = true };
	uint8_t mem[16];
	uint64_t v, l, r, want;
	uint32_t off, n, i, bit, at;

	for (off = 0; off < 64; off++) {
		for (n = 1; n + off % 8 <= 64 && off + n <= 64; n++) {
			want = 0x5a5a5a5a12345678u >> (64 - n);
			memset(mem, 0xff, sizeof(mem));
			for (i = 0; i < n; i++) {
				/* bit i from the lowest of the value */
				bit = _i ? off + n - 1 - i : off + i;
				at = _i ? 7 - bit % 8 : bit % 8;
				mem[bit / 8] &= (uint8_t)~(1u << at);
				mem[bit / 8] |= (uint8_t)((want >> i & 1)
							  << at);
			}
			f.bit_off = off;
			f.bit_size = n;
			/* the unit: what btf_find_field() would say */
			for (f.size = 1; f.size < 8; f.size *= 2) {
				f.off = off / 8 / f.size * f.size;
				if (off + n <= (f.off + f.size) * 8)
					break;
			}
			f.off = off / 8 / f.size * f.size;
			for (v = 0, i = 0; i < f.size; i++)
				v |= (uint64_t)mem[f.off + i] <<
				     8 * (_i ? f.size - 1 - i : i);
			ck_assert(!field_value(4, &f, _i, &l));
			ck_assert(!field_value(5, &f, _i, &r));
			ck_assert_uint_eq(v << l >> r, want);
		}
	}
	f.bit_size = 65;
	ck_assert_int_eq(field_value(4, &f, _i, &l), -EINVAL);
	ck_assert_int_eq(field_value(6, &f, _i, &l), -EINVAL);
	ck_assert_int_eq(field_value(-1, &f, _i, &l), -EINVAL);
}
END_TEST

START_TEST(test_types)
{
	uint32_t s, s2, td, u32, e;
	struct answer a;
	struct btf *b;

	bb_init(&bb, _i);
	u32 = bb_int(&bb, "unsigned int", 4, 0);
	s = bb_struct(&bb, "s", 48, 0);
	td = bb_typedef(&bb, "s_t", s);
	bb_union(&bb, "u", 8, 0);
	e = bb_enum(&bb, "e", 2);
	bb_value(&bb, "E_ONE", 1);
	bb_value(&bb, "E_MINUS___flavour", -1);
	bb_enum64(&bb, "wide", 1);
	bb_value64(&bb, "W", 1ull << 40);
	bb_typedef(&bb, "e_t", e);
	bb_type(&bb, "only_fwd", BTF_KIND_FWD << 24, 0);
	b = bb_open(&bb, NULL, true);
	s2 = bb_find(b, "s", BTF_ANY_KIND);
	ck_assert_uint_eq(s, s2);
	ck_assert_uint_eq(ask(b, ASK(CORE_TYPE_EXISTS, "struct s", "")).value,
			  1);
	ck_assert_uint_eq(ask(b, ASK(CORE_TYPE_SIZE, "struct s", "")).value,
			  48);
	ck_assert_uint_eq(ask(b, ASK(CORE_TYPE_SIZE, "s_t", "")).value, 48);
	ck_assert_uint_eq(ask(b, ASK(CORE_TYPE_SIZE, "unsigned int",
				     "")).value, 4);
	ck_assert_uint_eq(ask(b, ASK(CORE_TYPE_ID_TARGET, "s_t", "")).value,
			  td);
	ck_assert_uint_eq(ask(b, ASK(CORE_TYPE_SIZE, "union u", "")).value, 8);
	ck_assert_int_eq(fails(b, ASK(CORE_TYPE_EXISTS, "union s", "")),
			 -ENOENT);
	ck_assert_int_eq(fails(b, ASK(CORE_TYPE_EXISTS, "s", "")), -ENOENT);
	ck_assert_int_eq(fails(b, ASK(CORE_TYPE_SIZE, "struct only_fwd", "")),
			 -ENOENT);
	ck_assert_int_eq(fails(b, ASK(CORE_TYPE_MATCHES, "struct s", "")),
			 -EINVAL);
	ck_assert_int_eq(fails(b, ASK(13, "struct s", "")), -EINVAL);
	ck_assert_int_eq(fails(b, ASK(0, "struct ", "x")), -EINVAL);
	ck_assert_int_eq(fails(b, ASK(CORE_ENUMVAL_VALUE, "enum e", "")),
			 -EINVAL);
	a = ask(b, ASK(CORE_ENUMVAL_VALUE, "enum e", "E_ONE"));
	ck_assert(a.value == 1 && !a.poison);
	a = ask(b, ASK(CORE_ENUMVAL_VALUE, "enum e___x", "E_MINUS"));
	ck_assert(a.value == UINT64_MAX && !a.poison);
	a = ask(b, ASK(CORE_ENUMVAL_VALUE, "e_t", "E_ONE___y"));
	ck_assert(a.value == 1 && !a.poison);
	a = ask(b, ASK(CORE_ENUMVAL_VALUE, "enum wide", "W"));
	ck_assert(a.value == 1ull << 40 && !a.poison);
	a = ask(b, ASK(CORE_ENUMVAL_EXISTS, "enum e", "E_ONE"));
	ck_assert(a.value == 1 && !a.poison);
	a = ask(b, ASK(CORE_ENUMVAL_EXISTS, "enum e", "E_TWO"));
	ck_assert(a.value == 0 && !a.poison);
	a = ask(b, ASK(CORE_ENUMVAL_VALUE, "enum e", "E_TWO"));
	ck_assert(a.poison);
	a = ask(b, (struct question){ .kind = CORE_TYPE_ID_LOCAL, .type = "",
				      .path = "", .local_id = u32 + 76 });
	ck_assert(a.value == u32 + 76 && !a.poison);
	btf_free(b);
}
END_TEST

/* Two structs of one name: the same offset, different ones, another kind. */
START_TEST(test_candidates)
{
	uint32_t u32, ptr, in;
	struct answer a;
	struct question q;
	struct btf *b;

	bb_init(&bb, _i);
	u32 = bb_int(&bb, "unsigned int", 4, 0);
	ptr = bb_ptr(&bb, 0);
	in = bb_struct(&bb, "in", 4, 0);
	bb_struct(&bb, "s", 16, 3);
	bb_member(&bb, "same", u32, 0);
	bb_member(&bb, "moved", u32, 32);
	bb_member(&bb, "was", in, 64);
	bb_struct(&bb, "s___2", 32, 4);
	bb_member(&bb, "same", u32, 0);
	bb_member(&bb, "moved", u32, 64);
	bb_member(&bb, "was", ptr, 128);
	bb_member(&bb, "new", u32, 192);
	bb_union(&bb, "s", 32, 1);
	bb_member(&bb, "moved", u32, 0);
	b = bb_open(&bb, NULL, false);
	a = ask(b, ASK(0, "struct s", "same"));
	ck_assert(a.value == 0 && !a.poison);
	ck_assert_int_eq(fails(b, ASK(0, "struct s", "moved")), -ENOTUNIQ);
	ck_assert_int_eq(fails(b, ASK(2, "struct s", "moved")), -ENOTUNIQ);
	ck_assert_int_eq(fails(b, ASK(CORE_TYPE_SIZE, "struct s", "")),
			 -ENOTUNIQ);
	a = ask(b, ASK(CORE_TYPE_EXISTS, "struct s", ""));
	ck_assert(a.value == 1);
	a = ask(b, ASK(0, "union s", "moved"));
	ck_assert(a.value == 0 && !a.poison);
	a = ask(b, ASK(0, "struct s", "new"));
	ck_assert(a.value == 24 && !a.poison);
	/* One that does not fit is passed over */
	q = ASK(0, "struct s", "was");
	ck_assert_int_eq(fails(b, q), -ENOTUNIQ);
	q.local_class = FIELD_POINTER;
	a = ask(b, q);
	ck_assert(a.value == 16 && !a.poison);
	q.local_class = FIELD_COMPOSITE;
	a = ask(b, q);
	ck_assert(a.value == 8 && !a.poison);
	q.local_class = FIELD_FLOAT;
	a = ask(b, q);
	ck_assert(a.poison && !a.field.exists);
	q = ASK(0, "struct s", "same");
	q.local_class = FIELD_SIGNED;	/* of any sign and size */
	a = ask(b, q);
	ck_assert(a.value == 0 && !a.poison);
	ck_assert_int_eq(fails(b, ASK(0, "struct nothing", "x")), -ENOENT);
	btf_free(b);
}
END_TEST

/* Trees and loops that have no end, or too many branches to find it. */
START_TEST(test_loops)
{
	uint32_t i, td, self, arr;
	struct btf *b;
	struct field f;

	bb_init(&bb, _i);
	td = bb_typedef(&bb, "t", bb.nids + 1);
	bb_typedef(&bb, "t2", td);
	self = bb_struct(&bb, "self", 8, 1);
	bb_member(&bb, NULL, self, 0);
	arr = bb_array(&bb, bb.nids, td, 4);
	bb_ptr(&bb, bb.nids);
	/* Each holds the next twice, without a name: 2^40 ways */
	for (i = 0; i < 40; i++) {
		bb_struct(&bb, i ? NULL : "tree", 8, 2);
		bb_member(&bb, NULL, bb.nids, 0);
		bb_member(&bb, NULL, bb.nids, 0);
	}
	bb_struct(&bb, NULL, 8, 0);
	b = bb_open(&bb, NULL, false);
	ck_assert_int_lt(btf_size(b, td), 0);
	ck_assert_int_lt(btf_size(b, arr), 0);
	ck_assert_int_lt(btf_func_args(b, arr + 1), 0);
	ck_assert_int_lt(btf_find_field(b, self, "x", &f), 0);
	ck_assert_int_lt(btf_find_field(b, td, "x", &f), 0);
	ck_assert_int_lt(fails(b, ASK(0, "struct self", "x")), 0);
	ck_assert_int_lt(fails(b, ASK(CORE_TYPE_SIZE, "t", "")), 0);
	ck_assert_int_lt(fails(b, ASK(0, "struct tree", "x")), 0);
	btf_free(b);
	/* Less deep than the limit, but too wide: given up */
	bb_init(&bb, _i);
	for (i = 0; i < 25; i++) {
		bb_struct(&bb, i ? NULL : "tree", 8, 2);
		bb_member(&bb, NULL, bb.nids, 0);
		bb_member(&bb, NULL, bb.nids, 0);
	}
	bb_struct(&bb, NULL, 8, 0);
	b = bb_open(&bb, NULL, false);
	ck_assert_int_eq(fails(b, ASK(0, "struct tree", "x")), -E2BIG);
	ck_assert_int_eq(btf_find_field(b, 1, "x", &f), -E2BIG);
	/* and the next question has a fresh start */
	ck_assert_int_eq(btf_find_field(b, 25, "x", &f), 0);
	btf_free(b);
}
END_TEST

/* All that can be asked of a file that may be anything. */
static void ask_all(const uint8_t *file, size_t len)
{
	static const char *const names[] = { "s", "e", "td", "f" };
	static const char *const types[] = { "struct s", "enum e", "td" };
	struct bytes src = { .mem = file, .len = len };
	struct question q = { .local_id = 1 };
	struct answer a;
	struct btf *b;
	const char *why;
	uint32_t id;
	size_t i;

	if (btf_new(&b, &src, NULL, &why))
		return;
	if (btf_want(b, names, 4, &why))
		ck_assert_ptr_nonnull(why);
	for (i = 0; i < 3; i++) {
		for (q.kind = 0; q.kind <= CORE_TYPE_MATCHES; q.kind++) {
			q.local = b;
			q.type = types[i];
			q.path = i == 1 ? "E_A" : "in.arr[1]";
			btf_core(b, &q, &a, &why);
			q.local = NULL;
			btf_core(b, &q, &a, &why);
		}
	}
	for (id = 0; id < 20; id++) {
		btf_name(b, id);
		btf_kind(b, id);
		btf_size(b, id);
		btf_func_args(b, id);
	}
	btf_free(b);
}

static void build_all(bool big)
{
	uint32_t u32, arr, in;

	bb_init(&bb, big);
	u32 = bb_int(&bb, "unsigned int", 4, 0);
	arr = bb_array(&bb, u32, u32, 4);
	in = bb_struct(&bb, NULL, 16, 1);
	bb_member(&bb, "arr", arr, 0);
	in = bb_struct(&bb, "s", 20, B_KFLAG | 3);
	bb_member(&bb, "in", in - 1, 0);
	bb_member(&bb, "bits", u32, B_BITS(5u, 128));
	bb_member(&bb, NULL, in - 1, 0);
	bb_enum(&bb, "e", 2);
	bb_value(&bb, "E_A", 1);
	bb_value(&bb, "E_B", 2);
	bb_typedef(&bb, "td", in);
	bb_enum64(&bb, "e___w", 1);
	bb_value64(&bb, "E_A", 1);
	bb_type(&bb, "f", 12u << 24, bb.nids + 1);
	bb_proto(&bb, u32, 1);
	bb_param(&bb, "a", bb.nids);
	bb_ptr(&bb, 0);
	bb_type(&bb, "x", B_DECL_TAG << 24, u32);
	bb_u32(&bb, 0);
	bb_finish(&bb);
}

/* Each truncation and each byte changed: an answer or an error. */
START_TEST(test_hostile)
{
	size_t n, i;
	uint8_t *file;
	int bit;

	build_all(_i);
	for (n = 0; n <= bb.len; n++) {
		file = malloc(n ? n : 1);	/* so that ASan sees the end */
		memcpy(file, bb.blob, n);
		ask_all(file, n);
		free(file);
	}
	file = malloc(bb.len);
	for (i = 0; i < bb.len; i++) {
		for (bit = 0; bit < 10; bit++) {
			memcpy(file, bb.blob, bb.len);
			file[i] = (uint8_t)(bit == 8 ? 0 : bit == 9 ? 0xff :
					    file[i] ^ 1 << bit);
			ask_all(file, bb.len);
		}
	}
	free(file);
}
END_TEST

static ssize_t read_fails(void *ctx, void *buf, size_t len, uint64_t off)
{
	(void)buf;
	(void)len;
	(void)off;
	return *(int *)ctx;
}

static ssize_t read_header(void *ctx, void *buf, size_t len, uint64_t off)
{
	return off ? *(int *)ctx : bb_read(&bb, buf, len < 24 ? len : 24, off);
}

START_TEST(test_read_errors)
{
	static int results[] = { -EACCES, 0, 1 << 20, -100000 };
	struct bytes src = { .read = read_fails, .len = 1 << 20 };
	struct btf *b;
	const char *why;
	size_t i;

	build_all(_i);
	for (i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
		src.read = read_fails;
		src.ctx = &results[i];
		ck_assert_int_eq(btf_new(&b, &src, NULL, &why),
				 results[i] == -EACCES ? -EACCES : -EIO);
		src.read = read_header;
		src.len = bb.len;
		ck_assert_int_lt(btf_new(&b, &src, NULL, &why), 0);
		src.len = 1 << 20;
	}
	src.read = NULL;
	ck_assert_int_eq(btf_new(&b, &src, NULL, &why), -EINVAL);
}
END_TEST

Suite *suite_core(void)
{
	Suite *s = suite_create("core");
	TCase *tc = tcase_create("questions");

	tcase_add_loop_test(tc, test_kinds, 0, 2);
	tcase_add_loop_test(tc, test_shifts, 0, 2);
	tcase_add_loop_test(tc, test_types, 0, 2);
	tcase_add_loop_test(tc, test_candidates, 0, 2);
	tcase_add_loop_test(tc, test_loops, 0, 2);
	suite_add_tcase(s, tc);
	tc = tcase_create("hostile");
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, test_hostile, 0, 2);
	tcase_add_loop_test(tc, test_read_errors, 0, 2);
	suite_add_tcase(s, tc);
	return s;
}

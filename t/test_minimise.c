/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * BTF cut down to some questions: it answers them as the whole does, and
 * nothing else; of both byte orders, and of data that is broken.
 */
#include <errno.h>
#include <stdio.h>

#include "btf_build.h"
#include "tools/frontend/run.h"

Suite *suite_minimise(void);

#define ID	"0123456789abcdef0123456789abcdef01234567"

static struct bb bb;

/* kind, type, path: one of each kind that goes together stands for all */
static const struct question asked[] = {
	{ CORE_FIELD_BYTE_OFFSET, 0, 0, 0, "struct s", "a", NULL, 0 },
	{ CORE_FIELD_BYTE_OFFSET, 0, 0, 0, "struct s", "low", NULL, 0 },
	{ CORE_FIELD_BYTE_OFFSET, 0, 0, 0, "struct s", "in.b", NULL, 0 },
	{ CORE_FIELD_BYTE_OFFSET, 0, 0, 0, "struct s", "arr[2].b", NULL, 0 },
	{ CORE_FIELD_BYTE_OFFSET, 0, 0, 0, "struct s", "in", NULL, 0 },
	{ CORE_FIELD_BYTE_OFFSET, 0, 0, 0, "struct s", "none[1]", NULL, 0 },
	{ CORE_FIELD_BYTE_OFFSET, 0, 0, 0, "struct s", "none", NULL, 0 },
	{ CORE_FIELD_BYTE_OFFSET, 0, 0, 0, "struct s", "p", NULL, 0 },
	{ CORE_FIELD_BYTE_OFFSET, 0, 0, 0, "struct s", "e", NULL, 0 },
	{ CORE_FIELD_BYTE_OFFSET, 0, 0, 0, "struct s", "open[7]", NULL, 0 },
	{ CORE_FIELD_BYTE_OFFSET, 0, 0, 0, "struct s", "gone", NULL, 0 },
	{ CORE_FIELD_BYTE_OFFSET, 0, 0, 0, "struct s", "in.gone", NULL, 0 },
	{ CORE_FIELD_BYTE_OFFSET, FIELD_POINTER, 0, 0, "struct s", "a",
	  NULL, 0 },
	{ CORE_FIELD_BYTE_OFFSET, 0, 0, 0, "struct twice", "x", NULL, 0 },
	{ CORE_FIELD_BYTE_OFFSET, 0, 0, 0, "struct twice", "y", NULL, 0 },
	{ CORE_FIELD_BYTE_OFFSET, 0, 0, 0, "struct old", "bits", NULL, 0 },
	{ CORE_FIELD_BYTE_OFFSET, 0, 0, 0, "union u", "w", NULL, 0 },
	{ CORE_FIELD_BYTE_OFFSET, 0, 0, 0, "alias_t", "w", NULL, 0 },
	{ CORE_FIELD_BYTE_OFFSET, 0, 0, 0, "struct nowhere", "x", NULL, 0 },
	{ CORE_TYPE_EXISTS, 0, 0, 0, "struct only", "", NULL, 0 },
	{ CORE_TYPE_EXISTS, 0, 0, 0, "callback_t", "", NULL, 0 },
	{ CORE_TYPE_EXISTS, FIELD_FLOAT, 0, 0, "struct only", "", NULL, 0 },
	{ CORE_ENUMVAL_EXISTS, 0, 0, 0, "enum neg", "MINUS", NULL, 0 },
	{ CORE_ENUMVAL_EXISTS, 0, 0, 0, "enum neg", "GONE", NULL, 0 },
	{ CORE_ENUMVAL_EXISTS, 0, 0, 0, "enum big", "HUGE", NULL, 0 },
};

#define NASKED	(sizeof(asked) / sizeof(asked[0]))

static const char *const funcs[] = { "three", "more", "shared", "nowhere" };
static const int func_args[] = { 3, 1, 2, -ENOENT };

static void build_structs(bool big_endian)
{
	uint32_t u32, u8, in, arr, e, flex, p, low, alias;

	bb_init(&bb, big_endian);
	u32 = bb_int(&bb, "unsigned int", 4, 0);
	u8 = bb_int(&bb, "unsigned char", 1, 0);
	bb_int(&bb, "long int", big_endian ? 4 : 8, BTF_INT_SIGNED);
	bb_struct(&bb, "other", 8, 1);
	bb_member(&bb, "a", u32, 0);
	in = bb_struct(&bb, "inside", 12, 2);
	bb_member(&bb, "a", u32, 0);
	bb_member(&bb, "b", u8, 64);
	arr = bb_array(&bb, bb_ref(&bb, BTF_KIND_CONST, NULL, in), u32, 4);
	e = bb_enum(&bb, "colour", 2);
	bb_value(&bb, "RED", 1);
	bb_value(&bb, "GREEN", 2);
	flex = bb_array(&bb, u32, u32, 0);
	p = bb_ptr(&bb, in);
	alias = bb_typedef(&bb, "u32", u32);
	low = bb_struct(&bb, NULL, 8, B_KFLAG | 2);
	bb_member(&bb, "high", u32, B_BITS(0u, 32));
	bb_member(&bb, "low", u32, B_BITS(5u, 3));
	bb_struct(&bb, "s", 120, 8);
	bb_member(&bb, "a", alias, 0);
	bb_member(&bb, NULL, low, 32);
	bb_member(&bb, "in", in, 96);
	bb_member(&bb, "arr", arr, 192);
	bb_member(&bb, "none", flex, 576);	/* not the last */
	bb_member(&bb, "p", p, 576);
	bb_member(&bb, "e", e, 640);
	bb_member(&bb, "open", flex, 960);
}

static void build_rest(void)
{
	uint32_t u32 = 1, u8 = 2, w, two, proto, ptr, bits;

	bb_struct(&bb, "twice", 8, 2);
	bb_member(&bb, "x", u32, 0);
	bb_member(&bb, "y", u32, 32);
	bb_struct(&bb, "twice___2", 16, 1);
	bb_member(&bb, "x", u32, 64);
	bits = bb_int_bits(&bb, "unsigned int", 4, 0, 0, 3);
	bb_struct(&bb, "old", 4, 1);
	bb_member(&bb, "bits", bits, 4);
	w = bb_union(&bb, "u", 4, 2);
	bb_member(&bb, "v", u8, 0);
	bb_member(&bb, "w", u32, 0);
	bb_typedef(&bb, "alias_t", w);
	bb_struct(&bb, "only", 56, 1);
	bb_member(&bb, "a", u32, 0);
	bb_enum(&bb, "neg", B_KFLAG | 2);
	bb_value(&bb, "PLUS", 1);
	bb_value(&bb, "MINUS", -3);
	bb_enum64(&bb, "big", 2);
	bb_value64(&bb, "SMALL", 1);
	bb_value64(&bb, "HUGE", 0x123456789abcdef0u);
	two = bb_proto(&bb, 0, 2);
	bb_param(&bb, "a", u32);
	bb_param(&bb, "b", w);
	bb_ref(&bb, 12, "shared", two);
	bb_ref(&bb, 12, "shared", two);
	ptr = bb_ptr(&bb, u32);
	proto = bb_proto(&bb, u32, 3);
	bb_param(&bb, "a", u32);
	bb_param(&bb, "b", ptr);
	bb_param(&bb, "c", u8);
	bb_ref(&bb, 12, "three", proto);
	bb_typedef(&bb, "callback_t", bb_ptr(&bb, proto));
	proto = bb_proto(&bb, 0, 2);
	bb_param(&bb, "a", u32);
	bb_param(&bb, NULL, 0);
	bb_ref(&bb, 12, "more", proto);
}

static struct btf *build(bool big_endian, bool streamed)
{
	build_structs(big_endian);
	build_rest();
	return bb_open(&bb, NULL, streamed);
}

static const struct minimise all = {
	asked, funcs, NASKED, sizeof(funcs) / sizeof(funcs[0]), ID
};

static struct btf *reopen(const void *data, size_t len)
{
	struct bytes src = { .mem = data, .len = len };
	struct btf *b;
	const char *why;

	ck_assert_int_eq(btf_new(&b, &src, NULL, &why), 0);
	return b;
}

static struct btf *cut(struct btf *b, const struct minimise *m, void **data,
		       size_t *len)
{
	const char *why;
	int err = btf_minimise(b, m, data, len, &why);

	ck_assert_msg(!err, "%d: %s", err, why);
	return reopen(*data, *len);
}

static void same_answer(struct btf *whole, struct btf *part,
			const struct question *q)
{
	struct answer a, b;
	const char *why;
	int was = btf_core(whole, q, &a, &why), is = btf_core(part, q, &b,
							      &why);

	ck_assert_msg(was == is && a.value == b.value &&
		      a.poison == b.poison &&
		      a.field.exists == b.field.exists &&
		      a.field.off == b.field.off &&
		      a.field.size == b.field.size &&
		      a.field.bit_off == b.field.bit_off &&
		      a.field.bit_size == b.field.bit_size &&
		      a.field.class == b.field.class &&
		      a.field.is_signed == b.field.is_signed,
		      "%s:%s kind %d: %d %llu %d, was %d %llu %d", q->type,
		      q->path, q->kind, is, (unsigned long long)b.value,
		      b.poison, was, (unsigned long long)a.value, a.poison);
}

/* All kinds that the question stands for; how big a struct is as well. */
static void same_answers(struct btf *whole, struct btf *part,
			 const struct question *asks, size_t n)
{
	size_t i;
	int kind;

	for (i = 0; i < n; i++) {
		struct question q = asks[i];

		for (kind = 0; kind <= CORE_ENUMVAL_VALUE; kind++) {
			q.kind = (uint8_t)kind;
			q.path = asks[i].path;
			if (kind == CORE_TYPE_ID_LOCAL ||
			    kind == CORE_TYPE_ID_TARGET)
				continue;
			if (kind == CORE_TYPE_EXISTS || kind == CORE_TYPE_SIZE)
				q.path = "";
			else if ((asks[i].kind <= CORE_FIELD_RSHIFT_U64) !=
				 (kind <= CORE_FIELD_RSHIFT_U64) ||
				 !*q.path)
				continue;
			same_answer(whole, part, &q);
		}
	}
}

START_TEST(test_same)
{
	struct btf *b = build(_i & 1, _i & 2), *c, *d;
	const uint8_t magic[2] = { _i & 1 ? 0xeb : 0x9f, _i & 1 ? 0x9f : 0xeb };
	void *data, *again;
	size_t len, len2, i;
	const char *why;

	c = cut(b, &all, &data, &len);
	ck_assert_mem_eq(data, magic, 2);
	same_answers(b, c, asked, NASKED);
	ck_assert_int_eq(btf_want(c, funcs, all.nfuncs, &why), 0);
	for (i = 0; i < all.nfuncs; i++) {
		uint32_t id = btf_next(c, funcs[i], 1u << 12, 0);

		ck_assert_int_eq(id ? btf_func_args(c, id) : -ENOENT,
				 func_args[i]);
	}
	/* both of that name */
	ck_assert(btf_next(c, "shared", 1u << 12,
			   btf_next(c, "shared", 1u << 12, 0)) != 0);
	d = cut(c, &all, &again, &len2);
	ck_assert_uint_eq(len2, len);
	ck_assert_mem_eq(again, data, len);
	btf_free(d);
	btf_free(c);
	btf_free(b);
	free(again);
	free(data);
}
END_TEST

static void unknown(struct btf *b, int kind, const char *type,
		    const char *path)
{
	struct question q = { .kind = (uint8_t)kind, .type = type,
			      .path = path };
	struct answer a;
	const char *why;

	ck_assert_msg(btf_core(b, &q, &a, &why) == -ENOENT, "%s:%s", type,
		      path);
	ck_assert_ptr_nonnull(why);
}

/* What was not asked is not known, rather than not there; and what was asked
 * and is not there needs nobody else to be asked. */
START_TEST(test_unknown)
{
	struct btf *b = build(_i, false), *c;
	struct question q = { .kind = CORE_FIELD_EXISTS, .type = "struct s",
			      .path = "gone" };
	struct answer a;
	const char *why;
	void *data;
	size_t len;

	c = cut(b, &all, &data, &len);
	unknown(c, CORE_FIELD_EXISTS, "struct s", "high");
	unknown(c, CORE_FIELD_EXISTS, "struct s", "in.a");
	unknown(c, CORE_FIELD_EXISTS, "struct s", "gon");
	unknown(c, CORE_FIELD_EXISTS, "struct s", "gone.b");
	unknown(c, CORE_FIELD_EXISTS, "struct inside", "b");
	unknown(c, CORE_TYPE_SIZE, "struct inside", "");
	unknown(c, CORE_TYPE_SIZE, "struct other", "");
	unknown(c, CORE_TYPE_SIZE, "enum colour", "");
	unknown(c, CORE_TYPE_ID_TARGET, "struct s", "");
	unknown(c, CORE_ENUMVAL_EXISTS, "enum neg", "PLUS");
	ck_assert_int_eq(btf_core(c, &q, &a, &why), 0);
	ck_assert(!a.value && !a.poison);
	btf_free(c);
	btf_free(b);
	free(data);
}
END_TEST

START_TEST(test_build_id)
{
	static const char *const wrong[] = { "xyz", "0x12", "12 34", "ABCD" };
	struct minimise m = all;
	struct btf *b = build(_i, false), *c;
	const char *why;
	void *data;
	size_t len, i;

	ck_assert_str_eq(btf_build_id(b), "");
	c = cut(b, &m, &data, &len);
	ck_assert_str_eq(btf_build_id(c), ID);
	btf_free(c);
	free(data);
	m.build_id = "";
	c = cut(b, &m, &data, &len);
	ck_assert_str_eq(btf_build_id(c), "");
	unknown(c, CORE_FIELD_EXISTS, "struct s", "high");
	btf_free(c);
	free(data);
	for (i = 0; i < 4; i++) {
		m.build_id = wrong[i];
		ck_assert_int_eq(btf_minimise(b, &m, &data, &len, &why),
				 -EINVAL);
		ck_assert_ptr_nonnull(why);
	}
	btf_free(b);
}
END_TEST

START_TEST(test_nothing)
{
	struct minimise m = { .build_id = "" };
	struct btf *b = build(_i, false), *c;
	void *data;
	size_t len;

	c = cut(b, &m, &data, &len);
	ck_assert_uint_lt(len, 100);
	unknown(c, CORE_TYPE_EXISTS, "struct s", "");
	btf_free(c);
	btf_free(b);
	free(data);
}
END_TEST

/* Whatever comes of broken data is whole: it can be read and cut again. */
static void try_cut(const void *p, size_t n)
{
	struct bytes src = { .mem = p, .len = n };
	void *data, *again;
	struct btf *b, *c, *d;
	const char *why;
	size_t len, len2;

	if (btf_new(&b, &src, NULL, &why))
		return;
	if (!btf_minimise(b, &all, &data, &len, &why)) {
		c = cut(b, &all, &again, &len2);
		ck_assert(len2 == len && !memcmp(data, again, len));
		free(again);
		btf_free(c);
		c = reopen(data, len);
		d = cut(c, &all, &again, &len2);
		ck_assert(len2 == len && !memcmp(data, again, len));
		btf_free(d);
		btf_free(c);
		free(again);
		free(data);
	} else {
		ck_assert_ptr_nonnull(why);
	}
	btf_free(b);
}

static uint32_t any(uint32_t *seed)
{
	return *seed = *seed * 1664525 + 1013904223;
}

static void mutate(const void *p, size_t n, uint32_t seed)
{
	static uint8_t copy[sizeof(bb.blob)];
	int k, round;
	size_t i;

	for (i = 0; i < n; i++) {
		uint8_t *cut_off = malloc(i + 1);

		ck_assert_ptr_nonnull(cut_off);
		memcpy(cut_off, p, i);
		try_cut(cut_off, i);
		free(cut_off);
	}
	for (round = 0; round < 3000; round++) {
		memcpy(copy, p, n);
		for (k = 0; k < 1 + round % 4; k++) {
			i = any(&seed) % n;
			copy[i] = any(&seed) % 4 ? (uint8_t)(any(&seed) >> 9) :
				  (uint8_t)(copy[i] ^ 1u << round % 8);
		}
		try_cut(copy, n);
	}
}

START_TEST(test_broken)
{
	struct btf *b = build(_i, false);
	const char *why;
	void *data;
	size_t len;

	mutate(bb.blob, bb.len, 1);
	ck_assert_int_eq(btf_minimise(b, &all, &data, &len, &why), 0);
	mutate(data, len, 2);
	free(data);
	btf_free(b);
}
END_TEST

/* All questions of all tools, of the kernel that runs this. */
START_TEST(test_tools)
{
	struct questions *s = questions_new();
	struct minimise m = { .build_id = ID };
	FILE *f = fopen("/sys/kernel/btf/vmlinux", "rb");
	static uint8_t whole[16 << 20];
	struct btf *b, *c, *d;
	void *data, *again;
	size_t n, len, len2;

	ck_assert_ptr_nonnull(s);
	ck_assert_uint_gt(s->n, 50);
	n = f ? fread(whole, 1, sizeof(whole), f) : 0;
	if (f)
		fclose(f);
	if (n && n < sizeof(whole)) {
		m.questions = s->q;
		m.nquestions = s->n;
		m.funcs = s->funcs;
		m.nfuncs = s->nfuncs;
		b = reopen(whole, n);
		c = cut(b, &m, &data, &len);
		ck_assert_uint_lt(len, 16384);
		same_answers(b, c, s->q, s->n);
		d = cut(c, &m, &again, &len2);
		ck_assert(len2 == len && !memcmp(data, again, len));
		btf_free(d);
		btf_free(c);
		btf_free(b);
		free(again);
		free(data);
	}
	questions_free(s);
}
END_TEST

Suite *suite_minimise(void)
{
	Suite *s = suite_create("minimise");
	TCase *tc = tcase_create("minimise");

	tcase_add_loop_test(tc, test_same, 0, 4);
	tcase_add_loop_test(tc, test_unknown, 0, 2);
	tcase_add_loop_test(tc, test_build_id, 0, 2);
	tcase_add_loop_test(tc, test_nothing, 0, 2);
	tcase_add_loop_test(tc, test_broken, 0, 2);
	tcase_add_test(tc, test_tools);
	suite_add_tcase(s, tc);
	return s;
}

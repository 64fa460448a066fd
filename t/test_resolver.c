/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The resolver: which source is asked, how often, and when each is told what
 * will be asked.
 */
#include <errno.h>
#include <string.h>


#include "btf/btf.h"
#include "t/check.h"

Suite *suite_resolver(void);

/* A source that knows fields called @path at @off; counts what it is asked. */
struct fake {
	const char *path;
	uint32_t off;
	int error;		/* of want and core, if not 0 */
	unsigned asked, told, names;
};

static int fake_core(void *self, const struct question *q, struct answer *a,
		     const char **why)
{
	struct fake *f = self;

	f->asked++;
	*why = "fake";
	if (f->error)
		return f->error;
	if (strcmp(q->path, f->path))
		return -ENOENT;
	memset(a, 0, sizeof(*a));
	a->field.exists = f->off != UINT32_MAX;
	if (a->field.exists) {
		a->field.off = f->off;
		a->field.bit_off = f->off * 8;
		a->field.size = 4;
		a->field.class = FIELD_UNSIGNED;
	}
	return field_value(q->kind, &a->field, false, &a->value);
}

static int fake_want(void *self, const char *const *names, size_t n,
		     const char **why)
{
	struct fake *f = self;

	ck_assert(!n || names[0]);
	f->told++;
	f->names += (unsigned)n;
	*why = "fake";
	return 0;
}

static void add(struct resolver *r, struct fake *f)
{
	const struct source s = { .name = f->path, .core = fake_core,
				  .want = fake_want, .self = f };

	ck_assert_int_eq(resolver_add(r, &s), 0);
}

static struct answer ask(struct resolver *r, int kind, const char *path)
{
	struct question q = { .kind = (uint8_t)kind, .type = "struct s",
			      .path = path };
	struct answer a;
	const char *why;

	ck_assert_int_eq(resolver_core(r, &q, &a, &why), 0);
	ck_assert_ptr_null(why);
	return a;
}

/* One look at a field answers all that is asked about it. */
START_TEST(test_once)
{
	struct fake f = { .path = "a", .off = 24 };
	struct resolver r;
	struct answer a;

	resolver_init(&r, false);
	add(&r, &f);
	ck_assert_uint_eq(ask(&r, CORE_FIELD_BYTE_OFFSET, "a").value, 24);
	ck_assert_uint_eq(ask(&r, CORE_FIELD_BYTE_OFFSET, "a").value, 24);
	ck_assert_uint_eq(ask(&r, CORE_FIELD_BYTE_SIZE, "a").value, 4);
	ck_assert_uint_eq(ask(&r, CORE_FIELD_EXISTS, "a").value, 1);
	ck_assert_uint_eq(ask(&r, CORE_FIELD_LSHIFT_U64, "a").value, 32);
	a = ask(&r, CORE_FIELD_RSHIFT_U64, "a");
	ck_assert(a.value == 32 && !a.poison && a.field.exists);
	ck_assert_str_eq(a.source, "a");
	ck_assert_uint_eq(f.asked, 1);
	resolver_release(&r);
}
END_TEST

/* What nobody knows is not asked again either, until there is somebody new. */
START_TEST(test_unknown)
{
	struct fake f = { .path = "a", .off = 24 };
	struct fake later = { .path = "b", .off = 8 };
	struct fake gone = { .path = "c", .off = UINT32_MAX };
	struct resolver r;
	struct answer a;

	resolver_init(&r, false);
	add(&r, &f);
	ck_assert(ask(&r, CORE_FIELD_BYTE_OFFSET, "b").poison);
	a = ask(&r, CORE_FIELD_EXISTS, "b");
	ck_assert(!a.poison && !a.value && !a.source);
	ck_assert_uint_eq(f.asked, 1);
	add(&r, &later);
	ck_assert_uint_eq(ask(&r, CORE_FIELD_BYTE_OFFSET, "b").value, 8);
	ck_assert_uint_eq(f.asked, 2);
	add(&r, &gone);
	ck_assert(ask(&r, CORE_FIELD_BYTE_SIZE, "c").poison);
	a = ask(&r, CORE_FIELD_EXISTS, "c");
	ck_assert(!a.poison && !a.value);
	ck_assert_str_eq(a.source, "c");
	ck_assert_uint_eq(gone.asked, 1);
	resolver_release(&r);
}
END_TEST

/* Another class, another type, another kind: other questions. */
START_TEST(test_apart)
{
	struct fake f = { .path = "a", .off = 24 };
	struct question q = { .type = "struct s", .path = "a" };
	struct resolver r;
	struct answer a;
	const char *why;

	resolver_init(&r, false);
	add(&r, &f);
	ask(&r, CORE_FIELD_BYTE_OFFSET, "a");
	q.local_class = FIELD_POINTER;
	ck_assert_int_eq(resolver_core(&r, &q, &a, &why), 0);
	ck_assert_uint_eq(f.asked, 2);
	q.type = "struct t";
	ck_assert_int_eq(resolver_core(&r, &q, &a, &why), 0);
	ck_assert_uint_eq(f.asked, 3);
	ask(&r, CORE_FIELD_BYTE_OFFSET, "as");
	ck_assert_uint_eq(f.asked, 4);
	resolver_release(&r);
}
END_TEST

/* An error is no answer, and is not kept. */
START_TEST(test_error)
{
	struct fake f = { .path = "a", .off = 24, .error = -EINVAL };
	struct question q = { .type = "struct s", .path = "a" };
	struct resolver r;
	struct answer a;
	const char *why;

	resolver_init(&r, false);
	add(&r, &f);
	ck_assert_int_eq(resolver_core(&r, &q, &a, &why), -EINVAL);
	ck_assert_str_eq(why, "fake");
	ck_assert(a.poison);
	f.error = 0;
	ck_assert_uint_eq(ask(&r, CORE_FIELD_BYTE_OFFSET, "a").value, 24);
	resolver_release(&r);
}
END_TEST

/* Later sources hear of names when it is their turn; all of them, once. */
START_TEST(test_told)
{
	static const char *const names[] = { "s", "t", "u" };
	struct fake f = { .path = "a", .off = 24 };
	struct fake late = { .path = "b", .off = 8 };
	struct resolver r;
	const char *why;

	resolver_init(&r, false);
	add(&r, &f);
	add(&r, &late);
	ck_assert_int_eq(resolver_want(&r, names, 2, &why), 0);
	ck_assert(f.names == 2 && f.told == 1 && !late.told);
	ask(&r, CORE_FIELD_BYTE_OFFSET, "a");
	ck_assert_uint_eq(late.told, 0);
	ck_assert_int_eq(resolver_want(&r, names + 2, 1, &why), 0);
	ck_assert_uint_eq(f.names, 3);
	ask(&r, CORE_FIELD_BYTE_OFFSET, "b");
	ck_assert(late.told == 1 && late.names == 3);
	ask(&r, CORE_FIELD_BYTE_OFFSET, "c");
	ck_assert_uint_eq(late.told, 1);
	ck_assert_int_eq(resolver_want(&r, names, 1, &why), 0);
	ck_assert_int_eq(resolver_tell(&r, &why), 0);
	ck_assert(late.told == 2 && late.names == 4 && f.told == 3);
	resolver_release(&r);
}
END_TEST

Suite *suite_resolver(void)
{
	Suite *s = suite_create("resolver");
	TCase *tc = tcase_create("resolver");

	tcase_add_test(tc, test_once);
	tcase_add_test(tc, test_unknown);
	tcase_add_test(tc, test_apart);
	tcase_add_test(tc, test_error);
	tcase_add_test(tc, test_told);
	suite_add_tcase(s, tc);
	return s;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Elements of the map `tally` made into groups. */
#include <stdlib.h>
#include <string.h>

#include "t/check.h"
#include "tools/frontend/ask.h"

Suite *suite_heap(void);

#define U64(word) { .from = FROM_PID, .shape = SHAPE_U64, .name = word }
#define S64(word) { .from = FROM_ARG, .shape = SHAPE_S64, .name = word }
#define COMM { .from = FROM_COMM, .shape = SHAPE_COMM, .name = "comm" }

/* A key as the kernel has it: for U64, COMM, and a slot. */
struct key {
	uint64_t pid;
	char comm[16];
	uint64_t slot;
};

static void add(struct heap *h, const void *key, uint64_t count,
		uint64_t total)
{
	const struct ask_tally t = { count, total };

	ck_assert_int_eq(heap_add(h, key, &t), 0);
}

static void add_number(struct heap *h, uint64_t key, uint64_t count,
		       uint64_t total)
{
	add(h, &key, count, total);
}

static uint64_t key_of(const struct heap *h, uint32_t group)
{
	uint64_t key;

	ck_assert_uint_lt(group, h->ngroups);
	memcpy(&key, h->groups[group].key, sizeof(key));
	return key;
}

/* The keys in their order, of one number each. */
static void check_order(const struct heap *h, const int64_t *keys, uint32_t n)
{
	ck_assert_uint_eq(h->ngroups, n);
	for (uint32_t i = 0; i < n; i++)
		ck_assert_int_eq((int64_t)key_of(h, i), keys[i]);
}

START_TEST(test_empty)
{
	const struct ask a = { .what = _i, .nkeys = 1, .keys = { U64("pid") },
			       .max = 1, .step = 1 };
	struct heap *h = heap_new(&a);

	ck_assert_ptr_nonnull(h);
	ck_assert_int_eq(heap_sort(h, 0), 0);
	ck_assert_uint_eq(h->ngroups, 0);
	heap_free(h);
	heap_free(NULL);
	h = heap_new(&a);
	heap_free(h);
}
END_TEST

/* Numbers are ordered as numbers, whatever the machine's byte order. */
START_TEST(test_counts)
{
	static const int64_t order[] = { 256, 2, 255, 65536, 1 };
	const struct ask a = { .what = ASK_COUNT, .nkeys = 1,
			       .keys = { U64("pid") } };
	struct heap *h = heap_new(&a);

	add_number(h, 65536, 7, 0);
	add_number(h, 1, UINT64_MAX, 0);
	add_number(h, 255, 7, 0);
	add_number(h, 256, 1, 0);
	add_number(h, 2, 7, 0);
	ck_assert_int_eq(heap_sort(h, 0), 0);
	check_order(h, order, 5);
	ck_assert_uint_eq(h->groups[4].count, UINT64_MAX);
	ck_assert_uint_eq(h->groups[0].nslots, 0);
	heap_free(h);
}
END_TEST

START_TEST(test_signed_keys)
{
	static const int64_t order[] = { INT64_MIN, -2, -1, 0, 1, INT64_MAX };
	const struct ask a = { .what = ASK_COUNT, .nkeys = 1,
			       .keys = { S64("retval") } };
	struct heap *h = heap_new(&a);

	for (int i = 5; i >= 0; i--)
		add_number(h, (uint64_t)order[(i + 3) % 6], 1, 0);
	ck_assert_int_eq(heap_sort(h, 0), 0);
	check_order(h, order, 6);
	heap_free(h);
}
END_TEST

START_TEST(test_top)
{
	static const int64_t order[] = { 8, 9, 10 };
	const struct ask a = { .what = ASK_COUNT, .nkeys = 1,
			       .keys = { U64("pid") } };
	struct heap *h = heap_new(&a);

	for (uint64_t i = 1; i <= 10; i++)
		add_number(h, i, i, 0);
	ck_assert_int_eq(heap_sort(h, 3), 0);
	check_order(h, order, 3);
	heap_free(h);
	h = heap_new(&a);
	add_number(h, 8, 1, 0);
	ck_assert_int_eq(heap_sort(h, 3), 0);
	check_order(h, order, 1);
	heap_free(h);
}
END_TEST

/* By totals, with the sign of the value. */
START_TEST(test_sums)
{
	static const int64_t as_unsigned[] = { 1, 2, 3 };
	static const int64_t as_signed[] = { 3, 1, 2 };
	struct ask a = { .what = _i ? ASK_STATS : ASK_SUM, .nkeys = 1,
			 .keys = { U64("pid") }, .value = U64("arg2") };
	struct heap *h = heap_new(&a);

	add_number(h, 3, 1, (uint64_t)-5);
	add_number(h, 2, 1, 100);
	add_number(h, 1, 50, 10);
	ck_assert_int_eq(heap_sort(h, 0), 0);
	check_order(h, as_unsigned, 3);
	heap_free(h);
	a.value.shape = SHAPE_S64;
	h = heap_new(&a);
	add_number(h, 3, 1, (uint64_t)-5);
	add_number(h, 2, 1, 100);
	add_number(h, 1, 50, 10);
	ck_assert_int_eq(heap_sort(h, 0), 0);
	check_order(h, as_signed, 3);
	heap_free(h);
}
END_TEST

static void add_slot(struct heap *h, uint64_t pid, const char *comm,
		     uint64_t slot, uint64_t count)
{
	struct key k = { .pid = pid, .slot = slot };

	memcpy(k.comm, comm, strnlen(comm, sizeof(k.comm)));
	add(h, &k, count, 10 * count);
}

START_TEST(test_hist)
{
	const struct ask a = { .what = ASK_HIST, .nkeys = 2,
			       .keys = { U64("pid"), COMM },
			       .value = U64("arg2") };
	struct heap *h = heap_new(&a);
	const struct heap_group *g;

	add_slot(h, 7, "sshd", 5, 3);
	add_slot(h, 7, "sshd0123456789ab", 5, 1);
	add_slot(h, 7, "sshd", 0, 1);
	add_slot(h, 6, "sshd", 5, 2);
	add_slot(h, 7, "sshd", 65, 4);
	add_slot(h, 6, "sshd", 1000, 9);	/* there is no such slot */
	ck_assert_int_eq(heap_sort(h, 0), 0);
	ck_assert_uint_eq(h->ngroups, 3);
	g = h->groups;
	ck_assert_uint_eq(g[0].count, 1);
	ck_assert_mem_eq(g[0].key + 8, "sshd0123456789ab", 16);
	ck_assert_uint_eq(g[1].count, 8);
	ck_assert_uint_eq(g[1].total, 80);
	ck_assert_uint_eq(g[1].nslots, 3);
	ck_assert_uint_eq(g[1].slots[0].slot, 0);
	ck_assert_uint_eq(g[1].slots[1].slot, 5);
	ck_assert_uint_eq(g[1].slots[1].count, 3);
	ck_assert_uint_eq(g[1].slots[2].slot, 65);
	ck_assert_uint_eq(g[2].count, 11);
	ck_assert_uint_eq(g[2].slots[1].slot, 65);
	heap_free(h);
}
END_TEST

/* What came twice counts as it came last, slots of histograms too. */
START_TEST(test_doubles)
{
	const struct ask a = { .what = ASK_HIST, .nkeys = 2,
			       .keys = { U64("pid"), COMM },
			       .value = U64("arg2") };
	struct heap *h = heap_new(&a);

	for (uint64_t i = 1; i <= 300; i++) {
		add_slot(h, 7, "sshd", 5, i);
		add_slot(h, 7, "sshd", 6, 1);
	}
	ck_assert_int_eq(heap_sort(h, 0), 0);
	ck_assert_uint_eq(h->ngroups, 1);
	ck_assert_uint_eq(h->groups[0].count, 301);
	ck_assert_uint_eq(h->groups[0].nslots, 2);
	heap_free(h);
}
END_TEST

/* Without keys the map has a 0, or the slot alone. */
START_TEST(test_no_keys)
{
	const struct ask a = { .what = _i ? ASK_HIST : ASK_COUNT };
	struct heap *h = heap_new(&a);

	add_number(h, _i ? 3 : 0, 5, 0);
	if (_i)
		add_number(h, 4, 6, 0);
	ck_assert_int_eq(heap_sort(h, 0), 0);
	ck_assert_uint_eq(h->ngroups, 1);
	ck_assert_uint_eq(h->groups[0].count, _i ? 11 : 5);
	ck_assert_uint_eq(h->groups[0].nslots, _i ? 2 : 0);
	heap_free(h);
}
END_TEST

Suite *suite_heap(void)
{
	Suite *s = suite_create("heap");
	TCase *tc = tcase_create("heap");

	tcase_add_loop_test(tc, test_empty, ASK_COUNT, ASK_TRACE);
	tcase_add_test(tc, test_counts);
	tcase_add_test(tc, test_signed_keys);
	tcase_add_test(tc, test_top);
	tcase_add_loop_test(tc, test_sums, 0, 2);
	tcase_add_test(tc, test_hist);
	tcase_add_test(tc, test_doubles);
	tcase_add_loop_test(tc, test_no_keys, 0, 2);
	suite_add_tcase(s, tc);
	return s;
}

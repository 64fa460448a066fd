/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Heaps as text: bounds of buckets, percentiles, and every format of some
 * requests against t/golden/heap-*.txt.
 * GOLDEN_UPDATE=1 in the environment writes those anew.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "t/check.h"
#include "t/golden.h"
#include "t/json.h"
#include "tools/frontend/heap_int.h"

Suite *suite_hist(void);

#define U64(word) { .from = FROM_PID, .shape = SHAPE_U64, .name = word }
#define S64(word) { .from = FROM_ARG, .shape = SHAPE_S64, .name = word }
#define COMM { .from = FROM_COMM, .shape = SHAPE_COMM, .name = "comm" }
#define STACK(where, word)						\
	{ .from = where, .shape = SHAPE_STACK, .name = word }

/* ---- buckets ----------------------------------------------------------- */

static void check_slot(const struct ask *a, uint32_t slot, int64_t lo,
		       int64_t hi)
{
	int64_t l, h;

	hist_slot(a, slot, &l, &h);
	ck_assert_int_eq(l, lo);
	ck_assert_int_eq(h, hi);
}

START_TEST(test_powers)
{
	const struct ask a = { .what = ASK_HIST };

	check_slot(&a, ASK_SLOT_NEGATIVE, INT64_MIN, -1);
	check_slot(&a, ASK_SLOT_ZERO, 0, 0);
	check_slot(&a, 2, 1, 1);
	check_slot(&a, 3, 2, 3);
	check_slot(&a, 12, 1024, 2047);
	check_slot(&a, 64, (int64_t)1 << 62, INT64_MAX);
	check_slot(&a, 65, INT64_MAX, INT64_MAX);
	check_slot(&a, UINT32_MAX, INT64_MAX, INT64_MAX);
}
END_TEST

START_TEST(test_slot_of_value)
{
	const struct ask a = { .what = ASK_HIST };
	int64_t lo, hi;

	for (uint32_t slot = ASK_SLOT_ZERO; slot < 65; slot++) {
		hist_slot(&a, slot, &lo, &hi);
		ck_assert_uint_eq(hist_power((uint64_t)lo, false), slot);
		ck_assert_uint_eq(hist_power((uint64_t)hi, true), slot);
	}
	ck_assert_uint_eq(hist_power(1ull << 63, false), 65);
	ck_assert_uint_eq(hist_power(UINT64_MAX, false), hist_last(&a));
	ck_assert_uint_eq(hist_power(UINT64_MAX, true), ASK_SLOT_NEGATIVE);
	ck_assert_uint_eq(hist_power(1ull << 63, true), ASK_SLOT_NEGATIVE);
}
END_TEST

START_TEST(test_steps)
{
	struct ask a = { .what = ASK_LHIST, .min = -10, .max = 15, .step = 10 };

	check_slot(&a, 0, INT64_MIN, -11);
	check_slot(&a, 1, -10, -1);
	check_slot(&a, 2, 0, 9);
	check_slot(&a, 3, 10, 14);	/* cut short */
	check_slot(&a, 4, 15, INT64_MAX);
	check_slot(&a, 5, 15, INT64_MAX);
	a.min = INT64_MIN;
	a.max = INT64_MAX;
	a.step = INT64_MAX;
	check_slot(&a, 0, INT64_MIN, INT64_MIN);
	check_slot(&a, 1, INT64_MIN, -2);
	check_slot(&a, 2, -1, INT64_MAX - 2);
	check_slot(&a, 3, INT64_MAX - 1, INT64_MAX - 1);
	check_slot(&a, 4, INT64_MAX, INT64_MAX);
	a.step = 0;			/* engine_spec() refuses it */
	check_slot(&a, 1, INT64_MAX, INT64_MAX);
}
END_TEST

START_TEST(test_percentiles)
{
	static const struct heap_slot slots[] = {
		{ 0, 1 }, { 3, 49 }, { 8, 40 }, { 12, 10 }
	};
	static const struct heap_slot one[] = { { 5, UINT64_MAX } };
	const struct ask a = { .what = ASK_HIST };
	struct heap_group g = { .count = 100, .nslots = 4, .slots = slots };

	ck_assert_int_eq(hist_percentile(&a, &g, 1), -1);
	ck_assert_int_eq(hist_percentile(&a, &g, 2), 3);
	ck_assert_int_eq(hist_percentile(&a, &g, 50), 3);
	ck_assert_int_eq(hist_percentile(&a, &g, 51), 127);
	ck_assert_int_eq(hist_percentile(&a, &g, 90), 127);
	ck_assert_int_eq(hist_percentile(&a, &g, 91), 2047);
	ck_assert_int_eq(hist_percentile(&a, &g, 99), 2047);
	g = (struct heap_group){ .count = UINT64_MAX, .nslots = 1,
				 .slots = one };
	ck_assert_int_eq(hist_percentile(&a, &g, 99), 15);
	g = (struct heap_group){ .count = 0 };
	ck_assert_int_eq(hist_percentile(&a, &g, 50), 0);
}
END_TEST

/* ---- texts ------------------------------------------------------------- */

static FILE *text;
static char *printed;
static size_t length;

static void setup(void)
{
	text = open_memstream(&printed, &length);
	ck_assert_ptr_nonnull(text);
}

static void teardown(void)
{
	free(printed);
	printed = NULL;
}

static void check_json(const char *at)
{
	size_t len = strcspn(at, "\n");
	const char *count;

	ck_assert_msg(json_valid(at, len), "no JSON: %.*s", (int)len, at);
	count = json_member(at, "count");
	ck_assert_ptr_nonnull(count);
	ck_assert(json_is(json_member(at, "type"), "\"group\""));
}

static void frames(void *ctx, const struct ask_value *v, int64_t id,
		   const uint8_t *key, char *buf, size_t len)
{
	(void)ctx;
	(void)key;
	if (v->from == FROM_KSTACK)
		snprintf(buf, len, "    tcp_connect+%d\n"
			 "    tcp_v4_connect+912\n"
			 "    0xffffffffc0000000\n", (int)id);
	else
		snprintf(buf, len, "    __connect+71\n"
			 "    a;b+12\n    [5a0c]+0x12 /usr/lib/libstdc++6\n");
}

/* All formats, one behind the other; @h is freed. */
static void print_span(struct heap *h, const char *name, const char *unit,
		       uint64_t span_ns)
{
	static const char *const formats[] = {
		"bpftrace", "bcc", "percentiles", "JSON", "CSV", "folded"
	};
	struct heap_style style = { .name = name, .tool = "hist", .unit = unit,
				    .ns = 1234567890, .stack = frames,
				    .span_ns = span_ns,
				    .wall_offset_ns = 1767225600000000000 };
	long start = 0;

	ck_assert_int_eq(heap_sort(h, 0), 0);
	for (int i = HEAP_TEXT; i <= HEAP_FOLDED; i++) {
		style.format = (enum heap_format)i;
		fprintf(text, "---- %s\n", formats[i]);
		fflush(text);
		start = (long)length;
		heap_print(text, h, &style, true);
		fflush(text);
		if (i != HEAP_JSON)
			continue;
		for (const char *p = printed + start; *p;
		     p += strcspn(p, "\n") + 1)
			check_json(p);
	}
	heap_free(h);
}

static void print_all(struct heap *h, const char *name, const char *unit)
{
	print_span(h, name, unit, 0);
}

static void finish(const char *name)
{
	char path[64];

	fclose(text);
	snprintf(path, sizeof(path), "t/golden/heap-%s.txt", name);
	check_golden(path, printed);
}

/* ---- requests ---------------------------------------------------------- */

struct by_comm {
	char comm[16];
	uint64_t number, slot;
};

static void add(struct heap *h, const char *comm, int64_t number,
		uint64_t count, int64_t total)
{
	const struct ask_tally t = { count, (uint64_t)total };
	struct by_comm k = { .number = (uint64_t)number };

	memcpy(k.comm, comm, strnlen(comm, sizeof(k.comm)));
	ck_assert_int_eq(heap_add(h, &k, &t), 0);
}

static void add_slot(struct heap *h, const char *comm, int64_t number,
		     uint64_t slot, uint64_t count, int64_t total)
{
	const struct ask_tally t = { count, (uint64_t)total };
	struct by_comm k = { .number = (uint64_t)number, .slot = slot };

	memcpy(k.comm, comm, strnlen(comm, sizeof(k.comm)));
	ck_assert_int_eq(heap_add(h, &k, &t), 0);
}

#define HOSTILE "a\"b,\\;\n\033[1m\xff\xc3\xa9]:"

START_TEST(test_count)
{
	const struct ask a = { .what = ASK_COUNT, .nkeys = 2,
			       .keys = { COMM, U64("pid") } };
	struct heap *h = heap_new(&a);

	add(h, "sshd", 812, 1, 0);
	add(h, "nginx: worker p", 70000, 1024, 0);
	add(h, HOSTILE, 5, 7, 0);
	add(h, " x", 6, 7, 0);
	add(h, "", 0, 2, 0);
	add(h, "exactly sixteen!", 1, UINT64_MAX, 0);
	print_all(h, "connects", "");
	finish("count");
}
END_TEST

START_TEST(test_sum)
{
	const struct ask a = { .what = ASK_SUM, .nkeys = 2,
			       .keys = { COMM, U64("pid") },
			       .value = U64("arg2") };
	struct heap *h = heap_new(&a);

	add(h, "sshd", 812, 3, 10);
	add(h, "curl", 813, 1, -1);	/* 2^64 - 1 */
	print_all(h, "", "bytes");
	finish("sum");
}
END_TEST

START_TEST(test_stats)
{
	const struct ask a = { .what = ASK_STATS, .nkeys = 2,
			       .keys = { COMM, S64("retval") },
			       .value = S64("retval") };
	struct heap *h = heap_new(&a);

	add(h, "sshd", -11, 3, -33);
	add(h, "sshd", 4, 3, 13);
	add(h, "curl", 0, 0, 0);	/* counted, but not yet added */
	print_all(h, "r", "");
	finish("stats");
}
END_TEST

/* In 8 s and a half. */
START_TEST(test_rates)
{
	const struct ask counts = { .what = ASK_COUNT, .nkeys = 2,
				    .keys = { COMM, U64("pid") } };
	const struct ask stats = { .what = ASK_STATS, .nkeys = 2,
				   .keys = { COMM, S64("retval") },
				   .value = S64("retval") };
	const struct ask hist = { .what = ASK_HIST, .nkeys = 2,
				  .keys = { COMM, U64("pid") },
				  .value = U64("arg2") };
	const uint64_t span = 8500000000;
	struct heap *h = heap_new(&counts);

	add(h, "sshd", 812, 17, 0);
	add(h, "curl", 813, 1, 0);
	print_span(h, "connects", "", span);
	h = heap_new(&stats);
	add(h, "sshd", -11, 3, -33);
	add(h, "sshd", 4, 34, 8500000);
	print_span(h, "r", "bytes", span);
	h = heap_new(&hist);
	add_slot(h, "sshd", 812, 5, 17, 200);
	print_span(h, "h", "bytes", span);
	finish("rates");
}
END_TEST

START_TEST(test_no_keys)
{
	const struct ask a = { .what = ASK_COUNT };
	const struct ask b = { .what = ASK_HIST, .value = U64("latency") };
	const struct ask_tally t = { 5, 77 };
	struct heap *h = heap_new(&a);
	uint64_t slot = 0;

	ck_assert_int_eq(heap_add(h, &slot, &t), 0);
	print_all(h, "", "");
	h = heap_new(&b);
	slot = 5;
	ck_assert_int_eq(heap_add(h, &slot, &t), 0);
	print_all(h, "us", "us");
	finish("no-keys");
}
END_TEST

/* Inner buckets that are empty, negative values, 0, suffixes. */
START_TEST(test_hist)
{
	const struct ask a = { .what = ASK_HIST, .nkeys = 2,
			       .keys = { COMM, U64("pid") },
			       .value = S64("retval") };
	struct heap *h = heap_new(&a);

	add_slot(h, "curl", 9, 0, 2, -40);
	add_slot(h, "curl", 9, 1, 3, 0);
	add_slot(h, "curl", 9, 2, 1, 1);
	add_slot(h, "curl", 9, 4, 52, 300);
	add_slot(h, "nginx", 10, 10, 100, 90000);
	add_slot(h, "nginx", 10, 11, 50, 45000);
	add_slot(h, "nginx", 10, 14, 1, 5000);
	print_all(h, "bytes", "bytes");
	finish("hist");
}
END_TEST

START_TEST(test_hist_wide)
{
	const struct ask a = { .what = ASK_HIST, .nkeys = 2,
			       .keys = { COMM, U64("pid") },
			       .value = U64("arg0") };
	struct heap *h = heap_new(&a);

	add_slot(h, "x", 1, 20, UINT64_MAX / 2, 0);
	add_slot(h, "x", 1, 21, UINT64_MAX / 4, 0);
	add_slot(h, "x", 1, 65, 1, 0);
	print_all(h, "", "ns");
	finish("hist-wide");
}
END_TEST

START_TEST(test_lhist)
{
	const struct ask a = { .what = ASK_LHIST, .nkeys = 2,
			       .keys = { COMM, U64("pid") },
			       .value = S64("retval"),
			       .min = -1024, .max = 3000,
			       .step = 1024 };
	struct heap *h = heap_new(&a);

	add_slot(h, "below", 1, 0, 1, -5000);
	add_slot(h, "below", 1, 2, 4, 0);
	add_slot(h, "above", 1, 1, 10, -10);
	add_slot(h, "above", 1, 4, 3, 2900 * 3);
	add_slot(h, "above", 1, 5, 20, 90000);
	print_all(h, "r", "bytes");
	finish("lhist");
}
END_TEST

struct by_stack {
	char comm[16];
	int64_t kernel, user;
	uint64_t pid;
};

static void add_stack(struct heap *h, const char *comm, int64_t kernel,
		      int64_t user, uint64_t count)
{
	const struct ask_tally t = { count, 0 };
	struct by_stack k = { .kernel = kernel, .user = user, .pid = 12 };

	memcpy(k.comm, comm, strnlen(comm, sizeof(k.comm)));
	ck_assert_int_eq(heap_add(h, &k, &t), 0);
}

static struct heap *stacks(const struct ask *a)
{
	struct heap *h = heap_new(a);

	add_stack(h, "curl", 1, 2, 5);
	add_stack(h, "kworker", 1, -EFAULT, 3);
	add_stack(h, "a;b", -EEXIST, -99999, 2);
	return h;
}

START_TEST(test_stacks)
{
	const struct ask a = { .what = ASK_COUNT, .nkeys = 4,
			       .keys = { COMM, STACK(FROM_KSTACK, "kstack"),
					 STACK(FROM_USTACK, "ustack"),
					 U64("pid") } };
	struct heap_style style = { .name = "n", .tool = "count" };
	struct heap *h = stacks(&a);

	print_all(h, "name", "");
	/* and by their numbers, when nobody knows frames */
	h = stacks(&a);
	ck_assert_int_eq(heap_sort(h, 1), 0);
	fputs("---- numbers\n", text);
	for (int i = HEAP_TEXT; i <= HEAP_FOLDED; i++) {
		style.format = (enum heap_format)i;
		heap_print(text, h, &style, false);
	}
	heap_free(h);
	finish("stacks");
}
END_TEST

/* The stack first, as it mostly is. */
START_TEST(test_stack_first)
{
	const struct ask a = { .what = ASK_HIST, .nkeys = 2,
			       .keys = { STACK(FROM_KSTACK, "kstack"), COMM },
			       .value = U64("latency") };
	const struct ask_tally t = { 5, 50 };
	struct { int64_t id; char comm[16]; uint64_t slot; } key =
		{ 3, "curl", 5 };
	struct heap *h = heap_new(&a);

	ck_assert_int_eq(heap_add(h, &key, &t), 0);
	print_all(h, "ns", "ns");
	finish("stack-first");
}
END_TEST

Suite *suite_hist(void)
{
	Suite *s = suite_create("hist");
	TCase *tc = tcase_create("buckets");

	tcase_add_test(tc, test_powers);
	tcase_add_test(tc, test_slot_of_value);
	tcase_add_test(tc, test_steps);
	tcase_add_test(tc, test_percentiles);
	suite_add_tcase(s, tc);
	tc = tcase_create("texts");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_count);
	tcase_add_test(tc, test_sum);
	tcase_add_test(tc, test_stats);
	tcase_add_test(tc, test_rates);
	tcase_add_test(tc, test_no_keys);
	tcase_add_test(tc, test_hist);
	tcase_add_test(tc, test_hist_wide);
	tcase_add_test(tc, test_lhist);
	tcase_add_test(tc, test_stacks);
	tcase_add_test(tc, test_stack_first);
	suite_add_tcase(s, tc);
	return s;
}

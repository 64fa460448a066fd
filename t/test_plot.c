/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What pictures are made with: scales, and CSV. */
#include <stdlib.h>
#include <string.h>

#include "t/check.h"
#include "t/random.h"
#include "tools/frontend/plot.h"

/* ---- scales ------------------------------------------------------------ */

static const char *ticks_of(const struct plot_scale *s)
{
	static char all[1024];
	char one[PLOT_NUMBER];
	size_t n = 0;

	ck_assert_uint_le(s->nticks, 32);
	for (unsigned i = 0; i < s->nticks; i++) {
		plot_number(s, plot_tick(s, i), one);
		n += (size_t)snprintf(all + n, sizeof(all) - n, "%s%s",
				      i ? " " : "", one);
	}
	return all;
}

static const struct {
	double lo, hi;
	unsigned most;
	bool binary;
	const char *ticks;
} y_scales[] = {
	{ 0, 0, 5, false, "0 0.2 0.4 0.6 0.8 1.0" },
	{ 3, 7, 5, false, "0 2 4 6 8" },
	{ 0, 71, 6, false, "0 20 40 60 80" },
	{ -3, 4, 4, false, "-4 -2 0 2 4" },
	{ -50, -20, 5, false, "-50 -40 -30 -20 -10 0" },
	{ 0, 9000, 3, false, "0 5k 10k" },
	{ 0, 123456, 4, false, "0 50k 100k 150k" },
	{ 0, 1e18, 4, false, "0 500000T 1000000T" },
	{ -1e18, 1e18, 4, false, "-1000000T -500000T 0 500000T 1000000T" },
	{ 0, 1e-9, 2, false, "0 0.000000001 0.000000001" },
	{ 0, 327680, 6, true, "0 64K 128K 192K 256K 320K" },
	{ 0, 900, 4, true, "0 0.25K 0.50K 0.75K 1.00K" },
	{ 0, 1 << 20, 4, true, "0 0.25M 0.50M 0.75M 1.00M" },
	{ 0, 1, 0, true, "0 1" },
};

START_TEST(ticks_y)
{
	struct plot_scale s;

	plot_scale_y(&s, y_scales[_i].lo, y_scales[_i].hi, y_scales[_i].most,
		     y_scales[_i].binary);
	ck_assert_str_eq(ticks_of(&s), y_scales[_i].ticks);
	ck_assert(s.lo <= y_scales[_i].lo && s.hi >= y_scales[_i].hi);
	ck_assert(s.lo <= 0 && s.hi >= 0);
}
END_TEST

START_TEST(ticks_x)
{
	struct plot_scale s;

	plot_scale_x(&s, 0, 6.1, 10);
	ck_assert_str_eq(ticks_of(&s), "0 1 2 3 4 5 6");
	plot_scale_x(&s, 2.3, 2.9, 5);
	ck_assert_str_eq(ticks_of(&s), "2.4 2.6 2.8");
	/* what is not told apart is widened */
	plot_scale_x(&s, 5, 5, 4);
	ck_assert(s.hi > s.lo && s.nticks >= 1);
	plot_scale_x(&s, 1e18, 1e18, 4);
	ck_assert(s.hi > s.lo && s.nticks >= 1);
}
END_TEST

/* Whatever the values are, ticks are few, in order and within. */
START_TEST(ticks_random)
{
	struct plot_scale s;

	random_begin(random_seed(), (uint32_t)_i);
	for (unsigned i = 0; i < 1000; i++) {
		double a = (double)(int64_t)random_number() / 16;
		double b = (double)(int64_t)random_number() / 16;
		unsigned most = rnd(12);

		a /= (double)(1ull << rnd(62));
		b /= (double)(1ull << rnd(62));
		plot_scale_y(&s, a < b ? a : b, a < b ? b : a, most, i & 1);
		ck_assert_uint_le(s.nticks, 16);
		ck_assert_uint_ge(s.nticks, 2);
		plot_scale_x(&s, a < b ? a : b, a < b ? b : a, most);
		ck_assert_uint_le(s.nticks, 16);
		for (unsigned k = 0; k < s.nticks; k++)
			ck_assert_uint_le(plot_place(&s, plot_tick(&s, k),
						     1000), 1000);
	}
}
END_TEST

START_TEST(places)
{
	struct plot_scale s = { .lo = -10, .hi = 10 };

	ck_assert_uint_eq(plot_place(&s, -10, 100), 0);
	ck_assert_uint_eq(plot_place(&s, 0, 100), 50);
	ck_assert_uint_eq(plot_place(&s, 10, 100), 100);
	ck_assert_uint_eq(plot_place(&s, 1e300, 100), 100);
	ck_assert_uint_eq(plot_place(&s, -1e300, 100), 0);
	ck_assert_uint_eq(plot_place(&s, __builtin_nan(""), 100), 0);
}
END_TEST

/* ---- CSV --------------------------------------------------------------- */

static char seen[4096];

static bool note(void *ctx, char *const *fields, unsigned n)
{
	size_t at = strlen(seen);

	(void)ctx;
	for (unsigned i = 0; i < n; i++)
		at += (size_t)snprintf(seen + at, sizeof(seen) - at, "[%s]",
				       fields[i]);
	snprintf(seen + at, sizeof(seen) - at, "\n");
	return true;
}

static struct csv_reader reader;

/* In pieces of @piece bytes: what came of it, or what is wrong. */
static const char *csv(const char *s, size_t n, size_t piece)
{
	bool ok = true;

	seen[0] = '\0';
	csv_init(&reader, note, NULL);
	for (size_t i = 0; i < n && ok; i += piece)
		ok = csv_feed(&reader, s + i, n - i < piece ? n - i : piece);
	return ok && csv_end(&reader) ? seen : reader.why;
}

static const struct {
	const char *in, *out;
} csvs[] = {
	{ "", "" },
	{ "\n\r\n\n", "" },
	{ "a,b\n1,2\n", "[a][b]\n[1][2]\n" },
	{ "a,b\r\n1,2", "[a][b]\n[1][2]\n" },
	{ ",\n", "[][]\n" },
	{ "\"a,b\",\"c\"\"d\",\"\"\n", "[a,b][c\"d][]\n" },
	{ "\"two\nlines\"\r\nx\n", "[two\nlines]\n[x]\n" },
	{ "a\"b,c\n", "[a\"b][c]\n" },
	{ "\"a\"b\n", "text after a quoted field" },
	{ "\"a\n", "the last field has no end" },
};

START_TEST(csv_forms)
{
	const char *s = csvs[_i].in;

	for (size_t piece = 1; piece < 9; piece++)
		ck_assert_str_eq(csv(s, strlen(s), piece), csvs[_i].out);
}
END_TEST

START_TEST(csv_limits)
{
	static char big[2 * CSV_LINE];

	memset(big, 'x', sizeof(big));
	ck_assert_str_eq(csv(big, sizeof(big), 999), "a line is too long");
	ck_assert_uint_eq(reader.line, 1);
	memset(big, ',', sizeof(big));
	memcpy(big, "a\nb\n", 4);
	ck_assert_str_eq(csv(big, sizeof(big), 1),
			 "a line has too many fields");
	ck_assert_uint_eq(reader.line, 3);
	ck_assert_str_eq(csv("a,\0b\n", 5, 5), "a byte of zero");
}
END_TEST

Suite *suite_plot(void);
Suite *suite_plot(void)
{
	Suite *s = suite_create("plot");
	TCase *tc = tcase_create("plot");

	tcase_add_loop_test(tc, ticks_y, 0,
			    sizeof(y_scales) / sizeof(y_scales[0]));
	tcase_add_test(tc, ticks_x);
	tcase_add_loop_test(tc, ticks_random, 0, 8);
	tcase_add_test(tc, places);
	tcase_add_loop_test(tc, csv_forms, 0, sizeof(csvs) / sizeof(csvs[0]));
	tcase_add_test(tc, csv_limits);
	suite_add_tcase(s, tc);
	return s;
}

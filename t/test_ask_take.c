/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is wrong with options that go together, each said in one line; and what
 * stands above what was asked for.
 */
#include <errno.h>
#include <string.h>

#include "t/check.h"
#include "tools/frontend/ask_record.h"
#include "tools/frontend/ask_run.h"

Suite *suite_ask_take(void);

static const struct {
	uint8_t what;
	struct ask_options ask;
	const char *hook, *says;
} mistakes[] = {
	{ ASK_LHIST, { .of = "cpu", .range = "0,\n1\033" }, "k:f",
	  "--range '0,?1?': want LO,HI,STEP with HI above LO and a step above "
	  "0" },
	/* more than 64 bits */
	{ ASK_LHIST, { .of = "cpu", .range = "0,99999999999999999999,"
					     "99999999999999999" }, "k:f",
	  "--range '0,99999999999999999999,99999999999999999': want LO,HI,STEP "
	  "with HI above LO and a step above 0" },
	{ ASK_LHIST, { .of = "cpu", .range = "-5,5,1" }, "k:f",
	  "--range '-5,5,1': 'cpu' is never below 0" },
	{ ASK_SUM, { .of = "comm" }, "k:f", "--of 'comm' is no number" },
	{ ASK_SUM, { .of = "latency" }, "k:f",
	  "'latency' goes with --latency and two hooks" },
	{ ASK_COUNT, { .by = "latency" }, "k:f",
	  "'latency' goes with --latency and two hooks" },
	{ ASK_COUNT, { .where = "latency>1" }, "k:f",
	  "'latency' goes with --latency and two hooks" },
	{ ASK_HIST, { .latency = true, .on = "comm" }, "kr:f",
	  "--on 'comm' is no number" },
	{ ASK_HIST, { .latency = true, .on = "latency" }, "kr:f",
	  "--on 'latency' is not known as it begins" },
	{ ASK_COUNT, { .where = "retval<0" }, "k:f\033",
	  "kprobe:f?: only where a function returns there is what it returns" },
};

START_TEST(mistake)
{
	static const struct tool tool = { .name = "ask" };
	char begin[] = "k:f", end[16], *hooks[2] = { begin, end };
	static struct options o;
	static struct asked r;
	struct err e = { .no = 0 };
	struct env env = { .tracefs = -2 };
	struct part part;

	snprintf(end, sizeof(end), "%s", mistakes[_i].hook);
	o.tool = &tool;
	o.ask = mistakes[_i].ask;
	o.ask.hooks = o.ask.latency ? hooks : hooks + 1;
	o.ask.nhooks = o.ask.latency ? 2 : 1;
	part = ask_part(&o, mistakes[_i].what);
	r.o = &o;
	r.env = &env;
	r.nqueries = 1;
	r.queries[0].r = &r;
	r.queries[0].part = &part;
	ck_assert_int_eq(ask_take(&r.queries[0], &e), -EINVAL);
	ck_assert_str_eq(e.msg, mistakes[_i].says);
	asked_release(&r);
}
END_TEST

START_TEST(headings)
{
	static const struct column none[] = { { .key = NULL } };
	static const struct tool base = { .name = "trace", .columns = none };
	static const struct ask times = {
		.what = ASK_TRACE, .nkeys = 2, .keys = {
			{ .from = FROM_LATENCY, .shape = SHAPE_U64,
			  .name = "latency" },
			{ .from = FROM_LATENCY, .shape = SHAPE_U64,
			  .then = THEN_US, .name = "latency_us" },
		},
	};
	const struct ask_map map = { "", "", &times };
	static struct ask_tool t;

	ck_assert_int_eq(ask_tool_init(&t, &base, &map, 1), 0);
	ck_assert_str_eq(t.columns[0].heading, "LATENCY(ns)");
	ck_assert_str_eq(t.columns[1].heading, "LATENCY_US");
	ask_tool_release(&t);
}
END_TEST

Suite *suite_ask_take(void)
{
	Suite *s = suite_create("ask_take");
	TCase *tc = tcase_create("mistakes");

	tcase_add_loop_test(tc, mistake, 0,
			    sizeof(mistakes) / sizeof(mistakes[0]));
	tcase_add_test(tc, headings);
	suite_add_tcase(s, tc);
	return s;
}

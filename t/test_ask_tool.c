/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Requests for rows: what columns they become. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/frontend/ask_tool.h"
#include "tools/frontend/rows_int.h"

static const struct hook hooks[] = {
	{ .kind = HOOK_KPROBE, .target = "tcp_connect", .args = "" },
	{ .kind = HOOK_TRACEPOINT, .target = "sock/inet_sock_set_state",
	  .args = "" },
};

static struct ask ask = {
	.what = ASK_TRACE, .hooks = hooks, .nhooks = 2, .nkeys = 8,
	.keys = {
		{ .from = FROM_PID, .shape = SHAPE_U64, .name = "pid" },
		{ .from = FROM_COMM, .shape = SHAPE_COMM, .name = "comm" },
		{ .from = FROM_PROBE, .shape = SHAPE_U64, .name = "probe" },
		{ .from = FROM_ARG, .shape = SHAPE_U64, .name = "family" },
		{ .from = FROM_ARG, .shape = SHAPE_ADDR, .then = THEN_RADDR,
		  .name = "raddr" },
		{ .from = FROM_ARG, .shape = SHAPE_U64, .then = THEN_RPORT,
		  .name = "rport" },
		{ .from = FROM_RETVAL, .shape = SHAPE_S64, .then = THEN_S32,
		  .name = "retval" },
		{ .from = FROM_USTACK, .shape = SHAPE_STACK,
		  .name = "ustack" },
	},
};

static const struct column none[] = { { .key = NULL } };
static const struct tool base = {
	.name = "trace", .summary = "", .columns = none,
	.flags = T_ASK | T_COUNT | T_STACKS,
};

static struct ask_tool made;
static struct options opt;
static char *text;

static void setup(void)
{
	memset(&opt, 0, sizeof(opt));
	ck_assert_int_eq(ask_tool_init(&made, &base, &ask), 0);
	opt.tool = &made.tool;
}

static void teardown(void)
{
	ask_tool_release(&made);
	free(text);
	text = NULL;
}

/* As the engine lays it out. */
struct hit {
	struct event event;
	uint64_t pid;
	char comm[16];
	uint64_t probe, family;
	uint8_t raddr[16];
	uint64_t rport;
	int64_t retval, ustack;
};

static const struct clocks clocks;

static void show(struct rows *r, unsigned i)
{
	struct hit hit = {
		.event = { .ns = i, .len = sizeof(hit), .type = EVENT_ROW },
		.pid = 42, .comm = "curl", .probe = i % 2, .family = 2 + i,
		.raddr = { [10] = 0xff, [11] = 0xff, 10, 0, 0, (uint8_t)i },
		.rport = 443 * i, .retval = -(int64_t)i, .ustack = -EFAULT,
	};

	if (!i)
		memset(hit.raddr, 0, sizeof(hit.raddr));
	ck_assert_uint_eq(made.tool.event_size, sizeof(hit));
	ck_assert(rows_add(r, &hit.event, &clocks));
}

static const char *render(unsigned n)
{
	static const struct capture_info info = { .tool = "trace" };
	static const struct losses no_losses;
	struct rows *r;
	size_t len;
	FILE *f;

	free(text);
	f = open_memstream(&text, &len);
	r = rows_new(&opt, f);
	ck_assert_ptr_nonnull(r);
	rows_start(r, &info);
	for (unsigned i = 0; i < n; i++)
		show(r, i);
	ck_assert(rows_end(r, &no_losses));
	rows_free(r);
	fclose(f);
	return text;
}

START_TEST(table)
{
	opt.columns = "pid,comm,probe,retval";
	ck_assert_str_eq(render(2),
		"PID     COMM             PROBE                              "
		"   RETVAL\n"
		"42      curl             kprobe:tcp_connect                 "
		"        0\n"
		"42      curl             tracepoint:sock/inet_sock_set_state"
		"       -1\n");
}
END_TEST

START_TEST(csv)
{
	opt.format = FMT_CSV;
	ck_assert_str_eq(render(3),
		"ts_ns,pid,comm,probe,family,raddr,rport,retval,ustack,"
		"ustack_err_name\n"
		"0,42,curl,kprobe:tcp_connect,AF_INET,,,0,,EFAULT\n"
		"1,42,curl,tracepoint:sock/inet_sock_set_state,3,10.0.0.1,443,"
		"-1,,EFAULT\n"
		"2,42,curl,kprobe:tcp_connect,4,10.0.0.2,886,-2,,EFAULT\n");
}
END_TEST

START_TEST(counted)
{
	opt.format = FMT_CSV;
	opt.count = true;
	opt.columns = "probe";
	ck_assert_str_eq(render(5), "probe,count\nkprobe:tcp_connect,3\n"
			 "tracepoint:sock/inet_sock_set_state,2\n");
	/* all of them are keys */
	opt.columns = NULL;
	render(5);
	ck_assert_ptr_nonnull(strstr(text, ",-4,,EFAULT,1\n"));
}
END_TEST

Suite *suite_ask_tool(void);
Suite *suite_ask_tool(void)
{
	Suite *s = suite_create("ask-tool");
	TCase *tc = tcase_create("ask-tool");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, table);
	tcase_add_test(tc, csv);
	tcase_add_test(tc, counted);
	suite_add_tcase(s, tc);
	return s;
}

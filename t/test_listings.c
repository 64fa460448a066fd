/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From request lines to listings, as --dump prints them: the whole way but for
 * the kernel, which is x86_64 and made up.  Compared with
 * t/golden/listing-*.txt; the same for both byte orders, since these requests
 * read no fields (how those are read depends on it: engine_value.c).
 */
#include <stdio.h>
#include <unistd.h>

#include "t/golden.h"
#include "t/link_kit.h"
#include "tools/frontend/ask_run.h"
#include "tools/frontend/run.h"

Suite *suite_listings(void);

static struct options o;
static struct asked r;
static struct query *q;
static struct part part;
static struct env env;

static const struct {
	const char *name;
	uint8_t what;
	struct ask_options ask;
	const char *hooks[2];
} requests[] = {
	{ "count", ASK_COUNT, { .by = "comm" }, { "k:sock_sendmsg" } },
	{ "hist", ASK_HIST, { .of = "retval", .where = "retval>=0" },
	  { "kr:tcp_recvmsg" } },
	{ "latency", ASK_HIST, { .by = "tid,kstack", .latency = true },
	  { "k:tcp_v4_connect", "kr:tcp_v4_connect" } },
};

static void setup(void)
{
	kit_setup();
	memset(&o, 0, sizeof(o));
	memset(&r, 0, sizeof(r));
	memset(&env, 0, sizeof(env));
	env.tracefs = -2;
	r.env = &env;
	r.nqueries = 1;
	q = &r.queries[0];
	q->r = &r;
	kit_const("ringbuf", 1);
	kit_const("ring_wake", 65536);
	kit_const("cgroup_id", 1);
	kit.target.big_endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
	kit.target.lint_version = KERNEL(6, 1);
}

static void teardown(void)
{
	asked_release(&r);
	kit_teardown();
}

/* stdout is where dump_program() writes. */
static char *captured(void (*fn)(void))
{
	FILE *f = tmpfile();
	int was;
	char *text;
	long n;

	ck_assert_ptr_nonnull(f);
	fflush(stdout);
	was = dup(STDOUT_FILENO);
	ck_assert_int_ge(dup2(fileno(f), STDOUT_FILENO), 0);
	fn();
	fflush(stdout);
	dup2(was, STDOUT_FILENO);
	close(was);
	n = lseek(fileno(f), 0, SEEK_END);
	text = calloc(1, (size_t)n + 1);
	ck_assert_ptr_nonnull(text);
	ck_assert_int_eq(pread(fileno(f), text, (size_t)n, 0), n);
	fclose(f);
	return text;
}

/* A program for each hook, in the order of the hooks. */
static void dump_all(void)
{
	const struct spec_prog *p;
	char name[32];
	uint32_t i;

	kit.in.spec = q->spec;
	for (i = 0; i < q->ask.nhooks; i++) {
		engine_prog(&q->ask, i, name, sizeof(name));
		p = spec_find_prog(q->spec, name);
		kit.in.hook = &q->ask.hooks[i];
		ck_assert_msg(!kit_link(p), "%s", kit.e.msg);
		dump_program(NULL, p, kit.in.hook, &kit.out);
	}
}

START_TEST(listing)
{
	static const struct tool tool = { .name = "ask" };
	char *hooks[2], path[64], *text;
	struct err e = { .no = 0 };

	o.tool = &tool;
	o.ask = requests[_i].ask;
	o.ask.hooks = hooks;
	for (; o.ask.nhooks < 2 && requests[_i].hooks[o.ask.nhooks];
	     o.ask.nhooks++)
		hooks[o.ask.nhooks] =
			(char *)(uintptr_t)requests[_i].hooks[o.ask.nhooks];
	r.o = &o;
	part = ask_part(&o, requests[_i].what);
	q->part = &part;
	ck_assert_msg(!ask_take(q, &e), "%s", e.msg);
	text = captured(dump_all);
	snprintf(path, sizeof(path), "t/golden/listing-%s.txt",
		 requests[_i].name);
	check_golden(path, text);
	free(text);
}
END_TEST

Suite *suite_listings(void)
{
	Suite *s = suite_create("listings");
	TCase *tc = tcase_create("listings");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, listing, 0,
			    sizeof(requests) / sizeof(requests[0]));
	suite_add_tcase(s, tc);
	return s;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The schema of a recorded tally; those of tools have goldens. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "t/check.h"
#include "tools/frontend/ask_tool.h"

static const struct hook hook = {
	.kind = HOOK_KPROBE, .target = "tcp_connect", .args = "",
};

/* What replay --schema prints: a type for each map, with its keys. */
START_TEST(schema_of_maps)
{
	static const char *const has[] = {
		"\"map\": {\"const\":\"calls\"}", "\"comm\": {",
		"\"ustack\": {\"type\":[\"array\",\"null\"]",
		"\"map\": {\"const\":\"sizes\"}", "\"buckets\": ",
		"\"const\":\"start\"", "\"const\":\"end\"",
		"\"count_per_s\": ",
	};
	static const struct column none[] = { { .key = NULL } };
	static const struct tool base = {
		.name = "trace", .summary = "", .columns = none,
		.flags = T_ASK | T_COUNT | T_STACKS,
	};
	static struct ask counts = {
		.what = ASK_COUNT, .hooks = &hook, .nhooks = 1, .nkeys = 3,
		.keys = {
			{ .from = FROM_PID, .shape = SHAPE_U64, .name = "pid" },
			{ .from = FROM_COMM, .shape = SHAPE_COMM,
			  .name = "comm" },
			{ .from = FROM_USTACK, .shape = SHAPE_STACK,
			  .name = "ustack" },
		},
	};
	struct ask sizes = counts;
	const struct ask_map maps[] = {
		{ "calls", "", &counts }, { "sizes", "bytes", &sizes },
	};
	static struct ask_tool two;
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	sizes.what = ASK_HIST;
	sizes.nkeys = 1;
	ck_assert_int_eq(ask_tool_init(&two, &base, maps, 2), 0);
	schema_tallies(f, &two.tool, maps, 2);
	fclose(f);
	for (size_t i = 0; i < sizeof(has) / sizeof(*has); i++)
		ck_assert_msg(strstr(text, has[i]) != NULL, "no %s in %s",
			      has[i], text);
	/* keys have the names that JSON gives them */
	ck_assert_ptr_null(strstr(text, "calls."));
	/* the second has but one */
	ck_assert_ptr_null(strstr(strstr(text, "\"sizes\""), "\"comm\""));
	ask_tool_release(&two);
	free(text);
}
END_TEST

Suite *suite_schema(void);

Suite *suite_schema(void)
{
	Suite *s = suite_create("schema");
	TCase *tc = tcase_create("schema");

	tcase_add_test(tc, schema_of_maps);
	suite_add_tcase(s, tc);
	return s;
}

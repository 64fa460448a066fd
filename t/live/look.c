/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "look.h"

#include <stdio.h>
#include <string.h>

void look_ask(const struct look *l, struct table *tb, const char *const *args)
{
	const char *argv[32] = { "--csv", "--netns" };
	char netns[24];
	unsigned n = 2;
	struct tool r;

	snprintf(netns, sizeof(netns), "inode:%u", l->netns);
	argv[n++] = netns;
	if (!l->diag) {
		argv[n++] = "--config";
		argv[n++] = "no-sock-diag=1";
	}
	for (; *args; args++)
		argv[n++] = *args;
	tool_init(&r, l->t, l->netns);
	r.verb = true;		/* it ends by itself, and has no fields */
	tool_start(&r, l->tool, argv);
	tool_stop(&r, 0);
	tool_check_clean(&r);
	if (!table_parse(tb, l->t, r.text ? r.text : ""))
		fatal(l->t, "no table");
	tool_release(&r);
}

void look_want(const struct look *l, const char *what, unsigned made,
	       const char *const *args)
{
	struct table tb;

	look_ask(l, &tb, args);
	if (tb.nrows != made)
		differ(l->t, "%s: %u rows, should be %u", what, tb.nrows, made);
	table_release(&tb);
}

void look_expect(const struct look *l, const struct table *tb, unsigned row,
		 const char *key, const char *made)
{
	const char *cell = table_cell(tb, row, key);

	if (strcmp(cell, made))
		differ(l->t, "%s %s %s %s: %s is '%s', made '%s' (%s)",
		       table_cell(tb, row, "netid"),
		       table_cell(tb, row, "state"),
		       table_cell(tb, row, "inode"),
		       table_cell(tb, row, "lport"), key, cell, made,
		       l->diag ? "sock_diag" : "/proc/net");
}

void look_expect_number(const struct look *l, const struct table *tb,
			unsigned row, const char *key, uint64_t made)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)made);
	look_expect(l, tb, row, key, text);
}

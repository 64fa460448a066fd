/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A tool made of a request: its rows are hits, its columns the keys.  Of a
 * tally rows are its elements, and behind the keys there are slot, count and
 * total.
 */
#ifndef SOCKEYE_ASK_TOOL_H
#define SOCKEYE_ASK_TOOL_H

#include "tools/frontend/ask.h"

#define ASK_HEADING 256
#define ASK_TALLY_COLUMNS 3
/* The keys of these columns, in order. */
extern const char *const ask_tally_columns[ASK_TALLY_COLUMNS];

struct ask_tool {
	struct tool tool;
	struct column columns[ASK_KEYS + ASK_TALLY_COLUMNS + 1];
	char headings[ASK_KEYS][ASK_HEADING];
	void *names[ASK_KEYS];		/* of numbers that have some */
};

/*
 * ask_tool_init - for the events of @a; the rest is like @base.
 * Keys are called as they were asked for; the strings of @a and @base must
 * live as long.  0, or -ENOMEM.  ask_tool_release() is right in any case.
 */
int ask_tool_init(struct ask_tool *t, const struct tool *base,
		  const struct ask *a);
void ask_tool_release(struct ask_tool *t);

#endif

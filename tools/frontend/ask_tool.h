/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A tool made of a request: its rows are hits, its columns the keys.  Of a
 * tally rows are its elements: the columns are the keys of all maps, each
 * called NAME.KEY unless the map has no name, and behind them the slot, count
 * and total, and the number of the map.
 */
#ifndef SOCKEYE_ASK_TOOL_H
#define SOCKEYE_ASK_TOOL_H

#include "tools/frontend/ask.h"

#define ASK_HEADING 256
enum { ASK_SLOT, ASK_COUNTED, ASK_TOTAL, ASK_MAP, ASK_TALLY_COLUMNS };
/* The keys of these columns, in order, which nobody's keys are called. */
extern const char *const ask_tally_columns[ASK_TALLY_COLUMNS];

struct ask_tool {
	struct tool tool;
	struct column columns[MAX_COLUMNS + 1];
	unsigned ncolumns;
	char keys[MAX_COLUMNS][ASK_HEADING], headings[MAX_COLUMNS][ASK_HEADING];
	void *names[MAX_COLUMNS];	/* of numbers that have some */
};

/*
 * ask_tool_init - for the events of @n maps; the rest is like @base.
 * Keys are called as they were asked for; the strings of @maps and @base must
 * live as long.  0, -ENOMEM, or -E2BIG: too many keys.  ask_tool_release() is
 * right in any case.
 */
int ask_tool_init(struct ask_tool *t, const struct tool *base,
		  const struct ask_map *maps, unsigned n);
void ask_tool_release(struct ask_tool *t);

#endif

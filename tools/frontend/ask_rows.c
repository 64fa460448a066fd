/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Requests for rows: the engine sends an event per hit; what was asked for
 * becomes a tool (ask_tool.c), and the rest is that of all tools.
 */
#include "tools/frontend/ask_run.h"
#include "tools/frontend/ask_tool.h"

#include <errno.h>
#include <string.h>

static int show(struct asked *r)
{
	struct query *q = &r->queries[0];
	struct err e = { .no = 0 };
	struct ring *ring = NULL;
	int ret;

	if (ring_open(&ring, q->object, &e))
		return fail_err(&e);
	ret = run_rows(&(struct feed){ r->o, r->env, q->object, ring,
				       r->start_ns, NULL });
	ring_close(ring);
	return ret;
}

int ask_rows(struct asked *r, struct options *o)
{
	const struct tool *tool = o->tool;
	const struct ask_map map = { "", "", &r->queries[0].ask };
	static struct ask_tool made;
	struct layout layout;
	int ret = -1;

	if (ask_tool_init(&made, o->tool, &map, 1)) {
		complain("%s", strerror(ENOMEM));
		ret = EXIT_FAIL;
	} else {
		o->tool = &made.tool;
		if (layout_choose(&layout, o))
			ret = EXIT_USAGE;
	}
	if (ret < 0 && o->schema) {
		schema_print(stdout, o->tool);
		ret = EXIT_OK;
	}
	if (ret < 0)
		ret = show(r);
	o->tool = tool;
	ask_tool_release(&made);
	return ret;
}

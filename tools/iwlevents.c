/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "tools/tool.h"

static const struct way hits[] = { { .hooks = "t:iwlwifi*:*" } };

static const struct part parts[] = {
	{ .name = "calls", .text = "the driver passes a tracepoint",
	  .what = ASK_COUNT, .by = "probe", WAYS(hits) },
	{ .name = NULL }
};

static const struct example examples[] = {
	{ "", "until Ctrl-C" },
	{ "-d 1 -r 20", "the twenty most used in a second" },
	{ 0 }
};

const struct tool tool_iwlevents = {
	.name = "iwlevents",
	.summary = "tracepoints of iwlwifi, counted",
	.about = "Counts hits of the tracepoints of the iwlwifi driver. "
		"Other hooks may be given in their place.",
	.overhead = "Half a microsecond per call, and a second to start.",
	REQUEST_HOOKS, .parts = parts, .examples = examples,
};

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "tools/tool.h"

static const struct way hits[] = { { .hooks = "k:ixgbevf_*" } };

static const struct part parts[] = {
	{ .name = "calls", .text = "a function of the driver is called",
	  .what = ASK_COUNT, .by = "probe", WAYS(hits) },
	{ .name = NULL }
};

static const struct example examples[] = {
	{ "", "until Ctrl-C" },
	{ "-d 1 -r 20", "the twenty most used in a second" },
	{ 0 }
};

const struct tool tool_drvfuncs = {
	.name = "drvfuncs",
	.summary = "functions of a driver, counted",
	.about = "Counts calls of the functions of a network driver; ixgbevf "
		"unless another is named. Other hooks may be given in their "
		"place.",
	.overhead = "Half a microsecond per call, and a second to start.",
	REQUEST_HOOKS, .parts = parts, .examples = examples,
};

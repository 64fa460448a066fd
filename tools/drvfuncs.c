/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "tools/ladders.h"

static const struct way hits[] = { { .hooks = "k:ixgbevf_*" } };

static const struct part parts[] = {
	CALLS_PART("a function of the driver is called", hits),
	{ .name = NULL }
};

static const struct example examples[] = {
	CALLS_EXAMPLES,
	{ "'k:e1000_*'", "of another driver, by what its functions begin with" },
	{ 0 }
};

const struct tool tool_drvfuncs = {
	.name = "drvfuncs",
	.summary = "functions of a driver, counted",
	.about = "Counts calls of the functions of a network driver; ixgbevf "
		"unless another is named. Other hooks may be given in their "
		"place.",
	.overhead = CALLS_OVERHEAD,
	REQUEST_HOOKS, .parts = parts, .examples = examples,
};

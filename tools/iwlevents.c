/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "tools/ladders.h"

static const struct way hits[] = { { .hooks = "t:iwlwifi*:*" } };

static const struct part parts[] = {
	CALLS_PART("the driver passes a tracepoint", hits),
	{ .name = NULL }
};

static const struct example examples[] = {
	CALLS_EXAMPLES,
	{ 0 }
};

const struct tool tool_iwlevents = {
	.name = "iwlevents",
	.summary = "tracepoints of iwlwifi, counted",
	.about = "Counts hits of the tracepoints of the iwlwifi driver. "
		"Other hooks may be given in their place.",
	.overhead = CALLS_OVERHEAD,
	REQUEST_HOOKS, .parts = parts, .examples = examples,
};

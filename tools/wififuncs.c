/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "tools/ladders.h"

static const struct way hits[] = { { .hooks = "k:ieee80211_*" } };

static const struct part parts[] = {
	CALLS_PART("a function of mac80211 is called", hits),
	{ .name = NULL }
};

static const struct example examples[] = {
	CALLS_EXAMPLES,
	{ 0 }
};

const struct tool tool_wififuncs = {
	.name = "wififuncs",
	.summary = "functions of mac80211, counted",
	.about = "Counts calls of the functions of the kernel whose names "
		"begin with ieee80211_. Other hooks may be given in their "
		"place.",
	.overhead = CALLS_OVERHEAD,
	REQUEST_HOOKS, .parts = parts, .examples = examples,
};

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "tools/tool.h"

static const struct way hits[] = { { .hooks = "k:ieee80211_*" } };

static const struct part parts[] = {
	{ .name = "calls", .text = "a function of mac80211 is called",
	  .what = ASK_COUNT, .by = "probe", WAYS(hits) },
	{ .name = NULL }
};

static const struct example examples[] = {
	{ "", "until Ctrl-C" },
	{ "-d 1 -r 20", "the twenty most used in a second" },
	{ 0 }
};

const struct tool tool_wififuncs = {
	.name = "wififuncs",
	.summary = "functions of mac80211, counted",
	.about = "Counts calls of the functions of the kernel whose names "
		"begin with ieee80211_. Other hooks may be given in their "
		"place.",
	.overhead = "Half a microsecond per call, and a second to start.",
	REQUEST_HOOKS, .parts = parts, .examples = examples,
};

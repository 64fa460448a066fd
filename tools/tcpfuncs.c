/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "tools/tool.h"

static const struct way hits[] = { { .hooks = "k:tcp_*" } };

static const struct part parts[] = {
	{ .name = "calls", .text = "a function of TCP is called",
	  .what = ASK_COUNT, .by = "probe", WAYS(hits) },
	{ .name = NULL }
};

static const struct example examples[] = {
	{ "", "until Ctrl-C" },
	{ "-d 1 -r 20", "the twenty most used in a second" },
	{ 0 }
};

const struct tool tool_tcpfuncs = {
	.name = "tcpfuncs",
	.summary = "every function of TCP, counted",
	.about = "Counts calls of the functions of the kernel whose names "
		"begin with tcp_. Other hooks may be given in their place.",
	.overhead = "Half a microsecond per call, and a second to start.",
	REQUEST_HOOKS, .parts = parts, .examples = examples,
};

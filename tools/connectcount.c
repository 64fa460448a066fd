/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "tools/ladders.h"

#define WAY(h, sk, sa, n) { .hooks = h, .note = n },

static const struct way calls[] = { CONNECT_WAYS(WAY) };

static const struct part parts[] = {
	{ .name = "connect", .text = "a socket is connected",
	  .what = ASK_COUNT, .by = "pid,comm", WAYS(calls) },
	{ .name = NULL }
};

static const struct example examples[] = {
	EXAMPLES_PROCESSES,
	{ 0 }
};

const struct tool tool_connectcount = {
	.name = "connectcount",
	.summary = "connect calls by process",
	.about = "Counts calls of connect(2), of sockets of any family, "
		"whether or not they succeed.",
	.overhead = "Half a microsecond per hit.",
	REQUEST, .parts = parts, .examples = examples,
};

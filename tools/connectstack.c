/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "tools/ladders.h"

#define WAY(h, sk, sa, n) { .hooks = h, .note = n },

static const struct way calls[] = { CONNECT_WAYS(WAY) };

static const struct part parts[] = {
	{ .name = "connect", .text = "a socket is connected",
	  .what = ASK_COUNT, .by = "ustack,comm", WAYS(calls) },
	{ .name = NULL }
};

static const struct example examples[] = {
	{ "", "until Ctrl-C, all processes" },
	{ "-f", "folded, for flame graphs" },
	{ "--no-symbols -p 4711", "build-ids and offsets, to look up elsewhere" },
	{ 0 }
};

const struct tool tool_connectstack = {
	.name = "connectstack",
	.summary = "connect calls by user stack",
	.about = "Counts calls of connect(2), of sockets of any family, by "
		"the code of the process that made them.  Frames are had "
		"where the program keeps frame pointers; without symbols "
		"they are shown as file and offset, to be read elsewhere, and "
		"as addresses where the process ended within a quarter of a "
		"second of its first call.",
	.overhead = "Two microseconds per connect(2).",
	REQUEST, .parts = parts, .examples = examples,
};

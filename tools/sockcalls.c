/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "tools/ladders.h"

#define WAY(h, result, n) { .hooks = h, .note = n },

static const struct way reads[] = { RECV_WAYS(WAY) }, writes[] = {
	SEND_WAYS(WAY)
};

static const struct part parts[] = {
	{ .name = "recv", .text = "a socket is read from",
	  .what = ASK_COUNT, .by = "pid,comm", WAYS(reads) },
	{ .name = "send", .text = "a socket is written to",
	  .what = ASK_COUNT, .by = "pid,comm", WAYS(writes) },
	{ .name = NULL }
};

static const struct example examples[] = {
	EXAMPLES_PROCESSES,
	{ "--by comm", "by name alone" },
	{ 0 }
};

const struct tool tool_sockcalls = {
	.name = "sockcalls",
	.summary = "socket reads and writes, by process",
	.about = "Counts reads and writes of sockets of any family, whether "
		"or not they succeed, each in a map of its own. socketio "
		"tells bytes and ports, too.",
	.overhead = "Half a microsecond per hit.",
	REQUEST, .parts = parts, .examples = examples,
};

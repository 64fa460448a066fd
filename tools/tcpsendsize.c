/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "tools/ladders.h"

#define WAY(h, result, n) MOVED_WAY("tcp", h, result, n)

static const struct way calls[] = { SEND_WAYS(WAY) };

static const struct part parts[] = {
	{ .name = "send_bytes", .text = "data is sent over TCP",
	  .what = ASK_HIST, .unit = "bytes", WAYS(calls) },
	{ .name = NULL }
};

static const struct example examples[] = {
	EXAMPLES_PROCESSES,
	{ "--by comm", "by process name" },
	{ 0 }
};

const struct tool tool_tcpsendsize = {
	.name = "tcpsendsize",
	.summary = "TCP send sizes as a histogram",
	.about = "How much each call sent over TCP, by what it returned; "
		"what it asked for may have been more.",
	.overhead = "Half a microsecond per hit.",
	REQUEST, .parts = parts, .examples = examples,
};

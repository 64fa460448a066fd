/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "tools/ladders.h"

#define WAY(h, result, n) MOVED_WAY("tcp", h, result, n)

static const struct way calls[] = { RECV_WAYS(WAY) };

static const struct part parts[] = {
	{ .name = "recv_bytes", .text = "data is received over TCP",
	  .what = ASK_HIST, .unit = "bytes", WAYS(calls) },
	{ .name = NULL }
};

static const struct example examples[] = {
	EXAMPLES_PROCESSES,
	{ "--by comm", "by process name" },
	{ 0 }
};

const struct tool tool_tcprecvsize = {
	.name = "tcprecvsize",
	.summary = "TCP receive sizes as a histogram",
	.about = "How much each call received over TCP, by what it returned; "
		"[0] is the end of a connection.",
	.overhead = "Half a microsecond per hit.",
	REQUEST, .parts = parts, .examples = examples,
};

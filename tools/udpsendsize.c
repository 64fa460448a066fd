/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "tools/ladders.h"

#define WAY(h, result, n) MOVED_WAY("udp", h, result, n)

static const struct way calls[] = { SEND_WAYS(WAY) };

static const struct part parts[] = {
	{ .name = "send_bytes", .text = "data is sent over UDP",
	  .what = ASK_HIST, .unit = "bytes", WAYS(calls) },
	{ .name = NULL }
};

static const struct example examples[] = {
	EXAMPLES_PROCESSES,
	{ "--by comm", "by process name" },
	{ 0 }
};

const struct tool tool_udpsendsize = {
	.name = "udpsendsize",
	.summary = "UDP send sizes as a histogram",
	.about = "How much each call sent over UDP, by what it returned; a "
		"datagram each, or with UDP_SEGMENT several.",
	.overhead = "Half a microsecond per hit.",
	REQUEST, .parts = parts, .examples = examples,
};

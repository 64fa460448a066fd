/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "tools/ladders.h"

#define WAY(h, result, n)						\
	{ .hooks = h, .of = result, .where = result ">0", .note = n },

static const struct way reads[] = { RECV_WAYS(WAY) }, writes[] = {
	SEND_WAYS(WAY)
};

static const struct part parts[] = {
	{ .name = "recv_bytes", .text = "data is read from a socket",
	  .what = ASK_SUM, .by = "pid,comm", .unit = "bytes", WAYS(reads) },
	{ .name = "send_bytes", .text = "data is written to a socket",
	  .what = ASK_SUM, .by = "pid,comm", .unit = "bytes", WAYS(writes) },
	{ .name = NULL }
};

static const struct example examples[] = {
	EXAMPLES_PROCESSES,
	{ 0 }
};

const struct tool tool_sockbytes = {
	.name = "sockbytes",
	.summary = "bytes through sockets, by process",
	.about = "Sums up what reads and writes of sockets of any family "
		"moved, by what the calls returned, each in a map of its "
		"own.",
	.overhead = "Half a microsecond per hit.",
	REQUEST, .parts = parts, .examples = examples,
};

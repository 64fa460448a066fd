/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "tools/ladders.h"

#define WAY(h, result, n)						\
	{ .hooks = h, .of = result, .where = result ">=0", .note = n },

static const struct way reads[] = { RECV_WAYS(WAY) }, writes[] = {
	SEND_WAYS(WAY)
};

static const struct part parts[] = {
	{ .name = "read_bytes", .text = "data is read from a socket",
	  .what = ASK_HIST, .by = "comm", .unit = "bytes", WAYS(reads) },
	{ .name = "write_bytes", .text = "data is written to a socket",
	  .what = ASK_HIST, .by = "comm", .unit = "bytes", WAYS(writes) },
	{ .name = NULL }
};

static const struct example examples[] = {
	{ "", "until Ctrl-C, all processes" },
	{ "-p 4711 -i 1", "one process, each second" },
	{ "--by comm,proto,rport", "by protocol and remote port as well" },
	{ 0 }
};

const struct tool tool_socksize = {
	.name = "socksize", .alias = "socketsize",
	.summary = "socket I/O as histograms of sizes",
	.about = "How much each read and each write of a socket moved, of any "
		"family, by what the calls returned: reads at the end of a "
		"connection, and of nothing, are in [0], those that failed in "
		"none (see socketio).",
	.overhead = "Half a microsecond for each read and write.",
	REQUEST, .parts = parts, .examples = examples,
};

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "tools/ladders.h"

#define WAY(h, sk, n)							\
	{ .hooks = h, .sock = sk, .where = "protocol==tcp", .note = n },

static const struct way accepts[] = { ACCEPT_WAYS(WAY) };

static const struct part parts[] = {
	{ .name = "accept", .text = "a process accepts a TCP connection",
	  .what = ASK_COUNT, .by = "pid,comm", WAYS(accepts) },
	{ .name = NULL }
};

static const struct example examples[] = {
	EXAMPLES_PROCESSES,
	{ "--by lport,raddr", "by local port and remote address" },
	{ 0 }
};

const struct tool tool_tcpaccepts = {
	.name = "tcpaccepts",
	.summary = "TCP accepts by process",
	.about = "Counts TCP connections that processes have accepted. Calls "
		"that found none are not counted; see acceptcount.",
	.overhead = "Half a microsecond per hit.",
	REQUEST, .parts = parts, .examples = examples,
};

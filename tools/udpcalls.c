/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "tools/ladders.h"

#define WAY(h, result, n)						\
	{ .hooks = h, .where = "protocol==udp", .note = n },

static const struct way reads[] = { RECV_WAYS(WAY) }, writes[] = {
	SEND_WAYS(WAY)
};

static const struct part parts[] = {
	{ .name = "recv", .text = "a UDP socket is read from",
	  .what = ASK_COUNT, .by = "pid,comm", WAYS(reads) },
	{ .name = "send", .text = "a UDP socket is written to",
	  .what = ASK_COUNT, .by = "pid,comm", WAYS(writes) },
	{ .name = NULL }
};

static const struct example examples[] = {
	EXAMPLES_PROCESSES,
	{ "--by comm,raddr", "by name and remote address" },
	{ 0 }
};

const struct tool tool_udpcalls = {
	.name = "udpcalls",
	.summary = "UDP reads and writes, by process",
	.about = "Counts calls that read and write UDP sockets, whether or "
		"not they succeed, each in a map of its own; a call of an "
		"IPv6 socket that talks IPv4 is one.",
	.overhead = "Half a microsecond per hit.",
	REQUEST, .parts = parts, .examples = examples,
};

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "tools/ladders.h"

static const struct way calls[] = {
	WAY_ENTRY("security_socket_accept"),
	{ .hooks = "t:syscalls:sys_enter_accept*",
	  .note = NOTE_USER_SYSCALLS },
};

static const struct part parts[] = {
	{ .name = "accept", .text = "accept(2) is called", .what = ASK_COUNT,
	  .by = "pid,comm", WAYS(calls) },
	{ .name = NULL }
};

static const struct example examples[] = {
	EXAMPLES_PROCESSES,
	{ 0 }
};

const struct tool tool_acceptcount = {
	.name = "acceptcount",
	.summary = "accept calls by process",
	.about = "Counts calls of accept(2) and accept4(2), whether or not a "
		"connection waits. For those that were accepted see "
		"sofamily and tcpaccept.",
	.overhead = "Half a microsecond per hit.",
	REQUEST, .parts = parts, .examples = examples,
};

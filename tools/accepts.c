/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "tools/tool.h"

static const struct way calls[] = {
	WAY_ENTRY("security_socket_accept"),
	{ .hooks = "t:syscalls:sys_enter_accept*", .note = "not seen: io_uring, "
	  "socketcall(2), 32-bit programs on 64-bit kernels" },
};

static const struct part parts[] = {
	{ .name = "accept", .text = "accept(2) is called", .what = ASK_TRACE,
	  .by = "pid,comm", WAYS(calls) },
	{ .name = NULL }
};

static const struct example examples[] = {
	{ "", "until Ctrl-C, all processes" },
	{ "-T --by pid,comm,uid", "with the time of day and the user" },
	{ 0 }
};

const struct tool tool_accepts = {
	.name = "accepts",
	.summary = "print each accept call as it is made",
	.about = "Prints a line whenever a process calls accept(2) or "
		"accept4(2), before there is a connection.  soaccept tells "
		"what comes of it.",
	.overhead = "A small program per call.",
	REQUEST_ROWS, .parts = parts, .examples = examples,
};

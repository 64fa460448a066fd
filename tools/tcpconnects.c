/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "tools/ladders.h"

static const struct way connects[] = {
	WAY_ENTRY("tcp_connect"),
	{ .hooks = "rt:inet_sock_set_state",
	  .where = "protocol==tcp && arg2==2" },	/* TCP_SYN_SENT */
	{ .hooks = "t:sock:inet_sock_set_state",
	  .where = "args.protocol==6 && args.newstate==2" },
};

static const struct part parts[] = {
	{ .name = "connect", .text = "a process opens a TCP connection",
	  .what = ASK_COUNT, .by = "pid,comm", WAYS(connects) },
	{ .name = NULL }
};

static const struct example examples[] = {
	EXAMPLES_PROCESSES,
	{ "--by raddr,rport", "by remote address and port" },
	{ 0 }
};

const struct tool tool_tcpconnects = {
	.name = "tcpconnects",
	.summary = "TCP connects by process",
	.about = "Counts connections that processes begin to open, each "
		"once, also IPv4 ones of IPv6 sockets. Calls that fail "
		"before a SYN is sent are not counted.",
	.overhead = "Half a microsecond per hit.",
	REQUEST, .parts = parts, .examples = examples,
};

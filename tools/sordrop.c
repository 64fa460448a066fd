/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "tools/tool.h"

/* Raw, ping, CAN and the like; the socket is there with raw tracepoints. */
static const struct way full[] = {
	{ .hooks = "rt:sock_rcvqueue_full", .sock = "arg0" },
};

/* The memory that all sockets of a protocol may have; 1: for receiving. */
static const struct way limit[] = {
	{ .hooks = "rt:sock_exceed_buf_limit", .sock = "arg0",
	  .where = "arg3:u32==1" },		/* kind came with 4.20 */
	{ .hooks = "rt:sock_exceed_buf_limit", .sock = "arg0",
	  .note = "senders as well" },
};

/* The tracepoint was IPv4's alone before 6.5; the function is both families'
 * since 4.10, and passed by what has room, too. */
static const struct way udp[] = {
	WAY_RETURN("__udp_enqueue_schedule_skb", .sock = "arg0",
		   .where = "retval<0", .by = "proto,lport,err=retval"),
	{ .hooks = "rt:udp_fail_queue_rcv_skb", .sock = "arg1",
	  .by = "proto,lport,err=arg0:s32", .note = "IPv4 alone before 6.5" },
};

/* What comes while a process has the socket waits in its backlog. */
static const struct way backlog[] = {
	WAY_RETURN("tcp_add_backlog", .sock = "arg0",
		   .where = "retval64&1"),	/* a bool */
};

static const struct part parts[] = {
	{ .name = "udp_refused", .text = "a UDP socket has no room",
	  .what = ASK_COUNT, WAYS(udp) },
	{ .name = "rcvqueue_full", .text = "a receive queue is full",
	  .what = ASK_COUNT, .by = "proto,lport", .optional = true,
	  WAYS(full) },
	{ .name = "buf_limit", .text = "a protocol's memory is used up",
	  .what = ASK_COUNT, .by = "proto,lport", .optional = true,
	  WAYS(limit) },
	{ .name = "tcp_backlog", .text = "a TCP socket's backlog is full",
	  .what = ASK_COUNT, .by = "proto,lport", .optional = true,
	  WAYS(backlog) },
	{ .name = NULL }
};

static const char *const sysctls[] = {
	"net.core.rmem_default", "net.core.rmem_max", "net.ipv4.tcp_rmem",
	"net.ipv4.tcp_mem", "net.ipv4.udp_mem", NULL
};

static const struct example examples[] = {
	{ "", "until Ctrl-C, the whole machine" },
	{ "-i 1", "each second" },
	{ "--by proto,lport,raddr,rport", "and from whom, where connected" },
	{ 0 }
};

const struct tool tool_sordrop = {
	.name = "sordrop",
	.summary = "packets that find no room at their socket",
	.about = "Counts packets that were received and thrown away because "
		"the socket they were for had no room, by protocol and local "
		"port: UDP datagrams (with the error: ENOMEM is the socket's "
		"limit, ENOBUFS the machine's), receive queues of raw "
		"sockets and their like, TCP's backlog while a process holds "
		"the socket, and the limit of a protocol's memory.  Filters by "
		"process are of who runs when a packet comes, which is any.",
	.overhead = "A microsecond per UDP datagram; for TCP, per packet that "
		"comes while its socket is held.",
	REQUEST, .parts = parts, .sysctls = sysctls, .examples = examples,
};

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "tools/ladders.h"

#define ALLOC "sock:sock.sk_backlog.rmem_alloc.counter"
#define LIMIT "sock:sock.sk_rcvbuf"
#define READS "t:syscalls:sys_enter_read t:syscalls:sys_enter_readv "	\
	"t:syscalls:sys_enter_recv*"
#define LATE "not seen: io_uring, 32-bit programs on 64-bit kernels"

static const struct way alloc[] = {
	{ .hooks = OF_FAMILIES("f", "recvmsg"), .of = ALLOC, .note = FAMILIES },
	{ .hooks = OF_FAMILIES("k", "recvmsg"), .of = ALLOC, .note = FAMILIES },
	{ .hooks = READS, .of = ALLOC, .where = "sock!=0", .note = LATE },
}, fill[] = {
	{ .hooks = OF_FAMILIES("f", "recvmsg"), .of = "rmem_fill",
	  .note = FAMILIES },
	{ .hooks = OF_FAMILIES("k", "recvmsg"), .of = "rmem_fill",
	  .note = FAMILIES },
	{ .hooks = READS, .of = "rmem_fill", .where = "sock!=0", .note = LATE },
}, limit[] = {
	{ .hooks = OF_FAMILIES("f", "recvmsg"), .of = LIMIT, .note = FAMILIES },
	{ .hooks = OF_FAMILIES("k", "recvmsg"), .of = LIMIT, .note = FAMILIES },
	{ .hooks = READS, .of = LIMIT, .where = "sock!=0", .note = LATE },
};

static const struct way full[] = {
	{ .hooks = "rt:sock_rcvqueue_full", .sock = "arg0" },
	{ .hooks = "t:sock:sock_rcvqueue_full" },
},
	exceeded[] = {
	/* the kind came with 4.20 */
	{ .hooks = "rt:sock_exceed_buf_limit", .sock = "arg0",
	  .where = "arg3:u32==1" },
	{ .hooks = "t:sock:sock_exceed_buf_limit", .where = "args.kind==1" },
	{ .hooks = "t:sock:sock_exceed_buf_limit", .note = "senders as well" },
}, refused[] = {
	WAY_RETURN("__udp_enqueue_schedule_skb", .sock = "arg0",
		   .where = "retval<0"),
	{ .hooks = "rt:udp_fail_queue_rcv_skb", .sock = "arg1",
	  .note = "IPv4 alone before 6.5" },
	{ .hooks = "t:udp:udp_fail_queue_rcv_skb",
	  .note = "IPv4 alone before 6.5" },
};

static const struct part parts[] = {
	{ .name = "rmem_alloc", .text = "a socket is read from",
	  .what = ASK_HIST, .unit = "bytes", WAYS(alloc) },
	{ .name = "rmem_limit", .text = "a socket is read from",
	  .what = ASK_HIST, .unit = "bytes", WAYS(limit) },
	{ .name = "rmem_fill", .text = "a socket is read from",
	  .what = ASK_LHIST, .range = "0,200,10", .unit = "%", WAYS(fill) },
	{ .name = "rcvqueue_full", .text = "a receive queue is full",
	  .what = ASK_COUNT, .optional = true, WAYS(full) },
	{ .name = "buf_limit", .text = "a protocol's memory is used up",
	  .what = ASK_COUNT, .optional = true, WAYS(exceeded) },
	{ .name = "udp_refused", .text = "a datagram finds no room",
	  .what = ASK_COUNT, .optional = true, WAYS(refused) },
	{ .name = NULL }
};

static const char *const sysctls[] = {
	"net.core.rmem_default", "net.core.rmem_max", "net.ipv4.tcp_rmem",
	"net.ipv4.tcp_mem", "net.ipv4.udp_mem", NULL
};

static const struct example examples[] = {
	{ "", "until Ctrl-C, all processes" },
	{ "--by comm,proto,lport -p 4711", "the sockets of a process" },
	{ 0 }
};

const struct tool tool_sormem = {
	.name = "sormem",
	.summary = "receive buffers: how full, how large, what overflowed",
	.about = "At each read of a socket, before it takes data out: how much "
		"memory waits in its receive queue (with what the kernel "
		"needs around the data), how much may (the socket's limit, "
		"which TCP moves), and the one in percent of the other.  And "
		"how often there was no room "
		"any more: sordrop shows each time; that is as a packet "
		"arrives, and filters are of the process that runs then, "
		"which may be any.",
	.overhead = "A microsecond for each read.",
	REQUEST, .parts = parts, .sysctls = sysctls, .examples = examples,
};

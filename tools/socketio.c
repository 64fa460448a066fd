/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "tools/ladders.h"

#define DONE(h, result, n)						\
	{ .hooks = h, .of = result, .where = result ">=0", .note = n },
#define FAILED(h, result, n)						\
	{ .hooks = h, .by = "comm,pid,proto,rport,err=" result,		\
	  .where = result "<0", .note = n },

static const struct way reads[] = { RECV_WAYS(DONE) },
	writes[] = { SEND_WAYS(DONE) },
	failed_reads[] = { RECV_WAYS(FAILED) },
	failed_writes[] = { SEND_WAYS(FAILED) };

#define KEYS "comm,pid,proto,rport"

static const struct part parts[] = {
	{ .name = "read", .text = "data is read from a socket",
	  .what = ASK_STATS, .by = KEYS, .unit = "bytes", WAYS(reads) },
	{ .name = "write", .text = "data is written to a socket",
	  .what = ASK_STATS, .by = KEYS, .unit = "bytes", WAYS(writes) },
	{ .name = "read_failed", .text = "reading a socket fails",
	  .what = ASK_COUNT, WAYS(failed_reads) },
	{ .name = "write_failed", .text = "writing to a socket fails",
	  .what = ASK_COUNT, WAYS(failed_writes) },
	{ .name = NULL }
};

static const struct example examples[] = {
	{ "", "until Ctrl-C, all processes" },
	{ "-i 5 -r 10", "each five seconds, the ten that moved most" },
	{ "--by comm,raddr", "by process name and remote address" },
	{ 0 }
};

const struct tool tool_socketio = {
	.name = "socketio",
	.summary = "socket I/O by process, protocol and port: calls, bytes",
	.about = "Counts reads and writes of sockets of any family, and the "
		"bytes that they moved; those that failed apart, by their "
		"error.  The port is the remote one of a connected socket; 0 "
		"for others.  proto is what the protocol calls itself.",
	.overhead = "A microsecond for each read and write.",
	REQUEST, .parts = parts, .examples = examples,
};

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "tools/ladders.h"

#define MOVED(h, result, n)						\
	{ .hooks = h, .of = result, .where = result ">=0", .note = n },
#define FAILED(h, result, n)						\
	{ .hooks = h, .where = result "<0", .note = n },
#define CALLED(h, sk, sa, n) { .hooks = h, .note = n },

static const struct way reads[] = { RECV_WAYS(MOVED) },
	writes[] = { SEND_WAYS(MOVED) },
	failed_reads[] = { RECV_WAYS(FAILED) },
	failed_writes[] = { SEND_WAYS(FAILED) },
	connects[] = { CONNECT_WAYS(CALLED) };

/* Where CONFIG_SECURITY_NETWORK asks whether it may; however it is called. */
#define CALLS(call, ...)						\
	{								\
		WAY_ENTRY("security_socket_" call, __VA_ARGS__),	\
		{ .hooks = "t:syscalls:sys_enter_" call "*",		\
		  .note = NOTE_USER_SYSCALLS },				\
	}

static const struct way
	/* not those that the kernel makes for itself */
	sockets[] = { WAY_ENTRY("security_socket_create",
				.where = "arg3:s32==0"),
		      { .hooks = "t:syscalls:sys_enter_socket" } },
	binds[] = CALLS("bind", .note = NULL),
	listens[] = CALLS("listen", .note = NULL),
	accepts[] = CALLS("accept", .note = NULL),
	shutdowns[] = CALLS("shutdown", .note = NULL),
	options[] = CALLS("setsockopt", .note = NULL);

#define CALL(map, said, ways_)						\
	{ .name = map, .text = said, .what = ASK_COUNT, .optional = true, \
	  WAYS(ways_) }
#define IO(map, said, ways_)						\
	{ .name = map, .text = said, .what = ASK_STATS, .unit = "bytes", \
	  WAYS(ways_) }

static const struct part parts[] = {
	CALL("socket", "a socket is made", sockets),
	CALL("bind", "a socket gets an address", binds),
	CALL("listen", "a socket begins to listen", listens),
	CALL("connect", "a socket is connected", connects),
	CALL("accept", "accept(2) is called", accepts),
	IO("read", "data is read from a socket", reads),
	IO("write", "data is written to a socket", writes),
	CALL("read_failed", "reading a socket fails", failed_reads),
	CALL("write_failed", "writing to a socket fails", failed_writes),
	CALL("setsockopt", "an option of a socket is set", options),
	CALL("shutdown", "a socket is shut down", shutdowns),
	{ .name = NULL }
};

static const struct example examples[] = {
	{ "", "the whole machine, each second" },
	{ "-p 4711 -i 10 --csv", "one process, each ten seconds, as CSV" },
	{ "--by comm", "by process name" },
	{ "-i 10 --rate", "each ten seconds, what it was in one of them" },
	{ 0 }
};

const struct tool tool_sockstat = {
	.name = "sockstat",
	.summary = "what is done to sockets, counted each second",
	.about = "Each second (-i) how often sockets of any family were made, "
		"bound, connected and so on, with calls that failed; how many "
		"reads and writes moved data, and how much; and how many "
		"failed.  What did not happen is 0.",
	.overhead = "Half a microsecond for each of these calls.",
	REQUEST, .parts = parts, .examples = examples, .interval = 1,
};

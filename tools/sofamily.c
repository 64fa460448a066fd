/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "tools/ladders.h"

#define WAY(h, sk, n) { .hooks = h, .sock = sk, .note = n },
#define TAKEN(h, sk, n)							\
	{ .hooks = h, .sock = sk, .where = "sock!=0", .note = n },

static const struct way accepts[] = { ACCEPT_WAYS(TAKEN) },
	connects[] = { CONNECT_WAYS(WAY) };

static const struct part parts[] = {
	{ .name = "accept", .text = "a connection is accepted",
	  .what = ASK_COUNT, .by = "comm,family", WAYS(accepts) },
	{ .name = "connect", .text = "a socket is connected",
	  .what = ASK_COUNT, .by = "comm,family", WAYS(connects) },
	{ .name = NULL }
};

static const struct example examples[] = {
	{ "", "until Ctrl-C, all processes" },
	{ "--by comm,pid,family,raddr", "and with whom" },
	{ 0 }
};

const struct tool tool_sofamily = {
	.name = "sofamily",
	.summary = "sockets accepted and connected, by address family",
	.about = "Counts connections that processes accept, and calls that "
		"connect a socket, whether or not they succeed, by process "
		"name and the socket's address family.  An IPv6 socket that "
		"talks IPv4 is AF_INET6; --by ...,raddr shows with whom.",
	.overhead = "A small program per connect(2) and accept(2).",
	REQUEST, .parts = parts, .examples = examples,
};

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "tools/ladders.h"

#define WAY(h, sk, sa, n)						\
	{ .hooks = h, .sock = sk, .by = "comm,family=" sa ":sa_family",	\
	  .note = n },
#define TAKEN(h, sk, n)							\
	{ .hooks = h, .sock = sk, .by = "comm,family=ipfamily",		\
	  .where = "sock!=0", .note = n },

static const struct way accepts[] = { ACCEPT_WAYS(TAKEN) },
	connects[] = { CONNECT_WAYS(WAY) };

static const struct part parts[] = {
	{ .name = "accept", .text = "a connection is accepted",
	  .what = ASK_COUNT, WAYS(accepts) },
	{ .name = "connect", .text = "a socket is connected",
	  .what = ASK_COUNT, WAYS(connects) },
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
		"name and the family of the peer's address; IPv4 on an IPv6 "
		"socket is AF_INET6_MAPPED.  To connect to AF_UNSPEC is to "
		"disconnect.  With --by, `family' is the socket's.",
	.overhead = "A small program per connect(2) and accept(2).",
	REQUEST, .parts = parts, .examples = examples,
};

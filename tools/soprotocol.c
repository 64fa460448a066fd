/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "tools/ladders.h"

#define WAY(h, sk, sa, n) { .hooks = h, .sock = sk, .note = n },
#define TAKEN(h, sk, n)							\
	{ .hooks = h, .sock = sk, .where = "sock!=0", .note = n },

static const struct way accepts[] = { ACCEPT_WAYS(TAKEN) },
	connects[] = { CONNECT_WAYS(WAY) };

#define KEYS "comm,proto,family,protocol"

static const struct part parts[] = {
	{ .name = "accept", .text = "a connection is accepted",
	  .what = ASK_COUNT, .by = KEYS, WAYS(accepts) },
	{ .name = "connect", .text = "a socket is connected",
	  .what = ASK_COUNT, .by = KEYS, WAYS(connects) },
	{ .name = NULL }
};

static const struct example examples[] = {
	{ "", "until Ctrl-C, all processes" },
	{ "--where 'protocol==tcp' --by comm,state", "TCP alone" },
	{ 0 }
};

const struct tool tool_soprotocol = {
	.name = "soprotocol",
	.summary = "sockets accepted and connected, by protocol",
	.about = "Counts connections that processes accept, and calls that "
		"connect a socket, whether or not they succeed, by process "
		"name and protocol: first what the protocol calls itself, "
		"then family and number: an IPPROTO_ of the families AF_INET "
		"and AF_INET6, 0 of others, which count in their own way.",
	.overhead = "A small program per connect(2) and accept(2).",
	REQUEST, .parts = parts, .examples = examples,
};

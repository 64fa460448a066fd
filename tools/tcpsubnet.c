/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "tools/ladders.h"

#define WAY(h, result, n)						\
	{ .hooks = h, .of = result,					\
	  .where = "protocol==tcp && " result ">0", .note = n },

static const struct way reads[] = { RECV_WAYS(WAY) }, writes[] = {
	SEND_WAYS(WAY)
};

static const struct part parts[] = {
	{ .name = "recv_bytes", .text = "data is received over TCP",
	  .what = ASK_SUM, .by = "subnet=rnet", .unit = "bytes", WAYS(reads) },
	{ .name = "send_bytes", .text = "data is sent over TCP",
	  .what = ASK_SUM, .by = "subnet=rnet", .unit = "bytes",
	  WAYS(writes) },
	{ .name = NULL }
};

static const struct example examples[] = {
	{ "", "each second, private networks and the rest" },
	{ "--nets 10.1.0.0/16,10.0.0.0/8,fd00:1::/32 -i 10",
	  "of one's own networks, each ten seconds" },
	{ "--by subnet=rnet,comm -d 60", "by process name as well" },
	{ 0 }
};

const struct tool tool_tcpsubnet = {
	.name = "tcpsubnet",
	.summary = "bytes over TCP by the network of the peer",
	.about = "Sums up what processes send and receive over TCP, by the "
		"network that the peer's address is in: the narrowest of "
		"those that --nets names, IPv4 and IPv6, or `other'.  Without "
		"it these are loopback (127.0.0.0/8, ::1), private ("
		"10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, fc00::/7) and "
		"link-local networks (169.254.0.0/16, fe80::/10), and the "
		"rest of either protocol (0.0.0.0/0, ::/0).  Bytes are those "
		"that the calls moved, not those that were asked for.",
	.overhead = "Half a microsecond per hit.",
	.interval = 1,
	REQUEST, .parts = parts, .examples = examples,
};

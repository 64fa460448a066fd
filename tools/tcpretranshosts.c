/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "tools/tool.h"

static const struct way packets[] = {
	/* attempts that failed are told, too, since 6.18 */
	{ .hooks = "rt:tcp_retransmit_skb", .where = "arg2:s32==0" },
	{ .hooks = "rt:tcp_retransmit_skb" },
	{ .hooks = "t:tcp:tcp_retransmit_skb", .where = "args.err==0" },
	{ .hooks = "t:tcp:tcp_retransmit_skb" },
	WAY_ENTRY("tcp_retransmit_skb", .note = "not seen: probes of a lost "
		  "tail"),
}, synacks[] = {
	/* a struct request_sock begins as a struct sock does: filters of ports
	 * and addresses hold for it */
	{ .hooks = "rt:tcp_retransmit_synack", .sock = "arg1" },
	{ .hooks = "t:tcp:tcp_retransmit_synack", .sock = "args.req" },
};

static const struct part parts[] = {
	{ .name = "retransmit_skb", .text = "a TCP packet is sent again",
	  .what = ASK_COUNT, .by = "raddr", WAYS(packets) },
	{ .name = "retransmit_synack", .text = "a SYN/ACK is sent again",
	  .what = ASK_COUNT, .by = "raddr", .optional = true,
	  WAYS(synacks) },
	{ .name = NULL }
};

static const struct example examples[] = {
	{ "", "until Ctrl-C, the whole machine" },
	{ "-i 10", "each ten seconds" },
	{ "--by raddr,rport,state", "by port and state, too" },
	{ 0 }
};

const struct tool tool_tcpretranshosts = {
	.name = "tcpretranshosts",
	.summary = "TCP retransmissions by type and remote host",
	.about = "Counts packets that were sent again, those of connections "
		"and SYN/ACKs apart, by remote address. tcpretrans tells "
		"each one, and why.",
	.overhead = "A small program per retransmission; nothing else.",
	REQUEST_SOCK, .parts = parts, .examples = examples,
};

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "tools/tool.h"

static const struct way received[] = {
	{ .hooks = "rt:netif_receive_skb" },
	{ .hooks = "t:net:netif_receive_skb" },
};

static const struct part parts[] = {
	{ .name = "cpu", .text = "a packet is received", .what = ASK_LHIST,
	  .by = "dev", .of = "cpu", .range = "0,1000,1", WAYS(received) },
	{ .name = NULL }
};

static const struct example examples[] = {
	{ "", "until Ctrl-C, all devices" },
	{ "-i 1", "each second" },
	{ 0 }
};

const struct tool tool_rxcpu = {
	.name = "rxcpu",
	.summary = "which CPUs receive packets, per device",
	.about = "Counts packets received, a histogram of CPU numbers for "
		"each network device: whether RSS and RPS spread them.",
	.overhead = "A microsecond per packet.",
	REQUEST_DEV, .parts = parts, .examples = examples,
};

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "tools/tool.h"

static const struct way sent[] = {
	{ .hooks = "rt:net_dev_start_xmit",
	  .by = "dev,queue=txqueue", .of = "l2len" },
	{ .hooks = "t:net:net_dev_start_xmit",
	  .by = "dev,queue=txqueue", .of = "args.len" },
}, received[] = {
	{ .hooks = "rt:netif_receive_skb", .by = "dev,queue=rxqueue" },
	{ .hooks = "t:net:netif_receive_skb", .by = "dev,queue=rxqueue",
	  .note = "without BTF queues are not known: -1" },
};

#define STATS(map, said, ways_)						\
	{ .name = map, .text = said, .what = ASK_STATS, .of = "l2len",	\
	  .unit = "bytes", WAYS(ways_) }
#define SIZES(map, said, ways_)						\
	{ .name = map, .text = said, .what = ASK_HIST, .of = "l2len",	\
	  .unit = "bytes", WAYS(ways_) }

static const struct part parts[] = {
	STATS("tx", "a packet is given to a driver", sent),
	STATS("rx", "a packet is received", received),
	SIZES("tx_sizes", "a packet is given to a driver", sent),
	SIZES("rx_sizes", "a packet is received", received),
	{ .name = NULL }
};

static const struct example examples[] = {
	{ "--dev eth0", "each second: packets, their average size, bytes" },
	{ "--dev eth0 -i 10 --rate", "each ten seconds: packets and bytes a "
	  "second" },
	{ "--dev eth0 -i 10 --csv", "each ten seconds, as CSV" },
	{ 0 }
};

const struct tool tool_netqtop = {
	.name = "netqtop",
	.summary = "packets, bytes and sizes by queue of network devices",
	.about = "Each second (-i), for each queue of each network device: how "
		"many packets were given to the driver (tx) and received (rx), "
		"their average size and their bytes, and histograms of sizes.  "
		"Sizes are of packets as the kernel has them: with the "
		"link-layer header, before the device cuts them up (TSO) and "
		"after GRO has put them together.  A packet that the driver "
		"turns down counts each time.  A receive queue of -1: the "
		"driver has not told it, or the kernel has no BTF.",
	.overhead = "A microsecond per packet.",
	.interval = 1,
	REQUEST_DEV, .parts = parts, .examples = examples,
};

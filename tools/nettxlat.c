/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "tools/tool.h"

/* A packet leaves a driver by being freed, with a tracepoint that says whether
 * as sent or as dropped; or, of a virtual one, by being received.  What is at
 * hand at the end of it may have another device, or none. */
static const struct way freed[] = {
	{ .hooks = "rt:net_dev_start_xmit rt:consume_skb rt:kfree_skb "
		   "rt:netif_rx rt:napi_gro_receive_entry "
		   "rt:netif_receive_skb", .on = "arg0" },
	{ .hooks = "t:net:net_dev_start_xmit t:skb:consume_skb "
		   "t:skb:kfree_skb t:net:netif_rx "
		   "t:net:napi_gro_receive_entry t:net:netif_receive_skb",
	  .on = "args.skbaddr" },
}, taken[] = {
	{ .hooks = "rt:net_dev_start_xmit rt:net_dev_xmit", .on = "arg0",
	  .where = "arg1:s32==0" },
	{ .hooks = "t:net:net_dev_start_xmit t:net:net_dev_xmit",
	  .on = "args.skbaddr", .where = "args.rc==0" },
};

static const struct part parts[] = {
	{ .name = "done_us", .text = "a driver is given a packet and frees it",
	  .what = ASK_HIST, .latency = true, .of = "latency_us",
	  .unit = "us", .by = "dev=start.dev,end=event", WAYS(freed) },
	{ .name = "driver_us", .text = "a driver is given a packet and returns",
	  .what = ASK_HIST, .latency = true, .of = "latency_us",
	  .unit = "us", .by = "dev=start.dev", WAYS(taken) },
	{ .name = NULL }
};

static const struct tool_option options[] = {
	{ .name = "queues", .max = 1, .help = "by queue of the device, too",
	  .by = "queue=start.txqueue" },
	{ .name = NULL }
};

static const struct example examples[] = {
	{ "", "until Ctrl-C, all devices" },
	{ "--dev eth0 -i 1", "one device, each second" },
	{ "--queues --dev eth0", "each of its queues" },
	{ "--where 'start.l2len>=1000'", "large packets" },
	{ 0 }
};

const struct tool tool_nettxlat = {
	.name = "nettxlat", .alias = "nettxlat-dev",
	.summary = "how long network devices take to send packets",
	.about = "Histograms, in us, for each network device: the time from a "
		"packet being given to the driver until it is freed "
		"(done_us), and until the driver returns (driver_us), which "
		"is how long it takes to put it into its queue.  A packet "
		"that the driver turned down begins anew when it is tried "
		"again; netsize counts these.\n\n"
		"A packet that was sent ends by consume_skb, as the device "
		"says that it is done with it: the time is that of its queue, "
		"of the wire, and of the interrupt, which may be put off to "
		"serve several.  One that was dropped ends by kfree_skb.  "
		"Where it ends by netif_rx, napi_gro_receive_entry or "
		"netif_receive_skb there is no hardware (lo, veth): it has "
		"been handed to its receiver on this machine.  Who looks at "
		"packets (tcpdump) has copies and does not prolong this; "
		"drivers that copy packets free them at once.  For the times "
		"of the wire itself see hardware time stamps (ethtool -T).",
	.overhead = "Two microseconds per packet, and one for each that is "
		"freed.",
	.options = options,
	REQUEST_DEV, .parts = parts, .examples = examples,
};

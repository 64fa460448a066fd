/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "tools/tool.h"

static const struct way sent[] = {
	{ .hooks = "rt:net_dev_xmit" }, { .hooks = "t:net:net_dev_xmit" },
};

static const struct part parts[] = {
	{ .name = "xmit", .text = "a packet is handed to a device",
	  .what = ASK_COUNT, .by = "kstack", WAYS(sent) },
	{ .name = NULL }
};

static const struct example examples[] = {
	{ "", "until Ctrl-C, the whole machine" },
	{ "-d 10 -f", "ten seconds, folded for flame graphs" },
	{ 0 }
};

const struct tool tool_xmitstack = {
	.name = "xmitstack",
	.summary = "kernel stacks that send packets",
	.about = "Counts packets handed to network devices by the code that "
		"led there.  Filters are of the process that runs: what is "
		"sent in a soft interrupt, as TCP sends most of what waited, "
		"is whoever's that was there.  --where 'dev==eth0' is of a "
		"device.",
	.overhead = "Two microseconds per packet.",
	REQUEST, .parts = parts, .examples = examples,
};

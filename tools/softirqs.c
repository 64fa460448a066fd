/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "tools/tool.h"

static const struct way run[] = {
	{ .hooks = "rt:softirq_entry rt:softirq_exit", .by = "vector=arg0:u32" },
	{ .hooks = "t:irq:softirq_entry t:irq:softirq_exit",
	  .by = "vector=args.vec" },
};

static const struct part parts[] = {
	{ .name = "time", .text = "a soft interrupt is handled",
	  .what = ASK_STATS, .latency = true, .on = "cpu", WAYS(run) },
	{ .name = "dist", .text = "a soft interrupt is handled",
	  .what = ASK_HIST, .latency = true, .on = "cpu", WAYS(run) },
	{ .name = NULL }
};

static const struct tool_option options[] = {
	{ .name = "net", .max = 1, .help = "those of the network: NET_TX, "
	  "NET_RX", .where = "vector>=NET_TX && vector<=NET_RX" },
	{ .name = NULL }
};

static const struct example examples[] = {
	{ "--net -i 1", "what the network takes, each second" },
	{ "--net --by vector,cpu", "on which CPUs" },
	{ 0 }
};

const struct tool tool_softirqs = {
	.name = "softirqs",
	.summary = "time that soft interrupts take, by vector",
	.about = "How often each vector of soft interrupts was handled, how "
		"long that took on average and altogether, in ns, and a "
		"histogram of it.  NET_RX is where packets are received, "
		"mostly; NET_TX where sent ones are freed and queues that "
		"had to wait are sent on.  Interrupts that come in between "
		"count, too.  With threaded ones (PREEMPT_RT) so does what "
		"they wait for.",
	.overhead = "A microsecond per soft interrupt.",
	.options = options,
	REQUEST_CPU, .parts = parts, .examples = examples,
};

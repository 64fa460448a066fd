/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "tools/tool.h"

/* Handlers run with interrupts off: one at a time on a processor. */
static const struct way run[] = {
	{ .hooks = "rt:irq_handler_entry rt:irq_handler_exit",
	  .by = "irq=arg0:s32,name=start.arg1:irqaction.name:text" },
	{ .hooks = "t:irq:irq_handler_entry t:irq:irq_handler_exit",
	  .by = "irq=args.irq,name=start.args.name" },
	{ .hooks = "rt:irq_handler_entry rt:irq_handler_exit",
	  .by = "irq=arg0:s32,name=''",
	  .note = "names are in /proc/interrupts" },
};

static const struct part parts[] = {
	{ .name = "time", .text = "an interrupt is handled",
	  .what = ASK_STATS, .latency = true, .on = "cpu", WAYS(run) },
	{ .name = "dist", .text = "an interrupt is handled",
	  .what = ASK_HIST, .latency = true, .on = "cpu", WAYS(run) },
	{ .name = NULL }
};

static const struct example examples[] = {
	{ "-i 1", "each second: how often, how long on average, in all" },
	{ "--where 'name==eth0' --by irq,name,cpu", "of a device, on which "
	  "CPUs" },
	{ "--where 'latency>=50000'", "those that took 50 us and more" },
	{ 0 }
};

const struct tool tool_hardirqs = {
	.name = "hardirqs",
	.summary = "time that hardware interrupts take, by device",
	.about = "How often the handler of each interrupt ran, how long that "
		"took on average and altogether, in ns, and a histogram of "
		"it.  The name is the driver's, as in /proc/interrupts, where "
		"several devices may share a number; up to 31 bytes of it.  "
		"Network drivers leave most of their work to soft interrupts "
		"(softirqs), and threaded handlers to their threads; that is "
		"not in here.  Nor is what has no handler of a driver: "
		"timers of processors, interrupts from one processor to "
		"another.",
	.overhead = "A microsecond per interrupt.",
	REQUEST_CPU, .parts = parts, .examples = examples,
};

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "progs/softirqslower.h"
#include "tools/tool.h"

extern const struct spec spec_softirqslower;

#define EV struct softirqslower_event

/* By enum softirq_stage. */
static const char *const stages[] = { "wait", "run", NULL };

/* softirq_to_name[], kernel/softirq.c */
static const char *const vectors[] = {
	"HI", "TIMER", "NET_TX", "NET_RX", "BLOCK", "IRQ_POLL", "TASKLET",
	"SCHED", "HRTIMER", "RCU", NULL
};

static const struct column columns[] = {
	COL_ENUM(EV, stage, stages, 5, "stage", "STAGE", C_KEY | C_LEFT,
		 "wait: raised, until it was handled; run: handled"),
	COL_ENUM(EV, vector, vectors, 8, "vector", "VECTOR", C_KEY | C_LEFT,
		 "which soft interrupt"),
	COL(EV, latency_ns, K_MS, 8, "latency_ns", "MS", C_SUM,
	    "how long that took"),
	COL(EV, event.cpu, K_U16, 3, "cpu", "CPU", C_KEY, "on which CPU"),
	COL(EV, pid, K_U32, 7, "pid", "PID", C_LEFT,
	    "process that was running there then, and had not called for it; "
	    "0: none was"),
	COL(EV, comm, K_COMM, 16, "comm", "COMM", C_LEFT,
	    "its name; ksoftirqd/N: it had to wait to be scheduled"),
	COL(EV, tid, K_U32, 7, "tid", "TID", C_LEFT | C_HIDDEN, "its thread"),
	{ 0 }
};

static const struct alternative alts[] = {
	{ HOOKS(RAW("on_raise", "softirq_raise", "vec"),
		RAW("on_entry", "softirq_entry", "vec"),
		RAW("on_exit", "softirq_exit", "vec")) },
	{ HOOKS(TRACEPOINT("on_raise", "irq/softirq_raise", "vec=vec"),
		TRACEPOINT("on_entry", "irq/softirq_entry", "vec=vec"),
		TRACEPOINT("on_exit", "irq/softirq_exit", "vec=vec")) },
};

static const struct role role_softirq = {
	.name = "softirq",
	.what = "a soft interrupt is raised, and handled",
	ALTS(alts),
};

static const struct role *const roles[] = { &role_softirq, NULL };

static const struct tool_option options[] = {
	{ .name = "min", .arg = "TIME", .constant = "min_ns",
	  .duration = true, .max = INT64_MAX, .def = 10000000,
	  .help = "only what took at least this long: 1ms, 0.1ms (10ms)" },
	{ .name = "net", .constant = "net", .max = 1,
	  .help = "those of the network: NET_TX, NET_RX" },
	{ 0 }
};

static const struct example examples[] = {
	{ "-T", "those of 10 ms and more, with the time of day" },
	{ "--net --min 1ms", "of the network, 1 ms and more" },
	{ "--min 1us --hist latency_ns -o stage,vector",
	  "how long they took, nearly all of them" },
	{ 0 }
};

const struct tool tool_softirqslower = {
	.name = "softirqslower",
	.summary = "soft interrupts that waited or ran for long",
	.about = "A line for each soft interrupt that was handled late (wait), "
		"from the first time it was raised, and for each that took "
		"long to be handled (run).  Packets that have arrived wait "
		"for NET_RX; what keeps it off is a processor with "
		"interrupts or bottom halves disabled, other soft interrupts, "
		"or that it has been left to ksoftirqd, which gets its share "
		"of the CPU like any process.  Hardware interrupts that come "
		"in between count, too.  softirqs tells how long they take "
		"altogether.",
	.overhead = "A quarter of a microsecond each time one is raised, "
		"begins, and ends.",
	.spec = &spec_softirqslower,
	.flags = T_COUNT,
	.options = options,
	.roles = roles,
	.columns = columns,
	.examples = examples,
	.event_size = sizeof(EV),
};

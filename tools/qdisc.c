/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "tools/tool.h"

/* The discipline of a struct Qdisc; of the root where a packet goes. */
#define KIND(qdisc)	qdisc ":Qdisc.ops:Qdisc_ops.id"
#define ROOT(skb)	KIND(skb ":sk_buff.dev:net_device.qdisc")
/* Keys; the discipline is, without BTF, what it is called by who asks, or not
 * known. */
#define BY(qdisc)							\
	.dev = qdisc ":Qdisc.dev_queue:netdev_queue.dev",		\
	.by = "dev, qdisc=" KIND(qdisc)
#define OF(skb, kind)	.dev = skb ":sk_buff.dev", .by = "dev, qdisc=" kind
#define UNKNOWN		"''"
/* Who takes a packet has it for the device that it is of already. */
#define ENQUEUED	.start_dev = "arg0:sk_buff.dev"

#define AROUND "from before the queue to the driver: with what is not " \
	"queued, and what a busy driver hands back"
#define KINDLESS AROUND "; the discipline is not known"
/* trace_call_bpf(): one program of this kind at a time on a processor. */
#define SKIPS "; one that passes in an interrupt of such a program is missed"
#define ROOTS "the root of a device or of one of its queues alone"

/*
 * What is never let out: dropped, or cut into segments (tbf, cake, taprio), by
 * which it is consumed.  Those come from nowhere, maybe with its memory.
 */
#define FREED		"rt:kfree_skb rt:consume_skb"

/* Passed by every packet, of devices without a queue, too. */
#define TO_DRIVER							\
	.hooks = "rt:net_dev_queue rt:net_dev_start_xmit",		\
	.on = "arg0", .forget = FREED
/*
 * At the root: from before it has a packet, since qdisc_enqueue (5.15) tells of
 * it when it may be cut and freed already, and as some leave it (4.14).  What
 * passes by it has a start, too, until it is at the driver.
 */
#define AT_ROOT								\
	.hooks = "rt:net_dev_queue rt:qdisc_dequeue",			\
	.on = "arg0,arg3,arg0",						\
	.forget = FREED " rt:net_dev_start_xmit",			\
	.next = "sk_buff.next", ENQUEUED, BY("arg0")
/* What a discipline is called to do; of some functions have longer names.
 * Where there is a function of two underscores it is what both a dequeue and a
 * peek of what the discipline is in come to (codel, 2026). */
#define IN_ONE(enter, leave)						\
	.hooks = enter "enqueue " leave "dequeue",			\
	.on = "arg0,retval64,arg0", .forget = FREED, ENQUEUED

/* Where there is none of two underscores (7.3): a peek takes out as well, and
 * what is peeked at may never be dequeued. */
#define OUT_BY_PEEK(kind, leave)					\
	kind "r:%" leave "dequeue ?" kind "r:%_peek"
#define WAITS_PEEKED(kind, enter)					\
	.hooks = kind ":%" enter "enqueue " OUT_BY_PEEK(kind, enter),	\
	.on = "arg0,retval64,arg0", .forget = FREED, ENQUEUED,		\
	.only = "codel fq_codel"
#define DROPPED_PEEKED(kind, enter)					\
	.hooks = kind ":%" enter "enqueue rt:kfree_skb",		\
	.on = "arg0,arg0,retval64,arg0",				\
	.forget = OUT_BY_PEEK(kind, enter), .freed = "rt:consume_skb",	\
	.only = "codel fq_codel"

static const struct way waited[] = {
	{ AT_ROOT },
	{ TO_DRIVER, OF("arg0", ROOT("arg0")),
	  .where = ROOT("arg0") "!=noqueue", .note = AROUND },
	{ TO_DRIVER, OF("arg0", UNKNOWN), .note = KINDLESS },
	{ .hooks = "t:net:net_dev_queue t:net:net_dev_start_xmit",
	  .on = "args.skbaddr", .forget = "t:skb:kfree_skb t:skb:consume_skb",
	  .by = "dev, qdisc=" UNKNOWN, .note = KINDLESS SKIPS },
	{ IN_ONE("f:%_", "fr:__%_"), BY("arg0") },
	{ IN_ONE("f:%_qdisc_", "fr:__%_qdisc_"), BY("arg0") },
	{ IN_ONE("k:%_", "kr:__%_"), BY("arg0") },
	{ IN_ONE("k:%_qdisc_", "kr:__%_qdisc_"), BY("arg0") },
	{ WAITS_PEEKED("f", "_"), BY("arg0") },
	{ WAITS_PEEKED("f", "_qdisc_"), BY("arg0") },
	{ WAITS_PEEKED("k", "_"), BY("arg0") },
	{ WAITS_PEEKED("k", "_qdisc_"), BY("arg0") },
	{ IN_ONE("f:%_", "fr:%_"), BY("arg0") },
	{ IN_ONE("f:%_qdisc_", "fr:%_qdisc_"), BY("arg0") },
	{ IN_ONE("k:%_", "kr:%_"), BY("arg0") },
	{ IN_ONE("k:%_qdisc_", "kr:%_qdisc_"), BY("arg0") },
	{ IN_ONE("k:%_", "kr:__%_"), OF("retval64", "'%'") },
	{ IN_ONE("k:%_", "kr:%_"), OF("retval64", "'%'") },
	{ IN_ONE("k:%_qdisc_", "kr:__%_qdisc_"), OF("retval64", "'%'") },
	{ IN_ONE("k:%_qdisc_", "kr:%_qdisc_"), OF("retval64", "'%'") },
	{ AT_ROOT, .where = KIND("arg0") "==%", .note = ROOTS },
};

/*
 * Dropped is what is freed, and not as consumed, behind the one and before the
 * other; memory of packets is used again, so those consumed count, too.  The
 * reason is told since 5.17.
 */
#define DROPPED								\
	.hooks = "rt:net_dev_queue rt:kfree_skb", .on = "arg0",		\
	.forget = "rt:net_dev_start_xmit rt:consume_skb"
#define DROPPED_IN(enter, leave)					\
	.hooks = enter "enqueue rt:kfree_skb",				\
	.on = "arg0,arg0,retval64,arg0", .forget = leave "dequeue",	\
	.freed = "rt:consume_skb"
/* Records name the device, but not that of drops; nothing in them is to be
 * found by BTF. */
#define DROPPED_OF_RECORD						\
	.hooks = "t:net:net_dev_queue t:skb:kfree_skb",			\
	.on = "args.skbaddr",						\
	.forget = "t:net:net_dev_start_xmit t:skb:consume_skb"
#define OF_RECORD	"dev=start.dev, qdisc=" UNKNOWN ", reason="
#define WHY(skb, kind)	OF(skb, kind ", reason=arg2:u32")
#define NO_WHY(skb, kind) OF(skb, kind ", reason=''")

static const struct way dropped[] = {
	{ DROPPED, WHY("arg0", ROOT("arg0")) },
	{ DROPPED, NO_WHY("arg0", ROOT("arg0")) },
	{ DROPPED, NO_WHY("arg0", UNKNOWN) },
	{ DROPPED_OF_RECORD, .by = OF_RECORD "args.reason" },
	{ DROPPED_OF_RECORD, .by = OF_RECORD UNKNOWN },
	{ DROPPED_IN("f:%_", "fr:__%_"), WHY("arg0", "'%'") },
	{ DROPPED_IN("f:%_qdisc_", "fr:__%_qdisc_"), WHY("arg0", "'%'") },
	{ DROPPED_IN("k:%_", "kr:__%_"), WHY("arg0", "'%'") },
	{ DROPPED_IN("k:%_qdisc_", "kr:__%_qdisc_"), WHY("arg0", "'%'") },
	{ DROPPED_PEEKED("f", "_"), WHY("arg0", "'%'") },
	{ DROPPED_PEEKED("f", "_qdisc_"), WHY("arg0", "'%'") },
	{ DROPPED_PEEKED("k", "_"), WHY("arg0", "'%'") },
	{ DROPPED_PEEKED("k", "_qdisc_"), WHY("arg0", "'%'") },
	{ DROPPED_IN("f:%_", "fr:%_"), WHY("arg0", "'%'") },
	{ DROPPED_IN("f:%_qdisc_", "fr:%_qdisc_"), WHY("arg0", "'%'") },
	{ DROPPED_IN("k:%_", "kr:%_"), WHY("arg0", "'%'") },
	{ DROPPED_IN("k:%_qdisc_", "kr:%_qdisc_"), WHY("arg0", "'%'") },
	{ DROPPED_IN("k:%_", "kr:__%_"), NO_WHY("arg0", "'%'") },
	{ DROPPED_IN("k:%_", "kr:%_"), NO_WHY("arg0", "'%'") },
	{ DROPPED_IN("k:%_qdisc_", "kr:__%_qdisc_"), NO_WHY("arg0", "'%'") },
	{ DROPPED_IN("k:%_qdisc_", "kr:%_qdisc_"), NO_WHY("arg0", "'%'") },
	{ DROPPED, WHY("arg0", ROOT("arg0")), .where = ROOT("arg0") "==%",
	  .note = ROOTS },
};

/* As one has left; 4.14. */
#define LEFT	.hooks = "rt:qdisc_dequeue", BY("arg0")
#define LEFT_ONE(leave)							\
	.hooks = leave "dequeue", BY("arg0"), .where = "retval64!=0"

static const struct way left[] = {
	{ LEFT, .where = "arg3!=0" },
	{ LEFT_ONE("fr:__%_") },
	{ LEFT_ONE("fr:%_") },
	{ LEFT_ONE("fr:__%_qdisc_") },
	{ LEFT_ONE("fr:%_qdisc_") },
	{ LEFT_ONE("kr:__%_") },
	{ LEFT_ONE("kr:%_") },
	{ LEFT_ONE("kr:__%_qdisc_") },
	{ LEFT_ONE("kr:%_qdisc_") },
	{ LEFT, .where = "arg3!=0 && " KIND("arg0") "==%", .note = ROOTS },
};

/* When fq is to let it go, as TCP or SO_TXTIME has said; others do not look at
 * it, or mean another clock. */
#define DUE(skb)	skb ":sk_buff.tstamp:ahead"
#define PACED(kind)							\
	{ .hooks = kind ":%_enqueue", .of = DUE("arg0"), BY("arg1"), \
	  .only = "fq" }

static const struct way paced[] = {
	{ .hooks = "rt:qdisc_enqueue", .of = DUE("arg2"), BY("arg0"),
	  .where = KIND("arg0") "==fq" },
	PACED("f"), PACED("k"),
	{ .hooks = "rt:qdisc_enqueue", .of = DUE("arg2"), BY("arg0"),
	  .where = KIND("arg0") "==%", .note = ROOTS, .only = "fq" },
};

static const struct part parts[] = {
	{ .name = "us", .text = "a packet waits in a queue",
	  .what = ASK_HIST, .latency = true, .of = "latency_us", .unit = "us",
	  WAYS(waited) },
	{ .name = "paced_us", .text = "fq is told to keep a packet",
	  .what = ASK_HIST, .unit = "us", .optional = true, WAYS(paced) },
	{ .name = "packets", .text = "packets are left in a queue as some leave",
	  .what = ASK_HIST, .of = "arg0:Qdisc.q.qlen", .unit = "packets",
	  .optional = true, WAYS(left) },
	{ .name = "backlog", .text = "bytes are left in a queue as some leave",
	  .what = ASK_HIST, .of = "arg0:Qdisc.qstats.backlog",
	  .unit = "bytes", .optional = true, WAYS(left) },
	{ .name = "drops", .text = "a packet is dropped before it is at the "
	  "driver", .what = ASK_COUNT, .latency = true, .optional = true,
	  WAYS(dropped) },
	{ .name = NULL }
};

static const struct example examples[] = {
	{ "", "until Ctrl-C: of all devices, those at the root" },
	{ "-i 1 --dev eth0", "of one device, each second" },
	{ "-i 1 --style percentiles", "a line for each queue and second" },
	{ "fq_codel", "of one discipline, under another, too" },
	{ "--by dev,qdisc,cpu -j", "by other keys, for machines to read" },
	{ 0 }
};

const struct tool tool_qdisc = {
	.name = "qdisc", .alias = "qdisc-*", .argument = "DISCIPLINE",
	.arguments = "cbq cbs codel fq fq_codel red tbf",
	.known_by = "%_enqueue %_qdisc_enqueue %_attach",
	.unknown = "if it is a module, load it (modprobe sch_%) and start again",
	.summary = "how long packets wait in queueing disciplines, and drops",
	.about = "How long packets were in the queue of a device, by the "
		"discipline at its root (of a device with several queues: at "
		"the root of each), how many packets and bytes were left as "
		"one went, and how many were dropped, and why, which is not "
		"in the times.  What fq is told to hold back on purpose, by "
		"TCP's pacing or SO_TXTIME, is in both us and paced_us: "
		"queueing is what us has beyond that.  us begins before the "
		"queue is locked.\n\n"
		"With a DISCIPLINE (fq, fq_codel, codel, red, tbf, cbs, "
		"cbq, htb, netem ... as tc calls it; its module must be "
		"loaded; qdisc-fq is the same as qdisc fq) its own functions "
		"are looked at, wherever it is in the tree; drops are those "
		"that it or what is below it makes.\n\n"
		"Not measured: what is sent at once, since the queue is empty "
		"(fq_codel, pfifo_fast), devices without a queue, what XDP "
		"sends, and larger packets of which a discipline itself makes "
		"segments (tbf, cake, taprio), with those.  Disciplines "
		"without a lock (pfifo_fast) count what waits by processor: 0 "
		"is shown.  Of more than 16 packets that leave at a time the "
		"first 16 are seen.",
	.overhead = "Per packet two to seven small programs, a microsecond or "
		"two; two for those received, as they are freed.",
	REQUEST_DEV, .parts = parts, .examples = examples,
};

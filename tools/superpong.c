/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "progs/superpong.h"
#include "tools/tool.h"

extern const struct spec spec_superpong;

#define EV struct superpong_event

/* enum pong_outcome */
static const char *const outcomes[] = {
	"", "ANSWERED", "IGNORED", "LIMITED", "UNANSWERED", NULL
};

#define NS(member, key, heading, flags, help)				\
	COL(EV, member, K_U64, 8, key, heading, C_ZERO | (flags), help)

static const struct column columns[] = {
	COL_RADDR_AS(EV, C_KEY, "who asked"),
	COL_LADDR_AS(EV, 0, "which address of this machine"),
	COL(EV, id, K_U16, 5, "id", "ID", 0, "of the request"),
	COL(EV, seq, K_U16, 5, "seq", "SEQ", 0, "its sequence number"),
	COL(EV, len, K_U32, 5, "len", "LEN", 0,
	    "bytes of it, with its IP header"),
	COL(EV, ttl, K_U8, 3, "ttl", "TTL", 0,
	    "time to live, or hop limit, that it came with"),
	COL_ENUM(EV, outcome, outcomes, 10, "outcome", "OUTCOME", C_LEFT,
		 "ANSWERED; IGNORED, by icmp_echo_ignore_all; LIMITED, by "
		 "icmp_ratelimit or icmp_msgs_per_sec; UNANSWERED, in "
		 "--timeout or until the tool stopped"),
	NS(took_ns, "took_ns", "TOOK_NS", 0,
	   "from the device it came by to the queue of the one that the reply "
	   "leaves by"),
	NS(stack_ns, "stack_ns", "STACK_NS", C_HIDDEN,
	   "of it, until ICMP had the request"),
	NS(reply_ns, "reply_ns", "REPLY_NS", C_HIDDEN,
	   "from then on: to answer, and to find out where to"),
	COL(EV, asked, K_U8, 5, "asked", "ASKED", C_SUM | C_HIDDEN,
	    "requests of which the outcome is known"),
	COL(EV, answered, K_U8, 8, "answered", "ANSWERED", C_SUM | C_HIDDEN,
	    "of these, answered"),
	COL(EV, ignored, K_U8, 7, "ignored", "IGNORED", C_SUM | C_HIDDEN,
	    "ignored"),
	COL(EV, limited, K_U8, 7, "limited", "LIMITED", C_SUM | C_HIDDEN,
	    "over a limit"),
	COL(EV, unanswered, K_U8, 10, "unanswered", "UNANSWERED",
	    C_SUM | C_HIDDEN, "not answered for another reason"),
	COL_STAT(EV, took_ns, STAT_LEAST, K_U64, 6, "took_min_ns", "MIN_NS",
		 C_ZERO, "least time to answer"),
	COL_STAT(EV, took_ns, STAT_MEAN, K_U64, 6, "took_avg_ns", "AVG_NS",
		 C_ZERO, "mean of them"),
	COL_STAT(EV, took_ns, STAT_MOST, K_U64, 6, "took_max_ns", "MAX_NS",
		 C_ZERO, "longest"),
	COL_IP(EV, C_HIDDEN),
	COL(EV, dev, K_COMM, 6, "dev", "DEV", C_LEFT | C_ZERO | C_HIDDEN,
	    "device it came by"),
	COL_NETNS(EV),
	{ 0 }
};

#define ICMP(p, kind) kind(p, "icmp_rcv", "skb"), kind(p, "icmpv6_rcv", "skb")
#define COMES_BY(p) RAW(p, "netif_receive_skb", "skb")
#define COMES_BY_TP(p) TRACEPOINT(p, "net/netif_receive_skb", "skb=skbaddr")
#define NOT_ICMP							\
	"what is dropped on its way to ICMP counts as UNANSWERED; what comes " \
	"by a VLAN, macvlan or ipvlan that is in another namespace does so " \
	"as well, or is not told; LEN is of the first fragment"

static const struct alternative request_alts[] = {
	{ HOOKS(ICMP("on_asked", FENTRY), COMES_BY("on_arrival")) },
	{ HOOKS(ICMP("on_asked", KPROBE), COMES_BY("on_arrival")) },
	{ HOOKS(ICMP("on_asked", KPROBE), COMES_BY_TP("on_arrival")) },
	{ HOOKS(COMES_BY("on_receive"),
		RAW("on_passed", "net_dev_queue", "skb")), .note = NOT_ICMP },
	{ HOOKS(COMES_BY_TP("on_receive"),
		TRACEPOINT("on_passed", "net/net_dev_queue", "skb=skbaddr")),
	  .note = NOT_ICMP },
};

static const struct role role_request = {
	.name = "echo-asked", .what = "an echo request comes in",
	ALTS(request_alts),
};

static const struct alternative answer_alts[] = {
	{ HOOKS(RAW("on_answer", "net_dev_queue", "skb")) },
	{ HOOKS(TRACEPOINT("on_answer", "net/net_dev_queue",
			   "skb=skbaddr")) },
};

static const struct role role_answer = {
	.name = "echo-answer", .what = "an echo reply is sent",
	ALTS(answer_alts),
};

#define LIMIT(entry, exit)						\
	{ HOOKS(ICMP("on_answering", entry),				\
		exit("on_limit", "icmp_global_allow", "ret"),		\
		exit("on_limit", "inet_peer_xrlim_allow", "ret"),	\
		exit("on_return", "icmp_rcv", ""),			\
		exit("on_return", "icmpv6_rcv", "")) }

static const struct alternative limit_alts[] = {
	LIMIT(FENTRY, FEXIT),
	LIMIT(KPROBE, KRETPROBE),
};

static const struct role role_limit = {
	.name = "echo-limit", .what = "ICMP finds that it answers too often",
	.optional = true, .without = "LIMITED is UNANSWERED",
	ALTS(limit_alts),
};

static const struct role *const roles[] = {
	&role_answer, &role_limit, &role_request, NULL
};

static const struct tool_option options[] = {
	{ .name = "timeout", .arg = "TIME", .constant = "timeout_ns",
	  .duration = true, .max = INT64_MAX, .def = 5000000000,
	  .help = "what is not answered for so long is unanswered (5)" },
	{ 0 }
};

static const char *const sysctls[] = {
	"net.ipv4.icmp_echo_ignore_all", "net.ipv4.icmp_ratelimit",
	"net.ipv4.icmp_ratemask", "net.ipv4.icmp_msgs_per_sec",
	"net.ipv6.icmp.echo_ignore_all", "net.ipv6.icmp.ratelimit", NULL
};

static const struct example examples[] = {
	{ "", "every echo request that comes, and its outcome" },
	{ "-o +stack_ns,reply_ns", "where the time goes" },
	{ "-c -d 60", "a minute's requests and times, by peer" },
	{ "-A 192.0.2.0/24 -N 1 -T", "from one network, to the host itself" },
	{ "--hist took_ns", "times to answer, as a histogram" },
	{ 0 }
};

const struct tool tool_superpong = {
	.name = "superpong",
	.summary = "echo requests that this host is sent, and its answers",
	.about = "superping from the other end: prints a line for each ICMP "
		"echo request (IPv4 and IPv6) that comes for this machine, in "
		"whatever network namespace, with what became of it and how "
		"long the kernel took to answer; not for what is only passed "
		"on.  At the end a table tells what each peer has asked, what "
		"was answered, and least, mean and longest time.\n\n"
		"The time is that of the kernel alone: from the device that "
		"hands the request on to the queue of the one that the reply "
		"leaves by.  Compare with RTT_MS of superping, or ping, at "
		"the other end: the rest is the network's.\n\n"
		"Echo requests are limited only if net.ipv4.icmp_ratemask has "
		"bit 0, which it has not by default.  What is left to be "
		"UNANSWERED: a packet filter, no route back, a request to all "
		"(broadcast), a bad checksum.",
	.overhead = "Small programs run for each packet that is sent or "
		"received; those that are no echoes are left after a look at "
		"their headers.",
	.spec = &spec_superpong,
	.filters = F_LADDR | F_RADDR | F_FAMILY | F_NETNS,
	.flags = T_COUNT | T_SUMMARY,
	.roles = roles, .columns = columns, .examples = examples,
	EVENT_FLOW(EV),
	.options = options, .awaits = "timeout_ns", .sysctls = sysctls,
};

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "progs/superping.h"
#include "tools/tool.h"

extern const struct spec spec_superping;

#define EV struct superping_event

/* enum echo_outcome */
static const char *const outcomes[] = {
	"", "REPLY", "DUP", "LATE", "LOST", "ERROR", "ADVICE", NULL
};

/* enum echo_error: as linux/icmp.h and linux/icmpv6.h have them, without their
 * prefixes */
static const char *const errors[] = {
	"", "NET_UNREACH", "HOST_UNREACH", "PROT_UNREACH", "PORT_UNREACH",
	"FRAG_NEEDED", "SR_FAILED", "NET_UNKNOWN", "HOST_UNKNOWN",
	"HOST_ISOLATED", "NET_ANO", "HOST_ANO", "NET_UNR_TOS", "HOST_UNR_TOS",
	"PKT_FILTERED", "PREC_VIOLATION", "PREC_CUTOFF", "REDIR_NET",
	"REDIR_HOST", "REDIR_NETTOS", "REDIR_HOSTTOS", "EXC_TTL",
	"EXC_FRAGTIME", "PARAMETERPROB", "SOURCE_QUENCH",
	"NOROUTE", "ADM_PROHIBITED", "NOT_NEIGHBOUR", "ADDR_UNREACH",
	"PORT_UNREACH", "POLICY_FAIL", "REJECT_ROUTE", "PKT_TOOBIG",
	"EXC_HOPLIMIT", "EXC_FRAGTIME", "HDR_FIELD", "UNK_NEXTHDR",
	"UNK_OPTION", NULL
};

static const struct column columns[] = {
	COL(EV, flow.pid, K_U32, 7, "pid", "PID", C_KEY | C_OWNER | C_LEFT,
	    "process that asked; unknown if that had to wait for the address "
	    "to be resolved, or wrote the IP header itself"),
	COL_COMM(EV, 9, C_KEY),
	COL_RADDR_AS(EV, C_KEY, "who was asked"),
	COL(EV, id, K_U16, 5, "id", "ID", 0, "of the request"),
	COL(EV, seq, K_U16, 5, "seq", "SEQ", 0, "its sequence number"),
	COL(EV, len, K_U32, 5, "len", "LEN", 0,
	    "bytes of the request, or of its first fragment, with the IP "
	    "header"),
	COL(EV, ttl, K_U8, 3, "ttl", "TTL", C_ZERO,
	    "time to live, or hop limit, of the reply"),
	COL_ENUM(EV, outcome, outcomes, 7, "outcome", "OUTCOME", C_LEFT,
		 "REPLY; DUP, one more; LOST, none in --timeout or until the "
		 "tool stopped; LATE, as long after that at most; ERROR, it "
		 "was ended by an ICMP error; ADVICE, one that ends nothing"),
	COL(EV, rtt_ns, K_MS, 6, "rtt_ns", "RTT_MS", C_ZERO,
	    "from the queue of the device to ICMP; with + at least, or until "
	    "the error came"),
	COL_ENUM(EV, icmp, errors, 4, "icmp", "ICMP", C_LEFT | C_ZERO,
		 "the error, as linux/icmp.h and icmpv6.h call it"),
	COL(EV, from, K_ADDR, 4, "from", "FROM", C_LEFT | C_ZERO,
	    "who sent the error"),
	COL(EV, icmp_type, K_S32, 4, "icmp_type", "TYPE",
	    C_NEG | C_HIDDEN, "the error's type, as a number"),
	COL(EV, icmp_code, K_S32, 4, "icmp_code", "CODE",
	    C_NEG | C_HIDDEN, "its code"),
	COL(EV, queue_ns, K_MS, 8, "queue_ns", "QUEUE_MS",
	    C_HIDDEN | C_ZERO | C_PART, "of it, in the queue of the device"),
	COL(EV, device_ns, K_MS, 9, "device_ns", "DEVICE_MS",
	    C_HIDDEN | C_ZERO | C_PART,
	    "from the device out to the device in: wire and peer"),
	COL(EV, stack_ns, K_MS, 8, "stack_ns", "STACK_MS",
	    C_HIDDEN | C_ZERO | C_PART, "from the device in to ICMP"),
	COL(EV, sent, K_U8, 5, "sent", "SENT", C_SUM | C_HIDDEN,
	    "requests of which the outcome is known"),
	COL(EV, received, K_U8, 8, "received", "RECEIVED", C_SUM | C_HIDDEN,
	    "of these, answered in time"),
	COL(EV, lost, K_U8, 4, "lost", "LOST", C_SUM | C_HIDDEN,
	    "not answered in time"),
	COL(EV, dup, K_U8, 3, "dup", "DUP", C_SUM | C_HIDDEN,
	    "more replies to what was answered"),
	COL(EV, late, K_U8, 4, "late", "LATE", C_SUM | C_HIDDEN,
	    "replies to what was given up"),
	COL(EV, errors, K_U8, 6, "errors", "ERRORS", C_SUM | C_HIDDEN,
	    "ICMP errors about them; those that ended one are lost, too"),
	COL_STAT(EV, rtt_ns, STAT_LEAST, K_MS, 6, "rtt_min_ns", "MIN_MS",
		 C_ZERO, "least round trip time"),
	COL_STAT(EV, rtt_ns, STAT_MEAN, K_MS, 6, "rtt_avg_ns", "AVG_MS",
		 C_ZERO, "mean of them"),
	COL_STAT(EV, rtt_ns, STAT_MOST, K_MS, 6, "rtt_max_ns", "MAX_MS",
		 C_ZERO, "longest"),
	COL_STAT(EV, rtt_ns, STAT_MDEV, K_MS, 7, "rtt_mdev_ns", "MDEV_MS",
		 C_ZERO, "standard deviation, as ping(8) has it"),
	COL_IP(EV, C_HIDDEN),
	COL_LADDR_AS(EV, C_HIDDEN, "address it was asked from"),
	COL(EV, dev, K_COMM, 6, "dev", "DEV", C_LEFT | C_ZERO | C_HIDDEN,
	    "device it was sent by"),
	COL_TID(EV), COL_UID(EV), COL_NETNS(EV), COL_CGROUP(EV),
	{ 0 }
};

static const struct alternative request_alts[] = {
	{ HOOKS(RAW("on_queue", "net_dev_queue", "skb")) },
	{ HOOKS(TRACEPOINT("on_queue", "net/net_dev_queue",
			   "skb=skbaddr")) },
};

static const struct role role_request = {
	.name = "echo-request", .what = "an echo request is sent",
	ALTS(request_alts),
};

static const struct alternative xmit_alts[] = {
	{ HOOKS(RAW("on_xmit", "net_dev_start_xmit", "skb")) },
	{ HOOKS(TRACEPOINT("on_xmit", "net/net_dev_start_xmit",
			   "skb=skbaddr")) },
};

static const struct role role_xmit = {
	.name = "echo-device", .what = "a device is given an echo request",
	.optional = true, .without = "QUEUE_MS and DEVICE_MS are not known",
	.when = { "want_queue_ns", "want_device_ns" },
	ALTS(xmit_alts),
};

#define ICMP(kind) kind("on_reply", "icmp_rcv", "skb"),			\
	kind("on_reply", "icmpv6_rcv", "skb")
#define UNTIL_DEVICE							\
	"until the device has it: STACK_MS is not known; replies by a VLAN, " \
	"macvlan or ipvlan that is in another namespace are not found"
static const struct alternative reply_alts[] = {
	{ HOOKS(ICMP(FENTRY),
		RAW("on_arrival", "netif_receive_skb", "skb")) },
	{ HOOKS(ICMP(KPROBE),
		RAW("on_arrival", "netif_receive_skb", "skb")) },
	{ HOOKS(ICMP(KPROBE),
		TRACEPOINT("on_arrival", "net/netif_receive_skb",
			   "skb=skbaddr")) },
	{ HOOKS(RAW("on_receive", "netif_receive_skb", "skb")),
	  .note = UNTIL_DEVICE },
	{ HOOKS(TRACEPOINT("on_receive", "net/netif_receive_skb",
			   "skb=skbaddr")),
	  .note = UNTIL_DEVICE },
};

static const struct role role_reply = {
	.name = "echo-reply", .what = "an echo reply is received",
	ALTS(reply_alts),
};

#define NOT_SENT							\
	"not told: errors about requests that no device was given"

/* What icmp_err() and icmpv6_err() hand an error about an echo request to:
 * by then the kernel has all of the quote where it can be read. */
static const struct alternative error_alts[] = {
	{ HOOKS(FENTRY("on_error", "ping_err", "skb")) },
	{ HOOKS(KPROBE("on_error", "ping_err", "skb")) },
	{ HOOKS(RAW("on_receive_error", "netif_receive_skb", "skb")),
	  .note = NOT_SENT },
	{ HOOKS(TRACEPOINT("on_receive_error", "net/netif_receive_skb",
			   "skb=skbaddr")), .note = NOT_SENT },
};

static const struct role role_error = {
	.name = "echo-error",
	.what = "an ICMP error about an echo request is received",
	.optional = true, .without = "errors are not told",
	ALTS(error_alts),
};

static const struct role *const roles[] = {
	&role_reply, &role_error, &role_xmit, &role_request, NULL
};

static const struct tool_option options[] = {
	{ .name = "timeout", .arg = "TIME", .constant = "timeout_ns",
	  .duration = true, .max = INT64_MAX, .def = 10000000000,
	  .help = "what is not answered for so long is lost (10)" },
	{ 0 }
};

static const struct example examples[] = {
	{ "", "every ping of the machine, and its outcome" },
	{ "-o +queue_ns,device_ns,stack_ns", "where the time goes" },
	{ "-A 192.0.2.1 --timeout 1 -T", "of one host, impatient" },
	{ "-c -d 60", "a minute's losses and times, by process and host" },
	{ "--hist rtt_ns", "round trip times, as a histogram" },
	{ 0 }
};

const struct tool tool_superping = {
	.name = "superping",
	.summary = "round trips of ping, as the kernel sees them; losses",
	.about = "Prints a line for each ICMP echo request (IPv4 and IPv6) "
		"that gets a reply, by whatever program and in whatever "
		"network namespace, and for each that is lost, answered more "
		"than once, or too late, or of which an ICMP error tells that "
		"it did not get there, with who says so; not what is only "
		"passed on.  At the end a table tells what each process has "
		"sent and received, and least, mean and longest round trip "
		"time.  Of those that answer one to a multicast or broadcast "
		"address the first is its REPLY, the others are DUP.\n\n"
		"The time is that of network and kernel: from the queue of the "
		"device to ICMP.  What ping(8) tells is longer by what it "
		"takes to schedule ping; -x splits it further.\n\n"
		"A request is lost if there is no reply in --timeout, or when "
		"the tool stops, or an error has come for it.  What no device "
		"was given, since nobody told the link-layer address of the "
		"next hop, is seen as the error that the kernel then sends to "
		"itself; the process is known if it has sent something there "
		"before.  Redirects of IPv6 are not told.  superpong is for "
		"the host that answers.",
	.overhead = "Small programs run for each packet that is sent or "
		"received; those that are no echoes are left after a look at "
		"their headers.",
	.spec = &spec_superping,
	.filters = F_PID | F_TID | F_COMM | F_UID | F_LADDR | F_RADDR |
		F_FAMILY | F_NETNS | F_CGROUP,
	.flags = T_COUNT | T_SUMMARY,
	.options = options, .roles = roles, .columns = columns,
	.examples = examples, EVENT_FLOW(EV),
	.awaits = "timeout_ns",
};

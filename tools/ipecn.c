/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "progs/ipecn.h"
#include "tools/tool.h"

extern const struct spec spec_ipecn;

#define EV struct ipecn_event

static const struct column columns[] = {
	COL(EV, ect0, K_U64, 8, "ect0", "ECT(0)", C_SUM,
	    "packets marked ECN-capable by 10"),
	COL(EV, ect1, K_U64, 8, "ect1", "ECT(1)", C_SUM,
	    "packets marked ECN-capable by 01: L4S"),
	COL(EV, ce, K_U64, 8, "ce", "CE", C_SUM,
	    "packets marked 11: congestion was experienced"),
	COL_SHARE(EV, ce, ect0, ce, 6, "ce_percent", "CE%",
		  "of packets with marks: those marked 11, in percent"),
	COL(EV, not_ect, K_U64, 8, "not_ect", "NOT-ECT", C_SUM | C_HIDDEN,
	    "packets without a mark: not ECN-capable"),
	COL(EV, ece, K_U64, 8, "ece", "ECE", C_SUM | C_HIDDEN,
	    "TCP segments, but for SYN, in which the peer says that marks "
	    "have come"),
	COL(EV, cwr, K_U64, 8, "cwr", "CWR", C_SUM | C_HIDDEN,
	    "TCP segments, but for SYN, in which it says that it has slowed "
	    "down"),
	COL_RADDR_AS(EV, C_KEY, "who sent them"),
	COL_LADDR_AS(EV, C_KEY,
		     "to whom; not this machine if they are passed on"),
	COL_PROTO(EV, C_KEY),
	COL(EV, dev, K_COMM, 6, "dev", "DEV", C_KEY | C_LEFT | C_ZERO,
	    "device that they came by"),
	COL_IP(EV, C_HIDDEN), COL_NETNS(EV),
	{ 0 }
};

#define RECEIVED(kind)							\
	{ HOOKS(kind("on_receive", "ip_rcv_core", "skb"),		\
		kind("on_receive", "ip6_rcv_core", "skb")) }
#define SUFFIXED(p, t, a) KPROBE(p, t, a, .suffixed = true)
#define EACH_DEVICE \
	"what a bridge receives for this machine is counted at its port, too"

static const struct alternative receive_alts[] = {
	RECEIVED(FENTRY),				/* 4.20 */
	RECEIVED(SUFFIXED),
	{ HOOKS(RAW("on_receive", "netif_receive_skb", "skb")),
	  .note = EACH_DEVICE },
	{ HOOKS(TRACEPOINT("on_receive", "net/netif_receive_skb",
			   "skb=skbaddr")),
	  .note = EACH_DEVICE },
};

static const struct role role_receive = {
	.name = "ip-receive", .what = "IP is given a packet",
	ALTS(receive_alts),
};

static const struct role *const roles[] = { &role_receive, NULL };

static const struct example examples[] = {
	{ "", "each second, who sent marked packets" },
	{ "-i 10 -s ce", "each ten seconds, most congestion first" },
	{ "-o +ece,cwr,not_ect", "with what TCP answers, and the unmarked" },
	{ "--by dev,proto -C", "by device and protocol, block by block" },
	{ 0 }
};

/* As IP counts, of IPv4 and IPv6. */
static const char *const counters[] = { "netstat", "snmp6", NULL };
static const char *const counted[] = {
	"InNoECTPkts", "InECT0Pkts", "InECT1Pkts", "InCEPkts", NULL
};

const struct tool tool_ipecn = {
	.name = "ipecn",
	.summary = "ECN marks of IP packets that arrive, by peer",
	.about = "Counts, each interval, the IPv4 and IPv6 packets that arrive "
		"with ECN marks: ECN-capable, ECT(0) and ECT(1), and those "
		"that a queue on their way has marked as having experienced "
		"congestion, CE.  Packets are those on the wire, however many "
		"of them GRO has put together, as in IpExt of nstat(8) "
		"and Ip6InCEPkts.  Of what is in a tunnel it is the outer "
		"header that counts, and the inner one as it comes out.  "
		"Packets to be passed on are counted; those for other machines "
		"are not.  At the end stand the kernel's own counters, of the "
		"namespaces of -N, else of one's own: what all peers have "
		"sent since.  What queues of this machine mark is told by "
		"`tc -s qdisc'.",
	.overhead = "A quarter of a microsecond for each packet that arrives; "
		"nothing is sent to user space but the table.",
	.spec = &spec_ipecn, .filters = F_LADDR | F_RADDR | F_FAMILY | F_NETNS,
	.flags = T_TOTALS,
	.roles = roles, .columns = columns, .examples = examples,
	EVENT_FLOW(EV),
	.interval = 1,
	.counters = counters, .counted = counted,
};

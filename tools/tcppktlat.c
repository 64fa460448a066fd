/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "progs/tcppktlat.h"
#include "tools/ladders.h"

extern const struct spec spec_tcppktlat;

#define EV struct tcppktlat_event

static const struct column columns[] = {
	COL_PID(EV),
	COL(EV, flow.tid, K_U32, 7, "tid", "TID", C_OWNER | C_LEFT | C_HIDDEN,
	    "thread that reads"),
	COL_COMM(EV, 12, 0), COL_IP(EV, C_HIDDEN | C_WIDE),
	COL_LADDR(EV, C_KEY), COL_LPORT(EV, C_KEY),
	COL_RADDR(EV, 0), COL_RPORT(EV, 0),
	COL(EV, bytes, K_U32, 7, "bytes", "BYTES", C_SUM | C_HIDDEN,
	    "bytes that were read"),
	COL(EV, latency_ns, K_MS, 8, "latency_ns", "MS", C_SUM,
	    "time since the oldest of them arrived; with + nobody had read "
	    "them as this tool stopped"),
	COL_UID(EV), COL_NETNS(EV), COL_CGROUP(EV), COL_ID(EV),
	{ 0 }
};

static const struct alternative packet_alts[] = {
	SEGMENT_ARRIVES("on_packet"),
};

static const struct role role_packet = {
	.name = "tcp-packet", .what = "a packet arrives at a TCP socket",
	ALTS(packet_alts),
};

static const struct alternative read_alts[] = {
	{ HOOKS(RAW("on_read", "tcp_rcv_space_adjust", "sk")) },  /* 4.18 */
	{ HOOKS(FENTRY("on_read", "tcp_rcv_space_adjust", "sk")) },
	{ HOOKS(KPROBE("on_read", "tcp_rcv_space_adjust", "sk")) },
};

static const struct role role_read = {
	.name = "tcp-read", .what = "a process reads from a TCP socket",
	ALTS(read_alts),
};

static const struct role *const roles[] = {
	&role_tcp_destroy, &role_read, &role_packet, NULL
};

static const struct tool_option options[] = { OPTION_MIN_LATENCY, { 0 } };

static const struct example examples[] = {
	{ "--min 10ms", "reads that were 10 ms late, or more" },
	{ "-L 5432 --hist MS -o comm", "of a server, as a histogram" },
	{ "-p 4711 -T -o +bytes", "reads of a process, with their sizes" },
	{ 0 }
};

const struct tool tool_tcppktlat = {
	.name = "tcppktlat",
	.summary = "how long data that has arrived waits for its reader",
	.about = "Shows each read of a TCP socket with the time since the "
		"oldest byte that it took arrived, and who reads.  A read that "
		"takes several packets may be a row for each.  What is still "
		"unread in the end is shown, too, with nobody as its "
		"reader.\n\n"
		"Data that arrives as its reader holds the socket counts from "
		"when it is let go; data that arrives after the socket was "
		"shut down for sending is not seen.",
	.overhead = "Two short programs for each packet with data.",
	.spec = &spec_tcppktlat, .filters = F_FLOW, .flags = T_COUNT,
	.options = options, .roles = roles, .columns = columns,
	.examples = examples, EVENT_FLOW(EV),
};

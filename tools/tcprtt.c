/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "tools/tool.h"

/* The tracepoint (4.16) stands where the function begins. */
static const struct way segments[] = {
	{ .hooks = "rt:tcp_probe" },
	WAY_ENTRY("tcp_rcv_established"),
};

/*
 * It becomes CLOSE (7), as yet with what was measured: tcp_disconnect(), by
 * which resets go, forgets it.  What was never measured was not connected.
 */
static const struct way ends[] = {
	{ .hooks = "rt:inet_sock_set_state",
	  .where = "srtt!=0 && arg1:u32!=7 && arg2:u32==7" },
	{ .hooks = "t:sock:inet_sock_set_state",
	  .where = "srtt!=0 && args.oldstate!=7 && args.newstate==7" },
	WAY_ENTRY("tcp_set_state",
		  .where = "srtt!=0 && state!=close && arg1:u32==7"),
};

#define OF_CONNECTION(name_, of_)					\
	{ .name = name_, .text = "a TCP connection ends",		\
	  .what = ASK_HIST, .of = of_, .unit = "us", .optional = true,	\
	  WAYS(ends) }

static const struct part parts[] = {
	{ .name = "srtt", .text = "a TCP connection receives a segment",
	  .what = ASK_HIST, .of = "srtt", .unit = "us", WAYS(segments) },
	{ .name = "srtt_average", .text = "a TCP connection receives a segment",
	  .what = ASK_STATS, .by = "raddr", .of = "srtt", .unit = "us",
	  WAYS(segments) },
	OF_CONNECTION("end_srtt", "srtt"),
	OF_CONNECTION("end_mdev", "mdev"),
	OF_CONNECTION("end_min_rtt", "min_rtt"),
	{ .name = NULL }
};

static const struct example examples[] = {
	{ "", "until Ctrl-C: histograms, and averages by remote address" },
	{ "--by raddr -i 5", "histograms by remote address, each five "
	  "seconds" },
	{ "-L 443 -A 10.0.0.0/8", "what this server is away from there" },
	{ "--by laddr,lport,raddr,rport -j", "connection by connection" },
	{ 0 }
};

const struct tool tool_tcprtt = {
	.name = "tcprtt",
	.summary = "round trip times of TCP connections",
	.about = "srtt: the smoothed round trip time of a connection, as TCP "
		"has measured it so far, at each segment that it receives "
		"while it is established; 0 where it was not measured yet.  "
		"And the average of those, by remote address.  Busy "
		"connections weigh more there, since each counts as often as "
		"it receives; in the histograms that follow each counts once, "
		"as it ends: what it had last (end_srtt), how "
		"far it deviated from that on average (end_mdev), and the "
		"least one of its last minutes (end_min_rtt, for as long as "
		"net.ipv4.tcp_min_rtt_wlen says).\n\n"
		"Filters are of the socket; whose it is is not known.",
	.overhead = "A microsecond or two per segment received.",
	REQUEST_SOCK, .parts = parts, .examples = examples,
};

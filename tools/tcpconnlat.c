/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "progs/connect.h"
#include "tools/ladders.h"

extern const struct spec spec_connlat;

#define EV struct connect_event

static const struct column columns[] = {
	COL_PID(EV), COL_COMM(EV, 10, 0), COL_IP(EV, 0),
	COL(EV, flow.laddr, K_ADDR, 15, "laddr", "SADDR", C_LEFT,
	    "source address"),
	COL_LPORT_AS(EV, C_HIDDEN, "source port"),
	COL(EV, flow.raddr, K_ADDR, 15, "raddr", "DADDR", C_KEY | C_LEFT,
	    "destination address"),
	COL(EV, flow.rport, K_PORT, 5, "rport", "DPORT", C_KEY | C_LEFT,
	    "destination port"),
	COLS_OUTCOME(EV, 12, "RESULT"),
	COL_NOTICED(EV),
	COLS_HIDDEN(EV),
	{ 0 }
};

static const struct role *const roles[] = {
	&role_tcp_destroy, &role_tcp_state, &role_connect_call_tcp,
	&role_connect_noticed, NULL
};

static const struct tool_option options[] = {
	OPTION_MIN_LATENCY, { 0 }
};

static const struct example examples[] = {
	{ "", "TCP connections, and how long each took to be there" },
	{ "--min 100ms -T", "those that took longer, with the time of day" },
	{ "-P 5432 -j", "to port 5432, one JSON object a line" },
	{ "-c -d 60", "count by peer and result for a minute" },
	{ 0 }
};

const struct tool tool_tcpconnlat = {
	.name = "tcpconnlat",
	.summary = "how long TCP connections took to be there, or to fail",
	.about = "Prints a line for every TCP connection that a process on "
		"this machine tried to open, once that succeeded or failed: "
		"how long it took, and the result: refused, timed out; "
		"EINPROGRESS means that the socket was closed before there "
		"was an outcome.  Calls that fail before a SYN is sent, for "
		"want of a route, are soconnect's.  The time is the kernel's, "
		"from connect(2) to the end of the handshake, for blocking "
		"and non-blocking sockets alike.  When this tool stops, attempts that are "
		"still under way are printed with how long they have been "
		"(`+`), whatever --min says.",
	.overhead = CONNECT_OVERHEAD,
	.spec = &spec_connlat, .filters = F_FLOW, .flags = T_COUNT,
	.options = options, .roles = roles, .columns = columns,
	.examples = examples, EVENT_FLOW(EV),
};

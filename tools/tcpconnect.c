/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "progs/tcpconnect.h"
#include "tools/ladders.h"

extern const struct spec spec_tcpconnect;

#define EV struct tcpconnect_event

static const struct column columns[] = {
	COL_PID(EV), COL_COMM(EV, 12, 0), COL_IP(EV, 0),
	COL(EV, flow.laddr, K_ADDR, 15, "laddr", "SADDR", C_KEY | C_LEFT,
	    "source address"),
	COL(EV, flow.lport, K_PORT, 5, "lport", "SPORT", C_LEFT,
	    "source port"),
	COL(EV, flow.raddr, K_ADDR, 15, "raddr", "DADDR", C_KEY | C_LEFT,
	    "destination address"),
	COL(EV, flow.rport, K_PORT, 5, "rport", "DPORT", C_KEY | C_LEFT,
	    "destination port"),
	COL(EV, flow.raddr, K_NAME, 0, "query", "QUERY", C_LEFT | C_DNS,
	    "the name last asked for that had this address"),
	COLS_HIDDEN(EV),
	{ 0 }
};

static const struct alternative connect_alts[] = {
	{ HOOKS(FENTRY("on_connect", "tcp_connect", "sk")) },
	{ HOOKS(KPROBE("on_connect", "tcp_connect", "sk")) },
	{ HOOKS(RAW("on_state", "inet_sock_set_state",
		    "sk oldstate newstate")),
	  .note = "shown when the handshake ends" },
	{ HOOKS(TRACEPOINT("on_state", "sock/inet_sock_set_state",
			   "sk=skaddr oldstate newstate")),
	  .note = "shown when the handshake ends" },
};

static const struct role role_connect = {
	.name = "tcp-connect", .what = "a process opens a TCP connection",
	.unless = "established", ALTS(connect_alts),
};

static const struct role state = {
	ROLE_TCP_STATE, .when = { "established" }
};

static const struct role *const roles[] = {
	&role_connect, &state, &role_dns, NULL
};

static const struct tool_option options[] = {
	OPTION_ESTABLISHED("only connections that came to be, as their "
			   "handshake ends; the time is when they were opened"),
	{ 0 }
};

static const struct example examples[] = {
	{ "", "every TCP connection that a process here opens" },
	{ "-t -x", "with the time since start and all columns" },
	{ "-P 5432 -u 33", "to port 5432, by user 33" },
	{ "-c -d 60", "count by addresses and port for a minute" },
	{ "--dns", "with the names that were looked up" },
	{ "--established -c", "count those that the peer took" },
	{ 0 }
};

const struct tool tool_tcpconnect = {
	.name = "tcpconnect",
	.summary = "TCP connections that processes open",
	.about = "Prints a line for every TCP connection that a process on "
		"this machine tries to open: connect(2) that got as far as "
		"sending a SYN, whether or not the peer answers.  Calls that "
		"fail before (no route, no free port) are not shown, with "
		"--established none that fail.",
	.overhead = "One small program per connect(2).  --dns adds one per "
		"UDP datagram read.",
	.spec = &spec_tcpconnect, .filters = F_FLOW, .flags = T_DNS | T_COUNT,
	.options = options, .roles = roles, .columns = columns,
	.examples = examples, EVENT_FLOW(EV),
};

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "progs/connect.h"
#include "tools/ladders.h"

extern const struct spec spec_connlat;

#define EV struct connect_event

static const struct column columns[] = {
	COLS_OUTCOME(EV, 13, "ERR"),
	COL_PID(EV), COL_COMM(EV, 15, C_KEY),
	COL_RADDR(EV, C_KEY), COL_RPORT(EV, C_KEY),
	COL_IP(EV, C_HIDDEN | C_WIDE),
	COL(EV, call_ns, K_MS, 7, "call_ns", "CALL_MS", C_HIDDEN,
	    "how long the call itself took; with + it had not returned"),
	COL(EV, result, K_ERRNO, 13, "result", "RESULT", C_LEFT | C_HIDDEN,
	    "what the call itself returned"),
	COL_LADDR(EV, C_HIDDEN), COL_LPORT(EV, C_HIDDEN),
	COL(EV, ustack, K_USTACK, 0, "ustack", "USTACK", C_HIDDEN,
	    "code of the process that called connect(2)"),
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
	{ "", "until Ctrl-C: histograms by the code that connects" },
	{ "--events", "a line for each connection" },
	{ "-f -d 60", "who connects from where, for a flame graph" },
	{ "--hist latency_ns -o raddr,rport,err", "histograms by where to" },
	{ "-p 4711 --events -x", "one process's, with all columns" },
	{ "--hist noticed_ns -o comm", "until programs asked for the outcome" },
	{ "--events --min 200ms", "those that took longer" },
	{ 0 }
};

const struct tool tool_soconnlat = {
	.name = "soconnlat",
	.summary = "connect latency of TCP sockets, blocking or not",
	.about = "Measures, socket by socket, the time from connect(2) until "
		"the connection is there or has failed, and prints "
		"histograms by the code of the process that called, its "
		"name, and ERR; or with --events a line for each.  It is the "
		"socket that is followed, not the thread or the descriptor: "
		"which of several descriptors becomes ready first, which "
		"thread waits, with poll, epoll, io_uring or not at all, makes no "
		"difference.  Failures are shown apart by ERR; EINPROGRESS "
		"means that the socket was closed before there was an "
		"outcome.  Calls that fail before a SYN is sent, for want of "
		"a route (ENETUNREACH), are soconnect's.  When this tool "
		"stops, attempts that are still under way are printed with "
		"how long they have been (`+`), whatever --min says.",
	.overhead = CONNECT_OVERHEAD,
	.spec = &spec_connlat, .filters = F_FLOW, .flags = T_COUNT | T_STACKS,
	.options = options, .roles = roles, .columns = columns,
	.examples = examples, EVENT_FLOW(EV),
	.hist = "latency_ns", .hist_keys = "ustack,comm,err",
};

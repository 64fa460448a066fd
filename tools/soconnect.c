/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "progs/connect.h"
#include "tools/ladders.h"

extern const struct spec spec_soconnect;

#define EV struct connect_event

static const struct column columns[] = {
	COL_PID(EV), COL_COMM(EV, 9, 0), COL_IP(EV, 0), COL_PROTO(EV, 0),
	COL_RADDR_AS(EV, C_KEY,
		     "remote address: the kernel's, or as asked for where it "
		     "took none"),
	COL_RPORT(EV, C_KEY),
	COL(EV, call_ns, K_MS, 5, "call_ns", "LAT", 0,
	    "how long the call took (LAT: ms); with + it had not returned"),
	COL_RESULT(EV, 12),
	COL(EV, final, K_ERRNO, 12, "final", "FINAL", C_KEY | C_LEFT,
	    "what became of the attempt; EINPROGRESS: the socket was closed, "
	    "or this tool stopped, before there was an outcome"),
	COL(EV, latency_ns, K_MS, 8, "latency_ns", "FINAL_MS",
	    C_HIDDEN | C_WIDE, "from the call to the outcome; with + it was "
	    "still awaited as this tool stopped"),
	COL_LADDR(EV, C_HIDDEN),
	COL_LPORT_AS(EV, C_HIDDEN, "local port; 0: none was bound"),
	COL_NOTICED(EV),
	COLS_HIDDEN(EV),
	{ 0 }
};

static const struct role *const roles[] = {
	&role_tcp_destroy, &role_tcp_state, &role_connect_call,
	&role_connect_noticed, NULL
};

static const struct tool_option options[] = {
	{ .name = "errors", .constant = "errors",
	  .help = "only what failed, or came to nothing" },
	{ 0 }
};

static const struct example examples[] = {
	{ "", "every connect(2) of an IP socket, and what became of it" },
	{ "--errors -T", "those that failed, with the time of day" },
	{ "-w -p 4711", "one process's, with the time until the outcome" },
	{ "-c -d 60", "count by peer and result for a minute" },
	{ 0 }
};

const struct tool tool_soconnect = {
	.name = "soconnect",
	.summary = "calls of connect(2) on IP sockets, what came of each",
	.about = "Prints a line for every connect(2) of an IPv4 or IPv6 "
		"socket of any protocol (SCTP excepted): how long the call "
		"took, what it returned, and what became of the attempt.  "
		"For a non-blocking socket, or one whose wait was "
		"interrupted or timed out, that is known later: the line is "
		"printed then, with RESULT as the call returned and FINAL as "
		"it ended.  A call that a signal interrupted the kernel may "
		"make again, unseen by the program: its line is printed when "
		"it has, or the socket is closed.  FINAL EINPROGRESS means "
		"that the socket was closed first.  When this tool stops, "
		"what is still under way is printed like that too, its times "
		"as lower bounds (`+`).  Calls that do not reach the protocol "
		"(bad descriptor or address), that undo a connection "
		"(AF_UNSPEC), or that began before this tool did are not "
		"shown.",
	.overhead = CONNECT_OVERHEAD,
	.spec = &spec_soconnect, .filters = F_FLOW, .flags = T_COUNT,
	.options = options, .roles = roles, .columns = columns,
	.examples = examples, EVENT_FLOW(EV),
};

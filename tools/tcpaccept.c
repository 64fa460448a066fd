/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "progs/tcpaccept.h"
#include "tools/ladders.h"

extern const struct spec spec_tcpaccept;

#define EV struct tcpaccept_event

static const struct column columns[] = {
	COL_PID(EV), COL_COMM(EV, 12, 0), COL_IP(EV, 0),
	COL_RADDR(EV, C_KEY), COL_RPORT(EV, 0),
	COL_LADDR(EV, C_KEY), COL_LPORT(EV, C_KEY),
	COL(EV, flow.raddr, K_NAME, 0, "query", "QUERY", C_LEFT | C_DNS,
	    "the name last asked for that had the remote address"),
	COL(EV, wait_ns, K_MS, 7, "wait_ns", "WAIT_MS", C_ZERO | C_HIDDEN,
	    "how long it was queued, from the end of the handshake until "
	    "accept(2) had it; with + at least so long: it was there before "
	    "the tool"),
	COL(EV, backlog, K_S32, 7, "backlog", "BACKLOG", C_NEG | C_HIDDEN,
	    "how many were queued before it, as its handshake ended"),
	COL(EV, limit, K_S32, 5, "limit", "LIMIT", C_NEG | C_HIDDEN,
	    "the listener's backlog; its queue takes one more"),
	COLS_HIDDEN(EV),
	{ 0 }
};

static const struct role accepts = {
	ROLE_TCP_ACCEPT, .unless = "established"
};

static const struct role state = {
	ROLE_TCP_STATE, .when = { "established", "want_wait_ns" }
};

static const struct role destroy = {
	ROLE_TCP_DESTROY, .when = { "established", "want_wait_ns" }
};

static const struct role *const roles[] = {
	&destroy, &state, &accepts, &role_dns, NULL
};

static const struct tool_option options[] = {
	OPTION_ESTABLISHED("connections as their handshake ends, whether or "
			   "not anybody accepts them; whose is unknown"),
	{ 0 }
};

static const struct example examples[] = {
	{ "", "every TCP connection that a process here accepts" },
	{ "-L 80,443 -T", "on these local ports, with the time of day" },
	{ "-a 10.0.0.0/8 -A 192.168.0.0/16", "between these networks" },
	{ "-c -d 60", "count by peer and local port for a minute" },
	{ "-o +wait_ns,backlog,limit",
	  "with how long each was queued, and behind how many" },
	{ "--established -L 443", "what arrives, though nobody may take it" },
	{ 0 }
};

const struct tool tool_tcpaccept = {
	.name = "tcpaccept",
	.summary = "TCP connections that processes accept",
	.about = "Prints a line for every TCP connection that a process on "
		"this machine accepts, at the moment accept(2) has it.  "
		"Connections that nobody accepts are shown with --established "
		"only.",
	.overhead = "One small program per accept(2); where only leaving the "
		"system call can be seen (see --plan), every system call of "
		"the machine becomes a little slower while it runs.  wait_ns "
		"and --established add one at every change of a TCP socket's "
		"state.",
	.spec = &spec_tcpaccept, .filters = F_FLOW, .flags = T_DNS | T_COUNT,
	.options = options, .roles = roles, .columns = columns,
	.examples = examples, EVENT_FLOW(EV),
};

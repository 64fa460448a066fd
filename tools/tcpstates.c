/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "progs/tcpstates.h"
#include "tools/ladders.h"

extern const struct spec spec_tcpstates;

#define EV struct tcpstates_event

static const struct column columns[] = {
	COL_PID(EV), COL_COMM(EV, 10, C_HIDDEN | C_WIDE),
	COL_IP(EV, C_HIDDEN | C_WIDE),
	COL_LADDR(EV, C_KEY),
	COL_LPORT_AS(EV, C_ZERO,
		     "local port; not chosen yet at SYN_SENT, mostly"),
	COL_RADDR(EV, C_KEY | C_ZERO), COL_RPORT(EV, C_ZERO),
	COL_ENUM(EV, oldstate, tcp_states, 11, "oldstate", "OLDSTATE",
		 C_KEY | C_LEFT, "state it leaves"),
	COL_ENUM(EV, newstate, tcp_states, 11, "newstate", "NEWSTATE",
		 C_KEY | C_LEFT, "state it comes to"),
	COL(EV, duration_ns, K_MS, 4, "duration_ns", "MS", C_ZERO,
	    "how long it was in the old state; with + at least so long: "
	    "since before the tool started; unknown of a socket that was just "
	    "made"),
	COLS_HIDDEN(EV),
	{ 0 }
};

static const struct role *const roles[] = {
	&role_tcp_destroy, &role_owner_accept, &role_tcp_state, NULL
};

static const struct example examples[] = {
	{ "", "every change of state of every TCP socket" },
	{ "-w -T -D 443", "of connections to port 443, with the time of day" },
	{ "-T -o id,oldstate,newstate,duration_ns", "socket by socket" },
	{ "-c -o oldstate,newstate -d 60", "count the changes of a minute" },
	{ 0 }
};

const struct tool tool_tcpstates = {
	.name = "tcpstates",
	.summary = "TCP sockets as they change their state, and when",
	.about = "Prints a line whenever a TCP socket comes from one state to "
		"another, with how long it was in the former.  The process is "
		"the one that opened, accepted or closed the socket, not "
		"whichever happened to run; of a connection that nobody has "
		"accepted yet there is none.  The kernel hands a socket in "
		"TIME_WAIT to a smaller one, so that CLOSE is the last state "
		"to be seen.  Before Linux 4.16 what becomes a listener or "
		"answers a SYN is not seen.",
	.overhead = "A small program runs at every change of a TCP socket's "
		"state, some six times a session; nothing runs per packet.",
	.spec = &spec_tcpstates, .filters = F_FLOW, .flags = T_OWNERS | T_COUNT,
	.roles = roles, .columns = columns, .examples = examples,
	EVENT_FLOW(EV),
};

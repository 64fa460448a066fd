/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "progs/tcptracer.h"
#include "tools/ladders.h"

extern const struct spec spec_tcptracer;

#define EV struct tcptracer_event

static const char *const types[] = {
	[TRACER_CONNECT] = "C", [TRACER_ACCEPT] = "A", [TRACER_CLOSE] = "X",
	[TRACER_FAIL] = "F", NULL
};

static const struct column columns[] = {
	COL_ENUM(EV, type, types, 1, "kind", "T", C_KEY | C_LEFT,
		 "C connected, A accepted, X closed, F failed to connect"),
	COL_PID(EV), COL_COMM(EV, 10, 0), COL_IP(EV, 0),
	COL(EV, flow.laddr, K_ADDR, 15, "laddr", "SADDR", C_KEY | C_LEFT,
	    "local address"),
	COL(EV, flow.raddr, K_ADDR, 15, "raddr", "DADDR", C_KEY | C_LEFT,
	    "remote address"),
	COL(EV, flow.lport, K_PORT, 5, "lport", "SPORT", C_LEFT | C_ZERO,
	    "local port"),
	COL(EV, flow.rport, K_PORT, 5, "rport", "DPORT", C_LEFT,
	    "remote port"),
	COL_ENUM(EV, how, session_hows, 8, "how", "HOW", C_LEFT | C_ZERO,
		 "of X: FIN, RST_SENT (the process reset it, or left data "
		 "unread), RST_RCVD (the peer did, or sent data after the own "
		 "FIN), TIMEOUT (no answer)"),
	COL(EV, err, K_ERRNO, 13, "err", "ERR", C_LEFT | C_ZERO,
	    "why it failed; of F unknown where the process gave up or found "
	    "no port"),
	COL(EV, duration_ns, K_MS, 7, "duration_ns", "MS", C_HIDDEN,
	    "since its SYN, or the accepted handshake; with + at least so "
	    "long: it was open before the tool started"),
	COL(EV, tx_bytes, K_BYTES, 8, "tx_bytes", "TX", C_HIDDEN,
	    "data sent so far, each byte once"),
	COL(EV, rx_bytes, K_BYTES, 8, "rx_bytes", "RX", C_HIDDEN,
	    "data received so far"),
	COLS_HIDDEN(EV),
	{ 0 }
};

static const struct role *const roles[] = {
	&role_tcp_destroy, &role_tcp_accept, &role_tcp_state, NULL
};

static const struct example examples[] = {
	{ "", "TCP sessions as they come and go" },
	{ "-t -x", "with durations, bytes and all else that is known" },
	{ "-P 5432 -o +duration_ns", "of port 5432, and how long they took" },
	{ "-c -o kind,how,err -d 60", "how the sessions of a minute fared" },
	{ 0 }
};

const struct tool tool_tcptracer = {
	.name = "tcptracer",
	.summary = "TCP sessions: connected, accepted, closed, failed",
	.about = "Prints a line when a TCP connection that was opened here is "
		"established (C), when a process accepts one (A), when one "
		"ends (X), and when an attempt to connect fails (F).  A "
		"session ends with its socket, whoever ended it: for the "
		"process that closed it first when the peer has acknowledged "
		"its FIN.  One that is over before anybody accepted it is "
		"shown closed, without a PID, and accepted after that.",
	.overhead = "A small program runs at every change of a TCP socket's "
		"state, some six times a session, and one per accept(2); where "
		"only leaving the system call can be seen (see --plan), every "
		"system call of the machine becomes a little slower.",
	.spec = &spec_tcptracer, .filters = F_FLOW, .flags = T_OWNERS | T_COUNT,
	.roles = roles, .columns = columns, .examples = examples,
	EVENT_FLOW(EV),
};

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "progs/tcplife.h"
#include "tools/ladders.h"

extern const struct spec spec_tcplife;

#define EV struct tcplife_event

static const struct column columns[] = {
	COL_PID(EV), COL_COMM(EV, 10, 0), COL_IP(EV, C_HIDDEN | C_WIDE),
	COL_LADDR(EV, C_KEY), COL_LPORT(EV, 0),
	COL_RADDR(EV, C_KEY), COL_RPORT(EV, 0),
	COL(EV, tx_bytes, K_KB, 5, "tx_bytes", "TX_KB", C_SUM,
	    "data sent, each byte once"),
	COL(EV, rx_bytes, K_KB, 5, "rx_bytes", "RX_KB", C_SUM,
	    "data received"),
	COL(EV, duration_ns, K_MS, 5, "duration_ns", "MS", 0,
	    "from SYN (or the accepted handshake) to closed; with + at "
	    "least so long: it was open before the tool started"),
	COL_ENUM(EV, more.how, session_hows, 8, "how", "HOW",
		 C_LEFT | C_ZERO | C_HIDDEN,
		 "FIN, RST_SENT (the process reset it, or left data unread), "
		 "RST_RCVD (the peer did), TIMEOUT (no answer); unknown of "
		 "attempts to connect that failed"),
	COL_ENUM(EV, more.first, session_firsts, 6, "first", "FIRST",
		 C_LEFT | C_ZERO | C_HIDDEN,
		 "who closed or reset it first: LOCAL, REMOTE, or BOTH, at "
		 "the same time; unknown where an answer failed to come"),
	COL(EV, more.err, K_ERRNO, 3, "err", "ERR",
	    C_LEFT | C_ZERO | C_HIDDEN, "what went wrong, as SO_ERROR tells"),
	COL(EV, more.retrans, K_S32, 7, "retrans", "RETRANS",
	    C_SUM | C_NEG | C_HIDDEN, "segments sent again"),
	COL(EV, more.retrans_bytes, K_S64, 9,
	    "retrans_bytes", "RETRANS_B", C_SUM | C_NEG | C_HIDDEN,
	    "bytes sent again (Linux 4.19)"),
	COL(EV, more.srtt_us, K_U32, 7, "srtt_us", "SRTT_US",
	    C_ZERO | C_HIDDEN, "smoothed round trip time at the end"),
	COL(EV, more.min_rtt_us, K_U32, 7, "min_rtt_us",
	    "MIN_RTT", C_ZERO | C_HIDDEN,
	    "least round trip time of the last minutes (tcp_min_rtt_wlen)"),
	COL(EV, more.cc, K_COMM, 6, "cc", "CC",
	    C_LEFT | C_ZERO | C_HIDDEN, "congestion control algorithm"),
	COLS_HIDDEN(EV),
	{ 0 }
};

static const struct role *const roles[] = {
	&role_tcp_destroy, &role_owner_accept, &role_tcp_state, NULL
};

static const struct tool_option options[] = {
	OPTION_ESTABLISHED("not the attempts to connect that failed"),
	{ 0 }
};

static const struct example examples[] = {
	{ "", "TCP sessions, as they end" },
	{ "-p 4711 -j", "those of one process, one JSON object a line" },
	{ "-D 443,8443 -w", "to these remote ports, IPv6 addresses in full" },
	{ "--established -o +retrans,how", "those that were there, with "
		"what was sent again and how they ended" },
	{ "-N web -d 10m --csv", "in a network namespace, for ten minutes" },
	{ "-W board.cap", "record on the board; `sockeye replay` reads it "
			  "elsewhere" },
	{ 0 }
};

const struct tool tool_tcplife = {
	.name = "tcplife",
	.summary = "TCP sessions as they end: who, with whom, how much",
	.about = "Prints a line when a TCP session ends: the process that "
		"opened or accepted it, both ends, how much was sent and "
		"received and how long it lived.  Bytes are those the "
		"applications exchanged: retransmissions, SYN and FIN are "
		"not counted, nor is the time in TIME_WAIT.  Attempts to "
		"connect that failed are shown, with no bytes.  A session that "
		"was reset before anybody accepted it is shown once it is "
		"accepted, or without a PID when it never is.",
	.overhead = "A small program runs at every change of a TCP socket's "
		"state, some six times a session; nothing runs per packet.",
	.spec = &spec_tcplife, .filters = F_FLOW, .flags = T_OWNERS | T_COUNT,
	.options = options, .roles = roles, .columns = columns,
	.examples = examples, EVENT_FLOW(EV),
	.event_least = TCPLIFE_LEAST,
};

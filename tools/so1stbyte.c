/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "progs/so1stbyte.h"
#include "tools/ladders.h"

extern const struct spec spec_so1stbyte;

#define EV struct so1stbyte_event

static const struct column columns[] = {
	COL_PID(EV), COL_COMM(EV, 12, 0),
	COL_IP(EV, C_HIDDEN | C_WIDE),
	COL_LADDR(EV, C_HIDDEN), COL_LPORT(EV, C_HIDDEN),
	COL_RADDR(EV, C_KEY), COL_RPORT(EV, C_KEY),
	COL(EV, connect_ns, K_MS, 8, "connect_ns", "CONN_MS", C_ZERO,
	    "from connect() to the connection: SYN, SYN-ACK"),
	COL(EV, think_ns, K_MS, 8, "think_ns", "THINK_MS", C_ZERO,
	    "from there to the first byte read: what the server thought, and "
	    "what the process let it wait"),
	COL(EV, total_ns, K_MS, 8, "total_ns", "TOTAL_MS", 0,
	    "from connect() to the first byte read"),
	COLS_HIDDEN(EV),
	{ 0 }
};

/*
 * Peeks are told from reads by the flags, which stood one place further until
 * 5.18 (see is_peek()); where tcp_recvmsg() has lost its last argument (6.18)
 * there is no such place.
 */
static const struct alternative first_read[] = {
	{ HOOKS(RAW("on_read", "sock_recv_length", "sk ret flags")) },
	{ HOOKS(FEXIT("on_read", "tcp_recvmsg",
		      "sk - - flags old_flags ret=ret")) },
	{ HOOKS(FEXIT("on_read", "tcp_recvmsg", "sk - - flags ret=ret")) },
	{ HOOKS(KPROBE("on_read_enter", "tcp_recvmsg",
		       "sk - - flags old_flags"),
		KRETPROBE("on_read_exit", "tcp_recvmsg", "ret",
			  .maxactive = 1024)),
	  .note = "may miss what happens while its program runs, and tells; "
		  "from Linux 6.18 on a read may be taken for a peek" },
};

static const struct role role_read = {
	.name = "tcp-read", .what = "a process has read from a TCP socket",
	ALTS(first_read),
};

static const struct role *const roles[] = {
	&role_tcp_destroy, &role_tcp_state, &role_read, NULL
};

static const struct tool_option options[] = {
	{ 0, "min-latency", "MS", "only what took this long in all", "min_ns",
	  .min = 0, .max = 3600000, .scale = 1000000 },
	{ 0 }
};

static const struct example examples[] = {
	{ "", "a histogram for each process, when Ctrl-C ends it" },
	{ "-D 443 -i 10", "of connections to this port, each ten seconds" },
	{ "--hist think_ns -o raddr,rport", "what servers thought, by server" },
	{ "--events --min-latency 300", "a line for each that took 300 ms" },
	{ 0 }
};

const struct tool tool_so1stbyte = {
	.name = "so1stbyte",
	.summary = "time from connect() to the first byte read",
	.about = "Measures how long it takes from opening a TCP connection "
		"until a process has read the first byte of it, and draws a "
		"histogram of that.  Reads that find nothing (EAGAIN), the "
		"end of the stream or only look (MSG_PEEK) are not counted, "
		"nor are connections that are closed unread.  --events shows "
		"each, with the parts: until the connection stood, and from "
		"then on.\n\n"
		"Connections that were opened before the tool started are not "
		"measured.  Bytes that splice(2) takes are not seen as read.",
	.overhead = "A small program at every change of a TCP socket's state "
		"and at every read: of any socket, or, where Linux is older "
		"than 6.3, of TCP sockets.",
	.spec = &spec_so1stbyte, .filters = F_FLOW, .flags = T_COUNT,
	.options = options, .roles = roles, .columns = columns,
	.examples = examples, EVENT_FLOW(EV),
	.hist = "total_ns",
	.hist_keys = "comm,pid",
};

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "progs/tcptop.h"
#include "tools/ladders.h"

extern const struct spec spec_tcptop;

#define EV struct tcptop_event

static const struct column columns[] = {
	COL(EV, tx_bytes, K_KB, 7, "tx_bytes", "TX_KB", C_SUM,
	    "data sent in the interval, each byte once"),
	COL(EV, rx_bytes, K_KB, 7, "rx_bytes", "RX_KB", C_SUM,
	    "data received in the interval"),
	COL(EV, flow.pid, K_U32, 7, "pid", "PID",
	    C_KEY | C_OWNER | C_LEFT, "process that owns the socket"),
	COL_COMM(EV, 12, C_KEY),
	COL_LADDR(EV, C_KEY), COL_LPORT(EV, C_KEY),
	COL_RADDR(EV, C_KEY), COL_RPORT(EV, C_KEY),
	COL(EV, tx_bytes, K_KB, 7, "tx_bytes_per_s", "TX_KB/S",
	    C_SUM | C_RATE | C_HIDDEN, "data sent in a second of the interval"),
	COL(EV, rx_bytes, K_KB, 7, "rx_bytes_per_s", "RX_KB/S",
	    C_SUM | C_RATE | C_HIDDEN, "data received in a second of it"),
	COL_IP(EV, C_HIDDEN),
	COLS_HIDDEN(EV),
	{ 0 }
};

/* Segments that come in, and what is read: between two of them nothing moves
 * that the next would not tell. */
static const struct alternative progress[] = {
	{ HOOKS(RAW("on_progress", "tcp_probe", "sk", .catches_up = true),
		RAW("on_progress", "tcp_rcv_space_adjust", "sk",
		    .catches_up = true)) },
	{ HOOKS(KPROBE("on_progress", "tcp_rcv_established", "sk",
		       .catches_up = true),
		KPROBE("on_progress", "tcp_rcv_space_adjust", "sk",
		       .catches_up = true)) },
};

static const struct role role_progress = {
	.name = "tcp-progress", .what = "data moves through a TCP session",
	ALTS(progress),
};

/* tcp_probe is not passed by sessions that one side has shut down. */
static const struct alternative half_closed[] = {
	{ HOOKS(FENTRY("on_progress", "tcp_rcv_state_process", "sk",
		       .catches_up = true)) },
	{ HOOKS(KPROBE("on_progress", "tcp_rcv_state_process", "sk",
		       .catches_up = true)) },
	{ HOOKS(RAW("on_sent", "sock_send_length", "sk",	/* 6.3 */
		    .catches_up = true)),
	  .note = "what is sent then is known as the next is sent" },
};

static const struct role role_half_closed = {
	.name = "half-closed",
	.what = "data moves through a session that one side has shut down",
	.optional = true,
	.without = "what such sessions send is shown as they end",
	ALTS(half_closed),
};

static const struct role *const roles[] = {
	&role_tcp_destroy, &role_owner_accept, &role_tcp_state,
	&role_progress, &role_half_closed, NULL
};

static const struct example examples[] = {
	{ "", "each second, the sessions that move most" },
	{ "5 12 -C", "each five seconds for a minute, one below the other" },
	{ "--by comm -s received", "by program, by what they receive" },
	{ "--by raddr -r 10 -i 10", "the ten busiest remote hosts" },
	{ "10 -o +tx_bytes_per_s,rx_bytes_per_s", "rates, over ten seconds" },
	{ "-D 443 --csv -d 10m", "to one port, for a spreadsheet" },
	{ 0 }
};

const struct tool tool_tcptop = {
	.name = "tcptop",
	.summary = "TCP sessions by what goes through them, each second",
	.about = "Shows each interval (a second, or what -i or the first "
		"argument says) how much each TCP session has sent and "
		"received in it, largest first; what moved nothing is left "
		"out.  The second argument is the number of intervals.  --by "
		"adds up by process, host, port or any other column; -s "
		"chooses what is largest.  -o adds columns: rates, for one.\n\n"
		"On a terminal it fills the screen: q ends it, s sorts by "
		"the next column, blank holds the picture.  -C, a pipe or a "
		"file get a block for each interval.  -S leaves out the line "
		"with time and load.\n\n"
		"Bytes are the kernel's own count of what a session sent, "
		"each byte once, and what it received, also by sendfile(2) "
		"and splice(2): no retransmissions, SYN or FIN.  What is "
		"shown of a session adds up to what went through it while "
		"the tool ran, whether it was there before, ended within an "
		"interval, or was never accepted.  The process is the one "
		"that opened or accepted it.",
	.overhead = "A small program runs for each segment that a connection "
		"receives, as the network stack joins them, and for each "
		"read.",
	.spec = &spec_tcptop, .filters = F_FLOW, .flags = T_OWNERS | T_TOTALS,
	.roles = roles, .columns = columns, .examples = examples,
	EVENT_FLOW(EV),
	.interval = 1,
};

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "progs/tcpsnoop.h"
#include "tools/ladders.h"

extern const struct spec spec_tcpsnoop;

#define EV struct tcpsnoop_event

/* enum snoop_dir */
static const char *const dirs[] = { "->", "<-", NULL };

/* FIN, SYN, RST, PSH, ACK, URG, from the lowest bit on. */
#define F1(s) s, "F" s
#define F2(s) F1(s), F1("S" s)
#define F3(s) F2(s), F2("R" s)
#define F4(s) F3(s), F3("P" s)
#define F5(s) F4(s), F4("A" s)
#define F6(s) F5(s), F5("U" s)
static const char *const flags[] = { F6(""), NULL };

static const struct column columns[] = {
	COL_PID(EV), COL_COMM(EV, 10, C_KEY), COL_IP(EV, C_HIDDEN | C_WIDE),
	COL_LADDR(EV, 0), COL_LPORT(EV, 0),
	COL_ENUM(EV, dir, dirs, 2, "dir", "DR", C_KEY | C_LEFT,
		 "-> is sent, <- is received"),
	COL_RADDR(EV, C_KEY), COL_RPORT(EV, 0),
	COL(EV, len, K_U32, 6, "len", "LEN", C_SUM, "bytes of data"),
	COL_ENUM(EV, flags, flags, 5, "flags", "FLAGS", C_LEFT,
		 "F FIN, S SYN, R RST, P PSH, A ACK, U URG"),
	COL(EV, seq, K_U32, 10, "seq", "SEQ", C_HIDDEN, "sequence number"),
	COL(EV, ack, K_U32, 10, "ack", "ACK", C_HIDDEN,
	    "number that is acknowledged"),
	COL(EV, win, K_U32, 8, "win", "WIN", C_HIDDEN,
	    "window in bytes, scaled"),
	COL(EV, skipped, K_U32, 7, "skipped", "SKIPPED", C_SUM | C_HIDDEN,
	    "packets on the same processor that --sample or --max-rate left "
	    "out since its last row"),
	COLS_HIDDEN(EV),
	{ 0 }
};

static const struct alternative in_alts[] = {
	{ HOOKS(FENTRY("on_in", "tcp_rcv_established", "sk skb"),
		FENTRY("on_in", "tcp_rcv_state_process", "sk skb")) },
	{ HOOKS(KPROBE("on_in", "tcp_rcv_established", "sk skb"),
		KPROBE("on_in", "tcp_rcv_state_process", "sk skb")) },
	{ HOOKS(RAW("on_in", "tcp_probe", "sk skb")),	/* 4.16 */
	  .note = "not seen: packets that open or close connections" },
};

static const struct role role_in = {
	.name = "tcp-in", .what = "a packet arrives at a TCP socket",
	ALTS(in_alts),
};

#define ONE_DEVICE \
	"packets that pass several devices of this machine count for each"

static const struct alternative out_alts[] = {
	SEGMENT_LEAVES("on_out"),
	{ HOOKS(RAW("on_queue", "net_dev_queue", "skb")),
	  .note = ONE_DEVICE },
};

static const struct role role_out = {
	.name = "tcp-out", .what = "a TCP socket sends a packet",
	ALTS(out_alts),
};

static const struct role *const roles[] = {
	&role_tcp_destroy, &role_owner_connect, &role_owner_accept,
	&role_in, &role_out, NULL
};

static const struct tool_option options[] = {
	{ .name = "sample", .arg = "N", .constant = "sample",
	  .help = "one packet of so many that pass the filter, on each "
		  "processor",
	  .min = 1, .max = UINT32_MAX, .def = 1 },
	{ .name = "max-rate", .arg = "N", .constant = "rate",
	  .help = "at most so many rows a second, on each processor",
	  .min = 1, .max = UINT32_MAX, .def = 10000 },
	{ 0 }
};

static const struct example examples[] = {
	{ "-P 443", "packets to and from that port" },
	{ "-A 10.1.2.3 -x -T", "of a peer, with sequence numbers" },
	{ "-c -d 10 --force --sample 100 --max-rate 1000",
	  "of all there is one in a hundred, counted" },
	{ 0 }
};

const struct tool tool_tcpsnoop = {
	.name = "tcpsnoop",
	.summary = "packets of TCP sockets, with their owners",
	.about = "Shows a row for each packet that a TCP socket sends or "
		"gets, with the process that owns the socket.  As this costs "
		"for each packet, it wants a filter (--force: none), and "
		"shows no more than --max-rate rows a second; what is left out "
		"is told by the next row (SKIPPED).\n\n"
		"A packet is what is handed to IP and comes from there: a "
		"device may cut it into many, and put many together.  Not "
		"seen is what is sent without a socket: answers to SYN, "
		"resets where nobody listens, what TIME_WAIT answers.",
	.overhead = "A microsecond for each packet, two for one that is "
		"shown.",
	.spec = &spec_tcpsnoop, .filters = F_FLOW,
	.flags = T_OWNERS | T_COUNT | T_FILTER,
	.options = options, .roles = roles, .columns = columns,
	.examples = examples, EVENT_FLOW(EV),
};

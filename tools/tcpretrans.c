/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "progs/tcpretrans.h"
#include "tools/ladders.h"

extern const struct spec spec_tcpretrans;

#define EV struct tcpretrans_event

static const char *const types[] = {
	"SYN", "SYNACK", "RTO", "FAST", "TLP", NULL
};

/* enum tcp_ca_state */
static const char *const ca_states[] = {
	"Open", "Disorder", "CWR", "Recovery", "Loss", NULL
};

static const struct column columns[] = {
	COL_PID(EV), COL_IP(EV, 0),
	COL_LADDR(EV, C_KEY), COL_LPORT(EV, C_KEY),
	COL_ENUM(EV, type, types, 6, "kind", "TYPE", C_LEFT,
		 "SYN, SYNACK, RTO (timeout), FAST (duplicate ACKs, SACK, "
		 "RACK), TLP (tail loss probe)"),
	COL_RADDR(EV, C_KEY), COL_RPORT(EV, C_KEY),
	COL_ENUM(EV, state, tcp_states, 11, "state", "STATE", C_LEFT,
		 "state of the connection"),
	COL_COMM(EV, 10, C_HIDDEN | C_WIDE),
	COL(EV, seq, K_U32, 10, "seq", "SEQ", C_HIDDEN,
	    "first sequence number of the segment"),
	COL(EV, end_seq, K_U32, 10, "end_seq", "END_SEQ", C_HIDDEN,
	    "sequence number after it"),
	COL(EV, len, K_U32, 5, "len", "LEN", C_HIDDEN, "bytes of data in it"),
	COL(EV, segs, K_U16, 4, "segs", "SEGS", C_SUM | C_HIDDEN,
	    "segments it went out as; 0 when sending failed"),
	COL(EV, err, K_ERRNO, 5, "err", "ERR", C_HIDDEN,
	    "why sending it failed (Linux 6.18, and where kprobes tell; "
	    "elsewhere only what was sent is shown)"),
	COL_ENUM(EV, ca_state, ca_states, 8, "ca_state", "CA",
		 C_LEFT | C_HIDDEN, "state of congestion control"),
	COL(EV, cwnd, K_U32, 5, "cwnd", "CWND", C_HIDDEN,
	    "congestion window in segments"),
	COL(EV, srtt_us, K_U32, 7, "srtt_us", "SRTT_US", C_HIDDEN,
	    "smoothed round trip time"),
	COL(EV, retransmits, K_U32, 4, "timeouts", "TMO", C_HIDDEN,
	    "timeouts in a row"),
	COL(EV, total, K_U32, 5, "total_retrans", "TOTAL", C_HIDDEN,
	    "segments this socket has sent again so far"),
	COLS_HIDDEN(EV),
	{ 0 }
};

#define ENTER_LEAVE(p, f, a)						\
	KPROBE("on_" p "_enter", f, a),					\
	KRETPROBE("on_" p "_leave", f, "err=ret")

static const struct alternative retrans_alts[] = {
	RETRANS_TRACEPOINTS,
	/* many kernels have the second inlined in the first */
	{ HOOKS(ENTER_LEAVE("retrans", "tcp_retransmit_skb", "sk skb"),
		ENTER_LEAVE("retrans", "__tcp_retransmit_skb", "sk skb")),
	  .note = "failed attempts are shown too" },
	{ HOOKS(ENTER_LEAVE("retrans", "tcp_retransmit_skb", "sk skb")),
	  .note = "failed attempts are shown too, tail loss probes are not" },
};

static const struct role role_retrans = {
	.name = "tcp-retransmit", .what = "a TCP segment is sent again",
	ALTS(retrans_alts),
};

static const struct alternative synack_alts[] = {
	{ HOOKS(RAW("on_synack", "tcp_retransmit_synack", "sk req")) },
	{ HOOKS(TRACEPOINT("on_synack", "tcp/tcp_retransmit_synack",
			   "sk=skaddr req")) },
	{ HOOKS(ENTER_LEAVE("synack", "tcp_rtx_synack", "- req")),
	  .note = "failed attempts are shown too" },
};

static const struct role role_synack = {
	.name = "tcp-synack", .what = "a SYN/ACK is sent again",
	.optional = true, .without = "no SYNACK lines", ALTS(synack_alts),
};

static const struct role *const roles[] = {
	&role_tcp_destroy, &role_owner_connect, &role_owner_accept,
	&role_synack, &role_dns, &role_retrans, NULL
};

static const struct example examples[] = {
	{ "", "TCP segments, as they are sent again" },
	{ "-x", "with sequence numbers, window and round trip time" },
	{ "-c -d 60", "per flow, how many segments in a minute" },
	{ "-A 192.0.2.0/24 -j", "towards a network, as JSON" },
	{ 0 }
};

const struct tool tool_tcpretrans = {
	.name = "tcpretrans",
	.summary = "TCP retransmissions, and what caused each",
	.about = "Prints a line for every TCP segment that is sent again: on "
		"which connection, in which state, and why.  Tail loss "
		"probes that send new data are no retransmissions and not "
		"shown.  SYNACK lines belong to connections that are not "
		"open yet and have no PID.",
	.overhead = "One program per retransmission, and one each as sockets "
		"are opened, accepted and closed, to know whose they are; "
		"none per packet.",
	.spec = &spec_tcpretrans, .filters = F_FLOW,
	.flags = T_OWNERS | T_DNS | T_COUNT,
	.roles = roles, .columns = columns, .examples = examples,
	EVENT_FLOW(EV),
};

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "progs/tcpwin.h"
#include "tools/ladders.h"

extern const struct spec spec_tcpwin;

#define EV struct tcpwin_event

static const char *const types[] = {
	"new", "rcv", "ca", "loss", "close", "snd", NULL
};

/* enum tcp_ca_state */
static const char *const ca_states[] = {
	"Open", "Disorder", "CWR", "Recovery", "Loss", NULL
};

#define WINDOW(member, key, heading, width, flags, help)		\
	COL(EV, member, K_S32, width, key, heading, C_NEG | (flags), help)

static const struct column columns[] = {
	COL_ENUM(EV, type, types, 5, "event", "EVENT", C_LEFT | C_KEY,
		 "new, rcv (a segment arrives; values are those before it), "
		 "snd (one is sent, likewise), "
		 "ca (congestion control changes its state), loss (a segment "
		 "is sent again), close"),
	COL(EV, flow.id, K_HEX64, 18, "id", "ID", C_LEFT,
	    "names the connection for as long as the tool runs"),
	COL_LPORT(EV, 0),
	COL_RPORT(EV, 0),
	WINDOW(snd_cwnd, "snd_cwnd", "CWND", 5, 0,
	       "congestion window in segments"),
	WINDOW(snd_ssthresh, "snd_ssthresh", "SSTHRESH", 8, 0,
	       "slow start threshold in segments; unknown until it is first "
	       "set (2147483647 in the kernel)"),
	WINDOW(sk_sndbuf, "sk_sndbuf", "SNDBUF", 7, 0,
	       "room for what is to be sent, in bytes"),
	WINDOW(sk_wmem_queued, "sk_wmem_queued", "WMEMQ", 7, 0,
	       "of that in use"),
	COL(EV, flow.pid, K_U32, 7, "pid", "PID",
	    C_OWNER | C_LEFT | C_HIDDEN | C_WIDE,
	    "process that owns the socket"),
	COL_COMM(EV, 10, C_HIDDEN | C_WIDE),
	COL_IP(EV, C_HIDDEN),
	COL_LADDR(EV, C_HIDDEN | C_WIDE | C_KEY),
	COL_RADDR(EV, C_HIDDEN | C_WIDE | C_KEY),
	COL(EV, cc, K_COMM, 6, "cc", "CC",
	    C_LEFT | C_HIDDEN | C_WIDE | C_ZERO,
	    "congestion control algorithm, in lines of `new'"),
	COL_ENUM(EV, ca_state, ca_states, 8, "ca_state", "CA",
		 C_LEFT | C_HIDDEN, "state of congestion control"),
	WINDOW(srtt_us, "srtt_us", "SRTT_US", 7, C_HIDDEN,
	       "smoothed round trip time"),
	WINDOW(rttvar_us, "rttvar_us", "RTTVAR", 6, C_HIDDEN,
	       "its mean deviation"),
	WINDOW(snd_wnd, "snd_wnd", "SND_WND", 7, C_HIDDEN,
	       "bytes the peer has room for"),
	WINDOW(rcv_wnd, "rcv_wnd", "RCV_WND", 7, C_HIDDEN,
	       "bytes the peer was told there is room for"),
	WINDOW(sk_rcvbuf, "sk_rcvbuf", "RCVBUF", 7, C_HIDDEN,
	       "room for what was received, in bytes"),
	WINDOW(sk_rmem_alloc, "sk_rmem_alloc", "RMEM", 7, C_HIDDEN,
	       "of that in use"),
	WINDOW(packets_out, "packets_out", "OUT", 5, C_HIDDEN,
	       "segments under way"),
	WINDOW(retrans_out, "retrans_out", "RETR", 4, C_HIDDEN,
	       "of them sent again"),
	WINDOW(lost_out, "lost_out", "LOST", 4, C_HIDDEN,
	       "of them held to be lost"),
	WINDOW(sacked_out, "sacked_out", "SACK", 4, C_HIDDEN,
	       "of them acknowledged selectively"),
	COL(EV, delivery_rate, K_S64, 10, "delivery_rate", "DELIVERED/s",
	    C_NEG | C_HIDDEN, "bytes a second that last reached the peer"),
	COL(EV, pacing_rate, K_S64, 10, "pacing_rate", "PACING/s",
	    C_NEG | C_HIDDEN, "bytes a second that may be sent; unknown when "
	    "there is no limit"),
	COL_TID(EV), COL_UID(EV), COL_NETNS(EV), COL_CGROUP(EV),
	{ 0 }
};

static const struct alternative segment_alts[] = {
	SEGMENT_ARRIVES("on_segment"),
	{ HOOKS(TRACEPOINT("on_segment", "tcp/tcp_probe", "sk=skaddr")) },
};

static const struct role role_segment = {
	.name = "tcp-segment",
	.what = "a segment arrives on an established connection",
	ALTS(segment_alts),
};

static const struct alternative ca_alts[] = {
	{ HOOKS(RAW("on_ca", "tcp_cong_state_set", "sk ca_state")) },
	{ HOOKS(TRACEPOINT("on_ca", "tcp/tcp_cong_state_set",
			   "sk=skaddr ca_state=cong_state")) },
};

static const struct role role_ca = {
	.name = "tcp-ca", .what = "congestion control changes its state",
	.optional = true,
	.without = "changes are seen when the next segment arrives",
	ALTS(ca_alts),
};

static const struct alternative loss_alts[] = {
	RETRANS_TRACEPOINTS,
	{ HOOKS(KPROBE("on_retrans", "tcp_retransmit_skb", "sk")),
	  .note = "failed attempts are shown too, tail loss probes are not" },
};

static const struct role role_loss = {
	.name = "tcp-retransmit", .what = "a TCP segment is sent again",
	.optional = true, .without = "no loss lines", ALTS(loss_alts),
};

static const struct alternative sent_alts[] = { SEGMENT_LEAVES("on_sent") };

static const struct role role_sent = {
	.name = "tcp-out", .what = "a TCP socket sends a segment",
	.when = { "sent" }, ALTS(sent_alts),
};

static const struct role *const roles[] = {
	&role_tcp_destroy, &role_owner_accept, &role_tcp_state, &role_loss,
	&role_ca, &role_sent, &role_segment, NULL
};

static const struct tool_option options[] = {
	{ .name = "sent", .constant = "sent", .max = 1,
	  .help = "segments that are sent, too" },
	{ .name = "changes", .constant = "only_changes",
	  .help = "segments only where the congestion window has changed" },
	{ .name = "every", .arg = "TIME", .constant = "every_ns",
	  .duration = true, .max = INT64_MAX,
	  .help = "of each connection no more than one segment in this time: "
		  "10ms" },
	{ 0 }
};

static const struct plot_of plot = {
	.panels = {
		{ "snd_cwnd,snd_ssthresh", "segments" },
		{ "sk_wmem_queued,sk_sndbuf", "bytes" },
	},
	.by = "id",
	.about = "comm,laddr,lport,raddr,rport",
	.mark = "event=loss",
};

static const struct example examples[] = {
	{ "-D 443", "windows of connections to port 443" },
	{ "-L 80 --every 10ms -x --csv", "all columns, at most every 10 ms" },
	{ "-p 4711 -W win.rec", "record; `sockeye plot win.rec -o win.svg' "
				"draws it" },
	{ "-D 443 --plot", "draw it as it goes on" },
	{ "--changes -A 192.0.2.0/24", "as the window changes" },
	{ 0 }
};

const struct tool tool_tcpwin = {
	.name = "tcpwin",
	.summary = "TCP congestion windows and buffers, by segment",
	.about = "Prints a line for every segment that arrives on an "
		"established connection: the congestion window, the slow "
		"start threshold, the send buffer and how full it is, as they "
		"are when the segment comes.  Each connection begins with a "
		"line `new' and ends with one of `close'; of what a peer "
		"opened `new' comes as it is accepted, or with its first "
		"segment; of a connection older than the tool, with the first "
		"one seen.  Lines of `loss' tell that a segment is sent again. "
		"Segments that are sent are shown with --sent alone: what "
		"they change is in the line of the next one that arrives."
		"\n\n"
		"--plot draws window and buffer in the terminal; `sockeye "
		"plot' draws what was recorded (-W) or printed (--csv), as "
		"SVG too.",
	.overhead = "A program runs for each segment received on any TCP "
		"connection, and prints a line unless filters, --changes or "
		"--every spare it; use them on a busy machine.",
	.spec = &spec_tcpwin, .filters = F_FLOW,
	.flags = T_OWNERS | T_COUNT | T_TIME | T_PLOT,
	.options = options, .roles = roles, .columns = columns,
	.examples = examples, EVENT_FLOW(EV),
	.plot = &plot,
};

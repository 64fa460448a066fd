/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "tools/frontend/sockets.h"

#define EV struct socket_event

/* As ss(8) calls them. */
static const char *const timers[] = {
	"off", "on", "keepalive", "timewait", "persist", NULL
};

/* enum tcp_ca_state, and 1 */
static const char *const ca_states[] = {
	"-", "Open", "Disorder", "CWR", "Recovery", "Loss", NULL
};

#define NUMBER(member, kind, key, heading, width, help)			\
	COL(EV, member, kind, width, key, heading, C_NEG | C_HIDDEN, help)
#define U32(member, heading, width, help)				\
	NUMBER(member, K_S32, #member, heading, width, help)
#define U64(member, heading, width, help)				\
	NUMBER(member, K_S64, #member, heading, width, help)

static const struct column columns[] = {
	COL_ENUM(EV, netid, socket_netids, 3, "netid", "NET", C_LEFT | C_KEY,
		 "tcp, udp, raw, or ping (IPPROTO_ICMP of SOCK_DGRAM)"),
	COL_ENUM(EV, state, tcp_states, 11, "state", "STATE", C_LEFT | C_KEY,
		 "state; of UDP and raw sockets ESTABLISHED, they are "
		 "connected, or CLOSE"),
	COL(EV, recv_q, K_S64, 5, "recv_q", "RECVQ", C_NEG | C_SUM,
	    "bytes that wait to be read (of UDP, raw: the memory they take); "
	    "of a listener connections that wait to be accepted"),
	COL(EV, send_q, K_S64, 5, "send_q", "SENDQ", C_NEG | C_SUM,
	    "bytes that are not acknowledged (of UDP, raw: memory not yet "
	    "sent); of a listener how many connections may wait"),
	COL(EV, flow.laddr, K_ADDR, 15, "laddr", "LADDR", C_LEFT,
	    "local address"),
	COL(EV, flow.lport, K_PORT, 5, "lport", "LPORT", C_LEFT, "local port"),
	COL(EV, flow.raddr, K_ADDR, 15, "raddr", "RADDR", C_LEFT,
	    "remote address"),
	COL(EV, flow.rport, K_PORT, 5, "rport", "RPORT", C_LEFT,
	    "remote port"),
	COL_HOLDER(EV),
	COL_COMM(EV, 10, C_HIDDEN | C_WIDE),
	COL(EV, fd, K_S32, 4, "fd", "FD", C_OWNER | C_HIDDEN,
	    "descriptor of that process"),
	COL_OWNERS(EV),
	COL_UID(EV),
	U64(sk_uid, "SK_UID", 6, "user of the socket"),
	COL(EV, inode, K_U32, 8, "inode", "INODE", C_ZERO | C_LEFT | C_HIDDEN,
	    "its inode number"),
	COL_COOKIE(EV),
	COL_IP(EV, C_HIDDEN), COL_PROTO(EV, C_HIDDEN), COL_NETNS(EV),
	COL_CGROUP(EV),
	NUMBER(bound_if, K_S32, "ifindex", "IFINDEX", 7,
	       "device it is bound to; 0: none"),
	COL_ENUM(EV, timer, timers, 9, "timer", "TIMER", C_LEFT | C_HIDDEN,
		 "timer that runs: on (of retransmission), keepalive, "
		 "timewait, persist (the peer has no room)"),
	COL(EV, timer_ns, K_MS, 9, "timer_ns", "TIMER_MS", C_ZERO | C_HIDDEN,
	    "until it expires"),
	U64(tx_bytes, "TX", 8, "bytes sent, each once (Linux 4.19)"),
	U64(rx_bytes, "RX", 8, "bytes received"),
	U64(acked_bytes, "ACKED", 8, "bytes acknowledged; with them one for "
	    "the SYN of who connected, and one for a FIN"),
	U64(retrans_bytes, "RETRANS", 7, "bytes sent again"),
	U32(snd_cwnd, "CWND", 5, "congestion window in segments"),
	U32(snd_ssthresh, "SSTHRESH", 8, "slow start threshold in segments; "
	    "unknown until it is set"),
	U32(srtt_us, "SRTT_US", 7, "smoothed round trip time"),
	U32(rttvar_us, "RTTVAR", 6, "its mean deviation"),
	U32(min_rtt_us, "MIN_RTT", 7, "the least of the last minutes"),
	U32(rto_us, "RTO_US", 7, "retransmission timeout"),
	U32(ato_us, "ATO_US", 6, "delay of acknowledgements"),
	U32(retransmits, "TMO", 3, "timeouts in a row"),
	U32(probes, "PROBES", 6, "probes that were not answered"),
	U32(backoff, "BACKOFF", 7, "how often the timeout was doubled"),
	U32(packets_out, "OUT", 5, "segments under way"),
	U32(sacked_out, "SACK", 4, "of them acknowledged selectively"),
	U32(lost_out, "LOST", 4, "of them held to be lost"),
	U32(retrans_out, "RETR", 4, "of them sent again"),
	U32(total_retrans, "RETRS", 5, "segments sent again in all"),
	U64(segs_out, "SEGS_OUT", 8, "segments sent"),
	U64(segs_in, "SEGS_IN", 8, "segments received"),
	U64(data_segs_out, "DATA_OUT", 8, "of those sent, with data"),
	U64(data_segs_in, "DATA_IN", 8, "of those received, with data"),
	U32(notsent, "NOTSENT", 7, "bytes in the send queue never sent yet"),
	U64(pacing_rate, "PACING/s", 10, "bytes a second that may be sent; "
	    "unknown when there is no limit"),
	U64(delivery_rate, "DELIVERED/s", 11,
	    "bytes a second that last reached the peer"),
	COL(EV, cc, K_COMM, 6, "cc", "CC", C_LEFT | C_ZERO | C_HIDDEN,
	    "congestion control algorithm"),
	COL_ENUM(EV, ca_state, ca_states, 8, "ca_state", "CA",
		 C_ZERO | C_LEFT | C_HIDDEN, "state of congestion control"),
	U32(snd_mss, "MSS", 5, "bytes of data in a segment sent"),
	U32(rcv_mss, "RCV_MSS", 7, "the same of those received"),
	U32(advmss, "ADVMSS", 6, "what the peer was told of that"),
	U32(pmtu, "PMTU", 5, "bytes of a packet on the path"),
	U32(snd_wnd, "SND_WND", 7, "bytes the peer has room for (Linux 5.4)"),
	U32(rcv_wnd, "RCV_WND", 7, "bytes the peer was told there is room "
	    "for (Linux 6.2)"),
	U32(rcv_space, "RCV_SPACE", 9, "bytes read in a round trip time"),
	U32(sk_rmem_alloc, "RMEM", 7, "memory of what was received"),
	U32(sk_rcvbuf, "RCVBUF", 7, "room for it"),
	U32(sk_wmem_queued, "WMEMQ", 7, "memory of what is to be sent"),
	U32(sk_sndbuf, "SNDBUF", 7, "room for it"),
	U64(sk_drops, "DROPS", 5, "packets that were dropped at the socket"),
	{ 0 }
};

static const struct tool_option options[] = {
	{ .name = "state", .arg = "LIST", .constant = "states",
	  .names = tcp_states, .max = UINT32_MAX,
	  .help = "sockets in these states: LISTEN,ESTABLISHED" },
	{ .name = "net", .arg = "LIST", .constant = "protocols",
	  .names = socket_netids, .max = UINT32_MAX,
	  .help = "of these kinds: tcp, udp, raw, ping" },
	OPTION_EACH_OWNER, { 0 }
};

static const struct example examples[] = {
	{ "", "all sockets of all network namespaces" },
	{ "-w --state listen", "who listens, how much waits" },
	{ "-c", "how many there are in which state" },
	{ "-D 443 -o +srtt_us,snd_cwnd,total_retrans 1",
	  "connections to port 443, each second" },
	{ "-N web -j -x", "one network namespace, all that is known" },
	{ 0 }
};

const struct tool tool_sosnap = {
	.name = "sosnap",
	.alias = "snapshot_socket",
	.summary = "sockets that exist, whose, and how full their queues are",
	.about = "Prints a line for each TCP, UDP, raw and ping socket that "
		"there is, and ends; with [TIME [N]], or -i, again each time "
		"that has passed.  All network namespaces are looked at that "
		"processes live in, or that are mounted.  Sockets without a "
		"PID are in no process: not yet accepted, or closed already "
		"(TIME_WAIT)."
		"\n\n"
		"It runs nothing in the kernel: sock_diag(7) lists the "
		"sockets, or, where the kernel has it not, /proc/net, which "
		"knows neither backlogs nor most of what -x shows of TCP; "
		"/proc/PID/fd tells whose they are.  Without root it shows the "
		"sockets of its own network namespace, and the PIDs of one's "
		"own processes.",
	.overhead = SNAPSHOT_OVERHEAD,
	SNAPSHOT(&source_sockets),
	.filters = F_SOCK | F_PID | F_COMM | F_UID | F_CGROUP,
	.flags = T_COUNT | T_SNAPSHOT,
	.options = options,
	.columns = columns,
	.examples = examples,
	.event_size = sizeof(EV),
	.flow_off = offsetof(EV, flow),
};

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "progs/tcpdrop.h"
#include "tools/ladders.h"

extern const struct spec spec_tcpdrop;

#define EV struct tcpdrop_event

static const char *const directions[] = { "in", "out", NULL };

static const char *const tcp_flags[] = {
	"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", NULL
};

static const struct column columns[] = {
	COL_PID(EV),
	COL_ENUM(EV, direction, directions, 3, "direction", "DIR", C_LEFT,
		 "in: received, or passed on; out: sent"),
	COL(EV, flow.laddr, K_ADDR, 15, "laddr", "LADDR", C_LEFT,
	    "local address; of what is passed on, the destination"),
	COL(EV, flow.lport, K_PORT, 5, "lport", "LPORT", C_LEFT | C_ZERO,
	    "local port"),
	COL(EV, flow.raddr, K_ADDR, 15, "raddr", "RADDR", C_LEFT,
	    "remote address"),
	COL(EV, flow.rport, K_PORT, 5, "rport", "RPORT", C_LEFT | C_ZERO,
	    "remote port"),
	COL(EV, reason, K_REASON, 12, "reason", "REASON",
	    C_KEY | C_LEFT | C_ZERO,
	    "why, in the kernel's words (Linux 5.17)"),
	COL(EV, location, K_KSYM, 11, "location", "LOCATION",
	    C_KEY | C_LEFT | C_ZERO, "where in the kernel"),
	COL_IP(EV, C_HIDDEN | C_WIDE),
	COL_BITS(EV, tcp_flags, tcp_flags, 7, "flags", "FLAGS",
		 C_LEFT | C_HIDDEN | C_WIDE, "of the segment"),
	COL_ENUM(EV, state, tcp_states, 11, "state", "STATE",
		 C_LEFT | C_ZERO | C_HIDDEN | C_WIDE,
		 "state of the socket, where that is known"),
	COL(EV, len, K_U32, 5, "len", "LEN", C_SUM | C_HIDDEN,
	    "bytes of the packet, with its IP header"),
	COL(EV, payload, K_U32, 5, "payload", "DATA", C_SUM | C_HIDDEN,
	    "bytes of data in it"),
	COL(EV, dev, K_COMM, 8, "dev", "DEV", C_LEFT | C_ZERO | C_HIDDEN,
	    "device it came from or goes to, where that is known"),
	COL(EV, seq, K_U32, 10, "seq", "SEQ", C_HIDDEN, "sequence number"),
	COL(EV, ack_seq, K_U32, 10, "ack_seq", "ACK_SEQ", C_HIDDEN,
	    "acknowledgement number"),
	COL(EV, window, K_U16, 5, "window", "WIN", C_HIDDEN,
	    "window, as the header has it: not scaled"),
	COL(EV, ttl, K_U8, 3, "ttl", "TTL", C_HIDDEN,
	    "time to live, or hop limit"),
	COL_COMM(EV, 10, C_HIDDEN | C_WIDE),
	COL(EV, kstack, K_KSTACK, 0, "kstack", "KSTACK", C_HIDDEN,
	    "how the kernel came there"),
	COL_TID(EV), COL_UID(EV), COL_NETNS(EV), COL_CGROUP(EV), COL_ID(EV),
	{ 0 }
};

#define BLIND "no reasons; not seen: what TCP drops at open sockets"
#define BY_FUNCTION(p, f, note_)					\
	{ HOOKS(FREED_RAW("on_drop", ""), KPROBE(p, f, "sk skb")),	\
	  .note = note_ },						\
	{ HOOKS(FREED_TRACEPOINT("on_drop", ""),			\
		KPROBE(p, f, "sk skb")), .note = note_ }

static const struct alternative drop_alts[] = {
	FREED_FOR_A_REASON("on_drop_reason"),
	BY_FUNCTION("on_tcp_drop", "tcp_drop", "no reasons"),
	BY_FUNCTION("on_dupack", "tcp_send_dupack", BLIND
		    ", but segments outside the window"),
	{ HOOKS(FREED_RAW("on_drop", "")), .note = BLIND },
	{ HOOKS(FREED_TRACEPOINT("on_drop", "")), .note = BLIND },
};

static const struct role role_drop = {
	.name = "tcp-drop", .what = "a packet is dropped", ALTS(drop_alts),
};

static const struct alternative overflow_alts[] = {
	{ HOOKS(FENTRY("on_request", "tcp_conn_request", "- - sk skb")) },
	{ HOOKS(KPROBE("on_request", "tcp_conn_request", "- - sk skb")) },
	/* the fourth argument is not in a register on i386 */
	{ HOOKS(KPROBE("on_request", "tcp_v4_conn_request", "sk skb"),
		KPROBE("on_request6", "tcp_v6_conn_request", "sk skb")) },
	{ HOOKS(KPROBE("on_request", "tcp_v4_conn_request", "sk skb")),
	  .note = "IPv4 alone" },
};

static const struct role role_overflow = {
	.name = "tcp-listen-overflow",
	.what = "a SYN finds its accept queue full", .optional = true,
	.without = "such SYNs are not shown",
	ALTS(overflow_alts),
};

static const struct role *const roles[] = {
	&role_tcp_destroy, &role_owner_connect, &role_owner_accept,
	&role_overflow, &role_drop, NULL
};

/* What is no trouble: of packets that TCP has dealt with, that nobody will
 * read any more, or that were for others. */
#define EXPECTED							\
	"CONSUMED SKB_CONSUMED SOCKET_CLOSE QUEUE_PURGE TCP_OLD_ACK "	\
	"TCP_OFOMERGE TCP_OLD_DATA TCP_CLOSE OTHERHOST PACKET_SOCK_ERROR"

#define WHERE(constant, function)					\
	{ constant, KERNEL_FUNCTION, function, 0 },			\
	{ constant "_end", KERNEL_FUNCTION_END, function, 0 }

static const struct kernel_constant kernel[] = {
	{ "expected_0", KERNEL_REASONS, EXPECTED, 0 },
	{ "expected_64", KERNEL_REASONS, EXPECTED, 64 },
	{ "expected_128", KERNEL_REASONS, EXPECTED, 128 },
	{ "not_specified", KERNEL_REASON, "NOT_SPECIFIED", 0 },
	WHERE("rcv_state", "tcp_rcv_state_process"),
	WHERE("v4_rcv", "tcp_v4_rcv"),
	WHERE("v6_rcv", "tcp_v6_rcv"),
	WHERE("purge", "skb_queue_purge"),
	/* where that is inlined */
	WHERE("kill_queues", "sk_stream_kill_queues"),
	WHERE("destruct", "inet_sock_destruct"),
	{ "tcp_drop", KERNEL_FUNCTION, "tcp_drop", 0 },
	{ "tcp_send_dupack", KERNEL_FUNCTION, "tcp_send_dupack", 0 },
	{ "tcp_conn_request", KERNEL_FUNCTION, "tcp_conn_request", 0 },
	{ 0 }
};

static const struct tool_option options[] = {
	{ .name = "all", .constant = "all", .max = 1,
	  .help = "regular drops, too: at the end of sessions, of what nobody "
		  "reads any more" },
	{ 0 }
};

static const struct example examples[] = {
	{ "", "TCP segments that the kernel drops, and why" },
	{ "-o +kstack", "with how the kernel came there" },
	{ "-c -d 60", "how many in a minute, by reason and place" },
	{ "-f -o reason,kstack -d 60", "for a flame graph, by reason" },
	{ "-c -o reason,raddr", "by reason and by who sent them" },
	{ "-P 443 --all -j", "of one port, regular ones too, as JSON" },
	{ 0 }
};

const struct tool tool_tcpdrop = {
	.name = "tcpdrop",
	.summary = "TCP segments that the kernel drops, and why",
	.about = "Prints a line for every TCP segment that the kernel drops, "
		"received or sent: its addresses, ports and flags from its "
		"own headers, the reason in the running kernel's words, and "
		"the place.  So also what no socket was found for, what a "
		"filter or a queue dropped, and what was broken.  Socket "
		"and process are shown where the kernel still knows them: "
		"of segments received since Linux 6.14.  Drops that belong "
		"to regular sessions are shown with --all alone: what TCP "
		"has dealt with, what was not read before close(2).  Where "
		"the kernel has no reasons (before 5.17) the place tells.",
	.overhead = "A small program per packet of any kind that is dropped, "
		"and one each as sockets are opened, accepted and closed, to "
		"know whose they are; one per SYN.",
	.spec = &spec_tcpdrop,
	.filters = F_FLOW,
	.flags = T_OWNERS | T_COUNT | T_STACKS,
	.options = options,
	.kernel = kernel,
	.roles = roles,
	.columns = columns,
	.examples = examples,
	.event_size = sizeof(EV),
	.flow_off = offsetof(EV, flow),
};

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "progs/tcpdrop.h"
#include "tools/ladders.h"

extern const struct spec spec_tcpdrop;

#define EV struct tcpdrop_event

static const char *const tcp_flags[] = {
	"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", NULL
};

static const struct column columns[] = {
	COL_PID(EV),
	COL_ENUM(EV, direction, drop_directions, 3, "direction", "DIR", C_LEFT,
		 "in: received, or passed on; out: sent"),
	COL_LADDR_AS(EV, 0,
		     "local address; of what is passed on, the destination"),
	COL_LPORT(EV, C_ZERO),
	COL_RADDR(EV, 0), COL_RPORT(EV, C_ZERO),
	COL(EV, reason, K_REASON, 14, "reason", "REASON",
	    C_KEY | C_LEFT | C_ZERO,
	    "why, in the kernel's words (Linux 5.17)"),
	COL(EV, location, K_KSYM, 9, "location", "LOCATION",
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
	COLS_HIDDEN(EV),
	{ 0 }
};

static const struct role *const roles[] = {
	&role_tcp_destroy, &role_owner_connect, &role_owner_accept,
	&role_listen_overflow, &role_drop, NULL
};

static const struct kernel_constant kernel[] = {
	DROP_CONSTANTS,
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
		"of segments received since Linux 6.11.  Drops that belong "
		"to regular sessions are shown with --all alone: what TCP "
		"has dealt with, what was not read before close(2).  Where "
		"the kernel has no reasons (before 5.17) the place tells.",
	.overhead = "A small program per packet of any kind that is dropped, "
		"and one each as sockets are opened, accepted and closed, to "
		"know whose they are; one per SYN.",
	.spec = &spec_tcpdrop, .filters = F_FLOW,
	.flags = T_OWNERS | T_COUNT | T_STACKS,
	.options = options, .roles = roles, .columns = columns,
	.examples = examples, EVENT_FLOW(EV),
	.kernel = kernel,
};

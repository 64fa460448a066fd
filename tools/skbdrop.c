/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "progs/skbdrop.h"
#include "tools/ladders.h"

extern const struct spec spec_skbdrop;

#define EV struct skbdrop_event

static const struct column columns[] = {
	COL(EV, reason, K_REASON, 18, "reason", "REASON",
	    C_KEY | C_LEFT | C_ZERO,
	    "why, in the kernel's words (Linux 5.17)"),
	COL(EV, location, K_KSYM, 30, "location", "LOCATION",
	    C_KEY | C_LEFT | C_ZERO, "where in the kernel"),
	COL_ENUM(EV, ethertype, ether_names, 5, "ethertype", "ETHER",
		 C_KEY | C_LEFT | C_ZERO,
		 "protocol above Ethernet: ip, ip6, arp ..., or its number"),
	COL_ENUM(EV, flow.protocol, proto_names, 5, "proto", "PROTO",
		 C_KEY | C_LEFT | C_ZERO, "protocol above IP"),
	COL(EV, dev, K_COMM, 8, "dev", "DEV", C_KEY | C_LEFT | C_ZERO,
	    "device it came from or goes to, where that is known"),
	COL_ENUM(EV, direction, drop_directions, 3, "direction", "DIR",
		 C_LEFT | C_HIDDEN | C_WIDE,
		 "in: received, or passed on; out: sent, by a socket"),
	COL_LADDR_AS(EV, C_ZERO | C_HIDDEN | C_WIDE,
		     "local address; of what is passed on, the destination"),
	COL_LPORT(EV, C_ZERO | C_HIDDEN | C_WIDE),
	COL_RADDR(EV, C_ZERO | C_HIDDEN | C_WIDE),
	COL_RPORT(EV, C_ZERO | C_HIDDEN | C_WIDE),
	COL(EV, len, K_U32, 5, "len", "LEN", C_SUM | C_HIDDEN,
	    "bytes of the packet, but for headers that were taken off"),
	COL(EV, kstack, K_KSTACK, 0, "kstack", "KSTACK", C_KEY,
	    "how the kernel came there"),
	COL_NETNS(EV),
	{ 0 }
};

static const struct role *const roles[] = {
	&role_listen_overflow, &role_drop, NULL
};

static const struct kernel_constant kernel[] = { DROP_CONSTANTS, { 0 } };

static const struct tool_option options[] = {
	{ .name = "all", .constant = "all", .max = 1,
	  .help = "usual drops, too: at the end of sessions, of what nobody "
		  "reads any more, or is for others" },
	{ 0 }
};

/* nstat(8)'s, and what devices and their queues count. */
static const char *const counters[] = {
	"snmp", "netstat", "snmp6", "dev", "softnet_stat", NULL
};

static const struct example examples[] = {
	{ "", "until Ctrl-C: packets dropped, by reason, place and stack" },
	{ "-d 10 -o -kstack", "ten seconds, without stacks" },
	{ "-t -o -kstack,+laddr,lport,raddr,rport",
	  "a line for each, as it happens" },
	{ "-N web -P 53", "of port 53 in the network namespace web" },
	{ "-c -o reason,dev", "by reason and device" },
	{ "--dev eth0 --proto udp --reason SOCKET_RCVBUFF",
	  "datagrams that came by eth0 and found their socket full" },
	{ 0 }
};

const struct tool tool_skbdrop = {
	.name = "skbdrop",
	.summary = "packets that the kernel drops, by reason and stack",
	.about = "Counts the packets of all protocols that the kernel drops, "
		"by reason in the running kernel's words, place, protocol, "
		"device and kernel stack, and prints the table at the end; "
		"--events, and a time column, make it a line for each. Below "
		"it stand the kernel's own counters that moved meanwhile: of "
		"IP, TCP, UDP and ICMP as nstat(8) names them, of errors and "
		"drops at devices, and of the queues between those and IP; "
		"these are of the network namespaces of -N, else of one's "
		"own. What devices drop before there is a packet in memory, "
		"and what XDP drops in a driver, is in the counters alone. "
		"Usual drops are left out: of what was read or dealt with, of "
		"sockets that are closed, of what is for others. Where the "
		"kernel has no reasons (before 5.17) the place tells.",
	.overhead = "A small program per packet that is dropped, which counts "
		"it, and one per SYN.",
	.spec = &spec_skbdrop,
	.filters = F_SOCK | F_DEV | F_PROTO | F_REASON,
	.flags = T_COUNT | T_COUNTED | T_STACKS,
	.options = options, .roles = roles, .columns = columns,
	.examples = examples, EVENT_FLOW(EV),
	.kernel = kernel,
	.counters = counters,
	.frames = 12,
};

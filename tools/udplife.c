/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "progs/udplife.h"
#include "tools/ladders.h"

extern const struct spec spec_udplife;

#define EV struct udplife_event

static const struct column columns[] = {
	COL_PID(EV), COL_COMM(EV, 10, 0), COL_IP(EV, C_HIDDEN | C_WIDE),
	COL_LADDR(EV, C_KEY),
	COL_LPORT_AS(EV, C_ZERO, "local port; unknown: it never had one"),
	COL_RADDR_AS(EV, C_KEY | C_ZERO,
		     "remote address, if it was connected as it was closed"),
	COL_RPORT_AS(EV, C_ZERO, "remote port, the same"),
	COL(EV, tx_bytes, K_BYTES, 5, "tx_bytes", "TX_B", C_SUM,
	    "data sent"),
	COL(EV, rx_bytes, K_BYTES, 5, "rx_bytes", "RX_B", C_SUM,
	    "data read by a process; what it did not want of a datagram is "
	    "not in it"),
	COL(EV, duration_ns, K_MS, 5, "duration_ns", "MS", 0,
	    "from socket(2) to its end; with + at least so long: it was "
	    "there before the tool, and so may be some of what it sent and "
	    "read"),
	COL(EV, sends, K_U64, 5, "sends", "SENDS",
	    C_SUM | C_HIDDEN | C_WIDE, "calls that sent"),
	COL(EV, reads, K_U64, 5, "reads", "READS",
	    C_SUM | C_HIDDEN | C_WIDE, "datagrams read"),
	COL_PROTO(EV, C_HIDDEN),
	COLS_HIDDEN(EV),
	{ 0 }
};

/* Both IP families; a kernel without IPv6 has but the first. */
#define TWO(way, back, there, back_there, f4, f6, args)			\
	way(there, f4, args),						\
	back(back_there, f4, "ret", .maxactive = 1024),			\
	way(there, f6, args),						\
	back(back_there, f6, "ret", .maxactive = 1024)

static const struct alternative create_alts[] = {
	{ HOOKS(TWO(FENTRY, FEXIT, "on_create", "on_created", "inet_create",
		    "inet6_create", "- socket")) },
	{ HOOKS(TWO(KPROBE, KRETPROBE, "on_create", "on_created",
		    "inet_create", "inet6_create", "- socket")) },
	{ HOOKS(KPROBE("on_create", "inet_create", "- socket"),
		KRETPROBE("on_created", "inet_create", "ret",
			  .maxactive = 1024)),
	  .note = NOTE_NO_IPV6 },
};

static const struct role role_create = {
	.name = "udp-create", .what = "a socket is made", ALTS(create_alts),
};

static const struct alternative send_alts[] = {
	{ HOOKS(TWO(FENTRY, FEXIT, "on_send", "on_sent", "udp_sendmsg",
		    "udpv6_sendmsg", "sk")) },
	{ HOOKS(TWO(KPROBE, KRETPROBE, "on_send", "on_sent", "udp_sendmsg",
		    "udpv6_sendmsg", "sk")) },
	{ HOOKS(KPROBE("on_send", "udp_sendmsg", "sk"),
		KRETPROBE("on_sent", "udp_sendmsg", "ret",
			  .maxactive = 1024)),
	  .note = NOTE_NO_IPV6 },
};

static const struct role role_send = {
	.name = "udp-send", .what = "a process sends a datagram",
	ALTS(send_alts),
};

static const struct alternative read_alts[] = {
	{ HOOKS(FENTRY("on_read", "skb_consume_udp", "sk - len")) },
	{ HOOKS(KPROBE("on_read", "skb_consume_udp", "sk - len")) },
	/* 4.9, whose arguments these are */
	{ HOOKS(TWO(KPROBE, KRETPROBE, "on_recv", "on_received",
		    "udp_recvmsg", "udpv6_recvmsg", "sk - - - flags")) },
};

static const struct role role_read = {
	.name = "udp-read", .what = "a process has read a datagram",
	ALTS(read_alts),
};

static const struct alternative destroy_alts[] = {
	{ HOOKS(FENTRY("on_destroy", "udp_destroy_sock", "sk"),
		FENTRY("on_destroy", "udpv6_destroy_sock", "sk")) },
	{ HOOKS(KPROBE("on_destroy", "udp_destroy_sock", "sk"),
		KPROBE("on_destroy", "udpv6_destroy_sock", "sk")) },
	{ HOOKS(KPROBE("on_destroy", "udp_destroy_sock", "sk")),
	  .note = NOTE_NO_IPV6 },
};

static const struct role role_destroy = {
	.name = "udp-destroy", .what = "a UDP socket goes away",
	ALTS(destroy_alts),
};

static const struct role *const roles[] = {
	&role_destroy, &role_send, &role_read, &role_create, NULL
};

static const struct example examples[] = {
	{ "", "UDP sockets, as they are closed" },
	{ "-p 4711 -j", "those of one process, one JSON object a line" },
	{ "-w -D 53", "connected to port 53, with calls and datagrams" },
	{ "-c -d 60", "sums by address for a minute" },
	{ 0 }
};

const struct tool tool_udplife = {
	.name = "udplife",
	.summary = "UDP sockets as they are closed: whose, how much",
	.about = "Prints a line when a UDP socket (or UDP Lite) goes away, "
		"connected or not: the process that made it, both ends, how "
		"much it sent and read, and how long it lived.  Bytes are "
		"those that the calls returned, so none that failed, and of "
		"a datagram longer than the buffer what fitted.  Of a socket "
		"that was there before this tool the process is the first "
		"that uses it, and what it did before is not known.",
	.overhead = "Two small programs per datagram sent, one per datagram "
		"read, which add up in the kernel; three per socket.",
	.spec = &spec_udplife, .filters = F_FLOW, .flags = T_COUNT,
	.roles = roles, .columns = columns, .examples = examples,
	EVENT_FLOW(EV),
};

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "progs/udpconnect.h"
#include "tools/ladders.h"

extern const struct spec spec_udpconnect;

#define EV struct udpconnect_event

static const char *const ops[] = {
	"", "CONNECT", "DISSOLVE", "SEND", "MORE", NULL
};

static const struct column columns[] = {
	COL_PID(EV), COL_COMM(EV, 10, 0), COL_IP(EV, 0),
	COL_ENUM(EV, op, ops, 8, "op", "OP", C_KEY | C_LEFT,
		 "CONNECT, DISSOLVE (the peer is given up), SEND (the first "
		 "datagram to this address), MORE (all after it)"),
	COL_RADDR_AS(EV, C_KEY,
		     "remote address: the kernel's, or as asked for where it "
		     "took none"),
	COL_RPORT(EV, C_KEY),
	COL_LPORT(EV, C_ZERO),
	COL(EV, call_ns, K_MS, 5, "call_ns", "LAT", 0,
	    "how long the call took (LAT: ms); of MORE all together"),
	COL_RESULT(EV, 13),
	COL_LADDR(EV, C_HIDDEN | C_WIDE),
	COL(EV, sends, K_U64, 5, "sends", "SENDS", C_SUM | C_HIDDEN | C_WIDE,
	    "datagrams sent"),
	COL(EV, tx_bytes, K_BYTES, 7, "tx_bytes", "TX_B",
	    C_SUM | C_HIDDEN | C_WIDE, "data in them"),
	COL_PROTO(EV, C_HIDDEN),
	COLS_HIDDEN(EV),
	{ 0 }
};

/*
 * inet_dgram_connect() is passed on the way to all of them: udp_connect() and
 * udpv6_connect() since 6.13, ip4_datagram_connect() and
 * ip6_datagram_connect() before, udp_disconnect().
 */
static const struct alternative connect_alts[] = {
	{ HOOKS(FENTRY("on_connect", "inet_dgram_connect",
		       "socket uaddr len"),
		FEXIT("on_return", "inet_dgram_connect", "ret")) },
	{ HOOKS(KPROBE("on_connect", "inet_dgram_connect",
		       "socket uaddr len"),
		KRETPROBE("on_return", "inet_dgram_connect", "ret",
			  .maxactive = 1024)) },
	{ HOOKS(TRACEPOINT("on_connect_enter", "syscalls/sys_enter_connect",
			   "fd uaddr=uservaddr len=addrlen"),
		TRACEPOINT("on_exit", "syscalls/sys_exit_connect", "ret")),
	  .note = NOTE_SYSCALLS },
};

static const struct role role_connect = {
	.name = "udp-connect", .what = "connect(2) is called, and returns",
	ALTS(connect_alts),
};

#define SEND_ENTRY(way, back, function)					\
	way("on_send", function, "sk msg"),				\
	back("on_return", function, "ret", .maxactive = 1024)

static const struct alternative send_alts[] = {
	{ HOOKS(SEND_ENTRY(FENTRY, FEXIT, "udp_sendmsg"),
		SEND_ENTRY(FENTRY, FEXIT, "udpv6_sendmsg")) },
	{ HOOKS(SEND_ENTRY(KPROBE, KRETPROBE, "udp_sendmsg"),
		SEND_ENTRY(KPROBE, KRETPROBE, "udpv6_sendmsg")) },
	{ HOOKS(TRACEPOINT("on_sendto_enter", "syscalls/sys_enter_sendto",
			   "fd uaddr=addr len=addr_len"),
		TRACEPOINT("on_exit", "syscalls/sys_exit_sendto", "ret"),
		TRACEPOINT("on_sendmsg_enter", "syscalls/sys_enter_sendmsg",
			   "fd msg"),
		TRACEPOINT("on_exit", "syscalls/sys_exit_sendmsg", "ret")),
	  .note = NOTE_SYSCALLS "; sendmmsg(2)" },
	{ HOOKS(SEND_ENTRY(KPROBE, KRETPROBE, "udp_sendmsg")),
	  .note = NOTE_NO_IPV6 },
};

static const struct role role_send = {
	.name = "udp-send",
	.what = "a datagram is sent to an address that comes with it",
	.when = { "unconnected" }, ALTS(send_alts),
};

static const struct role *const roles[] = { &role_connect, &role_send, NULL };

static const struct tool_option options[] = {
	OPTION_ERRORS,
	{ .name = "unconnected", .constant = "unconnected", .max = 1,
	  .help = "datagrams that come with an address, too: the first of a "
		  "process and socket to each, and at the end the sum of "
		  "those after it" },
	{ 0 }
};

static const struct example examples[] = {
	{ "", "every connect(2) of a UDP socket, with its result" },
	{ "--unconnected -w", "those who send without, and how much" },
	{ "-P 53,853 -T", "name servers that are asked, and when" },
	{ "--errors -T", "calls that failed, with the time of day" },
	{ "-c -d 60", "count by peer and result for a minute" },
	{ 0 }
};

const struct tool tool_udpconnect = {
	.name = "udpconnect",
	.summary = "UDP sockets that are connected, or send without",
	.about = "Prints a line for every connect(2) of a UDP socket (and UDP "
		"Lite) as it returns: how long it took and what it returned. "
		" Nothing is sent by it; that there is no route, or that it "
		"is not allowed, is known then.  DISSOLVE, connect(2) to "
		"AF_UNSPEC, shows the peer that there was.\n"
		"\n"
		"With --unconnected also datagrams that are sent to an "
		"address given along with them (DNS, NTP, QUIC servers, "
		"syslog): a line for the first of a process and socket to "
		"each address, and one more as this tool stops with the sum "
		"of all after it.  Sending that fails is told apart by its "
		"error.",
	.overhead = "Two small programs per connect(2); with --unconnected "
		"two per datagram sent, which are added up in the kernel.",
	.spec = &spec_udpconnect, .filters = F_FLOW, .flags = T_COUNT,
	.options = options, .roles = roles, .columns = columns,
	.examples = examples, EVENT_FLOW(EV),
};

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "progs/bindsnoop.h"
#include "tools/ladders.h"

extern const struct spec spec_bindsnoop;

#define EV struct bind_event

static const char *const ops[] = { "", "BIND", "AUTO", NULL };
static const char *const opts[] = {
	"none", "freebind", "transparent", "no_port", "reuseaddr",
	"reuseport", NULL
};

static const struct column columns[] = {
	COL_PID(EV), COL_COMM(EV, 10, 0), COL_IP(EV, 0), COL_PROTO(EV, C_KEY),
	COL_ENUM(EV, op, ops, 4, "op", "OP", C_LEFT | C_HIDDEN,
		 "BIND, or AUTO (--implicit)"),
	COL_LADDR_AS(EV, C_KEY,
		     "address, as it is now bound; of a call that failed, as "
		     "asked for"),
	COL_LPORT_AS(EV, C_KEY, "port, the same"),
	COL(EV, ifindex, K_U32, 2, "ifindex", "IF", C_ZERO,
	    "number of the interface it is bound to"),
	COL_RESULT(EV, 13),
	COL_BITS(EV, opts, opts, 9, "opts", "OPTS", C_LEFT | C_ZERO,
		 "freebind, transparent, no_port (IP_BIND_ADDRESS_NO_PORT), "
		 "reuseaddr, reuseport; unknown without BTF"),
	COL(EV, asked_port, K_PORT, 5, "asked_port", "ASKED",
	    C_LEFT | C_HIDDEN, "port that was asked for; 0: any"),
	COL_CALL_NS(EV),
	COLS_HIDDEN(EV),
	{ 0 }
};

#define NOTE_NO_MPTCP "not seen: MPTCP from Linux 6.6 on"
#define BIND_ENTRY(way, back, function)					\
	way("on_bind", function, "socket uaddr len"),			\
	back("on_return", function, "ret")

#define BIND_BOTH(way, back)						\
	BIND_ENTRY(way, back, "inet_bind"),				\
	BIND_ENTRY(way, back, "inet6_bind")

/* mptcp_bind() goes by neither since 6.6; before, the inner call is shown. */
static const struct alternative bind_alts[] = {
	{ HOOKS(BIND_BOTH(FENTRY, FEXIT),
		BIND_ENTRY(FENTRY, FEXIT, "mptcp_bind")) },
	{ HOOKS(BIND_BOTH(FENTRY, FEXIT)), .note = NOTE_NO_MPTCP },
	{ HOOKS(BIND_BOTH(KPROBE, KRETPROBE),
		BIND_ENTRY(KPROBE, KRETPROBE, "mptcp_bind")) },
	{ HOOKS(BIND_BOTH(KPROBE, KRETPROBE)), .note = NOTE_NO_MPTCP },
	{ HOOKS(TRACEPOINT("on_enter", "syscalls/sys_enter_bind",
			   "fd uaddr=umyaddr len=addrlen"),
		TRACEPOINT("on_exit", "syscalls/sys_exit_bind", "ret")),
	  .note = NOTE_SYSCALLS },
	{ HOOKS(BIND_ENTRY(KPROBE, KRETPROBE, "inet_bind")),
	  .note = NOTE_NO_IPV6 },
};

static const struct role role_bind = {
	.name = "bind", .what = "bind(2) is called, and returns",
	ALTS(bind_alts),
};

static const struct alternative auto_alts[] = {
	{ HOOKS(FENTRY("on_autobind", "inet_autobind", "sk"),
		FEXIT("on_return", "inet_autobind", "ret")) },
	{ HOOKS(KPROBE("on_autobind", "inet_autobind", "sk"),
		KRETPROBE("on_return", "inet_autobind", "ret")) },
};

static const struct role role_auto = {
	.name = "autobind",
	.what = "a socket is given a port as it connects or sends",
	.when = { "implicit" }, ALTS(auto_alts),
};

static const struct role *const roles[] = { &role_bind, &role_auto, NULL };

static const struct tool_option options[] = {
	OPTION_ERRORS,
	{ .name = "implicit", .constant = "implicit", .max = 1,
	  .help = "ports, too, that sockets get which send or connect "
		  "unbound: all but TCP's, which tcpconnect shows" },
	{ 0 }
};

static const struct example examples[] = {
	{ "", "every bind(2) of an IP socket" },
	{ "--errors -T", "those that failed, with the time of day" },
	{ "-L 80,443", "of these ports" },
	{ "-c -d 60", "count by address, port and result for a minute" },
	{ 0 }
};

const struct tool tool_bindsnoop = {
	.name = "bindsnoop",
	.summary = "calls of bind(2) on IP sockets, what came of each",
	.about = "Prints a line for every bind(2) of an IPv4 or IPv6 socket "
		"(SCTP excepted, where functions are watched) as it returns: "
		"the address and the port the kernel took, its choice where "
		"0 was asked for; of a call that failed what was asked for, "
		"and why it failed.  OPTS and IF are those of the socket at "
		"that moment.",
	.overhead = "Two small programs per bind(2).",
	.spec = &spec_bindsnoop, .filters = F_FLOW, .flags = T_COUNT,
	.options = options, .roles = roles, .columns = columns,
	.examples = examples, EVENT_FLOW(EV),
};

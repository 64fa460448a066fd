/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "progs/solisten.h"
#include "tools/ladders.h"

extern const struct spec spec_solisten;

#define EV struct listen_event

static const char *const kinds[] = {
	"", "tcp", "mptcp", "dccp", "sctp", "unix", "other", NULL
};

static const struct column columns[] = {
	COL_PID(EV), COL_COMM(EV, 10, 0), COL_IP(EV, 0),
	COL_ENUM(EV, kind, kinds, 5, "proto", "PROTO", C_KEY | C_LEFT,
		 "protocol, or unix"),
	COL_LADDR_AS(EV, C_KEY, "address"),
	COL_LPORT_AS(EV, C_KEY | C_ZERO,
		     "port, which the kernel may have chosen"),
	COL(EV, backlog, K_S32, 7, "backlog", "BACKLOG", 0,
	    "how many may wait to be accepted: at most net.core.somaxconn"),
	COL_RESULT(EV, 10),
	COL(EV, path, K_COMM, 6, "path", "PATH", C_LEFT | C_ZERO,
	    "of AF_UNIX, the last 32 bytes; @: abstract; unknown without "
	    "BTF"),
	COL(EV, asked, K_S64, 6, "asked", "ASKED", C_NEG | C_HIDDEN | C_WIDE,
	    "backlog that was asked for"),
	COL_CALL_NS(EV),
	COLS_HIDDEN(EV),
	{ 0 }
};

#define NOT_SCTP "not seen: SCTP"
#define LISTEN_ENTRY(way, back, function)				\
	way("on_listen", function, "socket backlog"),			\
	back("on_return", function, "ret")
#define ALL_FAMILIES(way, back)						\
	LISTEN_ENTRY(way, back, "inet_listen"),				\
	LISTEN_ENTRY(way, back, "unix_listen")

/* Each family, and MPTCP, has a function of its own. */
static const struct alternative listen_alts[] = {
	{ HOOKS(ALL_FAMILIES(FENTRY, FEXIT),
		LISTEN_ENTRY(FENTRY, FEXIT, "mptcp_listen")),
	  .note = NOT_SCTP },
	{ HOOKS(ALL_FAMILIES(FENTRY, FEXIT)), .note = NOT_SCTP ", MPTCP" },
	{ HOOKS(ALL_FAMILIES(KPROBE, KRETPROBE),
		LISTEN_ENTRY(KPROBE, KRETPROBE, "mptcp_listen")),
	  .note = NOT_SCTP },
	{ HOOKS(ALL_FAMILIES(KPROBE, KRETPROBE)), .note = NOT_SCTP ", MPTCP" },
	{ HOOKS(TRACEPOINT("on_enter", "syscalls/sys_enter_listen",
			   "fd backlog"),
		TRACEPOINT("on_exit", "syscalls/sys_exit_listen", "ret")),
	  .note = NOTE_SYSCALLS },
	{ HOOKS(LISTEN_ENTRY(KPROBE, KRETPROBE, "inet_listen")),
	  .note = NOT_SCTP ", MPTCP, AF_UNIX" },
};

static const struct role role_listen = {
	.name = "listen", .what = "listen(2) is called, and returns",
	ALTS(listen_alts),
};

static const struct alternative asked_alts[] = {
	{ HOOKS(TRACEPOINT("on_asked", "syscalls/sys_enter_listen",
			   "fd backlog")) },
};

static const struct role role_asked = {
	.name = "asked", .what = "what backlog listen(2) is given",
	.optional = true, .without = "ASKED is unknown",
	.when = { "want_asked" }, ALTS(asked_alts),
};

static const struct role *const roles[] = { &role_asked, &role_listen, NULL };

static const struct tool_option options[] = {
	OPTION_ERRORS, { 0 }
};

static const struct example examples[] = {
	{ "", "every listen(2), AF_UNIX too" },
	{ "-w -T", "with the time of day and the backlog asked for" },
	{ "--errors", "those that failed" },
	{ "-4 -L 80,443", "IPv4, these ports" },
	{ 0 }
};

const struct tool tool_solisten = {
	.name = "solisten",
	.summary = "calls of listen(2): where, and with what backlog",
	.about = "Prints a line for every listen(2) as it returns: address "
		"and port (the kernel's choice, where the socket was not "
		"bound), or the path of an AF_UNIX socket; the backlog that "
		"is in force, which net.core.somaxconn cuts; and why a call "
		"failed.  listen(2) on a socket that listens already changes "
		"its backlog, and is shown.",
	.overhead = "Two small programs per listen(2).",
	.spec = &spec_solisten, .filters = F_FLOW, .flags = T_COUNT,
	.options = options, .roles = roles, .columns = columns,
	.examples = examples, EVENT_FLOW(EV),
};

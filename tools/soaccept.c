/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "progs/soaccept.h"
#include "tools/ladders.h"

extern const struct spec spec_soaccept;

#define EV struct soaccept_event

static const struct column columns[] = {
	COL_PID(EV), COL_COMM(EV, 10, 0), COL_IP(EV, 0),
	COL_RADDR_AS(EV, C_KEY | C_ZERO,
		     "address of the peer; unknown when the call failed"),
	COL_RPORT_AS(EV, C_ZERO, "port of the peer"),
	COL_LADDR_AS(EV, C_KEY,
		     "local address; when the call failed the listener's"),
	COL_LPORT(EV, C_KEY | C_ZERO),
	COL(EV, result, K_ERRNO, 12, "result", "RESULT", C_KEY | C_LEFT,
	    "0, or why the call failed; after ERESTARTSYS, a signal, it "
	    "fails with EINTR or starts again"),
	COL(EV, fd, K_S32, 4, "fd", "FD", C_HIDDEN | C_NEG,
	    "descriptor of the connection"),
	COL(EV, listen_fd, K_S32, 5, "listen_fd", "LISFD", C_HIDDEN | C_NEG,
	    "descriptor that accept(2) was called for"),
	COL(EV, blocked_ns, K_MS, 7, "blocked_ns", "MS", C_HIDDEN | C_ZERO,
	    "how long the call took; with + at least so long: it was "
	    "waiting when the tool started"),
	COLS_HIDDEN(EV),
	{ 0 }
};

#define ENTER_LEAVE_ENTRY(way, back)					\
	way("on_inet_enter", "inet_accept", "sock newsock"),		\
	back("on_inet_leave", "inet_accept", "ret", .maxactive = 1024)

#define INNER_NOTE							\
	"not seen: what fails before the protocol is asked (EMFILE, "	\
	"ENFILE, EBADF, ENOTSOCK), descriptors"

/*
 * The system calls first: only they tell of calls that fail for want of a
 * descriptor, and leaving them is seen of calls that waited when we came.  Of
 * these the functions show success alone, by what inet_accept() calls last;
 * see role_tcp_accept.
 */
static const struct alternative accept_alts[] = {
	{ HOOKS(TRACEPOINT("on_call_enter", "syscalls/sys_enter_accept",
			   "fd"),
		TRACEPOINT("on_call_leave", "syscalls/sys_exit_accept",
			   "ret"),
		TRACEPOINT("on_call_enter", "syscalls/sys_enter_accept4",
			   "fd"),
		TRACEPOINT("on_call_leave", "syscalls/sys_exit_accept4",
			   "ret")),
	  .note = "not seen: io_uring, 32-bit programs on 64-bit kernels; "
		  "on ARM (5.10) calls that waited when the tool started" },
	{ HOOKS(ENTER_LEAVE_ENTRY(FENTRY, FEXIT),
		FENTRY("on_accept", "__inet_accept", "- - sk")),
	  .note = INNER_NOTE },
	{ HOOKS(ENTER_LEAVE_ENTRY(FENTRY, FEXIT),
		FENTRY("on_accept", "security_sock_graft", "sk")),
	  .note = INNER_NOTE },
	{ HOOKS(ENTER_LEAVE_ENTRY(KPROBE, KRETPROBE),
		KPROBE("on_accept", "__inet_accept", "- - sk")),
	  .note = INNER_NOTE },
	{ HOOKS(ENTER_LEAVE_ENTRY(KPROBE, KRETPROBE),
		KPROBE("on_accept", "security_sock_graft", "sk")),
	  .note = INNER_NOTE },
	{ HOOKS(ENTER_LEAVE_ENTRY(KPROBE, KRETPROBE)),
	  .note = INNER_NOTE ", calls that waited when the tool started" },
	{ HOOKS(RAW("on_any_leave", "sys_exit", "regs ret")),
	  .note = "looks at every system call; not seen: failures, how long "
		  "calls took, io_uring" },
};

static const struct role role_accept = {
	.name = "accept-call", .what = "accept(2) is called and returns",
	ALTS(accept_alts),
};

static const struct role *const roles[] = { &role_accept, NULL };

static const struct tool_option options[] = {
	{ .name = "eagain", .help = "show calls that found nobody waiting, too",
	  .constant = "eagain", .max = 1 },
	{ 0 }
};

static const struct example examples[] = {
	{ "", "every connection accepted, and every call that failed" },
	{ "-o +fd,blocked_ns", "with the descriptor, and how long calls took" },
	{ "--eagain -c -d 10", "count by listener and result, EAGAIN too" },
	{ 0 }
};

const struct tool tool_soaccept = {
	.name = "soaccept",
	.summary = "calls of accept(2): with whom, or why they failed",
	.about = "Prints a line when a call of accept(2) or accept4(2) on an "
		"IP socket returns.  Addresses of a connection are those of "
		"the socket in the kernel, whatever the caller asked for; a "
		"call that failed has no peer, and the listener's local "
		"address.  Calls for what is no socket (EBADF, ENOTSOCK) "
		"have no addresses.  EAGAIN, which servers that wait with "
		"poll(2) get all the time, is shown with --eagain only.",
	.overhead = "Two small programs per call; where they stand on the "
		"system calls (see --plan), every system call of the machine "
		"becomes a little slower while it runs.",
	.spec = &spec_soaccept, .filters = F_FLOW, .flags = T_COUNT,
	.options = options, .roles = roles, .columns = columns,
	.examples = examples, EVENT_FLOW(EV),
};

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "progs/tcpnagle.h"
#include "tools/ladders.h"

extern const struct spec spec_tcpnagle;

#define EV struct tcpnagle_event

/* enum nagle_reason */
static const char *const reasons[] = {
	"none", "pacing", "cwnd", "rwnd", "nagle", "cork", "tsq", "autocork",
	"tso", "other", NULL
};

/* TCP_NAGLE_OFF, TCP_NAGLE_CORK, TCP_NAGLE_PUSH (include/net/tcp.h) */
static const char *const flags[] = {
	"ON", "OFF", "CORK", "OFF|CORK", "PUSH", "OFF|PUSH", "CORK|PUSH",
	"OFF|CORK|PUSH", NULL
};

static const struct column columns[] = {
	COL_PID(EV), COL_COMM(EV, 10, 0),
	COL_IP(EV, C_HIDDEN | C_WIDE),
	COL_LADDR(EV, C_HIDDEN), COL_LPORT(EV, 0),
	COL_RADDR(EV, 0), COL_RPORT(EV, 0),
	COL_ENUM(EV, nonagle, flags, 8, "nonagle", "NONAGLE",
		 C_KEY | C_LEFT | C_HIDDEN,
		 "what the socket has set: ON, or TCP_NODELAY (OFF), TCP_CORK "
		 "(CORK), and whether what waits is let through (PUSH)"),
	COL_ENUM(EV, call, flags, 8, "call", "CALL", C_KEY | C_LEFT,
		 "what of NONAGLE the attempt to send had: MSG_MORE is CORK"),
	COL_ENUM(EV, reason, reasons, 8, "reason", "REASON", C_KEY | C_LEFT,
		 "what it waited for: acknowledgement of a small segment "
		 "(nagle), to be uncorked (cork), the congestion window "
		 "(cwnd), the peer's window (rwnd), its packets to leave the "
		 "device (tsq, autocork), its time (pacing), more data for a "
		 "larger packet (tso)"),
	COL(EV, bytes, K_U32, 6, "bytes", "BYTES", C_SUM,
	    "bytes that were sent"),
	COL(EV, segs, K_U32, 5, "segs", "SEGS", C_SUM | C_HIDDEN,
	    "segments that were sent; with --all as many as TCPOrigDataSent "
	    "of netstat(8) has, but for FINs by themselves"),
	COL(EV, waited_ns, K_MS, 8, "waited_ns", "WAIT_MS", C_SUM,
	    "how long the oldest of them waited; with + they still did as "
	    "this tool stopped"),
	COLS_HIDDEN(EV),
	{ 0 }
};

/* The functions that send data for the first time. */
static const struct alternative xmit_alts[] = {
	{ HOOKS(FENTRY("on_xmit_enter", "tcp_write_xmit",
		       "sk mss_now nonagle"),
		FEXIT("on_xmit_leave", "tcp_write_xmit", ""),
		FENTRY("on_xmit_enter", "tcp_write_wakeup", "sk"),
		FEXIT("on_xmit_leave", "tcp_write_wakeup", "")) },
	{ HOOKS(KPROBE("on_xmit_enter", "tcp_write_xmit",
		       "sk mss_now nonagle"),
		KRETPROBE("on_xmit_leave", "tcp_write_xmit", ""),
		KPROBE("on_xmit_enter", "tcp_write_wakeup", "sk"),
		KRETPROBE("on_xmit_leave", "tcp_write_wakeup", "")) },
};

static const struct role role_xmit = {
	.name = "tcp-xmit", .what = "TCP tries to send what is queued",
	ALTS(xmit_alts),
};

/*
 * Since 7.1 tcp_release_cb() is called only if something has been put off
 * (tcp_release_cb_cond()), which data that autocorking holds back is not; sent
 * by a process it has been, and before 6.5 spliced into the socket by none but
 * tcp_release_cb().
 */
static const struct alternative release_alts[] = {
	{ HOOKS(FENTRY("on_release", "tcp_release_cb", "sk"),
		FEXIT("on_release", "tcp_sendmsg_locked", "sk")) },
	{ HOOKS(KPROBE("on_release_any", "release_sock", "sk")) },
};

static const struct role role_release = {
	.name = "tcp-release", .what = "a process lets go of a TCP socket",
	.optional = true,
	.without = "no waits for packets to leave the device (autocork)",
	ALTS(release_alts),
};

static const struct role *const roles[] = {
	&role_tcp_destroy, &role_owner_connect, &role_owner_accept,
	&role_release, &role_xmit, NULL
};

static const struct tool_option options[] = {
	{ .name = "all", .constant = "want_all",
	  .help = "count what was sent at once, too (reason none)" },
	OPTION_MIN_LATENCY,
	{ 0 }
};

static const struct example examples[] = {
	{ "", "a histogram for each reason, when Ctrl-C ends it" },
	{ "-D 443 --hist waited_ns -o comm,rport,reason",
	  "of a port, by process" },
	{ "--events --min 40ms", "a line for each wait of 40 ms or more" },
	{ "-c --all -o call,reason -d 10",
	  "what sends of ten seconds asked for, and what came of it" },
	{ 0 }
};

const struct tool tool_tcpnagle = {
	.name = "tcpnagle",
	.summary = "how long data waits in TCP's write queue, and why",
	.about = "Measures how long data waited in the write queue of its "
		"socket until it was sent for the first time, and tells what "
		"for: Nagle's algorithm, a cork, a window, or else.  The time "
		"begins when the data could not be sent at once; of several "
		"reasons one after the other the last is told.  --events "
		"shows each, --all also what did not wait.\n\n"
		"Waiting for packets that are paced by a qdisc (fq) is none: "
		"they are sent as far as TCP is concerned.  Pacing by TCP "
		"itself is told from Linux 5.0 on.",
	.overhead = "Two small programs at each attempt of TCP to send, and "
		"one as often as a process has called into a TCP socket.",
	.spec = &spec_tcpnagle, .filters = F_FLOW, .flags = T_OWNERS | T_COUNT,
	.options = options, .roles = roles, .columns = columns,
	.examples = examples, EVENT_FLOW(EV),
	.hist = "waited_ns",
	.hist_keys = "reason,comm",
};

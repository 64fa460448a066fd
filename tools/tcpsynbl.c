/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "progs/tcpsynbl.h"
#include "tools/ladders.h"

extern const struct spec spec_tcpsynbl;

#define EV struct tcpsynbl_event

static const char *const queues[] = { "SYN", "ACCEPT", NULL };

static const char *const results[] = {
	"OK", "COOKIE", "ACCEPT_FULL", "SYN_FULL", "DROPPED", NULL
};

static const struct column columns[] = {
	COL_PID(EV), COL_COMM(EV, 12, 0),
	COL_IP(EV, C_HIDDEN | C_WIDE),
	COL_LADDR_AS(EV, C_KEY, "address it listens at"),
	COL_LPORT_AS(EV, C_KEY, "port it listens at"),
	COL_ENUM(EV, queue, queues, 6, "queue", "QUEUE", C_KEY | C_LEFT,
		 "SYN: a SYN came, and found connections half open; ACCEPT: a "
		 "handshake ends, and finds connections that wait for "
		 "accept(2)"),
	COL(EV, len, K_S32, 5, "backlog", "BLOG", C_NEG,
	    "how many were in that queue"),
	COL(EV, max, K_U32, 5, "limit", "LIMIT", C_KEY,
	    "the listener's backlog; the queue of accept(2) takes one more"),
	COL_ENUM(EV, result, results, 11, "result", "RESULT", C_KEY | C_LEFT,
		 "OK; COOKIE: answered with a SYN cookie; dropped since a "
		 "queue was full (ACCEPT_FULL, SYN_FULL), or for another "
		 "reason (DROPPED)"),
	COL(EV, young, K_S32, 5, "young", "YOUNG", C_HIDDEN | C_NEG,
	    "half open ones whose SYN/ACK was sent but once"),
	COL(EV, tfo, K_S32, 5, "tfo_backlog", "TFO", C_HIDDEN | C_NEG,
	    "those half open by TCP Fast Open, whose data is there already"),
	COL(EV, tfo_max, K_S32, 8, "tfo_limit", "TFOLIMIT",
	    C_HIDDEN | C_NEG, "how many of these there may be; 0: the "
	    "listener knows no Fast Open"),
	COLS_HIDDEN(EV),
	{ 0 }
};

#define CALL_FENTRY(p, f, a)						\
	FENTRY("on_" p, f, a), FEXIT("on_" p "_done", f, "child=ret")
#define CALL_KPROBE(p, f, a)						\
	KPROBE("on_" p, f, a), KRETPROBE("on_" p "_done", f, "child=ret")

static const struct alternative syn_alts[] = {
	{ HOOKS(CALL_FENTRY("syn", "tcp_conn_request", "- - sk"),
		FENTRY("on_synack", "tcp_make_synack",
		       "- - - - synack_type")) },
	{ HOOKS(CALL_KPROBE("syn", "tcp_conn_request", "- - sk"),
		KPROBE("on_synack", "tcp_make_synack",
		       "- - - - synack_type")) },
};

static const struct role role_syn = {
	.name = "tcp-syn", .what = "a SYN comes to a listener",
	ALTS(syn_alts),
};

static const struct alternative ack_alts[] = {
	{ HOOKS(CALL_FENTRY("ack", "tcp_v4_syn_recv_sock", "sk"),
		CALL_FENTRY("ack", "tcp_v6_syn_recv_sock", "sk")) },
	{ HOOKS(CALL_KPROBE("ack", "tcp_v4_syn_recv_sock", "sk"),
		CALL_KPROBE("ack", "tcp_v6_syn_recv_sock", "sk")) },
	/* no CONFIG_IPV6 */
	{ HOOKS(CALL_FENTRY("ack", "tcp_v4_syn_recv_sock", "sk")),
	  .note = "IPv4 alone" },
	{ HOOKS(CALL_KPROBE("ack", "tcp_v4_syn_recv_sock", "sk")),
	  .note = "IPv4 alone" },
};

static const struct role role_ack = {
	.name = "tcp-handshake", .what = "the handshake of a connection ends",
	ALTS(ack_alts),
};

static const struct alternative listen_alts[] = {
	{ HOOKS(RAW("on_state", "inet_sock_set_state",
		    "sk oldstate newstate")) },
	{ HOOKS(TRACEPOINT("on_state", "sock/inet_sock_set_state",
			   "sk=skaddr oldstate newstate")) },
	{ HOOKS(KPROBE("on_listen", "inet_csk_listen_start", "sk")) },
};

static const struct role role_owner_listen = {
	.name = "owner-listen", .what = "which process begins to listen",
	.optional = true,
	.without = "no PID for listeners that are younger than this tool",
	ALTS(listen_alts),
};

static const struct role *const roles[] = {
	&role_tcp_destroy, &role_owner_listen, &role_ack, &role_syn, NULL
};

static const struct example examples[] = {
	{ "", "histograms for each listener, when Ctrl-C ends it" },
	{ "-L 443 -i 10", "of port 443, each ten seconds" },
	{ "-c -o lport,result", "how many SYNs and handshakes, and what "
	  "came of them" },
	{ "--events -T", "a line for each, with the time of day" },
	{ 0 }
};

const struct tool tool_tcpsynbl = {
	.name = "tcpsynbl",
	.summary = "how full the queues of TCP listeners are, and drops",
	.about = "A listener has two queues: connections that are half open, "
		"from the SYN to the end of the handshake, and those that "
		"wait for accept(2).  Draws histograms of how many are in "
		"the former as a SYN comes, and in the latter as a handshake "
		"ends, for each listener, by the limit it has (listen(2), "
		"net.core.somaxconn) and by what came of it: what is dropped "
		"is apart, and why.  A SYN is dropped for connections that "
		"wait for accept(2), too.  DROPPED is for want of memory or a "
		"route, or, without SYN cookies, by tcp_max_syn_backlog.  A "
		"SYN that comes again for a connection that is half open "
		"already is not counted.\n\n"
		"Without BTF it is not known how many are half open: their "
		"histograms are empty, -c and --events tell the rest.",
	.overhead = "Some programs, and an event, for each SYN and each end "
		"of a handshake.",
	.spec = &spec_tcpsynbl, .filters = F_FLOW & ~(F_RADDR | F_RPORT),
	.flags = T_OWNERS | T_COUNT,
	.roles = roles, .columns = columns, .examples = examples,
	EVENT_FLOW(EV),
	.hist = "backlog",
	.hist_keys = "laddr,lport,pid,comm,queue,limit,result",
};

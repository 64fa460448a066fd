/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "progs/tcpcong.h"
#include "tools/ladders.h"

extern const struct spec spec_tcpcong;

#define EV struct tcpcong_event

/* enum tcp_ca_state, and CONG_CLOSED */
static const char *const states[] = {
	"Open", "Disorder", "CWR", "Recovery", "Loss", "closed", NULL
};

static const struct column columns[] = {
	COL_PID(EV), COL_COMM(EV, 10, C_HIDDEN | C_WIDE),
	COL_IP(EV, C_HIDDEN | C_WIDE),
	COL_LADDR(EV, C_KEY), COL_LPORT(EV, C_KEY),
	COL_RADDR(EV, C_KEY), COL_RPORT(EV, C_KEY),
	COL_ENUM(EV, oldstate, states, 8, "oldstate", "OLDSTATE",
		 C_KEY | C_LEFT, "state of congestion control that it leaves"),
	COL_ENUM(EV, newstate, states, 8, "newstate", "NEWSTATE", C_LEFT,
		 "state it comes to; closed: the connection is over"),
	COL(EV, duration_ns, K_MS, 8, "duration_ns", "MS", C_SUM,
	    "how long it was in the old state; with + at least so long: "
	    "since before the tool started"),
	COL(EV, cwnd, K_U32, 5, "cwnd", "CWND", C_HIDDEN,
	    "congestion window in segments, as it leaves"),
	COLS_HIDDEN(EV),
	{ 0 }
};

static const struct alternative ca_state_alts[] = {
	/* 5.19 */
	{ HOOKS(RAW("on_ca_state", "tcp_cong_state_set", "sk ca_state")) },
	{ HOOKS(RAW("on_segment", "tcp_probe", "sk"),
		RAW("on_segment", "tcp_retransmit_skb", "sk")),
	  .note = "as the next segment comes, or is sent again" },
	{ HOOKS(KPROBE("on_segment", "tcp_rcv_established", "sk"),
		KPROBE("on_segment", "tcp_retransmit_skb", "sk")),
	  .note = "as the next segment comes, or is sent again" },
};

static const struct role role_ca_state = {
	.name = "tcp-ca-state", .what = "congestion control changes its state",
	ALTS(ca_state_alts),
};

static const struct role *const roles[] = {
	&role_tcp_destroy, &role_owner_accept, &role_tcp_state, &role_ca_state,
	NULL
};

static const struct example examples[] = {
	{ "", "every change, and the end of every connection" },
	{ "-c -i 10", "how often, and how long, by connection and state, each "
	  "ten seconds" },
	{ "--hist duration_ns -o oldstate", "a histogram for each state" },
	{ "-T -D 443", "of connections to port 443, with the time of day" },
	{ 0 }
};

const struct tool tool_tcpcong = {
	.name = "tcpcong",
	.summary = "congestion control of TCP connections: states, how long",
	.about = "Prints a line whenever congestion control of a connection "
		"goes from one state to another, with how long it was in the "
		"former: Open, all is well; Disorder, segments overtake each "
		"other or are missing; CWR, the window was reduced for ECN or "
		"a full queue here; Recovery, what is missing is sent again; "
		"Loss, a timer had to run out for that.  When a connection "
		"ends a line tells the last one, so that those that were "
		"always Open are seen as well.  -c adds up by connection and "
		"state.\n\n"
		"Before Linux 5.19 a state is noticed as the next segment "
		"comes or is sent again; what comes and goes between two of "
		"them is not seen.",
	.overhead = "A small program runs at each change; before Linux 5.19, "
		"at each segment received.",
	.spec = &spec_tcpcong, .filters = F_FLOW, .flags = T_OWNERS | T_COUNT,
	.roles = roles, .columns = columns, .examples = examples,
	EVENT_FLOW(EV),
};

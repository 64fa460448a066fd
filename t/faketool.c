/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "t/faketool.h"
#include "tools/frontend/frontend.h"

static const char *const states[] = { "none", "open", "closed", NULL };

static const struct column columns[] = {
	COL_PID(struct fake_event),
	COL_COMM(struct fake_event, 10, 0),
	COL_UID(struct fake_event),
	COL(struct fake_event, flow.laddr, K_ADDR, 15, "laddr", "LADDR",
	    C_LEFT | C_KEY, "local address"),
	COL(struct fake_event, flow.lport, K_PORT, 5, "lport", "LPORT", 0,
	    "local port"),
	COL(struct fake_event, tx, K_KB, 6, "tx_bytes", "TX_KB", C_SUM,
	    "bytes sent and acknowledged by the other side, without what "
	    "the handshake and the end of the session added to the count"),
	COL(struct fake_event, dur, K_MS, 8, "duration_ns", "MS", 0,
	    "how long it lived"),
	COL_ENUM(struct fake_event, state, states, 6, "state", "STATE",
		 C_HIDDEN, "what became of it"),
	COL_NETNS(struct fake_event),
	{ .key = NULL },
};

static const struct tool_option own[] = {
	{ 'l', "least", "MS", "only sessions that lived this long", "min_ns",
	  .min = 1, .max = 3600000, .def = 5, .scale = 1000000 },
	{ 'e', "failed", NULL, "failed ones only", "failed", .def = 0 },
	{ 0, "depth", "N", "frames of the stack", "depth", .min = 0,
	  .max = 127 },
	{ 0, "slow", "TIME", "as slow as this", "slow_ns", .duration = true,
	  .max = INT64_MAX },
	{ .name = NULL },
};

static const struct alternative alts[] = {
	{ HOOKS(RAW("on_state", "inet_sock_set_state", "sk - newstate")) },
	{ HOOKS(KPROBE("on_enter", "tcp_set_state", "sk"),
		KRETPROBE("on_exit", "tcp_set_state", "")),
	  .note = "two hooks, twice the work" },
};

static const struct alternative dns_alts[] = {
	{ HOOKS(HOOK("on_dns", HOOK_FEXIT, "udp_recvmsg", "sk")) },
};

static const struct role state = {
	.name = "tcp-state", .what = "a TCP socket changes its state",
	ALTS(alts),
};

static const struct role dns = {
	.name = "dns-answer", .what = "a process gets a DNS answer",
	.optional = true, .without = "names are missing", .when = { "dns" },
	ALTS(dns_alts),
};

static const struct role *const roles[] = { &state, &dns, NULL };

static const struct example examples[] = {
	{ "", "all sessions" },
	{ "-p 4711 -j | jq .duration_ns", "those of one process, for jq" },
	{ "-L 80,443 -a 10.0.0.0/8 -l 10 -o +netns",
	  "long ones to two ports, and the network namespace of each" },
	{ .args = NULL },
};

static const struct spec_prog progs[] = {
	{ .name = "on_state" }, { .name = "on_enter" }, { .name = "on_exit" },
	{ .name = "on_dns" },
};

static const struct spec spec = { .name = "fake", .progs = progs, .nprogs = 4 };

const struct tool fake_tool = {
	.name = "fake",
	.summary = "summarize sessions that never were",
	.about = "A session starts and ends, and 'nothing' -- not one byte "
		 "-- was sent \\ received in it.\n\n"
		 ".A second paragraph begins with a dot and is long enough "
		 "to be put into more than one line of eighty columns.",
	.overhead = "None.",
	.spec = &spec,
	.filters = F_FLOW,
	.flags = T_OWNERS | T_DNS | T_COUNT,
	.options = own,
	.roles = roles,
	.columns = columns,
	.examples = examples,
	.event_size = sizeof(struct fake_event),
};

static const struct column bare_columns[] = {
	COL(struct event, cpu, K_U16, 3, "cpu", "CPU", 0, "where it ran"),
	{ .key = NULL },
};

const struct tool bare_tool = {
	.name = "bare",
	.summary = "count beats",
	.columns = bare_columns,
	.event_size = sizeof(struct event),
};

void each_tool(void (*fn)(const struct tool *))
{
	fn(&fake_tool);
	fn(&bare_tool);
	for (unsigned i = 0; tools[i]; i++)
		fn(tools[i]);
}

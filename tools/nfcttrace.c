/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "progs/nfcttrace.h"
#include "tools/tool.h"

extern const struct spec spec_nfcttrace;

#define EV struct nfcttrace_event

static const char *const states[] = {
	"unreplied", "replied", "assured", NULL
};
static const char *const nats[] = { "src", "dst", NULL };
/* enum ip_conntrack_status */
static const char *const status_bits[] = {
	"EXPECTED", "SEEN_REPLY", "ASSURED", "CONFIRMED", "SRC_NAT", "DST_NAT",
	"SEQ_ADJUST", "SRC_NAT_DONE", "DST_NAT_DONE", "DYING",
	"FIXED_TIMEOUT", "TEMPLATE", "NAT_CLASH", "HELPER", "OFFLOAD",
	"HW_OFFLOAD", NULL
};

#define PORT_OR_NOT C_LEFT | C_ZERO

static const struct column columns[] = {
	COL_PROTO(EV, C_KEY),
	COL_ENUM(EV, state, states, 9, "state", "STATE", C_KEY | C_LEFT,
		 "unreplied; replied; or assured: not dropped early to make "
		 "room"),
	COL(EV, flow.laddr, K_ADDR, 15, "osaddr", "OSADDR", C_LEFT,
	    "source of the original tuple: who began"),
	COL(EV, flow.lport, K_PORT, 6, "osport", "OSPORT", PORT_OR_NOT,
	    "its port, of protocols that have such"),
	COL(EV, flow.raddr, K_ADDR, 15, "odaddr", "ODADDR", C_KEY | C_LEFT,
	    "destination of the original tuple: whom it asked for"),
	COL(EV, flow.rport, K_PORT, 6, "odport", "ODPORT",
	    C_KEY | PORT_OR_NOT, "its port"),
	COL_BITS(EV, nat, nats, 3, "nat", "NAT", C_LEFT | C_ZERO,
		 "src, dst: the reply tuple has this end elsewhere"),
	COL(EV, age_ns, K_MS, 9, "age_ns", "AGE_MS", 0,
	    "since the entry was confirmed; with + at least so long: it is "
	    "older than the tool"),
	COL(EV, rsaddr, K_ADDR, 15, "rsaddr", "RSADDR",
	    C_LEFT | C_HIDDEN | C_WIDE,
	    "source of the reply tuple: who answers"),
	COL(EV, rsport, K_PORT, 6, "rsport", "RSPORT",
	    PORT_OR_NOT | C_HIDDEN | C_WIDE, "its port"),
	COL(EV, rdaddr, K_ADDR, 15, "rdaddr", "RDADDR",
	    C_LEFT | C_HIDDEN | C_WIDE,
	    "destination of the reply tuple: whom it sees"),
	COL(EV, rdport, K_PORT, 6, "rdport", "RDPORT",
	    PORT_OR_NOT | C_HIDDEN | C_WIDE, "its port"),
	COL_BITS(EV, status, status_bits, 10, "status", "STATUS",
		 C_LEFT | C_HIDDEN, "all that conntrack has noted of it"),
	COL(EV, portid, K_U32, 10, "portid", "PORTID",
	    C_LEFT | C_ZERO | C_HIDDEN,
	    "netlink port of who deleted it, most often a PID; unknown: it "
	    "expired, or made room"),
	COL_IP(EV, C_HIDDEN), COL_NETNS(EV), COL_ID(EV),
	{ 0 }
};

/* Compilers split it (Debian's 5.10): callers have its beginning in them, and
 * call the rest. */
static const struct alternative delete_alts[] = {
	{ HOOKS(KPROBE("on_deleted", "nf_ct_delete.part.0", "ct portid")) },
	{ HOOKS(FENTRY("on_delete", "nf_ct_delete", "ct portid")) },
	{ HOOKS(KPROBE("on_delete", "nf_ct_delete", "ct portid")) },
};

static const struct role role_delete = {
	.name = "nf-ct-delete",
	.what = "conntrack, if it is loaded, destroys an entry",
	ALTS(delete_alts),
};

#define CONFIRMED(kind)							\
	{ HOOKS(kind("on_confirm", "__nf_conntrack_confirm", "skb"),	\
		kind("on_insert", "nf_conntrack_hash_check_insert", "ct")) }

static const struct alternative confirm_alts[] = {
	CONFIRMED(FENTRY),
	CONFIRMED(KPROBE),
};

static const struct role role_confirm = {
	.name = "nf-ct-confirm", .what = "conntrack confirms an entry",
	.optional = true, .without = "AGE_MS is a lower bound",
	ALTS(confirm_alts),
};

static const struct role *const roles[] = {
	&role_delete, &role_confirm, NULL
};

static const char *const modules[] = { "nf_conntrack", NULL };

static const struct example examples[] = {
	{ "", "every entry, as it goes" },
	{ "-w", "both tuples" },
	{ "-o +status,portid -T", "what was noted of it, and who deleted it" },
	{ "-A 198.51.100.0/24 -D 443", "that were for these" },
	{ "-c -d 60", "by state and destination, for a minute" },
	{ "--hist age_ns --unit ms", "how old they became" },
	{ 0 }
};

const struct tool tool_nfcttrace = {
	.name = "nfcttrace",
	.summary = "entries of conntrack as they are destroyed",
	.about = "Prints a line for each entry that netfilter's connection "
		"tracking removes: because it expired, because somebody "
		"deleted it, or because the table was full.  The original "
		"tuple is as the first packet had it, the reply tuple (-w) as "
		"answers are expected; where they differ there is NAT.  To "
		"filters the original source is local, its destination "
		"remote.  What was never "
		"confirmed, since its first packet was dropped, is "
		"no entry.  Conntrack, nf_conntrack.ko, must be loaded when "
		"this begins.",
	.overhead = "A small program for each entry that is made, and for each "
		"that is destroyed; none per packet.",
	.spec = &spec_nfcttrace, .filters = F_SOCK, .flags = T_COUNT,
	.roles = roles, .columns = columns, .examples = examples,
	EVENT_FLOW(EV),
	.modules = modules,
};

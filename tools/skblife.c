/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "progs/skblife.h"
#include "tools/ladders.h"

extern const struct spec spec_skblife;

#define EV struct skblife_event

static const char *const births[] = { "alloc", "build", "clone", NULL };
static const char *const ends[] = { "consumed", "dropped", "freed", NULL };

static const struct column columns[] = {
	COL_ENUM(EV, birth, births, 5, "birth", "BIRTH", C_KEY | C_LEFT,
		 "alloc; build: around memory of a driver; clone"),
	COL_ENUM(EV, end, ends, 8, "end", "END", C_KEY | C_LEFT,
		 "consumed, dropped, or freed by code that does not tell"),
	COL_ENUM(EV, direction, drop_directions, 3, "direction", "DIR", C_LEFT,
		 "in: received, or passed on; out: sent, by a socket"),
	COL_ENUM(EV, ethertype, ether_names, 5, "ethertype", "ETHER",
		 C_LEFT | C_ZERO, "protocol above Ethernet, or its number"),
	COL_ENUM(EV, flow.protocol, proto_names, 5, "proto", "PROTO",
		 C_LEFT | C_ZERO, "protocol above IP"),
	COL(EV, dev, K_COMM, 8, "dev", "DEV", C_LEFT | C_ZERO,
	    "device it had last"),
	COL(EV, len, K_U32, 6, "len", "LEN", C_SUM,
	    "bytes of the packet as it ended"),
	COL(EV, life_ns, K_MS, 9, "life_ns", "LIFE_MS", 0,
	    "from its birth to its end"),
	COL_LADDR(EV, C_ZERO | C_HIDDEN), COL_LPORT(EV, C_ZERO | C_HIDDEN),
	COL_RADDR(EV, C_ZERO | C_HIDDEN), COL_RPORT(EV, C_ZERO | C_HIDDEN),
	COL(EV, kstack, K_KSTACK, 0, "kstack", "KSTACK", C_HIDDEN,
	    "how the kernel came to make it"),
	COL_NETNS(EV),
	{ 0 }
};

/*
 * Births where an sk_buff is returned, whichever slab or list it is from: the
 * names of slabs and of their functions have changed (6.3, 6.9, 6.10), and
 * since 5.12 what NAPI keeps does not come from there.
 */
#define RETURNED(p, f)							\
	{ HOOKS(FEXIT(p, f, "skb=ret")) },				\
	{ HOOKS(KRETPROBE(p, f, "skb=ret", .maxactive = 256)) }

static const struct alternative alloc_alts[] = {
	RETURNED("on_alloc", "__alloc_skb"),
};

static const struct alternative napi_alts[] = {
	RETURNED("on_alloc", "napi_alloc_skb"),		/* 6.10 */
	RETURNED("on_alloc", "__napi_alloc_skb"),
};

static const struct alternative napi_build_alts[] = {
	RETURNED("on_build", "napi_build_skb"),		/* 5.12 */
};

static const struct alternative build_alts[] = {
	RETURNED("on_build", "build_skb"),
};

static const struct alternative slab_build_alts[] = {
	RETURNED("on_build", "slab_build_skb"),		/* 6.2 */
};

static const struct alternative clone_alts[] = {
	RETURNED("on_clone", "skb_clone"),
};

static const struct alternative end_alts[] = {
	{ HOOKS(RAW("on_consume", "consume_skb", "skb", .again = "skb"),
		RAW("on_drop", "kfree_skb", "skb", .again = "skb")) },
	{ HOOKS(TRACEPOINT("on_consume", "skb/consume_skb", "skb=skbaddr",
			   .again = "skb"),
		TRACEPOINT("on_drop", "skb/kfree_skb", "skb=skbaddr",
			   .again = "skb")) },
};

static const struct alternative free_alts[] = {
	{ HOOKS(FENTRY("on_free", "__kfree_skb", "skb"),
		FENTRY("on_free", "kfree_skb_partial", "skb")) },
	{ HOOKS(KPROBE("on_free", "__kfree_skb", "skb"),
		KPROBE("on_free", "kfree_skb_partial", "skb")) },
	{ HOOKS(FENTRY("on_free", "__kfree_skb", "skb")) },
	{ HOOKS(KPROBE("on_free", "__kfree_skb", "skb")) },
};

/* What a socket has read and leaves to another processor to free (5.19), or
 * frees at once without a word. */
static const struct alternative defer_alts[] = {
	{ HOOKS(FENTRY("on_consume", "skb_attempt_defer_free", "skb")) },
	{ HOOKS(KPROBE("on_consume", "skb_attempt_defer_free", "skb")) },
};

#define BIRTH(name_, what_, alts_, ...)					\
	static const struct role name_ = {				\
		.name = what_, .what = "an sk_buff is made by " what_,	\
		ALTS(alts_), __VA_ARGS__				\
	}
/* Where the kernel has that function. */
#define IF_ANY(...) .optional = true,					\
	.without = "those made so are not timed", .when = { __VA_ARGS__ }
BIRTH(role_alloc, "__alloc_skb", alloc_alts, .optional = false);
BIRTH(role_napi, "napi_alloc_skb", napi_alts,
      IF_ANY("napi_alloc", "old_napi_alloc"));
BIRTH(role_napi_build, "napi_build_skb", napi_build_alts,
      IF_ANY("napi_build"));
BIRTH(role_build, "build_skb", build_alts, IF_ANY("build"));
BIRTH(role_slab_build, "slab_build_skb", slab_build_alts,
      IF_ANY("slab_build"));
BIRTH(role_clone, "skb_clone", clone_alts, IF_ANY("clone"));

static const struct role role_end = {
	.name = "skb-end", .what = "an sk_buff is consumed or dropped",
	ALTS(end_alts),
};

static const struct role role_free = {
	.name = "skb-free", .what = "an sk_buff is freed and nothing tells",
	.optional = true,
	.without = "those that TCP frees itself are not timed",
	ALTS(free_alts),
};

static const struct role role_defer = {
	.name = "skb-defer", .what = "a socket has read an sk_buff",
	.optional = true, .when = { "defer" },
	.without = "those that were read are not timed, or too long",
	ALTS(defer_alts),
};

/* Ends first, so that none is missed of what was born. */
static const struct role *const roles[] = {
	&role_end, &role_free, &role_defer, &role_alloc, &role_napi,
	&role_napi_build, &role_build, &role_slab_build, &role_clone, NULL
};

/* What roles depend on; programs do not. */
static const struct kernel_constant kernel[] = {
	{ "napi_alloc", KERNEL_FUNCTION, "napi_alloc_skb", 0 },
	{ "old_napi_alloc", KERNEL_FUNCTION, "__napi_alloc_skb", 0 },
	{ "napi_build", KERNEL_FUNCTION, "napi_build_skb", 0 },
	{ "build", KERNEL_FUNCTION, "build_skb", 0 },
	{ "slab_build", KERNEL_FUNCTION, "slab_build_skb", 0 },
	{ "clone", KERNEL_FUNCTION, "skb_clone", 0 },
	{ "defer", KERNEL_FUNCTION, "skb_attempt_defer_free", 0 },
	{ 0 }
};

static const struct tool_option options[] = {
	{ .name = "sample", .arg = "N", .constant = "sample",
	  .min = 1, .max = 1000000, .def = 64,
	  .help = "one sk_buff of so many, chosen by its address" },
	OPTION_MIN_LATENCY,
	{ 0 }
};

static const struct example examples[] = {
	{ "", "histograms, by how they began and ended, until Ctrl-C" },
	{ "--unit ns -o end,dev", "in nanoseconds, by end and device" },
	{ "--events --min 100ms -o +kstack",
	  "those that were there for long, and who made them" },
	{ "--sample 1 -P 53 -d 10", "every one, of port 53" },
	{ "--dev eth0 --proto icmp", "of pings on eth0" },
	{ 0 }
};

const struct tool tool_skblife = {
	.name = "skblife",
	.summary = "how long packets (sk_buffs) are in memory",
	.about = "Draws histograms of the time from the birth of an sk_buff "
		"to its end, by how it was made and how it ended; --events "
		"prints a line for each. What ends was consumed as it should "
		"be, dropped, or freed where the kernel does not tell which: "
		"so TCP ends what was acknowledged. Clones are sk_buffs of "
		"their own: so TCP sends. Addresses, ports, protocol and "
		"device are what the packet's headers say as it ends, as far "
		"as they are there still.  One of 64 is looked at, unless "
		"--sample says otherwise.",
	.overhead = "A small program at the birth and at the end of each "
		"sk_buff, a fifth of a microsecond or less where it is not "
		"sampled; without fexit (32-bit, old kernels) return probes, "
		"which cost a microsecond.",
	.spec = &spec_skblife, .filters = F_SOCK | F_DEV | F_PROTO,
	.flags = T_COUNT | T_STACKS,
	.options = options, .roles = roles, .columns = columns,
	.examples = examples, EVENT_FLOW(EV),
	.kernel = kernel,
	.hist = "life_ns",
	.hist_keys = "birth,end",
	.frames = 12,
};

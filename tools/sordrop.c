/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "progs/sordrop.h"
#include "tools/ladders.h"

extern const struct spec spec_sordrop;

#define EV struct sordrop_event

static const struct column columns[] = {
	COL_PID(EV),
	COL_PROTO(EV, C_KEY),
	COL_LADDR(EV, 0), COL_LPORT(EV, C_KEY | C_ZERO),
	COL_RADDR_AS(EV, 0, "who sent the packet"),
	COL_RPORT_AS(EV, C_ZERO, "from which port"),
	COL(EV, rmem_alloc, K_S32, 7, "rmem_bytes", "RMEM", C_NEG,
	    "bytes of memory in use by what waits to be read"),
	COL(EV, reason, K_REASON, 14, "reason", "REASON", C_KEY | C_LEFT,
	    "why, in the kernel's words"),
	COL_COMM(EV, 10, C_HIDDEN | C_WIDE),
	COL(EV, rcvbuf, K_U32, 7, "rcvbuf_bytes", "RCVBUF",
	    C_ZERO | C_HIDDEN | C_WIDE,
	    "how many there may be (SO_RCVBUF, doubled)"),
	COL(EV, truesize, K_U32, 7, "skb_bytes", "SKBSIZE",
	    C_ZERO | C_SUM | C_HIDDEN | C_WIDE,
	    "bytes of memory that the packet takes"),
	COL(EV, drops, K_U32, 6, "drops", "DROPS", C_ZERO | C_HIDDEN,
	    "packets that the socket has dropped so far, for whatever reason "
	    "(sk_drops)"),
	COL_IP(EV, C_HIDDEN), COL_TID(EV), COL_UID(EV), COL_NETNS(EV),
	COL_CGROUP(EV), COL_ID(EV),
	{ 0 }
};

#define BLIND "no reasons; not seen: what TCP drops as its memory is used up"

static const struct alternative drop_alts[] = {
	FREED_FOR_A_REASON("on_drop_reason"),
	{ HOOKS(FREED_RAW("on_drop", "")), .note = BLIND },
	{ HOOKS(FREED_TRACEPOINT("on_drop", "")), .note = BLIND },
};

static const struct role role_freed = {
	.name = "drop", .what = "a packet is dropped", ALTS(drop_alts),
};

#define CALL_FEXIT(p, f)						\
	{ HOOKS(FEXIT(p, f, "sk skb ret=ret")) }
#define CALL_KPROBE(p, f)						\
	{ HOOKS(KPROBE("on_enqueue", f, "sk skb"), KRETPROBE(p, f, "ret")) }

static const struct alternative udp_alts[] = {
	{ HOOKS(RAW("on_udp_fail", "udp_fail_queue_rcv_skb", "ret sk skb")) },
	CALL_FEXIT("on_enqueued", "__udp_enqueue_schedule_skb"),
	CALL_KPROBE("on_enqueued", "__udp_enqueue_schedule_skb"),
	{ HOOKS(RAW("on_udp_fail", "udp_fail_queue_rcv_skb", "ret sk")),
	  .note = "IPv4 alone" },
};

static const struct role role_udp = {
	.name = "udp-refused", .what = "a UDP socket has no room",
	.optional = true,
	.without = "before Linux 6.11 not whose sockets they were, before "
		"5.17 not shown",
	ALTS(udp_alts),
};

static const struct alternative backlog_alts[] = {
	CALL_FEXIT("on_backlog", "tcp_add_backlog"),
	CALL_KPROBE("on_backlog", "tcp_add_backlog"),
};

static const struct role role_backlog = {
	.name = "tcp-backlog",
	.what = "the backlog of a TCP socket that is in use is full",
	.optional = true,
	.without = "before Linux 6.11 not whose sockets they were, before "
		"5.17 not shown",
	ALTS(backlog_alts),
};

static const struct alternative full_alts[] = {
	{ HOOKS(RAW("on_rcvqueue_full", "sock_rcvqueue_full", "sk skb")) },
	CALL_KPROBE("on_enqueued", "__sock_queue_rcv_skb"),
};

static const struct role role_full = {
	.name = "rcvqueue-full",
	.what = "the receive queue of a raw socket, or its like, is full",
	.optional = true,
	.without = "before Linux 6.11 not whose sockets they were, before "
		"5.17 not shown",
	ALTS(full_alts),
};

static const struct alternative limit_alts[] = {
	{ HOOKS(RAW("on_limit", "sock_exceed_buf_limit", "sk - - kind")) },
	{ HOOKS(RAW("on_limit", "sock_exceed_buf_limit", "sk")) },
};

static const struct role role_limit = {
	.name = "memory-limit",
	.what = "the memory of a protocol is used up", .optional = true,
	.without = "before Linux 6.11 not whose sockets they were, before "
		"5.17 of UDP alone",
	ALTS(limit_alts),
};

/* As one, so that none is remembered that has gone. */
static const struct alternative create_alts[] = {
	{ HOOKS(FENTRY("on_release", "inet_release", "socket"),
		FENTRY("on_create", "security_socket_post_create",
		       "socket")) },
	{ HOOKS(KPROBE("on_release", "inet_release", "socket"),
		KPROBE("on_create", "security_socket_post_create",
		       "socket")) },
};

static const struct role role_owner_create = {
	.name = "owner-create",
	.what = "which process makes a UDP or raw socket", .optional = true,
	.without = "no PID for UDP sockets that are younger than this tool, "
		"nor for raw ones",
	ALTS(create_alts),
};

static const struct role *const roles[] = {
	&role_tcp_destroy, &role_owner_connect, &role_owner_accept,
	&role_owner_create, &role_limit, &role_full, &role_backlog, &role_udp,
	&role_freed, NULL
};

#define NO_ROOM								\
	"SOCKET_RCVBUFF SOCKET_BACKLOG PROTO_MEM TCP_OFO_QUEUE_PRUNE "	\
	"TCP_OFO_DROP TCP_ZEROWINDOW"

static const struct kernel_constant kernel[] = {
	{ "no_room_0", KERNEL_REASONS, NO_ROOM, 0 },
	{ "no_room_64", KERNEL_REASONS, NO_ROOM, 64 },
	{ "no_room_128", KERNEL_REASONS, NO_ROOM, 128 },
	{ "not_specified", KERNEL_REASON, "NOT_SPECIFIED", 0 },
	{ 0 }
};

static const char *const sysctls[] = {
	"net.core.rmem_default", "net.core.rmem_max", "net.ipv4.tcp_rmem",
	"net.ipv4.tcp_mem", "net.ipv4.udp_mem", NULL
};

static const struct example examples[] = {
	{ "", "packets that find no room, one by one" },
	{ "-w -T", "with the limits, and the time of day" },
	{ "-c -i 1", "how many each second, by protocol, port and reason" },
	{ "-c -o proto,lport,raddr,rport", "and from whom" },
	{ 0 }
};

const struct tool tool_sordrop = {
	.name = "sordrop",
	.summary = "packets that find no room at their socket, and why",
	.about = "Prints a line for every packet that was received and thrown "
		"away because the socket it was for had no room: datagrams "
		"and raw packets beyond the receive buffer "
		"(SOCKET_RCVBUFF), what comes to a TCP socket while a "
		"process holds it (SOCKET_BACKLOG), what TCP has no room "
		"for in its window or its queue of what came out of order, "
		"and the limit of a protocol's memory (PROTO_MEM).  RMEM is "
		"what the socket had in use, RCVBUF (-w) what it may have.  "
		"A packet that several sockets refuse, as of a multicast, has "
		"a line for each.",
	.overhead = "A small program per packet of any kind that is dropped; "
		"before Linux 6.11 one per UDP datagram.",
	.spec = &spec_sordrop, .filters = F_FLOW,
	.flags = T_OWNERS | T_DATAGRAMS | T_COUNT | T_STACKS,
	.roles = roles, .columns = columns, .examples = examples,
	EVENT_FLOW(EV),
	.kernel = kernel,
	.sysctls = sysctls,
};

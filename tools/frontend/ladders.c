/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The ladders of tools/ladders.h. */
#include "tools/ladders.h"

const struct alternative tcp_state_alts[TCP_STATE_ALTS] = {
	{ HOOKS(RAW("on_state", "inet_sock_set_state",
		    "sk oldstate newstate")) },
	/* The above has no second copy: so many sessions in a burst of
	 * 100,000 ended on top of another's end that none was missed, and it
	 * would cost every start some ms. */
	{ HOOKS(TRACEPOINT("on_state", "sock/inet_sock_set_state",
			   "sk=skaddr oldstate newstate",
			   .again = "sk oldstate newstate")) },
	{ HOOKS(KPROBE("on_state", "tcp_set_state", "sk newstate")) },
};

const struct role role_tcp_state = { ROLE_TCP_STATE };

/*
 * Calls of accept(2) that wait already when the tool starts return without
 * passing a return probe.  So what accept calls last comes first:
 * __inet_accept() (6.8), or security_sock_graft() (CONFIG_SECURITY_NETWORK);
 * leaving the system call fires for those as well.
 */
#define ACCEPT_FUNCTIONS						\
	{ HOOKS(FENTRY("on_accept", "__inet_accept", "- - sk")) },	\
	{ HOOKS(FENTRY("on_accept", "security_sock_graft", "sk")) },	\
	{ HOOKS(KPROBE("on_accept", "__inet_accept", "- - sk")) },	\
	{ HOOKS(KPROBE("on_accept", "security_sock_graft", "sk")) }

#define ACCEPT_SYSCALLS							\
	{ HOOKS(TRACEPOINT("on_accept_exit", "syscalls/sys_exit_accept", \
			   "fd=ret"),					\
		TRACEPOINT("on_accept_exit", "syscalls/sys_exit_accept4", \
			   "fd=ret")),					\
	  .note = "not seen: io_uring, 32-bit programs on 64-bit kernels; " \
		  "on ARM (5.10) calls that waited when the tool started" }, \
	/* i386 and s390x: the above are not all there, since accept() is a  \
	 * socketcall(2) */						\
	{ HOOKS(RAW("on_accept_call", "sys_exit", "regs ret")),		\
	  .note = "looks at every system call; not seen: io_uring" }

#define ACCEPT_RETURN							\
	{ HOOKS(KRETPROBE("on_accept", "inet_csk_accept", "sk=ret",	\
			  .maxactive = 1024)),				\
	  .note = "not seen: calls that waited when the tool started" }

const struct alternative tcp_accept_alts[TCP_ACCEPT_ALTS] = {
	ACCEPT_FUNCTIONS, ACCEPT_SYSCALLS, ACCEPT_RETURN,
};

const struct role role_tcp_accept = { ROLE_TCP_ACCEPT };

/* Leaving system calls costs every system call on the machine; the first read
 * or write tells the same, only later. */
static const struct alternative owner_accept[] = {
	ACCEPT_FUNCTIONS,
	{ HOOKS(RAW("on_io", "sock_recv_length", "sk"),
		RAW("on_io", "sock_send_length", "sk")),
	  .note = "known once the socket is first used" },
	ACCEPT_SYSCALLS, ACCEPT_RETURN,
};

const struct role role_owner_accept = {
	.name = "owner-accept",
	.what = "which process has a connection that a peer opened",
	.optional = true,
	.without = "no PID for connections that were accepted",
	ALTS(owner_accept),
};

static const struct alternative owner_connect[] = {
	{ HOOKS(FENTRY("on_connect", "tcp_connect", "sk")) },
	{ HOOKS(RAW("on_state", "inet_sock_set_state",
		    "sk oldstate newstate")) },
	{ HOOKS(KPROBE("on_connect", "tcp_connect", "sk")) },
	{ HOOKS(TRACEPOINT("on_state", "sock/inet_sock_set_state",
			   "sk=skaddr oldstate newstate")) },
};

const struct role role_owner_connect = {
	.name = "owner-connect",
	.what = "which process opens a connection",
	.optional = true,
	.without = "no PID for connections that were opened from here",
	ALTS(owner_connect),
};

/* A kretprobe has as many instances as calls may wait at a time. */
#define CONNECTS 1024

#define CONNECT_SYSCALLS						\
	/* i386 and s390x: connect(2) may be a socketcall(2); the events of \
	 * connect are there, but do not tell of those */		\
	{ HOOKS(RAW("on_connect_enter_call", "sys_enter", "regs"),	\
		RAW("on_connect_exit", "sys_exit", "- ret")),		\
	  .note = "looks at every system call; not seen: io_uring, the " \
		  "kernel's own; calls that a security module refuses are" }, \
	{ HOOKS(TRACEPOINT("on_connect_enter",				\
			   "syscalls/sys_enter_connect",		\
			   "fd uaddr=uservaddr len=addrlen"),		\
		TRACEPOINT("on_connect_exit", "syscalls/sys_exit_connect", \
			   "ret")),					\
	  .note = "not seen: io_uring, 32-bit programs on 64-bit kernels, " \
		  "the kernel's own; calls that a security module refuses " \
		  "are" }

static const struct alternative connect_stream[] = {
	{ HOOKS(FENTRY("on_connect", "inet_stream_connect",
		       "socket uaddr len"),
		FEXIT("on_connect_return", "inet_stream_connect", "ret")) },
	{ HOOKS(KPROBE("on_connect", "inet_stream_connect",
		       "socket uaddr len"),
		KRETPROBE("on_connect_return", "inet_stream_connect", "ret",
			  .maxactive = CONNECTS)) },
	CONNECT_SYSCALLS,
};

const struct role role_connect_call_tcp = {
	.name = "connect", .what = "connect(2) is called, and returns",
	ALTS(connect_stream),
};

/* Both families come through these two, with the address copied. */
static const struct alternative connect_any[] = {
	{ HOOKS(FENTRY("on_connect", "inet_stream_connect",
		       "socket uaddr len"),
		FEXIT("on_connect_return", "inet_stream_connect", "ret"),
		FENTRY("on_connect", "inet_dgram_connect",
		       "socket uaddr len"),
		FEXIT("on_connect_return", "inet_dgram_connect", "ret")) },
	{ HOOKS(KPROBE("on_connect", "inet_stream_connect",
		       "socket uaddr len"),
		KRETPROBE("on_connect_return", "inet_stream_connect", "ret",
			  .maxactive = CONNECTS),
		KPROBE("on_connect", "inet_dgram_connect",
		       "socket uaddr len"),
		KRETPROBE("on_connect_return", "inet_dgram_connect", "ret",
			  .maxactive = CONNECTS)) },
	CONNECT_SYSCALLS,
};

const struct role role_connect_call = {
	.name = "connect", .what = "connect(2) is called, and returns",
	ALTS(connect_any),
};

/* To connect(2) again is to ask, too: on_connect() sees to that. */
static const struct alternative connect_noticed[] = {
	{ HOOKS(FENTRY("on_poll", "tcp_poll", "- socket"),
		FENTRY("on_use", "tcp_sendmsg", "sk"),
		FENTRY("on_use", "tcp_recvmsg", "sk")) },
	{ HOOKS(KPROBE("on_poll", "tcp_poll", "- socket"),
		KPROBE("on_use", "tcp_sendmsg", "sk"),
		KPROBE("on_use", "tcp_recvmsg", "sk")) },
	{ HOOKS(RAW("on_use", "sock_recv_length", "sk"),
		RAW("on_use", "sock_send_length", "sk")),
	  .note = "known once the socket is first used: polls are not seen" },
};

const struct role role_connect_noticed = {
	.name = "noticed",
	.what = "a process asks whether it is connected, or goes on as if",
	.optional = true, .without = "only calls that wait tell when",
	.when = { "want_noticed_ns" },
	ALTS(connect_noticed),
};

const struct alternative tcp_destroy_alts[TCP_DESTROY_ALTS] = {
	{ HOOKS(RAW("on_destroy", "tcp_destroy_sock", "sk")) },
	{ HOOKS(KPROBE("on_destroy", "tcp_v4_destroy_sock", "sk")) },
	{ HOOKS(TRACEPOINT("on_destroy", "tcp/tcp_destroy_sock",
			   "sk=skaddr")) },
};

const struct role role_tcp_destroy = { ROLE_TCP_DESTROY };

static const struct alternative dns[] = {
	{ HOOKS(FENTRY("on_dns_read", "skb_consume_udp", "sk skb")) },
	{ HOOKS(KPROBE("on_dns_read", "skb_consume_udp", "sk skb")) },
	{ HOOKS(RAW("on_dns_packet", "netif_receive_skb", "skb")),
	  .note = "looks at every packet received" },
	{ HOOKS(TRACEPOINT("on_dns_packet", "net/netif_receive_skb",
			   "skb=skbaddr")),
	  .note = "looks at every packet received" },
};

const struct role role_dns = {
	.name = "dns", .what = "an answer from a name server arrives",
	.optional = true, .without = "no names", .when = { "dns" },
	ALTS(dns),
};

/* ---- packets that are dropped -------------------------------------------- */

const char *const drop_directions[] = { "in", "out", NULL };

#define BLIND "no reasons; not seen: what TCP drops at open sockets"
#define BY_FUNCTION(p, f, note_)					\
	{ HOOKS(FREED_RAW("on_drop", ""), KPROBE(p, f, "sk skb")),	\
	  .note = note_ },						\
	{ HOOKS(FREED_TRACEPOINT("on_drop", ""),			\
		KPROBE(p, f, "sk skb")), .note = note_ }

static const struct alternative drop_alts[] = {
	FREED_FOR_A_REASON("on_drop_reason"),
	BY_FUNCTION("on_tcp_drop", "tcp_drop", "no reasons"),
	BY_FUNCTION("on_dupack", "tcp_send_dupack", BLIND
		    ", but segments outside the window"),
	{ HOOKS(FREED_RAW("on_drop", "")), .note = BLIND },
	{ HOOKS(FREED_TRACEPOINT("on_drop", "")), .note = BLIND },
};

const struct role role_drop = {
	.name = "drop", .what = "a packet is dropped", ALTS(drop_alts),
};

static const struct alternative overflow_alts[] = {
	{ HOOKS(FENTRY("on_request", "tcp_conn_request", "- - sk skb")) },
	{ HOOKS(KPROBE("on_request", "tcp_conn_request", "- - sk skb")) },
	/* the fourth argument is not in a register on i386 */
	{ HOOKS(KPROBE("on_request", "tcp_v4_conn_request", "sk skb"),
		KPROBE("on_request6", "tcp_v6_conn_request", "sk skb")) },
	{ HOOKS(KPROBE("on_request", "tcp_v4_conn_request", "sk skb")),
	  .note = "IPv4 alone" },
};

const struct role role_listen_overflow = {
	.name = "tcp-listen-overflow",
	.what = "a SYN finds its accept queue full", .optional = true,
	.without = "such SYNs are not shown",
	ALTS(overflow_alts),
};

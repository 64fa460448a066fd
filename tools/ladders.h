/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Hook ladders that several tools share: what is observed, and the ways to,
 * best first.  The programs of a tool that takes one define the functions
 * that it names.
 */
#ifndef SOCKEYE_LADDERS_H
#define SOCKEYE_LADDERS_H

#include "tools/tool.h"

/*
 * A role that a tool needs under conditions of its own is written with the
 * macro: { ROLE_TCP_STATE, .when = { "established" } }.
 */
enum { TCP_STATE_ALTS = 3, TCP_ACCEPT_ALTS = 7, TCP_DESTROY_ALTS = 3 };
extern const struct alternative tcp_state_alts[TCP_STATE_ALTS],
	tcp_accept_alts[TCP_ACCEPT_ALTS], tcp_destroy_alts[TCP_DESTROY_ALTS];
#define ROLE_TCP_STATE							\
	.name = "tcp-state", .what = "a TCP socket changes its state",	\
	.alts = tcp_state_alts, .nalts = TCP_STATE_ALTS
#define ROLE_TCP_ACCEPT							\
	.name = "tcp-accept",						\
	.what = "a process accepts a TCP connection",			\
	.alts = tcp_accept_alts, .nalts = TCP_ACCEPT_ALTS
#define ROLE_TCP_DESTROY						\
	.name = "tcp-destroy", .what = "a TCP socket goes away",	\
	.alts = tcp_destroy_alts, .nalts = TCP_DESTROY_ALTS

/* on_state(sk, oldstate, newstate): any TCP state change. */
extern const struct role role_tcp_state;
/* on_accept(sk), on_accept_exit(fd), on_accept_call(regs, ret): a process
 * takes a TCP connection; shown the moment it does. */
extern const struct role role_tcp_accept;
/* on_accept, on_accept_exit, on_accept_call, on_io(sk): who takes a
 * connection, at the latest as it is first used. */
extern const struct role role_owner_accept;
/* on_connect(sk), on_state: who opens a connection. */
extern const struct role role_owner_connect;
/* on_connect(socket, uaddr, len), on_connect_return(ret), or
 * on_connect_enter(fd, uaddr, len) or on_connect_enter_call(regs), and
 * on_connect_exit(ret): connect(2) is called
 * on an IP socket, and returns; the second role of those with a handshake
 * only. */
extern const struct role role_connect_call, role_connect_call_tcp;
/* on_poll(socket), on_use(sk): the process asks for the outcome of what it did
 * not wait for; where COL_NOTICED is shown. */
extern const struct role role_connect_noticed;
#define COL_NOTICED(type)						\
	COL(type, noticed_ns, K_MS, 10, "noticed_ns", "NOTICED_MS",	\
	    C_ZERO | C_HIDDEN, "from connect(2) until the process could " \
	    "know, when the row is printed: the call returned with it, or " \
	    "the socket was polled or used; with + it had not as this tool " \
	    "stopped")
/* How long connecting took, and how that ended. */
#define COLS_OUTCOME(type, width_, heading_)				\
	COL(type, latency_ns, K_MS, 7, "latency_ns", "LAT(ms)", 0,	\
	    "from connect(2) to the outcome; with + it was still "	\
	    "awaited as this tool stopped"),				\
	COL(type, final, K_ERRNO, width_, "err", heading_, C_KEY | C_LEFT, \
	    "0, or why there is no connection; EINPROGRESS: the socket was " \
	    "closed, or this tool stopped, before there was an outcome")
#define CONNECT_OVERHEAD						\
	"Two small programs per connect(2), one per change of a TCP "	\
	"socket's state; nothing runs per packet."
/* The constant min_ns of tools that measure how long something takes. */
#define OPTION_MIN_LATENCY						\
	{ .name = "min", .arg = "TIME", .constant = "min_ns",		\
	  .duration = true, .max = INT64_MAX,				\
	  .help = "only what took at least this long: 100ms, 0.5ms, 1.5" }
/* The constant established. */
#define OPTION_ESTABLISHED(help_)					\
	{ .name = "established", .constant = "established", .max = 1,	\
	  .help = help_ }
/* on_drop_reason(skb, location, reason), on_drop, on_tcp_drop(sk, skb),
 * on_dupack: a packet is dropped; on_request(sk, skb), on_request6: a SYN for
 * which there is no room, on which the tracepoint is silent. */
extern const struct role role_drop, role_listen_overflow;
/* Of enum drop_direction (progs/event.h). */
extern const char *const drop_directions[];
/*
 * The kernel constants of their programs (progs/drop.bpf.h).  No trouble are
 * packets that TCP has dealt with, that nobody will read any more, or that
 * were for others.
 */
#define DROPS_EXPECTED							\
	"CONSUMED SKB_CONSUMED SOCKET_CLOSE QUEUE_PURGE TCP_OLD_ACK "	\
	"TCP_OFOMERGE TCP_OLD_DATA TCP_CLOSE UNIX_DISCONNECT "		\
	"UNIX_SKIP_OOB OTHERHOST PACKET_SOCK_ERROR"
#define DROP_WITHIN(constant, function)					\
	{ constant, KERNEL_FUNCTION, function, 0 },			\
	{ constant "_end", KERNEL_FUNCTION_END, function, 0 }
#define DROP_CONSTANTS							\
	{ "expected_0", KERNEL_REASONS, DROPS_EXPECTED, 0 },		\
	{ "expected_64", KERNEL_REASONS, DROPS_EXPECTED, 64 },		\
	{ "expected_128", KERNEL_REASONS, DROPS_EXPECTED, 128 },	\
	{ "not_specified", KERNEL_REASON, "NOT_SPECIFIED", 0 },		\
	DROP_WITHIN("rcv_state", "tcp_rcv_state_process"),		\
	DROP_WITHIN("v4_rcv", "tcp_v4_rcv"),				\
	DROP_WITHIN("v6_rcv", "tcp_v6_rcv"),				\
	DROP_WITHIN("purge", "skb_queue_purge"),			\
	/* where that is inlined */					\
	DROP_WITHIN("kill_queues", "sk_stream_kill_queues"),		\
	DROP_WITHIN("destruct", "inet_sock_destruct"),			\
	{ "tcp_drop", KERNEL_FUNCTION, "tcp_drop", 0 },			\
	{ "tcp_send_dupack", KERNEL_FUNCTION, "tcp_send_dupack", 0 },	\
	{ "tcp_conn_request", KERNEL_FUNCTION, "tcp_conn_request", 0 }

/* Of a system call that is shown as it returns. */
#define COL_CALL_NS(type)						\
	COL(type, call_ns, K_MS, 5, "call_ns", "LAT", C_HIDDEN,		\
	    "how long the call took (LAT: ms)")
#define COL_RESULT(type, width_)					\
	COL(type, result, K_ERRNO, width_, "result", "RESULT",		\
	    C_KEY | C_LEFT, "what the call returned: 0 or an error")
/* The constant errors. */
#define OPTION_ERRORS							\
	{ .name = "errors", .constant = "errors", .max = 1,		\
	  .help = "only calls that failed" }
/* What alternatives by the events of system calls have as their note; the
 * second where the kernel's own calls are no loss. */
#define NOTE_SYSCALLS NOTE_USER_SYSCALLS ", the kernel's own"
#define NOTE_USER_SYSCALLS						\
	"not seen: io_uring, socketcall(2), 32-bit programs on 64-bit "	\
	"kernels"
/* Of those by functions of IPv4 alone. */
#define NOTE_NO_IPV6 "not seen: IPv6, which this kernel has not got"
/* on_destroy(sk): a TCP socket goes away. */
extern const struct role role_tcp_destroy;
/* Alternatives: on_retrans(sk, skb, err), a segment was sent again, since 4.15;
 * err (6.18): or could not be. */
#define RETRANS_TRACEPOINTS						\
	{ HOOKS(RAW("on_retrans", "tcp_retransmit_skb", "sk skb err",	\
		    .again = "sk skb err")) },				\
	{ HOOKS(RAW("on_retrans", "tcp_retransmit_skb", "sk skb",	\
		    .again = "sk skb")) },				\
	{ HOOKS(TRACEPOINT("on_retrans", "tcp/tcp_retransmit_skb",	\
			   "sk=skaddr skb=skbaddr err",			\
			   .again = "sk skb err")) },			\
	{ HOOKS(TRACEPOINT("on_retrans", "tcp/tcp_retransmit_skb",	\
			   "sk=skaddr skb=skbaddr", .again = "sk skb")) }
/* Alternatives: @prog(sk, skb), a segment arrives on an established connection
 * and is not looked at yet; the tracepoint since 4.16. */
#define SEGMENT_ARRIVES(prog)						\
	{ HOOKS(RAW(prog, "tcp_probe", "sk skb")) },			\
	{ HOOKS(FENTRY(prog, "tcp_rcv_established", "sk skb")) },	\
	{ HOOKS(KPROBE(prog, "tcp_rcv_established", "sk skb")) }
/* Alternatives: @prog(sk, skb), a TCP socket hands a packet to IP. */
#define SEGMENT_LEAVES(prog)						\
	{ HOOKS(FENTRY(prog, "ip_queue_xmit", "sk skb"),		\
		FENTRY(prog, "inet6_csk_xmit", "sk skb")) },		\
	{ HOOKS(KPROBE(prog, "ip_queue_xmit", "sk skb"),		\
		KPROBE(prog, "inet6_csk_xmit", "sk skb")) },		\
	{ HOOKS(KPROBE(prog, "ip_queue_xmit", "sk skb")),		\
	  .note = "no IPv6" }
/* Hooks: @prog(skb, location, ...), a packet is dropped; what else is told is
 * @more.  Alternatives: those with the reason (5.17), and the socket that was
 * to receive it (6.11). */
#define FREED_RAW(prog, more)						\
	RAW(prog, "kfree_skb", "skb location" more,			\
	    .again = "skb location" more)
#define FREED_TRACEPOINT(prog, more)					\
	TRACEPOINT(prog, "skb/kfree_skb", "skb=skbaddr location" more,	\
		   .again = "skb location" more)
#define FREED_FOR_A_REASON(prog)					\
	{ HOOKS(FREED_RAW(prog, " reason rx_sk")) },			\
	{ HOOKS(FREED_RAW(prog, " reason")) },				\
	{ HOOKS(FREED_TRACEPOINT(prog, " reason")) }
/* Alternatives: @prog(), a thread exits. */
#define THREAD_EXITS(prog)						\
	{ HOOKS(RAW(prog, "sched_process_exit", "")) },			\
	{ HOOKS(TRACEPOINT(prog, "sched/sched_process_exit", "")) }
/* on_dns_read(sk, skb), on_dns_packet(skb): --dns. */
extern const struct role role_dns;

/* ---- ways of requests --------------------------------------------------- */

/* A tool that counts how often each of many functions is called. */
#define CALLS_PART(said, ways_)						\
	{ .name = "calls", .text = said, .what = ASK_COUNT,		\
	  .by = "probe", WAYS(ways_) }
#define CALLS_EXAMPLES							\
	{ "", "until Ctrl-C" },						\
	{ "-d 1 -r 20", "the twenty most used in a second" }
#define CALLS_OVERHEAD							\
	"Half a microsecond per call, and a second to start."

/*
 * Lists for a macro W(hooks, word, note) that makes a struct way of them; the
 * word is what is asked for there.
 *
 * Data is given to a socket, or taken from one, of any family; the word: what
 * the caller is told, bytes or a negative errno.
 */
#define PEEKED "data that is peeked at counts, too"
#define FAMILIES "not seen: families other than AF_INET, AF_INET6, AF_UNIX, " \
	"AF_NETLINK, AF_PACKET"
/*
 * The functions of the families, since sock_sendmsg() and sock_recvmsg() are
 * passed by some callers only: compilers put them in their place (ARM), and
 * sends go another way since __sock_sendmsg() came (6.6, and stable kernels).
 */
#define OF_FAMILIES(kind, call)						\
	"?" kind ":inet_" call " ?" kind ":inet6_" call " "		\
	"?" kind ":unix_stream_" call " ?" kind ":unix_dgram_" call " "	\
	"?" kind ":netlink_" call " ?" kind ":packet_" call
#define SEND_WAYS(W)							\
	W("rt:sock_send_length", "arg1:s32", NULL)	/* 6.3 */	\
	W(OF_FAMILIES("fr", "sendmsg"), "retval", FAMILIES)		\
	W(OF_FAMILIES("kr", "sendmsg"), "retval", FAMILIES)
#define RECV_WAYS(W)							\
	W("rt:sock_recv_length", "arg1:s32", PEEKED)			\
	W(OF_FAMILIES("fr", "recvmsg"), "retval", PEEKED "; " FAMILIES)	\
	W(OF_FAMILIES("kr", "recvmsg"), "retval", PEEKED "; " FAMILIES)
/* A W for these: how much of one protocol, "tcp", was moved. */
#define MOVED_WAY(protocol, h, result, n)				\
	{ .hooks = h, .of = result,					\
	  .where = "protocol==" protocol " && " result ">=0", .note = n },
/* The first examples of a tool that tells what processes did. */
#define EXAMPLES_PROCESSES						\
	{ "", "until Ctrl-C, all processes" },				\
	{ "-d 10 -p 4711", "one process, for ten seconds" }

/*
 * A process connects a socket; the words: where it is, and where the address
 * is.  The functions are called with CONFIG_SECURITY_NETWORK.
 */
#define CONNECT_WAYS(W)							\
	W("f:security_socket_connect", "arg0:socket.sk", "arg1", NULL)	\
	W("k:security_socket_connect", "arg0:socket.sk", "arg1", NULL)	\
	W("t:syscalls:sys_enter_connect", NULL, "args.uservaddr",	\
	  NOTE_USER_SYSCALLS)
/* A process has accepted a connection; the word: the new socket. */
#define ACCEPT_WAYS(W)							\
	W("fr:do_accept", "retval64:file.private_data:socket.sk",	\
	  "not seen: calls that waited when it began")			\
	W("kr:do_accept", "retval64:file.private_data:socket.sk",	\
	  "not seen: calls that waited when it began")			\
	W("t:syscalls:sys_exit_accept*", NULL,				\
	  NOTE_USER_SYSCALLS)

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "tools/frontend/sockets_unix.h"

#define EV struct unix_event

static const char *const shutdowns[] = { "RCV", "SEND", NULL };

static const struct column columns[] = {
	COL_ENUM(EV, netid, unix_netids, 5, "netid", "NET", C_LEFT | C_KEY,
		 "u_str, u_dgr, u_seq: stream, datagrams, seqpacket"),
	COL_ENUM(EV, state, unix_states, 11, "state", "STATE", C_LEFT | C_KEY,
		 "LISTEN, ESTABLISHED, or CLOSE: not connected"),
	COL(EV, recv_q, K_S64, 5, "recv_q", "RECVQ", C_NEG | C_SUM,
	    "bytes that wait to be read (of datagrams those of the first); "
	    "of a listener connections that wait to be accepted"),
	COL(EV, send_q, K_S64, 5, "send_q", "SENDQ", C_NEG | C_SUM,
	    "memory of what was sent and is not read; of a listener how many "
	    "connections may wait"),
	COL_HOLDER(EV),
	COL_COMM(EV, 10, 0),
	COL(EV, peer_pid, K_U32, 8, "peer_pid", "PEER_PID", C_ZERO | C_LEFT,
	    "process that has the other end open, of several the one with the "
	    "lowest number; while a connection waits, the listener"),
	COL(EV, peer_comm, K_COMM, 10, "peer_comm", "PEER_COMM",
	    C_ZERO | C_LEFT, "name of that process"),
	COL(EV, fd, K_S32, 4, "fd", "FD", C_OWNER | C_HIDDEN,
	    "descriptor of the process of PID"),
	COL_OWNERS(EV),
	COL(EV, peer_owners, K_U32, 11, "peer_owners", "PEER_OWNERS",
	    C_ZERO | C_HIDDEN, "the same of the other end"),
	COL_UID(EV),
	COL(EV, sk_uid, K_S64, 6, "sk_uid", "SK_UID", C_NEG | C_HIDDEN,
	    "user of the socket (Linux 5.3)"),
	COL(EV, inode, K_U32, 8, "inode", "INODE", C_LEFT | C_HIDDEN | C_WIDE,
	    "its inode number"),
	COL(EV, peer, K_U32, 8, "peer", "PEER",
	    C_ZERO | C_LEFT | C_HIDDEN | C_WIDE,
	    "that of the other end; while a connection waits to be accepted, "
	    "of the listener"),
	COL_COOKIE(EV),
	COL_NETNS(EV), COL_CGROUP(EV),
	COL_BITS(EV, shutdown, shutdowns, 8, "shutdown", "SHUTDOWN",
		 C_ZERO | C_LEFT | C_HIDDEN,
		 "RCV: nothing more comes, SEND: nothing more can be sent; "
		 "of a stream whose other end is closed both"),
	COL(EV, sk_sndbuf, K_S32, 7, "sk_sndbuf", "SNDBUF", C_NEG | C_HIDDEN,
	    "room for what was sent and is not read"),
	COL(EV, peer_path, K_COMM, 4, "peer_path", "PEER_PATH",
	    C_ZERO | C_LEFT | C_HIDDEN | C_WIDE, "name of the other end"),
	COL(EV, path, K_COMM, 4, "path", "PATH", C_ZERO | C_LEFT,
	    "its name; of an abstract one each NUL is shown as @, the first "
	    "byte being one"),
	{ 0 }
};

static const struct tool_option options[] = {
	{ .name = "state", .arg = "LIST", .constant = "states",
	  .names = unix_states, .max = UINT32_MAX,
	  .help = "sockets in these states: ESTABLISHED, CLOSE, LISTEN" },
	{ .name = "net", .arg = "LIST", .constant = "netids",
	  .names = unix_netids, .max = UINT32_MAX,
	  .help = "of these kinds: u_str, u_dgr, u_seq" },
	OPTION_EACH_OWNER, { 0 }
};

static const struct example examples[] = {
	{ "", "all AF_UNIX sockets, and who is at their other ends" },
	{ "--state listen", "who listens where, how much waits" },
	{ "-p 4711 -w", "whom a process is connected to, and by what names" },
	{ "-c -o netid,state,comm,peer_comm 1",
	  "how many connections, between which programs, each second" },
	{ "-N web -j -x", "one network namespace, all that is known" },
	{ 0 }
};

const struct tool tool_unixsnap = {
	.name = "unixsnap",
	.alias = "snapshot_unix",
	.summary = "AF_UNIX sockets: whose, queues, who has the other end",
	.about = "Prints a line for each AF_UNIX socket that there is, and "
		"ends; with [TIME [N]], or -i, again each time that has "
		"passed.  PEER_PID is who has the other end: of a client the "
		"server, and while its connection waits to be accepted, who "
		"listens.  All network namespaces are looked at that "
		"processes live in, or that are mounted.  Sockets without a "
		"PID are in no process: sent along in a message that nobody "
		"has read."
		"\n\n"
		"It runs nothing in the kernel: sock_diag(7) lists the "
		"sockets (unix_diag), or, where the kernel has it not, "
		"/proc/net/unix, which knows neither queues nor other ends; "
		"/proc/PID/fd tells whose they are.  A name may hold line "
		"ends, and so invent lines of that file: a socket without a "
		"PID may not exist there.  Without root it shows the sockets "
		"of its own network namespace, and the PIDs of one's own "
		"processes.",
	.overhead = SNAPSHOT_OVERHEAD,
	SNAPSHOT(&source_unix),
	.filters = F_PID | F_COMM | F_UID | F_CGROUP | F_NETNS,
	.flags = T_COUNT | T_SNAPSHOT,
	.options = options,
	.columns = columns,
	.examples = examples,
	EVENT_FLOW(EV),
};

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "progs/undump.h"
#include "tools/ladders.h"

extern const struct spec spec_undump;

#define EV struct undump_event

/* By SOCK_..., enum undump_flag. */
static const char *const types[] = {
	"", "stream", "dgram", "", "", "seqpacket", NULL
};
static const char *const flags[] = { "PEEK", "TRUNC", NULL };

static const struct column columns[] = {
	COL_PID(EV), COL_COMM(EV, 15, C_KEY),
	COL_ENUM(EV, type, types, 9, "socket_type", "TYPE", C_LEFT | C_ZERO,
		 "stream, dgram, seqpacket; unknown without BTF"),
	COL(EV, peer_pid, K_U32, 7, "peer_pid", "PEER", C_LEFT | C_ZERO,
	    "process of the other end, as SO_PEERCRED has it: who connected, "
	    "listened, or made the pair; unknown without BTF"),
	COL(EV, path, K_COMM, 16, "path", "PATH", C_LEFT | C_ZERO | C_KEY,
	    "what the other end is called, or else this one: its last 32 "
	    "bytes; @ is abstract; unknown without BTF"),
	COL(EV, size, K_U32, 7, "size", "SIZE", C_SUM,
	    "bytes that the process received"),
	COL_WHEN("data", EV, data, K_DATA, 0, "data", "DATA", C_LEFT,
	    "the first of them (--data), as in C; ... where there were more"),
	COL(EV, socket, K_U64, 8, "socket_inode", "SOCKET",
	    C_LEFT | C_ZERO | C_HIDDEN,
	    "inode number of the socket, as in /proc/PID/fd"),
	COL(EV, peer, K_U64, 8, "peer_inode", "PEER_SOCKET",
	    C_LEFT | C_ZERO | C_HIDDEN, "that of the socket at the other end"),
	COL_BITS(EV, flags, flags, 6, "flags", "FLAGS",
		 C_LEFT | C_ZERO | C_HIDDEN,
		 "PEEK: it stays to be read again; TRUNC: a message was "
		 "longer than that"),
	COL_TID(EV), COL_UID(EV), COL_NETNS(EV), COL_CGROUP(EV),
	{ 0 }
};

#define CALLS(way, back)						\
	way("on_receive", "unix_stream_recvmsg", "socket msg size flags"), \
	way("on_receive", "unix_dgram_recvmsg", "socket msg size flags"), \
	way("on_receive", "unix_seqpacket_recvmsg", "socket msg size flags"), \
	back("on_return", "unix_stream_recvmsg", "ret", .maxactive = 1024), \
	back("on_return", "unix_dgram_recvmsg", "ret", .maxactive = 1024), \
	back("on_return", "unix_seqpacket_recvmsg", "ret", .maxactive = 1024)
#define CALL(enter, name, args)						\
	TRACEPOINT(enter, "syscalls/sys_enter_" name, args),		\
	TRACEPOINT("on_exit", "syscalls/sys_exit_" name, "ret")

static const struct alternative receive_alts[] = {
	{ HOOKS(CALLS(FENTRY, FEXIT)) },
	{ HOOKS(CALLS(KPROBE, KRETPROBE)) },
	{ HOOKS(CALL("on_read", "read", "fd buf count"),
		CALL("on_read", "readv", "fd vec"),
		CALL("on_recv", "recvfrom", "fd buf=ubuf count=size flags"),
		CALL("on_recv", "recvmsg", "fd msg flags")),
	  .note = NOTE_SYSCALLS ", recvmmsg(2)" },
};

static const struct role receive = {
	.name = "unix-receive", .what = "data is received, and how much",
	ALTS(receive_alts),
};

static const struct role *const roles[] = { &receive, NULL };

static const struct tool_option options[] = {
	{ .name = "data", .constant = "data", .max = 1,
	  .help = "show what is received, not only how much: others' data, "
		  "passwords among it" },
	{ .name = "bytes", .arg = "N", .constant = "bytes", .min = 1,
	  .max = UNDUMP_BYTES, .def = 128,
	  .help = "--data: at most so many bytes of each (128; 192 at most)" },
	{ 0 }
};

static const struct example examples[] = {
	{ "", "who receives how much, from whom" },
	{ "-p 4711 --data -T", "what one process is told, and when" },
	{ "-n dbus-daemon --data --bytes 32", "the first 32 bytes of each" },
	{ "-p 4711 --data -j", "as JSON: data, and data_hex" },
	{ "-c -d 60", "count by program and socket for a minute" },
	{ 0 }
};

const struct tool tool_undump = {
	.name = "undump",
	.summary = "data received over AF_UNIX sockets: by whom, what",
	.about = "Prints a line each time a process receives data over an "
		"AF_UNIX socket, stream, datagram or packet: how much was "
		"copied to it, and from whom.  With --data the bytes, too, as "
		"far as --bytes goes; without it they are neither read nor "
		"recorded (-W).\n"
		"\n"
		"Bytes are read from the process's memory as the call "
		"returns, of several buffers (readv(2), recvmsg(2)) from the "
		"first.  A message that is looked at (MSG_PEEK) is shown each "
		"time: column flags.  What splice(2) takes is not seen, nor a "
		"call that waited before this tool began.",
	.overhead = "Two small programs per read of an AF_UNIX socket; where "
		"no function can be probed, per read(2) of any file.",
	.spec = &spec_undump, .filters = F_TASK, .flags = T_COUNT,
	.options = options, .roles = roles, .columns = columns,
	.examples = examples, .event_least = UNDUMP_LEAST, EVENT_FLOW(EV),
};

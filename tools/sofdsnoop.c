/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "progs/sofdsnoop.h"
#include "tools/ladders.h"

extern const struct spec spec_sofdsnoop;

#define EV struct sofdsnoop_event

/* By enum fd_action, fd_type. */
static const char *const actions[] = {
	"", "SEND", "RECV", "FAIL", "LOST", NULL
};
static const char *const types[] = {
	"", "fifo", "char", "", "dir", "", "block", "", "file", "", "link", "",
	"socket", "", "", "anon", NULL
};

static const struct column columns[] = {
	COL_PID(EV), COL_COMM(EV, 10, C_KEY),
	COL_ENUM(EV, action, actions, 6, "action", "ACTION", C_KEY | C_LEFT,
		 "SEND, RECV; FAIL: the call did, and what it sent above did "
		 "not leave; LOST: the caller had no room for FDS of them"),
	COL(EV, socket, K_U64, 8, "socket_inode", "SOCKET", C_LEFT | C_ZERO,
	    "inode number of the AF_UNIX socket, as in /proc/PID/fd; unknown "
	    "without BTF, and of calls that began before"),
	COL(EV, fd, K_S32, 5, "fd", "FD", C_NEG,
	    "descriptor, as the process knows it"),
	COL(EV, result, K_ERRNO, 6, "result", "RESULT", C_KEY | C_LEFT,
	    "0, or why it was not passed on: EBADF, EMFILE ..."),
	COL_ENUM(EV, type, types, 6, "file_type", "TYPE",
		 C_KEY | C_LEFT | C_ZERO,
		 "what it is: file, dir, socket, fifo ..., anon (eventfd, "
		 "epoll, ...); unknown without BTF"),
	COL(EV, inode, K_U64, 10, "inode", "INODE", C_LEFT | C_ZERO,
	    "inode number of that"),
	COL(EV, name, K_COMM, 14, "name", "NAME", C_LEFT | C_ZERO,
	    "the last part of its path, at most 31 bytes; of a socket its "
	    "protocol"),
	COL(EV, fds, K_U32, 3, "fds", "FDS", C_HIDDEN,
	    "its place in the message, from 1; of FAIL and LOST how many"),
	COL_TID(EV), COL_UID(EV), COL_NETNS(EV), COL_CGROUP(EV),
	{ 0 }
};

/* unix_seqpacket_sendmsg() goes on by unix_dgram_sendmsg(). */
#define SEND_HOOKS(way, back)						\
	way("on_send", "__scm_send", "socket"),				\
	way("on_take", "fget_raw", "fd"),				\
	back("on_taken", "fget_raw", "ret"),				\
	back("on_sent", "unix_stream_sendmsg", "ret",			\
	     .maxactive = 1024),					\
	back("on_sent", "unix_dgram_sendmsg", "ret", .maxactive = 1024)
#define CALL(enter, name, msg)						\
	TRACEPOINT(enter, "syscalls/sys_enter_" name, "fd " msg),	\
	TRACEPOINT("on_exit", "syscalls/sys_exit_" name, "ret")
#define NOTE_CALLS NOTE_SYSCALLS					\
	"; of a call 12 descriptors, all after them are told as one lost"

static const struct alternative send_alts[] = {
	{ HOOKS(SEND_HOOKS(FENTRY, FEXIT)) },
	{ HOOKS(SEND_HOOKS(KPROBE, KRETPROBE)) },
	{ HOOKS(CALL("on_sendmsg", "sendmsg", "msg"),
		CALL("on_sendmmsg", "sendmmsg", "msg=mmsg")),
	  .note = NOTE_CALLS },
};

static const struct role role_send = {
	.name = "fd-send",
	.what = "descriptors are sent, and what becomes of it",
	ALTS(send_alts),
};

/*
 * Each is received by a function of its own since 5.9: __receive_fd(), later
 * receive_fd(), which before was not it, and then scm_recv_one_fd().
 */
#define RECEIVE_HOOKS(way, back)					\
	way("on_read", "unix_stream_recvmsg", "socket msg"),		\
	way("on_read", "unix_dgram_recvmsg", "socket msg"),		\
	way("on_read", "unix_seqpacket_recvmsg", "socket msg"),		\
	way("on_detach", "scm_detach_fds", "- scm"),			\
	back("on_detached", "scm_detach_fds", "ret")
#define RECEIVE_WAY(way, back, function)				\
	{ HOOKS(RECEIVE_HOOKS(way, back),				\
		back("on_received", function, "ret")) }

static const struct alternative receive_alts[] = {
	RECEIVE_WAY(FENTRY, FEXIT, "scm_recv_one_fd"),
	RECEIVE_WAY(FENTRY, FEXIT, "__receive_fd"),
	RECEIVE_WAY(FENTRY, FEXIT, "receive_fd"),
	RECEIVE_WAY(KPROBE, KRETPROBE, "scm_recv_one_fd"),
	RECEIVE_WAY(KPROBE, KRETPROBE, "__receive_fd"),
	RECEIVE_WAY(KPROBE, KRETPROBE, "receive_fd"),
	{ HOOKS(RECEIVE_HOOKS(KPROBE, KRETPROBE),
		KPROBE("on_install", "fd_install", "fd file")),
	  .note = "not seen: why one is not received" },
	{ HOOKS(CALL("on_recvmsg", "recvmsg", "msg"),
		CALL("on_recvmmsg", "recvmmsg", "msg=mmsg")),
	  .note = NOTE_CALLS "; LOST" },
};

static const struct role role_receive = {
	.name = "fd-receive", .what = "descriptors are received",
	ALTS(receive_alts),
};

static const struct alternative exit_alts[] = {
	THREAD_EXITS("on_thread_exit")
};

static const struct role role_exit = {
	.name = "thread-exit", .what = "a thread exits",
	.optional = true, .without = "it has room for that many threads",
	ALTS(exit_alts),
};

static const struct role *const roles[] = {
	&role_exit, &role_receive, &role_send, NULL
};

static const struct example examples[] = {
	{ "", "every descriptor that is passed on" },
	{ "-T -n Xorg,sway", "what these send and receive, and when" },
	{ "-p 4711 -j", "one process, as JSON" },
	{ "-c -d 60", "count by program, result and type for a minute" },
	{ 0 }
};

const struct tool tool_sofdsnoop = {
	.name = "sofdsnoop",
	.summary = "descriptors passed over AF_UNIX sockets: SCM_RIGHTS",
	.about = "Prints a line for every file descriptor that a process "
		"sends in a message of an AF_UNIX socket (SCM_RIGHTS), and "
		"for every one that is received: the number it has there, and "
		"what it is.  The same INODE tells which is which.  Whatever "
		"call it is, sendmmsg(2) and io_uring, too, and however many "
		"there are.\n"
		"\n"
		"SEND is what the kernel has taken; a line FAIL below it says "
		"that the call failed after all, and why.  RECV with an error "
		"(EMFILE) and LOST (the receiver gave too little room: "
		"MSG_CTRUNC) are descriptors that are closed unseen.",
	.overhead = "A small program per descriptor that is sent, received or "
		"duplicated, and one per message read from an AF_UNIX socket. "
		" Before 5.9, one per descriptor that is opened.",
	.spec = &spec_sofdsnoop, .filters = F_TASK, .flags = T_COUNT,
	.roles = roles, .columns = columns, .examples = examples,
	EVENT_FLOW(EV),
};

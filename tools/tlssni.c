/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "progs/tlssni.h"
#include "tools/ladders.h"

extern const struct spec spec_tlssni;

#define EV struct tlssni_event

/* By enum hello_note. */
static const char *const notes[] = { "CUT", "ECH", NULL };

static const struct column columns[] = {
	COL_PID(EV), COL_COMM(EV, 12, C_KEY),
	COL_RADDR(EV, 0), COL_RPORT(EV, 0),
	COL(EV, versions, K_TLS_VERSION, 3, "tls_version", "TLS",
	    C_KEY | C_LEFT, "the highest version that is offered"),
	COL(EV, alpn, K_TLS_ALPN, 11, "alpn", "ALPN", C_LEFT,
	    "protocols that are offered, as the client prefers them"),
	COL_BITS(EV, notes, notes, 0, "notes", "NOTES", C_LEFT | C_ZERO,
		 "CUT: some of it was not seen, so that what is not there may "
		 "be; ECH: the name is of who decrypts the true one"),
	COL(EV, sni, K_TLS_SNI, 0, "server_name", "SERVER_NAME",
	    C_KEY | C_LEFT, "the name that is asked for"),
	COL_LADDR(EV, C_HIDDEN), COL_LPORT(EV, C_HIDDEN),
	COL_IP(EV, C_HIDDEN),
	COL_TID(EV), COL_UID(EV), COL_NETNS(EV), COL_CGROUP(EV),
	{ 0 }
};

static const struct alternative send_alts[] = {
	{ HOOKS(FENTRY("on_send", "tcp_sendmsg", "sk msg size")) },
	{ HOOKS(KPROBE("on_send", "tcp_sendmsg", "sk msg size")) },
	{ HOOKS(TRACEPOINT("on_write", "syscalls/sys_enter_write",
			   "fd buf count"),
		TRACEPOINT("on_write", "syscalls/sys_enter_writev", "fd vec"),
		TRACEPOINT("on_write", "syscalls/sys_enter_sendto",
			   "fd buf=buff count=len"),
		TRACEPOINT("on_write", "syscalls/sys_enter_sendmsg",
			   "fd msg")),
	  .note = NOTE_SYSCALLS ", sendmmsg(2)" },
};

static const struct role send = {
	.name = "tcp-send", .what = "a process sends data over TCP",
	ALTS(send_alts),
};

static const struct role *const roles[] = { &send, NULL };

static const struct example examples[] = {
	{ "", "who asks for what, and where" },
	{ "-P 443 -T", "HTTPS, and when" },
	{ "-p 4711 -j", "one process, as JSON" },
	{ "-c -d 60", "count by program, version and name for a minute" },
	{ 0 }
};

const struct tool tool_tlssni = {
	.name = "tlssni",
	.alias = "trace_sni",
	.summary = "TLS server names (SNI) that processes ask for",
	.about = "Prints a line for each TLS ClientHello that a process sends "
		"over TCP, whatever its port: the server name, the protocols "
		"(ALPN) and the highest version that it offers.  It is read "
		"from what the process hands to the kernel, before anything "
		"is encrypted or cut into segments, so its size does not "
		"matter, nor where in it the name is.\n"
		"\n"
		"A ClientHello must begin where a write does.  What its first "
		"buffer, or its first TLS record, does not hold is not seen; "
		"NOTES says so (CUT), as for a server name beyond 155 bytes, "
		"or for more than 32 extensions.  QUIC, DTLS and TLS within "
		"TLS are not seen, nor TLS that the sender is not a process "
		"for (a forwarded packet).  One that the kernel takes at a "
		"second try only (EAGAIN) is shown at the first, and without "
		"BTF at each.  With Encrypted ClientHello (ECH) there is but "
		"the public name.",
	.overhead = "A small program per call that sends over TCP, which "
		"reads 16 bytes; where no function can be probed, per "
		"write(2) to any file.",
	.spec = &spec_tlssni, .filters = F_FLOW, .flags = T_COUNT,
	.roles = roles, .columns = columns, .examples = examples,
	EVENT_FLOW(EV),
};

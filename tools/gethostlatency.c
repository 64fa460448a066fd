/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "progs/gethostlatency.h"
#include "tools/ladders.h"

extern const struct spec spec_gethostlatency;

#define EV struct gethostlatency_event

/* By enum lookup_func. */
static const char *const funcs[] = {
	"", "wire", "getaddrinfo", "gethostbyname", "gethostbyname2",
	"gethostbyname_r", "gethostbyname2_r", "gethostbyaddr",
	"gethostbyaddr_r", "getnameinfo", "res_query", "res_search",
	"res_nquery", "res_nsearch", NULL
};

/* By enum lookup_ret. */
static const char *const rets[LOOKUP_RETS + 1] = {
	"", "OK", "NO_ANSWER", "FAILED", "",
	"EAI_BADFLAGS", "EAI_NONAME", "EAI_AGAIN", "EAI_FAIL", "EAI_NODATA",
	"EAI_FAMILY", "EAI_SOCKTYPE", "EAI_SERVICE", "EAI_ADDRFAMILY",
	"EAI_MEMORY", "EAI_SYSTEM", "EAI_OVERFLOW", "TRUNCATED", "", "", "",
	"HOST_NOT_FOUND", "TRY_AGAIN", "NO_RECOVERY", "NO_DATA", "", "", "", "",
	"FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN",
	"YXRRSET", "NXRRSET", "NOTAUTH", "NOTZONE", "RCODE11", "RCODE12",
	"RCODE13", "RCODE14", "RCODE15", NULL
};

static const struct column columns[] = {
	COL_PID(EV), COL_COMM(EV, 12, C_KEY),
	COL(EV, duration_ns, K_MS, 10, "duration_ns", "LATms", 0,
	    "how long the call took, or the answer"),
	COL_ENUM(EV, ret, rets, 10, "ret", "RET", C_KEY | C_LEFT | C_ZERO,
		 "OK; EAI_... of getaddrinfo(3), an h_errno, or the server's "
		 "code; NO_ANSWER; TRUNCATED: to be asked for over TCP"),
	COL_WHEN("wire", EV, lookup, K_QTYPE, 5, "qtype", "TYPE", C_LEFT,
	    "type of the record that was asked for"),
	COL_WHEN("wire", EV, flow.raddr, K_ADDR, 15, "raddr", "SERVER", C_LEFT,
	    "name server; of getnameinfo and gethostbyaddr, the address"),
	COL(EV, lookup, K_LOOKUP, 24, "host", "HOST", C_KEY | C_LEFT,
	    "the name; of an address there is none"),
	COL_WHEN("wire", EV, lookup, K_ANSWERS, 0, "addrs", "ADDRS", C_LEFT,
	    "addresses in the answer"),
	COL_ENUM(EV, func, funcs, 13, "func", "FUNC", C_LEFT | C_HIDDEN,
		 "the function that was called, or wire"),
	COL_IP(EV, C_HIDDEN),
	COL_PROTO(EV, C_HIDDEN),
	COL_LADDR_AS(EV, C_HIDDEN | C_ZERO, "where the query was sent from"),
	COL_LPORT_AS(EV, C_HIDDEN | C_ZERO, "port of that"),
	COL_RPORT_AS(EV, C_HIDDEN | C_ZERO, "port of the name server"),
	COL_TID(EV), COL_UID(EV), COL_NETNS(EV), COL_CGROUP(EV),
	{ 0 }
};

/*
 * A function of the resolver, in whatever library: how it is entered, and that
 * it returns.  Not every library has every one.
 */
#define RESOLVER_ROLE(id, function, args)				\
	static const struct alternative id##_alts[] = {			\
		{ HOOKS(UPROBE("on_" function, "*:" function,		\
			       args " sp=sp"),				\
			URETPROBE("on_lookup_return", "*:" function,	\
				  "ret=ret sp=sp")) },			\
	};								\
	static const struct role id = {					\
		.name = function, .what = "a process calls " function,	\
		.optional = true, .without = "none has it",		\
		.unless = "wire", ALTS(id##_alts),			\
	}

RESOLVER_ROLE(getaddrinfo_, "getaddrinfo", "node");
RESOLVER_ROLE(gethostbyname_, "gethostbyname", "node");
RESOLVER_ROLE(gethostbyname2_, "gethostbyname2", "node");
RESOLVER_ROLE(gethostbyname_r_, "gethostbyname_r",
	      "node - - - result h_errnop");
RESOLVER_ROLE(gethostbyname2_r_, "gethostbyname2_r",
	      "node - - - - result h_errnop");
RESOLVER_ROLE(gethostbyaddr_, "gethostbyaddr", "node - family");
RESOLVER_ROLE(gethostbyaddr_r_, "gethostbyaddr_r",
	      "node - family - - - result h_errnop");
RESOLVER_ROLE(getnameinfo_, "getnameinfo", "node");
RESOLVER_ROLE(res_query_, "res_query", "node");
RESOLVER_ROLE(res_search_, "res_search", "node");
RESOLVER_ROLE(res_nquery_, "res_nquery", "- node");
RESOLVER_ROLE(res_nsearch_, "res_nsearch", "- node");

static const struct alternative exit_alts[] = {
	THREAD_EXITS("on_thread_exit")
};

static const struct role thread_exit = {
	.name = "thread-exit", .what = "a thread exits amid a call",
	.optional = true, .without = "such calls are shown at the end",
	.unless = "wire", ALTS(exit_alts),
};

static const struct alternative sent_alts[] = {
	{ HOOKS(RAW("on_packet_sent", "net_dev_queue", "skb")) },
	{ HOOKS(TRACEPOINT("on_packet_sent", "net/net_dev_queue",
			   "skb=skbaddr")) },
};

static const struct role sent = {
	.name = "wire-sent", .what = "a packet is sent",
	.when = { "wire" }, ALTS(sent_alts),
};

static const struct alternative received_alts[] = {
	{ HOOKS(RAW("on_packet_received", "netif_receive_skb", "skb")) },
	{ HOOKS(TRACEPOINT("on_packet_received", "net/netif_receive_skb",
			   "skb=skbaddr")) },
};

static const struct role received = {
	.name = "wire-received", .what = "a packet is received",
	.when = { "wire" }, ALTS(received_alts),
};

static const struct alternative written_alts[] = {
	{ HOOKS(FENTRY("on_dns_send", "tcp_sendmsg", "sk msg size")) },
	{ HOOKS(KPROBE("on_dns_send", "tcp_sendmsg", "sk msg size")) },
	{ HOOKS(TRACEPOINT("on_dns_write", "syscalls/sys_enter_write",
			   "fd buf count"),
		TRACEPOINT("on_dns_write", "syscalls/sys_enter_sendto",
			   "fd buf=buff count=len"),
		TRACEPOINT("on_dns_write", "syscalls/sys_enter_writev",
			   "fd vec vlen"),
		TRACEPOINT("on_dns_write", "syscalls/sys_enter_sendmsg",
			   "fd msg")),
	  .note = NOTE_SYSCALLS ", sendmmsg(2)" },
};

static const struct role written = {
	.name = "wire-written", .what = "a process writes a query over TCP",
	.optional = true, .without = "DNS over TCP is not seen",
	.when = { "wire" }, ALTS(written_alts),
};

/* In pairs, as they are entered and left. */
#define RECEIVE(enter, leave, function)					\
	enter("on_dns_receive", function, "socket msg size flags"),	\
	leave("on_dns_return", function, "ret", .maxactive = 1024)
#define READ_CALL(name, args)						\
	TRACEPOINT("on_dns_read", "syscalls/sys_enter_" name, args),	\
	TRACEPOINT("on_dns_exit", "syscalls/sys_exit_" name, "ret")

/* Of both families; the second function since 5.3. */
static const struct alternative read_alts[] = {
	{ HOOKS(RECEIVE(FENTRY, FEXIT, "inet_recvmsg"),
		RECEIVE(FENTRY, FEXIT, "inet6_recvmsg")) },
	{ HOOKS(RECEIVE(KPROBE, KRETPROBE, "inet_recvmsg"),
		RECEIVE(KPROBE, KRETPROBE, "inet6_recvmsg")) },
	{ HOOKS(RECEIVE(KPROBE, KRETPROBE, "inet_recvmsg")),
	  .note = "from Linux 5.3 on not seen: IPv6" },
	{ HOOKS(READ_CALL("read", "fd buf count"),
		READ_CALL("readv", "fd vec vlen"),
		READ_CALL("recvfrom", "fd buf=ubuf count=size flags uaddr=addr"),
		READ_CALL("recvmsg", "fd msg flags")),
	  .note = NOTE_SYSCALLS ", recvmmsg(2)" },
};

static const struct role read_ = {
	.name = "wire-read", .what = "a process reads an answer",
	.optional = true, .without = "DNS over TCP is not seen, nor answers "
		"that devices put in page fragments",
	.when = { "wire" }, ALTS(read_alts),
};

static const struct role *const roles[] = {
	&getaddrinfo_, &gethostbyname_, &gethostbyname2_, &gethostbyname_r_,
	&gethostbyname2_r_, &gethostbyaddr_, &gethostbyaddr_r_, &getnameinfo_,
	&res_query_, &res_search_, &res_nquery_, &res_nsearch_, &thread_exit,
	&read_, &written, &received, &sent, NULL
};

static const struct tool_option options[] = {
	{ .name = "wire", .constant = "wire", .max = 1, .alias = "trace_dns",
	  .help = "DNS queries and their answers, as the kernel sends and "
		  "receives them: what trace_dns is short for" },
	{ .name = "timeout", .arg = "TIME", .constant = "timeout_ns",
	  .duration = true, .max = INT64_MAX, .def = 5000000000,
	  .help = "--wire: a query counts as not answered after this long "
		  "(5)" },
	{ .name = "failed", .constant = "failed", .max = 1,
	  .help = "only those that found nothing" },
	OPTION_MIN_LATENCY,
	{ 0 }
};

static const struct example examples[] = {
	{ "", "every look-up by a library, as it returns" },
	{ "--min 100ms", "those that take long" },
	{ "-p 4711 -o +func", "of one process, with the function" },
	{ "--lib /srv/app/server", "those of a static program" },
	{ "--wire -T", "queries on the wire, whoever sends them" },
	{ "--wire --failed -A 192.0.2.53", "what this server does not know" },
	{ "--hist duration_ns -o host", "a histogram for each name" },
	{ "--hist duration_ns -o comm -i 10", "by program, each 10 seconds" },
	{ 0 }
};

const struct tool tool_gethostlatency = {
	.name = "gethostlatency",
	.summary = "how long looking up names takes, and what comes of it",
	.about = "Prints a line for each call of getaddrinfo(3), "
		"gethostbyname(3) and their kin, as it returns: in every C "
		"library that a process has mapped, whatever it is called and "
		"in whatever container, and in static programs that have "
		"their symbols.  A function that calls another is one "
		"line.\n\n"
		"--wire watches port 53, and 5353, instead: a line for each "
		"query that this machine sends over UDP or TCP (-o +proto), "
		"when its answer arrives or has not come for too long.  It "
		"sees static programs and resolvers that use no library, but "
		"no answers from caches and no encrypted DNS.",
	.overhead = "Two traps per look-up.  --wire looks at every packet, at "
		"every send over TCP and every read of an IP socket; where no "
		"function can be probed, at every read(2) and write(2) of any "
		"file.",
	.spec = &spec_gethostlatency, .filters = F_FLOW,
	.flags = T_COUNT | T_LIBS,
	.options = options, .roles = roles, .columns = columns,
	.examples = examples, EVENT_FLOW(EV),
	.awaits = "timeout_ns",
	.hist_keys = "host",
};

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tcpdrop: segments dropped for every reason that can be brought about, each
 * shown once.  All between two namespaces, b being what is looked at.
 */
#include "drops.h"
#include "pair.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define EACH 3			/* of each kind and family */
#define BACKLOG 3		/* of the listener that is not served */

/* Slots; those of servers for each family. */
enum { SPARE = 20, PLAIN = LISTENER, BUSY = LISTENER + 2,
       CLOSED = LISTENER + 4 };

static const int families[] = { AF_INET, AF_INET6 };
static const char *const addr_a[] = { "10.9.0.1", "fd09::1" };
static const char *const addr_b[] = { "10.9.0.2", "fd09::2" };
static const char *const tcp_rcv[] = { "tcp_v4_rcv", "tcp_v6_rcv" };

struct lab {
	struct drops d;
	struct pair p;
	uint16_t plain[2], busy[2], closed[2];
};

static uint16_t at_b(struct lab *lab, enum op op, unsigned slot, unsigned k,
		     uint64_t backlog)
{
	struct cmd c = { .slot = slot + k, .n = backlog };
	struct reply r;

	addr_set(&c.addr, families[k], addr_b[k], 0);
	r = agent_try(&lab->p.srv, &c, op);
	if (r.err)
		fatal(lab->d.t, "a socket in b: %s", strerror(r.err));
	return addr_port(&r.local);
}

static void lab_init(struct lab *lab, struct test *t)
{
	unsigned k;

	memset(lab, 0, sizeof(*lab));
	drops_init(&lab->d, t);
	pair_init(&lab->p, t);
	pair_drop(&lab->p);
	for (k = 0; k < 2; k++) {
		lab->plain[k] = at_b(lab, OP_LISTEN, PLAIN, k, 0);
		lab->busy[k] = at_b(lab, OP_LISTEN, BUSY, k, BACKLOG);
		lab->closed[k] = at_b(lab, OP_BIND, CLOSED, k, 0);
	}
}

static void lab_release(struct lab *lab)
{
	pair_release(&lab->p);
	drops_release(&lab->d);
}

/* ---- sockets ----------------------------------------------------------- */

/* From a to @port of b; the answer's local address is known either way. */
static struct reply dial(struct lab *lab, unsigned slot, unsigned k,
			 uint16_t port, unsigned flags)
{
	struct cmd c = { .slot = slot, .flags = flags };
	struct reply r;
	int err;

	addr_set(&c.addr, families[k], addr_a[k], 0);
	r = agent_try(&lab->p.cli, &c, OP_BIND);
	addr_set(&c.addr, families[k], addr_b[k], port);
	err = agent_try(&lab->p.cli, &c, OP_CONNECT).err;
	r.err = r.err ? r.err : err;
	r.peer = c.addr;
	return r;
}

static struct reply connected(struct lab *lab, unsigned slot, unsigned k,
			      uint16_t port)
{
	struct reply r = dial(lab, slot, k, port, 0);

	if (r.err)
		fatal(lab->d.t, "connect: %s", strerror(r.err));
	return r;
}

/* One SYN, and the socket is gone. */
static struct reply syn(struct lab *lab, unsigned k, uint16_t port)
{
	struct reply r = dial(lab, SPARE, k, port, MAKE_NONBLOCK);

	if (r.err != EINPROGRESS)
		fatal(lab->d.t, "connect: %s", strerror(r.err));
	agent_do(&lab->p.cli, OP_CLOSE, SPARE, 0);
	return r;
}

static void hang_up(struct lab *lab, unsigned slot)
{
	agent_do(&lab->p.cli, OP_CLOSE, slot, 0);
	agent_do(&lab->p.srv, OP_EOF, slot, 0);
	agent_do(&lab->p.srv, OP_CLOSE, slot, 0);
}

/* What came over the veth before has been dealt with. */
static void regular(struct lab *lab, unsigned k)
{
	connected(lab, SPARE, k, lab->plain[k]);
	agent_do(&lab->p.srv, OP_ACCEPT, SPARE, PLAIN + k);
	agent_do(&lab->p.cli, OP_SEND, SPARE, 5000);
	agent_do(&lab->p.srv, OP_RECV, SPARE, 5000);
	hang_up(lab, SPARE);
}

/* Counter @name of b, until it has grown to @least. */
static void wait_counter(struct lab *lab, const char *proto, const char *name,
			 uint64_t least)
{
	uint64_t end = now_ns() + PATIENCE * NSEC;

	while (netns_snmp(lab->d.t, &lab->p.b, proto, name) < least) {
		if (now_ns() > end)
			fatal(lab->d.t, "%s stays below %u", name,
			      (unsigned)least);
		nap_ms(1);
	}
}

/* ---- drops ------------------------------------------------------------- */

static void closed_ports(struct lab *lab, unsigned k)
{
	struct reply r;
	unsigned i;

	for (i = 0; i < EACH; i++) {
		r = dial(lab, SPARE, k, lab->closed[k], 0);
		if (r.err != ECONNREFUSED)
			fatal(lab->d.t, "closed: %s", strerror(r.err));
		agent_do(&lab->p.cli, OP_CLOSE, SPARE, 0);
		drops_expect(&lab->d, &(struct drop){
			.what = "closed port", .dir = "in", .flags = "SYN",
			.reasons = { "NO_SOCKET" },
			.functions = { tcp_rcv[k] }, .want = 1,
		}, &r.peer, &r.local);
	}
}

/* Headers that say they are longer than the segment, and bad checksums. */
static void bad_segments(struct lab *lab, unsigned k)
{
	uint64_t before = netns_snmp(lab->d.t, &lab->p.b, "Tcp",
				     "InCsumErrors");
	struct segment s = { .seq = 1000, .flags = TH_SYN };
	unsigned i;
	int err;

	addr_set(&s.to, families[k], addr_b[k], lab->plain[k]);
	for (i = 0; i < 2 * EACH; i++) {
		s.bad_checksum = i & 1;
		s.data_offset = i & 1 ? 0 : 15;
		addr_set(&s.from, families[k], addr_a[k], (uint16_t)(1000 + i));
		netns_enter(lab->d.t, &lab->p.a);
		err = segment_send(&s);
		netns_leave(lab->d.t);
		if (err)
			fatal(lab->d.t, "a raw socket: %s", strerror(-err));
		drops_expect(&lab->d, &(struct drop){
			.what = i & 1 ? "bad checksum" : "bad header",
			.dir = "in", .flags = "SYN",
			.reasons = { i & 1 ? "TCP_CSUM" : "NOT_SPECIFIED" },
			.functions = { tcp_rcv[k] }, .want = 1,
		}, &s.to, &s.from);
	}
	wait_counter(lab, "Tcp", "InCsumErrors", before + EACH);
}

static const struct drop by_xdp = {
	.what = "XDP", .dir = "in", .reasons = { "NOT_SPECIFIED" },
	.functions = { "do_xdp_generic", "netif_receive_generic_xdp" },
	.types = true,
};

/* The first data of a connection is dropped by XDP, which tells its number;
 * then come segments beyond the window. */
static void beyond_window(struct lab *lab, unsigned k)
{
	struct reply r = connected(lab, SPARE, k, lab->plain[k]);
	struct segment s = { .flags = TH_ACK | TH_PUSH, .payload = 100,
			     .from = r.local, .to = r.peer };
	struct drop xdp = by_xdp;
	struct drop_rule rule;
	unsigned i;

	agent_do(&lab->p.srv, OP_ACCEPT, SPARE, PLAIN + k);
	dropper_set(lab->d.t, &lab->p.drop, P_DATA, 0, 1);
	agent_do(&lab->p.cli, OP_SEND, SPARE, 100);
	agent_do(&lab->p.srv, OP_RECV, SPARE, 100);
	dropper_get(lab->d.t, &lab->p.drop, &rule);
	dropper_set(lab->d.t, &lab->p.drop, 0, 0, 0);
	xdp.flags = "PSH|ACK";
	xdp.payload = 100;
	xdp.want = rule.dropped;
	drops_expect(&lab->d, &xdp, &r.peer, &r.local);
	s.seq = rule.seq + 0x30000000;
	s.ack_seq = rule.ack;
	netns_enter(lab->d.t, &lab->p.a);
	for (i = 0; i < EACH; i++)
		segment_send(&s);
	netns_leave(lab->d.t);
	agent_do(&lab->p.cli, OP_SEND, SPARE, 100);
	agent_do(&lab->p.srv, OP_RECV, SPARE, 100);
	hang_up(lab, SPARE);
	drops_expect(&lab->d, &(struct drop){
		.what = "beyond the window", .dir = "in", .flags = "PSH|ACK",
		.payload = 100,
		.reasons = { "TCP_INVALID_SEQUENCE" },
		/* whichever the compiler has left by itself */
		.functions = { "tcp_validate_incoming", "tcp_drop",
			       "tcp_drop_reason", "tcp_send_dupack" },
		.types = true, .state = "ESTABLISHED", .owner = &lab->p.srv,
		.want = EACH,
	}, &r.peer, &r.local);
}

/* ---- a full accept queue ------------------------------------------------ */

/* Room for one connection is left when two handshakes end: the last ACKs are
 * dropped, and data brings them again.  Whose they are is not asserted. */
static void fill_queue(struct lab *lab, unsigned k)
{
	struct drop xdp = by_xdp;
	struct reply r = { 0 };
	struct drop_rule rule;
	unsigned i;

	dropper_set(lab->d.t, &lab->p.drop, P_ACK, BACKLOG, 2);
	for (i = 0; i < BACKLOG + 2; i++)
		r = connected(lab, i, k, lab->busy[k]);
	do
		dropper_get(lab->d.t, &lab->p.drop, &rule);
	while (rule.dropped < 2);
	dropper_set(lab->d.t, &lab->p.drop, 0, 0, 0);
	xdp.flags = "ACK";
	xdp.want = 2;
	drops_expect(&lab->d, &xdp, &r.peer, NULL);
	for (i = 0; i < BACKLOG + 2; i++)
		agent_do(&lab->p.cli, OP_SEND, i, 100);
}

static void empty_queue(struct lab *lab, unsigned k)
{
	unsigned i;

	for (i = 0; i < BACKLOG + 2; i++) {
		agent_do(&lab->p.srv, OP_ACCEPT, i, BUSY + k);
		agent_do(&lab->p.srv, OP_RECV, i, 100);
	}
	for (i = 0; i < BACKLOG + 2; i++)
		agent_do(&lab->p.cli, OP_CLOSE, i, 0);
	for (i = 0; i < BACKLOG + 2; i++) {
		agent_do(&lab->p.srv, OP_EOF, i, 0);
		agent_do(&lab->p.srv, OP_CLOSE, i, 0);
	}
}

static void full_queue(struct lab *lab, unsigned k)
{
	uint64_t before = netns_snmp(lab->d.t, &lab->p.b, "TcpExt",
				     "ListenOverflows");
	struct drop last_ack = {
		.what = "full accept queue (ACK)", .dir = "in",
		.reasons = { "TCP_LISTEN_OVERFLOW", "NOT_SPECIFIED" },
		.functions = { tcp_rcv[k] },
	};
	struct reply r;
	unsigned i;

	fill_queue(lab, k);
	wait_counter(lab, "TcpExt", "ListenOverflows", before + 1);
	for (i = 0; i < EACH; i++) {
		r = syn(lab, k, lab->busy[k]);
		drops_expect(&lab->d, &(struct drop){
			.what = "full accept queue (SYN)", .dir = "in",
			.flags = "SYN", .reasons = { "TCP_LISTEN_OVERFLOW" },
			.functions = { "tcp_conn_request" }, .own = true,
			.want = 1,
		}, &r.peer, &r.local);
	}
	empty_queue(lab, k);
	last_ack.want = netns_snmp(lab->d.t, &lab->p.b, "TcpExt",
				   "ListenOverflows") - before - EACH;
	drops_expect(&lab->d, &last_ack, &r.peer, NULL);
}

/* ---- on the way --------------------------------------------------------- */

/* From b; dropped before the call that sends it is over. */
static void send_from_b(struct lab *lab, const struct drop *d, unsigned k)
{
	struct cmd c = { .flags = MAKE_NONBLOCK };
	struct drop out = *d;
	struct reply r;
	unsigned i;

	out.dir = "out";
	out.owner = &lab->p.srv;
	out.state = "SYN_SENT";
	for (i = 0; i < EACH; i++) {
		addr_set(&c.addr, families[k], addr_b[k], 0);
		r = agent_try(&lab->p.srv, &c, OP_BIND);
		addr_set(&c.addr, families[k], addr_a[k], 7);
		agent_try(&lab->p.srv, &c, OP_CONNECT);
		agent_do(&lab->p.srv, OP_CLOSE, 0, 0);
		drops_expect(&lab->d, &out, &r.local, &c.addr);
	}
}

static bool filter(struct lab *lab, unsigned k, unsigned hook)
{
	int err;

	netns_enter(lab->d.t, &lab->p.b);
	err = netfilter_drop(families[k], hook);
	netns_leave(lab->d.t);
	if (err && err != -EPROTONOSUPPORT && err != -EOPNOTSUPP &&
	    err != -EINVAL && err != -ENOENT)
		fatal(lab->d.t, "nf_tables: %s", strerror(-err));
	return !err;
}

static void filter_no_more(struct lab *lab, unsigned k)
{
	int err;

	netns_enter(lab->d.t, &lab->p.b);
	err = netfilter_pass(families[k]);
	netns_leave(lab->d.t);
	if (err)
		fatal(lab->d.t, "nf_tables: %s", strerror(-err));
}

/* False: there is no nf_tables. */
static bool filtered(struct lab *lab, unsigned k)
{
	static const struct drop by_filter = {
		.what = "netfilter", .dir = "in", .flags = "SYN",
		.reasons = { "NETFILTER_DROP" },
		.functions = { "nf_hook_slow", "nft_do_chain" }, .want = 1,
	};
	struct reply r;
	unsigned i;

	if (!filter(lab, k, NF_INET_LOCAL_IN))
		return false;
	for (i = 0; i < EACH; i++) {
		r = syn(lab, k, lab->plain[k]);
		drops_expect(&lab->d, &by_filter, &r.peer, &r.local);
	}
	/* the other family is not filtered, and comes the same way */
	regular(lab, !k);
	filter_no_more(lab, k);
	if (!filter(lab, k, NF_INET_LOCAL_OUT))
		return false;
	send_from_b(lab, &by_filter, k);
	filter_no_more(lab, k);
	return true;
}

/* False: there is no netem. */
static bool lost(struct lab *lab)
{
	static const struct drop by_netem = {
		.what = "netem", .flags = "SYN",
		.reasons = { "QDISC_DROP", "NOT_SPECIFIED" },
		.functions = { "kfree_skb_list", "kfree_skb_list_reason",
			       "__tcf_kfree_skb_list", "__dev_queue_xmit" },
		.want = 1,
	};
	unsigned k;
	int err;

	netns_enter(lab->d.t, &lab->p.b);
	err = link_netem("sk0", 1, 0);
	netns_leave(lab->d.t);
	if (err == -ENOENT)
		return false;
	if (err)
		fatal(lab->d.t, "netem: %s", strerror(-err));
	for (k = 0; k < 2; k++)
		send_from_b(lab, &by_netem, k);
	return true;
}

/* ---- the same, counted -------------------------------------------------- */

enum { ROWS, PLACES, STACKS, TOOLS };	/* of tcpdrop, side by side */

static void start(struct lab *lab, struct tool r[TOOLS])
{
	const char *const *const args[TOOLS] = {
		[ROWS] = ARGS("--csv", "--strict", "-o", DROPS_COLUMNS),
		[PLACES] = ARGS("--csv", "--strict", "-c", "-o",
				"+netns"),
		[STACKS] = ARGS("-f", "--strict", "-o", "netns,kstack"),
	};
	unsigned i;

	for (i = 0; i < TOOLS; i++) {
		tool_init(&r[i], lab->d.t, lab->p.b.inum);
		tool_start(&r[i], "tcpdrop", args[i]);
	}
}

/* -c: as many of each reason and place as there are rows; how many in all. */
static uint64_t check_places(struct lab *lab, const struct tool *rows,
			     const struct tool *places)
{
	struct test *t = lab->d.t;
	struct table all, tb;
	char netns[16];
	uint64_t n = 0;
	unsigned i;

	snprintf(netns, sizeof(netns), "%u", lab->p.b.inum);
	if (!table_parse(&all, t, rows->text) ||
	    !table_parse(&tb, t, places->text))
		return 0;
	for (i = 0; i < tb.nrows; i++) {
		const char *reason = table_cell(&tb, i, "reason");
		const char *location = table_cell(&tb, i, "location");
		const char *const *pairs = ARGS("netns", netns, "reason",
						reason, "location", location);
		uint64_t count = 0;

		if (strcmp(table_cell(&tb, i, "netns"), netns))
			continue;
		cell_u64(table_cell(&tb, i, "count"), &count);
		if (count != table_count(&all, pairs))
			differ(t, "-c: %s at %s: %u, and %u rows", reason,
			       location, (unsigned)count,
			       table_count(&all, pairs));
		n += count;
	}
	if (n != table_count(&all, ARGS("netns", netns)))
		differ(t, "-c: %u in all", (unsigned)n);
	table_release(&all);
	table_release(&tb);
	return n;
}

/* -f: "netns;frame;frame count" */
static void check_stacks(struct lab *lab, const struct tool *stacks,
			 uint64_t want)
{
	const char *line = stacks->text, *end, *count;
	uint64_t n = 0, frames = 0;

	for (; (end = strchr(line, '\n')); line = end + 1) {
		if (strtoul(line, NULL, 10) != lab->p.b.inum)
			continue;
		count = memrchr(line, ' ', (size_t)(end - line));
		if (!count) {
			differ(lab->d.t, "-f: no count in a line");
			continue;
		}
		n += strtoul(count, NULL, 10);
		for (; line < count; line++)
			frames += *line == ';';
	}
	if (n != want || !frames)
		differ(lab->d.t, "-f: %u in all, %u frames; and %u rows",
		       (unsigned)n, (unsigned)frames, (unsigned)want);
}

static void tcpdrop(struct test *t)
{
	static struct lab lab;
	bool netfilter = true, netem;
	struct tool r[TOOLS];
	unsigned i, k;

	lab_init(&lab, t);
	start(&lab, r);
	for (k = 0; k < 2; k++) {
		closed_ports(&lab, k);
		bad_segments(&lab, k);
		beyond_window(&lab, k);
		full_queue(&lab, k);
		netfilter &= filtered(&lab, k);
		regular(&lab, k);
	}
	netns_idle(t, &lab.p.b);
	netem = lost(&lab);
	for (i = 0; i < TOOLS; i++) {
		tool_stop(&r[i], SIGINT);
		tool_check_clean(&r[i]);
	}
	drops_check(&lab.d, &r[ROWS], &lab.p.b);
	check_stacks(&lab, &r[STACKS],
		     check_places(&lab, &r[ROWS], &r[PLACES]));
	summary(t, "%u drops shown, and counted by place and stack%s%s",
		lab.d.shown, netfilter ? "" : ", no netfilter",
		netem ? "" : ", no netem");
	for (i = 0; i < TOOLS; i++)
		tool_release(&r[i]);
	lab_release(&lab);
}

/* Nobody is left to read the FIN that comes to such an end. */
static bool closed_first(const struct end *e)
{
	return e->ending == (e->server ? END_SERVER : END_CLIENT);
}

static void check_all(struct traffic *tr, const struct tool *r)
{
	struct test *t = tr->t;
	char lport[8], rport[8];
	unsigned i, ends = 0;
	struct table tb;

	if (!table_parse(&tb, t, r->text))
		return;
	for (i = 0; i < tr->nends; i++) {
		const struct end *e = &tr->ends[i];

		if (!closed_first(e))
			continue;
		snprintf(lport, sizeof(lport), "%u", e->lport);
		snprintf(rport, sizeof(rport), "%u", e->rport);
		if (!table_count(&tb, ARGS("direction", "in", "laddr",
					   e->laddr, "lport", lport, "raddr",
					   e->raddr, "rport", rport)))
			differ(t, "--all: port %s, closed first: not shown",
			       lport);
		ends++;
	}
	summary(t, "; --all: %u drops, of %u ends closed first too", tb.nrows,
		ends);
	table_release(&tb);
}

/* Sessions of all kinds, and their ends: nothing is out of order. */
static void regular_sessions(struct test *t)
{
	struct tool r, all;
	struct traffic tr;
	struct drops d;

	drops_init(&d, t);
	traffic_init(&tr, t);
	tool_init(&r, t, tr.ns.inum);
	tool_init(&all, t, tr.ns.inum);
	tool_start(&r, "tcpdrop", ARGS("--csv", "--strict", "-o",
				       DROPS_COLUMNS));
	tool_start(&all, "tcpdrop", ARGS("--csv", "--strict", "--all", "-o",
					 DROPS_COLUMNS));
	traffic_make(&tr, 41);
	traffic_idle(&tr);
	tool_stop(&r, SIGINT);
	tool_stop(&all, SIGINT);
	tool_check_clean(&r);
	tool_check_clean(&all);
	drops_check(&d, &r, &tr.ns);
	summary(t, "%u ends of regular sessions", tr.nends);
	check_all(&tr, &all);
	tool_release(&r);
	tool_release(&all);
	traffic_release(&tr);
	drops_release(&d);
}

const struct live_case drop_cases[] = {
	{ "tcpdrop", "segments dropped for every reason, once each", 300,
	  tcpdrop, false },
	{ "tcpdrop-regular", "regular sessions are no drops", 300,
	  regular_sessions, false },
	{ NULL, NULL, 0, NULL, false },
};

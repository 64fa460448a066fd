/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * skbdrop: packets of five kinds dropped for five reasons, each a different
 * number of times, are the five most frequent rows, in that order; nothing
 * else comes near, and the kernel's own counters agree.
 */
#include "drops.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#define IPPROTO_NOBODYS	253	/* RFC 3692: for experiments */
#define ETHER_NOBODYS	0x88b5	/* IEEE 802: for experiments */
#define BYTES		1000
#define FILL		64	/* more datagrams than a socket has room for */
#define NOISE		11	/* what else may happen, less than any cause */

struct lab {
	struct test *t;
	struct netns a, b;	/* who sends; where all is dropped */
	int full;		/* a socket in b that nobody reads */
	union addr full_at, closed_at;
	char name[256];		/* where b is mounted */
};

/* A cause, and what the kernel counts of it. */
struct cause {
	const char *what;
	unsigned made;
	void (*send)(struct lab *lab, unsigned n);
	const char *counter;	/* of skbdrop */
	const char *line, *name;	/* of /proc/net/snmp; NULL: of sk0 */
	const char *ethertype, *proto;
	const char *reasons[3];	/* the first that the kernel has */
	const char *places[4];	/* what the place begins with, any of these */
	unsigned got;
};

static int socket_in(struct lab *lab, const struct netns *ns, int family,
		     int type, int protocol)
{
	int fd;

	netns_enter(lab->t, ns);
	fd = socket(family, type | SOCK_CLOEXEC, protocol);
	netns_leave(lab->t);
	if (fd < 0)
		fatal(lab->t, "a socket: %s", strerror(errno));
	return fd;
}

static void send_to(struct lab *lab, int fd, const void *to, socklen_t len,
		    unsigned n)
{
	static const char bytes[BYTES];

	while (n--)
		if (sendto(fd, bytes, sizeof(bytes), 0, to, len) < 0)
			fatal(lab->t, "sendto: %s", strerror(errno));
	close(fd);
}

static void send_udp(struct lab *lab, const union addr *to, unsigned n)
{
	send_to(lab, socket_in(lab, &lab->a, AF_INET, SOCK_DGRAM, 0), to,
		sizeof(struct sockaddr_in), n);
}

static void to_closed(struct lab *lab, unsigned n)
{
	send_udp(lab, &lab->closed_at, n);
}

static void to_full(struct lab *lab, unsigned n)
{
	send_udp(lab, &lab->full_at, n);
}

static void broken(struct lab *lab, unsigned n)
{
	struct segment s = { .to = lab->closed_at, .flags = TH_SYN,
			     .bad_checksum = true };
	int err = 0;

	netns_enter(lab->t, &lab->a);
	while (n-- && !err) {
		addr_set(&s.from, AF_INET, "10.9.0.1", (uint16_t)(1000 + n));
		err = segment_send(&s);
	}
	netns_leave(lab->t);
	if (err)
		fatal(lab->t, "a raw socket: %s", strerror(-err));
}

static void nobodys_protocol(struct lab *lab, unsigned n)
{
	send_to(lab, socket_in(lab, &lab->a, AF_INET, SOCK_RAW,
			       IPPROTO_NOBODYS),
		&lab->closed_at, sizeof(struct sockaddr_in), n);
}

static void nobodys_ether(struct lab *lab, unsigned n)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ETHER_NOBODYS),
		.sll_halen = 6, .sll_addr = { 255, 255, 255, 255, 255, 255 },
	};

	netns_enter(lab->t, &lab->a);
	to.sll_ifindex = (int)if_nametoindex("sk0");
	netns_leave(lab->t);
	send_to(lab, socket_in(lab, &lab->a, AF_PACKET, SOCK_DGRAM, 0), &to,
		sizeof(to), n);
}

/* Most frequent first. */
static const struct cause causes[] = {
	{ "UDP, no socket", 41, to_closed, "UdpNoPorts", "Udp", "NoPorts",
	  "ip", "udp", { "NO_SOCKET" },
	  { "__udp4_lib_rcv", "udp_rcv" }, 0 },
	{ "UDP, full socket", 37, to_full, "UdpRcvbufErrors", "Udp",
	  "RcvbufErrors", "ip", "udp", { "SOCKET_RCVBUFF" },
	  { "udp_queue_rcv", "__udp_enqueue", "udp_unicast", "__udp_queue" },
	  0 },
	{ "TCP, checksum", 31, broken, "TcpInCsumErrors", "Tcp",
	  "InCsumErrors", "ip", "tcp", { "TCP_CSUM" }, { "tcp_v4_rcv" }, 0 },
	{ "IP, no such protocol", 29, nobodys_protocol, "IpInUnknownProtos",
	  "Ip", "InUnknownProtos", "ip", "253", { "IP_NOPROTO" },
	  { "ip_protocol_deliver", "ip_local_deliver" }, 0 },
	{ "no such Ethertype", 23, nobodys_ether, "sk0.rx_drop", NULL, NULL,
	  "34997", "", { "UNHANDLED_PROTO", "PTYPE_ABSENT" },
	  { "__netif_receive_skb_core" }, 0 },
};

/* ---- made --------------------------------------------------------------- */

/* What sk0 of b has received and dropped: the fourth number. */
static uint64_t device_drops(struct lab *lab)
{
	unsigned long long v = 0;
	char *text, *line;

	netns_enter(lab->t, &lab->b);
	text = slurp("/proc/self/net/dev");
	netns_leave(lab->t);
	line = text ? strstr(text, "sk0:") : NULL;
	if (!line || sscanf(line, "sk0: %*s %*s %*s %llu", &v) != 1)
		fatal(lab->t, "/proc/net/dev does not tell of sk0");
	free(text);
	return v;
}

static uint64_t counted(struct lab *lab, const struct cause *c)
{
	return c->name ? netns_snmp(lab->t, &lab->b, c->line, c->name) :
			 device_drops(lab);
}

/* Send, and wait until the kernel has counted all of it. */
static void make(struct lab *lab, const struct cause *c, unsigned n)
{
	uint64_t before = counted(lab, c), end = now_ns() + PATIENCE * NSEC;

	c->send(lab, n);
	while (counted(lab, c) < before + n) {
		if (now_ns() > end)
			fatal(lab->t, "%s: %u sent, %u dropped", c->what, n,
			      (unsigned)(counted(lab, c) - before));
		nap_ms(1);
	}
}

/* As ip-netns(8) does, for us alone: nobody lives in b, but it has a name. */
static void name_b(struct lab *lab)
{
	int err;

	temp_path(lab->name, sizeof(lab->name), "netns");
	close(open(lab->name, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	if (unshare(CLONE_NEWNS) ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL))
		fatal(lab->t, "mounts of our own: %s", strerror(errno));
	netns_enter(lab->t, &lab->b);
	err = mount("/proc/self/ns/net", lab->name, NULL, MS_BIND, NULL);
	netns_leave(lab->t);
	if (err)
		fatal(lab->t, "%s: %s", lab->name, strerror(errno));
}

static void lab_init(struct lab *lab, struct test *t)
{
	int least = 1, closed;

	memset(lab, 0, sizeof(*lab));
	lab->t = t;
	veth_pair(t, &lab->a, &lab->b);
	if (lab->b.fd >= 0)
		name_b(lab);
	closed = udp_bound(t, &lab->b, AF_INET, "10.9.0.2", &lab->closed_at);
	lab->full = udp_bound(t, &lab->b, AF_INET, "10.9.0.2", &lab->full_at);
	close(closed);
	setsockopt(lab->full, SOL_SOCKET, SO_RCVBUF, &least, sizeof(least));
	/* as many as are dropped, so that it is full */
	while (netns_snmp(t, &lab->b, "Udp", "RcvbufErrors") < 3) {
		to_full(lab, FILL);
		nap_ms(1);
	}
}

static void lab_release(struct lab *lab)
{
	close(lab->full);
	umount(lab->name);
	unlink(lab->name);
	netns_free(&lab->a);
	netns_free(&lab->b);
}

/* ---- shown -------------------------------------------------------------- */

static bool is_cause(const struct cause *c, const struct table *tb,
		     unsigned row)
{
	const char *place = table_cell(tb, row, "location");

	if (strcmp(table_cell(tb, row, "ethertype"), c->ethertype) ||
	    strcmp(table_cell(tb, row, "proto"), c->proto))
		return false;
	for (unsigned i = 0; i < ARRAY_SIZE(c->places); i++)
		if (c->places[i] &&
		    !strncmp(place, c->places[i], strlen(c->places[i])))
			return true;
	return false;
}

/* One cause may have come by several stacks. */
static void check_row(struct drops *d, struct cause *all,
		      const struct table *tb, unsigned row)
{
	const char *stack = table_cell(tb, row, "kstack");
	const char *reason = table_cell(tb, row, "reason");
	const char *place = table_cell(tb, row, "location");
	struct cause *c = all;
	uint64_t n = 0;

	cell_u64(table_cell(tb, row, "count"), &n);
	while (c < all + ARRAY_SIZE(causes) && !is_cause(c, tb, row))
		c++;
	if (c == all + ARRAY_SIZE(causes)) {
		if (n > NOISE)
			differ(d->t, "never made: %u of %s %s %s %s",
			       (unsigned)n, reason, place,
			       table_cell(tb, row, "ethertype"),
			       table_cell(tb, row, "proto"));
		return;
	}
	c->got += (unsigned)n;
	if (!drops_reason(d, c->reasons, ARRAY_SIZE(c->reasons), reason))
		differ(d->t, "%s: reason '%s'", c->what, reason);
	if (strncmp(table_cell(tb, row, "dev"), "sk0", 3) &&
	    *table_cell(tb, row, "dev"))
		differ(d->t, "%s: device '%s'", c->what,
		       table_cell(tb, row, "dev"));
#ifdef __mips__		/* no kernel stack at tracepoints */
	if (!*stack)
		return;
#endif
	/* how far it goes beyond depends on what runs programs (ARM) */
	if (!strstr(stack, place))
		differ(d->t, "%s: stack '%s'", c->what, stack);
}

/* "UdpNoPorts moved by 41 (" */
static void check_counter(struct test *t, const struct tool *r,
			  const struct cause *c)
{
	char want[80];

	snprintf(want, sizeof(want), " %s moved by %u (", c->counter, c->made);
	if (!r->talk || !strstr(r->talk, want))
		differ(t, "%s: not told:%s", c->what, want);
}

/* Of UDP and TCP by sk0: --proto and --dev show as many. */
static uint64_t by_sk0(struct test *t, const struct table *tb)
{
	const char *udp[] = { "dev", "sk0", "proto", "udp", NULL };
	const char *tcp[] = { "dev", "sk0", "proto", "tcp", NULL };

	return table_sum(tb, t, "count", udp) + table_sum(tb, t, "count", tcp);
}

static void check_filtered(struct test *t, const struct table *whole,
			   const char *csv)
{
	const char *any[] = { NULL };
	uint64_t want = by_sk0(t, whole);
	struct table tb;

	if (!table_parse(&tb, t, csv))
		return;
	if (!want && test_types(t))
		differ(t, "no device is known");
	table_want(&tb, t, want, "count", any);
	table_release(&tb);
}

/* @filtered: the same of --proto and --dev, which enters b to count. */
static void check(struct test *t, const struct tool *r,
		  const struct tool *filtered)
{
	struct cause all[ARRAY_SIZE(causes)];
	struct drops d;
	struct table tb;

	if (!table_parse(&tb, t, r->text))
		return;
	drops_init(&d, t);
	memcpy(all, causes, sizeof(all));
	for (unsigned row = 0; row < tb.nrows; row++)
		check_row(&d, all, &tb, row);
	for (unsigned i = 0; i < ARRAY_SIZE(all); i++) {
		if (all[i].got != all[i].made)
			differ(t, "%s: %u shown, %u made", all[i].what,
			       all[i].got, all[i].made);
		check_counter(t, r, &all[i]);
		if (!t->system_wide)
			check_counter(t, filtered, &all[i]);
	}
	summary(t, "%u rows, five causes", tb.nrows);
	check_filtered(t, &tb, filtered->text);
	drops_release(&d);
	table_release(&tb);
}

static void skbdrop(struct test *t)
{
	static struct lab lab;
	int home = t->host_ns;
	struct tool r, some;

	lab_init(&lab, t);
	/* first: without BTF tools make traffic before they start, by lo */
	tool_init(&some, t, lab.b.inum);
	tool_start(&some, "skbdrop", ARGS("--csv", "--strict", "--dev", "sk0",
					  "--proto", "UDP,6", "-o",
					  "dev,proto"));
	tool_init(&r, t, lab.b.inum);
	if (lab.b.fd >= 0)	/* whose counters are shown without -N */
		t->host_ns = lab.b.fd;
	tool_start(&r, "skbdrop", ARGS("--csv", "--strict"));
	t->host_ns = home;
	for (unsigned i = 0; i < ARRAY_SIZE(causes); i++)
		make(&lab, &causes[i], causes[i].made);
	tool_stop(&some, SIGINT);
	tool_stop(&r, SIGINT);
	tool_check_clean(&r);
	tool_check_clean(&some);
	check(t, &r, &some);
	tool_release(&some);
	tool_release(&r);
	lab_release(&lab);
}

const struct live_case skbdrop_cases[] = {
	{ "skbdrop", "five reasons, by how often, and nothing else", 300,
	  skbdrop, false },
	{ NULL, NULL, 0, NULL, false },
};

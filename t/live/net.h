/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Networks to make traffic in: namespaces without a name (gone with the last
 * process), addresses, veth pairs, netem, and a packet filter that drops
 * chosen packets.  Netlink by hand, no ip(8) and no tc(8) needed.
 */
#ifndef SOCKEYE_LIVE_NET_H
#define SOCKEYE_LIVE_NET_H

#include "live.h"

struct netns {
	int fd;			/* -1: the one live was started in */
	uint32_t inum;		/* 0: kernel without namespaces */
};

/* netns_new - a fresh one with lo up and fd00::1..3 on it.  Where the kernel
 * has none, and only system-wide, the one live was started in. */
void netns_new(struct test *t, struct netns *ns);
/* netns_enter, netns_leave - this process; to make things inside. */
void netns_enter(struct test *t, const struct netns *ns);
void netns_leave(struct test *t);
void netns_free(struct netns *ns);
/* netns_sysctl - write /proc/sys/net/@name inside; 0 or -errno. */
int netns_sysctl(struct test *t, const struct netns *ns, const char *name,
		 const char *value);
/* netns_snmp - counter @name of line @proto ("Tcp", "RetransSegs") in
 * /proc/net/snmp or netstat, inside. */
uint64_t netns_snmp(struct test *t, const struct netns *ns, const char *proto,
		    const char *name);
/* netns_snmp6 - of /proc/net/snmp6; 0: it has none of that name. */
uint64_t netns_snmp6(struct test *t, const struct netns *ns, const char *name);
/* netns_idle - wait until all TCP sockets inside are gone, but for listeners
 * and TIME_WAIT. */
void netns_idle(struct test *t, const struct netns *ns);

/* All in the namespace we are in; 0 or -errno. */
int link_up(const char *ifname);
int link_down(const char *ifname);
int link_rename(const char *ifname, const char *name);	/* that is down */
int link_mtu(const char *ifname, int mtu);
int link_addr(const char *ifname, int family, const char *addr, int prefix);
int link_veth(const char *name, const char *peer, int peer_ns);
/* link_segments - TCP makes packets of so many segments at most (4.16;
 * before it is enough that there are no offloads). */
int link_segments(const char *ifname, uint32_t most);
/* route_unreachable - EHOSTUNREACH for whatever goes there. */
int route_unreachable(int family, const char *addr, int prefix);
int link_xdp(const char *ifname, int prog_fd);
int link_no_offload(const char *ifname);	/* TSO, GSO, GRO */
int link_offload(const char *ifname);		/* all of them */
/* netfilter_drop - whatever passes @hook (NF_INET_LOCAL_IN, ...); one at a
 * time.  netfilter_pass - no more. */
int netfilter_drop(int family, unsigned hook);
int netfilter_pass(int family);
/* netfilter_track - connections of @family that begin here are tracked. */
int netfilter_track(int family);

/* One direction of an entry of conntrack: UDP over IPv4. */
struct ct_tuple {
	const char *saddr, *daddr;
	uint16_t sport, dport;
};
/* conntrack_add - an entry, assured; conntrack_flush - delete all there are. */
int conntrack_add(const struct ct_tuple *original,
		  const struct ct_tuple *reply);
int conntrack_flush(void);

/* ---- qdisc.c: queueing disciplines ------------------------------------- */

/* All in the namespace we are in; 0 or -errno, -ENOENT: this kernel has no such
 * discipline. */

/* link_unqueue - what was set up here is gone. */
int link_unqueue(const char *ifname);
/* link_closed - whatever is sent is dropped, and its sender told. */
int link_closed(const char *ifname);
/* link_netem - lose that part of the packets, delay all of them. */
int link_netem(const char *ifname, double loss, unsigned delay_ms);
/* link_twice - netem, each packet twice. */
int link_twice(const char *ifname);
/* link_tbf - bytes a second, of which so many at once; more than @limit of them
 * do not wait. */
int link_tbf(const char *ifname, uint32_t rate, uint32_t burst,
	     uint32_t limit);
/* link_fq - packets leave when they are to.  link_red - it has nothing to do.
 * link_cbs, link_cake - bytes a second, once the first packet has left. */
int link_fq(const char *ifname);
int link_red(const char *ifname);
int link_cbs(const char *ifname, uint32_t rate);
int link_cake(const char *ifname, uint64_t rate);
/* link_inside - what waits in tbf does so in a codel or fq_codel, @kind, at
 * most so many packets. */
int link_inside(const char *ifname, const char *kind, uint32_t limit);
/* link_marks - a slow queue, 5 KB/s, that marks CE what is ECN-capable and
 * had to wait in it: tbf, and red inside. */
int link_marks(const char *ifname);

#define INSIDE (2u << 16)	/* handle of what is in tbf, 0: the root */

/* link_qdisc_stats - of the root or INSIDE, as `tc -s qdisc' has it.
 * link_dropped - packets that the root has dropped; link_marked - that red
 * inside has marked. */
struct tc_stats;
int link_qdisc_stats(const char *ifname, uint32_t handle,
		     struct tc_stats *stats);
int link_dropped(const char *ifname, uint64_t *packets);
int link_marked(const char *ifname, uint64_t *packets);

/* veth_pair - two namespaces joined by veth, named sk0 in both:
 * 10.9.0.1/fd09::1 in @a, 10.9.0.2/fd09::2 in @b, no offloads. */
void veth_pair(struct test *t, struct netns *a, struct netns *b);

/* ---- drop.c ------------------------------------------------------------ */

enum packet {
	P_SYN = 1, P_SYNACK = 2, P_DATA = 4,
	P_ACK = 8,		/* without payload, SYN, FIN, RST */
	P_OTHER = 16,
};

/* Which packets arriving at a device are dropped; shared with the program. */
struct drop_rule {
	uint32_t packets;	/* enum packet, or'ed */
	uint32_t first, count;	/* of those that match: the first dropped,
				   how many */
	uint32_t seen, dropped;
	uint32_t seq, ack;	/* of the first one dropped */
	uint32_t pad;
};

struct dropper {
	int map, prog;
};

/* dropper_open - on sk0 of @ns: TCP that arrives there. */
void dropper_open(struct test *t, struct dropper *d, const struct netns *ns);
void dropper_set(struct test *t, struct dropper *d, uint32_t packets,
		 uint32_t first, uint32_t count);
void dropper_get(struct test *t, struct dropper *d, struct drop_rule *r);
void dropper_close(struct dropper *d);

/* bpf_prog_exists - whether the kernel has a program with this id. */
bool bpf_prog_exists(uint32_t id);

/* ---- deny.c ------------------------------------------------------------ */

struct denier {
	char home[512], dir[544];	/* cgroups: ours, and the other */
};

/* deny_sockets - this process gets no IP sockets (EPERM) from now on; false
 * where there is no cgroup v2, or it cannot.  deny_no_more - it does.
 * deny_sweep - what is left of that where the case @pid was ended. */
bool deny_sockets(struct denier *r);
void deny_no_more(struct denier *r);
void deny_sweep(pid_t pid);

#endif

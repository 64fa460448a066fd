/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What programs and the frontend agree on.  Compiled by both sides: types of
 * fixed width, padding spelled out, sizes asserted.
 */
#ifndef SOCKEYE_EVENT_H
#define SOCKEYE_EVENT_H

#include <linux/types.h>

/* Every event starts with this, on the ring and in a capture alike. */
struct event {
	__u64 ns;		/* CLOCK_MONOTONIC, bpf_ktime_get_ns() */
	__u32 len;		/* of the whole event in bytes */
	__u16 type;		/* enum event_type */
	__u16 cpu;
};

enum event_type {
	EVENT_ROW = 1,		/* one row of the tool's columns */
	EVENT_DNS = 2,		/* struct dns_event: an answer seen */
	EVENT_STACK = 3,	/* struct stack_event (frontend.h): what an id
				   in rows to come means; from no program */
	EVENT_PRINT = 4,	/* of tallies: the rows so far were printed;
				   from no program */
	EVENT_TOTAL = 5,	/* a row whose C_SUM columns are totals, the
				   last of its flow's id (T_TOTALS) */
};

/* Before 4.11 an event must fit the BPF stack beside the rest. */
#define EVENT_MAX 400

/*
 * Whose socket, between whom: the part that all socket tools share.
 * Addresses are 16 bytes always, IPv4 as ::ffff:a.b.c.d, so that one compare
 * serves both families; `family` tells what the socket is.
 */
struct flow {
	__u8 laddr[16], raddr[16];
	__u16 lport, rport;	/* host order */
	__u16 family;		/* AF_INET, AF_INET6; 0 unknown */
	__u16 protocol;		/* IPPROTO_TCP */
	__u32 netns;		/* inode number; 0: no CONFIG_NET_NS */
	__u32 owned;		/* 1: the owner below is known */
	__u32 pid, tid;		/* as the initial pid namespace counts */
	__u32 uid;
	__u32 pad;
	__u64 cgroup;		/* cgroup v2 id; 0 unknown */
	__u64 id;		/* of the socket in this run: pointer and
				   birth, mixed */
	char comm[16];
};

/* What is known of a socket, keyed by its address. */
struct owner {
	__u64 birth;		/* ns; 0: older than the tool */
	__u64 cgroup;
	__u32 pid;		/* 0: not known; else all the rest is */
	__u32 tid, uid;
	__u32 flags;		/* OWNER_... */
	char comm[16];
	/* Closed before it had an owner.  Apart from the above, since both may
	 * be written at once. */
	__u64 closed;		/* ns; 0: not; else all the rest is there */
	struct {
		__u64 tx_bytes, rx_bytes;
		__u8 laddr[16];
	} end;
};

#define OWNER_ACTIVE	1	/* it connected */
#define OWNER_RPORT_SHIFT 16	/* of `end`: the remote port above here */

/* Owner of a socket that was there before the tool, keyed by its cookie:
 * filled at start from sock_diag and /proc. */
struct seed {
	__u64 cgroup;
	__u32 pid, tid, uid;
	__u32 flags;		/* 0; stands where those of struct owner do */
	char comm[16];
};

/*
 * What had gone through such a socket, for tools that have a map `before` of
 * them: bytes_sent - bytes_retrans, 0 before 4.19; bytes_acked, with the SYN
 * in it, and what was sent behind that (snd_nxt - snd_una), neither with our
 * FIN; bytes_received without the peer's.
 */
struct before {
	__u64 sent, acked, in_flight, received;
};

/* Events that are alike, counted by the program: a value of the map `alike`,
 * whose key is the event, 0 what tells them apart. */
struct alike {
	__u64 n;
	__u64 total;		/* of what is summed up, or drawn */
};

/* Constant `counted`: 0, each is sent; else what total is of. */
enum alike_what {
	ALIKE_SUM = 1,		/* the tool's column of C_SUM */
	ALIKE_HIST,		/* the tool's histogram */
};

/* Frames of a value of the map `stacks`, u64 each, innermost first and 0 where
 * there are no more; PERF_MAX_STACK_DEPTH. */
#define STACK_DEPTH 127

/*
 * Why a packet was dropped where the kernel does not say so, but the function
 * that was entered does: enum skb_drop_reason has subsystems above bit 16,
 * this one is none of Linux.
 */
#define REASON_OWN		0xffff0000u
#define REASON_LISTEN_OVERFLOW	(REASON_OWN | 1)
#define REASON_RCVBUFF		(REASON_OWN | 2)
#define REASON_BACKLOG		(REASON_OWN | 3)
#define REASON_PROTO_MEM	(REASON_OWN | 4)

/* Ethertypes that have a name, numbered so that a table of names is short;
 * none is below 0x600. */
enum {
	ETHER_IPV4 = 1, ETHER_IPV6, ETHER_ARP, ETHER_VLAN, ETHER_QINQ,
	ETHER_MPLS, ETHER_PPPOE, ETHER_EAPOL, ETHER_LLDP,
};

/* Received, or passed on; sent. */
enum drop_direction { DROP_IN, DROP_OUT };

#define DNS_BYTES 256

struct dns_event {
	struct event event;
	__u16 len;		/* of the message, as far as it was in one
				   piece; may exceed what is here */
	__u16 pad[3];
	__u8 data[DNS_BYTES];	/* from the DNS header on */
};

/* A name that is looked up: in a DNS message about it, or as text. */
struct lookup {
	__u8 len[2];		/* of the message, network order; may exceed
				   what is here.  0: `data` is text */
	__u8 pad[6];
	__u8 data[DNS_BYTES];
};

/*
 * Bytes as they were sent or received: so many of them stand behind this.  It
 * is bytes itself, so that captures need not know its members.
 */
struct payload {
	__u8 len;
	__u8 cut;		/* 1: there were more */
	__u8 pad[6];
};

/* Per-CPU counters in the map `stats`: what was not shown, and why. */
enum stat_index {
	STAT_LOST,		/* no room in the ring */
	STAT_OWNERS_FULL,	/* no room in the owner map */
	STAT_STATE_FULL,	/* no room in the tool's own map */
	STAT_UNATTRIBUTED,	/* a filter on the process, owner unknown */
	STAT_MAX,
};

/* What filter_packet() looks at. */
struct packet_id {
	char dev[16];		/* 0 behind its name */
	__u32 reason;		/* enum skb_drop_reason, or REASON_... */
	__u32 protocol;		/* above IP */
};

/* What the filter function that the frontend assembles answers. */
enum verdict {
	FILTER_DROP,
	FILTER_PASS,
	FILTER_UNKNOWN,		/* would depend on the unknown owner */
};

_Static_assert(sizeof(struct event) == 16, "struct event");
_Static_assert(sizeof(struct flow) == 96, "struct flow");
_Static_assert(sizeof(struct owner) == 88, "struct owner");
_Static_assert(sizeof(struct seed) == 40, "struct seed");
_Static_assert(sizeof(struct alike) == 16, "struct alike");
_Static_assert(sizeof(struct packet_id) == 24, "struct packet_id");
_Static_assert(sizeof(struct dns_event) == 24 + DNS_BYTES, "struct dns_event");
_Static_assert(sizeof(struct payload) == 8, "struct payload");
_Static_assert(sizeof(struct lookup) == 8 + DNS_BYTES, "struct lookup");

#endif

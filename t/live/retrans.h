/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What tcpretrans shows, held against the flows that were made and against
 * the kernel's own counter, TcpRetransSegs.
 */
#ifndef SOCKEYE_LIVE_RETRANS_H
#define SOCKEYE_LIVE_RETRANS_H

#include "traffic.h"

enum type { T_SYN, T_SYNACK, T_RTO, T_FAST, T_TLP, TYPES };

/* A flow as its sender in namespace `a` sees it. */
struct flow {
	char what[32];
	char laddr[46], raddr[46];
	uint16_t lport, rport;
	const char *ip, *comm;
	uint32_t pid, peer_pid;
	bool exact;		/* want[] is what must be shown */
	unsigned want[TYPES], got[TYPES];
	bool has_seq;		/* all retransmissions are of this one */
	uint32_t seq;
};

struct retrans {
	struct test *t;
	struct netns a, b;	/* a: what is watched; b: the other end */
	struct flow flows[128];
	unsigned nflows;
	unsigned rows, failed;	/* shown; of them sends that failed */
	uint64_t segs;		/* of those that did not fail, in a */
	uint64_t segs_b;	/* the same in b (system-wide) */
	int witness;
	uint64_t raised;	/* how often on_retrans was run; 0: unknown */
	uint64_t seen;		/* what it has shown of that */
	uint64_t unraised;	/* segments that no program was run for */
};

#define RETRANS_COLUMNS							\
	"pid,comm,ip,laddr,lport,raddr,rport,netns,kind,seq,end_seq,len," \
	"segs,state,err"

void retrans_init(struct retrans *rt, struct test *t);
/* flow_add - from a connected socket's names, as @a's end sees them. */
struct flow *flow_add(struct retrans *rt, const char *what,
		      const union addr *local, const union addr *peer,
		      bool v6_socket, const struct agent *owner,
		      const struct agent *other);
/* retrans_check - every row of @csv belongs to a flow and is plausible; fills
 * got[], segs, failed; flows that are exact got what they want. */
void retrans_check(struct retrans *rt, const char *csv);
/*
 * retrans_lacks - @made segments were sent again, @shown were shown: told with
 * differ() as "@what: ...", unless the kernel by its own count has run the
 * program just as often as it has shown something; then they are counted as
 * unraised.  (Seen on Linux 6.18, some times in a hundred runs: a segment is
 * in TcpRetransSegs, and no observer at the tracepoint is called.)
 */
void retrans_lacks(struct retrans *rt, const char *what, uint64_t shown,
		   uint64_t made);
/* retrans_snmp - segments that the kernel sent again, in @ns. */
uint64_t retrans_snmp(struct retrans *rt, const struct netns *ns);
/* retrans_compare - sums against the kernel's counters. */
void retrans_compare(struct retrans *rt);
void retrans_release(struct retrans *rt);

void tcpretrans_drop(struct test *t);
void tcpretrans_count(struct test *t);
void tcpretrans_netem(struct test *t);

#endif

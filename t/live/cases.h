/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The tables of cases, in the order in which they run. */
#define CASE_TABLES(X)							\
	X(life)								\
	X(filter)							\
	X(open)								\
	X(dns)								\
	X(retrans)							\
	X(run)								\
	X(burst)							\
	X(discover)							\
	X(ask)								\
	X(fuzz)								\
	X(preset)							\
	X(accept)							\
	X(states)							\
	X(tracer)							\
	X(connect)							\
	X(firstbyte)							\
	X(ends)								\
	X(soak)								\
	X(examples)							\
	X(noticed)							\
	X(nagle)							\
	X(queued)							\
	X(pktlat)							\
	X(synbl)							\
	X(rtt)								\
	X(queue)							\
	X(drop)								\
	X(sordrop)							\
	X(skbdrop)							\
	X(skblife)							\
	X(snoop)							\
	X(win)								\
	X(top)								\
	X(netem)							\
	X(dev)								\
	X(irq)								\
	X(ecn)								\
	X(lookup)							\
	X(superping)							\
	X(sockcall)							\
	X(qdisc)							\
	X(fds)								\
	X(conntrack)							\
	X(scan)								\
	/* that is all */

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef SOCKEYE_SOFTIRQSLOWER_H
#define SOCKEYE_SOFTIRQSLOWER_H

#include "progs/event.h"

/* include/linux/interrupt.h */
enum { NET_TX_SOFTIRQ = 2, NET_RX_SOFTIRQ = 3, NR_SOFTIRQS = 10 };

/* From being raised until it is handled, and until that is done. */
enum softirq_stage { SOFTIRQ_WAITS, SOFTIRQ_RUNS };

/* One that was slow. */
struct softirqslower_event {
	struct event event;
	__u64 latency_ns;
	__u32 vector;
	__u32 stage;			/* enum softirq_stage */
	__u32 pid, tid;			/* of who was running, 0: nobody */
	char comm[16];
};

_Static_assert(sizeof(struct softirqslower_event) == 56,
	       "struct softirqslower_event");

#endif

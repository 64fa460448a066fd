/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Events that are alike are counted here, where nobody asks for each: constant
 * `counted` says so (enum alike_what).  Whoever includes this has defined the
 * map `alike`, by struct NAME_event, values struct alike.
 */
#ifndef SOCKEYE_ALIKE_BPF_H
#define SOCKEYE_ALIKE_BPF_H

#include "progs/sock.bpf.h"

/*
 * One more like @ev, whose hidden columns that are not shown, and what is
 * counted, have been made 0.  @value is added up.
 */
static __always_inline void alike_add(struct event *ev, u32 len, u64 value)
{
	struct alike none = {}, *a;

	ev->ns = 0;
	ev->len = len;
	ev->type = EVENT_ROW;
	ev->cpu = 0;
	a = map_lookup(&alike, ev);
	if (!a) {
		/* of two processors one is first */
		map_update(&alike, ev, &none, BPF_NOEXIST);
		a = map_lookup(&alike, ev);
	}
	if (!a) {
		count(STAT_STATE_FULL);
		return;
	}
	__sync_fetch_and_add(&a->n, 1);
	__sync_fetch_and_add(&a->total, value);
}

#define HALVE(v, power, bits)						\
	do {								\
		if ((v) >> (bits)) {					\
			(v) >>= (bits);					\
			(power) <<= (bits);				\
		}							\
	} while (0)

/* The greatest power of two that is not above @v; 0 for 0. */
static __always_inline u64 power_of_two(u64 v)
{
	u64 power = 1;

	if (!v)
		return 0;
	HALVE(v, power, 32);
	HALVE(v, power, 16);
	HALVE(v, power, 8);
	HALVE(v, power, 4);
	HALVE(v, power, 2);
	HALVE(v, power, 1);
	return power;
}

/* All that is in one slot of a histogram, drawn in units of `hist_unit', as
 * the least of it. */
static __always_inline u64 alike_slot(u64 v)
{
	u64 unit = CONST(hist_unit);

	return power_of_two(v / unit) * unit;
}

/* What identifies a flow: where that is shown nothing is counted here. */
static __always_inline void alike_flow(struct flow *f)
{
	__builtin_memset(f->laddr, 0, sizeof(f->laddr));
	__builtin_memset(f->raddr, 0, sizeof(f->raddr));
	f->lport = f->rport = 0;
}

#endif

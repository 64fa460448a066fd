/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Bytes of a stream that wait: since when the oldest of them does.
 */
#ifndef SOCKEYE_WAITING_BPF_H
#define SOCKEYE_WAITING_BPF_H

#include "progs/kernel.h"

/* Two times are kept, for what was there at first and for what came behind
 * that. */
struct waiting {
	u64 since;		/* ns; 0: nothing waits */
	u64 next;		/* of the first byte at `end`; 0: there is none */
	u32 from;		/* the oldest byte */
	u32 end;		/* behind what was there at first */
};

/* Sequence numbers: is @a before @b? */
static __always_inline int before(u32 a, u32 b)
{
	return (s32)(a - b) < 0;
}

/* From now on it is the bytes from @from up to @to that wait. */
static __always_inline void waiting_move(struct waiting *w, u32 from, u32 to,
					 u64 now)
{
	if (!w->since || !before(from, w->end)) {
		w->since = w->next ? w->next : now;
		w->next = 0;
		w->end = to;
	} else if (!w->next && before(w->end, to)) {
		w->next = now;
	}
	w->from = from;
}

#endif

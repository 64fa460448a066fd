/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Functions that are entered and left: only as one is left is it known what it
 * did, but then its arguments are gone from the registers, so they are kept
 * here.
 */
#ifndef SOCKEYE_CALL_BPF_H
#define SOCKEYE_CALL_BPF_H

#include "progs/sock.bpf.h"

struct call {
	u64 sk, what;
	u64 before;		/* something else, as it was then */
	u64 inner;		/* the same call, passed on and on its way */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, u64);
	__type(value, struct call);
} calls SEC(".maps");

#define CALL_NESTED	(1ull << 40)

/*
 * A function that calls another with the same arguments, or has it inlined, is
 * one call.  Sending on loopback may end in a soft interrupt that sends again
 * itself: that is another one.
 */
static __always_inline int call_enter(u64 sk, u64 what, u64 before)
{
	struct call c = { sk, what, before, 0 }, *outer;
	u64 key = call_key();

	outer = map_lookup(&calls, &key);
	if (outer && outer->sk == sk && outer->what == what) {
		outer->inner++;
		return 0;
	}
	if (outer)
		key |= CALL_NESTED;
	if (map_update(&calls, &key, &c, BPF_ANY))
		count(STAT_STATE_FULL);
	return 0;
}

static __always_inline int call_leave(struct call *c)
{
	u64 key = call_key() | CALL_NESTED;
	struct call *found = map_lookup(&calls, &key);

	if (!found) {
		key &= ~CALL_NESTED;
		found = map_lookup(&calls, &key);
		if (!found)
			return 0;
		if (found->inner) {
			found->inner--;
			return 0;
		}
	}
	*c = *found;
	map_delete(&calls, &key);
	return 1;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef SOCKEYE_IEEE80211SCAN_H
#define SOCKEYE_IEEE80211SCAN_H

#include "progs/event.h"

enum scan_result { SCAN_DONE = 1, SCAN_ABORTED };

/* A scan of a wireless device that has ended. */
struct ieee80211scan_event {
	struct event event;
	struct flow flow;	/* no addresses; who asked for it */
	__u64 duration_ns;
	__s32 phy;		/* negative: not known */
	__s32 ssids;		/* asked for; 0: it only listened; negative:
				   not known */
	__u32 channels;
	__u8 result;		/* enum scan_result; 0: not known */
	__u8 pad[3];
	__u32 bss;		/* found */
	__u32 pad2;
	char dev[16];
	char ssid[32];		/* the first, or the second after a wildcard */
};

_Static_assert(sizeof(struct ieee80211scan_event) == 192,
	       "struct ieee80211scan_event");

#endif

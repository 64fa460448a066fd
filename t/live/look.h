/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a tool that lists what there is shows of one network namespace. */
#ifndef SOCKEYE_LIVE_LOOK_H
#define SOCKEYE_LIVE_LOOK_H

#include "live.h"

struct look {
	struct test *t;
	const char *tool;
	uint32_t netns;
	bool diag;		/* asked of sock_diag, not of /proc/net */
};

/* look_ask - what it shows with @args, as CSV; to be released. */
void look_ask(const struct look *l, struct table *tb, const char *const *args);
/* look_want - with @args so many rows; @what: which those are. */
void look_want(const struct look *l, const char *what, unsigned made,
	       const char *const *args);
/* look_expect, look_expect_number - the cell is as it was made. */
void look_expect(const struct look *l, const struct table *tb, unsigned row,
		 const char *key, const char *made);
void look_expect_number(const struct look *l, const struct table *tb,
			unsigned row, const char *key, uint64_t made);

#endif

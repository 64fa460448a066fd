/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Sockets that stay: of this process, in a network namespace of its own, each
 * in a state and with queues that are known.
 */
#ifndef SOCKEYE_LIVE_STANDING_H
#define SOCKEYE_LIVE_STANDING_H

#include "traffic.h"

enum { CONNECTIONS = 101, QUEUES = 3, HALF = 5, ENDED = 7, DATAGRAMS = 11,
       FULL = 3, SOCKETS_MOST = 400 };

/* A socket as it must be shown. */
struct made {
	const char *netid, *state, *ip;
	union addr local, peer;
	int fd;			/* -1: no process has it */
	int64_t recv_q, send_q;	/* -1: as SIOCINQ and SIOCOUTQ say; of the
				   others -2: not asked */
	int in, out;		/* what these say */
	uint64_t tx, rx;
	bool listens, counted;
};

struct standing {
	struct test *t;
	struct netns ns;
	unsigned n;
	struct made made[SOCKETS_MOST];
	pid_t other;		/* who has one of them as well */
	int shared;		/* that one */
};

/* standing_make - all of them; skips where there are no namespaces. */
void standing_make(struct test *t, struct standing *a);
/* standing_end - who shares one ends. */
void standing_end(struct standing *a);

#endif

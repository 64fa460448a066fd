/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * AF_UNIX sockets that stay: of this process and one more, in a network
 * namespace of their own, each in a state and with queues that are known.
 */
#ifndef SOCKEYE_LIVE_STANDING_UNIX_H
#define SOCKEYE_LIVE_STANDING_UNIX_H

#include "net.h"

enum { WAITING = 3, BACKLOG = 7, UNIX_MOST = 40 };

/* A socket as it must be shown. */
struct made_unix {
	const char *netid, *state, *shutdown;
	ino_t inode;
	int fd;			/* of its first owner */
	pid_t pid;
	unsigned owners;
	const struct made_unix *peer;	/* NULL: none */
	char path[120];
	int64_t recv_q, send_q;
	uint64_t cookie;	/* 0: the kernel does not tell */
};

struct standing_unix {
	struct test *t;
	struct netns ns;
	unsigned n;
	struct made_unix made[UNIX_MOST];
	pid_t other;		/* has one end of a pair, and a listener */
	char file[2][108];	/* what was bound */
	unsigned nfiles;
};

/* standing_unix_make - all of them; skips where there are no namespaces. */
void standing_unix_make(struct test *t, struct standing_unix *a);
/* standing_unix_end - the other process ends. */
void standing_unix_end(struct standing_unix *a);

#endif

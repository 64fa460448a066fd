/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A client and a server, each at its end of a veth pair. */
#ifndef SOCKEYE_LIVE_PAIR_H
#define SOCKEYE_LIVE_PAIR_H

#include "traffic.h"

#define PAIR_LISTENERS 2

struct pair {
	struct test *t;
	struct netns a, b;
	struct agent cli, srv;		/* in a, in b */
	uint16_t port[PAIR_LISTENERS];
	struct dropper drop;		/* pair_drop() */
	bool drops;
};

/* pair_init - veth_pair(), and the agents. */
void pair_init(struct pair *p, struct test *t);
void pair_release(struct pair *p);
/* pair_drop - from now on p->drop drops of what comes from a to b what it is
 * told to. */
void pair_drop(struct pair *p);
/* pair_listen - the server does so at p->port[i], in slot LISTENER + @i. */
void pair_listen(struct pair *p, unsigned i);
/* pair_to - the order for the client to connect there from @slot. */
struct cmd pair_to(const struct pair *p, unsigned i, unsigned slot);
/* pair_connect - it does, and the server accepts it in the slot of the same
 * number; the client's port. */
uint16_t pair_connect(struct pair *p, unsigned i, unsigned slot);

#endif

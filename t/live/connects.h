/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Calls of connect(2) whose outcome is known. */
#ifndef SOCKEYE_LIVE_CONNECTS_H
#define SOCKEYE_LIVE_CONNECTS_H

#include "traffic.h"

#define TIMEOUT_NS (2900 * MSEC)	/* 1 + 2 s, TCP_SYNCNT 1 */

struct connects {
	struct traffic tr;	/* first */
	uint16_t full[2];	/* ports of listeners that are: v4, v6 */
	struct agent wait[3];	/* in a connect that times out */
};

/* A handshake that nobody answers. */
struct pending {
	struct cmd c;
	union addr local;
	uint64_t since;
};

/* IPv4, IPv6, and mapped. */
extern const int families[3];

/* connects_init - traffic_init(), listeners that are full, and routes. */
void connects_init(struct connects *cs, struct test *t);
void connects_release(struct connects *cs);
/* make_connects - for struct beside, of a struct connects: @n calls with an
 * answer, and then those without, on connected sockets, with no port left. */
void make_connects(struct traffic *tr, unsigned n);
/* make_interrupted - three that a signal interrupts before their outcome: two
 * that the kernel makes again after it, and one that it does not. */
void make_interrupted(struct traffic *tr, unsigned n);
/* set_call - a TCP connect's results, and how long it can have taken at most;
 * @since: now_ns() before it. */
void set_call(struct end *e, int result, int final, uint64_t since);
/* bind_first - a port of its own beforehand, for slot @c->slot: which it was is
 * not told after a failure. */
struct reply bind_first(struct agent *a, struct cmd *c, const char *addr,
			unsigned k);
/* post_pending - a non-blocking connect number @i to a full listener. */
void post_pending(struct traffic *tr, struct pending *p, unsigned i,
		  uint16_t port, unsigned flags);

#endif

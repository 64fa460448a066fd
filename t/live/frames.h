/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * frames.h - frames that a packet socket hands to a device, through queueing
 * disciplines that hold each of them for a time that is known, and drop some.
 */
#ifndef T_LIVE_FRAMES_H
#define T_LIVE_FRAMES_H

#include "net.h"

#include <linux/pkt_sched.h>
#include <stdbool.h>
#include <stdint.h>

enum {
	FRAME = 1000,		/* bytes; of them: */
	RATE = 200000,		/* a second: 5 ms for a frame */
	AT_ONCE = 5, ROOM = 31,
	SENT = 41,
	PACED = 11, PACED_MS = 40,
	INSIDE_ROOM = 17,	/* packets */
	CUTS = 23,		/* packets that are more than AT_ONCE: of each */
	SEGMENTS = 7, SEGMENT = 900,	/* bytes of UDP */
	PROTOCOL = 0x88b5,	/* IEEE 802: for experiments; nobody listens */
};

/* Without a queue a frame leaves red at once; the others hold it for RATE, and
 * cake drops what has waited for long. */
extern const struct discipline {
	const char *kind;
	unsigned frames;
	bool holds, drops;
} qdisc_roots[];

/* As a root with nothing to wait for these are passed by; so, in tbf, which
 * they fill.  fq_codel takes a packet and drops others for it. */
extern const char *const qdisc_kinds[];

enum { ROOTS = 3, KINDS = 2 };

/* What went through one of them; nothing if the kernel has none. */
struct passage {
	struct tc_stats q;
	uint64_t sent_us;	/* from before the first frame until after the
				   last */
};

struct qdisc_scene {
	struct test *t;
	struct netns a, b;
	int fd, other;		/* packet sockets in a and b */
	struct table table;
	struct passage tbf, fq, roots[ROOTS], inside[KINDS], cut;
	unsigned segments;	/* that tbf has made of larger packets */
	uint64_t gone_us;	/* until all of one had left, the longest */
	bool has[ROOTS];
	bool inside_too;	/* functions can be watched, and there are
				   some */
};

/* qdisc_init - namespaces a and b, joined by sk0. */
void qdisc_init(struct qdisc_scene *s, struct test *t);
void qdisc_release(struct qdisc_scene *s);

/* All that follows is called in namespace a, and about its sk0. */

/* qdisc_made - @err: of making @kind.  Does this kernel have it? */
bool qdisc_made(struct qdisc_scene *s, int err, const char *kind);
/* qdisc_tbf - a new one, with nothing inside.  -errno. */
int qdisc_tbf(void);
/* qdisc_push - @n frames, as they like; what has passed @handle (0: the root)
 * when nothing is left in it. */
struct passage qdisc_push(struct qdisc_scene *s, unsigned n, uint32_t handle);
/*
 * qdisc_fq, qdisc_by_root, qdisc_inside, qdisc_cut - frames through fq, which
 * is told when to let them go; through each of qdisc_roots; through
 * qdisc_kinds[i] in tbf; and large ones, that tbf cuts.  What the kernel has not
 * got is passed by.
 */
void qdisc_fq(struct qdisc_scene *s);
void qdisc_by_root(struct qdisc_scene *s);
void qdisc_inside(struct qdisc_scene *s, unsigned i);
void qdisc_cut(struct qdisc_scene *s);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * snapshot - what sources of sockets share: who has them open, the network
 * namespaces they are in, and what of that could not be seen.
 * Private to tools/.
 */
#ifndef SOCKEYE_SNAPSHOT_H
#define SOCKEYE_SNAPSHOT_H

#include "tools/frontend/sockets.h"

/* ---- holders.c: who has them open -------------------------------------- */

#define HOLDERS_PROCESSES 256	/* that are remembered */

/* A descriptor that is a socket. */
struct holder {
	uint32_t inode, pid;
	int fd;
};

struct holders {
	struct holder *h;	/* by inode, pid and fd */
	size_t n, room;
	uint32_t pid;		/* whose descriptors are looked at */
	bool denied;		/* to look at a process */
	struct {
		bool looked, there;
		struct seed seed;
	} processes[HOLDERS_PROCESSES];	/* by pid */
};

/* holders_find - all that there are now; @h is zeroed.  0 or a negative
 * errno. */
int holders_find(struct holders *h);
/* holders_of - the first of those that have @inode (0: nobody has), the others
 * follow; *@n: of how many. */
const struct holder *holders_of(const struct holders *h, uint32_t inode,
				size_t *n);
/* holders_describe - who @pid is, until the next call; NULL: it is gone. */
const struct seed *holders_describe(struct holders *h, uint32_t pid);
void holders_release(struct holders *h);

/* ---- snapshot.c -------------------------------------------------------- */

/* One look at what there is: the first member of what a source knows. */
struct snapshot {
	const struct row_source *source;
	const struct row_sink *sink;
	const struct options *o;	/* the sink's */
	struct holders holders;
	unsigned seen;		/* network namespaces */
	bool denied;		/* into some we may not go */
	bool owners;		/* must be known, be they shown or not */
	bool no_diag;		/* --config no-sock-diag=1 */
	bool over;		/* no more is wanted */
};

/* What sockets of one kind have of their own. */
struct row_source {
	size_t size;		/* of what it knows, zeroed before a look */
	/* begin - before anything is looked at. */
	void (*begin)(struct snapshot *s);
	/* list - those of the network namespace @inum, which we are in: tell of
	 * them, or keep them for end().  0; other than 0: no more is wanted;
	 * or a negative errno. */
	int (*list)(struct snapshot *s, uint32_t inum);
	/* end - all are listed: tell of those that were kept, and to @e what
	 * could not be seen. */
	void (*end)(struct snapshot *s, struct err *e);
	/* release - but for @s itself. */
	void (*release)(struct snapshot *s);
};

/* A row, and where in it stands who has the socket. */
struct socket_row {
	struct event *event;
	struct flow *flow;
	uint32_t inode;
	__u32 *owners;
	__s32 *fd;
};

/* snapshot_tell - a row of the first owner that the filters let pass, or under
 * --each-owner of each.  Other than 0: no more is wanted. */
int snapshot_tell(struct snapshot *s, const struct socket_row *row);
/* snapshot_lacks - to @e what there is, but could not be seen; @undiagnosed:
 * what sock_diag does not list, "" if it lists all. */
void snapshot_lacks(const struct snapshot *s, const char *undiagnosed,
		    struct err *e);
void snapshot_release(struct snapshot *s);

/* snapshot_grow - @list, of @n of @size bytes, with room for one more; NULL: no
 * memory, and it is as it was. */
void *snapshot_grow(void *list, size_t n, size_t *room, size_t size);

#endif

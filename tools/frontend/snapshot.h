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

/* One look at what there is. */
struct snapshot {
	const struct options *o;
	uint64_t ns;
	source_fn *fn;
	void *ctx;
	struct losses *losses;
	struct holders holders;
	unsigned seen;		/* network namespaces */
	bool denied;		/* into some we may not go */
	bool no_diag;		/* --config no-sock-diag=1 */
	bool over;		/* no more is wanted */
};

/* A row, and where in it stands who has the socket. */
struct socket_row {
	struct event *event;
	struct flow *flow;
	uint32_t inode;
	__u32 *owners;
	__s32 *fd;
};

/* snapshot_init - for struct row_source's take(), whose arguments these are. */
void snapshot_init(struct snapshot *s, const struct options *o, uint64_t ns,
		   source_fn *fn, void *ctx, struct losses *l);
/*
 * snapshot_holders - look up who has sockets open, if that is shown or filtered
 * by, or is @wanted.  Before sockets are listed: a process that ends meanwhile
 * leaves sockets without an owner, and none gets a wrong one.
 * snapshot_netns - netns_each() for @fn.
 * Both: 0, or a negative errno with @e set.
 */
int snapshot_holders(struct snapshot *s, bool wanted, struct err *e);
int snapshot_netns(struct snapshot *s, netns_fn *fn, void *ctx, struct err *e);
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

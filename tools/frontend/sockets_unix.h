/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * sockets_unix - AF_UNIX sockets that exist: unix_diag, /proc/net/unix.
 * Private to tools/.
 */
#ifndef SOCKEYE_SOCKETS_UNIX_H
#define SOCKEYE_SOCKETS_UNIX_H

#include "tools/frontend/sockets.h"

/* ---- sockets_unix.c: a source of rows ---------------------------------- */

enum unix_netid { UNIX_STREAM = 1, UNIX_DGRAM, UNIX_SEQPACKET };
extern const char *const unix_netids[];
/* Those of tcp_states that they can be in. */
extern const char *const unix_states[];

/* What there is now.  Options of who has it, as constants: netids, states (bits
 * of those above, 0: all), each_owner. */
extern const struct row_source source_unix;

#define UNIX_NAME 108		/* UNIX_PATH_MAX */

/*
 * A socket that exists, and one who has it open.  What is 32 or 64 bits and
 * signed is not known when negative.
 */
struct unix_event {
	struct event event;
	struct flow flow;	/* id: the cookie, 0 where that is not told */
	__u32 inode;		/* 0: not accepted yet (of /proc alone) */
	__u32 owners;		/* descriptors it is open as */
	__u32 peer;		/* inode of the other end, or, as long as that
				   is not accepted, of the listener; 0: none */
	__u32 peer_pid;		/* of who has that; 0: not known */
	__u32 peer_owners;
	char peer_comm[16];
	char path[UNIX_NAME];	/* '@' for each NUL of an abstract name */
	char peer_path[UNIX_NAME];
	__u8 netid;		/* enum unix_netid */
	__u8 state;		/* TCP_ESTABLISHED ... */
	__u8 forged;		/* another line tells otherwise of it */
	__u8 shutdown;		/* bits: RCV_SHUTDOWN, SEND_SHUTDOWN */
	/* from here on: not known unless told */
	__s64 recv_q, send_q;	/* bytes; of a listener connections: that wait,
				   that may */
	__s64 sk_uid;
	__s32 fd;
	__s32 sk_sndbuf;
};

#define UNIX_UNTOLD offsetof(struct unix_event, recv_q)

_Static_assert(sizeof(struct unix_event) == 400, "struct unix_event");

/* What is known of a list of them. */
struct unix_list {
	struct unix_event *e;
	size_t n, room;
	struct unix_waiting {
		uint32_t client, listener;	/* inodes */
	} *waiting;		/* connections that are not accepted yet */
	size_t nwaiting, waiting_room;
	bool no_memory;		/* one could not be added */
};

/* unix_add - another, of a socket of @type (SOCK_STREAM ...), of which no more
 * is known; NULL: no memory, or there is no such type. */
struct unix_event *unix_add(struct unix_list *l, unsigned type);
/* unix_add_waiting - @client waits at @listener; false: no memory. */
bool unix_add_waiting(struct unix_list *l, uint32_t client, uint32_t listener);
/* unix_name - to @to what the kernel calls @name, of @n bytes: if it begins
 * with a NUL, it is abstract, and may have more of them. */
void unix_name(char to[UNIX_NAME], const void *name, size_t n);
/* unix_join - sort by inode, leave out what is there twice or not accepted, and
 * find the names of other ends, and who waits where. */
void unix_join(struct unix_list *l);
void unix_list_release(struct unix_list *l);

/* ---- sockets_unix_diag.c, sockets_unix_proc.c -------------------------- */

/*
 * unix_diag, unix_proc: add those of the namespace we are in.  0, or a negative
 * errno; what was added then does not count.
 * unix_answer - one message (struct unix_diag_msg, hostile) of @len bytes,
 * which are at least those of that structure; unix_answer_waiting: one about
 * who waits at it.  0 or -ENOMEM.
 * unix_parse - a line of the file (hostile), @len bytes and a NUL in place of
 * its end; false: no memory.  A name may hold line ends: what looks like no
 * socket continues the name of the one before, which is the @first'th or later.
 */
int unix_diag(struct unix_list *l);
int unix_proc(struct unix_list *l);
int unix_answer(void *list, const void *m, size_t len);
int unix_answer_waiting(void *list, const void *m, size_t len);
bool unix_parse(struct unix_list *l, size_t first, const char *line,
		size_t len);

#endif

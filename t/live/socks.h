/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Sockets out of the rows of a tool that shows several to each: rows with the
 * same id are one socket, which is some end of some connection.
 */
#ifndef SOCKEYE_LIVE_SOCKS_H
#define SOCKEYE_LIVE_SOCKS_H

#include "traffic.h"

struct sock {
	const char *id;
	char path[128];		/* what happened to it, word by word */
	const char *last;	/* the last word; NULL: none yet */
	unsigned row;		/* the last */
	uint64_t ns;		/* for the case to count */
	unsigned end;		/* for the case: a row to come back to */
	bool mark;		/* for the case */
	bool taken;		/* some end has it */
};

struct socks {
	struct test *t;
	struct table tb;
	struct sock *sock;
	unsigned n;
};

/* socks_init - rows of @csv, which must have a column id; @add is called for
 * each, in order, with its socket. */
typedef void socks_add(struct socks *s, struct sock *k, unsigned row);
void socks_init(struct socks *s, struct test *t, const char *csv,
		socks_add *add);
/* socks_beside - the same of the tool NAME with @columns, which is run beside
 * what @make makes. */
void socks_beside(struct socks *s, struct traffic *tr, const char *name,
		  const char *columns, socks_add *add,
		  void (*make)(struct traffic *tr, void *arg), void *arg);
/* socks_sessions - for @make: sessions, and SOCKS_REFUSED connections that are
 * refused. */
#define SOCKS_REFUSED 13
void socks_sessions(struct traffic *tr, void *arg);
/* sock_word - one more word to the path. */
void sock_word(struct sock *k, const char *word);
/* sock_cell - of the last row; sock_expect - must be @made, or the number. */
const char *sock_cell(const struct socks *s, const struct sock *k,
		      const char *key);
void sock_expect(const struct socks *s, const struct sock *k, const char *key,
		 const char *made);
void sock_expect_number(const struct socks *s, const struct sock *k,
			const char *key, uint64_t made);
/* sock_expect_life - @ns must fit the life of the end; of one older than the
 * tool it is the least. */
void sock_expect_life(const struct socks *s, const struct sock *k,
		      const struct end *e, uint64_t ns);
/* socks_match - @check every end of @tr with the socket that has its addresses
 * and ports in its last row; sockets without an end are left not taken. */
typedef void socks_check(struct socks *s, struct sock *k,
			 const struct end *e);
void socks_match(struct socks *s, const struct traffic *tr,
		 socks_check *check);
/* socks_older - a whole case: the tool beside the ends of sessions that were
 * open before it started, some of them not yet accepted. */
void socks_older(struct test *t, const char *name, const char *columns,
		 socks_add *add, socks_check *check);
void socks_release(struct socks *s);

#endif

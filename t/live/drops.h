/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Segments that were dropped, held against the rows of tcpdrop. */
#ifndef SOCKEYE_LIVE_DROPS_H
#define SOCKEYE_LIVE_DROPS_H

#include "traffic.h"

/* Drops that are alike. */
struct drop {
	const char *what;
	const char *dir, *flags;	/* flags NULL: any, with any data */
	unsigned payload;
	const char *reasons[3];	/* the first that the kernel's table has */
	const char *functions[4];	/* where: any of these */
	bool own;		/* the reason needs no table, but kprobes */
	bool types;		/* the namespace needs BTF */
	const char *state;	/* or NULL; of sockets that are shown */
	const struct agent *owner;	/* likewise */
	unsigned want;
	/* filled in: */
	char laddr[46], raddr[46];
	uint16_t lport, rport;	/* rport 0: any */
	unsigned got;
};

struct drops {
	struct test *t;
	struct drop drop[128];
	unsigned n, shown;
	char *types;		/* the kernel's BTF, or NULL */
	size_t len;
};

#define DROPS_COLUMNS							\
	"pid,comm,netns,ip,direction,laddr,lport,raddr,rport,state,"	\
	"flags,reason,location,len,payload,ttl"

void drops_init(struct drops *d, struct test *t);
/* drops_expect - drops between b's end and the other; @peer NULL: whoever. */
void drops_expect(struct drops *d, const struct drop *drop,
		  const union addr *local, const union addr *peer);
/* drops_reason - is @reason the first of @reasons, which are @n at most, that
 * the kernel has?  Empty where it has none. */
bool drops_reason(const struct drops *d, const char *const *reasons,
		  unsigned n, const char *reason);
/* drops_check - the rows of namespace @ns in what @r has shown. */
void drops_check(struct drops *d, const struct tool *r,
		 const struct netns *ns);
void drops_release(struct drops *d);

#endif

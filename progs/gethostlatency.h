/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef SOCKEYE_GETHOSTLATENCY_H
#define SOCKEYE_GETHOSTLATENCY_H

#include "progs/event.h"

/* What asks for a name. */
enum lookup_func {
	FUNC_WIRE = 1,		/* a query that was sent */
	FUNC_GETADDRINFO, FUNC_GETHOSTBYNAME, FUNC_GETHOSTBYNAME2,
	FUNC_GETHOSTBYNAME_R, FUNC_GETHOSTBYNAME2_R, FUNC_GETHOSTBYADDR,
	FUNC_GETHOSTBYADDR_R, FUNC_GETNAMEINFO, FUNC_RES_QUERY,
	FUNC_RES_SEARCH, FUNC_RES_NQUERY, FUNC_RES_NSEARCH,
};

/*
 * What came of it, in one table: EAI_... is the negative of what stands from
 * LOOKUP_EAI on (glibc, musl and uClibc have the same numbers), h_errno and
 * the DNS RCODE (RFC 1035, 2136) are what stands behind theirs.
 */
enum lookup_ret {
	LOOKUP_UNKNOWN,		/* still under way, or never returned */
	LOOKUP_OK,
	LOOKUP_NO_ANSWER,
	LOOKUP_FAILED,		/* it did not tell why */
	LOOKUP_EAI = 4,		/* 1 to 12 */
	LOOKUP_TRUNCATED = 17,	/* the answer is; it can be had over TCP */
	LOOKUP_H_ERRNO = 20,	/* 1 to 4 */
	LOOKUP_RCODE = 28,	/* 1 to 15 */
	LOOKUP_RETS = LOOKUP_RCODE + 16,
};

/* A call of the resolver, or a query and its answer. */
struct gethostlatency_event {
	struct event event;
	struct flow flow;	/* wire: local end, name server */
	__u64 duration_ns;
	__u16 ret, func;
	__u32 pad;
	struct lookup lookup;
};

_Static_assert(sizeof(struct gethostlatency_event) == 392,
	       "struct gethostlatency_event");

#endif

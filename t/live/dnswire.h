/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A resolver and its name server in one process, which write and read messages
 * in every way: over UDP and TCP, IPv4 and IPv6, in pieces, several at once,
 * truncated, in page fragments, and broken ones.
 */
#ifndef SOCKEYE_LIVE_DNSWIRE_H
#define SOCKEYE_LIVE_DNSWIRE_H

#include "live.h"

#define WIRE_ROWS 101
#define WIRE_UNANSWERED 3	/* of these, at the end */
#define WIRE_SECRET 0x5a	/* each byte behind a message */

/* One row, as it must be shown. */
struct asked {
	char host[40], addrs[20];
	const char *ret, *qtype, *proto, *server, *ip;
	uint16_t port, lport;
	uint64_t ns;		/* as the client measured it; 0: it did not */
};

/* wire_make - all of them in the namespace we are in, one after the other, as
 * @log, zeroed before, tells then; without @calls only those over UDP that are
 * seen in the packets alone, too. */
void wire_make(struct test *t, struct asked log[WIRE_ROWS], bool calls);

#endif

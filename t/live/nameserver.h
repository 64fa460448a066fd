/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* DNS (RFC 1035): a name server's sockets on loopback, and its messages. */
#ifndef SOCKEYE_LIVE_NAMESERVER_H
#define SOCKEYE_LIVE_NAMESERVER_H

#include "traffic.h"

#define DNS_PORT 53
#define DNS_HEADER 12		/* bytes of a message before its question */
#define DNS_RECORD 16		/* of the one that dns_answer() adds */
#define DNS_MESSAGE 512		/* at most, over UDP */

enum dns_type { DNS_A = 1, DNS_AAAA = 28 };

/* Flags of a message, among which is the RCODE. */
enum {
	DNS_RESPONSE = 0x8000, DNS_AUTHORITATIVE = 0x0400,
	DNS_TRUNCATED = 0x0200, DNS_RECURSION_DESIRED = 0x0100,
	DNS_RECURSION_AVAILABLE = 0x0080,
	DNS_SERVFAIL = 2, DNS_NXDOMAIN = 3, DNS_NOTIMP = 4, DNS_REFUSED = 5,
	DNS_RCODE = 15,
	/* as resolvers are answered */
	DNS_ANSWER = DNS_RESPONSE | DNS_RECURSION_DESIRED |
		     DNS_RECURSION_AVAILABLE,
};

/* nameserver_addr - of loopback.  nameserver_open - a socket that is bound to
 * it, and listens if @type is SOCK_STREAM, in the namespace we are in. */
void nameserver_addr(union addr *at, int family, uint16_t port);
int nameserver_open(struct test *t, int family, int type, uint16_t port);

/* dns_question - a query for @name ("a.b.test", labels of at most 63 bytes) to
 * @msg, of DNS_MESSAGE bytes.  dns_answer - make the query of @len bytes the
 * answer to itself: the A record 10.@net.0.@host, unless @flags say that there
 * is none.  Both return the message's length. */
size_t dns_question(uint8_t *msg, uint16_t id, const char *name,
		    enum dns_type type);
size_t dns_answer(uint8_t *msg, size_t len, unsigned flags, uint8_t net,
		  uint8_t host);

#endif

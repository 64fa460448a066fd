/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * dns - DNS messages (RFC 1035, 3596), every byte of which is from the
 * network, and which may be cut off.
 */
#ifndef SOCKEYE_DNS_H
#define SOCKEYE_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DNS_HEADER 12
#define DNS_WIRE_NAME 255		/* RFC 1035, 2.3.4 */

enum { DNS_A = 1, DNS_CNAME = 5, DNS_AAAA = 28, DNS_IN = 1 };

struct dns_name {
	char text[DNS_WIRE_NAME + 1];
};

struct dns_message {
	const uint8_t *data;
	size_t len;
	size_t at;		/* what is read next */
};

struct dns_record {
	unsigned type, class, len;
	const uint8_t *data;
};

unsigned dns_get16(const uint8_t *p);
/* dns_get_name - read a name, which ends whatever the message says, and step
 * over it; bytes that may not be shown are '?', letters lower case.  False:
 * cut off or not a name. */
bool dns_get_name(struct dns_message *m, struct dns_name *n);
/* dns_get_record - the same of a resource record and its owner. */
bool dns_get_record(struct dns_message *m, struct dns_name *owner,
		    struct dns_record *r);

/* What is known of a struct lookup (progs/event.h), at @bytes of @len. */
#define LOOKUP_TEXT 256
/* lookup_is_message - a message, and not text? */
bool lookup_is_message(const uint8_t *bytes, size_t len);
/* Each writes at most LOOKUP_TEXT bytes with the final 0 and returns the
 * length, 0: that is not known.  lookup_name - the name; lookup_type - "AAAA",
 * or "TYPE65280" (RFC 3597); lookup_addrs - addresses in the answer, with
 * commas between, as many as there is room for. */
size_t lookup_name(const uint8_t *bytes, size_t len, char text[LOOKUP_TEXT]);
size_t lookup_type(const uint8_t *bytes, size_t len, char text[LOOKUP_TEXT]);
size_t lookup_addrs(const uint8_t *bytes, size_t len, char text[LOOKUP_TEXT]);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef SOCKEYE_TLSSNI_H
#define SOCKEYE_TLSSNI_H

#include "progs/event.h"

/* By number: names of bits. */
enum hello_note {
	HELLO_CUT = 1,		/* some of it was not seen */
	HELLO_ECH = 2,		/* encrypted_client_hello: the name is of who
				   will decrypt it */
};

/* A TLS ClientHello: the bodies of extensions. */
struct tlssni_event {
	struct event event;
	struct flow flow;
	struct {
		struct payload head;
		__u8 bytes[160];
	} sni;
	struct {
		struct payload head;
		__u8 bytes[32];
	} alpn;
	struct {
		struct payload head;
		__u8 bytes[32];
	} versions;		/* without that extension: legacy_version, in
				   its form */
	__u8 notes;		/* enum hello_note */
	__u8 pad[7];
};

_Static_assert(sizeof(struct tlssni_event) == 368, "struct tlssni_event");

#endif

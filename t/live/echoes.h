/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ICMP echoes, their replies and errors about them, by raw sockets, between
 * the two ends of veth_pair().
 */
#ifndef SOCKEYE_LIVE_ECHOES_H
#define SOCKEYE_LIVE_ECHOES_H

#include "traffic.h"

#define ECHO_PAYLOAD 48

/* Both alike, in 8 bytes: struct icmphdr, icmp6_hdr. */
struct echo_message {
	uint8_t type, code;
	uint16_t checksum;
	uint16_t id, seq;		/* network order */
	uint8_t data[ECHO_PAYLOAD];
};

struct echo_path {
	int family, protocol;
	const char *to, *from;
	uint8_t request, reply;
	unsigned bytes;			/* of the request, as sent */
};

/* Of IPv4 and IPv6. */
#define ECHO_PATHS 2
extern const struct echo_path echo_paths[ECHO_PATHS];

/* echo_raw - a raw socket in @ns, at @address; a descriptor. */
int echo_raw(struct test *t, const struct netns *ns, const struct echo_path *p,
	     const char *address);
/* echo_ping - a ping socket: SOCK_DGRAM, whose echoes have @id, and whose
 * errors are kept for echo_error(). */
int echo_ping(struct test *t, const struct netns *ns,
	      const struct echo_path *p, unsigned id);
/* echo_group - what the raw socket @fd of @ns sends may be to all, by sk0, and
 * is not for itself. */
void echo_group(struct test *t, const struct netns *ns, int fd,
		const struct echo_path *p);
void echo_send(struct test *t, int fd, const struct echo_path *p,
	       const char *to, uint8_t type, unsigned id, unsigned seq);
/* echo_hear - wait until that has come by any of the sockets above; raw ones
 * hear other messages, too. */
void echo_hear(struct test *t, int fd, const struct echo_path *p, uint8_t type,
	       unsigned seq);
/* echo_refuse - an ICMP error from the far end's raw socket @fd, about the
 * request of @id and @seq; echo_error - wait until the ping socket @fd has been
 * told of one. */
void echo_refuse(struct test *t, int fd, const struct echo_path *p,
		 uint8_t type, uint8_t code, unsigned id, unsigned seq);
void echo_error(struct test *t, int fd);

#endif

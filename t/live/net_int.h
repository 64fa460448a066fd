/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Netlink requests: private to what net.h declares. */
#ifndef SOCKEYE_LIVE_NET_INT_H
#define SOCKEYE_LIVE_NET_INT_H

#include "net.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

struct request {
	union {
		struct nlmsghdr h;
		char buf[1024];
	} u;
};

#define BATCH 5

/* req_init - begin @q with a header of the protocol's own. */
void *req_init(struct request *q, uint16_t type, uint16_t flags,
	       const void *head, size_t size);
/* req_add - an attribute; what is added until req_end() is inside it, if it is
 * a nest. */
struct rtattr *req_add(struct request *q, unsigned short type,
		       const void *data, size_t len);
void req_end(struct request *q, struct rtattr *nest);
/* req_talk_to - the first @nq of @q, at most BATCH, in one datagram; what is
 * answered first: 0 or -errno. */
int req_talk_to(int protocol, struct request *q, unsigned nq);
/* req_talk - @q to rtnetlink; 0 or -errno. */
int req_talk(struct request *q);

#endif

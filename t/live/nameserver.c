/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "nameserver.h"

#include <string.h>
#include <sys/socket.h>

void nameserver_addr(union addr *at, int family, uint16_t port)
{
	addr_set(at, family, family == AF_INET ? "127.0.0.1" : "::1", port);
}

int nameserver_open(struct test *t, int family, int type, uint16_t port)
{
	int fd = socket(family, type | SOCK_CLOEXEC, 0);
	union addr at;

	nameserver_addr(&at, family, port);
	if (fd < 0 || bind(fd, &at.sa, addr_len(&at)) ||
	    (type == SOCK_STREAM && listen(fd, 8)))
		fatal(t, "no name server on port %u: %m", port);
	return fd;
}

size_t dns_question(uint8_t *msg, uint16_t id, const char *name,
		    enum dns_type type)
{
	const uint8_t head[DNS_HEADER] = { (uint8_t)(id >> 8), (uint8_t)id,
		DNS_RECURSION_DESIRED >> 8, [5] = 1 /* question */ };
	const uint8_t tail[] = { 0 /* the root */, 0, (uint8_t)type,
				 0, 1 /* IN */ };
	uint8_t *p = msg + DNS_HEADER;

	memcpy(msg, head, sizeof(head));
	while (*name) {
		size_t n = strcspn(name, ".");

		*p++ = (uint8_t)n;
		memcpy(p, name, n);
		p += n;
		name += n + (name[n] == '.');
	}
	memcpy(p, tail, sizeof(tail));
	return (size_t)(p - msg) + sizeof(tail);
}

size_t dns_answer(uint8_t *msg, size_t len, unsigned flags, uint8_t net,
		  uint8_t host)
{
	/* the question's name, A, IN, for 60 seconds */
	const uint8_t record[DNS_RECORD] = { 0xc0, DNS_HEADER, 0, DNS_A, 0, 1,
		0, 0, 0, 60, 0, 4, 10, net, 0, host };

	msg[2] = (uint8_t)(flags >> 8);
	msg[3] = (uint8_t)flags;
	if (flags & (DNS_TRUNCATED | DNS_RCODE))
		return len;
	msg[7] = 1;			/* answer */
	memcpy(msg + len, record, sizeof(record));
	return len + sizeof(record);
}

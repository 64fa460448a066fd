/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* TCP segments made by hand; the kernel puts the IP header before them. */
#include "traffic.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* RFC 1071, of an even number of bytes. */
static uint32_t sum_of(const void *data, size_t len, uint32_t sum)
{
	const uint8_t *p = data;

	for (; len; len -= 2, p += 2)
		sum += (uint32_t)p[0] << 8 | p[1];
	return sum;
}

static uint32_t sum_addr(const union addr *a, uint32_t sum)
{
	return a->sa.sa_family == AF_INET ?
	       sum_of(&a->in.sin_addr, 4, sum) :
	       sum_of(&a->in6.sin6_addr, 16, sum);
}

/* With the pseudo header of RFC 9293, or 8200: the same sum. */
static uint16_t checksum(const struct segment *s, const void *data, size_t len)
{
	uint32_t sum = IPPROTO_TCP + (uint32_t)len;

	sum = sum_addr(&s->from, sum);
	sum = sum_addr(&s->to, sum);
	sum = sum_of(data, len, sum);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

/* Raw sockets have no ports. */
static union addr without_port(const union addr *a, socklen_t *len)
{
	union addr bare = *a;

	if (a->sa.sa_family == AF_INET) {
		bare.in.sin_port = 0;
		*len = sizeof(bare.in);
	} else {
		bare.in6.sin6_port = 0;
		*len = sizeof(bare.in6);
	}
	return bare;
}

int segment_send(const struct segment *s)
{
	int fd = socket(s->from.sa.sa_family, SOCK_RAW | SOCK_CLOEXEC,
			IPPROTO_TCP), err = 0;
	struct {
		struct tcphdr th;
		uint8_t data[SEGMENT_PAYLOAD];
	} p = { .th.th_off = sizeof(p.th) / 4 };
	size_t size = sizeof(p.th) + s->payload;
	union addr from, to;
	socklen_t len;

	if (fd < 0)
		return -errno;
	p.th.th_sport = htons(addr_port(&s->from));
	p.th.th_dport = htons(addr_port(&s->to));
	p.th.th_seq = htonl(s->seq);
	p.th.th_ack = htonl(s->ack_seq);
	p.th.th_flags = s->flags;
	if (s->data_offset)
		p.th.th_off = s->data_offset & 15;
	p.th.th_win = htons(1024);
	p.th.th_sum = checksum(s, &p, size);
	if (s->bad_checksum)
		p.th.th_sum ^= htons(0x0101);
	from = without_port(&s->from, &len);
	to = without_port(&s->to, &len);
	if (bind(fd, &from.sa, len) ||
	    sendto(fd, &p, size, 0, &to.sa, len) != (ssize_t)size)
		err = errno ? -errno : -EIO;
	close(fd);
	return err;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* TCP segments by hand: numbers that the socket interface does not tell. */
#include "loader/discover_int.h"

#include <arpa/inet.h>
#include <string.h>
#include <unistd.h>

enum { TCP_HEADER = 20, FLAG_SYN = 2 };

int raw_open(const union any_addr *at)
{
	union any_addr local = *at;
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_TCP);

	local.in.sin_port = 0;
	if (fd >= 0 && bind(fd, &local.sa, sizeof(local.in))) {
		close(fd);
		return -1;
	}
	return fd;
}

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

bool raw_read(int fd, struct segment *g)
{
	uint8_t buf[256];
	ssize_t n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
	const uint8_t *th = buf + 4 * (buf[0] & 15);

	memset(g, 0, sizeof(*g));
	if (n < 20)
		return false;
	if (th + TCP_HEADER > buf + n)
		return true;	/* nothing to see in it */
	g->sport = get16(th);
	g->dport = get16(th + 2);
	g->seq = get32(th + 4);
	g->ack = get32(th + 8);
	g->syn = th[13] & FLAG_SYN;
	return true;
}

/* RFC 1071, over the pseudo header and the segment. */
static uint16_t checksum(const union any_addr *from, const union any_addr *to,
			 const uint8_t *th)
{
	uint8_t pseudo[12] = { [9] = IPPROTO_TCP, [11] = TCP_HEADER };
	uint32_t sum = 0;

	memcpy(pseudo, &from->in.sin_addr, 4);
	memcpy(pseudo + 4, &to->in.sin_addr, 4);
	for (unsigned i = 0; i < sizeof(pseudo); i += 2)
		sum += get16(pseudo + i);
	for (unsigned i = 0; i < TCP_HEADER; i += 2)
		sum += get16(th + i);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

bool raw_syn(int fd, const union any_addr *from, const union any_addr *to,
	     uint32_t seq)
{
	uint8_t th[TCP_HEADER] = {
		[12] = TCP_HEADER / 4 << 4, [13] = FLAG_SYN, [14] = 0x40,
	};
	uint16_t sum;

	memcpy(th, &from->in.sin_port, 2);
	memcpy(th + 2, &to->in.sin_port, 2);
	seq = htonl(seq);
	memcpy(th + 4, &seq, 4);
	sum = htons(checksum(from, to, th));
	memcpy(th + 16, &sum, 2);
	return sendto(fd, th, sizeof(th), 0, &to->sa, sizeof(to->in)) ==
	       sizeof(th);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "echoes.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

const struct echo_path echo_paths[ECHO_PATHS] = {
	{ AF_INET, IPPROTO_ICMP, "10.9.0.2", "10.9.0.1", ICMP_ECHO,
	  ICMP_ECHOREPLY, 20 + sizeof(struct echo_message) },
	{ AF_INET6, IPPROTO_ICMPV6, "fd09::2", "fd09::1", ICMP6_ECHO_REQUEST,
	  ICMP6_ECHO_REPLY, 40 + sizeof(struct echo_message) },
};

/* An error: its header, and the packet that it is about. */
struct refusal {
	uint8_t type, code;
	uint16_t checksum;
	uint32_t rest;
	uint8_t quote[40 + sizeof(struct echo_message)];
};

/* RFC 1071, of an even number of bytes; of ICMPv6 the kernel makes it. */
static uint16_t checksum(const void *data, size_t len)
{
	const uint8_t *p = data;
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i += 2)
		sum += (uint32_t)p[i] << 8 | p[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

static int bound(struct test *t, const struct netns *ns,
		 const struct echo_path *p, int type, const char *address,
		 unsigned id)
{
	union addr at;
	int fd;

	addr_set(&at, p->family, address, (uint16_t)id);
	netns_enter(t, ns);
	fd = socket(p->family, type | SOCK_CLOEXEC, p->protocol);
	if (fd < 0 || bind(fd, &at.sa, addr_len(&at)))
		fatal(t, "a socket of ICMP: %s", strerror(errno));
	netns_leave(t);
	return fd;
}

int echo_raw(struct test *t, const struct netns *ns, const struct echo_path *p,
	     const char *address)
{
	return bound(t, ns, p, SOCK_RAW, address, 0);
}

int echo_ping(struct test *t, const struct netns *ns,
	      const struct echo_path *p, unsigned id)
{
	int fd, one = 1;

	netns_sysctl(t, ns, "ipv4/ping_group_range", "0 0");
	fd = bound(t, ns, p, SOCK_DGRAM, p->from, id);
	if (p->family == AF_INET ?
	    setsockopt(fd, IPPROTO_IP, IP_RECVERR, &one, sizeof(one)) :
	    setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &one, sizeof(one)))
		fatal(t, "IP_RECVERR: %s", strerror(errno));
	return fd;
}

void echo_group(struct test *t, const struct netns *ns, int fd,
		const struct echo_path *p)
{
	int one = 1, no = 0, by;

	netns_enter(t, ns);
	by = (int)if_nametoindex("sk0");
	netns_leave(t);
	if (p->family == AF_INET ?
	    setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &one, sizeof(one)) :
	    setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, &by, sizeof(by)) ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, &no, sizeof(no)))
		fatal(t, "a socket for groups: %s", strerror(errno));
}

static void send_to(struct test *t, int fd, const struct echo_path *p,
		    const char *to, const void *data, size_t len)
{
	union addr peer;

	addr_set(&peer, p->family, to, 0);
	if (sendto(fd, data, len, 0, &peer.sa, addr_len(&peer)) !=
	    (ssize_t)len)
		fatal(t, "an echo: %s", strerror(errno));
}

static void message(struct echo_message *m, const struct echo_path *p,
		    uint8_t type, unsigned id, unsigned seq)
{
	memset(m, 0, sizeof(*m));
	m->type = type;
	m->id = htons((uint16_t)id);
	m->seq = htons((uint16_t)seq);
	if (p->family == AF_INET)
		m->checksum = checksum(m, sizeof(*m));
}

void echo_send(struct test *t, int fd, const struct echo_path *p,
	       const char *to, uint8_t type, unsigned id, unsigned seq)
{
	struct echo_message m;

	message(&m, p, type, id, seq);
	send_to(t, fd, p, to, &m, sizeof(m));
}

/* Raw sockets of IPv4 are given the IP header, too. */
static bool is_message(const uint8_t *buf, ssize_t n, uint8_t type,
		       unsigned seq)
{
	struct echo_message m;
	size_t at = n == 20 + (ssize_t)sizeof(m) ? 20 : 0;

	if (n != (ssize_t)(at + sizeof(m)))
		return false;
	memcpy(&m, buf + at, sizeof(m));
	return m.type == type && ntohs(m.seq) == seq && m.id;
}

void echo_hear(struct test *t, int fd, const struct echo_path *p, uint8_t type,
	       unsigned seq)
{
	uint8_t buf[256];
	ssize_t n;

	do {
		if (!readable(fd, PATIENCE * 1000))
			fatal(t, "echo %u from %s never came", seq, p->to);
		n = recv(fd, buf, sizeof(buf), 0);
	} while (!is_message(buf, n, type, seq));
}

/* The request's IP header, as it left; how long that is. */
static size_t quote_ip(uint8_t *quote, const struct echo_path *p)
{
	struct ip ip = { .ip_v = 4, .ip_hl = 5, .ip_ttl = 1,
			 .ip_p = (uint8_t)p->protocol,
			 .ip_len = htons((uint16_t)p->bytes) };
	struct ip6_hdr ip6 = { .ip6_plen =
			       htons(sizeof(struct echo_message)),
			       .ip6_nxt = (uint8_t)p->protocol };
	union addr from, to;

	addr_set(&from, p->family, p->from, 0);
	addr_set(&to, p->family, p->to, 0);
	if (p->family == AF_INET) {
		ip.ip_src = from.in.sin_addr;
		ip.ip_dst = to.in.sin_addr;
		memcpy(quote, &ip, sizeof(ip));
		return sizeof(ip);
	}
	ip6.ip6_vfc = 6 << 4;
	ip6.ip6_src = from.in6.sin6_addr;
	ip6.ip6_dst = to.in6.sin6_addr;
	memcpy(quote, &ip6, sizeof(ip6));
	return sizeof(ip6);
}

void echo_refuse(struct test *t, int fd, const struct echo_path *p,
		 uint8_t type, uint8_t code, unsigned id, unsigned seq)
{
	struct refusal r = { .type = type, .code = code };
	struct echo_message m;
	size_t len = quote_ip(r.quote, p);

	message(&m, p, p->request, id, seq);
	memcpy(r.quote + len, &m, sizeof(m));
	len += offsetof(struct refusal, quote) + sizeof(m);
	if (p->family == AF_INET)
		r.checksum = checksum(&r, len);
	send_to(t, fd, p, p->from, &r, len);
}

void echo_error(struct test *t, int fd)
{
	struct pollfd pfd = { .fd = fd };
	socklen_t len = sizeof(int);
	struct msghdr none = { 0 };
	int err;

	if (poll(&pfd, 1, PATIENCE * 1000) != 1 || !(pfd.revents & POLLERR))
		fatal(t, "no error has come");
	recvmsg(fd, &none, MSG_ERRQUEUE);
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Addresses of sockets, IPv4 and IPv6, from text and back. */
#include "traffic.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

void addr_set(union addr *a, int family, const char *text, uint16_t port)
{
	char mapped[64];

	memset(a, 0, sizeof(*a));
	if (family == AF_INET) {
		a->in.sin_family = AF_INET;
		a->in.sin_port = htons(port);
		inet_pton(AF_INET, text, &a->in.sin_addr);
		return;
	}
	snprintf(mapped, sizeof(mapped), "%s%s", strchr(text, ':') ? "" :
		 "::ffff:", text);
	a->in6.sin6_family = AF_INET6;
	a->in6.sin6_port = htons(port);
	inet_pton(AF_INET6, mapped, &a->in6.sin6_addr);
}

uint16_t addr_port(const union addr *a)
{
	return ntohs(a->sa.sa_family == AF_INET ? a->in.sin_port :
		     a->in6.sin6_port);
}

void addr_text(const union addr *a, char *buf, size_t size)
{
	if (a->sa.sa_family == AF_INET)
		inet_ntop(AF_INET, &a->in.sin_addr, buf, size);
	else if (IN6_IS_ADDR_V4MAPPED(&a->in6.sin6_addr))
		inet_ntop(AF_INET, (const char *)&a->in6.sin6_addr + 12, buf,
			  size);
	else
		inet_ntop(AF_INET6, &a->in6.sin6_addr, buf, size);
}

socklen_t addr_len(const union addr *a)
{
	return a->sa.sa_family == AF_INET ? sizeof(a->in) : sizeof(a->in6);
}

int udp_bound(struct test *t, const struct netns *ns, int family,
	      const char *host, union addr *at)
{
	socklen_t len = sizeof(*at);
	int fd;

	addr_set(at, family, host, 0);
	netns_enter(t, ns);
	fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	netns_leave(t);
	if (fd < 0 || bind(fd, &at->sa, addr_len(at)) ||
	    getsockname(fd, &at->sa, &len))
		fatal(t, "a socket at %s: %s", host, strerror(errno));
	return fd;
}

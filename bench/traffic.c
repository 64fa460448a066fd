/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * TCP sessions over loopback, both ends in this one thread, and the rows that
 * tell of them.  Each session has a number that its client's address and port
 * say, so that it is found again in whatever format it is shown.
 */
#include "bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#define FIRST_PORT 2000
#define PORTS 40000		/* a lap; the next has another address */
#define CLIENTS 0x7f000101	/* 127.0.1.1 and up */

static int listener;
static struct sockaddr_in server;
static unsigned next;

static void loopback_up(void)
{
	struct ifreq r = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &r) < 0)
		die("lo: %s", strerror(errno));
	r.ifr_flags |= IFF_UP;
	if (ioctl(fd, SIOCSIFFLAGS, &r) < 0)
		die("lo: %s", strerror(errno));
	close(fd);
}

/* No TIME_WAIT sockets in our namespace: thousands would pile up. */
static void no_time_wait(void)
{
	int fd = open("/proc/sys/net/ipv4/tcp_max_tw_buckets",
		      O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)!write(fd, "0\n", 2);
	close(fd);
}

/* Loopback answers at once: whoever waits would wait for ever. */
static void patient(int fd)
{
	struct timeval t = { .tv_sec = 30 };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
}

void traffic_open(unsigned port)
{
	int one = 1;

	if (unshare(CLONE_NEWNET) < 0)
		die("network namespace: %s", strerror(errno));
	loopback_up();
	no_time_wait();
	server.sin_family = AF_INET;
	server.sin_port = htons(port);
	server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (listener < 0 ||
	    bind(listener, (struct sockaddr *)&server, sizeof(server)) < 0 ||
	    listen(listener, 8) < 0)
		die("port %u: %s", port, strerror(errno));
	patient(listener);
}

uint32_t traffic_netns(void)
{
	struct stat st;

	if (stat("/proc/self/ns/net", &st) < 0)
		die("/proc/self/ns/net: %s", strerror(errno));
	return st.st_ino;
}

unsigned traffic_next(void)
{
	return next;
}

static int client(unsigned n)
{
	struct sockaddr_in from = {
		.sin_family = AF_INET,
		.sin_port = htons(FIRST_PORT + n % PORTS),
		.sin_addr.s_addr = htonl(CLIENTS + n / PORTS),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&from, sizeof(from)) < 0 ||
	    connect(fd, (struct sockaddr *)&server, sizeof(server)) < 0)
		die("session %u: %s", n, strerror(errno));
	return fd;
}

static void carry(int from, int to, size_t len)
{
	char buf[256] = { 0 };

	if (send(from, buf, len, 0) != (ssize_t)len ||
	    recv(to, buf, len, MSG_WAITALL) != (ssize_t)len)
		die("session %u: %s", next, strerror(errno));
}

/* The client closes first.  By the time close() returns, loopback has
 * delivered what it sent. */
unsigned traffic_session(void)
{
	char byte;
	int fd, peer;

	fd = client(next);
	peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (peer < 0)
		die("accept: %s", strerror(errno));
	patient(fd);
	patient(peer);
	carry(fd, peer, 100);
	carry(peer, fd, 50);
	close(fd);
	if (recv(peer, &byte, 1, 0))
		die("session %u did not end", next);
	close(peer);
	return next++;
}

/* ---- rows ------------------------------------------------------------- */

/* The number of the session whose client is at @addr with @port. */
static bool numbered(const char *addr, const char *port, unsigned *n)
{
	struct in_addr a;
	unsigned p;

	if (inet_pton(AF_INET, addr, &a) != 1)
		return false;
	p = strtoul(port, NULL, 10);
	if (ntohl(a.s_addr) < CLIENTS || ntohl(a.s_addr) - CLIENTS > 200 ||
	    p < FIRST_PORT || p >= FIRST_PORT + PORTS)
		return false;
	*n = (ntohl(a.s_addr) - CLIENTS) * PORTS + p - FIRST_PORT;
	return true;
}

/* Every contender shows addresses followed by ports. */
static bool row(char *line, unsigned *n)
{
	char *save = NULL, *word = strtok_r(line, " \t", &save), *after;

	for (; word; word = after) {
		after = strtok_r(NULL, " \t", &save);
		if (after && strchr(word, '.') && numbered(word, after, n))
			return true;
	}
	return false;
}

unsigned traffic_rows(const char *text, unsigned from, unsigned to,
		      unsigned *first)
{
	unsigned rows = 0, n = 0;
	char line[256];
	size_t len;

	*first = to;
	for (; *text; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		snprintf(line, sizeof(line), "%.*s", (int)(len < 255 ? len :
							   255), text);
		if (!row(line, &n) || n < from || n >= to)
			continue;
		rows++;
		if (n < *first)
			*first = n;
	}
	return rows;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "player.h"

#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS 13
#define REFUSED 17
#define EAGAINS 7
#define EPIPES 5
#define FLOOD 401

#ifndef SO_MEMINFO
#define SO_MEMINFO 55		/* 4.12 */
#endif
/* include/uapi/linux/sock_diag.h: indices of SK_MEMINFO_... */
enum { MEMINFO_DROPS = 8, MEMINFO_VARS };

static const size_t sizes[] = { 1, 2, 3, 512, 4096, 65536 };

static struct made *made;
static char data[65536];

/* It has said why on stderr, and its end tells the case. */
static void __attribute__((noreturn)) stuck(const char *what)
{
	fprintf(stderr, "player: %s: %s\n", what, strerror(errno));
	_exit(1);
}

/* ---- calls, counted ----------------------------------------------------- */

static unsigned slot_of(size_t n)
{
	unsigned slot = 0;

	while (n) {
		slot++;
		n /= 2;
	}
	return slot;
}

static void put(int fd, enum sort s, size_t n)
{
	ssize_t sent = send(fd, data, n, MSG_NOSIGNAL);

	if (sent < 0) {
		made->failed_writes[s]++;
		return;
	}
	made->writes[s]++;
	made->write_bytes[s] += (uint64_t)sent;
	made->write_sizes[s][slot_of((size_t)sent)]++;
}

static void get(int fd, enum sort s, size_t n, int flags)
{
	ssize_t got = recv(fd, data, n, flags);

	if (got < 0) {
		made->failed_reads[s]++;
		return;
	}
	made->reads[s]++;
	made->read_bytes[s] += (uint64_t)got;
	made->read_sizes[s][slot_of((size_t)got)]++;
}

static int sock(int family, int type)
{
	int fd = socket(family, type, 0), size = 1 << 20;

	if (fd < 0)
		stuck("socket");
	made->sockets++;
	/* room for the largest write before anybody reads */
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	return fd;
}

/* ---- addresses ---------------------------------------------------------- */

struct where {
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
	} a;
	socklen_t len;
};

/* Loopback, any port; for UNIX a name of no file, which dies with us. */
static void loopback(struct where *w, int family)
{
	memset(w, 0, sizeof(*w));
	w->a.sa.sa_family = (sa_family_t)family;
	w->len = sizeof(w->a.in);
	if (family == AF_INET) {
		w->a.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	} else if (family == AF_INET6) {
		w->a.in6.sin6_addr = in6addr_any;
		w->len = sizeof(w->a.in6);
	} else {
		w->len = (socklen_t)sizeof(sa_family_t) +
			 (socklen_t)snprintf(w->a.un.sun_path + 1, 40,
					     "sk-player-%d", (int)getpid()) + 1;
	}
}

static void bind_to(int fd, struct where *w)
{
	if (bind(fd, &w->a.sa, w->len))
		stuck("bind");
	made->binds++;
	w->len = sizeof(w->a);
	if (getsockname(fd, &w->a.sa, &w->len))
		stuck("getsockname");
}

/* To a dual-stack listener as its clients write it. */
static void point(struct where *w, enum sort s)
{
	if (s == S_TCP6 || s == S_UDP6)
		w->a.in6.sin6_addr = in6addr_loopback;
	if (s == S_MAPPED) {
		memset(&w->a.in6.sin6_addr, 0, 16);
		w->a.in6.sin6_addr.s6_addr[10] = 0xff;
		w->a.in6.sin6_addr.s6_addr[11] = 0xff;
		w->a.in6.sin6_addr.s6_addr[12] = 127;
		w->a.in6.sin6_addr.s6_addr[15] = 1;
	}
}

static int family_of(enum sort s)
{
	switch (s) {
	case S_TCP: case S_UDP:
		return AF_INET;
	case S_UNIX: case S_UNIXD:
		return AF_UNIX;
	default:
		return AF_INET6;
	}
}

static void connect_to(int fd, const struct where *w, enum sort s)
{
	made->connects[s]++;
	if (!connect(fd, &w->a.sa, w->len))
		return;
	if (errno != ECONNREFUSED)
		stuck("connect");
	made->refused++;
}

/* Datagram sockets only: TCP would reset the connection. */
static void disconnect(int fd, enum sort s)
{
	const struct sockaddr none = { .sa_family = AF_UNSPEC };

	made->connects[s]++;
	made->disconnects[s]++;
	if (connect(fd, &none, sizeof(none)))
		stuck("disconnect");
}

/* ---- pairs -------------------------------------------------------------- */

/* Through a listener, which is gone again. */
static void stream_pair(int fd[2], enum sort s)
{
	int l = sock(family_of(s), SOCK_STREAM);
	struct where w;

	loopback(&w, family_of(s));
	bind_to(l, &w);
	if (listen(l, 1))
		stuck("listen");
	made->listens++;
	point(&w, s);
	fd[0] = sock(family_of(s), SOCK_STREAM);
	connect_to(fd[0], &w, s);
	made->calls_of_accept++;
	fd[1] = accept(l, NULL, NULL);
	if (fd[1] < 0)
		stuck("accept");
	made->accepts[s]++;
	close(l);
}

static void datagram_pair(int fd[2], enum sort s)
{
	struct where w[2];
	unsigned i;

	if (s == S_UNIXD) {
		if (socketpair(AF_UNIX, SOCK_DGRAM, 0, fd))
			stuck("socketpair");
		return;
	}
	for (i = 0; i < 2; i++) {
		fd[i] = sock(family_of(s), SOCK_DGRAM);
		loopback(&w[i], family_of(s));
		if (s == S_UDP6)
			w[i].a.in6.sin6_addr = in6addr_loopback;
		bind_to(fd[i], &w[i]);
	}
	connect_to(fd[0], &w[1], s);
	connect_to(fd[1], &w[0], s);
}

static bool is_stream(enum sort s)
{
	return s != S_UDP && s != S_UDP6 && s != S_UNIXD;
}

/* ---- plays -------------------------------------------------------------- */

static void talk(enum sort s)
{
	unsigned n, i, last = ARRAY_SIZE(sizes) - !is_stream(s);
	int fd[2];

	if (is_stream(s))
		stream_pair(fd, s);
	else
		datagram_pair(fd, s);
	for (n = 0; n < ROUNDS; n++)
		for (i = 0; i < last; i++) {
			put(fd[0], s, sizes[i]);
			get(fd[1], s, sizes[i],
			    is_stream(s) ? MSG_WAITALL : 0);
		}
	if (is_stream(s)) {
		for (i = 0; i < EAGAINS; i++)
			get(fd[0], s, 1, MSG_DONTWAIT);
		shutdown(fd[0], SHUT_WR);
		for (i = 0; i < EPIPES; i++)
			put(fd[0], s, 1);
		get(fd[1], s, 1, 0);	/* the end */
	}
	if (s == S_UDP || s == S_UDP6)
		disconnect(fd[0], s);
	close(fd[0]);
	close(fd[1]);
}

static void be_refused(void)
{
	struct where w;
	int fd, i;

	for (i = 0; i < REFUSED; i++) {
		fd = sock(AF_INET, SOCK_STREAM);
		loopback(&w, AF_INET);
		w.a.in.sin_port = htons(9);
		connect_to(fd, &w, S_TCP);
		close(fd);
	}
}

static uint16_t port_of(int fd)
{
	struct where w = { .len = sizeof(w.a) };

	if (getsockname(fd, &w.a.sa, &w.len))
		stuck("getsockname");
	return ntohs(w.a.in.sin_port);	/* of IPv6 in the same place */
}

static void little_room(int fd)
{
	int least = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &least, sizeof(least)))
		stuck("SO_RCVBUF");
}

/* What @fd had no room for. */
static unsigned dropped(int fd)
{
	uint32_t mem[MEMINFO_VARS] = { 0 };
	socklen_t len = sizeof(mem);

	if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, mem, &len))
		stuck("SO_MEMINFO");
	return mem[MEMINFO_DROPS];
}

/*
 * Reads what there was room for, and waits for the rest of FLOOD to be
 * dropped: what is sent over loopback may lie in the processor's backlog for
 * as long as ksoftirqd has to wait, and would find the socket closed.
 */
static unsigned drain(int fd)
{
	unsigned i, lost, n = 0;

	for (i = 0; i < 10000; i++) {
		while (recv(fd, data, sizeof(data), MSG_DONTWAIT) >= 0)
			n++;
		lost = dropped(fd);
		if (n + lost >= FLOOD)
			return lost;
		usleep(1000);
	}
	errno = ETIMEDOUT;
	stuck("datagrams over loopback");
}

/* Nobody reads before all are sent. */
static void flood(int fd[2], enum sort s, struct flood *f)
{
	f->lport = port_of(fd[1]);
	f->rport = port_of(fd[0]);
	little_room(fd[1]);
	for (unsigned i = 0; i < FLOOD; i++)
		put(fd[0], s, 100);
	f->nlost = drain(fd[1]);
	close(fd[0]);
	close(fd[1]);
}

/* A socket as ping(8) has it, which nobody reads until all have been sent. */
static void flood_ping(struct flood *f)
{
	static const unsigned char echo[100] = { 8 };
	int fd = socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
	struct where w;

	if (fd < 0)
		stuck("a socket for ICMP");
	little_room(fd);
	loopback(&w, AF_INET);
	for (unsigned i = 0; i < FLOOD; i++)
		if (sendto(fd, echo, sizeof(echo), 0, &w.a.sa, w.len) < 0)
			stuck("sendto");
	f->nlost = drain(fd);
	close(fd);
}

/* One of the sockets is older than the tool. */
static void play_flood(int go)
{
	int fd[2];
	char c;

	datagram_pair(fd, S_UDP);
	made->ready = 1;
	if (read(go, &c, 1) != 1)
		_exit(1);
	flood(fd, S_UDP, &made->udp);
	datagram_pair(fd, S_UDP6);
	flood(fd, S_UDP6, &made->udp6);
	flood_ping(&made->ping);
	_exit(0);
}

static void __attribute__((noreturn)) play(int go, int what)
{
	int s;
	char c;

	if (what == PLAY_FLOOD)
		play_flood(go);
	if (read(go, &c, 1) != 1)
		_exit(1);
	for (s = 0; s < SORTS; s++) {
		bool udp = s == S_UDP || s == S_UDP6;

		if (what == PLAY_ALL || (what == PLAY_UDP && udp))
			talk((enum sort)s);
	}
	if (what == PLAY_ALL)
		be_refused();
	_exit(0);
}

/* ---- for the cases ------------------------------------------------------ */

void player_start(struct player *p, struct test *t, int what)
{
	int fds[2];

	memset(p, 0, sizeof(*p));
	p->t = t;
	made = mmap(NULL, sizeof(*made), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	p->made = made;
	if (made == MAP_FAILED || pipe(fds))
		fatal(t, "no memory, no pipe");
	netns_new(t, &p->ns);
	netns_sysctl(t, &p->ns, "ipv4/ping_group_range", "0 0");
	netns_enter(t, &p->ns);
	p->pid = fork();
	if (p->pid < 0)
		fatal(t, "no process");
	if (!p->pid) {
		close(fds[1]);
		prctl(PR_SET_NAME, PLAYER_COMM);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		play(fds[0], what);
	}
	netns_leave(t);
	close(fds[0]);
	while (what == PLAY_FLOOD && !made->ready) {
		if (waitpid(p->pid, NULL, WNOHANG))
			fatal(t, "the player failed");
		nap_ms(1);
	}
	p->go = fds[1];
	snprintf(p->text, sizeof(p->text), "%d", (int)p->pid);
}

void player_play(struct player *p)
{
	bool killed;
	int status;

	if (write(p->go, "", 1) != 1)
		fatal(p->t, "the player is gone");
	close(p->go);
	status = reap(p->pid, PATIENCE * 1000, &killed);
	if (status || killed)
		differ(p->t, "the player failed");
}

void player_release(struct player *p)
{
	munmap(p->made, sizeof(*p->made));
	netns_free(&p->ns);
}

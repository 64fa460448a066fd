/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * As many connections as two processes can make.  A reset may overtake the
 * last ACK of its own handshake, when the two are sent by different
 * processors: such a connection would have one end only.  So each is reset
 * once it has been accepted, while the next ones are being made.
 */
#include "traffic.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define PLACES 8
#define AHEAD 256	/* connections not yet reset */
#define KEEP (2 * AHEAD)	/* of the server: all that are not reset */

struct shared {
	uint16_t port[PLACES];
	unsigned accepted[PLACES];
	unsigned per_second, bytes;	/* of struct burst */
	unsigned failed;	/* errno of the client */
	bool listening, finished;
};

static void place(union addr *a, unsigned k, uint16_t port)
{
	static const char *const addr[PLACES] = {
		"127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4",
		"127.0.0.5", "fd00::1", "fd00::2", "fd00::3",
	};

	addr_set(a, strchr(addr[k], ':') ? AF_INET6 : AF_INET, addr[k], port);
}

static void enter(const struct netns *ns, const char *comm)
{
	if (ns->fd >= 0 && setns(ns->fd, CLONE_NEWNET))
		_exit(1);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, comm);
}

static void reset(int fd)
{
	struct linger l = { 1, 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	close(fd);
}

/* Connection number @i; what it has sent is read before the client, which
 * waits for `accepted', resets it. */
static void take(struct shared *sh, int fd, unsigned k, int *keep, unsigned i)
{
	char data[BURST_BYTES];

	if (sh->bytes && recv(fd, data, sh->bytes, MSG_WAITALL) !=
	    (ssize_t)sh->bytes)
		_exit(1);
	if (i >= KEEP)
		close(keep[i % KEEP]);
	keep[i % KEEP] = fd;
	__atomic_fetch_add(&sh->accepted[k], 1, __ATOMIC_SEQ_CST);
}

static void __attribute__((noreturn))
burst_server(struct shared *sh, unsigned n)
{
	struct pollfd p[PLACES];
	union addr a;
	socklen_t len;
	unsigned k, done = 0;
	int fd, keep[KEEP];

	for (k = 0; k < PLACES; k++) {
		place(&a, k, 0);
		len = a.sa.sa_family == AF_INET ? sizeof(a.in) : sizeof(a.in6);
		p[k].fd = socket(a.sa.sa_family,
				 SOCK_STREAM | SOCK_NONBLOCK, IPPROTO_TCP);
		p[k].events = POLLIN;
		if (p[k].fd < 0 || bind(p[k].fd, &a.sa, len) ||
		    listen(p[k].fd, AHEAD) ||
		    getsockname(p[k].fd, &a.sa, &len))
			_exit(1);
		sh->port[k] = addr_port(&a);
	}
	__atomic_store_n(&sh->listening, true, __ATOMIC_SEQ_CST);
	while (done < n) {
		if (poll(p, PLACES, 1000) < 0 && errno != EINTR)
			_exit(1);
		for (k = 0; k < PLACES; k++)
			while ((fd = accept(p[k].fd, NULL, NULL)) >= 0)
				take(sh, fd, k, keep, done++);
	}
	while (!__atomic_load_n(&sh->finished, __ATOMIC_SEQ_CST))
		nap_ms(1);
	_exit(0);
}

/* Connection @i has been accepted; a place's are in turn. */
static void reset_accepted(struct shared *sh, unsigned i, int fd)
{
	unsigned *accepted = &sh->accepted[i % PLACES];

	while (__atomic_load_n(accepted, __ATOMIC_SEQ_CST) <= i / PLACES)
		sched_yield();
	reset(fd);
}

/* Until it is time for connection @i. */
static void pace(const struct shared *sh, unsigned i, uint64_t begun)
{
	uint64_t due, now = now_ns();

	if (!sh->per_second)
		return;
	due = begun + i * NSEC / sh->per_second;
	if (due > now + MSEC)
		nap_ms((unsigned)((due - now) / MSEC));
}

static int connect_to(const struct shared *sh, const union addr *to)
{
	static const char data[BURST_BYTES];
	int fd = socket(to->sa.sa_family, SOCK_STREAM, IPPROTO_TCP);
	socklen_t len = to->sa.sa_family == AF_INET ? sizeof(to->in) :
		sizeof(to->in6);

	if (fd < 0 || connect(fd, &to->sa, len))
		return -1;
	if (sh->bytes && send(fd, data, sh->bytes, MSG_NOSIGNAL) !=
	    (ssize_t)sh->bytes)
		return -1;
	return fd;
}

static void __attribute__((noreturn))
burst_client(struct shared *sh, unsigned n)
{
	uint64_t begun = now_ns();
	union addr a[PLACES];
	int ring[AHEAD], fd;
	unsigned i;

	for (i = 0; i < PLACES; i++)
		place(&a[i], i, sh->port[i]);
	for (i = 0; i < n; i++) {
		if (i >= AHEAD)
			reset_accepted(sh, i - AHEAD, ring[i % AHEAD]);
		pace(sh, i, begun);
		fd = connect_to(sh, &a[i % PLACES]);
		if (fd < 0) {
			sh->failed = errno;
			_exit(1);
		}
		ring[i % AHEAD] = fd;
	}
	for (i = n > AHEAD ? n - AHEAD : 0; i < n; i++)
		reset_accepted(sh, i, ring[i % AHEAD]);
	__atomic_store_n(&sh->finished, true, __ATOMIC_SEQ_CST);
	_exit(0);
}

static pid_t spawn(struct test *t, const struct netns *ns, struct shared *sh,
		   unsigned n, const char *comm)
{
	bool server = !strcmp(comm, SERVER_COMM);
	pid_t pid = fork();

	if (pid < 0)
		fatal(t, "fork: %s", strerror(errno));
	if (pid)
		return pid;
	enter(ns, comm);
	if (server)
		burst_server(sh, n);
	burst_client(sh, n);
}

unsigned burst_make(struct test *t, const struct netns *ns, struct burst *b)
{
	unsigned patience = 5 * PATIENCE +
		(b->per_second ? b->n / b->per_second : 0);
	struct shared *sh = mmap(NULL, sizeof(*sh), PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint64_t start, end = now_ns() + PATIENCE * NSEC;
	bool killed, also;
	unsigned k, n = 0;
	pid_t cli, srv;
	int failed, hung;

	if (sh == MAP_FAILED)
		fatal(t, "mmap: %s", strerror(errno));
	sh->per_second = b->per_second;
	sh->bytes = b->bytes;
	/* 128 before 5.4: too few for AHEAD */
	netns_sysctl(t, ns, "core/somaxconn", "4096");
	srv = spawn(t, ns, sh, b->n, SERVER_COMM);
	while (!__atomic_load_n(&sh->listening, __ATOMIC_SEQ_CST)) {
		if (now_ns() > end)
			fatal(t, "the server does not listen");
		nap_ms(1);
	}
	start = now_ns();
	cli = spawn(t, ns, sh, b->n, CLIENT_COMM);
	failed = reap(cli, patience * 1000, &killed);
	hung = reap(srv, failed ? 0 : PATIENCE * 1000, &also);
	b->seconds = (now_ns() - start) / 1e9;
	for (k = 0; k < PLACES; k++)
		n += sh->accepted[k];
	if (failed || hung)
		fatal(t, "the burst broke off after %u: %s", n,
		      sh->failed ? strerror(sh->failed) : "hangs");
	munmap(sh, sizeof(*sh));
	return n;
}

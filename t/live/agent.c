/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * An agent: a process of its own name, user and network namespace that does
 * one socket call after the other as told over a socket pair.
 */
#include "traffic.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHUNK 65536

/* ---- in the agent ------------------------------------------------------ */

struct slots {
	int fd[SLOTS];
	uint64_t sent[SLOTS], received[SLOTS];
	char buf[CHUNK_MAX];
};

static int fresh(struct slots *s, const struct cmd *c)
{
	int type = (c->flags & MAKE_UDP ? SOCK_DGRAM : SOCK_STREAM) |
		   (c->flags & MAKE_NONBLOCK ? SOCK_NONBLOCK : 0);
	int fd = socket(c->addr.sa.sa_family, type | SOCK_CLOEXEC,
			c->flags & MAKE_MPTCP ? IPPROTO_MPTCP : 0);
	int v6only = c->v6only, syns = 1, reuse = 1;

	if (fd >= 0 && c->addr.sa.sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6only,
			   sizeof(v6only));
	if (c->flags & MAKE_REUSE)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &reuse,
			   sizeof(reuse));
	if (c->flags & MAKE_HASTY)
		setsockopt(fd, IPPROTO_TCP, TCP_SYNCNT, &syns, sizeof(syns));
	s->fd[c->slot] = fd;
	s->sent[c->slot] = 0;
	s->received[c->slot] = 0;
	return fd < 0 ? -1 : 0;
}

static int do_listen(struct slots *s, const struct cmd *c)
{
	if (fresh(s, c) ||
	    bind(s->fd[c->slot], &c->addr.sa, addr_len(&c->addr)))
		return -1;
	if (c->op == OP_BIND)
		return 0;
	return listen(s->fd[c->slot], c->flags & LISTEN_FOR_ONE ? 0 :
				      c->n ? (int)c->n : 128);
}

static void on_alarm(int sig)
{
	(void)sig;
}

static void signal_soon(int flags)
{
	struct sigaction sa = { .sa_handler = on_alarm, .sa_flags = flags };
	struct itimerval in = { .it_value.tv_usec = 200000 };

	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &in, NULL);
}

static int send_fast(struct slots *s, const struct cmd *c)
{
	ssize_t n = sendto(s->fd[c->slot], s->buf, c->n, MSG_FASTOPEN,
			   &c->addr.sa, addr_len(&c->addr));

	if (n < 0)
		return -1;
	s->sent[c->slot] += n;
	return 0;
}

static int do_connect(struct slots *s, const struct cmd *c)
{
	if (c->flags & (CONNECT_SIGNAL | CONNECT_EINTR))
		signal_soon(c->flags & CONNECT_SIGNAL ? SA_RESTART : 0);
	if (s->fd[c->slot] < 0 && fresh(s, c))
		return -1;
	return c->flags & CONNECT_FAST ? send_fast(s, c) :
	       connect(s->fd[c->slot], &c->addr.sa, addr_len(&c->addr));
}

/* Waits in poll(2) and not in accept(2), which has failed once before. */
static int polled_accept(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int flags = fcntl(fd, F_GETFL), got;

	fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	while ((got = accept4(fd, NULL, NULL, SOCK_CLOEXEC)) < 0 &&
	       errno == EAGAIN)
		poll(&p, 1, -1);
	/* and one that finds nothing, when it was there at once */
	close(accept4(fd, NULL, NULL, SOCK_CLOEXEC));
	fcntl(fd, F_SETFL, flags);
	return got;
}

static int hasty_accept(int fd)
{
	int flags = fcntl(fd, F_GETFL), got, err;

	fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	got = accept(fd, NULL, NULL);
	err = errno;
	fcntl(fd, F_SETFL, flags);
	errno = err;
	return got;
}

static int do_accept(struct slots *s, const struct cmd *c, struct reply *r)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);
	int fd;

	if (c->flags & ACCEPT_POLL)
		fd = polled_accept(s->fd[c->n]);
	else if (c->flags & ACCEPT_NOWAIT)
		fd = hasty_accept(s->fd[c->n]);
	else
		fd = accept(s->fd[c->n], NULL, NULL);
	if (fd < 0)
		return -1;
	s->fd[c->slot] = fd;
	s->sent[c->slot] = 0;
	s->received[c->slot] = 0;
	if (!getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len))
		r->state = info.tcpi_state;
	return 0;
}

static int do_queued(struct slots *s, const struct cmd *c)
{
	struct pollfd p = { .fd = s->fd[c->slot], .events = POLLIN };
	int n;

	while ((n = poll(&p, 1, -1)) < 0 && errno == EINTR)
		;
	return n == 1 ? 0 : -1;
}

static int do_send(struct slots *s, const struct cmd *c)
{
	uint64_t left = c->n, most = c->chunk ? c->chunk : CHUNK;
	int flags = MSG_NOSIGNAL | (c->flags & SEND_MORE ? MSG_MORE : 0);
	ssize_t n;

	while (left) {
		n = send(s->fd[c->slot], s->buf, left < most ? left : most,
			 flags);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		s->sent[c->slot] += n;
		left -= n;
	}
	return 0;
}

/* This program, over and over. */
static int do_sendfile(struct slots *s, const struct cmd *c)
{
	int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	uint64_t left = c->n;
	off_t off = 0;
	ssize_t n;

	while (file >= 0 && left) {
		n = sendfile(s->fd[c->slot], file, &off, left);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		if (!n)
			off = 0;
		s->sent[c->slot] += n;
		left -= n;
	}
	if (file >= 0)
		close(file);
	return left ? -1 : 0;
}

static int do_recv(struct slots *s, const struct cmd *c)
{
	uint64_t left = c->n;
	ssize_t n;

	while (left) {
		n = recv(s->fd[c->slot], s->buf, left < CHUNK ? left : CHUNK,
			 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			errno = n ? errno : ENODATA;
			return -1;
		}
		s->received[c->slot] += n;
		left -= n;
	}
	return 0;
}

static int do_splice(struct slots *s, const struct cmd *c)
{
	ssize_t n;
	int p[2];

	if (pipe2(p, O_CLOEXEC))
		return -1;
	while ((n = splice(s->fd[c->slot], NULL, p[1], NULL, CHUNK, 0)) > 0) {
		s->received[c->slot] += n;
		if (read(p[0], s->buf, n) != n)
			break;
	}
	close(p[0]);
	close(p[1]);
	return n ? -1 : 0;
}

/* What must come now, and nothing else: 0 the end, otherwise an errno. */
static int do_wait(struct slots *s, const struct cmd *c, int flags,
		   int expect)
{
	ssize_t n;

	do
		n = recv(s->fd[c->slot], s->buf, 1, flags);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		errno = EMSGSIZE;
	if (n < 0 && errno == expect)
		return 0;
	if (!n && !expect)
		return 0;
	if (!n)
		errno = ENODATA;
	return -1;
}

static int do_outcome(struct slots *s, const struct cmd *c)
{
	struct pollfd p = { .fd = s->fd[c->slot], .events = POLLOUT };
	socklen_t len = sizeof(errno);
	int err;

	while (poll(&p, 1, -1) < 0 && errno == EINTR)
		;
	if (getsockopt(p.fd, SOL_SOCKET, SO_ERROR, &err, &len))
		return -1;
	errno = err;
	return err ? -1 : 0;
}

static int do_distract(struct slots *s, const struct cmd *c)
{
	int err = distract(s->fd[c->slot], c->n);

	return err ? err : do_outcome(s, c);
}

static int do_peek(struct slots *s, const struct cmd *c)
{
	ssize_t n;

	do
		n = recv(s->fd[c->slot], s->buf, 1, MSG_PEEK);
	while (n < 0 && errno == EINTR);
	if (!n)
		errno = ENODATA;
	return n == 1 ? 0 : -1;
}

static int do_dup(struct slots *s, const struct cmd *c)
{
	int fd = fcntl(s->fd[c->slot], F_DUPFD_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	close(s->fd[c->slot]);
	s->fd[c->slot] = fd;
	return 0;
}

static int do_close(struct slots *s, const struct cmd *c)
{
	struct linger l = { 1, 0 };
	int fd = s->fd[c->slot];

	if (c->op == OP_RESET &&
	    setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l)))
		return -1;
	s->fd[c->slot] = -1;
	return close(fd);
}

static int do_patience(struct slots *s, const struct cmd *c)
{
	unsigned ms = c->n;

	return setsockopt(s->fd[c->slot], IPPROTO_TCP, TCP_USER_TIMEOUT, &ms,
			  sizeof(ms));
}

static int do_reno(struct slots *s, const struct cmd *c)
{
	return setsockopt(s->fd[c->slot], IPPROTO_TCP, TCP_CONGESTION, "reno",
			  4);
}

static int do_full(const struct cmd *c)
{
	struct rlimit l;
	int fd;

	if (getrlimit(RLIMIT_NOFILE, &l))
		return -1;
	l.rlim_cur = l.rlim_max;
	if (c->n) {
		fd = fcntl(0, F_DUPFD, 0);	/* the next one to be had */
		if (fd < 0)
			return -1;
		close(fd);
		l.rlim_cur = fd;
	}
	return setrlimit(RLIMIT_NOFILE, &l);
}

static int do_option(struct slots *s, const struct cmd *c)
{
	int level = c->op == OP_TCP_OPTION ? IPPROTO_TCP : SOL_SOCKET;
	int value = c->n;

	return setsockopt(s->fd[c->slot], level, c->flags, &value,
			  sizeof(value));
}

static int obey(struct slots *s, const struct cmd *c, struct reply *r)
{
	switch (c->op) {
	case OP_LISTEN:
	case OP_BIND: return do_listen(s, c);
	case OP_CONNECT: return do_connect(s, c);
	case OP_ACCEPT: return do_accept(s, c, r);
	case OP_QUEUED: return do_queued(s, c);
	case OP_SEND: return do_send(s, c);
	case OP_SENDFILE: return do_sendfile(s, c);
	case OP_RECV: return do_recv(s, c);
	case OP_SPLICE: return do_splice(s, c);
	case OP_EOF: return do_wait(s, c, 0, 0);
	case OP_WAIT_RST: return do_wait(s, c, 0, ECONNRESET);
	case OP_AGAIN: return do_wait(s, c, MSG_DONTWAIT, EAGAIN);
	case OP_PEEK: return do_peek(s, c);
	case OP_DUP: return do_dup(s, c);
	case OP_OUTCOME: return do_outcome(s, c);
	case OP_DISTRACT: return do_distract(s, c);
	case OP_SHUT: return shutdown(s->fd[c->slot], SHUT_WR);
	case OP_CLOSE:
	case OP_RESET: return do_close(s, c);
	case OP_INFO: return tcpinfo_settled(s->fd[c->slot], &r->info);
	case OP_RENO: return do_reno(s, c);
	case OP_PATIENCE: return do_patience(s, c);
	case OP_FULL: return do_full(c);
	case OP_TCP_OPTION:
	case OP_SOCK_OPTION: return do_option(s, c);
	}
	errno = EINVAL;
	return -1;
}

static void names_of(int fd, struct reply *r)
{
	socklen_t len = sizeof(r->local);

	if (fd < 0)
		return;
	getsockname(fd, &r->local.sa, &len);
	len = sizeof(r->peer);
	getpeername(fd, &r->peer.sa, &len);
}

static void __attribute__((noreturn)) agent_main(int fd)
{
	struct slots *s = xcalloc(1, sizeof(*s));
	struct reply r;
	struct cmd c;
	unsigned i;

	for (i = 0; i < SLOTS; i++)
		s->fd[i] = -1;
	memset(s->buf, 'x', sizeof(s->buf));
	while (read(fd, &c, sizeof(c)) == sizeof(c) && c.slot < SLOTS &&
	       c.chunk <= CHUNK_MAX &&
	       (c.op != OP_ACCEPT || c.n < SLOTS)) {
		memset(&r, 0, sizeof(r));
		if (obey(s, &c, &r))
			r.err = errno ? errno : EIO;
		r.sent = s->sent[c.slot];
		r.received = s->received[c.slot];
		r.fd = s->fd[c.slot];
		names_of(r.fd, &r);
		if (write(fd, &r, sizeof(r)) != sizeof(r))
			break;
	}
	_exit(0);
}

/* ---- in the test ------------------------------------------------------- */

static int become(const struct agent *a)
{
	if (a->ns.fd >= 0 && setns(a->ns.fd, CLONE_NEWNET))
		return -1;
	if (a->uid && (setgroups(0, NULL) || setgid(a->uid) ||
		       setuid(a->uid)))
		return -1;
	/* after setuid(2), which clears it */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, a->comm);
	return 0;
}

/* Only its own end: an earlier agent sees the end of its orders when we close
 * ours, unless somebody else has it too. */
static void close_others(int own)
{
	int fd;

	for (fd = 3; fd < 1024; fd++)
		if (fd != own)
			close(fd);
}

void agent_start(struct test *t, struct agent *a, const struct netns *ns,
		 const char *comm, uint32_t uid)
{
	int sv[2];
	char ok = 0;

	memset(a, 0, sizeof(*a));
	a->t = t;
	a->ns = *ns;
	a->uid = uid;
	snprintf(a->comm, sizeof(a->comm), "%s", comm);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv))
		fatal(t, "socketpair: %s", strerror(errno));
	a->pid = fork();
	if (a->pid < 0)
		fatal(t, "fork: %s", strerror(errno));
	if (!a->pid) {
		if (become(a))
			_exit(1);
		close_others(sv[1]);
		if (write(sv[1], "!", 1) != 1)
			_exit(1);
		agent_main(sv[1]);
	}
	close(sv[1]);
	a->fd = sv[0];
	if (!readable(a->fd, PATIENCE * 1000) || read(a->fd, &ok, 1) != 1)
		fatal(t, "%s cannot become user %u in its namespace", comm,
		      uid);
}

void agent_post(struct agent *a, const struct cmd *c)
{
	if (write(a->fd, c, sizeof(*c)) != sizeof(*c))
		fatal(a->t, "%s is gone", a->comm);
	a->owed++;
}

struct reply agent_wait_err(struct agent *a)
{
	struct reply r;

	if (!a->owed)
		fatal(a->t, "%s owes no answer", a->comm);
	a->owed--;
	if (!readable(a->fd, PATIENCE * 1000))
		fatal(a->t, "%s hangs in its socket call", a->comm);
	if (read(a->fd, &r, sizeof(r)) != sizeof(r))
		fatal(a->t, "%s is gone", a->comm);
	return r;
}

struct reply agent_wait(struct agent *a)
{
	struct reply r = agent_wait_err(a);

	if (r.err)
		fatal(a->t, "%s: a socket call failed: %s", a->comm,
		      strerror(r.err));
	return r;
}

struct reply agent_do(struct agent *a, enum op op, uint32_t slot, uint64_t n)
{
	struct cmd c = { .op = op, .slot = slot, .n = n };

	agent_post(a, &c);
	return agent_wait(a);
}

void agent_option(struct agent *a, enum op op, uint32_t slot, uint32_t name,
		  uint64_t value)
{
	struct cmd c = { .op = op, .slot = slot, .flags = name, .n = value };

	agent_post(a, &c);
	agent_wait(a);
}

struct reply agent_try(struct agent *a, struct cmd *c, enum op op)
{
	c->op = op;
	agent_post(a, c);
	return agent_wait_err(a);
}

/* Until it has been in @state for a while. */
static void await_state(struct agent *a, char state)
{
	char path[64], *text, *p;
	unsigned i, so = 0;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)a->pid);
	for (i = 0; so < 5 && i < PATIENCE * 100; i++) {
		nap_ms(10);
		text = slurp(path);
		p = text ? strrchr(text, ')') : NULL;
		so = p && p[1] == ' ' && p[2] == state ? so + 1 : 0;
		free(text);
	}
	if (so < 5)
		fatal(a->t, "%s does not get to be %c", a->comm, state);
}

/* Its last write to us is long done when it sleeps: nothing else than the
 * order's own call can be what it sleeps in, once the order was read. */
void agent_blocked(struct agent *a)
{
	await_state(a, 'S');
}

void agent_freeze(struct agent *a)
{
	agent_blocked(a);
	kill(a->pid, SIGSTOP);
	await_state(a, 'T');
}

void agent_thaw(struct agent *a)
{
	kill(a->pid, SIGCONT);
}

void agent_stop(struct agent *a)
{
	bool killed;

	if (!a->pid)
		return;
	close(a->fd);
	reap(a->pid, 5000, &killed);
	a->pid = 0;
}

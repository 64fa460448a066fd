/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "standing_unix.h"

#include <linux/sockios.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SO_COOKIE
#define SO_COOKIE 57		/* 4.12 */
#endif

static int made_socket(struct standing_unix *a, int type)
{
	int fd;

	netns_enter(a->t, &a->ns);
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	netns_leave(a->t);
	if (fd < 0)
		fatal(a->t, "socket: %m");
	return fd;
}

/* As CSV has it: a NUL is '@', a line end is not shown. */
static void put_path(struct made_unix *m)
{
	struct sockaddr_un at;
	socklen_t len = sizeof(at);
	size_t n;

	memset(&at, 0, sizeof(at));
	if (getsockname(m->fd, (void *)&at, &len))
		return;
	n = len - offsetof(struct sockaddr_un, sun_path);
	for (size_t i = 0; i < n && (!at.sun_path[0] || at.sun_path[i]); i++)
		m->path[i] = !at.sun_path[i] ? '@' :
			     at.sun_path[i] == '\n' ? '?' : at.sun_path[i];
}

static struct made_unix *add(struct standing_unix *a, const char *state, int fd)
{
	static const char *const netids[] = {
		[SOCK_STREAM] = "u_str", [SOCK_DGRAM] = "u_dgr",
		[SOCK_SEQPACKET] = "u_seq",
	};
	struct made_unix *m = &a->made[a->n++];
	socklen_t len = sizeof(m->cookie), size = sizeof(int);
	struct stat st;
	int type;

	if (a->n == UNIX_MOST)
		fatal(a->t, "too many sockets");
	if (fstat(fd, &st) || getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size))
		fatal(a->t, "fstat, SO_TYPE: %m");
	*m = (struct made_unix){
		.netid = netids[type], .state = state, .shutdown = "",
		.inode = st.st_ino, .fd = fd, .pid = getpid(), .owners = 1,
	};
	if (getsockopt(fd, SOL_SOCKET, SO_COOKIE, &m->cookie, &len))
		m->cookie = 0;
	put_path(m);
	return m;
}

/* Once all was sent that is. */
static void look_at_queues(struct made_unix *m)
{
	int in = 0, out = 0;

	if (ioctl(m->fd, SIOCINQ, &in))		/* EINVAL: it listens */
		return;
	ioctl(m->fd, SIOCOUTQ, &out);
	m->recv_q = in;
	m->send_q = out;
}

static void put(struct standing_unix *a, int fd, size_t n)
{
	static char data[128];

	if (send(fd, data, n, MSG_NOSIGNAL) != (ssize_t)n)
		fatal(a->t, "send: %m");
}

/* Both ends of it. */
static struct made_unix *pair(struct standing_unix *a, int type)
{
	struct made_unix *m;
	int fds[2];

	netns_enter(a->t, &a->ns);
	if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fds))
		fatal(a->t, "socketpair: %m");
	netns_leave(a->t);
	m = add(a, "ESTABLISHED", fds[0]);
	m->peer = add(a, "ESTABLISHED", fds[1]);
	m[1].peer = m;
	return m;
}

static void bound(struct standing_unix *a, int fd, const void *name, size_t len)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	memcpy(at.sun_path, name, len);
	if (bind(fd, (void *)&at, (socklen_t)(offsetof(struct sockaddr_un,
						       sun_path) + len)))
		fatal(a->t, "bind: %m");
}

static void bound_file(struct standing_unix *a, int fd, const char *what)
{
	char *path = a->file[a->nfiles++];

	temp_path(path, sizeof(a->file[0]), what);
	unlink(path);
	bound(a, fd, path, strlen(path) + 1);
}

static void connected(struct standing_unix *a, int fd, int to)
{
	struct sockaddr_un at;
	socklen_t len = sizeof(at);

	if (getsockname(to, (void *)&at, &len) ||
	    connect(fd, (void *)&at, len))
		fatal(a->t, "connect: %m");
}

static struct made_unix *listens(struct standing_unix *a, int fd, int backlog)
{
	struct made_unix *m;

	if (listen(fd, backlog))
		fatal(a->t, "listen: %m");
	m = add(a, "LISTEN", fd);
	m->send_q = backlog;
	return m;
}

/* Some wait to be accepted; it is of another process, too. */
static struct made_unix *make_waiting(struct standing_unix *a)
{
	int fd = made_socket(a, SOCK_STREAM);
	struct made_unix *l, *m;

	bound_file(a, fd, "listens");
	l = listens(a, fd, BACKLOG);
	l->recv_q = WAITING;
	l->owners = 2;
	for (int i = 0; i < WAITING; i++) {
		fd = made_socket(a, SOCK_STREAM);
		connected(a, fd, l->fd);
		m = add(a, "ESTABLISHED", fd);
		m->peer = l;
	}
	return l;
}

/* Of abstract names, one with a NUL in it, one as long as they may be. */
static void make_accepted(struct standing_unix *a, int type, const void *name,
			  size_t len)
{
	int l = made_socket(a, type), c = made_socket(a, type), s;
	struct made_unix *m;

	bound(a, l, name, len);
	listens(a, l, 5);
	connected(a, c, l);
	s = accept4(l, NULL, NULL, SOCK_CLOEXEC);
	if (s < 0)
		fatal(a->t, "accept: %m");
	put(a, c, 13);
	put(a, c, 29);
	put(a, s, 7);
	m = add(a, "ESTABLISHED", c);
	m->peer = add(a, "ESTABLISHED", s);
	m[1].peer = m;
}

static void make_datagrams(struct standing_unix *a)
{
	int to = made_socket(a, SOCK_DGRAM), from = made_socket(a, SOCK_DGRAM);
	struct made_unix *m;

	bound_file(a, to, "a name, with\nan end");
	bound(a, from, "", 0);		/* as the kernel likes it */
	connected(a, from, to);
	put(a, from, 19);
	put(a, from, 23);
	m = add(a, "CLOSE", to);
	add(a, "ESTABLISHED", from)->peer = m;
}

/* Another process, that lives there, has the one end and, too, @listener. */
static void share(struct standing_unix *a, struct made_unix *listener)
{
	struct made_unix *m = pair(a, SOCK_STREAM);

	netns_enter(a->t, &a->ns);
	a->other = fork();
	if (a->other < 0)
		fatal(a->t, "fork: %m");
	if (!a->other) {
		for (int i = 3; i < 1024; i++)
			if (i != listener->fd && i != m[1].fd)
				close(i);
		for (;;)
			pause();
	}
	netns_leave(a->t);
	put(a, m->fd, 31);
	look_at_queues(&m[1]);
	close(m[1].fd);
	m[1].pid = a->other;
}

static void make_all(struct standing_unix *a)
{
	static const char longest[108] = "\0longest", nul[] = "\0with\0nul";
	struct made_unix *m;

	put(a, pair(a, SOCK_STREAM)->fd, 41);
	m = pair(a, SOCK_DGRAM);
	put(a, m->fd, 17);
	put(a, m->fd, 43);
	put(a, pair(a, SOCK_SEQPACKET)->fd, 11);
	m = pair(a, SOCK_STREAM);	/* one end is closed */
	close(m[1].fd);
	a->n--;
	m->peer = NULL;
	m->shutdown = "RCV|SEND";
	make_accepted(a, SOCK_STREAM, nul, sizeof(nul) - 1);
	make_accepted(a, SOCK_SEQPACKET, longest, sizeof(longest));
	make_datagrams(a);
	add(a, "CLOSE", made_socket(a, SOCK_STREAM));
	share(a, make_waiting(a));
	for (m = a->made; m < a->made + a->n; m++)
		if (m->pid == getpid())
			look_at_queues(m);
}

void standing_unix_make(struct test *t, struct standing_unix *a)
{
	a->t = t;
	netns_new(t, &a->ns);
	if (a->ns.fd < 0)
		skip(t, "needs network namespaces");
	make_all(a);
}

void standing_unix_end(struct standing_unix *a)
{
	kill(a->other, SIGKILL);
	waitpid(a->other, NULL, 0);
	for (unsigned i = 0; i < a->nfiles; i++)
		unlink(a->file[i]);
	netns_free(&a->ns);
}

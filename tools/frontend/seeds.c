/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Whose are the TCP and UDP sockets that are open already?  sock_diag(7) lists
 * the sockets of a network namespace with inode and cookie, /proc/PID/fd names
 * inodes, and programs find a socket's owner by its cookie when they meet it.
 */
#include "tools/frontend/sockets.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

struct open_socket {
	uint64_t cookie;
	uint32_t inode;
	bool taken;
};

struct seeding {
	struct open_socket *sockets;
	size_t nsockets, room;
	const struct filters *f;
	int map;
	int found;
	unsigned unfit;		/* found, but the map was full */
	bool denied;		/* to look at a process or a namespace */
	int before;		/* map of struct before; -1: not wanted */
	bool udp;		/* wanted as well */
	bool no_udp;		/* they cannot be listed */
};

/* ---- sockets ---------------------------------------------------------- */

/* Without room it counts from when it is first seen. */
static void put_before(const struct seeding *s, uint64_t cookie,
		       const struct inet_diag_msg *m, size_t len)
{
	struct before b;
	size_t n;
	const void *info = sockdiag_attr(m, len, INET_DIAG_INFO, &n);

	if (info && sockdiag_before(&b, m, info, n))
		map_update(s->before, &cookie, &b);
}

static int add_socket(void *ctx, const struct inet_diag_msg *m, size_t len)
{
	uint64_t cookie = sockdiag_cookie(m);
	struct seeding *s = ctx;
	struct open_socket *p;

	if (s->before >= 0)
		put_before(s, cookie, m, len);
	if (!m->idiag_inode)	/* nobody has accepted or closed it */
		return 0;
	if (s->nsockets == s->room) {
		size_t room = s->room ? 2 * s->room : 256;

		p = realloc(s->sockets, room * sizeof(*p));
		if (!p)
			return -ENOMEM;
		s->sockets = p;
		s->room = room;
	}
	p = &s->sockets[s->nsockets++];
	p->inode = m->idiag_inode;
	p->cookie = cookie;
	p->taken = false;
	return 0;
}

static int list(struct seeding *s, int fd, int family, int protocol)
{
	struct sockdiag ask = {
		.family = family, .protocol = protocol,
		.states = ~(1u << TCP_TIME_WAIT),
		.ext = s->before >= 0 ? 1 << (INET_DIAG_INFO - 1) : 0,
	};
	int err = sockdiag_list(fd, &ask, add_socket, s);

	/* most of them are better than none */
	return err == -EAGAIN ? 0 : err;
}

/* One family after the other. */
static int list_families(struct seeding *s, int fd, int protocol)
{
	int err = list(s, fd, AF_INET, protocol);

	if (err)
		return err;
	err = list(s, fd, AF_INET6, protocol);
	return err == -ENOENT ? 0 : err;	/* no IPv6 in this kernel */
}

/* All sockets of the namespace we are in. */
static int list_sockets(void *ctx, uint32_t inum)
{
	int fd = sockdiag_open(), err;
	struct seeding *s = ctx;
	size_t before = s->nsockets;

	(void)inum;
	if (fd < 0)
		return fd;
	err = list(s, fd, AF_UNSPEC, IPPROTO_TCP);
	if (err) {
		s->nsockets = before;
		err = list_families(s, fd, IPPROTO_TCP);
	}
	if (!err && s->udp && list_families(s, fd, IPPROTO_UDP))
		s->no_udp = true;
	close(fd);
	return err;
}

/* ---- processes -------------------------------------------------------- */

static int by_inode(const void *a, const void *b)
{
	uint32_t x = ((const struct open_socket *)a)->inode;
	uint32_t y = ((const struct open_socket *)b)->inode;

	return x < y ? -1 : x > y;
}

/* A process whose sockets are looked at. */
struct owning {
	struct seeding *s;
	const char *pid;
	bool described;
	struct seed seed;
};

static int take_socket(void *ctx, int fd, uint32_t inode)
{
	struct owning *o = ctx;
	struct seeding *s = o->s;
	struct open_socket *found, key = { .inode = inode };

	(void)fd;
	found = bsearch(&key, s->sockets, s->nsockets, sizeof(key), by_inode);
	if (!found || found->taken)
		return 0;
	if (!o->described)
		proc_describe(&o->seed, o->pid);
	o->described = found->taken = true;
	if (!map_update(s->map, &found->cookie, &o->seed))
		s->found++;
	else
		s->unfit++;
	return 0;
}

static int take_process(void *ctx, const char *pid)
{
	struct owning o = { .s = ctx, .pid = pid };

	if (proc_matches(o.s->f, pid) &&
	    proc_sockets(pid, take_socket, &o) == -EACCES)
		o.s->denied = true;
	return 0;
}

/* Programs number processes as the initial pid namespace does; what /proc
 * says in another one must not be mixed with that. */
static bool foreign_pids(void)
{
	const ino_t init = 0xeffffffc;	/* PROC_PID_INIT_INO, proc_ns.h */
	struct stat st;

	return !stat("/proc/self/ns/pid", &st) &&
	       st.st_ino != init;
}

int seeds_fill(int fd, int before, const struct filters *f, bool udp,
	       struct err *e)
{
	struct seeding s = { .f = f, .map = fd, .before = before,
			     .udp = udp };
	unsigned seen;
	int err;

	if (foreign_pids())
		return err_set(e, 0, "this is a pid namespace of its own");
	err = netns_each(f, list_sockets, &s, &seen, &s.denied);
	if (s.nsockets) {
		qsort(s.sockets, s.nsockets, sizeof(*s.sockets), by_inode);
		proc_each(take_process, &s);
	}
	if (err)
		err_set(e, -err, "sock_diag%s", err == -ENOENT ?
			" (CONFIG_INET_TCP_DIAG)" : "");
	else if (s.no_udp)
		err_set(e, 0, "those of UDP are not told "
			"(CONFIG_INET_UDP_DIAG)");
	else if (s.unfit)
		err_set(e, 0, "no room for %u of them; --max-sockets makes it",
			s.unfit);
	else if (s.denied && (size_t)s.found < s.nsockets)
		err_set(e, 0, "no permission to look at all processes");
	free(s.sockets);
	return err && !s.found ? err : s.found;
}

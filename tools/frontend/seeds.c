/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Whose are the TCP and UDP sockets that are open already?  sock_diag(7) lists
 * the sockets of a network namespace with inode and cookie, /proc/PID/fd names
 * inodes, and programs find a socket's owner by its cookie when they meet it.
 */
#include "tools/frontend/frontend.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
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
	uint32_t *netns;	/* namespaces seen */
	size_t nnetns;
	const struct filters *f;
	int map;
	int found;
	unsigned unfit;		/* found, but the map was full */
	bool denied;		/* to look at a process or a namespace */
	bool moved;		/* we are in another namespace */
	int before;		/* map of struct before; -1: not wanted */
	bool udp;		/* wanted as well */
	bool no_udp;		/* they cannot be listed */
};

/* ---- sockets ---------------------------------------------------------- */

/* struct tcp_info of include/uapi/linux/tcp.h; it only grows. */
enum {
	INFO_BYTES_ACKED = 120, INFO_BYTES_RECEIVED = 128,	/* 4.1 */
	INFO_BYTES_SENT = 200, INFO_BYTES_RETRANS = 208,	/* 4.19 */
};

static uint64_t info_u64(const struct rtattr *info, unsigned off)
{
	uint64_t v = 0;

	if (RTA_PAYLOAD(info) >= off + sizeof(v))
		memcpy(&v, (const char *)RTA_DATA(info) + off, sizeof(v));
	return v;
}

/* The peer's FIN has come, and was counted (tcp_rcv_nxt_update()). */
static bool has_fin(const struct inet_diag_msg *m)
{
	return m->idiag_state == TCP_CLOSE_WAIT ||
	       m->idiag_state == TCP_LAST_ACK || m->idiag_state == TCP_CLOSING;
}

static void put_before(const struct seeding *s, uint64_t cookie,
		       const struct inet_diag_msg *m,
		       const struct rtattr *info)
{
	struct before b = {
		.sent = info_u64(info, INFO_BYTES_SENT) -
			info_u64(info, INFO_BYTES_RETRANS),
		.acked = info_u64(info, INFO_BYTES_ACKED),
		.received = info_u64(info, INFO_BYTES_RECEIVED),
	};

	if (b.received && has_fin(m))
		b.received--;
	/* without room it counts from when it is first seen */
	if (RTA_PAYLOAD(info) >= INFO_BYTES_RECEIVED + sizeof(uint64_t))
		map_update(s->before, &cookie, &b);
}

/* @len: of the message and the attributes behind it. */
static void find_before(const struct seeding *s, uint64_t cookie,
			const struct inet_diag_msg *m, size_t len)
{
	const struct rtattr *a = (const void *)(m + 1);
	int left = (int)(len - sizeof(*m));

	for (; RTA_OK(a, left); a = RTA_NEXT(a, left))
		if (a->rta_type == INET_DIAG_INFO)
			put_before(s, cookie, m, a);
}

static int add_socket(struct seeding *s, const struct inet_diag_msg *m,
		      size_t len)
{
	uint64_t cookie = m->id.idiag_cookie[0] |
			  (uint64_t)m->id.idiag_cookie[1] << 32;
	struct open_socket *p;

	if (s->before >= 0)
		find_before(s, cookie, m, len);
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

/* One datagram of answers; 1: the last one. */
static int take_answers(struct seeding *s, const char *buf, size_t len)
{
	const struct nlmsghdr *h = (const void *)buf;
	int err = 0;

	for (; NLMSG_OK(h, len) && !err; h = NLMSG_NEXT(h, len)) {
		if (h->nlmsg_type == NLMSG_DONE)
			return 1;
		if (h->nlmsg_type == NLMSG_ERROR) {
			const struct nlmsgerr *ne = NLMSG_DATA(h);

			return ne->error ? ne->error : 1;
		}
		if (h->nlmsg_len >= NLMSG_LENGTH(sizeof(struct inet_diag_msg)))
			err = add_socket(s, NLMSG_DATA(h),
					 NLMSG_PAYLOAD(h, 0));
	}
	return err;
}

static int take_all(struct seeding *s, int fd)
{
	static union {
		struct nlmsghdr align;
		char bytes[32768];
	} buf;
	ssize_t n;
	int ret = 0;

	do {
		n = recv(fd, &buf, sizeof(buf), 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		ret = take_answers(s, buf.bytes, n);
	} while (!ret);
	return ret < 0 ? ret : 0;
}

#define STATES (~(1u << TCP_TIME_WAIT))

static uint8_t extensions(const struct seeding *s)
{
	return s->before >= 0 ? 1 << (INET_DIAG_INFO - 1) : 0;
}

static int list_family(struct seeding *s, int fd, int family, int protocol)
{
	struct {
		struct nlmsghdr h;
		struct inet_diag_req_v2 r;
	} req = {
		.h = { .nlmsg_len = sizeof(req),
		       .nlmsg_type = SOCK_DIAG_BY_FAMILY,
		       .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.r = { .sdiag_family = family, .sdiag_protocol = protocol,
		       .idiag_ext = extensions(s),
		       .idiag_states = STATES },
	};

	return send(fd, &req, sizeof(req), 0) < 0 ? -errno : take_all(s, fd);
}

/*
 * Both families at once: the request of before 3.3 asks for no family (still
 * taken by 6.18; net/ipv4/inet_diag.c, inet_diag_dump_compat()).  Each dump
 * goes over the whole table of connections.
 */
static int list_both(struct seeding *s, int fd)
{
	struct {
		struct nlmsghdr h;
		struct inet_diag_req r;
	} req = {
		.h = { .nlmsg_len = sizeof(req),
		       .nlmsg_type = TCPDIAG_GETSOCK,
		       .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.r = { .idiag_family = AF_INET, .idiag_ext = extensions(s),
		       .idiag_states = STATES },
	};

	return send(fd, &req, sizeof(req), 0) < 0 ? -errno : take_all(s, fd);
}

/* One family after the other. */
static int list_families(struct seeding *s, int fd, int protocol)
{
	int err = list_family(s, fd, AF_INET, protocol);

	if (err)
		return err;
	err = list_family(s, fd, AF_INET6, protocol);
	return err == -ENOENT ? 0 : err;	/* no IPv6 in this kernel */
}

/* All sockets of the namespace we are in. */
static int list_sockets(struct seeding *s)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC,
			NETLINK_SOCK_DIAG);
	size_t before = s->nsockets;
	int err;

	if (fd < 0)
		return -errno;
	err = list_both(s, fd);
	if (err) {
		s->nsockets = before;
		err = list_families(s, fd, IPPROTO_TCP);
	}
	if (!err && s->udp && list_families(s, fd, IPPROTO_UDP))
		s->no_udp = true;
	close(fd);
	return err;
}

/* ---- namespaces ------------------------------------------------------- */

static bool netns_matches(const struct filters *f, uint32_t inum)
{
	for (unsigned i = 0; i < f->nnetns; i++)
		if (f->netns[i] == inum)
			return true;
	return !f->nnetns;
}

static bool netns_is_new(struct seeding *s, uint32_t inum)
{
	uint32_t *p;

	for (size_t i = 0; i < s->nnetns; i++)
		if (s->netns[i] == inum)
			return false;
	p = realloc(s->netns, (s->nnetns + 1) * sizeof(*p));
	if (!p)
		return false;
	s->netns = p;
	s->netns[s->nnetns++] = inum;
	return true;
}

/* Is every namespace of interest listed? */
static bool netns_all_seen(const struct seeding *s)
{
	return s->f->nnetns && s->nnetns >= s->f->nnetns;
}

/* List the namespace of @pid if it is one of interest that is new. */
static int list_netns(struct seeding *s, const char *pid)
{
	uint32_t inum = netns_of_pid(pid);
	char path[280];
	int fd, err = 0;

	if (!inum) {
		s->denied |= errno == EACCES || errno == EPERM;
		return 0;
	}
	if (!netns_matches(s->f, inum) || !netns_is_new(s, inum))
		return 0;
	snprintf(path, sizeof(path), "/proc/%s/ns/net", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		s->nnetns--;	/* gone; others may live there, too */
		return 0;
	}
	if (!setns(fd, CLONE_NEWNET)) {
		s->moved = true;
		err = list_sockets(s);
	} else {
		s->denied = true;
	}
	close(fd);
	return err;
}

/* Ours needs no right to move. */
static int list_home(struct seeding *s, int home)
{
	struct stat st;

	if (!fstat(home, &st) && (!netns_matches(s->f, st.st_ino) ||
				  !netns_is_new(s, st.st_ino)))
		return 0;
	return list_sockets(s);
}

/* ---- processes -------------------------------------------------------- */

static int by_inode(const void *a, const void *b)
{
	uint32_t x = ((const struct open_socket *)a)->inode;
	uint32_t y = ((const struct open_socket *)b)->inode;

	return x < y ? -1 : x > y;
}

static bool pid_matches(const struct filters *f, const char *pid)
{
	uint32_t n = strtoul(pid, NULL, 10);

	for (unsigned i = 0; i < f->npid; i++)
		if (f->pid[i] == n)
			return true;
	return !f->npid;
}

/* What /proc/@pid/@file begins with; "" if it cannot be read. */
static void read_proc(const char *pid, const char *file, char *buf, size_t len)
{
	char path[300];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/%s", pid, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? 0 : read(fd, buf, len - 1);
	if (fd >= 0)
		close(fd);
	buf[n > 0 ? n : 0] = '\0';
}

/* The rest of the line of @text that begins with @key; NULL if none does. */
static char *line_of(char *text, const char *key)
{
	size_t n = strlen(key);

	while (strncmp(text, key, n)) {
		text = strchr(text, '\n');
		if (!text)
			return NULL;
		text++;
	}
	text[n + strcspn(text + n, "\n")] = '\0';
	return text + n;
}

/* The same as programs would tell: the real user, which is not who owns
 * /proc/PID (root does, where the process must not be dumped). */
static void describe(struct seed *seed, const char *pid)
{
	struct err e = { 0 };
	char text[4096], *p;
	uint64_t cgroup;

	memset(seed, 0, sizeof(*seed));
	seed->pid = seed->tid = strtoul(pid, NULL, 10);
	read_proc(pid, "comm", seed->comm, sizeof(seed->comm));
	seed->comm[strcspn(seed->comm, "\n")] = '\0';
	read_proc(pid, "status", text, sizeof(text));
	p = line_of(text, "Uid:");
	seed->uid = p ? strtoul(p, NULL, 10) : 0;
	read_proc(pid, "cgroup", text, sizeof(text));
	p = line_of(text, "0::");	/* the line of cgroup v2 */
	if (p && !cgroup_parse(p, &cgroup, &e))
		seed->cgroup = cgroup;
}

/* The sockets among the descriptors of @pid. */
static void take_fds(struct seeding *s, const char *pid)
{
	char path[280], link[64];
	bool described = false;
	struct seed seed;
	struct dirent *d;
	ssize_t n;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	dir = opendir(path);
	s->denied |= !dir && errno == EACCES;
	while (dir && (d = readdir(dir))) {
		struct open_socket *found, key = { 0 };

		n = readlinkat(dirfd(dir), d->d_name, link, sizeof(link) - 1);
		if (n < 9 || strncmp(link, "socket:[", 8))
			continue;
		link[n] = '\0';
		key.inode = strtoul(link + 8, NULL, 10);
		found = bsearch(&key, s->sockets, s->nsockets, sizeof(key),
				by_inode);
		if (!found || found->taken)
			continue;
		if (!described)
			describe(&seed, pid);
		described = found->taken = true;
		if (!map_update(s->map, &found->cookie, &seed))
			s->found++;
		else
			s->unfit++;
	}
	if (dir)
		closedir(dir);
}

/* Only in namespaces of interest do we look at what a process has open. */
static bool lives_there(const struct filters *f, const char *pid)
{
	uint32_t inum = f->nnetns ? netns_of_pid(pid) : 0;

	return !f->nnetns || (inum && netns_matches(f, inum));
}

static int each_process(struct seeding *s, bool sockets)
{
	DIR *proc = opendir("/proc");
	struct dirent *d;
	int err = 0;

	if (!proc)
		return -errno;
	while (!err && !(sockets && netns_all_seen(s)) &&
	       (d = readdir(proc))) {
		if (d->d_name[0] < '1' || d->d_name[0] > '9')
			continue;
		if (sockets)
			err = list_netns(s, d->d_name);
		else if (pid_matches(s->f, d->d_name) &&
			 lives_there(s->f, d->d_name))
			take_fds(s, d->d_name);
	}
	closedir(proc);
	return err;
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
	int home, err;

	if (foreign_pids())
		return err_set(e, 0, "this is a pid namespace of its own");
	home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	err = home < 0 ? list_sockets(&s) : list_home(&s, home);
	if (!err && home >= 0)
		err = each_process(&s, true);
	if (s.moved && setns(home, CLONE_NEWNET) && !err)
		err = -errno;
	if (home >= 0)
		close(home);
	if (s.nsockets) {
		qsort(s.sockets, s.nsockets, sizeof(*s.sockets), by_inode);
		each_process(&s, false);
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
	free(s.netns);
	return err && !s.found ? err : s.found;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * sofdsnoop: descriptors that this process sends to itself, over each kind of
 * AF_UNIX socket; one thread, so that rows come in the order of the calls.
 */
#include "live.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILES = 5, MESSAGES = 3, MANY = 101, FEW = 11, ROWS = 900 };

/* What there is to send: a directory, a device, a pipe, a socket, and what is
 * none of these. */
static const struct { const char *type, *name; } files[FILES] = {
	{ "dir", "/" }, { "char", "null" }, { "fifo", "" },
	{ "socket", NULL }, { "anon", "[eventfd]" },
};

/* A row as it must be. */
struct row {
	const char *action, *result;
	int fd;			/* -1: none */
	unsigned fds;
	int file;		/* of `files`; -1: none */
	uint64_t socket, inode;
};

struct made {
	struct test *t;
	int fd[FILES];
	uint64_t inode[FILES];
	int from, to;		/* the socket pair at hand */
	bool why;		/* rows say why one is not received */
	unsigned place;		/* of the last row in its message */
	unsigned n;
	struct row rows[ROWS];
};

/* Room for the control messages of a call. */
union control {
	char buf[CMSG_SPACE(MANY * sizeof(int)) + CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

struct message {
	struct iovec iov;
	char data;
	union control control;
};

static uint64_t inode_of(const struct made *m, int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		fatal(m->t, "fstat: %m");
	return st.st_ino;
}

static void make_files(struct made *m)
{
	int ends[2], pair[2], i;

	if (pipe2(ends, O_CLOEXEC) ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		fatal(m->t, "pipe, socketpair: %m");
	m->fd[0] = open("/proc", O_RDONLY | O_CLOEXEC);
	m->fd[1] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	m->fd[2] = ends[0];
	m->fd[3] = pair[0];
	m->fd[4] = eventfd(0, EFD_CLOEXEC);
	for (i = 0; i < FILES; i++)
		m->inode[i] = inode_of(m, m->fd[i]);
}

/* ---- what must be shown ------------------------------------------------ */

static struct row *add(struct made *m, const char *action, int fd, int file)
{
	struct row *r = &m->rows[m->n++];

	if (m->n == ROWS)
		fatal(m->t, "too many rows");
	r->action = action;
	r->result = "";
	r->fd = fd;
	r->fds = ++m->place;
	r->file = file;
	r->inode = file < 0 ? 0 : m->inode[file];
	r->socket = inode_of(m, *action == 'S' || *action == 'F' ? m->from :
			     m->to);
	return r;
}

/* The call is over, after @n of them. */
static void add_end(struct made *m, const char *action, unsigned n,
		    const char *result)
{
	struct row *r = add(m, action, -1, -1);

	r->fds = n;
	r->result = result;
}

/* ---- calls ------------------------------------------------------------- */

static struct msghdr header(struct message *g, size_t room)
{
	g->iov.iov_base = &g->data;
	g->iov.iov_len = 1;
	return (struct msghdr){
		.msg_iov = &g->iov, .msg_iovlen = 1,
		.msg_control = g->control.buf, .msg_controllen = room,
	};
}

static struct cmsghdr *put_fds(struct cmsghdr *c, const int *fds, unsigned n)
{
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(n * sizeof(int));
	memcpy(CMSG_DATA(c), fds, n * sizeof(int));
	return (void *)((char *)c + CMSG_SPACE(n * sizeof(int)));
}

/* @n descriptors, the last of them in a control message of its own. */
static struct msghdr message(struct message *g, const int *fds, unsigned n)
{
	struct cmsghdr *c = &g->control.align;

	if (n > 1)
		c = put_fds(c, fds, n - 1);
	c = put_fds(c, fds + n - 1, 1);
	return header(g, (size_t)((char *)c - g->control.buf));
}

/* What has come is in @h, and is closed again. */
static void take(struct made *m, struct msghdr *h, const int *file, unsigned n)
{
	struct cmsghdr *c;
	unsigned i = 0, k;
	int fd;

	for (c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c)) {
		for (k = 0; CMSG_LEN((k + 1) * sizeof(int)) <= c->cmsg_len;
		     k++) {
			memcpy(&fd, CMSG_DATA(c) + k * sizeof(int),
			       sizeof(fd));
			add(m, "RECV", fd, file[i++ % FILES]);
			close(fd);
		}
	}
	if (i != n)
		fatal(m->t, "%u descriptors came, should be %u", i, n);
}

static void receive(struct made *m, const int *file, unsigned n)
{
	static struct message g;
	struct msghdr h = header(&g, sizeof(g.control.buf));

	m->place = 0;
	if (recvmsg(m->to, &h, 0) != 1)
		fatal(m->t, "recvmsg: %m");
	take(m, &h, file, n);
}

static const int each[FILES] = { 0, 1, 2, 3, 4 };

/* All in one message. */
static void one(struct made *m)
{
	static struct message g;
	struct msghdr h = message(&g, m->fd, FILES);
	int i;

	m->place = 0;
	if (sendmsg(m->from, &h, 0) != 1)
		fatal(m->t, "sendmsg: %m");
	for (i = 0; i < FILES; i++)
		add(m, "SEND", m->fd[i], i);
	receive(m, each, FILES);
}

/* One, two, three at a time. */
static void several(struct made *m)
{
	static struct message g[MESSAGES];
	struct mmsghdr h[MESSAGES] = { 0 };
	unsigned i, k;

	for (i = 0; i < MESSAGES; i++)
		h[i].msg_hdr = message(&g[i], m->fd, i + 1);
	if (sendmmsg(m->from, h, MESSAGES, 0) != MESSAGES)
		fatal(m->t, "sendmmsg: %m");
	for (i = 0; i < MESSAGES; i++) {
		m->place = 0;
		for (k = 0; k <= i; k++)
			add(m, "SEND", m->fd[k], (int)k);
	}
	for (i = 0; i < MESSAGES; i++)
		h[i].msg_hdr = header(&g[i], sizeof(g[i].control.buf));
	if (recvmmsg(m->to, h, MESSAGES, 0, NULL) != MESSAGES)
		fatal(m->t, "recvmmsg: %m");
	for (i = 0; i < MESSAGES; i++) {
		m->place = 0;
		take(m, &h[i].msg_hdr, each, i + 1);
	}
}

/* More than the tool sees where it must read them in the caller's memory. */
static void many(struct made *m, int type)
{
	static struct message g;
	static const int same[FILES] = { 1, 1, 1, 1, 1 };
	unsigned n = type == SOCK_STREAM && test_probes(m->t) ? MANY : FEW, i;
	int fds[MANY];
	struct msghdr h;

	for (i = 0; i < n; i++)
		fds[i] = fcntl(m->fd[1], F_DUPFD_CLOEXEC, 0);
	h = message(&g, fds, n);
	m->place = 0;
	if (sendmsg(m->from, &h, 0) != 1)
		fatal(m->t, "sendmsg: %m");
	for (i = 0; i < n; i++) {
		add(m, "SEND", fds[i], 1);
		close(fds[i]);
	}
	receive(m, same, n);
}

/* @fd is no descriptor; it comes first, or second. */
static void bad(struct made *m, int fd, unsigned before)
{
	static struct message g;
	int fds[3] = { m->fd[1], fd, m->fd[2] };
	struct msghdr h = message(&g, fds + 1 - before, 2 + before);

	m->place = 0;
	if (sendmsg(m->from, &h, 0) != -1 || errno != EBADF)
		fatal(m->t, "sendmsg: %m, should be EBADF");
	if (before)
		add(m, "SEND", fds[0], 1);
	add(m, "SEND", fd, -1)->result = "EBADF";
	add_end(m, "FAIL", 1 + before, "EBADF");
}

/* Receive where there is room for @room, or for one that the process may have,
 * all of three. */
static void lost(struct made *m, unsigned room, bool full)
{
	static struct message g;
	struct msghdr h = message(&g, m->fd, 3);
	struct rlimit old, none = { 0 };
	unsigned i;

	m->place = 0;
	if (sendmsg(m->from, &h, 0) != 1)
		fatal(m->t, "sendmsg: %m");
	for (i = 0; i < 3; i++)
		add(m, "SEND", m->fd[i], (int)i);
	h = header(&g, CMSG_LEN(room * sizeof(int)));
	getrlimit(RLIMIT_NOFILE, &old);
	none.rlim_max = old.rlim_max;
	if (full)
		setrlimit(RLIMIT_NOFILE, &none);
	if (recvmsg(m->to, &h, 0) != 1 || !(h.msg_flags & MSG_CTRUNC))
		fatal(m->t, "recvmsg: %m; should not have room");
	setrlimit(RLIMIT_NOFILE, &old);
	m->place = 0;
	take(m, &h, each, full ? 0 : room);
}

/* Since Linux 5.9. */
static bool tells_why(const struct test *t)
{
	char *names = test_probes(t) ? slurp("/proc/kallsyms") : NULL;
	bool told = names && (strstr(names, " __receive_fd\n") ||
			      strstr(names, " receive_fd\n"));

	free(names);
	return told;
}

static void without_room(struct made *m)
{
	bool counted = test_probes(m->t) && test_btf(m->t);

	lost(m, 1, false);
	if (counted)
		add_end(m, "LOST", 2, "");
	lost(m, 3, true);
	if (m->why)
		add(m, "RECV", -1, -1)->result = "EMFILE";
	if (counted)
		add_end(m, "LOST", 3, "");
}

/* Nobody will read it. */
static void broken(struct made *m, const char *result)
{
	static struct message g;
	struct msghdr h = message(&g, m->fd, 1);

	close(m->to);
	m->place = 0;
	if (sendmsg(m->from, &h, MSG_NOSIGNAL) != -1)
		fatal(m->t, "sendmsg to nobody");
	add(m, "SEND", m->fd[0], 0);
	add_end(m, "FAIL", 1, result);
	close(m->from);
}

static void make(struct made *m, int type, const char *result)
{
	int pair[2];

	if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, pair))
		fatal(m->t, "socketpair: %m");
	m->from = pair[0];
	m->to = pair[1];
	one(m);
	several(m);
	many(m, type);
	bad(m, 9999, 1);
	bad(m, -1, 1);
	bad(m, -1, 0);
	without_room(m);
	broken(m, result);
}

/* ---- what was shown ---------------------------------------------------- */

/* Nothing where @v is 0. */
static void number(char *buf, size_t size, uint64_t v)
{
	snprintf(buf, size, "%llu", (unsigned long long)v);
	if (!v)
		*buf = 0;
}

static void check_row(void *made, const struct table *tb, unsigned i)
{
	const struct made *m = made;
	const struct row *r = &m->rows[i];
	char fd[16] = "", fds[16], socket[24], inode[24];
	const char *want[] = {
		"action", r->action, "fd", fd, "result_name", r->result,
		"fds", fds, "socket_inode", socket, "inode", inode,
		"file_type", r->file < 0 ? "" : files[r->file].type,
		"name", r->file < 0 ? "" : files[r->file].name, NULL
	};

	if (r->fd >= 0)
		snprintf(fd, sizeof(fd), "%d", r->fd);
	snprintf(fds, sizeof(fds), "%u", r->fds);
	number(socket, sizeof(socket), r->socket);
	number(inode, sizeof(inode), r->inode);
	if (!test_btf(m->t))	/* what is not known then */
		want[8] = NULL;
	if (r->file >= 0 && !files[r->file].name)
		want[14] = NULL;
	if (!table_matches(tb, i, want))
		differ(m->t, "row %u: %s fd %s %s fds %s %s %s, should be %s "
		       "%s %s %s %s %s", i, table_cell(tb, i, "action"),
		       table_cell(tb, i, "fd"),
		       table_cell(tb, i, "result_name"),
		       table_cell(tb, i, "fds"),
		       table_cell(tb, i, "file_type"),
		       table_cell(tb, i, "name"), r->action, fd, r->result,
		       fds, want[13], want[8] && want[15] ? want[15] : "");
}

static void check(struct made *m, struct tool *r)
{
	struct table tb;

	if (!table_made(&tb, r, m->n, check_row, m))
		return;
	summary(m->t, "%u passed on, %u rows", m->n, tb.nrows);
	table_release(&tb);
}

static void fds(struct test *t)
{
	struct made *m = xcalloc(1, sizeof(*m));
	struct tool r;
	char pid[16];

	m->t = t;
	m->why = tells_why(t);
	make_files(m);
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	tool_init(&r, t, 0);
	r.may_lack = !test_probes(t);
	tool_start(&r, "sofdsnoop", ARGS("--csv", "--strict", "-p", pid, "-o",
					 "action,socket_inode,fd,result,"
					 "file_type,inode,name,fds"));
	make(m, SOCK_STREAM, "EPIPE");
	make(m, SOCK_DGRAM, "ECONNREFUSED");
	make(m, SOCK_SEQPACKET, "EPIPE");
	check(m, &r);
	tool_release(&r);
	free(m);
}

const struct live_case fds_cases[] = {
	{ "sofdsnoop", "descriptors sent and received over AF_UNIX", 300, fds,
	  false },
	{ NULL, NULL, 0, NULL, false },
};

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * undump: data that this process sends to itself, over each kind of AF_UNIX
 * socket; one thread, so that rows come in the order of the calls.
 */
#include "live.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

enum { MESSAGES = 41, SHOWN = 100, ROWS = 256 };

#define COLUMNS "size,data,flags,socket_inode,socket_type,path,peer_pid"
#define SECRET "a word that nobody must see"

/* A row as it must be. */
struct row {
	const char *type, *flags;
	char path[40], hex[2 * SHOWN + 1];
	size_t size;
	uint64_t socket;
};

struct made {
	struct test *t;
	const char *type;
	char path[40];		/* of the sockets at hand */
	int from, to;
	unsigned n;
	struct row rows[ROWS];
};

/* ---- what must be shown ------------------------------------------------ */

static void put_hex(char *to, const unsigned char *p, size_t len)
{
	size_t i;

	for (i = 0; i < len && i < SHOWN; i++)
		snprintf(to + 2 * i, 3, "%02x", p[i]);
}

/* @len bytes have been received, of which the first @known at a time. */
static void add(struct made *m, const void *data, size_t len, size_t known,
		const char *flags)
{
	struct row *r = &m->rows[m->n++];
	struct stat st;

	if (m->n == ROWS || fstat(m->to, &st))
		fatal(m->t, "too many rows, or fstat: %m");
	r->type = m->type;
	r->flags = flags;
	r->size = len;
	r->socket = st.st_ino;
	snprintf(r->path, sizeof(r->path), "%s", m->path);
	put_hex(r->hex, data, len < known ? len : known);
}

/* ---- calls ------------------------------------------------------------- */

/* Ways to receive, and how many: where system calls are watched socketcall(2)
 * is not. */
static unsigned ways(const struct test *t)
{
#if defined(__i386__) || defined(__s390x__)
	return test_probes(t) ? 4 : 2;
#else
	(void)t;
	return 4;
#endif
}

static ssize_t take(const struct made *m, unsigned way, void *to, size_t len)
{
	struct iovec iov[2] = { { to, len / 2 + 1 },
				{ (char *)to + len / 2 + 1, len } };
	struct msghdr h = { .msg_iov = iov, .msg_iovlen = 2 };

	switch (way) {
	case 0: return read(m->to, to, len);
	case 1: return readv(m->to, iov, 2);
	case 2: return recv(m->to, to, len, 0);
	default: return recvmsg(m->to, &h, 0);
	}
}

static void give(const struct made *m, const void *data, size_t len)
{
	if (write(m->from, data, len) != (ssize_t)len)
		fatal(m->t, "write: %m");
}

/* All lengths, any bytes; of two buffers the first is shown. */
static void messages(struct made *m)
{
	unsigned char data[256], got[600];
	unsigned i, k, way;
	size_t len, room;

	for (i = 0; i < MESSAGES; i++) {
		way = i % ways(m->t);
		len = 1 + i * 5;
		for (k = 0; k < len; k++)
			data[k] = (unsigned char)(i * 7 + k * 3);
		give(m, data, len);
		room = way % 2 ? len : sizeof(got);
		if (take(m, way, got, room) != (ssize_t)len)
			fatal(m->t, "receive: %m");
		add(m, got, len, way % 2 ? len / 2 + 1 : len, "");
	}
}

/* More was sent than there is room for: streams keep it.  Calls that did not
 * ask are told so in their struct msghdr alone. */
static void parts(struct made *m)
{
	bool stream = *m->type == 's' && m->type[1] == 't';
	bool told = !stream && test_btf(m->t) && test_probes(m->t);
	char got[64];

	give(m, "one two three", 13);
	if (read(m->to, got, 4) != 4)
		fatal(m->t, "read: %m");
	add(m, "one ", 4, 4, told ? "TRUNC" : "");
	if (!stream)
		return;
	if (read(m->to, got, sizeof(got)) != 9)
		fatal(m->t, "read: %m");
	add(m, "two three", 9, 9, "");
}

static void looks(struct made *m)
{
	char got[64];

	if (ways(m->t) < 4)
		return;
	give(m, "look", 4);
	if (recv(m->to, got, sizeof(got), MSG_PEEK) != 4)
		fatal(m->t, "recv: %m");
	add(m, "look", 4, 4, "PEEK");
	if (read(m->to, got, sizeof(got)) != 4)
		fatal(m->t, "read: %m");
	add(m, "look", 4, 4, "");
	if (*m->type != 'd')
		return;
	/* told how long it was, not given it */
	give(m, "datagram", 8);
	if (recv(m->to, got, 4, MSG_TRUNC) != 8)
		fatal(m->t, "recv: %m");
	add(m, "data", 4, 4, "TRUNC");
}

static void make(struct made *m, int type, const char *name)
{
	int pair[2];

	if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, pair))
		fatal(m->t, "socketpair: %m");
	m->type = name;
	m->from = pair[0];
	m->to = pair[1];
	messages(m);
	parts(m);
	looks(m);
	close(pair[0]);
	close(pair[1]);
}

/* A server that has a name, and whoever connects to it. */
static void named(struct made *m)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int l = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int c = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), s;
	socklen_t len;
	char got[64];

	snprintf(m->path, sizeof(m->path), "@sk-undump-%d", (int)getpid());
	memcpy(a.sun_path + 1, m->path + 1, strlen(m->path + 1));
	len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
			  strlen(m->path));
	if (bind(l, (void *)&a, len) || listen(l, 1) ||
	    connect(c, (void *)&a, len))
		fatal(m->t, "bind, listen, connect: %m");
	s = accept(l, NULL, NULL);
	m->type = "stream";
	m->from = c;
	m->to = s;
	give(m, "to you", 6);
	if (read(m->to, got, sizeof(got)) != 6)
		fatal(m->t, "read: %m");
	add(m, "to you", 6, 6, "");
	m->from = s;
	m->to = c;
	give(m, "to me", 5);
	if (read(m->to, got, sizeof(got)) != 5)
		fatal(m->t, "read: %m");
	add(m, "to me", 5, 5, "");
	close(l);
	close(c);
	close(s);
}

/* ---- what was shown ---------------------------------------------------- */

static void check_row(void *made, const struct table *tb, unsigned i)
{
	const struct made *m = made;
	const struct row *r = &m->rows[i];
	char size[16], socket[24], pid[16];
	const char *want[] = {
		"size", size, "data_hex", r->hex, "flags", r->flags,
		"socket_inode", socket, "socket_type", r->type,
		"path", r->path, "peer_pid", pid, NULL
	};

	snprintf(size, sizeof(size), "%zu", r->size);
	snprintf(socket, sizeof(socket), "%llu",
		 (unsigned long long)r->socket);
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	if (!test_btf(m->t))	/* what is not known then */
		want[6] = NULL;
	if (!table_matches(tb, i, want))
		differ(m->t, "row %u: %s %s %s %s %s %s %s, should be %s %s "
		       "%s %s %s %s %s", i, table_cell(tb, i, "size"),
		       table_cell(tb, i, "data_hex"),
		       table_cell(tb, i, "flags"),
		       table_cell(tb, i, "socket_inode"),
		       table_cell(tb, i, "socket_type"),
		       table_cell(tb, i, "path"),
		       table_cell(tb, i, "peer_pid"), size, r->hex, r->flags,
		       socket, r->type, r->path, pid);
}

static void check(struct made *m, struct tool *r)
{
	const char *escaped;
	struct table tb;

	if (!table_made(&tb, r, m->n, check_row, m))
		return;
	escaped = table_cell(&tb, 1, "data");
	if (strcmp(escaped, "\\x07\\n\\r\\x10"))
		differ(m->t, "the second row's data are \"%s\"", escaped);
	summary(m->t, "%u receptions, %u rows", m->n, tb.nrows);
	table_release(&tb);
}

static void replay(const struct made *m, const struct tool *r,
		   const char *path)
{
	struct tool again;

	tool_init(&again, m->t, 0);
	again.verb = true;
	tool_start(&again, "replay", ARGS(path, "--csv", "-o", COLUMNS));
	tool_stop(&again, 0);
	tool_check_clean(&again);
	unlink(path);
	if (!again.text || !r->text || strcmp(again.text, r->text))
		differ(m->t, "what is replayed is not what was shown live");
	tool_release(&again);
}

/* Without --data they are neither shown nor recorded. */
static void private(struct made *m, const char *pid)
{
	static const size_t len = sizeof(SECRET) - 1;
	char path[256], *text;
	struct table tb;
	struct tool r;
	int pair[2], fd;
	size_t n = 0;

	temp_path(path, sizeof(path), "undump");
	tool_init(&r, m->t, 0);
	tool_start(&r, "undump", ARGS("--csv", "-p", pid, "-o",
				      "+data,size", "-W", path));
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		fatal(m->t, "socketpair: %m");
	m->from = pair[0];
	m->to = pair[1];
	give(m, SECRET, len);
	text = xcalloc(1, len + 1);
	if (read(m->to, text, len) != (ssize_t)len)
		fatal(m->t, "read: %m");
	free(text);
	tool_stop(&r, SIGINT);
	tool_check_clean(&r);
	if (table_parse(&tb, m->t, r.text)) {
		if (tb.nrows != 1 || *table_cell(&tb, 0, "data") ||
		    *table_cell(&tb, 0, "data_hex"))
			differ(m->t, "without --data: %s", r.text);
		table_release(&tb);
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	text = fd < 0 ? NULL : slurp_fd(fd, &n);
	if (!text || memmem(text, n, SECRET, len))
		differ(m->t, "what was not to be seen is in the capture");
	free(text);
	close(fd);
	unlink(path);
	tool_release(&r);
}

static void undump(struct test *t)
{
	struct made *m = xcalloc(1, sizeof(*m));
	char pid[16], path[256];
	struct tool r;

	m->t = t;
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	temp_path(path, sizeof(path), "undump");
	tool_init(&r, t, 0);
	r.may_lack = !test_probes(t);
	tool_start(&r, "undump",
		   ARGS("--csv", "--strict", "-p", pid, "--data", "--bytes",
			"100", "-W", path, "-o", COLUMNS));
	make(m, SOCK_STREAM, "stream");
	make(m, SOCK_DGRAM, "dgram");
	make(m, SOCK_SEQPACKET, "seqpacket");
	named(m);
	check(m, &r);
	replay(m, &r, path);
	tool_release(&r);
	private(m, pid);
	free(m);
}

const struct live_case undump_cases[] = {
	{ "undump", "what is received over AF_UNIX, byte by byte", 300,
	  undump, false },
	{ NULL, NULL, 0, NULL, false },
};

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * AF_UNIX sockets as /proc/net/unix tells of them: unix_seq_show().  It knows
 * neither other ends nor queues.
 *
 * Names stand there as they are, which may hold line ends, so that a line may
 * be anybody's invention.  One that looks like no socket is taken for what it
 * is, the rest of a name; that two tell different things of one inode is seen
 * by unix_join().  A line about a socket that there is not cannot be told from
 * others; it has no owner.
 */
#include "tools/frontend/sockets_unix.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ACCEPTS 0x10000		/* __SO_ACCEPTCON, linux/net.h */

/* enum socket_state of linux/net.h, of which two are used here: connected, and
 * without a descriptor (not accepted yet). */
enum { CONNECTING = 2, CONNECTED = 3, LAST_STATE = 4 };

struct words {
	unsigned refs, protocol, flags, type, state;
	unsigned long inode;
	int end;		/* where the name is, behind a blank */
};

/* "ffff...: 00000002 00000000 00010000 0001 01 12345 /path" */
static bool scan(const char *line, size_t len, struct words *w)
{
	w->end = -1;
	if (sscanf(line, "%*[^: ]: %8x %8x %8x %4x %2x %lu%n", &w->refs,
		   &w->protocol, &w->flags, &w->type, &w->state, &w->inode,
		   &w->end) != 6 || w->end < 0)
		return false;
	return ((size_t)w->end == len || line[w->end] == ' ') &&
	       w->inode <= UINT32_MAX && !w->protocol &&
	       !(w->flags & ~ACCEPTS) && w->state && w->state <= LAST_STATE &&
	       (w->type == SOCK_STREAM || w->type == SOCK_DGRAM ||
		w->type == SOCK_SEQPACKET);
}

/* The rest of a name, behind a line end. */
static void continue_name(struct unix_event *e, const char *rest, size_t len)
{
	size_t at = strnlen(e->path, UNIX_NAME);

	if (at == UNIX_NAME)
		return;
	e->path[at++] = '\n';
	if (len > UNIX_NAME - at)
		len = UNIX_NAME - at;
	memcpy(e->path + at, rest, len);
	/* before 4.16 those of abstract names are not shown as '@' */
	for (; len; at++, len--)
		if (!e->path[at])
			e->path[at] = '@';
}

static void put_name(char to[UNIX_NAME], const char *name, size_t len)
{
	memcpy(to, name, len < UNIX_NAME ? len : UNIX_NAME);
	if (*name != '@')
		return;
	for (size_t i = 0; i < len && i < UNIX_NAME; i++)
		if (!to[i])
			to[i] = '@';
}

bool unix_parse(struct unix_list *l, size_t first, const char *line,
		size_t len)
{
	struct unix_event *e;
	struct words w;

	if (!scan(line, len, &w)) {
		if (l->n > first)
			continue_name(&l->e[l->n - 1], line, len);
		return true;
	}
	e = unix_add(l, w.type);
	if (!e)
		return false;
	e->inode = (uint32_t)w.inode;
	e->state = w.flags & ACCEPTS ? TCP_LISTEN :
		   w.state == CONNECTED || w.state == CONNECTING ?
		   TCP_ESTABLISHED : TCP_CLOSE;
	if ((size_t)w.end + 1 < len)
		put_name(e->path, line + w.end + 1, len - (size_t)w.end - 1);
	return true;
}

int unix_proc(struct unix_list *l)
{
	FILE *f = fopen("/proc/net/unix", "re");
	char *line = NULL;
	size_t size = 0, first = l->n;
	bool room;
	ssize_t n;
	int err;

	if (!f)	/* no such sockets, unless there is no /proc at all */
		return errno == ENOENT && !access("/proc/net", F_OK) ? 0 :
								       -errno;
	room = getline(&line, &size, f) > 0;	/* what the columns are */
	while (room && (n = getline(&line, &size, f)) > 0) {
		if (line[n - 1] == '\n')
			line[--n] = '\0';
		room = unix_parse(l, first, line, (size_t)n);
	}
	err = l->no_memory ? -ENOMEM : ferror(f) ? -EIO : 0;
	free(line);
	fclose(f);
	return err;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A source of rows: the AF_UNIX sockets that exist, in the order of their
 * inodes, and who has them and their other ends open.  These may be in other
 * network namespaces, so all are listed before one is shown.
 */
#include "tools/frontend/sockets_unix.h"
#include "tools/frontend/snapshot.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

/* As ss(8) calls them. */
const char *const unix_netids[] = { "-", "u_str", "u_dgr", "u_seq", NULL };
const char *const unix_states[] = {
	[0] = "-", [TCP_ESTABLISHED] = "ESTABLISHED", [TCP_SYN_SENT] = "",
	[TCP_SYN_RECV] = "", [TCP_FIN_WAIT1] = "", [TCP_FIN_WAIT2] = "",
	[TCP_TIME_WAIT] = "", [TCP_CLOSE] = "CLOSE", [TCP_CLOSE_WAIT] = "",
	[TCP_LAST_ACK] = "", [TCP_LISTEN] = "LISTEN", [TCP_CLOSING] = "",
	NULL
};

struct sockets {
	struct snapshot s;	/* first */
	struct unix_list list;
	bool lacks;		/* there is no unix_diag */
};

/* ---- the list ---------------------------------------------------------- */

struct unix_event *unix_add(struct unix_list *l, unsigned type)
{
	static const uint8_t netids[] = {
		[SOCK_STREAM] = UNIX_STREAM, [SOCK_DGRAM] = UNIX_DGRAM,
		[SOCK_SEQPACKET] = UNIX_SEQPACKET,
	};
	struct unix_event *e;

	if (type >= sizeof(netids) || !netids[type])
		return NULL;
	e = snapshot_grow(l->e, l->n, &l->room, sizeof(*e));
	l->no_memory |= !e;
	if (!e)
		return NULL;
	l->e = e;
	e = &l->e[l->n++];
	memset(e, 0, UNIX_UNTOLD);
	memset((char *)e + UNIX_UNTOLD, 0xff, sizeof(*e) - UNIX_UNTOLD);
	e->event.len = sizeof(*e);
	e->event.type = EVENT_ROW;
	e->flow.family = AF_UNIX;
	e->netid = netids[type];
	return e;
}

bool unix_add_waiting(struct unix_list *l, uint32_t client, uint32_t listener)
{
	struct unix_waiting *w;

	w = snapshot_grow(l->waiting, l->nwaiting, &l->waiting_room,
			  sizeof(*w));
	l->no_memory |= !w;
	if (!w)
		return false;
	l->waiting = w;
	l->waiting[l->nwaiting++] = (struct unix_waiting){ client, listener };
	return true;
}

void unix_name(char to[UNIX_NAME], const void *name, size_t n)
{
	n = n < UNIX_NAME ? n : UNIX_NAME;
	memset(to, 0, UNIX_NAME);
	memcpy(to, name, n);
	if (!n || *to)
		return;
	for (size_t i = 0; i < n; i++)
		if (!to[i])
			to[i] = '@';
}

void unix_list_release(struct unix_list *l)
{
	free(l->e);
	free(l->waiting);
}

/* ---- what belongs together --------------------------------------------- */

static int by_inode(const void *a, const void *b)
{
	const struct unix_event *x = a, *y = b;

	if (x->inode != y->inode)
		return x->inode < y->inode ? -1 : 1;
	return x->flow.id < y->flow.id ? -1 : x->flow.id > y->flow.id;
}

static int by_client(const void *a, const void *b)
{
	const struct unix_waiting *x = a, *y = b;

	return x->client < y->client ? -1 : x->client > y->client;
}

static bool same_socket(const struct unix_event *a, const struct unix_event *b)
{
	return a->inode == b->inode && a->flow.id == b->flow.id;
}

/* What the kernel lists may be there twice when sockets come meanwhile.  Of
 * what is told in two ways (see sockets_unix_proc.c) one is wrong.  Ends that
 * nobody has accepted unix_diag does not list: the listener's queue tells. */
static void leave_out(struct unix_list *l)
{
	struct unix_event *last = NULL;
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++) {
		struct unix_event *e = &l->e[i];

		if (!e->inode)
			continue;
		if (last && same_socket(last, e)) {
			last->forged |= !e->flow.id &&
				(last->netid != e->netid ||
				 last->state != e->state ||
				 memcmp(last->path, e->path, UNIX_NAME));
			continue;
		}
		l->e[n] = *e;
		last = &l->e[n++];
	}
	l->n = n;
}

/* NULL: it was not listed. */
static const struct unix_event *find(const struct unix_list *l, uint32_t inode)
{
	size_t lo = 0, hi = l->n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (l->e[mid].inode < inode)
			lo = mid + 1;
		else
			hi = mid;
	}
	return inode && lo < l->n && l->e[lo].inode == inode ? &l->e[lo] : NULL;
}

/* The kernel tells of an other end that nobody has accepted no inode. */
static uint32_t listener_of(const struct unix_list *l, uint32_t inode)
{
	struct unix_waiting key = { .client = inode };
	const struct unix_waiting *w = NULL;

	if (inode && l->nwaiting)
		w = bsearch(&key, l->waiting, l->nwaiting, sizeof(key),
			    by_client);
	return w ? w->listener : 0;
}

void unix_join(struct unix_list *l)
{
	const struct unix_event *other;

	if (l->n)
		qsort(l->e, l->n, sizeof(*l->e), by_inode);
	if (l->nwaiting)
		qsort(l->waiting, l->nwaiting, sizeof(*l->waiting), by_client);
	leave_out(l);
	for (size_t i = 0; i < l->n; i++) {
		struct unix_event *e = &l->e[i];

		if (e->forged)
			memset(e->path, 0, UNIX_NAME);
		if (!e->peer && e->state == TCP_ESTABLISHED)
			e->peer = listener_of(l, e->inode);
		other = find(l, e->peer);
		if (other)
			memcpy(e->peer_path, other->path, UNIX_NAME);
	}
}

/* ---- rows -------------------------------------------------------------- */

/* Who has the other end, is it shown? */
static bool peers_wanted(const struct options *o)
{
	const struct column *col = o->tool->columns;

	for (; col->key; col++)
		if ((col->off == offsetof(struct unix_event, peer_pid) ||
		     col->off == offsetof(struct unix_event, peer_comm) ||
		     col->off == offsetof(struct unix_event, peer_owners)) &&
		    column_wanted(o, col))
			return true;
	return false;
}

static void put_peer(struct snapshot *s, struct unix_event *e)
{
	const struct seed *who = NULL;
	const struct holder *h;
	size_t n;

	h = holders_of(&s->holders, e->peer, &n);
	e->peer_owners = (uint32_t)n;
	for (; n && !who; n--, h++)
		who = holders_describe(&s->holders, h->pid);
	if (!who)
		return;
	e->peer_pid = who->pid;
	memcpy(e->peer_comm, who->comm, sizeof(e->peer_comm));
}

static bool wanted(const struct options *o, const struct unix_event *e)
{
	uint64_t netids = option_value(o, "netids");
	uint64_t states = option_value(o, "states");

	return (!netids || netids >> e->netid & 1) &&
	       (!states || states >> (e->state & 31) & 1);
}

static void tell_all(struct sockets *a)
{
	for (size_t i = 0; i < a->list.n && !a->s.over; i++) {
		struct unix_event *e = &a->list.e[i];
		struct socket_row row = { &e->event, &e->flow, e->inode,
					  &e->owners, &e->fd };

		if (!wanted(a->s.o, e))
			continue;
		put_peer(&a->s, e);
		snapshot_tell(&a->s, &row);
	}
}

static int list_netns(struct snapshot *s, uint32_t inum)
{
	struct sockets *a = (struct sockets *)s;
	size_t first = a->list.n;
	int err = -ENOENT;

	if (!s->no_diag && !a->lacks) {
		err = unix_diag(&a->list);
		a->lacks = err && err != -EAGAIN && err != -ENOMEM;
	}
	if (err && err != -ENOMEM) {
		a->list.n = first;
		err = unix_proc(&a->list);
	}
	for (size_t i = first; i < a->list.n; i++)
		a->list.e[i].flow.netns = inum;
	return err;
}

static void tell_lacks(const struct sockets *a, struct err *e)
{
	bool forged = false;

	for (size_t i = 0; i < a->list.n; i++)
		forged |= a->list.e[i].forged;
	snapshot_lacks(&a->s, a->lacks ? "AF_UNIX" : "", e);
	if (forged)
		err_set(e, 0, "names in /proc/net/unix pretend to be sockets: "
			"those told of twice are shown without their names");
}

static void begin(struct snapshot *s)
{
	s->owners = peers_wanted(s->o);
}

static void end(struct snapshot *s, struct err *e)
{
	struct sockets *a = (struct sockets *)s;

	unix_join(&a->list);
	tell_all(a);
	tell_lacks(a, e);
}

static void release(struct snapshot *s)
{
	unix_list_release(&((struct sockets *)s)->list);
}

const struct row_source source_unix = {
	.size = sizeof(struct sockets),
	.begin = begin,
	.list = list_netns,
	.end = end,
	.release = release,
};

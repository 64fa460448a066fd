/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One look at sockets: rows of owners, namespaces, and what was not seen. */
#include "tools/frontend/snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void *snapshot_grow(void *list, size_t n, size_t *room, size_t size)
{
	size_t more = *room ? 2 * *room : 64;

	if (n < *room)
		return list;
	list = realloc(list, more * size);
	if (list)
		*room = more;
	return list;
}

/* ---- whose they are ---------------------------------------------------- */

/* Is it shown, or filtered by? */
static bool owners_wanted(const struct options *o)
{
	const struct column *col = o->tool->columns;

	if (filter_on_owner(&o->filters) || option_value(o, "each_owner"))
		return true;
	for (; col->key; col++)
		if (col->flags & C_OWNER && column_wanted(o, col))
			return true;
	return false;
}

/* Before sockets are listed: a process that ends meanwhile leaves sockets
 * without an owner, and none gets a wrong one. */
static int find_holders(struct snapshot *s, struct err *e)
{
	int err = 0;

	if (s->owners || owners_wanted(s->o))
		err = holders_find(&s->holders);
	return err ? err_set(e, -err, "whose sockets are: /proc") : 0;
}

static void put_owner(const struct socket_row *row, const struct seed *who,
		      int fd)
{
	row->flow->owned = 1;
	row->flow->pid = who->pid;
	row->flow->tid = who->tid;
	row->flow->uid = who->uid;
	row->flow->cgroup = who->cgroup;
	memcpy(row->flow->comm, who->comm, sizeof(row->flow->comm));
	*row->fd = fd;
}

static int tell(struct snapshot *s, const struct socket_row *row)
{
	int ret = s->sink->fn(s->sink->ctx, row->event, row->event->len);

	s->over |= ret != 0;
	return ret;
}

/* Nobody has it, or we cannot know who. */
static int tell_unowned(struct snapshot *s, const struct socket_row *row)
{
	enum verdict v = filter_match(&s->o->filters, row->flow);

	if (v == FILTER_UNKNOWN && s->holders.denied && row->inode)
		s->sink->losses->unattributed++;
	return v == FILTER_PASS ? tell(s, row) : 0;
}

int snapshot_tell(struct snapshot *s, const struct socket_row *row)
{
	const struct holder *h;
	const struct seed *who;
	bool known = false;
	size_t n;

	row->event->ns = s->sink->ns;
	if (filter_match(&s->o->filters, row->flow) == FILTER_DROP)
		return 0;
	h = holders_of(&s->holders, row->inode, &n);
	*row->owners = (uint32_t)n;
	for (; n && !s->over; n--, h++) {
		who = holders_describe(&s->holders, h->pid);
		if (!who)
			continue;
		known = true;
		put_owner(row, who, h->fd);
		if (filter_match(&s->o->filters, row->flow) == FILTER_PASS &&
		    (tell(s, row) || !option_value(s->o, "each_owner")))
			break;
	}
	return known ? s->over : tell_unowned(s, row);
}

/* ---- where they are ---------------------------------------------------- */

static int list_netns(void *snapshot, uint32_t inum)
{
	struct snapshot *s = snapshot;

	return s->source->list(s, inum);
}

static int list_all(struct snapshot *s, struct err *e)
{
	const struct filters *f = &s->o->filters;
	int err = netns_each(f, list_netns, s, &s->seen, &s->denied);

	if (err < 0)
		return err_set(e, -err, "list of sockets");
	if (f->nnetns && !s->seen && s->denied)
		return err_set(e, EACCES,
			       "no permission to enter the network namespace");
	return 0;
}

void snapshot_lacks(const struct snapshot *s, const char *undiagnosed,
		    struct err *e)
{
	unsigned asked = s->o->filters.nnetns;

	if (asked && s->seen < asked)
		err_set(e, 0, s->denied ? "no permission to enter a network "
			"namespace" : "no process lives in the network "
			"namespace, and it is not mounted");
	else if (*undiagnosed)
		err_set(e, 0, "sock_diag does not list %s here: what "
			"/proc/net does not tell is unknown", undiagnosed);
	else if (s->denied && !asked)
		err_set(e, 0, "no permission to enter other network "
			"namespaces");
	else if (s->holders.denied)
		err_set(e, 0, "no permission to see who has the sockets of "
			"others");
}

/* ---- a look ------------------------------------------------------------ */

/* --config no-sock-diag=1 */
static bool hides_diag(const struct env_opts *env)
{
	struct features has = { 0 };
	struct err e = { 0 };

	for (unsigned i = 0; env->config && env->config[i]; i++)
		env_config(&has, env->config[i], &e);
	return has.sock_diag == FEAT_NO;
}

int source_take(const struct row_source *source, const struct row_sink *sink,
		struct err *e)
{
	struct snapshot *s = calloc(1, source->size);
	int err;

	if (!s)
		return err_set(e, ENOMEM, "list of sockets");
	s->source = source;
	s->sink = sink;
	s->o = sink->o;
	s->no_diag = hides_diag(&s->o->env);
	source->begin(s);
	err = find_holders(s, e);
	if (!err)
		err = list_all(s, e);
	if (!err)
		source->end(s, e);
	source->release(s);
	holders_release(&s->holders);
	free(s);
	return err;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A source of rows: the sockets that exist, namespace by namespace, and who has
 * them open.  Who that is, is looked up first: a process that ends meanwhile
 * leaves sockets without an owner, and none gets a wrong one.
 */
#include "tools/frontend/sockets.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

#define HOLDERS_MAX (1u << 22)
#define PROCESSES 256		/* that are remembered */

/* include/net/tcp_states.h: 4.4, 6.8 */
enum { NEW_SYN_RECV = 12, BOUND_INACTIVE = 13 };

const char *const socket_netids[] = { "-", "tcp", "udp", "raw", "ping", NULL };

static const struct socket_kind kinds[] = {
	{ "tcp", SOCKET_TCP, AF_INET, IPPROTO_TCP, "tcp" },
	{ "tcp", SOCKET_TCP, AF_INET6, IPPROTO_TCP, "tcp6" },
	{ "udp", SOCKET_UDP, AF_INET, IPPROTO_UDP, "udp" },
	{ "udp", SOCKET_UDP, AF_INET6, IPPROTO_UDP, "udp6" },
	{ "raw", SOCKET_RAW, AF_INET, IPPROTO_RAW, "raw" },
	{ "raw", SOCKET_RAW, AF_INET6, IPPROTO_RAW, "raw6" },
	{ "ping", SOCKET_PING, AF_INET, 0, "icmp" },
	{ "ping", SOCKET_PING, AF_INET6, 0, "icmp6" },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* A descriptor that is a socket. */
struct holder {
	uint32_t inode, pid;
	int fd;
};

struct process {
	bool looked, there;
	struct seed seed;
};

struct snapshot {
	const struct options *o;
	uint64_t ns;
	source_fn *fn;
	void *ctx;
	struct losses *losses;
	struct socket_list list;
	struct holder *holders;		/* by inode, pid and fd */
	size_t nholders, room;
	uint32_t pid;			/* whose descriptors are looked at */
	struct process processes[PROCESSES];	/* by pid */
	bool no_diag;			/* --config no-sock-diag=1 */
	bool lacks[KINDS];		/* sock_diag does not list them */
	bool denied;			/* to look at a process */
	bool over;			/* no more is wanted */
};

/* ---- rows being made --------------------------------------------------- */

void socket_addr(uint8_t to[16], uint16_t family, const void *addr)
{
	memset(to, 0, 16);
	if (family == AF_INET6) {
		memcpy(to, addr, 16);
		return;
	}
	to[10] = to[11] = 0xff;
	memcpy(to + 12, addr, 4);
}

struct socket_event *socket_add(struct socket_list *l,
				const struct socket_kind *kind)
{
	size_t room = l->room ? 2 * l->room : 64;
	struct socket_event *e = l->e;

	if (l->n == l->room) {
		e = realloc(l->e, room * sizeof(*e));
		l->no_memory |= !e;
		if (!e)
			return NULL;
		l->e = e;
		l->room = room;
	}
	e = &l->e[l->n++];
	memset(e, 0, SOCKET_UNTOLD);
	memset((char *)e + SOCKET_UNTOLD, 0xff, sizeof(*e) - SOCKET_UNTOLD);
	memset(e->cc, 0, sizeof(e->cc));
	e->event.len = sizeof(*e);
	e->event.type = EVENT_ROW;
	e->netid = kind->netid;
	e->flow.family = kind->family;
	e->flow.protocol = kind->protocol;
	if (kind->netid == SOCKET_PING)
		e->flow.protocol = kind->family == AF_INET ? IPPROTO_ICMP :
							     IPPROTO_ICMPV6;
	return e;
}

/* ---- who has them ------------------------------------------------------ */

static int add_holder(void *ctx, int fd, uint32_t inode)
{
	struct snapshot *s = ctx;
	size_t room = s->room ? 2 * s->room : 1024;
	struct holder *h;

	if (s->nholders == s->room) {
		h = room <= HOLDERS_MAX ?
		    realloc(s->holders, room * sizeof(*h)) : NULL;
		if (!h)
			return -ENOMEM;
		s->holders = h;
		s->room = room;
	}
	s->holders[s->nholders++] = (struct holder){ inode, s->pid, fd };
	return 0;
}

static int add_process(void *ctx, const char *pid)
{
	struct snapshot *s = ctx;
	int err;

	s->pid = (uint32_t)strtoul(pid, NULL, 10);
	err = proc_sockets(pid, add_holder, s);
	s->denied |= err == -EACCES || err == -EPERM;
	return err == -ENOMEM ? err : 0;	/* others have just ended */
}

static int by_inode(const void *a, const void *b)
{
	const struct holder *x = a, *y = b;

	if (x->inode != y->inode)
		return x->inode < y->inode ? -1 : 1;
	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	return x->fd < y->fd ? -1 : x->fd > y->fd;
}

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

static int find_holders(struct snapshot *s)
{
	int err = proc_each(add_process, s);

	if (s->nholders)
		qsort(s->holders, s->nholders, sizeof(*s->holders), by_inode);
	return err;
}

/* The first of those that have @inode; *@n of them. */
static const struct holder *holders_of(const struct snapshot *s,
				       uint32_t inode, size_t *n)
{
	size_t lo = 0, hi = s->nholders, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (s->holders[mid].inode < inode)
			lo = mid + 1;
		else
			hi = mid;
	}
	while (inode && hi < s->nholders && s->holders[hi].inode == inode)
		hi++;
	*n = hi - lo;
	return &s->holders[lo];
}

/* NULL: it is gone. */
static const struct seed *describe(struct snapshot *s, uint32_t pid)
{
	struct process *p = &s->processes[pid % PROCESSES];
	char text[16];

	if (!p->looked || p->seed.pid != pid) {
		snprintf(text, sizeof(text), "%u", pid);
		p->there = proc_describe(&p->seed, text);
		p->looked = true;
	}
	return p->there ? &p->seed : NULL;
}

/* ---- rows -------------------------------------------------------------- */

static void put_owner(struct socket_event *e, const struct seed *who, int fd)
{
	e->flow.owned = 1;
	e->flow.pid = who->pid;
	e->flow.tid = who->tid;
	e->flow.uid = who->uid;
	e->flow.cgroup = who->cgroup;
	memcpy(e->flow.comm, who->comm, sizeof(e->flow.comm));
	e->fd = fd;
}

static int tell(struct snapshot *s, const struct socket_event *e)
{
	int ret = s->fn(s->ctx, e, sizeof(*e));

	s->over |= ret != 0;
	return ret;
}

/* Nobody has it, or we cannot know who. */
static int tell_unowned(struct snapshot *s, const struct socket_event *e)
{
	enum verdict v = filter_match(&s->o->filters, &e->flow);

	if (v == FILTER_UNKNOWN && s->denied && e->inode)
		s->losses->unattributed++;
	return v == FILTER_PASS ? tell(s, e) : 0;
}

/* A row of the first owner that the filters let pass, or of each. */
static int tell_socket(struct snapshot *s, struct socket_event *e)
{
	const struct holder *h = NULL;
	const struct seed *who;
	bool known = false;
	size_t n = 0;

	if (filter_match(&s->o->filters, &e->flow) == FILTER_DROP)
		return 0;
	if (s->nholders)
		h = holders_of(s, e->inode, &n);
	e->owners = (uint32_t)n;
	for (; n && !s->over; n--, h++) {
		who = describe(s, h->pid);
		if (!who)
			continue;
		known = true;
		put_owner(e, who, h->fd);
		if (filter_match(&s->o->filters, &e->flow) == FILTER_PASS &&
		    (tell(s, e) || !option_value(s->o, "each_owner")))
			break;
	}
	return known ? s->over : tell_unowned(s, e);
}

/* The kernel tells sequence numbers, in which a SYN and a FIN are one, too. */
static void count_bytes(struct socket_event *e)
{
	if (e->netid != SOCKET_TCP)
		return;
	if (tcp_has_fin(e->state) && e->recv_q > 0)
		e->recv_q--;
	if ((e->state == TCP_SYN_SENT || e->state == TCP_FIN_WAIT1 ||
	     e->state == TCP_CLOSING || e->state == TCP_LAST_ACK) &&
	    e->send_q > 0)
		e->send_q--;
}

/* ---- namespaces -------------------------------------------------------- */

static int list_kind(struct snapshot *s, unsigned k)
{
	int err = -ENOENT;

	s->list.n = 0;
	if (kinds[k].protocol && !s->no_diag && !s->lacks[k]) {
		err = sockets_diag(&s->list, &kinds[k]);
		s->lacks[k] = err && err != -EAGAIN && err != -ENOMEM;
	}
	if (err && err != -ENOMEM) {
		s->list.n = 0;
		err = sockets_proc(&s->list, &kinds[k]);
	}
	return err;
}

static int list_netns(void *ctx, uint32_t inum)
{
	struct snapshot *s = ctx;
	uint64_t protocols = option_value(s->o, "protocols");
	int err = 0;

	for (unsigned k = 0; k < KINDS && !err; k++) {
		if (protocols && !(protocols >> kinds[k].netid & 1))
			continue;
		err = list_kind(s, k);
		for (size_t i = 0; i < s->list.n && !err; i++) {
			s->list.e[i].event.ns = s->ns;
			s->list.e[i].flow.netns = inum;
			count_bytes(&s->list.e[i]);
			err = tell_socket(s, &s->list.e[i]);
		}
	}
	return err;
}

/* What there is, but could not be seen. */
static void tell_lacks(const struct snapshot *s, unsigned seen, bool denied,
		       struct err *e)
{
	const struct filters *f = &s->o->filters;
	char diag[64] = "";

	/* of others /proc/net tells what most want to know */
	for (unsigned k = 0; k < KINDS; k += 2)
		if (s->lacks[k] &&
		    (s->o->verbose || kinds[k].netid == SOCKET_TCP))
			snprintf(diag + strlen(diag),
				 sizeof(diag) - strlen(diag), "%s%s",
				 *diag ? ", " : "", kinds[k].name);
	if (f->nnetns && seen < f->nnetns)
		err_set(e, 0, denied ? "no permission to enter a network "
			"namespace" : "no process lives in the network "
			"namespace, and it is not mounted");
	else if (*diag)
		err_set(e, 0, "sock_diag does not list %s here: what "
			"/proc/net does not tell is unknown", diag);
	else if (denied && !f->nnetns)
		err_set(e, 0, "no permission to enter other network "
			"namespaces");
	else if (s->denied)
		err_set(e, 0, "no permission to see who has the sockets of "
			"others");
}

/* Two go by other names where it is asked for them (inet_csk_diag_dump()). */
static uint32_t wanted_states(const struct options *o)
{
	static const uint32_t same[] = {
		1u << TCP_SYN_RECV | 1u << NEW_SYN_RECV,
		1u << TCP_CLOSE | 1u << BOUND_INACTIVE,
	};
	uint32_t states = (uint32_t)option_value(o, "states");

	for (unsigned i = 0; i < 2; i++)
		if (states & same[i])
			states |= same[i];
	return states ? states : ~0u;
}

static int take_all(struct snapshot *s, struct err *e)
{
	bool denied = false;
	unsigned seen = 0;
	int err = 0;

	if (owners_wanted(s->o))
		err = find_holders(s);
	if (err)
		return err_set(e, -err, "whose sockets are: /proc");
	err = netns_each(&s->o->filters, list_netns, s, &seen, &denied);
	if (err < 0)
		return err_set(e, -err, "list of sockets");
	if (s->o->filters.nnetns && !seen && denied)
		return err_set(e, EACCES,
			       "no permission to enter the network namespace");
	tell_lacks(s, seen, denied, e);
	return 0;
}

static int take(const struct options *o, uint64_t ns, source_fn *fn, void *ctx,
		struct losses *l, struct err *e)
{
	struct snapshot *s = calloc(1, sizeof(*s));
	struct features has = { 0 };
	int err;

	if (!s)
		return err_set(e, ENOMEM, "list of sockets");
	for (unsigned i = 0; o->env.config && o->env.config[i]; i++)
		env_config(&has, o->env.config[i], e);
	s->o = o;
	s->ns = ns;
	s->fn = fn;
	s->ctx = ctx;
	s->losses = l;
	s->no_diag = has.sock_diag == FEAT_NO;
	s->list.states = wanted_states(o);
	err = take_all(s, e);
	free(s->holders);
	free(s->list.e);
	free(s);
	return err;
}

const struct row_source source_sockets = { .take = take };

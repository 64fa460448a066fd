/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Filters: for each, the ends that must be shown, and no other. */
#include "traffic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a filter asks for; what is 0 or NULL asks for nothing. */
struct ask {
	uint16_t lport[2], rport[2], port[2];	/* ranges */
	char family;				/* '4', '6' */
	const char *laddr, *raddr;		/* begin like this */
	uint32_t uid, pid;
	const char *comm;
};

static bool in_range(const uint16_t r[2], uint16_t port)
{
	return !r[1] || (port >= r[0] && port <= r[1]);
}

/* The owner of an end that was over before accept(2) may be unknown: under a
 * filter on the owner it may be missing. */
static int want_asked(const struct end *e, const void *arg)
{
	const struct ask *a = arg;

	if (!in_range(a->lport, e->lport) || !in_range(a->rport, e->rport) ||
	    !(in_range(a->port, e->lport) || in_range(a->port, e->rport)))
		return 0;
	if (a->family && (a->family == '6') != !strcmp(e->ip, "6"))
		return 0;
	if (a->laddr && strncmp(e->laddr, a->laddr, strlen(a->laddr)))
		return 0;
	if (a->raddr && strncmp(e->raddr, a->raddr, strlen(a->raddr)))
		return 0;
	if (!a->uid && !a->pid && !a->comm)
		return 1;
	if ((a->uid && a->uid != e->uid) || (a->pid && a->pid != e->pid) ||
	    (a->comm && strcmp(a->comm, e->comm)))
		return 0;
	return e->dead ? 2 : 1;
}

static int want_accepted(const struct end *e, const void *arg)
{
	return e->server ? want_asked(e, arg) : 0;
}

static int want_opened(const struct end *e, const void *arg)
{
	return e->server ? 0 : want_asked(e, arg);
}

struct filters {
	struct test *t;
	const char *tool;
	want_fn *want;
	unsigned runs, rows, made;
};

static void try_one(struct filters *f, struct traffic *tr,
		    const struct ask *a, const char *const *args)
{
	struct beside b = { .name = f->tool, .args = args, .want = f->want,
			    .arg = a, .fields = W_OWNER | W_IP | W_NETNS };
	unsigned diffs = f->t->res->ndiffs;

	/* a tenth, since every filter has a run of its own; the truth of the
	 * runs before is not shown any more */
	b.n = f->t->count / 10 > 61 ? f->t->count / 10 : 61;
	tr->nends = 0;
	if (f->want == want_accepted)
		b.make = traffic_make_owned;
	f->rows += beside(tr, &b);
	f->runs++;
	f->made += b.n;
	if (f->t->res->ndiffs != diffs)
		differ(f->t, "that was with %s %s %s", args[0],
		       args[1] ? args[1] : "",
		       args[1] && args[2] ? args[2] : "");
}

static void try_ports(struct filters *f, struct traffic *tr)
{
	uint16_t p = tr->port[0], q = tr->port[3];
	char one[16], two[32], range[32], many[64];
	struct ask a = { .lport = { p, p } };

	snprintf(one, sizeof(one), "%u", p);
	snprintf(two, sizeof(two), "%u,%u", q, q + 1u);
	snprintf(range, sizeof(range), "%u-%u", tr->port[2], q);
	snprintf(many, sizeof(many), "1,2,3,%u,9", q);
	try_one(f, tr, &a, ARGS("-L", one));
	a = (struct ask){ .rport = { q, q } };
	try_one(f, tr, &a, ARGS("-D", two));
	a = (struct ask){ .port = { tr->port[2], q } };
	try_one(f, tr, &a, ARGS("-P", range));
	a = (struct ask){ .port = { q, q }, .family = '4' };
	try_one(f, tr, &a, ARGS("-4", "--port", many));
}

static void try_addresses(struct filters *f, struct traffic *tr)
{
	struct ask a = { .family = '4' };

	try_one(f, tr, &a, ARGS("-4"));
	a.family = '6';
	try_one(f, tr, &a, ARGS("-6"));
	a = (struct ask){ .laddr = "127.0.0.2" };
	try_one(f, tr, &a, ARGS("-a", "127.0.0.2"));
	a = (struct ask){ .raddr = "127.0.0." };
	try_one(f, tr, &a, ARGS("-A", "127.0.0.0/24"));
	a = (struct ask){ .raddr = "fd00::" };
	try_one(f, tr, &a, ARGS("--raddr", "fd00::/64"));
	a = (struct ask){ .laddr = "fd00::", .family = '6' };
	try_one(f, tr, &a, ARGS("-6", "--laddr", "fd00::/16"));
}

static void try_owners(struct filters *f, struct traffic *tr)
{
	struct ask a = { .pid = tr->cli.pid };
	char pid[32], srv[16], uid[16];

	snprintf(pid, sizeof(pid), "1,%d", (int)tr->cli.pid);
	snprintf(srv, sizeof(srv), "%d", (int)tr->srv.pid);
	snprintf(uid, sizeof(uid), "%d", SERVER_UID);
	try_one(f, tr, &a, ARGS("-p", pid));
	a = (struct ask){ .pid = tr->srv.pid };
	try_one(f, tr, &a, ARGS("-p", srv));
	try_one(f, tr, &a, ARGS("--tid", srv));
	a = (struct ask){ .uid = SERVER_UID };
	try_one(f, tr, &a, ARGS("-u", uid));
	a = (struct ask){ .comm = CLIENT_COMM };
	try_one(f, tr, &a, ARGS("-n", CLIENT_COMM));
	a = (struct ask){ .comm = CLIENT_COMM, .family = '6' };
	try_one(f, tr, &a, ARGS("-6", "--comm", CLIENT_COMM));
	a = (struct ask){ .comm = "no-such" };
	try_one(f, tr, &a, ARGS("-n", "no-such"));
}

/* Another network namespace is told, and nothing of this one is shown. */
static void try_netns(struct filters *f, struct traffic *tr)
{
	struct ask nobody = { .comm = "nobody" };
	struct netns ns;
	char other[32];

	if (tr->ns.fd < 0)
		return;
	netns_new(f->t, &ns);
	if (f->t->system_wide) {
		snprintf(other, sizeof(other), "inode:%u", ns.inum);
		try_one(f, tr, &nobody, ARGS("--netns", other));
	}
	netns_free(&ns);
}

static void try_all(struct filters *f, struct traffic *tr)
{
	try_ports(f, tr);
	try_addresses(f, tr);
	try_owners(f, tr);
	try_netns(f, tr);
}

/* Filters are the same for all tools; when what they ask for is known is
 * not. */
static void try_some(struct filters *f, struct traffic *tr)
{
	const struct agent *us = f->want == want_opened ? &tr->cli : &tr->srv;
	uint16_t p = tr->port[3];
	struct ask a = { .port = { p, p }, .raddr = "127.0.0.",
			 .pid = us->pid };
	char pid[16], port[16], uid[16];

	snprintf(port, sizeof(port), "%u", p);
	snprintf(pid, sizeof(pid), "%d", (int)us->pid);
	snprintf(uid, sizeof(uid), "%u", us->uid);
	try_one(f, tr, &a, ARGS("-p", pid, "-P", port, "-A", "127.0.0.0/24"));
	a = (struct ask){ .laddr = "fd00::", .comm = us->comm };
	try_one(f, tr, &a, ARGS("-n", us->comm, "-a", "fd00::/64"));
	a = (struct ask){ .family = '6', .uid = us->uid };
	try_one(f, tr, &a, ARGS("-6", "-u", uid));
}

static void filters(struct test *t, const char *tool, want_fn *want,
		    void (*try)(struct filters *f, struct traffic *tr))
{
	struct filters f = { .t = t, .tool = tool, .want = want };
	struct traffic tr;

	traffic_init(&tr, t);
	try(&f, &tr);
	summary(t, "%u filters, %u sessions, %u rows passed", f.runs, f.made,
		f.rows);
	traffic_release(&tr);
}

static void tcplife_filters(struct test *t)
{
	filters(t, "tcplife", want_asked, try_all);
}

static void tcpconnect_filters(struct test *t)
{
	filters(t, "tcpconnect", want_opened, try_some);
}

static void tcpaccept_filters(struct test *t)
{
	filters(t, "tcpaccept", want_accepted, try_some);
}

const struct live_case filter_cases[] = {
	{ "tcplife-filters", "ports, addresses, family, owner", 900,
	  tcplife_filters, false },
	{ "tcpconnect-filters", "the same filters", 900, tcpconnect_filters,
	  false },
	{ "tcpaccept-filters", "the same filters", 900, tcpaccept_filters,
	  false },
	{ NULL, NULL, 0, NULL, false },
};

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "retrans.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const type_names[TYPES] = {
	"SYN", "SYNACK", "RTO", "FAST", "TLP",
};

void retrans_init(struct retrans *rt, struct test *t)
{
	memset(rt, 0, sizeof(*rt));
	rt->t = t;
	rt->witness = witness_open();
	veth_pair(t, &rt->a, &rt->b);
}

void retrans_release(struct retrans *rt)
{
	netns_free(&rt->a);
	netns_free(&rt->b);
	if (rt->witness >= 0)
		close(rt->witness);
}

struct flow *flow_add(struct retrans *rt, const char *what,
		      const union addr *local, const union addr *peer,
		      bool v6_socket, const struct agent *owner,
		      const struct agent *other)
{
	struct flow *f = &rt->flows[rt->nflows];

	if (rt->nflows == ARRAY_SIZE(rt->flows))
		fatal(rt->t, "too many flows");
	rt->nflows++;
	snprintf(f->what, sizeof(f->what), "%s", what);
	addr_text(local, f->laddr, sizeof(f->laddr));
	addr_text(peer, f->raddr, sizeof(f->raddr));
	f->lport = addr_port(local);
	f->rport = addr_port(peer);
	f->ip = !v6_socket ? "4" : strchr(f->laddr, ':') ? "6" : "46";
	f->comm = owner->comm;
	f->pid = owner->pid;
	f->peer_pid = other->pid;
	return f;
}

/* ---- rows -------------------------------------------------------------- */

struct row {
	struct retrans *rt;
	const struct table *tb;
	unsigned n;
	char key[128];
};

static const char *cell(const struct row *r, const char *key)
{
	return table_cell(r->tb, r->n, key);
}

static uint32_t number(const struct row *r, const char *key)
{
	uint64_t v = 0;

	if (!cell_u64(cell(r, key), &v))
		differ(r->rt->t, "%s: %s is '%s'", r->key, key, cell(r, key));
	return v;
}

/* @back: the row is of the other end, in namespace b. */
static struct flow *find_flow(const struct row *r, bool *back)
{
	char key[128], other[128];
	struct flow *f;
	unsigned i;

	for (i = 0; i < r->rt->nflows; i++) {
		f = &r->rt->flows[i];
		snprintf(key, sizeof(key), "%s %u - %s %u", f->laddr, f->lport,
			 f->raddr, f->rport);
		snprintf(other, sizeof(other), "%s %u - %s %u", f->raddr,
			 f->rport, f->laddr, f->lport);
		*back = !strcmp(other, r->key);
		if (*back || !strcmp(key, r->key))
			return f;
	}
	return NULL;
}

/* "SYN_SENT", "syn-sent", "SYNSENT" */
static bool state_is(const char *cell, const char *state)
{
	for (; *cell; cell++) {
		if (*cell == '_' || *cell == '-')
			continue;
		if (toupper((unsigned char)*cell) != *state++)
			return false;
	}
	return !*state;
}

static bool failed_send(const struct row *r)
{
	const char *err = cell(r, "err");

	return *err && strcmp(err, "0") && strcmp(err, "-");
}

static void check_row(const struct row *r, const struct flow *f, bool back,
		      enum type type)
{
	uint32_t seq, end, len = number(r, "len"), segs = number(r, "segs");
	const char *state = cell(r, "state");
	struct test *t = r->rt->t;

	/* what failed may be told with the segments that were not sent */
	if ((!segs && !failed_send(r)) || segs > 64)
		differ(t, "%s: %u segments", r->key, segs);
	if (!*state || (type == T_SYN && !state_is(state, "SYNSENT")) ||
	    (type == T_SYNACK && !state_is(state, "SYNRECV") &&
	     !state_is(state, "NEWSYNRECV")))
		differ(t, "%s: state '%s' of %s", r->key, state,
		       type_names[type]);
	if (strcmp(cell(r, "ip"), f->ip) && !back)
		differ(t, "%s: ip is '%s', was %s", r->key, cell(r, "ip"),
		       f->ip);
	/* a SYN/ACK is of a request, before there is a socket */
	if (type == T_SYNACK && !*cell(r, "seq"))
		return;
	seq = number(r, "seq");
	end = number(r, "end_seq");
	/* SYN and FIN take a number each */
	if (end - seq != len && end - seq != len + 1)
		differ(t, "%s: %u bytes from seq %u to %u", r->key, len, seq,
		       end);
	if (segs && len > segs * 1460)
		differ(t, "%s: %u bytes in %u segments", r->key, len, segs);
	if (f->has_seq && !back && seq != f->seq)
		differ(t, "%s (%s): seq %u sent again, %u was dropped", r->key,
		       f->what, seq, f->seq);
}

static void check_pid(const struct row *r, const struct flow *f, bool back,
		      enum type type)
{
	const char *pid = cell(r, "pid");
	uint64_t v = 0;

	if (type == T_SYNACK && !*pid)
		return;
	if (cell_u64(pid, &v) && v == (back ? f->peer_pid : f->pid) &&
	    (back || !strcmp(cell(r, "comm"), f->comm)))
		return;
	/* a server's socket has no owner until it is accepted */
	if (!*pid && strcmp(f->comm, back ? CLIENT_COMM : SERVER_COMM) == 0)
		return;
	differ(r->rt->t, "%s (%s %s): pid '%s' comm '%s', was %u %s", r->key,
	       f->what, type_names[type], pid, cell(r, "comm"),
	       back ? f->peer_pid : f->pid, back ? "" : f->comm);
}

static void take_row(struct row *r)
{
	struct retrans *rt = r->rt;
	const char *name = cell(r, "kind");
	struct flow *f;
	unsigned type;
	bool back = false;

	snprintf(r->key, sizeof(r->key), "%s %s - %s %s", cell(r, "laddr"),
		 cell(r, "lport"), cell(r, "raddr"), cell(r, "rport"));
	f = find_flow(r, &back);
	for (type = 0; type < TYPES; type++)
		if (!strcmp(name, type_names[type]))
			break;
	if (!f || type == TYPES || (back && !rt->t->system_wide)) {
		differ(rt->t, "%s: %s", r->key, !f ? "no flow of ours" :
		       back ? "of another namespace" : name);
		return;
	}
	if (number(r, "netns") != (back ? rt->b.inum : rt->a.inum))
		differ(rt->t, "%s: netns %s", r->key, cell(r, "netns"));
	if (type != T_SYNACK)
		rt->seen++;
	check_row(r, f, back, type);
	check_pid(r, f, back, type);
	if (failed_send(r)) {
		rt->failed++;
		return;
	}
	*(back ? &rt->segs_b : &rt->segs) += number(r, "segs");
	if (!back)
		f->got[type] += number(r, "segs");
}

void retrans_lacks(struct retrans *rt, const char *what, uint64_t shown,
		   uint64_t made)
{
	if (shown < made && rt->raised && rt->raised == rt->seen)
		rt->unraised += made - shown;
	else if (shown != made)
		differ(rt->t, "%s: %" PRIu64 " segments shown, %" PRIu64
		       " made; the program ran %" PRIu64 " times and showed "
		       "%" PRIu64, what, shown, made, rt->raised, rt->seen);
}

static void check_flow(struct retrans *rt, const struct flow *f)
{
	char what[200];
	unsigned i;

	for (i = 0; i < TYPES && f->exact; i++) {
		snprintf(what, sizeof(what), "%s, %s %u - %s %u, %s", f->what,
			 f->laddr, f->lport, f->raddr, f->rport,
			 type_names[i]);
		retrans_lacks(rt, what, f->got[i], f->want[i]);
	}
}

void retrans_check(struct retrans *rt, const char *csv)
{
	static const char names[] = RETRANS_COLUMNS;
	char buf[sizeof(names)], *p, *save = NULL;
	struct row r = { .rt = rt };
	struct table tb;
	unsigned i;

	r.tb = &tb;
	if (!table_parse(&tb, rt->t, csv))
		goto out;
	snprintf(buf, sizeof(buf), "%s", names);
	for (p = strtok_r(buf, ",", &save); p; p = strtok_r(NULL, ",", &save))
		if (table_col(&tb, p) < 0) {
			differ(rt->t, "no column %s", p);
			goto out;
		}
	for (r.n = 0; r.n < tb.nrows; r.n++)
		take_row(&r);
	for (i = 0; i < rt->nflows; i++)
		check_flow(rt, &rt->flows[i]);
	rt->rows = tb.nrows;
out:
	table_release(&tb);
}

/* ---- the kernel's counter ---------------------------------------------- */

/* RetransSegs also has sends that failed in the device below (counted apart
 * as TCPRetransFail, 4.4); those are told apart here as well. */
uint64_t retrans_snmp(struct retrans *rt, const struct netns *ns)
{
	return netns_snmp(rt->t, ns, "Tcp", "RetransSegs") -
	       netns_snmp(rt->t, ns, "TcpExt", "TCPRetransFail");
}

void retrans_compare(struct retrans *rt)
{
	uint64_t a = retrans_snmp(rt, &rt->a), b = retrans_snmp(rt, &rt->b);

	if (a != rt->segs + rt->unraised)
		differ(rt->t, "%" PRIu64 " segments shown, TcpRetransSegs of "
		       "the namespace is %" PRIu64, rt->segs, a);
	if (rt->t->system_wide && b != rt->segs_b)
		differ(rt->t, "%" PRIu64 " segments shown, TcpRetransSegs of "
		       "the other namespace is %" PRIu64, rt->segs_b, b);
}

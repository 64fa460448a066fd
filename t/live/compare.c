/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Truth and rows are sorted by addresses and ports and walked side by side;
 * where a port was used twice, in the order in which things happened.
 */
#include "traffic.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The clock is read before and after the system calls, the session begins
 * and ends inside them, or a soft-irq later. */
#define LATE_NS (250 * MSEC)

struct ref {
	char key[112];
	unsigned idx;
	int want;
};

struct pair {		/* of a row and what it ought to be */
	struct test *t;
	const struct traffic *tr;
	const struct table *tb;
	const struct end *e;
	unsigned row;
	const char *key;
};

int want_all(const struct end *e, const void *arg)
{
	(void)e;
	(void)arg;
	return 1;
}

int want_clients(const struct end *e, const void *arg)
{
	(void)arg;
	return !e->server;
}

int want_servers(const struct end *e, const void *arg)
{
	(void)arg;
	return e->server;
}

static const struct {
	enum fields f;
	const char *columns;
} columns[] = {
	{ W_OWNER, "pid,tid,uid,comm" },
	{ W_IP, "ip" },
	{ W_NETNS, "netns" },
	{ W_BYTES, "tx_bytes,rx_bytes" },
	{ W_DURATION, "duration_ns" },
	{ W_ID, "id" },
	{ W_CGROUP, "cgroup" },
	{ W_CALL, "proto,call_ns,result,final" },
	{ W_ERR, "err" },
	{ W_LATENCY, "latency_ns" },
	{ W_END, "how,first,err" },
};

const char *fields_columns(enum fields f)
{
	static char buf[256];
	size_t len;
	unsigned i;

	snprintf(buf, sizeof(buf), "laddr,lport,raddr,rport");
	for (i = 0; i < ARRAY_SIZE(columns); i++) {
		if (!(f & columns[i].f))
			continue;
		len = strlen(buf);
		snprintf(buf + len, sizeof(buf) - len, ",%s",
			 columns[i].columns);
	}
	return buf;
}

/* ---- fields ------------------------------------------------------------ */

static const char *cell(const struct pair *p, const char *key)
{
	return table_cell(p->tb, p->row, key);
}

static void wrong(const struct pair *p, const char *key, const char *made)
{
	differ(p->t, "%s (%s%s%s): %s is '%s', was %s", p->key,
	       p->e->server ? "server" : "client",
	       p->e->refused ? ", refused" : ", ",
	       p->e->refused ? "" : p->e->proto ? p->e->proto :
	       ending_names[p->e->ending], key,
	       cell(p, key), made);
}

static void check_text(const struct pair *p, const char *key,
		       const char *made)
{
	if (strcmp(cell(p, key), made))
		wrong(p, key, made);
}

static void check_number(const struct pair *p, const char *key, uint64_t made)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, made);
	check_text(p, key, text);
}

static void check_owner(const struct pair *p)
{
	/* Over before anybody called accept(2): unknown is right, wrong not */
	if (p->e->dead && !*cell(p, "pid")) {
		check_text(p, "comm", "");
		check_text(p, "uid", "");
		return;
	}
	check_number(p, "pid", p->e->pid);
	check_number(p, "tid", p->e->pid);
	check_number(p, "uid", p->e->uid);
	check_text(p, "comm", p->e->comm);
}

static void check_duration(const struct pair *p)
{
	const char *text = cell(p, "duration_ns");
	char made[96];
	uint64_t v = 0;

	snprintf(made, sizeof(made), "%" PRIu64 " to %" PRIu64, p->e->min_ns,
		 p->e->max_ns);
	check_text(p, "duration_at_least", p->e->older ? "true" : "false");
	/* of one older than the tool only the upper bound is known */
	if (!cell_u64(text, &v) || v > p->e->max_ns + LATE_NS ||
	    (!p->e->older && v + MSEC < p->e->min_ns))
		wrong(p, "duration_ns", made);
}

/* A duration that may have been going on when the tool stopped. */
static void check_span(const struct pair *p, const char *key,
		       const char *least, bool ended)
{
	char made[96];
	uint64_t v = 0;

	snprintf(made, sizeof(made), "%" PRIu64 " to %" PRIu64, p->e->min_ns,
		 p->e->max_ns);
	check_text(p, least, ended ? "false" : "true");
	if (!cell_u64(cell(p, key), &v) || v > p->e->max_ns + LATE_NS)
		wrong(p, key, made);
}

static void check_connect(const struct pair *p, enum fields f)
{
	uint64_t v = 0;

	if (f & W_CALL) {
		check_text(p, "proto", p->e->proto);
		check_number(p, "result", p->e->result);
		check_number(p, "final", p->e->final);
		check_span(p, "call_ns", "call_at_least", p->e->returned);
	}
	if (f & W_ERR)
		check_number(p, "err", p->e->final);
	if (f & W_LATENCY) {
		check_span(p, "latency_ns", "latency_at_least", p->e->ended);
		cell_u64(cell(p, "latency_ns"), &v);
		if (v + MSEC < p->e->min_ns)
			wrong(p, "latency_ns", "longer");
	}
}

static void check_end(const struct pair *p)
{
	check_text(p, "how", end_how(p->e));
	check_text(p, "first", end_first(p->e));
	check_text(p, "err_name", end_err(p->e));
}

static void check_fields(const struct pair *p, enum fields f)
{
	uint64_t v;

	if (f & W_OWNER)
		check_owner(p);
	if (f & W_IP)
		check_text(p, "ip", p->e->ip);
	if (f & W_NETNS) {
		if (p->e->netns)
			check_number(p, "netns", p->e->netns);
	}
	check_connect(p, f);
	if (f & W_BYTES) {
		check_number(p, "tx_bytes", p->e->sent);
		check_number(p, "rx_bytes", p->e->received);
	}
	if (f & W_DURATION)
		check_duration(p);
	if (f & W_END)
		check_end(p);
	if ((f & W_ID) && strncmp(cell(p, "id"), "0x", 2))
		wrong(p, "id", "a hexadecimal number");
	if ((f & W_CGROUP) && p->tr->cgroup &&
	    !(p->e->dead && !*cell(p, "pid")) &&
	    (!cell_u64(cell(p, "cgroup"), &v) || v != p->tr->cgroup))
		check_number(p, "cgroup", p->tr->cgroup);
}

/* ---- rows -------------------------------------------------------------- */

static int by_key(const void *a, const void *b)
{
	const struct ref *x = a, *y = b;
	int d = strcmp(x->key, y->key);

	return d ? d : x->idx < y->idx ? -1 : 1;
}

static struct ref *sort_rows(const struct table *tb)
{
	struct ref *r = xcalloc(tb->nrows + 1, sizeof(*r));
	unsigned i;

	for (i = 0; i < tb->nrows; i++) {
		snprintf(r[i].key, sizeof(r[i].key), "%s %s - %s %s",
			 table_cell(tb, i, "laddr"),
			 table_cell(tb, i, "lport"),
			 table_cell(tb, i, "raddr"),
			 table_cell(tb, i, "rport"));
		r[i].idx = i;
	}
	qsort(r, tb->nrows, sizeof(*r), by_key);
	return r;
}

static struct ref *sort_ends(const struct traffic *tr, want_fn *want,
			     const void *arg)
{
	struct ref *r = xcalloc(tr->nends + 1, sizeof(*r));
	const struct end *e;
	unsigned i;

	for (i = 0; i < tr->nends; i++) {
		e = &tr->ends[i];
		snprintf(r[i].key, sizeof(r[i].key), "%s %u - %s %u",
			 e->laddr, e->lport, e->raddr, e->rport);
		r[i].idx = i;
		r[i].want = want(e, arg);
	}
	qsort(r, tr->nends, sizeof(*r), by_key);
	return r;
}

static bool have_columns(struct test *t, const struct table *tb,
			 enum fields f)
{
	char names[256], *p, *save = NULL;

	snprintf(names, sizeof(names), "%s", fields_columns(f));
	for (p = strtok_r(names, ",", &save); p;
	     p = strtok_r(NULL, ",", &save))
		if (table_col(tb, p) < 0) {
			differ(t, "no column %s", p);
			return false;
		}
	return true;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void check_ids(struct test *t, const struct table *tb)
{
	const char **ids = xcalloc(tb->nrows + 1, sizeof(*ids));
	unsigned i;

	for (i = 0; i < tb->nrows; i++)
		ids[i] = table_cell(tb, i, "id");
	qsort(ids, tb->nrows, sizeof(*ids), by_text);
	for (i = 1; i < tb->nrows; i++)
		if (!strcmp(ids[i - 1], ids[i]))
			differ(t, "id %s names two sockets", ids[i]);
	free(ids);
}

static void merge(struct pair *p, const struct ref *rows,
		  const struct ref *ends, enum fields f)
{
	unsigned r = 0, e = 0, nrows = p->tb->nrows, nends = p->tr->nends;
	int d;

	while (r < nrows || e < nends) {
		d = r == nrows ? 1 : e == nends ? -1 :
		    strcmp(rows[r].key, ends[e].key);
		if (e < nends)
			p->e = &p->tr->ends[ends[e].idx];
		if (d > 0 || (!d && !ends[e].want)) {
			if (ends[e].want == 1)
				differ(p->t, "%s (%s): not shown",
				       ends[e].key,
				       p->e->server ? "server" : "client");
			e++;
			continue;
		}
		if (d < 0) {
			differ(p->t, "%s: shown, %s", rows[r].key,
			       e && !strcmp(rows[r].key, ends[e - 1].key) ?
			       ends[e - 1].want ? "twice" : "but not wanted" :
			       "but never made");
			r++;
			continue;
		}
		p->row = rows[r].idx;
		p->key = rows[r].key;
		check_fields(p, f);
		r++;
		e++;
	}
}

unsigned compare(struct test *t, const char *csv, const struct traffic *tr,
		 want_fn *want, const void *arg, enum fields f)
{
	struct pair p = { .t = t, .tr = tr };
	struct ref *rows, *ends;
	struct table tb;
	unsigned n;

	if (!table_parse(&tb, t, csv) || !have_columns(t, &tb, f)) {
		table_release(&tb);
		return 0;
	}
	p.tb = &tb;
	rows = sort_rows(&tb);
	ends = sort_ends(tr, want, arg);
	merge(&p, rows, ends, f);
	if (f & W_ID)
		check_ids(t, &tb);
	n = tb.nrows;
	free(rows);
	free(ends);
	table_release(&tb);
	return n;
}

unsigned beside(struct traffic *tr, const struct beside *b)
{
	const char *args[40] = {
		"--csv", "--strict", "-o", fields_columns(b->fields),
	};
	struct tool r;
	unsigned n, i;

	for (i = 0, n = 4; b->args && b->args[i] && n < 39; i++)
		args[n++] = b->args[i];
	tool_init(&r, tr->t, tr->ns.inum);
	tool_start(&r, b->name, args);
	if (b->make)
		b->make(tr, b->n);
	else
		traffic_make(tr, b->n);
	traffic_idle(tr);
	tool_stop(&r, SIGINT);
	tool_check_clean(&r);
	n = compare(tr->t, r.text, tr, b->want, b->arg, b->fields);
	tool_release(&r);
	return n;
}

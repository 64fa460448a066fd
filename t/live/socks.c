/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "socks.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LATE_NS (250 * MSEC)	/* see compare.c */

static struct sock *sock_of(struct socks *s, const char *id)
{
	unsigned i;

	for (i = s->n; i; i--)
		if (!strcmp(s->sock[i - 1].id, id))
			return &s->sock[i - 1];
	s->sock[s->n].id = id;
	return &s->sock[s->n++];
}

void socks_init(struct socks *s, struct test *t, const char *csv,
		socks_add *add)
{
	struct sock *k;
	unsigned i;

	memset(s, 0, sizeof(*s));
	s->t = t;
	if (!table_parse(&s->tb, t, csv))
		return;
	s->sock = xcalloc(s->tb.nrows + 1, sizeof(*s->sock));
	for (i = 0; i < s->tb.nrows; i++) {
		k = sock_of(s, table_cell(&s->tb, i, "id"));
		k->row = i;
		add(s, k, i);
	}
}

void socks_sessions(struct traffic *tr, void *arg)
{
	unsigned n = tr->t->count;

	(void)arg;
	traffic_make(tr, n / 2);
	traffic_refused(tr, SOCKS_REFUSED);
	traffic_make(tr, n - n / 2);
}

static void end_older(struct traffic *tr, void *arg)
{
	(void)arg;
	traffic_end_older(tr);
}

void socks_beside(struct socks *s, struct traffic *tr, const char *name,
		  const char *columns, socks_add *add,
		  void (*make)(struct traffic *tr, void *arg), void *arg)
{
	struct tool r;

	tool_init(&r, tr->t, tr->ns.inum);
	tool_start(&r, name, ARGS("--csv", "--strict", "-o", columns));
	make(tr, arg);
	traffic_idle(tr);
	tool_stop(&r, SIGINT);
	tool_check_clean(&r);
	socks_init(s, tr->t, r.text, add);
	tool_release(&r);
}

void sock_word(struct sock *k, const char *word)
{
	size_t len = strlen(k->path);

	snprintf(k->path + len, sizeof(k->path) - len, "%s%s", len ? " " : "",
		 word);
	k->last = word;
}

const char *sock_cell(const struct socks *s, const struct sock *k,
		      const char *key)
{
	return table_cell(&s->tb, k->row, key);
}

void sock_expect(const struct socks *s, const struct sock *k, const char *key,
		 const char *made)
{
	const char *text = sock_cell(s, k, key);

	if (strcmp(text, made))
		differ(s->t, "%s (%s): %s is '%s', was '%s'", k->id, k->path,
		       key, text, made);
}

void sock_expect_number(const struct socks *s, const struct sock *k,
			const char *key, uint64_t made)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, made);
	sock_expect(s, k, key, text);
}

void sock_expect_life(const struct socks *s, const struct sock *k,
		      const struct end *e, uint64_t ns)
{
	if (ns > e->max_ns + LATE_NS || (!e->older && ns + MSEC < e->min_ns))
		differ(s->t, "%s (%s): %" PRIu64 " ns, was %" PRIu64 " to %"
		       PRIu64, k->id, k->path, ns, e->min_ns, e->max_ns);
}

static bool is_end(const struct socks *s, const struct sock *k,
		   const struct end *e)
{
	char lport[8], rport[8];

	snprintf(lport, sizeof(lport), "%u", e->lport);
	snprintf(rport, sizeof(rport), "%u", e->rport);
	return !k->taken && !strcmp(sock_cell(s, k, "lport"), lport) &&
	       !strcmp(sock_cell(s, k, "rport"), rport) &&
	       !strcmp(sock_cell(s, k, "laddr"), e->laddr) &&
	       !strcmp(sock_cell(s, k, "raddr"), e->raddr);
}

/* Ends that used the same ports come in the order of their sockets. */
void socks_match(struct socks *s, const struct traffic *tr,
		 socks_check *check)
{
	const struct end *e;
	unsigned i, k;

	for (i = 0; i < tr->nends; i++) {
		e = &tr->ends[i];
		for (k = 0; k < s->n && !is_end(s, &s->sock[k], e); k++)
			;
		if (k == s->n) {
			differ(s->t, "%s %u - %s %u: not shown", e->laddr,
			       e->lport, e->raddr, e->rport);
			continue;
		}
		s->sock[k].taken = true;
		check(s, &s->sock[k], e);
	}
}

void socks_older(struct test *t, const char *name, const char *columns,
		 socks_add *add, socks_check *check)
{
	enum { OPEN = 41 };	/* as in case_life.c */
	struct traffic tr;
	struct socks s;

	traffic_init(&tr, t);
	traffic_older(&tr, OPEN);
	socks_beside(&s, &tr, name, columns, add, end_older, NULL);
	socks_match(&s, &tr, check);
	if (s.n != tr.nends)
		differ(t, "%u ends made, %u shown", tr.nends, s.n);
	summary(t, "%u sessions open before the start, %u rows of %u sockets "
		"shown", OPEN, s.tb.nrows, s.n);
	socks_release(&s);
	traffic_release(&tr);
}

void socks_release(struct socks *s)
{
	free(s->sock);
	table_release(&s->tb);
}

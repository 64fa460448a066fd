/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tcpsnoop: each send is a packet, as the next is made when it has been read;
 * it leaves at one end and arrives at the other.
 */
#include "traffic.h"

#include <inttypes.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PAIRS 2			/* IPv4, IPv6 */
#define ENDS (2 * PAIRS)
#define SENDS 41		/* by each end */
#define SAMPLE 5
#define RATE 3
#define TEXT_(n) #n
#define TEXT(n) TEXT_(n)
#define COLUMNS "pid,comm,laddr,lport,dir,raddr,rport,len,flags,seq,ack," \
	"win,skipped"

struct span { uint32_t seq, len; };

struct made {			/* by one end */
	union addr addr;
	const char *comm;
	uint64_t pid;
	uint64_t bytes;
	struct span out[SENDS];	/* as shown */
	unsigned nout, nin;
};

struct scene {
	struct test *t;
	struct netns ns;
	struct agent a[2];	/* client, server */
	struct made made[ENDS];	/* client's, server's, client's ... */
	char ports[16];
	uint64_t took;		/* ns that the tool ran */
};

/* ---- making ------------------------------------------------------------- */

static void listen_at(struct scene *s, unsigned slot, int family,
		      const char *addr)
{
	struct cmd c = { .op = OP_LISTEN, .slot = LISTENER + slot };

	addr_set(&c.addr, family, addr, 0);
	agent_post(&s->a[1], &c);
	s->made[2 * slot + 1].addr = agent_wait(&s->a[1]).local;
}

static void open_pair(struct scene *s, unsigned slot)
{
	struct made *m = &s->made[2 * slot];
	struct cmd c = { .op = OP_CONNECT, .slot = slot, .addr = m[1].addr };
	unsigned i;

	agent_post(&s->a[0], &c);
	m[0].addr = agent_wait(&s->a[0]).local;
	agent_do(&s->a[1], OP_ACCEPT, slot, LISTENER + slot);
	for (i = 0; i < 2; i++) {
		m[i].comm = s->a[i].comm;
		m[i].pid = (uint64_t)s->a[i].pid;
		agent_option(&s->a[i], OP_TCP_OPTION, slot, TCP_NODELAY, 1);
	}
}

static void scene_init(struct scene *s, struct test *t)
{
	memset(s, 0, sizeof(*s));
	s->t = t;
	netns_new(t, &s->ns);
	agent_start(t, &s->a[0], &s->ns, CLIENT_COMM, CLIENT_UID);
	agent_start(t, &s->a[1], &s->ns, SERVER_COMM, SERVER_UID);
	listen_at(s, 0, AF_INET, "127.0.0.1");
	listen_at(s, 1, AF_INET6, "::1");
	snprintf(s->ports, sizeof(s->ports), "%u,%u",
		 addr_port(&s->made[1].addr), addr_port(&s->made[3].addr));
}

static void scene_release(struct scene *s)
{
	agent_stop(&s->a[0]);
	agent_stop(&s->a[1]);
	netns_free(&s->ns);
}

static void make(struct scene *s)
{
	unsigned i, from, slot;

	for (slot = 0; slot < PAIRS; slot++)
		open_pair(s, slot);
	for (i = 0; i < ENDS * SENDS; i++) {
		from = i & 1;
		slot = i / 2 & 1;
		agent_do(&s->a[from], OP_SEND, slot, 100 + i);
		agent_do(&s->a[!from], OP_RECV, slot, 100 + i);
		s->made[2 * slot + from].bytes += 100 + i;
	}
}

/* ---- comparing ---------------------------------------------------------- */

static uint64_t number(const struct table *tb, unsigned row, const char *key)
{
	uint64_t v = 0;

	if (!cell_u64(table_cell(tb, row, key), &v))
		return UINT64_MAX;
	return v;
}

/* Which end has this local port, and is all else its own? */
static unsigned end_of(struct scene *s, const struct table *tb, unsigned row)
{
	uint64_t lport = number(tb, row, "lport");
	const struct made *m = s->made, *peer;
	char laddr[46], raddr[46];

	while (m < s->made + ENDS - 1 && addr_port(&m->addr) != lport)
		m++;
	peer = &s->made[(m - s->made) ^ 1];
	addr_text(&m->addr, laddr, sizeof(laddr));
	addr_text(&peer->addr, raddr, sizeof(raddr));

	if (lport != addr_port(&m->addr) ||
	    number(tb, row, "rport") != addr_port(&peer->addr) ||
	    strcmp(table_cell(tb, row, "laddr"), laddr) ||
	    strcmp(table_cell(tb, row, "raddr"), raddr) ||
	    !number(tb, row, "win") ||
	    ((m->nin > 1 || m->nout) &&	/* else it may not be known yet */
	     (strcmp(table_cell(tb, row, "comm"), m->comm) ||
	      number(tb, row, "pid") != m->pid)))
		differ(s->t, "row %u: %s:%s of %s, not %s:%u of %s", row,
		       table_cell(tb, row, "laddr"),
		       table_cell(tb, row, "lport"),
		       table_cell(tb, row, "comm"), laddr,
		       addr_port(&m->addr), m->comm);
	return (unsigned)(m - s->made);
}

/* Data leaves in order, one sequence number behind the other. */
static void sent(struct scene *s, struct made *m, struct span p)
{
	const struct span *last = &m->out[m->nout ? m->nout - 1 : 0];

	if (m->nout && p.seq != last->seq + last->len)
		differ(s->t, "%s: %u follows %u+%u", m->comm, p.seq,
		       last->seq, last->len);
	if (m->nout < SENDS)
		m->out[m->nout] = p;
	m->nout++;
}

/* ... and arrives as it left: rows are in order of time. */
static void received(struct scene *s, struct made *m, struct made *peer,
		     struct span p)
{
	const struct span *out = &peer->out[m->nin < SENDS ? m->nin : 0];

	if (p.seq != out->seq || p.len != out->len)
		differ(s->t, "%s: %u+%u was sent, %u+%u is received", m->comm,
		       out->seq, out->len, p.seq, p.len);
	m->nin++;
}

static void check_row(struct scene *s, const struct table *tb, unsigned row)
{
	struct span p = { (uint32_t)number(tb, row, "seq"),
			    (uint32_t)number(tb, row, "len") };
	const char *flags = table_cell(tb, row, "flags");
	unsigned i = end_of(s, tb, row);

	if (number(tb, row, "skipped"))
		differ(s->t, "row %u: packets were skipped", row);
	if (!p.len)
		return;
	if (strcmp(flags, "PA"))
		differ(s->t, "row %u: data with flags %s", row, flags);
	if (!strcmp(table_cell(tb, row, "dir"), "->"))
		sent(s, &s->made[i], p);
	else
		received(s, &s->made[i], &s->made[i ^ 1], p);
}

static void check_all(struct scene *s, const struct table *tb)
{
	uint64_t bytes;
	unsigned i, k;

	for (i = 0; i < tb->nrows; i++)
		check_row(s, tb, i);
	for (i = 0; i < ENDS; i++) {
		const struct made *m = &s->made[i];

		for (bytes = k = 0; k < m->nout && k < SENDS; k++)
			bytes += m->out[k].len;
		if (m->nout != SENDS || m->nin != SENDS || bytes != m->bytes)
			differ(s->t, "%s: %u sent, %" PRIu64 " bytes, %u "
			       "received, made: %u, %" PRIu64 " bytes, %u",
			       m->comm, m->nout, bytes, m->nin, SENDS,
			       m->bytes, SENDS);
	}
}

static unsigned cpus(void)
{
	return (unsigned)sysconf(_SC_NPROCESSORS_CONF);
}

/*
 * Of so many one may be shown, so that any but a processor's first skips the
 * rest; and no more than the rate, in the seconds that the tool ran and those
 * that it began and ended in.
 */
static void check_some(struct scene *s, const struct table *tb)
{
	uint64_t max = RATE * (s->took / NSEC + 2) * (uint64_t)cpus();
	unsigned i, first = 0;

	for (i = 0; i < tb->nrows; i++) {
		uint64_t skipped = number(tb, i, "skipped");

		first += !skipped;
		if (skipped && (skipped + 1) % SAMPLE)
			differ(s->t, "row %u: %" PRIu64 " skipped", i,
			       skipped);
	}
	if (!first || first > cpus() || tb->nrows > max)
		differ(s->t, "%u rows, at most %" PRIu64 ", %u of them first "
		       "on %u processors", tb->nrows, max, first, cpus());
}

static void snoop(struct test *t, const char *sample, const char *rate,
		  void (*check)(struct scene *, const struct table *))
{
	static struct scene s;
	struct table tb;
	struct tool r;

	scene_init(&s, t);
	tool_init(&r, t, s.ns.inum);
	tool_start(&r, "tcpsnoop", ARGS("--csv", "-o", COLUMNS, "-P", s.ports,
					"--sample", sample, "--max-rate",
					rate));
	s.took = now_ns();
	make(&s);
	tool_stop(&r, SIGINT);
	s.took = now_ns() - s.took;
	tool_check_clean(&r);
	if (table_parse(&tb, t, r.text)) {
		check(&s, &tb);
		summary(t, "%u rows, one of %s and %s a second; ", tb.nrows,
			sample, rate);
		table_release(&tb);
	}
	tool_release(&r);
	scene_release(&s);
}

static void tcpsnoop(struct test *t)
{
	snoop(t, "1", "1000000", check_all);
	snoop(t, TEXT(SAMPLE), TEXT(RATE), check_some);
}

const struct live_case snoop_cases[] = {
	{ "tcpsnoop", "packets of both ends; some of them", 600, tcpsnoop,
	  false },
	{ NULL, NULL, 0, NULL, false },
};

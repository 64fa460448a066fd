/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* soconnect, soconnlat, tcpconnlat: every connect, from call to outcome. */
#include "connects.h"
#include "pair.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define CALL_FIELDS (W_OWNER | W_IP | W_NETNS | W_ID | W_CALL | W_LATENCY)
#define LAT_FIELDS (W_OWNER | W_IP | W_NETNS | W_ID | W_ERR | W_LATENCY)

/* ---- delayed ----------------------------------------------------------- */

#define DELAY_MS 200

struct delayed {
	struct pair p;
	uint16_t port;
};

static const char *const far_addrs[] = { "10.9.0.2", "fd09::2", "10.9.0.2" };

static struct reply connect_far(struct delayed *d, unsigned k, unsigned flags)
{
	struct cmd c = { .flags = flags };

	addr_set(&c.addr, families[k], far_addrs[k], d->port);
	return agent_try(&d->p.cli, &c, OP_CONNECT);
}

static void close_far(struct delayed *d)
{
	agent_do(&d->p.srv, OP_ACCEPT, 0, LISTENER);
	agent_do(&d->p.cli, OP_CLOSE, 0, 0);
	agent_do(&d->p.srv, OP_CLOSE, 0, 0);
}

/* Two namespaces that know each other, then the delay. */
static void delayed_init(struct test *t, struct delayed *d)
{
	struct cmd c = { .slot = LISTENER };
	struct reply r;
	unsigned k;
	int err;

	pair_init(&d->p, t);
	addr_set(&c.addr, AF_INET6, "::", 0);
	r = agent_try(&d->p.srv, &c, OP_LISTEN);
	d->port = addr_port(&r.local);
	for (k = 0; k < 2; k++) {
		r = connect_far(d, k, 0);
		if (r.err)
			fatal(t, "connect: %s", strerror(r.err));
		close_far(d);
	}
	netns_enter(t, &d->p.a);
	err = link_netem("sk0", 0, DELAY_MS);
	netns_leave(t);
	if (err == -ENOENT)
		skip(t, "this kernel has no netem");
	if (err)
		fatal(t, "netem: %s", strerror(-err));
}

static void connect_distracted(struct test *t, struct delayed *d,
			       struct traffic *tr, unsigned i)
{
	struct cmd c = { .n = i % DISTRACTIONS };
	uint64_t begun = now_ns();
	struct reply r;
	struct end *e;

	r = connect_far(d, i / DISTRACTIONS % 3, MAKE_NONBLOCK);
	if (r.err != EINPROGRESS)
		fatal(t, "connect: %s", strerror(r.err));
	r = agent_try(&d->p.cli, &c, OP_DISTRACT);
	if (r.err)
		fatal(t, "the outcome: %s", strerror(r.err));
	e = traffic_client_end(tr, &r.local, &r.peer);
	set_call(e, EINPROGRESS, 0, 0);
	e->min_ns = DELAY_MS * MSEC;
	e->max_ns = now_ns() - begun;
	close_far(d);
}

/* Linux has no perf_callchain_user() for MIPS: nothing there walks the stacks
 * of processes. */
#ifdef __mips__
#define HAVE_USER_STACKS 0
#else
#define HAVE_USER_STACKS 1
#endif

/* All in the bucket of 200 ms, or above where the machine was slow, and by the
 * code of the caller. */
static void check_hist(struct test *t, const char *csv, unsigned made)
{
	uint64_t total = 0, n, lo;
	struct table tb;
	unsigned i;

	if (!table_parse(&tb, t, csv))
		return;
	for (i = 0; i < tb.nrows; i++) {
		if (!cell_u64(table_cell(&tb, i, "count"), &n) ||
		    !cell_u64(table_cell(&tb, i, "lo"), &lo) || lo < 131072)
			differ(t, "a bucket from %s us",
			       table_cell(&tb, i, "lo"));
		else
			total += n;
		/* what the function that enters the kernel is called is the C
		 * library's affair */
		if (HAVE_USER_STACKS && !*table_cell(&tb, i, "ustack"))
			differ(t, "a connect without a stack");
	}
	if (total != made)
		differ(t, "%u in the bucket, %u made", (unsigned)total, made);
	table_release(&tb);
}

/* Connects, distracted in all ways, under a tool with @args. */
static void run_delayed(struct test *t, struct tool *r, struct traffic *tr,
			const char *const *args)
{
	struct delayed d;
	unsigned i;

	delayed_init(t, &d);
	tr->ns = d.p.a;
	tr->cli = d.p.cli;
	tool_init(r, t, d.p.a.inum);
	tool_start(r, "soconnlat", args);
	for (i = 0; i < 3 * DISTRACTIONS; i++)
		connect_distracted(t, &d, tr, i);
	tool_stop(r, SIGINT);
	/* a run may be missed, which is told; what is shown is compared */
	tool_check_exit(r, 0);
	pair_release(&d.p);
}

static void soconnlat_netem(struct test *t)
{
	struct traffic tr = { .t = t };
	struct tool r;
	unsigned n;

	run_delayed(t, &r, &tr, ARGS("--csv", "--events", "-o",
				     fields_columns(LAT_FIELDS)));
	n = compare(t, r.text, &tr, want_clients, NULL, LAT_FIELDS);
	tool_release(&r);
	free(tr.ends);
	memset(&tr, 0, sizeof(tr));
	tr.t = t;
	run_delayed(t, &r, &tr, ARGS("--csv"));
	check_hist(t, r.text, tr.nends);
	summary(t, "%u connects delayed by %u ms, %u shown with that, as many "
		"in the histogram by stack", tr.nends, DELAY_MS, n);
	tool_release(&r);
	free(tr.ends);
}

/* ---- cases ------------------------------------------------------------- */

static int want_failed(const struct end *e, const void *arg)
{
	(void)arg;
	return e->final != 0;
}

static int want_handshake(const struct end *e, const void *arg)
{
	(void)arg;
	return !e->unsent;
}

static int want_slow(const struct end *e, const void *arg)
{
	(void)arg;
	return e->min_ns >= TIMEOUT_NS;
}

static void run(struct test *t, const char *name, const char *const *args,
		want_fn *want, enum fields fields)
{
	struct beside b = { .name = name, .args = args, .n = test_few(t),
			    .make = make_connects, .want = want,
			    .fields = fields };
	struct connects cs;
	unsigned n;

	connects_init(&cs, t);
	n = beside(&cs.tr, &b);
	summary(t, "%u calls made, %u rows shown", cs.tr.nends, n);
	connects_release(&cs);
}

static void soconnect(struct test *t)
{
	run(t, "soconnect", NULL, want_clients, CALL_FIELDS);
}

static void soconnect_errors(struct test *t)
{
	run(t, "soconnect", ARGS("--errors"), want_failed, CALL_FIELDS);
}

static void interrupted(struct test *t, const char *name, want_fn *want,
			enum fields fields)
{
	struct beside b = { .name = name, .make = make_interrupted,
			    .want = want, .fields = fields };
	struct connects cs;
	unsigned n;

	connects_init(&cs, t);
	n = beside(&cs.tr, &b);
	summary(t, "%s%s: %u calls interrupted, %u rows shown",
		*t->res->summary ? ", " : "", name, cs.tr.nends, n);
	connects_release(&cs);
}

static void soconnect_interrupted(struct test *t)
{
	interrupted(t, "soconnect", want_clients, CALL_FIELDS);
	interrupted(t, "tcpconnlat", want_handshake, LAT_FIELDS);
}

static void soconnlat(struct test *t)
{
	run(t, "soconnlat", ARGS("--events"), want_handshake, LAT_FIELDS);
}

static void tcpconnlat(struct test *t)
{
	run(t, "tcpconnlat", NULL, want_handshake, LAT_FIELDS);
}

static void tcpconnlat_min(struct test *t)
{
	run(t, "tcpconnlat", ARGS("--min", "2900ms"), want_slow, LAT_FIELDS);
}

/* A call that waits, and a handshake that nobody waits for. */
static void begin_two(struct connects *cs)
{
	struct traffic *tr = &cs->tr;
	struct cmd c = { .flags = 0 };
	struct pending p;
	struct reply r;
	struct end *e;
	uint64_t t;

	post_pending(tr, &p, 1, cs->full[1], MAKE_NONBLOCK);
	r = bind_first(&tr->cli, &c, "127.0.0.1", 0);
	addr_set(&c.addr, AF_INET, "127.0.0.1", cs->full[0]);
	c.op = OP_CONNECT;
	t = now_ns();
	agent_post(&tr->cli, &c);
	agent_blocked(&tr->cli);
	e = traffic_client_end(tr, &r.local, &c.addr);
	set_call(e, EINPROGRESS, EINPROGRESS, t);
	e->returned = e->ended = false;
	e = traffic_client_end(tr, &p.local, &p.c.addr);
	set_call(e, EINPROGRESS, EINPROGRESS, p.since);
	e->ended = false;
}

static void underway(struct test *t)
{
	struct connects cs;
	uint64_t since;
	struct tool r;
	unsigned n;

	connects_init(&cs, t);
	tool_init(&r, t, cs.tr.ns.inum);
	tool_start(&r, "soconnect", ARGS("--csv", "--strict", "-o",
					 fields_columns(CALL_FIELDS)));
	since = now_ns();
	begin_two(&cs);
	tool_stop(&r, SIGINT);
	tool_check_clean(&r);
	cs.tr.ends[0].max_ns = cs.tr.ends[1].max_ns = now_ns() - since;
	n = compare(t, r.text, &cs.tr, want_clients, NULL, CALL_FIELDS);
	summary(t, "2 connects under way as the tool stopped, %u shown", n);
	tool_release(&r);
	connects_release(&cs);
}

const struct live_case connect_cases[] = {
	{ "soconnect", "every connect(2) of an IP socket, and its outcome",
	  600, soconnect, false },
	{ "soconnect-errors", "those that failed", 600, soconnect_errors,
	  false },
	{ "soconnect-underway", "those that have no outcome at the end", 600,
	  underway, false },
	{ "soconnect-interrupted", "those that a signal interrupts", 600,
	  soconnect_interrupted, false },
	{ "soconnlat", "connect latency by socket", 600, soconnlat, false },
	{ "tcpconnlat", "TCP connections with their latency", 600, tcpconnlat,
	  false },
	{ "tcpconnlat-min", "the slow ones", 600, tcpconnlat_min, false },
	{ "soconnlat-netem", "200 ms, whatever else becomes ready", 600,
	  soconnlat_netem, false },
	{ NULL, NULL, 0, NULL, false },
};

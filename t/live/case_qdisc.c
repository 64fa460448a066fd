/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* qdisc: frames through disciplines, and what is shown of them. */
#include "frames.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

/* ---- and what was shown of them ---------------------------------------- */

static uint64_t shown_of(struct qdisc_scene *s, const char *map,
			 const char *kind)
{
	return table_sum(&s->table, s->t, "count",
			 ARGS("map", map, "dev", "sk0", "qdisc", kind));
}

static void want(struct qdisc_scene *s, const char *map, const char *kind,
		 uint64_t made)
{
	uint64_t n = shown_of(s, map, kind);

	if (n != made)
		differ(s->t, "%s of %s: %" PRIu64 " shown, %" PRIu64 " made",
		       map, kind, n, made);
}

/* Some may leave at a time. */
static void want_some(struct qdisc_scene *s, const char *map, const char *kind,
		      uint64_t most)
{
	uint64_t n = shown_of(s, map, kind);

	if (!n || n > most)
		differ(s->t, "%s of %s: %" PRIu64 " shown, at most %" PRIu64
		       " made", map, kind, n, most);
}

/* How many are in buckets that end above @us; *@top: where the last begins. */
static unsigned above(struct qdisc_scene *s, const char *map, const char *kind,
		      uint64_t us, uint64_t *top)
{
	uint64_t lo, hi, n, all = 0;
	unsigned i;

	for (i = 0; i < s->table.nrows; i++) {
		if (!table_matches(&s->table, i, ARGS("map", map, "dev", "sk0",
						      "qdisc", kind)) ||
		    !cell_u64(table_cell(&s->table, i, "lo"), &lo) ||
		    !cell_u64(table_cell(&s->table, i, "hi"), &hi) ||
		    !cell_u64(table_cell(&s->table, i, "count"), &n) || !n)
			continue;
		if (hi >= us)
			all += n;
		if (lo > *top)
			*top = lo;
	}
	return all;
}

/*
 * The k-th frame that is taken leaves no sooner than its tokens are there,
 * @each_us for one, but for those of a burst, and none later than all had left.
 */
static void check_held(struct qdisc_scene *s, const char *kind,
		       const struct passage *p, unsigned burst,
		       uint64_t each_us)
{
	uint64_t top = 0, least;
	unsigned k, n, must;

	for (k = burst + 1; k <= p->q.packets; k++) {
		if ((k - burst) * each_us <= p->sent_us)
			continue;
		least = (k - burst) * each_us - p->sent_us;
		must = p->q.packets - k + 1;
		n = above(s, "us", kind, least, &top);
		if (n < must)
			differ(s->t, "%s: %u frames waited %" PRIu64 " us, "
			       "not %u", kind, n, least, must);
	}
	if (top > s->gone_us)
		differ(s->t, "%s: one waited %" PRIu64 " us, all had left in %"
		       PRIu64, kind, top, s->gone_us);
}

/* A segment has no start: what is measured is the rest, of which somebody asks
 * for an address. */
static uint64_t uncut(struct qdisc_scene *s)
{
	const struct tc_stats *q = &s->cut.q;

	if (s->segments && (q->drops || q->packets < s->segments + CUTS))
		differ(s->t, "tbf counts %u + %u packets of %u segments and "
		       "%u frames", q->packets, q->drops, s->segments, CUTS);
	return q->packets - s->segments;
}

/* With those that something in it kept or dropped. */
static void check_tbf(struct qdisc_scene *s)
{
	uint64_t left = s->tbf.q.packets, drops = s->tbf.q.drops;

	if (left + drops != SENT)
		differ(s->t, "tbf counts %" PRIu64 " + %" PRIu64 " frames",
		       left, drops);
	left += uncut(s);
	for (unsigned i = 0; i < KINDS; i++) {
		left += s->inside[i].q.packets;
		drops += s->inside[i].q.drops;
	}
	want(s, "us", "tbf", left);
	want(s, "drops", "tbf", drops);
	want_some(s, "packets", "tbf", left + s->segments);
	want_some(s, "backlog", "tbf", left + s->segments);
	check_held(s, "tbf", &s->tbf, AT_ONCE, FRAME * 1000000ull / RATE);
}

/* One that is in tbf, by its own functions. */
static void check_inside(struct qdisc_scene *s, unsigned i)
{
	const struct tc_stats *q = &s->inside[i].q;

	if (q->packets + q->drops != SENT || !q->drops)
		differ(s->t, "%s counts %u + %u frames", qdisc_kinds[i], q->packets,
		       q->drops);
	want(s, "us", qdisc_kinds[i], q->packets);
	want(s, "drops", qdisc_kinds[i], q->drops);
	/* tbf has the next one out to look at it */
	check_held(s, qdisc_kinds[i], &s->inside[i], AT_ONCE + 1,
		   FRAME * 1000000ull / RATE);
}

static void check_roots(struct qdisc_scene *s)
{
	const struct tc_stats *q;
	unsigned frames;

	for (unsigned i = 0; i < ROOTS; i++) {
		q = &s->roots[i].q;
		want(s, "us", qdisc_roots[i].kind, q->packets);
		want(s, "drops", qdisc_roots[i].kind, q->drops);
		frames = s->has[i] ? qdisc_roots[i].frames : 0;
		if (q->packets + q->drops != frames ||
		    (q->drops && !qdisc_roots[i].drops))
			differ(s->t, "%s counts %u + %u frames", qdisc_roots[i].kind,
			       q->packets, q->drops);
		/* credits are of whole bytes */
		if (qdisc_roots[i].holds)
			check_held(s, qdisc_roots[i].kind, &s->roots[i], 1,
				   FRAME * 900000ull / RATE);
	}
}

/* What they were told to wait they did, and are not said to have queued: what
 * was to wait for so long took no less than half of it. */
static void check_fq(struct qdisc_scene *s, bool told)
{
	uint64_t top = 0, ignored = 0;
	unsigned paced, kept;

	want(s, "us", "fq", s->fq.q.packets);
	if (s->fq.q.packets != PACED)
		differ(s->t, "fq counts %u frames", s->fq.q.packets);
	if (!told)
		return;
	want(s, "paced_us", "fq", PACED);
	above(s, "paced_us", "fq", 0, &top);
	if (top > PACED_MS * 1000)
		differ(s->t, "paced by %" PRIu64 " us and more", top);
	for (uint64_t us = 1 << 10; us <= top; us *= 2) {
		paced = above(s, "paced_us", "fq", us, &ignored);
		kept = above(s, "us", "fq", us / 2, &ignored);
		if (kept < paced)
			differ(s->t, "%u paced by %" PRIu64 " us and more, %u "
			       "kept for half of it", paced, us, kept);
	}
}

/* @map has at least half of what was made. */
static void want_half(struct qdisc_scene *s, const char *map, uint64_t made)
{
	uint64_t n = shown_of(s, map, "");

	if (n < (made + 1) / 2)
		differ(s->t, "%s: %" PRIu64 " shown, %" PRIu64 " made", map, n,
		       made);
}

/* Without the kernel's types no discipline is known by its name, nor what is
 * left in it, nor which of two devices of one name it is; and hooks that tell
 * of devices skip some packets. */
static void check_nameless(struct qdisc_scene *s)
{
	uint64_t left = s->tbf.q.packets + s->fq.q.packets + uncut(s);
	uint64_t drops = s->tbf.q.drops;

	for (unsigned i = 0; i < ROOTS; i++) {
		left += s->roots[i].q.packets;
		drops += s->roots[i].q.drops;
	}
	for (unsigned i = 0; i < KINDS; i++) {
		left += s->inside[i].q.packets;
		drops += s->inside[i].q.drops;
	}
	want_half(s, "us", left);
	want_half(s, "drops", drops);
}

/* ---- tools -------------------------------------------------------------- */

/* Of all at the root; each interval, which add up. */
static void check_all(struct qdisc_scene *s, struct tool *r)
{
	tool_stop(r, SIGINT);
	tool_check_clean(r);
	if (!r->text || !table_parse(&s->table, s->t, r->text))
		return;
	if (!test_btf(s->t)) {
		check_nameless(s);
	} else {
		check_tbf(s);
		check_roots(s);
		if (s->fq.q.packets)
			check_fq(s, !strstr(r->talk, "paced_us:"));
	}
	table_release(&s->table);
}

enum { TBF = -1, FQ = -2 };

/* One by the name that the book has for it: by its own functions. */
struct named {
	const char *name;
	int kind;		/* of qdisc_kinds[]; or */
	struct tool tool;
};

static void named_start(struct qdisc_scene *s, struct named *n)
{
	tool_init(&n->tool, s->t, s->a.inum);
	tool_start(&n->tool, n->name, ARGS("--csv", "--dev", "sk0"));
}

/* fq alone is told; of others there is no word of that. */
static void check_unpaced(struct qdisc_scene *s, const struct named *n)
{
	uint64_t told = table_sum(&s->table, s->t, "count",
				  ARGS("map", "paced_us"));

	if (told || (n->tool.talk && strstr(n->tool.talk, "paced_us")))
		differ(s->t, "%s: paced_us, of %" PRIu64, n->name, told);
}

static void named_stop(struct qdisc_scene *s, struct named *n)
{
	tool_stop(&n->tool, SIGINT);
	tool_check_clean(&n->tool);
	if (n->tool.text && table_parse(&s->table, s->t, n->tool.text)) {
		if (n->kind == FQ && s->fq.q.packets)
			check_fq(s, !strstr(n->tool.talk, "paced_us:"));
		else if (n->kind == TBF)
			check_tbf(s);
		else if (n->kind >= 0)
			check_inside(s, (unsigned)n->kind);
		if (n->kind != FQ)
			check_unpaced(s, n);
		table_release(&s->table);
	}
	tool_release(&n->tool);
}

/* Is there tbf, and something to put in it? */
static void look(struct qdisc_scene *s)
{
	netns_enter(s->t, &s->a);
	if (!qdisc_made(s, qdisc_tbf(), "tbf"))
		skip(s->t, "this kernel has no tbf");
	s->inside_too = test_probes(s->t) &&
		qdisc_made(s, link_inside("sk0", qdisc_kinds[0], INSIDE_ROOM),
			   qdisc_kinds[0]);
	link_fq("sk0");
	qdisc_tbf();
	netns_leave(s->t);
}

/* A discipline may come to be: nothing is shown, but said at once; and what is
 * one by name, though gone since 6.3 or no module that is loaded, was meant. */
static void check_unknown(struct qdisc_scene *s)
{
	struct tool r;

	tool_init(&r, s->t, s->a.inum);
	tool_start(&r, "qdisc-no_such", ARGS("--csv"));
	tool_stop(&r, SIGINT);
	tool_check_clean(&r);
	if (!r.talk || !strstr(r.talk, "'no_such'") ||
	    !strstr(r.talk, "modprobe sch_no_such"))
		differ(s->t, "of a discipline that there is not it says: %s",
		       r.talk ? r.talk : "nothing");
	tool_release(&r);
	tool_init(&r, s->t, s->a.inum);
	tool_start(&r, "qdisc-cbq", ARGS("--csv"));
	tool_stop(&r, SIGINT);
	tool_check_clean(&r);
	if (r.talk && strstr(r.talk, "did you mean"))
		differ(s->t, "of cbq it says: %s", r.talk);
	tool_release(&r);
}

static void qdisc(struct test *t)
{
	static struct qdisc_scene s;
	struct named one = { .name = "qdisc-tbf", .kind = TBF };
	struct named fq = { .name = "qdisc-fq", .kind = FQ };
	struct tool all;
	char path[256];

	qdisc_init(&s, t);
	tool_init(&all, t, s.a.inum);
	temp_path(path, sizeof(path), "qdisc");
	look(&s);
	if (s.inside_too)
		one = (struct named){ .name = "qdisc-codel", .kind = 0 };
	if (test_btf(t) && !s.inside_too)	/* elsewhere in qdisc-each */
		check_unknown(&s);
	if (test_btf(t)) {
		named_start(&s, &one);
		named_start(&s, &fq);
	}
	tool_start(&all, "qdisc", ARGS("--csv", "-i", "0.5", "-W", path));
	netns_enter(t, &s.a);
	s.tbf = qdisc_push(&s, SENT, 0);
	qdisc_fq(&s);
	qdisc_by_root(&s);
	for (unsigned i = 0; i < KINDS; i++)
		qdisc_inside(&s, i);
	qdisc_cut(&s);
	netns_leave(t);
	if (test_btf(t)) {
		named_stop(&s, &one);
		named_stop(&s, &fq);
	}
	check_all(&s, &all);
	tool_replayed(&all, path);
	summary(t, "tbf %u, dropped %u, segments %u; fq %u, red %u, cbs %u, "
		"cake %u, dropped %u; codel %u, dropped %u", s.tbf.q.packets,
		s.tbf.q.drops, s.segments, s.fq.q.packets,
		s.roots[0].q.packets, s.roots[1].q.packets,
		s.roots[2].q.packets, s.roots[2].q.drops,
		s.inside[0].q.packets, s.inside[0].q.drops);
	tool_release(&all);
	qdisc_release(&s);
}

static void qdisc_each(struct test *t)
{
	static struct named named[] = {
		{ .name = "qdisc-tbf", .kind = TBF },
		{ .name = "qdisc-codel", .kind = 0 },
		{ .name = "qdisc-fq_codel", .kind = 1 },
	};
	static struct qdisc_scene s;

	qdisc_init(&s, t);
	look(&s);
	if (!s.inside_too || !test_btf(t))
		skip(t, "no functions of disciplines can be watched");
	check_unknown(&s);
	for (unsigned i = 0; i < ARRAY_SIZE(named); i++)
		named_start(&s, &named[i]);
	netns_enter(t, &s.a);
	s.tbf = qdisc_push(&s, SENT, 0);
	for (unsigned i = 0; i < KINDS; i++)
		qdisc_inside(&s, i);
	qdisc_cut(&s);
	netns_leave(t);
	for (unsigned i = 0; i < ARRAY_SIZE(named); i++)
		named_stop(&s, &named[i]);
	summary(t, "tbf %u, dropped %u; codel %u, dropped %u; fq_codel %u, "
		"dropped %u", s.tbf.q.packets, s.tbf.q.drops,
		s.inside[0].q.packets, s.inside[0].q.drops,
		s.inside[1].q.packets, s.inside[1].q.drops);
	qdisc_release(&s);
}

const struct live_case qdisc_cases[] = {
	{ "qdisc", "how long frames wait in queueing disciplines, and those "
	  "they drop", 300, qdisc, false },
	{ "qdisc-each", "the same by disciplines' own functions", 300,
	  qdisc_each, false },
	{ NULL, NULL, 0, NULL, false },
};

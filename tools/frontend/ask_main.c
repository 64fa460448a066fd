/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Tools and verbs that tally: what their programs have counted is read at the
 * end, or at each interval, and printed, a map for each part.
 */
#include "tools/frontend/ask_record.h"
#include "tools/frontend/rows_int.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Processes are looked at before they end: their stacks need them. */
#define NOTE_NS 250000000

/* A tool or verb at work. */
struct running {
	struct asked asked;
	struct ask_page page;
	struct ask_record *record;
	int recorded;		/* how that went */
	uint64_t full;		/* hits not counted that were told of */
	uint64_t since_ns;	/* of what is printed next */
};

uint64_t asked_interval(const struct options *o)
{
	return o->interval_ns ? o->interval_ns :
				o->tool->interval * 1000000000ull;
}

const char *asked_unit(const struct part *p)
{
	return p->unit ? p->unit : p->latency && !p->of ? "ns" : "";
}

/* ---- printing ---------------------------------------------------------- */

/* What was tallied since it was printed last. */
struct maps {
	struct heap *h[MAX_PARTS];
	struct heap_style styles[MAX_PARTS];
	unsigned n;
};

static int take_maps(struct asked *r, struct maps *m, uint64_t since)
{
	uint64_t now = now_ns();
	int64_t wall = (int64_t)clock_ns(CLOCK_REALTIME) - (int64_t)now;
	int err = 0;

	for (unsigned i = 0; i < r->nqueries && !err; i++) {
		struct query *q = &r->queries[i];

		if (!q->object)
			continue;
		err = asked_heap(q, &m->h[m->n], !asked_interval(r->o));
		if (err)
			break;
		m->styles[m->n++] = (struct heap_style){
			.name = q->part->name, .tool = r->o->tool->name,
			.unit = asked_unit(q->part), .ns = now,
			.span_ns = heap_span(r->o, since, now),
			.wall_offset_ns = wall,
			.names = { q->ask.hooks, q->ask.nhooks,
				   q->ask.networks, q->ask.reasons },
			.stack = asked_stack, .ctx = q,
		};
	}
	return err;
}

/* An interval that lacks something says so. */
static void tell_full(struct running *run)
{
	uint64_t full = asked_full(&run->asked);

	if (full > run->full && asked_interval(run->asked.o))
		complain("so far: %llu hits not counted, there were too many "
			 "different keys; --max-keys makes room",
			 (unsigned long long)full);
	run->full = full;
}

static int print(struct running *run)
{
	struct maps m = { .n = 0 };
	int err = take_maps(&run->asked, &m, run->since_ns);

	tell_full(run);
	if (asked_interval(run->asked.o) && m.n)
		run->since_ns = m.styles[0].ns;
	/* on disk even if nobody reads any more */
	if (!err && run->record)
		run->recorded = ask_record_maps(run->record, m.h, m.styles);
	if (!err)
		err = ask_print(&run->page, m.h, m.styles, m.n);
	for (unsigned i = 0; i < m.n; i++)
		heap_free(m.h[i]);
	return err ? err : run->recorded;
}

static void tell_losses(const struct asked *r)
{
	if (r->losses.state_full)
		complain("%llu hits not counted, there were too many different "
			 "keys; --max-keys makes room",
			 (unsigned long long)r->losses.state_full);
	if (r->losses.missed)
		complain("%llu runs missed",
			 (unsigned long long)r->losses.missed);
}

static int loop(struct running *run)
{
	struct asked *r = &run->asked;
	const struct options *o = r->o;
	uint64_t now = now_ns(), end = now + o->duration_ns;
	uint64_t every = asked_interval(o), next = now + every;
	uint64_t note = now + NOTE_NS;
	struct pollfd out = { .fd = STDOUT_FILENO };
	int err = 0;

	while (!err && !life_stopped()) {
		uint64_t until = UINT64_MAX;

		now = now_ns();
		if (o->duration_ns && now >= end)
			break;
		if (every && now >= next) {
			err = print(run);
			next += ((now - next) / every + 1) * every;
			continue;
		}
		if (now >= note) {
			asked_note(r);
			note = now + NOTE_NS;
		}
		if (o->duration_ns)
			until = end;
		if (every && next < until)
			until = next;
		until = until == UINT64_MAX ? 250 : (until - now) / 1000000 + 1;
		poll(&out, 1, until < 250 ? (int)until : 250);
		if (out.revents & POLLERR)	/* no reader left */
			return -EPIPE;
		if (life_asked())
			err = print(run);
	}
	return err;
}

static int tally(struct running *run)
{
	struct asked *r = &run->asked;
	struct capture_info info = { .nmaps = 0 };
	struct err e = { .no = 0 };
	int err;

	run->page.o = r->o;
	run->page.times = asked_interval(r->o);
	err = asked_begin(r);
	run->since_ns = now_ns();
	kernel_info(&info, r->env, r->o);
	info.clocks.start_ns = run->since_ns;
	info.intervals = run->page.times;
	if (ask_record_open(&run->record, r, &info, &e))
		return fail_err(&e);
	kernel_leave(r->env, asked_users(r));
	if (!err)
		err = ask_print_start(&run->page, &info);
	life_ready(r->o);
	if (!err)
		err = loop(run);
	asked_stop(r);
	/* what is recorded is whole also when nobody reads any more */
	if (!err || (err == -EPIPE && run->record))
		err = print(run);
	if (!err)
		err = ask_print_end(&run->page, &r->losses);
	if (err && err != -EPIPE && !run->recorded) {
		complain("%s: %s", run->page.gone ? "stdout" :
			 "what was counted", write_error(-err));
		return EXIT_FAIL;
	}
	tell_losses(r);
	return r->o->strict && losses_any(&r->losses) ? EXIT_FAIL : EXIT_OK;
}

int ask_main(struct options *o, const struct part *parts)
{
	static struct running run;
	struct asked *r = &run.asked;
	struct err e = { .no = 0 };
	int ret;

	r->o = o;
	life_begin();
	ret = asked_start(r, parts);
	if (ret < 0)
		ret = parts->what == ASK_TRACE ? ask_rows(r, o) : tally(&run);
	if (ask_record_close(run.record, &r->losses, &e))
		ret = fail_err(&e);
	asked_release(r);
	return ret;
}

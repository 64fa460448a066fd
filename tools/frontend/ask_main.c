/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Tools and verbs that tally: what their programs have counted is read at the
 * end, or at each interval, and printed, a map for each part.
 */
#include "tools/frontend/ask_run.h"
#include "tools/frontend/rows_int.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Processes are looked at before they end: their stacks need them. */
#define NOTE_NS 250000000

/* ---- printing ---------------------------------------------------------- */

static enum heap_format format_of(const struct options *o)
{
	if (o->ask.folded)
		return HEAP_FOLDED;
	if (o->format != FMT_TABLE)
		return o->format == FMT_JSON ? HEAP_JSON : HEAP_CSV;
	return o->ask.style && !strcmp(o->ask.style, "bcc") ? HEAP_BCC :
							      HEAP_TEXT;
}

static uint64_t interval_of(const struct options *o)
{
	return o->ask.interval_ns ? o->ask.interval_ns :
				    o->tool->interval * 1000000000ull;
}

/* Between intervals, for people: when it was. */
static void print_time(FILE *out, const struct asked *r)
{
	time_t now = (time_t)(clock_ns(CLOCK_REALTIME) / 1000000000);
	char text[16] = "";
	struct tm tm;

	if (interval_of(r->o) && localtime_r(&now, &tm) &&
	    strftime(text, sizeof(text), "%H:%M:%S", &tm))
		fprintf(out, "%s%s\n", r->printed ? "\n" : "", text);
}

static const char *unit_of(const struct part *p)
{
	return p->unit ? p->unit : p->latency && !p->of ? "ns" : "";
}

static bool is_people(const struct heap_style *s)
{
	return s->format == HEAP_TEXT || s->format == HEAP_BCC;
}

/* A blank line between maps of several lines; behind a histogram there is
 * one. */
static void space(FILE *out, const struct heap_style *s, const struct heap *h,
		  bool *owed)
{
	bool hist = h->ask->what == ASK_HIST || h->ask->what == ASK_LHIST;

	if (!h->ngroups || !is_people(s))
		return;
	if (*owed && h->ask->nkeys)
		fputc('\n', out);
	*owed = !hist;
}

/* What was tallied since it was printed last. */
static int print_maps(struct asked *r, struct heap_style *s, FILE *out)
{
	bool all = !interval_of(r->o), first = !r->printed, owed = false;
	struct heap *h;
	int err = 0;

	for (unsigned i = 0; i < r->nqueries && !err; i++) {
		struct query *q = &r->queries[i];

		if (!q->object)
			continue;
		err = asked_heap(q, &h, all);
		if (err)
			break;
		s->name = q->part->name;
		s->unit = unit_of(q->part);
		s->names = (struct ask_names){ q->ask.hooks, q->ask.nhooks };
		s->ctx = q;
		space(out, s, h, &owed);
		heap_print(out, h, s, first);
		first = false;
		heap_free(h);
	}
	return err;
}

static void join_key(struct heap_style *s, const char *name)
{
	for (unsigned i = 0; i < s->nkeys; i++)
		if (!strcmp(s->keys[i], name))
			return;
	if (s->nkeys < HEAP_KEYS)
		s->keys[s->nkeys++] = name;
}

/* Maps that stand in one CSV have the same columns. */
static void join_columns(const struct asked *r, struct heap_style *s)
{
	for (unsigned i = 0; i < r->nqueries; i++) {
		const struct ask *a = &r->queries[i].ask;
		const struct part *p = r->queries[i].part;
		bool hist = p->what == ASK_HIST || p->what == ASK_LHIST;

		s->bounds = s->bounds || hist;
		s->totals = s->totals || (!hist && p->what != ASK_COUNT);
		for (uint32_t k = 0; k < a->nkeys; k++)
			join_key(s, a->keys[k].name);
	}
}

/* Whole or not at all: a signal may come in the middle of it. */
static int print(struct asked *r)
{
	struct heap_style s = {
		.format = format_of(r->o), .tool = r->o->tool->name,
		.ns = now_ns(), .stack = asked_stack,
	};
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	int err = out ? 0 : -ENOMEM;

	s.wall_offset_ns = (int64_t)clock_ns(CLOCK_REALTIME) - (int64_t)s.ns;
	join_columns(r, &s);
	if (out) {
		if (is_people(&s))
			print_time(out, r);
		err = print_maps(r, &s, out);
		if (ferror(out) && !err)
			err = -ENOMEM;
		if (fclose(out) && !err)
			err = -ENOMEM;
	}
	if (!err) {
		err = -write_all(STDOUT_FILENO, text, len);
		r->gone = err;
	}
	r->printed = true;
	free(text);
	return err;
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

static int loop(struct asked *r)
{
	const struct options *o = r->o;
	uint64_t now = now_ns(), end = now + o->duration_ns;
	uint64_t every = interval_of(o), next = now + every;
	uint64_t note = now + NOTE_NS;
	struct pollfd out = { .fd = STDOUT_FILENO };
	int err = 0;

	while (!err && !life_stopped()) {
		uint64_t until = UINT64_MAX;

		now = now_ns();
		if (o->duration_ns && now >= end)
			break;
		if (every && now >= next) {
			err = print(r);
			next += every;
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
			err = print(r);
	}
	return err;
}

static int tally(struct asked *r)
{
	int err;

	kernel_leave(r->env, asked_users(r));
	life_ready(r->o);
	err = loop(r);
	asked_stop(r);
	if (!err)
		err = print(r);
	if (err && err != -EPIPE) {
		complain("%s: %s", r->gone ? "stdout" : "what was counted",
			 strerror(-err));
		return EXIT_FAIL;
	}
	tell_losses(r);
	return r->o->strict && losses_any(&r->losses) ? EXIT_FAIL : EXIT_OK;
}

int ask_main(struct options *o, const struct part *parts)
{
	static struct asked r;
	int ret;

	if (o->ask.style && strcmp(o->ask.style, "bcc") &&
	    strcmp(o->ask.style, "bpftrace")) {
		complain("--hist '%s': want bpftrace or bcc", o->ask.style);
		return EXIT_USAGE;
	}
	r.o = o;
	life_begin();
	ret = asked_start(&r, parts);
	if (ret < 0)
		ret = parts->what == ASK_TRACE ? ask_rows(&r, o) : tally(&r);
	asked_release(&r);
	return ret;
}

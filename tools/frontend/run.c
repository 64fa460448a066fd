/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Events become rows, and a capture: told ready, then one loop until a signal,
 * a limit, or nobody reads any more; then detached, drained, summed up.
 */
#include "loader/symbols.h"
#include "tools/frontend/rows_int.h"
#include "tools/frontend/run.h"
#include "tools/frontend/symbolise.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct run {
	const struct options *o;
	const struct feed *from;
	struct rows *rows;
	struct names *names;
	struct frames *frames;
	struct symbolise *symbolise;
	struct capture *capture;
	struct totals *totals;		/* T_TOTALS */
	struct counters *counters;
	struct capture_info info;
	struct losses losses, told;	/* since start; told on stderr */
	uint64_t told_ns, expire_ns;
	bool stop, broken;		/* stdout is gone or failed */
	struct err note;		/* of a source */
	int source_code;		/* exit code it failed with */
	int capture_err;
};

static void tell_clocks(struct run *r)
{
	if (r->capture)
		capture_clocks(r->capture, &r->info);
}

static void sync_clocks(struct run *r)
{
	if (kernel_sync(&r->info))
		tell_clocks(r);
}

/* ---- losses ----------------------------------------------------------- */

static void read_losses(struct run *r)
{
	int fd = object_map(r->from->object, "stats");
	uint64_t n[STAT_MAX] = { 0 };

	for (uint32_t i = 0; fd >= 0 && i < STAT_MAX; i++)
		n[i] = map_sum(fd, i, r->from->env->ncpus);
	/* perf buffers tell on old kernels what programs cannot, and on newer
	 * ones both count the same */
	r->losses.lost = ring_lost(r->from->ring);
	if (n[STAT_LOST] > r->losses.lost)
		r->losses.lost = n[STAT_LOST];
	r->losses.owners_full = n[STAT_OWNERS_FULL];
	r->losses.state_full = n[STAT_STATE_FULL];
	r->losses.unattributed = n[STAT_UNATTRIBUTED];
}

bool losses_any(const struct losses *l)
{
	return l->lost || l->owners_full || l->state_full || l->missed;
}

void losses_tell(const struct tool *t, const struct losses *l,
		 const char *when)
{
	bool asks = t->flags & (T_ASK | T_KEYS);

	if (losses_any(l))
		complain("%s: %llu events lost, %llu %s not followed "
			 "(map full), %llu runs missed; -b and --max-%s "
			 "make room", when, (unsigned long long)l->lost,
			 (unsigned long long)(l->owners_full + l->state_full),
			 asks ? "starts" : "sockets",
			 (unsigned long long)l->missed,
			 asks ? "keys" : "sockets");
	if (l->unattributed)
		say("%s: %llu events not shown, since whose they are is not "
		    "known", when, (unsigned long long)l->unattributed);
}

void unnamed_tell(uint64_t n)
{
	if (n)
		complain("%llu stacks or addresses are shown without names: "
			 "there were more than are kept (65536)",
			 (unsigned long long)n);
}

void uncounted_tell(const struct rows *rows)
{
	unnamed_tell(rows_unnamed(rows));
	if (rows_uncounted(rows))
		complain("%llu events not counted, too many different keys",
			 (unsigned long long)rows_uncounted(rows));
	if (rows_unknown(rows))
		say("%llu events are in no histogram, since what it is of is "
		    "not known of them", (unsigned long long)rows_unknown(rows));
}

/* Not twice the same. */
static void tell_losses(struct run *r, const char *when)
{
	if (!memcmp(&r->losses, &r->told, sizeof(r->told)))
		return;
	r->told = r->losses;
	losses_tell(r->o->tool, &r->losses, when);
}

/* At most once a second. */
static void watch_losses(struct run *r)
{
	bool asked = life_asked();
	uint64_t now = now_ns();

	if (now < r->told_ns && !asked)
		return;
	r->told_ns = now + 1000000000ull;
	read_losses(r);
	rows_loss(r->rows, &r->losses);
	if (r->capture)
		capture_losses(r->capture, &r->losses);
	if (asked) {
		memset(&r->told, 0xff, sizeof(r->told));
		say("%llu shown", (unsigned long long)rows_shown(r->rows));
		tell_losses(r, "so far");
	} else if (losses_any(&r->losses) && !rows_on_screen(r->rows)) {
		tell_losses(r, "so far");
	}
}

/* ---- events ----------------------------------------------------------- */

/* What the ring brings is our own programs', but their sizes are checked all
 * the same: a capture of them is read elsewhere. */
static bool well_formed(const struct tool *t, const void *data, size_t len)
{
	const struct event *ev = data;

	if (len < sizeof(*ev) || ev->len > len)
		return false;
	if (ev->type == EVENT_ROW && ev->len == t->event_least)
		return true;
	if (ev->type == EVENT_ROW ||
	    (ev->type == EVENT_TOTAL && t->flags & T_TOTALS))
		return ev->len == t->event_size;
	return ev->type == EVENT_DNS && ev->len == sizeof(struct dns_event);
}

static void deliver(struct run *r, const struct event *ev)
{
	if (r->capture && !r->capture_err)
		r->capture_err = capture_event(r->capture, ev);
	if (!rows_add(r->rows, ev, &r->info.clocks))
		r->stop = r->broken = true;
}

static int on_event(void *ctx, const void *data, size_t len);

/* The last of a total; nobody else has this event. */
static int on_last(struct run *r, const struct event *ev)
{
	union {
		struct event event;
		uint8_t bytes[EVENT_MAX];
	} row;

	memcpy(&row, ev, ev->len);
	if (!totals_row(r->totals, &row.event, true))
		return 0;
	return on_event(r, &row, row.event.len);
}

/* What stacks and addresses in a row mean goes before it. */
static void explain(struct run *r, const struct event *ev)
{
	const struct stack_event *st;
	unsigned i = 0;

	while (r->symbolise && (st = symbolise_next(r->symbolise, ev, &i)))
		deliver(r, &st->event);
}

static int on_event(void *ctx, const void *data, size_t len)
{
	const struct event *ev = data;
	struct run *r = ctx;

	if (!well_formed(r->o->tool, data, len))
		return 0;
	if (ev->type == EVENT_TOTAL)
		return on_last(r, ev);
	explain(r, ev);
	deliver(r, ev);
	if (r->capture_err ||
	    (r->o->max_events && rows_shown(r->rows) >= r->o->max_events))
		r->stop = true;
	return r->stop;
}

struct sampling {
	struct run *run;
	uint64_t ns;
};

static int on_total(void *ctx, const void *key, struct event *ev)
{
	const struct sampling *s = ctx;

	(void)key;
	if (!ev->len || !totals_row(s->run->totals, ev, false))
		return 0;
	ev->ns = s->ns;
	return on_event(s->run, ev, ev->len);
}

/* What came to the totals; @ns: when, which tells the interval it is in. */
static void sample(struct run *r, uint64_t ns)
{
	struct sampling s = { r, ns };
	int err;

	if (ns >= rows_due(r->rows)) {
		r->info.clocks.late_from_ns = rows_due(r->rows) -
					      r->o->interval_ns;
		r->info.clocks.late_ns = ns;
		tell_clocks(r);
	}
	err = kept_walk(r->from->object, r->o, "totals", on_total, &s);
	if (err)
		complain("totals cannot be read: %s", strerror(-err));
}

static void drain(struct run *r, bool final)
{
	uint64_t now = now_ns();

	sync_clocks(r);
	if (r->totals && !final && now >= rows_due(r->rows))
		sample(r, rows_last(r->rows, now));
	ring_consume(r->from->ring, final, on_event, r);
	if (!final)
		rows_tick(r->rows, now_ns(), &r->info.clocks);
	if (!r->broken && !rows_flush(r->rows))
		r->stop = r->broken = true;
	if (r->capture && !r->capture_err)
		r->capture_err = capture_flush(r->capture);
}

/* What has waited for too long, as often as a tenth of that has passed. */
static void expire(struct run *r)
{
	uint64_t limit = option_value(r->o, r->o->tool->awaits);
	uint64_t now = now_ns();

	if (!limit || now < r->expire_ns)
		return;
	r->expire_ns = now + limit / 10;
	if (awaited_expire(r->from->object, r->o, on_event, r))
		complain("what waits cannot be read");
	if (!r->broken && !rows_flush(r->rows))
		r->stop = r->broken = true;
}

static int on_alike(void *ctx, const struct event *ev, const struct alike *a)
{
	struct run *r = ctx;

	explain(r, ev);
	return !rows_add_alike(r->rows, ev, a, &r->info.clocks);
}

/* What has not ended is shown all the same, and what programs have counted. */
static void show_kept(struct run *r)
{
	int err;

	if (r->totals)
		sample(r, now_ns());
	err = underway_end(r->from->object, r->o, on_event, r);
	if (!err && alike_what(r->o))
		err = alike_walk(r->from->object, r->o, on_alike, r);
	if (err)
		complain("what the programs keep cannot be read: %s",
			 strerror(-err));
	if (!r->broken && !rows_flush(r->rows))
		r->broken = true;
	if (r->capture && !r->capture_err)
		r->capture_err = capture_flush(r->capture);
}

/* Until the ring is looked at again, an interval ends, or the run does. */
static int patience(const struct run *r, uint64_t now, uint64_t end)
{
	uint64_t until = now + RING_POLL_MS * 1000000ull;

	if (until > end)
		until = end;
	if (until > rows_due(r->rows))
		until = rows_due(r->rows);
	return until > now ? (until - now) / 1000000 + 1 : 0;
}

static void loop(struct run *r)
{
	uint64_t start = now_ns(), now, end = r->o->duration_ns ?
		start + r->o->duration_ns : UINT64_MAX;
	struct pollfd fds[] = {
		{ .fd = ring_fd(r->from->ring), .events = POLLIN },
		{ .fd = STDOUT_FILENO },	/* POLLERR: no reader left */
		{ .events = POLLIN },
	};

	r->told_ns = start + 1000000000ull;
	while (!life_stopped() && !r->stop && !rows_enough(r->rows)) {
		now = now_ns();
		if (now >= end)
			break;
		fds[2].fd = rows_keys(r->rows);
		poll(fds, 3, patience(r, now, end));
		if (fds[1].revents & POLLERR)
			r->stop = r->broken = true;
		if (!rows_attend(r->rows))
			break;
		drain(r, false);
		expire(r);
		mapped_again(r->from->mapped, r->from->object);
		watch_losses(r);
	}
}

/* ---- rows of a source ------------------------------------------------- */

/* Not twice the same. */
static void tell_note(struct run *r, const struct err *e)
{
	if (e->msg[0] && strcmp(e->msg, r->note.msg))
		say("%s", e->msg);
	r->note = *e;
}

/* What there is; @ns: when, which tells the interval it is in. */
static void take(struct run *r, uint64_t ns)
{
	const struct row_sink sink = { r->o, ns, on_event, r, &r->losses };
	struct err e = { 0 };

	sync_clocks(r);
	if (source_take(r->o->tool->source, &sink, &e)) {
		r->source_code = fail_err(&e);
		r->stop = true;
	} else {
		tell_note(r, &e);
	}
	rows_tick(r->rows, now_ns(), &r->info.clocks);
	if (!r->broken && !rows_flush(r->rows))
		r->stop = r->broken = true;
	if (r->capture && !r->capture_err)
		r->capture_err = capture_flush(r->capture);
}

/* False: the run ends before. */
static bool wait_until(struct run *r, uint64_t ns)
{
	struct pollfd fd = { .fd = STDOUT_FILENO };
	uint64_t now;

	while (!life_stopped() && !r->stop) {
		now = now_ns();
		if (now >= ns)
			return true;
		poll(&fd, 1, patience(r, now, ns));
		if (fd.revents & POLLERR)	/* no reader left */
			r->stop = r->broken = true;
	}
	return false;
}

/* Rounds that were slept through are left out. */
static uint64_t next_due(const struct run *r, uint64_t due, bool tallied)
{
	uint64_t every = r->o->interval_ns;

	return tallied ? rows_due(r->rows) :
			 due + ((now_ns() - due) / every + 1) * every;
}

/* Once, or each interval; what is tallied is taken as its interval ends. */
static void repeat(struct run *r)
{
	uint64_t start = now_ns(), due = rows_due(r->rows), n = 0;
	uint64_t end = r->o->duration_ns ? start + r->o->duration_ns :
					   UINT64_MAX;
	bool tallied = due != UINT64_MAX;

	if (!tallied)
		due = start;
	while (due < end && wait_until(r, due)) {
		take(r, tallied ? rows_last(r->rows, now_ns()) : now_ns());
		n++;
		if (!r->o->interval_ns || n == r->o->max_intervals)
			return;
		due = next_due(r, due, tallied);
	}
	if (due >= end && !r->stop)
		wait_until(r, end);
}

/* ---- start and end ---------------------------------------------------- */

static int start_output(struct run *r)
{
	const struct options *o = r->o;
	struct err e = { 0 };

	kernel_info(&r->info, r->from->env, o);
	if (o->write_file &&
	    capture_create(&r->capture, o->write_file, o->tool, &r->info, &e))
		return fail_err(&e);
	if (o->dns) {
		r->names = names_new();
		rows_names(r->rows, r->names);
	}
	if (o->tool->flags & T_STACKS) {
		r->frames = frames_new();
		rows_frames(r->rows, r->frames);
		r->symbolise = symbolise_new(o, r->from->env,
					     object_map(r->from->object,
							"stacks"),
					     r->frames);
	}
	if (!symbolises(o))
		env_functions_forget(r->from->env);
	if (o->tool->flags & T_TOTALS) {
		r->totals = totals_new(o->tool);
		if (!r->totals) {
			complain("totals: %s", strerror(ENOMEM));
			return EXIT_FAIL;
		}
	}
	rows_start(r->rows, &r->info);
	if (!rows_flush(r->rows))
		r->stop = r->broken = true;
	return -1;
}

static int end_output(struct run *r)
{
	struct err e = { 0 };
	int ret = EXIT_OK;

	errno = 0;
	if (!rows_end(r->rows, &r->losses)) {
		complain("stdout: %s", write_error(errno));
		ret = EXIT_FAIL;
	}
	if (r->capture) {
		capture_losses(r->capture, &r->losses);
		if (capture_close(r->capture, &e))
			ret = fail_err(&e);
	}
	uncounted_tell(r->rows);
	if (r->totals && totals_unknown(r->totals))
		complain("%llu events not counted, no memory",
			 (unsigned long long)totals_unknown(r->totals));
	if (!r->o->no_summary || losses_any(&r->losses))
		tell_losses(r, "in all");
	if (r->o->strict && losses_any(&r->losses))
		ret = EXIT_FAIL;
	return ret;
}

/* What the programs tell, until the end. */
static void follow(struct run *r)
{
	loop(r);
	counters_stop(r->counters);
	r->losses.missed = object_missed(r->from->object);
	object_detach(r->from->object, 0);
	if (!r->stop)
		drain(r, true);
	if (!r->stop)
		show_kept(r);
	read_losses(r);
}

static int run(struct run *r)
{
	int ret = start_output(r);

	if (ret >= 0)
		return ret;
	if (!r->o->no_summary)
		r->counters = counters_open(r->o->tool, &r->o->filters);
	rows_counters(r->rows, r->counters);
	kernel_leave(r->from->env, symbolise_users(r->symbolise) ||
				   mapped_grows(r->from->mapped) ||
				   r->o->tool->source);
	life_ready(r->o);
	if (r->o->tool->source)
		repeat(r);
	else
		follow(r);
	ret = end_output(r);
	return r->source_code ? r->source_code : ret;
}

int run_rows(const struct feed *from)
{
	struct run r = { .o = from->o, .from = from };
	int ret;

	r.info.clocks.start_ns = from->start_ns;
	r.rows = rows_new(r.o, stdout);
	if (!r.rows) {
		complain("rows: %s", strerror(errno));
		return EXIT_FAIL;
	}
	ret = run(&r);
	rows_free(r.rows);
	totals_free(r.totals);
	counters_close(r.counters);
	names_free(r.names);
	symbolise_free(r.symbolise);
	frames_free(r.frames);
	return ret;
}

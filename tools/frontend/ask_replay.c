/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Recorded tallies, printed again. */
#include "tools/frontend/ask_record.h"

#include <errno.h>
#include <string.h>

struct tally_replay {
	const struct capture_info *info;
	struct ask_page page;
	struct frames *frames;
	uint64_t since_ns;
	/* since what was printed last */
	struct heap *heaps[MAX_PARTS];
};

static void replayed_stack(void *ctx, const struct ask_value *v, int64_t id,
			   const uint8_t *key, char *buf, size_t len)
{
	const struct tally_replay *r = ctx;
	bool user = v->from == FROM_USTACK;
	/* the id says of which map, which says what keys there are */
	uint64_t map = (uint64_t)id >> 32;
	uint32_t pid = user && map < r->info->nmaps ?
		       ask_key_pid(r->info->maps[map].ask, key) : 0;
	const char *text = frames_show(r->frames, user ? STACK_USER :
				       STACK_KERNEL, id, pid);

	/* a file may say anything */
	snprintf(buf, len, "%s", text ? text : "");
	for (char *p = buf; *p; p++)
		if ((*p < ' ' && *p != '\n') || *p == 0x7f)
			*p = '?';
}

/* The columns of map @n: its keys. */
static const struct column *columns_of(const struct tally_replay *r,
				       unsigned n)
{
	const struct column *col = r->page.o->tool->columns;

	while (n--)
		col += r->info->maps[n].ask->nkeys;
	return col;
}

/* The key stands in the event as in the map: the columns were made so. */
static int add(struct tally_replay *r, const struct event *ev)
{
	const uint8_t *row = (const uint8_t *)ev;
	uint64_t key[ASK_KEY_MAX / 8 + 1], tally[ASK_TALLY_COLUMNS];
	const struct ask *a;
	struct ask_tally t;

	memcpy(tally, row + r->page.o->tool->event_size - sizeof(tally),
	       sizeof(tally));
	if (tally[ASK_MAP] >= r->info->nmaps)
		return 0;		/* nonsense, as any row may be */
	a = r->info->maps[tally[ASK_MAP]].ask;
	memcpy(key, row + columns_of(r, (unsigned)tally[ASK_MAP])->off,
	       ask_key_size(a));
	memcpy((uint8_t *)key + ask_key_size(a), &tally[ASK_SLOT], 8);
	t = (struct ask_tally){ tally[ASK_COUNTED], tally[ASK_TOTAL] };
	return heap_add(r->heaps[tally[ASK_MAP]], key, &t);
}

static int heaps_new(struct tally_replay *r)
{
	for (unsigned i = 0; i < r->info->nmaps; i++) {
		heap_free(r->heaps[i]);
		r->heaps[i] = heap_new(r->info->maps[i].ask);
		if (!r->heaps[i])
			return -ENOMEM;
	}
	return 0;
}

static int print(struct tally_replay *r, uint64_t ns)
{
	const struct options *o = r->page.o;
	struct heap_style styles[MAX_PARTS];
	int err = 0;

	for (unsigned i = 0; i < r->info->nmaps && !err; i++) {
		styles[i] = (struct heap_style){
			.name = r->info->maps[i].name, .tool = o->tool->name,
			.unit = r->info->maps[i].unit, .ns = ns,
			.wall_offset_ns = r->info->clocks.wall_offset_ns,
			.span_ns = heap_span(o, r->since_ns, ns),
			.columns = columns_of(r, i),
			.stack = replayed_stack, .ctx = r,
		};
		err = heap_sort(r->heaps[i], (uint32_t)o->ask.rows);
	}
	if (r->info->intervals)
		r->since_ns = ns;
	if (!err)
		err = ask_print(&r->page, r->heaps, styles, r->info->nmaps);
	return err ? err : heaps_new(r);
}

static int take(struct tally_replay *r, const struct event *ev)
{
	switch (ev->type) {
	case EVENT_STACK:
		frames_learn(r->frames, (const struct stack_event *)ev);
		return 0;
	case EVENT_ROW:
		return add(r, ev);
	case EVENT_PRINT:
		return print(r, ev->ns);
	}
	return 0;
}

static int all(struct tally_replay *r, struct capture *c)
{
	struct losses losses = { 0 };
	struct err e = { .no = 0 };
	const struct event *ev;
	int n = 0, err = ask_print_start(&r->page, r->info);

	while (!err && (n = capture_next(c, &ev, &losses, &e)) > 0)
		if (n == 1)
			err = take(r, ev);
	if (!err)
		err = ask_print_end(&r->page, &losses);
	if (err && err != -EPIPE) {
		complain("%s: %s", r->page.gone ? "stdout" : "replay",
			 strerror(-err));
		return EXIT_FAIL;
	}
	if (losses_any(&losses))
		losses_tell(r->page.o->tool, &losses, "when it was recorded");
	unnamed_tell(frames_unnamed(r->frames));
	if (!err && n < 0 && !life_stopped()) {
		fail_err(&e);
		return EXIT_FAIL;
	}
	return r->page.o->strict && losses_any(&losses) ? EXIT_FAIL : EXIT_OK;
}

int ask_replay(struct capture *c, const struct capture_info *info,
	       const struct options *o)
{
	struct tally_replay r = {
		.info = info, .page = { .o = o, .times = info->intervals },
		.since_ns = info->clocks.start_ns,
	};
	int ret = EXIT_FAIL;

	if (o->interval_ns) {
		complain("-i: what a tally printed is what it recorded; "
			 "there is no other interval in it");
		return EXIT_USAGE;
	}
	r.frames = frames_new();
	if (r.frames && !heaps_new(&r))
		ret = all(&r, c);
	else
		complain("%s", strerror(ENOMEM));
	for (unsigned i = 0; i < info->nmaps; i++)
		heap_free(r.heaps[i]);
	frames_free(r.frames);
	return ret;
}

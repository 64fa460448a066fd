/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Recorded tallies, printed again. */
#include "tools/frontend/ask_record.h"

#include <errno.h>
#include <string.h>

struct tally_replay {
	const struct capture_info *info;
	struct ask_page page;
	struct frames *frames;
	struct heap *heap;		/* since what was printed last */
};

static void replayed_stack(void *ctx, const struct ask_value *v, int64_t id,
			   const uint8_t *key, char *buf, size_t len)
{
	const struct tally_replay *r = ctx;
	bool user = v->from == FROM_USTACK;
	const char *text = frames_find(r->frames, user ? STACK_USER :
				       STACK_KERNEL, id,
				       user ? ask_key_pid(r->info->ask, key) :
				       0);

	/* a file may say anything */
	snprintf(buf, len, "%s", text ? text : "");
	for (char *p = buf; *p; p++)
		if ((*p < ' ' && *p != '\n') || *p == 0x7f)
			*p = '?';
}

/* The key and its slot, then what was tallied, stand in the event as in the
 * map: the columns were made so. */
static int add(struct tally_replay *r, const struct event *ev)
{
	const uint8_t *key = (const uint8_t *)ev + sizeof(*ev);
	struct ask_tally t;

	memcpy(&t, key + ask_key_size(r->info->ask) + 8, sizeof(t));
	return heap_add(r->heap, key, &t);
}

static int print(struct tally_replay *r, uint64_t ns)
{
	const struct options *o = r->page.o;
	struct heap_style s = {
		.name = "", .tool = o->tool->name, .unit = r->info->unit,
		.ns = ns, .wall_offset_ns = r->info->clocks.wall_offset_ns,
		.columns = o->tool->columns,
		.stack = replayed_stack, .ctx = r,
	};
	int err = heap_sort(r->heap, (uint32_t)o->ask.rows);

	if (!err)
		err = ask_print(&r->page, &r->heap, &s, 1);
	heap_free(r->heap);
	r->heap = heap_new(r->info->ask);
	return err || r->heap ? err : -ENOMEM;
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
	int n, err = 0;

	while (!err && (n = capture_next(c, &ev, &losses, &e)) > 0)
		if (n == 1)
			err = take(r, ev);
	if (err && err != -EPIPE) {
		complain("%s: %s", r->page.gone ? "stdout" : "replay",
			 strerror(-err));
		return EXIT_FAIL;
	}
	if (losses_any(&losses))
		losses_tell(r->page.o->tool, &losses, "when it was recorded");
	if (!err && n < 0) {
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
		.frames = frames_new(), .heap = heap_new(info->ask),
	};
	int ret = EXIT_FAIL;

	if (r.frames && r.heap)
		ret = all(&r, c);
	else
		complain("%s", strerror(ENOMEM));
	heap_free(r.heap);
	frames_free(r.frames);
	return ret;
}

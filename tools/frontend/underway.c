/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What was begun and not ended when the tool stopped.
 *
 * Programs that wait for the end of something keep its event in a map called
 * `underway`, whole but for what only the end can tell: values begin with the
 * event, whose time is that of the beginning, and durations of it that are
 * not known are 0.
 *
 * What may never end is kept in a map called `awaited` in the same way: once it
 * has waited for as long as the tool says, it is shown and forgotten.  What has
 * ended may stay there that long, with len 0, and is not shown.
 */
#include "tools/frontend/run.h"

#include <string.h>

#define AT_LEAST (1ull << 63)

struct ending {
	const struct tool *tool;
	uint64_t now, limit;
	int fd;
	underway_fn *fn;
	void *ctx;
};

/* Until now at least, all that has not been measured; not its parts. */
static void close_event(const struct tool *t, struct event *ev, uint64_t now)
{
	uint64_t ns, so_far = (now > ev->ns ? now - ev->ns : 0) | AT_LEAST;
	const struct column *c;

	for (c = t->columns; c->key; c++) {
		if (c->kind != K_MS || c->flags & C_PART)
			continue;
		memcpy(&ns, (uint8_t *)ev + c->off, sizeof(ns));
		if (!ns)
			memcpy((uint8_t *)ev + c->off, &so_far, sizeof(ns));
	}
	ev->ns = now;
}

static int end_event(void *ctx, const void *key, struct event *ev)
{
	const struct ending *e = ctx;

	(void)key;
	if (!ev->len)
		return 0;
	close_event(e->tool, ev, e->now);
	return e->fn(e->ctx, ev, ev->len);
}

int underway_end(const struct object *object, const struct options *o,
		 underway_fn *fn, void *ctx)
{
	struct ending e = { o->tool, now_ns(), 0, -1, fn, ctx };
	int err = kept_walk(object, o, "underway", end_event, &e);

	return err ? err : kept_walk(object, o, "awaited", end_event, &e);
}

/* It may be over at this very moment: who takes it out shows it. */
static int expire_event(void *ctx, const void *key, struct event *ev)
{
	const struct ending *e = ctx;

	bool ended = !ev->len;

	if (e->now < ev->ns + e->limit || map_delete(e->fd, key) || ended)
		return 0;
	close_event(e->tool, ev, e->now);
	return e->fn(e->ctx, ev, ev->len);
}

int awaited_expire(const struct object *object, const struct options *o,
		   underway_fn *fn, void *ctx)
{
	struct ending e = { o->tool, now_ns(),
			    option_value(o, o->tool->awaits),
			    object_map(object, "awaited"), fn, ctx };

	return e.fd < 0 ? 0 : kept_walk(object, o, "awaited", expire_event, &e);
}

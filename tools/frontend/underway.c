/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What was begun and not ended when the tool stopped.
 *
 * Programs that wait for the end of something keep its event in a map called
 * `underway`, whole but for what only the end can tell: values begin with the
 * event, whose time is that of the beginning, and durations of it that are
 * not known are 0.
 */
#include "tools/frontend/run.h"

#include <errno.h>
#include <string.h>

#define AT_LEAST (1ull << 63)

struct value {
	uint64_t words[EVENT_MAX / 8 + 16];
};

/* Until now at least, all that has not been measured. */
static void close_event(const struct tool *t, struct event *ev, uint64_t now)
{
	uint64_t ns, so_far = (now > ev->ns ? now - ev->ns : 0) | AT_LEAST;
	const struct column *c;

	for (c = t->columns; c->key; c++) {
		if (c->kind != K_MS)
			continue;
		memcpy(&ns, (uint8_t *)ev + c->off, sizeof(ns));
		if (!ns)
			memcpy((uint8_t *)ev + c->off, &so_far, sizeof(ns));
	}
	ev->ns = now;
}

static bool passes(const struct options *o, const struct event *ev)
{
	struct flow flow;

	if (!o->tool->flow_off)
		return true;
	memcpy(&flow, (const uint8_t *)ev + o->tool->flow_off, sizeof(flow));
	return filter_match(&o->filters, &flow) == FILTER_PASS;
}

int underway_end(const struct object *object, const struct options *o,
		 underway_fn *fn, void *ctx)
{
	const struct tool *t = o->tool;
	const struct spec_map *m = spec_find_map(t->spec, "underway");
	int fd = object_map(object, "underway"), err;
	uint64_t key, now = now_ns();
	struct value v;
	struct event *ev = (void *)&v;

	if (!m || fd < 0 || m->value_size > sizeof(v) ||
	    m->value_size < t->event_size || m->key_size != sizeof(key))
		return 0;
	for (err = map_next(fd, NULL, &key); !err;
	     err = map_next(fd, &key, &key)) {
		if (map_lookup(fd, &key, &v) || ev->len != t->event_size ||
		    !passes(o, ev))
			continue;
		close_event(t, ev, now);
		if (fn(ctx, ev, ev->len))
			return 0;
	}
	return err == -ENOENT ? 0 : err;
}

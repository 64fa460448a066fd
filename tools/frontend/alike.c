/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Events that are alike, counted by programs that have a map called `alike`,
 * where the end of a run is all that is shown: its keys are events, its values
 * tell how many.
 */
#include "tools/frontend/rows_int.h"
#include "tools/frontend/run.h"

#include <errno.h>
#include <string.h>

/* Of these there are as many as the network likes. */
static bool is_endless(const struct column *col)
{
	return col->kind == K_ADDR || col->kind == K_NAME ||
	       col->kind == K_PORT;
}

/* Is what they differ in shown nowhere?  One sum is kept, and none beside a
 * histogram. */
static bool are_alike(const struct layout *l, const struct options *o)
{
	unsigned sums = 0;

	for (unsigned i = 0; i < l->ncols; i++) {
		if (l->cols[i]->stat || is_endless(l->cols[i]) ||
		    (o->tool->hist && !strcmp(l->cols[i]->key, o->tool->hist)))
			return false;
		sums += !!(l->cols[i]->flags & C_SUM);
	}
	if (!l->hist)
		return sums <= 1;
	return !sums && o->tool->hist && !strcmp(l->hist->key, o->tool->hist);
}

enum alike_what alike_what(const struct options *o)
{
	struct layout l;
	char why[16];

	if (!spec_find_map(o->tool->spec, "alike") || !(o->count || o->hist) ||
	    o->interval_ns || o->max_events || o->write_file ||
	    layout_select(&l, o, why, sizeof(why)) || !are_alike(&l, o))
		return 0;
	return l.hist ? ALIKE_HIST : ALIKE_SUM;
}

uint64_t alike_unit(const struct options *o)
{
	struct layout l;
	char why[16];

	return !layout_select(&l, o, why, sizeof(why)) && l.hist ?
	       drawn_scale(l.hist, o) : 1;
}

int alike_walk(const struct object *object, const struct options *o,
	       alike_fn *fn, void *ctx)
{
	const struct spec_map *m = spec_find_map(o->tool->spec, "alike");
	int fd = object_map(object, "alike"), err;
	union {
		struct event event;
		uint64_t words[EVENT_MAX / 8];
	} key, ev;
	struct alike a;

	if (!m || fd < 0 || m->key_size != o->tool->event_size ||
	    m->key_size > sizeof(key) || m->value_size != sizeof(a))
		return 0;
	for (err = map_next(fd, NULL, &key); !err;
	     err = map_next(fd, &key, &key)) {
		if (map_lookup(fd, &key, &a) ||
		    key.event.len != o->tool->event_size)
			continue;
		ev = key;
		ev.event.ns = now_ns();
		if (fn(ctx, &ev.event, &a))
			return 0;
	}
	return err == -ENOENT ? 0 : err;
}

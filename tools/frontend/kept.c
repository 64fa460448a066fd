/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Events that programs keep in a map, read from there. */
#include "tools/frontend/run.h"

#include <errno.h>
#include <string.h>

struct value {
	uint64_t words[EVENT_MAX / 8 + 16];
};

struct key {
	uint64_t words[16];
};

static bool passes(const struct options *o, const struct event *ev)
{
	struct flow flow;

	if (!o->tool->flow_off)
		return true;
	memcpy(&flow, (const uint8_t *)ev + o->tool->flow_off, sizeof(flow));
	return filter_match(&o->filters, &flow) == FILTER_PASS;
}

/* Where keys come and go the kernel begins anew with the first: twice around
 * and no more. */
static uint64_t steps(const struct options *o, const struct spec_map *m)
{
	return 2ull * (o->max_sockets ? o->max_sockets : m->max_entries) + 2;
}

int kept_walk(const struct object *object, const struct options *o,
	      const char *name, kept_fn *fn, void *ctx)
{
	const struct tool *t = o->tool;
	const struct spec_map *m = spec_find_map(t->spec, name);
	int fd = object_map(object, name), err;
	uint64_t left = m ? steps(o, m) : 0;
	struct key key, next;
	struct value v;
	struct event *ev = (void *)&v;

	if (!m || fd < 0 || m->value_size > sizeof(v) ||
	    m->value_size < t->event_size || m->key_size > sizeof(key))
		return 0;
	err = map_next(fd, NULL, &next);
	while (!err && left--) {
		key = next;
		/* before @fn takes it out, and the first would be next */
		err = map_next(fd, &key, &next);
		if (map_lookup(fd, &key, &v) ||
		    (ev->len && ev->len != t->event_size) || !passes(o, ev))
			continue;
		if (fn(ctx, &key, ev))
			return 0;
	}
	return err == -ENOENT ? 0 : err;
}

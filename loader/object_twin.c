/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Programs that are attached twice; see link_twin.c. */
#include "object_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TWINS_MAX 16	/* pairs */

bool twin_hook(const struct object *o, const struct hook *h,
	       struct hook *second)
{
	struct env *env = o->env;
	const char *slash = strchr(h->target, '/');

	/* between the two copies of one run there could be another's */
	if (!h->again || o->ntwins == TWINS_MAX || object_preempted(o, h))
		return false;
	/* commit 05b24ff9b2cf: before, raw tracepoints skip none */
	if (env->has.twins == FEAT_UNKNOWN)
		env->has.twins = env->kern_version >= KERNEL(6, 1) ?
				 FEAT_YES : FEAT_NO;
	*second = (struct hook){
		.kind = HOOK_RAW_TRACEPOINT, .args = h->again,
		.target = slash ? slash + 1 : h->target,
	};
	return env->has.twins == FEAT_YES &&
	       env->has.raw_tracepoint != FEAT_NO;
}

int twin_map(struct object *o, struct err *e)
{
	static const struct spec_map m = {
		.name = TWIN_MAP, .type = MAP_PERCPU_ARRAY, .key_size = 4,
		.value_size = sizeof(struct twin), .max_entries = TWINS_MAX,
	};

	if (o->twin_fd < 0)
		o->twin_fd = object_create(o, &m, m.type, m.max_entries);
	if (o->twin_fd < 0)
		return err_set(e, -o->twin_fd, "create map %s", m.name);
	return o->twin_fd;
}

uint64_t twin_instead(const struct object *o, uint32_t index)
{
	struct twin *t = calloc(CPUS_MAX, sizeof(*t));
	uint64_t n = 0;

	if (t && o->twin_fd >= 0 && !map_lookup(o->twin_fd, &index, t))
		for (uint32_t i = 0; i < CPUS_MAX; i++)
			n += t[i].instead;
	free(t);
	return n;
}

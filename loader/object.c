/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A spec made real: its maps and programs in the kernel. */
#include "object_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct env *object_env(struct object *o)
{
	return o->env;
}

/* ---- maps ------------------------------------------------------------- */

static uint64_t map_bytes(const struct env *env, uint32_t type,
			  const struct spec_map *m, uint32_t entries)
{
	uint64_t value = (m->value_size + 7) & ~7u;

	switch (type) {
	case MAP_RINGBUF:
		return entries + 3 * (uint64_t)env->page_size;
	case MAP_HASH:		/* struct htab_elem: 48 bytes and a bucket */
		return entries * (48 + ((m->key_size + 7) & ~7u) + value + 16);
	case MAP_PERCPU_ARRAY:
		return entries * value * env->ncpus;
	default:
		return entries * value;
	}
}

/* Before 5.11 maps count as locked memory. */
static int create_once(struct env *env, const struct spec_map *m,
		       uint32_t type, uint32_t entries)
{
	bool sized = type == MAP_RINGBUF;
	uint32_t key = sized ? 0 : m->key_size;
	uint32_t value = sized ? 0 : m->value_size;
	int fd = sys_map_create(env, m->name, type, key, value, entries,
				m->flags);

	if (fd == -EPERM && memlock_raise())
		fd = sys_map_create(env, m->name, type, key, value, entries,
				    m->flags);
	return fd;
}

int object_create(struct object *o, const struct spec_map *m, uint32_t type,
		  uint32_t entries)
{
	struct env *env = o->env;
	int fd = create_once(env, m, type, entries);

	/* before 4.15 a name is one attribute too many */
	if ((fd == -EINVAL || fd == -E2BIG) &&
	    env->has.map_names == FEAT_UNKNOWN) {
		env->has.map_names = FEAT_NO;
		fd = create_once(env, m, type, entries);
		if (fd == -EINVAL || fd == -E2BIG)
			env->has.map_names = FEAT_UNKNOWN;
	}
	if (fd >= 0)
		o->kernel_bytes += map_bytes(env, type, m, entries);
	return fd;
}

static uint32_t round_up_ring(const struct env *env, uint32_t bytes)
{
	uint32_t n = env->page_size;

	while (n < bytes && n < 1u << 30)
		n *= 2;
	return n;
}

/* The map that carries events is what this kernel has for it. */
static int create_ring(struct object *o, const struct spec_map *m)
{
	struct env *env = o->env;
	struct spec_map perf = *m;
	int fd = -EINVAL;

	o->ring_bytes = round_up_ring(env, o->o.ring_bytes);
	if (env->has.ringbuf != FEAT_NO) {
		fd = object_create(o, m, MAP_RINGBUF, o->ring_bytes);
		if (fd == -EPERM || fd == -ENOMEM)
			return fd;
		env->has.ringbuf = fd >= 0 ? FEAT_YES : FEAT_NO;
		/* ring buffers are of 5.8, these helpers of 5.5 and, with
		 * CONFIG_CGROUPS, 4.18 */
		if (fd >= 0 && env->has.probe_read_kernel == FEAT_UNKNOWN)
			env->has.probe_read_kernel = FEAT_YES;
		if (fd >= 0 && env->has.cgroup_id == FEAT_UNKNOWN &&
		    !access("/proc/self/cgroup", F_OK))
			env->has.cgroup_id = FEAT_YES;
	}
	o->ring_is_ringbuf = fd >= 0;
	if (fd >= 0)
		return fd;
	perf.key_size = perf.value_size = 4;
	perf.flags = 0;
	o->kernel_bytes += (uint64_t)o->ring_bytes * env->ncpus;
	return object_create(o, &perf, MAP_PERF_EVENT_ARRAY, env->ncpus);
}

static int fill_data(struct env *env, int fd, const struct spec_map *m,
		     struct err *e)
{
	struct attr_map_elem freeze;
	uint32_t zero = 0;
	int err = m->data ? map_update(fd, &zero, m->data) : 0;

	if (err)
		return err_set(e, -err, "fill map %s", m->name);
	if (m->readonly) {
		memset(&freeze, 0, sizeof(freeze));
		freeze.map_fd = fd;
		env->bpf_calls++;
		sys_bpf(CMD_MAP_FREEZE, &freeze, sizeof(freeze));
	}
	return 0;
}

/* Maps are made when a program that is left after linking refers to them:
 * what an option switched off costs no memory. */
int object_map_fd(struct object *o, const char *name, struct err *e)
{
	const struct spec_map *m = spec_find_map(o->spec, name);
	struct spec_map sized;
	uint32_t entries;
	int fd, err = 0;
	size_t i;

	if (!strcmp(name, TWIN_MAP))
		return twin_map(o, e);
	if (!m)
		return err_set(e, ENOENT, "map %s", name);
	i = m - o->spec->maps;
	if (o->map_fds[i] >= 0)
		return o->map_fds[i];
	entries = m->max_entries;
	if (o->o.ring_map && !strcmp(name, o->o.ring_map)) {
		fd = create_ring(o, m);
	} else {
		if (o->o.resize)
			entries = o->o.resize(o->o.resize_ctx, m);
		if (m->type == MAP_PERF_EVENT_ARRAY && !entries)
			entries = o->env->ncpus;
		if (m->type == MAP_RINGBUF)
			entries = round_up_ring(o->env, entries);
		sized = *m;
		if (m->type == MAP_STACK_TRACE && o->o.frames)
			sized.value_size = o->o.frames * sizeof(uint64_t);
		fd = object_create(o, &sized, m->type, entries);
	}
	if (fd < 0) {
		err_set(e, -fd, "create map %s (type %u, %u entries)", name,
			m->type, entries);
		diagnose(e, o->env, DIAG_MAP, NULL, "");
		return fd;
	}
	if (m->data || m->readonly)
		err = fill_data(o->env, fd, m, e);
	if (err) {
		close(fd);
		return err;
	}
	return o->map_fds[i] = fd;
}

int object_map(const struct object *o, const char *name)
{
	const struct spec_map *m = spec_find_map(o->spec, name);

	return m ? o->map_fds[m - o->spec->maps] : -1;
}

int object_ring_map(struct object *o, bool *is_ringbuf, uint32_t *bytes)
{
	*is_ringbuf = o->ring_is_ringbuf;
	*bytes = o->ring_bytes;
	return object_map(o, o->o.ring_map);
}

/* ---- opening ---------------------------------------------------------- */

unsigned socketcall_constants(const char *machine, struct constant *c)
{
	const struct socketcalls *s = regs_socketcalls(machine);

	if (!s)
		return 0;
	c[0] = (struct constant){ "call_nr", s->nr };
	c[1] = (struct constant){ "call_arg", s->arg };
	c[2] = (struct constant){ "nr_socketcall", s->socketcall };
	c[3] = (struct constant){ "nr_accept4", s->accept4 };
	c[4] = (struct constant){ "nr_connect", s->connect };
	c[5] = (struct constant){ "call_arg2", s->arg2 };
	return SOCKETCALL_CONSTANTS;
}

/* The constants of the caller, and those that the kernel decides. */
static int add_constants(struct object *o)
{
	const struct constant ours[] = {
		{ "ringbuf", o->ring_is_ringbuf },
		{ "ring_wake", o->ring_bytes / 4 },	/* see ring.c */
		{ "cgroup_id", load_has_helper(o->env, HELPER_CGROUP_ID) },
		{ "kernel_word", o->env->word_size },
		/* the last: where it is true */
		{ "exit_errors", 1 },
	};
	uint32_t n = o->o.nconstants, nours = ARRAY_SIZE(ours);

	o->constants = calloc(n + ARRAY_SIZE(ours) + SOCKETCALL_CONSTANTS,
			      sizeof(*o->constants));
	if (!o->constants)
		return -ENOMEM;
	if (n)
		memcpy(o->constants, o->o.constants,
		       n * sizeof(*o->constants));
	/* syscall_get_return_value() is an errno without its sign there */
	if (!strncmp(o->env->machine, "mips", 4))
		nours--;
	memcpy(o->constants + n, ours, nours * sizeof(*ours));
	n += nours;
	o->nconstants = n + socketcall_constants(o->env->machine,
						 o->constants + n);
	return 0;
}

static int want_names(struct object *o, struct err *e)
{
	const char *names[512], *why = "";
	size_t n = link_core_names(o->spec, names, 0, ARRAY_SIZE(names));
	int err;

	for (const char *const *w = o->o.want;
	     w && *w && n < ARRAY_SIZE(names); w++)
		names[n++] = *w;
	err = resolver_want(&o->env->fields, names, n, &why);
	return err ? err_set(e, 0, "kernel types: %s", why) : 0;
}

int object_open(struct object **out, const struct spec *s, struct env *env,
		const struct object_opts *opts, struct err *e)
{
	struct object *o = calloc(1, sizeof(*o));
	int err = -ENOMEM;

	*out = NULL;
	if (!o)
		return err_set(e, ENOMEM, "object");
	o->spec = s;
	o->env = env;
	o->o = *opts;
	o->twin_fd = -1;
	err = spec_unpack(&o->unpacked, s, e);
	if (err)
		goto fail;
	if (o->unpacked)
		o->spec = s = o->unpacked;
	err = -ENOMEM;
	o->map_fds = malloc((s->nmaps + 1) * sizeof(*o->map_fds));
	if (!o->map_fds)
		goto fail;
	for (uint32_t i = 0; i < s->nmaps; i++)
		o->map_fds[i] = -1;
	if (o->o.ring_map) {
		err = object_map_fd(o, o->o.ring_map, e);
		if (err < 0)
			goto fail;
	}
	err = add_constants(o);
	if (!err)
		err = want_names(o, e);
	if (err)
		goto fail;
	*out = o;
	return 0;
fail:
	if (!e->no)
		err_set(e, -err, "object %s", s->name);
	object_close(o);
	return err;
}

/* ---- ending ----------------------------------------------------------- */

uint64_t object_kernel_bytes(const struct object *o)
{
	return o->kernel_bytes;
}

void object_close(struct object *o)
{
	if (!o)
		return;
	object_detach(o, 0);
	free(o->attached);
	for (unsigned i = 0; i < o->nprogs; i++) {
		close(o->progs[i].fd);
		free(o->progs[i].insns);
	}
	for (uint32_t i = 0; o->map_fds && i < o->spec->nmaps; i++)
		if (o->map_fds[i] >= 0)
			close(o->map_fds[i]);
	if (o->twin_fd >= 0)
		close(o->twin_fd);
	free(o->progs);
	free(o->map_fds);
	spec_free(o->unpacked);
	free(o->constants);
	free(o);
}

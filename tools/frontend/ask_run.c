/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From what was asked to programs that run, and back to what they tallied. */
#include "tools/frontend/ask_run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- programs ---------------------------------------------------------- */

static int open_object(struct asked *r, struct err *e)
{
	struct object_opts opts;
	const char *want[ASK_HOOKS_MAX + 1], *why = "";
	uint32_t n = 0;
	int len;

	len = filter_build(&r->o->filters, r->filter, &why);
	if (len < 0)
		return err_set(e, 0, "filter: %s", why);
	r->functions[0] = (struct function){ "filter", r->filter, len };
	for (uint32_t i = 0; i < r->hooks.n; i++)
		if (r->hooks.hooks[i].kind == HOOK_FENTRY ||
		    r->hooks.hooks[i].kind == HOOK_FEXIT)
			want[n++] = r->hooks.hooks[i].target;
	want[n] = NULL;
	memset(&opts, 0, sizeof(opts));
	opts.functions = r->functions;
	opts.nfunctions = 1;
	opts.want = want;
	if (r->o->dump)
		opts.dump = dump_program;
	return object_open(&r->object, r->spec, &r->env, &opts, e);
}

/*
 * Of what a glob found some cannot be probed, which is told; what was named
 * must be there, and so must something of each half of a latency.
 */
static int attach_half(struct asked *r, uint32_t from, uint32_t to,
		       struct err *e)
{
	struct err why = { .no = 0 };
	uint32_t failed = 0;
	char prog[24];

	for (uint32_t i = from; i < to; i++) {
		if (life_stopped())
			return err_set(e, EINTR, "attach");
		engine_prog(&r->ask, i, prog, sizeof(prog));
		if (!object_attach(r->object, prog, &r->hooks.hooks[i], &why))
			continue;
		if (!failed++ || r->hooks.named[i])
			*e = why;
		if (r->hooks.named[i])
			return -e->no;
	}
	if (failed && failed == to - from)
		return -e->no;
	if (failed)
		say("%u of %u hooks cannot be probed; %s", failed, to - from,
		    e->msg);
	return 0;
}

static int attach_all(struct asked *r, struct err *e)
{
	/* the ends first: a start without one would stay */
	int err = attach_half(r, r->ask.nstart, r->ask.nhooks, e);

	return err ? err : attach_half(r, 0, r->ask.nstart, e);
}

int asked_start(struct asked *r)
{
	struct err e = { .no = 0 };
	int err = caps_check(&e);
	const char *module;
	uint64_t off;

	if (!err)
		err = env_open(&r->env, &r->o->env, &e);
	if (err)
		return fail_err(&e);
	r->opened = true;
	if (r->o->verbose > 1)
		r->env.log = verifier_log;
	err = ask_take(r, &e);
	if (err) {
		err = fail_err(&e);
		return e.no == EINVAL ? EXIT_USAGE : err;
	}
	err = open_object(r, &e);
	if (!err && r->o->filters.ncgroup && r->env.has.cgroup_id == FEAT_NO) {
		err_set(&e, 0, "--cgroup: this kernel does not tell programs "
			"the cgroup (Linux 4.18, CONFIG_CGROUPS)");
		err = -(e.no = ENOTSUP);
	}
	if (!err)
		err = attach_all(r, &e);
	if (err)
		return fail_err(&e);
	if (r->o->dump || r->o->dry_run)
		return EXIT_OK;
	/* the kernel's symbols are read once; those of processes are their
	 * files', for which it takes more than what is kept */
	if (r->stacks.ksyms)
		ksyms_find(r->stacks.ksyms, 0, &off, &module);
	if (!asked_has(r, FROM_USTACK))
		caps_drop(r->env.has.kprobe_pmu == FEAT_NO &&
			  r->env.has.kprobe != FEAT_NO);
	return -1;
}

void asked_stop(struct asked *r)
{
	int fd = object_map(r->object, "stats");

	r->losses.missed = object_missed(r->object);
	object_detach(r->object, 0);
	if (fd >= 0)
		r->losses.state_full = map_sum(fd, STAT_STATE_FULL,
					       r->env.ncpus);
}

/* ---- what was tallied -------------------------------------------------- */

/* All of the map at one time, sorted by key. */
struct snapshot {
	uint8_t *items;		/* key, struct ask_tally */
	size_t n, size, key_size;
};

static void snapshot_free(struct snapshot *s)
{
	if (s)
		free(s->items);
	free(s);
}

static size_t compared;		/* bytes, for by_key() */

static int by_key(const void *a, const void *b)
{
	return memcmp(a, b, compared);
}

static int snapshot_add(struct snapshot *s, size_t *cap, const void *key,
			const struct ask_tally *t)
{
	uint8_t *items = s->items;

	if (s->n == *cap) {
		*cap = *cap ? *cap * 2 : 256;
		items = realloc(s->items, *cap * s->size);
		if (!items)
			return -ENOMEM;
		s->items = items;
	}
	items += s->n++ * s->size;
	memcpy(items, key, s->key_size);
	memcpy(items + s->key_size, t, sizeof(*t));
	return 0;
}

static int snapshot_take(struct snapshot **out, int fd, size_t key_size)
{
	uint64_t key[ASK_KEY_MAX / 8 + 1], next[ASK_KEY_MAX / 8 + 1];
	struct snapshot *s = calloc(1, sizeof(*s));
	struct ask_tally t;
	size_t cap = 0;
	int err = s ? map_next(fd, NULL, next) : -ENOMEM;

	if (s) {
		s->key_size = key_size;
		s->size = key_size + sizeof(t);
	}
	while (!err) {
		memcpy(key, next, key_size);
		if (!map_lookup(fd, key, &t))
			err = snapshot_add(s, &cap, key, &t);
		if (!err)
			err = map_next(fd, key, next);
	}
	if (err != -ENOENT) {
		snapshot_free(s);
		return err;
	}
	compared = key_size;
	if (s->n)
		qsort(s->items, s->n, s->size, by_key);
	*out = s;
	return 0;
}

static void subtract(struct ask_tally *t, const struct snapshot *told,
		     const uint8_t *key)
{
	const uint8_t *was = NULL;
	struct ask_tally old;

	if (told && told->n)
		was = bsearch(key, told->items, told->n, told->size, by_key);
	if (!was)
		return;
	memcpy(&old, was + told->key_size, sizeof(old));
	t->count -= old.count;
	t->total -= old.total;
}

static size_t map_key_size(const struct ask *a)
{
	size_t n = ask_key_size(a);

	return a->what == ASK_HIST || a->what == ASK_LHIST || !n ? n + 8 : n;
}

int asked_heap(struct asked *r, struct heap **out, bool all)
{
	int fd = object_map(r->object, "tally"), err;
	struct snapshot *now = NULL;
	struct heap *h = heap_new(&r->ask);
	struct ask_tally t;
	bool any = false;

	if (!h)
		return -ENOMEM;
	err = fd < 0 ? 0 : snapshot_take(&now, fd, map_key_size(&r->ask));
	for (size_t i = 0; now && i < now->n && !err; i++) {
		const uint8_t *key = now->items + i * now->size;

		memcpy(&t, key + now->key_size, sizeof(t));
		if (!all)
			subtract(&t, r->told, key);
		if (t.count)
			err = heap_add(h, key, &t);
		any = any || t.count;
	}
	/* without keys it has an answer, too, that there was nothing */
	memset(&t, 0, sizeof(t));
	if (!err && !any && !r->ask.nkeys && r->ask.what != ASK_HIST &&
	    r->ask.what != ASK_LHIST)
		err = heap_add(h, &t, &t);
	if (!err)
		err = heap_sort(h, r->o->ask.rows);
	if (err) {
		heap_free(h);
		snapshot_free(now);
		return err;
	}
	snapshot_free(r->told);
	r->told = now;
	*out = h;
	return 0;
}

/* ---- stacks ------------------------------------------------------------ */

void asked_note(struct asked *r)
{
	int fd = object_map(r->object, "tally");
	struct snapshot *now = NULL;
	uint64_t pid;

	if (!asked_has(r, FROM_USTACK) || fd < 0 ||
	    snapshot_take(&now, fd, map_key_size(&r->ask)))
		return;
	for (size_t i = 0; i < now->n; i++) {
		memcpy(&pid, now->items + i * now->size + r->pid_off,
		       sizeof(pid));
		usyms_note(r->stacks.usyms, (uint32_t)pid);
	}
	snapshot_free(now);
}

void asked_stack(void *ctx, const struct ask_value *v, int64_t id,
		 const uint8_t *key, char *buf, size_t len)
{
	uint64_t ips[ASK_STACK_DEPTH] = { 0 }, pid = 0;
	int32_t k = (int32_t)id;
	struct asked *r = ctx;

	buf[0] = '\0';
	if (map_lookup(object_map(r->object, "stacks"), &k, ips))
		return;
	if (v->from == FROM_USTACK && r->pid_off >= 0)
		memcpy(&pid, key + r->pid_off, sizeof(pid));
	stack_text(&r->stacks, ips, ASK_STACK_DEPTH, (uint32_t)pid, buf, len);
}

void asked_release(struct asked *r)
{
	ksyms_free(r->stacks.ksyms);
	usyms_free(r->stacks.usyms);
	object_close(r->object);
	engine_free(r->spec);
	snapshot_free(r->told);
	ask_words_free(&r->words);
	ask_hooks_free(&r->hooks);
	if (r->opened)
		env_close(&r->env);
}

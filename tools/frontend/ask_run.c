/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From what was asked to programs that run, and back to what they tallied. */
#include "tools/frontend/ask_run.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define RING_BYTES (256u << 10)

/* ---- the request ------------------------------------------------------- */

static int take_hooks(struct asked *r, struct err *e)
{
	const struct ask_options *o = &r->o->ask;
	int err = 0;

	for (int i = 0; i < o->nhooks && !err; i++) {
		err = ask_hooks_parse(&r->hooks, o->hooks[i], &r->env, e);
		if (i == 0 && o->latency)
			r->ask.nstart = r->hooks.n;
	}
	r->ask.hooks = r->hooks.hooks;
	r->ask.nhooks = r->hooks.n;
	if (!err && o->latency && r->ask.nhooks == r->ask.nstart)
		err = err_set(e, 0, "--latency: want the hook that begins and "
			      "those that end");
	return err;
}

static int parse_word(struct ask_value *v, const char *text,
		      const struct ask_world *w, struct asked *r,
		      struct err *e)
{
	return ask_value_parse(v, text, strlen(text), w, &r->words, e);
}

/* The two halves of a latency may have the same socket in different places. */
static int take_on(struct asked *r, const struct ask_world *at_end,
		   struct err *e)
{
	struct ask_world at_start = *at_end;
	const char *on = r->o->ask.on ? r->o->ask.on : "tid";
	int err;

	if (!r->o->ask.latency)
		return r->o->ask.on ? err_set(e, 0, "--on goes with --latency")
				    : 0;
	at_start.hook = &r->ask.hooks[0];
	err = parse_word(&r->ask.on[0], on, &at_start, r, e);
	return err ? err : parse_word(&r->ask.on[1], on, at_end, r, e);
}

static int take_value(struct asked *r, const struct ask_world *w,
		      struct err *e)
{
	const char *of = r->o->ask.of;

	if (r->ask.what == ASK_COUNT)
		return of ? err_set(e, 0, "--of: what is counted is hits; "
				    "sum, stats, hist and lhist take a value") :
			    0;
	if (!of && r->o->ask.latency)
		of = "latency";
	if (!of)
		return err_set(e, 0, "%s of what? --of arg2, --of retval ...",
			       r->o->tool->name);
	r->unit = !strcmp(of, "latency") ? "ns" : "";
	return parse_word(&r->ask.value, of, w, r, e);
}

/* "0,128,1" */
static int take_range(struct asked *r, struct err *e)
{
	const char *text = r->o->ask.range;
	int n = 0;

	if (r->ask.what != ASK_LHIST)
		return text ? err_set(e, 0, "--range is of lhist") : 0;
	if (!text)
		return err_set(e, 0, "--range LO,HI,STEP: of which buckets?");
	if (sscanf(text, "%" SCNd64 ",%" SCNd64 ",%" SCNd64 "%n", &r->ask.min,
		   &r->ask.max, &r->ask.step, &n) != 3 || text[n] ||
	    r->ask.step <= 0 || r->ask.max <= r->ask.min)
		return err_set(e, 0, "--range '%s': want LO,HI,STEP with HI "
			       "above LO and a step above 0", text);
	if ((uint64_t)(r->ask.max - r->ask.min) / r->ask.step > 1000)
		return err_set(e, 0, "--range '%s': more than 1000 buckets",
			       text);
	return 0;
}

static bool has_key(const struct asked *r, int from)
{
	for (uint32_t i = 0; i < r->ask.nkeys; i++)
		if (r->ask.keys[i].from == from)
			return true;
	return false;
}

/* Where the process is in a key, -1: nowhere. */
static int find_pid(const struct asked *r)
{
	int off = 0;

	for (uint32_t i = 0; i < r->ask.nkeys; i++) {
		if (r->ask.keys[i].from == FROM_PID)
			return off;
		off += (int)ask_value_size(&r->ask.keys[i]);
	}
	return -1;
}

static bool has_stacks(const struct asked *r)
{
	return has_key(r, FROM_KSTACK) || has_key(r, FROM_USTACK);
}

/* Addresses of a user stack mean something in its process only: that is a key
 * as well. */
static int take_stacks(struct asked *r, struct err *e)
{
	if (!has_stacks(r))
		return 0;
	if (has_key(r, FROM_USTACK) && !has_key(r, FROM_PID)) {
		if (r->ask.nkeys == ASK_KEYS)
			return err_set(e, 0, "--by: no room for the pid that "
				       "ustack needs");
		r->ask.keys[r->ask.nkeys++] = (struct ask_value){
			.from = FROM_PID, .shape = SHAPE_U64, .name = "pid" };
	}
	r->stacks.build_ids = r->o->ask.no_symbols;
	r->stacks.usyms = usyms_new();
	r->stacks.ksyms = r->o->ask.no_symbols ? NULL : ksyms_new();
	return 0;
}

static int take_keys(struct asked *r, struct err *e)
{
	const struct ask_options *o = &r->o->ask;
	struct ask_world w = {
		.env = &r->env, .sock = o->sock,
		.hook = &r->ask.hooks[r->ask.nstart],
	};
	int n, err;

	n = o->by ? ask_list_parse(r->ask.keys, ASK_KEYS, o->by, &w, &r->words,
				   e) : 0;
	if (n < 0)
		return err_wrap(e, "--by");
	r->ask.nkeys = n;
	n = o->where ? ask_where_parse(r->ask.tests, ASK_TESTS, o->where, &w,
				       &r->words, e) : 0;
	if (n < 0)
		return err_wrap(e, "--where");
	r->ask.ntests = n;
	err = take_value(r, &w, e);
	if (!err)
		err = take_range(r, e);
	if (!err)
		err = take_stacks(r, e);
	return err ? err : take_on(r, &w, e);
}

/* ---- programs ---------------------------------------------------------- */

static void dump(void *ctx, const struct spec_prog *p, const struct hook *h,
		 const struct linked *l)
{
	(void)ctx;
	printf("%s for %s:%s, %u instructions\n", p->name,
	       hook_kind_name(h->kind), h->target, l->ninsns);
	insn_dump(stdout, l->insns, l->ninsns, l->relocs, l->nrelocs, l->lines,
		  l->nlines);
	putchar('\n');
}

static int bind_args(struct asked *r, struct err *e)
{
	char args[256];
	const char *why = "";

	for (uint32_t i = 0; i < r->hooks.n; i++) {
		struct hook *h = &r->hooks.hooks[i];

		if (engine_args(&r->ask, i, args, sizeof(args), &why))
			return err_set(e, 0, "%s:%s: %s",
				       hook_kind_name(h->kind), h->target, why);
		h->args = *args ? strdup(args) : "";
		if (!h->args)
			return err_set(e, ENOMEM, "hooks");
	}
	return 0;
}

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
	opts.ring_bytes = RING_BYTES;
	if (r->o->dump)
		opts.dump = dump;
	return object_open(&r->object, r->spec, &r->env, &opts, e);
}

/* Of what a glob found some cannot be probed, which is told; what was named
 * must be there. */
static int attach_all(struct asked *r, struct err *e)
{
	struct err why = { .no = 0 };
	uint32_t failed = 0;
	char prog[16];

	for (uint32_t i = 0; i < r->hooks.n; i++) {
		engine_prog(&r->ask, i, prog, sizeof(prog));
		if (!object_attach(r->object, prog, &r->hooks.hooks[i], &why))
			continue;
		if (r->hooks.n == (uint32_t)r->o->ask.nhooks) {
			*e = why;
			return -e->no;
		}
		if (!failed++)
			*e = why;
	}
	if (failed == r->hooks.n)
		return -e->no;
	if (failed)
		say("%u of %u hooks cannot be probed; %s", failed, r->hooks.n,
		    e->msg);
	return 0;
}

/* What was asked for, as programs; mistakes are those of who asked. */
static int understand(struct asked *r, struct err *e)
{
	const char *why = "";
	int err = take_hooks(r, e);

	if (!err)
		err = take_keys(r, e);
	if (err)
		return err;
	r->ask.filter = filter_on_owner(&r->o->filters) ||
			r->o->filters.nnetns;
	r->pid_off = find_pid(r);
	err = engine_spec(&r->spec, &r->ask, &why);
	return err ? err_set(e, 0, "%s", why) : bind_args(r, e);
}

int asked_start(struct asked *r)
{
	struct err e = { .no = 0 };
	int err = caps_check(&e);

	if (!err)
		err = env_open(&r->env, &r->o->env, &e);
	if (err)
		return fail_err(&e);
	r->opened = true;
	err = understand(r, &e);
	if (err) {
		err = fail_err(&e);
		return e.no == EINVAL ? EXIT_USAGE : err;
	}
	err = open_object(r, &e);
	if (!err)
		err = attach_all(r, &e);
	if (err)
		return fail_err(&e);
	if (r->o->dump || r->o->dry_run)
		return EXIT_OK;
	/* symbols are read from the kernel's and other processes' files */
	if (!has_stacks(r))
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
	}
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

	if (!has_key(r, FROM_USTACK) || fd < 0 ||
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

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From what was asked to programs that run, and back to what they tallied. */
#include "loader/symbols.h"
#include "tools/frontend/ask_run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- programs ---------------------------------------------------------- */

static int open_object(struct query *q, struct err *e)
{
	struct asked *r = q->r;
	struct object_opts opts;
	const char *want[ASK_HOOKS_MAX + 1];
	uint32_t n = 0;
	int err = target_opts(&opts, &r->filter, r->env, r->o, e);

	if (err)
		return err;
	for (uint32_t i = 0; i < q->hooks.n; i++)
		if (q->hooks.hooks[i].kind == HOOK_FENTRY ||
		    q->hooks.hooks[i].kind == HOOK_FEXIT)
			want[n++] = q->hooks.hooks[i].target;
	want[n] = NULL;
	r->functions[0] = r->filter.functions[0];
	r->functions[1] = r->networks.function;
	opts.functions = r->functions;
	opts.nfunctions = 2;
	opts.want = want;
	opts.constants = r->constants;
	opts.nconstants = 1;
	return object_open(&q->object, q->spec, r->env, &opts, e);
}

/* A hook, and where its function is entered if that is needed as well; the
 * return first: what was kept without one would stay. */
static int attach_hook(struct query *q, uint32_t i, struct err *e)
{
	char prog[24], args[ENGINE_ENTRY_ARGS];
	struct hook entry;
	int err;

	engine_prog(&q->ask, i, prog, sizeof(prog));
	err = object_attach(q->object, prog, &q->hooks.hooks[i], e);
	if (!err && engine_entry(&q->ask, i, &entry, args, prog, sizeof(prog)))
		err = object_attach(q->object, prog, &entry, e);
	return err;
}

/*
 * Of what a glob found some cannot be probed, which is told; what was named
 * must be there, and so must something of each role of a latency.  Where files
 * run out the rest was not tried.
 */
static int attach_role(struct query *q, enum ask_role role, struct err *e)
{
	const uint32_t from = ask_role_from(&q->ask, role);
	const uint32_t to = ask_role_from(&q->ask, role + 1);
	struct err why = { .no = 0 };
	uint32_t failed = 0, told = 0;
	bool must;

	for (uint32_t i = from; i < to; i++) {
		if (life_stopped())
			return err_set(e, EINTR, "attach");
		if (!attach_hook(q, i, &why))
			continue;
		if (q->hooks.maybe[i])
			ask_hooks_absent(&q->hooks, q->hooks.hooks[i].target);
		else
			told++;
		must = q->hooks.named[i] || why.no == EMFILE;
		if (!failed++ || must)
			*e = why;
		if (must)
			return -e->no;
	}
	if (failed && failed == to - from)
		return -e->no;
	if (told)
		say("%u of %u hooks cannot be probed; %s", told, to - from,
		    e->msg);
	return 0;
}

static int attach_all(struct query *q, struct err *e)
{
	int err = 0;

	/* what starts a clock comes last: one without an end would stay */
	for (unsigned i = ASK_STARTS + 1; i <= ASK_ROLES && !err; i++)
		err = attach_role(q, i % ASK_ROLES, e);
	return err;
}

/* ---- parts and their ways ----------------------------------------------- */

static void query_release(struct query *q)
{
	object_close(q->object);
	engine_free(q->spec);
	ask_words_free(&q->words);
	ask_hooks_free(&q->hooks);
	memset(&q->ask, 0, sizeof(q->ask));
	q->object = NULL;
	q->spec = NULL;
}

static int try_way(struct query *q, int way, struct err *e)
{
	int err;

	q->way = way;
	err = ask_take(q, e);
	q->refused[way] = err == -EINVAL;
	if (!err)
		err = open_object(q, e);
	if (!err)
		err = attach_all(q, e);
	if (err)
		query_release(q);
	return err;
}

/* Is it the words of who asks that are wrong? */
static const struct err *wrong_words(const struct query *q)
{
	const struct ask_options *o = &q->r->o->ask;

	for (unsigned i = 0; i < q->part->nways; i++)
		if (q->refused[i] && (o->by || o->where || o->nhooks))
			return &q->why[i];
	return NULL;
}

static int start_part(struct query *q, struct err *e)
{
	const struct part *p = q->part;

	for (unsigned i = 0; i < p->nways; i++) {
		if (!ask_applies(q->r->o, &p->ways[i]))
			continue;
		if (!try_way(q, (int)i, &q->why[i]))
			return 0;
		if (life_stopped())
			break;
	}
	q->way = -1;
	if (wrong_words(q)) {
		*e = *wrong_words(q);
		if (*p->name)
			err_wrap(e, "%s", p->name);
	} else if (p->nways == 1) {
		*e = q->why[0];
	} else {
		no_way(p->text, q->why, p->nways, e);
	}
	return -e->no;
}

/* What other parts have taken are no mistakes of who asks. */
static bool words_taken(const struct asked *r)
{
	for (unsigned i = 0; i < r->nqueries; i++)
		if (r->queries[i].way >= 0)
			return true;
	return false;
}

/* Has it any way for what the command line has? */
static bool part_applies(const struct options *o, const struct part *p)
{
	for (unsigned i = 0; i < p->nways; i++)
		if (ask_applies(o, &p->ways[i]))
			return true;
	return false;
}

static int start_parts(struct asked *r, const struct part *parts,
		       struct err *e)
{
	int err = networks_init(&r->networks, r->o, e);

	r->constants[0] = (struct constant){ "want_netns",
					     r->o->filters.nnetns > 0 };
	ask_foresee(r->env, r->o, parts);
	for (; parts->name && !err; parts++) {
		struct query *q = &r->queries[r->nqueries];

		if (!part_applies(r->o, parts))
			continue;
		r->nqueries++;
		q->r = r;
		q->part = parts;
		err = start_part(q, e);
		if (err && parts->optional && !life_stopped() &&
		    (!wrong_words(q) || words_taken(r))) {
			say(wrong_words(q) ? "%s: not shown: %s" : "%s: %s",
			    parts->name, wrong_words(q) ?
			    wrong_words(q)->msg : e->msg);
			err = 0;
		}
	}
	return err;
}

static int check_cgroups(const struct asked *r, struct err *e)
{
	if (!r->o->filters.ncgroup || r->env->has.cgroup_id != FEAT_NO)
		return 0;
	err_set(e, 0, "--cgroup: this kernel does not tell programs the "
		"cgroup (Linux 4.18, CONFIG_CGROUPS)");
	return -(e->no = ENOTSUP);
}

static bool any_has(const struct asked *r, int from)
{
	for (unsigned i = 0; i < r->nqueries; i++)
		if (query_has(&r->queries[i], from))
			return true;
	return false;
}

/* Mistakes in what was asked, and ways that this kernel has not got. */
static int start_failed(const struct asked *r, const struct err *e)
{
	const struct query *q = &r->queries[r->nqueries - 1];
	int code = fail_err(e);

	return q->way < 0 && wrong_words(q) ? EXIT_USAGE : code;
}

static void plan_way(FILE *out, const struct query *q, unsigned i)
{
	const struct ask_options *o = &q->r->o->ask;
	const struct way *w = &q->part->ways[i];
	const struct err *why = &q->why[i];
	bool used = (int)i == q->way;

	fprintf(out, "  %-10s", used ? "used" : why->msg[0] ? "no" :
		"not tried");
	for (int k = 0; k < o->nhooks; k++)
		fprintf(out, "%s%s", k ? " " : "", o->hooks[k]);
	if (!o->nhooks && w->hooks)
		fputs(used ? q->words_of_way.hooks : w->hooks, out);
	if (w->note)
		fprintf(out, " (%s)", w->note);
	fputc('\n', out);
	if (!used && why->msg[0])
		fprintf(out, "            %s\n", why->msg);
	if (used && q->hooks.absent)
		fprintf(out, "            not here: %s\n", q->hooks.absent);
}

/* A line for each way of each part: used, why not, or not tried. */
static void ask_plan(FILE *out, const struct asked *r)
{
	for (unsigned k = 0; k < r->nqueries; k++) {
		const struct query *q = &r->queries[k];

		fprintf(out, "%s: %s%s\n", q->part->name, q->part->text,
			q->part->optional ? " (optional)" : "");
		for (unsigned i = 0; i < q->part->nways; i++)
			if (ask_applies(r->o, &q->part->ways[i]))
				plan_way(out, q, i);
	}
	fflush(out);
}

int asked_start(struct asked *r, const struct part *parts)
{
	struct err e = { .no = 0 };
	int err, ret = kernel_open(&r->own, r->o);

	r->env = &r->own;
	if (ret >= 0)
		return ret;
	r->start_ns = now_ns();
	err = start_parts(r, parts, &e);
	if (life_stopped())
		return EXIT_OK;
	if (!err)
		err = check_cgroups(r, &e);
	if (r->o->plan || r->o->verbose)
		ask_plan(r->o->plan ? stdout : stderr, r);
	if (err)
		return start_failed(r, &e);
	if (r->o->dump || r->o->dry_run || r->o->plan)
		return EXIT_OK;
	ask_argument_tell(r);
	/* those of processes are their files', and take more than is kept */
	if (r->stacks.usyms && !r->stacks.build_ids)
		r->stacks.ksyms = env_functions(r->env);
	else if (parts->what != ASK_TRACE)	/* see run_rows() */
		env_functions_forget(r->env);
	return -1;
}

bool asked_users(const struct asked *r)
{
	return any_has(r, FROM_USTACK);
}

uint64_t asked_full(const struct asked *r)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < r->nqueries; i++) {
		int fd = r->queries[i].object ?
			 object_map(r->queries[i].object, "stats") : -1;

		if (fd >= 0)
			n += map_sum(fd, STAT_STATE_FULL, r->env->ncpus);
	}
	return n;
}

void asked_stop(struct asked *r)
{
	for (unsigned i = 0; i < r->nqueries; i++) {
		struct object *o = r->queries[i].object;

		if (!o)
			continue;
		r->losses.missed += object_missed(o);
		object_detach(o, 0);
	}
	r->losses.state_full = asked_full(r);
}

static void print_way(const struct query *q)
{
	const struct way *w = q->way < 0 ? NULL : &q->part->ways[q->way];

	printf(DOCTOR_ROLE "%s%s%s%s\n", q->part->name, w ? w->hooks : "none",
	       w && w->note ? " (" : "", w && w->note ? w->note : "",
	       w && w->note ? ")" : "");
}

bool ask_check(struct env *env, const struct tool *t, bool verbose)
{
	static struct options o;
	static struct asked r;
	struct err e = { .no = 0 };
	int err;

	memset(&o, 0, sizeof(o));
	memset(&r, 0, sizeof(r));
	o.tool = t;
	r.o = &o;
	r.env = env;
	err = start_parts(&r, t->parts, &e);
	printf(DOCTOR_TOOL "%s\n", t->name, err ? "no" : "yes");
	if (err)
		printf("  %s\n", e.msg);
	for (unsigned i = 0; i < r.nqueries && !err; i++)
		print_way(&r.queries[i]);
	if (verbose)
		ask_plan(stdout, &r);
	asked_release(&r);
	return !err;
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

int asked_begin(struct asked *r)
{
	int err = 0;

	for (unsigned i = 0; i < r->nqueries && !err; i++) {
		struct query *q = &r->queries[i];
		int fd = q->object ? object_map(q->object, "tally") : -1;

		if (fd >= 0)
			err = snapshot_take(&q->first, fd,
					    map_key_size(&q->ask));
	}
	return err;
}

int asked_heap(struct query *q, struct heap **out, bool all)
{
	int fd = object_map(q->object, "tally"), err;
	struct snapshot *now = NULL;
	struct heap *h = heap_new(&q->ask);
	struct ask_tally t;
	bool any = false;

	if (!h)
		return -ENOMEM;
	err = fd < 0 ? 0 : snapshot_take(&now, fd, map_key_size(&q->ask));
	for (size_t i = 0; now && i < now->n && !err; i++) {
		const uint8_t *key = now->items + i * now->size;

		memcpy(&t, key + now->key_size, sizeof(t));
		subtract(&t, all || !q->told ? q->first : q->told, key);
		if (t.count)
			err = heap_add(h, key, &t);
		any = any || t.count;
	}
	/* without keys it has an answer, too, that there was nothing */
	memset(&t, 0, sizeof(t));
	if (!err && !any && !q->ask.nkeys && q->ask.what != ASK_HIST &&
	    q->ask.what != ASK_LHIST)
		err = heap_add(h, &t, &t);
	if (!err)
		err = heap_sort(h, (uint32_t)q->r->o->ask.rows);
	if (err) {
		heap_free(h);
		snapshot_free(now);
		return err;
	}
	snapshot_free(q->told);
	q->told = now;
	*out = h;
	return 0;
}

/* ---- stacks ------------------------------------------------------------ */

static void note_query(struct query *q)
{
	int fd = object_map(q->object, "tally");
	struct snapshot *now = NULL;
	if (!query_has(q, FROM_USTACK) || fd < 0 ||
	    snapshot_take(&now, fd, map_key_size(&q->ask)))
		return;
	for (size_t i = 0; i < now->n; i++)
		usyms_note(q->r->stacks.usyms,
			   ask_key_pid(&q->ask, now->items + i * now->size));
	snapshot_free(now);
}

void asked_note(struct asked *r)
{
	for (unsigned i = 0; i < r->nqueries; i++)
		if (r->queries[i].object)
			note_query(&r->queries[i]);
}

void asked_stack(void *ctx, const struct ask_value *v, int64_t id,
		 const uint8_t *key, char *buf, size_t len)
{
	uint64_t ips[STACK_DEPTH] = { 0 };
	uint32_t pid = 0;
	int32_t k = (int32_t)id;
	struct query *q = ctx;

	buf[0] = '\0';
	if (map_lookup(object_map(q->object, "stacks"), &k, ips))
		return;
	if (v->from == FROM_USTACK)
		pid = ask_key_pid(&q->ask, key);
	stack_text(&q->r->stacks, ips, STACK_DEPTH, pid, buf, len);
}

void asked_release(struct asked *r)
{
	for (unsigned i = 0; i < r->nqueries; i++) {
		snapshot_free(r->queries[i].first);
		snapshot_free(r->queries[i].told);
		query_release(&r->queries[i]);
	}
	reasons_free(r->reasons);
	usyms_free(r->stacks.usyms);
	if (r->env == &r->own)
		env_close(r->env);
}

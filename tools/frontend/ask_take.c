/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From the options to a request, and to the spec of its programs. */
#include "tools/frontend/ask_int.h"
#include "tools/frontend/ask_run.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

/* The words of the way that is taken, else of the part. */
static const char *words_of(const char *way, const char *part)
{
	return way ? way : part;
}
#define WORDS(q, what)							\
	words_of((q)->words_of_way.what, (q)->part->what)

bool ask_applies(const struct options *o, const struct way *w)
{
	bool named = (w->hooks && strchr(w->hooks, '%')) ||
		     (w->where && strchr(w->where, '%'));

	return !o->tool->argument || named == (o->argument != NULL);
}

/* *@text with the argument in place of each '%'. */
static int put_argument(struct query *q, const char **text, struct err *e)
{
	const char *argument = q->r->o->argument, *s;
	const struct asking a = { NULL, &q->words, e };
	char buf[4 * ASK_WORD_MAX], *p = buf;

	if (!*text || !argument || !strchr(*text, '%'))
		return 0;
	for (s = *text; *s && p < buf + sizeof(buf) - ASK_WORD_MAX; s++) {
		if (*s == '%')
			p = stpcpy(p, argument);
		else
			*p++ = *s;
	}
	*text = ask_keep(&a, buf, (size_t)(p - buf));
	return *text ? 0 : -e->no;
}

static int take_words(struct query *q, struct err *e)
{
	struct way *w = &q->words_of_way;
	int err;

	*w = q->part->ways[q->way];
	err = put_argument(q, &w->hooks, e);
	if (!err)
		err = put_argument(q, &w->forget, e);
	if (!err)
		err = put_argument(q, &w->by, e);
	return err ? err : put_argument(q, &w->where, e);
}

static const struct hook *start_hook(const struct query *q)
{
	return q->ask.nstart ? &q->ask.hooks[0] : NULL;
}

/* What words mean at @h. */
static struct ask_world world_at(const struct query *q, const struct hook *h)
{
	return (struct ask_world){
		.env = q->r->env, .hook = h, .sock = WORDS(q, sock),
		.dev = q->words_of_way.dev, .start = start_hook(q),
	};
}

static int take_hook(struct query *q, const char *word, struct err *e)
{
	int err = ask_hooks_parse(&q->hooks, word, q->r->env, e);

	if (!q->ask.nstart && q->part->latency)
		q->ask.nstart = q->hooks.from = q->hooks.n;
	return err;
}

static int take_hook_list(struct query *q, const char *text, struct err *e)
{
	char word[256];
	int err = 0, len;

	while (text && sscanf(text, " %255s%n", word, &len) == 1 && !err) {
		err = take_hook(q, word, e);
		text += len;
	}
	return err;
}

static int take_hooks(struct query *q, struct err *e)
{
	const struct ask_options *o = &q->r->o->ask;
	unsigned ends;
	int err = 0;

	/* those of the command line come before a tool's */
	for (int i = 0; i < o->nhooks && !err; i++)
		err = take_hook(q, o->hooks[i], e);
	if (!o->nhooks)
		err = take_hook_list(q, q->words_of_way.hooks, e);
	ends = q->hooks.n;
	if (!err)
		err = take_hook_list(q, q->words_of_way.forget, e);
	q->ask.hooks = q->hooks.hooks;
	q->ask.nhooks = q->hooks.n;
	q->ask.nforget = q->hooks.n - ends;
	if (!err && q->part->latency && ends == q->ask.nstart)
		err = ask_bad(e, "--latency: want the hook that begins and "
			      "those that end");
	return err;
}

static int parse_word(struct ask_value *v, const char *text,
		      const struct ask_world *w, struct query *q,
		      struct err *e)
{
	return ask_value_parse(v, text, strlen(text), w, &q->words, e);
}

static int want_number(const struct ask_value *v, const char *option,
		       struct err *e)
{
	return v->shape == SHAPE_U64 || v->shape == SHAPE_S64 ? 0 :
	       ask_bad(e, "%s '%s' is no number", option, v->name);
}

/* The hooks of @role may have the same socket in a place of their own; what
 * follows in *@words, unless this is the last word. */
static int take_on_role(struct query *q, const char **words, uint32_t hook,
			struct err *e)
{
	struct ask_value *on = &q->ask.on[ask_role_of(&q->ask, hook)];
	const struct ask_world w = world_at(q, &q->ask.hooks[hook]);
	size_t len = strcspn(*words, ",");
	int err = ask_value_parse(on, *words, len, &w, &q->words, e);

	if (err)
		return err;
	if ((*words)[len])
		*words += len + 1;
	if (on->from == FROM_LATENCY)
		return ask_bad(e, "--on 'latency' is not known as it begins");
	return want_number(on, "--on", e);
}

static int take_on(struct query *q, struct err *e)
{
	const char *on = WORDS(q, on);
	int err;

	if (!q->part->latency)
		return on ? ask_bad(e, "--on goes with --latency") : 0;
	if (!on)
		on = "tid";
	err = take_on_role(q, &on, 0, e);
	if (!err)
		err = take_on_role(q, &on, q->ask.nstart, e);
	if (!err && q->ask.nforget)
		err = take_on_role(q, &on, q->ask.nhooks - q->ask.nforget, e);
	return err;
}

/* "sk_buff.next" */
static int take_next(struct query *q, struct err *e)
{
	const struct ask_world w = { .env = q->r->env };
	const struct asking a = { &w, &q->words, e };
	const char *next = q->words_of_way.next;
	struct ask_value v = { .from = FROM_ARG };
	int err = next ? ask_chain(&a, &v, next) : 0;

	q->ask.next = v.steps[0];
	return err;
}

static int take_value(struct query *q, const struct ask_world *w,
		      struct err *e)
{
	const char *of = WORDS(q, of);
	int err;

	if (q->ask.what == ASK_TRACE)
		return 0;
	if (q->ask.what == ASK_COUNT)
		return of ? ask_bad(e, "--of: what is counted is hits; "
				    "sum, stats, hist and lhist take a value") :
			    0;
	if (!of && q->part->latency)
		of = "latency";
	if (!of)
		return ask_bad(e, "%s of what? --of arg2, --of retval ...",
			       q->r->o->tool->name);
	err = parse_word(&q->ask.value, of, w, q, e);
	return err ? err : want_number(&q->ask.value, "--of", e);
}

/* "0,128,1" */
static int take_range(struct query *q, struct err *e)
{
	const char *text = q->part->range;
	int n = 0;

	if (q->ask.what != ASK_LHIST)
		return text ? ask_bad(e, "--range is of lhist") : 0;
	if (!text)
		return ask_bad(e, "--range LO,HI,STEP: of which buckets?");
	errno = 0;
	if (sscanf(text, "%" SCNd64 ",%" SCNd64 ",%" SCNd64 "%n", &q->ask.min,
		   &q->ask.max, &q->ask.step, &n) != 3 || text[n] || errno ||
	    q->ask.step <= 0 || q->ask.max <= q->ask.min)
		return ask_bad(e, "--range '%s': want LO,HI,STEP with HI "
			       "above LO and a step above 0", text);
	if (((uint64_t)q->ask.max - (uint64_t)q->ask.min) /
	    (uint64_t)q->ask.step > ASK_BUCKETS)
		return ask_bad(e, "--range '%s': more than %d buckets",
			       text, ASK_BUCKETS);
	if (q->ask.min < 0 && q->ask.value.shape == SHAPE_U64)
		return ask_bad(e, "--range '%s': '%s' is never below 0", text,
			       q->ask.value.name);
	return 0;
}

bool query_has(const struct query *q, int from)
{
	for (uint32_t i = 0; i < q->ask.nkeys; i++)
		if (q->ask.keys[i].from == from)
			return true;
	return false;
}

/* How long it took is known where something began it. */
static int check_latency(const struct query *q, struct err *e)
{
	bool any = query_has(q, FROM_LATENCY) ||
		   (q->ask.what != ASK_COUNT && q->ask.what != ASK_TRACE &&
		    q->ask.value.from == FROM_LATENCY);

	for (uint32_t i = 0; i < q->ask.ntests; i++)
		any = any || q->ask.tests[i].left.from == FROM_LATENCY;
	return !any || q->part->latency ? 0 :
	       ask_bad(e, "'latency' goes with --latency and two hooks");
}

static bool has_stacks(const struct query *q)
{
	return query_has(q, FROM_KSTACK) || query_has(q, FROM_USTACK);
}

/* By that name, as who prints stacks looks for it. */
static bool has_pid(const struct query *q)
{
	for (uint32_t i = 0; i < q->ask.nkeys; i++)
		if (q->ask.keys[i].from == FROM_PID &&
		    !strcmp(q->ask.keys[i].name, "pid"))
			return true;
	return false;
}

/* Addresses of a user stack mean something in its process only: that is a key
 * as well. */
static int take_stacks(struct query *q, struct err *e)
{
	struct stacks *s = &q->r->stacks;

	if (!has_stacks(q))
		return 0;
	if (query_has(q, FROM_USTACK) && !has_pid(q)) {
		if (q->ask.nkeys == ASK_KEYS)
			return ask_bad(e, "--by: no room for the pid that "
				       "ustack needs");
		q->ask.keys[q->ask.nkeys++] = (struct ask_value){
			.from = FROM_PID, .shape = SHAPE_U64, .name = "pid" };
	}
	/* rows have their own */
	if (q->ask.what == ASK_TRACE)
		return 0;
	s->build_ids = q->r->o->ask.no_symbols;
	if (!s->usyms)
		s->usyms = usyms_new();
	if (!s->ksyms && !s->build_ids)
		s->ksyms = ksyms_new();
	return s->usyms ? 0 : err_set(e, ENOMEM, "stacks");
}

/* ---- the same at every hook -------------------------------------------- */

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool same_value(const struct ask_value *a, const struct ask_value *b)
{
	if (a->from != b->from || a->shape != b->shape || a->then != b->then ||
	    a->at_start != b->at_start || a->arg != b->arg ||
	    a->nsteps != b->nsteps || a->fd != b->fd ||
	    !same_text(a->field, b->field))
		return false;
	for (unsigned i = 0; i < a->nsteps; i++)
		if (!same_text(a->steps[i].type, b->steps[i].type) ||
		    !same_text(a->steps[i].path, b->steps[i].path))
			return false;
	return true;
}

/* Does it depend on the hook what such a value is? */
static bool depends(const struct ask_value *v)
{
	return v->from == FROM_FIELD || v->from == FROM_ARG ||
	       v->from == FROM_RETVAL;
}

/* One program serves all hooks, so a word must mean the same at all. */
static int check_word(struct query *q, const struct ask_value *v,
		      const struct hook *h, struct err *e)
{
	struct ask_world w = world_at(q, h);
	struct ask_words words = { .n = 0 };
	struct err why = { .no = 0 };
	struct ask_value here;
	int err;

	w.start = h;
	err = ask_value_parse(&here, v->text, strlen(v->text), &w, &words,
				  &why);

	if (err || !same_value(v, &here)) {
		ask_bad(e, "'%s' is not at %s:%s what it is at the first "
			"hook", v->text, hook_kind_name(h->kind), h->target);
		err_hint(e, "ask these hooks apart, or say where the socket "
			 "is with --sock");
		err = -EINVAL;
	}
	ask_words_free(&words);
	return err;
}

/* What is looked at there, but for what the clock goes by. */
static int check_hook(struct query *q, const struct hook *h, bool start,
		      struct err *e)
{
	const struct ask *a = &q->ask;
	const struct ask_value *v[3 + ASK_KEYS + ASK_TESTS];
	unsigned n = 0;
	int err = 0;

	for (uint32_t k = 0; k < a->nkeys; k++)
		v[n++] = &a->keys[k];
	for (uint32_t k = 0; k < a->ntests; k++)
		v[n++] = &a->tests[k].left;
	if (a->what != ASK_COUNT && a->what != ASK_TRACE)
		v[n++] = &a->value;
	if (a->filter == ASK_OF_SOCK)
		v[n++] = &a->sock;
	if (a->filter == ASK_OF_NETNS)
		v[n++] = &a->netns;
	for (unsigned i = 0; i < n && !err; i++)
		if (depends(v[i]) && v[i]->at_start == start)
			err = check_word(q, v[i], h, e);
	return err;
}

static int check_hooks(struct query *q, struct err *e)
{
	const struct ask *a = &q->ask;
	int err = 0;

	for (uint32_t i = 1; i < a->nhooks && !err; i++) {
		const struct hook *h = &a->hooks[i];
		bool start = i < a->nstart;

		if (i == a->nstart)	/* the first of the others */
			continue;
		if (ask_role_of(a, i) != ASK_FORGETS)
			err = check_hook(q, h, start, e);
		if (!err && a->nstart && depends(&a->on[ask_role_of(a, i)]))
			err = check_word(q, &a->on[ask_role_of(a, i)], h, e);
	}
	return err;
}

/* What a latency is asked for is shown, too. */
static void take_latency(struct query *q)
{
	if (q->ask.what != ASK_TRACE || !q->ask.nstart ||
	    query_has(q, FROM_LATENCY) || q->ask.nkeys == ASK_KEYS)
		return;
	q->ask.keys[q->ask.nkeys++] = (struct ask_value){
		.from = FROM_LATENCY, .shape = SHAPE_U64, .name = "latency" };
}

static int take_tests(struct query *q, const char *where,
		      const struct ask_world *w, struct err *e)
{
	struct ask *a = &q->ask;
	int n;

	if (!where)
		return 0;
	n = ask_where_parse(a->tests + a->ntests, ASK_TESTS - a->ntests, where,
			    w, &q->words, e);
	if (n < 0)
		return err_wrap(e, "--where");
	a->ntests += (uint32_t)n;
	return 0;
}

/* Each is a key of JSON and a column of CSV. */
static int check_names(const struct query *q, struct err *e)
{
	static const char *const own[] = {
		"tool", "type", "ts_ns", "time", "elapsed_ns", "time_local",
		"unix_ns", "map", "lo", "hi", "slot", "count", "total",
		"average", "p50", "p90", "p99", "buckets", "column", "unit",
	};

	for (uint32_t i = 0; i < q->ask.nkeys; i++) {
		const char *name = q->ask.keys[i].name;

		for (size_t k = 0; k < COUNT(own); k++)
			if (!strcmp(name, own[k]))
				return ask_bad(e, "--by: '%s' is a name of "
					       "the output's own", name);
		for (uint32_t k = 0; k < i; k++)
			if (!strcmp(name, q->ask.keys[k].name))
				return ask_bad(e, "--by: '%s' is there twice",
					       name);
	}
	return 0;
}

/* Options of a tool's own that stand for conditions. */
static int take_own(struct query *q, const struct ask_world *w, struct err *e)
{
	const struct tool_option *own = q->r->o->tool->options;
	const uint64_t *value = q->r->o->own;
	int err = 0;

	for (; own && own->name && !err; own++, value++)
		if (own->where && *value)
			err = take_tests(q, own->where, w, e);
	return err;
}

/* The tool's own keys, and those of its options that are given. */
static const char *own_keys(const struct query *q, char *buf, size_t len)
{
	const struct tool_option *own = q->r->o->tool->options;
	const uint64_t *value = q->r->o->own;
	const char *by = WORDS(q, by);
	size_t n;

	if (!by)
		return NULL;
	n = (size_t)snprintf(buf, len, "%s", by);
	for (; own && own->name && n < len; own++, value++)
		if (own->by && *value)
			n += (size_t)snprintf(buf + n, len - n, ",%s",
					      own->by);
	return buf;
}

/*
 * The tool's own keys, unless others are asked for; they can be asked for by
 * their names.  Where one of them is not known here, others may be.
 */
static int take_by(struct query *q, struct ask_world *w, struct err *e)
{
	char keys[2 * ASK_WORD_MAX];
	const char *own = own_keys(q, keys, sizeof(keys));
	const char *by = q->r->o->ask.by;
	int n = 0;

	if (own)
		n = ask_list_parse(q->named, ASK_KEYS, own, w, &q->words, e);
	if (n < 0 && !by)
		return err_wrap(e, "--by");
	q->nnamed = n < 0 ? 0 : (uint32_t)n;
	w->named = q->named;
	w->nnamed = q->nnamed;
	if (by)
		n = ask_list_parse(q->ask.keys, ASK_KEYS, by, w, &q->words, e);
	else
		memcpy(q->ask.keys, q->named, sizeof(q->named));
	if (n < 0)
		return err_wrap(e, "--by");
	q->ask.nkeys = (uint32_t)n;
	return 0;
}

static int take_keys(struct query *q, struct err *e)
{
	struct ask_world w =
		world_at(q, &q->ask.hooks[q->ask.nstart]);
	int err = take_by(q, &w, e);

	if (err)
		return err;
	take_latency(q);
	err = take_tests(q, WORDS(q, where), &w, e);
	if (!err)
		err = take_own(q, &w, e);
	if (!err)
		err = take_tests(q, q->r->o->ask.where, &w, e);
	if (!err)
		err = take_value(q, &w, e);
	if (!err)
		err = take_range(q, e);
	if (!err)
		err = check_latency(q, e);
	if (!err)
		err = take_stacks(q, e);
	if (!err)
		err = check_names(q, e);
	if (!err)
		err = take_on(q, e);
	if (!err)
		err = take_next(q, e);
	return err;
}

/* ---- programs ---------------------------------------------------------- */

static int bind_args(struct query *q, struct err *e)
{
	char args[256];
	const char *why = "";

	for (uint32_t i = 0; i < q->hooks.n; i++) {
		struct hook *h = &q->hooks.hooks[i];

		why = NULL;
		if (engine_args(&q->ask, i, args, sizeof(args), &why))
			return ask_bad(e, "%s:%s: %s",
				       hook_kind_name(h->kind), h->target,
				       why ? why : "too many fields");
		if (!*args)
			continue;
		h->args = strdup(args);
		if (!h->args) {
			h->args = "";
			return err_set(e, ENOMEM, "hooks");
		}
	}
	return 0;
}

/* --dev.  A packet may have another device at the end, or none. */
static int take_devices(struct query *q, const struct ask_world *w,
			struct err *e)
{
	const struct filters *f = &q->r->o->filters;
	struct ask_test *t = &q->ask.tests[q->ask.ntests];

	if (!f->ndev)
		return 0;
	if (q->ask.ntests == ASK_TESTS)
		return ask_bad(e, "--dev: more than %d conditions", ASK_TESTS);
	q->ask.ntests++;
	t->op = BPF_JEQ;
	t->names = f->dev;
	t->nnames = f->ndev;
	return parse_word(&t->left, q->ask.nstart ? "start.dev" : "dev", w, q,
			  e);
}

/* Of the hook's socket, of its device, or of whoever runs there. */
static int take_filter(struct query *q, struct err *e)
{
	const struct options *o = q->r->o;
	const struct ask_world w =
		world_at(q, &q->ask.hooks[q->ask.nstart]);
	int err;

	if (!filter_on_socket(&o->filters) && !filter_on_owner(&o->filters))
		return o->filters.ndev ? take_devices(q, &w, e) : 0;
	if (o->tool->filters & F_DEV) {
		q->ask.filter = ASK_OF_NETNS;
		err = parse_word(&q->ask.netns, q->ask.nstart ?
				 "start.devns" : "devns", &w, q, e);
		return err ? err : take_devices(q, &w, e);
	}
	q->ask.filter = o->tool->filters & F_LADDR ? ASK_OF_SOCK : ASK_OF_TASK;
	return q->ask.filter == ASK_OF_SOCK ?
	       parse_word(&q->ask.sock, "sock", &w, q, e) : 0;
}

/* Without their names numbers are shown. */
static void take_reasons(struct query *q)
{
	struct asked *r = q->r;

	for (uint32_t i = 0; i < q->ask.nkeys; i++) {
		if (!ask_is_reason(&q->ask, &q->ask.keys[i]))
			continue;
		if (!r->reasons)
			r->reasons = reasons_new(r->env);
		q->ask.keys[i].is_reason = r->reasons;
	}
	q->ask.reasons = r->reasons ? reasons_names(r->reasons) : NULL;
}

int ask_take(struct query *q, struct err *e)
{
	const char *why = "";
	const struct options *o = q->r->o;
	int err;

	q->ask.what = q->part->what;
	err = take_words(q, e);
	if (!err)
		err = take_hooks(q, e);
	if (!err)
		err = take_keys(q, e);
	if (!err)
		err = take_filter(q, e);
	if (!err)
		err = check_hooks(q, e);
	if (err)
		return err;
	q->ask.networks = q->r->networks.names;
	take_reasons(q);
	q->ask.max_entries = (uint32_t)o->ask.max_keys;
	err = engine_spec(&q->spec, &q->ask, &why);
	if (err)
		return why ? ask_bad(e, "too large a request: %s", why) :
			     err_set(e, -err, "request");
	return bind_args(q, e);
}

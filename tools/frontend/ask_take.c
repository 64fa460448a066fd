/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From the options to a request, and to the spec of its programs. */
#include "tools/frontend/ask_int.h"
#include "tools/frontend/ask_run.h"

#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

/* *@text with the argument in place of each '%'. */
static int put_argument(struct query *q, const char **text, struct err *e)
{
	const char *argument = q->r->o->argument;
	const struct asking a = { NULL, &q->words, e };
	char buf[4 * ASK_WORD_MAX];

	if (!*text || !argument || !strchr(*text, '%'))
		return 0;
	ask_argument_put(buf, sizeof(buf), *text, argument);
	*text = ask_keep(&a, buf, strlen(buf));
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
		err = put_argument(q, &w->freed, e);
	if (!err)
		err = put_argument(q, &w->by, e);
	return err ? err : put_argument(q, &w->where, e);
}

static const struct hook *start_hook(const struct query *q)
{
	return q->ask.nstart ? &q->ask.hooks[0] : NULL;
}

struct ask_world query_world(const struct query *q, const struct hook *h)
{
	return (struct ask_world){
		.env = q->r->env, .hook = h, .sock = WORDS(q, sock),
		.dev = q->words_of_way.dev,
		.start_dev = q->words_of_way.start_dev, .start = start_hook(q),
	};
}

int query_value(struct query *q, struct ask_value *v, const char *text,
		const struct ask_world *w, struct err *e)
{
	return ask_value_parse(v, text, strlen(text), w, &q->words, e);
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
	unsigned ends, forgets;
	int err = 0;

	/* those of the command line come before a tool's */
	for (int i = 0; i < o->nhooks && !err; i++)
		err = take_hook(q, o->hooks[i], e);
	if (!o->nhooks)
		err = take_hook_list(q, q->words_of_way.hooks, e);
	ends = q->hooks.n;
	if (!err)
		err = take_hook_list(q, q->words_of_way.forget, e);
	forgets = q->hooks.n;
	if (!err)
		err = take_hook_list(q, q->words_of_way.freed, e);
	q->ask.hooks = q->hooks.hooks;
	q->ask.nhooks = q->hooks.n;
	q->ask.nforget = forgets - ends;
	q->ask.nfreed = q->hooks.n - forgets;
	if (!err && q->part->latency && ends == q->ask.nstart)
		err = ask_bad(e, "--latency: want the hook that begins and "
			      "those that end");
	return err;
}

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
	return query_value(q, &t->left, q->ask.nstart ? "start.dev" : "dev", w,
			   e);
}

/* Of the hook's socket, of its device, or of whoever runs there. */
static int take_filter(struct query *q, struct err *e)
{
	const struct options *o = q->r->o;
	const struct ask_world w =
		query_world(q, &q->ask.hooks[q->ask.nstart]);
	int err;

	if (!filter_on_socket(&o->filters) && !filter_on_owner(&o->filters))
		return o->filters.ndev ? take_devices(q, &w, e) : 0;
	if (o->tool->filters & F_DEV) {
		q->ask.filter = ASK_OF_NETNS;
		err = query_value(q, &q->ask.netns, q->ask.nstart ?
				  "start.devns" : "devns", &w, e);
		return err ? err : take_devices(q, &w, e);
	}
	q->ask.filter = o->tool->filters & F_LADDR ? ASK_OF_SOCK : ASK_OF_TASK;
	return q->ask.filter == ASK_OF_SOCK ?
	       query_value(q, &q->ask.sock, "sock", &w, e) : 0;
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
		err = ask_take_keys(q, e);
	if (!err)
		err = take_filter(q, e);
	if (!err)
		err = ask_same(q, e);
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

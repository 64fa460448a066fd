/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From the options to a request, and to the spec of its programs. */
#include "tools/frontend/ask_run.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static int take_hooks(struct asked *r, struct err *e)
{
	const struct ask_options *o = &r->o->ask;
	int err = 0;

	for (int i = 0; i < o->nhooks && !err; i++) {
		err = ask_hooks_parse(&r->hooks, o->hooks[i], &r->env, e);
		if (i == 0 && o->latency)
			r->ask.nstart = r->hooks.from = r->hooks.n;
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
	if (((uint64_t)r->ask.max - (uint64_t)r->ask.min) /
	    (uint64_t)r->ask.step > 1000)
		return err_set(e, 0, "--range '%s': more than 1000 buckets",
			       text);
	return 0;
}

bool asked_has(const struct asked *r, int from)
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
	return asked_has(r, FROM_KSTACK) || asked_has(r, FROM_USTACK);
}

/* Addresses of a user stack mean something in its process only: that is a key
 * as well. */
static int take_stacks(struct asked *r, struct err *e)
{
	if (!has_stacks(r))
		return 0;
	if (asked_has(r, FROM_USTACK) && !asked_has(r, FROM_PID)) {
		if (r->ask.nkeys == ASK_KEYS)
			return err_set(e, 0, "--by: no room for the pid that "
				       "ustack needs");
		r->ask.keys[r->ask.nkeys++] = (struct ask_value){
			.from = FROM_PID, .shape = SHAPE_U64, .name = "pid" };
	}
	r->stacks.build_ids = r->o->ask.no_symbols;
	r->stacks.usyms = usyms_new();
	r->stacks.ksyms = r->o->ask.no_symbols ? NULL : ksyms_new();
	return r->stacks.usyms ? 0 : err_set(e, ENOMEM, "stacks");
}

/* ---- the same at every hook -------------------------------------------- */

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool same_value(const struct ask_value *a, const struct ask_value *b)
{
	if (a->from != b->from || a->shape != b->shape || a->then != b->then ||
	    a->arg != b->arg || a->nsteps != b->nsteps ||
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
static int check_word(struct asked *r, const struct ask_value *v,
		      const struct hook *h, struct err *e)
{
	struct ask_world w = { .env = &r->env, .sock = r->o->ask.sock,
			       .hook = h };
	struct ask_words words = { .n = 0 };
	struct err why = { .no = 0 };
	struct ask_value here;
	int err = ask_value_parse(&here, v->name, strlen(v->name), &w, &words,
				  &why);

	if (err || !same_value(v, &here)) {
		err_set(e, 0, "'%s' is not at %s:%s what it is at the first "
			"hook", v->name, hook_kind_name(h->kind), h->target);
		err_hint(e, "ask these hooks apart, or say where the socket "
			 "is with --sock");
		err = -EINVAL;
	}
	ask_words_free(&words);
	return err;
}

static int check_hooks(struct asked *r, struct err *e)
{
	const struct ask *a = &r->ask;
	int err = 0;

	for (uint32_t i = a->nstart + 1; i < a->nhooks && !err; i++) {
		const struct hook *h = &a->hooks[i];

		for (uint32_t k = 0; k < a->nkeys && !err; k++)
			if (depends(&a->keys[k]))
				err = check_word(r, &a->keys[k], h, e);
		for (uint32_t k = 0; k < a->ntests && !err; k++)
			if (depends(&a->tests[k].left))
				err = check_word(r, &a->tests[k].left, h, e);
		if (!err && a->what != ASK_COUNT && depends(&a->value))
			err = check_word(r, &a->value, h, e);
		if (!err && a->nstart && depends(&a->on[1]))
			err = check_word(r, &a->on[1], h, e);
	}
	for (uint32_t i = 1; i < a->nstart && !err; i++)
		if (depends(&a->on[0]))
			err = check_word(r, &a->on[0], &a->hooks[i], e);
	return err;
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
	for (int i = 1; i < n; i++)
		for (int k = 0; k < i; k++)
			if (!strcmp(r->ask.keys[i].name, r->ask.keys[k].name))
				return err_set(e, 0, "--by: '%s' is there "
					       "twice", r->ask.keys[i].name);
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
	if (!err)
		err = take_on(r, &w, e);
	return err ? err : check_hooks(r, e);
}

/* ---- programs ---------------------------------------------------------- */

static int bind_args(struct asked *r, struct err *e)
{
	char args[256];
	const char *why = "";

	for (uint32_t i = 0; i < r->hooks.n; i++) {
		struct hook *h = &r->hooks.hooks[i];

		why = NULL;
		if (engine_args(&r->ask, i, args, sizeof(args), &why))
			return err_set(e, 0, "%s:%s: %s",
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

int ask_take(struct asked *r, struct err *e)
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
	r->ask.max_entries = (uint32_t)r->o->ask.max_keys;
	err = engine_spec(&r->spec, &r->ask, &why);
	if (err)
		return err_set(e, why ? 0 : -err, "%s", why ? why : "request");
	return bind_args(r, e);
}

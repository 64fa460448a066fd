/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is asked for: keys, the value, conditions, the clock. */
#include "loader/symbols.h"
#include "tools/frontend/ask_int.h"
#include "tools/frontend/ask_run.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static int want_number(const struct ask_value *v, const char *option,
		       struct err *e)
{
	return v->shape == SHAPE_U64 || v->shape == SHAPE_S64 ? 0 :
	       ask_bad(e, "%s '%s' is no number", option, v->name);
}

/* The hooks of @role may have the same socket in a place of their own; what
 * follows in *@words, unless this is the last word. */
static int take_on_role(struct query *q, const char **words,
			enum ask_role role, struct err *e)
{
	struct ask_value *on = &q->ask.on[role];
	const uint32_t hook = ask_role_from(&q->ask, role);
	const struct ask_world w = query_world(q, &q->ask.hooks[hook]);
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
	int err = 0;

	if (!q->part->latency)
		return on ? ask_bad(e, "--on goes with --latency") : 0;
	if (!on)
		on = "tid";
	for (enum ask_role r = 0; r < ASK_ROLES && !err; r++)
		if (ask_has_role(&q->ask, r))
			err = take_on_role(q, &on, r, e);
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
	err = query_value(q, &q->ask.value, of, w, e);
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
	return s->usyms ? 0 : err_set(e, ENOMEM, "stacks");
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

int ask_take_keys(struct query *q, struct err *e)
{
	struct ask_world w = query_world(q, &q->ask.hooks[q->ask.nstart]);
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

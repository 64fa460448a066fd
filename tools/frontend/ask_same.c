/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One program serves all hooks of a request: its words must mean the same at
 * each of them.
 */
#include "tools/frontend/ask_int.h"
#include "tools/frontend/ask_run.h"

#include <errno.h>
#include <string.h>

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

static int check_word(struct query *q, const struct ask_value *v,
		      const struct hook *h, struct err *e)
{
	struct ask_world w = query_world(q, h);
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

int ask_same(struct query *q, struct err *e)
{
	const struct ask *a = &q->ask;
	int err = 0;

	for (uint32_t i = 1; i < a->nhooks && !err; i++) {
		const struct hook *h = &a->hooks[i];
		const enum ask_role role = ask_role_of(a, i);
		bool start = role == ASK_STARTS;

		if (i == a->nstart)	/* the first of the others */
			continue;
		if (role < ASK_FORGETS)
			err = check_hook(q, h, start, e);
		if (!err && a->nstart && depends(&a->on[role]))
			err = check_word(q, &a->on[role], h, e);
	}
	return err;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * engine_check - what is a request, and what is none.
 */
#include <errno.h>
#include <string.h>

#include "engine_int.h"

uint32_t ask_value_size(const struct ask_value *v)
{
	switch (v->shape) {
	case SHAPE_COMM:
	case SHAPE_ADDR:
		return 16;
	case SHAPE_NAME:
		return ASK_NAME;
	default:
		return 8;
	}
}

uint32_t ask_key_size(const struct ask *a)
{
	uint32_t i, size = 0;

	for (i = 0; i < a->nkeys && i < ASK_KEYS; i++)
		size += ask_value_size(&a->keys[i]);
	return size;
}

uint32_t engine_kept_size(const struct ask *a)
{
	uint32_t i, size = 0;

	for (i = 0; i < a->nkeys && i < ASK_KEYS; i++)
		if (a->keys[i].at_start)
			size += ask_value_size(&a->keys[i]);
	return size;
}

bool engine_is_text(const struct ask_value *v)
{
	return v->shape == SHAPE_COMM || v->shape == SHAPE_NAME;
}

bool engine_valued(const struct ask *a)
{
	return a->what != ASK_COUNT && a->what != ASK_TRACE;
}

enum ask_role ask_role_of(const struct ask *a, uint32_t i)
{
	enum ask_role role = ASK_STARTS;

	while (role + 1 < ASK_ROLES && i >= ask_role_from(a, role + 1))
		role++;
	return role;
}

uint32_t ask_role_from(const struct ask *a, enum ask_role role)
{
	switch (role) {
	case ASK_STARTS:	return 0;
	case ASK_ENDS:		return a->nstart;
	case ASK_FORGETS:	return a->nhooks - a->nfreed - a->nforget;
	case ASK_FREES:		return a->nhooks - a->nfreed;
	default:		return a->nhooks;
	}
}

bool ask_has_role(const struct ask *a, enum ask_role role)
{
	return ask_role_from(a, role) < ask_role_from(a, role + 1);
}

unsigned engine_values(const struct ask *a, enum ask_role role,
		       const struct ask_value **v)
{
	bool start = role == ASK_STARTS;
	unsigned i, n = 0;

	if (a->nstart)
		v[n++] = &a->on[role];
	if (role == ASK_FORGETS || role == ASK_FREES)
		return n;
	for (i = 0; i < a->nkeys && i < ASK_KEYS; i++)
		if (a->keys[i].at_start == start)
			v[n++] = &a->keys[i];
	for (i = 0; i < a->ntests && i < ASK_TESTS; i++)
		if (a->tests[i].left.at_start == start)
			v[n++] = &a->tests[i].left;
	if (engine_valued(a) && !start)
		v[n++] = &a->value;
	if (a->filter == ASK_OF_SOCK && !start)
		v[n++] = &a->sock;
	if (a->filter == ASK_OF_NETNS && a->netns.at_start == start)
		v[n++] = &a->netns;
	return n;
}

static int refuse(const char **why, int err, const char *text)
{
	*why = text;
	return -err;
}

/* ---- values ------------------------------------------------------------ */

static bool is_address(const struct ask_value *v)
{
	return v->from == FROM_NUMBER || v->from == FROM_ARG ||
	       v->from == FROM_RETVAL || v->from == FROM_FIELD;
}

static int check_steps(const struct ask_value *v, const char **why)
{
	bool sock = v->then >= THEN_LADDR;
	unsigned i;

	if (v->nsteps > ASK_STEPS)
		return refuse(why, E2BIG, "too many pointers to follow");
	if ((v->nsteps || sock) && !is_address(v))
		return refuse(why, EINVAL, "only what is an address can be "
			      "followed");
	for (i = 0; i < v->nsteps; i++)
		if (!v->steps[i].type || !v->steps[i].path ||
		    !*v->steps[i].type || !*v->steps[i].path)
			return refuse(why, EINVAL, "a field without a name");
	return 0;
}

static bool shape_fits(const struct ask_value *v)
{
	bool address = v->then == THEN_LADDR || v->then == THEN_RADDR;
	bool network = v->then == THEN_LNET || v->then == THEN_RNET;
	bool name = v->from == FROM_COMM;
	bool stack = v->from == FROM_KSTACK || v->from == FROM_USTACK;

	if (v->from == FROM_TEXT)
		return v->shape == SHAPE_NAME && !v->then && v->field &&
		       strlen(v->field) < ASK_NAME;

	switch (v->shape) {
	case SHAPE_U64:
	case SHAPE_S64:
		return !address && !network && !name && !stack &&
		       v->then != THEN_TEXT;
	case SHAPE_COMM:
		return name && !v->then;
	case SHAPE_ADDR:
		return address;
	case SHAPE_NAME:
		return v->then ? v->then == THEN_TEXT && v->nsteps :
				 v->nsteps || v->from == FROM_FIELD;
	case SHAPE_STACK:
		return stack && !v->then;
	case SHAPE_NETWORK:
		return network;
	default:
		return false;
	}
}

/* A name of a C variable, which has a place in struct hook.args. */
static bool is_identifier(const char *s)
{
	const char *p;

	for (p = s; *p; p++)
		if (!(*p >= 'a' && *p <= 'z') && !(*p >= 'A' && *p <= 'Z') &&
		    *p != '_' && (p == s || *p < '0' || *p > '9'))
			return false;
	return p != s;
}

static int check_value(const struct ask *a, const struct ask_value *v,
		       const char **why)
{
	int err;

	if (v->from > FROM_TEXT || v->then > THEN_TEXT)
		return refuse(why, EINVAL, "no such value");
	if (v->from == FROM_ARG && !engine_arg(v->arg))
		return refuse(why, EINVAL, "only the first ten arguments can "
			      "be had");
	if (v->from == FROM_FIELD && (!v->field || !is_identifier(v->field)))
		return refuse(why, EINVAL, "a tracepoint's field without a "
			      "name");
	if ((v->from == FROM_LATENCY || v->at_start) && !a->nstart)
		return refuse(why, EINVAL, "a latency, and nothing that "
			      "starts the clock");
	if (v->at_start && (v->from == FROM_LATENCY ||
			    v->shape == SHAPE_STACK))
		return refuse(why, EINVAL, "this is not known at the start");
	err = check_steps(v, why);
	if (!err && !shape_fits(v))
		err = refuse(why, EINVAL, "this value is not kept so");
	return err;
}

static bool is_number(const struct ask_value *v)
{
	return v->shape == SHAPE_U64 || v->shape == SHAPE_S64;
}

/* ---- the rest ---------------------------------------------------------- */

static int check_op(uint8_t op, const char **why)
{
	switch (op) {
	case BPF_JEQ: case BPF_JNE: case BPF_JLT: case BPF_JLE:
	case BPF_JGT: case BPF_JGE: case BPF_JSET:
		return 0;
	default:
		return refuse(why, EINVAL, "no such comparison");
	}
}

static int check_test(const struct ask_test *t, const char **why)
{
	int err = check_op(t->op, why);

	if (err || is_number(&t->left))
		return err;
	if (!engine_is_text(&t->left))
		return refuse(why, EINVAL, "only numbers and text can be "
			      "compared");
	if (t->op != BPF_JEQ && t->op != BPF_JNE)
		return refuse(why, EINVAL, "text is equal or it is not");
	return t->names && t->nnames ? 0 :
	       refuse(why, EINVAL, "text is compared with nothing");
}

static int check_tests(const struct ask *a, const char **why)
{
	uint32_t i;
	int err = 0;

	for (i = 0; !err && i < a->ntests; i++)
		err = check_test(&a->tests[i], why);
	return err;
}

/* What is kept at an entry has the place of the list. */
static int check_list(const struct ask *a, const char **why)
{
	uint32_t i;

	if (!a->next.type)
		return 0;
	if (!a->nstart || !a->next.path || !*a->next.type || !*a->next.path)
		return refuse(why, EINVAL, "a list, and no clock");
	for (i = a->nstart; i < ask_role_from(a, ASK_FORGETS); i++)
		if (engine_enters(a, i))
			return refuse(why, EINVAL, "a list, and arguments of "
				      "where the function was entered");
	return 0;
}

static int check_clock(const struct ask *a, const char **why)
{
	uint64_t forget = (uint64_t)a->nforget + a->nfreed;
	unsigned i;

	if (forget >= a->nhooks || a->nstart >= a->nhooks - forget)
		return refuse(why, EINVAL, a->nstart ? "a clock, and nothing "
			      "that stops it" : "no hook");
	if (forget && !a->nstart)
		return refuse(why, EINVAL, "no clock to be forgotten");
	for (i = 0; a->nstart && i < ASK_ROLES; i++)
		if (ask_has_role(a, i) && (!is_number(&a->on[i]) ||
					   a->on[i].from == FROM_LATENCY))
			return refuse(why, EINVAL, "a clock needs a number "
				      "to go by");
	return 0;
}

/* Slots are counted in 32 bits by who prints them. */
static int check_linear(const struct ask *a, const char **why)
{
	uint64_t range = (uint64_t)a->max - (uint64_t)a->min;

	if (a->step <= 0)
		return refuse(why, EINVAL, "a step has to be above 0");
	if (a->max <= a->min)
		return refuse(why, EINVAL, "the end has to be above the "
			      "start");
	if (a->value.shape == SHAPE_U64 && a->min < 0)
		return refuse(why, EINVAL, "the value is never below 0");
	if (range / (uint64_t)a->step > UINT32_MAX - 3)
		return refuse(why, EINVAL, "too many steps");
	return 0;
}

static int check_what(const struct ask *a, const char **why)
{
	if (a->what > ASK_TRACE)
		return refuse(why, EINVAL, "no such request");
	if (engine_valued(a) && !is_number(&a->value))
		return refuse(why, EINVAL, "only numbers can be added up");
	return a->what == ASK_LHIST ? check_linear(a, why) : 0;
}

/* It is followed from, by two steps more. */
static int check_filter(const struct ask *a, const char **why)
{
	if (a->filter > ASK_OF_NETNS)
		return refuse(why, EINVAL, "no such filter");
	if (a->filter == ASK_OF_NETNS && !is_number(&a->netns))
		return refuse(why, EINVAL, "a namespace is known by its number");
	if (a->filter != ASK_OF_SOCK)
		return 0;
	if (a->sock.nsteps > ASK_STEPS - 2)
		return refuse(why, E2BIG, "too many pointers to follow");
	return is_address(&a->sock) && a->sock.shape == SHAPE_U64 ? 0 :
	       refuse(why, EINVAL, "only what is an address can be followed");
}

int engine_check(const struct ask *a, const char **why)
{
	const struct ask_value *v[ENGINE_VALUES];
	unsigned i, n;
	int err;

	if (a->nkeys > ASK_KEYS || ask_key_size(a) > ASK_KEY_MAX)
		return refuse(why, E2BIG, "too many keys");
	if (engine_kept_size(a) &&
	    ask_key_size(a) > ASK_KEY_MAX - sizeof(struct flow))
		return refuse(why, E2BIG, "too many keys beside those of the "
			      "start");
	if (a->ntests > ASK_TESTS)
		return refuse(why, E2BIG, "too many conditions");
	err = check_clock(a, why);
	if (!err)
		err = check_what(a, why);
	if (!err)
		err = check_tests(a, why);
	if (!err)
		err = check_filter(a, why);
	n = a->nstart ? engine_values(a, ASK_STARTS, v) : 0;
	for (i = 0; !err && i < n; i++)
		err = check_value(a, v[i], why);
	for (i = ASK_FORGETS; !err && i < ASK_ROLES; i++)
		err = ask_has_role(a, i) ? check_value(a, &a->on[i], why) : 0;
	n = engine_values(a, ASK_ENDS, v);
	for (i = 0; !err && i < n; i++)
		err = check_value(a, v[i], why);
	if (!err)
		err = check_list(a, why);
	return err ? err : engine_check_calls(a, why);
}

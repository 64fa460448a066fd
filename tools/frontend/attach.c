/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Roles and their alternatives. */
#include "tools/frontend/run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What cannot be had of several is asked before any is attached: to load and
 * to detach for nothing takes a grace period. */
static int possible(struct object *o, const struct alternative *a,
		    struct err *e)
{
	int err = 0;

	if (a->nhooks < 2)
		return 0;
	for (unsigned i = a->nhooks; i-- && !err;)
		if (!mapped_function(&a->hooks[i].hook))
			err = object_possible(o, &a->hooks[i].hook, e);
	return err;
}

/*
 * All hooks of an alternative, or none of them.  The last comes first: where a
 * call is seen to begin, what else is to be seen of it is by then.
 */
static int attach_alternative(struct object *o, const struct target *s,
			      const struct alternative *a, struct err *e)
{
	unsigned before = object_attached(o);
	int err = possible(o, a, e);

	for (unsigned i = a->nhooks; i-- && !err;) {
		const struct hook *h = &a->hooks[i].hook;

		err = mapped_function(h) ?
		      mapped_attach(s->mapped, o, a->hooks[i].prog, h, e) :
		      object_attach(o, a->hooks[i].prog, h, e);
	}
	if (err)
		object_detach(o, before);
	return err;
}

#define STARVED 3

/* How much the reason of a failed try tells: that something is not there or
 * not allowed is the usual case; that there is no room says nothing about the
 * kernel. */
static int worth(const struct err *why)
{
	switch (why->no) {
	case EMFILE:
	case ENOMEM:
		return STARVED;
	case ENOENT:
		return 0;
	case EPERM:
	case EACCES:
		return 1;
	default:
		return 2;
	}
}

/* ---- what the kernel would need --------------------------------------- */

struct wants {
	const struct kconfig *config;	/* NULL: cannot be read */
	char text[360];
	unsigned n;
};

static void want(struct wants *w, const char *option)
{
	size_t len = strlen(w->text);
	const char *at = strstr(w->text, option);

	if (w->config && kconfig_get(w->config, option) != 'n')
		return;
	/* before 4.11 */
	if (w->config && !strcmp(option, "CONFIG_KPROBE_EVENTS") &&
	    kconfig_get(w->config, "CONFIG_KPROBE_EVENT") == 'y')
		return;
	if (at && strcspn(at, ",") == strlen(option))
		return;
	snprintf(w->text + len, sizeof(w->text) - len, "%s%s",
		 len ? ", " : "", option);
	w->n++;
}

/* The options of kernels that have what was not found here. */
static void want_options(struct wants *w, const struct role *r,
			 const struct err *why)
{
	for (unsigned i = 0; i < r->nalts; i++) {
		if (why[i].no != ENOENT && why[i].no != ENODEV)
			continue;
		for (unsigned k = 0; k < r->alts[i].nhooks; k++) {
			const struct hook *h = &r->alts[i].hooks[k].hook;
			const char *const *o;

			for (o = hook_options(h); *o; o++)
				want(w, *o);
		}
	}
}

static void hint_options(const struct role *r, const struct err *why,
			 struct err *e)
{
	struct kconfig *config = NULL;
	struct wants w = { .n = 0 };

	kconfig_open(&config);
	w.config = config;
	want_options(&w, r, why);
	if (w.n && config)
		err_hint(e, "not set in this kernel's configuration: %s; "
			 "--plan tells about each way", w.text);
	else if (w.n)
		err_hint(e, "other kernels have ways by %s; --plan tells about "
			 "each", w.text);
	kconfig_free(config);
}

/* None of @n ways served: the reason that tells most, and the exit status of
 * what they have in common. */
static const struct err *reason(const char *what, const struct err *why,
				unsigned n, struct err *e)
{
	const struct err *best = &why[0];
	bool perm = true;

	for (unsigned i = 0; i < n; i++) {
		perm = perm && worth(&why[i]) == 1 &&
		       why[i].of != ERR_OF_KERNEL;
		if (worth(&why[i]) > worth(best))
			best = &why[i];
	}
	if (worth(best) == STARVED) {
		*e = *best;
		return best;
	}
	err_set(e, 0, "this kernel gives no way to see that %s (%u tried; "
		"%s)", what, n, best->msg);
	e->no = perm ? EPERM : ENOTSUP;
	return best;
}

static void hint_plan(const struct err *best, struct err *e)
{
	if (best->hint[0])
		err_hint(e, "%s; --plan tells about each way", best->hint);
	else
		err_hint(e, "--plan tells about each way");
}

void no_way(const char *what, const struct err *why, unsigned n, struct err *e)
{
	hint_plan(reason(what, why, n, e), e);
}

/* The same of a role, whose hooks tell what they would need. */
static int no_alternative(const struct role *r, const struct err *why,
			  struct err *e)
{
	const struct err *best = reason(r->what, why, r->nalts, e);

	if (worth(best) < 2)
		hint_options(r, why, e);
	hint_plan(best, e);
	return -e->no;
}

static bool preempted(const struct object *o, const struct alternative *a)
{
	for (unsigned i = 0; i < a->nhooks; i++)
		if (object_preempted(o, &a->hooks[i].hook))
			return true;
	return false;
}

/* Do two ways give the same? */
static bool equal_ways(const struct alternative *a,
		       const struct alternative *b)
{
	return a->note && b->note ? !strcmp(a->note, b->note) :
				    a->note == b->note;
}

/*
 * The best way that works; *@chosen is -1 before.  Where tasks may be
 * preempted in its programs, those after it that give the same come first.
 */
static void try_role(struct object *o, const struct target *s,
		     const struct role *r, struct err *why, int *chosen)
{
	bool tried[MAX_ALTS] = { false };

	for (unsigned k = 0; k < r->nalts && *chosen < 0; k++) {
		const struct alternative *a = &r->alts[k];
		bool whole = !preempted(o, a);

		for (unsigned i = k + 1; !whole && i < r->nalts; i++) {
			if (tried[i] || preempted(o, &r->alts[i]) ||
			    !equal_ways(a, &r->alts[i]))
				continue;
			tried[i] = true;
			if (attach_alternative(o, s, &r->alts[i], &why[i]))
				continue;
			*chosen = (int)i;
			err_set(&why[k], 0, "tasks may be preempted in such "
				"programs, which are skipped until they are "
				"back");
			return;
		}
		if (!tried[k] && !attach_alternative(o, s, a, &why[k]))
			*chosen = (int)k;
	}
}

int roles_attach(struct object *o, const struct tool *t,
		 const struct target *s, struct plan *p, struct err *e)
{
	unsigned i;
	int err = 0;

	for (i = 0; t->roles[i]; i++) {
		const struct role *r = t->roles[i];

		p->chosen[i] = -1;
		if (!target_needs(s, r))
			continue;
		memset(p->why[i], 0, r->nalts * sizeof(p->why[i][0]));
		try_role(o, s, r, p->why[i], &p->chosen[i]);
		if (p->chosen[i] < 0 && !r->optional && !err)
			err = no_alternative(r, p->why[i], e);
	}
	return err;
}

void alternative_print(FILE *out, const struct alternative *a)
{
	for (unsigned i = 0; i < a->nhooks; i++)
		fprintf(out, "%s%s:%s", i ? " + " : "",
			hook_kind_name(a->hooks[i].hook.kind),
			a->hooks[i].hook.target);
	if (a->note)
		fprintf(out, " (%s)", a->note);
}

void plan_print(FILE *out, const struct tool *t, const struct target *s,
		const struct plan *p)
{
	for (unsigned i = 0; t->roles[i]; i++) {
		const struct role *r = t->roles[i];
		int used = p->chosen[i];

		if (!target_needs(s, r))
			continue;
		fprintf(out, "%s: %s%s\n", r->name, r->what,
			r->optional ? " (optional)" : "");
		for (int k = 0; k < (int)r->nalts; k++) {
			const struct err *why = &p->why[i][k];
			bool tried = why->msg[0];

			fprintf(out, "  %-10s", k == used ? "used" : tried ?
				"no" : "not tried");
			alternative_print(out, &r->alts[k]);
			fputc('\n', out);
			if (k == used || !tried)
				continue;
			fprintf(out, "            %s%s%s%s\n", why->msg,
				why->hint[0] ? " (" : "", why->hint,
				why->hint[0] ? ")" : "");
		}
		if (used < 0)
			fprintf(out, "  none%s%s\n", r->without ? ": " : "",
				r->without ? r->without : "");
	}
}

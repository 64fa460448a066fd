/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A tool at work: programs attached, sockets that are open already looked up,
 * and what comes then is run.c's.
 */
#include "loader/symbols.h"
#include "tools/frontend/ask_run.h"
#include "tools/frontend/symbolise.h"

#include <stdlib.h>
#include <string.h>

struct start {
	const struct options *o;
	struct env env;
	struct object *object;
	struct ring *ring;
	struct mapped *mapped;
	uint64_t ns;
};

static void tell_plan(const struct start *s, const struct target *target,
		      const struct plan *p)
{
	const struct tool *t = s->o->tool;

	for (unsigned i = 0; t->roles[i]; i++) {
		const struct role *role = t->roles[i];

		/* libraries differ in what they have */
		if (mapped_function(&role->alts[0].hooks[0].hook))
			continue;
		if (role->optional && p->chosen[i] < 0 &&
		    target_needs(target, role))
			say("%s: no way to see it on this kernel: %s",
			    role->what, role->without);
	}
	if (s->o->verbose)
		plan_print(stderr, t, target, p);
	if (s->o->verbose)
		mapped_tell(s->mapped);
	mapped_tell_lacks(s->mapped);
	if (s->o->verbose)
		say("%u bpf calls, %llu KB of kernel memory",
		    s->env.bpf_calls, (unsigned long long)
		    object_kernel_bytes(s->object) >> 10);
}

static void seed(const struct start *s)
{
	struct err e = { 0 };
	int fd = object_map(s->object, "seeds"), n;

	if (!(s->o->tool->flags & T_OWNERS) || fd < 0)
		return;
	n = seeds_fill(fd, object_map(s->object, "before"), &s->o->filters,
		       s->o->tool->flags & T_DATAGRAMS, &e);
	if (n < 0)
		say("sockets open before now have no PID: %s", e.msg);
	else if (e.no)
		say("some sockets open before now have no PID: %s", e.msg);
	if (n >= 0 && s->o->verbose)
		say("%d sockets were open already", n);
}

/* One at least of the functions of libraries must be seen. */
static int need_mapped(const struct tool *t, const struct target *target,
		       const struct plan *p, struct err *e)
{
	int first = -1;

	for (int i = 0; t->roles[i]; i++) {
		const struct role *r = t->roles[i];

		if (!target_needs(target, r) ||
		    !mapped_function(&r->alts[0].hooks[0].hook))
			continue;
		if (p->chosen[i] >= 0)
			return 0;
		if (first < 0)
			first = i;
	}
	if (first < 0)
		return 0;
	no_way(t->roles[first]->what, p->why[first], 1, e);
	return -e->no;
}

static int prepare(struct start *s)
{
	static struct target target;
	static struct plan plan;
	const struct options *o = s->o;
	struct err e = { 0 };
	int err, ret = kernel_open(&s->env, o);

	if (ret >= 0)
		return ret;
	/* who is asked for names on the way need not read the file, too */
	if (symbolises(o))
		env_functions(&s->env);
	s->ns = now_ns();
	err = target_open(&s->object, &target, &s->env, o, s->ns, &e);
	if (!err && o->tool->flags & T_LIBS)
		err = mapped_open(&s->mapped, o, &target, &s->env, &e);
	if (err)
		return fail_err(&e);
	target.mapped = s->mapped;
	err = roles_attach(s->object, o->tool, &target, &plan, &e);
	if (!err)
		err = need_mapped(o->tool, &target, &plan, &e);
	if (o->plan) {
		plan_print(stdout, o->tool, &target, &plan);
		ret = stdout_done(EXIT_OK);	/* before what goes to stderr */
		return err ? fail_err(&e) : ret;
	}
	if (err)
		return fail_err(&e);
	tell_plan(s, &target, &plan);
	if (o->dump || o->dry_run)
		return EXIT_OK;
	err = ring_open(&s->ring, s->object, &e);
	if (err)
		return fail_err(&e);
	seed(s);
	return -1;
}

/* It asks nothing of the kernel that needs to be looked at first, and nothing
 * that only root may. */
static int prepare_source(struct start *s)
{
	s->env.tracefs = -1;
	env_names(&s->env);
	s->ns = now_ns();
	return -1;
}

int tool_main(const struct tool *t, int argc, char **argv)
{
	static struct options o;
	static struct start s;
	struct layout layout;
	int ret = options_parse(&o, t, argc, argv, false);

	if (ret >= 0)
		return ret;
	if (t->parts)
		return ask_main(&o, t->parts);
	if (o.schema) {
		schema_print(stdout, t);
		return EXIT_OK;
	}
	if (layout_choose(&layout, &o))
		return EXIT_USAGE;
	s.o = &o;
	life_begin();
	ret = t->source ? prepare_source(&s) : prepare(&s);
	if (ret < 0)
		ret = run_rows(&(struct feed){ &o, &s.env, s.object, s.ring,
						 s.ns, s.mapped });
	ring_close(s.ring);
	object_close(s.object);
	mapped_free(s.mapped);
	env_close(&s.env);
	return ret;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Hooks that stand for many: the target "*:FUNCTION" is that function wherever
 * a process can call it, in every library and static program that defines it,
 * also those that come while the tool runs.
 */
#include "loader/symbols.h"
#include "tools/frontend/run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FUNCTIONS_MAX 32
#define AGAIN_NS 2000000000ull
#define FIRST_SCAN_NS 2000000000
#define SCAN_NS 100000000	/* of which events wait */

/* Functions of a library that could not be probed. */
struct lack {
	unsigned lib;
	uint32_t functions;		/* bits, by index */
	struct err why;			/* of the first */
};

struct mapped {
	const struct options *o;
	const char *functions[FUNCTIONS_MAX + 1];
	struct libs *libs;
	unsigned attached;		/* of the libraries */
	uint64_t again_ns;
	struct lack *lacks;		/* not told of yet */
	unsigned nlacks;
};

const char *mapped_function(const struct hook *h)
{
	bool user = h->kind == HOOK_UPROBE || h->kind == HOOK_URETPROBE;

	return user && !strncmp(h->target, "*:", 2) ? h->target + 2 : NULL;
}

/* Those that the roles are about. */
static void take_functions(struct mapped *m, const struct target *s)
{
	const struct role *const *r = m->o->tool->roles;
	unsigned n = 0, i;

	for (; *r; r++) {
		const char *function;

		if (!target_needs(s, *r))
			continue;
		function = mapped_function(&(*r)->alts[0].hooks[0].hook);
		for (i = 0; function && i < n; i++)
			if (!strcmp(m->functions[i], function))
				break;
		if (function && i == n && n < FUNCTIONS_MAX)
			m->functions[n++] = function;
	}
}

static int look(struct mapped *m, struct err *e)
{
	const struct options *o = m->o;
	int err = 0;

	for (unsigned i = 0; i < o->nlibs && !err; i++)
		err = libs_add(m->libs, o->libs[i], e);
	if (err)
		err_wrap(e, "--lib");
	if (err == -ENOENT)
		e->of = ERR_OF_USER;
	if (!o->nlibs)
		err = libs_scan(m->libs, o->filters.pid, o->filters.npid,
				FIRST_SCAN_NS);
	if (err && !e->no)
		err_set(e, -err, "/proc");
	if (err || libs_count(m->libs))
		return err;
	err_set(e, ENOENT, "no process %shas mapped a library with %s and the "
		"like", o->filters.npid ? "of these " : "here ",
		m->functions[0]);
	err_hint(e, "--lib FILE names one");
	return -ENOENT;
}

int mapped_open(struct mapped **out, const struct options *o,
		const struct target *s, const struct env *env, struct err *e)
{
	struct mapped *m = calloc(1, sizeof(*m));
	int err;

	*out = m;
	if (!m)
		return err_set(e, ENOMEM, "libraries");
	m->o = o;
	take_functions(m, s);
	if (!m->functions[0])
		return 0;
	m->libs = libs_new(m->functions, env->word_size);
	if (!m->libs)
		return err_set(e, ENOMEM, "libraries");
	err = look(m, e);
	m->attached = libs_count(m->libs);
	m->again_ns = now_ns() + AGAIN_NS;
	return err;
}

void mapped_free(struct mapped *m)
{
	if (!m)
		return;
	libs_free(m->libs);
	free(m->lacks);
	free(m);
}

bool mapped_grows(const struct mapped *m)
{
	return m && m->libs && !m->o->nlibs;
}

static void note_lack(struct mapped *m, unsigned lib, const char *function,
		      const struct err *why)
{
	struct lack *more;
	unsigned i = 0, f = 0;

	while (i < m->nlacks && m->lacks[i].lib != lib)
		i++;
	if (i == m->nlacks) {
		more = realloc(m->lacks, (i + 1) * sizeof(*more));
		if (!more)
			return;
		m->lacks = more;
		m->lacks[m->nlacks++] = (struct lack){ lib, 0, *why };
	}
	while (strcmp(m->functions[f], function))
		f++;
	m->lacks[i].functions |= 1u << f;
}

/* In library number @i; 0: at least once. */
static int attach_in(struct mapped *m, unsigned i, struct object *object,
		     const char *prog, const struct hook *h, struct err *e)
{
	struct hook at = *h;
	char target[64];
	int err = -ENOENT;

	at.target = target;
	for (unsigned k = 0; libs_place(m->libs, i, mapped_function(h), k,
					target, sizeof(target)); k++) {
		int one = object_attach(object, prog, &at, e);

		if (one)
			note_lack(m, i, mapped_function(h), e);
		err = err && one ? one : 0;
	}
	return err;
}

int mapped_attach(struct mapped *m, struct object *object,
		  const char *prog, const struct hook *h, struct err *e)
{
	int err = -ENOENT, one;

	for (unsigned i = 0; m && m->libs && i < m->attached; i++) {
		one = attach_in(m, i, object, prog, h, e);
		err = err == -ENOENT || !one ? one : err;
	}
	if (err == -ENOENT && !e->no)
		err_set(e, ENOENT, "no library has a function %s",
			mapped_function(h));
	return err;
}

void mapped_tell_lacks(struct mapped *m)
{
	for (unsigned i = 0; m && i < m->nlacks; i++) {
		const struct lack *l = &m->lacks[i];
		int n = __builtin_popcount(l->functions);

		say("%s: %d function%s not seen: %s", libs_name(m->libs,
		    l->lib), n, n == 1 ? " is" : "s are", l->why.msg);
	}
	if (m)
		m->nlacks = 0;
}

/* What has come is probed like what was there: the same roles. */
static void attach_new(struct mapped *m, struct object *object, unsigned i)
{
	const struct role *const *r = m->o->tool->roles;
	struct err ignored = { .no = 0 };

	if (m->o->verbose)
		say("%s has come", libs_name(m->libs, i));
	for (; *r; r++)
		for (unsigned k = 0; k < (*r)->alts[0].nhooks; k++) {
			const struct alt_hook *h = &(*r)->alts[0].hooks[k];

			if (mapped_function(&h->hook))
				attach_in(m, i, object, h->prog, &h->hook,
					  &ignored);
		}
}

void mapped_again(struct mapped *m, struct object *object)
{
	uint64_t now = now_ns();

	if (!mapped_grows(m) || now < m->again_ns)
		return;
	m->again_ns = now + AGAIN_NS;
	libs_scan(m->libs, m->o->filters.pid, m->o->filters.npid, SCAN_NS);
	for (; m->attached < libs_count(m->libs); m->attached++)
		attach_new(m, object, m->attached);
	mapped_tell_lacks(m);
}

void mapped_tell(const struct mapped *m)
{
	for (unsigned i = 0; m && m->libs && i < m->attached; i++)
		say("in %s", libs_name(m->libs, i));
}

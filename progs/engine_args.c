/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * engine_args - what a hook has to hand over, as text for struct hook.
 */
#include <errno.h>
#include <string.h>

#include "engine_int.h"

static const char *const arg_names[] = {
	"a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9",
};

#define ARGS (sizeof(arg_names) / sizeof(arg_names[0]))

const char *engine_arg(unsigned n)
{
	return n < ARGS ? arg_names[n] : NULL;
}

/* What the values of one hook ask of it. */
struct wants {
	bool arg[ARGS], ret;
	unsigned nargs;			/* up to the last one */
	const char *fields[ENGINE_VALUES];
	unsigned nfields;
};

static void want_field(struct wants *w, const char *name)
{
	unsigned i;

	for (i = 0; i < w->nfields; i++)
		if (!strcmp(w->fields[i], name))
			return;
	w->fields[w->nfields++] = name;
}

static void collect(struct wants *w, const struct ask *a,
		    enum ask_role role)
{
	const struct ask_value *v[ENGINE_VALUES];
	unsigned i, n = engine_values(a, role, v);

	memset(w, 0, sizeof(*w));
	for (i = 0; i < n; i++) {
		if (v[i]->from == FROM_RETVAL) {
			w->ret = true;
		} else if (v[i]->from == FROM_FIELD && v[i]->field) {
			want_field(w, v[i]->field);
		} else if (v[i]->from == FROM_ARG && v[i]->arg < ARGS) {
			w->arg[v[i]->arg] = true;
			if (w->nargs <= v[i]->arg)
				w->nargs = v[i]->arg + 1u;
		}
	}
}

/* Has this kind of hook got what is wanted? */
static const char *lacks(int kind, const struct wants *w)
{
	bool ret = kind == HOOK_KRETPROBE || kind == HOOK_URETPROBE ||
		   kind == HOOK_FEXIT;

	if (w->nfields && kind != HOOK_TRACEPOINT)
		return "only tracepoints have fields";
	if (w->nargs && kind == HOOK_TRACEPOINT)
		return "a tracepoint has fields, no arguments";
	if (w->nargs && kind == HOOK_PERF_EVENT)
		return "this hook has no arguments";
	if (w->ret && !ret)
		return "only where a function returns there is what it "
		       "returns";
	return NULL;
}

struct text {
	char *buf;
	size_t len, used;
	bool full;
};

static void add(struct text *t, const char *word, const char *more)
{
	int n = snprintf(t->buf + t->used, t->len - t->used, "%s%s%s",
			 t->used ? " " : "", word, more);

	if (n < 0 || (size_t)n >= t->len - t->used)
		t->full = true;
	else
		t->used += (size_t)n;
}

int engine_args(const struct ask *a, uint32_t i, char *buf, size_t len,
		const char **why)
{
	struct text t = { buf, len, 0, false };
	const int kind = a->hooks[i].kind;
	struct wants w;
	unsigned n;

	collect(&w, a, ask_role_of(a, i));
	*why = lacks(kind, &w);
	if (*why)
		return -EINVAL;
	if (!len)
		return -ENOSPC;
	buf[0] = '\0';
	for (n = 0; n < w.nargs && !t.full && !engine_enters(a, i); n++)
		add(&t, w.arg[n] ? arg_names[n] : "-", "");
	for (n = 0; n < w.nfields && !t.full; n++)
		add(&t, w.fields[n], "");
	if (w.ret && !t.full)
		add(&t, "ret", kind == HOOK_FEXIT ? "=ret" : "");
	return t.full ? -ENOSPC : 0;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ask_hooks - words to hooks: "k:tcp_sendmsg", "t:syscalls:sys_enter_accept*".
 */
#include "tools/frontend/ask_int.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
	const char *name;
	uint8_t kind;
} prefixes[] = {
	{ "kprobe", HOOK_KPROBE }, { "k", HOOK_KPROBE },
	{ "kretprobe", HOOK_KRETPROBE }, { "kr", HOOK_KRETPROBE },
	{ "fentry", HOOK_FENTRY }, { "f", HOOK_FENTRY },
	{ "fexit", HOOK_FEXIT }, { "fr", HOOK_FEXIT },
	{ "tracepoint", HOOK_TRACEPOINT }, { "t", HOOK_TRACEPOINT },
	{ "rawtracepoint", HOOK_RAW_TRACEPOINT },
	{ "rt", HOOK_RAW_TRACEPOINT },
	{ "uprobe", HOOK_UPROBE }, { "u", HOOK_UPROBE },
	{ "uretprobe", HOOK_URETPROBE }, { "ur", HOOK_URETPROBE },
};

/* Functions that sleep have many callers that wait in them. */
#define SLEEPERS 1024

static bool is_glob(const char *text)
{
	return strpbrk(text, "*?[") != NULL;
}

/* A hook that is there is not taken again: each hit would count twice. */
static bool is_there(const struct ask_hooks *l, uint8_t kind,
		     const char *target)
{
	for (unsigned i = l->from; i < l->n; i++)
		if (l->hooks[i].kind == kind &&
		    !strcmp(l->hooks[i].target, target))
			return true;
	return false;
}

static int add(struct ask_hooks *l, uint8_t kind, const char *target)
{
	struct hook *h;
	char *copy;

	if (is_there(l, kind, target))
		return 0;
	if (l->n == ASK_HOOKS_MAX)
		return -E2BIG;
	h = realloc(l->hooks, (l->n + 1) * sizeof(*h));
	copy = strdup(target);
	if (h)
		l->hooks = h;
	if (!h || !copy) {
		free(copy);
		return -ENOMEM;
	}
	l->hooks[l->n++] = (struct hook){
		.kind = kind, .target = copy, .args = "", .suffixed = true,
	};
	return 0;
}

void ask_hooks_free(struct ask_hooks *l)
{
	for (unsigned i = 0; i < l->n; i++) {
		free((char *)l->hooks[i].target);
		if (*l->hooks[i].args)
			free((char *)l->hooks[i].args);
	}
	free(l->hooks);
	free(l->absent);
	memset(l, 0, sizeof(*l));
}

/* ---- what there is ----------------------------------------------------- */

/* Told each name; non-zero ends the walk and is returned. */
typedef int each(void *ctx, const char *name);

static int each_entry(int dir, const char *path, each *fn, void *ctx)
{
	int fd = openat(dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *ent;
	int err = 0;

	if (!d) {
		err = -errno;
		if (fd >= 0)
			close(fd);
		return err;
	}
	while (!err && (ent = readdir(d)))
		if (ent->d_name[0] != '.' && ent->d_type != DT_REG)
			err = fn(ctx, ent->d_name);
	closedir(d);
	return err;
}

/* A name to a line, up to a blank: "tcp_sendmsg [module]"; or, of kallsyms,
 * "ffffffff81c0b2d0 t tcp_sendmsg", of which functions count. */
static int each_line(FILE *f, bool kallsyms, each *fn, void *ctx)
{
	char *line = NULL, *p, *save;
	size_t cap = 0;
	int err = 0;

	while (!err && getline(&line, &cap, f) > 0) {
		p = strtok_r(line, " \t\n", &save);
		if (p && kallsyms) {
			p = strtok_r(NULL, " \t\n", &save);
			p = p && strchr("tTwW", *p) ?
			    strtok_r(NULL, " \t\n", &save) : NULL;
		}
		if (p)
			err = fn(ctx, p);
	}
	free(line);
	return err;
}

/* Functions that can be probed, as far as the kernel tells; else all. */
static int each_function(struct env *env, each *fn, void *ctx)
{
	int dir = env_tracefs(env, &(struct err){ .no = 0 }), fd = -1, err;
	FILE *f;

	if (dir >= 0)
		fd = openat(dir, "available_filter_functions",
			    O_RDONLY | O_CLOEXEC);
	f = fd < 0 ? fopen("/proc/kallsyms", "re") : fdopen(fd, "r");
	if (!f) {
		err = -errno;
		if (fd >= 0)
			close(fd);
		return err;
	}
	err = each_line(f, fd < 0, fn, ctx);
	fclose(f);
	return err;
}

/* ---- globs ------------------------------------------------------------- */

struct glob {
	struct ask_hooks *list;
	uint8_t kind;
	const char *glob, *group;	/* group: of tracepoints */
	const char *groups;
	int dir;
	bool matched;
};

static int take_name(void *ctx, const char *name)
{
	struct glob *g = ctx;
	char target[256];

	if (fnmatch(g->glob, name, 0))
		return 0;
	g->matched = true;
	if (!g->group)
		return add(g->list, g->kind, name);
	snprintf(target, sizeof(target), "%s/%s", g->group, name);
	return add(g->list, g->kind, target);
}

static int take_group(void *ctx, const char *name)
{
	struct glob *g = ctx;
	char path[256];

	if (fnmatch(g->groups, name, 0))
		return 0;
	g->group = name;
	snprintf(path, sizeof(path), "events/%s", name);
	return each_entry(g->dir, path, take_name, g);
}

static int too_many(const char *word, struct err *e)
{
	ask_bad(e, "'%.80s': more than %d hooks", word, ASK_HOOKS_MAX);
	e->no = E2BIG;
	return -E2BIG;
}

/* What is named, not matched, must be there. */
static int add_named(struct ask_hooks *l, uint8_t kind, const char *target,
		     const char *word, struct err *e)
{
	unsigned before = l->n;
	int err = add(l, kind, target);

	if (err == -E2BIG)
		return too_many(word, e);
	if (err)
		return err_set(e, -err, "hooks");
	if (l->n > before) {
		l->named[before] = true;
		l->hooks[before].maxactive = SLEEPERS;
	}
	return 0;
}

static int by_target(const void *a, const void *b)
{
	const struct hook *x = a, *y = b;

	return strcmp(x->target, y->target);
}

static int expand(struct glob *g, struct env *env, const char *word,
		  struct err *e)
{
	const struct hook h = { .kind = g->kind, .target = g->glob };
	unsigned before = g->list->n;
	int err = 0;

	/* without kprobes it is not the names that are missing */
	if (g->kind == HOOK_KPROBE || g->kind == HOOK_KRETPROBE)
		err = attach_possible(env, &h, e);
	if (err)
		return err;
	if (g->kind == HOOK_TRACEPOINT) {
		g->dir = env_tracefs(env, e);
		if (g->dir < 0)
			return g->dir;
		err = each_entry(g->dir, "events", take_group, g);
	} else {
		err = each_function(env, take_name, g);
	}
	if (err == -E2BIG)
		return too_many(word, e);
	if (err) {
		ask_bad(e, "'%.80s': what there is cannot be read: %s", word,
			strerror(-err));
		e->no = -err;
		return err;
	}
	if (g->list->n == before && !g->matched) {
		ask_bad(e, "'%.80s' matches no %s of this kernel", word,
			hook_kind_name(g->kind));
		e->no = ENOENT;
		return -ENOENT;
	}
	if (g->list->n > before)
		qsort(g->list->hooks + before, g->list->n - before,
		      sizeof(struct hook), by_target);
	for (unsigned i = before; i < g->list->n; i++)
		g->list->named[i] = !is_glob(word);
	return 0;
}

/* ---- one word ---------------------------------------------------------- */

static int find_kind(const char *word, const char **rest)
{
	size_t len = strcspn(word, ":");

	if (!word[len])
		return HOOK_NONE;
	*rest = word + len + 1;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (strlen(prefixes[i].name) == len &&
		    !strncmp(prefixes[i].name, word, len))
			return prefixes[i].kind;
	return HOOK_NONE;
}

static int bad_word(const char *word, const char *why, struct err *e)
{
	return ask_bad(e, "'%.80s' is no hook: %s", word, why);
}

/* GROUP:NAME, either may be a glob. */
static int take_tracepoint(struct glob *g, const char *word, const char *rest,
			   struct env *env, struct err *e)
{
	char group[128], *colon;

	if (strlen(rest) >= sizeof(group))
		return bad_word(word, "no tracepoint's name is so long", e);
	snprintf(group, sizeof(group), "%s", rest);
	colon = strpbrk(group, ":/");
	if (!colon || colon == group || !colon[1] ||
	    strpbrk(colon + 1, ":/") || group[0] == '.')
		return bad_word(word, "want tracepoint:GROUP:NAME", e);
	*colon = '\0';
	g->groups = group;
	g->glob = colon + 1;
	return expand(g, env, word, e);
}

static int parse_hook(struct ask_hooks *l, const char *word, struct env *env,
		      struct err *e)
{
	struct glob g = { .list = l };
	const char *rest = "";

	g.kind = (uint8_t)find_kind(word, &rest);
	if (g.kind == HOOK_NONE)
		return bad_word(word, "want kprobe:, kretprobe:, fentry:, "
				"fexit:, tracepoint:, rawtracepoint:, uprobe: "
				"or uretprobe: (k: kr: f: fr: t: rt: u: ur:) "
				"and a name", e);
	if (!*rest || strpbrk(rest, " \t\n"))
		return bad_word(word, "no name behind the colon", e);
	if (g.kind == HOOK_UPROBE || g.kind == HOOK_URETPROBE) {
		if (*rest != '/' || !strchr(rest, ':'))
			return bad_word(word, "want /PATH:FUNCTION", e);
		return add_named(l, g.kind, rest, word, e);
	}
	if (g.kind == HOOK_TRACEPOINT)
		return take_tracepoint(&g, word, rest, env, e);
	if (strpbrk(rest, "/:"))
		return bad_word(word, "a function's name has no / or :", e);
	g.glob = rest;
	if (is_glob(rest))
		return g.kind == HOOK_RAW_TRACEPOINT ?
		       bad_word(word, "raw tracepoints are named one by one",
				e) : expand(&g, env, word, e);
	return add_named(l, g.kind, rest, word, e);
}

void ask_hooks_absent(struct ask_hooks *l, const char *name)
{
	char *text;

	if (asprintf(&text, "%s%s%s", l->absent ? l->absent : "",
		     l->absent ? " " : "", name) < 0)
		return;		/* told by --plan only */
	free(l->absent);
	l->absent = text;
}

int ask_hooks_parse(struct ask_hooks *l, const char *word, struct env *env,
		    struct err *e)
{
	bool maybe = *word == '?';
	unsigned before = l->n;
	int err = parse_hook(l, word + maybe, env, e);

	for (unsigned i = before; i < l->n && maybe; i++) {
		l->named[i] = false;
		l->maybe[i] = true;
	}
	if (!maybe || err != -ENOENT)
		return err;
	ask_hooks_absent(l, word + 1);
	return 0;
}

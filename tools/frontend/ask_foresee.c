/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a request will look up in the kernel's BTF, told before it begins to:
 * one pass over all its types finds all, where each word alone would take one.
 */
#include "btf/btf.h"
#include "tools/frontend/ask_run.h"

#include <ctype.h>
#include <string.h>

/* What conditions, descriptors and the namespace of a task are read through. */
static const char *const always[] = {
	"task_struct", "nsproxy", "net", "files_struct", "fdtable", "file",
	"socket", "sock", "sk_buff", "net_device", "skb_shared_info",
};

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

enum { WORDS = 128, WORD = 64 };

struct words {
	const char *argument;	/* for "%"; NULL: there is none */
	char text[WORDS][WORD];
	unsigned n;
};

static void add(struct words *w, const char *prefix, const char *s, size_t len)
{
	char word[WORD];
	unsigned i;

	if (!len || strlen(prefix) + len >= sizeof(word) || w->n == WORDS)
		return;
	snprintf(word, sizeof(word), "%s%.*s", prefix, (int)len, s);
	for (i = 0; i < w->n && strcmp(w->text[i], word); i++)
		;
	if (i == w->n)
		memcpy(w->text[w->n++], word, sizeof(word));
}

/* "arg0:Qdisc.ops:Qdisc_ops.id": what stands before a dot. */
static void add_types(struct words *w, const char *text)
{
	size_t n;

	for (; text && *text; text += n ? n : 1) {
		for (n = 0; isalnum((unsigned char)text[n]) || text[n] == '_';)
			n++;
		if (text[n] == '.')
			add(w, "", text, n);
	}
}

/* "f:tcp_sendmsg", "?fr:__%_dequeue", "rt:net_dev_queue". */
static void add_hook(struct words *w, const char *hook)
{
	char name[WORD];
	const char *colon;

	hook += *hook == '?';
	colon = strchr(hook, ':');
	if (!colon)
		return;
	ask_argument_put(name, sizeof(name), colon + 1,
			 w->argument ? w->argument : "");
	if (*hook == 'f')
		add(w, "", name, strlen(name));
	else if (!strncmp(hook, "rt:", 3))
		add(w, "btf_trace_", name, strlen(name));
}

static void add_hooks(struct words *w, const char *list)
{
	char hook[WORD];

	while (list && ask_next_word(&list, hook, sizeof(hook)))
		add_hook(w, hook);
}

static void add_way(struct words *w, const struct way *way)
{
	const char *const values[] = {
		way->by, way->of, way->where, way->sock, way->on, way->dev,
		way->start_dev, way->next,
	};

	add_hooks(w, way->hooks);
	add_hooks(w, way->forget);
	add_hooks(w, way->freed);
	for (unsigned i = 0; i < ARRAY_SIZE(values); i++)
		add_types(w, values[i]);
}

static void add_options(struct words *w, const struct ask_options *a)
{
	const char *const values[] = { a->by, a->of, a->where, a->sock, a->on };

	for (int i = 0; i < a->nhooks; i++)
		add_hook(w, a->hooks[i]);
	for (unsigned i = 0; i < ARRAY_SIZE(values); i++)
		add_types(w, values[i]);
}

static void add_part(struct words *w, const struct part *p,
		     const struct options *o)
{
	const char *const values[] = { p->by, p->of, p->where, p->sock, p->on };

	for (unsigned i = 0; i < ARRAY_SIZE(values); i++)
		add_types(w, values[i]);
	for (unsigned i = 0; i < p->nways; i++)
		if (ask_applies(o, &p->ways[i]))
			add_way(w, &p->ways[i]);
}

/* Without memory they are found later, one by one. */
static void tell(const struct words *w, struct btf *b)
{
	const char *names[WORDS];

	for (unsigned i = 0; i < w->n; i++)
		names[i] = w->text[i];
	if (b)
		btf_foresee(b, names, w->n);
}

void ask_foresee(struct env *env, const struct options *o,
		 const struct part *parts)
{
	static struct words w;

	w.n = 0;
	w.argument = o->argument;
	for (unsigned i = 0; i < ARRAY_SIZE(always); i++)
		add(&w, "", always[i], strlen(always[i]));
	add_options(&w, &o->ask);
	for (; parts->name; parts++)
		add_part(&w, parts, o);
	tell(&w, env->kernel_btf);
	if (env->types != env->kernel_btf)
		tell(&w, env->types);
}

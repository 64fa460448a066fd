/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * frames - what the ids of stacks, and addresses in the kernel, are as text.
 *
 * The text is told by events (EVENT_STACK), made where the stack was and read
 * back from captures alike, so that a replay shows what was seen.
 */
#include "tools/frontend/frontend.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES_KEPT 65536

struct text {
	struct text *newer, *older;	/* by when they were used last */
	uint32_t kind, pid;
	int64_t id;
	char text[];
};

struct frames {
	void *root;		/* of tsearch(3) */
	size_t n;
	struct text *newest, *oldest;
	bool forgot;
	uint64_t unnamed;
};

static int compare(const void *a, const void *b)
{
	const struct text *x = a, *y = b;

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	return (x->kind > y->kind) - (x->kind < y->kind);
}

struct frames *frames_new(void)
{
	return calloc(1, sizeof(struct frames));
}

static void unlink_text(struct frames *f, struct text *t)
{
	*(t->newer ? &t->newer->older : &f->newest) = t->older;
	*(t->older ? &t->older->newer : &f->oldest) = t->newer;
}

static void put_newest(struct frames *f, struct text *t)
{
	t->newer = NULL;
	t->older = f->newest;
	*(f->newest ? &f->newest->newer : &f->oldest) = t;
	f->newest = t;
}

static void forget_oldest(struct frames *f)
{
	struct text *t = f->oldest;

	unlink_text(f, t);
	tdelete(t, &f->root, compare);
	free(t);
	f->n--;
}

void frames_free(struct frames *f)
{
	while (f && f->oldest)
		forget_oldest(f);
	free(f);
}

static struct text *lookup(const struct frames *f, const struct text *key)
{
	void *node = tfind(key, &f->root, compare);

	return node ? *(struct text **)node : NULL;
}

void frames_learn(struct frames *f, const struct stack_event *ev)
{
	const size_t head = offsetof(struct stack_event, text);
	size_t len = ev->event.len < head ? 0 : ev->event.len - head;
	struct text *t;

	if (ev->event.len < head)
		return;
	len = strnlen(ev->text, len < STACK_TEXT ? len : STACK_TEXT);
	t = malloc(sizeof(*t) + len + 1);
	if (!t) {
		f->forgot = true;
		return;
	}
	t->kind = ev->kind;
	t->pid = ev->pid;
	t->id = ev->id;
	memcpy(t->text, ev->text, len);
	t->text[len] = '\0';
	/* told twice: a row may still show the first */
	if (lookup(f, t) || !tsearch(t, &f->root, compare)) {
		free(t);
		return;
	}
	put_newest(f, t);
	if (f->n++ < FRAMES_KEPT)
		return;
	forget_oldest(f);
	f->forgot = true;
}

const char *frames_find(struct frames *f, uint32_t kind, int64_t id,
			uint32_t pid)
{
	const struct text key = { .kind = kind, .pid = pid, .id = id };
	struct text *t = lookup(f, &key);

	if (!t)
		return NULL;
	unlink_text(f, t);
	put_newest(f, t);
	return t->text;
}

const char *frames_show(struct frames *f, uint32_t kind, int64_t id,
			uint32_t pid)
{
	const char *text = f ? frames_find(f, kind, id, pid) : NULL;

	if (f && !text && f->forgot)
		f->unnamed++;
	return text;
}

uint64_t frames_unnamed(const struct frames *f)
{
	return f ? f->unnamed : 0;
}

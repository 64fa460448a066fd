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
	uint32_t kind, pid;
	int64_t id;
	char text[];
};

struct frames {
	void *root;		/* of tsearch(3) */
	size_t n;
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

static void forget(struct frames *f)
{
	struct text *t;

	while (f->root) {
		t = *(struct text **)f->root;
		tdelete(t, &f->root, compare);
		free(t);
	}
	f->n = 0;
}

void frames_free(struct frames *f)
{
	if (f)
		forget(f);
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
	if (f->n == FRAMES_KEPT)
		forget(f);
	t = malloc(sizeof(*t) + len + 1);
	if (!t)
		return;
	t->kind = ev->kind;
	t->pid = ev->pid;
	t->id = ev->id;
	memcpy(t->text, ev->text, len);
	t->text[len] = '\0';
	/* told twice: a row may still show the first */
	if (lookup(f, t) || !tsearch(t, &f->root, compare))
		free(t);
	else
		f->n++;
}

const char *frames_find(const struct frames *f, uint32_t kind, int64_t id,
			uint32_t pid)
{
	const struct text key = { .kind = kind, .pid = pid, .id = id };
	const struct text *t = lookup(f, &key);

	return t ? t->text : NULL;
}

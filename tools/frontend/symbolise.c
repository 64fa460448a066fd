/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * symbolise - what the stacks and addresses in a row mean, looked up as soon
 * as the row is there: a process may end soon.
 */
#include "loader/symbols.h"
#include "tools/frontend/ask.h"
#include "tools/frontend/rows_int.h"
#include "tools/frontend/symbolise.h"

#include <stdlib.h>
#include <string.h>

struct symbolise {
	const struct tool *tool;
	struct frames *frames;		/* borrowed */
	struct stacks stacks;
	struct reasons *reasons;	/* NULL: no such column */
	int map;			/* `stacks`; negative: none */
	bool wanted[MAX_COLUMNS];
	bool users;
	struct stack_event ev;
};

static bool is_looked_up(uint8_t kind)
{
	return kind_stacks(kind) || kind == K_KSYM || kind == K_REASON;
}

bool symbolises(const struct options *o)
{
	const struct column *col = o->tool->columns;
	bool any = false;

	for (unsigned i = 0; i < MAX_COLUMNS && col[i].key; i++)
		any |= is_looked_up(col[i].kind) && col[i].kind != K_REASON &&
		       column_wanted(o, &col[i]);
	return any && o->tool->flags & T_STACKS && !o->ask.no_symbols;
}

/* Which columns there is something to look up for; false: none. */
static bool choose(struct symbolise *s, const struct options *o,
		   struct env *env)
{
	const struct column *col = o->tool->columns;
	bool any = false;

	for (unsigned i = 0; i < MAX_COLUMNS && col[i].key; i++) {
		if (!is_looked_up(col[i].kind))
			continue;
		s->wanted[i] = column_wanted(o, &col[i]);
		if (s->wanted[i] && col[i].kind == K_REASON && !s->reasons)
			s->reasons = reasons_new(env);
		s->users |= s->wanted[i] && col[i].kind == K_USTACK;
		any |= s->wanted[i];
	}
	return any;
}

struct symbolise *symbolise_new(const struct options *o, struct env *env,
				int fd, struct frames *frames)
{
	struct symbolise *s = calloc(1, sizeof(*s));

	if (!s || !frames || !choose(s, o, env)) {
		free(s);
		return NULL;
	}
	s->tool = o->tool;
	s->frames = frames;
	s->map = fd;
	s->stacks.build_ids = o->ask.no_symbols;
	s->stacks.usyms = s->users ? usyms_new() : NULL;
	s->stacks.ksyms = symbolises(o) ? env_functions(env) : NULL;
	return s;
}

void symbolise_free(struct symbolise *s)
{
	if (!s)
		return;
	usyms_free(s->stacks.usyms);
	reasons_free(s->reasons);
	free(s);
}

bool symbolise_users(const struct symbolise *s)
{
	return s && s->users;
}

static enum stack_kind kind_of(const struct cell *c)
{
	switch (c->kind) {
	case K_USTACK:
		return STACK_USER;
	case K_KSTACK:
		return STACK_KERNEL;
	case K_REASON:
		return STACK_REASON;
	}
	return STACK_SYMBOL;
}

/* Or nothing that has a name. */
static bool is_known(const struct symbolise *s, const struct cell *c)
{
	if (c->null || (kind_stacks(c->kind) ? cell_stack_error(c) : !c->num))
		return true;
	return frames_find(s->frames, kind_of(c), (int64_t)c->num, c->pid);
}

/* Text of what @c names to s->ev; false: the stack is not there any more. */
static bool look_up(struct symbolise *s, const struct cell *c)
{
	uint64_t ips[STACK_DEPTH] = { c->num };
	uint32_t key = (uint32_t)c->num;
	const char *text = s->ev.text;
	unsigned n = 1;
	size_t len;

	if (c->kind == K_REASON) {
		if (s->reasons)
			reasons_name(s->reasons, key, s->ev.text);
		return s->reasons;
	}
	if (kind_stacks(c->kind)) {
		if (s->map < 0 || map_lookup(s->map, &key, ips))
			return false;
		n = STACK_DEPTH;
	}
	stack_text(&s->stacks, ips, n, c->pid, s->ev.text,
		   sizeof(s->ev.text));
	if (c->kind != K_KSYM)
		return true;
	/* no line of its own */
	text = stack_frame(&text, &len);
	memmove(s->ev.text, text ? text : "", text ? len : 0);
	s->ev.text[text ? len : 0] = '\0';
	return true;
}

static const struct stack_event *tell(struct symbolise *s,
				      const struct cell *c,
				      const struct event *row)
{
	s->ev.event = *row;
	s->ev.event.type = EVENT_STACK;
	s->ev.event.len = (uint32_t)(offsetof(struct stack_event, text) +
				     strlen(s->ev.text));
	s->ev.id = (int64_t)c->num;
	s->ev.pid = c->pid;
	s->ev.kind = kind_of(c);
	return &s->ev;
}

const struct stack_event *symbolise_next(struct symbolise *s,
					 const struct event *ev, unsigned *i)
{
	const struct column *col = s->tool->columns;
	struct cell cell;

	for (; *i < MAX_COLUMNS && col[*i].key; ++*i) {
		if (!s->wanted[*i])
			continue;
		cell_load(&cell, &col[*i], ev, s->tool);
		if (is_known(s, &cell) || !look_up(s, &cell))
			continue;
		++*i;
		return tell(s, &cell, ev);
	}
	return NULL;
}

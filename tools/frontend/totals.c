/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Rows out of totals.
 *
 * Programs that add up keep, for each flow, an event whose columns of C_SUM
 * are what they have come to, in a map called `totals`; at its end they take
 * it from there and send it, as EVENT_TOTAL.  Rows are differences, so what
 * has been told of each flow is remembered here, by the flow's id.  Whatever
 * is read late, twice or not at all, the differences add up to the total.
 *
 * An open hash table; what follows a hole is moved up into it.
 */
#include "tools/frontend/run.h"

#include <stdlib.h>
#include <string.h>

#define MAX_SUMS 6
#define FIRST_SLOTS 1024

struct told {
	uint64_t id;			/* 0: free */
	uint64_t sums[MAX_SUMS];
};

struct totals {
	const struct tool *tool;
	uint16_t offs[MAX_SUMS];	/* of the columns in the event */
	unsigned nsums;
	struct told *slots;
	size_t nslots, used;		/* a power of two; half of it at most */
	uint64_t unknown;
};

struct totals *totals_new(const struct tool *t)
{
	struct totals *s = calloc(1, sizeof(*s));
	const struct column *col;

	if (!s)
		return NULL;
	s->tool = t;
	for (col = t->columns; col->key && s->nsums < MAX_SUMS; col++)
		if (col->flags & C_SUM && !(col->flags & C_RATE) && !col->stat)
			s->offs[s->nsums++] = col->off;
	s->slots = calloc(FIRST_SLOTS, sizeof(*s->slots));
	if (!s->slots) {
		free(s);
		return NULL;
	}
	s->nslots = FIRST_SLOTS;
	return s;
}

void totals_free(struct totals *s)
{
	if (!s)
		return;
	free(s->slots);
	free(s);
}

uint64_t totals_unknown(const struct totals *s)
{
	return s->unknown;
}

/* Where @id is, or would be.  Ids are mixed well already (sock_id()). */
static size_t find(const struct totals *s, uint64_t id)
{
	size_t i = id & (s->nslots - 1);

	while (s->slots[i].id && s->slots[i].id != id)
		i = (i + 1) & (s->nslots - 1);
	return i;
}

static bool grow(struct totals *s)
{
	struct told *old = s->slots;
	size_t n = s->nslots;

	s->slots = calloc(2 * n, sizeof(*s->slots));
	if (!s->slots) {
		s->slots = old;
		return false;
	}
	s->nslots = 2 * n;
	for (size_t i = 0; i < n; i++)
		if (old[i].id)
			s->slots[find(s, old[i].id)] = old[i];
	free(old);
	return true;
}

static void forget(struct totals *s, size_t hole)
{
	struct told moved;
	size_t i = hole;

	s->slots[hole].id = 0;
	s->used--;
	for (;;) {
		i = (i + 1) & (s->nslots - 1);
		if (!s->slots[i].id)
			return;
		moved = s->slots[i];
		s->slots[i].id = 0;
		s->slots[find(s, moved.id)] = moved;
	}
}

static struct told *remember(struct totals *s, uint64_t id)
{
	struct told *told = &s->slots[find(s, id)];

	if (told->id)
		return told;
	if (2 * (s->used + 1) > s->nslots) {
		if (!grow(s))
			return NULL;
		told = &s->slots[find(s, id)];
	}
	memset(told, 0, sizeof(*told));
	told->id = id;
	s->used++;
	return told;
}

static uint64_t id_of(const struct totals *s, const struct event *ev)
{
	struct flow flow;

	memcpy(&flow, (const uint8_t *)ev + s->tool->flow_off, sizeof(flow));
	return flow.id ? flow.id : 1;
}

bool totals_row(struct totals *s, struct event *ev, bool last)
{
	struct told *told = remember(s, id_of(s, ev));
	bool any = false;
	uint64_t now;

	if (!told) {
		s->unknown++;
		return false;
	}
	for (unsigned i = 0; i < s->nsums; i++) {
		uint8_t *at = (uint8_t *)ev + s->offs[i];
		uint64_t more;

		memcpy(&now, at, sizeof(now));
		/* an older reading than the one before */
		more = now > told->sums[i] ? now - told->sums[i] : 0;
		told->sums[i] += more;
		memcpy(at, &more, sizeof(more));
		any |= more != 0;
	}
	if (last)
		forget(s, (size_t)(told - s->slots));
	ev->type = EVENT_ROW;
	return any;
}

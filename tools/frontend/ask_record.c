/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is printed of tallies, into a capture. */
#include "tools/frontend/ask_record.h"
#include "tools/frontend/heap_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct ask_record {
	struct capture *capture;
	struct capture_info info;
	struct ask_map maps[MAX_PARTS];
	unsigned nmaps;
	struct ask_tool tool;
	struct frames *frames;		/* that were told */
	struct stack_event stack;
	struct event *row;
};

static int record_begin(struct ask_record *rec, const struct asked *r)
{
	int err;

	for (unsigned i = 0; i < r->nqueries; i++) {
		const struct query *q = &r->queries[i];

		if (q->object)
			rec->maps[rec->nmaps++] = (struct ask_map){
				q->part->name, asked_unit(q->part), &q->ask,
			};
	}
	err = ask_tool_init(&rec->tool, r->o->tool, rec->maps, rec->nmaps);
	rec->frames = frames_new();
	rec->row = calloc(1, rec->tool.tool.event_size);
	return err || (rec->frames && rec->row) ? err : -ENOMEM;
}

int ask_record_open(struct ask_record **out, const struct asked *r,
		    const struct capture_info *info, struct err *e)
{
	struct ask_record *rec;
	int err;

	*out = NULL;
	if (!r->o->write_file)
		return 0;
	*out = rec = calloc(1, sizeof(*rec));
	err = rec ? record_begin(rec, r) : -ENOMEM;
	if (err == -E2BIG)
		return err_set(e, 0, "-W: too many keys, a recording has at "
			       "most %u in all maps",
			       MAX_COLUMNS - ASK_TALLY_COLUMNS);
	if (err)
		return err_set(e, -err, "recording");
	rec->info = *info;
	rec->info.maps = rec->maps;
	rec->info.nmaps = rec->nmaps;
	return capture_create(&rec->capture, r->o->write_file, &rec->tool.tool,
			      &rec->info, e);
}

int ask_record_close(struct ask_record *rec, const struct losses *l,
		     struct err *e)
{
	int err = 0;

	if (!rec)
		return 0;
	if (rec->capture) {
		capture_losses(rec->capture, l);
		err = capture_close(rec->capture, e);
	}
	ask_tool_release(&rec->tool);
	frames_free(rec->frames);
	free(rec->row);
	free(rec);
	return err;
}

/* ---- rows --------------------------------------------------------------- */

/* Each map has stacks of its own, with ids of 31 bits. */
static int64_t stack_of(const uint8_t *bytes, unsigned map)
{
	int64_t id;

	memcpy(&id, bytes, sizeof(id));
	return id < 0 ? id : id | (int64_t)map << 32;
}

/* What the stack @k of @g means, unless it was told. */
static void record_stack(struct ask_record *rec, unsigned map,
			 const struct heap_group *g, const struct heap_key *k,
			 const struct heap_style *s)
{
	struct stack_event *ev = &rec->stack;
	int64_t id;

	memcpy(&id, k->bytes, sizeof(id));
	ev->id = stack_of(k->bytes, map);
	ev->kind = k->v->from == FROM_USTACK ? STACK_USER : STACK_KERNEL;
	ev->pid = ev->kind == STACK_USER ?
		  ask_key_pid(rec->maps[map].ask, g->key) : 0;
	if (id < 0 || frames_find(rec->frames, ev->kind, ev->id, ev->pid))
		return;
	s->stack(s->ctx, k->v, id, g->key, ev->text, sizeof(ev->text));
	ev->event = (struct event){
		.ns = s->ns, .type = EVENT_STACK,
		.len = (uint32_t)(offsetof(struct stack_event, text) +
				  strlen(ev->text)),
	};
	frames_learn(rec->frames, ev);
	capture_event(rec->capture, &ev->event);
}

/* The keys to @to, as columns have them. */
static void put_keys(uint8_t *to, const struct ask *a,
		     const struct heap_group *g, unsigned map)
{
	struct heap_key k;
	int64_t id;

	heap_for_each_key(k, a, g) {
		memcpy(to + (k.bytes - g->key), k.bytes, ask_value_size(k.v));
		if (k.v->shape != SHAPE_STACK)
			continue;
		id = stack_of(k.bytes, map);
		memcpy(to + (k.bytes - g->key), &id, sizeof(id));
	}
}

/* The first of the columns of @map. */
static const struct column *columns_of(const struct ask_record *rec,
				       unsigned map)
{
	const struct column *col = rec->tool.columns;

	while (map--)
		col += rec->maps[map].ask->nkeys;
	return col;
}

static void record_group(struct ask_record *rec, unsigned map,
			 const struct heap_group *g, uint64_t ns)
{
	const struct ask *a = rec->maps[map].ask;
	const bool hist = heap_is_hist(a);
	const struct tool *t = &rec->tool.tool;
	uint8_t *row = (uint8_t *)rec->row;
	uint64_t tally[ASK_TALLY_COLUMNS] = {
		[ASK_TOTAL] = g->total, [ASK_MAP] = map,
	};

	memset(row, 0, t->event_size);
	*rec->row = (struct event){ .ns = ns, .type = EVENT_ROW,
				    .len = t->event_size };
	put_keys(row + columns_of(rec, map)->off, a, g, map);
	for (uint32_t i = 0; i < (hist ? g->nslots : 1); i++) {
		tally[ASK_SLOT] = hist ? g->slots[i].slot : 0;
		tally[ASK_COUNTED] = hist ? g->slots[i].count : g->count;
		memcpy(row + t->event_size - sizeof(tally), tally,
		       sizeof(tally));
		capture_event(rec->capture, rec->row);
		tally[ASK_TOTAL] = 0;	/* the group's: once */
	}
}

static void record_heap(struct ask_record *rec, unsigned map,
			const struct heap *h, const struct heap_style *s)
{
	const struct heap_group *g;
	struct heap_key k;

	for (uint32_t i = 0; i < h->ngroups; i++) {
		g = &h->groups[i];
		heap_for_each_key(k, h->ask, g)
			if (k.v->shape == SHAPE_STACK)
				record_stack(rec, map, g, &k, s);
		record_group(rec, map, g, s->ns);
	}
}

int ask_record_maps(struct ask_record *rec, struct heap *const *h,
		    const struct heap_style *styles)
{
	struct event print = { .type = EVENT_PRINT, .len = sizeof(print) };

	if (!rec)
		return 0;
	if (kernel_sync(&rec->info))
		capture_clocks(rec->capture, &rec->info);
	for (unsigned i = 0; i < rec->nmaps; i++)
		record_heap(rec, i, h[i], &styles[i]);
	print.ns = styles[0].ns;
	capture_event(rec->capture, &print);
	return capture_flush(rec->capture);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is printed of tallies, into a capture. */
#include "tools/frontend/ask_record.h"
#include "tools/frontend/heap_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct ask_record {
	struct capture *capture;
	struct ask_tool tool;
	struct frames *frames;		/* that were told */
	struct stack_event stack;
};

int ask_record_open(struct ask_record **out, const struct query *q,
		    struct err *e)
{
	const struct asked *r = q->r;
	struct capture_info info = {
		.ask = &q->ask, .unit = asked_unit(q->part),
		.intervals = r->o->interval_ns,
	};
	struct ask_record *rec;
	int err;

	*out = NULL;
	if (!r->o->write_file)
		return 0;
	rec = calloc(1, sizeof(*rec));
	err = rec ? ask_tool_init(&rec->tool, r->o->tool, &q->ask) : -ENOMEM;
	if (!err)
		rec->frames = frames_new();
	if (err || !rec->frames) {
		if (rec)
			ask_tool_release(&rec->tool);
		free(rec);
		return err_set(e, ENOMEM, "recording");
	}
	kernel_info(&info, r->env, r->o);
	info.clocks.start_ns = now_ns();
	err = capture_create(&rec->capture, r->o->write_file, &rec->tool.tool,
			     &info, e);
	*out = rec;
	return err;
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
	free(rec);
	return err;
}

/* What the stack @k of @g means, unless it was told. */
static void record_stack(struct ask_record *rec, const struct ask *a,
			 const struct heap_group *g, const struct heap_key *k,
			 const struct heap_style *s)
{
	struct stack_event *ev = &rec->stack;
	int64_t id;

	memcpy(&id, k->bytes, sizeof(id));
	ev->id = id;
	ev->kind = k->v->from == FROM_USTACK ? STACK_USER : STACK_KERNEL;
	ev->pid = ev->kind == STACK_USER ? ask_key_pid(a, g->key) : 0;
	if (id < 0 || frames_find(rec->frames, ev->kind, id, ev->pid))
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

static void record_slot(struct ask_record *rec, const struct ask *a,
			const struct heap_group *g, uint64_t ns, uint32_t i)
{
	const bool hist = heap_is_hist(a);
	struct {
		struct event event;
		uint8_t bytes[ASK_KEY_MAX + 8 * ASK_TALLY_COLUMNS];
	} row = { .event = { .ns = ns, .type = EVENT_ROW,
			     .len = rec->tool.tool.event_size } };
	/* the total is the group's: once */
	const uint64_t tally[ASK_TALLY_COLUMNS] = {
		hist ? g->slots[i].slot : 0,
		hist ? g->slots[i].count : g->count, i ? 0 : g->total,
	};
	uint32_t size = ask_key_size(a);

	memcpy(row.bytes, g->key, size);
	memcpy(row.bytes + size, tally, sizeof(tally));
	capture_event(rec->capture, &row.event);
}

int ask_record_heap(struct ask_record *rec, const struct heap *h,
		    const struct heap_style *s)
{
	const struct event print = { .ns = s->ns, .type = EVENT_PRINT,
				     .len = sizeof(print) };
	const struct heap_group *g;
	struct heap_key k;

	if (!rec)
		return 0;
	for (g = h->groups; g < h->groups + h->ngroups; g++) {
		heap_for_each_key(k, h->ask, g)
			if (k.v->shape == SHAPE_STACK)
				record_stack(rec, h->ask, g, &k, s);
		for (uint32_t i = 0; i < (heap_is_hist(h->ask) ? g->nslots : 1);
		     i++)
			record_slot(rec, h->ask, g, s->ns, i);
	}
	capture_event(rec->capture, &print);
	return capture_flush(rec->capture);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * engine - a request becomes a spec.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine_int.h"

#define ENTRIES		16384	/* of `tally` and `starts` if nobody says */
#define STACKS		4096
#define RING_BYTES	262144
#define MAPS		5	/* at most at a time */
#define NAME_LEN	24

struct engine_prog {
	char name[NAME_LEN];
	struct bpf_insn *insns;
	struct reloc *relocs;
};

struct engine_spec {
	struct spec spec;		/* first: what is handed out */
	struct spec_map maps[MAPS];
	struct spec_prog *progs;
	struct engine_prog *made;	/* what they point to */
};

/* ---- programs of a request --------------------------------------------- */

static bool from_hook(const struct ask_value *v)
{
	return v->from == FROM_PROBE || v->from == FROM_EVENT;
}

/* Does the program for some hook know which hook it is for? */
static bool by_hook(const struct ask *a)
{
	const struct ask_value *v[ENGINE_VALUES];
	unsigned i, n = engine_values(a, ASK_ENDS, v);

	if (a->nstart && from_hook(&a->on[ASK_STARTS]))
		return true;
	for (i = 0; i < a->nhooks; i++)
		if (engine_enters(a, i))
			return true;
	for (i = 0; i < n; i++)
		if (from_hook(v[i]))
			return true;
	return false;
}

void engine_prog(const struct ask *a, uint32_t i, char *buf, size_t len)
{
	static const char *const roles[] = { "start", "end", "forget",
					     "free" };
	const char *what = a->nstart ? roles[ask_role_of(a, i)] : "ask";

	if (by_hook(a))
		snprintf(buf, len, "%s_%u", what, i);
	else
		snprintf(buf, len, "%s", what);
}

static bool is_typed(const struct ask *a)
{
	uint32_t i;

	for (i = 0; i < a->nhooks; i++)
		if (a->hooks[i].kind == HOOK_FENTRY ||
		    a->hooks[i].kind == HOOK_FEXIT ||
		    a->hooks[i].kind == HOOK_TP_BTF)
			return true;
	return false;
}

/* The linker needs room for arguments as well: link_stack.c. */
_Static_assert(FRAME + sizeof(struct event) + ASK_KEY_MAX + 8 + 11 * 8 <=
	       AS_STACK_SIZE, "what a program has on its stack");

/* Keys stand below the frame; behind them a slot, or what stands for a key
 * where there is none. */
static int place_keys(const struct ask *a)
{
	int size = (int)ask_key_size(a);

	if (a->what == ASK_HIST || a->what == ASK_LHIST ||
	    (a->what != ASK_TRACE && !a->nkeys))
		size += 8;
	return -FRAME - size;
}

/* Is the filter asked where the clock ends, if there is one?  Of who runs, at
 * the entry. */
static bool filters(const struct engine *e)
{
	const struct ask *a = e->ask;

	if (a->filter == ASK_OF_NETNS)
		return !a->netns.at_start;
	return a->filter == ASK_OF_SOCK ||
	       (a->filter == ASK_OF_TASK && !e->kept);
}

/* What is tested before there are keys, which take the place of it. */
static void choose(struct engine *e)
{
	if (filters(e))
		engine_filter(e);
	engine_tests(e, false);
}

static void tell(struct engine *e, const struct ask *a)
{
	engine_tests(e, true);
	if (a->what == ASK_TRACE)
		engine_trace(e);
	else
		engine_tally(e);
}

/* The clock stops for each of a list.  Whose it did not run for is passed
 * over. */
static void hit_list(struct engine *e, const struct ask *a)
{
	int end = e->out, i;

	engine_first(e);
	choose(e);
	engine_keys(e);
	for (i = 0; i < ASK_LIST; i++) {
		e->out = as_label(&e->as);
		engine_stop(e);
		tell(e, a);
		as_place(&e->as, e->out);
		e->out = end;
		engine_next(e);
	}
}

static void hit_end(struct engine *e, const struct ask *a)
{
	if (a->next.type) {
		hit_list(e, a);
		return;
	}
	if (a->nstart)
		engine_stop(e);
	choose(e);
	engine_keys(e);
	tell(e, a);
}

/* What is done at a hook. */
static void hit(struct engine *e, const struct ask *a)
{
	e->kept = engine_enters(a, e->hook);
	if (e->kept)
		engine_leave(e);
	switch (ask_role_of(a, e->hook)) {
	case ASK_STARTS:
		if (a->filter == ASK_OF_NETNS && a->netns.at_start)
			engine_filter(e);
		engine_tests(e, false);
		engine_start(e);
		break;
	case ASK_FORGETS:
	case ASK_FREES:
		engine_forget(e);
		break;
	default:
		hit_end(e, a);
	}
}

static void assemble(struct engine *e, const struct ask *a, uint32_t hook,
		     bool entry)
{
	as_init(&e->as);
	e->ask = a;
	e->hook = hook;
	e->typed = is_typed(a);
	e->kept = false;
	e->out = as_label(&e->as);
	e->keys = place_keys(a);
	e->below = hook >= a->nstart && engine_kept_size(a) ? e->keys : -FRAME;
	as_mov(&e->as, R6, R1);
	if (entry)
		engine_enter(e);
	else
		hit(e, a);
	as_place(&e->as, e->out);
	as_movi(&e->as, R0, 0);
	as_exit(&e->as);
}

/* ---- the spec ---------------------------------------------------------- */

static void *copy(const void *from, size_t n, size_t size)
{
	void *to = calloc(n + 1, size);

	if (to)
		memcpy(to, from, n * size);
	return to;
}

/* What the assembler says is static text; all that a request that was checked
 * can be is too long. */
static int add_prog(struct engine_spec *s, struct engine *e,
		    const struct ask *a, uint32_t hook, bool entry,
		    const char **why)
{
	struct engine_prog *made = &s->made[s->spec.nprogs];
	struct hook at_entry;
	char args[ENGINE_ENTRY_ARGS];
	int n;

	assemble(e, a, hook, entry);
	n = as_finish(&e->as);
	if (n < 0) {
		*why = e->as.error;
		return -E2BIG;
	}
	if (entry)
		engine_entry(a, hook, &at_entry, args, made->name,
			     sizeof(made->name));
	else
		engine_prog(a, hook, made->name, sizeof(made->name));
	made->insns = copy(e->as.insns, (size_t)n, sizeof(*made->insns));
	made->relocs = copy(e->as.relocs, e->as.nrelocs,
			    sizeof(*made->relocs));
	s->progs[s->spec.nprogs++] = (struct spec_prog){
		.name = made->name, .section = "probe",
		.insns = made->insns, .ninsns = (uint32_t)n,
		.relocs = made->relocs, .nrelocs = e->as.nrelocs,
	};
	return made->insns && made->relocs ? 0 : -ENOMEM;
}

/* Is it the first of its role? */
static bool is_first(const struct ask *a, uint32_t i)
{
	return !i || ask_role_of(a, i) != ask_role_of(a, i - 1);
}

/* One program for all hooks, or for those of a role; or for each, where it
 * matters which one it is. */
static int add_progs(struct engine_spec *s, const struct ask *a,
		     const char **why)
{
	struct engine *e = malloc(sizeof(*e));
	bool each = by_hook(a);
	uint32_t i;
	int err = 0;

	if (!e)
		return -ENOMEM;
	for (i = 0; !err && i < a->nhooks; i++) {
		if (each || is_first(a, i))
			err = add_prog(s, e, a, i, false, why);
		if (!err && engine_enters(a, i))
			err = add_prog(s, e, a, i, true, why);
	}
	free(e);
	return err;
}

static bool has_stacks(const struct ask *a)
{
	uint32_t i;

	for (i = 0; i < a->nkeys; i++)
		if (a->keys[i].shape == SHAPE_STACK)
			return true;
	return false;
}

static bool has_calls(const struct ask *a)
{
	uint32_t i;

	for (i = 0; i < a->nhooks; i++)
		if (engine_enters(a, i))
			return true;
	return false;
}

static void add_map(struct engine_spec *s, const char *name, uint32_t type,
		    uint32_t key, uint32_t value, uint32_t entries)
{
	s->maps[s->spec.nmaps++] = (struct spec_map){
		.name = name, .type = type, .key_size = key,
		.value_size = value, .max_entries = entries,
	};
}

static void add_maps(struct engine_spec *s, const struct ask *a)
{
	uint32_t entries = a->max_entries ? a->max_entries : ENTRIES;

	if (a->what == ASK_TRACE)
		add_map(s, "events", MAP_TYPE_RINGBUF, 0, 0, RING_BYTES);
	else
		add_map(s, "tally", BPF_MAP_TYPE_HASH,
			(uint32_t)(-FRAME - place_keys(a)),
			sizeof(struct ask_tally), entries);
	add_map(s, "stats", BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, STAT_MAX);
	if (a->nstart)
		add_map(s, "starts", BPF_MAP_TYPE_HASH, 8,
			8 + engine_kept_size(a), entries);
	if (has_calls(a))
		add_map(s, "calls", BPF_MAP_TYPE_HASH, 16, CALL_ARGS * 8,
			entries);
	if (has_stacks(a))
		add_map(s, "stacks", BPF_MAP_TYPE_STACK_TRACE, 4,
			8 * STACK_DEPTH, STACKS);
}

static struct engine_spec *new_spec(const struct ask *a)
{
	struct engine_spec *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->progs = calloc(2 * (size_t)a->nhooks, sizeof(*s->progs));
	s->made = calloc(2 * (size_t)a->nhooks, sizeof(*s->made));
	s->spec = (struct spec){
		.name = "engine", .license = "GPL",
		.maps = s->maps, .progs = s->progs,
		.big_endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__,
	};
	if (s->progs && s->made)
		return s;
	engine_free(&s->spec);
	return NULL;
}

int engine_spec(struct spec **out, const struct ask *a, const char **why)
{
	struct engine_spec *s;
	int err;

	*why = NULL;
	err = engine_check(a, why);
	if (err)
		return err;
	s = new_spec(a);
	if (!s)
		return -ENOMEM;
	add_maps(s, a);
	err = add_progs(s, a, why);
	if (err)
		engine_free(&s->spec);
	else
		*out = &s->spec;
	return err;
}

void engine_free(struct spec *spec)
{
	struct engine_spec *s = (struct engine_spec *)spec;
	uint32_t i;

	if (!s)
		return;
	for (i = 0; i < spec->nprogs; i++) {
		free(s->made[i].insns);
		free(s->made[i].relocs);
	}
	free(s->progs);
	free(s->made);
	free(s);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From options to what the loader is told. */
#include "tools/frontend/run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define RING_BYTES (256u << 10)

/* The names that fentry and fexit alternatives look up: with them known
 * beforehand one pass over the kernel's types does for all. */
static void want_hooks(struct target *s, const struct tool *t)
{
	unsigned n = 0;

	for (unsigned i = 0; t->roles[i]; i++)
		for (unsigned k = 0; k < t->roles[i]->nalts; k++) {
			const struct alternative *a = &t->roles[i]->alts[k];

			for (unsigned h = 0; h < a->nhooks; h++) {
				const struct hook *hook = &a->hooks[h].hook;

				if ((hook->kind == HOOK_FENTRY ||
				     hook->kind == HOOK_FEXIT) &&
				    n < ARRAY_SIZE(s->want) - 1)
					s->want[n++] = hook->target;
			}
		}
	s->want[n] = NULL;
}

/*
 * TCP sockets there are, in all network namespaces: /proc/net/sockstat (proc(5)
 * since 2.4; "alloc" is not counted by namespace, net/ipv4/proc.c).  0 if it
 * cannot be read.
 */
static uint32_t open_sockets(void)
{
	char text[1024], *p;

	if (read_file_at(AT_FDCWD, "/proc/net/sockstat", text,
			 sizeof(text)) < 0)
		return 0;
	p = strstr(text, "TCP: inuse");
	p = p ? strstr(p, " alloc ") : NULL;
	return p ? (uint32_t)strtoul(p + 7, NULL, 10) : 0;
}

/* Owners of the sockets that are open now, and of some that are opened until
 * programs run: what the map takes is memory and time to start. */
static uint32_t seeds_room(uint32_t most)
{
	uint32_t n = open_sockets();

	if (!n || n >= most / 2)
		return most;
	n += n / 4 + 128;
	return n < most ? n : most;
}

static bool of_open_sockets(const struct spec_map *m)
{
	return !strcmp(m->name, "seeds") || !strcmp(m->name, "before");
}

static uint32_t resize(void *ctx, const struct spec_map *m)
{
	const struct options *o = ctx;
	enum { HASH = 1 };
	uint32_t n = o->max_sockets && m->type == HASH ? o->max_sockets :
		     m->max_entries;

	if (!strcmp(m->name, "alike") && !alike_what(o))
		return 1;
	return m->type == HASH && of_open_sockets(m) ? seeds_room(n) : n;
}

void dump_program(void *ctx, const struct spec_prog *p, const struct hook *h,
		  const struct linked *l)
{
	(void)ctx;
	fprintf(stdout, "%s for %s:%s, %u instructions\n", p->name,
		hook_kind_name(h->kind), h->target, l->ninsns);
	insn_dump(stdout, l->insns, l->ninsns, l->relocs, l->nrelocs,
		  l->lines, l->nlines);
	fputc('\n', stdout);
}

/* What is shown nowhere, filtered by nothing and not recorded is not read. */
static bool wanted(const struct options *o, const char *key)
{
	const struct column *col;

	if (o->write_file)
		return true;
	for (col = o->tool->columns; col->key; col++)
		if (!strcmp(col->key, key))
			return column_wanted(o, col);
	return false;
}

static bool wanted_kind(const struct options *o, uint8_t kind)
{
	const struct column *col;

	for (col = o->tool->columns; col->key; col++)
		if (col->kind == kind && column_wanted(o, col))
			return true;
	return false;
}

/* Without CONFIG_NET_NS sockets do not say where they are. */
static bool have_netns(void)
{
	return access("/proc/self/ns/net", F_OK) == 0 ||
	       access("/proc/self", F_OK) < 0;
}

/* Only what is hidden costs nothing when it is not shown. */
static unsigned want_columns(struct constant *c, const struct options *o)
{
	const struct column *col;
	unsigned n = 0;

	for (col = o->tool->columns; col->key && n < MAX_COLUMNS; col++)
		if (col->want && col->flags & C_HIDDEN)
			c[n++] = (struct constant){
				col->want, column_wanted(o, col) };
	return n;
}

/* What programs send: the whole of an event, or all that is shown of it. */
static uint32_t event_len(const struct options *o)
{
	const struct tool *t = o->tool;
	const struct column *col;

	for (col = t->columns; t->event_least && col->key; col++)
		if (col->off >= t->event_least && column_wanted(o, col))
			return t->event_size;
	return t->event_least ? t->event_least : t->event_size;
}

/* Is @name, of an option or a column, what some role is asked for by? */
static bool asks_for_role(const struct tool *t, const char *name)
{
	for (unsigned i = 0; t->roles[i]; i++)
		for (unsigned k = 0; k < ROLE_WHENS && t->roles[i]->when[k]; k++)
			if (!strcmp(t->roles[i]->when[k], name))
				return true;
	return false;
}

static unsigned constants(struct target *s, const struct options *o,
			  struct env *env, uint64_t start_ns)
{
	const struct tool_option *own = o->tool->options;
	const struct filters *f = &o->filters;
	unsigned n = 0;

	/* these first: of two by one name the first counts */
	s->constants[n++] = (struct constant){ "want_id",
		wanted(o, "id") || o->tool->flags & T_TOTALS };
	s->constants[n++] = (struct constant){ "want_netns",
		(f->nnetns || wanted(o, "netns")) && have_netns() };
	s->constants[n++] = (struct constant){ "only_netns",
		f->nnetns == 1 ? f->netns[0] : 0 };
	s->constants[n++] = (struct constant){ "want_cgroup",
		f->ncgroup || wanted(o, "cgroup") };
	s->constants[n++] = (struct constant){ "want_kstack",
		wanted_kind(o, K_KSTACK) };
	s->constants[n++] = (struct constant){ "want_ustack",
		wanted_kind(o, K_USTACK) };
	s->constants[n++] = (struct constant){ "start_ns", start_ns };
	s->constants[n++] = (struct constant){ "dns", o->dns };
	s->constants[n++] = (struct constant){ "event_len", event_len(o) };
	s->constants[n++] = (struct constant){ "counted", alike_what(o) };
	s->constants[n++] = (struct constant){ "hist_unit", alike_unit(o) };
	/* errors have other numbers on MIPS */
	s->constants[n++] = (struct constant){ "einprogress", EINPROGRESS };
	for (unsigned i = 0; own && own[i].name && i < MAX_OWN; i++)
		if (own[i].constant)
			s->constants[n++] = (struct constant){
				own[i].constant, o->own[i] };
	n += want_columns(s->constants + n, o);
	for (unsigned i = 0; i < n && s->beside; i++)
		s->constants[i].value |= asks_for_role(o->tool,
						       s->constants[i].name);
	return n + kernel_constants(s->constants + n, o->tool, env);
}

static bool is_set(const struct target *s, const char *name)
{
	for (unsigned i = 0; i < s->nconstants; i++)
		if (!strcmp(s->constants[i].name, name))
			return s->constants[i].value;
	return false;
}

bool target_needs(const struct target *s, const struct role *r)
{
	bool needed = !r->when[0];

	if (s->beside && target_needs(s->beside, r))
		return false;
	for (unsigned i = 0; i < ROLE_WHENS && r->when[i]; i++)
		needed |= is_set(s, r->when[i]);
	return needed && !(r->unless && is_set(s, r->unless));
}

int target_opts(struct object_opts *opts, struct user_filter *f,
		struct env *env, const struct options *o, struct err *e)
{
	int err = user_filter_build(f, &o->filters, env, e);

	if (err)
		return err;
	memset(opts, 0, sizeof(*opts));
	opts->functions = f->functions;
	opts->nfunctions = 2;
	if (!(o->tool->flags & T_TALLY)) {
		opts->ring_map = "events";
		opts->ring_bytes = o->ring_pages ?
				   o->ring_pages * env->page_size : RING_BYTES;
	}
	if (o->dump)
		opts->dump = dump_program;
	return 0;
}

int target_open(struct object **out, struct target *s, struct env *env,
		const struct options *o, uint64_t start_ns, struct err *e)
{
	struct object_opts opts;
	int err = target_opts(&opts, &s->filter, env, o, e);

	if (!err && env_modules(env, o->tool->modules))
		err = err_set(e, ENOSPC, "types of modules");
	if (err)
		return err;
	want_hooks(s, o->tool);
	opts.constants = s->constants;
	opts.nconstants = s->nconstants = constants(s, o, env, start_ns);
	opts.want = s->want;
	opts.resize = resize;
	opts.resize_ctx = (void *)o;
	opts.frames = o->frames ? o->frames : o->tool->frames;
	return object_open(out, o->tool->spec, env, &opts, e);
}

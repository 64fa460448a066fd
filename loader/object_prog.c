/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* An object's programs: linked, loaded, attached. */
#include "loader/discover.h"
#include "object_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A program that is asked for. */
struct want {
	const struct spec_prog *prog;
	const struct hook *hook;
	uint32_t twin_index;
	uint8_t twin;
};

static int patch_maps(struct object *o, struct linked *l, struct err *e)
{
	for (uint32_t i = 0; i < l->nrelocs; i++) {
		const struct reloc *r = &l->relocs[i];
		struct bpf_insn *insn = &l->insns[r->insn];
		int fd = object_map_fd(o, r->name, e);

		if (fd < 0)
			return fd;
		insn[0].src_reg = r->kind == RELOC_DATA ? LD_MAP_VALUE :
				  LD_MAP_FD;
		insn[0].imm = fd;
		insn[1].imm = r->kind == RELOC_DATA ? (int)r->addend : 0;
	}
	return 0;
}

static int link_for(struct object *o, const struct want *w, struct linked *l,
		    struct err *e)
{
	static char format[16384];
	struct env *env = o->env;
	struct link_target t = {
		.machine = env->machine, .big_endian = env->big_endian,
		.word_size = env->word_size, .fields = &env->fields,
		.no_bpf_calls = env->has.bpf_calls == FEAT_NO,
		.twin = w->twin, .twin_index = w->twin_index,
	};
	struct link_input in = {
		.spec = o->spec, .prog = w->prog, .hook = w->hook,
		.target = &t,
		.constants = o->constants, .nconstants = o->nconstants,
		.functions = o->o.functions, .nfunctions = o->o.nfunctions,
	};
	ssize_t n;
	int err;

	if (w->hook->kind == HOOK_TRACEPOINT) {
		n = env_tracepoint_format(env, w->hook->target, format,
					  sizeof(format), e);
		if (n < 0)
			return n;
		t.format = format;
		t.format_len = n;
	}
	t.no_probe_read_kernel =
		!load_has_helper(env, HELPER_PROBE_READ_KERNEL);
	err = link_prog(l, &in, e);
	if (err == -ENODATA && discover_failed(env))
		err_hint(e, "%s", discover_failed(env));
	return err;
}

/* Linked for an equal hook already?  Where arguments are found depends on
 * the target for tracepoints, and tracing programs belong to theirs. */
static struct loaded *same_hook(struct object *o, const struct want *w)
{
	const struct hook *h = w->hook;

	if (h->kind == HOOK_TRACEPOINT || prog_type(h) == PROG_TRACING ||
	    w->twin)
		return NULL;
	for (unsigned i = 0; i < o->nprogs; i++) {
		struct loaded *was = &o->progs[i];

		if (was->prog == w->prog && was->kind == h->kind &&
		    !was->twin && !strcmp(was->args ? was->args : "",
					  h->args ? h->args : ""))
			return was;
	}
	return NULL;
}

static struct loaded *same_prog(struct object *o, int type,
				const struct linked *l)
{
	for (unsigned i = 0; i < o->nprogs; i++) {
		struct loaded *p = &o->progs[i];

		/* a tracing program belongs to one function */
		if (p->type == type && type != PROG_TRACING &&
		    p->ninsns == l->ninsns &&
		    !memcmp(p->insns, l->insns, l->ninsns * sizeof(*l->insns)))
			return p;
	}
	return NULL;
}

/* Remember program @fd, whose instructions are taken out of @l. */
static int keep_prog(struct object *o, int fd, const struct want *w,
		     struct linked *l)
{
	struct loaded *progs;

	progs = realloc(o->progs, (o->nprogs + 1) * sizeof(*progs));
	if (!progs) {
		close(fd);
		return -ENOMEM;
	}
	o->progs = progs;
	progs[o->nprogs++] = (struct loaded){
		.fd = fd, .type = prog_type(w->hook), .prog = w->prog,
		.kind = w->hook->kind, .args = w->hook->args,
		.insns = l->insns, .ninsns = l->ninsns,
		.twin = w->twin, .twin_index = w->twin_index,
		.catches_up = w->hook->catches_up };
	l->insns = NULL;
	return fd;
}

static int load_for(struct object *o, const struct want *w, struct err *e)
{
	struct linked l = { 0 };
	struct loaded *same = same_hook(o, w);
	int fd;

	if (same)
		return same->fd;
	fd = link_for(o, w, &l, e);
	if (fd < 0)
		return fd;
	if (o->o.dump)
		o->o.dump(o->o.dump_ctx, w->prog, w->hook, &l);
	fd = patch_maps(o, &l, e);
	if (fd >= 0) {
		same = same_prog(o, prog_type(w->hook), &l);
		fd = same ? same->fd : load_prog(o->env, o->spec, w->prog,
						 w->hook, &l, e);
		if (fd >= 0 && !same)
			fd = keep_prog(o, fd, w, &l);
	}
	linked_release(&l);
	return fd;
}

static int attach_one(struct object *o, const struct want *w, struct err *e)
{
	struct attachment *list;
	int err, fd = load_for(o, w, e);

	if (fd < 0)
		return fd;
	list = realloc(o->attached, (o->nattached + 1) * sizeof(*list));
	if (!list)
		return err_set(e, ENOMEM, "attach");
	o->attached = list;
	err = attach(o->env, w->hook, fd, &list[o->nattached], e);
	if (!err)
		o->nattached++;
	return err;
}

/*
 * The first one first: where none is skipped it must have said so before the
 * second runs.  Either may be refused: they are there for what is rare.
 */
static int attach_want(struct object *o, const struct want *w, struct err *e)
{
	struct want first = *w, second = *w;
	struct err refused = { .no = 0 };
	struct hook h;

	if (!twin_hook(o, w->hook, &h))
		return attach_one(o, w, e);
	first.twin_index = second.twin_index = o->ntwins++;
	first.twin = TWIN_FIRST;
	if (attach_one(o, &first, &refused))
		return attach_one(o, w, e);
	second.twin = TWIN_SECOND;
	second.hook = &h;
	if (!attach_possible(o->env, &h, &refused))
		attach_one(o, &second, &refused);
	return 0;
}

static int want(struct object *o, struct want *w, const char *name,
		const struct hook *h, struct err *e)
{
	*w = (struct want){ .prog = spec_find_prog(o->spec, name), .hook = h };
	return w->prog ? 0 : err_set(e, ENOENT, "program %s", name);
}

int object_check(struct object *o, const char *prog, const struct hook *h,
		 struct err *e)
{
	struct want w;
	int fd = want(o, &w, prog, h, e);

	if (!fd)
		fd = load_for(o, &w, e);
	if (fd < 0)
		return err_wrap(e, "%s %s", hook_kind_name(h->kind), h->target);
	return 0;
}

int object_possible(struct object *o, const struct hook *h, struct err *e)
{
	return attach_possible(o->env, h, e);
}

int object_attach(struct object *o, const char *prog, const struct hook *h,
		  struct err *e)
{
	struct want w;
	int err = attach_possible(o->env, h, e);

	if (err)
		return err;
	err = want(o, &w, prog, h, e);
	if (!err)
		err = attach_want(o, &w, e);
	if (err)
		return err_wrap(e, "%s %s", hook_kind_name(h->kind), h->target);
	return 0;
}

unsigned object_attached(const struct object *o)
{
	return o->nattached;
}

void object_detach(struct object *o, unsigned keep)
{
	if (o->nattached > keep)
		detach_together(o->attached + keep, o->nattached - keep);
	while (o->nattached > keep)
		detach(o->env, &o->attached[--o->nattached]);
}

/* Until 7.0 raw tracepoints kept their processor. */
bool object_preempted(const struct object *o, const struct hook *h)
{
	const struct env *env = o->env;

	switch (h->kind) {
	case HOOK_RAW_TRACEPOINT:
	case HOOK_TP_BTF:
		return env->preempts && env->kern_version >= KERNEL(7, 0);
	case HOOK_FENTRY:
	case HOOK_FEXIT:
		return env->preempts;
	default:
		return false;
	}
}

/* ---- runs that were skipped ------------------------------------------- */

static uint64_t skipped(const struct loaded *p)
{
	struct prog_info info;
	struct attr_info attr;

	memset(&info, 0, sizeof(info));
	memset(&attr, 0, sizeof(attr));
	attr.fd = p->fd;
	attr.len = sizeof(info);
	attr.info = (uintptr_t)&info;
	if (sys_bpf(CMD_OBJ_GET_INFO, &attr, sizeof(attr)))
		return 0;
	return info.recursion_misses;
}

/* The first of a pair has not missed what the second did instead; what that
 * one skips, the first did, or skipped as well. */
static uint64_t missed_by(const struct object *o, const struct loaded *p)
{
	uint64_t n, instead;

	if (p->twin == TWIN_SECOND || p->catches_up)
		return 0;
	n = skipped(p);
	instead = p->twin && n ? twin_instead(o, p->twin_index) : 0;
	return n > instead ? n - instead : 0;
}

uint64_t object_missed(struct object *o)
{
	uint64_t missed = 0;

	for (unsigned i = 0; i < o->nattached; i++)
		missed += tracefs_missed(o->env, &o->attached[i].probe);
	for (unsigned i = 0; i < o->nprogs; i++)
		missed += missed_by(o, &o->progs[i]);
	return missed;
}

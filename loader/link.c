/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * link - a program of a spec made fit for one hook on one kernel.
 *
 * Patch, fold, put functions in the place of their calls, fold again, until
 * nothing is left to do; only what is still there then has to be supplied,
 * known and allowed.
 */
#include "link_int.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define CALL_DEPTH_MAX	8	/* MAX_CALL_FRAMES */
#define OLD_INSNS_MAX	4096	/* BPF_MAXINSNS, all there was before 5.2 */

int link_fail(const struct linker *l, const struct func *f,
	      const struct ins *x, int no, const char *fmt, ...)
{
	const struct spec *s = l->in->spec;
	char where[300] = "", text[600];
	va_list ap;

	if (x && x->line)
		snprintf(where, sizeof(where), "%s:%u: ", s->files[x->file],
			 x->line);
	else if (x)
		snprintf(where, sizeof(where), "%s, instruction %u: ",
			 f->frames[x->frame < f->nframes ? x->frame : 0].name,
			 x->at);
	else if (f)
		snprintf(where, sizeof(where), "%s: ", f->prog->name);
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	err_set(l->e, 0, "%s%s", where, text);
	l->e->no = no;
	return -no;
}

int link_nomem(const struct linker *l)
{
	return err_set(l->e, ENOMEM, "link %s", l->in->prog->name);
}

int link_full(const struct linker *l, const struct func *f)
{
	if (f->n < CODE_MAX)
		return link_nomem(l);
	return link_fail(l, f, NULL, E2BIG, "more than %d instructions",
			 CODE_MAX);
}

/* ---- functions -------------------------------------------------------- */

static int check_poison(struct linker *l, struct func *f)
{
	const struct poison *p;
	uint32_t i;
	int err;

	for (i = 0; i < f->n; i++) {
		if (!(f->ins[i].flags & INS_POISON))
			continue;
		p = &l->poisons[f->ins[i].poison];
		err = link_fail(l, f, &f->ins[i], ENODATA, "%s", p->text);
		if (p->unknown_type)
			err_hint(l->e, "nothing here knows this type: "
				 "give the kernel's types with --btf FILE "
				 "or --fields FILE");
		return err;
	}
	return 0;
}

static int link_func(struct linker *l, struct func *f,
		     const struct spec_prog *p)
{
	bool did = true;
	int err = inline_open(l, f, p);

	while (!err && did) {
		err = inline_calls(l, f, &did);
		if (!err && did)
			err = fold_func(l, f);
	}
	if (!err)
		err = inline_finish(l, f);
	if (!err)
		err = stack_fetch(l, f);
	if (!err)
		err = check_poison(l, f);
	if (!err)
		err = twin_func(l, f);
	return err ? err : lint_func(l, f);
}

static int add_func(struct linker *l, const struct spec_prog *p)
{
	struct func *funcs;

	funcs = realloc(l->funcs, (l->nfuncs + 1) * sizeof(*funcs));
	if (!funcs)
		return link_nomem(l);
	l->funcs = funcs;
	memset(&funcs[l->nfuncs], 0, sizeof(*funcs));
	return link_func(l, &funcs[l->nfuncs++], p);
}

static uint32_t find_func(const struct linker *l, const struct spec_prog *p)
{
	uint32_t i;

	for (i = 0; i < l->nfuncs; i++)
		if (l->funcs[i].prog == p)
			return i;
	return NONE;
}

/* Append what function @k calls, and what that calls; each once. */
static int link_calls(struct linker *l, uint32_t k, unsigned depth)
{
	const struct spec_prog *p;
	uint32_t i, to;
	int err;

	for (i = 0; i < l->funcs[k].n; i++) {
		const struct ins *x = &l->funcs[k].ins[i];

		if (!(x->flags & INS_CALL))
			continue;
		if (depth == CALL_DEPTH_MAX)
			return link_fail(l, &l->funcs[k], x, EOPNOTSUPP,
					 "calls nested more than %d deep",
					 CALL_DEPTH_MAX);
		p = inline_callee(l, x);
		to = find_func(l, p);
		if (to != NONE && !l->funcs[to].done)
			return link_fail(l, &l->funcs[k], x, EOPNOTSUPP,
					 "%s() calls itself", p->name);
		if (to == NONE) {
			to = l->nfuncs;
			err = add_func(l, p);
			if (!err)
				err = link_calls(l, to, depth + 1);
			if (err)
				return err;
		}
		l->funcs[k].ins[i].target = to;
	}
	l->funcs[k].done = true;
	return 0;
}

/* ---- encoding --------------------------------------------------------- */

struct encoder {
	struct linker *l;
	struct linked *out;
	uint32_t *slot;		/* per instruction of the function at hand,
				   and its end */
};

static bool same_line(const struct line *a, const struct line *b)
{
	return a->line == b->line && a->file == b->file && a->text == b->text;
}

static void encode_line(struct encoder *c, const struct ins *x, uint32_t at)
{
	struct linked *out = c->out;
	struct line line = { .insn = at }, none = { .insn = 0 };

	if (x->line) {
		line.line = x->line;
		line.file = c->l->in->spec->files[x->file];
		line.text = x->text;
	}
	if (!same_line(&line, out->nlines ? &out->lines[out->nlines - 1] :
		       &none))
		out->lines[out->nlines++] = line;
}

static int encode_ins(struct encoder *c, const struct func *f, uint32_t i)
{
	const struct ins *x = &f->ins[i];
	uint32_t at = c->slot[i];
	struct bpf_insn *to = &c->out->insns[at];
	int64_t off;

	*to = x->i;
	if (x->flags & INS_LD64) {
		to[0].imm = (int32_t)(uint32_t)x->imm;
		memset(&to[1], 0, sizeof(to[1]));
		to[1].imm = (int32_t)(uint32_t)(x->imm >> 32);
	} else if (ins_is_jump(x)) {
		off = (int64_t)c->slot[x->target] - at - 1;
		if (off != (int16_t)off)
			return link_fail(c->l, f, x, E2BIG,
					 "a jump over %d instructions is too "
					 "far", (int)(off < 0 ? -off : off));
		to->off = (int16_t)off;
	} else if (x->flags & INS_CALL) {
		to->src_reg = CALL_PSEUDO;
		to->imm = (int32_t)(c->l->funcs[x->target].start - at - 1);
	}
	if (x->rel && (x->flags & INS_LD64)) {
		c->out->relocs[c->out->nrelocs] = *x->rel;
		c->out->relocs[c->out->nrelocs++].insn = at;
	}
	encode_line(c, x, at);
	return 0;
}

static uint32_t slots(const struct ins *x)
{
	return x->flags & INS_LD64 ? 2 : 1;
}

static int encode_func(struct encoder *c, const struct func *f)
{
	uint32_t i, at = f->start;
	int err = 0;

	c->slot = scratch_get(c->l, (f->n + 1) * sizeof(*c->slot));
	if (!c->slot)
		return link_nomem(c->l);
	for (i = 0; i < f->n; i++) {
		c->slot[i] = at;
		at += slots(&f->ins[i]);
	}
	for (i = 0; !err && i < f->n; i++)
		err = encode_ins(c, f, i);
	scratch_put(c->l, c->slot);
	return err;
}

/* Count slots and relocations, place the functions. */
static int lay_out(struct linker *l, struct linked *out)
{
	uint32_t version = l->in->target->lint_version;
	uint32_t k, i, nrelocs = 0;

	for (k = 0; k < l->nfuncs; k++) {
		l->funcs[k].start = out->ninsns;
		for (i = 0; i < l->funcs[k].n; i++) {
			out->ninsns += slots(&l->funcs[k].ins[i]);
			nrelocs += l->funcs[k].ins[i].rel != NULL;
		}
	}
	if (version && version < KERNEL(5, 2) && out->ninsns > OLD_INSNS_MAX)
		return link_fail(l, &l->funcs[0], NULL, EOPNOTSUPP,
				 "%u instructions; before Linux 5.2, %d are "
				 "the most", out->ninsns, OLD_INSNS_MAX);
	out->insns = calloc(out->ninsns, sizeof(*out->insns));
	out->relocs = calloc(nrelocs + 1, sizeof(*out->relocs));
	out->lines = calloc(out->ninsns, sizeof(*out->lines));
	if (!out->insns || !out->relocs || !out->lines)
		return link_nomem(l);
	return 0;
}

static int encode(struct linker *l, struct linked *out)
{
	struct encoder c = { l, out, NULL };
	uint32_t k;
	int err = lay_out(l, out);

	for (k = 0; !err && k < l->nfuncs; k++)
		err = encode_func(&c, &l->funcs[k]);
	return err ? err : lint_shape(l, out->insns, out->ninsns);
}

/* ---- in and out ------------------------------------------------------- */

int link_prog(struct linked *out, const struct link_input *in, struct err *e)
{
	struct linker l = { .in = in, .e = e };
	struct linked result = { .insns = NULL };
	uint32_t k;
	int err;

	err = lint_hook(&l);
	if (!err)
		err = add_func(&l, in->prog);
	if (!err)
		err = link_calls(&l, 0, 1);
	if (!err)
		err = encode(&l, &result);
	for (k = 0; k < l.nfuncs; k++)
		code_release(&l.funcs[k]);
	free(l.funcs);
	free(l.poisons);
	scratch_release(&l);
	if (err)
		linked_release(&result);
	else
		*out = result;
	return err;
}

void linked_release(struct linked *l)
{
	free(l->insns);
	free(l->relocs);
	free(l->lines);
	memset(l, 0, sizeof(*l));
}

static size_t add_name(const char **names, size_t n, size_t max,
		       const struct reloc *r)
{
	const char *bare;
	size_t i, len = patch_bare(r->name, &bare);

	for (i = 0; i < n; i++)
		if (btf_essential_len(names[i]) == len &&
		    !memcmp(names[i], bare, len))
			return n;
	if (n < max && len && !probe_is(r->name))
		names[n++] = bare;
	return n;
}

size_t link_core_names(const struct spec *s, const char **names, size_t n,
		       size_t max)
{
	const struct reloc *r;

	for (uint32_t i = 0; (r = spec_reloc(s, i)); i++)
		if (r->kind == RELOC_CORE && r->name)
			n = add_name(names, n, max, r);
	return n;
}

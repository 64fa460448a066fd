/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Functions of an object: every one in a section of code becomes a program
 * or a subprogram of the spec.
 */
#include "elf_int.h"

#include <stdlib.h>
#include <string.h>

#define INSNS_MAX 1000000	/* of a function: the verifier's own limit */

static bool is_code(const struct elf_obj *o, uint32_t sec)
{
	return sec && sec < o->nsecs && o->secs[sec].flags & SECF_EXEC &&
	       o->secs[sec].type == SEC_PROGBITS && o->secs[sec].data;
}

/* LLVM before 9 gave functions no type; its local untyped symbols are labels
 * of basic blocks. */
static bool is_func(const struct elf_obj *o, const struct elf_sym *s)
{
	return is_code(o, s->sec) && *s->name &&
	       (s->type == SYM_FUNC ||
		(s->type == SYM_NOTYPE && s->bind != BIND_LOCAL));
}

static int compare_funcs(const void *pa, const void *pb)
{
	const struct elf_func *a = pa, *b = pb;

	if (a->sec != b->sec)
		return a->sec < b->sec ? -1 : 1;
	return (a->first > b->first) - (a->first < b->first);
}

static int collect(struct elf_obj *o)
{
	const struct elf_sym *s, *end = o->syms + o->nsyms;
	const struct elf_sec *sec;
	struct elf_func *f;
	uint32_t n = 0;

	for (s = o->syms; s < end; s++)
		n += is_func(o, s);
	o->funcs = arena_alloc(o->tmp, n, sizeof(*o->funcs));
	if (!o->funcs)
		return elf_oom(o);
	for (s = o->syms; s < end; s++) {
		if (!is_func(o, s))
			continue;
		sec = &o->secs[s->sec];
		if (s->value % 8 || s->size % 8 || s->value >= sec->size ||
		    s->size > sec->size - s->value || sec->size % 8 ||
		    sec->size / 8 > UINT32_MAX)
			return elf_fail(o, "function %s does not fit section "
					"%s", s->name, sec->name);
		f = &o->funcs[o->nfuncs++];
		f->name = arena_str(o->arena, s->name);
		if (!f->name)
			return elf_oom(o);
		f->sec = s->sec;
		f->first = (uint32_t)(s->value / 8);
		f->ninsns = (uint32_t)(s->size / 8);
		f->local = s->bind == BIND_LOCAL;
	}
	qsort(o->funcs, o->nfuncs, sizeof(*o->funcs), compare_funcs);
	return 0;
}

/* Symbols without a size reach to the next one. */
static int bound(struct elf_obj *o)
{
	struct elf_func *f, *next, *end = o->funcs + o->nfuncs;
	uint32_t limit;

	for (f = o->funcs; f < end; f++) {
		next = f + 1;
		limit = (uint32_t)(o->secs[f->sec].size / 8);
		if (next < end && next->sec == f->sec)
			limit = next->first;
		if (!f->ninsns)
			f->ninsns = limit - f->first;
		if (f->ninsns > limit - f->first || !f->ninsns)
			return elf_fail(o, "functions %s and %s overlap",
					f->name, next->name);
		if (f->ninsns > INSNS_MAX)
			return elf_fail(o, "function %s is too long", f->name);
	}
	return 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Calls are by name. */
static int check_names(struct elf_obj *o)
{
	const char **names = arena_alloc(o->tmp, o->nfuncs, sizeof(*names));

	if (!names)
		return elf_oom(o);
	for (uint32_t i = 0; i < o->nfuncs; i++)
		names[i] = o->funcs[i].name;
	qsort(names, o->nfuncs, sizeof(*names), compare_names);
	for (uint32_t i = 1; i < o->nfuncs; i++)
		if (!strcmp(names[i - 1], names[i]))
			return elf_fail(o, "two functions are called %s",
					names[i]);
	return 0;
}

static int check_sections(struct elf_obj *o)
{
	for (uint32_t i = 1; i < o->nsecs; i++)
		if (is_code(o, i) && o->secs[i].size &&
		    !elf_func_at(o, i, 0))
			return elf_fail(o, "section %s has code that belongs "
					"to no function", o->secs[i].name);
	return 0;
}

/* An instruction in the byte order of the object.  The registers are nibbles
 * and swap with it. */
static void decode(const struct elf_obj *o, const uint8_t *p,
		   struct bpf_insn *i)
{
	uint16_t off = (uint16_t)(o->big_endian ? p[2] << 8 | p[3] :
						  p[3] << 8 | p[2]);

	i->code = p[0];
	i->dst_reg = (o->big_endian ? p[1] >> 4 : p[1]) & 0xf;
	i->src_reg = (o->big_endian ? p[1] : p[1] >> 4) & 0xf;
	i->off = (int16_t)off;
	i->imm = (int32_t)elf_u32(o, p + 4);
}

static int read_func(struct elf_obj *o, uint32_t index)
{
	struct elf_func *f = &o->funcs[index];
	struct spec_prog *p = &o->progs[index];
	const struct elf_sec *s = &o->secs[f->sec];
	const uint8_t *code = s->data + (size_t)f->first * 8;

	f->insns = arena_alloc(o->arena, f->ninsns, sizeof(*f->insns));
	f->done = arena_alloc(o->tmp, f->ninsns, 1);
	p->section = arena_str(o->arena, s->name);
	if (!f->insns || !f->done || !p->section)
		return elf_oom(o);
	for (uint32_t i = 0; i < f->ninsns; i++)
		decode(o, code + (size_t)i * 8, &f->insns[i]);
	p->name = f->name;
	p->insns = f->insns;
	p->ninsns = f->ninsns;
	/* what libbpf calls a subprogram, and static ones elsewhere */
	p->subprog = f->local || !strcmp(s->name, ".text");
	return 0;
}

struct elf_func *elf_func_at(const struct elf_obj *o, uint32_t sec,
			     uint64_t slot)
{
	uint32_t lo = 0, hi = o->nfuncs, mid;
	struct elf_func *f;

	/* the last function that does not begin behind it */
	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		f = &o->funcs[mid];
		if (f->sec < sec || (f->sec == sec && f->first <= slot))
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo)
		return NULL;
	f = &o->funcs[lo - 1];
	return f->sec == sec && slot - f->first < f->ninsns ? f : NULL;
}

int elf_read_progs(struct elf_obj *o)
{
	int ret = collect(o);

	if (!ret)
		ret = bound(o);
	if (!ret)
		ret = check_names(o);
	if (!ret)
		ret = check_sections(o);
	if (ret)
		return ret;
	if (!o->nfuncs)
		return elf_fail(o, "no programs in it");
	o->progs = arena_alloc(o->arena, o->nfuncs, sizeof(*o->progs));
	if (!o->progs)
		return elf_oom(o);
	for (uint32_t i = 0; i < o->nfuncs && !ret; i++)
		ret = read_func(o, i);
	o->spec->progs = o->progs;
	o->spec->nprogs = o->nfuncs;
	return ret;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Relocations of an object made symbolic: whatever an instruction refers to
 * gets a name, and the linker needs neither sections nor symbols.
 *
 * The kernel's Documentation/bpf/llvm_reloc.rst has the rules.  Types of
 * relocations are not believed: LLVM renumbered them; the instruction says
 * what it takes.
 */
#include "elf_int.h"

#include <stdlib.h>
#include <string.h>

#define OP_LD_IMM64	(BPF_LD | BPF_IMM | BPF_DW)
#define OP_CALL		(BPF_JMP | BPF_CALL)
#define PSEUDO_CALL	1	/* BPF_PSEUDO_CALL, 4.16 */
#define UNDEF_MAX	256
#define TEXT_MAX	2048	/* names of a CO-RE relocation */

struct placed {
	const struct elf_func *func;
	struct reloc r;
};

struct list {
	struct placed *at;
	uint32_t n, max;
};

static int add(struct elf_obj *o, struct list *l, const struct elf_func *f,
	       const struct reloc *r)
{
	struct placed *p;

	if (l->n == l->max) {
		l->max = l->max ? l->max * 2 : 64;
		p = realloc(l->at, l->max * sizeof(*p));
		if (!p)
			return elf_oom(o);
		l->at = p;
	}
	l->at[l->n++] = (struct placed){ .func = f, .r = *r };
	return 0;
}

/* What the user of the spec will supply by name.  Externs of libbpf's kinds
 * mean something else. */
static int check_undefined(struct elf_obj *o, struct elf_sym *s)
{
	const char *sec;

	if (s->checked)
		return 0;
	if (!*s->name)
		return elf_fail(o, "reference to nothing");
	if (++o->nundef > UNDEF_MAX)
		return elf_fail(o, "more than %d undefined symbols",
				UNDEF_MAX);
	sec = elf_btf_section_of(o, s->name);
	if (sec && (!strcmp(sec, ".kconfig") || !strcmp(sec, ".ksyms")))
		return elf_fail(o, "extern %s (%s) is not supported", s->name,
				sec);
	s->checked = true;
	return 0;
}

static const char *undefined_name(struct elf_obj *o, const struct elf_sym *s)
{
	return arena_str(o->arena, s->name);
}

/* ---- instructions that load an address ------------------------------ */

static int load_func(struct elf_obj *o, const struct elf_sym *s,
		     uint32_t addend, struct reloc *r)
{
	uint64_t at = s->value + addend;
	const struct elf_func *f = elf_func_at(o, s->sec, at / 8);

	if (!f || at % 8 || f->first != at / 8)
		return elf_fail(o, "address of byte %llu of section %s, which "
				"is no function", (unsigned long long)at,
				o->secs[s->sec].name);
	r->kind = RELOC_FUNC_PTR;
	r->name = f->name;
	return 0;
}

static int load_address(struct elf_obj *o, struct elf_sym *s,
			const struct bpf_insn *i, struct reloc *r)
{
	uint32_t addend = (uint32_t)i->imm;
	const struct spec_map *m;
	const struct elf_sec *sec;
	uint64_t at;
	int ret;

	if (!s->sec) {
		ret = check_undefined(o, s);
		if (!ret && addend)
			ret = elf_fail(o, "%s is not defined, offset into it",
				       s->name);
		r->kind = RELOC_CONST;
		r->name = undefined_name(o, s);
		return ret || r->name ? ret : elf_oom(o);
	}
	if (s->sec >= o->nsecs)
		return elf_fail(o, "symbol %s lies in no section", s->name);
	sec = &o->secs[s->sec];
	if (sec->flags & SECF_EXEC)
		return load_func(o, s, addend, r);
	at = s->value + addend;
	if (sec->map) {
		m = &o->maps[sec->map - 1];
		if (s->value > sec->size || at > sec->size)
			return elf_fail(o, "reference past the end of section "
					"%s", sec->name);
		r->kind = RELOC_DATA;
		r->name = m->name;
		r->addend = (uint32_t)at;
		return 0;
	}
	m = elf_map_find(o, s->sec, at);
	if (!m)
		return elf_fail(o, "reference to %s in section %s, which is "
				"no map and no data", *s->name ? s->name :
				"something", sec->name);
	r->kind = RELOC_MAP;
	r->name = m->name;
	return 0;
}

/* ---- calls ---------------------------------------------------------- */

static int call_target(struct elf_obj *o, uint32_t sec, int64_t slot,
		       struct reloc *r)
{
	const struct elf_func *f = NULL;

	if (slot >= 0)
		f = elf_func_at(o, sec, (uint64_t)slot);
	if (!f || f->first != slot)
		return elf_fail(o, "call to instruction %lld of section %s, "
				"which is no function", (long long)slot,
				o->secs[sec].name);
	r->name = f->name;
	return 0;
}

/* A call's immediate counts instructions from the one after it; against a
 * section symbol it is the place in the section, less one. */
static int call(struct elf_obj *o, struct elf_sym *s,
		const struct bpf_insn *i, struct reloc *r)
{
	int ret;

	r->kind = RELOC_FUNC;
	if (!s->sec) {
		ret = check_undefined(o, s);
		r->name = undefined_name(o, s);
		return ret || r->name ? ret : elf_oom(o);
	}
	if (s->sec >= o->nsecs || s->value % 8 || s->value / 8 > INT32_MAX)
		return elf_fail(o, "call to %s, which is no function",
				s->name);
	return call_target(o, s->sec,
			   (int64_t)(s->value / 8) + i->imm + 1, r);
}

/* ---- sections of relocations ---------------------------------------- */

static int relocate(struct elf_obj *o, struct list *l, uint32_t sec,
		    const struct elf_rel *rel)
{
	struct elf_func *f = elf_func_at(o, sec, rel->off / 8);
	struct reloc r = { 0 };
	struct elf_sym *sym = &o->syms[rel->sym];
	struct bpf_insn *i;
	int ret;

	if (rel->type == REL_NONE)
		return 0;
	if (!f || rel->off % 8)
		return elf_fail(o, "relocation at byte %llu of section %s, "
				"which is no instruction",
				(unsigned long long)rel->off,
				o->secs[sec].name);
	r.insn = (uint32_t)(rel->off / 8) - f->first;
	i = &f->insns[r.insn];
	if (i->code == OP_LD_IMM64 && r.insn + 1 < f->ninsns) {
		ret = load_address(o, sym, i, &r);
		i[0].imm = i[1].imm = 0;
		i->src_reg = 0;
	} else if (i->code == OP_CALL) {
		ret = call(o, sym, i, &r);
		i->src_reg = PSEUDO_CALL;
		i->imm = -1;
	} else {
		ret = elf_fail(o, "relocation of type %u against %s", rel->type,
			       *sym->name ? sym->name : "a section");
	}
	if (ret)
		return err_wrap(o->e, "function %s, instruction %u", f->name,
				r.insn);
	f->done[r.insn] = 1;
	return add(o, l, f, &r);
}

static int read_sections(struct elf_obj *o, struct list *l)
{
	struct elf_rel *rels;
	const struct elf_sec *s;
	uint32_t n;
	int ret = 0;

	for (uint32_t i = 1; i < o->nsecs && !ret; i++) {
		s = &o->secs[i];
		if ((s->type != SEC_REL && s->type != SEC_RELA) || !s->size ||
		    !s->info || s->info >= o->nsecs ||
		    !(o->secs[s->info].flags & SECF_EXEC))
			continue;
		if (s->type == SEC_RELA)
			return elf_fail(o, "section %s: relocations with "
					"addends are not BPF's", s->name);
		ret = elf_rels(o, i, &rels, &n);
		for (uint32_t k = 0; k < n && !ret; k++)
			ret = relocate(o, l, s->info, &rels[k]);
	}
	return ret;
}

/* LLVM before 10 wrote no relocation for a call within a section. */
static int add_bare_calls(struct elf_obj *o, struct list *l)
{
	const struct elf_func *f, *end = o->funcs + o->nfuncs;
	const struct bpf_insn *i;
	struct reloc r;
	int ret;

	for (f = o->funcs; f < end; f++)
		for (i = f->insns; i < f->insns + f->ninsns; i++) {
			if (i->code == OP_LD_IMM64) {
				i++;
				continue;
			}
			if (i->code != OP_CALL || i->src_reg != PSEUDO_CALL ||
			    f->done[i - f->insns])
				continue;
			r = (struct reloc){
				.insn = (uint32_t)(i - f->insns),
				.kind = RELOC_FUNC,
			};
			ret = call_target(o, f->sec, (int64_t)f->first +
					  r.insn + i->imm + 1, &r);
			if (!ret)
				ret = add(o, l, f, &r);
			if (ret)
				return ret;
			f->insns[r.insn].imm = -1;
		}
	return 0;
}

/* ---- CO-RE ---------------------------------------------------------- */

/* struct bpf_core_relo: insn_off, type_id, access_str_off, kind. */
static int core_relo(struct elf_obj *o, void *ctx,
		     const struct ext_record *rec)
{
	const struct elf_func *f = elf_func_at(o, rec->sec, rec->slot);
	uint32_t id = elf_u32(o, rec->data + 4);
	const char *access = elf_btf_str(o, elf_u32(o, rec->data + 8));
	uint32_t kind = elf_u32(o, rec->data + 12);
	struct question q;
	char text[TEXT_MAX];
	const char *why = "";
	struct reloc r;

	if (!f)
		return 0;	/* padding between functions */
	r = (struct reloc){ .insn = rec->slot - f->first, .kind = RELOC_CORE };
	if (kind > CORE_TYPE_MATCHES || !access)
		return elf_fail(o, "function %s, instruction %u: unknown CO-RE "
				"relocation %u", f->name, r.insn, kind);
	if (btf_access_path(o->spec->btf, id, access, (int)kind, &q, text,
			    sizeof(text), &why))
		return elf_fail(o, "function %s, instruction %u: CO-RE "
				"relocation: %s", f->name, r.insn,
				why ? why : "broken");
	r.core = (uint8_t)kind;
	r.local_class = q.local_class;
	r.local_bitfield = q.local_bitfield;
	r.local_size = q.local_size;
	r.type_id = id;
	r.name = arena_str(o->arena, q.type);
	r.path = arena_str(o->arena, q.path);
	if (!r.name || !r.path)
		return elf_oom(o);
	return add(o, ctx, f, &r);
}

/* ---- all together --------------------------------------------------- */

static int compare(const void *pa, const void *pb)
{
	const struct placed *a = pa, *b = pb;

	if (a->func != b->func)
		return a->func < b->func ? -1 : 1;
	return (a->r.insn > b->r.insn) - (a->r.insn < b->r.insn);
}

static int hand_out(struct elf_obj *o, struct list *l)
{
	struct spec_prog *prog;
	const struct placed *p;
	struct reloc *r;

	if (!l->n)
		return 0;
	qsort(l->at, l->n, sizeof(*l->at), compare);
	r = arena_alloc(o->arena, l->n, sizeof(*r));
	if (!r)
		return elf_oom(o);
	for (p = l->at; p < l->at + l->n; p++, r++) {
		prog = &o->progs[p->func - o->funcs];
		*r = p->r;
		if (!prog->nrelocs++)
			prog->relocs = r;
		else if (r[-1].insn == r->insn)
			return elf_fail(o, "function %s: two relocations of "
					"instruction %u", prog->name, r->insn);
	}
	return 0;
}

int elf_read_relocs(struct elf_obj *o)
{
	struct list l = { 0 };
	int ret = read_sections(o, &l);

	if (!ret)
		ret = add_bare_calls(o, &l);
	if (!ret)
		ret = elf_ext_core(o, &l, core_relo);
	if (!ret)
		ret = hand_out(o, &l);
	free(l.at);
	return ret;
}

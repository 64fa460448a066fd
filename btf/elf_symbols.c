/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * elf_symbols.c - functions of ELF files, by name and by place.
 */
#include <errno.h>
#include <string.h>

#include "elf_int.h"

int elf_get_symbol(const struct elf *e, const struct section *s, uint64_t i,
		   struct symbol *sym)
{
	size_t size = e->wide ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
	const uint8_t *p = reader_at(e->r, s->off + i * size, size);

	if (!p)
		return reader_error(e->r);
	sym->name = get32(p, e->swap);
	sym->info = p[e->wide ? 4 : 12];
	sym->shndx = get16(p + (e->wide ? 6 : 14), e->swap);
	sym->value = elf_word(e, p, 4, 8);
	sym->size = elf_word(e, p, 8, 16);
	/* A Thumb function has bit 0 set, its code is below (ELF for Arm) */
	sym->thumb = e->machine == EM_ARM && sym->value & 1;
	if (sym->thumb)
		sym->value--;
	return 0;
}

int elf_symbol_name(const struct elf *e, const struct section *strs,
		    uint32_t off, char *buf, size_t len)
{
	const uint8_t *p, *nul;
	size_t n;

	if (off >= strs->size)
		return -EINVAL;
	n = strs->size - off < READER_MAX ? (size_t)(strs->size - off) :
					    READER_MAX;
	p = reader_at(e->r, strs->off + off, n);
	if (!p)
		return reader_error(e->r);
	nul = memchr(p, '\0', n);
	if (!nul)
		return -EINVAL;
	n = (size_t)(nul - p);
	if (memchr(p, '@', n))
		n = (size_t)((const uint8_t *)memchr(p, '@', n) - p);
	if (n >= len)
		return -ENOSPC;
	memcpy(buf, p, n);
	buf[n] = '\0';
	return 0;
}

/* The loaded segment that has file offset @off, or address @addr. */
static int find_segment(const struct elf *e, bool by_addr, uint64_t at,
			struct segment *s)
{
	uint64_t start;
	uint32_t i;
	int err;

	for (i = 0; i < e->nsegments; i++) {
		err = elf_get_segment(e, i, s);
		if (err)
			return err;
		start = by_addr ? s->vaddr : s->off;
		if (s->type == PT_LOAD && at >= start &&
		    at - start < s->filesz)
			return 0;
	}
	return -ENOENT;
}

int elf_find_symbols(const struct elf *e, uint32_t type, struct section *syms,
		     struct section *strs)
{
	uint32_t i;
	int err;

	for (i = 1; i < e->nsections; i++) {
		err = elf_get_section(e, i, syms);
		if (err)
			return err;
		if (syms->type != type)
			continue;
		err = elf_get_section(e, syms->link, strs);
		if (err)
			return err;
		return elf_in_file(e, syms) && elf_in_file(e, strs) &&
		       strs->type == SHT_STRTAB ? 0 : -EINVAL;
	}
	return -ENOENT;
}

uint64_t elf_count_symbols(const struct elf *e, const struct section *s)
{
	return s->size / (e->wide ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym));
}

static bool is_chosen(const struct symbol *s)
{
	return ELF64_ST_TYPE(s->info) == STT_GNU_IFUNC;
}

bool elf_is_function(const struct symbol *s)
{
	return s->shndx != SHN_UNDEF &&
	       (ELF64_ST_TYPE(s->info) == STT_FUNC || is_chosen(s));
}

/* Is @s a better answer for @addr than @best?  One that covers it wins over
 * one without a size that lies before (assembly), then the nearest. */
static bool better(const struct symbol *s, const struct symbol *best,
		   uint64_t addr)
{
	if (s->value > addr || (s->size && addr - s->value >= s->size))
		return false;
	if (!best->name)
		return true;
	if (!s->size != !best->size)
		return s->size != 0;
	if (s->value != best->value)
		return s->value > best->value;
	return s->name < best->name;	/* of aliases */
}

static int symbol_at(const struct elf *e, uint32_t type, uint64_t addr,
		     char *name, size_t len, uint64_t *delta)
{
	struct symbol s, best = { 0 };
	struct section syms, strs;
	uint64_t i, n;
	int err;

	err = elf_find_symbols(e, type, &syms, &strs);
	if (err)
		return err;
	n = elf_count_symbols(e, &syms);
	for (i = 1; i < n; i++) {
		err = elf_get_symbol(e, &syms, i, &s);
		if (err)
			return err;
		if (s.name && elf_is_function(&s) && better(&s, &best, addr))
			best = s;
	}
	if (!best.name)
		return -ENOENT;
	*delta = addr - best.value;
	return elf_symbol_name(e, &strs, best.name, name, len);
}

int elf_address(const struct elf *e, uint64_t off, uint64_t *addr)
{
	struct segment seg;
	int err = find_segment(e, false, off, &seg);

	if (!err)
		*addr = seg.vaddr + (off - seg.off);
	return err;
}

int elf_symbol_at(const struct elf *e, uint64_t off, char *name, size_t len,
		  uint64_t *delta)
{
	uint64_t addr;
	int err;

	err = elf_address(e, off, &addr);
	if (err)
		return err;
	err = symbol_at(e, SHT_SYMTAB, addr, name, len, delta);
	if (err == -ENOENT)
		err = symbol_at(e, SHT_DYNSYM, addr, name, len, delta);
	return err;
}

/* SHT_GNU_versym: bit 15 of a dynamic symbol's version says that programs
 * linked today get another one of that name. */
static bool is_hidden(const struct elf *e, const struct section *versions,
		      uint64_t i)
{
	const uint8_t *p = i < versions->size / 2 ?
		reader_at(e->r, versions->off + 2 * i, 2) : NULL;

	return p && get16(p, e->swap) & 0x8000;
}

static void find_versions(const struct elf *e, struct section *versions)
{
	for (uint32_t i = 1; i < e->nsections; i++)
		if (!elf_get_section(e, i, versions) &&
		    versions->type == SHT_GNU_versym &&
		    elf_in_file(e, versions))
			return;
	memset(versions, 0, sizeof(*versions));
}

/* Of several versions the one that is meant without naming it. */
static int find_function(const struct elf *e, uint32_t type, const char *name,
			 struct symbol *found)
{
	struct section syms, strs, versions = { 0 };
	struct symbol s;
	uint64_t i, n;
	int err, ret = -ENOENT;

	err = elf_find_symbols(e, type, &syms, &strs);
	if (err)
		return err;
	if (type == SHT_DYNSYM)
		find_versions(e, &versions);
	n = elf_count_symbols(e, &syms);
	for (i = 1; i < n; i++) {
		err = elf_get_symbol(e, &syms, i, &s);
		if (err)
			return err;
		if (!elf_is_function(&s) ||
		    !elf_string_is(e, &strs, s.name, name))
			continue;
		*found = s;
		ret = 0;
		if (!is_hidden(e, &versions, i))
			break;
	}
	return ret;
}

static int symbol_addr(const struct elf *e, uint32_t type, const char *name,
		       uint64_t *addr)
{
	struct symbol s;
	int err = find_function(e, type, name, &s);

	if (err)
		return err;
	*addr = s.value;
	return s.thumb ? -ENOTSUP : is_chosen(&s) ? -EADDRNOTAVAIL : 0;
}

int elf_symbol_offset(const struct elf *e, const char *name, uint64_t *off)
{
	struct segment seg;
	uint64_t addr;
	int err;

	err = symbol_addr(e, SHT_DYNSYM, name, &addr);
	if (err == -ENOENT)
		err = symbol_addr(e, SHT_SYMTAB, name, &addr);
	if (!err)
		err = find_segment(e, true, addr, &seg);
	if (err)
		return err;
	*off = seg.off + (addr - seg.vaddr);
	return 0;
}

/* ---- all of them ------------------------------------------------------- */

#define FUNCTION_NAME 256		/* longer ones are not told of */

static int each_function(const struct elf *e, uint32_t type,
			 elf_function_fn *fn, void *ctx)
{
	struct section syms, strs;
	char name[FUNCTION_NAME];
	struct segment seg;
	struct symbol s;
	uint64_t i, n;
	int err = elf_find_symbols(e, type, &syms, &strs);

	if (err)
		return err == -ENOENT ? 0 : err;
	n = elf_count_symbols(e, &syms);
	for (i = 1; i < n; i++) {
		err = elf_get_symbol(e, &syms, i, &s);
		if (err)
			return err;
		if (!elf_is_function(&s) || s.thumb || is_chosen(&s) ||
		    elf_symbol_name(e, &strs, s.name, name, sizeof(name)) ||
		    find_segment(e, true, s.value, &seg))
			continue;
		err = fn(ctx, name, seg.off + (s.value - seg.vaddr));
		if (err)
			return err;
	}
	return 0;
}

/* A program that no dynamic linker is asked for. */
static bool is_static(const struct elf *e)
{
	struct segment s;

	for (uint32_t i = 0; i < e->nsegments; i++)
		if (elf_get_segment(e, i, &s) || s.type == PT_INTERP)
			return false;
	return true;
}

int elf_functions(const struct elf *e, elf_function_fn *fn, void *ctx)
{
	int err = each_function(e, SHT_DYNSYM, fn, ctx);

	return err || !is_static(e) ? err :
	       each_function(e, SHT_SYMTAB, fn, ctx);
}

int elf_word_size(const struct elf *e)
{
	return e->wide ? 8 : 4;
}

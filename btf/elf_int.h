/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What elf.c, elf_symbols.c and elf_index.c share.  <elf.h> gives the
 * constants; the layouts are read by offset, since the file's need not be this
 * machine's.
 */
#ifndef SOCKEYE_ELF_INT_H
#define SOCKEYE_ELF_INT_H

#include <elf.h>

#include "btf_int.h"

struct elf {
	struct reader *r;
	bool swap, wide;	/* wide: 64-bit */
	uint16_t type, machine;
	uint64_t shoff, phoff;
	uint32_t shentsize, phentsize;
	uint32_t nsections, nsegments, shstrndx;
};

struct section {
	uint32_t name, type, link;
	uint64_t flags, addr, off, size, entsize;
};

struct symbol {
	uint32_t name;
	uint8_t info;
	uint16_t shndx;
	bool thumb;		/* its code is, where machine is EM_ARM */
	uint64_t value, size;
};

struct segment {
	uint32_t type;
	uint64_t off, vaddr, filesz;
};

/* A number of the file's word size, at the place of its kind. */
static inline uint64_t elf_word(const struct elf *e, const uint8_t *p,
				size_t at32, size_t at64)
{
	return e->wide ? get64(p + at64, e->swap) : get32(p + at32, e->swap);
}

int elf_get_section(const struct elf *e, uint32_t i, struct section *s);
int elf_get_segment(const struct elf *e, uint32_t i, struct segment *s);
/* elf_in_file - is the whole content of a section in the file? */
bool elf_in_file(const struct elf *e, const struct section *s);
/* elf_string_is - is the string at @off of section @strs @name?  "@VERSION"
 * behind it does not count. */
bool elf_string_is(const struct elf *e, const struct section *strs,
		   uint32_t off, const char *name);
/* elf_find_symbols - the table of type @type with its strings; -ENOENT. */
int elf_find_symbols(const struct elf *e, uint32_t type, struct section *syms,
		     struct section *strs);
uint64_t elf_count_symbols(const struct elf *e, const struct section *s);
int elf_get_symbol(const struct elf *e, const struct section *s, uint64_t i,
		   struct symbol *sym);
bool elf_is_function(const struct symbol *s);
/* elf_symbol_name - the string at @off, without "@VERSION"; -ENOSPC. */
int elf_symbol_name(const struct elf *e, const struct section *strs,
		    uint32_t off, char *buf, size_t len);
/* elf_address - where the byte at @off of the file is loaded; -ENOENT. */
int elf_address(const struct elf *e, uint64_t off, uint64_t *addr);

#endif

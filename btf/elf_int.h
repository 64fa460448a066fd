/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What elf.c and elf_symbols.c share.  <elf.h> gives the constants; the
 * layouts are read by offset, since the file's need not be this machine's.
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

#endif

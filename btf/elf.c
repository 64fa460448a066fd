/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * elf.c - sections and notes of ELF files of either size and byte order.
 */
#include <errno.h>
#include <stdlib.h>

#include "elf_int.h"

#define SECTIONS_MAX	65536	/* more than any linker makes; ends loops */
#define SEGMENTS_MAX	1024
#define NOTES_MAX	65536	/* bytes of notes worth looking at */

static uint32_t half(const struct elf *e, const uint8_t *p, size_t at32,
		     size_t at64)
{
	return get32(p + (e->wide ? at64 : at32), e->swap);
}

int elf_get_section(const struct elf *e, uint32_t i, struct section *s)
{
	const uint8_t *p;

	if (i >= e->nsections)
		return -EINVAL;
	p = reader_at(e->r, e->shoff + (uint64_t)i * e->shentsize,
		      e->wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr));
	if (!p)
		return reader_error(e->r);
	s->name = get32(p, e->swap);
	s->type = get32(p + 4, e->swap);
	s->flags = elf_word(e, p, 8, 8);
	s->addr = elf_word(e, p, 12, 16);
	s->off = elf_word(e, p, 16, 24);
	s->size = elf_word(e, p, 20, 32);
	s->link = half(e, p, 24, 40);
	s->entsize = elf_word(e, p, 36, 56);
	return 0;
}

int elf_get_segment(const struct elf *e, uint32_t i, struct segment *s)
{
	const uint8_t *p = reader_at(e->r,
				     e->phoff + (uint64_t)i * e->phentsize,
				     e->wide ? sizeof(Elf64_Phdr) :
					       sizeof(Elf32_Phdr));

	if (!p)
		return reader_error(e->r);
	s->type = get32(p, e->swap);
	s->off = elf_word(e, p, 4, 8);
	s->vaddr = elf_word(e, p, 8, 16);
	s->filesz = elf_word(e, p, 16, 32);
	return 0;
}

bool elf_in_file(const struct elf *e, const struct section *s)
{
	uint64_t len = reader_len(e->r);

	return s->off <= len && s->size <= len - s->off;
}

/* Numbers too large for the header stand in section 0 (gABI). */
static int read_large_counts(struct elf *e)
{
	struct section zero;
	const uint8_t *q;
	int err;

	if (!e->shoff) {
		e->nsections = 0;
		return 0;
	}
	if (e->nsections && e->shstrndx != SHN_XINDEX &&
	    e->nsegments != PN_XNUM)
		return 0;
	q = reader_at(e->r, e->shoff, e->wide ? sizeof(Elf64_Shdr) :
						sizeof(Elf32_Shdr));
	if (!q)
		return reader_error(e->r);
	if (!e->nsections) {
		e->nsections = 1;
		err = elf_get_section(e, 0, &zero);
		if (err)
			return err;
		if (zero.size > SECTIONS_MAX)
			return -EINVAL;
		e->nsections = (uint32_t)zero.size;
	}
	if (e->shstrndx == SHN_XINDEX)
		e->shstrndx = half(e, q, 24, 40);
	if (e->nsegments == PN_XNUM)
		e->nsegments = half(e, q, 28, 44);
	return 0;
}

static int read_counts(struct elf *e, const uint8_t *p)
{
	int err;

	e->phentsize = get16(p + (e->wide ? 54 : 42), e->swap);
	e->nsegments = get16(p + (e->wide ? 56 : 44), e->swap);
	e->shentsize = get16(p + (e->wide ? 58 : 46), e->swap);
	e->nsections = get16(p + (e->wide ? 60 : 48), e->swap);
	e->shstrndx = get16(p + (e->wide ? 62 : 50), e->swap);
	err = read_large_counts(e);
	return err || e->nsegments <= SEGMENTS_MAX ? err : -EINVAL;
}

static int check_tables(const struct elf *e)
{
	uint64_t len = reader_len(e->r);

	if (e->nsections &&
	    (e->shentsize < (e->wide ? sizeof(Elf64_Shdr) :
				       sizeof(Elf32_Shdr)) ||
	     e->shoff > len ||
	     (uint64_t)e->nsections * e->shentsize > len - e->shoff))
		return -EINVAL;
	if (e->nsegments &&
	    (e->phentsize < (e->wide ? sizeof(Elf64_Phdr) :
				       sizeof(Elf32_Phdr)) ||
	     e->phoff > len ||
	     (uint64_t)e->nsegments * e->phentsize > len - e->phoff))
		return -EINVAL;
	return 0;
}

static int read_header(struct elf *e, const char **why)
{
	uint8_t buf[sizeof(Elf64_Ehdr)] = { 0 };
	size_t size = sizeof(Elf32_Ehdr);
	int err;

	*why = "not an ELF file";
	err = reader_copy(e->r, 0, buf, size);
	if (err)
		return err;
	if (memcmp(buf, ELFMAG, SELFMAG))
		return -EINVAL;
	*why = "ELF file of an unknown class or byte order";
	if ((buf[EI_CLASS] != ELFCLASS32 && buf[EI_CLASS] != ELFCLASS64) ||
	    (buf[EI_DATA] != ELFDATA2LSB && buf[EI_DATA] != ELFDATA2MSB))
		return -EINVAL;
	e->wide = buf[EI_CLASS] == ELFCLASS64;
	e->swap = (buf[EI_DATA] == ELFDATA2MSB) != HOST_BIG_ENDIAN;
	*why = "truncated ELF file";
	if (e->wide)
		size = sizeof(Elf64_Ehdr);
	err = reader_copy(e->r, 0, buf, size);
	if (err)
		return err;
	e->type = get16(buf + 16, e->swap);
	e->machine = get16(buf + 18, e->swap);
	e->phoff = elf_word(e, buf, 28, 32);
	e->shoff = elf_word(e, buf, 32, 40);
	err = read_counts(e, buf);
	return err ? err : check_tables(e);
}

int elf_new(struct elf **out, const struct bytes *src, const char **why)
{
	struct elf *e;
	int err;

	*out = NULL;
	*why = "out of memory";
	e = calloc(1, sizeof(*e));
	if (!e)
		return -ENOMEM;
	err = reader_new(&e->r, src);
	if (!err)
		err = read_header(e, why);
	if (err) {
		elf_free(e);
		return err;
	}
	*why = NULL;
	*out = e;
	return 0;
}

void elf_free(struct elf *e)
{
	if (!e)
		return;
	reader_free(e->r);
	free(e);
}

bool elf_string_is(const struct elf *e, const struct section *strs,
		      uint32_t off, const char *name)
{
	size_t len = strlen(name);
	const uint8_t *p;

	if (off >= strs->size || strs->size - off <= len)
		return false;
	p = reader_at(e->r, strs->off + off, len + 1);
	return p && !memcmp(p, name, len) && (!p[len] || p[len] == '@');
}

int elf_section(const struct elf *e, const char *name, uint64_t *off,
		uint64_t *len)
{
	struct section strs, s;
	uint32_t i;
	int err;

	if (!e->nsections || e->shstrndx == SHN_UNDEF)
		return -ENOENT;
	err = elf_get_section(e, e->shstrndx, &strs);
	if (!err && !elf_in_file(e, &strs))
		err = -EINVAL;
	for (i = 1; !err && i < e->nsections; i++) {
		err = elf_get_section(e, i, &s);
		if (err || !elf_string_is(e, &strs, s.name, name))
			continue;
		if (s.type == SHT_NOBITS)
			continue;	/* its content is in another file */
		if (s.flags & SHF_COMPRESSED)
			return -EOPNOTSUPP;
		if (!elf_in_file(e, &s))
			return -EINVAL;
		*off = s.off;
		*len = s.size;
		return 0;
	}
	return err ? err : -ENOENT;
}

/* @left: so many bytes may still be looked at, of all places together. */
static int build_id_at(const struct elf *e, uint64_t off, uint64_t size,
		       uint64_t *left, char *hex, size_t len)
{
	uint8_t *notes;
	int err;

	if (off > reader_len(e->r) || size > reader_len(e->r) - off ||
	    size > NOTES_MAX || size > *left)
		return -ENOENT;
	*left -= size;
	notes = malloc((size_t)size + 1);
	if (!notes)
		return -ENOMEM;
	err = reader_copy(e->r, off, notes, (size_t)size);
	if (!err)
		err = notes_find_build_id(notes, (size_t)size, e->swap, hex,
					  len);
	free(notes);
	return err;
}

/* Sections first: in files of separated symbols, the segments' places are
 * those of the original file. */
int elf_build_id(const struct elf *e, char *hex, size_t len)
{
	struct section s;
	struct segment p;
	uint64_t left = 16 * NOTES_MAX;
	uint32_t i;
	int err;

	for (i = 1; i < e->nsections; i++) {
		err = elf_get_section(e, i, &s);
		if (!err && s.type != SHT_NOTE)
			continue;
		if (!err)
			err = build_id_at(e, s.off, s.size, &left, hex, len);
		if (err != -ENOENT)
			return err;
	}
	for (i = 0; i < e->nsegments; i++) {
		err = elf_get_segment(e, i, &p);
		if (!err && p.type != PT_NOTE)
			continue;
		if (!err)
			err = build_id_at(e, p.off, p.filesz, &left, hex,
					  len);
		if (err != -ENOENT)
			return err;
	}
	return -ENOENT;
}

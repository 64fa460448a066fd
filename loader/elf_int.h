/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A BPF object file taken apart: what elf.c, the only file that knows libelf,
 * leaves for those that make a spec of it.  Sizes and indices are checked
 * there; what stands in the bytes is still hostile.
 */
#ifndef SOCKEYE_ELF_INT_H
#define SOCKEYE_ELF_INT_H

#include <errno.h>

#include "loader/loader.h"

#include "spec_int.h"

/* Section types and flags, symbol types, relocation types: elf(5), and the
 * kernel's Documentation/bpf/llvm_reloc.rst. */
enum { SEC_PROGBITS = 1, SEC_SYMTAB = 2, SEC_STRTAB = 3, SEC_RELA = 4,
       SEC_NOBITS = 8, SEC_REL = 9 };
enum { SECF_EXEC = 4, SECF_COMPRESSED = 0x800 };
enum { SYM_NOTYPE = 0, SYM_OBJECT = 1, SYM_FUNC = 2, SYM_SECTION = 3 };
enum { BIND_LOCAL = 0, BIND_GLOBAL = 1 };
enum { REL_NONE = 0, REL_64_64 = 1, REL_64_32 = 10 };

struct elf_sec {
	const char *name;
	const uint8_t *data;	/* NULL: no bytes in the file, or not read */
	uint64_t size;
	uint64_t flags;
	uint32_t type, link, info;
	uint32_t map;		/* global data: index into maps, plus 1 */
};

struct elf_sym {
	const char *name;
	uint64_t value, size;
	uint32_t sec;		/* 0: undefined */
	uint8_t type, bind;
	bool checked;		/* undefined, and fit to be supplied */
};

struct elf_rel {
	uint64_t off;
	uint32_t type, sym;
};

/* Where a map of the spec stands in the object. */
struct elf_map {
	uint32_t sec;
	uint64_t off;
};

struct elf_func {
	const char *name;		/* of the spec's arena */
	struct bpf_insn *insns;		/* the same */
	uint8_t *done;			/* by instruction: relocated */
	uint32_t sec, first, ninsns;	/* first: slot in the section */
	bool local;
};

/* The program's own BTF, indexed.  Types are those of <linux/btf.h>. */
struct prog_btf {
	const uint8_t *types;
	const char *strs;
	uint32_t *at;		/* offset of type i in types; [0] unused */
	uint32_t ntypes, strs_len;
};

struct elf_obj {
	struct err *e;
	struct arena *arena;	/* the spec's */
	struct arena *tmp;
	bool big_endian;
	struct elf_sec *secs;
	struct elf_sym *syms;
	uint32_t nsecs, nsyms;
	uint32_t nundef;	/* undefined symbols that code refers to */
	void *elf;		/* libelf's handle, for elf.c */

	struct prog_btf btf;
	struct spec *spec;
	struct spec_map *maps;
	struct elf_map *map_at;
	uint32_t nmaps, max_maps;
	struct elf_func *funcs;		/* sorted by section, first */
	struct spec_prog *progs;	/* in the same order */
	uint32_t nfuncs;
};

/* elf_fail - the object is not as it should be, or needs what is not
 * supported: a message without an errno's text. */
#define elf_fail(o, ...) err_set((o)->e, 0, __VA_ARGS__)
#define elf_oom(o) err_set((o)->e, ENOMEM, "read object")

static inline uint32_t elf_u32(const struct elf_obj *o, const uint8_t *p)
{
	return o->big_endian ?
		(uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
		(uint32_t)p[2] << 8 | p[3] :
		(uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 |
		(uint32_t)p[1] << 8 | p[0];
}

/* elf.c: relocations of section @sec, in @rels (of the tmp arena). */
int elf_rels(struct elf_obj *o, uint32_t sec, struct elf_rel **rels,
	     uint32_t *n);
/* The section called @name; 0 when there is none. */
uint32_t elf_sec_named(const struct elf_obj *o, const char *name);

/* elf_btf.c: .BTF read and indexed; walking its types.  Kinds are numbered
 * as in <linux/btf.h>, where old headers have fewer. */
enum {
	K_INT = 1, K_PTR, K_ARRAY, K_STRUCT, K_UNION, K_ENUM, K_FWD, K_TYPEDEF,
	K_VOLATILE, K_CONST, K_RESTRICT, K_FUNC, K_FUNC_PROTO, K_VAR,
	K_DATASEC, K_FLOAT, K_DECL_TAG, K_TYPE_TAG, K_ENUM64, K_MAX
};

struct btf_item {
	const uint8_t *extra;	/* what follows the type's three words */
	const char *name;
	uint32_t kind, vlen, size;	/* size: or the type referred to */
	bool kflag;
};

int elf_btf_open(struct elf_obj *o);
/* elf_btf_type - type @id; false when there is none. */
bool elf_btf_type(const struct elf_obj *o, uint32_t id, struct btf_item *t);
/* elf_btf_skip - the same, typedefs and qualifiers passed over. */
bool elf_btf_skip(const struct elf_obj *o, uint32_t id, struct btf_item *t);
/* elf_btf_str - the string at @off, NULL when there is none. */
const char *elf_btf_str(const struct elf_obj *o, uint32_t off);
/* elf_btf_section_of - name of the DATASEC that lists the variable or
 * function @name; NULL. */
const char *elf_btf_section_of(const struct elf_obj *o, const char *name);

/* elf_ext.c: .BTF.ext. */
struct ext_record {
	uint32_t sec, slot;	/* instruction slot in the section */
	const uint8_t *data;	/* the record, at least as long as asked */
};
/* elf_ext_lines, elf_ext_core - call @fn with each record, in file order. */
int elf_ext_lines(struct elf_obj *o, void *ctx,
		  int (*fn)(struct elf_obj *o, void *ctx,
			    const struct ext_record *r));
int elf_ext_core(struct elf_obj *o, void *ctx,
		 int (*fn)(struct elf_obj *o, void *ctx,
			   const struct ext_record *r));

/* elf_maps.c: maps of all kinds. */
int elf_read_maps(struct elf_obj *o);
/* elf_map_find - the map at @off in @sec; NULL. */
const struct spec_map *elf_map_find(const struct elf_obj *o, uint32_t sec,
				    uint64_t off);

/* elf_progs.c: functions and their instructions. */
int elf_read_progs(struct elf_obj *o);
/* elf_func_at - the function that has @slot of @sec; NULL. */
struct elf_func *elf_func_at(const struct elf_obj *o, uint32_t sec,
			     uint64_t slot);

/* elf_relocs.c, elf_lines.c: what is attached to instructions. */
int elf_read_relocs(struct elf_obj *o);
int elf_read_lines(struct elf_obj *o);

#endif

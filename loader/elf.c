/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * elf - a clang object becomes a spec.  The only file that includes libelf.
 *
 * Never elf_strptr(): it would link decompressors, and in a static binary
 * they are larger than all of ours.
 */
#include "elf_int.h"

#include <errno.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SECTIONS 8192
#define MACHINE_BPF 247		/* EM_BPF */
#define NAME_MAX_LEN 1024	/* the kernel's own limit is 512 */

static int elf_broken(struct elf_obj *o, const char *what)
{
	const char *why = elf_errmsg(-1);

	return elf_fail(o, "%s%s%s", what, why ? ": " : "", why ? why : "");
}

static int check_header(struct elf_obj *o, Elf *elf)
{
	GElf_Ehdr eh;

	if (elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &eh))
		return elf_fail(o, "not an ELF file, or cut short");
	if (eh.e_ident[EI_CLASS] != ELFCLASS64)
		return elf_fail(o, "not a BPF object: 32-bit ELF");
	o->big_endian = eh.e_ident[EI_DATA] == ELFDATA2MSB;
	if (eh.e_type != ET_REL)
		return elf_fail(o, "not an object file: ELF type %d",
				eh.e_type);
	/* LLVM before 3.8 wrote no machine */
	if (eh.e_machine != MACHINE_BPF && eh.e_machine != EM_NONE)
		return elf_fail(o, "not a BPF object: ELF machine %d",
				eh.e_machine);
	return 0;
}

/* The bytes of section @i; the size is right when it succeeds. */
static int load_section(struct elf_obj *o, Elf *elf, uint32_t i,
			Elf_Data **out)
{
	Elf_Scn *scn = elf_getscn(elf, i);
	Elf_Data *d = scn ? elf_getdata(scn, NULL) : NULL;
	GElf_Shdr sh;

	if (!d || !gelf_getshdr(scn, &sh))
		return elf_broken(o, "section header or data");
	if (sh.sh_type != SHT_NOBITS && sh.sh_size &&
	    (!d->d_buf || d->d_size != sh.sh_size))
		return elf_fail(o, "section %u lies outside of the file", i);
	*out = d;
	return 0;
}

/* A long name may be that of every symbol: it is looked for an end, compared
 * and copied each time. */
static const char *string_at(const uint8_t *strs, uint64_t len, uint64_t off)
{
	if (!strs || off >= len)
		return NULL;
	len -= off;
	if (!memchr(strs + off, '\0', len < NAME_MAX_LEN ? len : NAME_MAX_LEN))
		return NULL;
	return (const char *)strs + off;
}

/* Debug information is three quarters of an object and none of our business. */
static bool is_ignored(const char *name, uint32_t type)
{
	return !strncmp(name, ".debug", 6) || !strcmp(name, ".llvm_addrsig") ||
	       (type != SEC_PROGBITS && type != SEC_SYMTAB &&
		type != SEC_STRTAB);
}

static int read_section(struct elf_obj *o, Elf *elf, uint32_t i,
			const Elf_Data *names)
{
	struct elf_sec *s = &o->secs[i];
	Elf_Scn *scn = elf_getscn(elf, i);
	GElf_Shdr sh;
	Elf_Data *d;
	int ret;

	if (!scn || !gelf_getshdr(scn, &sh))
		return elf_broken(o, "section header");
	s->name = string_at(names->d_buf, names->d_size, sh.sh_name);
	if (!s->name)
		return elf_fail(o, "section %u has no proper name", i);
	s->type = sh.sh_type;
	s->flags = sh.sh_flags;
	s->size = sh.sh_size;
	s->link = sh.sh_link;
	s->info = sh.sh_info;
	if (is_ignored(s->name, s->type))
		return 0;
	if (s->flags & SECF_COMPRESSED)
		return elf_fail(o, "section %s is compressed", s->name);
	ret = load_section(o, elf, i, &d);
	if (!ret && s->size)
		s->data = d->d_buf;
	return ret;
}

static int read_sections(struct elf_obj *o, Elf *elf)
{
	Elf_Data *names;
	size_t n, str;
	int ret;

	if (elf_getshdrnum(elf, &n) || elf_getshdrstrndx(elf, &str))
		return elf_broken(o, "section table");
	if (n > MAX_SECTIONS || str >= n)
		return elf_fail(o, "section table broken or too large");
	ret = load_section(o, elf, (uint32_t)str, &names);
	if (ret)
		return ret;
	if (names->d_type != ELF_T_BYTE || !names->d_buf)
		return elf_fail(o, "broken section names");
	o->nsecs = (uint32_t)n;
	o->secs = arena_alloc(o->tmp, n, sizeof(*o->secs));
	if (!o->secs)
		return elf_oom(o);
	o->secs[0].name = "";
	for (uint32_t i = 1; i < n && !ret; i++)
		ret = read_section(o, elf, i, names);
	return ret;
}

static int read_symbol(struct elf_obj *o, Elf_Data *d, uint32_t i,
		       const struct elf_sec *strs)
{
	struct elf_sym *s = &o->syms[i];
	GElf_Sym sym;

	if (!gelf_getsym(d, (int)i, &sym))
		return elf_broken(o, "symbol");
	s->name = string_at(strs->data, strs->size, sym.st_name);
	if (!s->name)
		return elf_fail(o, "symbol %u has no proper name", i);
	s->value = sym.st_value;
	s->size = sym.st_size;
	s->type = GELF_ST_TYPE(sym.st_info);
	s->bind = GELF_ST_BIND(sym.st_info);
	s->sec = sym.st_shndx;
	if (sym.st_shndx == SHN_UNDEF)
		return 0;
	/* absolute (file names) and common: nothing that code refers to */
	if (sym.st_shndx >= SHN_LORESERVE || sym.st_shndx >= o->nsecs)
		s->sec = UINT32_MAX;
	return 0;
}

static int read_symbols(struct elf_obj *o, Elf *elf)
{
	const struct elf_sec *s = NULL;
	Elf_Data *d;
	uint32_t i;
	int ret;

	for (i = 1; i < o->nsecs && !s; i++)
		if (o->secs[i].type == SEC_SYMTAB)
			s = &o->secs[i];
	if (!s)
		return elf_fail(o, "no symbol table");
	if (s->link >= o->nsecs || o->secs[s->link].type != SEC_STRTAB)
		return elf_fail(o, "symbol table without names");
	ret = load_section(o, elf, i - 1, &d);
	if (ret)
		return ret;
	if (d->d_type != ELF_T_SYM || s->size / sizeof(Elf64_Sym) > INT32_MAX)
		return elf_fail(o, "broken symbol table");
	o->nsyms = (uint32_t)(s->size / sizeof(Elf64_Sym));
	o->syms = arena_alloc(o->tmp, o->nsyms, sizeof(*o->syms));
	if (!o->syms)
		return elf_oom(o);
	for (i = 0; i < o->nsyms && !ret; i++)
		ret = read_symbol(o, d, i, &o->secs[s->link]);
	return ret;
}

int elf_rels(struct elf_obj *o, uint32_t sec, struct elf_rel **rels,
	     uint32_t *n)
{
	const struct elf_sec *s = &o->secs[sec];
	GElf_Rel r;
	Elf_Data *d;
	int ret = load_section(o, o->elf, sec, &d);

	if (ret)
		return ret;
	if (d->d_type != ELF_T_REL || s->size / sizeof(Elf64_Rel) > INT32_MAX)
		return elf_fail(o, "section %s: broken relocations", s->name);
	*n = (uint32_t)(s->size / sizeof(Elf64_Rel));
	*rels = arena_alloc(o->tmp, *n, sizeof(**rels));
	if (!*rels)
		return elf_oom(o);
	for (uint32_t i = 0; i < *n; i++) {
		if (!gelf_getrel(d, (int)i, &r))
			return elf_broken(o, "relocation");
		(*rels)[i] = (struct elf_rel){
			.off = r.r_offset,
			.type = GELF_R_TYPE(r.r_info),
			.sym = GELF_R_SYM(r.r_info),
		};
		if ((*rels)[i].sym >= o->nsyms)
			return elf_fail(o, "section %s: relocation %u has no "
					"symbol", s->name, i);
	}
	return 0;
}

uint32_t elf_sec_named(const struct elf_obj *o, const char *name)
{
	for (uint32_t i = 1; i < o->nsecs; i++)
		if (o->secs[i].type == SEC_PROGBITS &&
		    !strcmp(o->secs[i].name, name))
			return i;
	return 0;
}

/* Objects whose point is one of these would do nothing, or the wrong thing. */
static int check_unsupported(struct elf_obj *o)
{
	static const char *const prefixes[] = {
		".struct_ops", ".addr_space", ".jumptables", NULL
	};

	for (uint32_t i = 1; i < o->nsecs; i++)
		for (int k = 0; prefixes[k]; k++)
			if (!strncmp(o->secs[i].name, prefixes[k],
				     strlen(prefixes[k])))
				return elf_fail(o, "section %s is not "
						"supported", o->secs[i].name);
	return 0;
}

static int read_license(struct elf_obj *o)
{
	const struct elf_sec *s = &o->secs[elf_sec_named(o, "license")];

	o->spec->license = "";
	if (!s->size)
		return 0;
	if (!memchr(s->data, '\0', s->size))
		return elf_fail(o, "section license is no string");
	o->spec->license = arena_str(o->arena, (const char *)s->data);
	return o->spec->license ? 0 : elf_oom(o);
}

static int read_all(struct elf_obj *o, const char *name)
{
	int ret;

	o->spec = arena_alloc(o->arena, 1, sizeof(*o->spec));
	if (!o->spec)
		return elf_oom(o);
	o->spec->arena = o->arena;
	o->spec->name = arena_str(o->arena, name);
	if (!o->spec->name)
		return elf_oom(o);
	ret = check_header(o, o->elf);
	if (!ret)
		ret = read_sections(o, o->elf);
	if (!ret)
		ret = check_unsupported(o);
	if (!ret)
		ret = read_symbols(o, o->elf);
	if (!ret)
		ret = read_license(o);
	if (!ret)
		ret = elf_btf_open(o);
	if (!ret)
		ret = elf_read_maps(o);
	if (!ret)
		ret = elf_read_progs(o);
	if (!ret)
		ret = elf_read_relocs(o);
	if (!ret)
		ret = elf_read_lines(o);
	o->spec->big_endian = o->big_endian;
	return ret;
}

static int open_and_read(struct elf_obj *o, char *copy, size_t len,
			 const char *name)
{
	int ret;

	if (elf_version(EV_CURRENT) != EV_NONE)
		o->elf = elf_memory(copy, len);
	if (!o->elf)
		return elf_fail(o, "not an ELF file, or cut short");
	ret = read_all(o, name);
	elf_end(o->elf);
	return ret;
}

int spec_from_elf(struct spec **out, const void *data, size_t len,
		  const char *name, struct err *e)
{
	struct elf_obj o = { .e = e };
	char *copy = malloc(len ? len : 1);
	int ret;

	*out = NULL;
	o.arena = arena_new();
	o.tmp = arena_new();
	if (!o.arena || !o.tmp || !copy) {
		ret = elf_oom(&o);
	} else {
		/* elf_memory() wants aligned bytes that it may write to */
		memcpy(copy, data, len);
		ret = open_and_read(&o, copy, len, name);
	}
	free(copy);
	arena_free(o.tmp);
	if (!ret) {
		*out = o.spec;
		return 0;
	}
	if (o.spec)
		spec_free(o.spec);
	else
		arena_free(o.arena);
	return err_wrap(e, "%s", name);
}

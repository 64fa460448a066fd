/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Maps of an object: declared as types in .maps, as structs in the legacy
 * section "maps", and those that hold global data.
 */
#include "elf_int.h"

#include <stdlib.h>
#include <string.h>

#define MAPS_MAX	1024
#define DATA_MAX	(64u << 20)	/* more than any kernel gives */
#define MAP_ARRAY_	2		/* BPF_MAP_TYPE_ARRAY */
#define MAP_F_RDONLY_PROG 0x80		/* BPF_F_RDONLY_PROG, 5.2 */
#define DEF_MIN		16		/* legacy: without map_flags */
#define DEF_BYTES	20

static int add_map(struct elf_obj *o, const char *name, uint32_t sec,
		   uint64_t off, struct spec_map **out)
{
	struct spec_map *m = &o->maps[o->nmaps];

	if (o->nmaps == o->max_maps)
		return elf_fail(o, "more than %u maps", o->max_maps);
	m->name = arena_str(o->arena, name);
	if (!m->name)
		return elf_oom(o);
	o->map_at[o->nmaps++] = (struct elf_map){ .sec = sec, .off = off };
	*out = m;
	return 0;
}

const struct spec_map *elf_map_find(const struct elf_obj *o, uint32_t sec,
				    uint64_t off)
{
	for (uint32_t i = 0; i < o->nmaps; i++)
		if (o->map_at[i].sec == sec && o->map_at[i].off == off)
			return &o->maps[i];
	return NULL;
}

/* ---- .maps ---------------------------------------------------------- */

/* __uint(x, 5) declares "int (*x)[5]"; newer headers say __ulong(x, v),
 * an enum with one value. */
static bool number(const struct elf_obj *o, uint32_t id, uint64_t *v)
{
	struct btf_item t;

	if (!elf_btf_skip(o, id, &t))
		return false;
	if (t.kind == K_PTR && elf_btf_skip(o, t.size, &t) &&
	    t.kind == K_ARRAY) {
		*v = elf_u32(o, t.extra + 8);
		return true;
	}
	if (t.kind == K_ENUM && t.vlen == 1) {
		*v = elf_u32(o, t.extra + 4);
		return true;
	}
	if (t.kind == K_ENUM64 && t.vlen == 1) {
		*v = elf_u32(o, t.extra + 4) |
		     (uint64_t)elf_u32(o, t.extra + 8) << 32;
		return true;
	}
	return false;
}

/* Bytes of what @id points to. */
static bool pointed_size(const struct elf_obj *o, uint32_t id, uint64_t *v)
{
	struct btf_item t;
	int64_t size;

	if (!elf_btf_skip(o, id, &t) || t.kind != K_PTR)
		return false;
	size = btf_size(o->spec->btf, t.size);
	*v = (uint64_t)size;
	return size > 0;
}

/* A size may be said twice, as number and as type: they must agree. */
static bool set_size(uint32_t *to, uint64_t v)
{
	if (v > UINT32_MAX || (*to && *to != v))
		return false;
	*to = (uint32_t)v;
	return true;
}

static int map_field(struct elf_obj *o, struct spec_map *m, const char *field,
		     uint32_t type)
{
	uint64_t v = 0;
	bool ok;

	if (!strcmp(field, "key") || !strcmp(field, "value"))
		ok = pointed_size(o, type, &v);
	else if (!strcmp(field, "values"))
		return elf_fail(o, "map %s: maps of maps and initial values "
				"are not supported", m->name);
	else
		ok = number(o, type, &v) && v <= UINT32_MAX;
	if (!ok)
		return elf_fail(o, "map %s: cannot read its %s", m->name,
				field);

	if (!strcmp(field, "type"))
		m->type = (uint32_t)v;
	else if (!strcmp(field, "max_entries"))
		m->max_entries = (uint32_t)v;
	else if (!strcmp(field, "map_flags"))
		m->flags = (uint32_t)v;
	else if (!strcmp(field, "key") || !strcmp(field, "key_size"))
		ok = set_size(&m->key_size, v);
	else if (!strcmp(field, "value") || !strcmp(field, "value_size"))
		ok = set_size(&m->value_size, v);
	else if ((strcmp(field, "numa_node") && strcmp(field, "map_extra") &&
		  strcmp(field, "pinning")) || v)
		return elf_fail(o, "map %s: %s is not supported", m->name,
				field);
	if (!ok)
		return elf_fail(o, "map %s: two different sizes in %s",
				m->name, field);
	return 0;
}

static int btf_map(struct elf_obj *o, const struct elf_sym *sym,
		   uint32_t type)
{
	struct btf_item t;
	struct spec_map *m;
	const char *field;
	const uint8_t *p;
	int ret;

	if (!elf_btf_skip(o, type, &t) || t.kind != K_STRUCT)
		return elf_fail(o, "map %s is not declared as a struct",
				sym->name);
	ret = add_map(o, sym->name, sym->sec, sym->value, &m);
	for (uint32_t i = 0; i < t.vlen && !ret; i++) {
		p = t.extra + (size_t)i * 12;
		field = elf_btf_str(o, elf_u32(o, p));
		ret = map_field(o, m, field ? field : "", elf_u32(o, p + 4));
	}
	if (!ret && !m->type)
		ret = elf_fail(o, "map %s has no type", m->name);
	return ret;
}

/* The type of the variable @name that the DATASEC @sec lists; 0. */
static uint32_t var_type(const struct elf_obj *o, const struct btf_item *sec,
			 const char *name)
{
	struct btf_item var;

	for (uint32_t i = 0; i < sec->vlen; i++)
		if (elf_btf_type(o, elf_u32(o, sec->extra + (size_t)i * 12),
				 &var) &&
		    var.kind == K_VAR && !strcmp(var.name, name))
			return var.size;
	return 0;
}

static int read_btf_maps(struct elf_obj *o)
{
	uint32_t id, type, sec = elf_sec_named(o, ".maps");
	const struct elf_sym *s;
	struct btf_item t;
	int ret = 0;

	if (!sec)
		return 0;
	for (id = 1; id < o->btf.ntypes; id++)
		if (elf_btf_type(o, id, &t) && t.kind == K_DATASEC &&
		    !strcmp(t.name, ".maps"))
			break;
	if (id >= o->btf.ntypes)
		return elf_fail(o, "section .maps, but no BTF that describes "
				"it: compile with -g");
	for (s = o->syms; s < o->syms + o->nsyms && !ret; s++) {
		if (s->sec != sec || s->type == SYM_SECTION || !*s->name)
			continue;
		type = var_type(o, &t, s->name);
		ret = type ? btf_map(o, s, type) :
			     elf_fail(o, "map %s is not in the BTF", s->name);
	}
	return ret;
}

/* ---- maps ----------------------------------------------------------- */

static bool is_legacy(const char *name)
{
	return !strcmp(name, "maps") || !strncmp(name, "maps/", 5);
}

/* Where the map after the one at @at begins, or the section ends. */
static uint64_t next_symbol(const struct elf_obj *o, const struct elf_sym *at)
{
	uint64_t end = o->secs[at->sec].size;

	for (uint32_t i = 0; i < o->nsyms; i++)
		if (o->syms[i].sec == at->sec &&
		    o->syms[i].value > at->value && o->syms[i].value < end)
			end = o->syms[i].value;
	return end;
}

/* struct bpf_map_def: type, key_size, value_size, max_entries, map_flags;
 * loaders of old had longer ones, which is fine while the rest is 0. */
static int legacy_map(struct elf_obj *o, const struct elf_sym *sym)
{
	const struct elf_sec *s = &o->secs[sym->sec];
	const uint8_t *p;
	struct spec_map *m;
	uint64_t len;
	int ret;

	len = sym->value < s->size ? next_symbol(o, sym) - sym->value : 0;
	if (len < DEF_MIN || sym->value % 4)
		return elf_fail(o, "map %s: section %s is too short for it",
				sym->name, s->name);
	p = s->data + sym->value;
	for (uint64_t i = DEF_BYTES; i < len; i++)
		if (p[i])
			return elf_fail(o, "map %s: its definition has more "
					"than is supported", sym->name);
	ret = add_map(o, sym->name, sym->sec, sym->value, &m);
	if (ret)
		return ret;
	m->type = elf_u32(o, p);
	m->key_size = elf_u32(o, p + 4);
	m->value_size = elf_u32(o, p + 8);
	m->max_entries = elf_u32(o, p + 12);
	if (len >= DEF_BYTES)
		m->flags = elf_u32(o, p + 16);
	return 0;
}

static int read_legacy_maps(struct elf_obj *o)
{
	const struct elf_sym *s;
	int ret = 0;

	for (s = o->syms; s < o->syms + o->nsyms && !ret; s++)
		if (s->sec && s->sec < o->nsecs && s->type != SYM_SECTION &&
		    *s->name && is_legacy(o->secs[s->sec].name) &&
		    o->secs[s->sec].type == SEC_PROGBITS)
			ret = legacy_map(o, s);
	return ret;
}

/* ---- global data ---------------------------------------------------- */

static bool starts(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

static bool is_data(const struct elf_sec *s)
{
	if (!s->size || s->flags & SECF_EXEC)
		return false;
	if (s->type == SEC_NOBITS)
		return starts(s->name, ".bss");
	return s->type == SEC_PROGBITS &&
	       (starts(s->name, ".data") || starts(s->name, ".rodata"));
}

static int data_map(struct elf_obj *o, uint32_t sec)
{
	struct elf_sec *s = &o->secs[sec];
	struct spec_map *m;
	uint64_t i;
	int ret;

	if (s->size > DATA_MAX)
		return elf_fail(o, "section %s is too large", s->name);
	ret = add_map(o, s->name, sec, 0, &m);
	if (ret)
		return ret;
	s->map = o->nmaps;
	m->type = MAP_ARRAY_;
	m->key_size = 4;
	m->value_size = (uint32_t)s->size;
	m->max_entries = 1;
	m->readonly = starts(s->name, ".rodata");
	if (m->readonly)
		m->flags = MAP_F_RDONLY_PROG;
	if (!s->data)
		return 0;
	for (i = 0; i < s->size && !s->data[i]; i++)
		;
	if (i == s->size)
		return 0;
	m->data = arena_copy(o->arena, s->data, s->size);
	return m->data ? 0 : elf_oom(o);
}

/* Data that holds addresses would need its own relocation. */
static int check_pointers(struct elf_obj *o)
{
	const struct elf_sec *s;

	for (s = o->secs + 1; s < o->secs + o->nsecs; s++)
		if ((s->type == SEC_REL || s->type == SEC_RELA) && s->size &&
		    s->info < o->nsecs && o->secs[s->info].map)
			return elf_fail(o, "section %s holds addresses (%s), "
					"which is not supported",
					o->secs[s->info].name, s->name);
	return 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Everything refers to maps by name. */
static int check_names(struct elf_obj *o)
{
	const char **names = arena_alloc(o->tmp, o->nmaps, sizeof(*names));

	if (!names)
		return elf_oom(o);
	for (uint32_t i = 0; i < o->nmaps; i++)
		names[i] = o->maps[i].name;
	qsort(names, o->nmaps, sizeof(*names), compare_names);
	for (uint32_t i = 1; i < o->nmaps; i++)
		if (!strcmp(names[i - 1], names[i]))
			return elf_fail(o, "two maps are called %s", names[i]);
	return 0;
}

int elf_read_maps(struct elf_obj *o)
{
	int ret;

	/* a map has a symbol or a section of its own */
	o->max_maps = o->nsyms + o->nsecs;
	if (o->max_maps > MAPS_MAX)
		o->max_maps = MAPS_MAX;
	o->maps = arena_alloc(o->arena, o->max_maps + 1, sizeof(*o->maps));
	o->map_at = arena_alloc(o->tmp, o->max_maps, sizeof(*o->map_at));
	if (!o->maps || !o->map_at)
		return elf_oom(o);
	ret = read_btf_maps(o);
	if (!ret)
		ret = read_legacy_maps(o);
	for (uint32_t i = 1; i < o->nsecs && !ret; i++)
		if (is_data(&o->secs[i]))
			ret = data_map(o, i);
	if (!ret)
		ret = check_pointers(o);
	if (!ret)
		ret = check_names(o);
	o->spec->maps = o->maps;
	o->spec->nmaps = o->nmaps;
	return ret;
}

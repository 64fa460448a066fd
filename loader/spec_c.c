/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * spec_c - a spec as C source: the built-in programs.
 *
 * One file serves both byte orders.  clang makes different code for them, so
 * programs stand there twice; strings and maps mostly agree and are shared
 * then.
 */
#include "loader/loader.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "spec_int.h"

/* ---- text ----------------------------------------------------------- */

static void put_string(FILE *out, const char *s)
{
	putc('"', out);
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			fprintf(out, "\\%c", *s);
		else if (*s < ' ' || *s > '~' || *s == '?')
			fprintf(out, "\\%03o", (unsigned char)*s);
		else
			putc(*s, out);
	}
	putc('"', out);
}

/* Files of the system by what they are included as: where they stand on the
 * build machine is nobody's business, and would differ between builds. */
static const char *shown_file(const char *path)
{
	const char *p, *last = NULL;

	if (*path != '/')
		return path;
	for (p = path; (p = strstr(p, "/include/")); p++)
		last = p + strlen("/include/");
	return last ? last : strrchr(path, '/') + 1;
}

/* ---- tables --------------------------------------------------------- */

/* Number @i of @s, as definition of a table and its length. */
typedef void put_fn(FILE *out, const struct spec *s, uint32_t i);

static void put_files(FILE *out, const struct spec *s, uint32_t i)
{
	(void)i;
	fprintf(out, "enum { nfiles = %" PRIu32 " };\n"
		"static const char *const files[] = {\n", s->nfiles);
	for (uint32_t k = 0; k < s->nfiles; k++) {
		put_string(out, shown_file(s->files[k]));
		fputs(",\n", out);
	}
	fputs(s->nfiles ? "};\n" : "NULL };\n", out);
}

static void put_data(FILE *out, const struct spec *s, uint32_t i)
{
	const struct spec_map *m = &s->maps[i];
	const unsigned char *p = m->data;

	fprintf(out, "static const unsigned char data_%" PRIu32
		"[%" PRIu32 "] = {", i, m->value_size);
	for (uint32_t k = 0; p && k < m->value_size; k++)
		fprintf(out, "%s%d,", k % 16 ? " " : "\n", p[k]);
	fputs(p ? "\n};\n" : " 0 };\n", out);
}

/* ---- the same for both byte orders? --------------------------------- */

static bool same_files(const struct spec *a, const struct spec *b)
{
	if (a->nfiles != b->nfiles)
		return false;
	for (uint32_t i = 0; i < a->nfiles; i++)
		if (strcmp(shown_file(a->files[i]), shown_file(b->files[i])))
			return false;
	return true;
}

static bool same_data(const struct spec_map *a, const struct spec_map *b)
{
	return a->data && b->data ?
		!memcmp(a->data, b->data, a->value_size) : a->data == b->data;
}

static bool same_map(const struct spec_map *a, const struct spec_map *b)
{
	return !strcmp(a->name, b->name) && a->type == b->type &&
	       a->key_size == b->key_size && a->value_size == b->value_size &&
	       a->max_entries == b->max_entries && a->flags == b->flags &&
	       a->readonly == b->readonly;
}

static bool same_prog(const struct spec_prog *a, const struct spec_prog *b)
{
	return !strcmp(a->name, b->name) && !strcmp(a->section, b->section) &&
	       a->subprog == b->subprog;
}

/* ---- may it be written? --------------------------------------------- */

static bool is_identifier(const char *s)
{
	static const char all[] = "abcdefghijklmnopqrstuvwxyz_"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

	return *s && strspn(s, all) == strlen(s) && (*s < '0' || *s > '9');
}

/* Names take the place of the program's BTF; these need the types. */
static int check_relocs(const struct spec *s, const struct spec_prog *p,
			struct err *e)
{
	const struct reloc *r;

	for (uint32_t i = 0; i < p->nrelocs; i++) {
		r = &p->relocs[i];
		if (r->kind > RELOC_CORE || !r->name)
			return err_set(e, 0, "%s: function %s, instruction "
				       "%" PRIu32 ": broken relocation",
				       s->name, p->name, r->insn);
		if (r->kind != RELOC_CORE)
			continue;
		if (r->core == CORE_TYPE_ID_LOCAL ||
		    r->core == CORE_TYPE_MATCHES || !r->path || !*r->name ||
		    r->name[strlen(r->name) - 1] == ' ')
			return err_set(e, 0, "%s: function %s, instruction "
				       "%" PRIu32 ": needs the program's own "
				       "types, which a built-in program does "
				       "not have", s->name, p->name, r->insn);
	}
	return 0;
}

/* What has no meaning is not packed. */
static int check_insns(const struct spec *s, const struct spec_prog *p,
		       struct err *e)
{
	const struct bpf_insn *n;

	for (n = p->insns; n < p->insns + p->ninsns; n++)
		if ((n->off && !spec_has_off(n->code)) ||
		    (n->imm && !spec_has_imm(n->code)))
			return err_set(e, 0, "%s: function %s, instruction "
				       "%td: code 0x%02x uses reserved fields",
				       s->name, p->name, n - p->insns,
				       n->code);
	return 0;
}

static int check_prog(const struct spec *s, const struct spec_prog *p,
		      struct err *e)
{
	int ret = check_insns(s, p, e);

	return ret ? ret : check_relocs(s, p, e);
}

static int check(const struct spec *a, const struct spec *b, struct err *e)
{
	int ret = 0;

	if (!is_identifier(a->name))
		return err_set(e, 0, "%s: not a name for C", a->name);
	if (a->big_endian || !b->big_endian)
		return err_set(e, 0, "%s: need one object of each byte order, "
			       "little first", a->name);
	if (a->nmaps != b->nmaps || a->nprogs != b->nprogs ||
	    strcmp(a->license, b->license))
		return err_set(e, 0, "%s: objects of different programs",
			       a->name);
	for (uint32_t i = 0; i < a->nmaps; i++)
		if (!same_map(&a->maps[i], &b->maps[i]))
			return err_set(e, 0, "%s: map %s depends on the byte "
				       "order", a->name, a->maps[i].name);
	for (uint32_t i = 0; i < a->nprogs && !ret; i++) {
		if (!same_prog(&a->progs[i], &b->progs[i]))
			return err_set(e, 0, "%s: function %s depends on the "
				       "byte order", a->name,
				       a->progs[i].name);
		ret = check_prog(a, &a->progs[i], e);
		if (!ret)
			ret = check_prog(b, &b->progs[i], e);
	}
	return ret;
}

/* ---- programs -------------------------------------------------------- */

static void put_progs(FILE *out, const struct spec *s)
{
	fputs("static const struct spec_prog progs[] = {\n", out);
	for (uint32_t i = 0; i < s->nprogs; i++) {
		const struct spec_prog *p = &s->progs[i];

		fputs("{ .name = ", out);
		put_string(out, p->name);
		fputs(", .section = ", out);
		put_string(out, p->section);
		fprintf(out, ", .ninsns = %" PRIu32 ",\n  .nrelocs = %" PRIu32
			", .nlines = %" PRIu32 "%s },\n", p->ninsns,
			p->nrelocs, p->nlines,
			p->subprog ? ", .subprog = 1" : "");
	}
	fputs("};\n", out);
}

static void put_bytes(FILE *out, const uint8_t *data, size_t len)
{
	fputs("static const uint8_t packed[] = {", out);
	for (size_t i = 0; i < len; i++)
		fprintf(out, "%s%d,", i % 16 ? "" : "\n", data[i]);
	fputs("\n};\n", out);
}

/* The programs of @s; -ENOMEM, -E2BIG. */
static int put_programs(FILE *out, const struct spec *s, deflate_fn *deflate)
{
	struct spec_contents c;
	uint8_t *packed;
	size_t len;
	int ret = spec_pack(&c, s);

	if (ret)
		return ret;
	packed = deflate(c.raw, c.len, &len);
	free(c.raw);
	if (!packed)
		return -ENOMEM;
	put_progs(out, s);
	fprintf(out, "enum { nrelocs = %" PRIu32 ", strings_len = %" PRIu32
		" };\n", c.nrelocs, c.strings_len);
	put_bytes(out, packed, len);
	free(packed);
	return 0;
}

/* ---- the whole ------------------------------------------------------ */

static void put_both(FILE *out, bool same, put_fn *fn, const struct spec *a,
		     const struct spec *b, uint32_t i)
{
	if (same) {
		fn(out, a, i);
		return;
	}
	fputs("#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__\n", out);
	fn(out, a, i);
	fputs("#else\n", out);
	fn(out, b, i);
	fputs("#endif\n", out);
}

static void put_shared(FILE *out, const struct spec *a, const struct spec *b)
{
	fputs("\n", out);
	for (uint32_t i = 0; i < a->nmaps; i++)
		if (a->maps[i].data || b->maps[i].data)
			put_both(out, same_data(&a->maps[i], &b->maps[i]),
				 put_data, a, b, i);
	put_both(out, same_files(a, b), put_files, a, b, 0);
}

static void put_maps(FILE *out, const struct spec *a, const struct spec *b)
{
	const struct spec_map *m;

	if (!a->nmaps)
		return;
	fputs("\nstatic const struct spec_map maps[] = {\n", out);
	for (uint32_t i = 0; i < a->nmaps; i++) {
		m = &a->maps[i];
		fputs("{ .name = ", out);
		put_string(out, m->name);
		fprintf(out, ", .type = %" PRIu32 ", .key_size = %" PRIu32
			", .value_size = %" PRIu32 ",\n  .max_entries = %"
			PRIu32 ", .flags = 0x%" PRIx32, m->type, m->key_size,
			m->value_size, m->max_entries, m->flags);
		if (m->data || b->maps[i].data)
			fprintf(out, ", .data = data_%" PRIu32, i);
		fprintf(out, "%s },\n", m->readonly ? ", .readonly = 1" : "");
	}
	fputs("};\n", out);
}

int spec_to_c(FILE *out, const struct spec *little, const struct spec *big,
	      deflate_fn *deflate, struct err *e)
{
	int ret = check(little, big, e);

	if (ret)
		return ret;
	fprintf(out, "/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause "
		"*/\n/* Generated from %s.bpf.c by spec2c. */\n"
		"#include \"loader/loader.h\"\n", little->name);
	fputs("\n#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__\n", out);
	ret = put_programs(out, little, deflate);
	fputs("#else\n", out);
	if (!ret)
		ret = put_programs(out, big, deflate);
	fputs("#endif\n", out);
	if (ret)
		return err_set(e, -ret, "%s: pack", little->name);
	put_shared(out, little, big);
	put_maps(out, little, big);
	fprintf(out, "\nextern const struct spec spec_%s;\n"
		"const struct spec spec_%s = {\n.name = \"%s\", .license = ",
		little->name, little->name, little->name);
	put_string(out, little->license);
	if (little->nmaps)
		fprintf(out, ",\n.maps = maps, .nmaps = %" PRIu32,
			little->nmaps);
	fprintf(out, ",\n.progs = progs, .nprogs = %" PRIu32
		",\n.files = files, .nfiles = nfiles,\n"
		".nrelocs = nrelocs, .strings_len = strings_len,\n"
		".packed = packed, .packed_len = sizeof(packed),\n"
		".big_endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__,\n};\n",
		little->nprogs);
	if (fflush(out) || ferror(out))
		return err_set(e, errno, "%s: write", little->name);
	return 0;
}

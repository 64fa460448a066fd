/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Specs from clang objects (t/data, see make.sh there), and as C.
 * GOLDEN_UPDATE=1 in the environment writes t/golden/spec-* anew.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "loader/loader.h"
#include "t/check.h"
#include "t/golden.h"

Suite *suite_spec(void);

#ifdef HAVE_LIBELF

/* What spec_to_c once wrote: compiled here, it must be what it came from. */
#include "t/golden/spec-all.c"

/* The object t/data/@name.o under the name "spec_all". */
static struct spec *load(const char *name)
{
	static struct err e;
	struct spec *s = NULL;
	char path[256], *data;
	size_t len;
	int ret;

	snprintf(path, sizeof(path), "t/data/%s.o", name);
	data = read_file(path, &len);
	ret = spec_from_elf(&s, data, len, "spec_all", &e);
	free(data);
	ck_assert_msg(ret == 0, "%s", e.msg);
	ck_assert_ptr_nonnull(s);
	return s;
}

/* ---- a spec as text ------------------------------------------------- */

static void dump_map(FILE *out, const struct spec_map *m)
{
	const unsigned char *p = m->data;

	fprintf(out, "map %s type %" PRIu32 " key %" PRIu32 " value %" PRIu32
		" entries %" PRIu32 " flags 0x%" PRIx32 "%s\n", m->name,
		m->type, m->key_size, m->value_size, m->max_entries, m->flags,
		m->readonly ? " readonly" : "");
	if (!p)
		return;
	fputs(" ", out);
	for (uint32_t i = 0; i < m->value_size; i++)
		fprintf(out, " %02x", p[i]);
	fputs("\n", out);
}

static void dump_reloc(FILE *out, const struct reloc *r)
{
	static const char *const kinds[] = {
		"map", "data", "const", "func", "func-ptr", "core"
	};

	ck_assert_uint_le(r->kind, RELOC_CORE);
	fprintf(out, "  reloc %" PRIu32 " %s %s", r->insn, kinds[r->kind],
		r->name);
	if (r->kind == RELOC_DATA)
		fprintf(out, "+%" PRIu32, r->addend);
	if (r->kind == RELOC_CORE)
		fprintf(out, " \"%s\" kind %d class %d size %" PRIu32 "%s",
			r->path, r->core, r->local_class, r->local_size,
			r->local_bitfield ? " bitfield" : "");
	fputs("\n", out);
}

static void dump_prog(FILE *out, const struct spec *s,
		      const struct spec_prog *p, bool texts)
{
	const struct bpf_insn *n;

	fprintf(out, "prog %s section %s%s\n", p->name, p->section,
		p->subprog ? " subprog" : "");
	for (n = p->insns; n < p->insns + p->ninsns; n++)
		fprintf(out, "  %02x r%d r%d %d %d\n", n->code, n->dst_reg,
			n->src_reg, n->off, n->imm);
	for (uint32_t i = 0; i < p->nrelocs; i++)
		dump_reloc(out, &p->relocs[i]);
	for (uint32_t i = 0; i < p->nlines; i++)
		fprintf(out, "  line %d %s:%d%s%s\n", p->lines[i].insn,
			s->files[p->lines[i].file], p->lines[i].line,
			texts ? " " : "", texts ? p->texts[i] : "");
}

/* Everything in @s; free(3) it. */
static char *dump(const struct spec *s, bool texts)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	ck_assert_ptr_nonnull(out);
	fprintf(out, "spec %s license \"%s\"%s\n", s->name, s->license,
		s->big_endian ? " big-endian" : "");
	for (uint32_t i = 0; i < s->nmaps; i++)
		dump_map(out, &s->maps[i]);
	for (uint32_t i = 0; i < s->nprogs; i++)
		dump_prog(out, s, &s->progs[i], texts);
	fclose(out);
	return text;
}

static void check_object(const char *name)
{
	struct spec *s = load(name);
	char *text = dump(s, true), path[256];

	snprintf(path, sizeof(path), "t/golden/%s.txt", name);
	check_golden(path, text);
	ck_assert_ptr_nonnull(s->btf);
	free(text);
	spec_free(s);
}

START_TEST(test_objects)
{
	check_object("spec-all.el");
	check_object("spec-all.eb");
	check_object("spec-legacy.el");
	check_object("spec-legacy.eb");
	check_object("spec-types.el");
}
END_TEST

START_TEST(test_find)
{
	struct spec *s = load("spec-all.el");

	ck_assert_str_eq(spec_find_prog(s, "twice")->section, ".text");
	ck_assert_ptr_null(spec_find_prog(s, "thrice"));
	ck_assert_uint_eq(spec_find_map(s, "owners")->max_entries, 1024);
	ck_assert_ptr_null(spec_find_map(s, "owner"));
	spec_free(s);
	spec_free(NULL);
}
END_TEST

/* ---- what is refused ------------------------------------------------ */

static void refuse(const void *data, size_t len, const char *want)
{
	struct err e = { .no = 0 };
	struct spec *s = (void *)&e;

	ck_assert_int_eq(spec_from_elf(&s, data, len, "x.o", &e), -EINVAL);
	ck_assert_ptr_null(s);
	ck_assert_str_eq(e.msg, want);
}

START_TEST(test_refused)
{
	static const struct { const char *file, *want; } all[] = {
		{ "bad-kconfig", "x.o: function f, instruction 0: extern "
		  "LINUX_KERNEL_VERSION (.kconfig) is not supported" },
		{ "bad-pinning", "x.o: map kept: pinning is not supported" },
		{ "bad-pointer", "x.o: section .data holds addresses "
		  "(.rel.data), which is not supported" },
		{ "bad-section", "x.o: function f, instruction 0: reference "
		  "to value in section elsewhere, which is no map and no "
		  "data" },
		{ "bad-values", "x.o: map jumps: maps of maps and initial "
		  "values are not supported" },
	};
	char path[256], *data;
	size_t len;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		snprintf(path, sizeof(path), "t/data/%s.el.o", all[i].file);
		data = read_file(path, &len);
		refuse(data, len, all[i].want);
		free(data);
	}
}
END_TEST

START_TEST(test_no_object)
{
	size_t len;
	char *data = read_file("t/data/spec-all.el.o", &len);

	refuse("", 0, "x.o: not an ELF file, or cut short");
	refuse("#!/bin/sh\n", 10, "x.o: not an ELF file, or cut short");
	refuse(data, 40, "x.o: not an ELF file, or cut short");
	data[18] = 62;		/* e_machine: x86_64 */
	data[19] = 0;
	refuse(data, len, "x.o: not a BPF object: ELF machine 62");
	data[16] = 2;		/* e_type: ET_EXEC */
	refuse(data, len, "x.o: not an object file: ELF type 2");
	free(data);
}
END_TEST

/* ---- hostile bytes -------------------------------------------------- */

/* Read @data, and everything that came of it; was it a spec? */
static int try(const char *data, size_t len)
{
	struct err e = { .no = 0 };
	struct spec *s;
	int ret = spec_from_elf(&s, data, len, "x.o", &e);

	if (ret) {
		ck_assert(e.msg[0]);
		return 0;
	}
	free(dump(s, true));
	spec_free(s);
	return 1;
}

static void check_cut(const char *path)
{
	size_t len;
	char *data = read_file(path, &len), *copy;

	for (size_t n = 0; n < len; n++) {
		/* of exactly that size, so that reading past it shows */
		copy = malloc(n ? n : 1);
		ck_assert_ptr_nonnull(copy);
		memcpy(copy, data, n);
		ck_assert_msg(!try(copy, n), "%s cut to %zu", path, n);
		free(copy);
	}
	free(data);
}

START_TEST(test_cut)
{
	check_cut("t/data/spec-all.el.o");
	check_cut("t/data/spec-legacy.eb.o");
}
END_TEST

static void check_flips(const char *path)
{
	static const unsigned char flips[] = { 0xff, 0x01, 0x80 };
	size_t len;
	char *data = read_file(path, &len), was;

	for (size_t i = 0; i < len; i++) {
		was = data[i];
		for (size_t k = 0; k < sizeof(flips); k++) {
			data[i] = (char)(was ^ flips[k]);
			try(data, len);
		}
		data[i] = was;
	}
	free(data);
}

START_TEST(test_flips)
{
	check_flips("t/data/spec-all.el.o");
	check_flips("t/data/spec-legacy.eb.o");
	check_flips("t/data/bad-values.el.o");
}
END_TEST

/* ---- as C ----------------------------------------------------------- */

/* One stored block: zlib's versions need not agree, and a golden file is read. */
static uint8_t *store(const void *data, size_t len, size_t *to_len)
{
	const uint8_t head[] = {
		0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255,	/* RFC 1952 */
		1, len & 255, len >> 8 & 255, ~len & 255, ~len >> 8 & 255,
	};
	uint8_t *to = calloc(1, sizeof(head) + len + 8);

	ck_assert_uint_lt(len, 65536);
	ck_assert_ptr_nonnull(to);
	memcpy(to, head, sizeof(head));
	memcpy(to + sizeof(head), data, len);
	*to_len = sizeof(head) + len + 8;
	return to;
}

static char *to_c(const struct spec *a, const struct spec *b)
{
	struct err e;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	int ret;

	ck_assert_ptr_nonnull(out);
	ret = spec_to_c(out, a, b, store, &e);
	fclose(out);
	ck_assert_msg(!ret, "%s", e.msg);
	return text;
}

START_TEST(test_to_c)
{
	struct spec *el = load("spec-all.el"), *eb = load("spec-all.eb");
	char *text = to_c(el, eb), *again = to_c(el, eb);

	check_golden("t/golden/spec-all.c", text);
	ck_assert_str_eq(text, again);
	free(text);
	free(again);
	spec_free(el);
	spec_free(eb);
}
END_TEST

START_TEST(test_round_trip)
{
	struct spec *s = load(spec_spec_all.big_endian ? "spec-all.eb" :
							 "spec-all.el");
	char *from_elf = dump(s, false), *from_c;
	struct spec *full;
	struct err e;

	ck_assert_int_eq(spec_unpack(&full, &spec_spec_all, &e), 0);
	from_c = dump(full, false);
	ck_assert_str_eq(from_elf, from_c);
	ck_assert_ptr_null(full->btf);
	free(from_elf);
	free(from_c);
	spec_free(full);
	/* what comes from an object is not packed */
	ck_assert_int_eq(spec_unpack(&full, s, &e), 0);
	ck_assert_ptr_null(full);
	spec_free(s);
}
END_TEST

static unsigned count_relocs(const struct spec *s)
{
	unsigned n = 0;

	while (spec_reloc(s, n))
		n++;
	return n;
}

/* All relocations of what is from an object, each once of what was packed. */
START_TEST(test_relocs)
{
	struct spec *full;
	struct err e;
	struct spec *s = load(spec_spec_all.big_endian ? "spec-all.eb" :
							 "spec-all.el");
	unsigned n = 0;

	for (uint32_t i = 0; i < s->nprogs; i++)
		n += s->progs[i].nrelocs;
	ck_assert_uint_eq(count_relocs(s), n);
	ck_assert_int_eq(spec_unpack(&full, &spec_spec_all, &e), 0);
	ck_assert_uint_eq(count_relocs(full), full->nrelocs);
	ck_assert_uint_eq(count_relocs(&spec_spec_all), 0);
	ck_assert_uint_lt(full->nrelocs, n);
	spec_free(full);
	spec_free(s);
}
END_TEST

static void refuse_packed(const struct spec *s)
{
	struct err e = { .no = 0 };
	struct spec *full;

	ck_assert_int_eq(spec_unpack(&full, s, &e), -EINVAL);
	ck_assert_ptr_null(full);
	ck_assert_ptr_nonnull(strstr(e.msg, "built-in program spec_all"));
}

/* A build that went wrong is told, wherever it is broken. */
START_TEST(test_packed_broken)
{
	struct spec s = spec_spec_all;
	struct spec_prog own[32];

	for (s.packed_len = 0; s.packed_len < spec_spec_all.packed_len - 8;
	     s.packed_len += 7)
		refuse_packed(&s);
	s.packed_len = spec_spec_all.packed_len;
	s.nrelocs = 1;
	refuse_packed(&s);
	s.nrelocs = spec_spec_all.nrelocs;
	s.strings_len--;
	refuse_packed(&s);
	s.strings_len = spec_spec_all.strings_len;
	ck_assert_uint_le(s.nprogs, 32);
	memcpy(own, s.progs, s.nprogs * sizeof(*own));
	s.progs = own;
	own[0].ninsns--;
	refuse_packed(&s);
	own[0].ninsns += 2;
	refuse_packed(&s);
}
END_TEST

static void refuse_c(const char *a, const char *b, const char *want)
{
	struct spec *el = load(a), *eb = load(b);
	struct err e = { .no = 0 };
	FILE *out = fopen("/dev/null", "w");

	ck_assert_ptr_nonnull(out);
	ck_assert_int_eq(spec_to_c(out, el, eb, store, &e), -EINVAL);
	ck_assert_str_eq(e.msg, want);
	fclose(out);
	spec_free(el);
	spec_free(eb);
}

START_TEST(test_to_c_refused)
{
	refuse_c("spec-types.el", "spec-types.eb", "spec_all: function f, "
		 "instruction 0: needs the program's own types, which a "
		 "built-in program does not have");
	refuse_c("spec-all.eb", "spec-all.el", "spec_all: need one object of "
		 "each byte order, little first");
	refuse_c("spec-all.el", "spec-legacy.eb", "spec_all: objects of "
		 "different programs");
}
END_TEST

/* What an instruction has no use for would be lost. */
static void refuse_insn(struct bpf_insn n, const char *want)
{
	struct bpf_insn insns[] = { { .code = 0x95 }, n };
	struct spec_prog p = { .name = "f", .section = "x", .insns = insns,
			       .ninsns = 2 };
	struct spec el = { .name = "s", .license = "GPL", .progs = &p,
			   .nprogs = 1 }, eb = el;
	struct err e = { .no = 0 };
	FILE *out = fopen("/dev/null", "w");

	ck_assert_ptr_nonnull(out);
	eb.big_endian = true;
	ck_assert_int_eq(spec_to_c(out, &el, &eb, store, &e),
			 want ? -EINVAL : 0);
	if (want)
		ck_assert_str_eq(e.msg, want);
	fclose(out);
}

START_TEST(test_to_c_reserved)
{
	/* loads have no immediate, stores none but atomic ones */
	refuse_insn((struct bpf_insn){ .code = 0x61, .off = -4 }, NULL);
	refuse_insn((struct bpf_insn){ .code = 0x61, .imm = 1 },
		    "s: function f, instruction 1: code 0x61 uses reserved "
		    "fields");
	refuse_insn((struct bpf_insn){ .code = 0x63, .imm = 1 },
		    "s: function f, instruction 1: code 0x63 uses reserved "
		    "fields");
	refuse_insn((struct bpf_insn){ .code = 0xdb, .imm = 1 }, NULL);
	/* arithmetic has no offset; an immediate, or a register, but for the
	 * swapping of bytes, where both tell something */
	refuse_insn((struct bpf_insn){ .code = 0x07, .off = 1 },
		    "s: function f, instruction 1: code 0x07 uses reserved "
		    "fields");
	refuse_insn((struct bpf_insn){ .code = 0x0f, .imm = 1 },
		    "s: function f, instruction 1: code 0x0f uses reserved "
		    "fields");
	refuse_insn((struct bpf_insn){ .code = 0xdc, .imm = 16 }, NULL);
	/* jumps have offsets, calls immediates */
	refuse_insn((struct bpf_insn){ .code = 0x1e, .off = 1 }, NULL);
	refuse_insn((struct bpf_insn){ .code = 0x85, .imm = 5 }, NULL);
	refuse_insn((struct bpf_insn){ .code = 0x85, .off = 5 },
		    "s: function f, instruction 1: code 0x85 uses reserved "
		    "fields");
}
END_TEST

#else

START_TEST(test_without)
{
	struct err e;
	struct spec *s;

	ck_assert_int_eq(spec_from_elf(&s, "", 0, "x.o", &e), -ENOSYS);
	ck_assert_ptr_null(s);
}
END_TEST

#endif

Suite *suite_spec(void)
{
	Suite *s = suite_create("spec");
	TCase *c = tcase_create("spec");

	tcase_set_timeout(c, 120);	/* sanitizers on a slow machine */
	suite_add_tcase(s, c);
#ifdef HAVE_LIBELF
	tcase_add_test(c, test_objects);
	tcase_add_test(c, test_find);
	tcase_add_test(c, test_refused);
	tcase_add_test(c, test_no_object);
	tcase_add_test(c, test_cut);
	tcase_add_test(c, test_flips);
	tcase_add_test(c, test_to_c);
	tcase_add_test(c, test_round_trip);
	tcase_add_test(c, test_relocs);
	tcase_add_test(c, test_packed_broken);
	tcase_add_test(c, test_to_c_refused);
	tcase_add_test(c, test_to_c_reserved);
#else
	tcase_add_test(c, test_without);
#endif
	return s;
}

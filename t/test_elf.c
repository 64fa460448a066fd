/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The small ELF reader, on images made here: 32 and 64 bits (bit 0 of _i), of
 * both byte orders (bit 1), whole, cut, and with wrong numbers in them.
 */
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "btf/btf.h"
#include "t/check.h"
#include "t/random.h"

Suite *suite_elf(void);

#define WIDE(i)	((i) & 1)
#define BIG(i)	((i) & 2)

#define TEXT_OFF	0x800		/* in the file */
#define TEXT_ADDR	0x401000	/* in memory */

struct image {
	uint8_t b[0x1000];
	size_t len;
	bool wide, big;
	size_t shoff;
	unsigned int nsections;
};

static struct image img;

static void put(struct image *m, size_t at, uint64_t v, size_t n)
{
	size_t i;

	ck_assert(at + n <= sizeof(m->b));
	for (i = 0; i < n; i++)
		m->b[at + (m->big ? n - 1 - i : i)] = (uint8_t)(v >> 8 * i);
	if (at + n > m->len)
		m->len = at + n;
}

/* A word of the file's size. */
static void put_word(struct image *m, size_t at32, size_t at64, size_t base,
		     uint64_t v)
{
	put(m, base + (m->wide ? at64 : at32), v, m->wide ? 8 : 4);
}

static size_t put_bytes(struct image *m, size_t at, const void *p, size_t n)
{
	ck_assert(at + n <= sizeof(m->b));
	memcpy(m->b + at, p, n);
	if (at + n > m->len)
		m->len = at + n;
	return at + n;
}

static void put_section(struct image *m, uint32_t name, uint32_t type,
			uint64_t flags, uint64_t off, uint64_t size,
			uint32_t link)
{
	size_t at = m->shoff + m->nsections++ * (m->wide ? 64 : 40);

	put(m, at, name, 4);
	put(m, at + 4, type, 4);
	put_word(m, 8, 8, at, flags);
	put_word(m, 16, 24, at, off);
	put_word(m, 20, 32, at, size);
	put(m, at + (m->wide ? 40 : 24), link, 4);
	put_word(m, 36, 56, at, 0);
}

static void put_symbol(struct image *m, size_t table, unsigned int i,
		       uint32_t name, unsigned int type, uint16_t shndx,
		       uint64_t value, uint64_t size)
{
	size_t at = table + i * (m->wide ? 24 : 16);

	put(m, at, name, 4);
	put_word(m, 4, 8, at, value);
	put_word(m, 8, 16, at, size);
	put(m, at + (m->wide ? 4 : 12), type, 1);
	put(m, at + (m->wide ? 6 : 14), shndx, 2);
}

static size_t put_note(struct image *m, size_t at, const char *name,
		       uint32_t type, const void *desc, size_t n)
{
	put(m, at, strlen(name) + 1, 4);
	put(m, at + 4, n, 4);
	put(m, at + 8, type, 4);
	put_bytes(m, at + 12, name, strlen(name) + 1);
	at += 12 + ((strlen(name) + 4) & ~(size_t)3);
	put_bytes(m, at, desc, n);
	return at + ((n + 3) & ~(size_t)3);
}

static void put_header(struct image *m, uint16_t machine)
{
	const uint8_t ident[] = { 0x7f, 'E', 'L', 'F',
				  m->wide ? ELFCLASS64 : ELFCLASS32,
				  m->big ? ELFDATA2MSB : ELFDATA2LSB, 1 };
	size_t at = m->wide ? 64 : 52;

	put_bytes(m, 0, ident, sizeof(ident));
	put(m, 16, ET_EXEC, 2);
	put(m, 18, machine, 2);
	put_word(m, 28, 32, 0, at);
	put_word(m, 32, 40, 0, m->shoff);
	put(m, m->wide ? 54 : 42, m->wide ? 56 : 32, 2);
	put(m, m->wide ? 56 : 44, 1, 2);
	put(m, m->wide ? 58 : 46, m->wide ? 64 : 40, 2);
	put(m, m->wide ? 60 : 48, 8, 2);
	put(m, m->wide ? 62 : 50, 7, 2);
	/* one segment */
	put(m, at, PT_LOAD, 4);
	put_word(m, 4, 8, at, TEXT_OFF);
	put_word(m, 8, 16, at, TEXT_ADDR);
	put_word(m, 16, 32, at, 0x200);
}

/* Names at fixed places of the string tables. */
static const char shstr[] =
	"\0.note.a\0.note.b\0.BTF\0.symtab\0.strtab\0.bss\0.zip\0";
static const char str[] = "\0outer\0inner\0asm_entry\0data\0ver@@V_1\0";

enum { N_NOTE_A = 1, N_NOTE_B = 9, N_BTF = 17, N_SYMTAB = 22, N_STRTAB = 30,
       N_BSS = 38, N_ZIP = 43 };
enum { S_OUTER = 1, S_INNER = 7, S_ASM = 13, S_DATA = 23, S_VER = 28 };

static void build(int i, uint16_t machine)
{
	static const uint8_t id[] = { 0xde, 0xad, 0xbe, 0xef, 0x01 };
	struct image *m = &img;
	size_t sym = 0x300;

	memset(m, 0, sizeof(*m));
	m->wide = WIDE(i);
	m->big = BIG(i);
	m->shoff = 0xb00;
	put_header(m, machine);
	put_note(m, 0x100, "Linux", 0x100, "abc", 3);
	put_note(m, put_note(m, 0x140, "GNU", 1, "1234", 4), "GNU", 3, id,
		 sizeof(id));
	put_bytes(m, 0x200, "btf data", 8);
	put_symbol(m, sym, 0, 0, 0, 0, 0, 0);
	put_symbol(m, sym, 1, S_OUTER, STT_FUNC, 1, TEXT_ADDR + 0x10, 0x40);
	put_symbol(m, sym, 2, S_INNER, STT_FUNC, 1, TEXT_ADDR + 0x20, 0x10);
	put_symbol(m, sym, 3, S_ASM, STT_FUNC, 1, TEXT_ADDR + 0x60, 0);
	put_symbol(m, sym, 4, S_DATA, STT_OBJECT, 1, TEXT_ADDR + 0x28, 8);
	put_symbol(m, sym, 5, S_VER, STT_FUNC, 1, TEXT_ADDR + 0x101, 4);
	put_symbol(m, sym, 6, S_ASM, STT_FUNC, SHN_UNDEF, 0, 0);
	put_bytes(m, 0x500, str, sizeof(str));
	put_bytes(m, 0x600, shstr, sizeof(shstr));
	put_section(m, 0, SHT_NULL, 0, 0, 0, 0);
	put_section(m, N_NOTE_A, SHT_NOTE, 0, 0x100, 24, 0);
	put_section(m, N_NOTE_B, SHT_NOTE, 0, 0x140, 0x34, 0);
	put_section(m, N_BTF, SHT_PROGBITS, 0, 0x200, 8, 0);
	put_section(m, N_SYMTAB, SHT_SYMTAB, 0, sym, 7 * (m->wide ? 24 : 16),
		    5);
	put_section(m, N_STRTAB, SHT_STRTAB, 0, 0x500, sizeof(str), 0);
	put_section(m, N_BSS, SHT_NOBITS, 0, 0x200, 1 << 30, 0);
	put_section(m, N_ZIP, SHT_STRTAB, SHF_COMPRESSED, 0x600,
		    sizeof(shstr), 0);
	ck_assert_uint_eq(m->len, m->shoff + 8 * (m->wide ? 64 : 40));
}

static ssize_t read_image(void *ctx, void *buf, size_t len, uint64_t off)
{
	const struct image *m = ctx;
	size_t n;

	if (off >= m->len)
		return 0;
	n = m->len - (size_t)off;
	n = n < len ? n : len;
	memcpy(buf, m->b + off, n);
	return (ssize_t)n;
}

static struct elf *open_image(bool streamed)
{
	struct bytes src = { .mem = streamed ? NULL : img.b,
			     .read = read_image, .ctx = &img, .len = img.len };
	struct elf *e;
	const char *why;
	int err = elf_new(&e, &src, &why);

	ck_assert_msg(!err, "%d %s", err, why);
	return e;
}

/* An index says what a look at each symbol does. */
static void check_index(const struct elf *e, uint64_t off)
{
	struct elf_index *x = elf_index_new(1 << 20);
	uint64_t one = 0, other = 0;
	char buf[32] = "", also[32] = "";
	int err = elf_symbol_at(e, off, buf, sizeof(buf), &one);

	ck_assert_ptr_nonnull(x);
	ck_assert_int_eq(elf_index_at(x, e, off, also, sizeof(also), &other),
			 err);
	ck_assert(!strcmp(buf, also) && one == other);
	elf_index_free(x);
}

static void check_at(const struct elf *e, uint64_t off, const char *name,
		     uint64_t delta)
{
	uint64_t d;
	char buf[32];
	int err = elf_symbol_at(e, off, buf, sizeof(buf), &d);

	if (!name)
		ck_assert_int_eq(err, -ENOENT);
	else
		ck_assert_msg(!err && !strcmp(buf, name) && d == delta,
			      "%x: %d %s", (int)off, err, buf);
	check_index(e, off);
}

START_TEST(test_reader)
{
	uint64_t off, len;
	char hex[64];
	struct elf *e;

	build(_i, EM_MIPS);
	e = open_image(_i & 4);
	ck_assert_int_eq(elf_section(e, ".BTF", &off, &len), 0);
	ck_assert(off == 0x200 && len == 8);
	ck_assert_int_eq(elf_section(e, ".BTF.ext", &off, &len), -ENOENT);
	ck_assert_int_eq(elf_section(e, ".bss", &off, &len), -ENOENT);
	ck_assert_int_eq(elf_section(e, ".zip", &off, &len), -EOPNOTSUPP);
	ck_assert_int_eq(elf_build_id(e, hex, sizeof(hex)), 0);
	ck_assert_str_eq(hex, "deadbeef01");
	ck_assert_int_eq(elf_build_id(e, hex, 10), -ENOSPC);
	/* The innermost, one without size when there is nothing better */
	check_at(e, TEXT_OFF, NULL, 0);
	check_at(e, TEXT_OFF + 0x10, "outer", 0);
	check_at(e, TEXT_OFF + 0x1f, "outer", 15);
	check_at(e, TEXT_OFF + 0x28, "inner", 8);
	check_at(e, TEXT_OFF + 0x30, "outer", 0x20);
	check_at(e, TEXT_OFF + 0x58, NULL, 0);
	check_at(e, TEXT_OFF + 0x80, "asm_entry", 0x20);
	check_at(e, TEXT_OFF + 0x102, "ver", 1);
	check_at(e, TEXT_OFF + 0x200, NULL, 0);
	check_at(e, 0, NULL, 0);
	check_at(e, UINT64_MAX, NULL, 0);
	ck_assert_int_eq(elf_symbol_at(e, TEXT_OFF + 0x10, hex, 5, &off),
			 -ENOSPC);
	ck_assert_int_eq(elf_symbol_offset(e, "inner", &off), 0);
	ck_assert_uint_eq(off, TEXT_OFF + 0x20);
	ck_assert_int_eq(elf_symbol_offset(e, "asm_entry", &off), 0);
	ck_assert_uint_eq(off, TEXT_OFF + 0x60);
	ck_assert_int_eq(elf_symbol_offset(e, "ver", &off), 0);
	ck_assert_int_eq(elf_symbol_offset(e, "data", &off), -ENOENT);
	ck_assert_int_eq(elf_symbol_offset(e, "inne", &off), -ENOENT);
	ck_assert_int_eq(elf_symbol_offset(e, "", &off), -ENOENT);
	elf_free(e);
	elf_free(NULL);
	/* Thumb: bit 0 of the address is no part of it */
	build(_i, EM_ARM);
	e = open_image(false);
	check_at(e, TEXT_OFF + 0x102, "ver", 2);
	ck_assert_int_eq(elf_symbol_offset(e, "ver", &off), -ENOTSUP);
	elf_free(e);
}
END_TEST

/* The dynamic symbols of a library: of two versions of asm_entry the one that
 * stands first is hidden; what outer is, is chosen at its start. */
START_TEST(test_dynamic)
{
	size_t sections, size;
	struct elf *e;
	uint64_t off;

	build(_i, EM_X86_64);
	sections = img.shoff;
	size = img.wide ? 64 : 40;
	put(&img, sections + 4 * size + 4, SHT_DYNSYM, 4);
	put_symbol(&img, 0x300, 1, S_OUTER, STT_GNU_IFUNC, 1, TEXT_ADDR + 0x10,
		   0x40);
	put_symbol(&img, 0x300, 6, S_ASM, STT_FUNC, 1, TEXT_ADDR + 0x70, 0);
	put(&img, 0x700 + 2 * 3, 0x8002, 2);
	put(&img, 0x700 + 2 * 6, 3, 2);
	put(&img, sections + 6 * size + 4, SHT_GNU_versym, 4);
	put_word(&img, 16, 24, sections + 6 * size, 0x700);
	put_word(&img, 20, 32, sections + 6 * size, 14);
	e = open_image(false);
	ck_assert_int_eq(elf_symbol_offset(e, "asm_entry", &off), 0);
	ck_assert_uint_eq(off, TEXT_OFF + 0x70);
	ck_assert_int_eq(elf_symbol_offset(e, "outer", &off), -EADDRNOTAVAIL);
	ck_assert_int_eq(elf_symbol_offset(e, "inner", &off), 0);
	elf_free(e);
}
END_TEST

/* Counts that do not fit the header stand in section 0. */
/* Functions in, beside and upon each other, aliases, some without a size. */
START_TEST(test_random_symbols)
{
	static const uint32_t names[] = { S_OUTER, S_INNER, S_ASM, S_VER };
	struct elf *e;
	unsigned i, n;

	random_begin(random_seed(), (uint32_t)_i);
	for (n = 0; n < 50; n++) {
		build(_i, EM_MIPS);
		for (i = 1; i < 7; i++)
			put_symbol(&img, 0x300, i, names[rnd(4)], STT_FUNC, 1,
				   TEXT_ADDR + 8 * rnd(16),
				   one_in(3) ? 0 : 1 + rnd(64));
		e = open_image(false);
		for (i = 0; i < 0x100; i += 4)
			check_index(e, TEXT_OFF + i);
		elf_free(e);
	}
}
END_TEST

/* No room: told each time, and nothing is kept. */
START_TEST(test_index_room)
{
	struct elf_index *x = elf_index_new(100);
	uint64_t delta;
	struct elf *e;
	char buf[32];

	ck_assert_ptr_nonnull(x);
	build(0, EM_MIPS);
	e = open_image(false);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(elf_index_at(x, e, TEXT_OFF + 0x10, buf,
					      sizeof(buf), &delta), -E2BIG);
	ck_assert_uint_eq(elf_index_bytes(x), 0);
	elf_free(e);
	elf_index_free(x);
	elf_index_free(NULL);
}
END_TEST

START_TEST(test_extended)
{
	uint64_t off, len;
	struct elf *e;

	build(_i, EM_S390);
	put(&img, WIDE(_i) ? 60 : 48, 0, 2);
	put(&img, WIDE(_i) ? 62 : 50, SHN_XINDEX, 2);
	put(&img, WIDE(_i) ? 56 : 44, PN_XNUM, 2);
	put_word(&img, 20, 32, img.shoff, 8);
	put(&img, img.shoff + (WIDE(_i) ? 40 : 24), 7, 4);
	put(&img, img.shoff + (WIDE(_i) ? 44 : 28), 1, 4);
	e = open_image(false);
	ck_assert_int_eq(elf_section(e, ".BTF", &off, &len), 0);
	check_at(e, TEXT_OFF + 0x10, "outer", 0);
	elf_free(e);
}
END_TEST

/* Each function is looked for in all segments. */
START_TEST(test_segments)
{
	static uint8_t large[0x20000];
	struct bytes src = { .mem = large, .len = sizeof(large) };
	const char *why;
	struct elf *e;

	for (unsigned n = 1024; n < 1026; n++) {
		build(_i, EM_S390);
		put(&img, WIDE(_i) ? 56 : 44, n, 2);
		memcpy(large, img.b, img.len);
		ck_assert_int_eq(elf_new(&e, &src, &why),
				 n == 1024 ? 0 : -EINVAL);
		elf_free(e);
	}
}
END_TEST

static int use(const uint8_t *p, size_t n)
{
	struct bytes src = { .mem = p, .len = n };
	struct elf *e;
	uint64_t off, len;
	char buf[64];
	const char *why = NULL;
	int err = elf_new(&e, &src, &why);

	if (err) {
		ck_assert_ptr_nonnull(why);
		return err;
	}
	elf_section(e, ".BTF", &off, &len);
	elf_section(e, ".none", &off, &len);
	elf_build_id(e, buf, sizeof(buf));
	elf_symbol_at(e, TEXT_OFF + 0x28, buf, sizeof(buf), &off);
	elf_symbol_offset(e, "inner", &off);
	elf_symbol_offset(e, "none", &off);
	elf_free(e);
	return 0;
}

START_TEST(test_hostile)
{
	uint8_t *p;
	size_t n, i;
	int v;

	build(_i, EM_PPC64);
	for (n = 0; n < img.len; n += n < 0x80 ? 1 : 13) {
		p = malloc(n ? n : 1);
		memcpy(p, img.b, n);
		ck_assert_int_lt(use(p, n), 0);	/* the sections are last */
		free(p);
	}
	p = malloc(img.len);
	for (i = 0; i < img.len; i++) {
		for (v = 0; v < 4; v++) {
			memcpy(p, img.b, img.len);
			p[i] = (uint8_t)(v == 0 ? 0xff : v == 1 ? 0 :
					 v == 2 ? p[i] ^ 0x80 : p[i] ^ 1);
			use(p, img.len);
		}
	}
	free(p);
}
END_TEST

START_TEST(test_notes)
{
	uint8_t id[20], *cut;
	char hex[41];
	size_t at, n, i;

	memset(&img, 0, sizeof(img));
	img.big = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
	memset(id, 0xab, sizeof(id));
	at = put_note(&img, 0, "Linux", 0x101, "", 0);
	at = put_note(&img, at, "GNU", 5, "12345678", 8);
	n = put_note(&img, at, "GNU", 3, id, sizeof(id));
	ck_assert_int_eq(notes_build_id(img.b, n, hex, sizeof(hex)), 0);
	ck_assert_str_eq(hex, "abababababababababababababababababababab");
	ck_assert_int_eq(notes_build_id(img.b, n, hex, 40), -ENOSPC);
	ck_assert_int_eq(notes_build_id(img.b, n - 1, hex, 41), -ENOENT);
	ck_assert_int_eq(notes_build_id(img.b, at, hex, 41), -ENOENT);
	ck_assert_int_eq(notes_build_id(img.b, 0, hex, 41), -ENOENT);
	for (i = 0; i < n; i++) {
		cut = malloc(i ? i : 1);	/* ASan sees its end */
		memcpy(cut, img.b, i);
		ck_assert_int_eq(notes_build_id(cut, i, hex, 41), -ENOENT);
		free(cut);
	}
	put(&img, at + 4, 0xfffffffe, 4);
	ck_assert_int_eq(notes_build_id(img.b, n, hex, 41), -ENOENT);
	put(&img, at, 0xfffffffe, 4);
	ck_assert_int_eq(notes_build_id(img.b, n, hex, 41), -ENOENT);
	put(&img, at, 4, 4);
	put(&img, at + 4, 0, 4);
	ck_assert_int_lt(notes_build_id(img.b, n, hex, 41), 0);
}
END_TEST

Suite *suite_elf(void)
{
	Suite *s = suite_create("elf");
	TCase *tc = tcase_create("elf");

	tcase_add_loop_test(tc, test_reader, 0, 8);
	tcase_add_loop_test(tc, test_random_symbols, 0, 4);
	tcase_add_test(tc, test_index_room);
	tcase_add_loop_test(tc, test_dynamic, 0, 4);
	tcase_add_loop_test(tc, test_extended, 0, 4);
	tcase_add_loop_test(tc, test_segments, 0, 4);
	tcase_add_loop_test(tc, test_hostile, 0, 4);
	tcase_add_test(tc, test_notes);
	suite_add_tcase(s, tc);
	return s;
}

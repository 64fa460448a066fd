/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Objects that are small, and would be much work. */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "loader/loader.h"
#include "t/check.h"
#include "t/golden.h"

Suite *suite_spec_long(void);

#ifdef HAVE_LIBELF

/* Is @data an object?  If not, it is told why. */
static bool try(const char *data, size_t len, struct err *e)
{
	struct spec *s;
	int ret;

	e->msg[0] = '\0';
	ret = spec_from_elf(&s, data, len, "x.o", e);
	ck_assert_int_eq(!ret, !e->msg[0]);
	spec_free(s);
	return !ret;
}

static void refuse(const char *data, size_t len, const char *want)
{
	struct err e;

	ck_assert(!try(data, len, &e));
	ck_assert_str_eq(e.msg, want);
}

/* spec-all.el.o, and room for a section of @more bytes behind it. */
static char *grow_object(size_t more, size_t *len, Elf64_Shdr **sections)
{
	size_t n;
	char *was = read_file("t/data/spec-all.el.o", &n), *data;
	Elf64_Ehdr *eh;

	*len = (n + 7) & ~(size_t)7;
	data = calloc(1, *len + more);
	ck_assert_ptr_nonnull(data);
	memcpy(data, was, n);
	free(was);
	eh = (Elf64_Ehdr *)data;
	*sections = (Elf64_Shdr *)(data + eh->e_shoff);
	return data;
}

static Elf64_Shdr *find_section(const char *data, Elf64_Shdr *s,
				const char *name)
{
	const char *names = data +
		s[((const Elf64_Ehdr *)data)->e_shstrndx].sh_offset;

	while (strcmp(names + s->sh_name, name))
		s++;
	return s;
}

/* Give section @s the @n bytes at @off of the file. */
static void move_section(Elf64_Shdr *s, size_t off, size_t n)
{
	s->sh_offset = off;
	s->sh_size = n;
}

/* The object, its last symbol called by a name of @n letters. */
static bool try_name(size_t n)
{
	Elf64_Shdr *s, *strs;
	size_t len, size;
	Elf64_Sym *syms;
	struct err e;
	char *data;
	bool ret;

	data = grow_object(65536, &len, &s);
	while (s->sh_type != SHT_SYMTAB)
		s++;
	syms = (Elf64_Sym *)(data + s->sh_offset);
	strs = (Elf64_Shdr *)(data + ((Elf64_Ehdr *)data)->e_shoff) +
	       s->sh_link;
	size = strs->sh_size;
	memcpy(data + len, data + strs->sh_offset, size);
	memset(data + len + size, 'a', n);
	move_section(strs, len, size + n + 1);
	syms[s->sh_size / sizeof(*syms) - 1].st_name = (uint32_t)size;
	ret = try(data, len + 65536, &e);
	free(data);
	return ret;
}

/* A name of megabytes can be that of thousands. */
START_TEST(test_long_name)
{
	ck_assert(try_name(1023));
	ck_assert(!try_name(1024));
}
END_TEST

/* What stands in .BTF is looked at a few times, not what its names are. */
START_TEST(test_long_types)
{
	const uint32_t n = 200000, letters = 4u << 20;
	const uint32_t head[] = { 0x1eb9f, 24, 0, 12 * n, 12 * n,
				  letters + 2 };
	const uint32_t type[] = { 1, 10u << 24, 0 };	/* const void */
	size_t len, size = sizeof(head) + 12 * (size_t)n + letters + 2;
	clock_t start;
	Elf64_Shdr *s;
	char *data;

	data = grow_object(size, &len, &s);
	s = find_section(data, s, ".BTF");
	memcpy(data + len, head, sizeof(head));
	for (uint32_t i = 0; i < n; i++)
		memcpy(data + len + sizeof(head) + sizeof(type) * i, type,
		       sizeof(type));
	memset(data + len + size - 1 - letters, 'a', letters);
	move_section(s, len, size);
	start = clock();
	refuse(data, len + size, "x.o: section .maps, but no BTF that "
	       "describes it: compile with -g");
	ck_assert_int_lt((clock() - start) / CLOCKS_PER_SEC, 5);
	free(data);
}
END_TEST

/* Each list has its section looked for, so there is something in it. */
START_TEST(test_empty_list)
{
	const uint32_t ext[] = { 0x1eb9f, 32, 0, 0, 0, 20, 0, 0,
				 16, 1, 0, 1, 0 };
	Elf64_Shdr *s;
	char *data;
	size_t len;

	data = grow_object(sizeof(ext), &len, &s);
	memcpy(data + len, ext, sizeof(ext));
	move_section(find_section(data, s, ".BTF.ext"), len, sizeof(ext));
	refuse(data, len + sizeof(ext), "x.o: .BTF.ext: broken list");
	free(data);
}
END_TEST

#endif

Suite *suite_spec_long(void)
{
	Suite *s = suite_create("spec_long");
	TCase *c = tcase_create("spec_long");

	tcase_set_timeout(c, 120);	/* sanitizers on a slow machine */
	suite_add_tcase(s, c);
#ifdef HAVE_LIBELF
	tcase_add_test(c, test_long_name);
	tcase_add_test(c, test_long_types);
	tcase_add_test(c, test_empty_list);
#endif
	return s;
}

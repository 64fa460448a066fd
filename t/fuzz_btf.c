/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * fuzz_btf.c - everything in btf/ that reads what comes from outside.
 *
 *	cd btf && clang -g -O1 -fsanitize=fuzzer,address,undefined -I.. \
 *		../t/fuzz_btf.c *.c -o /tmp/fuzz_btf && /tmp/fuzz_btf CORPUS
 *
 * The first byte of the input says what reads the rest.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "btf/btf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *p;
	size_t n;
};

static ssize_t read_input(void *ctx, void *buf, size_t len, uint64_t off)
{
	const struct input *in = ctx;
	size_t n;

	if (off >= in->n)
		return 0;
	n = in->n - (size_t)off < len ? in->n - (size_t)off : len;
	memcpy(buf, in->p + off, n);
	return (ssize_t)n;
}

static void ask_about(struct btf *b, struct btf *local, uint32_t id)
{
	static const char *const access[] = { "0", "0:0", "0:1:0:2", "1:2" };
	struct question q;
	struct answer a;
	struct field f;
	const char *why, *name;
	uint32_t pos = 0;
	uint64_t v;
	char buf[256];
	int kind, n;

	btf_kind(b, id);
	btf_name(b, id);
	btf_size(b, id);
	btf_func_args(b, id);
	btf_enum_value(b, id, "E", &v);
	for (n = 0; n < 8 && btf_enum_next(b, id, &pos, &name, &v) > 0; n++)
		;
	btf_find_field(b, id, "s.a[2].b", &f);
	for (kind = 0; kind <= CORE_TYPE_MATCHES; kind++) {
		if (!btf_access_path(local, id, access[(kind + id) % 4], kind,
				     &q, buf, sizeof(buf), &why))
			btf_core(b, &q, &a, &why);
	}
}

/* What comes of it must be whole, and stay as it is when done again. */
static void cut_down(struct btf *b)
{
	static const struct question q[] = {
		{ .kind = CORE_FIELD_EXISTS, .type = "struct s", .path = "a" },
		{ .kind = CORE_FIELD_EXISTS, .type = "struct sock",
		  .path = "s.a[2].b" },
		{ .kind = CORE_TYPE_SIZE, .type = "foo", .path = "" },
		{ .kind = CORE_ENUMVAL_VALUE, .type = "enum x", .path = "E" },
	};
	static const char *const funcs[] = { "foo", "x" };
	const struct minimise m = { q, funcs, 4, 2, "0123456789abcdef" };
	struct bytes src = { .len = 0 };
	void *out, *again;
	struct btf *c;
	const char *why;
	size_t len, len2;

	if (btf_minimise(b, &m, &out, &len, &why))
		return;
	src.mem = out;
	src.len = len;
	if (btf_new(&c, &src, NULL, &why) ||
	    btf_minimise(c, &m, &again, &len2, &why) || len2 != len ||
	    memcmp(out, again, len))
		abort();
	btf_free(c);
	free(again);
	free(out);
}

static void fuzz_btf(const uint8_t *p, size_t n, bool streamed)
{
	static const char *const names[] = { "s", "foo", "int", "sock", "x" };
	struct input in = { p, n };
	struct bytes src = { .mem = streamed ? NULL : p, .read = read_input,
			     .ctx = &in, .len = n };
	struct btf *b, *split;
	const char *why;
	uint32_t id;

	if (btf_new(&b, &src, NULL, &why))
		return;
	if (btf_want(b, names, 5, &why) && !why)
		abort();
	for (id = 0; id < 24; id++)
		ask_about(b, b, id);
	if (!btf_new(&split, &src, b, &why)) {
		btf_want(split, names, 5, &why);
		for (id = 0; id < 48; id += 5)
			ask_about(split, b, id);
		btf_free(split);
	}
	cut_down(b);
	btf_free(b);
}

static void fuzz_fields(const uint8_t *p, size_t n)
{
	struct question q = { .type = "struct s", .path = "a" };
	struct fields *t;
	struct answer a;
	const char *why;
	unsigned int line;

	if (fields_new(&t, (const char *)p, n, &line, &why)) {
		if (!why)
			abort();
		return;
	}
	for (q.kind = 0; q.kind <= CORE_TYPE_MATCHES; q.kind++)
		fields_core(t, &q, &a);
	fields_func_args(t, "f");
	fields_build_id(t);
	fields_free(t);
}

static void fuzz_format(const uint8_t *p, size_t n)
{
	const char *text = (const char *)p, *why;
	struct field f;
	char buf[16];

	format_field(text, n, "sport", &f, &why);
	format_field(text, n, "", &f, &why);
	format_id(text, n);
	format_symbol(text, n, "reason", 3, buf, sizeof(buf));
}

static void fuzz_elf(const uint8_t *p, size_t n, bool streamed)
{
	struct input in = { p, n };
	struct bytes src = { .mem = streamed ? NULL : p, .read = read_input,
			     .ctx = &in, .len = n };
	struct elf *e;
	const char *why;
	struct elf_index *x;
	uint64_t off, len;
	char buf[64];

	if (elf_new(&e, &src, &why))
		return;
	if (!elf_section(e, ".BTF", &off, &len) && (off > n || len > n - off))
		abort();
	elf_build_id(e, buf, sizeof(buf));
	elf_symbol_at(e, 0x810, buf, sizeof(buf), &off);
	x = elf_index_new(1 << 20);
	if (x)
		elf_index_at(x, e, 0x810, buf, sizeof(buf), &off);
	elf_index_free(x);
	elf_symbol_offset(e, "inner", &off);
	elf_free(e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char buf[64];

	if (!size)
		return 0;
	switch (data[0] % 8) {
	case 0:
	case 1:
	case 2:
		fuzz_btf(data + 1, size - 1, data[0] % 8 == 1);
		break;
	case 3:
		fuzz_fields(data + 1, size - 1);
		break;
	case 4:
		fuzz_format(data + 1, size - 1);
		break;
	case 5:
	case 6:
		fuzz_elf(data + 1, size - 1, data[0] % 8 == 6);
		break;
	default:
		notes_build_id(data + 1, size - 1, buf, sizeof(buf));
	}
	return 0;
}

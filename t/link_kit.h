/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the tests of the linker share: programs made with insn/, a source of
 * fields that is a table, and listings to compare.  Instruction N of every
 * program stands in line 100 + N of "p.c".
 */
#ifndef SOCKEYE_LINK_KIT_H
#define SOCKEYE_LINK_KIT_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "loader/loader.h"
#include "t/check.h"

#define KIT_PROGS	10
#define KIT_SLOTS	5000

struct kit_field {
	const char *type, *path;
	struct field f;
};

struct kit {
	struct as as;			/* the program being assembled */
	struct bpf_insn insns[KIT_PROGS][KIT_SLOTS];
	struct reloc relocs[KIT_PROGS][64];
	struct spec_line lines[KIT_SLOTS];
	struct spec_prog progs[KIT_PROGS];
	struct spec spec;
	struct resolver fields;
	struct link_target target;
	struct hook hook;
	struct link_input in;
	struct constant constants[8];
	struct function functions[4];
	struct linked out;
	struct err e;
	char text[65536];
	int func_args;			/* of any kernel function */
};

static const char *const kit_files[] = { "p.c" };

/* One for all: every test runs in a process of its own. */
static struct kit kit;
#define A (&kit.as)

/* The types that "this kernel" has. */
static const struct kit_field kit_fields[] = {
	{ "struct sock", "port",
	  { .off = 12, .size = 2, .class = FIELD_UNSIGNED, .exists = true } },
	{ "struct sock", "next",
	  { .off = 24, .size = 4, .class = FIELD_POINTER, .exists = true } },
	{ "struct sock", "err",
	  { .off = 32, .size = 4, .class = FIELD_SIGNED, .is_signed = true,
	    .exists = true } },
	{ "struct sock", "bits",
	  { .off = 40, .size = 4, .bit_off = 323, .bit_size = 2,
	    .class = FIELD_UNSIGNED, .exists = true } },
	{ "struct sock", "far",
	  { .off = 40000, .size = 4, .class = FIELD_UNSIGNED,
	    .exists = true } },
};

static inline int kit_core(void *self, const struct question *q,
			   struct answer *a, const char **why)
{
	size_t i, len;

	(void)self;
	memset(a, 0, sizeof(*a));
	if (!strncmp(q->type, "struct quarrel", 14)) {
		*why = "candidates disagree";
		return -ENOTUNIQ;
	}
	if (strncmp(q->type, "struct sock", 11))
		return -ENOENT;
	a->source = "table";
	if (q->kind == CORE_TYPE_SIZE || q->kind == CORE_TYPE_ID_LOCAL) {
		a->value = q->kind == CORE_TYPE_SIZE ? 760 : q->local_id;
		return 0;
	}
	for (i = 0; i < sizeof(kit_fields) / sizeof(kit_fields[0]); i++) {
		len = strlen(kit_fields[i].type);
		if (strncmp(q->type, kit_fields[i].type, len) ||
		    strcmp(q->path, kit_fields[i].path))
			continue;
		a->field = kit_fields[i].f;
		return field_value(q->kind, &a->field, kit.target.big_endian,
				   &a->value);
	}
	a->poison = q->kind != CORE_FIELD_EXISTS;
	return 0;
}

static inline int kit_func_args(void *self, const char *func)
{
	(void)self;
	(void)func;
	return kit.func_args;
}

static inline void kit_setup(void)
{
	const struct source s = {
		.name = "table",
		.core = kit_core,
		.func_args = kit_func_args,
	};
	uint16_t i;

	memset(&kit, 0, sizeof(kit));
	for (i = 0; i < KIT_SLOTS; i++)
		kit.lines[i] = (struct spec_line){ i, 0, 100 + i };
	resolver_init(&kit.fields, false);
	resolver_add(&kit.fields, &s);
	kit.func_args = 3;
	kit.spec = (struct spec){
		.name = "kit", .progs = kit.progs, .files = kit_files,
		.nfiles = 1,
	};
	kit.target = (struct link_target){
		.machine = "x86_64", .word_size = 8, .fields = &kit.fields,
	};
	kit.in = (struct link_input){
		.spec = &kit.spec, .target = &kit.target,
		.constants = kit.constants, .functions = kit.functions,
	};
	as_init_at(A, "p.c");
}

static inline void kit_teardown(void)
{
	linked_release(&kit.out);
	resolver_release(&kit.fields);
}

/* kit_raw - the next program of the spec, as it is. */
static inline struct spec_prog *kit_raw(const char *name,
					const struct bpf_insn *insns,
					uint32_t n)
{
	struct spec_prog *p = &kit.progs[kit.spec.nprogs];

	ck_assert_uint_lt(kit.spec.nprogs, KIT_PROGS);
	ck_assert_uint_le(n, KIT_SLOTS);
	memcpy(kit.insns[kit.spec.nprogs], insns, n * sizeof(*insns));
	*p = (struct spec_prog){
		.name = name,
		.insns = kit.insns[kit.spec.nprogs],
		.lines = kit.lines,
		.ninsns = n,
		.nlines = n,
	};
	kit.spec.nprogs++;
	return p;
}

/* kit_end - what was assembled becomes a program; the next can begin. */
static inline struct spec_prog *kit_end(const char *name)
{
	struct spec_prog *p;
	struct reloc *r = kit.relocs[kit.spec.nprogs];
	int n = as_finish(A);

	ck_assert_msg(n > 0, "%s at line %u", A->error, A->error_line);
	ck_assert_uint_le(A->nrelocs, 64);
	memcpy(r, A->relocs, A->nrelocs * sizeof(*r));
	p = kit_raw(name, A->insns, (uint32_t)n);
	p->relocs = r;
	p->nrelocs = A->nrelocs;
	as_init_at(A, "p.c");
	return p;
}

/* kit_call - a call of the function @name. */
static inline void kit_call(const char *name)
{
	A->relocs[A->nrelocs++] = (struct reloc){
		.insn = A->ninsns, .kind = RELOC_FUNC, .name = name,
	};
	as_call(A, 1);
	A->insns[A->ninsns - 1].src_reg = 1;
	A->insns[A->ninsns - 1].imm = -1;
}

/* kit_ldx - a load whose offset the kernel's types decide. */
static inline void kit_ldx(int bpf_size, int dst, int src, const char *type,
			   const char *path, int class, uint32_t bytes)
{
	A->relocs[A->nrelocs++] = (struct reloc){
		.insn = A->ninsns, .kind = RELOC_CORE, .name = type,
		.path = path, .local_class = (uint8_t)class,
		.local_size = bytes,
	};
	as_ldx(A, bpf_size, dst, src, 0);
}

static inline void kit_const(const char *name, uint64_t value)
{
	kit.constants[kit.in.nconstants++] = (struct constant){ name, value };
}

static inline int kit_link(const struct spec_prog *p)
{
	linked_release(&kit.out);
	memset(&kit.e, 0, sizeof(kit.e));
	kit.in.prog = p;
	return link_prog(&kit.out, &kit.in, &kit.e);
}

/* kit_list - the instructions, one to a line. */
static inline const char *kit_list(void)
{
	char line[200];
	size_t len = 0;
	uint32_t i = 0;

	kit.text[0] = '\0';
	while (i < kit.out.ninsns) {
		i += (uint32_t)insn_format(line, sizeof(line),
					   &kit.out.insns[i],
					   kit.out.ninsns - i);
		len += (size_t)snprintf(kit.text + len,
					sizeof(kit.text) - len, "%s\n", line);
		ck_assert_uint_lt(len, sizeof(kit.text));
	}
	return kit.text;
}

/* expect - @prog linked is @listing; fails - it is not, for this reason. */
#define expect(prog, listing) do {					\
	int err_ = kit_link(prog);					\
	ck_assert_msg(!err_, "%s", kit.e.msg);				\
	ck_assert_str_eq(kit_list(), listing);				\
} while (0)

#define fails(prog, no_, text_) do {					\
	int err_ = kit_link(prog);					\
	ck_assert_str_eq(kit.e.msg, text_);				\
	ck_assert_int_eq(err_, -(no_));					\
	ck_assert_int_eq(kit.e.no, no_);				\
	ck_assert_ptr_null(kit.out.insns);				\
} while (0)

/* Keep the value of @r: the context is as good a place as any. */
static inline void keep(int r)
{
	as_stx(A, BPF_DW, 6, 0, r);
}

static inline void leave(void)
{
	as_movi(A, 0, 0);
	as_exit(A);
}

#define KEEP(r) "*(u64 *)(r6 +0) = " r "\n"
#define LEAVE "r0 = 0\nexit\n"

#endif

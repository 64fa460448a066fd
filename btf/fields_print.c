/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * fields_print.c - tables of fields as text: writing what fields.c reads.
 */
#include <inttypes.h>

#include "btf_int.h"

void fields_print_head(FILE *out, const char *build_id, const char *kernel)
{
	fprintf(out, "# sockeye fields 1\n");
	fprintf(out, "build-id %s\n", build_id && *build_id ? build_id : "-");
	fprintf(out, "kernel %s\n", kernel ? kernel : "-");
}

/* The type without its flavour, which says nothing about the kernel. */
static void print_type(FILE *out, const char *type)
{
	fprintf(out, "%.*s", (int)btf_essential_len(type), type);
}

static void print_field(FILE *out, const struct question *q,
			const struct field *f)
{
	print_type(out, q->type);
	fprintf(out, ":%s ", q->path);
	if (!f->exists) {
		fprintf(out, "absent\n");
		return;
	}
	fprintf(out, "off %" PRIu32 " size %" PRIu32 " ", f->off, f->size);
	if (f->bit_size)
		fprintf(out, "bits %" PRIu32 "+%" PRIu32 " ",
			f->bit_off - f->off * 8, f->bit_size);
	if (f->class == FIELD_ENUM && f->is_signed)
		fprintf(out, "signed ");
	fprintf(out, "%s\n", class_name(f->class));
}

static void print_enum(FILE *out, const struct question *q,
		       const struct answer *a)
{
	print_type(out, q->type);
	fprintf(out, ":%.*s ", (int)btf_essential_len(q->path), q->path);
	if (a->poison)
		fprintf(out, "absent\n");
	else
		fprintf(out, "value %" PRId64 "\n", (int64_t)a->value);
}

static void print_number(FILE *out, const struct question *q,
			 const struct answer *a, const char *what)
{
	print_type(out, q->type);
	if (a->poison)
		fprintf(out, " absent\n");
	else
		fprintf(out, " %s %" PRIu64 "\n", what, a->value);
}

static void print_yes_no(FILE *out, const struct question *q,
			 const struct answer *a)
{
	if (q->kind == CORE_TYPE_MATCHES) {
		/* Here the flavour counts: it is what is compared */
		fprintf(out, "%s %s\n", q->type,
			a->value ? "matches" : "differs");
		return;
	}
	print_type(out, q->type);
	if (q->kind == CORE_ENUMVAL_EXISTS)
		fprintf(out, ":%.*s", (int)btf_essential_len(q->path),
			q->path);
	fprintf(out, " %s\n", a->value ? "exists" : "absent");
}

void fields_print(FILE *out, const struct question *q, const struct answer *a)
{
	if (q->kind == CORE_TYPE_ID_LOCAL)
		return;		/* the program's own business */
	if (!a->source) {
		fprintf(out, "# %s%s%s: not known\n", q->type,
			*q->path ? ":" : "", q->path);
		return;
	}
	switch (q->kind) {
	case CORE_TYPE_ID_TARGET:
		print_number(out, q, a, "id");
		break;
	case CORE_TYPE_SIZE:
		print_number(out, q, a, "size");
		break;
	case CORE_ENUMVAL_VALUE:
		print_enum(out, q, a);
		break;
	case CORE_TYPE_EXISTS:
	case CORE_TYPE_MATCHES:
	case CORE_ENUMVAL_EXISTS:
		print_yes_no(out, q, a);
		break;
	default:
		print_field(out, q, &a->field);
	}
}

void fields_print_func(FILE *out, const char *func, int args)
{
	if (args >= 0)
		fprintf(out, "func %s args %d\n", func, args);
	else
		fprintf(out, "# func %s: not known\n", func);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * link_patch - constants and the kernel's types, put into instructions.
 */
#include "link_int.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* "struct ", "union ", "enum ": base types have blanks in them, too. */
static const char *bare_name(const char *type)
{
	static const char *const keywords[] = { "struct ", "union ", "enum " };
	size_t i, len;

	for (i = 0; i < 3; i++) {
		len = strlen(keywords[i]);
		if (!strncmp(type, keywords[i], len))
			return type + len;
	}
	return type;
}

size_t patch_bare(const char *type, const char **bare)
{
	*bare = bare_name(type);
	return btf_essential_len(*bare);
}

void patch_name(const struct reloc *r, char *buf, size_t len)
{
	const char *bare;
	size_t n = patch_bare(r->name, &bare);

	snprintf(buf, len, "%.*s%.*s%s%s", (int)(bare - r->name), r->name,
		 (int)n, bare, r->path && *r->path ? ":" : "",
		 r->path ? r->path : "");
}

int patch_poison(struct linker *l, struct ins *x, bool unknown_type,
		 const char *fmt, ...)
{
	struct poison *p;
	va_list ap;

	p = realloc(l->poisons, (l->npoisons + 1) * sizeof(*p));
	if (!p)
		return link_nomem(l);
	l->poisons = p;
	p += l->npoisons;
	va_start(ap, fmt);
	vsnprintf(p->text, sizeof(p->text), fmt, ap);
	va_end(ap);
	p->unknown_type = unknown_type;
	x->poison = l->npoisons++;
	x->flags |= INS_POISON;
	x->rel = NULL;
	return 0;
}

int patch_value(struct linker *l, struct func *f, struct ins *x,
		uint64_t value)
{
	const struct reloc *r = x->rel;
	int class = OP_CLASS(x->i.code);
	bool fits = true, place = true;
	char name[200];

	if (x->flags & INS_LD64) {
		x->imm = value;
		x->i.src_reg = 0;
	} else if (ins_is_mem(x)) {
		fits = value <= INT16_MAX;
		x->i.off = (int16_t)value;
	} else if ((class == BPF_ALU || class == BPF_ALU64) &&
		   BPF_SRC(x->i.code) == BPF_K &&
		   BPF_OP(x->i.code) != BPF_END) {
		fits = (int64_t)value == (int32_t)value ||
		       (class == BPF_ALU && value <= UINT32_MAX);
		x->i.imm = (int32_t)(uint32_t)value;
	} else {
		place = false;
	}
	if (place && fits) {
		x->rel = NULL;
		return 0;
	}
	patch_name(r, name, sizeof(name));
	if (!place)
		return link_fail(l, f, x, EINVAL,
				 "%s: no place for it in this instruction",
				 name);
	return link_fail(l, f, x, ERANGE,
			 "%s: %" PRIu64 " does not fit in this instruction",
			 name, value);
}

void patch_width(struct ins *x, uint32_t size)
{
	x->i.code = (uint8_t)(x->i.code & ~BPF_SIZE(0xff));
	x->i.code |= (uint8_t)(size == 8 ? BPF_DW : size == 4 ? BPF_W :
			       size == 2 ? BPF_H : BPF_B);
}

bool patch_loadable(uint32_t size)
{
	return size == 1 || size == 2 || size == 4 || size == 8;
}

/*
 * A load or store of a field that has another width in this kernel: as
 * libbpf does, only where no bit can get a different meaning.
 */
static int fit_width(struct linker *l, struct func *f, struct ins *x,
		     const struct field *to, bool *done)
{
	const struct reloc *r = x->rel;
	bool bitfield = to->bit_size != 0;
	char name[200];

	*done = false;
	if (r->core != CORE_FIELD_BYTE_OFFSET || !ins_is_mem(x))
		return 0;
	if (bitfield ? r->local_bitfield :
	    !r->local_bitfield &&
	    (!r->local_size || r->local_size == to->size))
		return 0;
	patch_name(r, name, sizeof(name));
	if (bitfield || r->local_bitfield || r->local_class != to->class ||
	    (to->class != FIELD_POINTER && to->class != FIELD_UNSIGNED) ||
	    !patch_loadable(to->size)) {
		*done = true;
		return patch_poison(l, x, false, bitfield ||
				    r->local_bitfield ?
				    "%s is a bitfield only here or there" :
				    "%s has another type in this kernel "
				    "(%u bytes, not %u)", name, to->size,
				    r->local_size);
	}
	if (ins_bytes(x) != r->local_size)
		return link_fail(l, f, x, EINVAL,
				 "%s: accessed with %u bytes, has %u", name,
				 ins_bytes(x), r->local_size);
	patch_width(x, to->size);
	return 0;
}

static bool asks_existence(int core)
{
	return core == CORE_FIELD_EXISTS || core == CORE_TYPE_EXISTS ||
	       core == CORE_ENUMVAL_EXISTS || core == CORE_TYPE_MATCHES;
}

static int patch_core(struct linker *l, struct func *f, struct ins *x)
{
	const struct reloc *r = x->rel;
	const struct question q = {
		.kind = r->core,
		.local_class = r->local_class,
		.local_bitfield = r->local_bitfield,
		.local_size = r->local_size,
		.type = r->name,
		.path = r->path ? r->path : "",
		.local = l->in->spec->btf,
		.local_id = r->type_id,
	};
	struct answer a = { .poison = !asks_existence(r->core) };
	const char *why = NULL;
	char name[200];
	bool done;
	int err = 0;

	if (l->in->target->fields)
		err = resolver_core(l->in->target->fields, &q, &a, &why);
	if (err || a.poison)
		patch_name(r, name, sizeof(name));
	if (err)
		return link_fail(l, f, x, -err, "%s: %s", name,
				 why ? why : strerror(-err));
	if (a.poison)
		return patch_poison(l, x, !a.source, "%s is not in this kernel",
				    name);
	err = fit_width(l, f, x, &a.field, &done);
	return err || done ? err : patch_value(l, f, x, a.value);
}

static int patch_const(struct linker *l, struct func *f, struct ins *x)
{
	const struct link_input *in = l->in;
	uint32_t i;

	for (i = 0; i < in->nconstants; i++) {
		if (strcmp(in->constants[i].name, x->rel->name))
			continue;
		x->imm = in->constants[i].value;
		x->i.src_reg = 0;
		x->rel = NULL;
		return 0;
	}
	return link_fail(l, f, x, ENOENT, "constant %s is not given",
			 x->rel->name);
}

static int patch_ld64(struct linker *l, struct func *f, struct ins *x)
{
	const struct reloc *r = x->rel;

	if (!(x->flags & INS_LD64))
		return link_fail(l, f, x, EINVAL, "%s: not a 64-bit load",
				 r->name);
	switch (r->kind) {
	case RELOC_MAP:
		x->i.src_reg = LD_MAP_FD;
		x->imm = 0;
		return 0;
	case RELOC_DATA:
		x->i.src_reg = LD_MAP_VALUE;
		x->imm = (uint64_t)r->addend << 32;
		return 0;
	case RELOC_CONST:
		return patch_const(l, f, x);
	default:
		/* 5.13, and only with BTF for the program, which is not
		 * loaded */
		return link_fail(l, f, x, EOPNOTSUPP,
				 "%s: functions cannot be passed to helpers",
				 r->name);
	}
}

static int patch_reloc(struct linker *l, struct func *f, struct ins *x)
{
	const struct reloc *r = x->rel;

	switch (r->kind) {
	case RELOC_FUNC:
		if (!ins_is_call(x))
			return link_fail(l, f, x, EINVAL, "%s: not a call",
					 r->name);
		x->flags |= INS_CALL;
		return 0;
	case RELOC_CORE:
		if (probe_is(r->name))
			return probe_patch(l, f, x);
		return patch_core(l, f, x);
	case RELOC_MAP:
	case RELOC_DATA:
	case RELOC_CONST:
	case RELOC_FUNC_PTR:
		return patch_ld64(l, f, x);
	default:
		return link_fail(l, f, x, EINVAL, "relocation of kind %d",
				 r->kind);
	}
}

/*
 * probe_read_{user,kernel}{,_str} came in 5.5.  probe_read did for both
 * before, wherever user and kernel addresses do not overlap.
 */
static void older_helper(struct ins *x)
{
	switch (x->i.imm) {
	case 112:		/* probe_read_user */
	case 113:		/* probe_read_kernel */
		x->i.imm = 4;
		break;
	case 114:		/* probe_read_user_str */
	case 115:		/* probe_read_kernel_str */
		x->i.imm = 45;
		break;
	default:
		break;
	}
}

int patch_func(struct linker *l, struct func *f)
{
	uint32_t i;
	int err;

	for (i = 0; i < f->n; i++) {
		struct ins *x = &f->ins[i];

		if (x->rel) {
			err = patch_reloc(l, f, x);
			if (err)
				return err;
		} else if (ins_is_call(x) && x->i.src_reg == CALL_PSEUDO) {
			return link_fail(l, f, x, EINVAL,
					 "call of a function without a name");
		} else if (ins_is_call(x) && !x->i.src_reg &&
			   l->in->target->no_probe_read_kernel) {
			older_helper(x);
		}
	}
	return 0;
}

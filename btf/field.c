/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * field.c - what is patched in for a field.
 */
#include <errno.h>

#include "btf_int.h"

void field_set_bits(struct field *f, uint32_t bit_off, uint32_t bit_size,
		    uint32_t unit)
{
	uint32_t size;
	uint64_t off, end = (uint64_t)bit_off + bit_size;

	f->bit_off = bit_off;
	f->bit_size = bit_size;
	for (size = unit; size <= 8; size *= 2) {
		off = bit_off / 8 / size * size;
		if (end <= (off + size) * 8) {
			f->off = (uint32_t)off;
			f->size = size;
			return;
		}
	}
	/* No load of eight bytes reaches it (packed); see field_value() */
	f->off = bit_off / 8;
	f->size = (uint32_t)((end + 7) / 8 - f->off);
}

/*
 * Loads of anything but 1, 2, 4, 8 bytes cannot be shifted into place; and
 * a bitfield is loaded with its aligned unit or not at all.
 */
static bool loadable(const struct field *f)
{
	return (f->size == 1 || f->size == 2 || f->size == 4 ||
		f->size == 8) && (!f->bit_size || f->off % f->size == 0);
}

int field_value(int kind, const struct field *f, bool big_endian,
		uint64_t *value)
{
	uint64_t unit = (uint64_t)f->off * 8, bit_off, bit_size;

	if (f->bit_size && (f->bit_size > 64 || !loadable(f)) &&
	    kind != CORE_FIELD_EXISTS && kind != CORE_FIELD_SIGNED)
		return -EINVAL;
	bit_off = f->bit_size ? f->bit_off : unit;
	bit_size = f->bit_size ? f->bit_size : (uint64_t)f->size * 8;
	switch (kind) {
	case CORE_FIELD_BYTE_OFFSET:
		*value = f->off;
		return 0;
	case CORE_FIELD_BYTE_SIZE:
		*value = f->size;
		return 0;
	case CORE_FIELD_EXISTS:
		*value = f->exists;
		return 0;
	case CORE_FIELD_SIGNED:
		*value = f->is_signed;
		return 0;
	/*
	 * The shifts move a field, loaded as a number of f->size bytes and
	 * widened to 64 bits, to the top and down again.  Bits are counted
	 * from the start of memory: on little-endian machines that is from
	 * the lowest one.
	 */
	case CORE_FIELD_LSHIFT_U64:
		if (!loadable(f))
			return -EINVAL;
		if (big_endian)
			*value = (8 - f->size) * 8 + (bit_off - unit);
		else
			*value = 64 - (bit_off - unit + bit_size);
		return 0;
	case CORE_FIELD_RSHIFT_U64:
		if (!loadable(f))
			return -EINVAL;
		*value = 64 - bit_size;
		return 0;
	default:
		return -EINVAL;
	}
}

static bool is_integer(unsigned int class)
{
	return class == FIELD_UNSIGNED || class == FIELD_SIGNED;
}

bool class_compatible(unsigned int local, unsigned int target)
{
	return local == FIELD_NONE || target == FIELD_NONE ||
	       local == target || (is_integer(local) && is_integer(target));
}

const char *class_name(unsigned int class)
{
	static const char *const names[] = {
		[FIELD_NONE]		= "none",
		[FIELD_UNSIGNED]	= "unsigned",
		[FIELD_SIGNED]		= "signed",
		[FIELD_POINTER]		= "pointer",
		[FIELD_ENUM]		= "enum",
		[FIELD_FLOAT]		= "float",
		[FIELD_COMPOSITE]	= "struct",
		[FIELD_ARRAY]		= "array",
		[FIELD_FUNC]		= "func",
	};

	return class <= FIELD_FUNC ? names[class] : "none";
}

void answer_value(struct answer *a, uint64_t value)
{
	a->value = value;
	a->poison = false;
}

void answer_field(struct answer *a, int kind, const struct field *f,
		  bool big_endian)
{
	a->field = *f;
	a->value = 0;
	a->poison = field_value(kind, f, big_endian, &a->value) != 0;
}

void answer_absent(struct answer *a, int kind)
{
	memset(&a->field, 0, sizeof(a->field));
	a->value = 0;
	a->poison = kind != CORE_FIELD_EXISTS && kind != CORE_TYPE_EXISTS &&
		    kind != CORE_ENUMVAL_EXISTS && kind != CORE_TYPE_MATCHES;
}

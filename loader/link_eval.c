/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * link_eval - what instructions make of known values.
 */
#include "link_int.h"

static bool alu64(int op, uint64_t a, uint64_t b, uint64_t *out)
{
	switch (op) {
	case BPF_ADD: *out = a + b; return true;
	case BPF_SUB: *out = a - b; return true;
	case BPF_MUL: *out = a * b; return true;
	case BPF_OR: *out = a | b; return true;
	case BPF_AND: *out = a & b; return true;
	case BPF_XOR: *out = a ^ b; return true;
	case BPF_MOV: *out = b; return true;
	case BPF_NEG: *out = 0 - a; return true;
	/* what kernels make of the next two when b is 0 has changed */
	case BPF_DIV: *out = b ? a / b : 0; return b;
	case BPF_MOD: *out = b ? a % b : 0; return b;
	case BPF_LSH: *out = b < 64 ? a << b : 0; return b < 64;
	case BPF_RSH: *out = b < 64 ? a >> b : 0; return b < 64;
	case BPF_ARSH:
		if (b >= 64)
			return false;
		*out = a >> b;
		if (b && a >> 63)
			*out |= ~0ull << (64 - b);
		return true;
	default:
		return false;
	}
}

static bool alu32(int op, uint32_t a, uint32_t b, uint64_t *out)
{
	if (op == BPF_ARSH) {
		if (b >= 32)
			return false;
		*out = a >> b;
		if (b && a >> 31)
			*out |= (uint32_t)(~0u << (32 - b));
		return true;
	}
	if ((op == BPF_LSH || op == BPF_RSH) && b >= 32)
		return false;
	if (!alu64(op, a, b, out))
		return false;
	*out = (uint32_t)*out;
	return true;
}

uint64_t eval_swap(uint64_t v, unsigned bytes)
{
	uint64_t r = 0;

	while (bytes--) {
		r = r << 8 | (v & 0xff);
		v >>= 8;
	}
	return r;
}

bool eval_alu(bool wide, int op, uint64_t a, uint64_t b, uint64_t *out)
{
	return wide ? alu64(op, a, b, out) :
		      alu32(op, (uint32_t)a, (uint32_t)b, out);
}

static bool compare(int op, uint64_t a, uint64_t b, int64_t sa, int64_t sb)
{
	switch (op) {
	case BPF_JEQ: return a == b;
	case BPF_JNE: return a != b;
	case BPF_JSET: return (a & b) != 0;
	case BPF_JGT: return a > b;
	case BPF_JGE: return a >= b;
	case BPF_JSGT: return sa > sb;
	case BPF_JSGE: return sa >= sb;
	case 0xa0: return a < b;		/* JLT, 4.14 */
	case 0xb0: return a <= b;		/* JLE */
	case 0xc0: return sa < sb;		/* JSLT */
	default: return sa <= sb;		/* JSLE */
	}
}

bool eval_jump(bool wide, int op, uint64_t a, uint64_t b)
{
	if (wide)
		return compare(op, a, b, (int64_t)a, (int64_t)b);
	return compare(op, (uint32_t)a, (uint32_t)b, (int32_t)a, (int32_t)b);
}

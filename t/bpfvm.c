/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "t/bpfvm.h"

#include <string.h>

static int stop(struct bpfvm *vm, const char *why)
{
	vm->error = why;
	return -1;
}

/* ---- arithmetic ------------------------------------------------------- */

static int alu(struct bpfvm *vm, int op, bool wide, uint64_t *dst,
	       uint64_t src)
{
	uint64_t d = wide ? *dst : (uint32_t)*dst;
	unsigned shift = (unsigned)src & (wide ? 63 : 31);

	if (!wide)
		src = (uint32_t)src;
	switch (op) {
	case BPF_ADD: d += src; break;
	case BPF_SUB: d -= src; break;
	case BPF_MUL: d *= src; break;
	case BPF_OR: d |= src; break;
	case BPF_AND: d &= src; break;
	case BPF_XOR: d ^= src; break;
	case BPF_MOV: d = src; break;
	case BPF_NEG: d = 0 - d; break;
	case BPF_LSH: d <<= shift; break;
	case BPF_RSH: d >>= shift; break;
	case BPF_ARSH:
		d = wide ? (uint64_t)((int64_t)d >> shift) :
			(uint32_t)((int32_t)d >> shift);
		break;
	case BPF_DIV: d = src ? d / src : 0; break;
	case BPF_MOD: d = src ? d % src : d; break;
	default: return stop(vm, "bad arithmetic");
	}
	*dst = wide ? d : (uint32_t)d;
	return 0;
}

static int swap(struct bpfvm *vm, uint64_t *dst, bool to_be, int bits)
{
	bool here_be = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;

	if (bits == 16)
		*dst = here_be == to_be ? (uint16_t)*dst :
			__builtin_bswap16((uint16_t)*dst);
	else if (bits == 32)
		*dst = here_be == to_be ? (uint32_t)*dst :
			__builtin_bswap32((uint32_t)*dst);
	else if (bits == 64)
		*dst = here_be == to_be ? *dst : __builtin_bswap64(*dst);
	else
		return stop(vm, "bad swap");
	return 0;
}

static int alu_insn(struct bpfvm *vm, const struct bpf_insn *i)
{
	bool wide = BPF_CLASS(i->code) == BPF_ALU64;
	bool reg = BPF_SRC(i->code) == BPF_X;

	if (BPF_OP(i->code) == BPF_END)
		return swap(vm, &vm->reg[i->dst_reg], reg, i->imm);
	return alu(vm, BPF_OP(i->code), wide, &vm->reg[i->dst_reg],
		   reg ? vm->reg[i->src_reg] : (uint64_t)(int64_t)i->imm);
}

/* ---- jumps ------------------------------------------------------------ */

static int compare(int op, uint64_t d, uint64_t s, int64_t sd, int64_t ss)
{
	switch (op) {
	case BPF_JEQ: return d == s;
	case BPF_JNE: return d != s;
	case BPF_JGT: return d > s;
	case BPF_JGE: return d >= s;
	case BPF_JLT: return d < s;
	case BPF_JLE: return d <= s;
	case BPF_JSET: return (d & s) != 0;
	case BPF_JSGT: return sd > ss;
	case BPF_JSGE: return sd >= ss;
	case BPF_JSLT: return sd < ss;
	case BPF_JSLE: return sd <= ss;
	default: return -1;
	}
}

static int jump_insn(struct bpfvm *vm, const struct bpf_insn *i)
{
	uint64_t d = vm->reg[i->dst_reg], s;
	int yes = 1;

	s = BPF_SRC(i->code) == BPF_X ? vm->reg[i->src_reg] :
		(uint64_t)(int64_t)i->imm;
	if (BPF_OP(i->code) == BPF_CALL) {
		if (!vm->call || vm->call(vm, i->imm))
			return stop(vm, "bad call");
		return 0;
	}
	if (BPF_OP(i->code) != BPF_JA) {
		yes = BPF_CLASS(i->code) == BPF_JMP ?
			compare(BPF_OP(i->code), d, s, (int64_t)d,
				(int64_t)s) :
			compare(BPF_OP(i->code), (uint32_t)d, (uint32_t)s,
				(int32_t)d, (int32_t)s);
		if (yes < 0)
			return stop(vm, "bad jump");
	}
	if (yes)
		vm->pc = (size_t)((int64_t)vm->pc + i->off);
	return 0;
}

/* ---- memory ----------------------------------------------------------- */

static bool inside(uint64_t addr, size_t size, const void *start, size_t len)
{
	uint64_t at = (uint64_t)(uintptr_t)start;

	return len >= size && addr >= at && addr - at <= len - size;
}

static void *access_at(struct bpfvm *vm, uint64_t addr, size_t size,
		       bool write)
{
	unsigned i;

	if (addr % size)
		return NULL;
	if (inside(addr, size, vm->stack, sizeof(vm->stack)))
		return (void *)(uintptr_t)addr;
	for (i = 0; i < BPFVM_REGIONS; i++)
		if (inside(addr, size, vm->regions[i].start,
			   vm->regions[i].len))
			return write && !vm->regions[i].writable ? NULL :
				(void *)(uintptr_t)addr;
	return NULL;
}

static uint64_t load(const void *p, size_t size)
{
	uint8_t v8;
	uint16_t v16;
	uint32_t v32;
	uint64_t v64;

	switch (size) {
	case 1: memcpy(&v8, p, 1); return v8;
	case 2: memcpy(&v16, p, 2); return v16;
	case 4: memcpy(&v32, p, 4); return v32;
	default: memcpy(&v64, p, 8); return v64;
	}
}

static void keep(void *p, size_t size, uint64_t v)
{
	uint8_t v8 = (uint8_t)v;
	uint16_t v16 = (uint16_t)v;
	uint32_t v32 = (uint32_t)v;

	switch (size) {
	case 1: memcpy(p, &v8, 1); break;
	case 2: memcpy(p, &v16, 2); break;
	case 4: memcpy(p, &v32, 4); break;
	default: memcpy(p, &v, 8); break;
	}
}

static int memory_insn(struct bpfvm *vm, const struct bpf_insn *i)
{
	static const size_t sizes[] = { 4, 2, 1, 8 };
	int class = BPF_CLASS(i->code), mode = BPF_MODE(i->code);
	size_t size = sizes[BPF_SIZE(i->code) >> 3];
	bool write = class != BPF_LDX;
	uint64_t addr = vm->reg[write ? i->dst_reg : i->src_reg] +
		(uint64_t)(int64_t)i->off, v;
	void *p = access_at(vm, addr, size, write);

	if (!p)
		return stop(vm, "bad access");
	if (mode != BPF_MEM && (mode != BPF_XADD || class != BPF_STX))
		return stop(vm, "bad mode");
	if (!write) {
		vm->reg[i->dst_reg] = load(p, size);
		return 0;
	}
	v = class == BPF_ST ? (uint64_t)(int64_t)i->imm : vm->reg[i->src_reg];
	keep(p, size, mode == BPF_XADD ? load(p, size) + v : v);
	return 0;
}

/* ---- all -------------------------------------------------------------- */

static int ld_imm64(struct bpfvm *vm, const struct bpf_insn *i)
{
	if (i->code != (BPF_LD | BPF_IMM | BPF_DW) || i->src_reg ||
	    vm->pc >= vm->ninsns)
		return stop(vm, "bad ld");
	vm->reg[i->dst_reg] = (uint32_t)i[0].imm |
		(uint64_t)(uint32_t)i[1].imm << 32;
	vm->pc++;
	return 0;
}

static int step(struct bpfvm *vm, const struct bpf_insn *i)
{
	if (i->dst_reg > 10 || i->src_reg > 10)
		return stop(vm, "bad register");
	switch (BPF_CLASS(i->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		return alu_insn(vm, i);
	case BPF_JMP:
	case 0x06:			/* BPF_JMP32, 5.1 */
		return jump_insn(vm, i);
	case BPF_LD:
		return ld_imm64(vm, i);
	default:
		return memory_insn(vm, i);
	}
}

int bpfvm_run(struct bpfvm *vm)
{
	size_t max = vm->max_steps ? vm->max_steps : vm->ninsns;
	const struct bpf_insn *i;

	vm->error = NULL;
	vm->pc = 0;
	vm->reg[10] = (uint64_t)(uintptr_t)vm->stack + sizeof(vm->stack);
	for (vm->steps = 0; vm->steps < max; vm->steps++) {
		if (vm->pc >= vm->ninsns)
			return stop(vm, "fell off the end");
		i = &vm->insns[vm->pc++];
		if (i->code == (BPF_JMP | BPF_EXIT))
			return 0;
		if (step(vm, i))
			return -1;
	}
	return stop(vm, "too many steps");
}

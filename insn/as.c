/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * as - the assembler's mnemonics.
 *
 * Every mnemonic has one shape: what it needs, in the order in which an error
 * is most telling, then one emit().  as_need() is false after the first error,
 * so a chain of needs is also what makes errors stick.
 */
#include "insn.h"

#include <string.h>

#include "insn_int.h"

/* FIELD_UNSIGNED of btf/btf.h; this folder is a leaf and includes no other */
#define LOCAL_UNSIGNED	1
#define CORE_BYTE_OFF	0
#define CORE_LAST	12	/* BPF_CORE_TYPE_MATCHES, Linux 5.19 */

void as_init_at(struct as *a, const char *file)
{
	/* what is behind the counts is written before it is read */
	memset(&a->ninsns, 0, sizeof(*a) - offsetof(struct as, ninsns));
	a->file = file;
}

bool as_need(struct as *a, bool ok, const char *why)
{
	if (!a->error && !ok) {
		a->error = why;
		a->error_line = a->at_line;
	}
	return !a->error;
}

static bool need_reg(struct as *a, int reg)
{
	return as_need(a, reg >= BPF_REG_0 && reg <= BPF_REG_10,
		       "no such register");
}

static bool need_dst(struct as *a, int reg)
{
	return need_reg(a, reg) &&
	       as_need(a, reg != BPF_REG_10, "R10 is read-only");
}

static bool need_imm(struct as *a, int64_t imm, int64_t min, int64_t max)
{
	return as_need(a, imm >= min && imm <= max, "immediate out of range");
}

static bool need_room(struct as *a, unsigned slots)
{
	return as_need(a, a->ninsns + slots <= AS_MAX_INSNS,
		       "too many instructions");
}

static void emit(struct as *a, int code, int dst, int src, int off,
		 int64_t imm)
{
	struct bpf_insn *i;

	if (!need_room(a, 1))
		return;
	i = &a->insns[a->ninsns];
	i->code = (uint8_t)code;
	i->dst_reg = (uint8_t)dst & 0xf;
	i->src_reg = (uint8_t)src & 0xf;
	i->off = (int16_t)off;
	i->imm = (int32_t)(uint32_t)imm;
	a->lines[a->ninsns++] = a->at_line;
}

/* ---- arithmetic ------------------------------------------------------- */

/*
 * Linux before 5.1 refuses the 32-bit ARSH (commit c49f7dbd4f89 let it in);
 * NEG and END have mnemonics of their own.
 */
static bool need_alu_op(struct as *a, int op, int bits)
{
	bool known = false;

	switch (op) {
	case BPF_ADD: case BPF_SUB: case BPF_MUL: case BPF_DIV:
	case BPF_OR: case BPF_AND: case BPF_LSH: case BPF_RSH:
	case BPF_MOD: case BPF_XOR: case BPF_MOV:
		known = true;
		break;
	case BPF_ARSH:
		known = bits == 64;
		break;
	}
	return as_need(a, known, "unknown operation");
}

/* The kernel refuses constant zero divisors and wide shifts at load time. */
static bool need_alu_imm(struct as *a, int op, int64_t imm, int bits)
{
	/* 64-bit operations extend the sign, so 0xffffffff cannot be said */
	if (!need_imm(a, imm, INT32_MIN, bits == 64 ? INT32_MAX : UINT32_MAX))
		return false;
	switch (op) {
	case BPF_DIV: case BPF_MOD:
		return as_need(a, imm != 0, "division by zero");
	case BPF_LSH: case BPF_RSH: case BPF_ARSH:
		return as_need(a, imm >= 0 && imm < bits,
			       "shift by the width or more");
	}
	return true;
}

static void alu_reg(struct as *a, int bits, int op, int dst, int src)
{
	int class = bits == 64 ? BPF_ALU64 : BPF_ALU;

	if (need_alu_op(a, op, bits) && need_dst(a, dst) && need_reg(a, src))
		emit(a, class | op | BPF_X, dst, src, 0, 0);
}

static void alu_imm(struct as *a, int bits, int op, int dst, int64_t imm)
{
	int class = bits == 64 ? BPF_ALU64 : BPF_ALU;

	if (need_alu_op(a, op, bits) && need_dst(a, dst) &&
	    need_alu_imm(a, op, imm, bits))
		emit(a, class | op | BPF_K, dst, 0, 0, imm);
}

void as_alu_reg_(struct as *a, int op, int dst, int src)
{
	alu_reg(a, 64, op, dst, src);
}

void as_alu_imm_(struct as *a, int op, int dst, int64_t imm)
{
	alu_imm(a, 64, op, dst, imm);
}

void as_alu32_reg_(struct as *a, int op, int dst, int src)
{
	alu_reg(a, 32, op, dst, src);
}

void as_alu32_imm_(struct as *a, int op, int dst, int64_t imm)
{
	alu_imm(a, 32, op, dst, imm);
}

void as_neg_(struct as *a, int dst)
{
	if (need_dst(a, dst))
		emit(a, BPF_ALU64 | BPF_NEG, dst, 0, 0, 0);
}

void as_swap_(struct as *a, int to, int dst, int bits)
{
	if (as_need(a, to == BPF_TO_BE || to == BPF_TO_LE,
		    "unknown operation") &&
	    as_need(a, bits == 16 || bits == 32 || bits == 64,
		    "unknown size") &&
	    need_dst(a, dst))
		emit(a, BPF_ALU | BPF_END | to, dst, 0, 0, bits);
}

/* ---- memory ----------------------------------------------------------- */

/* Bytes of a BPF_B... size, 0 for what is none. */
static int size_bytes(int size)
{
	switch (size) {
	case BPF_B: return 1;
	case BPF_H: return 2;
	case BPF_W: return 4;
	case BPF_DW: return 8;
	}
	return 0;
}

/*
 * What every kernel asks of [base + off].  Stack slots must be aligned to
 * the access even where the machine would not mind (check_ptr_alignment() in
 * kernel/bpf/verifier.c).
 */
static bool need_mem(struct as *a, int size, int base, int off)
{
	int bytes = size_bytes(size);

	if (!as_need(a, bytes != 0, "unknown size") || !need_reg(a, base) ||
	    !as_need(a, off >= INT16_MIN && off <= INT16_MAX,
		     "offset out of range"))
		return false;
	if (base != BPF_REG_10)
		return true;
	return as_need(a, off >= -AS_STACK_SIZE && off + bytes <= 0,
		       "stack access outside -512..-1") &&
	       as_need(a, off % bytes == 0, "misaligned stack access");
}

void as_ldx_(struct as *a, int size, int dst, int src, int off)
{
	if (need_dst(a, dst) && need_mem(a, size, src, off))
		emit(a, BPF_LDX | BPF_MEM | size, dst, src, off, 0);
}

void as_stx_(struct as *a, int size, int dst, int off, int src)
{
	if (need_mem(a, size, dst, off) && need_reg(a, src))
		emit(a, BPF_STX | BPF_MEM | size, dst, src, off, 0);
}

/* @imm as signed or unsigned number of the size; DW extends the sign. */
void as_st_(struct as *a, int size, int dst, int off, int64_t imm)
{
	int64_t min = INT32_MIN, max = INT32_MAX;
	int bytes = size_bytes(size);

	if (bytes && bytes < 8) {
		max = (INT64_C(1) << (8 * bytes)) - 1;
		min = -(INT64_C(1) << (8 * bytes - 1));
	}
	if (need_mem(a, size, dst, off) && need_imm(a, imm, min, max))
		emit(a, BPF_ST | BPF_MEM | size, dst, 0, off, imm);
}

void as_xadd_(struct as *a, int size, int dst, int off, int src)
{
	if (as_need(a, size == BPF_W || size == BPF_DW, "unknown size") &&
	    need_mem(a, size, dst, off) && need_reg(a, src))
		emit(a, BPF_STX | BPF_XADD | size, dst, src, off, 0);
}

void as_ld64_(struct as *a, int dst, uint64_t imm)
{
	if (!need_dst(a, dst) || !need_room(a, 2))
		return;
	emit(a, BPF_LD | BPF_IMM | BPF_DW, dst, 0, 0, imm & UINT32_MAX);
	emit(a, 0, 0, 0, 0, (int64_t)(imm >> 32));
}

/* ---- jumps ------------------------------------------------------------ */

static bool need_jmp_op(struct as *a, int op)
{
	bool known = false;

	switch (op) {
	case BPF_JEQ: case BPF_JGT: case BPF_JGE: case BPF_JSET:
	case BPF_JNE: case BPF_JSGT: case BPF_JSGE:
		known = true;
		break;
	}
	return as_need(a, known, "unknown operation");
}

static void jump(struct as *a, int code, int dst, int src, int64_t imm,
		 int label)
{
	uint32_t at = a->ninsns;

	if (!as_need(a, label >= 0 && (uint32_t)label < a->nlabels,
		     "no such label"))
		return;
	emit(a, BPF_JMP | code, dst, src, 0, imm);
	if (a->error)
		return;
	a->jumps[a->njumps].insn = (uint16_t)at;
	a->jumps[a->njumps++].label = (uint16_t)label;
}

void as_ja_(struct as *a, int label)
{
	jump(a, BPF_JA, 0, 0, 0, label);
}

void as_jmp_reg_(struct as *a, int op, int dst, int src, int label)
{
	if (need_jmp_op(a, op) && need_reg(a, dst) && need_reg(a, src))
		jump(a, op | BPF_X, dst, src, 0, label);
}

void as_jmp_imm_(struct as *a, int op, int dst, int64_t imm, int label)
{
	if (need_jmp_op(a, op) && need_reg(a, dst) &&
	    need_imm(a, imm, INT32_MIN, INT32_MAX))
		jump(a, op | BPF_K, dst, 0, imm, label);
}

void as_call_(struct as *a, int id)
{
	if (as_need(a, helper_name(id), "no such helper"))
		emit(a, BPF_JMP | BPF_CALL, 0, 0, 0, id);
}

void as_exit_(struct as *a)
{
	emit(a, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* ---- symbolic references ---------------------------------------------- */

/* A relocation on the next instruction; NULL after an error. */
static struct reloc *reloc(struct as *a, int kind, const char *name)
{
	struct reloc *r;

	if (!as_need(a, name && *name, "name missing") ||
	    !as_need(a, a->nrelocs < AS_MAX_RELOCS, "too many relocations"))
		return NULL;
	r = &a->relocs[a->nrelocs++];
	*r = (struct reloc){
		.insn = a->ninsns,
		.kind = (uint8_t)kind,
		.name = name,
	};
	return r;
}

/* src_reg and imm stay 0, as in clang's objects: the linker knows better. */
void as_ldsym_(struct as *a, int kind, int dst, const char *name)
{
	if (as_need(a, kind == RELOC_MAP || kind == RELOC_CONST,
		    "unknown operation") &&
	    need_dst(a, dst) && need_room(a, 2) && reloc(a, kind, name))
		as_ld64_(a, dst, 0);
}

void as_call_func_(struct as *a, const char *name)
{
	if (need_room(a, 1) && reloc(a, RELOC_FUNC, name))
		emit(a, BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, -1);
}

void as_core_(struct as *a, int core, int dst, const char *type,
	      const char *path)
{
	struct reloc *r;

	if (!as_need(a, core >= 0 && core <= CORE_LAST, "unknown operation") ||
	    !as_need(a, path, "name missing") || !need_dst(a, dst) ||
	    !need_room(a, 1))
		return;
	r = reloc(a, RELOC_CORE, type);
	if (!r)
		return;
	r->core = (uint8_t)core;
	r->path = path;
	emit(a, BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, 0);
}

void as_arg_(struct as *a, int dst, int ctx, const char *name)
{
	struct reloc *r;

	if (!as_need(a, name && *name, "name missing") || !need_dst(a, dst) ||
	    !need_mem(a, BPF_DW, ctx, 0) || !need_room(a, 1))
		return;
	r = reloc(a, RELOC_CORE, "struct probe");
	if (!r)
		return;
	r->core = CORE_BYTE_OFF;
	r->path = name;
	r->local_class = LOCAL_UNSIGNED;
	r->local_size = 8;
	emit(a, BPF_LDX | BPF_MEM | BPF_DW, dst, ctx, 0, 0);
}

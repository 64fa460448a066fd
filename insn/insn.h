/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * insn - assembler and disassembler for BPF instructions.
 *
 * A leaf: no system calls, no allocation, nothing printed.  What an assembler
 * produces is independent of kernel and machine: whatever depends on them is
 * a `struct reloc`, resolved later by loader/link.  An assembled program can
 * therefore be compared byte for byte in a test.
 *
 * Only instructions that every kernel since 4.9 accepts can be assembled
 * (clang's -mcpu=v1): no JMP32, no atomics but XADD, no JLT/JLE/JSLT/JSLE
 * (4.14), no bpf-to-bpf calls (4.16).  The disassembler knows all of them.
 */
#ifndef SOCKEYE_INSN_H
#define SOCKEYE_INSN_H

#include <linux/bpf.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * A place in a program whose content is decided when the program is linked
 * for one kernel.  Both sources of programs use it: this assembler and
 * loader/elf.c (clang objects).  Strings are borrowed: they must outlive the
 * program, which string literals and the tables of a spec do.
 */
enum reloc_kind {
	RELOC_MAP,	/* ld_imm64: file descriptor of the map called name */
	RELOC_DATA,	/* ld_imm64: address of byte `addend` in the global
			   data map called name (.rodata, .data, .bss) */
	RELOC_CONST,	/* ld_imm64: run-time configuration called name */
	RELOC_FUNC,	/* call: subprogram or supplied function called name */
	RELOC_FUNC_PTR,	/* ld_imm64: address of the subprogram called name */
	RELOC_CORE,	/* imm, off or ld_imm64: what the kernel's types say;
			   `core`, name, path and the local_* members apply */
};

struct reloc {
	uint32_t insn;		/* index of the instruction (the first half of
				   a ld_imm64) */
	uint8_t kind;		/* enum reloc_kind */
	uint8_t core;		/* RELOC_CORE: enum core_kind of btf/btf.h,
				   numbered as enum bpf_core_relo_kind */
	uint8_t local_class;	/* RELOC_CORE on a field: what the program
				   declares it to be, enum field_class of
				   btf/btf.h */
	uint8_t local_bitfield;	/* RELOC_CORE: it declares a bitfield */
	uint32_t local_size;	/* RELOC_CORE: its size in bytes there */
	const char *name;	/* see enum reloc_kind; RELOC_CORE: the root
				   type with its keyword, "struct sock___v2";
				   typedefs and base types stand bare */
	const char *path;	/* RELOC_CORE: member path from the root,
				   "__sk_common.skc_v6_daddr.in6_u[1]"; an
				   enumerator's name; "" for type questions */
	uint32_t addend;	/* RELOC_DATA: offset into the data */
	uint32_t type_id;	/* RELOC_CORE: root type in the program's own
				   BTF, 0 when the spec carries none */
};

/* Where instruction `insn` and those after it come from. */
struct line {
	uint32_t insn;
	uint32_t line;		/* 0: unknown */
	const char *file;	/* borrowed, may be NULL */
	const char *text;	/* the source line, borrowed, may be NULL */
};

/* ---- assembler -------------------------------------------------------- */

#define AS_MAX_INSNS	4096	/* the limit of kernels before 5.2 */
#define AS_MAX_RELOCS	512
#define AS_MAX_LABELS	512
#define AS_STACK_SIZE	512	/* MAX_BPF_STACK */

/*
 * The builder.  Errors stick: after the first one every call is a no-op, so
 * code that assembles reads like assembler and checks once, at as_finish().
 *
 * `struct as` is large (about 80 KB) and self-contained: put it in static
 * storage or on the heap.  as_init() prepares it; there is nothing to
 * release.
 */
struct as {
	struct bpf_insn insns[AS_MAX_INSNS];
	uint16_t lines[AS_MAX_INSNS];	/* source line of each instruction */
	struct reloc relocs[AS_MAX_RELOCS];
	int label_at[AS_MAX_LABELS];	/* instruction index, -1 unplaced */
	struct { uint16_t insn, label; } jumps[AS_MAX_INSNS];
	uint32_t ninsns, nrelocs, nlabels, njumps;
	const char *file;	/* where the assembling code stands */
	uint16_t at_line;	/* source line of the call under way */
	const char *error;	/* first error, NULL while all is well */
	uint16_t error_line;	/* source line that made it */
};

/*
 * as_init - start an empty program.  @file names the source file in line
 * information (pass __FILE__); borrowed.
 */
void as_init_at(struct as *a, const char *file);
#define as_init(a) as_init_at((a), __FILE__)

/*
 * Operand order is the kernel's and cilium's: destination first.  @op is a
 * BPF_ADD... or BPF_JEQ... of <linux/bpf.h>, @size one of BPF_B, BPF_H,
 * BPF_W, BPF_DW.  Each macro records the source line it stands on.
 */
#define AS_(a) ((a)->at_line = __LINE__, (a))

#define as_mov(a, dst, src)		as_alu_reg_(AS_(a), BPF_MOV, dst, src)
#define as_movi(a, dst, imm)		as_alu_imm_(AS_(a), BPF_MOV, dst, imm)
#define as_alu(a, op, dst, src)		as_alu_reg_(AS_(a), op, dst, src)
#define as_alui(a, op, dst, imm)	as_alu_imm_(AS_(a), op, dst, imm)
#define as_alu32(a, op, dst, src)	as_alu32_reg_(AS_(a), op, dst, src)
#define as_alui32(a, op, dst, imm)	as_alu32_imm_(AS_(a), op, dst, imm)
#define as_neg(a, dst)			as_neg_(AS_(a), dst)
/* as_swap: @to is BPF_TO_BE or BPF_TO_LE, @bits 16, 32 or 64. */
#define as_swap(a, to, dst, bits)	as_swap_(AS_(a), to, dst, bits)
#define as_ldx(a, size, dst, src, off)	as_ldx_(AS_(a), size, dst, src, off)
#define as_stx(a, size, dst, off, src)	as_stx_(AS_(a), size, dst, off, src)
#define as_st(a, size, dst, off, imm)	as_st_(AS_(a), size, dst, off, imm)
/* as_xadd: *(size *)(dst + off) += src, atomically; BPF_W or BPF_DW. */
#define as_xadd(a, size, dst, off, src)	as_xadd_(AS_(a), size, dst, off, src)
/* as_ld64: a 64-bit immediate; two instruction slots. */
#define as_ld64(a, dst, imm)		as_ld64_(AS_(a), dst, imm)

/* Jumps go to labels only; an offset is never counted by hand. */
#define as_ja(a, label)			as_ja_(AS_(a), label)
#define as_jmp(a, op, dst, src, label) \
	as_jmp_reg_(AS_(a), op, dst, src, label)
#define as_jmpi(a, op, dst, imm, label) \
	as_jmp_imm_(AS_(a), op, dst, imm, label)
/* as_call: @id is a BPF_FUNC_... of <linux/bpf.h>. */
#define as_call(a, id)			as_call_(AS_(a), id)
#define as_exit(a)			as_exit_(AS_(a))

/*
 * Symbolic references; each leaves a struct reloc.  The fields of the
 * instruction that the linker decides (src_reg and imm of a ld_imm64, imm of
 * a mov, off of a load) are 0 until then, as in clang's objects.
 */
#define as_ldmap(a, dst, map)		as_ldsym_(AS_(a), RELOC_MAP, dst, map)
#define as_ldconst(a, dst, name) \
	as_ldsym_(AS_(a), RELOC_CONST, dst, name)
/* as_call_func: call of the function @name, which the linker is supplied with
 * or finds in the spec. */
#define as_call_func(a, name)		as_call_func_(AS_(a), name)
/*
 * as_field: dst = byte offset of field @path of @type ("struct sock",
 * "__sk_common.skc_dport").  as_field_size: dst = its size in bytes.
 * as_field_exists: dst = 1 where the kernel has it, else 0.
 */
#define as_field(a, dst, type, path)	as_core_(AS_(a), 0, dst, type, path)
#define as_field_size(a, dst, type, path) as_core_(AS_(a), 1, dst, type, path)
#define as_field_exists(a, dst, type, path) as_core_(AS_(a), 2, dst, type, path)
/*
 * as_arg: dst = argument @name of the hook, from the context in @ctx: a
 * 64-bit load whose offset and width the linker decides for the hook the
 * program is attached to (RELOC_CORE on "struct probe").
 */
#define as_arg(a, dst, ctx, name)	as_arg_(AS_(a), dst, ctx, name)

/* as_label - a new label, not yet placed; -1 after an error.  Takes no line,
 * so that it can stand among the arguments of the others. */
int as_label(struct as *a);
/* as_place - @label stands at the next instruction; once at most, and
 * exactly once if something jumps there. */
#define as_place(a, label)		as_place_(AS_(a), label)

/*
 * as_finish - resolve the jumps.  Returns the number of instructions, or -1
 * with a->error (static text) and a->error_line set.  Errors: a register
 * that is not R0..R10 or is read-only (R10 as destination), offset or
 * immediate out of range, stack access outside -512..-1 off R10 or not
 * aligned to its size, unknown operation or size for the class, no such
 * helper, symbol without a name, division by the constant zero, shift by the
 * width or more, label jumped to and never placed, placed twice or foreign
 * (not a number as_label() gave), jump past the end, program empty or not
 * ending in exit or ja, unreachable instruction, table full.  A jump cannot
 * be out of range: AS_MAX_INSNS sees to that.
 *
 * The range of an immediate is that of its operation: signed 32 bits where
 * the kernel extends the sign (64-bit arithmetic, jumps, stores of DW), else
 * what fits the width, signed or unsigned.
 */
int as_finish(struct as *a);

void as_alu_reg_(struct as *, int op, int dst, int src);
void as_alu_imm_(struct as *, int op, int dst, int64_t imm);
void as_alu32_reg_(struct as *, int op, int dst, int src);
void as_alu32_imm_(struct as *, int op, int dst, int64_t imm);
void as_neg_(struct as *, int dst);
void as_swap_(struct as *, int to, int dst, int bits);
void as_ldx_(struct as *, int size, int dst, int src, int off);
void as_stx_(struct as *, int size, int dst, int off, int src);
void as_st_(struct as *, int size, int dst, int off, int64_t imm);
void as_xadd_(struct as *, int size, int dst, int off, int src);
void as_ld64_(struct as *, int dst, uint64_t imm);
void as_ja_(struct as *, int label);
void as_jmp_reg_(struct as *, int op, int dst, int src, int label);
void as_jmp_imm_(struct as *, int op, int dst, int64_t imm, int label);
void as_call_(struct as *, int id);
void as_exit_(struct as *);
void as_call_func_(struct as *, const char *name);
void as_ldsym_(struct as *, int kind, int dst, const char *name);
void as_core_(struct as *, int core, int dst, const char *type,
	      const char *path);
void as_arg_(struct as *, int dst, int ctx, const char *name);
void as_place_(struct as *, int label);

/* ---- disassembler ----------------------------------------------------- */

/*
 * insn_format - one instruction as the verifier prints it, for example
 * "r1 = *(u16 *)(r10 -18)" or "if r4 != 0x7 goto pc+23".
 * @insn points at one instruction, two when it is a ld_imm64 (@left >= 2
 * instructions are readable then).  Writes at most @len bytes with the NUL
 * and never fails: what is no instruction is printed as "(bad xx)", with the
 * opcode in hex.  80 bytes hold every text.  With @left 0 nothing is read.
 * Returns the number of slots it took, 1 or 2.
 */
int insn_format(char *buf, size_t len, const struct bpf_insn *insn,
		size_t left);

/*
 * insn_dump - a listing: index, text, labels of jump targets ("L3:"),
 * relocations by name behind the instruction, source lines between them.
 * Labels bear the index of their instruction:
 *
 *   ; progs/x.c:42: if (!count)
 *       17: if r0 == 0x0 goto pc+3 <L21>
 *       18: r1 = 0x0                                ; map counts
 *   ...
 *   L21:
 *       21: exit
 *
 * @relocs and @lines may be NULL with their counts 0; both are sorted by
 * instruction.  Control characters in their strings are printed as '?'.
 * Write errors are left in @out.
 */
void insn_dump(FILE *out, const struct bpf_insn *insns, size_t ninsns,
	       const struct reloc *relocs, size_t nrelocs,
	       const struct line *lines, size_t nlines);

/* helper_name - "map_lookup_elem" for 1; NULL for an id we do not know. */
const char *helper_name(int id);

#endif

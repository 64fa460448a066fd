/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The assembler of insn/: what each mnemonic encodes, each error with the
 * line that made it, and relocations.  Jumps: test_jumps.c.
 */
#include <stdint.h>
#include <string.h>

#include "btf/btf.h"
#include "insn/insn.h"
#include "t/check.h"

Suite *suite_insn(void);

/* Large, so not on the stack; every test starts it afresh. */
static struct as prog;

enum verb {
	MOV, MOVI, ALU, ALUI, ALU32, ALUI32, NEG, SWAP, LDX, STX, ST, XADD,
	LD64, JA, JMP, JMPI, CALL, EXIT, LDMAP, LDCONST, FIELD_OFF, FIELD_SZ,
	FIELD_IS, ARG,
};

/* Opcodes as numbers: the test does not trust the headers either. */
struct row {
	enum verb verb;
	int64_t arg[4];
	uint8_t code, dst, src;
	int16_t off;
	int32_t imm, upper;
	const char *text;
};

#define ALU_ROWS(op, x64, k64, x32, k32, sign) \
	{ ALU, { op, 1, 2 }, x64, 1, 2, 0, 0, 0, "r1 " sign " r2" }, \
	{ ALUI, { op, 9, 7 }, k64, 9, 0, 0, 7, 0, "r9 " sign " 7" }, \
	{ ALU32, { op, 3, 10 }, x32, 3, 10, 0, 0, 0, "w3 " sign " w10" }, \
	{ ALUI32, { op, 0, 31 }, k32, 0, 0, 0, 31, 0, "w0 " sign " 31" }
#define JMP_ROWS(op, x, k, sign) \
	{ JMP, { op, 1, 2 }, x, 1, 2, 1, 0, 0, \
	  "if r1 " sign " r2 goto pc+1" }, \
	{ JMPI, { op, 10, -2 }, k, 10, 0, 1, -2, 0, \
	  "if r10 " sign " 0xfffffffe goto pc+1" }
#define MEM_ROWS(size, ldx, stx, st, type) \
	{ LDX, { size, 1, 10, -16 }, ldx, 1, 10, -16, 0, 0, \
	  "r1 = *(" type " *)(r10 -16)" }, \
	{ STX, { size, 2, 32767, 3 }, stx, 2, 3, 32767, 0, 0, \
	  "*(" type " *)(r2 +32767) = r3" }, \
	{ ST, { size, 10, -8, -1 }, st, 10, 0, -8, -1, 0, \
	  "*(" type " *)(r10 -8) = -1" }

static const struct row rows[] = {
	{ MOV, { 6, 1 }, 0xbf, 6, 1, 0, 0, 0, "r6 = r1" },
	{ MOVI, { 0, INT32_MIN }, 0xb7, 0, 0, 0, INT32_MIN, 0,
	  "r0 = -2147483648" },
	ALU_ROWS(BPF_ADD, 0x0f, 0x07, 0x0c, 0x04, "+="),
	ALU_ROWS(BPF_SUB, 0x1f, 0x17, 0x1c, 0x14, "-="),
	ALU_ROWS(BPF_MUL, 0x2f, 0x27, 0x2c, 0x24, "*="),
	ALU_ROWS(BPF_DIV, 0x3f, 0x37, 0x3c, 0x34, "/="),
	ALU_ROWS(BPF_OR, 0x4f, 0x47, 0x4c, 0x44, "|="),
	ALU_ROWS(BPF_AND, 0x5f, 0x57, 0x5c, 0x54, "&="),
	ALU_ROWS(BPF_LSH, 0x6f, 0x67, 0x6c, 0x64, "<<="),
	ALU_ROWS(BPF_RSH, 0x7f, 0x77, 0x7c, 0x74, ">>="),
	ALU_ROWS(BPF_MOD, 0x9f, 0x97, 0x9c, 0x94, "%="),
	ALU_ROWS(BPF_XOR, 0xaf, 0xa7, 0xac, 0xa4, "^="),
	ALU_ROWS(BPF_MOV, 0xbf, 0xb7, 0xbc, 0xb4, "="),
	{ ALU, { BPF_ARSH, 1, 2 }, 0xcf, 1, 2, 0, 0, 0, "r1 s>>= r2" },
	{ ALUI, { BPF_ARSH, 1, 63 }, 0xc7, 1, 0, 0, 63, 0, "r1 s>>= 63" },
	{ ALUI32, { BPF_AND, 1, UINT32_MAX }, 0x54, 1, 0, 0, -1, 0,
	  "w1 &= -1" },
	{ NEG, { 4 }, 0x87, 4, 0, 0, 0, 0, "r4 = -r4" },
	{ SWAP, { BPF_TO_BE, 1, 16 }, 0xdc, 1, 0, 0, 16, 0, "r1 = be16 r1" },
	{ SWAP, { BPF_TO_BE, 1, 32 }, 0xdc, 1, 0, 0, 32, 0, "r1 = be32 r1" },
	{ SWAP, { BPF_TO_BE, 9, 64 }, 0xdc, 9, 0, 0, 64, 0, "r9 = be64 r9" },
	{ SWAP, { BPF_TO_LE, 1, 16 }, 0xd4, 1, 0, 0, 16, 0, "r1 = le16 r1" },
	{ SWAP, { BPF_TO_LE, 1, 32 }, 0xd4, 1, 0, 0, 32, 0, "r1 = le32 r1" },
	{ SWAP, { BPF_TO_LE, 1, 64 }, 0xd4, 1, 0, 0, 64, 0, "r1 = le64 r1" },
	MEM_ROWS(BPF_W, 0x61, 0x63, 0x62, "u32"),
	MEM_ROWS(BPF_H, 0x69, 0x6b, 0x6a, "u16"),
	MEM_ROWS(BPF_B, 0x71, 0x73, 0x72, "u8"),
	MEM_ROWS(BPF_DW, 0x79, 0x7b, 0x7a, "u64"),
	{ ST, { BPF_W, 1, -32768, UINT32_MAX }, 0x62, 1, 0, -32768, -1, 0,
	  "*(u32 *)(r1 -32768) = -1" },
	{ ST, { BPF_B, 1, 0, 255 }, 0x72, 1, 0, 0, 255, 0,
	  "*(u8 *)(r1 +0) = 255" },
	{ XADD, { BPF_W, 1, 4, 2 }, 0xc3, 1, 2, 4, 0, 0,
	  "lock *(u32 *)(r1 +4) += r2" },
	{ XADD, { BPF_DW, 10, -8, 2 }, 0xdb, 10, 2, -8, 0, 0,
	  "lock *(u64 *)(r10 -8) += r2" },
	{ LD64, { 1, 0 }, 0x18, 1, 0, 0, 0, 0, "r1 = 0x0" },
	{ LD64, { 9, INT64_C(0x123456789abcdef0) }, 0x18, 9, 0, 0,
	  (int32_t)0x9abcdef0, 0x12345678, "r9 = 0x123456789abcdef0" },
	{ LD64, { 2, -1 }, 0x18, 2, 0, 0, -1, -1, "r2 = 0xffffffffffffffff" },
	{ JA, { 0 }, 0x05, 0, 0, 1, 0, 0, "goto pc+1" },
	JMP_ROWS(BPF_JEQ, 0x1d, 0x15, "=="),
	JMP_ROWS(BPF_JGT, 0x2d, 0x25, ">"),
	JMP_ROWS(BPF_JGE, 0x3d, 0x35, ">="),
	JMP_ROWS(BPF_JSET, 0x4d, 0x45, "&"),
	JMP_ROWS(BPF_JNE, 0x5d, 0x55, "!="),
	JMP_ROWS(BPF_JSGT, 0x6d, 0x65, "s>"),
	JMP_ROWS(BPF_JSGE, 0x7d, 0x75, "s>="),
	{ CALL, { 1 }, 0x85, 0, 0, 0, 1, 0, "call bpf_map_lookup_elem#1" },
	{ CALL, { 113 }, 0x85, 0, 0, 0, 113, 0,
	  "call bpf_probe_read_kernel#113" },
	{ EXIT, { 0 }, 0x95, 0, 0, 0, 0, 0, "exit" },
	{ LDMAP, { 1 }, 0x18, 1, 0, 0, 0, 0, "r1 = 0x0" },
	{ LDCONST, { 2 }, 0x18, 2, 0, 0, 0, 0, "r2 = 0x0" },
	{ FIELD_OFF, { 3 }, 0xb7, 3, 0, 0, 0, 0, "r3 = 0" },
	{ FIELD_SZ, { 4 }, 0xb7, 4, 0, 0, 0, 0, "r4 = 0" },
	{ FIELD_IS, { 5 }, 0xb7, 5, 0, 0, 0, 0, "r5 = 0" },
	{ ARG, { 6, 1 }, 0x79, 6, 1, 0, 0, 0, "r6 = *(u64 *)(r1 +0)" },
};

#define NROWS (sizeof(rows) / sizeof(rows[0]))

/* Arguments wider than int are for those that take 64 bits. */
static void emit_symbol(struct as *a, const struct row *r)
{
	int dst = (int)r->arg[0];

	switch (r->verb) {
	case LDMAP: as_ldmap(a, dst, "counts"); break;
	case LDCONST: as_ldconst(a, dst, "min_us"); break;
	case FIELD_OFF: as_field(a, dst, "struct sock", "a.b"); break;
	case FIELD_SZ: as_field_size(a, dst, "struct sock", "a.b"); break;
	case FIELD_IS: as_field_exists(a, dst, "struct sock", "a.b"); break;
	case ARG: as_arg(a, dst, (int)r->arg[1], "sk"); break;
	default: ck_abort_msg("verb %d", r->verb);
	}
}

static void emit(struct as *a, const struct row *r, int label)
{
	int x = (int)r->arg[0], y = (int)r->arg[1], z = (int)r->arg[2];
	int64_t imm = r->arg[2];

	switch (r->verb) {
	case MOV: as_mov(a, x, y); break;
	case MOVI: as_movi(a, x, r->arg[1]); break;
	case ALU: as_alu(a, x, y, z); break;
	case ALUI: as_alui(a, x, y, imm); break;
	case ALU32: as_alu32(a, x, y, z); break;
	case ALUI32: as_alui32(a, x, y, imm); break;
	case NEG: as_neg(a, x); break;
	case SWAP: as_swap(a, x, y, z); break;
	case LDX: as_ldx(a, x, y, z, (int)r->arg[3]); break;
	case STX: as_stx(a, x, y, z, (int)r->arg[3]); break;
	case ST: as_st(a, x, y, z, r->arg[3]); break;
	case XADD: as_xadd(a, x, y, z, (int)r->arg[3]); break;
	case LD64: as_ld64(a, x, (uint64_t)r->arg[1]); break;
	case JA: as_ja(a, label); break;
	case JMP: as_jmp(a, x, y, z, label); break;
	case JMPI: as_jmpi(a, x, y, imm, label); break;
	case CALL: as_call(a, x); break;
	case EXIT: as_exit(a); break;
	default: emit_symbol(a, r);
	}
}

/* The bytes the kernel reads; bitfields start where the machine's do. */
static void expect_bytes(const struct row *r, const struct bpf_insn *have)
{
	const uint16_t one = 1;
	uint8_t want[8], low_first;

	memcpy(&low_first, &one, 1);
	want[0] = r->code;
	want[1] = (uint8_t)(low_first ? r->src << 4 | r->dst :
				       r->dst << 4 | r->src);
	memcpy(want + 2, &r->off, 2);
	memcpy(want + 4, &r->imm, 4);
	ck_assert_mem_eq(have, want, 8);
	if (r->code == 0x18) {
		memset(want, 0, 4);
		memcpy(want + 4, &r->upper, 4);
		ck_assert_mem_eq(have + 1, want, 8);
	}
}

/* Every row stands at 1, where both ways reach the jump's target. */
START_TEST(mnemonics)
{
	const struct row *r = &rows[_i];
	struct as *a = &prog;
	char text[80];
	int slots = r->code == 0x18 ? 2 : 1, mid, end;

	as_init(a);
	mid = as_label(a);
	end = as_label(a);
	as_jmpi(a, BPF_JEQ, 0, 0, mid);
	emit(a, r, end);
	as_place(a, mid);
	as_movi(a, 0, 0);
	as_place(a, end);
	as_exit(a);
	ck_assert_msg(as_finish(a) == slots + 3, "%s: %s", r->text, a->error);
	expect_bytes(r, &a->insns[1]);
	ck_assert_int_eq(insn_format(text, sizeof(text), &a->insns[1],
				     (size_t)slots), slots);
	ck_assert_str_eq(text, r->text);
}
END_TEST

/* After an error nothing changes any more, neither program nor error. */
START_TEST(sticky)
{
	struct as *a = &prog;
	int label, line;
	size_t i;

	as_init(a);
	label = as_label(a);
	as_movi(a, 0, 0);
	as_movi(a, 11, 0); line = __LINE__;
	for (i = 0; i < NROWS; i++)
		emit(a, &rows[i], label);
	as_movi(a, 10, 0);
	as_place(a, label);
	ck_assert_int_eq(as_label(a), -1);
	ck_assert_int_eq(as_finish(a), -1);
	ck_assert_int_eq(as_finish(a), -1);
	ck_assert_str_eq(a->error, "no such register");
	ck_assert_int_eq(a->error_line, line);
	ck_assert_uint_eq(a->ninsns, 1);
	ck_assert_uint_eq(a->nrelocs, 0);
	ck_assert_uint_eq(a->njumps, 0);
	ck_assert_uint_eq(a->nlabels, 1);
	ck_assert_int_eq(a->label_at[0], -1);
	as_init(a);
	ck_assert_ptr_null(a->error);
	ck_assert_str_eq(a->file, __FILE__);
}
END_TEST

static void expect_error(int line, const char *why)
{
	struct as *a = &prog;

	ck_assert_int_eq(as_finish(a), -1);
	ck_assert_msg(a->error && !strcmp(a->error, why), "line %d: %s", line,
		      a->error);
	ck_assert_msg(a->error_line == line, "line %d: error at %d", line,
		      a->error_line);
}

/* @call is the first of a program and fails at once, leaving nothing. */
#define FAILS(why, call) do { \
	as_init(a); \
	call; \
	ck_assert_uint_eq(a->ninsns + a->nrelocs + a->njumps, 0); \
	expect_error(__LINE__, why); \
} while (0)

#define NO_REG	"no such register"
#define R10_RO	"R10 is read-only"
#define BAD_IMM	"immediate out of range"
#define BAD_OFF	"offset out of range"
#define STACK	"stack access outside -512..-1"
#define ALIGN	"misaligned stack access"
#define BAD_OP	"unknown operation"
#define BAD_SZ	"unknown size"

START_TEST(errors_operands)
{
	const int64_t big = (int64_t)INT32_MAX + 1;
	struct as *a = &prog;

	FAILS(NO_REG, as_mov(a, 11, 0));
	FAILS(NO_REG, as_mov(a, 0, -1));
	FAILS(NO_REG, as_alu32(a, BPF_ADD, 0, 16));
	FAILS(NO_REG, as_ldx(a, BPF_W, 0, 11, 0));
	FAILS(NO_REG, as_stx(a, BPF_W, 0, 0, 11));
	FAILS(NO_REG, as_st(a, BPF_W, 11, 0, 0));
	FAILS(NO_REG, as_xadd(a, BPF_W, 0, 0, 11));
	FAILS(R10_RO, as_mov(a, 10, 1));
	FAILS(R10_RO, as_alui(a, BPF_ADD, 10, 1));
	FAILS(R10_RO, as_alui32(a, BPF_ADD, 10, 1));
	FAILS(R10_RO, as_neg(a, 10));
	FAILS(R10_RO, as_swap(a, BPF_TO_BE, 10, 16));
	FAILS(R10_RO, as_ldx(a, BPF_W, 10, 1, 0));
	FAILS(R10_RO, as_ld64(a, 10, 0));
	FAILS(R10_RO, as_ldmap(a, 10, "m"));
	FAILS(R10_RO, as_field(a, 10, "struct sock", "x"));
	FAILS(R10_RO, as_arg(a, 10, 1, "sk"));
	FAILS(BAD_IMM, as_movi(a, 0, big));
	FAILS(BAD_IMM, as_movi(a, 0, -big - 1));
	FAILS(BAD_IMM, as_alui32(a, BPF_ADD, 0, INT64_C(1) << 32));
	FAILS(BAD_IMM, as_st(a, BPF_DW, 1, 0, big));
	FAILS(BAD_IMM, as_st(a, BPF_W, 1, 0, 2 * big));
	FAILS(BAD_IMM, as_st(a, BPF_H, 1, 0, 65536));
	FAILS(BAD_IMM, as_st(a, BPF_B, 1, 0, -129));
	FAILS(BAD_OFF, as_ldx(a, BPF_W, 0, 1, 32768));
	FAILS(BAD_OFF, as_stx(a, BPF_W, 1, -32769, 0));
	FAILS(BAD_OFF, as_st(a, BPF_W, 10, 32768, 0));
	FAILS(STACK, as_ldx(a, BPF_B, 0, 10, 0));
	FAILS(STACK, as_ldx(a, BPF_DW, 0, 10, -520));
	FAILS(STACK, as_stx(a, BPF_DW, 10, -4, 0));
	FAILS(STACK, as_st(a, BPF_H, 10, -1, 0));
	FAILS(STACK, as_xadd(a, BPF_W, 10, -516, 0));
	FAILS(STACK, as_arg(a, 0, 10, "sk"));
	FAILS(ALIGN, as_ldx(a, BPF_DW, 0, 10, -12));
	FAILS(ALIGN, as_st(a, BPF_H, 10, -511, 0));
}
END_TEST

START_TEST(errors_operations)
{
	struct as *a = &prog;
	int l = 0;

	FAILS(BAD_OP, as_alu(a, BPF_NEG, 0, 0));
	FAILS(BAD_OP, as_alui(a, BPF_END, 0, 16));
	FAILS(BAD_OP, as_alu(a, 0xe0, 0, 0));
	FAILS(BAD_OP, as_alu32(a, BPF_ARSH, 0, 1));
	FAILS(BAD_OP, as_alui32(a, BPF_ARSH, 0, 1));
	FAILS(BAD_OP, as_swap(a, 1, 0, 16));
	FAILS(BAD_OP, as_jmpi(a, BPF_JA, 0, 0, l));
	FAILS(BAD_OP, as_jmpi(a, 0xa0, 0, 0, l));	/* JLT */
	FAILS(BAD_OP, as_jmp(a, 0xd0, 0, 0, l));	/* JSLE */
	FAILS(BAD_OP, as_jmp(a, BPF_CALL, 0, 0, l));
	FAILS(BAD_OP, as_core_(AS_(a), 13, 0, "struct sock", "x"));
	FAILS(BAD_OP, as_ldsym_(AS_(a), RELOC_FUNC, 0, "f"));
	FAILS(BAD_SZ, as_swap(a, BPF_TO_BE, 0, 8));
	FAILS(BAD_SZ, as_ldx(a, 0x20, 0, 1, 0));
	FAILS(BAD_SZ, as_st(a, 4, 1, 0, 0));
	FAILS(BAD_SZ, as_xadd(a, BPF_H, 1, 0, 0));
	FAILS(BAD_SZ, as_xadd(a, BPF_B, 1, 0, 0));
	FAILS("division by zero", as_alui(a, BPF_DIV, 0, 0));
	FAILS("division by zero", as_alui32(a, BPF_MOD, 0, 0));
	FAILS("shift by the width or more", as_alui(a, BPF_LSH, 0, 64));
	FAILS("shift by the width or more", as_alui(a, BPF_ARSH, 0, -1));
	FAILS("shift by the width or more", as_alui32(a, BPF_RSH, 0, 32));
	FAILS("no such helper", as_call(a, 0));
	FAILS("no such helper", as_call(a, -1));
	FAILS("no such helper", as_call(a, 100000));
	FAILS("name missing", as_ldmap(a, 0, NULL));
	FAILS("name missing", as_ldconst(a, 0, ""));
	FAILS("name missing", as_field(a, 0, NULL, "x"));
	FAILS("name missing", as_field(a, 0, "struct sock", NULL));
	FAILS("name missing", as_arg(a, 0, 1, ""));
	FAILS("no such label", as_ja(a, 0));
	FAILS("no such label", as_jmpi(a, BPF_JEQ, 0, 0, -1));
	FAILS("no such label", as_place(a, 0));
}
END_TEST

START_TEST(errors_program)
{
	struct as *a = &prog;
	int l, line;

	as_init(a);
	expect_error(0, "empty program");

	as_init(a);
	l = as_label(a);
	as_place(a, l);
	as_exit(a);
	as_place(a, l); line = __LINE__;
	expect_error(line, "label placed twice");

	as_init(a);
	l = as_label(a);
	as_jmpi(a, BPF_JEQ, 1, 0, l); line = __LINE__;
	as_exit(a);
	expect_error(line, "label never placed");

	as_init(a);
	l = as_label(a);
	as_jmpi(a, BPF_JEQ, 1, 0, l); line = __LINE__;
	as_exit(a);
	as_place(a, l);
	expect_error(line, "jump past the end");

	as_init(a);
	as_movi(a, 0, 0);
	as_ld64(a, 0, 0x9500000095); line = __LINE__;
	expect_error(line, "program does not end in exit or ja");

	as_init(a);
	l = as_label(a);
	as_ja(a, l);
	as_movi(a, 0, 1); line = __LINE__;
	as_place(a, l);
	as_exit(a);
	expect_error(line, "unreachable instruction");

	/* a label that nothing jumps to may go without a place */
	as_init(a);
	as_label(a);
	as_exit(a);
	ck_assert_int_eq(as_finish(a), 1);
	ck_assert_int_eq(as_finish(a), 1);
}
END_TEST

START_TEST(errors_full)
{
	struct as *a = &prog;
	int i, line;

	as_init(a);
	for (i = 0; i < AS_MAX_INSNS - 1; i++)
		as_movi(a, 0, i);
	as_exit(a);
	ck_assert_int_eq(as_finish(a), AS_MAX_INSNS);
	as_exit(a); line = __LINE__;
	expect_error(line, "too many instructions");

	as_init(a);
	for (i = 0; i < AS_MAX_INSNS - 1; i++)
		as_movi(a, 0, i);
	as_ldmap(a, 1, "counts"); line = __LINE__;
	ck_assert_uint_eq(a->ninsns, AS_MAX_INSNS - 1);
	ck_assert_uint_eq(a->nrelocs, 0);
	expect_error(line, "too many instructions");

	as_init(a);
	for (i = 0; i < AS_MAX_RELOCS; i++)
		as_field(a, 0, "struct sock", "x");
	ck_assert_ptr_null(a->error);
	as_arg(a, 0, 1, "sk"); line = __LINE__;
	ck_assert_uint_eq(a->ninsns, AS_MAX_RELOCS);
	expect_error(line, "too many relocations");

	as_init(a);
	for (i = 0; i < AS_MAX_LABELS; i++)
		ck_assert_int_eq(as_label(a), i);
	ck_assert_int_eq(as_label(a), -1);
	expect_error(0, "too many labels");
}
END_TEST

static void expect_core(const struct reloc *r, uint32_t insn, int core,
			const char *type, const char *path)
{
	ck_assert_uint_eq(r->insn, insn);
	ck_assert_int_eq(r->kind, RELOC_CORE);
	ck_assert_int_eq(r->core, core);
	ck_assert_str_eq(r->name, type);
	ck_assert_str_eq(r->path, path);
	ck_assert_int_eq(r->local_bitfield, 0);
	ck_assert_uint_eq(r->addend, 0);
	ck_assert_uint_eq(r->type_id, 0);
}

START_TEST(relocations)
{
	const char *t = "struct sock", *p = "__sk_common.skc_dport";
	struct as *a = &prog;
	const struct reloc *r = a->relocs;

	as_init(a);
	as_ldmap(a, 1, "counts");
	as_ldconst(a, 2, "min_us");
	as_field(a, 3, t, p);
	as_field_size(a, 4, t, p);
	as_field_exists(a, 5, t, p);
	as_arg(a, 6, 1, "sk");
	as_exit(a);
	ck_assert_int_eq(as_finish(a), 9);
	ck_assert_uint_eq(a->nrelocs, 6);
	ck_assert_uint_eq(r[0].insn, 0);
	ck_assert_int_eq(r[0].kind, RELOC_MAP);
	ck_assert_str_eq(r[0].name, "counts");
	ck_assert_uint_eq(r[1].insn, 2);
	ck_assert_int_eq(r[1].kind, RELOC_CONST);
	ck_assert_str_eq(r[1].name, "min_us");
	expect_core(&r[2], 4, CORE_FIELD_BYTE_OFFSET, t, p);
	expect_core(&r[3], 5, CORE_FIELD_BYTE_SIZE, t, p);
	expect_core(&r[4], 6, CORE_FIELD_EXISTS, t, p);
	ck_assert_int_eq(r[2].local_class, FIELD_NONE);
	ck_assert_uint_eq(r[2].local_size, 0);
	expect_core(&r[5], 7, CORE_FIELD_BYTE_OFFSET, "struct probe", "sk");
	ck_assert_int_eq(r[5].local_class, FIELD_UNSIGNED);
	ck_assert_uint_eq(r[5].local_size, 8);
}
END_TEST

Suite *suite_insn(void)
{
	Suite *s = suite_create("insn");
	TCase *t = tcase_create("assembler");

	tcase_add_loop_test(t, mnemonics, 0, (int)NROWS);
	tcase_add_test(t, sticky);
	tcase_add_test(t, errors_operands);
	tcase_add_test(t, errors_operations);
	tcase_add_test(t, errors_program);
	tcase_add_test(t, errors_full);
	tcase_add_test(t, relocations);
	suite_add_tcase(s, t);
	return s;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * insn_format - one instruction as text.
 *
 * The notation is that of kernel/bpf/disasm.c as of Linux 6.18, without its
 * "(xx) " prefix, and for references that only a kernel could resolve that of
 * `bpftool prog dump`.  Where an operation has variants in `off` or `imm`, a
 * value that names none makes the instruction bad; so no two operations look
 * alike.  Fields that an operation does not use are not looked at.
 *
 * Each function prints one class and returns false for what is not in it.
 */
#include "insn.h"

#include <inttypes.h>

#include "insn_int.h"

/* Discriminators that the UAPI header has as enumerators, not as macros. */
#define OFF_SIGNED_DIV		1	/* 6.6: sdiv, smod */
#define OFF_ADDR_SPACE_CAST	1	/* 6.9: mov */
#define SRC_MAY_GOTO		0	/* 6.9: jcond */

/* Indexed by the operation's upper four bits; NULL: printed elsewhere. */
static const char *const alu_ops[16] = {
	"+=", "-=", "*=", "/=", "|=", "&=", "<<=", ">>=",
	NULL, "%=", "^=", "=", "s>>=", NULL, NULL, NULL,
};

static const char *const jmp_ops[16] = {
	NULL, "==", ">", ">=", "&", "!=", "s>", "s>=",
	NULL, NULL, "<", "<=", "s<", "s<=", NULL, NULL,
};

/* Indexed by BPF_SIZE() >> 3: W H B DW. */
static const char *const sizes[4] = { "u32", "u16", "u8", "u64" };
static const char *const signed_sizes[4] = { "s32", "s16", "s8", NULL };

static bool is_32bit(const struct bpf_insn *i)
{
	return BPF_CLASS(i->code) == BPF_ALU ||
	       BPF_CLASS(i->code) == BPF_JMP32;
}

static bool format_swap(char *buf, size_t len, const struct bpf_insn *i)
{
	const char *to = BPF_SRC(i->code) == BPF_TO_BE ? "be" : "le";

	if (i->imm != 16 && i->imm != 32 && i->imm != 64)
		return false;
	if (BPF_CLASS(i->code) == BPF_ALU64) {
		if (BPF_SRC(i->code) == BPF_TO_BE)
			return false;
		to = "bswap";	/* mcpu v4: always, of either byte order */
	}
	snprintf(buf, len, "r%d = %s%d r%d", i->dst_reg, to, i->imm,
		 i->dst_reg);
	return true;
}

/* mov reg: plain, from a narrower signed register, or between arenas. */
static bool format_mov(char *buf, size_t len, const struct bpf_insn *i)
{
	char c = is_32bit(i) ? 'w' : 'r';

	if (i->off == 0) {
		snprintf(buf, len, "%c%d = %c%d", c, i->dst_reg, c,
			 i->src_reg);
	} else if (i->off == 8 || i->off == 16 ||
		   (i->off == 32 && c == 'r')) {
		snprintf(buf, len, "%c%d = (s%d)%c%d", c, i->dst_reg, i->off,
			 c, i->src_reg);
	} else if (i->off == OFF_ADDR_SPACE_CAST && c == 'r') {
		snprintf(buf, len, "r%d = addr_space_cast(r%d, %u, %u)",
			 i->dst_reg, i->src_reg, (uint32_t)i->imm >> 16,
			 (uint32_t)i->imm & 0xffff);
	} else {
		return false;
	}
	return true;
}

static bool format_alu(char *buf, size_t len, const struct bpf_insn *i)
{
	const char *op = alu_ops[BPF_OP(i->code) >> 4], *sign = "";
	char c = is_32bit(i) ? 'w' : 'r';

	if (BPF_OP(i->code) == BPF_END)
		return format_swap(buf, len, i);
	if (i->code == (BPF_CLASS(i->code) | BPF_NEG)) {
		snprintf(buf, len, "%c%d = -%c%d", c, i->dst_reg, c,
			 i->dst_reg);
		return true;
	}
	if (!op)
		return false;
	if (BPF_OP(i->code) == BPF_MOV && BPF_SRC(i->code) == BPF_X)
		return format_mov(buf, len, i);
	if (i->off) {
		if (i->off != OFF_SIGNED_DIV || (BPF_OP(i->code) != BPF_DIV &&
						 BPF_OP(i->code) != BPF_MOD))
			return false;
		sign = "s";
	}
	if (BPF_SRC(i->code) == BPF_X)
		snprintf(buf, len, "%c%d %s%s %c%d", c, i->dst_reg, sign, op,
			 c, i->src_reg);
	else
		snprintf(buf, len, "%c%d %s%s %d", c, i->dst_reg, sign, op,
			 i->imm);
	return true;
}

static bool format_call(char *buf, size_t len, const struct bpf_insn *i)
{
	const char *name = i->imm ? helper_name(i->imm) : "unspec";

	switch (i->src_reg) {
	case 0:
		if (name)
			snprintf(buf, len, "call bpf_%s#%d", name, i->imm);
		else
			snprintf(buf, len, "call unknown#%d", i->imm);
		return true;
	case BPF_PSEUDO_CALL:
		snprintf(buf, len, "call pc%+d", i->imm);
		return true;
	case BPF_PSEUDO_KFUNC_CALL:
		/* off: which BTF of the program's fd_array, 0 for vmlinux */
		if (i->off)
			snprintf(buf, len, "call kfunc#%d btf[%d]", i->imm,
				 i->off);
		else
			snprintf(buf, len, "call kfunc#%d", i->imm);
		return true;
	}
	return false;
}

/* Jumps without a condition, by their whole opcode. */
static bool format_goto(char *buf, size_t len, const struct bpf_insn *i)
{
	switch (i->code) {
	case BPF_JMP | BPF_JA:
		snprintf(buf, len, "goto pc%+d", i->off);
		return true;
	case BPF_JMP | BPF_JA | BPF_X:	/* 6.19: through a table */
		snprintf(buf, len, "gotox r%d", i->dst_reg);
		return true;
	case BPF_JMP32 | BPF_JA:
		snprintf(buf, len, "gotol pc%+d", i->imm);
		return true;
	case BPF_JMP | BPF_JCOND:
		if (i->src_reg != SRC_MAY_GOTO)
			return false;
		snprintf(buf, len, "may_goto pc%+d", i->off);
		return true;
	case BPF_JMP | BPF_EXIT:
		snprintf(buf, len, "exit");
		return true;
	case BPF_JMP | BPF_CALL:
		return format_call(buf, len, i);
	}
	return false;
}

static bool format_jmp(char *buf, size_t len, const struct bpf_insn *i)
{
	const char *op = jmp_ops[BPF_OP(i->code) >> 4];
	char c = is_32bit(i) ? 'w' : 'r';

	if (!op)
		return format_goto(buf, len, i);
	if (BPF_SRC(i->code) == BPF_X)
		snprintf(buf, len, "if %c%d %s %c%d goto pc%+d", c, i->dst_reg,
			 op, c, i->src_reg, i->off);
	else
		snprintf(buf, len, "if %c%d %s 0x%x goto pc%+d", c, i->dst_reg,
			 op, (uint32_t)i->imm, i->off);
	return true;
}

static bool format_ldx(char *buf, size_t len, const struct bpf_insn *i)
{
	const char *size = NULL;

	if (BPF_MODE(i->code) == BPF_MEM)
		size = sizes[BPF_SIZE(i->code) >> 3];
	else if (BPF_MODE(i->code) == BPF_MEMSX)
		size = signed_sizes[BPF_SIZE(i->code) >> 3];
	if (!size)
		return false;
	snprintf(buf, len, "r%d = *(%s *)(r%d %+d)", i->dst_reg, size,
		 i->src_reg, i->off);
	return true;
}

/* The two that exist for bytes and half words, too. */
static bool format_ordered(char *buf, size_t len, const struct bpf_insn *i)
{
	const char *size = sizes[BPF_SIZE(i->code) >> 3];

	if (i->imm == BPF_LOAD_ACQ)
		snprintf(buf, len, "r%d = load_acquire((%s *)(r%d %+d))",
			 i->dst_reg, size, i->src_reg, i->off);
	else if (i->imm == BPF_STORE_REL)
		snprintf(buf, len, "store_release((%s *)(r%d %+d), r%d)",
			 size, i->dst_reg, i->off, i->src_reg);
	else
		return false;
	return true;
}

static bool format_atomic(char *buf, size_t len, const struct bpf_insn *i)
{
	const char *size = sizes[BPF_SIZE(i->code) >> 3];
	const char *bits = BPF_SIZE(i->code) == BPF_DW ? "64" : "";
	const char *op = NULL;

	if (format_ordered(buf, len, i))
		return true;
	if (BPF_SIZE(i->code) != BPF_W && BPF_SIZE(i->code) != BPF_DW)
		return false;
	switch (i->imm) {
	case BPF_ADD: case BPF_OR: case BPF_AND: case BPF_XOR:
		snprintf(buf, len, "lock *(%s *)(r%d %+d) %s r%d", size,
			 i->dst_reg, i->off, alu_ops[i->imm >> 4], i->src_reg);
		return true;
	case BPF_ADD | BPF_FETCH: op = "fetch_add"; break;
	case BPF_OR | BPF_FETCH: op = "fetch_or"; break;
	case BPF_AND | BPF_FETCH: op = "fetch_and"; break;
	case BPF_XOR | BPF_FETCH: op = "fetch_xor"; break;
	case BPF_XCHG: op = "xchg"; break;
	case BPF_CMPXCHG:
		snprintf(buf, len, "r0 = atomic%s_cmpxchg((%s *)(r%d %+d), "
			 "r0, r%d)", bits, size, i->dst_reg, i->off,
			 i->src_reg);
		return true;
	default:
		return false;
	}
	snprintf(buf, len, "r%d = atomic%s_%s((%s *)(r%d %+d), r%d)",
		 i->src_reg, bits, op, size, i->dst_reg, i->off, i->src_reg);
	return true;
}

static bool format_store(char *buf, size_t len, const struct bpf_insn *i)
{
	const char *size = sizes[BPF_SIZE(i->code) >> 3];
	bool reg = BPF_CLASS(i->code) == BPF_STX;

	if (reg && BPF_MODE(i->code) == BPF_ATOMIC)
		return format_atomic(buf, len, i);
	if (BPF_MODE(i->code) != BPF_MEM)
		return false;
	if (reg)
		snprintf(buf, len, "*(%s *)(r%d %+d) = r%d", size, i->dst_reg,
			 i->off, i->src_reg);
	else
		snprintf(buf, len, "*(%s *)(r%d %+d) = %d", size, i->dst_reg,
			 i->off, i->imm);
	return true;
}

/* Classic BPF's packet loads, which socket filters still have. */
static bool format_packet(char *buf, size_t len, const struct bpf_insn *i)
{
	const char *size = sizes[BPF_SIZE(i->code) >> 3];

	if (BPF_SIZE(i->code) == BPF_DW)
		return false;
	if (BPF_MODE(i->code) == BPF_ABS)
		snprintf(buf, len, "r0 = *(%s *)skb[%d]", size, i->imm);
	else if (BPF_MODE(i->code) == BPF_IND)
		snprintf(buf, len, "r0 = *(%s *)skb[r%d + %d]", size,
			 i->src_reg, i->imm);
	else
		return false;
	return true;
}

static bool format_ld64(char *buf, size_t len, const struct bpf_insn *i)
{
	uint32_t lo = (uint32_t)i[0].imm, hi = (uint32_t)i[1].imm;
	int dst = i->dst_reg;

	switch (i->src_reg) {
	case 0:
		snprintf(buf, len, "r%d = 0x%" PRIx64, dst,
			 (uint64_t)hi << 32 | lo);
		return true;
	case BPF_PSEUDO_MAP_FD:
		snprintf(buf, len, "r%d = map[fd:%d]", dst, i->imm);
		return true;
	case BPF_PSEUDO_MAP_VALUE:
		snprintf(buf, len, "r%d = map[fd:%d][0]+%u", dst, i->imm, hi);
		return true;
	case BPF_PSEUDO_BTF_ID:
		/* upper half: fd of the module's BTF, 0 for vmlinux */
		if (hi)
			snprintf(buf, len, "r%d = btf[fd:%d id:%u]", dst,
				 i[1].imm, lo);
		else
			snprintf(buf, len, "r%d = btf[id:%u]", dst, lo);
		return true;
	case BPF_PSEUDO_FUNC:
		snprintf(buf, len, "r%d = subprog[%+d]", dst, i->imm);
		return true;
	case BPF_PSEUDO_MAP_IDX:
		snprintf(buf, len, "r%d = map[idx:%u]", dst, lo);
		return true;
	case BPF_PSEUDO_MAP_IDX_VALUE:
		snprintf(buf, len, "r%d = map[idx:%u]+%u", dst, lo, hi);
		return true;
	}
	return false;
}

/* The second slot carries 32 bits of the immediate and nothing else. */
static bool is_ld64(const struct bpf_insn *i, size_t left)
{
	return left >= 2 && i->code == (BPF_LD | BPF_IMM | BPF_DW) &&
	       !i[1].code && !i[1].dst_reg && !i[1].src_reg && !i[1].off;
}

int insn_format(char *buf, size_t len, const struct bpf_insn *insn,
		size_t left)
{
	bool ok = false;

	if (left == 0) {
		snprintf(buf, len, "(bad)");
		return 1;
	}
	if (is_ld64(insn, left) && format_ld64(buf, len, insn))
		return 2;
	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU: case BPF_ALU64:
		ok = format_alu(buf, len, insn);
		break;
	case BPF_JMP: case BPF_JMP32:
		ok = format_jmp(buf, len, insn);
		break;
	case BPF_LD:
		ok = format_packet(buf, len, insn);
		break;
	case BPF_LDX:
		ok = format_ldx(buf, len, insn);
		break;
	case BPF_ST: case BPF_STX:
		ok = format_store(buf, len, insn);
		break;
	}
	if (!ok)
		snprintf(buf, len, "(bad %02x)", insn->code);
	return 1;
}

bool insn_target(const struct bpf_insn *insn, int64_t *rel)
{
	int class = BPF_CLASS(insn->code);

	*rel = (int64_t)insn->off + 1;
	if (insn->code == (BPF_LD | BPF_IMM | BPF_DW)) {
		*rel = (int64_t)insn->imm + 1;
		return insn->src_reg == BPF_PSEUDO_FUNC;
	}
	if (class != BPF_JMP && class != BPF_JMP32)
		return false;
	if (jmp_ops[BPF_OP(insn->code) >> 4])
		return true;
	switch (insn->code) {
	case BPF_JMP | BPF_JA:
		return true;
	case BPF_JMP | BPF_JCOND:
		return insn->src_reg == SRC_MAY_GOTO;
	case BPF_JMP32 | BPF_JA:
		*rel = (int64_t)insn->imm + 1;
		return true;
	case BPF_JMP | BPF_CALL:
		*rel = (int64_t)insn->imm + 1;
		return insn->src_reg == BPF_PSEUDO_CALL;
	}
	return false;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A small interpreter, to see that a program still does what it did.  It
 * runs programs before linking (constants and calls by their relocations)
 * and after, and reports what no verifier would let pass: registers without
 * a value, addresses out of bounds.
 */
#ifndef SOCKEYE_LINK_MACHINE_H
#define SOCKEYE_LINK_MACHINE_H

#include <stdbool.h>

#include "t/link_kit.h"

#define CTX_AT		0x500000000000ull
#define CTX_SIZE	16
#define STACK_AT	0x700000000000ull	/* upper end */
#define STACK_SIZE	4096
#define FRAME		512
#define STEPS		20000
#define JMP32		0x06

struct machine {
	const struct spec_prog *prog;	/* original: calls by relocation */
	uint8_t stack[STACK_SIZE], ctx[CTX_SIZE];
	uint64_t reg[11];
	uint16_t init;			/* registers that have a value */
	uint64_t log;			/* hash of all helper calls */
	uint64_t junk;			/* what calls leave in r1..r5 */
	unsigned steps, depth;
	const char *wrong;
};

static inline uint8_t *memory(struct machine *m, uint64_t at, unsigned len)
{
	if (at >= CTX_AT && at + len <= CTX_AT + CTX_SIZE)
		return m->ctx + (at - CTX_AT);
	if (at >= STACK_AT - STACK_SIZE && at + len <= STACK_AT &&
	    at >= m->reg[10] - FRAME)
		return m->stack + (at - (STACK_AT - STACK_SIZE));
	m->wrong = "bad address";
	return NULL;
}

/* The machine is little-endian, whatever this one is. */
static inline uint64_t load(struct machine *m, uint64_t at, unsigned len)
{
	const uint8_t *p = memory(m, at, len);
	uint64_t v = 0;

	while (p && len--)
		v = v << 8 | p[len];
	return v;
}

static inline void save(struct machine *m, uint64_t at, unsigned len,
			uint64_t v)
{
	uint8_t *p = memory(m, at, len);

	for (; p && len--; v >>= 8)
		*p++ = (uint8_t)v;
}

static inline uint64_t get(struct machine *m, unsigned r)
{
	if (!(m->init >> r & 1))
		m->wrong = "register without a value";
	return m->reg[r];
}

static inline void set(struct machine *m, unsigned r, uint64_t v)
{
	m->reg[r] = v;
	m->init |= (uint16_t)(1u << r);
}

static inline uint64_t swap(uint64_t v, unsigned bits, bool other_order)
{
	uint64_t r = 0;
	unsigned i;

	for (i = 0; i < bits; i += 8)
		r |= (v >> i & 0xff) << (other_order ? bits - 8 - i : i);
	return r;
}

static inline uint64_t alu(unsigned op, uint64_t a, uint64_t b, bool wide)
{
	unsigned mask = wide ? 63 : 31;
	uint64_t r = a;

	if (!wide) {
		a = (uint32_t)a;
		b = (uint32_t)b;
	}
	switch (op) {
	case BPF_ADD: r = a + b; break;
	case BPF_SUB: r = a - b; break;
	case BPF_MUL: r = a * b; break;
	case BPF_DIV: r = b ? a / b : 0; break;
	case BPF_MOD: r = b ? a % b : a; break;
	case BPF_OR: r = a | b; break;
	case BPF_AND: r = a & b; break;
	case BPF_XOR: r = a ^ b; break;
	case BPF_LSH: r = a << (b & mask); break;
	case BPF_RSH: r = a >> (b & mask); break;
	case BPF_NEG: r = 0 - a; break;
	case BPF_MOV: r = b; break;
	case BPF_ARSH:
		r = wide ? (uint64_t)((int64_t)a >> (b & mask)) :
		    (uint64_t)((int32_t)a >> (b & mask));
		break;
	}
	return wide ? r : (uint32_t)r;
}

static inline bool taken(unsigned op, uint64_t a, uint64_t b, bool wide)
{
	int64_t sa = wide ? (int64_t)a : (int32_t)a;
	int64_t sb = wide ? (int64_t)b : (int32_t)b;

	if (!wide) {
		a = (uint32_t)a;
		b = (uint32_t)b;
	}
	switch (op) {
	case BPF_JA: return true;
	case BPF_JEQ: return a == b;
	case BPF_JNE: return a != b;
	case BPF_JGT: return a > b;
	case BPF_JGE: return a >= b;
	case 0xa0: return a < b;
	case 0xb0: return a <= b;
	case BPF_JSET: return a & b;
	case BPF_JSGT: return sa > sb;
	case BPF_JSGE: return sa >= sb;
	case 0xc0: return sa < sb;
	default: return sa <= sb;
	}
}

static inline void mix(struct machine *m, uint64_t v)
{
	m->log = (m->log ^ v) * 0x9e3779b97f4a7c15ull;
	m->log ^= m->log >> 29;
}

/* 4: write r2 bytes made of r3 to r1.  14: two numbers.  5: nothing. */
static inline void helper(struct machine *m, int id)
{
	uint64_t i;

	mix(m, (uint64_t)id);
	if (id == 4) {
		mix(m, get(m, 2));
		mix(m, get(m, 3));
		for (i = 0; i < get(m, 2); i++)
			save(m, get(m, 1) + i, 1, get(m, 3) + i);
	} else if (id == 16) {
		mix(m, get(m, 1));
		mix(m, get(m, 2));
	}
}

static inline void after_call(struct machine *m, uint64_t result)
{
	unsigned r;

	for (r = 1; r <= 5; r++)
		m->reg[r] = m->junk + r;
	m->init &= (uint16_t)~0x3e;
	set(m, 0, result);
}

static inline const struct spec_prog *callee(const struct spec_prog *p,
					     uint32_t pc)
{
	uint32_t i;

	for (i = 0; i < p->nrelocs; i++)
		if (p->relocs[i].insn == pc)
			return spec_find_prog(&kit.spec, p->relocs[i].name);
	return NULL;
}

/* ld_imm64 of a constant that is not patched yet */
static inline uint64_t wide_imm(const struct machine *m,
				const struct bpf_insn *i, uint32_t pc)
{
	const struct spec_prog *p = m->prog;
	uint32_t k, c;

	for (k = 0; p && k < p->nrelocs; k++)
		for (c = 0; p->relocs[k].insn == pc &&
		     c < kit.in.nconstants; c++)
			if (!strcmp(p->relocs[k].name, kit.constants[c].name))
				return kit.constants[c].value;
	return (uint32_t)i[0].imm | (uint64_t)(uint32_t)i[1].imm << 32;
}

static inline void run(struct machine *m, const struct bpf_insn *code,
		       uint32_t n, uint32_t pc);

static inline void call(struct machine *m, const struct bpf_insn *code,
		       uint32_t n, uint32_t pc)
{
	const struct spec_prog *from = m->prog;
	uint64_t regs[11];
	unsigned r;

	if (!code[pc].src_reg) {
		helper(m, code[pc].imm);
		after_call(m, m->log);
		return;
	}
	memcpy(regs, m->reg, sizeof(regs));
	m->reg[10] -= FRAME;
	m->depth++;
	if (from) {
		m->prog = callee(from, pc);
		run(m, m->prog->insns, m->prog->ninsns, 0);
		m->prog = from;
	} else {
		run(m, code, n, (uint32_t)((int64_t)pc + 1 + code[pc].imm));
	}
	m->depth--;
	for (r = 6; r <= 10; r++)
		m->reg[r] = regs[r];
	after_call(m, m->reg[0]);
}

static inline void memory_insn(struct machine *m, const struct bpf_insn *i)
{
	static const uint8_t sizes[] = { 4, 2, 1, 8 };
	unsigned len = sizes[BPF_SIZE(i->code) >> 3];
	uint64_t at;

	if (BPF_CLASS(i->code) == BPF_LDX) {
		at = get(m, i->src_reg) + (uint64_t)(int64_t)i->off;
		set(m, i->dst_reg, load(m, at, len));
		return;
	}
	at = get(m, i->dst_reg) + (uint64_t)(int64_t)i->off;
	if (BPF_CLASS(i->code) == BPF_ST)
		save(m, at, len, (uint64_t)(int64_t)i->imm);
	else if (BPF_MODE(i->code) == BPF_MEM)
		save(m, at, len, get(m, i->src_reg));
	else
		save(m, at, len, load(m, at, len) + get(m, i->src_reg));
}

static inline void alu_insn(struct machine *m, const struct bpf_insn *i)
{
	bool wide = BPF_CLASS(i->code) == BPF_ALU64;
	unsigned op = BPF_OP(i->code);
	uint64_t a, b = (uint64_t)(int64_t)i->imm;

	if (op == BPF_END) {
		set(m, i->dst_reg, swap(get(m, i->dst_reg), (unsigned)i->imm,
					BPF_SRC(i->code) == BPF_TO_BE));
		return;
	}
	a = op == BPF_MOV ? 0 : get(m, i->dst_reg);
	if (op != BPF_NEG && BPF_SRC(i->code) == BPF_X)
		b = get(m, i->src_reg);
	set(m, i->dst_reg, alu(op, a, b, wide));
}

static inline void run(struct machine *m, const struct bpf_insn *code,
		       uint32_t n, uint32_t pc)
{
	const struct bpf_insn *i;
	uint64_t b;

	for (; !m->wrong; pc++) {
		if (pc >= n || m->depth > 6)
			m->wrong = "out of the program";
		else if (m->steps++ > STEPS)
			m->wrong = "too long";
		if (m->wrong)
			return;
		i = &code[pc];
		if (i->code == (BPF_JMP | BPF_EXIT)) {
			get(m, 0);
			return;
		}
		switch (BPF_CLASS(i->code)) {
		case BPF_ALU:
		case BPF_ALU64:
			alu_insn(m, i);
			break;
		case BPF_LD:
			set(m, i->dst_reg, wide_imm(m, i, pc));
			pc++;
			break;
		case BPF_JMP:
		case JMP32:
			if (i->code == (BPF_JMP | BPF_CALL)) {
				call(m, code, n, pc);
				break;
			}
			b = BPF_SRC(i->code) == BPF_X ? get(m, i->src_reg) :
			    (uint64_t)(int64_t)i->imm;
			if (taken(BPF_OP(i->code),
				  BPF_OP(i->code) == BPF_JA ? 0 :
				  get(m, i->dst_reg), b,
				  BPF_CLASS(i->code) == BPF_JMP))
				pc = (uint32_t)((int64_t)pc + i->off);
			break;
		default:
			memory_insn(m, i);
		}
	}
}

static inline void start(struct machine *m, const struct spec_prog *p,
			 uint32_t seed)
{
	unsigned i;

	memset(m, 0, sizeof(*m));
	m->prog = p;
	for (i = 0; i < CTX_SIZE; i++)
		m->ctx[i] = (uint8_t)(seed * 37 + i * 11);
	memset(m->stack, 0x5a, sizeof(m->stack));
	m->reg[1] = CTX_AT;
	m->reg[10] = STACK_AT;
	m->init = 1u << 1 | 1u << 10;
	m->junk = p ? 0xdead0000 : 0xbeef0000;
}

#endif

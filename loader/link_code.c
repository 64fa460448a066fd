/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * link_code - instructions as the linker holds them: read, checked, compacted.
 */
#include "link_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool ins_is_jump(const struct ins *x)
{
	int class = OP_CLASS(x->i.code), op = BPF_OP(x->i.code);

	return (class == BPF_JMP || class == OP_JMP32) && op != BPF_CALL &&
	       op != BPF_EXIT;
}

bool ins_is_ja(const struct ins *x)
{
	return x->i.code == (BPF_JMP | BPF_JA);
}

bool ins_is_exit(const struct ins *x)
{
	return x->i.code == (BPF_JMP | BPF_EXIT);
}

bool ins_is_call(const struct ins *x)
{
	return x->i.code == (BPF_JMP | BPF_CALL);
}

bool ins_is_mem(const struct ins *x)
{
	int class = OP_CLASS(x->i.code);

	return class == BPF_LDX || class == BPF_ST || class == BPF_STX;
}

static bool is_alu(const struct ins *x)
{
	int class = OP_CLASS(x->i.code);

	return class == BPF_ALU || class == BPF_ALU64;
}

unsigned ins_bytes(const struct ins *x)
{
	switch (BPF_SIZE(x->i.code)) {
	case BPF_B:
		return 1;
	case BPF_H:
		return 2;
	case BPF_W:
		return 4;
	default:
		return 8;
	}
}

bool ins_is_pure(const struct ins *x)
{
	return is_alu(x) || OP_CLASS(x->i.code) == BPF_LDX ||
	       (x->flags & INS_LD64);
}

void ins_load_const(struct ins *x, uint64_t value)
{
	uint8_t dst = x->i.dst_reg;

	memset(&x->i, 0, sizeof(x->i));
	x->i.dst_reg = dst;
	x->rel = NULL;
	if ((int64_t)value == (int32_t)value) {
		x->flags &= (uint16_t)~INS_LD64;
		x->i.code = BPF_ALU64 | BPF_MOV | BPF_K;
		x->i.imm = (int32_t)value;
	} else {
		x->flags |= INS_LD64;
		x->i.code = BPF_LD | BPF_IMM | BPF_DW;
		x->imm = value;
	}
}

static uint16_t bit(unsigned reg)
{
	return (uint16_t)(1u << reg);
}

static uint16_t call_uses(const struct ins *x)
{
	unsigned n = 5;

	if (!(x->flags & INS_CALL) && !x->i.src_reg)
		n = helper_args(x->i.imm);
	return (uint16_t)(((1u << n) - 1) << 1);
}

static uint16_t alu_uses(const struct ins *x)
{
	int op = BPF_OP(x->i.code);
	uint16_t set = 0;

	if (op != BPF_MOV)
		set |= bit(x->i.dst_reg);
	if (op != BPF_END && op != BPF_NEG && BPF_SRC(x->i.code) == BPF_X)
		set |= bit(x->i.src_reg);
	return set;
}

uint16_t ins_uses(const struct ins *x)
{
	uint16_t dst = bit(x->i.dst_reg), src = bit(x->i.src_reg);

	switch (OP_CLASS(x->i.code)) {
	case BPF_ALU:
	case BPF_ALU64:
		return alu_uses(x);
	case BPF_LDX:
		return src;
	case BPF_ST:
		return dst;
	case BPF_STX:
		if (BPF_MODE(x->i.code) == OP_ATOMIC &&
		    x->i.imm == ATOMIC_CMPXCHG)
			return (uint16_t)(dst | src | bit(0));
		return (uint16_t)(dst | src);
	case BPF_LD:
		if (x->flags & INS_LD64)
			return 0;
		/* LD_ABS and LD_IND read the packet that r6 points to */
		return (uint16_t)(bit(6) | (BPF_MODE(x->i.code) == BPF_IND ?
					    src : 0));
	default:
		if (ins_is_call(x))
			return call_uses(x);
		if (ins_is_exit(x))
			return bit(0);
		if (ins_is_ja(x))
			return 0;
		return BPF_SRC(x->i.code) == BPF_X ? (uint16_t)(dst | src) :
						     dst;
	}
}

uint16_t ins_defs(const struct ins *x)
{
	switch (OP_CLASS(x->i.code)) {
	case BPF_ALU:
	case BPF_ALU64:
	case BPF_LDX:
		return bit(x->i.dst_reg);
	case BPF_LD:
		return x->flags & INS_LD64 ? bit(x->i.dst_reg) : REGS_SCRATCH;
	case BPF_STX:
		if (BPF_MODE(x->i.code) != OP_ATOMIC)
			return 0;
		if (x->i.imm == ATOMIC_CMPXCHG)
			return bit(0);
		return x->i.imm & ATOMIC_FETCH ? bit(x->i.src_reg) : 0;
	default:
		return ins_is_call(x) ? REGS_SCRATCH : 0;
	}
}

/* ---- a growing list --------------------------------------------------- */

/* For the program and some of what will be inlined. */
static uint32_t first_room(const struct func *f)
{
	uint32_t n = f->prog ? f->prog->ninsns + 64 : 64;

	return n < CODE_MAX ? n : CODE_MAX;
}

struct ins *code_add(struct func *f)
{
	struct ins *x;
	uint32_t cap;

	if (f->n == f->cap) {
		cap = f->cap ? f->cap * 2 : first_room(f);
		if (f->n == CODE_MAX)
			return NULL;
		if (cap > CODE_MAX)
			cap = CODE_MAX;
		x = realloc(f->ins, cap * sizeof(*x));
		if (!x)
			return NULL;
		f->ins = x;
		f->cap = cap;
	}
	x = &f->ins[f->n++];
	memset(x, 0, sizeof(*x));
	return x;
}

void code_release(struct func *f)
{
	free(f->ins);
	free(f->frames);
	memset(f, 0, sizeof(*f));
}

int code_compact(struct linker *l, struct func *f)
{
	uint32_t i = 0, n = 0, *map;

	while (i < f->n && !(f->ins[i].flags & INS_DEAD))
		i++;
	if (i == f->n)
		return 0;
	map = scratch_get(l, (f->n + 1) * sizeof(*map));
	if (!map)
		return link_nomem(l);
	for (i = 0; i < f->n; i++) {
		map[i] = n;
		if (!(f->ins[i].flags & INS_DEAD))
			n++;
	}
	for (i = 0; i < f->n; i++) {
		if (f->ins[i].flags & INS_DEAD)
			continue;
		if (ins_is_jump(&f->ins[i]))
			f->ins[i].target = map[f->ins[i].target];
		if (map[i] != i)
			f->ins[map[i]] = f->ins[i];
	}
	f->n = n;
	scratch_put(l, map);
	return 0;
}

/* ---- reading a program ------------------------------------------------ */

static bool known_atomic(int32_t imm)
{
	switch (imm & ~ATOMIC_FETCH) {
	case BPF_ADD:
	case BPF_OR:
	case BPF_AND:
	case BPF_XOR:
		return true;
	default:
		return imm == ATOMIC_XCHG || imm == ATOMIC_CMPXCHG;
	}
}

static bool known_mem(const struct bpf_insn *i)
{
	int mode = BPF_MODE(i->code);

	switch (OP_CLASS(i->code)) {
	case BPF_LDX:
		return mode == BPF_MEM ||
		       (mode == OP_MEMSX && BPF_SIZE(i->code) != BPF_DW);
	case BPF_STX:
		return mode == BPF_MEM ||
		       (mode == OP_ATOMIC && known_atomic(i->imm) &&
			(BPF_SIZE(i->code) == BPF_W ||
			 BPF_SIZE(i->code) == BPF_DW));
	default:
		return mode == BPF_MEM;
	}
}

static bool known_insn(const struct bpf_insn *i)
{
	int mode = BPF_MODE(i->code), op = BPF_OP(i->code);

	switch (OP_CLASS(i->code)) {
	case BPF_LD:
		return i->code == (BPF_LD | BPF_IMM | BPF_DW) ||
		       ((mode == BPF_ABS || mode == BPF_IND) &&
			BPF_SIZE(i->code) != BPF_DW);
	case BPF_ALU:
	case BPF_ALU64:
		return op <= BPF_END;
	case OP_JMP32:
		return op <= OP_LAST_JUMP && op != BPF_CALL && op != BPF_EXIT;
	case BPF_JMP:
		if (op == BPF_CALL || op == BPF_EXIT || op == BPF_JA)
			return BPF_SRC(i->code) == BPF_K;
		return op <= OP_LAST_JUMP;
	default:
		return known_mem(i);
	}
}

/* What @x says by itself, whatever its surroundings. */
static int check_insn(const struct linker *l, const struct func *f,
		      const struct ins *x)
{
	if (!known_insn(&x->i))
		return link_fail(l, f, x, EINVAL, "unknown instruction 0x%02x",
				 x->i.code);
	if (x->i.dst_reg > 10 || x->i.src_reg > 10)
		return link_fail(l, f, x, EINVAL, "no such register");
	if (ins_defs(x) & bit(10))
		return link_fail(l, f, x, EINVAL, "r10 cannot be written");
	if (ins_is_call(x) && x->i.src_reg > 2)
		return link_fail(l, f, x, EINVAL, "unknown kind of call");
	return 0;
}

/* Where the jump @x at @slot goes, or NONE. */
static uint32_t jump_target(struct ins *x, uint32_t slot,
			    const uint32_t *index, uint32_t nslots)
{
	int64_t to = (int64_t)slot + 1;

	if (x->i.code == (OP_JMP32 | BPF_JA)) {	/* 6.6: gotol */
		to += x->i.imm;
		x->i.imm = 0;
		x->i.code = BPF_JMP | BPF_JA;
	} else {
		to += x->i.off;
	}
	return to >= 0 && to < nslots ? index[to] : NONE;
}

/* Where @x comes from.  @k counts the lines of the program that are behind. */
static void read_line(const struct linker *l, const struct spec_prog *p,
		      struct ins *x, uint32_t *k)
{
	const struct spec_line *line;

	while (*k < p->nlines && p->lines[*k].insn <= x->at)
		(*k)++;
	if (!*k)
		return;
	line = &p->lines[*k - 1];
	if (line->file >= l->in->spec->nfiles)
		return;
	x->line = line->line;
	x->file = line->file;
	x->text = p->texts ? p->texts[*k - 1] : NULL;
}

static int read_insns(struct linker *l, struct func *f, uint32_t *index)
{
	const struct spec_prog *p = f->prog;
	struct ins *x;
	uint32_t s, k = 0;
	int err;

	for (s = 0; s < p->ninsns; s++) {
		x = code_add(f);
		if (!x)
			return link_full(l, f);
		x->i = p->insns[s];
		x->at = s;
		index[s] = f->n - 1;
		read_line(l, p, x, &k);
		if (x->i.code == (BPF_LD | BPF_IMM | BPF_DW))
			x->flags |= INS_LD64;
		err = check_insn(l, f, x);
		if (err)
			return err;
		if (!(x->flags & INS_LD64))
			continue;
		if (s + 1 == p->ninsns || p->insns[s + 1].code)
			return link_fail(l, f, x, EINVAL,
					 "half a 64-bit load");
		x->imm = (uint32_t)x->i.imm |
			 (uint64_t)(uint32_t)p->insns[s + 1].imm << 32;
		index[++s] = NONE;
	}
	return 0;
}

static int read_relocs(struct linker *l, struct func *f,
		       const uint32_t *index)
{
	const struct spec_prog *p = f->prog;
	const struct reloc *r;
	struct ins *x;
	uint32_t i;

	for (i = 0; i < p->nrelocs; i++) {
		r = &p->relocs[i];
		if (r->insn >= p->ninsns || index[r->insn] == NONE ||
		    !r->name)
			return link_fail(l, f, NULL, EINVAL,
					 "relocation %u is broken", i);
		x = &f->ins[index[r->insn]];
		if (x->rel)
			return link_fail(l, f, x, EINVAL,
					 "relocated more than once");
		x->rel = r;
	}
	return 0;
}

int code_decode(struct linker *l, struct func *f, const struct spec_prog *p)
{
	uint32_t i, *index;
	int err;

	f->prog = p;
	if (!p->ninsns || p->ninsns > CODE_MAX)
		return link_fail(l, f, NULL, E2BIG, "has %u instructions",
				 p->ninsns);
	index = calloc(p->ninsns, sizeof(*index));
	f->frames = calloc(1, sizeof(*f->frames));
	if (!index || !f->frames) {
		free(index);
		return link_nomem(l);
	}
	f->frames[0].name = p->name;
	f->frames[0].parent = NONE;
	f->nframes = 1;
	err = read_insns(l, f, index);
	if (!err)
		err = read_relocs(l, f, index);
	for (i = 0; !err && i < f->n; i++) {
		struct ins *x = &f->ins[i];

		if (!ins_is_jump(x))
			continue;
		x->target = jump_target(x, x->at, index, p->ninsns);
		if (x->target == NONE)
			err = link_fail(l, f, x, EINVAL,
					"jump out of the program");
	}
	free(index);
	return err;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "t/oldverifier.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define STACK	512
#define SLOTS	(STACK / 8)

enum kind {
	NOT_INIT, UNKNOWN, IMM, CTX, FRAME, MAP, VALUE, VALUE_OR_NULL,
	MOVED,			/* an address within a value: of no use */
};

enum { INVALID, SPILLED, MISC };

struct reg {
	enum kind kind;
	const struct spec_map *map;
	int64_t imm;		/* IMM; FRAME: offset */
	unsigned id;		/* VALUE_OR_NULL: which look-up's */
};

struct state {
	struct reg r[11];
	uint8_t stack[STACK];
	struct reg spilled[SLOTS];
};

struct seen {
	struct seen *next;
	struct state s;
};

struct pending {
	struct pending *next;
	struct state s;
	uint32_t at;
};

struct verifier {
	const struct linked *l;
	const struct spec *spec;
	struct seen **seen;	/* per instruction */
	bool *mark;		/* states are remembered here */
	struct pending *todo;
	struct state s;		/* at hand */
	uint32_t at, visits;
	unsigned ids;
	bool done;		/* with this path */
	char *why;
	size_t len;
};

static bool __attribute__((format(printf, 2, 3)))
bad(struct verifier *v, const char *fmt, ...)
{
	va_list ap;
	int n;

	n = snprintf(v->why, v->len, "instruction %u: ", v->at);
	va_start(ap, fmt);
	vsnprintf(v->why + n, v->len - n, fmt, ap);
	va_end(ap);
	return false;
}

static void forget(struct reg *r, enum kind kind)
{
	memset(r, 0, sizeof(*r));
	r->kind = kind;
}

static bool is_pointer(const struct reg *r)
{
	return r->kind >= CTX;
}

/* ---- memory ----------------------------------------------------------- */

/* Of the stack, @off from its upper end; -1 after a mistake. */
static int stack_at(struct verifier *v, const struct reg *r, int64_t off,
		    unsigned size)
{
	int64_t at = STACK + r->imm + off;

	if (at < 0 || at + size > STACK || !size)
		bad(v, "stack at %d, %u bytes", (int)(r->imm + off), size);
	else
		return (int)at;
	return -1;
}

static bool stack_read(struct verifier *v, int at, unsigned size,
		       struct reg *to)
{
	unsigned i;

	if (v->s.stack[at] == SPILLED) {
		if (size != 8 || at % 8)
			return bad(v, "a part of a pointer on the stack");
		*to = v->s.spilled[at / 8];
		return true;
	}
	for (i = 0; i < size; i++)
		if (v->s.stack[at + i] != MISC)
			return bad(v, "stack at %d was not written",
				   at + (int)i - STACK);
	forget(to, UNKNOWN);
	return true;
}

static bool stack_write(struct verifier *v, int at, unsigned size,
			const struct reg *from)
{
	bool spill = from && is_pointer(from);

	if (spill && (size != 8 || at % 8))
		return bad(v, "a part of a pointer to the stack");
	memset(v->s.stack + at, spill ? SPILLED : MISC, size);
	if (spill)
		v->s.spilled[at / 8] = *from;
	return true;
}

static bool value_access(struct verifier *v, const struct reg *r, int64_t off,
			 unsigned size)
{
	if (off < 0 || off + size > r->map->value_size)
		return bad(v, "%s: value of %u bytes, at %d", r->map->name,
			   r->map->value_size, (int)off);
	return true;
}

static unsigned bytes_of(uint8_t code)
{
	static const unsigned sizes[] = { 4, 2, 1, 8 };

	return sizes[BPF_SIZE(code) >> 3];
}

static bool load(struct verifier *v, const struct bpf_insn *x)
{
	const struct reg *from = &v->s.r[x->src_reg];
	unsigned size = bytes_of(x->code);
	struct reg to;
	int at;

	forget(&to, UNKNOWN);
	switch (from->kind) {
	case FRAME:
		at = stack_at(v, from, x->off, size);
		if (at < 0 || !stack_read(v, at, size, &to))
			return false;
		break;
	case VALUE:
		if (!value_access(v, from, x->off, size))
			return false;
		break;
	case CTX:
		if (x->off % (int)size)
			return bad(v, "context at %d", x->off);
		break;
	default:
		return bad(v, "load through r%u, kind %d", x->src_reg,
			   from->kind);
	}
	v->s.r[x->dst_reg] = to;
	return true;
}

static bool store(struct verifier *v, const struct bpf_insn *x,
		  const struct reg *from)
{
	const struct reg *to = &v->s.r[x->dst_reg];
	unsigned size = bytes_of(x->code);
	int at;

	if (from && from->kind == NOT_INIT)
		return bad(v, "r%u is not set", x->src_reg);
	if (to->kind == FRAME) {
		at = stack_at(v, to, x->off, size);
		return at >= 0 && stack_write(v, at, size, from);
	}
	if (to->kind != VALUE)
		return bad(v, "store through r%u, kind %d", x->dst_reg,
			   to->kind);
	return value_access(v, to, x->off, size);
}

/* ---- calls ------------------------------------------------------------ */

static bool on_stack(struct verifier *v, int arg, unsigned size, bool written)
{
	const struct reg *r = &v->s.r[arg];
	struct reg scratch;
	unsigned i;
	int at;

	if (r->kind != FRAME)
		return bad(v, "r%d is not the stack, kind %d", arg, r->kind);
	at = stack_at(v, r, 0, size);
	if (at < 0)
		return false;
	if (written)
		return stack_write(v, at, size, NULL);
	for (i = 0; i < size; i++)
		if (v->s.stack[at + i] == SPILLED)
			return bad(v, "r%d: an address for a helper", arg);
		else if (!stack_read(v, at + (int)i, 1, &scratch))
			return false;
	return true;
}

static bool constant_size(struct verifier *v, int arg, unsigned *size)
{
	const struct reg *r = &v->s.r[arg];

	if (r->kind != IMM || r->imm <= 0 || r->imm > STACK)
		return bad(v, "r%d is no constant size", arg);
	*size = (unsigned)r->imm;
	return true;
}

/* check_map_func_compatibility(): maps of stacks are for one helper alone, and
 * it for them. */
static bool fits_map(struct verifier *v, int id, const struct spec_map *m)
{
	if (!m || (m->type == BPF_MAP_TYPE_STACK_TRACE) == (id == 27))
		return true;
	return bad(v, "map %s for helper %d", m->name, id);
}

static bool arguments(struct verifier *v, int id)
{
	const struct reg *r = &v->s.r[id == 25 || id == 27 ? 2 : 1];
	const struct spec_map *m = r->kind == MAP ? r->map : NULL;
	unsigned size = 0;

	if (!fits_map(v, id, m))
		return false;
	switch (id) {
	case 1:			/* map_lookup_elem */
	case 3:			/* map_delete_elem */
		return m ? on_stack(v, 2, m->key_size, false) :
		       bad(v, "r1 is no map");
	case 2:			/* map_update_elem */
		return m ? on_stack(v, 2, m->key_size, false) &&
			   on_stack(v, 3, m->value_size, false) :
		       bad(v, "r1 is no map");
	case 4:			/* probe_read */
		return constant_size(v, 2, &size) &&
		       on_stack(v, 1, size, true);
	case 16:		/* get_current_comm */
		return constant_size(v, 2, &size) &&
		       on_stack(v, 1, size, true);
	case 25:		/* perf_event_output */
		return m && v->s.r[1].kind == CTX ?
		       constant_size(v, 5, &size) &&
			       on_stack(v, 4, size, false) :
		       bad(v, "r1 or r2");
	case 27:		/* get_stackid; r3 anything */
		return (m && v->s.r[1].kind == CTX) || bad(v, "r1 or r2");
	case 5: case 8: case 14: case 15: case 35:
	case 80:		/* get_current_cgroup_id, younger */
		return true;
	default:
		return bad(v, "helper %d", id);
	}
}

static bool call(struct verifier *v, const struct bpf_insn *x)
{
	const struct spec_map *m = v->s.r[1].map;
	static const uint8_t args[] = {
		[1] = 2, [2] = 4, [3] = 2, [4] = 3, [16] = 2, [25] = 5,
		[27] = 3,
	};
	int i, n = x->imm < (int)sizeof(args) ? args[x->imm] : 0;

	if (x->src_reg)
		return bad(v, "a call of a function");
	for (i = 1; i <= n; i++)
		if (v->s.r[i].kind == NOT_INIT)
			return bad(v, "r%d is not set", i);
	if (!arguments(v, x->imm))
		return false;
	for (i = 1; i <= 5; i++)
		forget(&v->s.r[i], NOT_INIT);
	forget(&v->s.r[0], x->imm == 1 ? VALUE_OR_NULL : UNKNOWN);
	if (x->imm == 1) {
		v->s.r[0].map = m;
		v->s.r[0].id = ++v->ids;
	}
	return true;
}

/* ---- arithmetic ------------------------------------------------------- */

static bool mov(struct verifier *v, const struct bpf_insn *x)
{
	struct reg *to = &v->s.r[x->dst_reg];

	if (BPF_SRC(x->code) == BPF_K) {
		forget(to, IMM);
		to->imm = x->imm;
	} else if (v->s.r[x->src_reg].kind == NOT_INIT) {
		return bad(v, "r%u is not set", x->src_reg);
	} else if (BPF_CLASS(x->code) == BPF_ALU64) {
		*to = v->s.r[x->src_reg];
	} else if (is_pointer(&v->s.r[x->src_reg])) {
		return bad(v, "half of an address");
	} else {
		forget(to, UNKNOWN);
	}
	return true;
}

static bool arithmetic(struct verifier *v, const struct bpf_insn *x)
{
	struct reg *to = &v->s.r[x->dst_reg];
	const struct reg *from = &v->s.r[x->src_reg];
	bool reg = BPF_SRC(x->code) == BPF_X && BPF_OP(x->code) != BPF_END;
	bool sum = BPF_CLASS(x->code) == BPF_ALU64 &&
		   BPF_OP(x->code) == BPF_ADD;

	if (BPF_OP(x->code) == BPF_MOV)
		return mov(v, x);
	if (to->kind == NOT_INIT || (reg && from->kind == NOT_INIT))
		return bad(v, "an operand is not set");
	if (sum && !reg && to->kind == FRAME && !to->imm)
		to->imm = x->imm;
	else if (sum && to->kind == IMM && (!reg || from->kind == IMM))
		to->imm = (int64_t)((uint64_t)to->imm +
				    (uint64_t)(reg ? from->imm : x->imm));
	else
		forget(to, to->kind == VALUE || to->kind == FRAME ? MOVED :
			   UNKNOWN);
	return true;
}

/* ---- branches --------------------------------------------------------- */

/* In @s the look-up @id found nothing, or something. */
static void decide(struct state *s, unsigned id, bool found)
{
	unsigned i;

	for (i = 0; i < 11 + SLOTS; i++) {
		struct reg *r = i < 11 ? &s->r[i] : &s->spilled[i - 11];

		if (r->kind != VALUE_OR_NULL || r->id != id)
			continue;
		if (!found)
			forget(r, UNKNOWN);
		r->kind = found ? VALUE : UNKNOWN;
		r->id = 0;
	}
}

static bool branch(struct verifier *v, const struct bpf_insn *x)
{
	const struct reg *r = &v->s.r[x->dst_reg];
	int op = BPF_OP(x->code);
	bool zero = BPF_SRC(x->code) == BPF_K && !x->imm &&
		    (op == BPF_JEQ || op == BPF_JNE);
	struct pending *p;
	unsigned id = r->id;

	if (r->kind == NOT_INIT || (BPF_SRC(x->code) == BPF_X &&
				    v->s.r[x->src_reg].kind == NOT_INIT))
		return bad(v, "an operand is not set");
	if (BPF_SRC(x->code) == BPF_K && r->kind == IMM &&
	    (op == BPF_JEQ || op == BPF_JNE)) {
		v->at += 1 + ((r->imm == x->imm) == (op == BPF_JEQ) ?
			      x->off : 0);
		return true;
	}
	p = malloc(sizeof(*p));
	if (!p)
		return bad(v, "no memory");
	p->s = v->s;
	p->at = v->at + 1 + x->off;
	p->next = v->todo;
	v->todo = p;
	if (zero && r->kind == VALUE_OR_NULL) {
		decide(&p->s, id, op == BPF_JNE);
		decide(&v->s, id, op == BPF_JEQ);
	}
	v->at++;
	return true;
}

/* ---- states seen before ----------------------------------------------- */

static bool same(const struct reg *a, const struct reg *b)
{
	return a->kind == b->kind && a->map == b->map && a->imm == b->imm &&
	       a->id == b->id;
}

/* Is what was found right for @old right for @now? */
static bool covers(const struct state *old, const struct state *now)
{
	unsigned i;

	for (i = 0; i < 11; i++)
		if (!same(&old->r[i], &now->r[i]) &&
		    old->r[i].kind != NOT_INIT &&
		    (old->r[i].kind != UNKNOWN || now->r[i].kind == NOT_INIT))
			return false;
	for (i = 0; i < STACK; i++) {
		if (old->stack[i] == INVALID)
			continue;
		if (old->stack[i] != now->stack[i])
			return false;
		if (i % 8 == 0 && old->stack[i] == SPILLED &&
		    !same(&old->spilled[i / 8], &now->spilled[i / 8]))
			return false;
	}
	return true;
}

static bool seen_before(struct verifier *v)
{
	struct seen *n;

	if (!v->mark[v->at])
		return false;
	for (n = v->seen[v->at]; n; n = n->next)
		if (covers(&n->s, &v->s))
			return true;
	n = malloc(sizeof(*n));
	if (n) {
		n->s = v->s;
		n->next = v->seen[v->at];
		v->seen[v->at] = n;
	}
	return false;
}

/* check_cfg(): where jumps go to, and what comes after branches and calls. */
static void place_marks(struct verifier *v)
{
	const struct bpf_insn *x;
	uint32_t i;

	for (i = 0; i < v->l->ninsns; i++) {
		x = &v->l->insns[i];
		if (BPF_CLASS(x->code) != BPF_JMP) {
			if (x->code == (BPF_LD | BPF_IMM | BPF_DW))
				i++;
			continue;
		}
		if (BPF_OP(x->code) == BPF_EXIT)
			continue;
		if (BPF_OP(x->code) != BPF_CALL)
			v->mark[i + 1 + x->off] = true;
		if (i + 1 < v->l->ninsns)
			v->mark[i + 1] = true;
	}
}

/* ---- one instruction after the other ---------------------------------- */

static const struct spec_map *map_at(const struct verifier *v, uint32_t at)
{
	uint32_t i;

	for (i = 0; i < v->l->nrelocs; i++)
		if (v->l->relocs[i].insn == at)
			return spec_find_map(v->spec, v->l->relocs[i].name);
	return NULL;
}

static bool jump(struct verifier *v, const struct bpf_insn *x)
{
	switch (BPF_OP(x->code)) {
	case BPF_EXIT:
		v->done = true;
		return v->s.r[0].kind != NOT_INIT || bad(v, "no r0");
	case BPF_CALL:
		if (!call(v, x))
			return false;
		v->at++;
		return true;
	case BPF_JA:
		v->at += 1 + x->off;
		return true;
	default:
		return branch(v, x);
	}
}

static bool step(struct verifier *v)
{
	const struct bpf_insn *x = &v->l->insns[v->at];
	struct reg *to = &v->s.r[x->dst_reg];
	bool ok = true;

	switch (BPF_CLASS(x->code)) {
	case BPF_JMP:
		return jump(v, x);
	case BPF_ALU:
	case BPF_ALU64:
		ok = arithmetic(v, x);
		break;
	case BPF_LDX:
		ok = load(v, x);
		break;
	case BPF_ST:
		ok = store(v, x, NULL);
		break;
	case BPF_STX:
		ok = store(v, x, &v->s.r[x->src_reg]);
		break;
	case BPF_LD:
		forget(to, IMM);
		to->imm = (int64_t)((uint32_t)x->imm |
				    (uint64_t)(uint32_t)x[1].imm << 32);
		to->map = map_at(v, v->at);
		if (to->map)
			to->kind = MAP;
		v->at++;
		break;
	default:
		return bad(v, "code 0x%02x", x->code);
	}
	v->at++;
	return ok;
}

static bool walk(struct verifier *v)
{
	struct pending *p;

	for (;;) {
		if (!v->done && ++v->visits > OLD_VISITS_MAX)
			return bad(v, "%u instructions visited", v->visits);
		if (v->done || seen_before(v)) {
			p = v->todo;
			if (!p)
				return true;
			v->s = p->s;
			v->at = p->at;
			v->todo = p->next;
			v->done = false;
			free(p);
			continue;
		}
		if (!step(v))
			return false;
	}
}

int old_verify(const struct linked *l, const struct spec *s, char *why,
	       size_t len)
{
	struct verifier *v = calloc(1, sizeof(*v));
	struct pending *p;
	struct seen *n;
	bool ok = false;
	uint32_t i;
	int visits;

	if (!v)
		return -1;
	v->l = l;
	v->spec = s;
	v->why = why;
	v->len = len;
	v->seen = calloc(l->ninsns + 1, sizeof(*v->seen));
	v->mark = calloc(l->ninsns + 1, sizeof(*v->mark));
	v->s.r[1].kind = CTX;
	v->s.r[10].kind = FRAME;
	if (v->seen && v->mark) {
		place_marks(v);
		ok = walk(v);
	}
	visits = (int)v->visits;
	for (i = 0; v->seen && i < l->ninsns; i++)
		while ((n = v->seen[i])) {
			v->seen[i] = n->next;
			free(n);
		}
	while ((p = v->todo)) {
		v->todo = p->next;
		free(p);
	}
	free(v->seen);
	free(v->mark);
	free(v);
	return ok ? visits : -1;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the files of the linker (link*.c) share.
 *
 *   link.c         driver: one function after the other, then encoding
 *   link_code.c    instructions as the linker holds them
 *   link_patch.c   what relocations put into them
 *   link_probe.c   struct probe: the arguments of a hook
 *   link_stack.c   those that are on the stack
 *   link_twin.c    a program that is there twice
 *   link_front.c   code put around a program
 *   link_eval.c    arithmetic
 *   link_flow.c    which values registers have where
 *   link_fold.c    what follows from that
 *   link_inline.c  code in the place of calls
 *   link_lint.c    what the kernel at hand would refuse
 *   link_helper.c  facts about helpers
 */
#ifndef SOCKEYE_LINK_INT_H
#define SOCKEYE_LINK_INT_H

#include "loader/loader.h"
#include "loader/uapi.h"

/* What UAPI headers older than the running tools lack. */
#define OP_CLASS(code)	((code) & 0x07)
#define OP_JMP32	0x06	/* class; 5.1 */
#define OP_ATOMIC	0xc0	/* mode; 5.12, before: XADD */
#define OP_MEMSX	0x80	/* mode; 6.6 */
#define OP_LAST_JUMP	0xd0	/* JSLE; 4.14 */
#define ATOMIC_FETCH	0x01
#define ATOMIC_XCHG	0xe1
#define ATOMIC_CMPXCHG	0xf1
#define CALL_PSEUDO	1	/* src_reg of a call; 4.16 */

#define STACK_MAX	512	/* MAX_BPF_STACK */
#define CODE_MAX	65536	/* instructions: what struct spec_line and
				   16-bit jumps have room for */
#define REGS_SAVED	0x03c0	/* r6..r9 as a set */
#define REGS_SCRATCH	0x003f	/* r0..r5 */
#define NONE		UINT32_MAX

enum {
	INS_LD64 = 1,		/* ld_imm64: both slots */
	INS_POISON = 2,		/* must not be reached */
	INS_CALL = 4,		/* call of rel->name, not of a helper */
	INS_DEAD = 8,		/* goes with the next code_compact() */
	INS_REACHED = 16,	/* seen by flow_walk() */
	INS_PLACED = 32,	/* link_inline.c: target is final */
	INS_STACKED = 64,	/* loads an argument that is on the stack */
};

/*
 * One instruction.  A ld_imm64 is one of these, not two, and jumps name
 * their target, so that code can be put in and taken out anywhere.
 */
struct ins {
	struct bpf_insn i;
	uint64_t imm;		/* INS_LD64: the value */
	const struct reloc *rel; /* map, data or call still to be done */
	const char *text;	/* source line */
	uint32_t target;	/* of a jump: index; of a call left over:
				   function number; INS_STACKED: argument */
	uint32_t poison;	/* INS_POISON: which */
	uint32_t frame;		/* what was inlined to bring it here */
	uint32_t at;		/* index in the program it comes from */
	uint16_t file, line;	/* of the source; line 0: unknown */
	uint16_t flags;
};

/* Something inlined, or (number 0) the function itself. */
struct frame {
	const char *name;
	uint32_t parent;	/* frame it was called from */
	uint32_t base, size;	/* stack: bytes below r10, of its own */
};

struct func {
	const struct spec_prog *prog;
	struct ins *ins;
	struct frame *frames;
	uint32_t n, cap, nframes;
	uint32_t start;		/* slot of its first instruction */
	uint16_t saved;		/* registers that inlining spilled */
	bool done;		/* all it calls is linked */
};

/* Why an instruction is poisoned. */
struct poison {
	char text[240];
	bool unknown_type;	/* nobody knows the type at all */
};

struct linker {
	const struct link_input *in;
	struct err *e;
	struct poison *poisons;
	struct func *funcs;	/* the program, then what it calls */
	struct block *scratch;	/* link_scratch.c */
	uint32_t npoisons, nfuncs;
};

/* ---- link_scratch.c --------------------------------------------------- */

/* scratch_get - zeroed memory, or NULL; scratch_put - gives it back (NULL is
 * nothing); scratch_release - after the last one. */
void *scratch_get(struct linker *l, size_t size);
void scratch_put(struct linker *l, void *data);
void scratch_release(struct linker *l);

/* ---- link.c ----------------------------------------------------------- */

/* link_fail - report @no (not appended to the text), after the place in the
 * source that @x, may be NULL, of @f comes from.  Returns -@no. */
int link_fail(const struct linker *l, const struct func *f,
	      const struct ins *x, int no, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
int link_nomem(const struct linker *l);
/* link_full - code_add() on @f returned NULL. */
int link_full(const struct linker *l, const struct func *f);

/* ---- link_code.c ------------------------------------------------------ */

/* code_decode - @p as instructions; relocations are not done, calls of
 * functions marked.  Checks all that later stages rely on. */
int code_decode(struct linker *l, struct func *f, const struct spec_prog *p);
void code_release(struct func *f);
struct ins *code_add(struct func *f);	/* NULL: no memory or too long */
/* code_compact - drop what is INS_DEAD. */
int code_compact(struct linker *l, struct func *f);
/* The registers an instruction reads and writes, as sets of bits. */
uint16_t ins_uses(const struct ins *x);
uint16_t ins_defs(const struct ins *x);
bool ins_is_jump(const struct ins *x);	/* JA or conditional */
bool ins_is_ja(const struct ins *x);
bool ins_is_exit(const struct ins *x);
bool ins_is_call(const struct ins *x);
bool ins_is_mem(const struct ins *x);	/* LDX, ST, STX */
unsigned ins_bytes(const struct ins *x); /* width of a memory access */
/* ins_is_pure - does nothing but write its register? */
bool ins_is_pure(const struct ins *x);
void ins_load_const(struct ins *x, uint64_t value);

/* ---- link_patch.c ----------------------------------------------------- */

/* patch_func - do the relocations of the program @f was decoded from. */
int patch_func(struct linker *l, struct func *f);
/* patch_poison - mark @x; the text tells why, from the field's name on. */
int patch_poison(struct linker *l, struct ins *x, bool unknown_type,
		 const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* patch_value - put the answer to x->rel, a RELOC_CORE, into @x. */
int patch_value(struct linker *l, struct func *f, struct ins *x,
		uint64_t value);
void patch_width(struct ins *x, uint32_t size);
bool patch_loadable(uint32_t size);	/* 1, 2, 4, 8 */
/* patch_name - "struct sock:sk_family", without a flavour, for messages. */
void patch_name(const struct reloc *r, char *buf, size_t len);
/* patch_bare - @type without its keyword, and how much of that is the
 * essential name. */
size_t patch_bare(const char *type, const char **bare);

/* ---- link_probe.c ----------------------------------------------------- */

bool probe_is(const char *type);	/* "struct probe", of any flavour */
int probe_patch(struct linker *l, struct func *f, struct ins *x);

/* ---- link_stack.c ----------------------------------------------------- */

/* link_machine - whose conventions what is hooked follows (regs_user()). */
const char *link_machine(const struct linker *l);

/* stack_has - does the hook's function get argument @n on the stack, where it
 * can be read? */
bool stack_has(const struct linker *l, int n);
/* stack_load - make @x, a load from the context, one of argument @n. */
int stack_load(struct linker *l, struct func *f, struct ins *x, int n,
	       const char *name);
/* stack_fetch - code for those loads, once nothing else changes @f. */
int stack_fetch(struct linker *l, struct func *f);

/* ---- link_front.c ----------------------------------------------------- */

/* A function written anew as @to, with code before and after its body. */
struct front {
	struct linker *l;
	struct func to;
	const struct ins *like;		/* for its lines */
	uint32_t body;			/* where that starts */
	int slot;			/* eight bytes of stack it leaves */
	int err;			/* once set, nothing more is done */
};

/* front_open, any others, front_close; that one returns the error and puts
 * the new code into @f, or leaves @f as it was. */
int front_open(struct front *w, struct linker *l, struct func *f);
/* front_put - an instruction; NULL on errors. */
struct ins *front_put(struct front *w, uint8_t code, int dst, int src, int off,
		      int imm);
/* front_end_if - the program ends if @reg is (BPF_JEQ) or is not (BPF_JNE)
 * @value. */
void front_end_if(struct front *w, uint8_t op, int reg, int value);
void front_body(struct front *w, const struct func *f);
/* front_exits - where the body would end, it goes on with what follows. */
void front_exits(struct front *w);
int front_close(struct front *w, struct func *f);

/* ---- link_twin.c ------------------------------------------------------ */

/* twin_func - what the target says of twins. */
int twin_func(struct linker *l, struct func *f);

/* ---- link_eval.c ------------------------------------------------------ */

/* eval_alu - the result, or false when it is not defined (division by zero,
 * shift by the width or more).  @wide: 64 bits, not 32. */
bool eval_alu(bool wide, int op, uint64_t a, uint64_t b, uint64_t *out);
bool eval_jump(bool wide, int op, uint64_t a, uint64_t b);
uint64_t eval_swap(uint64_t v, unsigned bytes);

/* ---- link_flow.c ------------------------------------------------------ */

/* What is known of a value.  OTHER and ANY are unknown; only ANY can be a
 * pointer to the stack. */
enum value_kind { V_NONE, V_CONST, V_STACK, V_OTHER, V_ANY };

struct value {
	uint64_t v;		/* constant; offset from r10 */
	uint8_t kind;
};

#define MAX_SLOTS	16	/* spilled registers that are followed */

struct state {
	uint64_t v[11 + MAX_SLOTS];
	uint8_t kind[11 + MAX_SLOTS];
	uint8_t branch;		/* for visitors: BRANCH_ of a jump */
};

enum { BRANCH_BOTH, BRANCH_TAKEN, BRANCH_FALL };

struct flow;
struct value flow_reg(const struct state *s, unsigned reg);
/* flow_result - what @x leaves in its destination register. */
struct value flow_result(const struct flow *w, const struct state *s,
			 const struct ins *x);
/* flow_joins - do jumps go to instruction @i? */
bool flow_joins(const struct flow *w, uint32_t i);
/*
 * flow_walk - find out what registers hold, wherever @f starts, then call
 * @visit for every instruction that is reached, with what holds before it.
 * The visitor may rewrite the instruction into one of the same effect,
 * or those before it which nothing else looks at.
 * INS_REACHED is set accordingly.
 */
typedef void flow_visit(void *ctx, const struct flow *w, struct ins *x,
			const struct state *s);
int flow_walk(struct linker *l, struct func *f, flow_visit *visit, void *ctx);

/* ---- link_fold.c ------------------------------------------------------ */

int fold_func(struct linker *l, struct func *f);
/* fold_live - registers that are needed before each instruction, and 0 after
 * the last; NULL: no memory. */
uint16_t *fold_live(struct linker *l, const struct func *f);
/* fold_live_out - registers needed after instruction @i. */
uint16_t fold_live_out(const struct func *f, const uint16_t *live,
		       uint32_t i);

/* ---- link_inline.c ---------------------------------------------------- */

/* inline_open - the program @p, folded, with what is supplied put in. */
int inline_open(struct linker *l, struct func *f, const struct spec_prog *p);
/* inline_calls - replace the calls that are there now by code; *@did. */
int inline_calls(struct linker *l, struct func *f, bool *did);
/* inline_finish - registers that were saved without a value get one. */
int inline_finish(struct linker *l, struct func *f);
const struct spec_prog *inline_callee(const struct linker *l,
				      const struct ins *x);

/* ---- link_lint.c ------------------------------------------------------ */

int lint_hook(struct linker *l);
int lint_func(struct linker *l, struct func *f);
/* lint_shape - what holds for every kernel; in slots. */
int lint_shape(const struct linker *l, const struct bpf_insn *insns,
	       uint32_t n);

/* ---- link_helper.c ---------------------------------------------------- */


unsigned helper_args(int id);		/* arguments it takes; 5: unknown */
uint32_t helper_since(int id);		/* KERNEL(); 0: unknown */

#endif

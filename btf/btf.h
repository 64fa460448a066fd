/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * btf - where is this field?
 *
 * A leaf: it makes no system call and reads only bytes it is handed, through
 * memory or a callback.  Everything read is hostile until checked: offsets,
 * ids, counts and recursion are bounded, and what is wrong ends in an error,
 * never in a crash or an endless loop.
 *
 * The one question of this module is (type, path) -> struct field.  Several
 * sources can answer it (kernel BTF, a text table, tracefs format files, the
 * machine's argument registers); struct resolver asks them in order.
 *
 * Errors: functions return 0 or a negative errno; those that take
 * `const char **why` also leave a static text there.
 */
#ifndef SOCKEYE_BTF_H
#define SOCKEYE_BTF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

/* ---- answers ---------------------------------------------------------- */

/* What a field is, as far as CO-RE's rules for changing a width care. */
enum field_class {
	FIELD_NONE,
	FIELD_UNSIGNED,
	FIELD_SIGNED,
	FIELD_POINTER,
	FIELD_ENUM,
	FIELD_FLOAT,
	FIELD_COMPOSITE,	/* struct or union */
	FIELD_ARRAY,
	FIELD_FUNC,
};

/*
 * Offsets count from the start of the root type.  For a bitfield, bit_size
 * is not 0, bit_off counts bits from the start of the root type in the
 * kernel's own bit order (BTF's), and off/size name the smallest naturally
 * aligned unit of 1, 2, 4 or 8 bytes that contains it.  (A packed one that no
 * such unit contains has off/size of the bytes it touches; field_value()
 * refuses it.)
 */
struct field {
	uint32_t off, size;		/* bytes */
	uint32_t bit_off, bit_size;	/* bits; bit_size 0: no bitfield */
	uint8_t class;			/* enum field_class */
	bool is_signed;
	bool exists;			/* false: known not to be there */
};

/*
 * CO-RE relocation kinds, numbered as enum bpf_core_relo_kind (Linux 5.17;
 * LLVM's BTF.h): older UAPI headers lack them.
 */
enum core_kind {
	CORE_FIELD_BYTE_OFFSET,
	CORE_FIELD_BYTE_SIZE,
	CORE_FIELD_EXISTS,
	CORE_FIELD_SIGNED,
	CORE_FIELD_LSHIFT_U64,
	CORE_FIELD_RSHIFT_U64,
	CORE_TYPE_ID_LOCAL,
	CORE_TYPE_ID_TARGET,
	CORE_TYPE_EXISTS,
	CORE_TYPE_SIZE,
	CORE_ENUMVAL_EXISTS,
	CORE_ENUMVAL_VALUE,
	CORE_TYPE_MATCHES,
};

/*
 * A question as a program asks it.  @type carries its keyword ("struct sock",
 * "union x", "enum tcp_state"); typedefs and base types stand bare.  A
 * flavour ("struct sock___old") is cut off before types are compared by
 * name.  @path: members joined by '.', array elements "[3]", anonymous
 * members left out; an enumerator's name; "" for questions about the type.
 * @local_*: how the program declares the thing, FIELD_NONE/0 where it does
 * not say; candidates that disagree are passed over (CO-RE's
 * compatibility rules).
 */
struct question {
	uint8_t kind;			/* enum core_kind */
	uint8_t local_class;		/* enum field_class */
	bool local_bitfield;
	uint32_t local_size;		/* bytes */
	const char *type, *path;
	const struct btf *local;	/* the program's own BTF, or NULL */
	uint32_t local_id;		/* root type there; needed only for
					   CORE_TYPE_MATCHES, CORE_TYPE_ID_LOCAL
					   and types that have no name */
};

struct answer {
	uint64_t value;			/* what is patched in */
	bool poison;			/* no answer: must not be reached */
	struct field field;		/* field questions: the target field */
	const char *source;		/* who knew, for --fields; static or
					   owned by the source */
};

/* field_value - the value of field question @kind (0..5) for field @f on a
 * machine of the given byte order.  -EINVAL: not a question about fields, a
 * bitfield that no load of up to 64 bits contains, or shifts of what is not a
 * number. */
int field_value(int kind, const struct field *f, bool big_endian,
		uint64_t *value);

/* ---- bytes ------------------------------------------------------------ */

/*
 * A file, mapped or read on demand.  With @mem, the bytes are there (owned by
 * the caller, who keeps them until the reader is freed).  Without, @read
 * copies @len bytes at @off to @buf and returns how many it could, or a
 * negative errno.
 */
struct bytes {
	const void *mem;
	ssize_t (*read)(void *ctx, void *buf, size_t len, uint64_t off);
	void *ctx;
	uint64_t len;
};

/* ---- reading BTF ------------------------------------------------------ */

#define BTF_MAX_DEPTH	32	/* nesting of types that is followed */

/* Kinds as a set, for look-ups: 1u << BTF_KIND_... of <linux/btf.h>. */
#define BTF_ANY_KIND	(~0u)

struct btf;

/*
 * btf_new - open raw BTF, of either byte order.  Reads the header only.
 * @base: for split (module) BTF, the BTF its ids and strings go on from;
 * must outlive the result.  NULL otherwise.  Its types are counted for that,
 * which costs nothing after btf_want() on it.
 * Memory: a few KB, and with a callback some 256 KB of windows; never a copy
 * of the file, never an index of all types.
 */
int btf_new(struct btf **out, const struct bytes *src, const struct btf *base,
	    const char **why);
void btf_free(struct btf *b);

/*
 * btf_want - find every type called one of @names (essential names: no
 * keyword; target names count with their ___flavour cut off).  One pass over
 * the strings and one over the types, however many names; call it once with
 * all of them.  Names already wanted cost nothing.  The look-ups below know
 * only wanted names.  -EINVAL with @why when the data is broken.
 */
int btf_want(struct btf *b, const char *const *names, size_t nnames,
	     const char **why);

/*
 * btf_foresee - @names may be wanted later: the next pass that must be made
 * looks for them, too.  -ENOMEM.
 */
int btf_foresee(struct btf *b, const char *const *names, size_t nnames);

/*
 * btf_next - the id of the next type called @name and of one of @kinds with
 * an id above @after (0 starts); 0 when there is none.  In split BTF only
 * the split part's types are listed.
 */
uint32_t btf_next(const struct btf *b, const char *name, uint32_t kinds,
		  uint32_t after);

/* btf_kind, btf_name - of a type; kind 0 and NULL for an id that is none.
 * The name stays valid until the next call on @b. */
int btf_kind(const struct btf *b, uint32_t id);
const char *btf_name(const struct btf *b, uint32_t id);

/* btf_size - bytes of a type, modifiers and typedefs followed; negative
 * errno when it has none. */
int64_t btf_size(const struct btf *b, uint32_t id);

/* btf_find_field - @path in the struct or union @id.  0 and f->exists
 * telling whether it is there; -EINVAL when the BTF or the path is broken,
 * -E2BIG when types are nested so that the search would not end.  A path may
 * start with "[n]", as if @id's were in an array, and "" is the type itself.
 * An array without length may be indexed when it is the last member, or one
 * of a union. */
int btf_find_field(const struct btf *b, uint32_t id, const char *path,
		   struct field *f);

/* btf_func_args - parameters of the FUNC, or of the FUNC_PROTO behind a
 * typedef or pointer, @id; negative errno when it is none. */
int btf_func_args(const struct btf *b, uint32_t id);

/* btf_enum_value - value of enumerator @name of ENUM/ENUM64 @id; -ENOENT. */
int btf_enum_value(const struct btf *b, uint32_t id, const char *name,
		   uint64_t *value);

/* btf_enum_next - walk the enumerators of @id: *pos starts at 0; returns 1
 * with name (valid until the next call) and value, 0 at the end. */
int btf_enum_next(const struct btf *b, uint32_t id, uint32_t *pos,
		  const char **name, uint64_t *value);

/*
 * btf_core - answer a CO-RE question from @b: candidates by essential name,
 * fields by name, compatible kinds, and agreement among candidates, as
 * libbpf's relo_core.c does.  -ENOENT: the type is not known here at all.
 * -ENOTUNIQ: candidates disagree.  -EINVAL: broken BTF or question.  -E2BIG:
 * types too complex.  A type that is known and does not have what is asked
 * for, or not so that it fits, is an answer: 0, or poison.  With q->local and
 * q->local_id what fits is decided by the types themselves, else by
 * q->local_class.  Wants q->type if it was not wanted before: a whole pass.
 */
int btf_core(struct btf *b, const struct question *q, struct answer *a,
	     const char **why);

/*
 * btf_access_path - turn clang's access string ("0:2:1") on the program's own
 * type @id into a question: all of @q, with the flavour left in q->type.
 * q->local_size is the size declared, of a bitfield that of its base type.
 * Strings go to @buf; -ENOSPC when it is small.
 */
int btf_access_path(const struct btf *local, uint32_t id, const char *access,
		    int core_kind, struct question *q, char *buf, size_t len,
		    const char **why);

/*
 * btf_minimise - cut @b down to what answers @m's questions, as raw BTF that
 * any reader of BTF takes, some KB long.
 *
 * What btf_core() answers to each of the questions (kind, type and path
 * count, and the program's own BTF is not looked at), and btf_func_args() for
 * each of the functions, is what @b answers, sizes of structs included.  All
 * else is not known: -ENOENT, never "not there"; nor are ids of types
 * (CORE_TYPE_ID_TARGET) and CORE_TYPE_MATCHES.  Cutting down the outcome with
 * the same questions changes nothing.  In @b's byte order.
 *
 * *@out is malloc'd.  -EINVAL: @b is broken where it was looked at, is split
 * BTF, or the build-id is no hex text; -E2BIG: 256 KB do not do.
 */
struct minimise {
	const struct question *questions;
	const char *const *funcs;
	size_t nquestions, nfuncs;
	const char *build_id;	/* of the kernel, hex; "" when not known */
};
int btf_minimise(struct btf *b, const struct minimise *m, void **out,
		 size_t *len, const char **why);

/* btf_build_id - of the kernel, as hex text, where BTF says it: only what
 * btf_minimise() wrote does.  Else "". */
const char *btf_build_id(const struct btf *b);

/* The essential length of a name: without its last "___suffix". */
size_t btf_essential_len(const char *name);

/* ---- other sources ---------------------------------------------------- */

/*
 * Field tables: the text that `doctor --fields` prints and --fields reads.
 *
 *   # sockeye fields 1
 *   build-id 5a0c...                (hex, of the kernel's notes; or "-")
 *   kernel 6.1.0-13-amd64 x86_64    (for people)
 *   struct sock:__sk_common.skc_dport off 12 size 2 unsigned
 *   struct sock:sk_protocol off 516 size 4 bits 8+8 unsigned
 *   struct sock:sk_nothing absent
 *   struct request_sock size 312
 *   struct bpf_ringbuf exists        (or: absent; id N)
 *   struct foo___v2 matches          (or: differs; the flavour counts here)
 *   enum skb_drop_reason:SKB_CONSUMED value 1
 *   func inet_csk_accept args 2
 *
 * The class, last word: none unsigned signed pointer enum "signed enum" float
 * struct array func.  "bits 8+4" counts from the start of the unit that off
 * and size name.  Comments start with '#'.
 *
 * fields_new parses @text (copied).  Unknown lines are an error, and what is
 * said twice and differently: a table with a slip must not be half believed;
 * @line tells which (from 1).
 *
 * fields_core answers what the table has a line for, -ENOENT else.  Shifts
 * are those of the byte order of the machine this runs on; resolver_core()
 * makes them anew for the kernel's.
 */
struct fields;
int fields_new(struct fields **out, const char *text, size_t len,
	       unsigned *line, const char **why);
void fields_free(struct fields *t);
const char *fields_build_id(const struct fields *t);	/* hex, "" for "-" */
int fields_core(const struct fields *t, const struct question *q,
		struct answer *a);
int fields_func_args(const struct fields *t, const char *func);
void fields_print_head(FILE *out, const char *build_id, const char *kernel);
/* An answer that no source knew (a->source NULL) becomes a comment. */
void fields_print(FILE *out, const struct question *q, const struct answer *a);
void fields_print_func(FILE *out, const char *func, int args);

/*
 * Tracefs event formats: "events/sock/inet_sock_set_state/format".
 * format_field finds a field by name.  size and offset as the file says,
 * __data_loc fields have class FIELD_COMPOSITE and size 4.  -ENOENT: no such
 * field; -EINVAL: not a format, or a broken line.
 */
int format_field(const char *text, size_t len, const char *name,
		 struct field *f, const char **why);
/* format_id - the number behind "ID:", or -EINVAL. */
int format_id(const char *text, size_t len);
/* format_symbol - the name that the format's __print_symbolic table gives to
 * @value, copied to @buf; -ENOENT. */
int format_symbol(const char *text, size_t len, const char *field,
		  uint64_t value, char *buf, size_t buflen);

/*
 * Argument registers: where a kprobe's program finds argument @n (from 0) of
 * the function, or its return value, in the kernel's struct pt_regs, for the
 * C calling convention (not the system call one) of @machine, which is
 * uname(2)'s: x86_64 i386..i686 aarch64 armv7l... riscv64 riscv32 s390x
 * mips mips64.  -ENOENT: this machine passes it on the stack
 * (i386 from the 4th with regparm(3), arm and mips o32 from the 5th,
 * x86_64 and s390x from the 7th/6th, ...); -ENOSYS: a machine we do not know.
 */
enum { REG_RETURN = -1, REG_SP = -2, REG_PC = -3 };
int regs_field(const char *machine, int n, struct field *f);
/* regs_user - the machine to ask for of functions of programs, not of the
 * kernel's own: on i386 these get all their arguments on the stack. */
const char *regs_user(const char *machine);
/* regs_stack - how many bytes above the stack pointer argument @n of a
 * function stands as it is called, in a slot of the register's size.  -ENOENT:
 * it is in a register; -ENOSYS. */
int regs_stack(const char *machine, int n);

/*
 * btf_func_param - what parameter @n (from 0) of function @func points to:
 * "struct sock", or "" when it is no pointer to a named struct or union.
 * REG_RETURN: what it returns.  @func may be a typedef of a function pointer
 * ("btf_trace_NAME").  -ENOENT: no such function, or BTF that was cut down;
 * -ERANGE: it has not so many; -ENOTUNIQ: functions of that name differ;
 * -ENOSPC.
 */
int btf_func_param(struct btf *b, const char *func, int n, char *type,
		   size_t len);
/*
 * btf_members - names of the members of the struct or union that @path of
 * @type is ("": @type itself), those of anonymous ones in it among them.
 * *@names is malloc'd: a NUL behind each and one more at the end.  @owner: what
 * it is called ("struct sock_common"), "" without a name.  -ENOENT; -EINVAL:
 * no struct, or broken BTF; -E2BIG: over 64 KB.
 */
int btf_members(struct btf *b, const char *type, const char *path,
		char *owner, size_t len, char **names);

/*
 * System calls on machines where accept(2) and connect(2) may be among the calls
 * behind socketcall(2): where the kernel keeps a call's number and its first
 * argument in struct pt_regs, at its end as well, the next two as it begins,
 * and which numbers those are.
 */
struct socketcalls {
	uint16_t nr;		/* offset of 4 bytes; the low 16 bits count */
	uint16_t arg;		/* offset of a register */
	uint16_t arg2;		/* the same; the third follows */
	uint16_t socketcall, accept4, connect;
};
/* regs_socketcalls - NULL: @machine has a system call accept, or is not
 * known. */
const struct socketcalls *regs_socketcalls(const char *machine);

/* ---- ELF files, for their .BTF, notes and symbols --------------------- */

/*
 * A small reader of ELF32/64 of either byte order: section by name, build-id
 * and symbols.  (BPF objects are read by loader/elf.c through libelf.)
 */
struct elf;
int elf_new(struct elf **out, const struct bytes *src, const char **why);
void elf_free(struct elf *e);
/* elf_section - @off and @len of the section @name in the file; -ENOENT (also
 * when its content is in another file), -EOPNOTSUPP: compressed. */
int elf_section(const struct elf *e, const char *name, uint64_t *off,
		uint64_t *len);
/* elf_build_id - GNU build-id as hex text in @hex (at least 41 bytes for the
 * usual 20-byte id); -ENOENT. */
int elf_build_id(const struct elf *e, char *hex, size_t len);
/* elf_symbol_at - the function symbol that covers file offset @off (which is
 * first mapped to an address through the program headers); -ENOENT. */
int elf_symbol_at(const struct elf *e, uint64_t off, char *name, size_t len,
		  uint64_t *delta);
/*
 * elf_index - the same for many questions: the symbols are read at the first
 * one.  24 bytes for each function, @bytes_max at most.  NULL: no memory.
 * elf_index_at - as elf_symbol_at(), of the same file each time; -E2BIG,
 * -ENOMEM: there is no room for an index, now or later.
 */
struct elf_index;
struct elf_index *elf_index_new(size_t bytes_max);
void elf_index_free(struct elf_index *x);
size_t elf_index_bytes(const struct elf_index *x);
int elf_index_at(struct elf_index *x, const struct elf *e, uint64_t off,
		 char *name, size_t len, uint64_t *delta);
/* elf_symbol_offset - file offset of function @name, for uprobes; -ENOENT;
 * -ENOTSUP: it is Thumb code, where Linux places none (arch/arm/probes/uprobes,
 * arch_uprobe_analyze_insn()); -EADDRNOTAVAIL: what it is, is chosen as the
 * program starts (STT_GNU_IFUNC).  Of a symbol's versions the default one. */
int elf_symbol_offset(const struct elf *e, const char *name, uint64_t *off);
/* elf_functions - tell @fn of each function that is defined and may be probed,
 * where it is in the file: those that others may link to, and of a program that
 * is linked statically all.  Other than 0 from @fn ends it, and is returned. */
typedef int elf_function_fn(void *ctx, const char *name, uint64_t off);
int elf_functions(const struct elf *e, elf_function_fn *fn, void *ctx);
int elf_word_size(const struct elf *e);		/* 4, 8 */
/* notes_build_id - the GNU build-id in a blob of notes (/sys/kernel/notes),
 * as hex; -ENOENT. */
int notes_build_id(const void *notes, size_t len, char *hex, size_t hexlen);

/* ---- the resolver ----------------------------------------------------- */

/*
 * Sources in the order they are asked.  Each says 0 (known, also when known
 * to be absent: a->field.exists false or a->poison), -ENOENT (ask the next
 * one) or another error (ends the search).
 */
struct source {
	const char *name;	/* "kernel BTF", "--btf /x", "tracefs" ... */
	int (*core)(void *self, const struct question *q, struct answer *a,
		    const char **why);
	int (*func_args)(void *self, const char *func);	/* or NULL */
	/* want - all names that will be asked for, once, before; or NULL */
	int (*want)(void *self, const char *const *names, size_t nnames,
		    const char **why);
	void (*free)(void *self);			/* or NULL */
	void *self;
};

#define RESOLVER_MAX_SOURCES 64

struct resolver {
	struct source sources[RESOLVER_MAX_SOURCES];
	unsigned nsources;
	bool big_endian;	/* of the kernel, for bitfield shifts */
	/* what resolver_want() was told, and how much of it the sources were;
	   the first ones answer most, so the others are told when asked */
	char **names;
	size_t nnames;
	size_t told[RESOLVER_MAX_SOURCES];
	struct memo **memos;	/* answers given, until a source is added */
	size_t nmemos, memos_cap;
};

void resolver_init(struct resolver *r, bool big_endian);
/* resolver_add - append a source; takes over self.  -ENOSPC. */
int resolver_add(struct resolver *r, const struct source *s);
/* resolver_add_btf - append @b (taken over; freed with the resolver). */
int resolver_add_btf(struct resolver *r, const char *name, struct btf *b);
int resolver_add_fields(struct resolver *r, const char *name,
			struct fields *t);
/*
 * resolver_want - tell what will be asked; see btf_want.  The first source is
 * told at once, each of the others when it is asked for the first time.  The
 * names are copied.
 */
int resolver_want(struct resolver *r, const char *const *names, size_t nnames,
		  const char **why);
/* resolver_tell - tell all sources now, before one is asked by itself. */
int resolver_tell(struct resolver *r, const char **why);
/*
 * resolver_core - ask.  Always leaves an answer: when no source knows the
 * type, existence questions answer 0 and all others poison, with
 * a->source NULL.  Negative errno only for broken data, or candidates that
 * disagree.
 */
int resolver_core(struct resolver *r, const struct question *q,
		  struct answer *a, const char **why);
/* resolver_func_args - parameters of kernel function @func; -ENOENT, or
 * -ENOTUNIQ when functions of that name differ. */
int resolver_func_args(struct resolver *r, const char *func);
void resolver_release(struct resolver *r);

#endif

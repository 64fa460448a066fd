/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * loader - from a specification of BPF programs to programs that run.
 *
 *   spec   maps, instructions, relocations: pure data, from a clang object
 *          (spec_from_elf) or from insn/; needs neither root nor a kernel
 *   link   a program of a spec made fit for one hook on one kernel: pure
 *   object maps and programs in the kernel: file descriptors
 *   hook   where a program is attached
 *   ring   events coming back
 *
 * The only folder that calls bpf(2) and perf_event_open(2).  It prints
 * nothing and never exits: errors go to a struct err.  What depends on the
 * machine is in a struct env, a parameter, so that what happens on an old
 * kernel can be tested on any.
 */
#ifndef SOCKEYE_LOADER_H
#define SOCKEYE_LOADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "btf/btf.h"
#include "insn/insn.h"

/* ---- errors ----------------------------------------------------------- */

enum err_of {
	ERR_OF_NO,		/* as the errno has it */
	ERR_OF_USER,		/* what was asked for is none */
	ERR_OF_FILE,		/* a file that was named */
	ERR_OF_KERNEL,		/* this kernel does not do it, for nobody */
};

/*
 * What went wrong, outermost context first: "attach kprobe tcp_connect:
 * write kprobe_events: Operation not permitted".  Lives with the caller; never
 * freed.  Untouched on success.
 */
struct err {
	int no;			/* positive errno */
	enum err_of of;		/* whose fault, where that misleads */
	char msg[1024];
	char hint[512];		/* what to do, "" when we have no advice */
};

/* err_set - first report of an error: "<fmt>: <strerror(no)>" when @no is
 * not 0.  Returns -@no (-EINVAL for 0). */
int err_set(struct err *e, int no, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* err_wrap - put "<fmt>: " before what is there; returns -e->no. */
int err_wrap(struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* err_hint - say what to do about it (the first hint stays). */
void err_hint(struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* ---- spec ------------------------------------------------------------- */

struct spec_map {
	const char *name;
	uint32_t type;			/* enum bpf_map_type */
	uint32_t key_size, value_size, max_entries, flags;
	const void *data;		/* global data: initial contents,
					   value_size bytes, NULL for zeros */
	bool readonly;			/* .rodata: frozen after filling */
};

/* Compact line information: insn and those after it stand at file:line. */
struct spec_line {
	uint16_t insn, file, line;	/* file: index into spec.files */
};

struct spec_prog {
	const char *name;		/* function: "on_state" */
	const char *section;		/* ELF section: "kprobe/tcp_connect",
					   "probe" for programs whose hook the
					   tool's descriptor names */
	const struct bpf_insn *insns;
	const struct reloc *relocs;	/* sorted by insn */
	const struct spec_line *lines;	/* sorted by insn */
	const char *const *texts;	/* source text per line, or NULL */
	uint32_t ninsns, nrelocs, nlines;
	bool subprog;			/* only called by others */
};

/*
 * Everything a clang object or an assembled program says; read-only.
 *
 * Programs that share their functions say much the same again and again, so
 * built-in specs have their contents deflated: `packed`, see spec_unpack().
 * Their programs have counts and no tables.
 */
struct spec {
	const char *name;
	const char *license;
	const struct spec_map *maps;
	const struct spec_prog *progs;
	const char *const *files;
	uint32_t nmaps, nprogs, nfiles;
	uint32_t nrelocs, strings_len, packed_len;
	const struct reloc *relocs;	/* of what was unpacked: each that
					   programs have, once; insn is 0 */
	const uint8_t *packed;		/* gzip (RFC 1952), or NULL; in it
					   nrelocs and strings_len bytes of
					   their strings, too */
	bool big_endian;		/* byte order it was compiled for */
	struct btf *btf;		/* the program's own BTF; NULL in
					   built-in specs */
	void *arena;			/* owns the above when read from ELF */
};

/*
 * spec_from_elf - read a clang-built object of @len bytes.  Accepts
 * BTF-defined maps (.maps), legacy `maps` sections, .rodata/.data/.bss, static
 * and global subprograms, several programs to a section; undefined symbols
 * loaded with ld_imm64 become RELOC_CONST, undefined functions RELOC_FUNC.
 * @name names it in messages.  Refuses, by name, what it does not support.
 * Built only with libelf; -ENOSYS otherwise.
 */
int spec_from_elf(struct spec **out, const void *data, size_t len,
		  const char *name, struct err *e);
void spec_free(struct spec *s);
/* spec_unpack - *@out is what built-in @s says in full, for spec_free(), and
 * borrows strings and maps of @s; NULL if @s is not packed.  -ENOMEM, or
 * -EINVAL for what is broken. */
int spec_unpack(struct spec **out, const struct spec *s, struct err *e);
/* spec_reloc - number @i of all relocations, each once if @s was unpacked; NULL
 * behind the last, and while it is packed. */
const struct reloc *spec_reloc(const struct spec *s, uint32_t i);
const struct spec_prog *spec_find_prog(const struct spec *s, const char *name);
const struct spec_map *spec_find_map(const struct spec *s, const char *name);
/* spec_to_c - write @little and @big (the same program compiled for the other
 * byte order) as C source defining `const struct spec spec_NAME`.  @deflate
 * makes gzip data of @len bytes and returns it, malloc'd, with its length in
 * *@to_len, or NULL.  For the build-machine program. */
typedef uint8_t *deflate_fn(const void *data, size_t len, size_t *to_len);
int spec_to_c(FILE *out, const struct spec *little, const struct spec *big,
	      deflate_fn *deflate, struct err *e);

/* ---- hooks ------------------------------------------------------------ */

enum hook_kind {
	HOOK_NONE,
	HOOK_KPROBE,
	HOOK_KRETPROBE,
	HOOK_TRACEPOINT,	/* through perf: "sock/inet_sock_set_state" */
	HOOK_RAW_TRACEPOINT,
	HOOK_TP_BTF,
	HOOK_FENTRY,
	HOOK_FEXIT,
	HOOK_UPROBE,		/* "/path:symbol" or "/path:0x1234"; of tools
				   also "*:symbol": in all libraries */
	HOOK_URETPROBE,
	HOOK_PERF_EVENT,	/* "cpu-clock:99" (type:frequency in Hz) */
};

/*
 * Where a program runs and what its arguments are called there.  A program
 * declares what it wants as members of a pseudo structure `struct probe` (of
 * any flavour) and reads them from its context; @args names the members in
 * the order of the hook's arguments, blanks between:
 *   kprobe, fentry, raw tracepoint:  "sk skb - err"    ('-': not wanted)
 *   returns:                         "err=ret" or "ret"; fexit has the
 *                                    arguments, too: "sk - err=ret"
 *   kprobes, uprobes, of either:     "sp=sp", the stack pointer
 *   tracepoint (fields by name):     "sk=skaddr newstate"
 * A member that is not bound does not exist there
 * (bpf_core_field_exists() is 0 and folded away).
 */
struct hook {
	uint8_t kind;			/* enum hook_kind */
	bool suffixed;			/* kprobe: also a variant that the
					   compiler renamed (".isra.0") */
	bool catches_up;		/* a run that the kernel skips is made
					   up for by the next, and not counted
					   as missed */
	uint32_t maxactive;		/* kretprobe: instances, 0 default */
	const char *target;
	const char *args;
	/* (raw) tracepoints whose runs interrupt each other on one CPU, which
	   may make the kernel skip some: attached a second time, as a raw
	   tracepoint with these arguments; see link_twin.c */
	const char *again;
};

const char *hook_kind_name(int kind);	/* "kprobe", "raw_tracepoint" ... */
/* hook_parse - "kprobe:tcp_connect", and libbpf's section names
 * ("kprobe/tcp_connect", "tp_btf/x", "tracepoint/a/b"); text is borrowed. */
int hook_parse(struct hook *h, const char *text);

/* A version as the kernel counts: LINUX_VERSION_CODE. */
#define KERNEL(major, minor) ((uint32_t)((major) << 16 | (minor) << 8))

/* ---- environment ------------------------------------------------------ */

/*
 * What this kernel has.  UNKNOWN is decided by trying, on first need;
 * `--config no-NAME=1` presets NO.  The table of features in doc/kernels
 * has a line for each (checked by t/kernels.sh).
 */
enum { FEAT_UNKNOWN, FEAT_YES, FEAT_NO };

#define FEATURES(X)							\
	X(ringbuf, "BPF ring buffer", "5.8")				\
	X(probe_read_kernel, "bpf_probe_read_kernel", "5.5")		\
	X(global_data, "global data", "5.2")				\
	X(bpf_calls, "bpf-to-bpf calls", "4.16")			\
	X(raw_tracepoint, "raw tracepoints", "4.17")			\
	X(kprobe_pmu, "kprobe PMU", "4.17")				\
	X(uprobe_pmu, "uprobe PMU", "4.17")				\
	X(kprobe, "kprobes", "4.1")					\
	X(maxactive, "room for return probes, as asked for", "4.12")	\
	X(trampoline, "fentry and fexit", "5.5")			\
	X(tracepoint, "BPF on tracepoints", "4.7")			\
	X(map_names, "names of maps and programs", "4.15")		\
	X(cgroup_id, "bpf_get_current_cgroup_id", "4.18")		\
	X(kernel_btf, "BTF of the kernel in sysfs", "5.4")		\
	X(twins, "twice attached: no run is skipped", "6.1")		\
	X(discovery, "discovery of fields without BTF", "4.9")		\
	X(sock_diag, "lists of sockets by sock_diag", "3.3")

#define NO_HOOKS_MAX 16

struct features {
#define X(name, text, since) uint8_t name;
	FEATURES(X)
#undef X
	/* `--config no-hook=GLOB`: hooks that are to be taken as not there,
	   as "KIND:TARGET" or TARGET; borrowed, NULL at the end */
	const char *no_hook[NO_HOOKS_MAX + 1];
};

struct env {
	char machine[65];	/* uname: x86_64 */
	char release[65];	/* uname: 6.1.0-13-amd64 */
	char build_id[65];	/* of the kernel, hex; "" unknown */
	uint32_t kern_version;	/* LINUX_VERSION_CODE; kernels before 5.0
				   want it with kprobe programs */
	uint32_t page_size;
	uint32_t ncpus;		/* possible CPUs */
	uint8_t word_size;	/* bytes of a long in the kernel: 4, 8 */
	bool big_endian;
	bool preempts;		/* tasks may be preempted in the kernel */
	bool probe_entries;	/* there are some in kprobe_events */
	struct btf *kernel_btf;	/* owned by fields; NULL: none (then there
				   is no fentry and no tp_btf) */
	struct btf *types;	/* the BTF that is asked first, --btf FILE's
				   or the kernel's; owned by fields; NULL */
	char types_build_id[65];	/* of the kernel that one is of, hex;
				   "" unknown */
	struct features has;
	struct resolver fields;
	int tracefs;		/* directory fd; -1: not looked for yet,
				   -2: none to be had */
	struct ksyms *functions;	/* env_functions() */
	struct ksym_named *ksyms;	/* what env_ksym() was asked */
	size_t nksyms;
	uint32_t bpf_calls;	/* bpf(2) calls made so far, for the curious */
	/* if set: told the verifier's whole log when a program is refused */
	void (*log)(const char *prog, const char *text);
};

/* read_file_at - a small file of /proc or /sys to @buf, cut at @len - 1 bytes
 * and ended with '\0'; its length, or a negative errno.  @dirfd as openat(2)
 * has it. */
ssize_t read_file_at(int dirfd, const char *path, char *buf, size_t len);

/* Where fields are looked up; all members may be 0. */
struct env_opts {
	const char *btf;	/* --btf FILE; "none": pretend there is none */
	const char *fields;	/* --fields FILE */
	bool force;		/* believe files of another kernel */
	const char *const *config; /* "no-ringbuf=1" ..., NULL-terminated */
};

/*
 * env_open - look at the machine.  Cheap: uname, auxv, two or three small
 * files; kernel BTF is opened (not read) and tracefs only looked for when
 * something needs it.  Removes kprobe_events entries that a killed sockeye
 * left behind.
 */
int env_open(struct env *env, const struct env_opts *o, struct err *e);
/* env_names - fill in machine and release, and no more. */
void env_names(struct env *env);
void env_close(struct env *env);
/* env_modules - look up types in those modules (NULL at the end), too, as far
 * as they are loaded and have BTF (5.11).  -ENOSPC. */
int env_modules(struct env *env, const char *const *names);
/* env_tracefs - fd of the tracefs directory, mounting it privately (a
 * detached mount; nobody else sees it) when the system has none mounted. */
int env_tracefs(struct env *env, struct err *e);
/* attach_possible - what is known not to be there needs no program loaded to
 * find out; 0, or a negative errno. */
int attach_possible(struct env *env, const struct hook *h, struct err *e);
/* env_config - take a --config word: "no-ringbuf=1" ('-' and '_' are the
 * same; "=0" takes it back), or "no-hook=tracepoint:tcp/..." (fnmatch(3); @text
 * is kept).  -EINVAL. */
int env_config(struct features *f, const char *text, struct err *e);
/* env_config_help - what --config knows, one line each. */
void env_config_help(FILE *out);
/* env_clean - remove kprobe_events entries of processes that are gone;
 * env_open does it where tracefs is mounted. */
void env_clean(struct env *env);
/* env_tracepoint_format - read events/@target/format to @buf; length. */
ssize_t env_tracepoint_format(struct env *env, const char *target, char *buf,
			      size_t len, struct err *e);
/* feature_name - iterate over FEATURES: name, text and first version; false
 * past the end. */
bool feature_get(const struct features *f, unsigned i, const char **name,
		 const char **text, const char **since, uint8_t *state);

/* ---- link ------------------------------------------------------------- */

/* A value for an undefined symbol that programs load (RELOC_CONST). */
struct constant {
	const char *name;
	uint64_t value;
};

/* Code for an undefined function that programs call (RELOC_FUNC); arguments
 * in r1..r5, result in r0, may use no stack and no r6..r9; ends in exit. */
struct function {
	const char *name;
	const struct bpf_insn *insns;
	uint32_t ninsns;
};

/*
 * A program that is attached twice so that no run is skipped; see
 * loader/link_twin.c.  Elements of the per-CPU array TWIN_MAP.
 */
enum { TWIN_NONE, TWIN_FIRST, TWIN_SECOND };
#define TWIN_MAP "twins"
struct twin {
	uint64_t running;	/* the first one, on this processor */
	uint64_t twice;		/* not 0: it came upon itself */
	uint64_t instead;	/* runs of the second one in its place */
};

/* The kernel a program is linked for, as far as linking cares. */
struct link_target {
	const char *machine;		/* for argument registers */
	bool big_endian;
	uint8_t word_size;
	bool no_probe_read_kernel;	/* call probe_read instead */
	bool no_bpf_calls;		/* inline every subprogram */
	uint8_t twin;			/* TWIN_... */
	uint32_t twin_index;		/* in TWIN_MAP */
	uint32_t lint_version;		/* lint for LINUX_VERSION_CODE; 0: only
					   what holds for every kernel */
	struct resolver *fields;
	const char *format;		/* tracepoint: its format file */
	size_t format_len;
};

struct link_input {
	const struct spec *spec;
	const struct spec_prog *prog;
	const struct hook *hook;	/* NULL: no struct probe in it */
	const struct link_target *target;
	const struct constant *constants;
	const struct function *functions;
	uint32_t nconstants, nfunctions;
};

/* A program ready but for the file descriptors of its maps. */
struct linked {
	struct bpf_insn *insns;
	struct reloc *relocs;		/* RELOC_MAP and RELOC_DATA only */
	struct line *lines;
	uint32_t ninsns, nrelocs, nlines;
};

/*
 * link_prog - patch constants and CO-RE results, fold what they decide,
 * inline, delete what became unreachable (jumps, relocations and lines
 * renumbered), lint.  Fails when a constant, or a function whose call can be
 * reached, is not given (-ENOENT, by name), when a poisoned field can still
 * be reached (-ENODATA: names field and line), or when the lint finds what
 * the target cannot run (-EOPNOTSUPP); -E2BIG, -ERANGE and -EINVAL for
 * programs that are too long or broken.  Loads that a relocation is left for
 * have src_reg and, for RELOC_DATA, the offset set; only the file descriptor
 * is missing.  Messages start with "FILE:LINE: ", or "PROG, instruction N: "
 * without lines.  @out is written on success only.  Pure.
 */
int link_prog(struct linked *out, const struct link_input *in, struct err *e);
void linked_release(struct linked *l);

/* link_core_names - the names link_prog will ask the resolver for, without
 * keyword, one for each essential name, appended to @names; for
 * resolver_want, which cuts off the flavour that some still have.  They point
 * into the spec.  Returns the new count, at most @max. */
size_t link_core_names(const struct spec *s, const char **names, size_t n,
		       size_t max);

/* ---- object ----------------------------------------------------------- */

struct object;

struct object_opts {
	const struct constant *constants;
	const struct function *functions;
	uint32_t nconstants, nfunctions;
	uint32_t ring_bytes;	/* size of the event ring; rounded up to a
				   power of two of pages */
	const char *ring_map;	/* the map that carries events: made a ring
				   buffer, or a perf event array where the
				   kernel has none; NULL: none */
	/* called with each program as loaded, before it is: --dump */
	void (*dump)(void *ctx, const struct spec_prog *p,
		     const struct hook *h, const struct linked *l);
	void *dump_ctx;
	/* names of functions and types that hooks will need besides what the
	   programs relocate against (see resolver_want); NULL-terminated */
	const char *const *want;
	/* resize a map before it is made; return new max_entries */
	uint32_t (*resize)(void *ctx, const struct spec_map *m);
	void *resize_ctx;
	uint32_t frames;	/* that a stack of maps of stacks has at most,
				   the innermost; 0: as the spec has it */
};

/*
 * object_open - make the map that carries events, look up the kernel's types;
 * other maps are made as programs that refer to them are loaded.  @s and
 * everything in @o must outlive the object.  Constants that the loader adds:
 *   ringbuf		1: events go to a ring buffer, 0: to perf buffers
 *   ring_wake		wake the reader when so many bytes wait
 *   cgroup_id		1: bpf_get_current_cgroup_id() is there
 *   kernel_word	bytes of a pointer in the kernel
 *   exit_errors	1: syscalls/sys_exit_* tell errors as negative
 *			numbers; not there on machines where they do not (MIPS)
 *   call_nr, call_arg, call_arg2, nr_socketcall, nr_accept4, nr_connect
 *			see struct socketcalls; only on machines that have them
 */
int object_open(struct object **out, const struct spec *s, struct env *env,
		const struct object_opts *o, struct err *e);
/*
 * object_attach - link the program @prog for @h, load it and attach it.
 * Returns 0, or a negative errno with the reason in @e; nothing is left
 * behind then and another hook can be tried.  Programs already loaded for an
 * equal (kind, args, target where it matters) are shared.
 */
int object_attach(struct object *o, const char *prog, const struct hook *h,
		  struct err *e);
/* object_possible - attach_possible() for the kernel of @o. */
int object_possible(struct object *o, const struct hook *h, struct err *e);
/* object_check - the same without attaching (--plan): link and load only. */
int object_check(struct object *o, const char *prog, const struct hook *h,
		 struct err *e);
/* object_preempted - may a task lose its processor amid a run of a program
 * for @h?  The kernel skips that program's runs there until the task is back. */
bool object_preempted(const struct object *o, const struct hook *h);
/* object_attached - how many hooks are attached; object_detach - detach the
 * newest ones until @keep are left (0: all); maps stay readable. */
unsigned object_attached(const struct object *o);
void object_detach(struct object *o, unsigned keep);
void object_close(struct object *o);
/* object_map - fd of the map @name, -1. */
int object_map(const struct object *o, const char *name);
/* object_missed - runs lost because a kretprobe had no instance left or a
 * program was entered recursively, where the kernel tells; else 0. */
uint64_t object_missed(struct object *o);
/* object_kernel_bytes - memory of the maps as the kernel accounts it. */
uint64_t object_kernel_bytes(const struct object *o);

/* socketcall_constants - those of the last line above to @c, which has room
 * for SOCKETCALL_CONSTANTS; how many there are. */
#define SOCKETCALL_CONSTANTS 6
unsigned socketcall_constants(const char *machine, struct constant *c);

/* Maps, by fd.  0 or negative errno. */
int map_lookup(int fd, const void *key, void *value);
int map_update(int fd, const void *key, const void *value);
int map_delete(int fd, const void *key);
/* map_next - the key after @key (NULL: the first); -ENOENT at the end. */
int map_next(int fd, const void *key, void *next);
/* map_sum - sum over CPUs of u64 element @i of a per-CPU array whose values
 * are one u64; 0 if it cannot be read. */
uint64_t map_sum(int fd, uint32_t i, uint32_t ncpus);

/* ---- ring ------------------------------------------------------------- */

/*
 * Events from the kernel, from a ring buffer or per-CPU perf buffers alike.
 * Each event starts with its time in ns as a u64 (CLOCK_MONOTONIC): perf
 * buffers are merged by it.  Wake-ups come when a quarter of the space is
 * used; in between, poll on a timer (RING_POLL_MS).
 */
#define RING_POLL_MS 50

struct ring;

int ring_open(struct ring **out, struct object *o, struct err *e);
void ring_close(struct ring *r);
/* ring_fd - for poll(2): readable when there is much to read. */
int ring_fd(const struct ring *r);
/*
 * ring_consume - hand every event now there to @fn; @final also those that a
 * merge would still hold back.  @fn returns non-zero to stop, which is
 * returned; space is given back event by event.
 */
int ring_consume(struct ring *r, bool final,
		 int (*fn)(void *ctx, const void *data, size_t len), void *ctx);
/* ring_lost - events the kernel's perf buffers had no room for.  (Losses of
 * ring buffers are counted by the programs.) */
uint64_t ring_lost(const struct ring *r);

/* ---- the kernel's configuration --------------------------------------- */

struct kconfig;

/* kconfig_open - /proc/config.gz, or /boot/config-RELEASE; -ENOENT without.
 * kconfig_parse - from such a text; NULL: no memory. */
int kconfig_open(struct kconfig **out);
struct kconfig *kconfig_parse(const char *text);
void kconfig_free(struct kconfig *k);
/* kconfig_get - 'y', 'm', another value's first character; 'n': not set. */
char kconfig_get(const struct kconfig *k, const char *name);
/* hook_options - the options ("CONFIG_KPROBES") without which there are no
 * such hooks; NULL-terminated, static. */
const char *const *hook_options(const struct hook *h);

/* ---- privileges and reasons ------------------------------------------- */

/* caps_check - may we trace?  -EPERM with the reason and remedy in @e. */
int caps_check(struct err *e);
/* caps_drop - keep only what reading maps and rings needs; @keep_entries:
 * also what removing entries from kprobe_events does. */
void caps_drop(bool keep_entries);

#endif

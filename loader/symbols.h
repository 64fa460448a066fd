/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * symbols - addresses and the functions that they are in: the kernel's, and
 * those of programs and libraries.
 */
#ifndef SOCKEYE_SYMBOLS_H
#define SOCKEYE_SYMBOLS_H

#include "loader/loader.h"

#define KSYM_NAME 128		/* bytes of a name, and a NUL */
#define MODULE_NAME 64		/* include/linux/module.h: MODULE_NAME_LEN */

struct ksym_named {
	char name[KSYM_NAME];	/* that was asked for */
	char found[KSYM_NAME];	/* the same, or a variant that the compiler
				   renamed ("tcp_drop.isra.0"); "": none */
	char module[MODULE_NAME];	/* that has it; "" the kernel */
};

/* env_ksym - what /proc/kallsyms has of function @name, as ksyms_named();
 * NULL: nothing, or it cannot be read.  It is read once for each name, 50 to
 * 100 ms, unless env_functions() has it all.  Valid until the next call. */
const struct ksym_named *env_ksym(struct env *env, const char *name);
/* env_functions - the functions of the running kernel, all read at the first
 * call.  NULL: no memory.  Valid until env_functions_forget(), for who needs
 * no more of them, or env_close(). */
struct ksyms *env_functions(struct env *env);
void env_functions_forget(struct env *env);

/* ---- ksyms_table.c: the kernel's --------------------------------------- */

/* Functions of /proc/kallsyms by address: 16 bytes for each and its name,
 * some 6 MB. */
struct ksyms;
/* ksyms_new - reads nothing before ksyms_load() or the first question.  NULL:
 * no memory. */
struct ksyms *ksyms_new(void);
void ksyms_load(struct ksyms *k);
/* ksyms_parse - from @len bytes of such a text.  NULL: no memory. */
struct ksyms *ksyms_parse(const char *text, size_t len);
void ksyms_free(struct ksyms *k);
/* ksyms_find - the name of the function that @addr is in, the first where it
 * has several, *@offset bytes from its start; *@module is "" for the kernel
 * itself.  NULL: none, or addresses are hidden from us (kptr_restrict).  Text
 * stays until ksyms_free(). */
const char *ksyms_find(struct ksyms *k, uint64_t addr, uint64_t *offset,
		       const char **module);
/* ksyms_range - where the function @name is, [*start, *end); false: none, or
 * addresses are hidden. */
bool ksyms_range(struct ksyms *k, const char *name, uint64_t *start,
		 uint64_t *end);
/* ksyms_named - a function of that very name, else the last of its variants
 * ("tcp_drop.isra.0"), *@found, and the module that has it, "" for the kernel
 * itself, which is preferred; addresses hidden or not.  False: none.  Text
 * stays until ksyms_free(). */
bool ksyms_named(struct ksyms *k, const char *name, const char **found,
		 const char **module);

/* ---- maps.c: what a process has mapped ---------------------------------- */

/* A mapping that code can run in, of /proc/PID/maps. */
struct mapping {
	uint64_t start, end;	/* [start, end) */
	uint64_t off;		/* of start in the file */
	uint64_t inode;
	uint32_t major, minor;	/* the file's device, as it is spelled there */
	char *path;		/* "/usr/bin/x", "[vdso]", "" */
	uint32_t file;		/* for usyms.c */
};
struct mappings {
	struct mapping *m;	/* by address */
	uint32_t n;
};
/* mappings_add - take a line of /proc/PID/maps, of @len bytes, with or without
 * its newline.  One that is broken or not executable is passed over, and what
 * comes after 4096 of them.  -ENOMEM. */
int mappings_add(struct mappings *m, const char *line, size_t len);
/* mappings_parse - all lines of @text; *@m is set up.  -ENOMEM. */
int mappings_parse(struct mappings *m, const char *text, size_t len);
const struct mapping *mappings_find(const struct mappings *m, uint64_t addr);
void mappings_release(struct mappings *m);

/* ---- usyms.c: those of processes ---------------------------------------- */

/*
 * Processes and files are looked at once and remembered, within bounds: 512
 * processes, the first of them going first, and 256 open files.  What
 * is found is found in the file that is mapped, also in a container, or after
 * it was deleted (as root), not in another of the same name.
 */
struct usyms;
struct usym {
	const char *name;	/* NULL: not known */
	uint64_t offset;	/* from the start of the function */
	const char *path;	/* of the file, for the process; "[vdso]"; NULL:
				   anonymous memory, or not mapped */
	uint64_t file_offset;
	const char *build_id;	/* of the file, hex; "" unknown */
};
struct usyms *usyms_new(void);		/* NULL: no memory */
void usyms_free(struct usyms *u);
/* usyms_note - look at process @pid while it is there; again when a second
 * has passed since, it may have called execve(2) or dlopen(3). */
void usyms_note(struct usyms *u, uint32_t pid);
/* usyms_find - what is at @addr of @pid.  False: not mapped, or too late.
 * Text of @sym stays until the next call. */
bool usyms_find(struct usyms *u, uint32_t pid, uint64_t addr,
		struct usym *sym);

/* ---- libs.c: libraries by the functions they define ---------------------- */

/*
 * Files that define any of some functions: what processes have mapped to run,
 * libraries and programs alike, as known by inode, in containers, too.
 */
struct libs;
/* libs_new - for @functions (borrowed; NULL-terminated), of files whose words
 * have @word_size bytes.  NULL: no memory. */
struct libs *libs_new(const char *const *functions, uint8_t word_size);
void libs_free(struct libs *l);
/* libs_add - the file @path.  0, also when it is there already, or a negative
 * errno; -ENOENT: it is not there; -ENOTSUP: it defines none of them that could
 * be probed; -EINVAL: a directory, a device and the like, or above 1 GiB. */
int libs_add(struct libs *l, const char *path, struct err *e);
/* libs_scan - what the @n processes @pids have mapped, or all there are if @n
 * is 0; again: what has come, and what was left when @ns had passed, which one
 * file may exceed by 0.2 s.  0, or a negative errno. */
int libs_scan(struct libs *l, const uint32_t *pids, unsigned n, uint64_t ns);
unsigned libs_count(const struct libs *l);
/* libs_name - of number @i, as who has mapped it calls it. */
const char *libs_name(const struct libs *l, unsigned i);
/* libs_place - the @k-th place (from 0) of @function in number @i, as the
 * target of a uprobe; false: there are no more. */
bool libs_place(const struct libs *l, unsigned i, const char *function,
		unsigned k, char *target, size_t len);

#endif

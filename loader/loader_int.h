/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the files of loader/ that touch the kernel share. */
#ifndef SOCKEYE_LOADER_INT_H
#define SOCKEYE_LOADER_INT_H

#include <stdio.h>
#include <time.h>

#include "loader/loader.h"
#include "loader/symbols.h"
#include "loader/uapi.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Of a per-CPU map the kernel writes a value for every CPU that it deems
 * possible, whatever we believe (no /sys): the most any configuration has. */
#define CPUS_MAX 8192

/* sys.c: bpf(2).  fd or 0, or a negative errno. */
int sys_bpf(int cmd, void *attr, unsigned size);
int sys_map_create(struct env *env, const char *name, uint32_t type,
		   uint32_t key_size, uint32_t value_size,
		   uint32_t max_entries, uint32_t flags);

/* perf.c: perf_event_open(2).  fd or a negative errno. */
int perf_open(struct perf_event_attr *attr, int pid, int cpu);
/* perf_attach - give event @fd the program @prog_fd and switch it on. */
int perf_attach(int fd, int prog_fd);
/* perf_pmu - type number of the dynamic PMU @name ("kprobe"), and the config
 * bit of its `retprobe` format; negative errno. */
int perf_pmu(const char *name, uint64_t *retprobe_bit);

/* now_ns - of CLOCK_MONOTONIC. */
static inline uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* files.c: reading small files of /proc and /sys (read_file_at: loader.h). */
int read_number(const char *path, uint64_t *value);

/* maps.c: mappings_read - all of @pid, to what is set up; 0 or a negative
 * errno.  mapping_open - the file that it has mapped there, in whatever
 * container, deleted or not; -1.  file_open_regular - no device, no pipe; -1
 * with errno where open(2) has set it. */
int mappings_read(struct mappings *m, uint32_t pid);
int mapping_open(uint32_t pid, const struct mapping *m);
int file_open_regular(const char *path, int flags);
#define FILE_LEN_MAX (1 << 30)	/* bytes: a longer one is not looked into */

/* inflate.c: unpack gzip data; bytes written to @buf, or -EINVAL when it is
 * broken or @room too small.  The check sum is not looked at. */
ssize_t inflate_gzip(const void *data, size_t len, void *buf, size_t room);

/* tracefs.c */
struct event_probe {		/* an entry in {k,u}probe_events */
	bool uprobe;
	char name[48];		/* "sockeye_PIDNS_PID_N"; "": there is none */
};
int tracefs_probe_add(struct env *env, struct event_probe *p,
		      const struct hook *h, const char *where, struct err *e);
void tracefs_probe_del(struct env *env, struct event_probe *p);
/* tracefs_event_id - the number of event "group/name". */
int tracefs_event_id(struct env *env, const char *event, struct err *e);
/* tracefs_missed - runs that entry @p lost, from kprobe_profile. */
uint64_t tracefs_missed(struct env *env, const struct event_probe *p);

/* kernel_btf.c: fills env->fields and env->kernel_btf. */
int kernel_btf_open(struct env *env, const struct env_opts *o, struct err *e);
/* kernel_function - the id of function @name in the kernel's BTF, *@module "",
 * or in that of the module that has it (5.11), which is looked at from then on;
 * 0: it is in neither. */
uint32_t kernel_function(struct env *env, const char *name,
			 const char **module);
uint32_t kernel_version(const struct env *env, const char *uts_version);

/* attach.c: what keeps one program attached. */
struct attachment {
	int *fds;		/* a link, or perf events */
	unsigned nfds;
	struct event_probe probe;
};
int attach(struct env *env, const struct hook *h, int prog_fd,
	   struct attachment *a, struct err *e);
void detach(struct env *env, struct attachment *a);
/* detach_together - close what keeps the @n of @list attached, if that are
 * many: in less time than one after the other.  detach() each, then. */
void detach_together(struct attachment *list, unsigned n);

/* load.c: one program into the kernel: fd or a negative errno. */
int load_prog(struct env *env, const struct spec *s,
	      const struct spec_prog *p, const struct hook *h,
	      const struct linked *l, struct err *e);
int prog_type(const struct hook *h);
/* load_try_trampoline - 0 unless this kernel refuses fentry and fexit as such;
 * asked once, of the function of @h. */
int load_try_trampoline(struct env *env, const struct hook *h, struct err *e);
/* load_has_helper - is it there?  Asked of the kernel once. */
enum { HELPER_CGROUP_ID = 80, HELPER_PROBE_READ_KERNEL = 113 };
bool load_has_helper(struct env *env, int helper);
/* memlock_raise - RLIMIT_MEMLOCK off; false when it could not be raised. */
bool memlock_raise(void);

/* diag.c: put cause and remedy of a failed call into the hint of @e. */
enum diag_op { DIAG_MAP, DIAG_PROG, DIAG_ATTACH, DIAG_PERF };
void diagnose(struct err *e, const struct env *env, enum diag_op op,
	      const struct hook *h, const char *log);
/* verifier_summary - the line or two of a verifier log that tell why. */
void verifier_summary(const char *log, char *buf, size_t len,
		      int *insn);

/* ksyms_table.c: a line of /proc/kallsyms, as
 * "ffffffff81c0b2d0 t tcp_drop.isra.0\t[module]". */
struct ksym_line {
	uint64_t addr;			/* 0: hidden from us */
	const char *name, *module;	/* "" the kernel itself */
};
/* kallsyms_open - one at a time; the kernel hands out a page at most. */
FILE *kallsyms_open(void);
/* ksym_line - of code?  @line is cut up, and what @l has points into it. */
bool ksym_line(char *line, struct ksym_line *l);
/* ksym_likeness - how well @symbol is what is called @name: 0 not at all, 1 or
 * 2 a variant of that, 3 or KSYM_ITSELF that very one, in a module or the
 * kernel itself.  ksym_better - of variants the last, else the first. */
enum { KSYM_ITSELF = 4 };
int ksym_likeness(const char *symbol, const char *module, const char *name);
static inline bool ksym_better(int like, int best)
{
	return like > best || (like && like == best && like < 3);
}

/* object.c, for ring.c */
struct env *object_env(struct object *o);
int object_ring_map(struct object *o, bool *is_ringbuf, uint32_t *bytes);

#endif

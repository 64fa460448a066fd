/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From a loaded program to one that runs: the kinds of hook. */
#include "loader/loader_int.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int keep_fd(struct attachment *a, int fd)
{
	int *fds = realloc(a->fds, (a->nfds + 1) * sizeof(*fds));

	if (!fds) {
		close(fd);
		return -ENOMEM;
	}
	a->fds = fds;
	a->fds[a->nfds++] = fd;
	return 0;
}

static int attach_raw(struct env *env, const struct hook *h, int prog_fd,
		      struct attachment *a, struct err *e)
{
	struct attr_raw_tracepoint attr;
	int fd;

	memset(&attr, 0, sizeof(attr));
	if (h->kind == HOOK_RAW_TRACEPOINT)
		attr.name = (uintptr_t)h->target;
	attr.prog_fd = prog_fd;
	env->bpf_calls++;
	fd = sys_bpf(CMD_RAW_TRACEPOINT_OPEN, &attr, sizeof(attr));
	if (fd < 0)
		return err_set(e, -fd, "attach");
	return keep_fd(a, fd);
}

/* Give the perf event @fd the program; @fd is kept or closed. */
static int attach_event(int fd, int prog_fd, struct attachment *a,
			struct err *e)
{
	int err = perf_attach(fd, prog_fd);

	if (err) {
		close(fd);
		return err_set(e, -err, "attach to the perf event");
	}
	return keep_fd(a, fd);
}

static int attach_event_id(struct env *env, const char *event, int prog_fd,
			   struct attachment *a, struct err *e)
{
	struct perf_event_attr attr;
	int id = tracefs_event_id(env, event, e), fd;

	if (id < 0)
		return id;
	memset(&attr, 0, sizeof(attr));
	attr.type = PERF_TYPE_TRACEPOINT;
	attr.config = id;
	attr.sample_type = PERF_SAMPLE_RAW;
	attr.sample_period = 1;
	attr.wakeup_events = 1;
	fd = perf_open(&attr, -1, 0);
	if (fd < 0)
		return err_set(e, -fd, "perf_event_open");
	return attach_event(fd, prog_fd, a, e);
}

/* ---- kprobes and uprobes ---------------------------------------------- */

/* What a probe's target means: a function, or a file and an offset in it. */
struct place {
	char name[256];		/* function or path */
	uint64_t off;
};

static int symbol_offset(const char *path, const char *symbol, uint64_t *off,
			 struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	const char *why = "";
	struct bytes b = { 0 };
	struct elf *elf;
	struct stat st;
	int err;

	if (fd < 0 || fstat(fd, &st) < 0) {
		err = err_set(e, errno, "%s", path);
		if (fd >= 0)
			close(fd);
		return err;
	}
	b.len = st.st_size;
	b.mem = mmap(NULL, b.len, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (b.mem == MAP_FAILED)
		return err_set(e, errno, "%s", path);
	err = elf_new(&elf, &b, &why);
	if (err) {
		err_set(e, 0, "%s: %s", path, why);
	} else {
		err = elf_symbol_offset(elf, symbol, off);
		if (err == -ENOTSUP)
			err_set(e, 0, "%s in %s is Thumb code, which Linux "
				"does not probe", symbol, path);
		else if (err == -EADDRNOTAVAIL)
			err_set(e, 0, "%s in %s is chosen as the program "
				"starts (IFUNC): name what it is then, or its "
				"place: PATH:OFFSET", symbol, path);
		else if (err)
			err_set(e, 0, "%s has no function %s", path, symbol);
		elf_free(elf);
	}
	munmap((void *)b.mem, b.len);
	return err;
}

/* "FUNCTION[+OFFSET]" or "OFFSET" behind the path, as an offset in the file. */
static int user_offset(struct place *p, const char *text, struct err *e)
{
	uint64_t more = 0;
	char symbol[sizeof(p->name)];
	char *plus, *end;
	int err;

	p->off = strtoull(text, &end, 0);
	if (end != text && !*end)
		return 0;
	snprintf(symbol, sizeof(symbol), "%s", text);
	plus = strchr(symbol, '+');
	if (plus) {
		*plus = '\0';
		more = strtoull(plus + 1, NULL, 0);
	}
	err = symbol_offset(p->name, symbol, &p->off, e);
	p->off += more;
	return err;
}

static bool is_user(const struct hook *h)
{
	return h->kind == HOOK_UPROBE || h->kind == HOOK_URETPROBE;
}

static int place_of(const struct hook *h, struct place *p, struct err *e)
{
	const char *sep = strrchr(h->target, is_user(h) ? ':' : '+');

	if (strlen(h->target) >= sizeof(p->name))
		return err_set(e, ENAMETOOLONG, "%s", h->target);
	snprintf(p->name, sizeof(p->name), "%s", h->target);
	p->off = 0;
	if (sep)
		p->name[sep - h->target] = '\0';
	if (!is_user(h)) {
		if (sep)
			p->off = strtoull(sep + 1, NULL, 0);
		return 0;
	}
	if (!sep)
		return err_set(e, 0, "%s: want PATH:FUNCTION or PATH:OFFSET",
			       h->target);
	return user_offset(p, sep + 1, e);
}

static int attach_pmu(const struct hook *h, const struct place *p, int type,
		      uint64_t retbit, int prog_fd, struct attachment *a,
		      struct err *e)
{
	bool ret = h->kind == HOOK_KRETPROBE || h->kind == HOOK_URETPROBE;
	struct perf_event_attr attr;
	int fd;

	memset(&attr, 0, sizeof(attr));
	attr.type = type;
	attr.config = ret ? retbit : 0;
	attr.config1 = (uintptr_t)p->name;
	attr.config2 = p->off;
	fd = perf_open(&attr, -1, 0);
	if (fd < 0)
		return err_set(e, -fd, "perf_event_open");
	return attach_event(fd, prog_fd, a, e);
}

static int attach_tracefs(struct env *env, const struct hook *h,
			  const struct place *p, int prog_fd,
			  struct attachment *a, struct err *e)
{
	char where[320], event[64];
	int err;

	if (is_user(h))
		snprintf(where, sizeof(where), "%s:0x%llx", p->name,
			 (unsigned long long)p->off);
	else
		snprintf(where, sizeof(where), "%s+%llu", p->name,
			 (unsigned long long)p->off);
	err = tracefs_probe_add(env, &a->probe, h, where, e);
	if (err)
		return err;
	env->probe_entries = true;
	snprintf(event, sizeof(event), "sockeye/%s", a->probe.name);
	return attach_event_id(env, event, prog_fd, a, e);
}

static int attach_place(struct env *env, const struct hook *h,
			const struct place *p, int prog_fd,
			struct attachment *a, struct err *e)
{
	bool user = is_user(h);
	uint8_t *has = user ? &env->has.uprobe_pmu : &env->has.kprobe_pmu;
	struct err scratch = { 0 };
	uint64_t retbit = 1;
	int type, err = 0;

	/* Only tracefs takes maxactive: a function that sleeps returns unseen
	 * where too many wait in it, and too many may be two.  The PMU comes
	 * first for all else, since an entry in tracefs can be left behind by a
	 * killed process. */
	if (h->kind == HOOK_KRETPROBE && h->maxactive) {
		if (!attach_tracefs(env, h, p, prog_fd, a, &scratch))
			return 0;
		detach(env, a);
	}
	if (*has != FEAT_NO) {
		type = perf_pmu(user ? "uprobe" : "kprobe", &retbit);
		if (type == -EMFILE || type == -ENFILE)
			return err_set(e, -type, "perf_event_open");
		*has = type >= 0 ? FEAT_YES : FEAT_NO;
		if (type >= 0)
			err = attach_pmu(h, p, type, retbit, prog_fd, a, e);
		/* The PMU names its event like the function, and where that is
		 * looked at (4.17 to 4.20 at least) no name has a dot. */
		if (type >= 0 && (err != -EINVAL || user ||
				  !strchr(p->name, '.')))
			return err;
		detach(env, a);
	}
	return attach_tracefs(env, h, p, prog_fd, a, e);
}

/*
 * riscv64 refuses a kprobe where ftrace patches (since KPROBES_ON_FTRACE went,
 * 6.12 at the latest), which is a function's entry.  Behind these 8 bytes
 * arguments and stack are as they were.  Not for a return probe: that is only
 * possible at the entry.
 */
static int attach_behind_ftrace(struct env *env, const struct hook *h,
				struct place *p, int prog_fd,
				struct attachment *a)
{
	struct err again = { 0 };

	if (h->kind != HOOK_KPROBE || p->off ||
	    strncmp(env->machine, "riscv", 5))
		return -EINVAL;
	p->off = 8;
	detach(env, a);
	return attach_place(env, h, p, prog_fd, a, &again);
}

static int attach_probe(struct env *env, const struct hook *h, int prog_fd,
			struct attachment *a, struct err *e)
{
	const struct ksym_named *k = NULL;
	struct err again = { 0 };
	struct place p;
	int err;

	err = place_of(h, &p, e);
	if (err)
		return err;
	err = attach_place(env, h, &p, prog_fd, a, e);
	/* EINVAL: of a return probe, before 5.11 */
	if ((err == -ENOENT || (err == -EINVAL && h->kind == HOOK_KRETPROBE)) &&
	    h->suffixed && !is_user(h))
		k = env_ksym(env, h->target);
	if (k && strcmp(k->found, h->target)) {
		snprintf(p.name, sizeof(p.name), "%s", k->found);
		detach(env, a);		/* an entry in kprobe_events */
		err = attach_place(env, h, &p, prog_fd, a, &again);
	}
	if (err == -EINVAL && !attach_behind_ftrace(env, h, &p, prog_fd, a))
		err = 0;
	return err;
}

/* ---- the rest --------------------------------------------------------- */

/* "cpu-clock:99": every CPU, so many times a second. */
static int attach_perf(struct env *env, const struct hook *h, int prog_fd,
		       struct attachment *a, struct err *e)
{
	const char *colon = strchr(h->target, ':');
	struct perf_event_attr attr;
	int err = 0;

	for (uint32_t cpu = 0; cpu < env->ncpus && !err; cpu++) {
		int fd;

		memset(&attr, 0, sizeof(attr));
		attr.type = PERF_TYPE_SOFTWARE;
		attr.config = PERF_COUNT_SW_CPU_CLOCK;
		attr.freq = 1;
		attr.sample_freq = colon ? strtoul(colon + 1, NULL, 10) : 99;
		fd = perf_open(&attr, -1, cpu);
		if (fd == -ENODEV)	/* offline */
			continue;
		err = fd < 0 ? err_set(e, -fd, "perf_event_open") :
		      attach_event(fd, prog_fd, a, e);
	}
	return err;
}

/* The kprobe PMU, or kprobe_events: found out once. */
static bool have_kprobes(struct env *env)
{
	struct err scratch = { 0 };
	uint64_t bit;
	int dir;

	if (env->has.kprobe == FEAT_UNKNOWN) {
		env->has.kprobe = FEAT_YES;
		if (env->has.kprobe_pmu == FEAT_NO ||
		    perf_pmu("kprobe", &bit) < 0) {
			env->has.kprobe_pmu = FEAT_NO;
			dir = env_tracefs(env, &scratch);
			if (dir < 0 || faccessat(dir, "kprobe_events", F_OK, 0))
				env->has.kprobe = FEAT_NO;
		}
	}
	return env->has.kprobe == FEAT_YES;
}

/* --config no-hook=GLOB */
static bool hidden(const struct env *env, const struct hook *h)
{
	char name[300];

	snprintf(name, sizeof(name), "%s:%s", hook_kind_name(h->kind),
		 h->target);
	for (const char *const *p = env->has.no_hook; *p; p++)
		if (!fnmatch(*p, name, 0) || !fnmatch(*p, h->target, 0))
			return true;
	return false;
}

int attach_possible(struct env *env, const struct hook *h, struct err *e)
{
	const char *lacks = NULL;
	int no = ENOENT, err;

	if (hidden(env, h))
		return err_set(e, ENOENT, "%s %s: --config takes it as not "
			       "there", hook_kind_name(h->kind), h->target);
	switch (h->kind) {
	case HOOK_KPROBE:
	case HOOK_KRETPROBE:
		if (!have_kprobes(env))
			lacks = "kprobes";
		break;
	case HOOK_FENTRY:
	case HOOK_FEXIT:
		no = EPERM;
		if (env->has.trampoline == FEAT_NO)
			lacks = "fentry and fexit that may be used";
		err = load_try_trampoline(env, h, e);
		if (err)
			return err;
		break;
	case HOOK_RAW_TRACEPOINT:
		if (env->has.raw_tracepoint == FEAT_NO)
			lacks = "raw tracepoints";
		break;
	case HOOK_TRACEPOINT:
		if (env->has.tracepoint == FEAT_NO)
			lacks = "BPF on tracepoints";
		break;
	}
	if (!lacks)
		return 0;
	err_set(e, no, "%s %s: this kernel has no %s", hook_kind_name(h->kind),
		h->target, lacks);
	if (no == ENOENT)
		diagnose(e, env, DIAG_ATTACH, h, "");
	return -no;
}

int attach(struct env *env, const struct hook *h, int prog_fd,
	   struct attachment *a, struct err *e)
{
	int err;

	memset(a, 0, sizeof(*a));
	switch (h->kind) {
	case HOOK_RAW_TRACEPOINT:
	case HOOK_TP_BTF:
	case HOOK_FENTRY:
	case HOOK_FEXIT:
		err = attach_raw(env, h, prog_fd, a, e);
		break;
	case HOOK_TRACEPOINT:
		err = attach_event_id(env, h->target, prog_fd, a, e);
		break;
	case HOOK_PERF_EVENT:
		err = attach_perf(env, h, prog_fd, a, e);
		break;
	default:
		err = attach_probe(env, h, prog_fd, a, e);
	}
	if (err) {
		detach(env, a);
		diagnose(e, env, DIAG_ATTACH, h, "");
	}
	return err;
}

void detach(struct env *env, struct attachment *a)
{
	/* the event first: an entry in use cannot be removed */
	for (unsigned i = a->nfds; i-- > 0;)
		close(a->fds[i]);
	free(a->fds);
	a->fds = NULL;
	a->nfds = 0;
	tracefs_probe_del(env, &a->probe);
}

/* ---- many at once ------------------------------------------------------ */

#define CLOSERS 16

/* A process that has our descriptors, not a copy of them. */
static int fork_with_files(void)
{
	long flags = CLONE_FILES | SIGCHLD;

#ifdef __s390x__		/* clone(2): the stack comes first there */
	return (int)syscall(SYS_clone, 0, flags, 0, 0, 0);
#else
	return (int)syscall(SYS_clone, flags, 0, 0, 0, 0);
#endif
}

static void close_some(const struct attachment *list, unsigned n,
		       unsigned from)
{
	for (unsigned i = from; i < n; i += CLOSERS)
		for (unsigned k = list[i].nfds; k-- > 0;)
			close(list[i].fds[k]);
}

/*
 * The kernel waits for a grace period (20 to 100 ms) each time a uprobe goes,
 * but for all that wait at the same time once.
 */
void detach_together(struct attachment *list, unsigned n)
{
	int pids[CLOSERS];

	if (n < CLOSERS)
		return;
	for (unsigned i = 0; i < CLOSERS; i++) {
		pids[i] = fork_with_files();
		if (!pids[i]) {
			close_some(list, n, i);
			_exit(0);
		}
		if (pids[i] < 0)
			close_some(list, n, i);
	}
	for (unsigned i = 0; i < CLOSERS; i++)
		while (pids[i] > 0 && waitpid(pids[i], NULL, 0) < 0 &&
		       errno == EINTR)
			;
	for (unsigned i = 0; i < n; i++)
		list[i].nfds = 0;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Libraries by what they define, not by what they are called: each file that
 * some process can run code of is looked at once.
 *
 * Files stay open: what is probed is the file that was looked at, whatever
 * becomes of its name, in whatever container it is.
 */
#include "loader/loader_int.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIBS_MAX 256
#define PLACES_MAX 64		/* of functions in one file */
#define FILES_MAX 65536
#define FILE_NS_MAX 200000000	/* that a file may take: anybody can map one */
#define NAMED_NS_MAX 10000000000	/* one that the user wants */

struct place_of {
	uint32_t function;	/* index */
	uint64_t off;
};

struct lib {
	dev_t dev;
	ino_t ino;
	int fd;
	uint64_t until_ns;	/* it may be looked into */
	char *name;
	char path[32];		/* by which the kernel finds it */
	struct place_of places[PLACES_MAX];
	unsigned nplaces;
};

/* A file that was looked at, as /proc/PID/maps tells it. */
struct seen_file {
	uint64_t inode;
	uint32_t major, minor;
};

/* A process that was, and what it ran. */
struct seen_process {
	uint32_t pid, times;	/* that it was looked at */
	dev_t dev;
	ino_t ino;
};

struct libs {
	const char *const *functions;
	uint8_t word_size;
	struct lib *libs[LIBS_MAX];
	unsigned n;
	struct seen_file *files;
	unsigned nfiles;
	struct seen_process *processes;	/* by pid */
	unsigned nprocesses;
	uint64_t until_ns;		/* this scan may go on */
};

struct libs *libs_new(const char *const *functions, uint8_t word_size)
{
	struct libs *l = calloc(1, sizeof(*l));

	if (l) {
		l->functions = functions;
		l->word_size = word_size;
	}
	return l;
}

static void lib_free(struct lib *lib)
{
	if (!lib)
		return;
	if (lib->fd >= 0)
		close(lib->fd);
	free(lib->name);
	free(lib);
}

void libs_free(struct libs *l)
{
	if (!l)
		return;
	for (unsigned i = 0; i < l->n; i++)
		lib_free(l->libs[i]);
	free(l->files);
	free(l->processes);
	free(l);
}

/* ---- one file ---------------------------------------------------------- */

static ssize_t read_at(void *ctx, void *buf, size_t len, uint64_t off)
{
	const struct lib *lib = ctx;
	ssize_t n;

	if (now_ns() > lib->until_ns)
		return -ETIMEDOUT;
	do
		n = pread(lib->fd, buf, len, (off_t)off);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

struct looking {
	const struct libs *libs;
	struct lib *lib;
};

/* Symbols of several versions may be one place. */
static int on_function(void *ctx, const char *name, uint64_t off)
{
	struct looking *at = ctx;
	struct lib *lib = at->lib;
	unsigned f = 0, i = 0;

	while (at->libs->functions[f] && strcmp(at->libs->functions[f], name))
		f++;
	if (!at->libs->functions[f])
		return 0;
	while (i < lib->nplaces && (lib->places[i].function != f ||
				    lib->places[i].off != off))
		i++;
	if (i == lib->nplaces && i < PLACES_MAX)
		lib->places[lib->nplaces++] = (struct place_of){ f, off };
	return 0;
}

/* Programs of 32 bits on a kernel of 64 pass arguments elsewhere. */
static int look_into(const struct libs *l, struct lib *lib, uint64_t len,
		     const char **why)
{
	struct bytes src = { .read = read_at, .ctx = lib, .len = len };
	struct looking at = { l, lib };
	struct elf *elf;
	int err = elf_new(&elf, &src, why);

	if (!err && elf_word_size(elf) != l->word_size) {
		*why = "it is of another word size than the kernel";
		err = -ENOTSUP;
	} else if (!err) {
		err = elf_functions(elf, on_function, &at);
		*why = "its symbols are broken";
	}
	if (err == -ETIMEDOUT)
		*why = "to look into it takes too long";
	elf_free(elf);
	return err;
}

static bool is_known(const struct libs *l, const struct stat *st)
{
	for (unsigned i = 0; i < l->n; i++)
		if (l->libs[i]->dev == st->st_dev &&
		    l->libs[i]->ino == st->st_ino)
			return true;
	return false;
}

/* Takes @fd, for @ns at most.  0: it is one of ours now, or was. */
static int add_fd(struct libs *l, int fd, const char *name, uint64_t ns,
		  struct err *e)
{
	struct lib *lib = calloc(1, sizeof(*lib));
	const char *why = "";
	struct stat st;
	int err = !lib ? ENOMEM : fstat(fd, &st) ? errno : 0;

	if (err) {
		close(fd);
		free(lib);
		return err_set(e, err, "%s", name);
	}
	lib->fd = fd;
	lib->until_ns = now_ns() + ns;
	if (is_known(l, &st)) {
		lib_free(lib);
		return 0;
	}
	err = look_into(l, lib, (uint64_t)st.st_size, &why);
	if (err) {
		err_set(e, 0, "%s: %s", name, why);
	} else if (!lib->nplaces) {
		err_set(e, 0, "%s has no function %s and the like that can be "
			"probed", name, l->functions[0]);
		err = -(e->no = ENOTSUP);
	} else if (l->n == LIBS_MAX) {
		err = err_set(e, E2BIG, "more than %u libraries", LIBS_MAX);
	} else {
		lib->name = strdup(name);
		err = lib->name ? 0 : err_set(e, ENOMEM, "%s", name);
	}
	if (err) {
		lib_free(lib);
		return err;
	}
	lib->dev = st.st_dev;
	lib->ino = st.st_ino;
	snprintf(lib->path, sizeof(lib->path), "/proc/self/fd/%d", fd);
	l->libs[l->n++] = lib;
	return 0;
}

int libs_add(struct libs *l, const char *path, struct err *e)
{
	int fd;

	errno = 0;
	fd = file_open_regular(path, 0);
	if (fd < 0 && !errno)
		return err_set(e, 0, "%s is no regular file, or too large",
			       path);
	if (fd < 0)
		return err_set(e, errno, "%s", path);
	return add_fd(l, fd, path, NAMED_NS_MAX, e);
}

/* ---- all processes ----------------------------------------------------- */

static bool was_seen(const struct libs *l, const struct mapping *m)
{
	for (unsigned i = 0; i < l->nfiles; i++)
		if (l->files[i].inode == m->inode &&
		    l->files[i].major == m->major &&
		    l->files[i].minor == m->minor)
			return true;
	return l->nfiles == FILES_MAX;
}

/* Only what was opened: where that fails, another process may lead to it. */
static void note_seen(struct libs *l, const struct mapping *m)
{
	struct seen_file *more;

	if (!(l->nfiles & (l->nfiles - 1))) {	/* a power of two is full */
		more = realloc(l->files, (l->nfiles ? 2 * l->nfiles : 1) *
			       sizeof(*more));
		if (!more)
			return;
		l->files = more;
	}
	l->files[l->nfiles++] = (struct seen_file){ m->inode, m->major,
						    m->minor };
}

/* False: time is up, some of it may be left. */
static bool scan_process(struct libs *l, uint32_t pid)
{
	struct mappings maps = { .n = 0 };
	struct err ignored = { .no = 0 };
	bool late = now_ns() > l->until_ns;
	int fd;

	if (!late)
		mappings_read(&maps, pid);
	for (uint32_t i = 0; i < maps.n && !late; i++) {
		if (maps.m[i].path[0] != '/' || was_seen(l, &maps.m[i]))
			continue;
		fd = mapping_open(pid, &maps.m[i]);
		if (fd >= 0) {
			note_seen(l, &maps.m[i]);
			add_fd(l, fd, maps.m[i].path, FILE_NS_MAX, &ignored);
		}
		late = now_ns() > l->until_ns;
	}
	mappings_release(&maps);
	return !late;
}

/*
 * A process is looked at as it is first met, and once more, since it may have
 * been on its way through the dynamic linker then; and again when it runs
 * another program.
 */
static void meet(struct libs *l, uint32_t pid, struct seen_process *now,
		 unsigned *at)
{
	char exe[40];
	struct stat st;

	*now = (struct seen_process){ .pid = pid };
	snprintf(exe, sizeof(exe), "/proc/%" PRIu32 "/exe", pid);
	if (!stat(exe, &st)) {
		now->dev = st.st_dev;
		now->ino = st.st_ino;
	}
	while (*at < l->nprocesses && l->processes[*at].pid < pid)
		++*at;
	if (*at < l->nprocesses && l->processes[*at].pid == pid &&
	    l->processes[*at].dev == now->dev &&
	    l->processes[*at].ino == now->ino)
		now->times = l->processes[*at].times;
	if (now->times < 2 && scan_process(l, pid))
		now->times++;
}

static int scan_all(struct libs *l)
{
	struct seen_process *now = NULL, *more;
	unsigned n = 0, at = 0;
	struct dirent *d;
	uint32_t pid;
	DIR *proc = opendir("/proc");

	if (!proc)
		return -errno;
	/* numbers come in their order (fs/proc/base.c, next_tgid()) */
	while ((d = readdir(proc))) {
		pid = (uint32_t)strtoul(d->d_name, NULL, 10);
		if (!pid || pid == (uint32_t)getpid())
			continue;
		if (!(n & (n - 1))) {
			more = realloc(now, (n ? 2 * n : 1) * sizeof(*more));
			if (!more)
				break;
			now = more;
		}
		meet(l, pid, &now[n++], &at);
	}
	closedir(proc);
	free(l->processes);
	l->processes = now;
	l->nprocesses = n;
	return 0;
}

int libs_scan(struct libs *l, const uint32_t *pids, unsigned n, uint64_t ns)
{
	l->until_ns = now_ns() + ns;
	if (!n)
		return scan_all(l);
	for (unsigned i = 0; i < n; i++)
		scan_process(l, pids[i]);
	return 0;
}

unsigned libs_count(const struct libs *l)
{
	return l->n;
}

const char *libs_name(const struct libs *l, unsigned i)
{
	return l->libs[i]->name;
}

bool libs_place(const struct libs *l, unsigned i, const char *function,
		unsigned k, char *target, size_t len)
{
	const struct lib *lib = l->libs[i];

	for (unsigned p = 0; p < lib->nplaces; p++) {
		if (strcmp(l->functions[lib->places[p].function], function) ||
		    k--)
			continue;
		snprintf(target, len, "%s:0x%" PRIx64, lib->path,
			 lib->places[p].off);
		return true;
	}
	return false;
}

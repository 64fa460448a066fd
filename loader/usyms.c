/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * User functions by address: process -> mapping -> file -> symbol.
 *
 * Files are opened when a process is looked at and stay open, for processes
 * may be gone when somebody asks.  They are read, not mapped: who owns a file
 * could cut it short under us, which is SIGBUS.  How much time one may cost is
 * bounded, too.
 */
#include "loader/loader_int.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "btf/btf.h"

#define PROCESSES	512
#define FILES		1024
#define OPEN_MAX_FILES	256
#define KNOWN		4096	/* addresses remembered; a power of two */
#define FILE_NS_MAX	2000000000u	/* that looking into one file takes */
#define INDEX_MAX	(64u << 20)	/* bytes of all indexes together */
#define AGAIN_NS	1000000000u
#define NAME_MAX_LEN	1024
#define BUILD_ID_LEN	129

struct file {
	uint64_t inode;
	uint32_t major, minor;
	char *path;
	int fd;				/* -1: none */
	bool identified;
	char build_id[BUILD_ID_LEN];
	uint64_t spent_ns;
	struct elf_index *index;	/* of its functions, once asked for */
};

struct process {
	uint32_t pid;			/* 0: free */
	uint64_t read_ns;
	struct mappings maps;		/* file: index + 1; path: NULL */
};

/* What was found at an offset of a file. */
struct known {
	uint32_t file;			/* index + 1 */
	uint64_t off, delta;
	char *name;			/* NULL: nothing */
};

struct usyms {
	struct process processes[PROCESSES];
	struct file files[FILES];
	struct known known[KNOWN];
	uint32_t next_process, nfiles, nopen;
	size_t index_bytes;
};

struct usyms *usyms_new(void)
{
	return calloc(1, sizeof(struct usyms));
}

void usyms_free(struct usyms *u)
{
	if (!u)
		return;
	for (uint32_t i = 0; i < PROCESSES; i++)
		mappings_release(&u->processes[i].maps);
	for (uint32_t i = 0; i < u->nfiles; i++) {
		free(u->files[i].path);
		elf_index_free(u->files[i].index);
		if (u->files[i].fd >= 0)
			close(u->files[i].fd);
	}
	for (uint32_t i = 0; i < KNOWN; i++)
		free(u->known[i].name);
	free(u);
}

/* ---- files ------------------------------------------------------------- */

static bool same_file(const struct file *f, const struct mapping *m)
{
	return f->inode == m->inode && f->major == m->major &&
	       f->minor == m->minor && !strcmp(f->path, m->path);
}

/* Index + 1; 0 when there are too many.  Takes the path. */
static uint32_t file_of(struct usyms *u, uint32_t pid, struct mapping *m)
{
	struct file *f;

	for (uint32_t i = 0; i < u->nfiles; i++)
		if (same_file(&u->files[i], m))
			return i + 1;
	if (u->nfiles == FILES || !m->path[0])
		return 0;
	f = &u->files[u->nfiles++];
	f->inode = m->inode;
	f->major = m->major;
	f->minor = m->minor;
	f->fd = u->nopen < OPEN_MAX_FILES ? mapping_open(pid, m) : -1;
	u->nopen += f->fd >= 0;
	f->path = m->path;
	m->path = NULL;
	return u->nfiles;
}

static ssize_t read_at(void *ctx, void *buf, size_t len, uint64_t off)
{
	const struct file *f = ctx;
	ssize_t n;

	do
		n = pread(f->fd, buf, len, (off_t)off);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

/* NULL: not to be opened, or it has cost enough. */
static struct elf *open_elf(struct file *f)
{
	struct bytes src = { .read = read_at, .ctx = f };
	struct elf *e = NULL;
	const char *why;
	struct stat st;

	if (f->fd < 0 || f->spent_ns > FILE_NS_MAX || fstat(f->fd, &st) ||
	    st.st_size <= 0 || st.st_size > FILE_LEN_MAX)
		return NULL;
	src.len = (uint64_t)st.st_size;
	return elf_new(&e, &src, &why) ? NULL : e;
}

static void identify(struct file *f)
{
	uint64_t start = now_ns();
	struct elf *e;

	if (f->identified)
		return;
	f->identified = true;
	e = open_elf(f);
	if (!e || elf_build_id(e, f->build_id, sizeof(f->build_id)))
		f->build_id[0] = '\0';
	elf_free(e);
	f->spent_ns += now_ns() - start;
}

/* By the index; where there is no room for one by looking at each symbol. */
static int find_symbol(struct usyms *u, struct file *f, const struct elf *e,
		       uint64_t off, char *name, size_t len, uint64_t *delta)
{
	size_t before = elf_index_bytes(f->index);
	int err = -ENOMEM;

	if (!f->index)
		f->index = elf_index_new(INDEX_MAX - u->index_bytes);
	if (f->index)
		err = elf_index_at(f->index, e, off, name, len, delta);
	u->index_bytes += elf_index_bytes(f->index) - before;
	return err == -E2BIG || err == -ENOMEM ?
	       elf_symbol_at(e, off, name, len, delta) : err;
}

/* The function at @off, to @k. */
static void look_up(struct usyms *u, struct file *f, uint64_t off,
		    struct known *k)
{
	uint64_t start = now_ns();
	char name[NAME_MAX_LEN];
	struct elf *e = open_elf(f);

	if (e && !find_symbol(u, f, e, off, name, sizeof(name), &k->delta))
		k->name = strdup(name);
	elf_free(e);
	f->spent_ns += now_ns() - start;
}

static const struct known *known_at(struct usyms *u, uint32_t file,
				    uint64_t off)
{
	uint64_t hash = (off ^ (uint64_t)file << 40) * 0x9e3779b97f4a7c15u;
	struct known *k = &u->known[(hash >> 32) & (KNOWN - 1)];

	if (k->file == file && k->off == off)
		return k;
	free(k->name);
	*k = (struct known){ .file = file, .off = off };
	look_up(u, &u->files[file - 1], off, k);
	return k;
}

/* ---- processes --------------------------------------------------------- */

static struct process *find_process(struct usyms *u, uint32_t pid)
{
	for (uint32_t i = 0; i < PROCESSES; i++)
		if (u->processes[i].pid == pid)
			return &u->processes[i];
	return NULL;
}

/* Paths are kept once, with the files. */
static void take_files(struct usyms *u, uint32_t pid, struct mappings *maps)
{
	for (uint32_t i = 0; i < maps->n; i++) {
		struct mapping *m = &maps->m[i];

		m->file = file_of(u, pid, m);
		free(m->path);
		m->path = NULL;
	}
}

void usyms_note(struct usyms *u, uint32_t pid)
{
	struct process *p = pid ? find_process(u, pid) : NULL;
	struct mappings maps = { .n = 0 };
	uint64_t now = now_ns();

	if (!pid || (p && now - p->read_ns < AGAIN_NS))
		return;
	if (p)
		p->read_ns = now;
	if (mappings_read(&maps, pid)) {
		mappings_release(&maps);	/* what we know is the last */
		return;
	}
	if (!p)
		p = &u->processes[u->next_process++ % PROCESSES];
	p->pid = pid;
	p->read_ns = now;
	take_files(u, pid, &maps);
	mappings_release(&p->maps);
	p->maps = maps;
}

static const struct mapping *find_mapping(struct usyms *u, uint32_t pid,
					  uint64_t addr)
{
	const struct process *p = pid ? find_process(u, pid) : NULL;

	return p ? mappings_find(&p->maps, addr) : NULL;
}

bool usyms_find(struct usyms *u, uint32_t pid, uint64_t addr,
		struct usym *sym)
{
	const struct mapping *m = find_mapping(u, pid, addr);
	const struct known *k;
	struct file *f;

	memset(sym, 0, sizeof(*sym));
	sym->build_id = "";
	if (!m) {
		usyms_note(u, pid);
		m = find_mapping(u, pid, addr);
	}
	if (!m)
		return false;
	if (!m->file)
		return true;
	f = &u->files[m->file - 1];
	identify(f);
	sym->path = f->path;
	sym->build_id = f->build_id;
	sym->file_offset = addr - m->start + m->off;
	k = known_at(u, m->file, sym->file_offset);
	sym->name = k->name;
	sym->offset = k->delta;
	return true;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Network namespaces, one after the other: those of processes, and those that
 * are mounted somewhere, as ip-netns(8) does. */
#include "tools/frontend/sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct walk {
	const struct filters *f;
	netns_fn *fn;
	void *ctx;
	uint32_t *seen;
	size_t nseen;
	bool moved;		/* we are in another namespace */
	bool denied;
};

static bool wanted(const struct filters *f, uint32_t inum)
{
	for (unsigned i = 0; i < f->nnetns; i++)
		if (f->netns[i] == inum)
			return true;
	return !f->nnetns;
}

static bool is_new(struct walk *w, uint32_t inum)
{
	uint32_t *p;

	for (size_t i = 0; i < w->nseen; i++)
		if (w->seen[i] == inum)
			return false;
	p = realloc(w->seen, (w->nseen + 1) * sizeof(*p));
	if (!p)
		return false;
	w->seen = p;
	w->seen[w->nseen++] = inum;
	return true;
}

/* Every one of interest was? */
static bool all_seen(const struct walk *w)
{
	return w->f->nnetns && w->nseen >= w->f->nnetns;
}

/* Go into the one at @path if it is one of interest that is new. */
static int visit(struct walk *w, const char *path, uint32_t inum)
{
	int fd, err = 0;

	if (!wanted(w->f, inum) || !is_new(w, inum))
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		w->denied |= errno == EACCES || errno == EPERM;
		w->nseen--;	/* gone; others may live there, too */
		return 0;
	}
	if (!setns(fd, CLONE_NEWNET)) {
		w->moved = true;
		err = w->fn(w->ctx, inum);
	} else {
		w->denied = true;
		w->nseen--;
	}
	close(fd);
	return err;
}

static int visit_process(void *ctx, const char *pid)
{
	struct walk *w = ctx;
	uint32_t inum = all_seen(w) ? 0 : netns_of_pid(pid);
	char path[280];

	if (all_seen(w))
		return 0;
	if (!inum) {
		w->denied |= errno == EACCES || errno == EPERM;
		return 0;
	}
	snprintf(path, sizeof(path), "/proc/%s/ns/net", pid);
	return visit(w, path, inum);
}

/* "\040" for what would end a word (mangle() of fs/seq_file.c). */
static void unmangle(char *s)
{
	char *to = s;

	for (; *s; to++) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' &&
		    s[2] >= '0' && s[2] <= '7' && s[3] >= '0' && s[3] <= '7') {
			*to = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 |
				     (s[3] - '0'));
			s += 4;
		} else {
			*to = *s++;
		}
	}
	*to = '\0';
}

/* A line of proc_pid_mountinfo(5): of nsfs the fourth word is "net:[N]". */
static int visit_mount(struct walk *w, char *line)
{
	char path[4096];
	unsigned inum;

	if (sscanf(line, "%*s %*s %*s net:[%u] %4095s", &inum, path) != 2)
		return 0;
	unmangle(path);
	return visit(w, path, inum);
}

static int visit_mounts(struct walk *w)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	char *line = NULL;
	size_t size = 0;
	int err = 0;

	while (f && !err && !all_seen(w) && getline(&line, &size, f) > 0)
		err = visit_mount(w, line);
	free(line);
	if (f)
		fclose(f);
	return err;
}

/* Ours needs no right to move. */
static int visit_home(struct walk *w, int home)
{
	struct stat st = { 0 };

	if (home >= 0 && fstat(home, &st))
		return -errno;
	if (home >= 0 && (!wanted(w->f, st.st_ino) || !is_new(w, st.st_ino)))
		return 0;
	return w->fn(w->ctx, st.st_ino);
}

int netns_each(const struct filters *f, netns_fn *fn, void *ctx,
	       unsigned *seen, bool *denied)
{
	struct walk w = { .f = f, .fn = fn, .ctx = ctx };
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int err = visit_home(&w, home);

	/* mounts first: one file tells all of them */
	if (!err && home >= 0)
		err = visit_mounts(&w);
	if (!err && home >= 0 && !all_seen(&w))
		err = proc_each(visit_process, &w);
	if (w.moved && setns(home, CLONE_NEWNET) && !err)
		err = -errno;
	if (home >= 0)
		close(home);
	free(w.seen);
	*seen = w.nseen;
	*denied = w.denied;
	return err;
}

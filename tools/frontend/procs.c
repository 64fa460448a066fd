/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Processes, and which sockets they have open: /proc/PID. */
#include "tools/frontend/sockets.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int proc_each(proc_fn *fn, void *ctx)
{
	DIR *proc = opendir("/proc");
	struct dirent *d;
	int err = 0;

	if (!proc)
		return -errno;
	while (!err && (d = readdir(proc)))
		if (d->d_name[0] >= '1' && d->d_name[0] <= '9')
			err = fn(ctx, d->d_name);
	closedir(proc);
	return err;
}

int proc_sockets(const char *pid, proc_socket_fn *fn, void *ctx)
{
	char path[280], link[64];
	struct dirent *d;
	int err = 0;
	ssize_t n;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	dir = opendir(path);
	if (!dir)
		return -errno;
	while (!err && (d = readdir(dir))) {
		n = readlinkat(dirfd(dir), d->d_name, link, sizeof(link) - 1);
		if (n < 9 || strncmp(link, "socket:[", 8))
			continue;
		link[n] = '\0';
		err = fn(ctx, (int)strtol(d->d_name, NULL, 10),
			 (uint32_t)strtoul(link + 8, NULL, 10));
	}
	closedir(dir);
	return err;
}

/* What /proc/@pid/@file begins with; "" if it cannot be read. */
static void read_proc(const char *pid, const char *file, char *buf, size_t len)
{
	char path[300];

	snprintf(path, sizeof(path), "/proc/%s/%s", pid, file);
	if (read_file_at(AT_FDCWD, path, buf, len) < 0)
		buf[0] = '\0';
}

/* The rest of the line of @text that begins with @key; NULL if none does. */
static char *line_of(char *text, const char *key)
{
	size_t n = strlen(key);

	while (strncmp(text, key, n)) {
		text = strchr(text, '\n');
		if (!text)
			return NULL;
		text++;
	}
	text[n + strcspn(text + n, "\n")] = '\0';
	return text + n;
}

bool proc_describe(struct seed *seed, const char *pid)
{
	struct err e = { 0 };
	char text[4096], *p;
	uint64_t cgroup;
	bool there;

	memset(seed, 0, sizeof(*seed));
	seed->pid = seed->tid = strtoul(pid, NULL, 10);
	read_proc(pid, "comm", seed->comm, sizeof(seed->comm));
	seed->comm[strcspn(seed->comm, "\n")] = '\0';
	read_proc(pid, "cgroup", text, sizeof(text));
	p = line_of(text, "0::");	/* the line of cgroup v2 */
	if (p && !cgroup_parse(p, &cgroup, &e))
		seed->cgroup = cgroup;
	read_proc(pid, "status", text, sizeof(text));
	p = line_of(text, "Uid:");
	there = p;
	seed->uid = p ? strtoul(p, NULL, 10) : 0;
	return there;
}

static bool in_u32(const uint32_t *list, unsigned n, uint32_t v)
{
	for (unsigned i = 0; i < n; i++)
		if (list[i] == v)
			return true;
	return !n;
}

/* Only in namespaces of interest do we look at what a process has open. */
bool proc_matches(const struct filters *f, const char *pid)
{
	uint32_t inum;

	if (!in_u32(f->pid, f->npid, (uint32_t)strtoul(pid, NULL, 10)))
		return false;
	inum = f->nnetns ? netns_of_pid(pid) : 0;
	return !f->nnetns || (inum && in_u32(f->netns, f->nnetns, inum));
}

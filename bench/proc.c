/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What /proc says about a process. */
#include "bench.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *slurp_fd(int fd)
{
	size_t len = 0, size = 4096;
	char *buf = malloc(size), *more;
	ssize_t n;

	while (buf) {
		n = pread(fd, buf + len, size - 1 - len, len);
		if (n <= 0)
			break;
		len += n;
		if (len < size - 1)
			continue;
		more = realloc(buf, size *= 2);
		if (!more)
			free(buf);
		buf = more;
	}
	if (buf)
		buf[len] = '\0';
	return buf;
}

char *slurp(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *buf;

	if (fd < 0)
		return NULL;
	buf = slurp_fd(fd);
	close(fd);
	return buf;
}

/* ---- state and memory ------------------------------------------------- */

/* "pid (comm) S ..."; a comm may have anything in it, even ")". */
static bool thread_sleeps(pid_t pid, const char *tid)
{
	char path[64], *text;
	const char *p;
	bool sleeps;

	snprintf(path, sizeof(path), "/proc/%d/task/%.20s/stat", pid, tid);
	text = slurp(path);
	if (!text)
		return true;	/* it has ended */
	p = strrchr(text, ')');
	/* t: stopped by ptrace(2), which is our own doing */
	sleeps = p && p[1] && (p[2] == 'S' || p[2] == 't');
	free(text);
	return sleeps;
}

bool proc_sleeps(pid_t pid)
{
	char path[64];
	struct dirent *e;
	bool sleeps = true;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	if (!dir)
		return false;
	while (sleeps && (e = readdir(dir)) != NULL)
		if (e->d_name[0] != '.')
			sleeps = thread_sleeps(pid, e->d_name);
	closedir(dir);
	return sleeps;
}

double proc_status_kb(pid_t pid, const char *field)
{
	char path[64], *text;
	const char *p;
	double kb = NAN;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	text = slurp(path);
	p = text ? strstr(text, field) : NULL;
	if (p)
		kb = strtoul(p + strlen(field) + 1, NULL, 10);
	free(text);
	return kb;
}

/* The kernel lists the mappings of one file side by side. */
void proc_files_kb(pid_t pid, double *program, double *others)
{
	char path[64], *text, *line, *save = NULL, *p;
	struct stat st, exe = { 0 };
	ino_t last = 0;

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	(void)!stat(path, &exe);
	*program = exe.st_size / 1024.0;
	*others = 0;
	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	text = slurp(path);
	for (line = text ? strtok_r(text, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save)) {
		p = strchr(line, '/');
		/* /sys/kernel/btf/vmlinux is nobody's to install */
		if (!p || !strncmp(p, "/sys/", 5) ||
		    stat(p, &st) < 0 || !S_ISREG(st.st_mode) ||
		    st.st_ino == last || st.st_ino == exe.st_ino)
			continue;
		last = st.st_ino;
		*others += st.st_size / 1024.0;
	}
	free(text);
}

/* ---- descriptors ------------------------------------------------------ */

static bool number(const char *text, const char *field, uint32_t *v)
{
	size_t len = strlen(field);
	const char *p = text;

	for (; p; p = strchr(p, '\n'), p = p ? p + 1 : NULL) {
		if (strncmp(p, field, len) || p[len] != ':')
			continue;
		*v = strtoul(p + len + 1, NULL, 0);
		return true;
	}
	return false;
}

static bool add(uint32_t *ids, unsigned *n, uint32_t id)
{
	for (unsigned i = 0; i < *n; i++)
		if (ids[i] == id)
			return false;
	if (*n == 32)
		die("more than 32 BPF objects of a kind in one process");
	ids[(*n)++] = id;
	return true;
}

static void held_map(struct held *h, const char *text, uint32_t id)
{
	uint32_t v[6] = { 0 };
	unsigned i = h->nmaps;

	if (!add(h->map_ids, &h->nmaps, id))
		return;
	number(text, "map_type", &v[0]);
	number(text, "key_size", &v[1]);
	number(text, "value_size", &v[2]);
	number(text, "max_entries", &v[3]);
	number(text, "map_flags", &v[4]);
	number(text, "memlock", &v[5]);
	snprintf(h->maps[i], sizeof(h->maps[i]), "map:%u:%u:%u:%u:%u", v[0],
		 v[1], v[2], v[3], v[4]);
	h->maps_kb += v[5] / 1024.0;
}

void proc_held(pid_t pid, struct held *h)
{
	char path[64 + 256], *text;
	struct dirent *e;
	uint32_t id;
	DIR *dir;

	memset(h, 0, sizeof(*h));
	snprintf(path, sizeof(path), "/proc/%d/fdinfo", pid);
	dir = opendir(path);
	while (dir && (e = readdir(dir)) != NULL) {
		snprintf(path, sizeof(path), "/proc/%d/fdinfo/%s", pid,
			 e->d_name);
		text = slurp(path);
		if (!text)
			continue;
		if (number(text, "prog_id", &id))
			add(h->progs, &h->nprogs, id);
		if (number(text, "link_id", &id))
			add(h->links, &h->nlinks, id);
		if (number(text, "map_id", &id) &&
		    number(text, "map_type", &(uint32_t){ 0 }))
			held_map(h, text, id);
		free(text);
	}
	if (dir)
		closedir(dir);
}

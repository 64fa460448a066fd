/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* /proc/PID/maps, of which the paths are whatever a process likes. */
#include "loader/loader_int.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAPPINGS_MAX 4096
#define LINES_MAX	131072	/* twice vm.max_map_count's default */

void mappings_release(struct mappings *m)
{
	for (uint32_t i = 0; i < m->n; i++)
		free(m->m[i].path);
	free(m->m);
	m->m = NULL;
	m->n = 0;
}

/* A number at *@p that @end follows; false: there is none. */
static bool take(const char **p, int base, char end, uint64_t *v)
{
	char *rest;

	if (!isxdigit((unsigned char)**p))
		return false;
	errno = 0;
	*v = strtoull(*p, &rest, base);
	if (errno || *rest != end)
		return false;
	*p = rest + (end != '\0');
	return true;
}

/*
 * proc_pid_maps(5): "55d0c0a00000-55d0c0b00000 r-xp 00002000 08:01 1234   /x"
 * False: broken, or nothing runs there.
 */
static bool parse(struct mapping *m, const char *p)
{
	uint64_t major, minor;

	if (!take(&p, 16, '-', &m->start) || !take(&p, 16, ' ', &m->end) ||
	    m->start >= m->end || strcspn(p, " ") != 4 || p[2] != 'x' ||
	    p[4] != ' ')
		return false;
	p += 5;
	if (!take(&p, 16, ' ', &m->off) || !take(&p, 16, ':', &major) ||
	    !take(&p, 16, ' ', &minor))
		return false;
	/* without a path a blank may still follow the inode, or not */
	if (!isdigit((unsigned char)*p))
		return false;
	m->inode = strtoull(p, (char **)(uintptr_t)&p, 10);
	if (*p && *p != ' ')
		return false;
	m->major = (uint32_t)major;
	m->minor = (uint32_t)minor;
	m->path = strdup(p + strspn(p, " "));
	return true;
}

static int append(struct mappings *m, const struct mapping *one)
{
	struct mapping *more;

	/* a power of two is full */
	if (!(m->n & (m->n - 1))) {
		more = realloc(m->m, (m->n ? 2 * m->n : 1) * sizeof(*more));
		if (!more)
			return -ENOMEM;
		m->m = more;
	}
	m->m[m->n++] = *one;
	return 0;
}

int mappings_add(struct mappings *m, const char *line, size_t len)
{
	struct mapping one = { .start = 0 };
	const char *newline = memchr(line, '\n', len);
	char *text;
	bool good;
	int err;

	if (m->n == MAPPINGS_MAX)
		return 0;
	text = strndup(line, newline ? (size_t)(newline - line) : len);
	if (!text)
		return -ENOMEM;
	good = parse(&one, text);
	free(text);
	/* the kernel lists them in order; the search relies on it */
	if (!good || (m->n && one.start < m->m[m->n - 1].end)) {
		free(one.path);
		return 0;
	}
	err = one.path ? append(m, &one) : -ENOMEM;
	if (err)
		free(one.path);
	return err;
}

int mappings_parse(struct mappings *m, const char *text, size_t len)
{
	const char *end = text + len, *next;
	int err = 0;

	m->m = NULL;
	m->n = 0;
	for (; text < end && !err; text = next) {
		next = memchr(text, '\n', (size_t)(end - text));
		next = next ? next + 1 : end;
		err = mappings_add(m, text, (size_t)(next - text));
	}
	if (err)
		mappings_release(m);
	return err;
}

static int by_addr(const void *key, const void *item)
{
	const struct mapping *m = item;
	uint64_t addr;

	memcpy(&addr, key, sizeof(addr));
	if (addr < m->start)
		return -1;
	return addr >= m->end;
}

const struct mapping *mappings_find(const struct mappings *m, uint64_t addr)
{
	return m->n ? bsearch(&addr, m->m, m->n, sizeof(*m->m), by_addr) :
		      NULL;
}

/* ---- of a process ------------------------------------------------------ */

int mappings_read(struct mappings *m, uint32_t pid)
{
	char path[40], *line = NULL;
	size_t cap = 0;
	ssize_t n;
	int err = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%" PRIu32 "/maps", pid);
	f = fopen(path, "re");
	if (!f)
		return -errno;
	for (unsigned i = 0; i < LINES_MAX && !err; i++) {
		n = getline(&line, &cap, f);
		if (n <= 0)
			break;
		err = mappings_add(m, line, (size_t)n);
	}
	free(line);
	fclose(f);
	return err ? err : m->n ? 0 : -ESRCH;
}

/* Devices and pipes must not even be opened: that may have effects. */
int file_open_regular(const char *path, int flags)
{
	int at = open(path, O_PATH | O_CLOEXEC | flags), fd = -1;
	char self[40];
	struct stat st;

	if (at < 0)
		return -1;
	snprintf(self, sizeof(self), "/proc/self/fd/%d", at);
	if (!fstat(at, &st) && S_ISREG(st.st_mode) &&
	    st.st_size <= FILE_LEN_MAX)
		fd = open(self, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	close(at);
	return fd;
}

static bool is_deleted(const char *path)
{
	static const char mark[] = " (deleted)";
	size_t len = strlen(path), n = sizeof(mark) - 1;

	return len >= n && !strcmp(path + len - n, mark);
}

/* map_files leads to what is mapped, whatever became of its name, but wants
 * CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE. */
int mapping_open(uint32_t pid, const struct mapping *m)
{
	char path[4200];
	struct stat st;
	int fd;

	if (m->path[0] != '/')
		return -1;
	snprintf(path, sizeof(path), "/proc/%" PRIu32 "/map_files/%" PRIx64
		 "-%" PRIx64, pid, m->start, m->end);
	fd = file_open_regular(path, 0);
	if (fd >= 0 || is_deleted(m->path))
		return fd;
	if ((size_t)snprintf(path, sizeof(path), "/proc/%" PRIu32 "/root%s",
			     pid, m->path) >= sizeof(path))
		return -1;
	fd = file_open_regular(path, O_NOFOLLOW);
	/* another by that name, or one of ours behind a link */
	if (fd >= 0 && (fstat(fd, &st) || st.st_ino != m->inode)) {
		close(fd);
		return -1;
	}
	return fd;
}

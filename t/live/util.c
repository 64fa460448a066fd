/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "live.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NSEC + ts.tv_nsec;
}

void nap_ms(unsigned ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000l };

	while (nanosleep(&ts, &ts) && errno == EINTR)
		;
}

void *xcalloc(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (!p) {
		fprintf(stderr, "live: out of memory\n");
		_exit(99);
	}
	return p;
}

void *xrealloc(void *p, size_t n, size_t size)
{
	if (size && n > SIZE_MAX / size)
		p = NULL;
	else
		p = realloc(p, n * size);
	if (!p) {
		fprintf(stderr, "live: out of memory\n");
		_exit(99);
	}
	return p;
}

static char *slurp_open(int fd, size_t *lenp)
{
	size_t len = 0, room = 4096;
	char *buf = xrealloc(NULL, room, 1);
	ssize_t n;

	while ((n = read(fd, buf + len, room - len - 1)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			free(buf);
			return NULL;
		}
		len += n;
		if (room - len < 2) {
			room *= 2;
			buf = xrealloc(buf, room, 1);
		}
	}
	buf[len] = '\0';
	if (lenp)
		*lenp = len;
	return buf;
}

char *slurp_fd(int fd, size_t *len)
{
	if (lseek(fd, 0, SEEK_SET) < 0)
		return NULL;
	return slurp_open(fd, len);
}

char *slurp(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), e;
	char *text;

	if (fd < 0)
		return NULL;
	text = slurp_open(fd, NULL);
	e = errno;
	close(fd);
	errno = e;
	return text;
}

int spew(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), e = 0;
	size_t len = strlen(text);

	if (fd < 0)
		return -errno;
	if (write(fd, text, len) != (ssize_t)len)
		e = errno ? errno : EIO;
	close(fd);
	return -e;
}

bool readable(int fd, unsigned ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint64_t end = now_ns() + ms * MSEC, now;
	int n;

	for (;;) {
		now = now_ns();
		n = poll(&p, 1, now < end ? (end - now) / MSEC + 1 : 0);
		if (n > 0)
			return true;
		if (!n && now_ns() >= end)
			return false;
		if (n < 0 && errno != EINTR)
			return false;
	}
}

int reap(pid_t pid, unsigned ms, bool *killed)
{
	uint64_t end = now_ns() + ms * MSEC;
	unsigned nap = 0;
	int status;
	pid_t got;

	*killed = false;
	for (;;) {
		got = waitpid(pid, &status, WNOHANG);
		if (got == pid)
			return status;
		if (got < 0 && errno != EINTR)
			return -1;
		if (now_ns() >= end)
			break;
		nap_ms(nap < 20 ? ++nap : nap);
	}
	*killed = true;
	kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

/* The id is what the file handle of the directory holds (5.5; an older
 * kernel's handle has another size, and nothing is known then). */
static uint64_t cgroup_id(const char *path)
{
	union {
		struct file_handle h;
		char room[sizeof(struct file_handle) + 8];
	} u;
	uint64_t id;
	int mount;

	memset(&u, 0, sizeof(u));
	u.h.handle_bytes = 8;
	if (name_to_handle_at(AT_FDCWD, path, &u.h, &mount, 0) ||
	    u.h.handle_bytes != 8)
		return 0;
	memcpy(&id, u.room + offsetof(struct file_handle, f_handle), 8);
	return id;
}

bool cgroup_path(char *buf, size_t size)
{
	char *own = slurp("/proc/self/cgroup"), *mounts = slurp("/proc/mounts");
	char where[256] = "", *line, *p;
	bool found = false;

	for (line = mounts; line && *line; line = p ? p + 1 : NULL) {
		p = strchr(line, '\n');
		if (sscanf(line, "%*s %255s cgroup2 ", where) == 1 &&
		    strstr(line, " cgroup2 ") &&
		    (!p || strstr(line, " cgroup2 ") < p))
			break;
		*where = '\0';
	}
	p = own ? strstr(own, "0::/") : NULL;
	if (p && *where && (p == own || p[-1] == '\n')) {
		p[strcspn(p, "\n")] = '\0';
		snprintf(buf, size, "%s%s", where, p + 3);
		found = true;
	}
	free(own);
	free(mounts);
	return found;
}

uint64_t cgroup_own(void)
{
	char path[512];

	return cgroup_path(path, sizeof(path)) ? cgroup_id(path) : 0;
}

static void temp_of(char *buf, size_t size, pid_t pid, const char *what)
{
	const char *dir = getenv("TMPDIR");

	if (!dir || !*dir)
		dir = "/tmp";
	mkdir(dir, 01777);	/* an initramfs may lack it */
	snprintf(buf, size, "%s/live.%d.%s", dir, (int)pid, what);
}

void temp_path(char *buf, size_t size, const char *what)
{
	temp_of(buf, size, getpid(), what);
}

static int swept(const char *path, const struct stat *st, int type,
		 struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	remove(path);
	return 0;
}

void temp_sweep(pid_t pid)
{
	char pattern[512];
	glob_t files;

	temp_of(pattern, sizeof(pattern), pid, "*");
	if (glob(pattern, 0, NULL, &files))
		return;
	for (size_t i = 0; i < files.gl_pathc; i++)
		nftw(files.gl_pathv[i], swept, 8, FTW_DEPTH | FTW_PHYS);
	globfree(&files);
}

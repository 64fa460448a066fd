/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Small files of /proc and /sys. */
#include "loader/loader_int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

ssize_t read_file_at(int dirfd, const char *path, char *buf, size_t len)
{
	int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);
	size_t got = 0;
	ssize_t n = 0;

	if (fd < 0)
		return -errno;
	while (got < len - 1) {
		n = read(fd, buf + got, len - 1 - got);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		got += n;
	}
	if (n < 0)
		n = -errno;
	close(fd);
	buf[got] = '\0';
	return n < 0 ? n : (ssize_t)got;
}

int read_number(const char *path, uint64_t *value)
{
	char buf[64], *end;
	ssize_t n = read_file_at(AT_FDCWD, path, buf, sizeof(buf));

	if (n < 0)
		return n;
	*value = strtoull(buf, &end, 0);
	return end == buf ? -EINVAL : 0;
}

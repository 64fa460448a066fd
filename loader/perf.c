/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* perf_event_open(2): the only place that calls it. */
#include "loader/loader_int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

int perf_open(struct perf_event_attr *attr, int pid, int cpu)
{
	long fd;

	/* what a kernel does not know of it, it wants to be zero, and is */
	attr->size = sizeof(*attr);
	fd = syscall(SYS_perf_event_open, attr, pid, cpu, -1,
		     PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : (int)fd;
}

int perf_attach(int fd, int prog_fd)
{
	if (ioctl(fd, PERF_EVENT_IOC_SET_BPF, prog_fd) < 0)
		return -errno;
	if (ioctl(fd, PERF_EVENT_IOC_ENABLE, 0) < 0)
		return -errno;
	return 0;
}

int perf_pmu(const char *name, uint64_t *retprobe_bit)
{
	char path[96], buf[64];
	uint64_t type;
	ssize_t n;
	int err;

	snprintf(path, sizeof(path), "/sys/bus/event_source/devices/%s/type",
		 name);
	err = read_number(path, &type);
	if (err)
		return err;
	snprintf(path, sizeof(path),
		 "/sys/bus/event_source/devices/%s/format/retprobe", name);
	n = read_file_at(AT_FDCWD, path, buf, sizeof(buf));
	/* "config:0" on every kernel so far */
	*retprobe_bit = 1;
	if (n > 7 && !strncmp(buf, "config:", 7))
		*retprobe_bit = 1ULL << (strtoul(buf + 7, NULL, 10) & 63);
	return (int)type;
}

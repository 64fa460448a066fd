/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How often the kernel has run a program of sockeye, by the kernel's own
 * count: what no program was run for, none can show.
 */
#include "live.h"

#include <dirent.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { ENABLE_STATS = 32, STATS_RUN_TIME = 0 };	/* 5.8 */

/* struct bpf_prog_info, whose end older headers lack. */
struct info {
	uint8_t head[64];
	char name[16];		/* 4.15 */
	uint8_t middle[112];
	uint64_t run_time_ns, run_cnt;	/* 5.1 */
	uint64_t recursion_misses;	/* 5.12 */
	uint8_t tail[16];
};

static long sys_bpf(int cmd, void *attr, size_t size)
{
	return syscall(__NR_bpf, cmd, attr, size);
}

int witness_open(void)
{
	uint32_t attr[16] = { STATS_RUN_TIME };

	return sys_bpf(ENABLE_STATS, attr, sizeof(attr));
}

static bool prog_info(uint32_t id, struct info *info)
{
	uint32_t get[16] = { id };
	struct { uint32_t fd, len; uint64_t info; } a;
	int fd = sys_bpf(BPF_PROG_GET_FD_BY_ID, get, sizeof(get));
	bool ok;

	memset(info, 0, sizeof(*info));
	a.fd = fd;
	a.len = sizeof(*info);
	a.info = (uintptr_t)info;
	if (fd < 0)
		return false;
	ok = !sys_bpf(BPF_OBJ_GET_INFO_BY_FD, &a, sizeof(a));
	close(fd);
	return ok;
}

/* The program behind descriptor @name of @pid; 0: it is none. */
static uint32_t prog_id(pid_t pid, const char *name)
{
	char path[300], *text, *at;
	uint32_t id = 0;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%s", (int)pid, name);
	text = slurp(path);
	at = text && strstr(text, "prog_type:") ? strstr(text, "prog_id:") :
	     NULL;
	if (at)
		id = strtoul(at + strlen("prog_id:"), NULL, 10);
	free(text);
	return id;
}

uint64_t witness_runs(const struct tool *r, const char *prog)
{
	uint64_t most = 0;
	struct dirent *d;
	struct info info;
	char path[64];
	uint32_t id;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo", (int)r->pid);
	dir = opendir(path);
	while (dir && (d = readdir(dir))) {
		id = prog_id(r->pid, d->d_name);
		if (!id || !prog_info(id, &info) ||
		    strncmp(info.name, prog, sizeof(info.name) - 1))
			continue;
		if (info.run_cnt + info.recursion_misses > most)
			most = info.run_cnt + info.recursion_misses;
	}
	if (dir)
		closedir(dir);
	return most;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How often the kernel has run a program of sockeye, by the kernel's own
 * count: what no program was run for, none can show.
 */
#include "live.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
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

/* The number behind @key of what descriptor @name of @pid is, if that has
 * @kind; 0: it has not. */
static uint32_t fdinfo(pid_t pid, const char *name, const char *kind,
		       const char *key)
{
	char path[300], *text, *at;
	uint32_t number = 0;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%s", (int)pid, name);
	text = slurp(path);
	at = text && strstr(text, kind) ? strstr(text, key) : NULL;
	if (at)
		number = strtoul(at + strlen(key), NULL, 10);
	free(text);
	return number;
}

static DIR *descriptors(const struct tool *r)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/fdinfo", (int)r->pid);
	return opendir(path);
}

uint64_t witness_runs(const struct tool *r, const char *prog)
{
	uint64_t most = 0;
	struct dirent *d;
	struct info info;
	uint32_t id;
	DIR *dir;

	dir = descriptors(r);
	while (dir && (d = readdir(dir))) {
		id = fdinfo(r->pid, d->d_name, "prog_type:", "prog_id:");
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

/* " owners 3", behind what stands in @told. */
static void tell_map(int fd, int64_t n, char *told, size_t size)
{
	struct { uint32_t numbers[6]; char name[16]; } info = { 0 };	/* 4.15 */
	struct { uint32_t fd, len; uint64_t info; } a = { 0 };
	size_t len = strlen(told);

	a.fd = fd;
	a.len = sizeof(info);
	a.info = (uintptr_t)&info;
	sys_bpf(BPF_OBJ_GET_INFO_BY_FD, &a, sizeof(a));
	snprintf(told + len, size - len, " %.15s %" PRId64, info.name, n);
}

static int64_t count_entries(uint32_t id, char *told, size_t size)
{
	uint32_t get[16] = { id };
	uint64_t keys[2][32];	/* no tool has longer ones */
	struct { uint32_t fd; uint64_t key, next; } a = { 0 };
	int64_t n = 0;
	int fd = sys_bpf(BPF_MAP_GET_FD_BY_ID, get, sizeof(get));

	if (fd < 0)
		return 0;
	a.fd = fd;
	do {
		a.next = (uintptr_t)keys[n % 2];
		if (sys_bpf(BPF_MAP_GET_NEXT_KEY, &a, sizeof(a)))
			break;
		a.key = a.next;
	} while (++n < INT32_MAX);
	if (n)
		tell_map(fd, n, told, size);
	close(fd);
	return n;
}

int64_t witness_entries(const struct tool *r, char *told, size_t size)
{
	static const char *const hashes[] = {
		"map_type:\t1\n", "map_type:\t9\n",	/* HASH, LRU_HASH */
	};
	int64_t n = 0, maps = 0;
	struct dirent *d;
	uint32_t id;
	DIR *dir;

	*told = '\0';
	dir = descriptors(r);
	while (dir && (d = readdir(dir)))
		for (unsigned i = 0; i < ARRAY_SIZE(hashes); i++) {
			id = fdinfo(r->pid, d->d_name, hashes[i], "map_id:");
			maps += !!id;
			n += id ? count_entries(id, told, size) : 0;
		}
	if (dir)
		closedir(dir);
	return maps ? n : -1;
}

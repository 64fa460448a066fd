/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* bpf(2): the only place that calls it. */
#include "loader/loader_int.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

int sys_bpf(int cmd, void *attr, unsigned size)
{
	long ret = syscall(SYS_bpf, cmd, attr, size);

	return ret < 0 ? -errno : (int)ret;
}

int sys_map_create(struct env *env, const char *name, uint32_t type,
		   uint32_t key_size, uint32_t value_size,
		   uint32_t max_entries, uint32_t flags)
{
	struct attr_map_create attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = type;
	attr.key_size = key_size;
	attr.value_size = value_size;
	attr.max_entries = max_entries;
	attr.map_flags = flags;
	if (env->has.map_names != FEAT_NO)
		strncpy(attr.map_name, name, sizeof(attr.map_name) - 1);
	env->bpf_calls++;
	return sys_bpf(CMD_MAP_CREATE, &attr, sizeof(attr));
}

static int map_op(int cmd, int fd, const void *key, const void *value)
{
	struct attr_map_elem attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = fd;
	attr.key = (uintptr_t)key;
	attr.value = (uintptr_t)value;
	return sys_bpf(cmd, &attr, sizeof(attr));
}

int map_lookup(int fd, const void *key, void *value)
{
	return map_op(CMD_MAP_LOOKUP, fd, key, value);
}

int map_update(int fd, const void *key, const void *value)
{
	return map_op(CMD_MAP_UPDATE, fd, key, value);
}

int map_delete(int fd, const void *key)
{
	return map_op(CMD_MAP_DELETE, fd, key, NULL);
}

/* Before 4.12 there is no "first": it is behind any key that is not there. */
int map_next(int fd, const void *key, void *next)
{
	uint8_t none[512];	/* no key is larger (MAX_BPF_STACK) */
	int err = map_op(CMD_MAP_NEXT_KEY, fd, key, next);

	if (err != -EFAULT || key)
		return err;
	memset(none, 0xff, sizeof(none));
	return map_op(CMD_MAP_NEXT_KEY, fd, none, next);
}

uint64_t map_sum(int fd, uint32_t i, uint32_t ncpus)
{
	/* of which no more is touched than needed */
	uint64_t values[CPUS_MAX], sum = 0;
	uint32_t n = ncpus > 128 ? ncpus : 128;

	if (n > ARRAY_SIZE(values))
		return 0;
	memset(values, 0, n * sizeof(*values));
	if (map_lookup(fd, &i, values) < 0)
		return 0;
	for (uint32_t cpu = 0; cpu < n; cpu++)
		sum += values[cpu];
	return sum;
}

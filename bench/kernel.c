/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What bpf(2) says about the programs of another process. */
#include "bench.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int sys_bpf(int cmd, union bpf_attr *attr)
{
	return syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

int kernel_stats(void)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.enable_stats.type = BPF_STATS_RUN_TIME;
	return sys_bpf(BPF_ENABLE_STATS, &attr);
}

/* The object called @id, described; false: it is gone. */
static bool describe(int cmd, uint32_t id, void *info, size_t len)
{
	union bpf_attr attr;
	int fd, err;

	memset(&attr, 0, sizeof(attr));
	attr.prog_id = id;	/* a union: link_id too */
	fd = sys_bpf(cmd, &attr);
	if (fd < 0)
		return false;
	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = fd;
	attr.info.info_len = len;
	attr.info.info = (uintptr_t)info;
	err = sys_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr);
	close(fd);
	return !err;
}

unsigned kernel_times(pid_t pid, struct prog_time *t, unsigned max)
{
	struct held h;
	unsigned n = 0;

	proc_held(pid, &h);
	for (unsigned i = 0; i < h.nprogs && n < max; i++) {
		struct bpf_prog_info info = { 0 };

		if (!describe(BPF_PROG_GET_FD_BY_ID, h.progs[i], &info,
			      sizeof(info)))
			continue;
		memcpy(t[n].name, info.name, sizeof(t[n].name));
		t[n].name[sizeof(t[n].name) - 1] = '\0';
		t[n].ns = info.run_time_ns;
		t[n].runs = info.run_cnt;
		n++;
	}
	return n;
}

bool kernel_hook(uint32_t link, char *buf, size_t len)
{
	struct bpf_link_info info = { 0 };
	char name[128] = "";

	/* the name's buffer is ours to give */
	info.raw_tracepoint.tp_name = (uintptr_t)name;
	info.raw_tracepoint.tp_name_len = sizeof(name);
	if (!describe(BPF_LINK_GET_FD_BY_ID, link, &info, sizeof(info)))
		return false;
	if (info.type == BPF_LINK_TYPE_RAW_TRACEPOINT) {
		snprintf(buf, len, "raw:%s", name);
		return true;
	}
	/* filled in for links of other types, too: a union */
	if (info.type != BPF_LINK_TYPE_TRACING)
		return false;
	snprintf(buf, len, "trace:%u:%u", info.tracing.target_btf_id,
		 info.tracing.attach_type);
	return true;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Capabilities, by the two system calls (no libcap). */
#include "loader/loader_int.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#ifndef CAP_PERFMON
#define CAP_PERFMON 38		/* 5.8 */
#define CAP_BPF 39
#endif

static int caps_get(struct __user_cap_data_struct data[2])
{
	struct __user_cap_header_struct h = {
		.version = _LINUX_CAPABILITY_VERSION_3 };

	return syscall(SYS_capget, &h, data) < 0 ? -errno : 0;
}

static bool has_cap(const struct __user_cap_data_struct data[2], int cap)
{
	return data[cap / 32].effective & 1u << (cap % 32);
}

int caps_check(struct err *e)
{
	struct __user_cap_data_struct data[2];

	if (caps_get(data) || has_cap(data, CAP_SYS_ADMIN) ||
	    (has_cap(data, CAP_BPF) && has_cap(data, CAP_PERFMON)))
		return 0;
	err_set(e, EPERM, "tracing needs root, or CAP_BPF and CAP_PERFMON "
		"(Linux 5.8)");
	err_hint(e, "run it with sudo");
	return -EPERM;
}

/*
 * Reading maps and rings goes through descriptors that are open.  Kept:
 * CAP_BPF, since unprivileged_bpf_disabled forbids bpf(2) even on open maps,
 * or CAP_SYS_ADMIN where the kernel has no CAP_BPF.  CAP_SYS_ADMIN is kept
 * also where kprobe_events must be written to remove our entries.
 */
void caps_drop(bool keep_admin)
{
	struct __user_cap_header_struct h = {
		.version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];
	int keep = CAP_BPF;

	if (caps_get(data))
		return;
	if (!has_cap(data, CAP_BPF) || keep_admin)
		keep = CAP_SYS_ADMIN;
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	for (int i = 0; i < 2; i++) {
		uint32_t mask = keep / 32 == i ? 1u << (keep % 32) : 0;

		/* files of root's own are written to by their owner; others
		 * (a capture, kprobe_events) are open or checked by uid */
		data[i].effective &= mask;
		data[i].permitted &= mask;
		data[i].inheritable = 0;
	}
	syscall(SYS_capset, &h, data);
}

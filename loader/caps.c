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
 * or CAP_SYS_ADMIN where the kernel has no CAP_BPF, or we have not.  To remove
 * our entries kprobe_events is opened once more, which its mode grants to root
 * and CAP_DAC_OVERRIDE to others; the kernel asks for no more.
 */
void caps_drop(bool keep_entries)
{
	struct __user_cap_header_struct h = {
		.version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];
	uint32_t keep[2] = { 0, 0 };
	int cap;

	if (caps_get(data))
		return;
	cap = has_cap(data, CAP_BPF) ? CAP_BPF : CAP_SYS_ADMIN;
	keep[cap / 32] |= 1u << (cap % 32);
	if (keep_entries)
		keep[CAP_DAC_OVERRIDE / 32] |= 1u << (CAP_DAC_OVERRIDE % 32);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	for (int i = 0; i < 2; i++) {
		data[i].effective &= keep[i];
		data[i].permitted &= keep[i];
		data[i].inheritable = 0;
	}
	syscall(SYS_capset, &h, data);
}

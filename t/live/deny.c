/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Denies this process its IP sockets: a program of a cgroup of its own (4.10),
 * which says no.
 */
#include "net.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static long sys_bpf(int cmd, union bpf_attr *attr)
{
	return syscall(__NR_bpf, cmd, attr, sizeof(*attr));
}

/* r0 = 0; exit */
static int prog_load(void)
{
	static const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	static const char license[] = "Dual BSD/GPL";
	union bpf_attr a;

	memset(&a, 0, sizeof(a));
	a.prog_type = BPF_PROG_TYPE_CGROUP_SOCK;
	a.insns = (uintptr_t)insns;
	a.insn_cnt = ARRAY_SIZE(insns);
	a.license = (uintptr_t)license;
	return sys_bpf(BPF_PROG_LOAD, &a);
}

static bool attach(const char *dir)
{
	const struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };
	struct rlimit old;
	union bpf_attr a;
	long err = -1;

	memset(&a, 0, sizeof(a));
	a.attach_type = BPF_CGROUP_INET_SOCK_CREATE;
	a.target_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* it counts before 5.11 */
	getrlimit(RLIMIT_MEMLOCK, &old);
	setrlimit(RLIMIT_MEMLOCK, &unlimited);
	a.attach_bpf_fd = prog_load();
	setrlimit(RLIMIT_MEMLOCK, &old);
	if ((int)a.target_fd >= 0 && (int)a.attach_bpf_fd >= 0)
		err = sys_bpf(BPF_PROG_ATTACH, &a);
	close((int)a.attach_bpf_fd);
	close((int)a.target_fd);
	return !err;
}

static bool move_to(const char *dir)
{
	char path[sizeof(((struct denier *)0)->dir) + 16];

	snprintf(path, sizeof(path), "%s/cgroup.procs", dir);
	return !spew(path, "0");
}

/* Where those of a case are that must have no sockets. */
static bool dir_of(struct denier *r, pid_t pid)
{
	if (!cgroup_path(r->home, sizeof(r->home)))
		return false;
	snprintf(r->dir, sizeof(r->dir), "%s/live.%d", r->home, (int)pid);
	return true;
}

bool deny_sockets(struct denier *r)
{
	if (!dir_of(r, getpid()))
		return false;
	if (mkdir(r->dir, 0755))
		return false;
	if (attach(r->dir) && move_to(r->dir))
		return true;
	rmdir(r->dir);
	return false;
}

void deny_no_more(struct denier *r)
{
	move_to(r->home);
	rmdir(r->dir);		/* and the program goes with it */
}

void deny_sweep(pid_t pid)
{
	struct denier r;

	if (dir_of(&r, pid))
		rmdir(r.dir);
}

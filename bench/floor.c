/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * floor - the least that a program can do that traces: makes maps, loads a
 * program that does nothing, attaches it, says so on descriptor 3, waits for
 * SIGINT.
 *
 * usage: floor [map:TYPE:KEY:VALUE:ENTRIES:FLAGS]... [HOOK]...
 *	HOOK: raw:TRACEPOINT, or trace:BTF-ID:ATTACH-TYPE for fentry
 */
#include <linux/bpf.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int sys_bpf(int cmd, union bpf_attr *attr)
{
	return syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

static int make_map(const char *arg)
{
	union bpf_attr attr;
	uint32_t v[5] = { 0 };
	char *end = (char *)arg;

	for (unsigned i = 0; i < 5 && *end; i++)
		v[i] = strtoul(end + 1, &end, 10);
	memset(&attr, 0, sizeof(attr));
	attr.map_type = v[0];
	attr.key_size = v[1];
	attr.value_size = v[2];
	attr.max_entries = v[3];
	attr.map_flags = v[4];
	return sys_bpf(BPF_MAP_CREATE, &attr);
}

static int load(uint32_t type, uint32_t btf_id, uint32_t attach_type)
{
	static const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = type;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = 2;
	attr.license = (uintptr_t)"GPL";
	attr.attach_btf_id = btf_id;
	attr.expected_attach_type = attach_type;
	return sys_bpf(BPF_PROG_LOAD, &attr);
}

static int attach(int prog, const char *tracepoint)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.raw_tracepoint.name = (uintptr_t)tracepoint;
	attr.raw_tracepoint.prog_fd = prog;
	return sys_bpf(BPF_RAW_TRACEPOINT_OPEN, &attr);
}

static int attach_trace(const char *arg)
{
	char *end;
	uint32_t id = strtoul(arg, &end, 10), type;
	int prog;

	type = *end ? strtoul(end + 1, NULL, 10) : 0;
	prog = load(BPF_PROG_TYPE_TRACING, id, type);
	return prog < 0 ? prog : attach(prog, NULL);
}

int main(int argc, char **argv)
{
	int raw = -1, fd = -1, sig;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (int i = 1; i < argc; i++) {
		if (!strncmp(argv[i], "map:", 4)) {
			fd = make_map(argv[i] + 3);
		} else if (!strncmp(argv[i], "trace:", 6)) {
			fd = attach_trace(argv[i] + 6);
		} else if (!strncmp(argv[i], "raw:", 4)) {
			if (raw < 0)
				raw = load(BPF_PROG_TYPE_RAW_TRACEPOINT, 0, 0);
			fd = raw < 0 ? raw : attach(raw, argv[i] + 4);
		}
		if (fd < 0)
			return i < 100 ? i : 100;
	}
	(void)!write(3, "\n", 1);
	sigwait(&set, &sig);
	return 0;
}

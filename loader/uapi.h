/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel's ABI where the system's headers may be too old to have it.
 * Numbers and layouts are those of include/uapi/linux/bpf.h and
 * perf_event.h; they never change.  Private to loader/.
 */
#ifndef SOCKEYE_UAPI_H
#define SOCKEYE_UAPI_H

#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <sys/syscall.h>

/* enum bpf_cmd */
enum {
	CMD_MAP_CREATE = 0, CMD_MAP_LOOKUP = 1, CMD_MAP_UPDATE = 2,
	CMD_MAP_DELETE = 3, CMD_MAP_NEXT_KEY = 4, CMD_PROG_LOAD = 5,
	CMD_OBJ_GET_INFO = 15,		/* 4.13 */
	CMD_RAW_TRACEPOINT_OPEN = 17,	/* 4.17 */
	CMD_BTF_FD_BY_ID = 19,		/* 4.18 */
	CMD_MAP_FREEZE = 22,		/* 5.2 */
	CMD_BTF_NEXT_ID = 23,		/* 5.4 */
};

/* enum bpf_prog_type */
enum {
	PROG_KPROBE = 2, PROG_TRACEPOINT = 5, PROG_PERF_EVENT = 7,
	PROG_RAW_TRACEPOINT = 17, PROG_TRACING = 26,
};

/* enum bpf_attach_type, of BPF_PROG_TYPE_TRACING */
enum { ATTACH_TRACE_RAW_TP = 23, ATTACH_FENTRY = 24, ATTACH_FEXIT = 25 };

/* enum bpf_map_type */
enum {
	MAP_HASH = 1, MAP_ARRAY = 2, MAP_PERF_EVENT_ARRAY = 4,
	MAP_PERCPU_HASH = 5, MAP_PERCPU_ARRAY = 6, MAP_STACK_TRACE = 7,
	MAP_RINGBUF = 27,
};

/* BPF_CLASS() and BPF_MODE() of an instruction; ATOMIC was XADD up to 5.11 */
enum { CLASS_JMP32 = 0x06 /* 5.1 */, MODE_ATOMIC = 0xc0 };

/* bpf_insn.src_reg of a ld_imm64 */
enum { LD_MAP_FD = 1, LD_MAP_VALUE = 2 };

/* union bpf_attr, member by member: a kernel that knows less of one accepts
 * it as long as what it does not know is zero. */
struct attr_map_create {
	uint32_t map_type, key_size, value_size, max_entries, map_flags;
	uint32_t inner_map_fd, numa_node;
	char map_name[16];		/* 4.15 */
	uint32_t pad;
};

struct attr_map_elem {
	uint32_t map_fd, pad;
	uint64_t key, value, flags;
};

struct attr_prog_load {
	uint32_t prog_type, insn_cnt;
	uint64_t insns, license;
	uint32_t log_level, log_size;
	uint64_t log_buf;
	uint32_t kern_version, prog_flags;
	char prog_name[16];		/* 4.15 */
	uint32_t prog_ifindex, expected_attach_type;
	uint32_t prog_btf_fd, func_info_rec_size;
	uint64_t func_info;
	uint32_t func_info_cnt, line_info_rec_size;
	uint64_t line_info;
	uint32_t line_info_cnt, attach_btf_id;	/* 5.5 */
	uint32_t attach_btf_obj_fd, pad;	/* 5.11: 0, or a module's */
};

struct attr_raw_tracepoint {
	uint64_t name;
	uint32_t prog_fd, pad;
};

struct attr_id {
	uint32_t id, next, flags, pad;
};

/* struct bpf_btf_info */
struct btf_info {
	uint64_t btf;
	uint32_t size, id;
	uint64_t name;			/* 5.11: "vmlinux", a module's */
	uint32_t name_len, of_kernel;
};

struct attr_info {
	uint32_t fd, len;
	uint64_t info;
};

/* struct bpf_prog_info, as far as recursion_misses (5.12) */
struct prog_info {
	uint32_t type, id;
	uint8_t tag[8];
	uint32_t jited_len, xlated_len;
	uint64_t jited, xlated, load_time;
	uint32_t uid, nmap_ids;
	uint64_t map_ids;
	char name[16];
	uint32_t ifindex, gpl;
	uint64_t netns_dev, netns_ino;
	uint32_t nksyms, njited_lens;
	uint64_t ksyms, jited_lens;
	uint32_t btf_id, func_info_rec_size;
	uint64_t func_info;
	uint32_t nfunc_info, nline_info;
	uint64_t line_info, jited_line_info;
	uint32_t njited_line_info, line_info_rec_size,
		jited_line_info_rec_size, nprog_tags;
	uint64_t prog_tags, run_time_ns, run_cnt, recursion_misses;
	uint32_t verified_insns, attach_btf_obj_id, attach_btf_id, pad;
};

/* ring buffer (5.8): bits in a record's length word, and its header */
#define RB_BUSY		(1u << 31)
#define RB_DISCARD	(1u << 30)
#define RB_HDR		8u

#ifndef PERF_FLAG_FD_CLOEXEC
#define PERF_FLAG_FD_CLOEXEC	(1UL << 3)	/* 3.14 */
#endif
#ifndef PERF_EVENT_IOC_SET_BPF
#define PERF_EVENT_IOC_SET_BPF	_IOW('$', 8, uint32_t)	/* 4.1 */
#endif

/* mount API (5.2) */
#ifndef SYS_fsopen
#define SYS_fsopen	430
#define SYS_fsconfig	431
#define SYS_fsmount	432
#endif
enum { FSCONFIG_CREATE = 6, FSOPEN_NOEXEC = 1 };

_Static_assert(sizeof(struct attr_map_create) == 48, "map attr");
_Static_assert(sizeof(struct attr_prog_load) == 120, "prog attr");

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One of everything that a spec is read from: maps of all kinds, constants,
 * subprograms, CO-RE relocations.  See make.sh.
 */
#include <linux/bpf.h>

#define SEC(name) __attribute__((section(name), used))
#define __uint(name, val) int (*name)[val]
#define __type(name, val) typeof(val) *name
#define CORE __attribute__((preserve_access_index))
#define noinline __attribute__((noinline))

static void *(*lookup)(void *map, const void *key) = (void *)1;
static long (*update)(void *map, const void *key, const void *value,
		      __u64 flags) = (void *)2;
static long (*read)(void *dst, __u32 size, const void *src) = (void *)4;
static long (*trace)(const char *fmt, __u32 size, ...) = (void *)6;

struct sock_common { __u16 skc_family; unsigned char skc_state : 4; } CORE;
struct sock___v2 {
	struct sock_common __sk_common;
	struct { __u32 sk_mark[4]; };
} CORE;
enum state { STATE_ONE = 1, STATE_SEVEN = 7 };
struct probe { void *sk; long ret; } CORE;

struct key { __u32 pid, pad; };

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct key);
	__type(value, __u64);
} owners SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 8);
	__uint(max_entries, 3);
	__uint(pinning, 0);
} stats SEC(".maps");

const volatile __u32 limit = 17;
__u64 seen;
static __u32 table[4] = { 1, 2, 3, 4 };

/* supplied when linked */
__u64 outside(__u64 a, __u64 b);

static noinline __u64 twice(__u64 v)
{
	return outside(v, v) + seen;
}

noinline int shared(void *sk)
{
	return (int)twice((__u64)sk) + 1;
}

static __u64 constant(void)
{
	__u64 v;

	asm("%0 = filter_pid ll" : "=r"(v));
	return v;
}

SEC("probe")
int on_state(struct probe *ctx)
{
	struct sock___v2 *sk = ctx->sk;
	struct key key = { .pid = (__u32)constant() };
	__u64 one = 1, *value;
	__u16 family = 0;

	if (!__builtin_preserve_field_info(sk->sk_mark[2], 2))
		return 0;
	read(&family, __builtin_preserve_field_info(
		     sk->__sk_common.skc_family, 1),
	     &sk->__sk_common.skc_family);
	if (family > limit)
		return 0;
	if (__builtin_preserve_enum_value(*(enum state *)STATE_SEVEN, 1) == 7)
		family++;
	key.pad = __builtin_preserve_field_info(
		sk->__sk_common.skc_state, 4) +
		__builtin_preserve_type_info(*(struct sock___v2 *)0, 1);
	value = lookup(&owners, &key);
	if (value)
		__sync_fetch_and_add(value, 1);
	else
		update(&owners, &key, &one, 0);
	return shared(sk);
}

SEC("tracepoint/sock/inet_sock_set_state")
int on_tracepoint(void *ctx)
{
	static const char fmt[] = "seen %d\n";
	__u32 key = 2;
	__u64 *value = lookup(&stats, &key);

	(void)ctx;
	if (value)
		*value += table[*value & 3]++;
	trace(fmt, sizeof(fmt), seen);
	return (int)twice(3);
}

SEC("tracepoint/sock/inet_sock_set_state")
int second_of_section(void *ctx)
{
	(void)ctx;
	seen++;
	return 0;
}

char _license[] SEC("license") = "Dual BSD/GPL";

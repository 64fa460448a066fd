/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Older ways: maps as structs in the section "maps", string literals, a
 * function whose address is taken.  See make.sh.
 */
#include <linux/bpf.h>

#define SEC(name) __attribute__((section(name), used))

static void *(*lookup)(void *map, const void *key) = (void *)1;
static long (*trace)(const char *fmt, __u32 size, ...) = (void *)6;
static long (*loop)(__u32 n, void *fn, void *ctx, __u64 flags) = (void *)181;

struct bpf_map_def {
	__u32 type, key_size, value_size, max_entries, map_flags;
};

struct bpf_map_def SEC("maps") first = {
	.type = BPF_MAP_TYPE_HASH, .key_size = 4, .value_size = 16,
	.max_entries = 10007, .map_flags = 1,
};

/* one with members that only iproute2 knew, all 0 */
struct {
	struct bpf_map_def def;
	__u32 id, pinning;
} second SEC("maps") = {
	.def = { BPF_MAP_TYPE_ARRAY, 4, 8, 5, 0 },
};

static long each(__u32 i, void *ctx)
{
	char unused[] = "each";

	(void)ctx;
	return trace(unused, sizeof(unused), i);
}

SEC("kprobe/tcp_connect")
int on_connect(void *ctx)
{
	const char *text = "a string literal\n";
	__u32 key = 1;

	(void)ctx;
	if (lookup(&second, &key))
		trace(text, 17);
	if (!lookup(&first, &key))
		loop(3, each, 0, 0);
	return 0;
}

SEC("uprobe//lib/libc.so.6:getaddrinfo")
int on_getaddrinfo(void *ctx)
{
	(void)ctx;
	return 1;
}

int _version SEC("version") = 0xfffffffe;
char _license[] SEC("license") = "GPL";

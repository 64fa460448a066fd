/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Refused: a map with initial values. */
#include <linux/bpf.h>

__attribute__((section("probe"), used)) int f(void *ctx)
{
	(void)ctx;
	return 0;
}

struct {
	int (*type)[BPF_MAP_TYPE_PROG_ARRAY];
	int (*max_entries)[1];
	int (*key_size)[4];
	int (*values[])(void *);
} jumps __attribute__((section(".maps"), used)) = { .values = { f } };

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Refused: a map that is to be found in bpffs (LIBBPF_PIN_BY_NAME). */
#include <linux/bpf.h>

struct {
	int (*type)[BPF_MAP_TYPE_ARRAY];
	int (*max_entries)[1];
	int (*key_size)[4];
	int (*value_size)[4];
	int (*pinning)[1];
} kept __attribute__((section(".maps"), used));

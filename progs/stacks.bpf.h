/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The map of stacks, for get_stackid(); see tools/README. */
#ifndef SOCKEYE_STACKS_BPF_H
#define SOCKEYE_STACKS_BPF_H

#include "progs/event.h"
#include "progs/kernel.h"

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 4096);
	__uint(key_size, 4);
	__uint(value_size, STACK_DEPTH * sizeof(u64));
} stacks SEC(".maps");

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * bpfvm - runs BPF instructions in a test, with every access checked.
 */
#ifndef SOCKEYE_BPFVM_H
#define SOCKEYE_BPFVM_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BPFVM_REGIONS 8

struct bpfvm {
	const struct bpf_insn *insns;
	size_t ninsns;
	/* what may be accessed, beside the stack (512 bytes below r10) */
	struct {
		void *start;
		size_t len;
		bool writable;
	} regions[BPFVM_REGIONS];
	/* a call of helper @id; NULL: calls are errors.  Non-zero: an error */
	int (*call)(struct bpfvm *vm, int id);
	void *ctx;			/* of call() */
	size_t max_steps;		/* 0: ninsns, which suffices for what
					   only jumps forward */
	uint64_t reg[11];		/* r1 to r5 are the arguments */
	uint64_t stack[64];
	const char *error;		/* why it stopped, NULL after exit */
	size_t pc, steps;
};

/*
 * bpfvm_run - from the first instruction to exit.  Returns 0 with the result
 * in vm->reg[0], or -1 with vm->error and vm->pc.  Knows 64- and 32-bit
 * arithmetic, byte swaps, all jumps, loads, stores, XADD and ld_imm64 without
 * relocations.  Accesses must lie in a region and be aligned, as the verifier
 * wants on some machines.
 */
int bpfvm_run(struct bpfvm *vm);

#endif

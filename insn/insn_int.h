/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Private to insn/: what UAPI headers older than the running tools lack, and
 * what the files of this folder share.
 */
#ifndef SOCKEYE_INSN_INT_H
#define SOCKEYE_INSN_INT_H

#include <stdbool.h>

#include "insn.h"

/* Linux 4.14: mcpu v2 */
#ifndef BPF_JLT
#define BPF_JLT		0xa0
#define BPF_JLE		0xb0
#define BPF_JSLT	0xc0
#define BPF_JSLE	0xd0
#endif

/* 4.16: bpf-to-bpf calls */
#ifndef BPF_PSEUDO_CALL
#define BPF_PSEUDO_CALL	1
#endif

/* 5.1: mcpu v3 */
#ifndef BPF_JMP32
#define BPF_JMP32	0x06
#endif

/* 5.12: the operation of an atomic stands in imm; ADD is the old XADD */
#ifndef BPF_ATOMIC
#define BPF_ATOMIC	0xc0
#endif
#ifndef BPF_FETCH
#define BPF_FETCH	0x01
#endif
#ifndef BPF_XCHG
#define BPF_XCHG	(0xe0 | BPF_FETCH)
#endif
#ifndef BPF_CMPXCHG
#define BPF_CMPXCHG	(0xf0 | BPF_FETCH)
#endif

/* 6.6: mcpu v4, sign-extending loads */
#ifndef BPF_MEMSX
#define BPF_MEMSX	0x80
#endif

/* 6.9: may_goto */
#ifndef BPF_JCOND
#define BPF_JCOND	0xe0
#endif

/* 6.15: atomics with an ordering of their own */
#ifndef BPF_LOAD_ACQ
#define BPF_LOAD_ACQ	0x100
#endif
#ifndef BPF_STORE_REL
#define BPF_STORE_REL	0x110
#endif

/* src_reg of a ld_imm64; 4.9 has the first only, 5.14 the last two */
#ifndef BPF_PSEUDO_MAP_VALUE
#define BPF_PSEUDO_MAP_VALUE		2
#endif
#ifndef BPF_PSEUDO_BTF_ID
#define BPF_PSEUDO_BTF_ID		3
#endif
#ifndef BPF_PSEUDO_FUNC
#define BPF_PSEUDO_FUNC			4
#endif
#ifndef BPF_PSEUDO_MAP_IDX
#define BPF_PSEUDO_MAP_IDX		5
#endif
#ifndef BPF_PSEUDO_MAP_IDX_VALUE
#define BPF_PSEUDO_MAP_IDX_VALUE	6
#endif

/* src_reg of a call, 5.13 */
#ifndef BPF_PSEUDO_KFUNC_CALL
#define BPF_PSEUDO_KFUNC_CALL		2
#endif

/*
 * as_need - go on?  Notes @why as the error of the call under way when @ok is
 * false and nothing went wrong before.
 */
bool as_need(struct as *a, bool ok, const char *why);

/*
 * insn_target - does @insn name another instruction: jump, call of a
 * subprogram or its address?  @rel counts from the instruction itself.
 */
bool insn_target(const struct bpf_insn *insn, int64_t *rel);

#endif

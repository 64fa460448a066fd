/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What programs share that watch packets being dropped (tracepoint kfree_skb;
 * FREED_... of tools/ladders.h).
 */
#ifndef SOCKEYE_FREED_BPF_H
#define SOCKEYE_FREED_BPF_H

#include "progs/skb.bpf.h"

struct probe___drop {
	struct sk_buff *skb;
	u64 location;
	u64 reason;		/* 5.17 */
	struct sock *rx_sk;	/* 6.11 */
} PAI;

/* A socket that is given a packet. */
struct probe___packet {
	struct sock *sk;
	struct sk_buff *skb;
} PAI;

/* Is @reason one of those that the constants name_0, name_64 and name_128
 * have as bits (KERNEL_REASONS)? */
#define REASON_AMONG(reason, name) ({					\
	u64 set_ = 0;							\
	if ((reason) < 64)						\
		set_ = CONST(name##_0);					\
	else if ((reason) < 128)					\
		set_ = CONST(name##_64);				\
	else if ((reason) < 192)					\
		set_ = CONST(name##_128);				\
	set_ >> ((reason) & 63) & 1; })

/* The socket that was to receive it, where the tracepoint tells. */
static __always_inline struct sock *drop_rx_sk(struct probe___drop *ctx)
{
	return EXISTS(ctx->rx_sk) ? ctx->rx_sk : 0;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * engine_skb - what is asked of a struct sk_buff.
 */
#include "engine_int.h"

static const struct ask_step
	len = { "struct sk_buff", "len" },
	data = { "struct sk_buff", "data" },
	head = { "struct sk_buff", "head" },
	mac_header = { "struct sk_buff", "mac_header" },
	end = { "struct sk_buff", "end" },
	queue_mapping = { "struct sk_buff", "queue_mapping" },
	gso_segs = { "struct skb_shared_info", "gso_segs" };

/* r7 = member @s of what r8 points to. */
static void again(struct engine *e, const struct ask_step *s)
{
	as_mov(&e->as, R7, R8);
	engine_follow(e, s);
}

/*
 * r7 = skb->len, and what eth_type_trans() and its like have pulled: from
 * where mac_header is to data.  On the way out these are one place
 * (__dev_queue_xmit()); ~0 is not set, and what is behind data is no header
 * that was pulled.
 */
static void l2len(struct engine *e)
{
	struct as *a = &e->as;
	int unset = as_label(a);

	as_mov(a, R8, R7);
	engine_follow(e, &len);
	as_stx(a, BPF_DW, R10, SPILL, R7);
	again(e, &mac_header);
	as_jmpi(a, BPF_JEQ, R7, 0xffff, unset);
	as_stx(a, BPF_DW, R10, ADDRESS, R7);
	again(e, &head);
	as_ldx(a, BPF_DW, R1, R10, ADDRESS);
	as_alu(a, BPF_ADD, R1, R7);
	as_stx(a, BPF_DW, R10, ADDRESS, R1);
	again(e, &data);
	as_ldx(a, BPF_DW, R1, R10, ADDRESS);
	as_jmp(a, BPF_JGT, R1, R7, unset);
	as_alu(a, BPF_SUB, R7, R1);
	as_ldx(a, BPF_DW, R1, R10, SPILL);
	as_alu(a, BPF_ADD, R1, R7);
	as_stx(a, BPF_DW, R10, SPILL, R1);
	as_place(a, unset);
	as_ldx(a, BPF_DW, R7, R10, SPILL);
}

/* r7 = skb_get_rx_queue(), or -1 unless skb_rx_queue_recorded(). */
static void rx_queue(struct engine *e)
{
	struct as *a = &e->as;
	int unknown = as_label(a);

	as_mov(a, R8, R7);
	as_movi(a, R7, 0);
	as_field_exists(a, R1, queue_mapping.type, queue_mapping.path);
	as_jmpi(a, BPF_JEQ, R1, 0, unknown);
	again(e, &queue_mapping);
	as_place(a, unknown);
	as_alui(a, BPF_SUB, R7, 1);
}

/* r7 = skb_end_pointer(): on 32 bits a member, else told from head on
 * (NET_SKBUFF_DATA_USES_OFFSET). */
static void end_pointer(struct engine *e)
{
	struct as *a = &e->as;
	int pointer = as_label(a);

	again(e, &end);
	as_field_size(a, R1, head.type, head.path);
	as_jmpi(a, BPF_JEQ, R1, 4, pointer);
	as_stx(a, BPF_DW, R10, ADDRESS, R7);
	again(e, &head);
	as_ldx(a, BPF_DW, R1, R10, ADDRESS);
	as_alu(a, BPF_ADD, R7, R1);
	as_place(a, pointer);
}

/* r7 = skb_shinfo()->gso_segs, which is 0 of what is one packet. */
static void segs(struct engine *e)
{
	struct as *a = &e->as;
	int one = as_label(a), several = as_label(a);

	as_mov(a, R8, R7);
	as_field_exists(a, R1, end.type, end.path);
	as_jmpi(a, BPF_JEQ, R1, 0, one);
	as_field_exists(a, R1, gso_segs.type, gso_segs.path);
	as_jmpi(a, BPF_JEQ, R1, 0, one);
	end_pointer(e);
	engine_follow(e, &gso_segs);
	as_jmpi(a, BPF_JNE, R7, 0, several);
	as_place(a, one);
	as_movi(a, R7, 1);
	as_place(a, several);
}

void engine_skb_number(struct engine *e, uint8_t then)
{
	switch (then) {
	case THEN_L2LEN:
		l2len(e);
		break;
	case THEN_RX_QUEUE:
		rx_queue(e);
		break;
	case THEN_SEGS:
		segs(e);
		break;
	}
}

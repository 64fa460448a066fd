/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Drops chosen TCP packets: a generic XDP program (4.12), which needs no
 * qdisc, no classifier and no netfilter, and sees packets as they arrive.
 * Loaded by hand: what is tested here must not test itself.
 */
#include "net.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static long sys_bpf(int cmd, union bpf_attr *attr)
{
	return syscall(__NR_bpf, cmd, attr, sizeof(*attr));
}

/* ---- the program ------------------------------------------------------- */

enum label { PASS, V6, TCP, FLAGS, CLASSED, COUNTED, LABELS };

struct prog {
	struct bpf_insn insn[128];
	unsigned n;
	int at[LABELS];
};

static void put(struct prog *p, int code, int dst, int src, int off, int imm)
{
	p->insn[p->n++] = (struct bpf_insn){
		.code = code, .dst_reg = dst, .src_reg = src, .off = off,
		.imm = imm,
	};
}

/* Jumps are given a label for an offset; resolved at the end. */
static void jmp(struct prog *p, int op, int dst, int imm, enum label to)
{
	put(p, BPF_JMP | op | BPF_K, dst, 0, to, imm);
}

static void jmp_reg(struct prog *p, int op, int dst, int src, enum label to)
{
	put(p, BPF_JMP | op | BPF_X, dst, src, to, 0);
}

static void load(struct prog *p, int size, int dst, int src, int off)
{
	put(p, BPF_LDX | BPF_MEM | size, dst, src, off, 0);
}

static void load_be(struct prog *p, int size, int dst, int src, int off)
{
	load(p, size, dst, src, off);
	put(p, BPF_ALU | BPF_END | BPF_TO_BE, dst, 0, 0,
	    size == BPF_H ? 16 : 32);
}

static void alu(struct prog *p, int op, int dst, int imm)
{
	put(p, BPF_ALU64 | op | BPF_K, dst, 0, 0, imm);
}

static void alu_reg(struct prog *p, int op, int dst, int src)
{
	put(p, BPF_ALU64 | op | BPF_X, dst, src, 0, 0);
}

static void here(struct prog *p, enum label l)
{
	p->at[l] = p->n;
}

/* r9 = TCP header, r5 = bytes from there to the packet's end */
static void find_tcp(struct prog *p)
{
	load(p, BPF_W, 7, 1, 0);		/* data */
	load(p, BPF_W, 8, 1, 4);		/* data_end */
	alu_reg(p, BPF_MOV, 2, 7);
	alu(p, BPF_ADD, 2, 54);
	jmp_reg(p, BPF_JGT, 2, 8, PASS);
	load_be(p, BPF_H, 3, 7, 12);		/* ether type */
	jmp(p, BPF_JEQ, 3, 0x86dd, V6);
	jmp(p, BPF_JNE, 3, 0x0800, PASS);
	load(p, BPF_B, 4, 7, 14 + 9);
	jmp(p, BPF_JNE, 4, 6, PASS);		/* IPPROTO_TCP */
	load_be(p, BPF_H, 5, 7, 14 + 2);	/* tot_len; no IP options */
	alu(p, BPF_SUB, 5, 20);
	alu_reg(p, BPF_MOV, 9, 7);
	alu(p, BPF_ADD, 9, 34);
	jmp(p, BPF_JA, 0, 0, TCP);
	here(p, V6);
	load(p, BPF_B, 4, 7, 14 + 6);
	jmp(p, BPF_JNE, 4, 6, PASS);
	load_be(p, BPF_H, 5, 7, 14 + 4);	/* payload_len */
	alu_reg(p, BPF_MOV, 9, 7);
	alu(p, BPF_ADD, 9, 54);
	here(p, TCP);
	alu_reg(p, BPF_MOV, 2, 9);
	alu(p, BPF_ADD, 2, 20);
	jmp_reg(p, BPF_JGT, 2, 8, PASS);
}

/* r6 = enum packet */
static void classify(struct prog *p)
{
	load(p, BPF_B, 4, 9, 12);		/* data offset */
	alu(p, BPF_RSH, 4, 4);
	alu(p, BPF_LSH, 4, 2);
	alu_reg(p, BPF_SUB, 5, 4);
	load(p, BPF_B, 3, 9, 13);		/* flags */
	alu(p, BPF_MOV, 6, P_DATA);
	jmp(p, BPF_JNE, 5, 0, FLAGS);
	alu(p, BPF_MOV, 6, P_ACK);
	jmp(p, BPF_JSET, 3, 0x10, FLAGS);
	alu(p, BPF_MOV, 6, P_OTHER);
	here(p, FLAGS);
	alu_reg(p, BPF_MOV, 2, 3);
	alu(p, BPF_AND, 2, 0x07);		/* FIN, SYN, RST */
	jmp(p, BPF_JEQ, 2, 0, CLASSED);
	alu(p, BPF_MOV, 6, P_OTHER);
	jmp(p, BPF_JNE, 2, 0x02, CLASSED);
	alu(p, BPF_MOV, 6, P_SYNACK);
	jmp(p, BPF_JSET, 3, 0x10, CLASSED);
	alu(p, BPF_MOV, 6, P_SYN);
	here(p, CLASSED);
}

#define RULE(m) ((int)offsetof(struct drop_rule, m))

static void decide(struct prog *p, int map)
{
	put(p, BPF_ST | BPF_MEM | BPF_W, 10, 0, -4, 0);
	alu_reg(p, BPF_MOV, 2, 10);
	alu(p, BPF_ADD, 2, -4);
	put(p, BPF_LD | BPF_DW | BPF_IMM, 1, BPF_PSEUDO_MAP_FD, 0, map);
	put(p, 0, 0, 0, 0, 0);
	put(p, BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem);
	jmp(p, BPF_JEQ, 0, 0, PASS);
	load(p, BPF_W, 1, 0, RULE(packets));
	alu_reg(p, BPF_AND, 1, 6);
	jmp(p, BPF_JEQ, 1, 0, PASS);
	load(p, BPF_W, 2, 0, RULE(seen));
	alu_reg(p, BPF_MOV, 3, 2);
	alu(p, BPF_ADD, 3, 1);
	put(p, BPF_STX | BPF_MEM | BPF_W, 0, 3, RULE(seen), 0);
	load(p, BPF_W, 3, 0, RULE(first));
	jmp_reg(p, BPF_JGT, 3, 2, PASS);
	load(p, BPF_W, 4, 0, RULE(count));
	alu_reg(p, BPF_ADD, 3, 4);
	jmp_reg(p, BPF_JGE, 2, 3, PASS);
	load(p, BPF_W, 4, 0, RULE(dropped));
	jmp(p, BPF_JNE, 4, 0, COUNTED);
	load_be(p, BPF_W, 1, 9, 4);
	put(p, BPF_STX | BPF_MEM | BPF_W, 0, 1, RULE(seq), 0);
	load_be(p, BPF_W, 1, 9, 8);
	put(p, BPF_STX | BPF_MEM | BPF_W, 0, 1, RULE(ack), 0);
	here(p, COUNTED);
	alu(p, BPF_ADD, 4, 1);
	put(p, BPF_STX | BPF_MEM | BPF_W, 0, 4, RULE(dropped), 0);
	alu(p, BPF_MOV, 0, XDP_DROP);
	put(p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	here(p, PASS);
	alu(p, BPF_MOV, 0, XDP_PASS);
	put(p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

static void resolve(struct prog *p)
{
	struct bpf_insn *i;
	unsigned n;

	for (n = 0; n < p->n; n++) {
		i = &p->insn[n];
		if (BPF_CLASS(i->code) != BPF_JMP ||
		    BPF_OP(i->code) == BPF_CALL || BPF_OP(i->code) == BPF_EXIT)
			continue;
		i->off = p->at[i->off] - (int)n - 1;
	}
}

/* ---- loading ----------------------------------------------------------- */

static int prog_load(const struct prog *p)
{
	static const char license[] = "Dual BSD/GPL";
	union bpf_attr a;

	memset(&a, 0, sizeof(a));
	a.prog_type = BPF_PROG_TYPE_XDP;
	a.insns = (uintptr_t)p->insn;
	a.insn_cnt = p->n;
	a.license = (uintptr_t)license;
	return sys_bpf(BPF_PROG_LOAD, &a);
}

static int map_create(void)
{
	union bpf_attr a;

	memset(&a, 0, sizeof(a));
	a.map_type = BPF_MAP_TYPE_ARRAY;
	a.key_size = 4;
	a.value_size = sizeof(struct drop_rule);
	a.max_entries = 1;
	return sys_bpf(BPF_MAP_CREATE, &a);
}

static void map_elem(struct test *t, int fd, int cmd, struct drop_rule *r)
{
	uint32_t key = 0;
	union bpf_attr a;

	memset(&a, 0, sizeof(a));
	a.map_fd = fd;
	a.key = (uintptr_t)&key;
	a.value = (uintptr_t)r;
	if (sys_bpf(cmd, &a))
		fatal(t, "the dropper's map: %s", strerror(errno));
}

void dropper_open(struct test *t, struct dropper *d, const struct netns *ns)
{
	const struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };
	struct prog p = { .n = 0 };
	struct rlimit old;
	int err;

	/* Maps count before 5.11.  Put back: sockeye must help itself. */
	getrlimit(RLIMIT_MEMLOCK, &old);
	setrlimit(RLIMIT_MEMLOCK, &unlimited);
	d->map = map_create();
	if (d->map < 0)
		fatal(t, "a BPF map: %s", strerror(errno));
	find_tcp(&p);
	classify(&p);
	decide(&p, d->map);
	resolve(&p);
	d->prog = prog_load(&p);
	setrlimit(RLIMIT_MEMLOCK, &old);
	if (d->prog < 0)
		fatal(t, "loading the drop program: %s", strerror(errno));
	netns_enter(t, ns);
	err = link_xdp("sk0", d->prog);
	netns_leave(t);
	if (err == -EOPNOTSUPP)
		skip(t, "no XDP on veth here (Linux 4.12)");
	if (err)
		fatal(t, "attaching the drop program: %s", strerror(-err));
}

void dropper_set(struct test *t, struct dropper *d, uint32_t packets,
		 uint32_t first, uint32_t count)
{
	struct drop_rule r = { .packets = packets, .first = first,
			       .count = count };

	map_elem(t, d->map, BPF_MAP_UPDATE_ELEM, &r);
}

void dropper_get(struct test *t, struct dropper *d, struct drop_rule *r)
{
	map_elem(t, d->map, BPF_MAP_LOOKUP_ELEM, r);
}

void dropper_close(struct dropper *d)
{
	close(d->prog);
	close(d->map);
}

/* ---- what is loaded ---------------------------------------------------- */

bool bpf_prog_exists(uint32_t id)
{
	union bpf_attr a;
	int fd;

	memset(&a, 0, sizeof(a));
	a.prog_id = id;
	fd = sys_bpf(BPF_PROG_GET_FD_BY_ID, &a);
	if (fd < 0)
		return errno != ENOENT;
	close(fd);
	return true;
}

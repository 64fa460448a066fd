/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * filter - what was asked for, as instructions.
 *
 * Every filter is a list of alternatives: the first that fits jumps to the
 * next filter, behind the last one stands a jump to "drop".  So all jumps go
 * forward, and code for a filter that was not given does not exist.
 *
 *   r1  struct flow, or packet_id, never changed
 *   r2  the field, r3 its second half (addresses and comm)
 *   r0, r4  scratch
 *
 * Compares are done on the bytes as this machine loads them, eight at a
 * time: values and masks are made by the same loads, so byte order needs no
 * thought.  mcpu v1 has no "less than" and no 32-bit jumps; immediates of
 * jumps are sign-extended, so what does not fit goes through r0.
 */
#include "tools/frontend/frontend.h"

#include <stdlib.h>
#include <string.h>

#define FLOW(m) ((int)offsetof(struct flow, m))
#define PACKET(m) ((int)offsetof(struct packet_id, m))

enum { R0 = BPF_REG_0, R1 = BPF_REG_1, R2 = BPF_REG_2, R3 = BPF_REG_3,
       R4 = BPF_REG_4, R5 = BPF_REG_5 };

struct build {
	struct as as;
	int drop, unknown;
	bool filtered;		/* something jumps to drop */
};

static bool fits_imm(uint64_t v)
{
	return (uint64_t)(int64_t)(int32_t)v == v;
}

/* if (reg op value) goto label */
static void jump64(struct as *a, int op, int reg, uint64_t value, int scratch,
		   int label)
{
	if (fits_imm(value)) {
		as_jmpi(a, op, reg, (int32_t)value, label);
	} else {
		as_ld64(a, scratch, value);
		as_jmp(a, op, reg, scratch, label);
	}
}

/*
 * The end of a list: nothing in it fitted, or something did.  Which one is
 * forgotten: verifiers before 4.15 know of no dead registers, would go on with
 * a state for each alternative, and with several lists multiply them until
 * they give up.  @last: the last scratch register that the list used.
 */
static void list_end(struct build *b, int match, int last)
{
	int reg;

	as_ja(&b->as, b->drop);
	as_place(&b->as, match);
	as_movi(&b->as, R0, 0);
	for (reg = R2; reg <= last; reg++)
		as_movi(&b->as, reg, 0);
	b->filtered = true;
}

static void u32_list(struct build *b, int off, const uint32_t *list,
		     unsigned n)
{
	struct as *a = &b->as;
	unsigned i;
	int match;

	if (!n)
		return;
	match = as_label(a);
	as_ldx(a, BPF_W, R2, R1, off);
	for (i = 0; i < n; i++)
		jump64(a, BPF_JEQ, R2, list[i], R0, match);
	list_end(b, match, R2);
}

static void port_tests(struct as *a, const struct port_range *list, unsigned n,
		       int match)
{
	unsigned i;
	int next;

	for (i = 0; i < n; i++) {
		if (list[i].lo == list[i].hi) {
			as_jmpi(a, BPF_JEQ, R2, list[i].lo, match);
		} else if (list[i].hi == UINT16_MAX) {
			as_jmpi(a, BPF_JGE, R2, list[i].lo, match);
		} else {
			next = as_label(a);
			as_jmpi(a, BPF_JGT, R2, list[i].hi, next);
			as_jmpi(a, BPF_JGE, R2, list[i].lo, match);
			as_place(a, next);
		}
	}
}

/* @both: either side may match, --port. */
static void port_list(struct build *b, int off, bool both,
		      const struct port_range *list, unsigned n)
{
	struct as *a = &b->as;
	int match;

	if (!n)
		return;
	match = as_label(a);
	as_ldx(a, BPF_H, R2, R1, off);
	port_tests(a, list, n, match);
	if (both) {
		as_ldx(a, BPF_H, R2, R1, FLOW(rport));
		port_tests(a, list, n, match);
	}
	list_end(b, match, R2);
}

/* if ((reg & mask) op value) goto label */
static void jump_masked(struct as *a, int op, int reg, uint64_t value,
			uint64_t mask, int label)
{
	if (mask == UINT64_MAX) {
		jump64(a, op, reg, value, R0, label);
		return;
	}
	if (fits_imm(mask))
		as_movi(a, R0, (int32_t)mask);
	else
		as_ld64(a, R0, mask);
	as_alu(a, BPF_AND, R0, reg);
	jump64(a, op, R0, value, R4, label);
}

/* Two words as loads would see them: the address, and its prefix as a mask. */
static void addr_words(const struct addr_range *r, uint64_t value[2],
		       uint64_t mask[2])
{
	uint8_t bytes[16] = { 0 };
	unsigned i;

	for (i = 0; i < r->prefix && i < 128; i++)
		bytes[i / 8] |= (uint8_t)(0x80 >> i % 8);
	memcpy(mask, bytes, 16);
	memcpy(value, r->addr, 16);
	value[0] &= mask[0];
	value[1] &= mask[1];
}

/* The address in r2 and r3 against one prefix of 1 to 128 bits. */
static void addr_test(struct as *a, const struct addr_range *r, int match)
{
	uint64_t value[2], mask[2];
	int next;

	addr_words(r, value, mask);
	if (r->prefix <= 64) {
		jump_masked(a, BPF_JEQ, R2, value[0], mask[0], match);
		return;
	}
	next = as_label(a);
	jump_masked(a, BPF_JNE, R2, value[0], mask[0], next);
	jump_masked(a, BPF_JEQ, R3, value[1], mask[1], match);
	as_place(a, next);
}

static void load_addr(struct as *a, int off)
{
	as_ldx(a, BPF_DW, R2, R1, off);
	as_ldx(a, BPF_DW, R3, R1, off + 8);
}

static void addr_list(struct build *b, int off, const struct addr_range *list,
		      unsigned n)
{
	struct as *a = &b->as;
	unsigned i;
	int match;

	for (i = 0; i < n; i++)
		if (!list[i].prefix)
			return;		/* ::/0, that is anything */
	if (!n)
		return;
	match = as_label(a);
	load_addr(a, off);
	for (i = 0; i < n; i++)
		addr_test(a, &list[i], match);
	list_end(b, match, R4);
}

static const struct addr_range mapped = {
	.addr = { [10] = 0xff, [11] = 0xff }, .prefix = 96,
};

/* What counts is what is spoken with the peer, not what the socket is. */
static void family_test(struct build *b, int family)
{
	struct as *a = &b->as;
	int is_ipv4;

	if (!family)
		return;
	load_addr(a, FLOW(raddr));
	b->filtered = true;
	if (family == 6) {
		addr_test(a, &mapped, b->drop);
		return;
	}
	is_ipv4 = as_label(a);
	addr_test(a, &mapped, is_ipv4);
	list_end(b, is_ipv4, R4);
}

static void name_list(struct build *b, int off, const char (*list)[16],
		      unsigned n)
{
	struct as *a = &b->as;
	uint64_t word[2];
	int match, next;
	unsigned i;

	if (!n)
		return;
	match = as_label(a);
	load_addr(a, off);		/* 16 bytes, too */
	for (i = 0; i < n; i++) {
		memcpy(word, list[i], 16);
		next = as_label(a);
		jump64(a, BPF_JNE, R2, word[0], R0, next);
		jump64(a, BPF_JEQ, R3, word[1], R0, match);
		as_place(a, next);
	}
	list_end(b, match, R3);
}

/* An owner without a cgroup id (before 4.18, or seeded): we cannot tell. */
static void cgroup_list(struct build *b, const uint64_t *list, unsigned n)
{
	struct as *a = &b->as;
	unsigned i;
	int match;

	if (!n)
		return;
	match = as_label(a);
	as_ldx(a, BPF_DW, R2, R1, FLOW(cgroup));
	as_jmpi(a, BPF_JEQ, R2, 0, b->unknown);
	for (i = 0; i < n; i++)
		jump64(a, BPF_JEQ, R2, list[i], R0, match);
	list_end(b, match, R2);
}

bool filter_on_owner(const struct filters *f)
{
	return f->npid || f->ntid || f->nuid || f->ncomm || f->ncgroup;
}

bool filter_on_socket(const struct filters *f)
{
	return f->nnetns || f->family || f->nport || f->nlport || f->nrport ||
	       f->nladdr || f->nraddr;
}

static void socket_filters(struct build *b, const struct filters *f)
{
	u32_list(b, FLOW(netns), f->netns, f->nnetns);
	family_test(b, f->family);
	port_list(b, FLOW(lport), false, f->lport, f->nlport);
	port_list(b, FLOW(rport), false, f->rport, f->nrport);
	port_list(b, FLOW(lport), true, f->port, f->nport);
	addr_list(b, FLOW(laddr), f->laddr, f->nladdr);
	addr_list(b, FLOW(raddr), f->raddr, f->nraddr);
}

static void owner_filters(struct build *b, const struct filters *f)
{
	as_ldx(&b->as, BPF_W, R2, R1, FLOW(owned));
	as_jmpi(&b->as, BPF_JEQ, R2, 0, b->unknown);
	u32_list(b, FLOW(pid), f->pid, f->npid);
	u32_list(b, FLOW(tid), f->tid, f->ntid);
	u32_list(b, FLOW(uid), f->uid, f->nuid);
	name_list(b, FLOW(comm), f->comm, f->ncomm);
	cgroup_list(b, f->cgroup, f->ncgroup);
}

static void verdict(struct as *a, int v)
{
	as_movi(a, R0, v);
	as_exit(a);
}

/* To @insns, what is assembled, unless it is too long; -1 with *@why. */
static int finish(struct as *a, struct bpf_insn *insns, const char **why)
{
	int n = as_finish(a);

	if (n > FILTER_MAX_INSNS || n < 0) {
		*why = n < 0 ? a->error :
			"too many filters for one program: ask for less";
		return -1;
	}
	memcpy(insns, a->insns, (size_t)n * sizeof(*insns));
	return n;
}

/* r5 = the number while an address is tested.  There is none of no address. */
int filter_networks(const struct addr_range *nets, unsigned n,
		    struct bpf_insn *insns, const char **why)
{
	struct as *a = malloc(sizeof(*a));
	int found, none, len;
	unsigned i;

	*why = "out of memory";
	if (!a)
		return -1;
	as_init(a);
	found = as_label(a);
	none = as_label(a);
	load_addr(a, 0);
	as_mov(a, R0, R2);
	as_alu(a, BPF_OR, R0, R3);
	as_jmpi(a, BPF_JEQ, R0, 0, none);
	for (i = 0; i < n; i++) {
		as_movi(a, R5, (int32_t)i + 1);
		addr_test(a, &nets[i], found);
	}
	as_place(a, none);
	as_movi(a, R5, 0);
	as_place(a, found);
	as_mov(a, R0, R5);
	as_exit(a);
	len = finish(a, insns, why);
	free(a);
	return len;
}

static struct build *build_new(void)
{
	struct build *b = malloc(sizeof(*b));

	if (!b)
		return NULL;
	as_init(&b->as);
	b->filtered = false;
	b->drop = as_label(&b->as);
	b->unknown = as_label(&b->as);
	return b;
}

/* All has passed that comes here; frees @b. */
static int build_end(struct build *b, bool unknown, struct bpf_insn *insns,
		     const char **why)
{
	int n;

	verdict(&b->as, FILTER_PASS);
	if (b->filtered) {
		as_place(&b->as, b->drop);
		verdict(&b->as, FILTER_DROP);
	}
	if (unknown) {
		as_place(&b->as, b->unknown);
		verdict(&b->as, FILTER_UNKNOWN);
	}
	n = finish(&b->as, insns, why);
	free(b);
	return n;
}

int filter_build(const struct filters *f, struct bpf_insn *insns,
		 const char **why)
{
	struct build *b = build_new();

	*why = "out of memory";
	if (!b)
		return -1;
	socket_filters(b, f);
	if (filter_on_owner(f))
		owner_filters(b, f);
	return build_end(b, filter_on_owner(f), insns, why);
}

int filter_packets(const struct filters *f, const uint32_t *reasons,
		   unsigned nreasons, struct bpf_insn *insns, const char **why)
{
	struct build *b = build_new();

	*why = "out of memory";
	if (!b)
		return -1;
	u32_list(b, PACKET(reason), reasons, nreasons);
	u32_list(b, PACKET(protocol), f->proto, f->nproto);
	name_list(b, PACKET(dev), f->dev, f->ndev);
	return build_end(b, false, insns, why);
}

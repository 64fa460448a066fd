/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * engine_sock - what is asked of a struct sock, or a struct sockaddr.
 */
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "engine_int.h"

static const struct ask_step
	family = { "struct sock", "__sk_common.skc_family" },
	/* of any, a request_sock, too; 0 again when one is reported closed */
	num = { "struct sock", "__sk_common.skc_num" },
	sport = { "struct inet_sock", "inet_sport" },
	rport = { "struct sock", "__sk_common.skc_dport" },
	protocol = { "struct sock", "sk_protocol" },
	laddr4 = { "struct sock", "__sk_common.skc_rcv_saddr" },
	raddr4 = { "struct sock", "__sk_common.skc_daddr" },
	laddr6 = { "struct sock", "__sk_common.skc_v6_rcv_saddr" },
	raddr6 = { "struct sock", "__sk_common.skc_v6_daddr" },
	srtt = { "struct tcp_sock", "srtt_us" },
	mdev = { "struct tcp_sock", "mdev_us" },
	min_rtt = { "struct tcp_sock", "rtt_min.s[0].v" };

/* r7 = the member of the struct sock that r7 points to, if it is of AF_INET or
 * AF_INET6, else 0. */
static void of_inet(struct engine *e, const struct ask_step *s)
{
	struct as *a = &e->as;
	int inet = as_label(a), other = as_label(a), done = as_label(a);

	as_mov(a, R8, R7);
	engine_follow(e, &family);
	as_jmpi(a, BPF_JEQ, R7, AF_INET, inet);
	as_jmpi(a, BPF_JNE, R7, AF_INET6, other);
	as_place(a, inet);
	as_mov(a, R7, R8);
	engine_follow(e, s);
	as_ja(a, done);
	as_place(a, other);
	as_movi(a, R7, 0);
	as_place(a, done);
}

/* r7 = percent of the struct sock at r7. */
static void rmem_fill(struct engine *e)
{
	static const struct ask_step
		alloc = { "struct sock", "sk_backlog.rmem_alloc.counter" },
		limit = { "struct sock", "sk_rcvbuf" };
	struct as *a = &e->as;
	int none = as_label(a);

	as_mov(a, R8, R7);
	engine_follow(e, &limit);
	engine_low32(e);
	as_jmpi(a, BPF_JEQ, R7, 0, none);
	as_stx(a, BPF_DW, R10, SPILL, R7);
	as_mov(a, R7, R8);
	engine_follow(e, &alloc);
	engine_low32(e);
	as_alui(a, BPF_MUL, R7, 100);
	as_ldx(a, BPF_DW, R1, R10, SPILL);
	as_alu(a, BPF_DIV, R7, R1);
	as_place(a, none);
}

/* r7 = the member of the struct tcp_sock that r7 points to, if it is one, else
 * 0; kept in units of 2^-@shift. */
static void of_tcp(struct engine *e, const struct ask_step *s, int shift)
{
	struct as *a = &e->as;
	int other = as_label(a), done = as_label(a);

	of_inet(e, &protocol);
	as_jmpi(a, BPF_JNE, R7, IPPROTO_TCP, other);
	as_mov(a, R7, R8);
	engine_follow(e, s);
	as_alui(a, BPF_RSH, R7, shift);
	as_ja(a, done);
	as_place(a, other);
	as_movi(a, R7, 0);
	as_place(a, done);
}

/* tcp_init_sock() begins with the largest u32. */
static void least_rtt(struct engine *e)
{
	struct as *a = &e->as;
	int none = as_label(a);

	of_tcp(e, &min_rtt, 0);
	as_alui(a, BPF_ADD, R7, 1);
	engine_low32(e);
	as_jmpi(a, BPF_JEQ, R7, 0, none);
	as_alui(a, BPF_SUB, R7, 1);
	as_place(a, none);
}

static void port(struct engine *e, const struct ask_step *s)
{
	of_inet(e, s);
	as_swap(&e->as, BPF_TO_BE, R7, 16);
}

static void local_port(struct engine *e)
{
	struct as *a = &e->as;
	int done = as_label(a);

	of_inet(e, &num);
	as_jmpi(a, BPF_JNE, R7, 0, done);
	as_mov(a, R7, R8);
	port(e, &sport);
	as_place(a, done);
}

void engine_address(struct engine *e, bool local, int at)
{
	const struct ask_step *v6 = local ? &laddr6 : &raddr6;
	struct as *a = &e->as;
	int inet = as_label(a), done = as_label(a);

	as_mov(a, R8, R7);
	engine_zero(e, at, 16);
	engine_follow(e, &family);
	as_jmpi(a, BPF_JEQ, R7, AF_INET, inet);
	as_jmpi(a, BPF_JNE, R7, AF_INET6, done);
	/* unless there is no CONFIG_IPV6 */
	as_field_exists(a, R1, v6->type, v6->path);
	as_jmpi(a, BPF_JEQ, R1, 0, done);
	as_mov(a, R7, R8);
	engine_member(e, v6);
	engine_stack(e, R1, at);
	as_movi(a, R2, 16);
	as_call(a, PROBE_READ);
	as_ja(a, done);
	as_place(a, inet);
	as_mov(a, R7, R8);
	engine_follow(e, local ? &laddr4 : &raddr4);
	as_st(a, BPF_H, R10, at + 10, 0xffff);
	as_stx(a, BPF_W, R10, at + 12, R7);
	as_place(a, done);
}

/* ---- families ------------------------------------------------------------ */

/* What a struct sockaddr_in6 is, by RFC 3493; AF_INET6 is as long everywhere. */
enum { SIN6_ADDR = 8 };

/* r7 = @len bytes at r8 and @at, as they stand there. */
static void peek(struct engine *e, int helper, int at, int len)
{
	static const int sizes[] = { [2] = BPF_H, [4] = BPF_W, [8] = BPF_DW };
	struct as *a = &e->as;

	as_st(a, BPF_DW, R10, SCRATCH, 0);
	engine_stack(e, R1, SCRATCH);
	as_movi(a, R2, len);
	as_mov(a, R3, R8);
	as_alui(a, BPF_ADD, R3, at);
	as_call(a, helper);
	as_ldx(a, sizes[len], R7, R10, SCRATCH);
}

/* r7 = AF_INET6, or ASK_AF_MAPPED if the address at r8 and @at is
 * ::ffff:0:0/96. */
static void mapped(struct engine *e, int helper, int at)
{
	struct as *a = &e->as;
	int plain = as_label(a), done = as_label(a);

	peek(e, helper, at, 8);
	as_jmpi(a, BPF_JNE, R7, 0, plain);
	peek(e, helper, at + 8, 4);
	as_swap(a, BPF_TO_BE, R7, 32);
	as_jmpi(a, BPF_JNE, R7, 0xffff, plain);
	as_movi(a, R7, ASK_AF_MAPPED);
	as_ja(a, done);
	as_place(a, plain);
	as_movi(a, R7, AF_INET6);
	as_place(a, done);
}

/* r7 = of the struct sock at r7. */
static void ipfamily(struct engine *e)
{
	struct as *a = &e->as;
	int done = as_label(a);

	as_mov(a, R8, R7);
	engine_follow(e, &family);
	as_jmpi(a, BPF_JNE, R7, AF_INET6, done);
	as_field_exists(a, R1, raddr6.type, raddr6.path);
	as_jmpi(a, BPF_JEQ, R1, 0, done);
	as_mov(a, R7, R8);
	engine_member(e, &raddr6);
	as_mov(a, R8, R3);
	mapped(e, PROBE_READ, 0);
	as_place(a, done);
}

/* Is what this hook points to the memory of a process? */
static bool at_users(const struct engine *e)
{
	const struct hook *h = &e->ask->hooks[e->hook];

	return h->kind == HOOK_UPROBE || h->kind == HOOK_URETPROBE ||
	       (h->kind == HOOK_TRACEPOINT &&
		!strncmp(h->target, "syscalls/", 9));
}

/* r7 = of the struct sockaddr at r7. */
static void sa_family(struct engine *e)
{
	int helper = at_users(e) ? PROBE_READ_USER : PROBE_READ;
	struct as *a = &e->as;
	int done = as_label(a);

	as_mov(a, R8, R7);
	peek(e, helper, 0, 2);
	as_jmpi(a, BPF_JNE, R7, AF_INET6, done);
	mapped(e, helper, SIN6_ADDR);
	as_place(a, done);
}

/* r7 = the number of the network that the address is in. */
static void network(struct engine *e, bool local)
{
	engine_address(e, local, ADDRESS);
	engine_stack(e, R1, ADDRESS);
	as_call_func(&e->as, "network");
	as_mov(&e->as, R7, R0);
}

void engine_sock_number(struct engine *e, uint8_t then)
{
	switch (then) {
	case THEN_LPORT:
		local_port(e);
		break;
	case THEN_RPORT:
		port(e, &rport);
		break;
	case THEN_PROTOCOL:
		of_inet(e, &protocol);
		break;
	case THEN_RMEM_FILL:
		rmem_fill(e);
		break;
	case THEN_IPFAMILY:
		ipfamily(e);
		break;
	case THEN_SA_FAMILY:
		sa_family(e);
		break;
	case THEN_LNET:
	case THEN_RNET:
		network(e, then == THEN_LNET);
		break;
	case THEN_SRTT:
		of_tcp(e, &srtt, 3);
		break;
	case THEN_MDEV:
		of_tcp(e, &mdev, 2);
		break;
	case THEN_MIN_RTT:
		least_rtt(e);
		break;
	}
}

/*
 * r7 = the struct sock behind descriptor r7 of the task, or 0.  What is no
 * socket has something else where a socket has its file.
 */
void engine_sock_of_fd(struct engine *e)
{
	static const struct ask_step
		files = { "struct task_struct", "files" },
		fdt = { "struct files_struct", "fdt" },
		fd = { "struct fdtable", "fd" },
		private_data = { "struct file", "private_data" },
		file = { "struct socket", "file" },
		sk = { "struct socket", "sk" };
	struct as *a = &e->as;
	int none = as_label(a), done = as_label(a), believed = as_label(a);

	engine_low32(e);
	as_stx(a, BPF_DW, R10, SPILL, R7);
	as_alui(a, BPF_RSH, R7, 31);	/* -EBADF and its like are none */
	as_jmpi(a, BPF_JNE, R7, 0, none);
	as_call(a, CURRENT_TASK);
	as_mov(a, R7, R0);
	engine_follow(e, &files);
	engine_follow(e, &fdt);
	engine_follow(e, &fd);
	as_jmpi(a, BPF_JEQ, R7, 0, done);
	as_ldconst(a, R1, "kernel_word");
	as_ldx(a, BPF_DW, R2, R10, SPILL);
	as_alu(a, BPF_MUL, R2, R1);
	as_alu(a, BPF_ADD, R7, R2);
	engine_element(e, &fd);
	as_mov(a, R8, R7);
	engine_follow(e, &private_data);
	as_field_exists(a, R1, file.type, file.path);
	as_jmpi(a, BPF_JEQ, R1, 0, believed);	/* found without BTF */
	as_stx(a, BPF_DW, R10, SPILL, R7);
	engine_follow(e, &file);
	as_jmp(a, BPF_JNE, R7, R8, none);
	as_ldx(a, BPF_DW, R7, R10, SPILL);
	as_place(a, believed);
	engine_follow(e, &sk);
	as_ja(a, done);
	as_place(a, none);
	as_movi(a, R7, 0);
	as_place(a, done);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "t/small_kernel.h"

#include <string.h>

struct small_kernel small_kernel;
static struct bb *const bb = &small_kernel.bb;

static uint32_t u8, u16, s32, u32, u64, chars, ports, sock, sockp, socketp;

static void build_numbers(void)
{
	u8 = bb_int(bb, "unsigned char", 1, 0);
	u16 = bb_int(bb, "short unsigned int", 2, 0);
	s32 = bb_int(bb, "int", 4, BTF_INT_SIGNED);
	u32 = bb_int(bb, "unsigned int", 4, 0);
	u64 = bb_int(bb, "long unsigned int", 8, 0);
	chars = bb_array(bb, bb_int(bb, "char", 1, BTF_INT_SIGNED), u32, 32);
	ports = bb_array(bb, u16, u32, 4);
}

static void build_structs(void)
{
	uint32_t proto, net, common, backlog, daddr;

	proto = bb_struct(bb, "proto", 32, 1);
	bb_member(bb, "name", chars, 0);
	net = bb_struct(bb, "net", 8, 1);
	bb_member(bb, "count", u32, 0);
	daddr = bb_union(bb, NULL, 4, 1);
	bb_member(bb, "skc_daddr", u32, 0);
	common = bb_struct(bb, "sock_common", 24, 5);
	bb_member(bb, "skc_family", u16, 0);
	bb_member(bb, "skc_state", u8, 16);
	bb_member(bb, "skc_dport", u16, 32);
	bb_member(bb, NULL, daddr, 64);
	bb_member(bb, "skc_prot", bb->nids + 2, 128);
	backlog = bb_struct(bb, NULL, 4, 1);
	bb_member(bb, "len", s32, 0);
	bb_ptr(bb, net);
	bb_ptr(bb, proto);
	sock = bb_struct(bb, "sock", 64, 5);
	bb_member(bb, "__sk_common", common, 0);
	bb_member(bb, "sk_err", s32, 192);
	bb_member(bb, "sk_protocol", u16, 224);
	bb_member(bb, "sk_backlog", backlog, 256);
	bb_member(bb, "sk_ports", ports, 288);
	sockp = bb_ptr(bb, bb_ref(bb, BTF_KIND_CONST, NULL, sock));
}

/* @ret NAME(@first, @second) */
static void func(const char *name, uint32_t ret, uint32_t first,
		 uint32_t second)
{
	uint32_t proto = bb_proto(bb, ret, 2);

	bb_param(bb, "a", first);
	bb_param(bb, "b", second);
	bb_ref(bb, 12, name, proto);
}

static void build_functions(void)
{
	uint32_t proto, data;

	bb_struct(bb, "socket", 8, 1);
	bb_member(bb, "sk", sockp, 0);
	socketp = bb_ptr(bb, bb->nids - 1);
	func("tcp_v4_fill", s32, u64, sockp);
	func("__sock_release", 0, socketp, u64);
	func("sk_clone_lock", sockp, sockp, u32);
	func("no_sock_here", s32, u64, u32);
	func("two_of_them", s32, sockp, u32);
	func("two_of_them", s32, u32, sockp);
	data = bb_ptr(bb, 0);
	proto = bb_proto(bb, 0, 3);
	bb_param(bb, "__data", data);
	bb_param(bb, "sk", sockp);
	bb_param(bb, "skb", u64);
	bb_typedef(bb, "btf_trace_tcp_seen", bb_ptr(bb, proto));
}

void small_kernel_setup(void)
{
	struct env *env = &small_kernel.env;

	bb_init(bb, false);
	build_numbers();
	build_structs();
	build_functions();
	memset(env, 0, sizeof(*env));
	env->tracefs = -2;
	resolver_init(&env->fields, false);
	env->types = bb_open(bb, NULL, false);
	ck_assert_int_eq(resolver_add_btf(&env->fields, "kernel BTF",
					  env->types), 0);
}

void small_kernel_teardown(void)
{
	env_close(&small_kernel.env);
}

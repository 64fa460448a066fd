/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What BTF tells of functions and structs by their names, for the engine. */
#include <errno.h>
#include <stdlib.h>

#include "t/small_kernel.h"

Suite *suite_btf_functions(void);

START_TEST(params)
{
	struct btf *b = small_kernel.env.types;
	char type[20];

	ck_assert_int_eq(btf_func_param(b, "tcp_v4_fill", 0, type, 20), 0);
	ck_assert_str_eq(type, "");
	ck_assert_int_eq(btf_func_param(b, "tcp_v4_fill", 1, type, 20), 0);
	ck_assert_str_eq(type, "struct sock");
	ck_assert_int_eq(btf_func_param(b, "tcp_v4_fill", 1, type, 11),
			 -ENOSPC);
	ck_assert_int_eq(btf_func_param(b, "tcp_v4_fill", 2, type, 20),
			 -ERANGE);
	ck_assert_int_eq(btf_func_param(b, "sk_clone_lock", REG_RETURN, type,
					20), 0);
	ck_assert_str_eq(type, "struct sock");
	ck_assert_int_eq(btf_func_param(b, "__sock_release", REG_RETURN, type,
					20), 0);
	ck_assert_str_eq(type, "");
	ck_assert_int_eq(btf_func_param(b, "two_of_them", 0, type, 20),
			 -ENOTUNIQ);
	ck_assert_int_eq(btf_func_param(b, "nothing", 0, type, 20), -ENOENT);
	ck_assert_int_eq(btf_func_param(b, "btf_trace_tcp_seen", 1, type, 20),
			 0);
	ck_assert_str_eq(type, "struct sock");
}
END_TEST

START_TEST(members)
{
	static const char want[] = "skc_family\0skc_state\0skc_dport\0"
				   "skc_daddr\0skc_prot\0";
	char owner[32], *names;

	ck_assert_int_eq(btf_members(small_kernel.env.types, "struct sock", "__sk_common",
				     owner, sizeof(owner), &names), 0);
	ck_assert_str_eq(owner, "struct sock_common");
	ck_assert_mem_eq(names, want, sizeof(want));
	free(names);
	ck_assert_int_eq(btf_members(small_kernel.env.types, "struct sock", "sk_backlog",
				     owner, sizeof(owner), &names), 0);
	ck_assert_str_eq(owner, "");
	free(names);
	ck_assert_int_eq(btf_members(small_kernel.env.types, "struct sock", "sk_err", owner,
				     sizeof(owner), &names), -EINVAL);
	ck_assert_ptr_null(names);
	ck_assert_int_eq(btf_members(small_kernel.env.types, "struct no", "", owner,
				     sizeof(owner), &names), -ENOENT);
}
END_TEST

/* BTF with a byte that is wrong; any outcome but a crash will do. */
START_TEST(broken)
{
	struct bb *bb = &small_kernel.bb;
	const struct bytes src = { .mem = bb->blob, .len = bb->len };
	uint32_t seed = 4711, i;
	char type[20], *names;
	const char *why;
	struct btf *b;
	uint8_t *p, was;

	for (i = 0; i < 3000; i++) {
		seed = seed * 1664525 + 1013904223;
		p = bb->blob + (seed >> 8) % bb->len;
		was = *p;
		*p ^= (uint8_t)(1u << seed % 8 | seed >> 24);
		if (!btf_new(&b, &src, NULL, &why)) {
			btf_func_param(b, "sk_clone_lock", (int)(i % 3) - 1,
				       type, sizeof(type));
			btf_members(b, "struct sock", i % 2 ? "" :
				    "__sk_common", type, sizeof(type), &names);
			free(names);
			btf_free(b);
		}
		*p = was;
	}
}
END_TEST

Suite *suite_btf_functions(void)
{
	Suite *s = suite_create("btf_functions");
	TCase *tc = tcase_create("small kernel");

	tcase_add_checked_fixture(tc, small_kernel_setup,
				  small_kernel_teardown);
	tcase_add_test(tc, params);
	tcase_add_test(tc, members);
	tcase_add_test(tc, broken);
	suite_add_tcase(s, tc);
	return s;
}

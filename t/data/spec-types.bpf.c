/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A program that asks for a type of its own BTF: fine, but not built in. */
struct mine { int a; };

__attribute__((section("probe"), used)) int f(void *ctx)
{
	(void)ctx;
	return __builtin_btf_type_id(*(struct mine *)0, 0);
}

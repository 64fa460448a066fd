/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Refused: data in a section that is none of .data, .rodata, .bss. */
__attribute__((section("elsewhere"))) int volatile value = 1;

__attribute__((section("probe"), used)) int f(void *ctx)
{
	(void)ctx;
	return value;
}

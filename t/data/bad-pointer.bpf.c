/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Refused: global data that holds an address. */
static int value = 1;
int *volatile pointer = &value;

__attribute__((section("probe"), used)) int f(void *ctx)
{
	(void)ctx;
	return *pointer;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Refused: an extern that libbpf reads from the kernel's configuration. */
extern int LINUX_KERNEL_VERSION __attribute__((section(".kconfig")));

__attribute__((section("probe"), used)) int f(void *ctx)
{
	(void)ctx;
	return LINUX_KERNEL_VERSION;
}

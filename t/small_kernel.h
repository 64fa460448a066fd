/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A kernel of a few types and functions, as its BTF tells. */
#ifndef SOCKEYE_T_SMALL_KERNEL_H
#define SOCKEYE_T_SMALL_KERNEL_H

#include "loader/loader.h"
#include "t/btf_build.h"

struct small_kernel {
	struct bb bb;
	struct env env;		/* its types, and no more */
};
extern struct small_kernel small_kernel;

/* The fixture. */
void small_kernel_setup(void);
void small_kernel_teardown(void);

#endif

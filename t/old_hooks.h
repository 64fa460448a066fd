/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What there is to attach to on old kernels. */
#ifndef SOCKEYE_T_OLD_HOOKS_H
#define SOCKEYE_T_OLD_HOOKS_H

#include "loader/loader.h"

/* old_hooks_have - is there @h on Linux @version of @machine?  Fails the test
 * that runs for one that is in no table. */
bool old_hooks_have(uint32_t version, const char *machine,
		    const struct hook *h);

#endif

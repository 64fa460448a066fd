/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A model of Linux 4.9's verifier (kernel/bpf/verifier.c), the strictest that
 * programs are loaded by: it knows no ranges of scalars, no pointers moved
 * within a map's value, forgets that a pointer was found to be NULL, and
 * visits at most 65,536 instructions.  What passes here passes everywhere.
 * Held against a 4.9.154 kernel when it was written: it let pass the same
 * programs, and made within a tenth as many visits.
 */
#ifndef SOCKEYE_T_OLDVERIFIER_H
#define SOCKEYE_T_OLDVERIFIER_H

#include "loader/loader.h"

#define OLD_VISITS_MAX 65536	/* BPF_COMPLEXITY_LIMIT_INSNS of 4.9.0 */

/* old_verify - the number of instructions visited, or -1 with the reason in
 * @why.  @s has the maps that the relocations of @l name. */
int old_verify(const struct linked *l, const struct spec *s, char *why,
	       size_t len);

#endif

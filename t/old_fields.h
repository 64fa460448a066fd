/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where old kernels without BTF have their fields. */
#ifndef SOCKEYE_T_OLD_FIELDS_H
#define SOCKEYE_T_OLD_FIELDS_H

#include "loader/loader.h"

/* old_fields_open - those of Linux @version; @r is set up. */
void old_fields_open(struct resolver *r, uint32_t version);
/* old_fields_add - those that a file of fields says, besides. */
void old_fields_add(struct resolver *r, const char *text, size_t len);

#endif

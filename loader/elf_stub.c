/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Stands in for elf.c in a build without libelf. */
#include "loader/loader.h"

#include <errno.h>

int spec_from_elf(struct spec **out, const void *data, size_t len,
		  const char *name, struct err *e)
{
	(void)data;
	(void)len;
	*out = NULL;
	return err_set(e, ENOSYS, "%s: built without libelf, clang objects "
		       "cannot be read", name);
}

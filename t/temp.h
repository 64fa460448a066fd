/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Files of a test's own: in TMPDIR, or /tmp, with a name that nobody can
 * foretell, and as the kernel tells it (no link on the way).  A test fails
 * here if there is no such place.
 */
#ifndef SOCKEYE_T_TEMP_H
#define SOCKEYE_T_TEMP_H

#include <limits.h>

/* temp_file - make one, its name in @path; open for both, the caller's to
 * unlink and close. */
int temp_file(char path[PATH_MAX]);
/* temp_dir - make an empty folder; the caller's to remove. */
void temp_dir(char path[PATH_MAX]);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "t/temp.h"

#include <stdlib.h>
#include <string.h>

#include "t/check.h"

static void template(char path[PATH_MAX])
{
	static const char name[] = "/sockeye-test-XXXXXX";
	const char *dir = getenv("TMPDIR");

	if (!dir || !*dir)
		dir = "/tmp";
	ck_assert_ptr_nonnull(realpath(dir, path));
	ck_assert_uint_le(strlen(path) + sizeof(name), PATH_MAX);
	memcpy(path + strlen(path), name, sizeof(name));
}

int temp_file(char path[PATH_MAX])
{
	int fd;

	template(path);
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	return fd;
}

void temp_dir(char path[PATH_MAX])
{
	template(path);
	ck_assert_ptr_nonnull(mkdtemp(path));
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is compared with files of t/golden/; GOLDEN_UPDATE=1 in the environment
 * writes them anew: read the difference before it is committed.
 */
#ifndef SOCKEYE_T_GOLDEN_H
#define SOCKEYE_T_GOLDEN_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "t/check.h"

/* read_file - all of it, to be freed, with a NUL behind. */
static inline char *read_file(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rb");
	char *data = NULL, *more;
	size_t n = 0, got;

	ck_assert_msg(f != NULL, "%s: %s", path, strerror(errno));
	do {
		more = realloc(data, n + 4097);
		ck_assert_ptr_nonnull(more);
		data = more;
		got = fread(data + n, 1, 4096, f);
		n += got;
	} while (got);
	fclose(f);
	data[n] = '\0';
	*len = n;
	return data;
}

static inline void check_golden(const char *path, const char *text)
{
	char *want;
	size_t len;
	FILE *f;

	if (getenv("GOLDEN_UPDATE")) {
		f = fopen(path, "w");
		ck_assert_ptr_nonnull(f);
		fputs(text, f);
		fclose(f);
	}
	want = read_file(path, &len);
	ck_assert_msg(!strcmp(text, want), "%s is not what it was, but:\n%s",
		      path, text);
	free(want);
}

#endif

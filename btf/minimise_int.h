/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* minimise.c notes what to keep of BTF, minwrite.c writes it. */
#ifndef SOCKEYE_MINIMISE_INT_H
#define SOCKEYE_MINIMISE_INT_H

#include "btf_int.h"

#define WHOLE	UINT32_MAX

/* Member or enumerator number @part of type @id; WHOLE: the type itself is
 * asked for by its name. */
struct keep {
	uint32_t id, part;
};

struct mini {
	struct btf *b;
	struct keep *keeps;	/* sorted by id, part; each once */
	size_t nkeeps, keeps_cap;
	char **absent;		/* names of partial_absent() */
	size_t nabsent, absent_cap;
	char mark[128];		/* name of partial_mark() */
};

int mini_write(struct mini *m, void **out, size_t *len, const char **why);

#endif

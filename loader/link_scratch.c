/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Working memory of one run of the linker.  Every pass over a program wants a
 * few tables as long as it, and gives them back; musl returns blocks of that
 * size to the kernel each time, which cost more than the passes themselves.
 */
#include "loader/link_int.h"

#include <stdlib.h>
#include <string.h>

struct block {
	struct block *next;
	size_t size;
	uint64_t data[];
};

void *scratch_get(struct linker *l, size_t size)
{
	struct block **p, *b;

	for (p = &l->scratch; *p && (*p)->size < size; p = &(*p)->next)
		;
	b = *p;
	if (b) {
		*p = b->next;
	} else {
		/* room to be of use to the next, longer table as well */
		size_t room = size + size / 2;

		b = malloc(sizeof(*b) + room);
		if (!b)
			return NULL;
		b->size = room;
	}
	memset(b->data, 0, size);
	return b->data;
}

void scratch_put(struct linker *l, void *data)
{
	struct block *b;

	if (!data)
		return;
	b = (struct block *)((char *)data - offsetof(struct block, data));
	b->next = l->scratch;
	l->scratch = b;
}

void scratch_release(struct linker *l)
{
	struct block *b, *next;

	for (b = l->scratch; b; b = next) {
		next = b->next;
		free(b);
	}
	l->scratch = NULL;
}

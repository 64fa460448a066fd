/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * fuzz_discover.c - recordings: reading them as text, and solving them.
 *
 *	make fuzz && fuzz/fuzz_discover -max_len=65536 CORPUS
 *
 * with recordings as the first corpus.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "btf/discover.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Windows each on their own, so that a byte too far is seen. */
static void part_windows(struct recording *r)
{
	struct disc_window *w;
	uint8_t *copy;

	for (w = r->windows; w < r->windows + r->nwindows; w++) {
		copy = malloc(w->len ? w->len : 1);
		if (!copy)
			abort();
		memcpy(copy, w->bytes, w->len);
		w->bytes = copy;
	}
}

static void join_windows(struct recording *r)
{
	struct disc_window *w;

	for (w = r->windows; w < r->windows + r->nwindows; w++)
		free((void *)(uintptr_t)w->bytes);
}

static void ask(const struct discovery *d)
{
	const char *type, *path, *why;
	struct question q = { .kind = CORE_FIELD_BYTE_OFFSET };
	struct answer a;
	unsigned int pos = 0;

	while (discovery_next(d, &pos, &type, &path, &why)) {
		q.type = type;
		q.path = path;
		if (discovery_core(d, &q, &a, &why) == 0 && !a.field.exists)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct discovery *d;
	struct recording r;
	unsigned int line;
	const char *why;

	if (recording_read(&r, (const char *)data, size, &line, &why))
		return 0;
	part_windows(&r);
	if (!discovery_new(&d, &r, &why)) {
		ask(d);
		discovery_free(d);
	}
	join_windows(&r);
	recording_release(&r);
	return 0;
}

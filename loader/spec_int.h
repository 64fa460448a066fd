/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* spec_int - what a spec is packed as, and where it lies. */
#ifndef SOCKEYE_SPEC_INT_H
#define SOCKEYE_SPEC_INT_H

#include "loader/loader.h"

#include <stddef.h>
#include <stdint.h>

/* In packed specs: number `reloc` of spec.relocs is at instruction `insn`. */
struct spec_place {
	uint16_t insn, reloc;
};

/* What they and lines have, of 16 bits each. */
enum {
	PLACE_COLUMNS = sizeof(struct spec_place) / sizeof(uint16_t),
	LINE_COLUMNS = sizeof(struct spec_line) / sizeof(uint16_t),
};

/* Of all programs of @s together; bytes: before they are deflated. */
struct spec_total {
	size_t insns, relocs, lines, bytes;
};

struct spec_total spec_total(const struct spec *s);

/*
 * Memory that is given back in one piece.  A spec read from an object owns
 * one; the reader uses a second for what it needs only while it reads.
 */
struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *a);
/* arena_alloc - @n elements of @size zeroed bytes, aligned for anything;
 * NULL when there is no memory (never for @n == 0). */
void *arena_alloc(struct arena *a, size_t n, size_t size);
/* arena_copy - the same with contents. */
void *arena_copy(struct arena *a, const void *data, size_t len);
char *arena_str(struct arena *a, const char *s);

#endif

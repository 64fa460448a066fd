/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* spec_int - what a spec is packed as, and where it lies. */
#ifndef SOCKEYE_SPEC_INT_H
#define SOCKEYE_SPEC_INT_H

#include "loader/loader.h"

#include <stddef.h>
#include <stdint.h>

/* The contents of a spec, before they are deflated. */
struct spec_contents {
	uint8_t *raw;			/* for free(3) */
	size_t len;
	uint32_t nrelocs, strings_len;	/* for struct spec */
};

/* -ENOMEM, or -E2BIG if more than 16 bits can count. */
int spec_pack(struct spec_contents *out, const struct spec *s);

/* In packed specs: number `reloc` of spec.relocs is at instruction `insn`. */
struct spec_place {
	uint16_t insn, reloc;
};

/* In packed specs: members of struct reloc; name and path are where they begin
 * in the strings. */
struct spec_reloc {
	uint16_t kind, core, local_class, local_bitfield, local_size, addend;
	uint16_t name, path;
};

/* What they and lines have, of 16 bits each. */
enum {
	PLACE_COLUMNS = sizeof(struct spec_place) / sizeof(uint16_t),
	RELOC_COLUMNS = sizeof(struct spec_reloc) / sizeof(uint16_t),
	LINE_COLUMNS = sizeof(struct spec_line) / sizeof(uint16_t),
};

/*
 * In packed specs an instruction has an offset and an immediate only where
 * its @code gives them a meaning; elsewhere the verifier wants zeros, too.
 * BPF_LD: both halves of 64 bits.
 */
enum { SPEC_CLASSES = 8 };		/* BPF_CLASS() has three bits */
bool spec_has_off(uint8_t code);
bool spec_has_imm(uint8_t code);

/* Of all programs of @s together; relocs: where there are any. */
struct spec_total {
	size_t insns, relocs, lines;
};

struct spec_total spec_total(const struct spec *s);
/* spec_packed_room - at most so many bytes are these before they are deflated,
 * with @relocs and @strings_len of the spec's own. */
size_t spec_packed_room(const struct spec_total *t, size_t relocs,
			size_t strings_len);

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

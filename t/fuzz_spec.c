/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Fuzz target: bytes as a clang object.  "make fuzz" builds it; t/data has
 * seeds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loader/loader.h"

/* What is packed matters here, and not how. */
static uint8_t *as_it_is(const void *data, size_t len, size_t *to_len)
{
	uint8_t *to = malloc(len + 1);

	if (to)
		memcpy(to, data, len);
	*to_len = len;
	return to;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every instruction has what the linker takes for granted. */
static void look(const struct spec_prog *p)
{
	const struct reloc *r;

	for (r = p->relocs; r < p->relocs + p->nrelocs; r++)
		if (r->insn >= p->ninsns || !r->name ||
		    (r != p->relocs && r->insn <= r[-1].insn))
			__builtin_trap();
	for (uint32_t i = 0; i < p->nlines; i++)
		if (p->lines[i].insn >= p->ninsns || !p->texts[i])
			__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct err e;
	struct spec *s, other;
	FILE *out;

	if (spec_from_elf(&s, data, size, "fuzz", &e))
		return 0;
	for (uint32_t i = 0; i < s->nprogs; i++)
		look(&s->progs[i]);
	other = *s;
	s->big_endian = false;
	other.big_endian = true;
	out = fopen("/dev/null", "w");
	if (out) {
		spec_to_c(out, s, &other, as_it_is, &e);
		fclose(out);
	}
	spec_free(s);
	return 0;
}

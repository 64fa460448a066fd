/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * notes.c - the GNU build-id among ELF notes (elf(5), "Notes (Nhdr)").
 */
#include <errno.h>

#include "btf_int.h"

#define NOTE_BUILD_ID	3	/* NT_GNU_BUILD_ID */

static int to_hex(const uint8_t *p, size_t n, char *hex, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	if (!n || n > 64)
		return -EINVAL;
	if (len < 2 * n + 1)
		return -ENOSPC;
	for (i = 0; i < n; i++) {
		hex[2 * i] = digits[p[i] >> 4];
		hex[2 * i + 1] = digits[p[i] & 15];
	}
	hex[2 * n] = '\0';
	return 0;
}

int notes_find_build_id(const void *notes, size_t len, bool swap, char *hex,
			size_t hexlen)
{
	const uint8_t *p = notes;
	uint64_t namesz, descsz, desc, next;
	size_t at;

	for (at = 0; len - at >= 12; at = (size_t)next) {
		namesz = get32(p + at, swap);
		descsz = get32(p + at + 4, swap);
		/* Padded to 4, also in ELF64, whatever its text says */
		desc = at + 12 + ((namesz + 3) & ~(uint64_t)3);
		if (desc > len || descsz > len - desc)
			return -ENOENT;
		if (get32(p + at + 8, swap) == NOTE_BUILD_ID && namesz == 4 &&
		    !memcmp(p + at + 12, "GNU", 4))
			return to_hex(p + desc, (size_t)descsz, hex, hexlen);
		next = desc + ((descsz + 3) & ~(uint64_t)3);
		if (next > len)
			return -ENOENT;
	}
	return -ENOENT;
}

int notes_build_id(const void *notes, size_t len, char *hex, size_t hexlen)
{
	return notes_find_build_id(notes, len, false, hex, hexlen);
}

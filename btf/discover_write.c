/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * discover_write.c - recordings to text; the grammar is in discover.h.
 */
#include <inttypes.h>

#include "discover_int.h"

#define LINE_BYTES	32
#define GROUP_BYTES	4

static void write_hex(FILE *out, const uint8_t *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		fprintf(out, "%02x", p[i]);
}

static void write_fact(FILE *out, const struct disc_fact *f)
{
	const char *name = disc_key_name(f->key);

	fprintf(out, "fact %s ", name ? name : "-");
	if (f->len) {
		fputs("x ", out);
		write_hex(out, f->bytes, f->len);
	} else if (f->key == DISC_KEY_SK) {
		fprintf(out, "0x%" PRIx64, f->number);
	} else {
		fprintf(out, "%s%" PRIu64, f->relative ? "+" : "", f->number);
	}
	fputc('\n', out);
}

static void write_bytes(FILE *out, const struct disc_window *w)
{
	uint32_t at, i, n;

	for (at = 0; at < w->len; at += LINE_BYTES) {
		n = w->len - at < LINE_BYTES ? w->len - at : LINE_BYTES;
		for (i = 0; i < n && !w->bytes[at + i]; i++)
			;
		if (i == n)
			continue;
		fprintf(out, "%04x", at);
		for (i = 0; i < n; i += GROUP_BYTES) {
			fputc(' ', out);
			write_hex(out, w->bytes + at + i,
				  n - i < GROUP_BYTES ? n - i : GROUP_BYTES);
		}
		fputc('\n', out);
	}
}

static void write_window(FILE *out, const struct disc_window *w)
{
	unsigned int i;

	if (w->object == DISC_POINTEE)
		fprintf(out, "window pointee of %d at 0x%" PRIx32, w->parent,
			w->parent_off);
	else
		fprintf(out, "window %s subject %u",
			disc_object_name(w->object), (unsigned int)w->subject);
	fprintf(out, " addr 0x%" PRIx64 " len %" PRIu32, w->addr, w->len);
	if (w->object_size)
		fprintf(out, " object-size %" PRIu32, w->object_size);
	fputc('\n', out);
	for (i = 0; i < w->nfacts; i++)
		write_fact(out, &w->facts[i]);
	write_bytes(out, w);
}

void recording_write(FILE *out, const struct recording *r)
{
	unsigned int i;

	fprintf(out, RECORDING_HEAD "\nmachine %s\nkernel %s\nbuild-id %s\n"
		"word %u %s\n", r->machine, r->release,
		*r->build_id ? r->build_id : "-", (unsigned int)r->word_size,
		r->big_endian ? "big" : "little");
	for (i = 0; i < r->nwindows; i++)
		write_window(out, &r->windows[i]);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * spec - what a specification of programs is made of and how it ends.
 */
#include "loader/loader.h"

#include <stdlib.h>
#include <string.h>

#include "spec_int.h"
#include "uapi.h"

#define CHUNK_BYTES 16384

struct chunk {
	struct chunk *next;
	size_t used, size;
	_Alignas(max_align_t) unsigned char data[];
};

struct arena {
	struct chunk *chunks;
};

struct arena *arena_new(void)
{
	return calloc(1, sizeof(struct arena));
}

void arena_free(struct arena *a)
{
	struct chunk *c, *next;

	if (!a)
		return;
	for (c = a->chunks; c; c = next) {
		next = c->next;
		free(c);
	}
	free(a);
}

void *arena_alloc(struct arena *a, size_t n, size_t size)
{
	const size_t align = _Alignof(max_align_t);
	struct chunk *c = a->chunks;
	size_t room, want;

	if (size && n > (SIZE_MAX / 2 - sizeof(*c)) / size)
		return NULL;
	want = (n * size + align - 1) / align * align;
	if (!want)
		want = align;
	if (!c || want > c->size - c->used) {
		room = want > CHUNK_BYTES / 4 ? want : CHUNK_BYTES;
		c = calloc(1, sizeof(*c) + room);
		if (!c)
			return NULL;
		c->size = room;
		/* A large one goes behind the chunk that still has room. */
		if (a->chunks && room == want) {
			c->next = a->chunks->next;
			a->chunks->next = c;
		} else {
			c->next = a->chunks;
			a->chunks = c;
		}
	}
	c->used += want;
	return c->data + c->used - want;
}

void *arena_copy(struct arena *a, const void *data, size_t len)
{
	void *p = arena_alloc(a, len, 1);

	if (p && len)
		memcpy(p, data, len);
	return p;
}

char *arena_str(struct arena *a, const char *s)
{
	return arena_copy(a, s, strlen(s) + 1);
}

void spec_free(struct spec *s)
{
	if (!s)
		return;
	btf_free(s->btf);
	arena_free(s->arena);	/* s lies in it */
}

struct spec_total spec_total(const struct spec *s)
{
	struct spec_total t = { 0 };

	for (uint32_t i = 0; i < s->nprogs; i++) {
		t.insns += s->progs[i].ninsns;
		t.relocs += s->progs[i].nrelocs;
		t.lines += s->progs[i].nlines;
	}
	return t;
}

bool spec_has_off(uint8_t code)
{
	switch (BPF_CLASS(code)) {
	case BPF_LDX:
	case BPF_ST:
	case BPF_STX:
		return true;
	case BPF_JMP:
	case CLASS_JMP32:
		return BPF_OP(code) != BPF_CALL && BPF_OP(code) != BPF_EXIT;
	default:
		return false;
	}
}

bool spec_has_imm(uint8_t code)
{
	switch (BPF_CLASS(code)) {
	case BPF_LDX:
		return false;
	case BPF_STX:
		return BPF_MODE(code) == MODE_ATOMIC;
	case BPF_LD:
	case BPF_ST:
		return true;
	default:
		return BPF_SRC(code) == BPF_K || BPF_OP(code) == BPF_END;
	}
}

size_t spec_packed_room(const struct spec_total *t, size_t relocs,
			size_t strings_len)
{
	return t->insns * sizeof(struct bpf_insn) +
	       t->relocs * sizeof(struct spec_place) +
	       t->lines * sizeof(struct spec_line) +
	       relocs * sizeof(struct spec_reloc) + strings_len;
}

const struct spec_prog *spec_find_prog(const struct spec *s, const char *name)
{
	for (uint32_t i = 0; i < s->nprogs; i++)
		if (!strcmp(s->progs[i].name, name))
			return &s->progs[i];
	return NULL;
}

const struct spec_map *spec_find_map(const struct spec *s, const char *name)
{
	for (uint32_t i = 0; i < s->nmaps; i++)
		if (!strcmp(s->maps[i].name, name))
			return &s->maps[i];
	return NULL;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Source lines of an object's instructions, in a few bytes each.
 */
#include "elf_int.h"

#include <stdlib.h>
#include <string.h>

#define FILES_MAX 1024

struct placed {
	const struct elf_func *func;
	uint32_t seq;		/* of several for one instruction the last */
	struct spec_line line;
	const char *text;
};

struct list {
	struct placed *at;
	uint32_t n, max;
	const char *files[FILES_MAX];
	uint32_t file_offs[FILES_MAX];
	uint32_t nfiles;
};

/* Index of the file whose name stands at @off of the strings; -1. */
static int file_index(struct elf_obj *o, struct list *l, uint32_t off)
{
	const char *name;

	for (uint32_t i = l->nfiles; i-- > 0;)
		if (l->file_offs[i] == off)
			return (int)i;
	name = elf_btf_str(o, off);
	if (!name || l->nfiles == FILES_MAX)
		return -1;
	while (!strncmp(name, "./", 2))
		name += 2;
	l->files[l->nfiles] = name;
	l->file_offs[l->nfiles] = off;
	return (int)l->nfiles++;
}

/* struct bpf_line_info: insn_off, file_name_off, line_off, line_col. */
static int line_info(struct elf_obj *o, void *ctx, const struct ext_record *r)
{
	const struct elf_func *f = elf_func_at(o, r->sec, r->slot);
	uint32_t line = elf_u32(o, r->data + 12) >> 10;
	const char *text = elf_btf_str(o, elf_u32(o, r->data + 8));
	struct list *l = ctx;
	struct placed *p;
	int file;

	/* Nothing depends on lines: what does not fit is left out. */
	if (!f || r->slot - f->first > UINT16_MAX)
		return 0;
	file = file_index(o, l, elf_u32(o, r->data + 4));
	if (file < 0)
		return 0;
	if (l->n == l->max) {
		l->max = l->max ? l->max * 2 : 256;
		p = realloc(l->at, l->max * sizeof(*p));
		if (!p)
			return elf_oom(o);
		l->at = p;
	}
	l->at[l->n] = (struct placed){
		.func = f,
		.seq = l->n,
		.line = {
			.insn = (uint16_t)(r->slot - f->first),
			.file = (uint16_t)file,
			.line = line > UINT16_MAX ? 0 : (uint16_t)line,
		},
		.text = text ? text + strspn(text, " \t") : "",
	};
	l->n++;
	return 0;
}

static int compare(const void *pa, const void *pb)
{
	const struct placed *a = pa, *b = pb;

	if (a->func != b->func)
		return a->func < b->func ? -1 : 1;
	if (a->line.insn != b->line.insn)
		return a->line.insn < b->line.insn ? -1 : 1;
	return (a->seq > b->seq) - (a->seq < b->seq);
}

/* Line 0 is what the compiler made up: it stays with the line before. */
static bool says_nothing_new(const struct placed *before,
			     const struct placed *p)
{
	return before && before->func == p->func &&
	       (!p->line.line || (before->line.file == p->line.file &&
				  before->line.line == p->line.line));
}

static int hand_out(struct elf_obj *o, struct list *l)
{
	const struct placed *p, *before = NULL;
	struct spec_prog *prog;
	struct spec_line *lines;
	const char **texts;
	uint32_t n = 0;

	qsort(l->at, l->n, sizeof(*l->at), compare);
	lines = arena_alloc(o->arena, l->n, sizeof(*lines));
	texts = arena_alloc(o->arena, l->n, sizeof(*texts));
	if (!lines || !texts)
		return elf_oom(o);
	for (p = l->at; p < l->at + l->n; p++) {
		if (p + 1 < l->at + l->n && p[1].func == p->func &&
		    p[1].line.insn == p->line.insn)
			continue;
		if (says_nothing_new(before, p))
			continue;
		before = p;
		lines[n] = p->line;
		texts[n] = p->text;
		prog = &o->progs[p->func - o->funcs];
		if (!prog->nlines++) {
			prog->lines = &lines[n];
			prog->texts = &texts[n];
		}
		n++;
	}
	return 0;
}

int elf_read_lines(struct elf_obj *o)
{
	struct list *l = arena_alloc(o->tmp, 1, sizeof(*l));
	int ret;

	if (!l)
		return elf_oom(o);
	ret = elf_ext_lines(o, l, line_info);
	if (!ret && l->n)
		ret = hand_out(o, l);
	free(l->at);
	if (ret || !l->nfiles)
		return ret;
	o->spec->files = arena_copy(o->arena, l->files,
				    l->nfiles * sizeof(*l->files));
	o->spec->nfiles = l->nfiles;
	return o->spec->files ? 0 : elf_oom(o);
}

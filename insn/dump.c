/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * insn_dump - a listing of a program.
 *
 * Labels are named after the instruction they stand at, so they need no table
 * of their own: which instructions are targets is found for one window of the
 * program at a time, in a bitmap on the stack.
 */
#include "insn.h"

#include <inttypes.h>
#include <string.h>

#include "insn_int.h"

#define WINDOW	16384		/* instructions; 2 KB of bits */
#define COLUMN	40		/* where relocations start, if text permits */

/* bpftool's and libbpf's words, in the order of enum bpf_core_relo_kind. */
static const char *const core_words[] = {
	"byte_off", "byte_sz", "field_exists", "signed", "lshift_u64",
	"rshift_u64", "local_type_id", "target_type_id", "type_exists",
	"type_size", "enumval_exists", "enumval_value", "type_matches",
};

struct dump {
	FILE *out;
	const struct bpf_insn *insns;
	size_t ninsns;
	const struct reloc *relocs;	/* those not yet printed */
	size_t nrelocs;
	const struct line *lines;	/* likewise */
	size_t nlines;
	size_t window;			/* first instruction of the bitmap */
	uint8_t targets[WINDOW / 8];
};

/* Names and source text come from files: no control characters pass. */
static void put_clean(FILE *out, const char *s)
{
	int c;

	while ((c = (unsigned char)*s++)) {
		if (c == '\t')
			c = ' ';
		putc(c < ' ' || c > '~' ? '?' : c, out);
	}
}

/* An unlinked call's imm means nothing yet, whatever it seems to name. */
static bool is_unlinked(const struct reloc *r)
{
	return r->kind == RELOC_FUNC || r->kind == RELOC_FUNC_PTR;
}

static bool target_of(const struct dump *d, size_t at, size_t *target)
{
	int64_t rel, to;

	if (!insn_target(&d->insns[at], &rel))
		return false;
	to = (int64_t)at + rel;
	if (to < 0 || (uint64_t)to >= d->ninsns)
		return false;
	*target = (size_t)to;
	return true;
}

static void find_targets(struct dump *d, const struct reloc *relocs,
			 size_t nrelocs, size_t window)
{
	size_t i, r = 0, to;

	d->window = window;
	memset(d->targets, 0, sizeof(d->targets));
	for (i = 0; i < d->ninsns; i++) {
		while (r < nrelocs && relocs[r].insn < i)
			r++;
		if (r < nrelocs && relocs[r].insn == i &&
		    is_unlinked(&relocs[r]))
			continue;
		if (!target_of(d, i, &to) || to < window ||
		    to - window >= WINDOW)
			continue;
		to -= window;
		d->targets[to / 8] |= (uint8_t)(1u << (to % 8));
	}
}

static bool is_target(const struct dump *d, size_t at)
{
	at -= d->window;
	return d->targets[at / 8] & 1u << (at % 8);
}

static void put_line(FILE *out, const struct line *l)
{
	const char *text = l->text ? l->text : "";

	text += strspn(text, " \t");
	if (!l->file && !l->line && !*text)
		return;
	fputs("; ", out);
	if (l->file)
		put_clean(out, l->file);
	if (l->line)
		fprintf(out, "%s%" PRIu32, l->file ? ":" : "line ", l->line);
	if (*text) {
		fputs(l->file || l->line ? ": " : "", out);
		put_clean(out, text);
	}
	putc('\n', out);
}

static void put_core(FILE *out, const struct reloc *r)
{
	if (r->core < sizeof(core_words) / sizeof(core_words[0]))
		fputs(core_words[r->core], out);
	else
		fprintf(out, "core %u", r->core);
	putc(' ', out);
	put_clean(out, r->name ? r->name : "?");
	if (r->path && *r->path) {
		putc(':', out);
		put_clean(out, r->path);
	}
}

static void put_reloc(FILE *out, const struct reloc *r)
{
	static const char *const words[] = {
		[RELOC_MAP] = "map ", [RELOC_DATA] = "data ",
		[RELOC_CONST] = "const ", [RELOC_FUNC] = "func ",
		[RELOC_FUNC_PTR] = "&func ",
	};

	if (r->kind == RELOC_CORE) {
		put_core(out, r);
		return;
	}
	if (r->kind < sizeof(words) / sizeof(words[0]))
		fputs(words[r->kind], out);
	else
		fprintf(out, "reloc %u ", r->kind);
	put_clean(out, r->name ? r->name : "?");
	if (r->kind == RELOC_DATA)
		fprintf(out, "+%" PRIu32, r->addend);
}

/* Relocations of the slots from @at to before @end, behind @text. */
static void put_relocs(struct dump *d, size_t end, const char *text)
{
	const char *mark = "; ";

	while (d->nrelocs && d->relocs->insn < end) {
		if (*mark == ';')
			fprintf(d->out, "%*s",
				strlen(text) < COLUMN ?
				COLUMN - (int)strlen(text) : 1, "");
		fputs(mark, d->out);
		put_reloc(d->out, d->relocs);
		mark = ", ";
		d->relocs++;
		d->nrelocs--;
	}
}

/* One instruction; returns the slots it took. */
static size_t put_insn(struct dump *d, size_t at)
{
	char text[128];
	size_t slots, used, to;

	while (d->nlines && d->lines->insn <= at) {
		put_line(d->out, d->lines);
		d->lines++;
		d->nlines--;
	}
	if (is_target(d, at))
		fprintf(d->out, "L%zu:\n", at);
	slots = (size_t)insn_format(text, sizeof(text), &d->insns[at],
				    d->ninsns - at);
	if (target_of(d, at, &to) && !(d->nrelocs && d->relocs->insn == at &&
				       is_unlinked(d->relocs))) {
		used = strlen(text);
		snprintf(text + used, sizeof(text) - used, " <L%zu>", to);
	}
	fprintf(d->out, "%6zu: %s", at, text);
	put_relocs(d, at + slots, text);
	putc('\n', d->out);
	return slots;
}

void insn_dump(FILE *out, const struct bpf_insn *insns, size_t ninsns,
	       const struct reloc *relocs, size_t nrelocs,
	       const struct line *lines, size_t nlines)
{
	struct dump d = {
		.out = out, .insns = insns, .ninsns = ninsns,
		.relocs = relocs, .nrelocs = nrelocs,
		.lines = lines, .nlines = nlines,
	};
	size_t at = 0;

	while (at < ninsns) {
		if (at % WINDOW == 0 || at - d.window >= WINDOW)
			find_targets(&d, relocs, nrelocs, at - at % WINDOW);
		at += put_insn(&d, at);
	}
}
